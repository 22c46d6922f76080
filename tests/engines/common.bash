# shellcheck shell=bash disable=SC2034 # some are for the suites
# What every engine's suite uses: a box (box.bash) in which the programs are installed as `make
# install` does it, an image's contents that hold one Go program, and looking at what came of it.
#
# The programs stand at their real places, /usr/local/bin and /usr/local/libexec, the policy in
# /etc/gotune and the records in /run/gotune: of the box. BREAK=runtime installs a link to runc for
# the wrapper, BREAK=hook a hook that does nothing: with either the suites have to fail.

# shellcheck source=tests/engines/box.bash
. "$(dirname "${BASH_SOURCE[0]}")/box.bash"

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/again.bash
. "$ROOT/tests/again.bash"
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
PROBE=$BUILD/e2e/probe
LOADS=$BUILD/e2e/loads
MIB=1048576

# --- a suite's surroundings ---------------------------------------------------------------------

# suite_open COMMAND...: the box, with the programs, for an engine that needs these commands.
suite_open() {
	local command
	[ "$(id -u)" = 0 ] || skip 'needs root: engines are started here'
	for command in "$@"; do
		[ -x "$command" ] || skip "no $command here: contrib/install-deps engines"
	done
	# Traversable, so that a container's mapped root may reach its root file system.
	T=$(mktemp -d "${TMPDIR:-/tmp}/gotune-engines.XXXXXXXX")
	chmod 755 "$T"
	OUT=$T/out ERR=$T/err
	export T OUT ERR
	install_programs
	box_open
	export BOX BOX_PID BOX_PARENT
	policy .
}

# Ends the box; fails when anything is left, here or there.
suite_close() {
	local rc=0
	[ -n "${T:-}" ] || return 0
	box_close || rc=1
	# Never through a mount, should one be left.
	rm -rf --one-file-system "$T" || rc=1
	return "$rc"
}

# As a packager would: the whole installation, with the policy of the test's own. INSTALLED is one
# that was made before, for a machine that has no compiler.
install_programs() {
	if [ -n "${INSTALLED:-}" ]; then
		cp -a "$INSTALLED" "$T/root"
	else
		make_install
	fi || return 1
	mv "$T/root/usr/local" "$T/local"
	case ${BREAK:-} in
	runtime) ln -sf /usr/sbin/runc "$T/local/bin/gotune-runtime" ;;
	hook)
		printf '#!/bin/sh\ncase "$*" in *precreate*) exec cat ;; esac\n' >"$T/local/libexec/oci-gotune-hook"
		;;
	esac
}

# What was built is what is installed: all is not made again, with other flags.
make_install() {
	local log=$T/install.log
	grep -qF 'GT_BINDIR='"'"'"/usr/local/bin"' "$BUILD/flags" || {
		echo "$BUILD was not built, or for another PREFIX than /usr/local: make check-engines builds it"
		return 1
	}
	env -u MAKEFLAGS -u MFLAGS make -s -o all -C "$ROOT" BUILD="$BUILD" PREFIX=/usr/local DESTDIR="$T/root" install >"$log" 2>&1 || {
		cat "$log"
		return 1
	}
}

# What `gotune install ENGINE` and its options do to the engine's files; what it says is shown when it fails.
register_with() {
	box gotune install "$@" >"$T/register.log" 2>&1 || {
		cat "$T/register.log"
		return 1
	}
}

unregister_from() {
	box gotune uninstall "$@" >"$T/register.log" 2>&1 || {
		cat "$T/register.log"
		return 1
	}
}

# All files of the box's machine that engines are configured by, but for what engines write themselves.
configuration() {
	box find /etc /usr/share/containers -type f ! -path '/etc/gotune/*' ! -name '*.lock' ! -path /etc/docker/key.json \
		! -path '/etc/containers/networks/*' -exec sha256sum {} + | sort -k2
}

# As it was before we were registered, to the byte: $T/configuration.
expect_no_trace() {
	configuration | diff "$T/configuration" - || {
		echo 'files are left or changed'
		return 1
	}
}

