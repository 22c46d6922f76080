#!/usr/bin/env bats
# gotune lessons, and gotuned on histories that are made here: which roll-outs it ends, what it says of that,
# how it is made to forget, and what a damaged or foreign file costs.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune GOTUNED=$BUILD/gotuned
}

setup() {
	[ "$(id -u)" = 0 ] || skip 'needs root: the files must be root'\''s'
	T=$BATS_TEST_TMPDIR
	S=$T/state
	mkdir -m 700 "$S"
	mkdir "$T/bundle"
	jq -n '{ociVersion: "1.0.2", process: {args: ["/web"], cwd: "/"}, root: {path: "rootfs"}, linux: {}}' >"$T/bundle/config.json"
	PID=
	rule_policy 10
	PRINT=$(print_of)
}

teardown() {
	[ -z "${PID:-}" ] || kill "$PID" 2>/dev/null || :
}

rule_policy() { # PERCENT
	jq -n --argjson p "$1" '{version: 1, daemon: {rollback: true}, rules: [{name: "trial", match: {}, profile: "memory", rollout_percent: $p}]}' >"$T/policy.json"
}

# What stands for the rule of the policy.
print_of() {
	"$GOTUNE" explain --policy "$T/policy.json" --format json "$T/bundle" | jq .rollout.print
}

# Lines of JSON as lines of the history: zlib's CRC-32 before each.
history_of() {
	perl -ne 'BEGIN { @t = map { my $c = $_; for (1 .. 8) { $c = $c & 1 ? 0xedb88320 ^ ($c >> 1) : $c >> 1 } $c } 0 .. 255 }
		chomp; my $c = 0xffffffff; $c = $t[($c ^ ord) & 255] ^ ($c >> 8) for split //; printf "%08x %s\n", $c ^ 0xffffffff, $_'
}

lives() { # N ARM JQ-OBJECT
	jq -nc --argjson n "$1" --arg arm "$2" --argjson print "$PRINT" "range(\$n) as \$i | {id: \"\(\$arm)\(\$i)\", image: \"web:1\",
		profile: \"balanced\", mode: \"enforce\", tuned: true, rollout: \$print, arm: \$arm, early: false, ended: 1700000000, seconds: 3600} + ($3)"
}

# gotuned looks at the history, and is ended.
look() {
	"$GOTUNED" --policy "$T/policy.json" --record-dir "$T/records" --state-dir "$S" >"$T/log" 2>&1 3>&- &
	PID=$!
	for _ in $(seq 100); do
		! grep -q 'looks after' "$T/log" || break
		kill -0 "$PID" || break
		sleep 0.1
	done
	kill "$PID" || :
	wait "$PID"
	PID=
}

lessons() {
	run --separate-stderr "$GOTUNE" lessons --state-dir "$S" "$@"
}

rolled_back() {
	"$GOTUNE" lessons --state-dir "$S" --format json | jq -c '[.rolled_back[] | [.rule, .measure, .canary.bad, .canary.containers, .control.bad, .control.containers]]'
}

@test "nothing was learned yet" {
	lessons
	[ "$status" = 0 ]
	[[ $output == *'Nothing was learned of any image.'* ]]
	lessons --format json
	[ "$(jq -c . <<<"$output")" = '{"images":[],"rolled_back":[]}' ]
	lessons --forget nobody
	[ "$status" != 0 ]
	[ ! -e "$S/lessons" ]
}

@test "canaries that are OOM-killed: rolled back, said everywhere, and cleared by its name" {
	{ lives 12 canary '{oom_kills: (if $i < 9 then 1 else 0 end)}'; lives 100 control '{oom_kills: (if $i < 2 then 1 else 0 end)}'; } | history_of >"$S/history"
	look
	grep -q 'rule trial is rolled back: oom-killed: 9 of 12 canaries, 2 of 100 others' "$T/log"
	[ "$(rolled_back)" = '[["trial","oom-killed",9,12,2,100]]' ]
	local command
	for command in lessons list report; do
		run "$GOTUNE" "$command" --state-dir "$S"
		[[ $(tr -s ' \n' ' ' <<<"$output") == *'rule trial was rolled back at '*': oom-killed: 9 of 12 canaries, 2 of 100 others (p = '* ]] || { echo "$command: $output"; return 1; }
		run "$GOTUNE" "$command" --state-dir "$S" --format json
		[ "$(jq -r '.rolled_back[0].rule' <<<"$output")" = trial ]
	done
	mkdir -p "$T/machine/var/lib"
	cp -a "$S" "$T/machine/var/lib/gotune"
	run "$GOTUNE" status --root "$T/machine"
	[[ $output == *'rule trial was rolled back'* ]]
	run "$GOTUNE" metrics --state-dir "$S" --record-dir "$T/none"
	grep -qx "gotune_rule_rolled_back{rule=\"trial\",print=\"$PRINT\"} 1" <<<"$output"
	# The same again is no second verdict.
	look
	run ! grep -q 'rolled back' "$T/log"
	# What was counted until now does not count once it is cleared.
	lessons --forget trial
	[ "$status" = 0 ]
	[ "$(rolled_back)" = '[]' ]
	look
	[ "$(rolled_back)" = '[]' ]
}

