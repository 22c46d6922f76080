#!/usr/bin/env bats
# gotune diagnose on real logs of programs with a known fault: no container, no root.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune KINDS=$BATS_FILE_TMPDIR/kinds EXPECTED=$PWD/tests/fixtures/diagnose/expected
	mkdir "$KINDS"
	zstd -dc tests/fixtures/diagnose/kinds.tar.zst | tar -C "$KINDS" -xf -
}

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	T=$BATS_TEST_TMPDIR
	export LC_ALL=C.UTF-8
}

# The report of KIND, with the dump and the cpu.stat that lie beside its log.
report() { # KIND OPTION...
	local dir=$KINDS/$1 more=()
	[ ! -e "$dir/dump.txt" ] || more+=(--dump "$dir/dump.txt")
	[ ! -e "$dir/cpustat.txt" ] || more+=(--cpu-stat "$dir/cpustat.txt")
	"$GOTUNE" diagnose --file "$dir/log" --format json "${more[@]}" "${@:2}"
}

words() { # the sorted verdicts of a report
	jq -r '[.verdicts[].verdict] | unique | join(" ")'
}

cycles() {
	jq -r '[.processes[].collector | select(.).cycles] | if . == [] then "-" else map(tostring) | join("+") end'
}

verdict_of() { # LOG: its verdicts
	"$GOTUNE" diagnose --file "$1" --format json | words
}

# Ends with status 1, says one line that has TEXT, and prints nothing.
refuses() { # TEXT COMMAND...
	run --separate-stderr "${@:2}"
	# shellcheck disable=SC2154 # bats sets stderr
	if [ "$status" -ne 1 ] || [ -n "$output" ] || [ "$(wc -l <<<"$stderr")" -ne 1 ] ||
		! grep -qF -- "$1" <<<"$stderr"; then
		echo "status $status, output '$output', stderr '$stderr'"
		return 1
	fi
}

@test "each kind of log gets its verdicts, and no cycle is lost" {
	local kind n want got bad=0
	while read -r kind n want; do
		case $kind in '' | '#'*) continue ;; esac
		report "$kind" >"$T/report"
		got="$(cycles <"$T/report") $(words <"$T/report")"
		[ "$got" = "$n $want" ] || {
			echo "$kind: got '$got', not '$n $want'"
			bad=1
		}
	done <"$EXPECTED"
	[ "$(find "$KINDS" -mindepth 1 -maxdepth 1 | wc -l)" -eq "$(grep -c '^[a-z]' "$EXPECTED")" ]
	[ "$bad" -eq 0 ]
}

