#!/usr/bin/env bats
# What gotuned learns of real containers, and what the next start makes of it: memory beside the Go heap, a
# leak, a death spiral, a canary that does worse and one that does not.

bats_require_minimum_version 1.5.0
load common
load heap

setup_file() {
	build_heap
}

setup() {
	heap_setup 80
	no_swap
	VAR_LIB=$T/lib
	mkdir -p "$VAR_LIB"
}

teardown() {
	heap_teardown
}

# gotuned with the test's policy.
start_gotuned() {
	run_gotuned --policy "$ETC/gotune/policy.json" --state-dir "$VAR_LIB/gotune"
}

stop_gotuned() {
	kill "$GOTUNED_PID"
	wait "$GOTUNED_PID"
	GOTUNED_PID=
}

lessons() {
	"$BUILD/gotune" lessons --state-dir "$VAR_LIB/gotune" "$@"
}

lesson() { # JQ
	lessons --format json | jq -r "$1"
}

lesson_is() { # JQ WANT
	[ "$(lesson "$1")" = "$2" ]
}

end_heap() {
	rt delete -f "$ID"
	exec 7>&-
}

@test "memory beside the heap is learned, and lowers GOMEMLIMIT of the next start" {
	policy '. + {daemon: {learn: true}}'
	run_heap
	expect_setting GOMEMLIMIT 'set memory-limit 230MiB'
	ask beside 60 >/dev/null
	start_gotuned
	wait_for 10 logged 'ours to change'
	sleep 2
	end_heap
	wait_for 10 lesson_is '.images[0].starts' 1 || { cat "$T/gotuned.log"; return 1; }
	# 60 MiB, less what Go has mapped and not touched, which it counts, too.
	lesson '.images[0].beside_bytes' >"$T/beside"
	[ "$(cat "$T/beside")" -ge $((48 * MIB)) ]
	[ "$(cat "$T/beside")" -le $((66 * MIB)) ]
	lesson_is '.images[0].oom_kills' 0
	# 900 - 188 to 259 permille of 256 MiB.
	run_heap
	expect 'set learned' "$(record '.settings[] | select(.name == "GOMEMLIMIT") | "\(.verdict) \(.reason)"')" 'setting'
	limit=$(record '.settings[] | select(.name == "GOMEMLIMIT") | .value | rtrimstr("MiB")')
	want=$(((900 - $(cat "$T/beside") / 268435 - 1) * 256 / 1000))
	[ "$((limit - want))" -ge -1 ]
	[ "$((limit - want))" -le 1 ]
	ask limit
	[ "$(ask limit | cut -d' ' -f1)" = $((limit * MIB)) ]
	[ "$(record .facts.lesson_starts.value)" = 1 ]
	"$BUILD/gotune" show --record-dir "$RECORDS" "$ID" | tr -s ' \n' ' ' | grep -q 'outside of the Go heap was [56][0-9] MiB'
	# What gotuned plans by is the same: nothing has drifted.
	sleep 3
	[ "$(record .drifted_at)" = null ]
	end_heap
	# Without learn, and once it is forgotten, it is as before.
	lesson_is '.images[0].starts' 2 || sleep 2
	lessons --forget "$(lesson '.images[0].key')"
	run_heap
	expect_setting GOMEMLIMIT 'set memory-limit 230MiB'
	stop_gotuned
}

@test "a leak: starts that are killed for want of memory lower the next one's, down to min_ratio" {
	policy '.profiles.balanced.gomemlimit = {min_ratio: 820} | . + {daemon: {learn: true}}'
	start_gotuned
	local i
	for i in 1 2; do
		run_heap
		echo 'live 400' >&7
		wait_for 20 eval '! [ -e "/proc/$PID" ]'
		wait_for 10 lesson_is '.images[0].oom_kills' "$i" || { cat "$T/gotuned.log"; lessons; return 1; }
		end_heap
	done
	# 900 - 2 x 50, but no less than 820.
	run_heap
	expect_setting GOMEMLIMIT 'set learned 209MiB'
	end_heap
	stop_gotuned
}

@test "a death spiral is reported, and the next start goes without GOMEMLIMIT" {
	# With room above GOMEMLIMIT: where the collector is given half of the CPU, Go exceeds it.
	policy '.profiles.balanced.gomemlimit = {ratio: 575} | . + {daemon: {guard: true, learn: true}}'
	edit '.process.args = ["/heap", "20"] | .linux.resources.memory.limit = 838860800'
	no_swap
	start_gotuned
	run_heap
	expect_setting GOMEMLIMIT 'set memory-limit 460MiB'
	# 430 MiB live of 460, all of it pointers, and garbage as fast as it can: it collects without end.
	ask nodes 430 >/dev/null
	ask spin 0 >/dev/null
	before=$(ask fraction)
	wait_for 140 logged 'a death spiral' || { cat "$T/gotuned.log"; ask fraction; return 1; }
	echo "fraction: $before, then $(ask fraction); $(grep spiral "$T/gotuned.log")"
	[ "$(record .spiral_at)" != null ]
	"$BUILD/gotune" list --record-dir "$RECORDS" | tr -s ' \n' ' ' | grep -q 'A death spiral'
	"$BUILD/gotune" metrics --record-dir "$RECORDS" | grep -qx 'gotune_containers_spiraling 1'
	lesson_is '.images[0].spirals' 1
	end_heap
	run_heap
	expect_setting GOMEMLIMIT 'skip death-spiral null'
	end_heap
	# Whoever asks for a value has it.
	annotate io.gotune.gomemlimit 200MiB
	run_heap
	expect_setting GOMEMLIMIT 'set requested 200MiB'
	stop_gotuned
}

