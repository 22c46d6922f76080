#!/usr/bin/env bats
# gotune report on histories that are made here, and the history that gotuned keeps of processes that
# come and go.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune GOTUNED=$BUILD/gotuned
}

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	T=$BATS_TEST_TMPDIR
	S=$T/state
	mkdir -m 700 "$S"
	PIDS=()
}

teardown() {
	local pid
	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	[ -z "${CGROUP:-}" ] || rmdir "$CGROUP"
}

# Lines of JSON as lines of the history: zlib's CRC-32 before each.
history_of() {
	perl -ne 'BEGIN { @t = map { my $c = $_; for (1 .. 8) { $c = $c & 1 ? 0xedb88320 ^ ($c >> 1) : $c >> 1 } $c } 0 .. 255 }
		chomp; my $c = 0xffffffff; $c = $t[($c ^ ord) & 255] ^ ($c >> 8) for split //; printf "%08x %s\n", $c ^ 0xffffffff, $_'
}

# lives N JQ-OBJECT: N lives, $i is the number of each.
lives() {
	jq -nc --argjson n "$1" "range(\$n) as \$i | {id: \"c\(\$i)\", image: \"web:1\", profile: \"balanced\", mode: \"enforce\",
		tuned: true, ended: 1800000000, seconds: 3600} + ($2)"
}

report() { # OPTION...
	run --separate-stderr "$GOTUNE" report --state-dir "$S" "$@"
}

contrast() { # MEASURE
	jq -r --arg m "$1" '.groups[0].measures[] | select(.name == $m) | .contrast' <<<"$output"
}

@test "no history yet: no error" {
	report
	[ "$status" = 0 ]
	[[ $output == *'No container has ended yet'* ]]
	rmdir "$S"
	report --format json
	[ "$status" = 0 ]
	[ "$(jq '.containers, (.groups | length)' <<<"$output" | xargs)" = '0 0' ]
	mkdir "$S"
}

@test "tuned containers that are throttled less: medians, intervals, a contrast; nothing else differs" {
	{
		lives 40 '{id: "t\($i)", periods: 1000, throttled: ($i % 20), limit: 1000, peak: (500 + $i * 7 % 40), oom_kills: 0}'
		lives 40 '{id: "u\($i)", tuned: false, periods: 1000, throttled: (200 + $i), limit: 1000, peak: (500 + $i * 11 % 40), oom_kills: 0}'
	} | history_of >"$S/history"
	report --format json
	[ "$status" = 0 ]
	[ "$(jq -c '[.arms, .containers, .damaged, .groups[0].containers]' <<<"$output")" = '[["tuned","untouched"],80,0,[40,40]]' ]
	[ "$(contrast throttled)" = less ]
	[ "$(contrast memory)" = 'no difference' ]
	[ "$(contrast oom-kills)" = 'no difference' ]
	[ "$(contrast cpu-wait)" = 'not enough data' ]
	# The median of 20.0 to 23.9 %, and the 14th from either end: R's qbinom(0.025, 40, 0.5).
	[ "$(jq -c '.groups[0].measures[] | select(.name == "throttled") | .arms[1]' <<<"$output")" = '{"n":40,"median":21.95,"low":21.3,"high":22.6}' ]
	report
	[[ $output == *'web:1'* ]]
	[[ $output == *'21.9% (21.3-22.6)'* || $output == *'22% (21.3-22.6)'* ]]
	[[ $output == *'less (p < 0.0001)'* ]]
	[ "$(awk 'length > 80' <<<"$output")" = '' ]
}

