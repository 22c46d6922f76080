#!/usr/bin/env bats
# Podman as root, in each way that we are registered with it: by a precreate hook, by a createRuntime
# hook in the default directory, by gotune-runtime; on runc and on crun.

load common
load podman

setup_file() {
	podman_open
}

teardown_file() {
	podman_close
}

setup() {
	fresh
}

teardown() {
	podman_clean
}

# Half a CPU and 512 MiB; what it says is in $OUT and $ERR.
run_container() {
	pm run --rm --cpus 0.5 --memory 512m "$@" >"$OUT" 2>"$ERR" </dev/null || {
		local rc=$?
		cat "$ERR"
		return "$rc"
	}
}

# The same in the background, until the program has reported; $CID.
run_detached() {
	CID=$(pm run -d --cpus 0.5 --memory 512m "$@") || return 1
	wait_for 10 reports 1
}

# reports N: has the program reported N times? $OUT gets the last one.
reports() {
	pm logs "$CID" >"$T/log" 2>/dev/null
	[ "$(wc -l <"$T/log")" -ge "$1" ] && tail -n 1 "$T/log" >"$OUT"
}

# The program, its record, and that nothing of the record is left when it has gone.
expect_all() {
	run_detached probe -sleep 60
	expect_tuned
	expect 'podman enforce balanced' "$(record "$CID" '"\(.engine) \(.mode) \(.profile)"')" 'engine, mode, profile'
	expect 'set cpu-quota 1' "$(setting "$CID" GOMAXPROCS)"
	expect 'set memory-limit 460MiB' "$(setting "$CID" GOMEMLIMIT)"
	box gotune show "$CID" | grep -q '^GOMAXPROCS *applied *1'
	expect_swappiness 7
	expect 5001 "$(seen .somaxconn)" somaxconn
	pm rm -f -t 0 "$CID" >/dev/null
	expect '' "$(record_files)" 'records'
}

# swappiness is cgroup v1's.
expect_swappiness() {
	local file
	file=$(box find /sys/fs/cgroup/memory -path "*$CID*/memory.swappiness" | head -n 1)
	[ -n "$file" ] || { expect 'skip' "$(setting "$CID" memory.swappiness | cut -d' ' -f1)" && return; }
	expect "$1" "$(box cat "$file")" memory.swappiness
}

@test "precreate, runc" {
	register precreate
	expect_all
}

@test "precreate, crun" {
	register precreate crun
	expect_all
}

@test "createRuntime hook in the default directory, runc" {
	register hook
	expect_all
}

@test "createRuntime hook in the default directory, crun" {
	register hook crun
	expect_all
}

@test "gotune-runtime as the runtime of containers.conf, runc" {
	register runtime
	expect_all
}

@test "gotune-runtime as the runtime of containers.conf, crun" {
	register runtime crun
	expect_all
}

@test "podman --runtime PATH" {
	unregister
	pm --runtime /usr/local/bin/gotune-runtime run --rm --cpus 0.5 --memory 512m probe >"$OUT"
	expect_tuned
}

@test "precreate and hook registered at once" {
	register both
	expect_all
}
