#!/usr/bin/env bats
# CDI: a device per profile, gotune.io/profile=NAME, which brings a createRuntime hook: Podman. Docker
# 20.10 knows nothing of CDI.

load common
load podman

setup_file() {
	podman_open
	register_with cdi
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

for_runtimes() {
	local runtime
	for runtime in runc crun; do
		echo "runtime: $runtime"
		real_runtime "$runtime"
		"$1"
	done
}

by_device() {
	run_container --device gotune.io/profile=memory probe
	expect_tuned
	expect '60 5001' "$(seen '"\(.gcpercent) \(.somaxconn)"')" 'GOGC and somaxconn'
	run_container --device gotune.io/profile=throughput probe
	expect 200 "$(seen .gcpercent)" GOGC
	expect '' "$(record_files)" records
}

@test "podman run --device gotune.io/profile=NAME" {
	for_runtimes by_device
}

@test "without the device nothing is done" {
	run_container probe
	expect_untouched
}

what_is_set() {
	run_detached --device gotune.io/profile=latency probe -sleep 600
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect_swappiness 0 # the profile's own
	expect 'podman enforce latency' "$(record "$CID" '"\(.engine) \(.mode) \(.profile)"')" 'engine, mode, profile'
	expect 'set memory-limit 460MiB' "$(setting "$CID" GOMEMLIMIT)"
	box gotune list | grep -q "^${CID:0:12} .* /probe"
	box gotune show "$CID" | grep -q '^GOMAXPROCS *applied *1'
	pm exec "$CID" /probe >"$OUT"
	expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" "the environment of an exec'd process"
	podman_clean
}

@test "everything is set, and the record names the profile of the device" {
	for_runtimes what_is_set
}

descriptors() {
	low_nofile --device gotune.io/profile=memory
}

@test "a lower --ulimit nofile is raised, up to the hard limit" {
	for_runtimes descriptors
}

@test "what the user sets is kept" {
	run_container --device gotune.io/profile=memory -e GOGC=33 -e GOMAXPROCS=7 probe
	expect '33 7 460MiB' "$(seen '"\(.env.GOGC) \(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
}

@test "a device that is not there: Podman's own error" {
	! run_container --device gotune.io/profile=nosuch probe || false
	grep -q 'gotune.io/profile=nosuch' "$ERR"
	run_container --device gotune.io/profile=memory probe
	expect_tuned
}

@test "gotune uninstall cdi leaves no trace" {
	unregister_from cdi
	real_runtime runc
	expect_no_trace
	! run_container --device gotune.io/profile=memory probe || false
	register_with cdi
	run_container --device gotune.io/profile=memory probe
	expect_tuned
}