@test "a canary that is worse, by its rule; images apart; nine containers are not enough" {
	{
		lives 12 '{id: "a\($i)", rule: "canary", periods: 1000, throttled: (500 + $i)}'
		lives 30 '{id: "b\($i)", rule: "", periods: 1000, throttled: $i}'
		lives 9 '{id: "c\($i)", image: "api:2", rule: "canary", periods: 1000, throttled: 900}'
		lives 30 '{id: "d\($i)", image: "api:2", periods: 1000, throttled: 1}'
	} | history_of >"$S/history"
	report --format json --rule canary
	[ "$(jq -c '[.arms, [.groups[].image], [.groups[].containers]]' <<<"$output")" = '[["canary","others"],["api:2","web:1"],[[9,30],[12,30]]]' ]
	[ "$(contrast throttled)" = 'not enough data' ]
	[ "$(jq -r '.groups[1].measures[0].contrast' <<<"$output")" = more ]
	# Without the rule all of them were tuned.
	report --format json
	[ "$(contrast throttled)" = 'not enough data' ]
}

@test "a container that gotuned saw in two parts is one" {
	{
		lives 20 '{id: "a\($i)", periods: 500, throttled: 0}'
		lives 20 '{id: "a\($i)", periods: 500, throttled: 250}'
	} | history_of >"$S/history"
	report --format json
	[ "$(jq -c '[.containers, .groups[0].measures[0].arms[0].n, .groups[0].measures[0].arms[0].median]' <<<"$output")" = '[20,20,25]' ]
}

@test "a damaged history costs the lines that are damaged" {
	lives 30 '{periods: 1000, throttled: $i}' | history_of >"$S/history"
	sed -i '3s/web/wEb/; 5s/^./z/; 7s/$/x/; 9d' "$S/history"
	printf 'half a li' >>"$S/history"
	report --format json
	[ "$status" = 0 ]
	[ "$(jq -c '[.containers, .damaged]' <<<"$output")" = '[26,4]' ]
	head -c 100000 /dev/urandom >"$S/history"
	report
	[ "$status" = 0 ]
	rm "$S/history"
	mkdir "$S/history"
	report
	[ "$status" = 3 ]
	[[ ${stderr:-} == *'cannot read the history'* ]]
}

@test "--output: one page with plots, well-formed, self-contained, whatever an image is called" {
	{
		lives 20 '{id: "a\($i)", image: "<script>alert(1)</script>&\"\u202e\u001b[31m", periods: 1000, throttled: $i}'
		lives 20 '{id: "b\($i)", tuned: false, image: "<script>alert(1)</script>&\"\u202e\u001b[31m", periods: 1000, throttled: (2 * $i)}'
	} | history_of >"$S/history"
	report --output "$T/report.html"
	[ "$status" = 0 ]
	grep -q '^<!DOCTYPE html>' "$T/report.html"
	[ "$(grep -ciE '<script|src=|href=|url\(|@import' "$T/report.html")" = 0 ]
	grep -qF '&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;??[31m' "$T/report.html"
	[ "$(grep -c '<svg' "$T/report.html")" = 1 ]
	# Drawn by something that is not ours, and stricter than a browser.
	sed -n 's/.*\(<svg.*<\/svg>\).*/\1/p' "$T/report.html" >"$T/plot.svg"
	rsvg-convert "$T/plot.svg" -o "$T/plot.png"
	[ -s "$T/plot.png" ]
	report --output "$T/no/report.html"
	[ "$status" = 3 ]
}

# lesson KIND NAME: a slot of the file of lessons, with its sum (FNV-1a): 2 is a rule that is rolled back.
lesson() {
	perl -e 'use integer; my $s = pack("L L Q Q a39 x L6 L2 Q Q x8", $ARGV[0], 0, 7, 1780000000, $ARGV[1], 0, 9, 12, 2, 100, 18, 1, 112, 0, 0);
		my $h = 0xcbf29ce484222325; $h = ($h ^ ord) * 0x100000001b3 for split //, $s; print $s, pack("q", $h)' "$@"
}

