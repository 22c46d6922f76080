#!/usr/bin/env bats
# The limit and GOGC of running Go programs, found, read and written: stripped, position independent, with
# C, with decoys, gone, replaced; and what is left alone. GOROOTS="DIR..." runs the programs of these
# toolchains, too; by default those of Debian. tests/live/live.c does what gotuned does.

bats_require_minimum_version 1.5.0
load go_programs

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export LIVE=$BUILD/e2e/live HEAP=$BATS_FILE_TMPDIR/heap
	build_go tests/live/heap "$(command -v go)" "$HEAP" 0 -ldflags='-s -w'
}

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	T=$BATS_TEST_TMPDIR
	N=0
	PIDS=()
	[ "$(uname -m)" = x86_64 ] || skip 'runtime.gcController is known on amd64 alone'
	[ "$(id -u)" = 0 ] || skip 'needs root'
}

teardown() {
	exec 7>&- 8<&- 5>&- 6<&-
	end_programs
}

# Starts PROGRAM with its arguments: $PID; ask it with `ask`.
start() { # PROGRAM ARG...
	N=$((N + 1))
	mkfifo "$T/in.$N" "$T/out.$N"
	"$@" <>"$T/in.$N" >"$T/out.$N" 3>&- 7>&- 8<&- &
	PID=$!
	PIDS+=("$PID")
	exec 7>"$T/in.$N" 8<"$T/out.$N"
	read -r -t 20 REPLY <&8
	[ "$REPLY" = ready ]
}

ask() { # WORDS: the program's limit, goal and collections in $LIMIT $GOAL $NUM
	echo "$*" >&7
	read -r -t 20 LIMIT GOAL _ NUM <&8
}

# Opens $PID; talk to it with `tell`.
open_live() { # LIMIT...
	N=$((N + 1))
	mkfifo "$T/in.$N" "$T/out.$N"
	"$LIVE" "$PID" "$@" <>"$T/in.$N" >"$T/out.$N" 3>&- 7>&- 8<&- &
	LIVE_PID=$!
	PIDS+=("$LIVE_PID")
	exec 5>"$T/in.$N" 6<"$T/out.$N"
	read -r -t 20 OPENED <&6
	[[ $OPENED == 'ok go1.'* ]] || { echo "opened: $OPENED" >&2; return 1; }
}

tell() { # WORDS: the answer in $SAID
	echo "$*" >&5
	read -r -t 20 SAID <&6
}

# It is left alone, with this word.
refused() { # WORD LIMIT...
	local word=$1
	shift
	run "$LIVE" "$PID" "$@" </dev/null
	if [ "$status" != 3 ] || [[ $output != "$word: "?* ]]; then
		echo "$status $output, not $word" >&2
		return 1
	fi
}

# The limit of $PID is written twice, and the program itself says so.
follows() { # LIMIT-AT-START
	open_live "$1" || return 1
	tell limit 100000000
	[ "$SAID" = ok ] || { echo "$SAID" >&2; return 1; }
	ask limit
	[ "$LIMIT" = 100000000 ] || { echo "it has $LIMIT" >&2; return 1; }
	tell limit 300000000
	[ "$SAID" = ok ]
	ask gc
	[ "$LIMIT" = 300000000 ]
	tell read
	[[ $SAID == 'ok gogc='*' limit=300000000 '* ]]
}

follows_both_ways() { # FILE
	start env -u GOMEMLIMIT "$1" 20
	follows none
	start env GOMEMLIMIT=200MiB "$1" 20
	follows 209715200
}

@test "each toolchain that is there: plain, stripped, position independent, with C; with a limit and without" {
	each_toolchain tests/live/heap netcgo follows_both_ways
}

@test "GOGC off, 1, 37 and 50 are known; 0 is left alone" {
	for gogc in off 1 37 50; do
		start env GOGC=$gogc GOMEMLIMIT=200MiB "$HEAP" 20
		follows 209715200 || { echo "GOGC=$gogc" >&2; return 1; }
	done
	start env GOGC=0 GOMEMLIMIT=200MiB "$HEAP" 20
	refused odd-value 209715200
}

