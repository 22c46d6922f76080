# shellcheck shell=bash disable=SC2034 # some are for the suites
# What every end-to-end suite uses: a bundle that holds one Go program, a real runtime, and a
# teardown that fails the test when anything is left behind.
#
# RUNTIME (runc or crun) is set by tests/run, which runs each suite once per runtime. Every call of
# a runtime gets a private mount namespace in which /etc is a directory of the test's own: policies
# and the kill switch stand at their real paths, and the machine's /etc/gotune is neither read nor
# written. Where the runtime cannot work with the machine's cgroups (crun on a hybrid hierarchy),
# /sys/fs/cgroup is a cgroup2 mount in that namespace.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
RUNTIME=${RUNTIME:-runc}
# shellcheck source=tests/again.bash
. "$ROOT/tests/again.bash"
PROBE=$BUILD/e2e/probe
MIB=1048576

# --- a test's surroundings ----------------------------------------------------------------------

setup() {
	common_setup
}

teardown() {
	common_teardown
}

common_setup() {
	[ "$(id -u)" = 0 ] || skip 'needs root: containers are made here'
	command -v "$RUNTIME" >/dev/null || skip "no $RUNTIME here: contrib/install-deps check"

	# Traversable, so that a container's mapped root may reach its root file system.
	T=$(mktemp -d "${TMPDIR:-/tmp}/gotune-e2e.XXXXXXXX")
	chmod 755 "$T"
	ETC=$T/etc
	RECORDS=$T/records
	BUNDLE=$T/bundle
	ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER
	# A path of this test's own: that is how its tracers are told from all other processes.
	HOOK=$T/oci-gotune-hook
	cp "$BUILD/oci-gotune-hook" "$HOOK"
	mkdir -p "$ETC/gotune/policy.d" "$RECORDS"
	cp -a /etc/passwd /etc/group "$ETC/"
	[ ! -e /etc/ld.so.cache ] || cp -a /etc/ld.so.cache "$ETC/"
	detect_cgroups
	make_bundle
	default_policy
}

# Nothing may be left: no process of the hook's, no container, no temporary file of a record.
common_teardown() {
	local pids left replayed=yes
	say_unsteady
	[ -n "${T:-}" ] || return 0
	replay_records || replayed=no
	delete_all
	wait_for 3 no_tracer || :
	pids=$(tracers)
	left=$(find "$RECORDS" -mindepth 1 -type f ! -name '*.json' ! -name 'counters*' ! -name '*lock*' ! -name fresh-sysctls ! -name 'policy*.cache' 2>/dev/null)
	# shellcheck disable=SC2086 # a list of numbers
	[ -z "$pids" ] || kill -9 $pids 2>/dev/null || :
	rm -rf "$T"
	if [ -n "$pids" ]; then
		echo "processes of the hook are left: $pids"
		return 1
	fi
	if [ -n "$left" ]; then
		echo "files are left: $left"
		return 1
	fi
	[ "$replayed" = yes ]
}