# tests/fixtures/diagnose/truth has, a line a kind, what each program was made for and counted itself
# (runtime.MemStats), and how many lines are in its log. "periodic-only" is our idle; Go 1.22's lines
# without detail do not show what sched-tight does; the program counts one of two processes.
@test "each kind agrees with what its program counted, and was made for, in eight versions of Go" {
	local truth kind bad=0
	while read -r truth; do
		kind=$(jq -r .kind <<<"$truth")
		report "$kind" | jq -e --argjson t "$truth" '
			def total(f): [.processes[] | f // 0] | add;
			([.verdicts[].verdict] | unique) as $got |
			(($t.expect - ["periodic-only"] - $got == []) or ($t.kind == "sched-tight" and $got == ["cannot-be-told"])) and
			($t.kind == "gc-two-processes" or $t.cycles == null or (
				total(.collector.cycles?) == $t.cycles and total(.collector.forced?) == $t.forced and
				((total(.collector.pause_total_ms?) - $t.pause_total_ms) | fabs) < 0.05 * $t.pause_total_ms)) and
			($t.sched_lines == null or total(.scheduler.lines?) == $t.sched_lines) and
			($t.h2_opened == null or .http2.opened == $t.h2_opened)' >/dev/null || {
			echo "$kind: not what its program says: $truth"
			bad=1
		}
	done <"${EXPECTED%/*}/truth"
	[ "$bad" -eq 0 ]
	[ "$(jq -r .go "${EXPECTED%/*}/truth" | cut -d. -f1,2 | sort -u | wc -l)" -eq 8 ]
}

@test "a report has evidence, line numbers and words of the closed lists" {
	local kind words
	words=$(jq -c '.properties.verdicts.items.properties.verdict.enum' config/diagnosis.schema.json)
	[ "$words" = "$(sed -n 's/^X([A-Z0-9_]*, "\([^"]*\)".*/"\1"/p' include/gotune/diagnose/verdicts.def | jq -sc .)" ]
	for kind in gc-spiral sched-tight-detail h2-newtransport; do
		report "$kind" >"$T/report"
		jq -e --argjson words "$words" '.schema == "gotune.diagnosis/1" and .level == "fault" and
			([.verdicts[] | .verdict | IN($words[])] | all) and
			([.verdicts[] | select(.level == "fault") | (.lines | length) > 0 and .evidence != "" and
				.advice != null and .against != null and .surer != null] | all)' "$T/report"
	done
	report gc-spiral >"$T/report"
	# The line that is named is a line of the collector.
	sed -n "$(jq '.verdicts[0].lines[0]' "$T/report")p" "$KINDS/gc-spiral/log" | grep '^gc '
}

@test "figures agree with what the program counted itself" {
	report gc-spiral | jq -e '.processes[0].collector |
		(.cpu.assist_ms - 1023.8 | fabs) < 1 and (.cpu.background_ms - 680.4 | fabs) < 1 and
		(.pause_total_ms - 35.2 | fabs) < 1 and .cycles == 210'
	report gc-assist | jq -e '.processes[0].collector | (.cpu_percent - 47.6 | fabs) < 2'
}

@test "the same log in each wrapping gives the same verdict" {
	local log=$KINDS/gc-leak/log
	jq -Rc '{log: (. + "\n"), stream: "stderr", time: "2026-11-28T18:50:17.494083072Z"}' "$log" |
		sed 's/>/\\u003e/g' >"$T/docker"
	sed 's/^/2026-11-28T18:50:29.156088230+00:00 stderr F /' "$log" >"$T/cri"
	sed -E 's/^(.{20})(.{9})(.*)/T stderr P \1\nT stderr P \2\nT stderr F \3/; s/^T|\nT/&/g' "$log" |
		sed 's/^T /2026-11-28T18:50:29.156088230Z /' >"$T/cri-pieces"
	sed 's/^/2026-11-28T18:50:29.156088230Z /' "$log" >"$T/times"
	awk '{printf "__CURSOR=s=%d\n_PID=7\nMESSAGE=%s\nPRIORITY=6\n\n", NR, $0}' "$log" >"$T/journal"
	gzip -nc <"$log" >"$T/gz"
	zstd -qc "$log" >"$T/zst"
	# docker compose, kubectl logs --prefix, stern, journalctl, logcli, klog
	sed 's/^/web-1  | /' "$log" >"$T/prefix"
	sed $'s/^/\e[36mweb-1  | \e[0m/' "$log" >"$T/colours"
	sed 's#^#[pod/web-7f9c/app] 2026-11-28T18:50:29.156088230Z #' "$log" >"$T/kubectl"
	sed 's/^/shop web-7f9c app › /' "$log" >"$T/stern"
	sed 's/^/Nov 28 18:50:29 node web[7]: /' "$log" >"$T/syslog"
	sed 's/^/2026-11-28T18:50:29+0000 node web[7]: /' "$log" >"$T/iso"
	sed 's/^/2026-11-28T18:50:29Z {app="web"} /' "$log" >"$T/logcli"
	sed 's/^/I1128 18:50:29.156088       1 main.go:10] /' "$log" >"$T/klog"
	sed '1s/^/\xef\xbb\xbf/; s/$/\r/' "$log" >"$T/windows"
	jq -Rc '{PRIORITY: "6", _PID: "7", TAGS: ["a]", {b: "}"}], MESSAGE: .}' "$log" >"$T/journal-json"
	jq -Rc '{labels: {line: "no", app: "web"}, line: ., timestamp: "2026-11-28T18:50:29Z"}' "$log" >"$T/logcli-jsonl"
	jq -Rc '{log: ., stream: "stderr", kubernetes: {pod_name: "web-1"}}' "$log" >"$T/fluent"
	jq -Rc '{log: (. + "\n"), stream: "stderr", time: "2026-11-28T18:50:17Z", tag: "web"}' "$log" >"$T/fluent-docker"
	jq -Rc '{level: "error", ts: 1.5, msg: .}' "$log" | sed 's/:/ : /; s/>/\\u003e/g' >"$T/zap"
	local form
	for form in docker cri cri-pieces times journal gz zst prefix colours kubectl stern syslog iso logcli klog windows \
		journal-json logcli-jsonl fluent fluent-docker zap; do
		"$GOTUNE" diagnose --file "$T/$form" --format json >"$T/report"
		[ "$(cycles <"$T/report") $(words <"$T/report")" = "11 heap-growth" ] ||
			{ echo "$form: $(cycles <"$T/report") $(words <"$T/report")"; return 1; }
	done
	jq -e '.processes[0].pid == null' "$T/report"
	"$GOTUNE" diagnose --file "$T/journal" --format json | jq -e '.processes[0].pid == 7 and .log.form == "journal"'
	[ "$("$GOTUNE" diagnose - <"$T/docker" --format json | jq -r .log.form)" = docker-json ]
	"$GOTUNE" diagnose --file "$T/journal-json" --format json | jq -e '.processes[0].pid == 7 and .log.form == "json"'
}

@test "what a tool puts before each line hides nothing, the detail of the scheduler least of all" {
	local log=$KINDS/sched-tight-detail/log form esc=$'\033' time=2026-11-28T18:50:29.156088230Z
	declare -A before=(
		[compose]='web-1  | ' [compose-colours]="${esc}[36mweb-1  | ${esc}[0m" [compose-times]="web-1  | $time "
		[kubectl]='[pod/web-7f9/app] ' [kubectl-times]="[pod/web-7f9/app] $time "
		[journal-short]='Nov 28 18:50:29 host app[7]: ' [journal-iso]='2026-11-28T18:50:29+0000 host app[7]: '
		[stern]='web-7f9c app ' [stern-all]='shop web-7f9c › app | ' [logcli]="$time {app=\"web\"} "
		[journal-full]='Sat 2026-11-28 18:50:29.123456 UTC host app[7]: ' [klog]='I1128 18:50:29.156088       1 main.go:10] '
		[date]='2026-11-28 18:50:29 web ' [level]='[INFO] web: '
	)
	for form in "${!before[@]}"; do
		sed "s,^,${before[$form]}," "$log" >"$T/$form"
		[ "$(verdict_of "$T/$form")" = 'nonpreemptible-loop starvation' ] || { echo "$form: $(verdict_of "$T/$form")"; return 1; }
	done
	jq -Rc '{level: "error", msg: .}' "$log" >"$T/json"
	[ "$(verdict_of "$T/json")" = 'nonpreemptible-loop starvation' ]
	# Who filters such a log is not told that all is well.
	grep SCHED "$log" >"$T/filtered"
	[ "$(verdict_of "$T/filtered")" = cannot-be-told ]
}

@test "a journal's binary fields, and two processes of one unit" {
	local n=0 line
	while IFS= read -r line; do
		n=$((n + 1))
		printf '__CURSOR=s=%d\n_PID=%d\nMESSAGE\n' "$n" $((n % 2 + 10))
		printf "\\x$(printf %02x ${#line})\\0\\0\\0\\0\\0\\0\\0%s\n\n" "$line"
	done < <(paste -d'\n' <(head -30 "$KINDS/gc-steady/log") <(head -30 "$KINDS/gc-docker-json/log" | jq -r .log | grep .)) >"$T/journal"
	"$GOTUNE" diagnose --file "$T/journal" --format json |
		jq -e '(.processes | map(.collector.cycles)) == [30, 30] and (.processes | map(.pid) | sort) == [10, 11]'
}

# Two processes that write at the same moment, on 2 Ps and on 16: each line of one is cut by a line of the other.
mixed_log() {
	local other=$T/other
	jq -r .log "$KINDS/gc-docker-json/log" | grep '^gc ' | head -30 | sed 's/ 2 P$/ 16 P/' >"$other"
	{ head -8 "$other"; paste -d'\n' <(head -23 "$KINDS/gc-steady/log") <(tail -n +8 "$other"); } |
		awk '{
			if (NR <= 10) { if (NR != 10) print; next }
			if (NR % 2) { a = $0; next }
			i = index(a, " ms clock, ") + 10; k = index($0, " MB, ") + 4
			printf "%s%s%s\n%s\n", substr(a, 1, i), substr($0, 1, k), substr(a, i + 1), substr($0, k + 1)
		}'
}

@test "pieces of two processes that lie mixed: told apart, or said not to be" {
	local line='gc %d @%s00s 1%%: 0.1+2+0.1 ms clock, 0.2+0/1/0+0.1 ms cpu, 5->6->4 MB, 8 MB goal, 0 MB stacks, 0 MB globals, '
	mixed_log >"$T/mixed"
	"$GOTUNE" diagnose --file "$T/mixed" --format json >"$T/report"
	jq -e '(.processes | map(.collector.cycles) | sort == [23, 30]) and .log.lost == 0 and .log.mixed == 0 and
		(.verdicts | map(.verdict) | index("two-processes") != null)' "$T/report" || { jq -c .log "$T/report"; return 1; }
	# Whose is 42, and whose the rest?
	# shellcheck disable=SC2059 # the format is above
	{
		printf "${line}8 P\n" 40 9. && printf "${line}8 P\n" 6 1.
		printf "$line" 7 2. && printf "$line" 41 10. && printf '42 P P\n\n'
		printf "${line}8 P\n" 8 3. && printf "${line}8 P\n" 42 11.
	} >"$T/tied"
	"$GOTUNE" diagnose --file "$T/tied" --format json |
		jq -e '.log.mixed == 2 and .log.lost == 0 and (.processes | map(.collector.cycles)) == [2, 2]'
	"$GOTUNE" diagnose --file "$T/tied" | tr -s ' \n' ' ' | grep '2 lines whose pieces lie mixed cannot be told apart'
}

@test "too few lines are not-enough, never healthy" {
	head -4 "$KINDS/gc-steady/log" >"$T/few"
	[ "$(verdict_of "$T/few")" = not-enough ]
	head -3 "$KINDS/sched-half/log" >"$T/few"
	[ "$(verdict_of "$T/few")" = not-enough ]
}

@test "what is no such log is refused in one line, and nothing is half-printed" {
	head -c 100000 /dev/urandom >"$T/random"
	refuses "no line of Go's runtime" "$GOTUNE" diagnose --file "$T/random"
	iconv -f UTF-8 -t UTF-16 "$KINDS/gc-steady/log" >"$T/utf16"
	refuses 'iconv -f UTF-16' "$GOTUNE" diagnose --file "$T/utf16"
	: >"$T/empty"
	refuses "no line of Go's runtime" "$GOTUNE" diagnose --file "$T/empty"
	refuses 'cannot open' "$GOTUNE" diagnose --file "$T/none"
	gzip -nc <"$KINDS/gc-torn-json/log" | head -c 9000 >"$T/cut.gz"
	refuses 'gzip file ends in its middle' "$GOTUNE" diagnose --file "$T/cut.gz"
	zstd -qc "$KINDS/gc-torn-json/log" | head -c 9000 >"$T/cut.zst"
	refuses 'zstd file ends in its middle' "$GOTUNE" diagnose --file "$T/cut.zst"
	{ gzip -nc <"$KINDS/gc-steady/log" | head -c 200; printf 'garbage%.0s' {1..200}; } >"$T/bad.gz"
	refuses 'gzip file is broken' "$GOTUNE" diagnose --file "$T/bad.gz"
	refuses 'no goroutine in it' "$GOTUNE" diagnose --file "$KINDS/gc-steady/log" --dump "$T/random"
	refuses "not a cgroup's cpu.stat" "$GOTUNE" diagnose --file "$KINDS/gc-steady/log" --cpu-stat "$T/random"
	refuses 'neither docker, podman nor crictl' "$GOTUNE" diagnose no-such-container
	run "$GOTUNE" diagnose a b
	[ "$status" -eq 2 ]
	run "$GOTUNE" diagnose a --file b
	[ "$status" -eq 2 ]
}

@test "a line of a gigabyte costs no memory" {
	refuses "no line of Go's runtime" bash -c 'head -c 1073741824 /dev/zero | tr "\0" a |
		(ulimit -v 131072; exec "$GOTUNE" diagnose -)'
	{ head -c 3000000 /dev/zero | tr '\0' a; echo; cat "$KINDS/gc-leak/log"; } >"$T/long"
	"$GOTUNE" diagnose --file "$T/long" --format json | jq -e '.log.cut == 1 and .verdicts[0].verdict == "heap-growth"'
}

@test "a clock that falls back is a restart, and is said" {
	cat "$KINDS/gc-steady/log" "$KINDS/gc-steady/log" >"$T/twice"
	"$GOTUNE" diagnose --file "$T/twice" --format json |
		jq -e '.log.restarts == 1 and (.processes | map(.collector.cycles)) == [42, 42]'
	"$GOTUNE" diagnose --file "$T/twice" | grep 'started 2 times'
}

@test "the newest line first: a file gets the verdicts that it would get, a pipe is refused or gets them, too" {
	local kind n want got bad=0 refused=0
	while read -r kind n want; do
		case $kind in '' | '#'*) continue ;; esac
		mkdir -p "$T/kinds/$kind"
		cp "$KINDS/$kind"/* "$T/kinds/$kind"
		tac "$KINDS/$kind/log" >"$T/kinds/$kind/log"
		KINDS=$T/kinds report "$kind" >"$T/report"
		got="$(cycles <"$T/report") $(words <"$T/report")"
		[ "$got" = "$n $want" ] || {
			echo "$kind: got '$got', not '$n $want'"
			bad=1
		}
		# Through a pipe: never another verdict.
		if "$GOTUNE" diagnose --format json - < <(cat "$T/kinds/$kind/log") >"$T/report" 2>"$T/err"; then
			"$GOTUNE" diagnose --file "$KINDS/$kind/log" --format json >"$T/forward"
			[ "$(words <"$T/report")" = "$(words <"$T/forward")" ] || {
				echo "$kind, through a pipe: $(words <"$T/report")"
				bad=1
			}
		else
			refused=$((refused + 1))
			[ "$(wc -l <"$T/err")" = 1 ] && grep -q 'newest line comes first: turn it over (tac)' "$T/err" || {
				echo "$kind: $(cat "$T/err")"
				bad=1
			}
		fi
	done <"$EXPECTED"
	echo "$refused pipes were refused"
	[ "$bad" = 0 ]
	[ "$refused" -ge 30 ]
}

@test "the newest line first, in each wrapping: lines in pieces and the scheduler's detail are whole again" {
	local form log=$KINDS/gc-leak/log
	at() { # LOG: its lines, a second each
		awk '{printf "2026-11-28T18:%02d:%02d.5Z %s\n", NR / 60, NR % 60, $0}' "$1"
	}
	at "$log" | sed -E 's/^(\S+) (.*)/\1\t\2/' | jq -Rc 'split("\t") | {log: (.[1] + "\n"), stream: "stderr", time: .[0]}' |
		sed 's/>/\\u003e/g' >"$T/docker"
	at "$log" | sed 's/Z /Z stderr F /' >"$T/cri"
	at "$log" | sed -E 's/^(\S+) (.{20})(.{9})(.*)/\1 stderr P \2\n\1 stderr P \3\n\1 stderr F \4/' >"$T/cri-pieces"
	at "$log" >"$T/times"
	at "$log" | sed 's#^#[pod/web-7f9c/app] #' >"$T/kubectl"
	sed 's/^/Nov 28 18:50:29 node web[7]: /' "$log" >"$T/journal-short"
	jq -Rc '{PRIORITY: "6", _PID: "7", MESSAGE: .}' "$log" >"$T/journal-json"
	jq -Rc '{labels: {app: "web"}, line: ., timestamp: "2026-11-28T18:50:29Z"}' "$log" >"$T/logcli-jsonl"
	sed 's/^/web-1  | /' "$log" >"$T/compose"
	for form in docker cri cri-pieces times kubectl journal-short journal-json logcli-jsonl compose; do
		tac "$T/$form" >"$T/turned"
		"$GOTUNE" diagnose --file "$T/turned" --format json >"$T/report"
		[ "$(cycles <"$T/report") $(words <"$T/report") $(jq .log.newest_first "$T/report")" = "11 heap-growth true" ] ||
			{ echo "$form: $(cycles <"$T/report") $(words <"$T/report")"; return 1; }
		# By a descriptor.
		"$GOTUNE" diagnose --format json - <"$T/turned" | words | grep -x heap-growth
		refuses 'newest line comes first: turn it over (tac)' bash -c 'cat "$1" | "$GOTUNE" diagnose -' bash "$T/turned"
		refuses 'newest line comes first: turn it over (tac)' timeout 10 "$GOTUNE" diagnose --follow --file "$T/turned"
	done
	"$GOTUNE" diagnose --file "$T/times" --format json | jq -e '.log.newest_first == false'
	# The clocks of a wrapper and of Go's log package alone: no cycle is in it.
	at "$KINDS/h2-newtransport-old/log" >"$T/h2"
	tac "$T/h2" >"$T/turned"
	"$GOTUNE" diagnose --file "$T/turned" --format json | jq -e '.log.newest_first and .http2.opened == 8'
	refuses 'newest line comes first' bash -c 'cat "$1" | "$GOTUNE" diagnose -' bash "$T/turned"
	# A line number is that of the file.
	tac "$KINDS/gc-spiral/log" >"$T/turned"
	"$GOTUNE" diagnose --file "$T/turned" --format json >"$T/report"
	sed -n "$(jq '.verdicts[0].lines[0]' "$T/report")p" "$T/turned" >"$T/line"
	report gc-spiral >"$T/report"
	sed -n "$(jq '.verdicts[0].lines[0]' "$T/report")p" "$KINDS/gc-spiral/log" | diff "$T/line" -
	"$GOTUNE" diagnose --file "$T/turned" | grep 'read from its end'
}

@test "the newest line first: what cannot be read from its end says what to do" {
	local log=$KINDS/gc-leak/log
	tac "$log" >"$T/turned"
	gzip -nc "$T/turned" >"$T/turned.gz"
	refuses 'it is packed: unpack it' "$GOTUNE" diagnose --file "$T/turned.gz"
	# A journal's entries are whole; their order is not.
	awk '{e[NR] = sprintf("__CURSOR=s=%d\n_PID=7\nMESSAGE=%s\nPRIORITY=6\n\n", NR, $0)}
		END {for (i = NR; i > 0; i--) printf "%s", e[i]}' "$log" >"$T/export"
	refuses 'call journalctl without -r' "$GOTUNE" diagnose --file "$T/export"
	refuses 'call journalctl without -r' bash -c 'cat "$1" | "$GOTUNE" diagnose -' bash "$T/export"
	tac "$KINDS/h2-newtransport-old/dump.txt" >"$T/dump"
	refuses 'its last line comes first' "$GOTUNE" diagnose --file "$KINDS/h2-newtransport-old/log" --dump "$T/dump"
	# Neither in order nor turned over: what begins like one goes on like the other.
	awk 'function gc(n) {printf "gc %d @%.1fs 1%%: 0.1+1+0.1 ms clock, 0.2+1/2/0+0.2 ms cpu, 4->4->4 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P\n", n, n / 10}
		BEGIN {for (i = 4000; i > 0; i--) gc(i); for (i = 1; i < 20000; i++) gc(i)}' >"$T/both"
	refuses 'in no order of time' "$GOTUNE" diagnose --file "$T/both"
}

@test "the newest line first: a gigabyte in 64 MiB, with a line of a gigabyte" {
	local log=$KINDS/gc-leak/log
	{
		tac "$log" | head -6
		yes '{"level":"info","ts":1764355829.156,"msg":"request served","path":"/api/v1/orders","status":200}' | head -c 100000000
		echo
		tac "$log" | tail -n +7
		printf 'a line without an end '
	} >"$T/large"
	truncate -s +1G "$T/large"
	# Each of its processes, the worker, too, which time(1) does not count.
	run --separate-stderr bash -c 'ulimit -v 65536; exec "$GOTUNE" diagnose --file "$1" --format json' bash "$T/large"
	[ "$status" = 0 ] || {
		echo "$stderr"
		return 1
	}
	[ "$(cycles <<<"$output") $(words <<<"$output")" = "11 heap-growth" ]
	jq -e '.log.newest_first and .log.cut == 1 and .log.bytes > 1100000000' <<<"$output"
}

@test "header values and bodies are nowhere in what we print" {
	local out
	sed 's/"user-agent" = "[^"]*"/"authorization" = "Bearer TOPSECRET"/; s/data="[^"]*"/data="CARDNUMBER"/' \
		"$KINDS/h2-newtransport/log" >"$T/h2"
	grep -q TOPSECRET "$T/h2"
	out=$("$GOTUNE" diagnose --file "$T/h2" --out "$T/plots"; "$GOTUNE" diagnose --file "$T/h2" --format json; cat "$T"/plots/* 2>/dev/null || :)
	! grep -qE 'TOPSECRET|CARDNUMBER' <<<"$out" || return 1
	grep 'header values and [0-9]* bodies' <<<"$out"
	"$GOTUNE" diagnose --file "$T/h2" --format json | jq -e '.http2.redacted_header_values > 40 and .http2.redacted_bodies >= 8'
}

@test "the page fits 80 columns, and is plain without UTF-8" {
	local kind
	for kind in "$KINDS"/*; do
		"$GOTUNE" diagnose --file "$kind/log" >"$T/page"
		! grep -nE '^.{81,}| $' "$T/page" || { echo "$kind"; return 1; }
		LC_ALL=C LANG=C "$GOTUNE" diagnose --file "$kind/log" >"$T/page"
		! LC_ALL=C grep -nE '[^ -~]' "$T/page" || { echo "$kind"; return 1; }
	done
}

@test "plots: valid SVG, and folded stacks that sum up to the collector's time" {
	local f
	"$GOTUNE" diagnose --file "$KINDS/gc-spiral/log" --out "$T/plots" | grep 'written: gc-heap.svg'
	for f in gc-heap gc-pauses gc-cpu gc-path; do
		grep -q '^<svg ' "$T/plots/$f.svg"
		grep -q '</svg>' "$T/plots/$f.svg"
	done
	! grep -qvE '^[^;]+;[^;]+;[^;]+ [0-9]+$' "$T/plots/gc-path.folded" || return 1
	awk '/;assist;/ {sum += $NF} END {exit !(sum > 1023000 && sum < 1025000)}' "$T/plots/gc-path.folded"
	"$GOTUNE" diagnose --file "$KINDS/sched-overload/log" --out "$T/plots" | grep sched-queues.svg
}

# The colour that most of a box of PNG has: "#rrggbb".
colour_at() { # PNG X Y
	convert "$1" -crop "4x4+$2+$3" +repage -scale 1x1 -depth 8 txt:- | grep -oE '#[0-9A-F]{6}' | head -1
}

@test "plots: rendered, the colours are where the figures say" {
	command -v rsvg-convert >/dev/null || skip 'no rsvg-convert (librsvg2-bin)'
	convert -version 2>/dev/null | grep -q ImageMagick || skip 'no ImageMagick'
	"$GOTUNE" diagnose --file "$KINDS/gc-spiral/log" --out "$T/plots" >/dev/null
	for f in "$T"/plots/*.svg; do
		rsvg-convert "$f" -o "${f%.svg}.png"
	done
	# The flame graph: assists are 1024 of 4517 ms, so they end before a quarter of the width.
	[ "$(colour_at "$T/plots/gc-path.png" 190 60)" = "#E8714F" ]
	[ "$(colour_at "$T/plots/gc-path.png" 320 60)" = "#F0A35E" ]
	[ "$(colour_at "$T/plots/gc-path.png" 190 154)" = "#D9D9D9" ]
	# The heap lies flat at 61 of about 68 MiB: above it nothing, below it nothing but the grid.
	[ "$(colour_at "$T/plots/gc-heap.png" 500 62)" = "#FFFFFF" ]
	[ "$(colour_at "$T/plots/gc-heap.png" 500 240)" = "#FFFFFF" ]
	convert "$T/plots/gc-heap.png" -crop 4x40+500+70 +repage txt:- | grep -qiE '#(1F77B4|D62728)'
	# The collector's CPU: at the bottom background workers.
	[ "$(colour_at "$T/plots/gc-cpu.png" 500 287)" = "#1F77B4" ]
}

@test "--follow says when a verdict comes, and when it goes" {
	mkfifo "$T/pipe"
	"$GOTUNE" diagnose --follow - <"$T/pipe" >"$T/out" &
	local pid=$!
	exec 7>"$T/pipe"
	head -5 "$KINDS/gc-spiral/log" >&7
	sleep 2.5
	tail -n +6 "$KINDS/gc-spiral/log" >&7
	sleep 2.5
	grep 'limit-thrash' "$T/out"
	exec 7>&-
	wait "$pid"
	grep -n 'not-enough' "$T/out" | head -1 | grep '^1:'
	grep 'no longer not-enough' "$T/out"
}

# A docker that knows one container, "web", whose log is that of KIND.
fake_docker() { # KIND
	mkdir -p "$T/bin"
	cat >"$T/bin/docker" <<-SH
		#!/bin/sh
		case "\$1 \$*" in
		"inspect "*" web") echo "$(printf 'a%.0s' {1..64}) 0" ;;
		"logs "*" web") cat "$KINDS/$1/log" >&2 ;;
		*) echo "no such container" >&2; exit 1 ;;
		esac
	SH
	chmod +x "$T/bin/docker"
}

@test "a container's log comes from its engine" {
	fake_docker gc-gogc10
	PATH=$T/bin:$PATH run "$GOTUNE" diagnose web --format json
	[ "$status" -eq 0 ]
	# shellcheck disable=SC2154 # bats sets output
	[ "$(jq -r '[.log.name, .verdicts[0].verdict] | join(" ")' <<<"$output")" = 'web gogc-too-low' ]
	refuses 'neither docker' env PATH="$T/bin:/bin" "$GOTUNE" diagnose other
	refuses "not a container's name" "$GOTUNE" diagnose -- -x
}

# The profiles that --watch wants for a container whose log is that of KIND.
wanted() { # KIND
	fake_docker "$1"
	PATH=$T/bin:$PATH "$GOTUNE" diagnose --watch web >"$T/watch" || return
	grep 'gotune diagnose --follow web' "$T/watch" >&2
	sed -n 's/^profile  *//p' "$T/watch" | xargs
}