@test "a rule that is rolled back: the terminal, JSON and the page say the same, whatever it is called" {
	[ "$(id -u)" = 0 ] || skip 'needs root: the file of lessons must be root'\''s'
	lives 20 '{id: "a\($i)", periods: 1000, throttled: $i}' | history_of >"$S/history"
	{ lesson 2 '<b>"canary"&' && lesson 3 watched; } >"$S/lessons"
	truncate -s 65536 "$S/lessons"
	chmod 600 "$S/lessons"
	report --format json
	[ "$(jq -c '[.rolled_back[] | [.rule, .measure, .canary.bad, .canary.containers, .control.bad, .control.containers]]' <<<"$output")" \
		= '[["<b>\"canary\"&","oom-killed",9,12,2,100]]' ]
	report --output "$T/report.html"
	[ "$status" = 0 ]
	[[ $(tr -s ' \n' ' ' <<<"$output") == *'rule <b>"canary"& was rolled back at '*': oom-killed: 9 of 12 canaries, 2 of 100 others (p = 1.8e-08)'* ]]
	grep -qE '^<p class="back">rule &lt;b&gt;&quot;canary&quot;&amp; was rolled back at [0-9TZ:-]+: oom-killed: 9 of 12 canaries, 2 of 100 others \(p = 1.8e-08\)</p>$' "$T/report.html"
	[ "$(grep -c 'class="back"' "$T/report.html")" = 1 ]
	[ "$(grep -c '<b>' "$T/report.html")" = 0 ]
	# None, and nothing is said.
	rm "$S/lessons"
	report --output "$T/report.html"
	[ "$(grep -c 'class="back"' "$T/report.html" || :)" = 0 ]
}

@test "gotuned keeps a history: what a container used while it was seen, written when it ends" {
	[ "$(id -u)" = 0 ] || skip 'needs root: records belong to it'
	local pid
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then skip 'cgroup v1 alone: v2 is tests/e2e'; fi
	[ -d /sys/fs/cgroup/memory ] || skip 'no memory controller'
	CGROUP=/sys/fs/cgroup/memory/gotune-report-$$
	mkdir "$CGROUP"
	echo $((64 << 20)) >"$CGROUP/memory.limit_in_bytes"
	sleep 60 3>&- &
	pid=$!
	PIDS+=("$pid")
	echo "$pid" >"$CGROUP/cgroup.procs"
	mkdir -m 700 "$T/records" "$T/records/containers"
	jq -n --argjson pid "$pid" '{schema: "gotune.record/1", id: "x", pid: $pid, image: "web:7", profile: "balanced",
		mode: "enforce", rule: "canary", program: {kind: "go", go: "go1.24.4"},
		settings: [{name: "GOGC", kind: "env", verdict: "set", reason: "profile", value: "60", applied: true}]}' \
		>"$T/records/containers/x.json"
	echo '{"daemon": {"history": true}}' >"$T/policy.json"
	"$GOTUNED" --policy "$T/policy.json" --record-dir "$T/records" --state-dir "$S" 2>"$T/log" 3>&- &
	PIDS+=("$!")
	local daemon=$!
	for _ in {1..50}; do grep -q 'looks after' "$T/log" && break || sleep 0.1; done
	sleep 1
	kill "$pid"
	for _ in {1..50}; do [ -s "$S/history" ] && break || sleep 0.1; done
	report --format json
	[ "$(jq -c '[.containers, .damaged, .groups[0].image, .groups[0].containers]' <<<"$output")" = '[1,0,"web:7",[1,0]]' ]
	grep -qF '"rule":"canary"' "$S/history"
	grep -qF "\"limit\":$((64 << 20))" "$S/history"
	[ "$(stat -c %a "$S/history")" = 600 ]
	# A place where nothing can be written costs history, and gotuned goes on.
	kill -0 "$daemon"
}

@test "gotuned: a state directory that others may write into is refused, at its start" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	chmod 777 "$S"
	echo '{"daemon": {"history": true}}' >"$T/policy.json"
	run "$GOTUNED" --policy "$T/policy.json" --record-dir "$T/records" --state-dir "$S"
	[ "$status" = 1 ]
	[[ $output == *'not ours alone'* ]]
}