# Each record, decided on again under the test's policy (POLICY, if it is another one), comes to the
# same settings byte for byte. REPLAY=no: a test that changed the policy since, or damaged a record.
replay_records() {
	local f
	[ "${REPLAY:-yes}" = yes ] || return 0
	for f in "$RECORDS"/containers/*.json; do
		[ -e "$f" ] || continue
		"$BUILD/gotune" replay --policy "${POLICY:-$ETC/gotune}" "$f" >"$T/replay" 2>&1 || {
			echo "replayed, it is another decision:"
			cat "$T/replay" "$f"
			return 1
		}
	done
}

# The containers of this test: the runtime keeps their state below $T.
delete_all() {
	local id
	for id in $(rt list -q 2>/dev/null); do
		rt delete -f "$id" >/dev/null 2>&1 || :
	done
}

# hybrid, v1 or v2; and whether the runtime needs a cgroup2 mount of its own.
detect_cgroups() {
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		CGROUPS=v2
	elif grep -qE '^[^ ]+ /sys/fs/cgroup/[^ ]+ cgroup2 ' /proc/mounts; then
		CGROUPS=hybrid
	else
		CGROUPS=v1
	fi
	OWN_CGROUP2=no
	RT_FLAGS=(--root "$T/runtime")
	if [ "$RUNTIME" = crun ] && [ "$CGROUPS" = hybrid ]; then
		OWN_CGROUP2=yes
		# The controllers are taken by v1: there is nothing that crun could set a limit with.
		RT_FLAGS+=(--cgroup-manager=disabled)
	fi
}

# Does the runtime make a cgroup of the container's own, with its limits?
has_cgroup() {
	[ "$OWN_CGROUP2" = no ]
}

# --- bundle and policy --------------------------------------------------------------------------

make_bundle() {
	mkdir -p "$BUNDLE/rootfs"/{bin,proc,sys,dev,tmp,etc}
	cp "$PROBE" "$BUNDLE/rootfs/probe"
	(cd "$BUNDLE" && runc spec)
	# Half a CPU and 512 MiB; no rlimits of its own, as Docker, Podman's CRI and CRI-O leave it.
	# memory.swap is left out: not every machine accounts for it.
	edit --arg hook "$HOOK" --arg records "$RECORDS" '
		.process.terminal = false | .process.args = ["/probe"] | del(.process.rlimits)
		| .process.env += ["PROBE_FIRST=1"]
		| .linux.resources.cpu = {quota: 50000, period: 100000}
		| .linux.resources.memory = {limit: 536870912}
		| .hooks.createRuntime = [{path: $hook, timeout: 20, env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
			args: ["oci-gotune-hook", "--record-dir", $records]}]'
}

# Changes config.json by a jq program.
edit() {
	jq "$@" "$BUNDLE/config.json" >"$T/config.new" && mv "$T/config.new" "$BUNDLE/config.json"
}

# Adds NAME=VALUE entries to the environment.
add_env() {
	jq '.process.env += $ARGS.positional' --args "$@" <"$BUNDLE/config.json" >"$T/config.new" &&
		mv "$T/config.new" "$BUNDLE/config.json"
}

annotate() {
	edit --arg k "$1" --arg v "$2" '.annotations[$k] = $v'
}

use_busybox() {
	local applet
	cp /bin/busybox "$BUNDLE/rootfs/bin/busybox"
	for applet in sh cat env sleep; do
		ln -sf busybox "$BUNDLE/rootfs/bin/$applet"
	done
}

# The built-in default with min 1, so that half a CPU shows as 1 P on machines of two CPUs or more.
default_policy() {
	policy '.'
}

# The default policy changed by a jq program.
policy() {
	jq -n '{version: 1, profiles: {balanced: {gomaxprocs: {min: 1}, nofile: 4096,
		sysctl: {"net.core.somaxconn": "5001"}}},
		annotations: {allow: ["enable", "profile", "mode", "program", "gomaxprocs", "gomemlimit", "gogc", "godebug", "nofile"]}}' |
		jq "$@" >"$ETC/gotune/policy.json"
}

# --- running ------------------------------------------------------------------------------------

# The runtime with these arguments, in its private mount namespace. There a directory FULL_DISK is a
# file system that holds one page, and a directory READ_ONLY cannot be written into. With RT_COMMAND
# another program than the runtime is called, whose records at /run/gotune are the test's. With VAR_LIB
# that directory is /var/lib: what gotuned has learned is in its directory gotune.
rt() {
	local command=("$RUNTIME")
	[ -z "${RT_COMMAND:-}" ] || command=("${RT_COMMAND[@]}")
	timeout -k 5 60 unshare -m --propagation private bash -c '
		etc=$1 own=$2 full=$3 read_only=$4 run=$5 lib=$6; shift 6
		mount --bind "$etc" /etc || exit 125
		[ -z "$full" ] || mount -t tmpfs -o size=4k tmpfs "$full" || exit 125
		[ -z "$read_only" ] || mount --bind -o ro "$read_only" "$read_only" || exit 125
		if [ -n "$run" ]; then
			mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/gotune && mount --bind "$run" /run/gotune || exit 125
		fi
		[ -z "$lib" ] || mount --bind "$lib" /var/lib || exit 125
		if [ "$own" = yes ]; then
			umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 125
		fi
		exec "$@"' rt "$ETC" "$OWN_CGROUP2" "${FULL_DISK:-}" "${READ_ONLY:-}" "${RT_COMMAND:+$RECORDS}" "${VAR_LIB:-}" \
		"${command[@]}" "${RT_FLAGS[@]}" "$@"
}

# Runs the container to its end; its output is in $T/out, the runtime's errors in $T/err.
run_container() {
	local rc=0
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || rc=$?
	[ "$rc" = 0 ] || {
		echo "$RUNTIME run: status $rc"
		cat "$T/err" "$T/out"
		return 1
	}
}

# Starts the container in the background and waits until the program has reported; sets PID.
run_detached() {
	rt run --detach --pid-file "$T/pid" --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || {
		cat "$T/err"
		return 1
	}
	PID=$(cat "$T/pid")
	wait_for 10 reported
}

create() {
	rt create --pid-file "$T/pid" --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || {
		cat "$T/err"
		return 1
	}
	PID=$(cat "$T/pid")
}

start() {
	rt start "$ID" </dev/null || return 1
	wait_for 10 reported
}

reported() {
	[ -s "$T/out" ]
}

# wait_for SECONDS COMMAND...
wait_for() {
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || return 1
		sleep 0.05
	done
}

# --- looking ------------------------------------------------------------------------------------

# The processes that run this test's hook binary. One find for all of /proc: a readlink for each
# process is what a test would spend its time on, where there are many.
tracers() {
	find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' '(' -lname "$HOOK" -o -lname "$HOOK (deleted)" ')' -printf '%h\n' 2>/dev/null |
		sed 's|^/proc/||'
}

# The tracer itself, once it waits: its parser and its sysctl worker are children of it.
tracer() {
	local pid all
	all=$(tracers)
	for pid in $all; do
		grep -qxF "$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status" 2>/dev/null)" <<<"$all" && continue
		awk '/^Seccomp:/ { exit $2 != 2 }' "/proc/$pid/status" 2>/dev/null && echo "$pid"
	done
}

one_tracer() {
	[ "$(tracer | wc -l)" = 1 ]
}

no_tracer() {
	[ -z "$(tracers)" ]
}

# A value of the program's report, by a jq path.
seen() {
	jq -r "$1" "$T/out"
}

# A value of the record, by a jq path. The hook's child decides beside the runtime: a container that is
# created and not started yet gets its record a moment later.
record() {
	wait_for 5 test -e "$RECORDS/containers/$ID.json" || return 1
	jq -r "$1" "$RECORDS/containers/$ID.json"
}

# "VERDICT REASON VALUE" of a setting in the record.
setting() {
	record ".settings[] | select(.name == \"$1\") | \"\(.verdict) \(.reason) \(.value)\""
}

# expect WANT GOT [WHAT]
expect() {
	[ "$1" = "$2" ] || {
		printf '%s: want "%s", got "%s"\n' "${3:-value}" "$1" "$2"
		[ ! -e "$RECORDS/containers/$ID.json" ] || jq -c '.settings[] | [.name, .verdict, .reason, .value, .applied, .error]' \
			"$RECORDS/containers/$ID.json"
		return 1
	}
}

expect_setting() {
	expect "$2" "$(setting "$1")" "setting $1"
}

# One variable of a process, as the host sees it.
environ() {
	tr '\0' '\n' <"/proc/$1/environ" | sed -n "s/^$2=//p"
}

# The program ran, and nothing of it was touched.
expect_untouched() {
	expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" 'environment'
	expect -1 "$(seen .memlimit)" 'memory limit'
	[ "$(seen .somaxconn)" != 5001 ] || {
		echo 'somaxconn was changed'
		return 1
	}
}

expect_tuned() {
	expect 1 "$(seen .env.GOMAXPROCS)" 'GOMAXPROCS in the environment'
	expect 460MiB "$(seen .env.GOMEMLIMIT)" 'GOMEMLIMIT in the environment'
	expect 1 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
	expect $((460 * MIB)) "$(seen .memlimit)" 'the memory limit of the runtime'
}
