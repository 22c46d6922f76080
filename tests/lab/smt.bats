#!/usr/bin/env bats
# Two sockets of two cores of two threads: CPUs 0,1 are siblings, 2,3 too, 0-3 are a socket.

load common_lab

setup() {
	lab_setup
	[ -n "${T:-}" ] || return 0
	only_shape smt
	policy '.profiles.balanced.gomaxprocs.cpu_count = "physical"'
}

@test "physical cores: siblings count once" {
	edit 'del(.linux.resources.cpu)'
	run_container
	expect_setting GOMAXPROCS 'set physical-cores 4'
	expect '4 8' "$(seen '"\(.gomaxprocs) \(.numcpu)"')" 'GOMAXPROCS and CPUs'
}

@test "physical cores of a cpuset that holds two siblings and one thread" {
	edit '.linux.resources.cpu = {cpus: "0-2"}'
	run_container
	expect_setting GOMAXPROCS 'set physical-cores 2'
	expect '2 3' "$(seen '"\(.gomaxprocs) \(.numcpu)"')" 'GOMAXPROCS and CPUs'
}
