#!/usr/bin/env bats
# gotune goroutines --trace on real Go programs: births and ends are exact, the program lives on, and no
# breakpoint is left in it, however the trace ends. GOROOTS="DIR..." runs the programs of these toolchains,
# too; by default those of Debian. Two containers of one image: tests/e2e/goroutines.bats.

bats_require_minimum_version 1.5.0
load go_programs

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune BIRTHS=$BATS_FILE_TMPDIR/births
	build_go tests/goroutines/births "$(command -v go)" "$BIRTHS" 0 -trimpath -ldflags='-s -w'
}

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	T=$BATS_TEST_TMPDIR
	PIDS=() INNER=() DIR=
}

teardown() {
	# The first process of a PID namespace, and who waits for it, end by SIGKILL alone.
	[ ${#INNER[@]} = 0 ] || kill -KILL "${INNER[@]}" 2>/dev/null || true
	end_programs
	[ -z "$DIR" ] || rm -rf "$DIR"
}

skip_unless_traceable() {
	[ "$(uname -m)" = x86_64 ] || skip 'goroutines are traced on amd64 alone'
	[ -x "$BUILD/gotune-trace" ] || skip 'gotune-trace was not built: make says why'
	[ "$(id -u)" = 0 ] || skip 'needs root: probes are set here'
	[ -e /sys/bus/event_source/devices/uprobe/type ] || skip 'this kernel has no uprobes'
}

# Starts a program; its number in $PID when it is ready. tell WORD makes it do something.
start() { # PROGRAM ARG...
	IN=$T/in.${#PIDS[@]} OUT=$T/out.${#PIDS[@]}
	mkfifo "$IN"
	"$@" <>"$IN" >"$OUT" 3>&- &
	PID=$!
	PIDS+=("$PID")
	wait_for_line "$OUT" ready
}

wait_for_line() { # FILE WORD
	for _ in $(seq 400); do
		! grep -qs "$2" "$1" || return 0
		sleep 0.05
	done
	echo "$1 never says $2" >&2
	return 1
}

# Tells the program whose input is IN, and waits until it has done it.
tell() { # WORD [IN OUT]
	local in=${2:-$IN} out=${3:-$OUT} before
	before=$(wc -l <"$out")
	echo "$1" >"$in"
	for _ in $(seq 400); do
		[ "$(wc -l <"$out")" = "$before" ] || return 0
		sleep 0.05
	done
	return 1
}

wait_until_code_is() { # SUM: 10 s at most
	for _ in $(seq 100); do
		[ "$(code_of "$PID")" != "$1" ] || return 0
		sleep 0.1
	done
	echo 'a breakpoint is left in the program' >&2
	return 1
}

# Traces $PID in the background for SECONDS, until the breakpoints are there; the answer: $T/json. The
# counting begins a moment after the last one was set.
trace() { # SECONDS ARG...
	local seconds=$1
	shift
	BEFORE=$(code_of "$PID")
	"$GOTUNE" goroutines "$PID" --trace "$seconds" --format "${FORMAT:-json}" "$@" >"$T/json" 2>"$T/err" 3>&- &
	TRACE=$!
	wait_until_traced "$BEFORE"
	sleep 0.5
}

# Ends the trace as Control-C does, and waits for what it has counted.
end_trace() {
	kill -INT "$TRACE"
	wait "$TRACE" || { cat "$T/err" >&2; return 1; }
}

# 50 of 51 old ones ended, 10,000 were born, of which 9,900 ended.
expect_counts() { # FILE
	jq -e '(.sites[] | select(.created_by == "main.spawn")) as $s |
		$s.born == 10000 and $s.ended == 9900 and $s.alive == 100 and $s.ended_older == 0 and
		$s.place == "main.go:39" and ($s.starts | startswith("main.spawn.")) and
		([$s.life_times[].count] | add) == 9900 and
		([.sites[] | select(.created_by == "main.main") | .ended_older] | add) == 50 and
		.not_followed == 0 and .of_more_sites == 0 and .not_read == 0 and .cost_ns > 0' "$1" >/dev/null ||
		{ cat "$1" >&2; return 1; }
}

@test "a stripped program: every birth and end, and it lives on" {
	skip_unless_traceable
	start "$BIRTHS" 51 10000 100
	trace 60
	tell go
	end_trace
	expect_counts "$T/json"
	[ "$(jq -c '[.program_ended, .traced_ms < 60000]' "$T/json")" = '[false,true]' ]
	[ ! -s "$T/err" ]
	wait_until_code_is "$BEFORE"
	tell sleep
}

births_are_exact() { # FILE
	start "$1" 51 10000 100
	trace 60
	tell go
	end_trace
	expect_counts "$T/json"
	tell sleep # it lives on
}

@test "each toolchain that is there: plain, stripped, position independent, with C" {
	skip_unless_traceable
	each_toolchain tests/goroutines/births withc births_are_exact
}

@test "life-times: a hundred that sleep for 20 ms" {
	skip_unless_traceable
	start "$BIRTHS" 1 10 0
	trace 60
	tell sleep
	end_trace
	jq -e '(.sites[] | select(.created_by == "main.nap")) as $s | $s.born == 100 and $s.ended == 100 and
		$s.mean_us >= 20000 and ([$s.life_times[] | select(.below_us <= 16384) | .count] | add // 0) == 0' \
		"$T/json" >/dev/null || { cat "$T/json" >&2; return 1; }
}

@test "the page: 80 columns, sites, life-times, and what it cost" {
	skip_unless_traceable
	start "$BIRTHS" 51 10000 100
	FORMAT=table trace 60
	tell go
	end_trace
	run cat "$T/json"
	echo "$output" >&2
	[[ ${lines[0]} =~ ^process\ $PID:\ go1\.[0-9.]+,\ traced\ for\ [0-9.]+\ s:\ 10[0-9]+\ births,\ [0-9]+\ ends$ ]]
	[[ $output == *'10000  9900   100 '* ]] || { echo "$output" >&2; return 1; }
	[[ $output == *'main.spawn main.go:39, runs main.spawn.'* ]]
	[[ $output == *'lived '*' 99 % <'* ]]
	[[ $output == *'also ended: 50 that were born before the trace'* ]]
	[[ $output =~ cost:\ a\ goroutine\ that\ was\ born\ and\ ended\ took\ [0-9.]+\ us\ longer ]]
	[ "$(awk '{ if (length > 80) n++ } END { print n + 0 }' <<<"$output")" = 0 ]
}

@test "the time is up: it ends by itself" {
	skip_unless_traceable
	start "$BIRTHS" 1 10 0
	BEFORE=$(code_of "$PID")
	run --separate-stderr "$GOTUNE" goroutines "$PID" --trace 1 --format json
	[ "$status" = 0 ]
	[ "$(jq '.traced_ms >= 1000 and .traced_ms < 3000' <<<"$output")" = true ]
	wait_until_code_is "$BEFORE"
}

@test "a program that ends in the trace: what was counted until then" {
	skip_unless_traceable
	start "$BIRTHS" 51 10000 100
	trace 60
	tell go
	echo exit >"$IN"
	wait "$TRACE"
	expect_counts "$T/json"
	[ "$(jq -c '[.program_ended, .traced_ms < 60000]' "$T/json")" = '[true,true]' ]
}

@test "killed, it leaves no breakpoint, and no process" {
	skip_unless_traceable
	local helper
	start "$BIRTHS" 51 10000 100
	trace 600
	helper=$(pgrep -P "$TRACE" -x gotune-trace)
	[ -n "$helper" ]
	kill -KILL "$TRACE"
	wait_until_code_is "$BEFORE"
	for _ in $(seq 100); do
		[ -e "/proc/$helper" ] || break
		sleep 0.05
	done
	[ ! -e "/proc/$helper" ]
	tell go
}

@test "its helper killed: one line, and the program lives on" {
	skip_unless_traceable
	start "$BIRTHS" 51 10000 100
	trace 600
	kill -KILL "$(pgrep -P "$TRACE" -x gotune-trace)"
	wait "$TRACE" && return 1
	[ ! -s "$T/json" ]
	[ "$(wc -l <"$T/err")" = 1 ]
	grep -q 'gotune-trace has ended without an answer' "$T/err"
	wait_until_code_is "$BEFORE"
	tell go
}

@test "another process of the same file is not counted" {
	skip_unless_traceable
	start "$BIRTHS" 51 10000 100
	local in=$IN out=$OUT
	start "$BIRTHS" 51 10000 100
	trace 60
	tell go "$in" "$out"
	tell go
	end_trace
	expect_counts "$T/json"
}

@test "nor one of another PID namespace, that has the same number there" {
	skip_unless_traceable
	start "$BIRTHS" 51 10000 100
	local in=$IN out=$OUT
	# Both are number 1 of a namespace: the number alone does not tell them.
	start unshare --pid --fork --mount-proc "$BIRTHS" 51 10000 100
	INNER+=("$(pgrep -P "$PID")")
	local in2=$IN out2=$OUT
	start unshare --pid --fork --mount-proc "$BIRTHS" 51 10000 100
	PID=$(pgrep -P "$PID")
	INNER+=("$PID")
	trace 60
	tell go "$in" "$out"
	tell go "$in2" "$out2"
	tell go
	end_trace
	expect_counts "$T/json"
	wait_until_code_is "$BEFORE"
}

# shellcheck disable=SC2154 # run sets stderr
# fails WORDS ARG...: one line on standard error, nothing on standard output, status 1.
fails() {
	local words=$1
	shift
	run --separate-stderr "$@"
	[ "$status" = 1 ]
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[[ $stderr == *"$words"* ]] || { echo "$stderr" >&2; return 1; }
}

@test "without gotune-trace, and without the right to" {
	skip_unless_traceable
	start "$BIRTHS" 1 10 0
	# A directory that nobody may go into, unlike the test's own.
	DIR=$(mktemp -d /tmp/gotune-trace.XXXXXX)
	chmod 755 "$DIR"
	cp "$GOTUNE" "$DIR/gotune"
	fails 'it is built where clang and libbpf are' "$DIR/gotune" goroutines "$PID" --trace 1
	cp "$BUILD/gotune-trace" "$BIRTHS" "$DIR/"
	# As nobody, who may read the memory of a program of his own.
	start gosu nobody "$DIR/births" 1 10 0
	run --separate-stderr gosu nobody "$DIR/gotune" goroutines "$PID" --trace 1
	[ "$status" = 1 ]
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[[ $stderr == *'may not load BPF programs: that needs CAP_BPF and CAP_PERFMON'* ]] || { echo "$stderr" >&2; return 1; }
}

@test "its helper alone: what a probe costs here, and arguments that are none" {
	skip_unless_traceable
	run --separate-stderr "$BUILD/gotune-trace" --try
	[ "$status" = 0 ]
	[[ $output =~ ^probes\ count\ here\;\ a\ goroutine\'s\ birth\ with\ its\ end\ costs\ [0-9.]+\ us$ ]]
	run --separate-stderr "$BUILD/gotune-trace" --version
	[ "$output" = "gotune-trace $(cat VERSION)" ]
	run --separate-stderr "$BUILD/gotune-trace" --x
	[ "$status" = 2 ]
	for bad in '--trace 0' '--trace x' '--trace 3601' '--trace 1.5' '--trace=' '--trace 1 --watch 1s' '--trace 1 --snapshots 2' '--trace 1 --out x'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr "$GOTUNE" goroutines 1 $bad
		[ "$status" = 2 ] || { echo "$bad: $status" >&2; return 1; }
		[ -z "$output" ]
	done
}
