#!/usr/bin/env bats
# Limits that the kernel enforces, on the container's cgroup and around it; swap; hard limits that
# may be raised: a plain machine lacks one or the other.

load common_lab

with_limits() {
	ulimit -Sn "$1" && ulimit -Hn "$2"
}

shell() {
	use_busybox
	edit --arg c "$1" '.process.args = ["/bin/sh", "-c", $c]'
}

wrapped() {
	edit 'del(.hooks)'
	cp "$BUILD/gotune-runtime" "$T/gotune-runtime"
	# shellcheck disable=SC2034 # rt reads it
	RT_COMMAND=(env GOTUNE_RUNTIME="$(command -v "$RUNTIME")" "$T/gotune-runtime")
}

expect_of_slice() {
	expect_setting GOMAXPROCS 'set ancestor-quota 1'
	expect_setting GOMEMLIMIT 'set ancestor-memory 230MiB'
	expect '1 230MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" 'in the program'
}

tight_slice() {
	slice_set cpu.max '100000 100000' cpu.cfs_quota_us 100000
	slice_set memory.max $((256 * MIB)) memory.limit_in_bytes $((256 * MIB))
	in_slice
	edit 'del(.linux.resources.cpu)'
}

@test "a quota: the kernel has it, and the program fits it" {
	edit '.linux.resources.cpu = {quota: 150000, period: 100000}'
	sleeper
	case $CGROUPS in
	v2) expect '150000 100000' "$(own_cgroup cpu.max '')" cpu.max ;;
	*) expect 150000 "$(own_cgroup '' cpu.cfs_quota_us)" cpu.cfs_quota_us ;;
	esac
	expect_setting GOMAXPROCS 'set cpu-quota 2'
	expect '2 4' "$(seen '"\(.gomaxprocs) \(.numcpu)"')" 'GOMAXPROCS and CPUs'
}

@test "a cpuset: the program may run there alone, and Go's own choice is right" {
	edit '.linux.resources.cpu = {cpus: "1-2"}'
	sleeper
	expect 1-2 "$(status_of Cpus_allowed_list)" 'Cpus_allowed_list'
	expect 2 "$(seen .gomaxprocs)" GOMAXPROCS
	expect 'skip go-default-is-right' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "a memory limit: the kernel has it, and the runtime stays below it" {
	sleeper
	expect $((512 * MIB)) "$(own_cgroup memory.max memory.limit_in_bytes)" 'the limit'
	expect $((460 * MIB)) "$(seen .memlimit)" 'the memory limit of the runtime'
}

@test "a tighter slice around the container counts, for the hook" {
	tight_slice
	run_container
	expect_of_slice
}

@test "a tighter slice around the container counts before there is a container" {
	tight_slice
	wrapped
	run_container
	expect_of_slice
	expect create "$(record .stage)" stage
}

@test "a cpuset of the slice counts, for the hook and before there is a container" {
	# On v1 a cpuset without nodes takes no process; on v2 it takes the ones around it.
	slice_set cpuset.mems 0 cpuset.mems 0
	slice_set cpuset.cpus 3 cpuset.cpus 3
	in_slice
	edit '.linux.resources.cpu = {quota: 300000, period: 100000}'
	run_container
	expect '1 1' "$(seen '"\(.gomaxprocs) \(.numcpu)"')" 'GOMAXPROCS and CPUs'
	expect 'skip go-default-is-right' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
	wrapped
	ID=$ID-w
	run_container
	expect 'skip go-default-is-right' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "RLIMIT_NOFILE: a hard limit of 1024 is raised to 65536" {
	policy '.select = "all" | .profiles.balanced.nofile = 65536'
	shell 'ulimit -Sn; ulimit -Hn'
	with_limits 1024 1024
	run_container
	expect '65536 65536' "$(xargs <"$T/out")" 'soft and hard'
}

@test "RLIMIT_NOFILE: never above what the kernel allows" {
	local max
	max=$(cat /proc/sys/fs/nr_open)
	policy --argjson n $((max * 2)) '.select = "all" | .profiles.balanced.nofile = $n'
	shell 'ulimit -Sn; ulimit -Hn'
	with_limits 1024 1024
	run_container
	expect "$max $max" "$(xargs <"$T/out")" 'soft and hard'
}

# 48 MiB of memory that no file is behind, in a container of 32 MiB.
too_much() {
	shell 'dd if=/dev/zero of=/dev/shm/x bs=1048576 count=48 2>/dev/null && echo swapped'
	edit '.linux.resources.memory = {limit: 33554432}'
}

@test "without a word on swappiness a container that is too large swaps" {
	policy '.select = "all" | .profiles.balanced.swappiness = null'
	too_much
	run_container
	expect swapped "$(cat "$T/out")" 'what it said'
}

@test "swappiness 0: it does not swap, the kernel ends it" {
	policy '.select = "all" | .profiles.balanced.swappiness = 0'
	too_much
	! run_container || { echo 'it lived' && return 1; }
	expect '' "$(cat "$T/out")" 'what it said'
}

@test "swappiness stands in the container's cgroup: memory.swappiness, or memory.swap.max for 0" {
	policy '.profiles.balanced.swappiness = 0'
	sleeper
	expect 0 "$(own_cgroup memory.swap.max memory.swappiness)" 'its value'
}