@test "--watch says which profile would show more than the log does, and how" {
	mkdir -p "$T/more/nothing"
	echo 'listening on :8080' >"$T/more/nothing/log"
	KINDS=$T/more wanted nothing >"$T/profiles" || { cat "$T/watch"; return 1; }
	cat "$T/profiles"
	[ "$(cat "$T/profiles")" = 'diagnose diagnose-scheduler' ]
	grep 'because *nothing of its collector is in the log' "$T/watch"
	grep 'docker run --annotation io.gotune.profile=diagnose-scheduler IMAGE' "$T/watch"
	# A fault of the collector comes first; a healthy one is no explanation.
	[ "$(wanted gc-gogc10)" = '' ]
	grep 'found *gogc-too-low' "$T/watch"
	grep 'It needs no other profile' "$T/watch"
	[ "$(wanted gc-steady)" = diagnose-scheduler ]
	# Go 1.22's lines without detail cannot tell.
	[ "$(wanted sched-tight)" = 'diagnose diagnose-scheduler' ]
	grep 'scheddetail=1 can' "$T/watch"
	[ "$(wanted sched-tight-detail)" = diagnose ]
	PATH=$T/bin:$PATH run "$GOTUNE" diagnose --watch web other
	[ "$status" -eq 2 ]
}

