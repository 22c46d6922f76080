#!/usr/bin/env bats
# The tracer waits from create to start, however long that takes, costs next to nothing, and never
# outlives its container.

load common

# Dead processes of the hook's that nobody has reaped. The suite of the other runtime runs at the same
# time and has some for a moment: one that is left stays.
zombies() {
	cat /proc/[0-9]*/stat 2>/dev/null | grep -cE '^[0-9]+ \(oci-gotune-hook\) Z ' || :
}

no_more_zombies_than() {
	[ "$(zombies)" -le "$1" ]
}

# Memory of a process in KiB that is its own: not backed by a file, whose pages all tracers share.
private_kib() {
	awk '$1 == "Anonymous:" { print $2 }' "/proc/$1/smaps_rollup"
}

@test "created, and started after a while" {
	create
	wait_for 3 one_tracer
	sleep 3
	expect 1 "$(tracer | wc -l)" 'waiting tracers'
	start
	expect_tuned
	wait_for 3 no_tracer
}

# What is its own, and nobody else could use: pages of the program's file are everybody's.
anonymous_kib() {
	awk '/^Anonymous:/ { print $2 }' "/proc/$1/smaps_rollup"
}

@test "the waiting tracer has less than 512 KiB of its own, and is at rest" {
	local pid kib before after
	create
	wait_for 3 one_tracer
	pid=$(tracer)
	kib=$(anonymous_kib "$pid")
	echo "memory of its own, at once: $kib KiB"
	[ "$kib" -gt 0 ]
	[ "$kib" -lt 512 ]
	# The wait lasts: pages of the file that nobody else uses now go, too.
	sleep 2
	kib=$(private_kib "$pid")
	echo "private memory, later: $kib KiB"
	[ "$kib" -gt 0 ]
	[ "$kib" -lt 512 ]
	before=$(cut -d' ' -f14,15 "/proc/$pid/stat")
	sleep 1
	after=$(cut -d' ' -f14,15 "/proc/$pid/stat")
	expect "$before" "$after" 'CPU time while it waits'
}

@test "the waiting tracer holds no descriptor but what it needs, and no directory" {
	local pid fd where
	create
	wait_for 3 one_tracer
	sleep 0.5
	pid=$(tracer)
	expect / "$(readlink "/proc/$pid/cwd")" 'working directory'
	for fd in "/proc/$pid/fd"/*; do
		where=$(readlink "$fd")
		echo "${fd##*/}: $where"
		case $where in
		"$BUNDLE"* | *ns:*) return 1 ;;
		esac
	done
	expect '/dev/null /dev/null /dev/null' "$(readlink "/proc/$pid/fd"/{0,1,2} | xargs)" '0, 1 and 2'
	expect "$pid" "$(cut -d' ' -f6 "/proc/$pid/stat")" 'session'
}

@test "the waiting tracer is not in the container's cgroup" {
	local pid
	create
	wait_for 3 one_tracer
	pid=$(tracer)
	if has_cgroup; then
		[ "$(grep -c "$ID" "/proc/$PID/cgroup")" -gt 0 ]
	fi
	expect 0 "$(grep -c "$ID" "/proc/$pid/cgroup")" "lines of the container's cgroup"
}

@test "created and deleted without a start: no process is left" {
	create
	wait_for 3 one_tracer
	rt delete -f "$ID"
	wait_for 3 no_tracer
}

@test "the init is killed before the start: no process is left" {
	create
	wait_for 3 one_tracer
	kill -9 "$PID"
	wait_for 3 no_tracer
}

@test "the tracer is killed between create and start: the container runs, untouched" {
	create
	wait_for 3 one_tracer
	# shellcheck disable=SC2046 # one number
	kill -9 $(tracer)
	wait_for 3 no_tracer
	start
	expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" 'environment'
	expect 0 "$(seen .tracer_pid)" TracerPid
}

@test "signals reach the program as without us" {
	use_busybox
	policy '.select = "all"'
	edit '.process.args = ["/bin/sh", "-c", "trap \"echo got-term; exit 7\" TERM; echo ready; while :; do sleep 0.1; done"]'
	create
	start
	kill -TERM "$PID"
	wait_for 5 grep -q got-term "$T/out"
}

@test "poststop removes the record" {
	edit --arg hook "$HOOK" --arg records "$RECORDS" '.hooks.poststop = [{path: $hook, timeout: 20,
		args: ["oci-gotune-hook", "--record-dir", $records, "poststop"]}]'
	create
	wait_for 3 test -e "$RECORDS/containers/$ID.json"
	start
	wait_for 5 test ! -e "/proc/$PID/exe"
	rt delete -f "$ID"
	[ ! -e "$RECORDS/containers/$ID.json" ]
}

@test "the record of a program that ends at once stays until poststop" {
	local i
	for i in {1..15}; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$i
		run_container
	done
	wait_for 3 no_tracer
	expect 15 "$(find "$RECORDS/containers" -name '*.json' | wc -l)" records
}

@test "poststop of a program that ends at once: no record comes back" {
	local i
	edit --arg hook "$HOOK" --arg records "$RECORDS" '.hooks.poststop = [{path: $hook, timeout: 20,
		args: ["oci-gotune-hook", "--record-dir", $records, "poststop"]}]'
	for i in {1..15}; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$i
		run_container
	done
	wait_for 3 no_tracer
	expect 0 "$(find "$RECORDS/containers" -name '*.json' | wc -l)" records
}

@test "as a prestart hook" {
	edit '.hooks = {prestart: .hooks.createRuntime}'
	run_container
	expect_tuned
}

@test "registered twice: the container starts" {
	edit '.hooks.createRuntime += .hooks.createRuntime'
	run_container
	expect 1 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
	expect '[]' "$(seen '.doubled | tostring')" 'doubled names'
}

@test "the record is complete and says what happened" {
	run_container
	expect gotune.record/1 "$(record .schema)" schema
	expect "$ID" "$(record .id)" id
	expect go1. "$(record .program.go | cut -c1-4)" 'Go version'
	expect go "$(record .program.kind)" kind
	expect 50000 "$(record '.facts.quota_us | if type == "object" then (.value // .v) else . end')" quota
	expect 0 "$(record '[.settings[] | select(.applied == false)] | length')" 'settings that failed'
	expect true "$(record '[.settings[] | (.why | length) > 0] | all')" 'every setting has its why'
	expect 700 "$(stat -c %a "$RECORDS/containers")" 'mode of the directory'
}

@test "100 runs leave no tracer, no temporary file, no zombie" {
	local i before
	before=$(zombies)
	for ((i = 1; i <= 100; i++)); do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$i
		run_container
		expect 1 "$(seen .env.GOMAXPROCS)" "GOMAXPROCS in run $i"
	done
	wait_for 3 no_tracer
	expect 100 "$(find "$RECORDS/containers" -type f -name '*.json' | wc -l)" records
	expect 0 "$(find "$RECORDS/containers" -type f ! -name '*.json' | wc -l)" 'temporary files'
	wait_for 15 no_more_zombies_than "$before" # those of another suite, too: init reaps them
}
