#!/usr/bin/env bats
# Machines of one CPU and of many: what a program without limits would choose, and
# what it gets.

load common_lab

no_quota() {
	edit 'del(.linux.resources.cpu)'
}

@test "no quota: all CPUs are Go's own choice" {
	no_quota
	run_container
	expect "$(nproc)" "$(seen .gomaxprocs)" GOMAXPROCS
	expect 'skip go-default-is-right' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "a quota of one and a half CPUs" {
	edit '.linux.resources.cpu = {quota: 150000, period: 100000}'
	run_container
	if [ "$(nproc)" = 1 ]; then
		expect 1 "$(seen .gomaxprocs)" GOMAXPROCS
		expect 'skip go-default-is-right' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
	else
		expect "2 $(nproc)" "$(seen '"\(.gomaxprocs) \(.numcpu)"')" 'GOMAXPROCS and CPUs'
		expect_setting GOMAXPROCS 'set cpu-quota 2'
	fi
}

@test "a memory limit as large as the machine, or larger, is a limit" {
	local kib
	run_container
	kib=$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)
	[ "$kib" -lt 524288 ] || kib=524288 # the container's
	expect "$((kib * 9 / 10 / 1024))MiB" "$(seen .env.GOMEMLIMIT)" GOMEMLIMIT
}
