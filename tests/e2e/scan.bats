#!/usr/bin/env bats
# gotune scan, capture and replay on real containers of runc and crun.

load common

# The scan's row of this test's container, by a jq path.
scanned() {
	jq -r ".programs[] | select(.pid == $PID) | $1" "$T/scan.json"
}

# Scans this machine; the exit status is 0 or 1, whatever else runs here.
scan() {
	local rc=0
	"$BUILD/gotune" scan --format json --policy "$ETC/gotune" "$@" >"$T/scan.json" || rc=$?
	[ "$rc" -le 1 ]
}

# A container that is not tuned, and goes on for a minute.
run_untouched() {
	edit 'del(.hooks) | .process.args = ["/probe", "-sleep", "60"] | .process.env += ["GOGC=33", "DB_PASSWORD=hunter2"]'
	run_detached
}

@test "a running container is scanned: what it runs with, its limits, and what we would set" {
	run_untouched
	scan
	expect container "$(scanned .unit.kind)" 'its kind'
	expect "$(seen .go)" "$(scanned .go)" 'its Go'
	expect 33 "$(scanned .environment.GOGC)" 'GOGC now'
	expect "$(seen .gomaxprocs)" "$(scanned .ps.value)" 'Ps as Go says'
	expect unlimited "$(scanned .gomemlimit.value)" 'the memory limit'
	expect 0 "$(grep -c hunter2 "$T/scan.json")" 'secrets in it'
	has_cgroup || return 0 # without one of its own it shares that of other tests' containers
	expect 1 "$(scanned .unit.processes)" 'processes'
	expect '50000 100000' "$(scanned '"\(.quota_us) \(.period_us)"')" 'its quota'
	expect 536870912 "$(scanned .usage.memory_max_bytes)" 'its limit'
	expect 'set 1 cpu-quota' "$(scanned '.settings[] | select(.name == "GOMAXPROCS") | "\(.verdict) \(.value) \(.reason)"')" 'GOMAXPROCS'
	expect 'set 460MiB' "$(scanned '.settings[] | select(.name == "GOMEMLIMIT") | "\(.verdict) \(.value)"')" 'GOMEMLIMIT'
	[ "$(scanned .usage.memory_bytes)" -gt 0 ]
}

@test "what the hook has set is what a scan finds" {
	edit '.process.args = ["/probe", "-sleep", "60"]'
	run_detached
	scan
	has_cgroup || skip "$RUNTIME makes no cgroup on a hybrid machine"
	expect '1 environment' "$(scanned '"\(.ps.value) \(.ps.from)"')" 'Ps'
	expect $((460 * MIB)) "$(scanned .gomemlimit.value)" 'GOMEMLIMIT'
	expect already-set "$(scanned '.settings[] | select(.name == "GOMAXPROCS") | .reason')" 'GOMAXPROCS'
	expect false "$(scanned '.harms | any(. == "too-many-ps")')" 'too many Ps'
}

@test "a program whose file is deleted, and one of 4 GiB" {
	truncate -s 4G "$BUNDLE/rootfs/probe"
	run_untouched
	rm "$BUNDLE/rootfs/probe"
	scan
	expect true "$(scanned .deleted)" 'deleted'
	expect /probe "$(scanned .path)" 'its path'
	expect "$(seen .go)" "$(scanned .go)" 'its Go'
}

@test "an environment of 1 MiB, and processes that end while they are looked at" {
	local big
	big=$(head -c 100000 /dev/zero | tr '\0' x)
	for i in 1 2 3 4 5 6 7 8 9 10 11; do add_env "A$i=$big"; done
	run_untouched
	(for ((i = 0; i < 300; i++)); do /bin/true; done) &
	for _ in 1 2 3; do
		scan
		expect 33 "$(scanned .environment.GOGC)" GOGC
	done
	wait
}

@test "a captured container is scanned elsewhere, without its secrets" {
	run_untouched
	scan
	"$BUILD/gotune" capture "$T/capture" >/dev/null
	expect '' "$(grep -rla hunter2 "$T/capture")" 'files with a secret'
	[ "$(du -sk "$T/capture" | cut -f1)" -lt 20000 ]
	local now
	now=$(scanned '[.go, .ps, .ps_fit, .gomemlimit, .environment, .quota_us, .settings]')
	scan --sysroot "$T/capture"
	# Which mounts a process sees is not in a capture: a Go that looks for its quota is not readable there.
	expect "$(jq -c . <<<"$now")" "$(scanned '[.go, .ps, .ps_fit, .gomemlimit, .environment, .quota_us, .settings]' | jq -c .)" 'the row'
}

@test "of a captured container whose processes are gone the bundle tells what the next start gets" {
	has_cgroup || skip "$RUNTIME makes no cgroup on a hybrid machine"
	run_untouched
	# The runtime's state tells where the bundle is; this test's is not in /run.
	# shellcheck disable=SC2016 # for the shell that is started
	unshare -m --propagation private sh -c 'mount -t tmpfs tmpfs /run && mkdir "/run/$1" && mount --bind "$2" "/run/$1" &&
		exec "$3" capture "$4"' sh "$RUNTIME" "$T/runtime" "$BUILD/gotune" "$T/capture" >/dev/null
	rt delete -f "$ID"
	rm -r "$T/capture/proc"/[0-9]*
	local rc=0 row
	"$BUILD/gotune" scan --bundle-only --sysroot "$T/capture" --format json --policy "$ETC/gotune" >"$T/scan.json" || rc=$?
	[ "$rc" -le 1 ]
	row=$(jq -c ".programs[] | select(.unit.id == \"$ID\")" "$T/scan.json")
	expect "$(seen .go)" "$(jq -r .go <<<"$row")" 'its Go'
	expect 33 "$(jq -r .environment.GOGC <<<"$row")" 'GOGC that it is given'
	expect '[null,null,null,[]]' "$(jq -c '[.pid, .ps.value, .usage.memory_bytes, .harms]' <<<"$row")" 'what a process tells'
	expect 'set 460MiB' "$(jq -r '.settings[] | select(.name == "GOMEMLIMIT") | "\(.verdict) \(.value)"' <<<"$row")" 'GOMEMLIMIT'
	expect 'set 1 cpu-quota' "$(jq -r '.settings[] | select(.name == "GOMAXPROCS") | "\(.verdict) \(.value) \(.reason)"' <<<"$row")" 'GOMAXPROCS'
	expect 0 "$(grep -c hunter2 "$T/scan.json")" 'secrets in it'
}

@test "records of a fleet are decided on again, and another policy shows its impact" {
	local f=$RECORDS/containers/$ID.json
	has_cgroup || skip "$RUNTIME makes no cgroup on a hybrid machine"
	edit '.process.args = ["/probe", "-sleep", "60"]'
	run_detached
	wait_for 5 test -e "$f"
	mkdir -p "$T/new"
	jq '.profiles.balanced.gogc = 80' "$ETC/gotune/policy.json" >"$T/new/policy.json"
	"$BUILD/gotune" replay --policy "$T/new" --format json "$f" >"$T/replay" && return 1
	expect '["GOGC"]' "$(jq -c '[.records[0].changes[].name]' "$T/replay")" 'what would change'
}
