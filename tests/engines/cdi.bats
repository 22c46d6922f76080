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

run_container() {
	pm run --rm --cpus 0.5 --memory 512m "$@" >"$OUT" 2>"$ERR" </dev/null || {
		local rc=$?
		cat "$ERR"
		return "$rc"
	}
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

@test "the record names the profile of the device" {
	CID=$(pm run -d --cpus 0.5 --memory 512m --device gotune.io/profile=latency probe -sleep 600)
	expect 'latency' "$(record "$CID" .profile)" profile
	expect 'set memory-limit 460MiB' "$(setting "$CID" GOMEMLIMIT)"
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
