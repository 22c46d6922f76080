#!/usr/bin/env bats
# The hook with bad input and no runtime around it: it says in a line what is wrong, exits 0 within
# seconds, and leaves nothing behind.

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
	T=$(mktemp -d)
	mkdir -p "$T/bundle/rootfs" "$T/records"
	# Not the machine's own policy.
	echo '{"version": 1}' >"$T/policy.json"
	config '{ociVersion: "1.0.2", process: {args: ["/nosuch"], cwd: "/", env: []}, root: {path: "rootfs"}, linux: {}}'
}

teardown() {
	rm -rf "$T"
}

config() {
	jq -n "$1" >"$T/bundle/config.json"
}

# A state whose pid is a live process, and no init of a container.
state() {
	jq -n --arg b "$T/bundle" --argjson pid "$$" '{ociVersion: "1.0.2", id: "test-1", status: "creating", pid: $pid, bundle: $b}' |
		jq "${1:-.}"
}

# hook ARGUMENT...: the state is on stdin. Its output is in $output, its status in $status.
hook() {
	run timeout 20 "$BUILD/oci-gotune-hook" --policy "$T/policy.json" --record-dir "$T/records" --log stderr "$@"
	echo "status $status: $output"
}

# expect_calm [TEXT]: exit 0; an error and the decision, a line each at most, with TEXT.
expect_calm() {
	[ "$status" = 0 ]
	[ ${#output} -gt 0 ]
	[ "$(printf '%s\n' "$output" | wc -l)" -le 2 ]
	[ ${#output} -lt 2000 ]
	[[ $output == *"${1:-}"* ]]
	[ -z "$(find "$T/records" -type f ! -name '*.json' ! -name 'counters*' ! -name '*lock*' ! -name 'policy*.cache')" ]
}

reason() {
	jq -r '[.settings[].reason] | unique | join(" ")' "$T/records/containers/test-1.json"
}

@test "nothing on stdin" {
	hook </dev/null
	expect_calm
}

@test "stdin is closed" {
	hook <&-
	[ "$status" = 0 ]
}

@test "stdout and stderr are closed, too" {
	run timeout 20 bash -c '"$@" </dev/null >&- 2>&-' sh "$BUILD/oci-gotune-hook" --record-dir "$T/records" --log stderr
	[ "$status" = 0 ]
}

@test "stdin that never ends its text: the wait is bounded" {
	local began=$SECONDS
	mkfifo "$T/fifo"
	sleep 30 >"$T/fifo" &
	hook <"$T/fifo"
	kill %1 2>/dev/null || :
	[ $((SECONDS - began)) -lt 15 ]
	expect_calm
}

@test "half a JSON" {
	state | head -c 60 >"$T/state"
	hook <"$T/state"
	expect_calm
}

@test "a state that is no object" {
	local text
	for text in '[]' '7' '"x"' 'null' '{}' '{"id": 7}' $'\xff\xfe' '{"id":"a\u0000b"}'; do
		printf '%s' "$text" >"$T/state"
		hook <"$T/state"
		expect_calm
	done
}

@test "an id that would leave the directory of records" {
	local id
	for id in ../../etc/x / . .. a/b .hidden "$(printf '%0300d' 7)"; do
		state ".id = \"$id\"" >"$T/state"
		hook <"$T/state"
		expect_calm
		[ -z "$(find "$T" -newer "$T/state" -type f ! -path "$T/records/containers/*" ! -name 'counters*' ! -name state)" ]
	done
}

@test "a state of 2 MB" {
	state '.annotations = {x: ("y" * 2000000)}' >"$T/state"
	hook <"$T/state"
	expect_calm
}

@test "no config.json" {
	rm "$T/bundle/config.json"
	state >"$T/state"
	hook <"$T/state"
	expect_calm test-1
	[ "$(reason)" = config-missing ]
}

@test "a bundle that is no directory" {
	state '.bundle = "/dev/null"' >"$T/state"
	hook <"$T/state"
	expect_calm test-1
}

@test "config.json is a FIFO, a directory, a device" {
	state >"$T/state"
	rm "$T/bundle/config.json"
	mkfifo "$T/bundle/config.json"
	hook <"$T/state"
	expect_calm test-1
	rm "$T/bundle/config.json"
	mkdir "$T/bundle/config.json"
	hook <"$T/state"
	expect_calm test-1
	rmdir "$T/bundle/config.json"
	ln -s /dev/zero "$T/bundle/config.json"
	hook <"$T/state"
	expect_calm test-1
}

@test "config.json cut off anywhere" {
	local len at
	state >"$T/state"
	cp "$T/bundle/config.json" "$T/whole"
	len=$(stat -c %s "$T/whole")
	for ((at = 0; at < len - 2; at += 17)); do
		head -c "$at" "$T/whole" >"$T/bundle/config.json"
		hook <"$T/state"
		expect_calm test-1
	done
	[ "$(reason)" = config-invalid ]
}

@test "config.json without process, without linux" {
	state >"$T/state"
	config '{ociVersion: "1.0.2", root: {path: "rootfs"}, linux: {}}'
	hook <"$T/state"
	expect_calm test-1
	[ "$(reason)" = config-invalid ]
	config '{ociVersion: "1.0.2", root: {path: "rootfs"}, process: {args: ["/x"], cwd: "/"}}'
	hook <"$T/state"
	expect_calm test-1
}

@test "config.json of 50 MB" {
	local began=$SECONDS
	state >"$T/state"
	{
		printf '{"x": "'
		head -c 50000000 /dev/zero | tr '\0' y
		echo '"}'
	} >"$T/bundle/config.json"
	hook <"$T/state"
	expect_calm test-1
	[ $((SECONDS - began)) -lt 5 ]
	[ "$(reason)" = config-invalid ]
}

@test "config.json that nests a million deep" {
	state >"$T/state"
	head -c 1000000 /dev/zero | tr '\0' '[' >"$T/bundle/config.json"
	hook <"$T/state"
	expect_calm test-1
	[ "$(reason)" = config-invalid ]
}

@test "config.json with a doubled or case-variant key" {
	state >"$T/state"
	echo '{"process": {"args": ["/a"]}, "process": {"args": ["/b"]}, "linux": {}}' >"$T/bundle/config.json"
	hook <"$T/state"
	expect_calm test-1
	[ "$(reason)" = config-invalid ]
	echo '{"process": {"args": ["/a"], "Env": ["GOMAXPROCS=1"], "env": []}, "linux": {}}' >"$T/bundle/config.json"
	hook <"$T/state"
	expect_calm test-1
	[ "$(reason)" = config-invalid ]
}

@test "config.json with invalid UTF-8, and numbers beyond 64 bits" {
	state >"$T/state"
	printf '{"process": {"args": ["/\xff\xc0x"], "env": ["A=\xed\xa0\x80"]}, "linux": {}}' >"$T/bundle/config.json"
	hook <"$T/state"
	expect_calm test-1
	printf '{"process": {"args": ["/x"], "env": []}, "linux": {"resources": {"cpu": {"quota": 99999999999999999999999999, "period": -1e400}}}}' \
		>"$T/bundle/config.json"
	hook <"$T/state"
	expect_calm test-1
}

@test "a pid that is no init is not touched" {
	local pid own before
	sleep 30 &
	pid=$!
	# Its cgroup is ours: not the container's, and not to be written to.
	own=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)/memory.swappiness
	before=$(cat "$own" 2>/dev/null) || own=
	echo '{"version": 1, "profiles": {"balanced": {"swappiness": 7}}}' >"$T/policy.json"
	config '{ociVersion: "1.0.2", process: {args: ["/nosuch"], cwd: "/", env: []}, root: {path: "rootfs"},
		linux: {resources: {memory: {limit: 536870912}}}}'
	cp "$BUILD/e2e/probe" "$T/bundle/rootfs/nosuch" 2>/dev/null || skip 'no Go program was built: make check'
	state ".pid = $pid" >"$T/state"
	hook <"$T/state"
	[ "$status" = 0 ]
	[ "$(awk '$1 == "TracerPid:" { print $2 }' "/proc/$pid/status")" = 0 ]
	[ "$(jq -r '.settings[] | select(.name == "GOMEMLIMIT").reason' "$T/records/containers/test-1.json")" = not-an-init ]
	kill "$pid"
	if [ -n "$own" ] && [ "$(cat "$own")" != "$before" ]; then
		echo "memory.swappiness of the caller's own cgroup became $(cat "$own")"
		echo "$before" >"$own"
		return 1
	fi
}

@test "a pid that is gone, zero, negative or beyond what a pid can be" {
	local pid
	for pid in 0 -1 1e30 4194305 99999999999999999999; do
		state | sed "s/\"pid\": [0-9]*/\"pid\": $pid/" >"$T/state"
		hook <"$T/state"
		expect_calm
	done
}

@test "a policy that cannot be read, or is a directory" {
	state >"$T/state"
	rm "$T/policy.json"
	mkdir "$T/policy.json"
	hook <"$T/state"
	[ "$status" = 0 ]
	[ "$(reason)" = policy-broken ]
}

@test "a directory of records that cannot be made" {
	state >"$T/state"
	rm -rf "$T/records"
	: >"$T/records"
	hook <"$T/state"
	[ "$status" = 0 ]
}

@test "a directory of records that is a link is refused" {
	state >"$T/state"
	mkdir "$T/elsewhere"
	ln -s "$T/elsewhere" "$T/records/containers"
	hook <"$T/state"
	[ "$status" = 0 ]
	[ -z "$(ls "$T/elsewhere")" ]
}

@test "on_error fail: an error stops the container" {
	echo '{"version": 1, "on_error": "fail"}' >"$T/policy.json"
	rm "$T/bundle/config.json"
	state >"$T/state"
	hook <"$T/state"
	[ "$status" != 0 ]
}

@test "a stopped container's state removes the record, also without the word poststop" {
	state >"$T/state"
	hook <"$T/state"
	[ -e "$T/records/containers/test-1.json" ]
	state '.status = "stopped" | .pid = 0' >"$T/state"
	hook <"$T/state"
	[ "$status" = 0 ]
	[ ! -e "$T/records/containers/test-1.json" ]
}

@test "a container that is restored from a checkpoint is left alone, and so is its record" {
	state >"$T/state"
	hook <"$T/state"
	cp "$T/records/containers/test-1.json" "$T/before"
	# As runc says it: stopped, with a process.
	state '.status = "stopped"' >"$T/state"
	hook <"$T/state"
	expect_calm 'test-1: restored from a checkpoint'
	cmp "$T/before" "$T/records/containers/test-1.json"
	# One that has ended is no process.
	state '.status = "stopped" | .pid = 4194303' >"$T/state"
	hook <"$T/state"
	[ ! -e "$T/records/containers/test-1.json" ]
}

@test "poststop of a container that was never seen" {
	state '.status = "stopped" | .pid = 0' >"$T/state"
	hook poststop <"$T/state"
	[ "$status" = 0 ]
}

@test "an unknown stage or option does not stop a container" {
	state >"$T/state"
	hook nosuchstage <"$T/state"
	[ "$status" = 0 ]
	hook --nosuchoption <"$T/state"
	[ "$status" = 0 ]
}

# A copy of the hook, and a bundle whose entrypoint is a script.
script_bundle() {
	mkdir -p "$T/bin" "$T/bundle/rootfs/bin"
	chmod 755 "$T" "$T/bin"
	cp "$BUILD/oci-gotune-hook" "$T/bin/"
	printf '#!/bin/sh\nexec /srv\n' >"$T/bundle/rootfs/entry.sh"
	chmod 755 "$T/bundle/rootfs/entry.sh"
	cp /bin/true "$T/bundle/rootfs/bin/sh"
	config "{ociVersion: \"1.0.2\", process: {args: [\"/entry.sh\"], cwd: \"/\", env: []}, root: {path: \"$T/bundle/rootfs\"},
		linux: {cgroupsPath: \"/x/libpod-$(printf '%064d' 7)\"}, hooks: {createRuntime: [{path: \"/bin/true\"}], poststop: []}}"
}

precreate() {
	timeout 20 "$T/bin/oci-gotune-hook" --record-dir "$T/records" --log none "$@" precreate <"$T/bundle/config.json" >"$T/out.json"
}

@test "precreate of a script: our own hook is added, called as this one was" {
	script_bundle
	precreate --policy "$T/policy.json" --profile balanced
	[ "$(jq -c '.hooks.createRuntime[1]' "$T/out.json")" = "$(jq -nc --arg t "$T" '{path: ($t + "/bin/oci-gotune-hook"),
		args: ["oci-gotune-hook", "--policy", ($t + "/policy.json"), "--record-dir", ($t + "/records"), "--profile", "balanced",
		"--log", "none"], timeout: 10}')" ]
	[ "$(jq -S 'del(.hooks.createRuntime[1])' "$T/out.json")" = "$(jq -S . "$T/bundle/config.json")" ]
	# Once more: it is there.
	cp "$T/out.json" "$T/bundle/config.json"
	precreate --policy "$T/policy.json" --profile balanced
	cmp "$T/bundle/config.json" "$T/out.json"
}

@test "precreate of a script: no hook where others may write to it, or that is opted out; the record says why" {
	script_bundle
	local record
	chmod o+w "$T/bin/oci-gotune-hook"
	precreate --policy "$T/policy.json"
	cmp "$T/bundle/config.json" "$T/out.json"
	record=$(echo "$T"/records/containers/*.json)
	[ "$(jq -r '[.settings[].reason] | unique | join(" ")' "$record")" = program-unknown ]
	[ "$(jq -r .program.note "$record")" = at-exec ]
	jq -r .message "$record" | grep -q 'our hook'
	chmod o-w "$T/bin/oci-gotune-hook"
	jq '.annotations["io.gotune.enable"] = "false"' "$T/bundle/config.json" >"$T/new.json"
	mv "$T/new.json" "$T/bundle/config.json"
	precreate --policy "$T/policy.json"
	cmp "$T/bundle/config.json" "$T/out.json"
	[ "$(jq -r '[.settings[].reason] | unique | join(" ")' "$record")" = opted-out ]
}

@test "precreate of a script: hooks that two runtimes would read differently are left alone" {
	local hooks
	script_bundle
	for hooks in '{"hooks": {}, "Hooks": {}' '{"hooks": {"createRuntime": [], "createruntime": []}' \
		'{"hooks": {"createRuntime": [{"path": "/x", "Path": "/y"}]}' '{"hooks": {"createR\u0075ntime": []}' '{"hooks": []' \
		'{"hooks": {"createRuntime": [{"path": "/x"}]}'; do
		config "{process: {args: [\"/entry.sh\"], cwd: \"/\"}, root: {path: \"$T/bundle/rootfs\"}, linux: {}}"
		sed -i "1s|^{|$(printf '%s' "$hooks" | sed 's|\\|\\\\|g'),|" "$T/bundle/config.json"
		precreate --policy "$T/policy.json"
		[[ $hooks != *'"/x"}]}' || $hooks == *Path* ]] || break # the last: nothing is wrong with it
		cmp "$T/bundle/config.json" "$T/out.json" || { echo "$hooks"; false; }
	done
	[ "$(jq '.hooks.createRuntime | length' "$T/out.json")" = 2 ]
}
