#!/usr/bin/env bats
# The lab's commands with bad input, and on machines that lack something: one line that says what to
# do. No virtual machine is started here; tests/lab/vm.bats does that.

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	VM=$ROOT/tests/lab/vm
	T=$(mktemp -d "${TMPDIR:-/tmp}/gotune-lab.XXXXXXXX")
	export GOTUNE_LAB_CACHE=$T/cache BUILD=$T TMPDIR=$T
}

teardown() {
	rm -rf "$T"
}

# says STATUS WORDS COMMAND...: that status, and one line with these words.
says() {
	local want=$1 words=$2 said rc=0
	shift 2
	said=$("$@" 2>&1) || rc=$?
	echo "status $rc: $said"
	[ "$rc" = "$want" ] && [ "$(wc -l <<<"$said")" = 1 ] && [[ $said = *"$words"* ]]
}

# A PATH with programs that do nothing, but for those in WITHOUT.
stub_path() {
	local name
	mkdir -p "$T/bin"
	for name in qemu-system-x86_64 busybox setpriv mkswap; do
		[ "$name" = "$1" ] || ln -sf /bin/true "$T/bin/$name"
	done
	for name in bash sed dirname uname id grep cat tail mktemp; do
		ln -sf "$(command -v "$name")" "$T/bin/$name"
	done
}

# A cache with what looks like a kernel: vm only looks whether it is there.
stub_kernel() {
	mkdir -p "$GOTUNE_LAB_CACHE/kernels/$1"
	printf '%s\n' "$2" >"$GOTUNE_LAB_CACHE/kernels/$1/config"
	: >"$GOTUNE_LAB_CACHE/kernels/$1/stamp"
}

@test "vm: arguments that make no sense" {
	says 126 'no such shape: round' "$VM" --shape round -- true
	says 126 'no such shape' "$VM" --shape ../cells -- true
	says 126 'v1, v2 or hybrid' "$VM" --cgroup v3 -- true
	says 126 'whole seconds' "$VM" --timeout 1.5 -- true
	says 126 'whole seconds' "$VM" --timeout 0 -- true
	run "$VM"
	[ "$status" = 126 ] && [[ $output = *'-- COMMAND'* ]]
	run "$VM" --frobnicate -- true
	[ "$status" = 126 ]
}

@test "vm: a program is missing" {
	[ "$(id -u)" = 0 ] || skip 'what a user is told comes first'
	local name
	for name in qemu-system-x86_64 busybox setpriv mkswap; do
		rm -rf "${T:?}/bin"
		stub_path "$name"
		says 127 "$name is missing: contrib/install-deps lab" env PATH="$T/bin" "$VM" -- true
	done
}

@test "vm: not root" {
	command -v setpriv >/dev/null || skip 'no setpriv here'
	[ "$(id -u)" = 0 ] || skip 'only root can become somebody else'
	chmod 755 "$T"
	setpriv --reuid 65534 --clear-groups test -r "$VM" || skip 'this checkout is not readable for others'
	says 126 'needs root' setpriv --reuid 65534 --clear-groups "$VM" -- true
}

@test "vm: kernel, root and build are missing" {
	[ "$(id -u)" = 0 ] || skip 'what a user is told comes first'
	command -v qemu-system-x86_64 >/dev/null || skip 'no QEMU here: contrib/install-deps lab'
	says 127 'tests/lab/setup kernel:bookworm' "$VM" -- true
	says 126 'no such kernel' "$VM" --kernel slackware -- true
	stub_kernel bookworm ''
	says 127 'tests/lab/setup root:trixie' "$VM" --root trixie -- true
	says 126 'no such root' "$VM" --root slackware -- true
	says 126 'nothing is built' env BUILD="$T/none" "$VM" -- true
}

@test "vm: cgroup v1 on a kernel that has lost it" {
	[ "$(id -u)" = 0 ] || skip 'what a user is told comes first'
	command -v qemu-system-x86_64 >/dev/null || skip 'no QEMU here: contrib/install-deps lab'
	stub_kernel trixie '# CONFIG_MEMCG_V1 is not set'
	says 126 '--kernel bookworm has' "$VM" --kernel trixie --cgroup v1 -- true
	says 126 '--kernel bookworm has' "$VM" --kernel trixie --cgroup hybrid -- true
}