@test "a rule that is changed is another one" {
	{ lives 12 canary '{oom_kills: 1}'; lives 100 control '{oom_kills: 0}'; } | history_of >"$S/history"
	rule_policy 20
	[ "$(print_of)" != "$PRINT" ]
	look
	[ "$(rolled_back)" = '[]' ]
}

@test "canaries that do as well, too few of them, or other rules: not rolled back" {
	{ lives 12 canary '{oom_kills: (if $i < 3 then 1 else 0 end)}'; lives 100 control '{oom_kills: (if $i < 20 then 1 else 0 end)}'; } | history_of >"$S/history"
	look
	[ "$(rolled_back)" = '[]' ]
	{ lives 4 canary '{oom_kills: 1}'; lives 1000 control '{oom_kills: 0}'; } | history_of >"$S/history"
	look
	[ "$(rolled_back)" = '[]' ]
	{ lives 12 canary '{oom_kills: 1, rollout: 5}'; lives 100 control '{oom_kills: 0, rollout: 5}'; } | history_of >"$S/history"
	look
	[ "$(rolled_back)" = '[]' ]
}

@test "crashes, and throttling" {
	{ lives 12 canary '{early: ($i < 9)}'; lives 100 control '{early: ($i < 5)}'; } | history_of >"$S/history"
	look
	[ "$(rolled_back)" = '[["trial","ended early",9,12,5,100]]' ]
	rm "$S/lessons"
	{ lives 20 canary '{periods: 1000, throttled: 400}'; lives 100 control '{periods: 1000, throttled: (50 + $i)}'; } | history_of >"$S/history"
	look
	[ "$(rolled_back | jq -c '.[0][:4]')" = '["trial","throttled",20,20]' ]
}

@test "a damaged history costs its lines; damaged lessons cost a lesson: gotuned runs, and looks again" {
	{ lives 12 canary '{oom_kills: 1}'; lives 100 control '{oom_kills: 0}'; } | history_of >"$S/history"
	sed -i '3s/web/wEb/; 20s/^./z/; 30d' "$S/history"
	look
	[ "$(rolled_back)" = '[["trial","oom-killed",11,11,0,98]]' ]
	printf x | dd of="$S/lessons" bs=1 seek=30 conv=notrunc status=none
	[ "$(rolled_back)" = '[]' ]
	look
	[ "$(rolled_back)" = '[["trial","oom-killed",11,11,0,98]]' ]
	local size
	for size in 0 1 127 65535 65537; do
		truncate -s "$size" "$S/lessons"
		run "$GOTUNE" list --state-dir "$S" --record-dir "$T/none"
		[ "$status" = 0 ]
		look
		[ "$(rolled_back)" = '[["trial","oom-killed",11,11,0,98]]' ] || { echo "$size"; return 1; }
	done
	head -c 65536 /dev/urandom >"$S/lessons"
	[ "$(rolled_back)" = '[]' ]
	look
	[ "$(rolled_back)" = '[["trial","oom-killed",11,11,0,98]]' ]
}

@test "lessons that are not root's alone are nobody's" {
	{ lives 12 canary '{oom_kills: 1}'; lives 100 control '{oom_kills: 0}'; } | history_of >"$S/history"
	look
	chown 12345 "$S/lessons"
	lessons
	[ "$status" != 0 ]
	[[ ${stderr:-} == *'cannot read the lessons'* ]]
	run look
	grep -q 'cannot use the file of lessons' "$T/log"
	chown 0 "$S/lessons"
	chmod 666 "$S/lessons"
	lessons
	[ "$status" != 0 ]
	rm "$S/lessons"
	ln -s /etc/passwd "$S/lessons"
	run look
	grep -q 'cannot use the file of lessons' "$T/log"
	[ "$(head -c 5 /etc/passwd)" = root: ]
}
