#!/usr/bin/env bats
# What the kernel does to a container beyond its limits, and limits several cgroups above it, as
# pods and slices have them: the hook and gotune-runtime have to decide alike. On the shape laptop.

load common_lab

setup() {
	lab_setup
	GROUPS_MADE=()
}

teardown() {
	local i
	lab_teardown || return 1
	for ((i = ${#GROUPS_MADE[@]} - 1; i >= 0; i--)); do
		find /sys/fs/cgroup -maxdepth 6 -depth -type d -path "*/${GROUPS_MADE[i]}" -exec rmdir {} + 2>/dev/null || :
	done
}

# --- cgroups ------------------------------------------------------------------------------------

# Makes each level of a path, with its controllers.
make_groups() {
	local path='' level
	for level in ${1//\// }; do
		path=${path:+$path/}$level
		GROUPS_MADE+=("$path")
		if [ "$CGROUPS" = v2 ]; then
			mkdir -p "/sys/fs/cgroup/$path"
			echo '+cpu +memory +pids' >"/sys/fs/cgroup/$path/cgroup.subtree_control"
		else
			mkdir -p "/sys/fs/cgroup/cpu/$path" "/sys/fs/cgroup/memory/$path"
		fi
	done
}

# limit PATH cpu MICROSECONDS | memory BYTES
limit() {
	case $2.$CGROUPS in
	cpu.v2) echo "$3 100000" >"/sys/fs/cgroup/$1/cpu.max" ;;
	cpu.*) echo "$3" >"/sys/fs/cgroup/cpu/$1/cpu.cfs_quota_us" ;;
	memory.v2) echo "$3" >"/sys/fs/cgroup/$1/memory.max" ;;
	memory.*) echo "$3" >"/sys/fs/cgroup/memory/$1/memory.limit_in_bytes" ;;
	esac
}

# --- running ------------------------------------------------------------------------------------

stop() {
	rt delete -f "$ID" >/dev/null 2>&1 || :
	rm -f "$T/out"
}

by_runtime() {
	cp "$BUILD/gotune-runtime" "$T/gotune-runtime"
	edit 'del(.hooks)'
	# shellcheck disable=SC2034 # rt reads it
	RT_COMMAND=(env GOTUNE_RUNTIME="$(command -v "$RUNTIME")" "$T/gotune-runtime")
}

decided() {
	record '[.settings[] | select(.kind == "env") | [.name, .verdict, .reason, .value]] | tostring'
}

# By the hook, then by gotune-runtime, with what follows checked after each.
both_ways() {
	local hooked
	sleeper
	"$@"
	hooked=$(decided)
	stop
	by_runtime
	sleeper
	"$@"
	expect "$hooked" "$(decided)" 'what gotune-runtime decided'
}

# A program of busybox' instead of the Go program. Its exit status is in RC.
run_busybox() {
	use_busybox
	jq '.process.args = ["/bin/busybox"] + $ARGS.positional' --args -- "$@" <"$BUNDLE/config.json" >"$T/config.new" &&
		mv "$T/config.new" "$BUNDLE/config.json"
	RC=0
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || RC=$?
}

# ------------------------------------------------------------------------------------------------

throttled() {
	[ "$(own_cgroup cpu.stat cpu.stat | sed -n 's/^nr_throttled //p')" -gt 0 ]
}

@test "a program beyond its quota is throttled" {
	use_busybox
	edit '.linux.resources.cpu.quota = 10000 | .process.args = ["/bin/sh", "-c", "echo up; while :; do :; done"]'
	run_detached
	wait_for 30 throttled
}

@test "a program beyond its memory limit is killed" {
	edit --argjson n $((96 * MIB)) '.linux.resources.memory = {limit: $n, swap: $n}'
	run_busybox dd if=/dev/zero of=/dev/null bs=160M count=1
	expect 137 "$RC" 'status of a program that takes 160 MiB'
	run_busybox dd if=/dev/zero of=/dev/null bs=32M count=1
	expect 0 "$RC" 'status of a program that takes 32 MiB'
}

@test "memory.high below the limit: the smaller counts" {
	[ "$CGROUPS" = v2 ] || skip 'cgroup v1 has no memory.high'
	edit --arg n $((200 * MIB)) '.linux.resources.unified = {"memory.high": $n}'
	sleeper
	expect_setting GOMEMLIMIT 'set memory-high 180MiB'
	expect $((180 * MIB)) "$(seen .memlimit)" 'the memory limit of the runtime'
	expect $((200 * MIB)) "$(own_cgroup memory.high '')" memory.high
}

tighter() {
	expect '2 230MiB' "$(seen '"\(.gomaxprocs) \(.env.GOMEMLIMIT)"')" 'Ps, GOMEMLIMIT'
	expect_setting GOMAXPROCS 'set ancestor-quota 2'
	expect_setting GOMEMLIMIT 'set ancestor-memory 230MiB'
}

# three_levels TOP MIDDLE BOTTOM: the quota is the middle's, the memory the top's.
three_levels() {
	make_groups "$1/$2/$3"
	limit "$1" memory $((256 * MIB))
	limit "$1/$2" cpu 200000
	edit --arg path "/$1/$2/$3/$ID" '.linux.cgroupsPath = $path | .linux.resources.cpu.quota = 350000'
	# cgroup v1 refuses a quota that is larger than one above it.
	[ "$CGROUPS" = v2 ] || edit 'del(.linux.resources.cpu)'
	both_ways tighter
}

@test "limits of a pod's cgroups, as the kubelet with cgroupfs makes them" {
	three_levels kubepods burstable "pod$$-$BATS_TEST_NUMBER"
}

@test "limits of slices, as systemd makes them" {
	three_levels machine.slice "machine-gotune$$.slice" "machine-gotune$$-pod.slice"
}

@test "RLIMIT_NOFILE: bounded by an fs.nr_open of the machine's own" {
	local most
	most=$(cat /proc/sys/fs/nr_open)
	policy '.select = "all" | .profiles.balanced.nofile = 1000000'
	ulimit -Sn 512 && ulimit -Hn 1024
	echo 200000 >/proc/sys/fs/nr_open
	run_busybox sh -c 'ulimit -Sn; ulimit -Hn' || :
	echo "$most" >/proc/sys/fs/nr_open
	expect '200000 200000' "$(xargs <"$T/out")" 'soft and hard'
}
