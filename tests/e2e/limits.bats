#!/usr/bin/env bats
# RLIMIT_NOFILE, sysctls, and what belongs to the cgroup. Go raises its soft limit by itself, so a
# shell says what was given; `select: all` has it tuned too.

load common

# Runs the runtime with these limits of its own: SOFT HARD.
with_limits() {
	ulimit -Sn "$1" && ulimit -Hn "$2"
}

shell_limits() {
	use_busybox
	edit '.process.args = ["/bin/sh", "-c", "ulimit -Sn; ulimit -Hn"]'
	policy '.select = "all"'
}

@test "RLIMIT_NOFILE, none in config.json: the soft limit is raised" {
	shell_limits
	with_limits 512 8192
	run_container
	case $(xargs <"$T/out") in
	'4096 8192') expect_setting RLIMIT_NOFILE 'set profile 4096' ;;
	# runc is a Go program, and may have raised its own soft limit, which the container inherits.
	'8192 8192') [ "$RUNTIME" = runc ] ;;
	*) expect '4096 8192' "$(xargs <"$T/out")" 'soft and hard' ;;
	esac
}

@test "RLIMIT_NOFILE, set in config.json: it holds in the started program" {
	shell_limits
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 8192}]'
	run_container
	expect '4096 8192' "$(xargs <"$T/out")" 'soft and hard'
}

@test "RLIMIT_NOFILE, a hard limit below the number: raised where the kernel allows it" {
	shell_limits
	with_limits 512 2048
	run_container
	if prlimit --nofile=2049:2049 true 2>/dev/null; then
		expect '4096 4096' "$(xargs <"$T/out")" 'soft and hard'
	else
		expect '2048 2048' "$(xargs <"$T/out")" 'soft and hard'
		# keep: runc, as a Go program, may have raised the soft limit to the hard one by itself.
		expect hard-limit "$(setting RLIMIT_NOFILE | cut -d' ' -f2)"
		[ "$(record '[.warnings[] | tostring | test("hard-limit-kept|hard")] | any')" = true ]
	fi
}

@test "RLIMIT_NOFILE is never lowered" {
	shell_limits
	policy '.select = "all" | .profiles.balanced.nofile = 256'
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1024, hard: 8192}]'
	run_container
	expect '1024 8192' "$(xargs <"$T/out")" 'soft and hard'
	expect 'keep already-higher' "$(setting RLIMIT_NOFILE | cut -d' ' -f1,2)"
}

@test "RLIMIT_NOFILE of a Go program and of its child" {
	edit '.process.args = ["/probe", "-child"] | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 8192}]'
	run_container
	expect '4096 8192' "$(seen '"\(.nofile_soft) \(.nofile_hard)"')" 'soft and hard'
	# Go before 1.20.4 hands the limit that it raised to its children, later ones what they were given.
	[ "$(seen .child.nofile_soft)" -ge 4096 ]
}

@test "net.core.somaxconn in a network namespace of the container's own" {
	local host
	host=$(cat /proc/sys/net/core/somaxconn)
	run_container
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect_setting net.core.somaxconn 'set profile 5001'
	expect "$host" "$(cat /proc/sys/net/core/somaxconn)" "the host's somaxconn"
}

@test "a sysctl that config.json sets is kept" {
	edit '.linux.sysctl = {"net.core.somaxconn": "333"}'
	run_container
	expect 333 "$(seen .somaxconn)" somaxconn
	expect 'keep already-set' "$(setting net.core.somaxconn | cut -d' ' -f1,2)"
}

@test "a sysctl is never lowered" {
	policy '.profiles.balanced.sysctl = {"net.core.somaxconn": "99"}'
	run_container
	[ "$(seen .somaxconn)" -gt 99 ]
	expect 'keep already-higher' "$(setting net.core.somaxconn | cut -d' ' -f1,2)"
}

@test "the host's network namespace: no sysctl is written" {
	local host
	host=$(cat /proc/sys/net/core/somaxconn)
	edit '.linux.namespaces |= map(select(.type != "network"))'
	run_container
	expect "$host" "$(cat /proc/sys/net/core/somaxconn)" "the host's somaxconn"
	expect 'skip host-namespace' "$(setting net.core.somaxconn | cut -d' ' -f1,2)"
}

@test "the host's network namespace, joined by its path: no sysctl is written" {
	local host
	host=$(cat /proc/sys/net/core/somaxconn)
	edit --arg ns "/proc/$$/ns/net" '.linux.namespaces |= map(if .type == "network" then .path = $ns else . end)'
	run_container
	expect "$host" "$(cat /proc/sys/net/core/somaxconn)" "the host's somaxconn"
	expect 'skip host-namespace' "$(setting net.core.somaxconn | cut -d' ' -f1,2)"
}

@test "a sysctl that is not namespaced is never written" {
	local host
	host=$(cat /proc/sys/vm/swappiness)
	policy '.profiles.balanced.sysctl = {"vm.swappiness": "77"}'
	run_container
	expect "$host" "$(cat /proc/sys/vm/swappiness)" "the host's vm.swappiness"
}

@test "swappiness goes to the container's own cgroup" {
	local dir
	has_cgroup || skip "$RUNTIME makes no cgroup on a $CGROUPS machine"
	edit '.process.args = ["/probe", "-sleep", "20"]'
	run_detached
	if [ "$CGROUPS" = v2 ]; then
		expect 'skip no-swappiness-v2' "$(setting memory.swappiness | cut -d' ' -f1,2)"
		return
	fi
	dir=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' "/proc/$PID/cgroup")
	expect 1 "$(cat "$dir/memory.swappiness")" memory.swappiness
}
