#!/usr/bin/env bats
# Each step fails in turn: the container starts all the same, the other steps are done, and the
# record says what was not.

load common

# Puts a program in front of the hook: it is run with the hook's own arguments behind its own.
wrap_hook() {
	local path
	path=$(command -v "$1")
	edit --arg path "$path" --arg hook "$HOOK" --arg words "$*" '.hooks.createRuntime[0] |= (.path = $path |
		.args = ($words | split(" ")) + [$hook] + .args[1:])'
}

without_capability() {
	wrap_hook setpriv "--bounding-set=-$1" "--inh-caps=-$1"
}

@test "no CAP_SYS_PTRACE: the environment is left alone, the rest is done" {
	without_capability sys_ptrace
	run_container
	expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" 'environment'
	expect 'skip ptrace-denied' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
	# Without it, the links in /proc/PID/ns cannot be read either.
	expect 'skip namespace-unknown' "$(setting net.core.somaxconn | cut -d' ' -f1,2)"
}

@test "no CAP_SYS_ADMIN: the namespaces cannot be entered, the rest is done" {
	without_capability sys_admin
	run_container
	expect_tuned
	[ "$(seen .somaxconn)" != 5001 ]
	expect false "$(record '.settings[] | select(.name == "net.core.somaxconn") | .verdict == "set" and .applied')" \
		'the sysctl counts as applied'
}

@test "no capability at all" {
	wrap_hook setpriv --bounding-set=-all --inh-caps=-all
	run_container
	expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" 'environment'
}

@test "records cannot be written: a file where the directory should be" {
	rm -rf "$RECORDS"
	: >"$RECORDS"
	run_container
	expect_tuned
}

@test "records cannot be written: the disk is full" {
	# shellcheck disable=SC2034 # rt reads it
	FULL_DISK=$RECORDS
	run_container
	expect_tuned
}

@test "records cannot be written: no file may be larger than 0 bytes" {
	wrap_hook prlimit --fsize=0
	run_container
	expect_tuned
}

@test "few descriptors" {
	local n
	for n in 3 4 5 6 8 10 12; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$n
		make_bundle_again
		wrap_hook prlimit --nofile=$n
		run_container
	done
}

@test "little memory" {
	local mib
	for mib in 3 4 6 8 16; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$mib
		make_bundle_again
		wrap_hook prlimit --as=$((mib * MIB))
		run_container
	done
}

make_bundle_again() {
	rm -rf "$BUNDLE"
	make_bundle
}

@test "the bundle's config.json is gone when the hook runs" {
	cat >"$T/remove" <<-END
		#!/bin/sh
		mv "$BUNDLE/config.json" "$BUNDLE/config.gone"
		exec "\$@"
	END
	chmod 755 "$T/remove"
	wrap_hook "$T/remove"
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || :
	mv "$BUNDLE/config.gone" "$BUNDLE/config.json"
	cat "$T/err"
	[ -s "$T/out" ]
	expect_untouched
	expect 'skip config-missing' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "the program is exchanged between create and start" {
	create
	cp /bin/busybox "$BUNDLE/rootfs/probe.new"
	mv "$BUNDLE/rootfs/probe.new" "$BUNDLE/rootfs/probe"
	rt start "$ID" </dev/null || :
	wait_for 5 no_tracer
}

@test "on_error fail: what cannot be done stops the container" {
	policy '.on_error = "fail"'
	without_capability sys_admin
	! run_container || false
	wait_for 3 no_tracer
}

@test "on_error fail: a broken drop-in stops the container, too" {
	policy '.on_error = "fail"'
	run_container
	echo '{"version": 1, "profiles": {"mine": {"gogc": "sixty"}}}' >"$ETC/gotune/policy.d/10-mine.json"
	! run_container || false
	policy '.on_error = "continue"'
	run_container
	wait_for 3 no_tracer
}