# The contents of an image: the Go program, and a shell that says what it was given.
make_rootfs() {
	local dir=$1 name applet
	mkdir -p "$dir"/{bin,etc,tmp,proc,sys,dev,run}
	cp "$PROBE" "$dir/probe"
	# The same by the newest Go (tests/oracle/build), and held back by the `go` line of go.mod.
	for name in new pinned; do
		[ ! -x "$BUILD/oracle/$name" ] || cp "$BUILD/oracle/$name" "$dir/$name"
	done
	# What gotune diagnose looks at: a program of a known fault.
	[ ! -x "$LOADS" ] || cp "$LOADS" "$dir/loads"
	cp /bin/busybox "$dir/bin/busybox"
	for applet in sh cat env sleep echo ls true false kill; do
		ln -s busybox "$dir/bin/$applet"
	done
	printf 'root:x:0:0::/:/bin/sh\nuser:x:1234:1234::/:/bin/sh\n' >"$dir/etc/passwd"
	printf 'root:x:0:\nuser:x:1234:\n' >"$dir/etc/group"
}

# The newest Go takes a quota of 2.5 CPUs for 3, where there are more.
has_newest_go() {
	[ -x "$BUILD/oracle/pinned" ] || skip 'no program by the newest Go here: tests/oracle/build'
	[ "$(nproc)" -gt 3 ] || skip "on $(nproc) CPUs a quota makes no difference to it: the lab has more"
}

# The same as a tar file: `docker import` and `podman import` make an image of it.
make_rootfs_tar() {
	make_rootfs "$T/rootfs"
	tar -C "$T/rootfs" --owner=0 --group=0 -cf "$1" .
}

# What each test begins with.
fresh() {
	policy .
	rm -f "$T/etc/gotune/disabled" "$OUT" "$ERR"
}

# The default policy, changed by a jq program: min 1, so that half a CPU shows as 1 P on machines of
# two CPUs or more, and numbers that nothing else would set.
policy() {
	jq -n '{version: 1, profiles: {balanced: {gomaxprocs: {min: 1}, nofile: 4096,
		sysctl: {"net.core.somaxconn": "5001"}, swappiness: 7}}}' | jq "$@" >"$T/policy.new" &&
		mv "$T/policy.new" "$T/etc/gotune/policy.json"
}

# --- looking ------------------------------------------------------------------------------------

# A value of the program's report, by a jq path.
seen() {
	jq -r "$1" "$OUT"
}

# Where records are: a user's own are elsewhere.
RECORDS=${RECORDS:-/run/gotune/containers}

# The record of a container: record ID JQ.
record() {
	box cat "$RECORDS/$1.json" | jq -r "$2"
}

has_record() {
	box test -e "$RECORDS/$1.json"
}

no_record() {
	box test ! -e "$RECORDS/$1.json"
}

# "VERDICT REASON VALUE" of a setting: setting ID NAME.
setting() {
	record "$1" ".settings[] | select(.name == \"$2\") | \"\(.verdict) \(.reason) \(.value)\""
}

# What is in the directory of records: records, and what should not be there.
record_files() {
	box ls -A "$RECORDS" 2>/dev/null || :
}

# Who runs commands in the box, for suites of a user's: words before a command.
AS_USER=()

# reports N: has the program of $CID, a container of $ENGINE's (dk or pm), reported N times? $OUT gets the
# last one.
reports() {
	"$ENGINE" logs "$CID" >"$T/log" 2>/dev/null
	[ "$(wc -l <"$T/log")" -ge "$1" ] && tail -n 1 "$T/log" >"$OUT"
}

