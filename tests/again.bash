# shellcheck shell=bash disable=SC2034 # bats reads it
# A test with real runtimes, engines or virtual machines that fails gets one more try: on a busy host a process
# of somebody else's may be late. That it did, and why, is printed and counted (tests/run, tests/lab/run), so it
# can be looked into. What is broken fails twice.
BATS_TEST_RETRIES=1

# Bats reads a suite once a try.
[ "${BATS_TEST_TRY_NUMBER:-1}" = 1 ] || echo "# unsteady, tries again: ${BATS_TEST_NAME:-}" >&3

# Each teardown calls this before anything is cleared away: what failed. Does nothing inside a test.
say_unsteady() {
	[ -n "${BATS_TEARDOWN_STARTED:-}" ] || return 0
	[ -z "${BATS_TEST_COMPLETED:-}${BATS_TEST_SKIPPED:-}" ] || return 0
	[ "$BATS_TEST_TRY_NUMBER" -le "$BATS_TEST_RETRIES" ] || return 0
	{
		bats_print_stack_trace "${BATS_DEBUG_LAST_STACK_TRACE[@]}"
		sed 's/^/#   /' "$BATS_OUT"
	} >&3 2>/dev/null || :
}
