#!/usr/bin/env bats
# gotune-nri without a runtime: its options, what it serves over HTTP, and from whom; the policy that changes under
# it. With a runtime: tests/engines/nri_sid.bats, nri_pod.bats.

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return 1
	NRI=$PWD/${BUILD:-build}/gotune-nri
	[[ ${BUILD:-build} == /* ]] && NRI=$BUILD/gotune-nri
	T=$BATS_TEST_TMPDIR
	PORT=$((21000 + BASHPID % 10000))
	mkdir -p "$T/records"
	chmod 700 "$T/records"
	echo '{"version": 1}' >"$T/policy.json"
	chmod go-w "$T/policy.json"
}

teardown() {
	[ -z "${PID:-}" ] || { kill -9 "$PID" && wait "$PID"; } 2>/dev/null || :
}

wait_for() { # SECONDS COMMAND...
	local i
	for ((i = $1 * 10; i > 0; i--)); do
		"${@:2}" && return 0
		sleep 0.1
	done
	echo "not within $1 s: ${*:2}"
	return 1
}

begin() {
	"$NRI" --socket "$T/none.sock" --policy "$T/policy.json" --record-dir "$T/records" --log stderr --listen "127.0.0.1:$PORT" 2>>"$T/log" 3>&- &
	PID=$!
	wait_for 10 gives healthz 200
}

gives() { # PATH STATUS
	[ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/$1")" = "$2" ]
}

metric() { # NAME VALUE
	curl -s -m 5 "http://127.0.0.1:$PORT/metrics" >"$T/page"
	grep -qx "$1 $2" "$T/page"
}

child() {
	tr -d ' ' <"/proc/$PID/task/$PID/children"
}

is_another() {
	[ -n "$(child)" ] && [ "$(child)" != "$1" ]
}

is_gone() {
	[ ! -e "/proc/$1" ]
}

@test "--listen: this machine alone, unless it is asked for; an address that is none" {
	local address
	for address in 0.0.0.0:1 '[::]:1' 192.0.2.1:80; do
		run "$NRI" --listen "$address"
		[ "$status" = 2 ]
		[[ $output == *'can be reached from other machines'*--listen-anywhere* ]]
	done
	for address in x localhost:80 127.0.0.1 127.0.0.1:65536; do
		run "$NRI" --listen "$address"
		[ "$status" = 2 ]
		[[ $output == *'give ADDRESS:PORT in digits'* ]]
	done
}

@test "alive, but not ready without a runtime; metrics; the policy changes, breaks and is repaired; the last good one counts" {
	begin
	gives readyz 503
	gives metrics 200
	metric gotune_ready 0
	metric gotune_policy_broken 0
	metric gotune_disabled 0
	metric gotune_policy_loaded_timestamp_seconds '[0-9]*'
	grep '^gotune_policy_loaded' "$T/page" >"$T/since"
	echo '{' >"$T/policy.json"
	wait_for 10 metric gotune_policy_broken 1
	grep -qF "$(cat "$T/since")" "$T/page"
	grep -q "$T/policy.json:2:1: .*" "$T/log"
	grep -q 'the policy is broken: the last good one counts' "$T/log"
	[ "$(grep -c 'last good' "$T/log")" = 1 ]
	echo '{"version": 1, "mode": "audit"}' >"$T/policy.json"
	wait_for 10 metric gotune_policy_broken 0
	grep -q 'the policy has changed' "$T/log"
}

@test "who serves has no capability and a filter, is started again when it ends, and ends with the plugin" {
	local first
	[ "$(id -u)" = 0 ] || skip 'needs root: else there is no capability to be given up'
	begin
	first=$(child)
	[ "$(awk '/^CapEff:/ { print $2 }' "/proc/$PID/status")" != 0000000000000000 ]
	[ "$(awk '/^Cap(Inh|Prm|Eff|Amb):/ { print $2 }' "/proc/$first/status" | sort -u)" = 0000000000000000 ]
	[ "$(awk '/^(Seccomp|NoNewPrivs):/ { print $2 }' "/proc/$first/status" | paste -sd ' ')" = '1 2' ]
	kill -9 "$first"
	wait_for 20 is_another "$first"
	wait_for 10 gives healthz 200
	first=$(child)
	kill "$PID"
	wait_for 5 is_gone "$first"
	PID=
}

@test "the plugin hangs: /healthz says so" {
	begin
	# As if it had hung for half a minute: nothing else can be waited for that long here.
	kill -STOP "$PID"
	gives healthz 200
	sleep 31
	gives healthz 503
	metric gotune_ready 0
	kill -CONT "$PID"
	wait_for 10 gives healthz 200
}
