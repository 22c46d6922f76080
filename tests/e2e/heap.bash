# What the suites of gotuned and a running program share: tests/live/heap in a container, which answers.
# GOROOTS="DIR..." takes the first of these toolchains; by default the machine's Go.

# Its file is $HEAP.
build_heap() {
	local go=${GOROOTS:+${GOROOTS%% *}/bin/go}
	export HEAP=$BATS_FILE_TMPDIR/heap
	(cd "$BATS_TEST_DIRNAME/../live/heap" && env -u GOROOT CGO_ENABLED=0 GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local \
		GOCACHE="$BUILD/e2e/go-cache" GOPATH="$BUILD/e2e/go" "${go:-go}" build -buildvcs=false -ldflags='-s -w' -o "$HEAP" .)
}

heap_setup() { # ARGUMENT of the program
	common_setup
	has_cgroup || skip "$RUNTIME makes no cgroup with limits here"
	[ "$(uname -m)" = x86_64 ] || skip 'runtime.gcController is known on amd64 alone'
	GOTUNED_PID='' STARTS=0
	cp "$HEAP" "$BUNDLE/rootfs/heap"
	edit --arg mib "$1" '.process.args = ["/heap", $mib] | .linux.resources.memory = {limit: 268435456} | del(.linux.resources.cpu)'
}

# Where there is swap, nothing would die of its limit. On cgroup v1 the kernel need not count it.
no_swap() {
	[ "$CGROUPS" != v2 ] || edit '.linux.resources.memory.swap = .linux.resources.memory.limit'
}

heap_teardown() {
	exec 7>&-
	[ -z "${GOTUNED_PID:-}" ] || kill -9 "$GOTUNED_PID" 2>/dev/null || :
	rm -f "${RECORDS:-/nowhere}"/containers/*.live
	common_teardown
}

# Starts the container, whose program answers to `ask`.
run_heap() {
	STARTS=$((STARTS + 1))
	mkfifo "$T/in.$STARTS"
	exec 7<>"$T/in.$STARTS"
	: >"$T/out"
	rt run --detach --pid-file "$T/pid" --bundle "$BUNDLE" "$ID" <"$T/in.$STARTS" >"$T/out" 2>"$T/err" 7>&- 3>&- || {
		cat "$T/err"
		return 1
	}
	PID=$(cat "$T/pid")
	wait_for 10 reported
	wait_for 10 test -e "$RECORDS/containers/$ID.json"
}

# One command; its answer, "LIMIT GOAL RELEASED COLLECTIONS" or a number, is the last line of $T/out. Hundreds of MiB
# take more than half a minute on a CPU that is emulated.
ask() {
	local n
	n=$(wc -l <"$T/out")
	echo "$*" >&7
	wait_for 180 more_lines "$n" && tail -1 "$T/out"
}

more_lines() {
	[ "$(wc -l <"$T/out")" -gt "$1" ] || ! [ -e "/proc/$PID" ]
}

# gotuned, with these options.
run_gotuned() {
	"$BUILD/gotuned" --record-dir "$RECORDS" "$@" >>"$T/gotuned.log" 2>&1 3>&- 7>&- &
	GOTUNED_PID=$!
	wait_for 10 logged 'looks after'
}

logged() { # PATTERN
	grep -q -- "$1" "$T/gotuned.log"
}
