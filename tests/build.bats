#!/usr/bin/env bats
# What was built: hardened, without a dynamic loader, the same bytes wherever it is built, and a list
# of what was linked in. Looks at the programs that are there; builds them once more elsewhere.

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	ROOT=$PWD
	BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
	PROGRAMS=(oci-gotune-hook gotune gotune-runtime gotuned gotune-nri)
	[ ! -e "$BUILD/gotune-trace" ] || PROGRAMS+=(gotune-trace) # where clang and libbpf are
	T=$BATS_TEST_TMPDIR
}

# each FUNCTION: it holds for each program.
each() {
	local program
	for program in "${PROGRAMS[@]}"; do
		"$1" "$BUILD/$program" || {
			echo "$program: $1"
			return 1
		}
	done
}

is_static_pie() {
	readelf -hW "$1" | grep -qE '^ *Type: *DYN ' || return 1
	readelf -dW "$1" >"$T/dynamic"
	grep -qE 'FLAGS_1.*\bPIE\b' "$T/dynamic" || return 1
	! grep -E 'NEEDED|RPATH|RUNPATH|TEXTREL' "$T/dynamic" || return 1
	readelf -lW "$1" >"$T/segments"
	! grep -E 'INTERP' "$T/segments"
}

@test "static, position independent, without a dynamic loader or a path of libraries" {
	each is_static_pie
}

# Runs where there is not a file but itself.
runs_alone() {
	mkdir -p "$T/root"
	cp "$1" "$T/root/program"
	chroot "$T/root" /program --version | grep -qF "$(cat VERSION)"
}

@test "runs in a root that holds nothing else" {
	[ "$(id -u)" = 0 ] || skip 'needs root: chroot'
	PROGRAMS=(oci-gotune-hook gotune gotuned) # gotune-runtime hands --version on to the real runtime
	each runs_alone
}

has_relro() {
	readelf -dW "$1" | grep -qE 'FLAGS_1.*\bNOW\b' || return 1
	readelf -lW "$1" >"$T/segments"
	grep -qE '^ *GNU_RELRO ' "$T/segments" || return 1
	grep -qE '^ *GNU_STACK .* RW +0x' "$T/segments" || return 1
	# No segment can be both written and executed.
	! grep -E '^ *(LOAD|GNU_STACK) .* RWE ' "$T/segments"
}

@test "full RELRO, a stack that cannot be executed, nothing that is both written and executed" {
	each has_relro
}

# Our own functions as the disassembler shows them. The libraries' are Debian's.
disassemble() {
	objdump -d --no-show-raw-insn "$1" >"$T/code"
}

# Functions named gt_* whose body calls $2. The compiler splits off cold parts, which belong to them.
callers() {
	awk -v want="$2" '/^[0-9a-f]+ </ { f = $2; gsub(/[<>:]/, "", f); sub(/\.(cold|part|isra|constprop).*/, "", f) }
		f ~ /^gt_/ && $0 ~ want { print f }' "$1" | sort -u
}

# How many functions of our own PROGRAM has, at least: else what is looked for is not seen.
least() {
	case $1 in */gotune-trace) echo 20 ;; *) echo 100 ;; esac
}

# Functions with arrays on the stack that hold hostile text.
has_stack_protector() {
	disassemble "$1"
	callers "$T/code" '(call|bl).*__stack_chk_fail' >"$T/guarded"
	grep -qx gt_root_walk "$T/guarded" && {
		! grep -q '<gt_program_resolve>:' "$T/code" || grep -qx gt_program_resolve "$T/guarded" # not in gotuned
	} && [ "$(wc -l <"$T/guarded")" -gt $(($(least "$1") / 2)) ]
}

@test "stack protector" {
	each has_stack_protector
}

has_fortify() {
	disassemble "$1"
	grep -qE '(call|bl).*<_*(__)?v?snprintf_chk' "$T/code"
	# No call of ours goes to the unchecked one.
	! grep -E '(call|bl) .*<(__)?(sprintf|vsprintf|strcpy|strcat|gets)>' <(callers_code "$T/code")
}