@test "--follow goes on in a file that was rotated, or cut to nothing" {
	local pid log=$T/app.log
	head -5 "$KINDS/gc-spiral/log" >"$log"
	"$GOTUNE" diagnose --follow --file "$log" >"$T/out" 2>"$T/err" 3>&- &
	pid=$!
	wait_for_line 'not-enough' "$T/out"
	# Renamed: what comes to the old file before the new one is there is not lost.
	mv "$log" "$log.1"
	tail -n +6 "$KINDS/gc-spiral/log" | head -295 >>"$log.1"
	sleep 1
	tail -n +301 "$KINDS/gc-spiral/log" >"$log"
	wait_for_line 'limit-thrash' "$T/out" || { cat "$T/out" "$T/err"; kill "$pid"; return 1; }
	# Cut to nothing, with half a line lost; then another program's.
	printf 'gc 127 @2.0s 30%%: 0.1' >>"$log"
	sleep 1
	: >"$log"
	sleep 1
	cat "$KINDS/sched-overload/log" >"$log"
	wait_for_line 'overload' "$T/out" || { cat "$T/out" "$T/err"; kill "$pid"; return 1; }
	kill "$pid"
	wait "$pid" || :
	[ ! -s "$T/err" ]
}

wait_for_line() { # TEXT FILE
	for _ in $(seq 150); do
		! grep -q -- "$1" "$2" || return 0
		sleep 0.1
	done
	return 1
}

