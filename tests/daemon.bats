#!/usr/bin/env bats
# gotuned: what it says and does, as root, with records and an /etc of its own.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNED=$BUILD/gotuned
}

setup() {
	T=$BATS_TEST_TMPDIR
	echo '{}' >"$T/policy.json"
}

@test "a policy that asks for nothing: it says so, and ends" {
	run --separate-stderr "$GOTUNED" --policy "$T/policy.json" --record-dir "$T/records"
	[ "$status" = 0 ]
	[ -z "$output" ]
	[[ ${stderr:-} == *'the policy asks for nothing'* ]]
	[ ! -e "$T/records" ]
}

@test "a broken policy is no policy: it does not begin" {
	echo '{"daemon": {"resize": 1}}' >"$T/policy.json"
	run "$GOTUNED" --policy "$T/policy.json" --record-dir "$T/records"
	[ "$status" = 1 ]
	[[ $output == *'daemon.resize: not true or false'* ]]
	[[ $output == *'gotune policy check'* ]]
}

@test "options: help, version, one that it does not know, an operand" {
	run "$GOTUNED" --help
	[ "$status" = 0 ]
	[[ $output == 'Usage: gotuned '* ]]
	run "$GOTUNED" --version
	[ "$output" = "gotuned $(cat VERSION)" ]
	run "$GOTUNED" --nothing
	[ "$status" = 2 ]
	[[ $output == *'--nothing; see --help'* ]]
	run "$GOTUNED" now
	[ "$status" = 2 ]
}

@test "the unit: what systemd-analyze says of it" {
	command -v systemd-analyze >/dev/null || skip 'systemd-analyze is not installed'
	sed "s|@BINDIR@|$BUILD|" contrib/systemd/gotuned.service >"$T/gotuned.service"
	run systemd-analyze verify --man=no "$T/gotuned.service"
	[ "$status" = 0 ]
	[ -z "$output" ]
	run systemd-analyze security --offline=true --threshold=20 "$T/gotuned.service"
	[ "$status" = 0 ]
}