@test "setup: what it does not know" {
	[ "$(id -u)" = 0 ] || skip 'what a user is told comes first'
	mkdir -p "$GOTUNE_LAB_CACHE"
	# Its packages are not the subject here.
	mkdir -p "$T/repo/contrib" "$T/repo/tests"
	cp -r "$ROOT/tests/lab" "$T/repo/tests/"
	printf '#!/bin/sh\n' >"$T/repo/contrib/install-deps"
	chmod 755 "$T/repo/contrib/install-deps"
	says 1 'no such kernel: x' "$T/repo/tests/lab/setup" kernel:x
	says 1 'no such root: x' "$T/repo/tests/lab/setup" root:x
	says 2 'what is x?' "$T/repo/tests/lab/setup" x
}

@test "setup: no room in the cache" {
	[ "$(id -u)" = 0 ] || skip 'what a user is told comes first'
	mkdir -p "$GOTUNE_LAB_CACHE" "$T/repo/contrib" "$T/repo/tests"
	cp -r "$ROOT/tests/lab" "$T/repo/tests/"
	printf '#!/bin/sh\n' >"$T/repo/contrib/install-deps"
	chmod 755 "$T/repo/contrib/install-deps"
	says 1 'MiB are needed in' unshare -m sh -c 'mount -t tmpfs -o size=8m tmpfs "$1" && exec "$2" kernel:bookworm' sh \
		"$GOTUNE_LAB_CACHE" "$T/repo/tests/lab/setup"
	[ -z "$(find "$GOTUNE_LAB_CACHE" -mindepth 1)" ]
}

@test "run: a cell that there is not" {
	says 2 'no such cell: x' "$ROOT/tests/lab/run" x
}

@test "the table of cells: each line names what there is" {
	local half cell shape root kernel cgroup runtime minutes words word n=0
	# shellcheck source=tests/lab/common.bash
	. "$ROOT/tests/lab/common.bash"
	cd "$ROOT"
	while read -r half cell shape root kernel cgroup runtime minutes words; do
		case $half in '' | '#'*) continue ;; esac
		n=$((n + 1))
		echo "$cell"
		[[ $half =~ ^(quick|full|never)$ && $cgroup =~ ^(v1|v2|hybrid|-)$ && $runtime =~ ^(runc|crun|-)$ ]]
		[ "$shape" = - ] || [ -f "tests/lab/shapes/$shape" ]
		[[ " - $(root_names) " = *" $root "* && " $KERNELS " = *" $kernel "* ]]
		[ "$half" != never ] || continue
		[[ $minutes =~ ^[1-9][0-9]*$ ]]
		for word in $words; do
			case $word in
			append=?* | tags=?*) ;;
			*) [ -f "$word" ] ;;
			esac
		done
	done <tests/lab/cells
	[ "$n" -gt 20 ]
	# A name twice would be one log for two.
	[ -z "$(awk '!/^#/ && NF { print $2 }' tests/lab/cells | sort | uniq -d)" ]
}

@test "run: cells that cannot run say why, and are no success" {
	mkdir -p "$T/repo/contrib" "$T/repo/tests"
	cp -r "$ROOT/tests/lab" "$T/repo/tests/"
	printf '#!/bin/sh\n' >"$T/repo/tests/lab/setup"
	run "$T/repo/tests/lab/run" numa-v2 selinux
	echo "$output"
	[ "$status" = 1 ]
	[[ $output = *'numa-v2 '*'not run: '*'setup kernel:bookworm'* ]] || [[ $output = *'numa-v2 '*'not run: '*'install-deps lab'* ]]
	[[ $output = *'selinux '*'not run: the kernel has SELinux'* ]]
	[ "${lines[-1]}" = '0 passed, 1 failed, 1 skipped' ]
}