# The lines of our own functions alone.
callers_code() {
	awk '/^[0-9a-f]+ </ { ours = $2 ~ /^<gt_/ } ours' "$1"
}

@test "FORTIFY" {
	grep -q -- '-D_FORTIFY_SOURCE=' "$BUILD/flags" || skip 'built without FORTIFY (FORTIFY=)'
	each has_fortify
}

# Each function that can be called indirectly begins with a landing pad. The C library of Debian 12
# has no shadow stack, so the programs as a whole are not marked for it; our objects are.
has_landing_pads() {
	local pad=endbr64
	[ "$(uname -m)" != aarch64 ] || pad='(paciasp|bti)'
	disassemble "$1"
	awk -v pad="$pad" -v least="$(least "$1")" '/^[0-9a-f]+ <gt_[a-z0-9_]*>:/ { f = $2; getline; n++; if ($0 !~ pad) print f }
		END { if (n < least) print "only " n " functions" }' "$T/code" >"$T/without"
	[ ! -s "$T/without" ] || {
		cat "$T/without"
		return 1
	}
}

@test "CET or branch protection" {
	grep -qE -- '-fcf-protection=full|-mbranch-protection=standard' "$BUILD/flags" || skip 'this compiler has neither'
	each has_landing_pads
	if [ "$(uname -m)" = x86_64 ]; then
		readelf -nW "$BUILD/obj/sandbox/worker.o" | grep -qE 'x86 feature: IBT, SHSTK'
	fi
}

@test "the same bytes, wherever it is built" {
	local dir=$T/another/and/longer/directory program
	git rev-parse --git-dir >/dev/null 2>&1 || skip 'needs a git clone: which files are ours?'
	mkdir -p "$dir"
	git ls-files -z -- Makefile tests/fuzz/fuzz.mk VERSION hook include contrib/install-deps | tar --null --files-from=- -cf - | tar -xf - -C "$dir"
	make -C "$dir" -s -j"$(nproc)" BUILD=out all >"$T/log" 2>&1 || {
		tail -n 20 "$T/log"
		return 1
	}
	for program in "${PROGRAMS[@]}"; do
		cmp "$BUILD/$program" "$dir/out/$program"
		if grep -qaF "$dir" "$dir/out/$program"; then
			echo "$program names the directory that it was built in"
			return 1
		fi
	done
}