@test "decoys among the program's variables do not count" {
	start env DECOY=209715200 GOMEMLIMIT=200MiB "$HEAP" 20
	ask gc
	follows 209715200
}

@test "a limit that is lowered frees memory at the next allocation, and GOGC acts with the next collection" {
	start env GOMEMLIMIT=400MiB "$HEAP" 60
	open_live 419430400
	ask gc
	before=$GOAL
	tell gogc 25
	[ "$SAID" = ok ]
	ask gc
	[ "$GOAL" -lt $((before * 3 / 4)) ]
	tell gogc 100
	[ "$SAID" = ok ]
	ask gc
	[ "$GOAL" -gt $((before * 9 / 10)) ]
	tell limit 80000000
	num=$NUM
	ask churn 100
	[ "$NUM" -gt "$num" ]
	ask gc
	[ "$GOAL" -lt 80000000 ]
	# With GOGC off there is no percentage to change.
	start env GOGC=off GOMEMLIMIT=400MiB "$HEAP" 20
	open_live 419430400
	tell gogc 50
	[ "$SAID" = gogc-off ]
}

@test "a program that sets its own limit owns it" {
	start env -u GOMEMLIMIT "$HEAP" 20
	ask set 150000000
	refused app-owns none
	start env GOMEMLIMIT=200MiB "$HEAP" 20
	open_live 209715200
	tell limit 100000000
	[ "$SAID" = ok ]
	ask set 150000000
	tell limit 90000000
	[ "$SAID" = app-owns ]
	ask limit
	[ "$LIMIT" = 150000000 ]
	tell gogc 50
	[ "$SAID" = app-owns ]
	start env GOMEMLIMIT=200MiB "$HEAP" 20
	open_live 209715200
	ask gogc 70
	tell gogc 50
	[ "$SAID" = app-owns ]
	tell limit 100000000 # which is another setting
	[ "$SAID" = ok ]
	ask set 1000
	tell limit 90000000
	[ "$SAID" = odd-value ]
}

@test "a limit that another one of us has set is gone on from, if it is said to be ours" {
	start env GOMEMLIMIT=200MiB "$HEAP" 20
	open_live 209715200
	tell limit 100000000
	kill -9 "$LIVE_PID"
	refused app-owns 209715200
	open_live 209715200 100000000
	tell limit 120000000
	[ "$SAID" = ok ]
}

# Whoever writes is killed at its first, second, ... read or write, and the one that parses for it, too.
@test "killed at each step between read and write: the program goes on, and nothing in it is half a number" {
	command -v strace >/dev/null || skip 'strace is not installed'
	local call n
	for call in pread64 pwrite64; do
		for n in 1 2 3 4; do
			start env GOMEMLIMIT=200MiB "$HEAP" 20
			printf '%s\n' 'gogc 50' 'limit 100000000' 'gogc 200' |
				timeout 60 strace -f -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$n" \
					"$LIVE" "$PID" 209715200 >/dev/null 2>&1 || :
			ask churn 20
			[ "$LIMIT" = 209715200 ] || [ "$LIMIT" = 100000000 ]
			run "$LIVE" "$PID" 209715200 100000000 <<<read
			[[ ${lines[1]} =~ ^ok\ gogc=(100|50|200)\ limit=(209715200|100000000)\  ]] || [[ $output == odd-value:* ]] ||
				{ echo "$call $n: $output" >&2; return 1; }
			ask gogc 100 # from then on it is whole again, whatever was there
			open_live 209715200 100000000
		done
	done
}

@test "a program that ends, or executes another one, gets nothing" {
	start env GOMEMLIMIT=200MiB "$HEAP" 20
	open_live 209715200
	ask exec "$HEAP" || true # "ready" is no limit
	[ "$LIMIT" = ready ]
	tell limit 100000000
	[ "$SAID" = gone ]
	ask limit
	[ "$LIMIT" = 209715200 ]
	open_live 209715200 # the same pid and start, but found anew
	tell limit 100000000
	[ "$SAID" = ok ]
	kill -9 "$PID"
	wait "$PID" || true
	tell limit 110000000
	[ "$SAID" = gone ]
	tell gogc 50
	[ "$SAID" = gone ]
	refused gone 209715200
}

