#!/usr/bin/env bats
# The second try of tests with real runtimes, engines or VMs (again.bash): it is printed with its reason and counted,
# what is broken fails, and a test that only leaves something behind does not pass in silence.

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	T=$BATS_TEST_TMPDIR
	cat >"$T/suite.bats" <<-EOF
		. "$ROOT/tests/again.bash"
		teardown() {
			say_unsteady
			[ -z "\${LEAVES:-}" ] || [ "\$BATS_TEST_TRY_NUMBER" = 2 ]
		}
	EOF
}

# Lines of the suite's one test.
suite() {
	printf '@test "a row" {\n%s\n}\n' "$1" >>"$T/suite.bats"
	run env -u BATS_TEST_TRY_NUMBER RUNTIMES=runc "$ROOT/tests/run" --e2e "$T/suite.bats"
	echo "$output"
}

@test "a test that fails once: printed with its reason, counted, and passed" {
	suite "[ -e '$T/been' ] || { touch '$T/been'; echo 'why it failed'; false; }"
	[ "$status" = 0 ]
	[[ $output = *'#   why it failed'*'# unsteady, tries again: test_a_row'*'ok 1 runc: a row'* ]]
	[[ $output = *'at the second try: 1 '* ]]
	[ "${lines[-1]}" = '1 passed, 0 failed, 0 skipped' ]
}

@test "a test that fails always: failed" {
	suite false
	[ "$status" = 1 ]
	[ "${lines[-1]}" = '0 passed, 1 failed, 0 skipped' ]
}

@test "a test that only its teardown fails: its second try is counted, too" {
	suite 'LEAVES=yes'
	[ "$status" = 0 ]
	[[ $output = *'at the second try: 1 '* ]]
}

@test "a test that passes says nothing of it, also when it clears away in its middle" {
	suite 'echo noise; say_unsteady'
	[ "$status" = 0 ]
	[[ $output != *unsteady* && $output != *noise* && $output != *'second try'* ]]
}

@test "a test that is skipped has one try" {
	suite 'skip "no room"'
	[[ $output = *'ok 1 runc: a row # skip no room'* && $output != *unsteady* ]]
}
