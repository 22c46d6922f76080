#!/usr/bin/env bats
# Fifty containers of Podman start in a network that is slow and loses packets: all of them start, each
# is decided as in a quiet one, and nothing is left.

load ../engines/common
load ../engines/podman

COUNT=50
AT_ONCE=5

setup() {
	T=
	[ -n "${LAB_SHAPE:-}" ] || skip 'runs in the lab only: make check-lab'
	podman_open
	register precreate
}

teardown() {
	podman_close
}

# In Podman's bridge, with what it says in $T/reports/N.
start_one() {
	pm run --rm --cpus 0.5 --memory 512m probe >"$T/reports/$1" 2>"$T/reports/$1.err" </dev/null ||
		echo "container $1: $(cat "$T/reports/$1.err")" >>"$T/failed"
}

start_all() {
	local n
	mkdir "$T/reports"
	(
		for ((n = 0; n < COUNT; n++)); do
			[ "$n" -lt "$AT_ONCE" ] || wait -n
			start_one "$n" &
		done
		wait
	) 3>&-
	[ ! -e "$T/failed" ] || { cat "$T/failed" && return 1; }
}

# Whole milliseconds to the bridge and back, from a container in it.
round_trip() {
	pm run --rm --cap-add NET_RAW busybox busybox ping -c 3 -W 5 "$1" | sed -n 's|^round-trip.* = [0-9.]*/\([0-9]*\).*|\1|p'
}

@test "tc netem: 300 ms, 10 % lost" {
	local quiet stays gateway ms n
	modprobe sch_netem || skip 'this kernel has no netem'
	quiet=$(pm run --rm --cpus 0.5 --memory 512m probe | jq -cS 'del(.pid)')
	# One that stays, so that the bridge does.
	stays=$(pm run -d busybox sleep 3000)
	box_at_rest
	box tc qdisc add dev podman0 root netem delay 300ms loss 10%
	gateway=$(pm network inspect podman | jq -r '.[0].subnets[0].gateway')
	ms=$(round_trip "$gateway")
	echo "# to the bridge and back: $ms ms" >&3
	[ "$ms" -ge 300 ]
	start_all
	for ((n = 0; n < COUNT; n++)); do
		expect "$quiet" "$(jq -cS 'del(.pid)' "$T/reports/$n")" "what container $n saw"
	done
	expect "$stays.json" "$(record_files)" records
	box_left
}
