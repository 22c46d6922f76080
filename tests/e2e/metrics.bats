#!/usr/bin/env bats
# gotuned beside real containers: what the kernel counts for them is what it serves.

load common

setup() {
	common_setup
	PORT=$((20000 + $$ % 20000 + BATS_TEST_NUMBER))
	DAEMON=
}

teardown() {
	[ -z "$DAEMON" ] || kill "$DAEMON" 2>/dev/null || :
	[ -z "$DAEMON" ] || wait "$DAEMON" 2>/dev/null || :
	common_teardown
}

gotuned() {
	"$BUILD/gotuned" --policy "$ETC/gotune/policy.json" --record-dir "$RECORDS" \
		--listen "127.0.0.1:$PORT" 2>"$T/daemon.log" 3>&- &
	DAEMON=$!
	wait_for 5 curl -sf -o /dev/null "http://127.0.0.1:$PORT/metrics"
}

# The value of a metric of this container, or of one without labels.
metric() { # NAME
	curl -sf "http://127.0.0.1:$PORT/metrics" |
		sed -n "s/^$1\({id=\"$ID\"[^}]*}\)\{0,1\} //p"
}

is_over() { # NAME NUMBER
	local v
	v=$(metric "$1")
	[ -n "$v" ] && awk -v a="$v" -v b="$2" 'BEGIN { exit !(a > b) }'
}

known() {
	[ "$(metric gotune_container_info)" = 1 ]
}

unknown() {
	[ -z "$(metric gotune_container_info)" ]
}

@test "a container that is throttled: counted since before gotuned came, gone with its end" {
	use_busybox
	edit '.process.args = ["/bin/sh", "-c", "/probe; while :; do :; done"]
		| .linux.resources.cpu = {quota: 20000, period: 50000}'
	run_detached
	gotuned
	wait_for 5 known
	[ "$(metric gotune_containers_decided_total)" -ge 1 ]
	[ "$(metric gotune_decision_duration_seconds_count)" -ge 1 ]
	if has_cgroup; then
		[ "$(metric gotune_container_memory_limit_bytes)" = $((512 * MIB)) ]
		wait_for 10 is_over gotune_container_cpu_throttled_periods_total 3
		is_over gotune_container_cpu_throttled_seconds_total 0
		is_over gotune_container_cpu_periods_total 3
		is_over gotune_container_memory_bytes 4096
		[ "$(metric gotune_container_oom_kills_total)" = 0 ]
	else
		# Its cgroup is the runtime's, and no number of a container's.
		[ -z "$(metric gotune_container_memory_bytes)" ]
	fi
	rt delete -f "$ID"
	wait_for 5 unknown
	[ "$(metric gotune_containers_decided_total)" -ge 1 ]
}

@test "a container that comes while gotuned runs, and is killed for want of memory" {
	has_cgroup || skip "$RUNTIME sets no limit on this machine"
	local swap=
	[ "$CGROUPS" != v2 ] || swap=$((128 * MIB))
	use_busybox
	gotuned
	edit '.process.args = ["/bin/sh", "-c", "/probe; while :; do (x=x; while :; do x=$x$x; done); sleep 1; done"]
		| .linux.resources.memory = {limit: 67108864}'
	# Where there is swap, nothing would die of its limit. On cgroup v1 the kernel need not count it.
	[ "$CGROUPS" != v2 ] || edit '.linux.resources.memory.swap = .linux.resources.memory.limit'
	run_detached
	wait_for 5 known
	wait_for 60 is_over gotune_container_oom_kills_total 0
	[ "$(metric gotune_container_memory_limit_bytes)" = $((64 * MIB)) ]
	unlimited=$(rt update --memory $((128 * MIB)) ${swap:+--memory-swap "$swap"} "$ID" 2>&1) || skip "no update here: $unlimited"
	[ "$(metric gotune_container_memory_limit_bytes)" = $((128 * MIB)) ]
}

@test "the hook's counters and gotuned's are one: tuned, failed, how long decisions took" {
	local i
	for i in 1 2 3; do
		ID=$ID-$i
		run_container
	done
	wait_for 5 no_tracer
	gotuned
	[ "$(metric gotune_containers_decided_total)" = 3 ]
	[ "$(metric gotune_containers_tuned_total)" = 3 ]
	[ "$(metric gotune_containers_failed_total)" = 0 ]
	[ "$(metric gotune_decision_duration_seconds_count)" = 3 ]
	is_over gotune_decision_duration_seconds_sum 0
}