@test "a Kubernetes node: rotated pieces come first, packed ones too, and a line goes on in the next" {
	[ "$(id -u)" = 0 ] || skip 'needs root: a mount namespace'
	local id name dir=$T/pods/shop_web-7f9_0b5d/app log=$KINDS/gc-leak/log
	id=$(printf 'a%.0s' {1..64})
	mkdir -p "$dir" "$T/links" /var/log/containers
	sed 's/^/2026-11-28T18:50:29.156088230Z stderr F /' "$log" >"$T/cri"
	# The fifth line begins in the second piece, and ends in the newest.
	{ head -2 "$T/cri"; } | gzip -n >"$dir/1.log.20261127-235959.gz"
	{ sed -n 3,4p "$T/cri"; sed -n 5p "$T/cri" | cut -c 1-60 | sed 's/ F / P /'; } >"$dir/1.log.20261128-120000"
	{ sed -n 5p "$T/cri" | cut -c 61- | sed 's/^/2026-11-28T18:50:29.156088230Z stderr F /'; tail -n +6 "$T/cri"; } >"$dir/1.log"
	cat "$KINDS/gc-steady/log" >"$dir/0.log"
	ln -s "$dir/1.log" "$T/links/web-7f9_shop_app-$id.log"
	ln -s "$dir/0.log" "$T/links/web-7f9_shop_app-${id//a/b}.log"
	on_node() {
		unshare -m sh -c 'mount --bind "$1" /var/log/containers && shift && exec "$@"' sh "$T/links" "$GOTUNE" diagnose "$@"
	}
	for name in web-7f9 web-7f9/app "$id"; do
		on_node "$name" --format json >"$T/report"
		[ "$(cycles <"$T/report") $(words <"$T/report")" = '11 heap-growth' ] || { jq -c .log "$T/report"; return 1; }
	done
	on_node "${id//a/b}" --format json | jq -e '.processes[0].collector.cycles == 42'
	# A packed piece that was cut is said, and which.
	gzip -nc "$log" | head -c 100 >"$dir/1.log.20261128-110000.gz"
	refuses 'a rotated piece of the log: the gzip file ends in its middle' on_node web-7f9
}

