#!/usr/bin/env bats
# Workers that were taken over: each job answers with lies, in real containers, and nothing but skipped
# settings comes of it. tests/hostile says how they lie, tests/faults/hostile.go what is checked;
# docs/security.md has the worst that is left. Here a sample; FULL=1: all of them, with crun as well.

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	[ "$(id -u)" = 0 ] || skip 'needs root: containers are made here'
	command -v "${RUNTIME:-runc}" >/dev/null || skip "no $RUNTIME here: contrib/install-deps check"
	[ "${RUNTIME:-runc}" = runc ] || [ "${FULL:-0}" != 0 ] || skip 'the answers go to our own programs: one runtime will do (FULL=1: both)'
}

# The modes in turn, so that what fails is named by a test.
lie() {
	RUNTIMES=${RUNTIME:-runc} PERMILLE=${PERMILLE:-10} KEEP_GOING=1 STAGES=$1 "$ROOT/tests/faults/run" hostile
}

@test "live: whatever the workers answer, the container starts, and no other one notices" {
	lie live
}

@test "precreate: config.json gets nothing but what a policy allows, whatever the workers answer" {
	lie precreate
}

@test "gotune-runtime create and run: the same" {
	lie create,run
}

@test "gotune-runtime create in the host's network: no sysctl is asked of a namespace that is not there" {
	lie host-network
}

@test "gotune-runtime exec: the process gets nothing but variables of Go's, whatever the worker answers" {
	lie exec
}
