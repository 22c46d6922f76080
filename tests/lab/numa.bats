#!/usr/bin/env bats
# Two nodes: CPUs 0-1 with 512 MiB, and CPUs 2-7 with 1536 MiB.

load common_lab

setup() {
	lab_setup
	[ -n "${T:-}" ] || return 0
	only_shape numa
	edit 'del(.linux.resources.cpu)'
}

numa() {
	policy --arg n "$1" '.profiles.balanced.gomaxprocs.numa = $n'
}

# Memory of the program alone: what is behind no file, and on which nodes its pages are.
nodes_of_memory() {
	grep -E ' (heap|stack|anon=)' "/proc/$PID/numa_maps" | grep -v 'file=' | grep -oE '\bN[0-9]+=' | sort -u | tr -d 'N=' | xargs
}

@test "cap: as many as the largest node has, on all CPUs" {
	numa cap
	sleeper
	expect_setting GOMAXPROCS 'set numa-cap 6'
	expect '6 8' "$(seen '"\(.gomaxprocs) \(.numcpu)"')" 'GOMAXPROCS and CPUs'
	expect '0-7 0-1' "$(status_of Cpus_allowed_list) $(status_of Mems_allowed_list)" 'CPUs and nodes'
}

@test "bind: the program runs on the largest node, and its memory is there" {
	numa bind
	sleeper
	expect '2-7 1' "$(status_of Cpus_allowed_list) $(status_of Mems_allowed_list)" 'CPUs and nodes'
	expect '6 6' "$(seen '"\(.gomaxprocs) \(.numcpu)"')" 'GOMAXPROCS and CPUs'
	expect 1 "$(nodes_of_memory)" 'nodes of its memory'
	expect '2-7 1' "$(own_cgroup cpuset.cpus cpuset.cpus) $(own_cgroup cpuset.mems cpuset.mems)" 'its cgroup'
}

@test "bind: a limit that does not fit the node leaves it where it was" {
	numa bind
	edit '.linux.resources.memory = {limit: 1887436800}'
	sleeper
	expect '0-7 0-1' "$(status_of Cpus_allowed_list) $(status_of Mems_allowed_list)" 'CPUs and nodes'
	expect true "$(record '[.settings[].reason] | any(. == "memory-exceeds-node")')" 'the reason'
}

@test "bind: a cpuset of the container's own stays" {
	numa bind
	edit '.linux.resources.cpu = {cpus: "1-3"}'
	sleeper
	expect 1-3 "$(status_of Cpus_allowed_list)" CPUs
	expect true "$(record '[.settings[].reason] | any(. == "has-cpuset")')" 'the reason'
}

@test "ignore: nothing of it" {
	numa ignore
	sleeper
	expect '0-7 8' "$(status_of Cpus_allowed_list) $(seen .gomaxprocs)" 'CPUs and GOMAXPROCS'
}