@test "a laptop: no root, no hook, no policy, no home" {
	local hide=() user=()
	if [ "$(id -u)" -eq 0 ]; then
		user=(setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs)
		[ ! -e /etc/gotune ] || hide=(unshare -m sh -c 'mount -t tmpfs none /etc/gotune && exec "$@"' sh)
	fi
	# By a descriptor: directories of the tests may be root's alone.
	on_a_laptop() {
		(cd / && env -i PATH=/usr/bin:/bin "${hide[@]}" "${user[@]}" /proc/self/fd/8 "$@" 8<"$GOTUNE" 3>&-)
	}
	on_a_laptop diagnose - --format json <"$KINDS/gc-spiral/log" >"$T/report"
	jq -e '.verdicts[0].verdict == "limit-thrash" and .known.source == null' "$T/report"
	gzip -nc "$KINDS/gc-spiral/log" | on_a_laptop diagnose - | grep '^limit-thrash'
	find /tmp -maxdepth 1 -name '*-65534' >"$T/before"
	refuses 'neither docker, podman nor crictl' on_a_laptop diagnose no-such-container
	# The same where there is a record, or an engine, that it may not ask: none is guessed.
	on_a_laptop goroutines no-such-container 2>"$T/err" && return 1
	[ "$(wc -l <"$T/err")" -eq 1 ]
	# Podman, if it is there, was not asked: without a home it makes directories in /tmp.
	find /tmp -maxdepth 1 -name '*-65534' | diff "$T/before" -
}

