#!/usr/bin/env bats
# gotune goroutines --trace of one of two containers that run one file: the other is not counted, though it
# meets the same breakpoints. A program outside of containers: tests/goroutines_trace.bats.

load common
load ../go_programs

setup_file() {
	export BIRTHS=$BATS_FILE_TMPDIR/births
	build_go "$BATS_TEST_DIRNAME/../goroutines/births" "$(command -v go)" "$BIRTHS" 0 -trimpath -ldflags='-s -w'
}

setup() {
	common_setup
	[ "$(uname -m)" = x86_64 ] || skip 'goroutines are traced on amd64 alone'
	[ -x "$BUILD/gotune-trace" ] || skip 'gotune-trace was not built: make says why'
	[ -e /sys/bus/event_source/devices/uprobe/type ] || skip 'this kernel has no uprobes'
	cp "$BIRTHS" "$BUNDLE/rootfs/births"
	edit '.process.args = ["/births", "51", "10000", "100"] | .root.readonly = false'
	mkfifo "$T/in.a" "$T/in.b"
	exec 7<>"$T/in.a" 8<>"$T/in.b"
}

teardown() {
	exec 7>&- 8>&-
	common_teardown
}

ready() { # A
	grep -q ready "$T/out.$1"
}

done_by() { # A
	grep -q 'done' "$T/out.$1"
}

start_one() { # A
	rt run --detach --pid-file "$T/pid.$1" --bundle "$BUNDLE" "$ID-$1" <"$T/in.$1" >"$T/out.$1" 2>"$T/err.$1" 7>&- 8>&- 3>&- || {
		cat "$T/err.$1"
		return 1
	}
	wait_for 20 ready "$1"
}

@test "one of two containers of one file is counted, by its name" {
	start_one a
	start_one b
	PID=$(cat "$T/pid.b")
	before=$(code_of "$PID")
	"$BUILD/gotune" goroutines "$ID-b" --record-dir "$RECORDS" --trace 60 --format json >"$T/json" 2>"$T/errors" 7>&- 8>&- 3>&- &
	trace=$!
	wait_until_traced "$before"
	sleep 0.5
	echo go >&7
	echo go >&8
	wait_for 20 done_by a
	wait_for 20 done_by b
	kill -INT "$trace"
	wait "$trace" || { cat "$T/errors"; return 1; }
	jq -e '[.sites[] | select(.created_by == "main.spawn") | .born, .ended, .alive] == [10000, 9900, 100]' "$T/json" || {
		cat "$T/json"
		return 1
	}
	[ "$(code_of "$PID")" = "$before" ]
}
