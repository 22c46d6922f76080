#!/usr/bin/env bats
# tests/lab/vm itself, with real virtual machines: statuses, outputs, what is left.

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	VM=$ROOT/tests/lab/vm
	# Whatever is left of a run can be told by this.
	T=$(mktemp -d "${TMPDIR:-/tmp}/gotune-lab.XXXXXXXX")
	export TMPDIR=$T/tmp
	mkdir "$TMPDIR"
}

# Nothing may be left: no file, no socket, no process of the lab's whose arguments name the directory.
teardown() {
	local left
	left=$(find "$TMPDIR" -mindepth 1)
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -n "$(processes)" ] || break
		sleep 0.2
	done
	left="$left$(processes)"
	rm -rf "$T"
	[ -z "$left" ] || { echo "left: $left" && return 1; }
}

# Read by the shell itself: a grep for the directory would have it in its own arguments, and find itself.
processes() {
	local file args
	for file in /proc/[0-9]*/cmdline; do
		mapfile -d '' -t args <"$file" || continue
		[[ "${args[*]}" != *"$TMPDIR/gotune-vm"* ]] || echo "${args[*]}"
	done 2>/dev/null
}

@test "the command's status and its outputs, apart" {
	local rc=0
	"$VM" --shape tiny --timeout 120 -- sh -c 'echo "out $1"; echo err >&2; exit 7' sh "it's" >"$T/out" 2>"$T/err" || rc=$?
	[ "$rc" = 7 ]
	[ "$(cat "$T/out")" = "out it's" ]
	[ "$(cat "$T/err")" = err ]
}

@test "20000 lines of output, and a process that is left in the background" {
	"$VM" --shape tiny --timeout 120 -- sh -c 'sleep 300 & seq 20000' >"$T/out"
	seq 20000 | cmp - "$T/out"
}

@test "the machine's own files cannot be written" {
	"$VM" --shape tiny --timeout 120 -- sh -c "echo x >$T/x; echo x >$ROOT/lab-wrote; cat $ROOT/lab-wrote"
	[ ! -e "$T/x" ] && [ ! -e "$ROOT/lab-wrote" ]
}

@test "a command that hangs: 124" {
	local rc=0
	"$VM" --shape tiny --timeout 6 -- sleep 300 2>"$T/err" || rc=$?
	[ "$rc" = 124 ]
	[[ $(tail -n 1 "$T/err") = *'timed out after 6 s'* ]]
}

@test "a kernel that panics: 125, and what it said" {
	local rc=0
	"$VM" --shape tiny --timeout 120 -- sh -c 'echo c >/proc/sysrq-trigger' 2>"$T/err" || rc=$?
	[ "$rc" = 125 ]
	[[ $(tail -n 1 "$T/err") = *'Kernel panic'* ]]
}

@test "a signal ends all of it, at once" {
	local rc=0 pid signal
	for signal in TERM INT; do
		# A shell's background jobs ignore INT, unless it is set back.
		env --default-signal=INT "$VM" --shape tiny --timeout 120 -- sh -c 'echo here; sleep 300' >"$T/out" 3>&- &
		pid=$!
		for _ in $(seq 600); do
			[ ! -s "$T/out" ] || break
			sleep 0.1
		done
		[ -n "$(processes)" ]
		kill "-$signal" "$pid"
		rc=0
		wait "$pid" || rc=$?
		[ "$rc" -gt 128 ]
		: >"$T/out"
	done
}

@test "killed outright: the kernel ends what it started" {
	local pid
	"$VM" --shape tiny --timeout 120 -- sh -c 'echo here; sleep 300' >"$T/out" 3>&- &
	pid=$!
	for _ in $(seq 600); do
		[ ! -s "$T/out" ] || break
		sleep 0.1
	done
	kill -KILL "$pid"
	wait "$pid" || :
	sleep 0.5
	[ -z "$(processes)" ]
	rm -rf "$TMPDIR"/gotune-vm.* # this much is left: nobody was there to do it
}

@test "a root with sockets and FIFOs in it" {
	local dir
	dir=$(mktemp -d "$T/root.XXXXXX")
	chmod 755 "$dir"
	mkdir -p "$dir"/{usr/bin,bin,etc,run,tmp}
	cp /bin/busybox "$dir/bin/busybox"
	ln -s busybox "$dir/bin/sh"
	mkfifo "$dir/etc/fifo" "$dir/run/fifo" "$dir/tmp/fifo"
	mknod "$dir/etc/socket" s 2>/dev/null || perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0])) or die' "$dir/etc/socket"
	run "$VM" --shape tiny --root "$dir" --timeout 120 -- sh -c '[ -p /etc/fifo ] && [ -S /etc/socket ] && echo fine'
	[ "$status" = 0 ]
	[ "$output" = fine ]
}

@test "a root that does not hold the command: the shell's 127, no hang" {
	local rc=0
	mkdir -p "$T/empty/usr"
	chmod 755 "$T/empty"
	"$VM" --shape tiny --root "$T/empty" --timeout 60 -- /bin/nothing 2>"$T/err" || rc=$?
	[ "$rc" = 127 ]
	[[ $(cat "$T/err") = *'/bin/nothing'*'not found'* ]]
}
