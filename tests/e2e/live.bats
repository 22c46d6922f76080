#!/usr/bin/env bats
# gotuned and running containers: a limit that is changed, a neighbour that grows, a program that sets its
# own limit, a gotuned that is killed; and that each of them dies, or stays as it was, without gotuned.
# GOROOTS="DIR..." runs the programs of these toolchains; by default the machine's Go.

load common
load heap

setup_file() {
	build_heap
}

setup() {
	heap_setup 40
	no_swap
	ratio_is 900
}

# For the hook, and for gotuned.
ratio_is() { # PERMILLE
	policy --argjson ratio "$1" '.profiles.balanced.gomemlimit = {ratio: $ratio}'
	echo '{"profiles": {"balanced": {"gomemlimit": {"ratio": '"$1"'}}}}' >"$T/policy.json"
}

teardown() {
	heap_teardown
}

# Starts the container, and knows its cgroup.
run_limited() { # [MIB, of its GOMEMLIMIT]
	run_heap
	MEMORY=$(cgroup_of "$PID")
	expect_setting GOMEMLIMIT "set memory-limit ${1:-230}MiB"
}

cgroup_of() { # PID
	if [ "$CGROUPS" = v2 ]; then
		sed -n 's|^0::|/sys/fs/cgroup|p' "/proc/$1/cgroup"
	else
		sed -n 's|^[0-9]*:memory:|/sys/fs/cgroup/memory|p' "/proc/$1/cgroup"
	fi
}

# OOM kills of the container's cgroup, which lives as long as it does.
ooms() {
	cat "$MEMORY/memory.oom_control" "$MEMORY/memory.events" 2>/dev/null | awk '$1 == "oom_kill" { print $2 }'
}

limit_is() { # BYTES
	[ "$(ask limit | cut -d' ' -f1)" = "$1" ]
}

# gotuned with these words for `live`.
start_gotuned() { # JSON-LIST
	jq -c --argjson live "$1" '. + {live: $live, daemon: {resize: true}}' "$T/policy.json" >"$T/live.json"
	run_gotuned --policy "$T/live.json"
}

update_memory() { # MIB
	local bytes=$(($1 * MIB)) swap=-1
	[ "$CGROUPS" != v2 ] || swap=$bytes
	rt update --memory "$bytes" --memory-swap "$swap" "$ID" 2>"$T/err" || rt update --memory "$bytes" "$ID"
}

# Its heap grows to 85 MiB, with garbage: twice that is more than 160. It makes 100 MiB of it a second, and a fifth of
# the limit is left to it: GOMEMLIMIT is a soft limit, and a program that allocates as fast as it can exceeds it by as
# much as it takes while the collector's CPU is another VM's.
work() {
	ask live 85 >/dev/null
	ask pace 300 >/dev/null
}

survived() {
	[ -e "/proc/$PID" ] && [ "$(ooms)" = 0 ] && limit_is "$1"
}

why_dead() {
	echo "process $PID: $([ -e "/proc/$PID" ] && echo lives || echo is gone); OOM kills: $(ooms)"
	cat "$T/gotuned.log"
	tail -5 "$T/out"
}

@test "a limit that is lowered: without gotuned the program dies" {
	ratio_is 800
	run_limited 204
	update_memory 160
	work
	! [ -e "/proc/$PID" ] || [ "$(ooms)" -gt 0 ]
}

@test "a limit that is lowered: gotuned writes the new GOMEMLIMIT, and the program lives" {
	ratio_is 800
	run_limited 204
	start_gotuned '["gomemlimit"]'
	update_memory 160
	wait_for 10 limit_is $((128 * MIB)) || { cat "$T/gotuned.log"; return 1; }
	work
	survived $((128 * MIB)) || { why_dead; return 1; }
	[ "$(record .drifted_at)" != null ]
	# And up again.
	update_memory 400
	wait_for 10 limit_is $((320 * MIB)) || { cat "$T/gotuned.log"; return 1; }
	# Nothing is left behind but what says so.
	rt delete -f "$ID"
	wait_for 5 eval '! [ -e "$RECORDS/containers/$ID.live" ]'
	kill "$GOTUNED_PID"
	wait "$GOTUNED_PID"
}

