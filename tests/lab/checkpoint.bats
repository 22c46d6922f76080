#!/usr/bin/env bats
# Checkpoint and restore, by criu: a Go program behind a shell, which was followed and tuned, is written to
# files and goes on from them. The runtime calls our hook at the restore, too, with a process that will
# execute nothing: it must be left alone. The first test is the same without us.

bats_require_minimum_version 1.5.0
load common_lab
load ../e2e/heap

LIMIT=$((460 * MIB))

setup_file() {
	build_heap
}

setup() {
	lab_setup
	command -v criu >/dev/null || { echo 'no criu here: contrib/install-deps lab' && return 1; }
	# What the runtime says; its own outputs are the container's, and criu restores no file of the host.
	RT_FLAGS+=(--log "$T/log")
	IN=$BUNDLE/rootfs/tmp/in OUT=$BUNDLE/rootfs/tmp/out
	# criu stops the network meanwhile: the programs that it calls are links by way of /etc.
	cp -a /etc/alternatives "$ETC/"
	use_busybox
	cp "$HEAP" "$BUNDLE/rootfs/heap"
	mkfifo "$IN"
	# A Go program that can replace itself is followed, too, until the time is over.
	policy '.follow = {seconds: 2}'
	edit --arg hook "$HOOK" --arg records "$RECORDS" --arg log "$T/hook.log" '.root.readonly = false
		| .process.args = ["/bin/sh", "-c", "/heap 8 <>/tmp/in >/tmp/out; exit 3"]
		| .hooks.createRuntime[0].args += ["--log", "stderr"]
		| .hooks.poststop = [{path: $hook, timeout: 20, args: ["oci-gotune-hook", "--record-dir", $records, "poststop"]}]'
}

# --- what is done with the container --------------------------------------------------------------

# quietly ARG...: the runtime, whose outputs the container may inherit.
quietly() {
	rt "$@" </dev/null >/dev/null 2>&1 3>&- || {
		cat "$T/log"
		grep -h Error "$T/work"/*.log 2>/dev/null
		return 1
	}
}

begin() {
	: >"$OUT"
	quietly run --detach --pid-file "$T/pid" --bundle "$BUNDLE" "$ID"
	PID=$(cat "$T/pid")
	wait_for 20 grep -q ready "$OUT"
}

# Until nobody traces it any more.
settled() {
	wait_for 20 no_tracer
}

checkpoint() {
	quietly checkpoint --image-path "$T/image" --work-path "$T/work" "$@" "$ID"
}

# Sets MS, the time that it took.
restore() {
	local before=${EPOCHREALTIME/./}
	quietly restore --detach --pid-file "$T/pid" --bundle "$BUNDLE" --image-path "$T/image" --work-path "$T/work" "$ID"
	MS=$(((${EPOCHREALTIME/./} - before) / 1000))
	PID=$(cat "$T/pid")
}

# --- what is looked at ------------------------------------------------------------------------------

program() {
	pgrep -P "$PID" -x heap
}

more_than() { # LINES
	[ "$(wc -l <"$OUT")" -gt "$1" ]
}

# The memory limit that the program's runtime has now, by its own word.
limit_now() {
	local n
	n=$(wc -l <"$OUT")
	# It is open at the other end, or nobody is there.
	timeout 10 bash -c 'echo limit >"$1"' bash "$IN" || return 1
	wait_for 20 more_than "$n" && tail -n 1 "$OUT" | cut -d' ' -f1
}

expect_goes_on() { # LIMIT GOMEMLIMIT GOMAXPROCS
	local pid
	pid=$(program)
	expect "$1" "$(limit_now)" 'the memory limit of the runtime'
	expect "$2 $3" "$(environ "$pid" GOMEMLIMIT) $(environ "$pid" GOMAXPROCS)" 'environment'
	expect running "$(rt state "$ID" | jq -r .status)" 'the container'
	for pid in "$PID" "$pid"; do
		expect 0 "$(awk '/^TracerPid:/ { print $2 }' "/proc/$pid/status")" 'its tracer'
	done
}

# --- the tests --------------------------------------------------------------------------------------

@test "without us: a container is checkpointed and restored, or the rest says nothing" {
	edit 'del(.hooks)'
	begin
	checkpoint
	[ ! -e "/proc/$PID" ]
	restore
	expect_goes_on 9223372036854775807 '' ''
}

@test "tuned, it is checkpointed and restored, and goes on with what it was given" {
	local without
	begin
	settled
	expect_goes_on "$LIMIT" 460MiB 1
	checkpoint
	[ ! -e "/proc/$PID" ]
	# The runtime has called poststop: the record went with the container.
	[ ! -e "$RECORDS/containers/$ID.json" ]
	restore
	without=$MS
	expect_goes_on "$LIMIT" 460MiB 1
	# Nothing was decided, and nobody waits for an exec that never comes.
	no_tracer
	[ ! -e "$RECORDS/containers/$ID.json" ]
	# Again, now without a hook: it took as long.
	checkpoint
	edit 'del(.hooks)'
	restore
	echo "restored in $without ms, without a hook in $MS ms"
	[ "$without" -le $((MS + 2000)) ]
	expect_goes_on "$LIMIT" 460MiB 1
}

# criu tries to seize what it dumps for ten seconds; we follow for as long, if nobody says otherwise.
@test "while it is followed criu waits" {
	policy '.follow = {seconds: 5}'
	begin
	one_tracer
	checkpoint
	restore
	expect_goes_on "$LIMIT" 460MiB 1
}

@test "followed for longer, it cannot be checkpointed: criu says so, and the container goes on; later it can" {
	policy '.follow = {seconds: 25}'
	begin
	one_tracer
	run ! checkpoint
	[[ $output = *'criu failed'* ]]
	grep -q 'Operation not permitted' "$T/work/dump.log"
	expect running "$(rt state "$ID" | jq -r .status)" 'the container'
	expect "$LIMIT" "$(limit_now)" 'the memory limit of the runtime'
	expect_setting GOMEMLIMIT 'set memory-limit 460MiB'
	wait_for 40 no_tracer
	checkpoint
	restore
	expect_goes_on "$LIMIT" 460MiB 1
}

@test "a copy of one that goes on: its record stays" {
	begin
	settled
	checkpoint --leave-running
	expect_goes_on "$LIMIT" 460MiB 1
	expect_setting GOMEMLIMIT 'set memory-limit 460MiB'
	expect "$PID" "$(record .pid)" 'the process of the record'
}
