#!/usr/bin/env bats
# What an image, or a moment, can do to the hook: odd programs, odd environments, signals and kills
# while the tracer waits, a hook started without its usual descriptors and signals.

load common

# A small C program that prints whether GOMAXPROCS is 1 and ends with status 0. $1: compiler flags.
c_program() {
	cat >"$T/c.c" <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			const char *v = getenv("GOMAXPROCS");
			printf("argc=%d first=%.8s v=%s uid=%d euid=%d\n", argc, argv[0], v ? v : "null", (int)getuid(),
			       (int)geteuid());
			return 0;
		}
	END
	# shellcheck disable=SC2086 # flags
	${CC:-cc} $1 -o "$BUNDLE/rootfs/c" "$T/c.c"
	policy '.select = "all" | .profiles.balanced.gomaxprocs.min = 1'
	edit '.process.args = ["/c"] | .annotations["io.gotune.gomaxprocs"] = "1"'
}

with_libraries() {
	local lib
	for lib in $(ldd "$BUNDLE/rootfs/c" | grep -oE '/[^ ]+'); do
		mkdir -p "$BUNDLE/rootfs${lib%/*}"
		cp -L "$lib" "$BUNDLE/rootfs$lib"
	done
}

@test "a static C program" {
	c_program -static
	run_container
	expect 'argc=1 first=/c v=1 uid=0 euid=0' "$(cat "$T/out")"
}

@test "a static-pie C program" {
	c_program -static-pie
	run_container
	expect 'argc=1 first=/c v=1 uid=0 euid=0' "$(cat "$T/out")"
}

@test "a dynamic C program" {
	c_program ''
	with_libraries
	run_container
	expect 'argc=1 first=/c v=1 uid=0 euid=0' "$(cat "$T/out")"
}

@test "a set-uid program stays set-uid, and is not told more than it should be" {
	c_program -static
	chmod 4755 "$BUNDLE/rootfs/c"
	edit '.process.user = {uid: 1234, gid: 1234} | .process.noNewPrivileges = false'
	run_container
	expect 'argc=1 first=/c v=1 uid=1234 euid=0' "$(cat "$T/out")"
}

@test "a 32-bit program runs as it is, and the record says so" {
	cat >"$T/s.c" <<-'END'
		void _start(void)
		{
			static const char text[] = "ran\n";
			int r;
			__asm__ volatile("int $0x80" : "=a"(r) : "0"(4), "b"(1), "c"(text), "d"(4) : "memory");
			__asm__ volatile("int $0x80" : "=a"(r) : "0"(1), "b"(0));
		}
	END
	${CC:-cc} -m32 -nostdlib -static -fno-pic -no-pie -o "$BUNDLE/rootfs/s" "$T/s.c" 2>/dev/null ||
		skip 'this compiler makes no 32-bit programs'
	"$BUNDLE/rootfs/s" >/dev/null || skip 'this kernel runs no 32-bit programs'
	policy '.select = "all"'
	edit '.process.args = ["/s"] | .annotations["io.gotune.gomaxprocs"] = "1"'
	run_container
	expect ran "$(cat "$T/out")"
	expect null "$(record '[.settings[] | select(.name == "GOMAXPROCS" and .applied == true)] | first')" 'counts as applied'
}

@test "an environment of 100 KB, of 300 KB, and 20000 arguments" {
	local n
	for n in 100 300; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$n
		jq --argjson n $n '.process.env += [range($n) | "BIG_\(.)=" + ("x" * 1000)]' <"$BUNDLE/config.json" >"$T/config.new"
		mv "$T/config.new" "$BUNDLE/config.json"
		run_container
		expect 1 "$(seen .gomaxprocs)" "runtime.GOMAXPROCS with $n KB"
	done
	ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-args
	make_bundle_again
	edit '.process.args += [range(20000) | "a"]'
	run_container
	[ -s "$T/out" ]
}

make_bundle_again() {
	rm -rf "$BUNDLE"
	make_bundle
}

@test "an empty environment, entries without a name or a value" {
	edit '.process.env = []'
	run_container
	expect 1 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
	ID=$ID-2
	make_bundle_again
	edit '.process.env = ["=", "GOMAXPROCS", "=GOMAXPROCS=3", "X=", "GOMAXPROCSX=9"]'
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || skip "$RUNTIME refuses such entries"
	expect 1 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
}

@test "the init is stopped and continued while it waits" {
	create
	wait_for 3 one_tracer
	kill -STOP "$PID"
	sleep 0.2
	grep -qE '^State:.*[Tt] \(' "/proc/$PID/status"
	kill -CONT "$PID"
	start
	expect_tuned
	wait_for 3 no_tracer
}

@test "the init is stopped, the tracer killed: the init can be continued" {
	create
	wait_for 3 one_tracer
	kill -STOP "$PID"
	sleep 0.2
	# shellcheck disable=SC2046 # one number
	kill -9 $(tracer)
	wait_for 3 no_tracer
	kill -CONT "$PID"
	start
}

@test "the container is killed at once after start, many times" {
	local i
	for i in {1..15}; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$i
		create
		rt start "$ID" </dev/null &
		kill -9 "$PID"
		wait $! || :
		rt delete -f "$ID" || :
	done
	wait_for 5 no_tracer
}