# serve PROGRAM [ARGUMENT...]: one that answers with its report, in a container with a quota of 2.5 CPUs,
# which the newest Go takes for 3 Ps; $CID.
serve() {
	CID=$("$ENGINE" run -d "${@:2}" --cpus 2.5 --memory 512m --entrypoint "/$1" probe -serve 127.0.0.1:8080)
	wait_for 60 answers
	expect '3 null 460MiB' "$(seen '"\(.gomaxprocs) \(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
}

answers() {
	"$ENGINE" exec "$CID" busybox wget -qO- http://127.0.0.1:8080/ >"$OUT" 2>/dev/null && [ -s "$OUT" ]
}

has_ps() {
	answers && [ "$(seen .gomaxprocs)" = "$1" ]
}

# expect WANT GOT [WHAT]
expect() {
	[ "$1" = "$2" ] || {
		printf '%s: want "%s", got "%s"\n' "${3:-value}" "$1" "$2"
		return 1
	}
}

# expect_swappiness WANT: of the cgroup of $CID. There is one where there is cgroup v1.
expect_swappiness() {
	local file
	if ! box test -d /sys/fs/cgroup/memory; then
		expect 'skip no-swappiness-v2' "$(setting "$CID" memory.swappiness | cut -d' ' -f1,2)" memory.swappiness
		return
	fi
	file=$(box find /sys/fs/cgroup/memory -path "*[/-]$CID/memory.swappiness" | head -n 1)
	expect "$1" "$(box cat "$file")" memory.swappiness
}

# May a hard limit be raised in the box, and so by a runtime in it? It takes CAP_SYS_RESOURCE.
may_raise_hard() {
	box "${AS_USER[@]}" bash -c 'ulimit -n 100 && ulimit -Hn 101' 2>/dev/null
}

# What half a CPU and 512 MiB make of the program whose report is in $OUT.
expect_tuned() {
	expect 1 "$(seen .env.GOMAXPROCS)" 'GOMAXPROCS in the environment'
	expect 460MiB "$(seen .env.GOMEMLIMIT)" 'GOMEMLIMIT in the environment'
	expect 1 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
	expect $((460 * MIB)) "$(seen .memlimit)" 'the memory limit of the runtime'
	expect '[]' "$(seen '.doubled | tostring')" 'doubled names'
}

# --- gotune diagnose -----------------------------------------------------------------------------

# A program that collects often, and says so: what comes before and after the image's name.
DIAGNOSED=(-e GODEBUG=gctrace=1 -e GOGC=5 --entrypoint /loads)
LOAD=(steady 600 150 25)

has_cycles() {
	[ "$("$ENGINE" logs "$CID" 2>&1 | grep -c '^gc ')" -gt 15 ]
}

# expect_diagnosis NAME: the log of container NAME is found through its engine, and joined with
# its record and its cgroup: half a CPU, 512 MiB.
expect_diagnosis() {
	box gotune diagnose "$1" --format json >"$T/diagnosis" 2>"$ERR" || {
		cat "$ERR"
		return 1
	}
	expect "$1 true" "$(jq -r '"\(.log.name) \(.processes[0].collector.cycles > 10)"' "$T/diagnosis")" 'the log'
	expect "record 5 $((460 * MIB))" "$(jq -r '.known | "\(.source) \(.gogc) \(.gomemlimit_bytes)"' "$T/diagnosis")" 'the record'
	expect '50000 100000 536870912 true' "$(jq -r '.known | "\(.quota_us) \(.period_us) \(.memory_max_bytes) \(.nr_periods > 0)"' \
		"$T/diagnosis")" 'the cgroup'
	expect true "$(jq '.verdicts | length > 0 and all(.verdict != "not-enough")' "$T/diagnosis")" 'a verdict'
}

# expect_goroutines NAME: those of the same container, by its engine's name for it.
expect_goroutines() {
	[ "$(uname -m)" = x86_64 ] || return 0
	box gotune goroutines "$1" --format json >"$T/goroutines"
	jq -e '[.. | strings | select(test("main\\.steady"))] | length > 0' "$T/goroutines" >/dev/null || {
		jq -c . "$T/goroutines" | head -c 2000
		return 1
	}
}

expect_untouched() {
	expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" 'environment'
	expect -1 "$(seen .memlimit)" 'memory limit'
	[ "$(seen .somaxconn)" != 5001 ] || {
		echo 'somaxconn was changed'
		return 1
	}
}