@test "without live, a change is noted and nothing is written" {
	run_limited
	start_gotuned '[]'
	update_memory 160
	wait_for 10 logged 'its memory limit is 167772160 now'
	wait_for 5 eval '[ "$(record .drifted_at)" != null ]'
	limit_is $((230 * MIB))
	[ "$(pgrep -c -P "$GOTUNED_PID" || :)" = 0 ]
}

@test "a gotuned that was killed: the next one goes on" {
	run_limited
	start_gotuned '["gomemlimit"]'
	update_memory 160
	wait_for 10 limit_is $((144 * MIB))
	kill -9 "$GOTUNED_PID"
	wait "$GOTUNED_PID" || :
	: >"$T/gotuned.log"
	update_memory 200
	start_gotuned '["gomemlimit"]'
	wait_for 10 limit_is $((180 * MIB)) || { cat "$T/gotuned.log"; return 1; }
}

@test "a program that sets its own limit is left alone" {
	run_limited
	ask set $((150 * MIB))
	start_gotuned '["gomemlimit"]'
	update_memory 160
	wait_for 10 logged 'left alone: app-owns' || { cat "$T/gotuned.log"; return 1; }
	limit_is $((150 * MIB))
}

@test "a program that executes another one is left alone" {
	run_limited
	start_gotuned '["gomemlimit"]'
	update_memory 160
	wait_for 10 limit_is $((144 * MIB))
	ask exec /heap
	update_memory 200
	wait_for 10 logged 'left alone: gone' || { cat "$T/gotuned.log"; return 1; }
	limit_is $((230 * MIB)) # of its environment
}

# neighbour: a process that grows to 130 MiB in three seconds, in the same container, while the program
# makes garbage: an idle one does not notice that its limit is another one.
neighbour() {
	mkfifo "$T/in2"
	exec 8<>"$T/in2"
	rt exec "$ID" /heap 0 130 3000 <"$T/in2" >"$T/out2" 2>"$T/err2" 7>&- 8>&- 3>&- &
	ask pace 600 >/dev/null
	exec 8>&-
}

@test "a neighbour that grows: without gotuned somebody dies" {
	run_limited
	ask live 70
	ask churn 500
	neighbour
	! [ -e "/proc/$PID" ] || [ "$(ooms)" -gt 0 ]
}

@test "a neighbour that grows: gotuned lowers GOMEMLIMIT, and both live" {
	run_limited
	start_gotuned '["pressure"]'
	ask live 70
	ask churn 500
	neighbour
	[ -e "/proc/$PID" ] && [ "$(ooms)" = 0 ] || { why_dead; return 1; }
	[ "$(ask limit | cut -d' ' -f1)" -lt $((130 * MIB)) ]
	# It has ended with its input: by and by the limit comes back.
	wait_for 40 eval '[ "$(ask limit | cut -d" " -f1)" -gt $((140 * MIB)) ]' || { why_dead; return 1; }
}

# Without that its goal is twice what lives: 220 MiB, of 256.
@test "GOGC is lowered where memory is nearly full, and the limit stays" {
	run_limited
	start_gotuned '["gogc"]'
	ask live 105 >/dev/null
	ask pace 400 >/dev/null
	goal=$(ask gc | cut -d' ' -f2)
	[ "$goal" -lt $((190 * MIB)) ] || { why_dead; return 1; }
	survived $((230 * MIB))
	# And back, when there is room again.
	ask live 20 >/dev/null
	ask gc >/dev/null
	ask pace 1500 >/dev/null
	ask gc >/dev/null
	[ "$(ask limit | cut -d' ' -f2)" -gt $((38 * MIB)) ] || { cat "$T/out"; return 1; }
}
