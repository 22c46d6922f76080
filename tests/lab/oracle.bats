#!/usr/bin/env bats
# Decisions against the newest Go's own: 50 cases of tests/oracle, which boots its VMs itself, and so
# runs on this machine and not in one. docs/oracle.md.

bats_require_minimum_version 1.5.0

@test 'the newest Go chooses what an old program gets, but for the reasons that the table has' {
	run --separate-stderr tests/oracle/run
	echo "$output"
	# shellcheck disable=SC2154 # bats' run sets stderr
	[ "$status" != 127 ] || skip "not run: $(tail -n 1 <<<"$stderr")"
	[ "$status" = 0 ]
}