# in_a_box COMMAND...: where no engine was ever used, as this user; what it leaves is counted in $T/left.
in_a_box() {
	unshare -m sh -c 'mount -t tmpfs t /var/lib/containers && mount -t tmpfs t /run && mount -t tmpfs t /root || exit 99
		left=$1; shift
		mkdir -p /root/bin
		if [ -n "${STORE:-}" ]; then
			mkdir -p /var/lib/containers/storage/overlay-containers
			printf "%s" "$STORE" >/var/lib/containers/storage/overlay-containers/containers.json
		fi
		# A script beside the real one, which notes that it was asked.
		printf "#!/bin/sh\necho asked >>/root/asked\nexec /usr/bin/podman \"\$@\"\n" >/root/bin/podman
		chmod 755 /root/bin/podman
		env -i PATH=/root/bin:/bin:/usr/bin HOME=/root "$@" 2>"$left.err"
		cp /root/asked "$left.asked" 2>/dev/null || : >"$left.asked"
		find /var/lib/containers /run /root -mindepth 1 ! -path "/root/bin*" ! -path /root/asked ! -path "/run/mount*" |
			grep -vE "^/var/lib/containers/storage(\$|/overlay-containers)" >"$left" || :' sh "$T/left" "$@"
}

@test "an unknown name leaves nothing behind: Podman is asked only when its storage knows it" {
	[ "$(id -u)" = 0 ] || skip 'needs root: a mount namespace'
	[ -x /usr/bin/podman ] || skip 'podman is not installed'
	local command id=0123456789abcdef
	mkdir -p /var/lib/containers
	for command in diagnose goroutines; do
		STORE='' in_a_box "$GOTUNE" "$command" no-such-container
		[ ! -s "$T/left.asked" ]
		[ ! -s "$T/left" ] || { cat "$T/left"; return 1; }
		[ "$(wc -l <"$T/left.err")" = 1 ]
	done
	# Others are there.
	STORE='[{"id": "'$id'", "names": ["web", "www"]}]' in_a_box "$GOTUNE" diagnose no-such-container
	[ ! -s "$T/left.asked" ]
	STORE='[{"id": "'$id'", "names": ["web", "www"]}]' in_a_box "$GOTUNE" diagnose we
	[ ! -s "$T/left.asked" ]
	# By a name, by the beginning of the id; and if it cannot be told.
	for command in www 01234; do
		STORE='[{"id": "'$id'", "names": ["web", "www"]}]' in_a_box "$GOTUNE" diagnose "$command"
		[ -s "$T/left.asked" ]
	done
	STORE='{' in_a_box "$GOTUNE" diagnose www
	[ -s "$T/left.asked" ]
}