# The records of this test's containers go, as poststop says it; with them goes what a killed writer left.
drop_records() {
	local i
	for i in "$@"; do
		jq -n --arg id "gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$i" --arg bundle "$BUNDLE" \
			'{ociVersion: "1.0.2", id: $id, status: "stopped", bundle: $bundle}' |
			"$HOOK" --record-dir "$RECORDS" --log stderr poststop
	done
	expect '' "$(ls -A "$RECORDS/containers")" 'files that are left'
}

@test "the tracer is killed around the exec, many times: the program runs" {
	local i
	for i in {1..15}; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$i
		create
		wait_for 3 one_tracer
		# shellcheck disable=SC2046 # one number
		(sleep "0.00$((i % 10))" && kill -9 $(tracer)) 2>/dev/null &
		start
		wait $! || :
		[ -s "$T/out" ]
	done
	wait_for 3 no_tracer
	drop_records {1..15}
}

# Starts the hook through a script of the test's own, with these words as its last line.
through() {
	printf '#!/bin/bash\n%s\n' "$1" >"$T/through"
	chmod 755 "$T/through"
	edit --arg path "$T/through" --arg hook "$HOOK" '.hooks.createRuntime[0] |= (.path = $path |
		.args = ["through", $hook] + .args[1:] + ["--log", "stderr"])'
}

@test "the hook starts without standard output and standard error" {
	# Two lines of log: the first must not reach a descriptor that took the place of standard error.
	echo '{' >"$ETC/gotune/policy.d/broken.json"
	policy '.'
	# shellcheck disable=SC2016 # for the script
	through 'exec "$@" 1>&- 2>&-'
	run_container
	[ -s "$T/out" ]
	expect gotune.record/1 "$(record .schema)" schema
}

@test "nobody reads the hook's standard error" {
	echo '{' >"$ETC/gotune/policy.d/broken.json"
	# shellcheck disable=SC2016 # for the script
	through 'exec "$@" 2> >(exec 0<&-; sleep 0.2)'
	run_container
	[ -s "$T/out" ]
}

@test "the hook starts with SIGCHLD ignored" {
	# shellcheck disable=SC2016 # for the script
	through 'trap "" CHLD; exec "$@"'
	run_container
	expect_tuned
}

@test "a script is no exchanged program" {
	use_busybox
	printf '#!/bin/sh\nexec /probe\n' >"$BUNDLE/rootfs/script"
	chmod 755 "$BUNDLE/rootfs/script"
	edit '.process.args = ["/script"]'
	run_container
	expect_tuned
	expect '[]' "$(record '.warnings | tostring')" warnings
}

@test "a program that is named like a runtime's helper" {
	local name='memfd:runc_cloned:runc-dmz (deleted)'
	cp "$PROBE" "$BUNDLE/rootfs/$name"
	edit --arg name "/$name" '.process.args = [$name]'
	run_container
	expect_tuned
}

@test "precreate gives back what it cannot edit, and fails only where the policy says so" {
	local rc=0
	jq '.Process = .process' "$BUNDLE/config.json" >"$T/doubled.json"
	"$HOOK" --policy "$ETC/gotune/policy.json" --log none precreate <"$T/doubled.json" >"$T/back.json"
	cmp "$T/doubled.json" "$T/back.json"
	policy '.on_error = "fail"'
	"$HOOK" --policy "$ETC/gotune/policy.json" --log none precreate <"$T/doubled.json" >"$T/back.json" || rc=$?
	expect 1 "$rc" 'status'
	cmp "$T/doubled.json" "$T/back.json"
}

@test "the kill switch works whatever it is made of" {
	local make n=0
	for make in 'touch' 'mkdir' 'mkfifo' 'ln -s /nonexistent' 'ln -s disabled'; do
		rm -rf "$ETC/gotune/disabled"
		$make "$ETC/gotune/disabled"
		mkdir -p "$T/sysroot"
		rm -rf "$T/sysroot/etc"
		cp -a "$ETC" "$T/sysroot/etc"
		"$BUILD/gotune" explain --sysroot "$T/sysroot" --format json "$BUNDLE" >"$T/explained"
		expect 0 "$(jq '[.settings[] | select(.verdict == "set")] | length' "$T/explained")" "settings with $make"
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$((n += 1))
		run_container
		expect_untouched
	done
}

@test "the hook is killed at any moment: the container starts, tuned or untouched" {
	local ms after=(2 3 4 5 6 7 8 10 12 15)
	for ms in "${after[@]}"; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$ms
		make_bundle_again
		# The runtime hears of no failure: what the hook leaves behind is what counts here. The pauses are
		# for crun, which misses the end of a hook when another child of its ends in the same moment.
		# shellcheck disable=SC2016 # for the script
		through "$(printf 'exec 3<&0; "$@" <&3 3<&- & pid=$!; sleep 0.%03d; kill -9 $pid; wait $pid; sleep 0.05; exit 0' "$ms")"
		run_container
		[ "$(seen '(.env.GOMAXPROCS == null) == (.env.GOMEMLIMIT == null)')" = true ]
	done
	wait_for 3 no_tracer
	drop_records "${after[@]}"
}