# Starts containers by the test's policy, each of which works and ends: so many of each arm at least, but none
# any more once the rule is rolled back.
roll_out() { # CANARIES CONTROLS
	local name=$ID canaries=0 controls=0 arm i
	for ((i = 0; i < 60; i++)); do
		[ "$canaries" -lt "$1" ] || [ "$controls" -lt "$2" ] || break
		! logged 'rolled back' || break
		ID=$name-$i
		rt run --detach --pid-file "$T/pid" --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- || { cat "$T/err"; return 1; }
		# shellcheck disable=SC2034 # read below, when it is waited for
		PID=$(cat "$T/pid")
		arm=$(record '.rollout.arm // ""')
		[ "$arm" != canary ] || canaries=$((canaries + 1))
		[ "$arm" != control ] || controls=$((controls + 1))
		wait_for 20 eval '! [ -e "/proc/$PID" ]' || return 1
		# gotuned sees the end before the cgroup is gone.
		sleep 0.2
		rt delete -f "$ID" || return 1
	done
	ID=$name
}

canary_policy() { # PROFILE
	policy --argjson profile "$1" '.profiles.trial = $profile + {inherits: "balanced"}
		| . + {daemon: {rollback: true}, rules: [{name: "trial", match: {command: "/heap"}, profile: "trial", rollout_percent: 40}]}'
}

@test "a canary that was made worse is rolled back; its containers get what the others get until the rule is changed or cleared" {
	# Without a limit and with GOGC=1000 the heap grows beyond the container's memory.
	canary_policy '{"gogc": 1000, "gomemlimit": null}'
	edit '.process.args = ["/heap", "30", "1", "1500"] | .linux.resources.memory = {limit: 201326592} | .process.env += ["CHURN=400"]'
	no_swap
	start_gotuned
	roll_out 20 20 || { cat "$T/gotuned.log"; return 1; }
	wait_for 40 logged 'rule trial is rolled back: oom-killed' || { cat "$T/gotuned.log"; cat "$VAR_LIB/gotune/history"; return 1; }
	lesson_is '.rolled_back | length' 1
	lesson_is '.rolled_back[0].rule' trial
	for command in list lessons report; do
		"$BUILD/gotune" $command --state-dir "$VAR_LIB/gotune" | tr -s ' \n' ' ' | grep -q 'rule trial was rolled back at .*: oom-killed: [0-9]* of [0-9]* canaries' || { echo "$command"; return 1; }
	done
	"$BUILD/gotune" metrics --record-dir "$RECORDS" --state-dir "$VAR_LIB/gotune" | grep -q '^gotune_rule_rolled_back{rule="trial",'
	# The canaries of from now on are like the others, and live; gotuned need not run for that.
	stop_gotuned
	local name=$ID i
	for ((i = 100; i < 140; i++)); do
		ID=$name-$i
		rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- || { cat "$T/err"; return 1; }
		rt delete -f "$ID" >/dev/null 2>&1 || :
		[ "$(record '[.warnings[].what] | index("rule-rolled-back")')" = null ] || break
	done
	[ "$(record '[.warnings[].what] | index("rule-rolled-back")')" != null ]
	[ "$(record '.rule, .rollout | tostring' | tr '\n' ' ')" = 'null null ' ]
	expect_setting GOMEMLIMIT 'set memory-limit 172MiB' # the trial has none
	# Once it is cleared, the rule counts again.
	lessons --forget trial
	lesson_is '.rolled_back | length' 0
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- || :
	expect_setting GOGC 'set profile 1000'
	ID=$name
	# shellcheck disable=SC2034 # common.bash's
	REPLAY=no # under another state of what was learned each record is another one's
}

@test "a canary that does as well as the others stays" {
	canary_policy '{"gogc": 110}'
	edit '.process.args = ["/heap", "30", "1", "1500"] | .linux.resources.memory = {limit: 201326592} | .process.env += ["CHURN=400"]'
	no_swap
	start_gotuned
	roll_out 8 10 || { cat "$T/gotuned.log"; return 1; }
	sleep 31
	run ! logged 'rolled back'
	lesson_is '.rolled_back | length' 0
	# It was looked at.
	[ "$(grep -c '"arm":"canary"' "$VAR_LIB/gotune/history")" -ge 8 ]
	[ "$(grep -c '"arm":"control"' "$VAR_LIB/gotune/history")" -ge 10 ]
	stop_gotuned
}
