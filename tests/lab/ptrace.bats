#!/usr/bin/env bats
# Kernels that say no: without openat2, without PTRACE_GET_SYSCALL_INFO, and Yama in its four
# scopes. The last scope cannot be taken back until the next boot, so this suite is a boot's last.

load common_lab

# The hook, on a kernel that lacks these calls.
without() {
	cp "$BUILD/lab/enosys" "$T/enosys"
	jq --arg e "$T/enosys" --arg hook "$HOOK" '.hooks.createRuntime[0].path = $e
		| .hooks.createRuntime[0].args = (["enosys"] + $ARGS.positional + ["--", $hook] + .hooks.createRuntime[0].args[1:])' \
		--args "$@" <"$BUNDLE/config.json" >"$T/config.new" && mv "$T/config.new" "$BUNDLE/config.json"
}

scope() {
	echo "$1" >/proc/sys/kernel/yama/ptrace_scope
}

has_yama() {
	grep -qw yama /sys/kernel/security/lsm
}

@test "the stand-in for an old kernel works" {
	cp "$BUILD/lab/enosys" "$T/enosys"
	run "$T/enosys" no-such-call -- true
	[ "$status" = 2 ]
	"$T/enosys" openat2 ptrace-info -- true
}

@test "a kernel without openat2: the program is found and tuned" {
	without openat2
	run_container
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
}

@test "a kernel without PTRACE_GET_SYSCALL_INFO: the container starts, and the record says what held" {
	without ptrace-info
	run_container
	expect "$(seen '.env.GOMAXPROCS // "null"')" \
		"$(record '.settings[] | select(.name == "GOMAXPROCS") | if .applied then .value else "null" end')" GOMAXPROCS
}

@test "Yama, ptrace_scope 0" {
	has_yama || skip 'this kernel has no Yama'
	scope 0
	run_container
	expect_tuned
}

@test "Yama, ptrace_scope 1" {
	has_yama || skip 'this kernel has no Yama'
	scope 1
	run_container
	expect_tuned
}

@test "Yama, ptrace_scope 2: root may" {
	has_yama || skip 'this kernel has no Yama'
	scope 2
	run_container
	expect_tuned
}

@test "Yama, ptrace_scope 3: nobody may; the container starts, and the record says why" {
	has_yama || skip 'this kernel has no Yama'
	scope 3
	run_container
	expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" environment
	expect true "$(record '[.. | strings] | any(. == "ptrace-denied")')" 'ptrace-denied in the record'
}

@test "Yama, ptrace_scope 3, by gotune-runtime: it needs no tracer" {
	has_yama || skip 'this kernel has no Yama'
	expect 3 "$(cat /proc/sys/kernel/yama/ptrace_scope)" 'the scope of the test before'
	cp "$BUILD/gotune-runtime" "$T/gotune-runtime"
	edit 'del(.hooks)'
	# shellcheck disable=SC2034 # rt reads it
	RT_COMMAND=(env GOTUNE_RUNTIME="$(command -v "$RUNTIME")" "$T/gotune-runtime")
	run_container
	expect_tuned
}