@test "the list of what is linked in: libraries, versions, hashes" {
	local name version sum
	command -v dpkg-query >/dev/null || skip 'no dpkg here: versions come from it'
	export BUILD
	if [ -e "$BUILD/gotune-trace" ]; then
		contrib/sbom "$BUILD/gotune-trace" "$BUILD/gotune" >"$T/sbom"
		# What is under the GPL or the LGPL is in one of them alone.
		[ "$(jq -r '[.relationships[] | select(.relatedSpdxElement | test("bpf|elf")) | .spdxElementId] | unique | join(" ")' "$T/sbom")" = SPDXRef-gotune-trace ]
	fi
	PROGRAMS=(oci-gotune-hook gotune gotune-runtime gotuned gotune-nri)
	contrib/sbom "${PROGRAMS[@]/#/$BUILD/}" >"$T/sbom"
	[ "$(jq -r '"\(.spdxVersion) \(.dataLicense) \(.SPDXID)"' "$T/sbom")" = 'SPDX-2.3 CC0-1.0 SPDXRef-DOCUMENT' ]
	for name in libyajl-dev libc6-dev; do
		# shellcheck disable=SC2016 # ${...} is dpkg's syntax
		version=$(dpkg-query -W -f '${Version}' "$name")
		[ "$(jq -r --arg n "$name" '.packages[] | select(.name == $n).versionInfo' "$T/sbom")" = "$version" ]
		[ "$(jq --arg n "SPDXRef-deb-$name" '[.relationships[] | select(.relationshipType == "STATIC_LINK" and .relatedSpdxElement == $n)] | length' \
			"$T/sbom")" = ${#PROGRAMS[@]} ]
	done
	# Both would cost each container something at its start: one filters, one reads /proc before main.
	[ "$(jq '[.packages[] | select(.name | test("seccomp|cap-ng"))] | length' "$T/sbom")" = 0 ]
	# C++ is in one of them alone.
	[ "$(jq -r '[.relationships[] | select(.relatedSpdxElement | test("stdc")) | .spdxElementId] | unique | join(" ")' "$T/sbom")" = SPDXRef-gotune ]
	sum=$(sha256sum <"$BUILD/oci-gotune-hook")
	[ "$(jq -r '.packages[] | select(.name == "oci-gotune-hook").checksums[0].checksumValue' "$T/sbom")" = "${sum%% *}" ]
	# Every element that a relationship names is there.
	jq -e '([.packages[].SPDXID] + [.SPDXID]) as $all | all(.relationships[]; (.spdxElementId | IN($all[])) and (.relatedSpdxElement | IN($all[])))' \
		"$T/sbom" >/dev/null
}

@test "the list comes from the linker, not from a list" {
	command -v dpkg-query >/dev/null || skip 'no dpkg here: versions come from it'
	mkdir -p "$T/build"
	cat >"$T/p.c" <<-'END'
		#include <yajl/yajl_version.h>
		int main(void) { return yajl_version() == 0; }
	END
	${CC:-cc} -c -o "$T/build/p.o" "$T/p.c"
	${CC:-cc} -static -o "$T/build/p" "$T/build/p.o" -Wl,-Map,"$T/build/p.map" -lyajl_s
	BUILD=$T/build contrib/sbom "$T/build/p" >"$T/sbom"
	jq -r '.packages[].name' "$T/sbom" >"$T/names"
	grep -qx libyajl-dev "$T/names"
	if grep -E 'seccomp|cap-ng|toml' "$T/names"; then return 1; fi
}

# The mode, and the file that says so.
mode_from() {
	"$usr/bin/gotune" policy show --format json | jq -r '"\(.policy.mode) \(.sources.mode)"'
}

# What a packager does: another place for everything. -O0: it is the paths that are tested.
@test "built for another SYSCONFDIR and PREFIX: nothing names /etc/gotune, and the policy there counts" {
	local etc=$T/etc usr=$T/usr file
	git rev-parse --git-dir >/dev/null 2>&1 || skip 'needs a git clone: which files are ours?'
	make -s -j"$(nproc)" BUILD="$T/out" SYSCONFDIR="$etc" PREFIX="$usr" OPT=-O0 FORTIFY= install >"$T/log" 2>&1 || {
		tail -n 20 "$T/log"
		return 1
	}
	while IFS= read -r file; do
		if sed "s|$etc/gotune||g" "$file" | grep -qaF /etc/gotune; then
			echo "$file names /etc/gotune"
			return 1
		fi
	done < <(find "$usr" "$etc" -type f)

	# A policy, then a drop-in.
	echo '{"version": 1, "mode": "audit"}' >"$etc/gotune/policy.json"
	[ "$(mode_from)" = "audit $etc/gotune/policy.json" ]
	echo '{"version": 1, "mode": "off"}' >"$etc/gotune/policy.d/50-site.json"
	[ "$(mode_from)" = "off $etc/gotune/policy.d/50-site.json" ]
	"$usr/bin/gotune" policy check

	# The other programs: the hook's help, the switch, and what is registered with an engine.
	"$usr/libexec/oci-gotune-hook" --help | grep -qF "$etc/gotune/policy.json"
	touch "$etc/gotune/disabled"
	"$usr/bin/gotune" doctor --no-selftest --format json >"$T/doctor" || :
	grep -qF "rm $etc/gotune/disabled" "$T/doctor"
	rm "$etc/gotune/disabled"
	mkdir -p "$T/machine/etc/docker" "$T/machine$usr/bin"
	cp "$usr/bin/gotune-runtime" "$T/machine$usr/bin"
	echo '{}' >"$T/machine/etc/docker/daemon.json"
	"$usr/bin/gotune" install docker --root "$T/machine" --dry-run | grep -qF "$usr/bin/gotune-runtime"
}
