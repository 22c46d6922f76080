#!/usr/bin/env bats
# Podman as a user without privileges. Nothing limits a container here: cgroup v1 is not handed to
# users, so annotations say what a limit would say.

load common
load podman

# shellcheck disable=SC2034 # podman.bash reads them
ROOTLESS=yes LIMITS=()
use_user

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

WANTED=(--annotation io.gotune.gomaxprocs=1 --annotation io.gotune.gomemlimit=460MiB)

# expect_all WAY RUNTIME: without a wish only the network's sysctl is to be set; with one all is.
expect_all() {
	register "$@"
	run_container probe
	expect 'null null 5001' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT) \(.somaxconn)"')"
	run_detached "${WANTED[@]}" probe -sleep 600
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect "podman enforce balanced" "$(record "$CID" '"\(.engine) \(.mode) \(.profile)"')" 'engine, mode, profile'
	expect 'skip no-cgroup' "$(setting "$CID" memory.swappiness | cut -d' ' -f1,2)"
	box "${AS_USER[@]}" gotune list | grep -q "^${CID:0:12} .* /probe"
	pm exec "$CID" /probe >"$OUT"
	# A hook is not asked about a process that is exec'd.
	case $1 in
	runtime) expect_tuned ;;
	*) expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" 'environment' ;;
	esac
	pm rm -f -t 0 "$CID" >/dev/null
	expect '' "$(record_files)" records
}

@test "precreate, runc" {
	expect_all precreate runc
}

@test "precreate, crun" {
	expect_all precreate crun
}

@test "createRuntime hook, runc" {
	expect_all hook runc
}

@test "createRuntime hook, crun" {
	expect_all hook crun
}

@test "gotune-runtime, runc" {
	expect_all runtime runc
}

@test "gotune-runtime, crun" {
	expect_all runtime crun
}

given() {
	run_container "${WANTED[@]}" --sysctl net.core.somaxconn=333 -e GOMAXPROCS=7 --user 1234 --read-only probe
	expect '7 460MiB 333 1234' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT) \(.somaxconn) \(.uid)"')"
}

@test "what the user sets is kept: --sysctl, -e; --user, --read-only" {
	each_way given
}

keep_id() {
	run_container "${WANTED[@]}" --userns keep-id probe
	expect_tuned
	expect "$USER_ID" "$(seen .uid)" uid
}

descriptors() {
	low_nofile
}

@test "a lower --ulimit nofile is raised, up to the hard limit" {
	each_way descriptors
}

@test "--userns keep-id" {
	each_way keep_id
}

host_network() {
	local before
	before=$(box cat /proc/sys/net/core/somaxconn)
	run_container "${WANTED[@]}" --network host probe
	expect_tuned
	expect "$before" "$(seen .somaxconn)" somaxconn
	expect "$before" "$(box cat /proc/sys/net/core/somaxconn)" 'the somaxconn of the machine'
}

@test "--network host: nothing of the machine's network is changed" {
	each_way host_network
}

in_a_pod() {
	pm pod create --name pod >/dev/null
	run_detached "${WANTED[@]}" --pod pod probe -sleep 600
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	pm pod rm -f -t 0 pod >/dev/null
}

@test "a pod" {
	each_way in_a_pod
}

switched_off() {
	touch "$T/etc/gotune/disabled"
	run_container "${WANTED[@]}" probe
	expect_untouched
	rm "$T/etc/gotune/disabled"
	run_container "${WANTED[@]}" probe
	expect_tuned
}

@test "the kill switch" {
	each_way switched_off
}

built() {
	mkdir -p "$T/build"
	printf 'FROM localhost/busybox\nRUN echo built >/made\nRUN ["/probe"]\nCMD ["cat", "/made"]\n' >"$T/build/Dockerfile"
	pm build -t built "$T/build" >"$T/build.log" 2>&1 || {
		cat "$T/build.log"
		return 1
	}
	run_container built
	expect built "$(cat "$OUT")"
	pm rmi -f built >/dev/null
	run_container "${WANTED[@]}" probe
	expect_tuned
}

@test "podman build is unharmed" {
	each_way built
}