# A pid that was given again has another start.
@test "another process of the same number gets nothing" {
	start env GOMEMLIMIT=200MiB "$HEAP" 20
	START=12345 refused gone 209715200
	pid=$PID PID=4194304
	refused gone 209715200
	PID=$pid
	open_live 209715200
}

@test "what is not exactly as known is left alone, with a word" {
	sleep 100 3>&- &
	PID=$! && PIDS+=("$PID")
	refused not-go none
	# Too new; the program runs all the same.
	local v
	v=$(go env GOVERSION)
	python3 - "$HEAP" "$T/new" "$v" <<-'PY'
		import sys
		b = open(sys.argv[1], 'rb').read()
		at = b.index(b'\xff Go buildinf:') + 32
		n = b[at]
		v = b'go1.28.' + b'1' * (n - 7)
		open(sys.argv[2], 'wb').write(b[:at + 1] + v + b[at + 1 + n:])
		v = b'go1.18.' + b'1' * (n - 7)
		open(sys.argv[2] + '.old', 'wb').write(b[:at + 1] + v + b[at + 1 + n:])
		v = b'go1.24.' + b'1' * (n - 7) if b'go1.19' in b[at:at + n] else b'go1.19.' + b'1' * (n - 7)
		open(sys.argv[2] + '.lie', 'wb').write(b[:at + 1] + v + b[at + 1 + n:])
	PY
	chmod +x "$T"/new*
	start env GOMEMLIMIT=200MiB "$T/new" 20
	refused go-version 209715200
	[[ $output == *'go1.28.1'*'known are 1.19 to 1.27'* ]]
	start env GOMEMLIMIT=200MiB "$T/new.old" 20
	refused go-version 209715200
	cp "$HEAP" "$T/suid"
	chmod u+s,a+x "$T/suid"
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}"
	start gosu nobody env GOMEMLIMIT=200MiB "$T/suid" 20
	refused set-uid 209715200
	if unshare -Ur true 2>/dev/null; then
		start unshare -Ur env GOMEMLIMIT=200MiB "$HEAP" 20
		refused user-namespace 209715200
	fi
	# Another user's is no obstacle.
	cp "$HEAP" "$T/other" && chmod 755 "$T/other"
	start gosu nobody env GOMEMLIMIT=200MiB "$T/other" 20
	follows 209715200
}

@test "a program that says another version is not written to where that version has it" {
	python3 - "$HEAP" "$T/lie" <<-'PY'
		import sys
		b = open(sys.argv[1], 'rb').read()
		at = b.index(b'\xff Go buildinf:') + 32
		n = b[at]
		v = b'go1.24.' + b'1' * (n - 7) if b'go1.24' not in b[at:at + n] else b'go1.19.' + b'1' * (n - 7)
		open(sys.argv[2], 'wb').write(b[:at + 1] + v + b[at + 1 + n:])
	PY
	chmod +x "$T/lie"
	start env GOMEMLIMIT=200MiB "$T/lie" 20
	# The limit is at the same place in all versions: the only thing that is written stays right.
	if open_live 209715200; then
		tell limit 100000000
		ask limit
		[ "$LIMIT" = 100000000 ]
	fi
	ask gc
	[ "$NUM" -gt 0 ]
}

@test "a thousand changes under load harm nothing" {
	start env GOMEMLIMIT=200MiB "$HEAP" 20
	open_live 209715200
	echo churn 20000 >&7
	for i in $(seq 500); do
		tell limit $((100000000 + i * 4096))
		[ "$SAID" = ok ] || { echo "$i: $SAID" >&2; return 1; }
		tell gogc $((20 + i % 300))
		[ "$SAID" = ok ] || { echo "$i: gogc: $SAID" >&2; return 1; }
	done
	read -r -t 60 LIMIT GOAL _ NUM <&8
	ask gc
	[ "$LIMIT" = $((100000000 + 500 * 4096)) ]
	kill -0 "$PID"
}
