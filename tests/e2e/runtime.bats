#!/usr/bin/env bats
# gotune-runtime in the place of the runtime: it edits what the runtime will read and becomes the
# runtime. No hook is registered here.
# shellcheck disable=SC2034 # rt reads RT_COMMAND

load common

setup() {
	common_setup
	[ -n "${T:-}" ] || return 0
	WRAPPER=$T/gotune-runtime
	cp "$BUILD/gotune-runtime" "$WRAPPER"
	edit 'del(.hooks)'
	use_wrapper "$(command -v "$RUNTIME")"
}

teardown() {
	common_teardown || return 1
	[ -z "${POD:-}" ] || find /sys/fs/cgroup -depth -type d -path "*/$POD*" -exec rmdir {} + 2>/dev/null || :
}

# The wrapper, with the real runtime REAL, or with the one that it finds.
use_wrapper() {
	RT_COMMAND=("$WRAPPER")
	[ -z "${1:-}" ] || RT_COMMAND=(env GOTUNE_RUNTIME="$1" "$WRAPPER")
}

fails() {
	! "$@"
}

# What the runtime itself says to the same arguments.
plain() {
	local RT_COMMAND
	RT_COMMAND=("$(command -v "$RUNTIME")")
	rt "$@"
}

gotune() {
	"$BUILD/gotune" "$@" --record-dir "$RECORDS"
}

# A process document as engines write it for `exec`: the image's environment, and these entries.
process_file() {
	jq -n '{terminal: false, user: {uid: 0, gid: 0}, cwd: "/", args: ["/probe"],
		env: (["PATH=/bin"] + $ARGS.positional)}' --args "$@" >"$T/process.json"
}

# Runs it in the container; its report is in $T/exec.out.
exec_process() {
	rt exec --process "${1:-$T/process.json}" "$ID" </dev/null >"$T/exec.out" 2>"$T/exec.err" || {
		cat "$T/exec.err"
		return 1
	}
}

seen_by_exec() {
	jq -r "$1" "$T/exec.out"
}

sleeper() {
	edit '.process.args = ["/probe", "-sleep", "30"]'
	run_detached
}

@test "run: the program sees what was decided, and the record says so" {
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 4096}]'
	run_container
	expect_tuned
	expect 5001 "$(seen .somaxconn)" 'net.core.somaxconn'
	expect '4096 4096' "$(seen '"\(.nofile_soft) \(.nofile_hard)"')" 'RLIMIT_NOFILE'
	expect create "$(record .stage)" stage
	expect_setting GOMAXPROCS 'set cpu-quota 1'
	expect_setting GOMEMLIMIT 'set memory-limit 460MiB'
	expect 0 "$(record '[.settings[] | select(.verdict == "set" and .applied != true)] | length')" 'rows that were not applied'
	expect '1 1 0' "$(gotune list --format json | jq -r '.counters | "\(.decided) \(.tuned) \(.failed)"')" 'counters'
}

@test "run: nothing else of config.json changes, nor its owner and mode" {
	local before after
	chmod 640 "$BUNDLE/config.json"
	chown 0:12 "$BUNDLE/config.json"
	before=$(jq -S 'del(.process.env, .process.rlimits, .linux.sysctl, .linux.resources.memory.swappiness)' "$BUNDLE/config.json")
	run_container
	after=$(jq -S 'del(.process.env, .process.rlimits, .linux.sysctl, .linux.resources.memory.swappiness)' "$BUNDLE/config.json")
	expect "$before" "$after" config.json
	expect '640 0 12' "$(stat -c '%a %u %g' "$BUNDLE/config.json")" 'mode and owner'
	expect config.json "$(cd "$BUNDLE" && find . -maxdepth 1 -type f -printf '%f\n')" 'files in the bundle'
}

@test "run again: what was set stays, nothing is doubled" {
	run_container
	rt delete "$ID" 2>/dev/null || :
	run_container
	expect_tuned
	expect '[]' "$(seen '.doubled | tostring')" 'doubled names'
}

@test "create and start: the record leads to the process by its pid file" {
	edit '.process.args = ["/probe", "-sleep", "30"]'
	create
	start
	expect_tuned
	expect "$T/pid" "$(record .pid_file)" 'pid file'
	expect "$PID false" "$(gotune list --format json | jq -r '.containers[0] | "\(.pid) \(.gone)"')" 'gotune list'
	kill -9 "$PID"
	wait_for 5 not_running "$PID"
	expect '0 1' "$(gotune list --format json | jq -r '"\(.containers | length) \(.removed)"')" 'gotune list after its end'
}

not_running() {
	! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

@test "run in the foreground: the record lasts as long as the runtime" {
	edit '.process.args = ["/probe", "-sleep", "2"]'
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- &
	local job=$!
	wait_for 10 reported
	expect 1 "$(gotune list --format json | jq '.containers | length')" 'records while it runs'
	wait "$job"
	expect 0 "$(gotune list --format json | jq '.containers | length')" 'records after its end'
}

@test "sysctls: only what a new namespace has, and only raised; found out once" {
	policy '.profiles.balanced.sysctl = {"net.core.somaxconn": "5001", "net.ipv4.gotune_no_such": "1",
		"net.ipv4.tcp_max_syn_backlog": "1", "kernel.msgmax": "100000"}'
	run_container
	expect 5001 "$(seen .somaxconn)" 'net.core.somaxconn'
	expect_setting net.ipv4.gotune_no_such 'skip no-such-sysctl null'
	expect_setting net.ipv4.tcp_max_syn_backlog 'keep already-higher null'
	expect_setting kernel.msgmax 'set profile 100000'
	expect 8192 "$(record '.settings[] | select(.name == "kernel.msgmax") | .before')" 'a new kernel.msgmax'
	expect "$(printf 'net.core.somaxconn\n')" "$(grep -x 'net.core.somaxconn' "$RECORDS/fresh-sysctls")" 'what is kept'
	# The host's value is the one that it was found with: what is kept is believed.
	sed -i '/^kernel.msgmax$/{n;n;s/.*/+100001/}' "$RECORDS/fresh-sysctls"
	rt delete "$ID" 2>/dev/null || :
	edit 'del(.linux.sysctl)'
	run_container
	expect_setting kernel.msgmax 'keep already-higher null'
	# Another host value: it is asked again.
	sed -i '/^kernel.msgmax$/{n;s/.*/1/}' "$RECORDS/fresh-sysctls"
	rt delete "$ID" 2>/dev/null || :
	edit 'del(.linux.sysctl)'
	run_container
	expect_setting kernel.msgmax 'set profile 100000'
}

@test "a user namespace: only sysctls that its network namespace has" {
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .mounts |= map(select(.type != "cgroup"))'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$T" "$BUNDLE"
	run_container
	expect_tuned
	# Linux 6.1 has no net.core there, and a runtime that is told to set it does not start the container.
	case $(setting net.core.somaxconn) in
	'skip no-such-sysctl null') expect '' "$(seen .somaxconn)" net.core.somaxconn ;;
	*) expect '5001 set profile 5001' "$(seen .somaxconn) $(setting net.core.somaxconn)" net.core.somaxconn ;;
	esac
	[ "$(grep -c '^user:' "$RECORDS/fresh-sysctls")" = 1 ]
}

@test "sysctls: what is kept of them is garbage, or cannot be kept" {
	head -c 3000 /dev/urandom >"$RECORDS/fresh-sysctls"
	run_container
	expect 5001 "$(seen .somaxconn)" 'net.core.somaxconn'
	rm "$RECORDS/fresh-sysctls"
	mkdir "$RECORDS/fresh-sysctls"
	rt delete "$ID" 2>/dev/null || :
	edit 'del(.linux.sysctl)'
	run_container
	expect 5001 "$(seen .somaxconn)" 'net.core.somaxconn'
}

@test "sysctls: the host's network is not touched" {
	local host
	host=$(cat /proc/sys/net/core/somaxconn)
	edit '.linux.namespaces |= map(select(.type != "network"))'
	run_container
	expect "$host" "$(seen .somaxconn)" 'net.core.somaxconn'
	expect_setting net.core.somaxconn 'skip host-namespace null'
}

# An entrypoint that is a script: what it runs, its exec tells. The container's exit status is 7.
script_entrypoint() {
	use_busybox
	printf '#!/bin/sh\n/probe >/dev/null\n"$@"\nexit 7\n' >"$BUNDLE/rootfs/entry.sh"
	chmod 755 "$BUNDLE/rootfs/entry.sh"
	edit '.process.args = ["/entry.sh", "/probe"]'
}

# Runs it; STATUS is how it ended.
run_script() {
	STATUS=0
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || STATUS=$?
}

# What of our hooks the bundle has that the runtime got, one a line: stage, path, arguments, timeout, environment.
our_hooks() {
	jq -r '.hooks // {} | to_entries[] | .key as $stage | .value[]? | select(.path | endswith("/oci-gotune-hook"))
		| "\($stage) \(.path) \(.args | join(" ")) \(.timeout) \(.env)"' "$BUNDLE/config.json"
}

@test "a script as entrypoint: our hook goes into config.json, and decides when the program runs" {
	script_entrypoint
	edit '.hooks.createRuntime = [{path: "/bin/true", args: ["true"], timeout: 3}] | .hooks.poststop = [{path: "/bin/true"}]'
	cp "$BUNDLE/config.json" "$T/before.json"
	run_script
	expect 7 "$STATUS" 'exit status'
	expect "createRuntime $HOOK oci-gotune-hook --log syslog 10 null" "$(our_hooks)" 'our hooks'
	expect '/bin/true' "$(jq -r '.hooks.createRuntime[0].path' "$BUNDLE/config.json")" 'the first hook'
	expect "$(jq -S . "$T/before.json")" "$(jq -S 'del(.hooks.createRuntime[1])' "$BUNDLE/config.json")" 'the rest of config.json'
	# It was called: it wrote its own record over the one of create.
	expect prestart "$(record .stage)" stage
	expect 1 "$(gotune list --format json | jq .counters.decided)" 'decisions counted'
	rt delete "$ID" 2>/dev/null || :
	gotune list >/dev/null # removes the record of one that is gone, where runtimes know no delete after run
	[ ! -e "$RECORDS/containers/$ID.json" ]
}

@test "a script as entrypoint: before the container is there, the record says that it is decided at the exec" {
	script_entrypoint
	# A hook that fails: ours, behind it, is not reached.
	edit '.hooks.createRuntime = [{path: "/bin/false", args: ["false"]}]'
	run_script
	[ "$STATUS" != 0 ]
	expect create "$(record .stage)" stage
	expect_setting GOMAXPROCS 'skip at-exec null'
	expect_setting net.core.somaxconn 'skip at-exec null'
	expect at-exec "$(record .program.note)" note
	expect '1 0 0' "$(gotune list --format json | jq -r '.counters | "\(.decided) \(.tuned) \(.failed)"')" 'counters'
}

@test "a script as entrypoint: what needs no program is set at once, and the last record says that we set it" {
	script_entrypoint
	annotate io.gotune.enable true
	edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 4096}]'
	run_script
	expect 7 "$STATUS" 'exit status'
	expect "createRuntime $HOOK oci-gotune-hook --log syslog 10 null" "$(our_hooks)" 'our hooks'
	expect 5001 "$(jq -r '.linux.sysctl["net.core.somaxconn"]' "$BUNDLE/config.json")" 'the sysctl in config.json'
	expect null "$(jq -r '.process.env | map(select(startswith("GOMAXPROCS"))) | first' "$BUNDLE/config.json")" 'GOMAXPROCS in config.json'
	expect '5001 4096' "$(seen '"\(.somaxconn) \(.nofile_soft)"')" 'what the program got'
	expect prestart "$(record .stage)" stage
	expect_setting net.core.somaxconn 'set profile 5001'
	expect_setting RLIMIT_NOFILE 'set profile 4096'
	expect 'true true' "$(record '[.settings[] | select(.name == "net.core.somaxconn" or .name == "RLIMIT_NOFILE") | .applied | tostring] | join(" ")')" 'applied'
	expect 512 "$(record '.settings[] | select(.name == "RLIMIT_NOFILE") | .before')" 'what was there before'
	gotune show "$ID" | tr -s ' \n' ' ' | grep -q 'net.core.somaxconn applied 5001'
	gotune show "$ID" | tr -s ' \n' ' ' | grep -q 'in config.json since before the container was created'
	expect '1 1 0' "$(gotune list --format json | jq -r '.counters | "\(.decided) \(.tuned) \(.failed)"')" 'counters'
}

@test "a script as entrypoint, created and started: the record goes with delete" {
	script_entrypoint
	edit '.process.args = ["/entry.sh", "/bin/sleep", "30"]'
	create
	# A container that is not started yet gets its record a moment later.
	wait_for 3 eval '[ "$(record .stage)" = prestart ]'
	rt start "$ID" </dev/null
	fails rt delete "$ID" 2>/dev/null
	[ -e "$RECORDS/containers/$ID.json" ]
	rt kill "$ID" KILL
	wait_for 5 not_running "$PID"
	rt delete "$ID"
	[ ! -e "$RECORDS/containers/$ID.json" ]
}

@test "a script as entrypoint, run again: no second hook; nor where a hook of ours is there already" {
	script_entrypoint
	run_script
	rt delete "$ID" 2>/dev/null || :
	cp "$BUNDLE/config.json" "$T/before.json"
	run_script
	expect 7 "$STATUS" 'exit status'
	cmp "$T/before.json" "$BUNDLE/config.json"
	expect prestart "$(record .stage)" stage
	for stage in createRuntime prestart; do
		rt delete "$ID" 2>/dev/null || :
		edit --arg hook "$HOOK" --arg stage "$stage" '.hooks = {($stage): [{path: $hook, timeout: 20,
			args: ["oci-gotune-hook", "--record-dir", "/run/gotune"]}, {path: "/bin/true"}]}'
		cp "$BUNDLE/config.json" "$T/before.json"
		run_script
		expect 7 "$STATUS" "exit status with one in $stage"
		cmp "$T/before.json" "$BUNDLE/config.json"
		expect prestart "$(record .stage)" stage
	done
}

@test "a program that is certain gets no hook: itself, or through a launcher that is known" {
	run_container
	expect '' "$(our_hooks)" 'our hooks'
	expect create "$(record .stage)" stage
	rt delete "$ID" 2>/dev/null || :
	use_busybox
	edit '.process.env |= map(select(startswith("GOM") | not)) | .process.args = ["/bin/env", "A=1", "/probe"]'
	run_container
	expect '' "$(our_hooks)" 'our hooks'
	expect_tuned
}

@test "a script as entrypoint, audit: the hook is added, which only records; off and opted out: nothing" {
	script_entrypoint
	policy '.mode = "audit"'
	run_script
	expect 7 "$STATUS" 'exit status'
	expect "createRuntime $HOOK oci-gotune-hook --log syslog 10 null" "$(our_hooks)" 'our hooks'
	expect 'prestart audit' "$(record '"\(.stage) \(.mode)"')" 'stage and mode'
	expect_untouched
	for policy in '.mode = "off"' '.select = "annotated"' '.annotations.allow = ["enable"]'; do
		rt delete "$ID" 2>/dev/null || :
		edit 'del(.hooks)'
		policy "$policy"
		[[ $policy != *allow* ]] || annotate io.gotune.enable false
		cp "$BUNDLE/config.json" "$T/before.json"
		run_script
		expect 7 "$STATUS" "exit status with $policy"
		cmp "$T/before.json" "$BUNDLE/config.json"
		expect create "$(record .stage)" stage
	done
	policy '.'
	edit 'del(.annotations)'
	touch "$ETC/gotune/disabled"
	cp "$BUNDLE/config.json" "$T/before.json"
	rt delete "$ID" 2>/dev/null || :
	run_script
	expect 7 "$STATUS" 'exit status with the kill switch'
	cmp "$T/before.json" "$BUNDLE/config.json"
}

@test "a script as entrypoint, but no hook that may be named: the container starts, and the record says so" {
	script_entrypoint
	annotate io.gotune.enable true
	for break in 'chmod o+w' 'chown 12345' 'rm'; do
		$break "$HOOK"
		edit 'del(.hooks, .linux.sysctl, .process.rlimits)'
		run_script
		expect 7 "$STATUS" "exit status after $break"
		expect '' "$(our_hooks)" "our hooks after $break"
		expect 5001 "$(seen .somaxconn)" 'what needs no program'
		expect_setting GOMAXPROCS 'skip program-unknown null'
		expect 'at-exec create' "$(record '"\(.program.note) \(.stage)"')" 'note and stage'
		record .message | grep -q 'our hook'
		rt delete "$ID" 2>/dev/null || :
		[ ! -e "$HOOK" ] || { chmod 755 "$HOOK" && chown 0 "$HOOK"; }
	done
}

@test "a script as entrypoint and a read-only bundle: nothing awaits the exec" {
	script_entrypoint
	READ_ONLY=$BUNDLE run_script
	expect 7 "$STATUS" 'exit status'
	expect_setting GOMAXPROCS 'skip program-unknown null'
	expect '1 0 1' "$(gotune list --format json | jq -r '.counters | "\(.decided) \(.tuned) \(.failed)"')" 'counters'
}

@test "registered twice, as runtime and as hook: the earlier decision and its record stand" {
	edit --arg hook "$HOOK" '.hooks.createRuntime = [{path: $hook, timeout: 20,
		args: ["oci-gotune-hook", "--record-dir", "/run/gotune"]}]'
	run_container
	expect_tuned
	expect '[]' "$(seen '.doubled | tostring')" 'doubled names'
	expect create "$(record .stage)" stage
	expect_setting GOMAXPROCS 'set cpu-quota 1'
}

@test "registered twice: a record of another run does not keep the hook from deciding" {
	run_container
	expect create "$(record .stage)" 'stage of the run before'
	edit --arg hook "$HOOK" '.process.env |= map(select(startswith("GOM") | not)) | .hooks.createRuntime = [{path: $hook,
		timeout: 20, args: ["oci-gotune-hook", "--record-dir", "/run/gotune"]}]'
	# Only the hook now, where the wrapper's records are.
	RT_COMMAND=("$(command -v "$RUNTIME")")
	run_container
	expect_tuned
	expect prestart "$(record .stage)" stage
}

@test "a program that a mount brings: the init that an engine adds, a directory of the host's" {
	mkdir -p "$T/app/bin" "$BUNDLE/rootfs/sbin"
	mv "$BUNDLE/rootfs/probe" "$T/app/bin/probe"
	cp /bin/busybox "$T/docker-init" # a stand-in: it is never run
	edit --arg t "$T" '.process.args = ["/srv/bin/probe"] | .mounts += [
		{destination: "/srv", type: "bind", source: ($t + "/app"), options: ["rbind", "ro"]}]'
	run_container
	expect_tuned
	rt delete "$ID" 2>/dev/null || :
	edit --arg t "$T" '.process.env |= map(select(startswith("GOM") | not)) |
		.process.args = ["/sbin/docker-init", "--", "/srv/bin/probe"] | .mounts += [
		{destination: "/sbin/docker-init", type: "bind", source: ($t + "/docker-init"), options: ["bind", "ro"]}]'
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || :
	expect '/srv/bin/probe docker-init; ' "$(record '.program | "\(.path) \(.via)"')" 'program and launcher'
	expect_setting GOMAXPROCS 'set cpu-quota 1'
}

@test "a namespace that is joined: the container's own gets the sysctl, the host's does not" {
	local host ns="$T/netns" before
	host=$(cat /proc/sys/net/core/somaxconn)
	touch "$ns"
	unshare --net="$ns" true
	edit --arg ns "$ns" '.linux.namespaces |= map(if .type == "network" then .path = $ns else . end)'
	run_container || { umount "$ns"; false; }
	before=$(record '.settings[] | select(.name == "net.core.somaxconn") | .before')
	rt delete "$ID" 2>/dev/null || :
	edit 'del(.linux.sysctl)'
	expect 5001 "$(seen .somaxconn)" 'net.core.somaxconn'
	# The second container of a pod: it is raised already.
	run_container || { umount "$ns"; false; }
	expect_setting net.core.somaxconn 'keep already-higher null'
	umount "$ns"
	[ "$before" != 5001 ]
	rt delete "$ID" 2>/dev/null || :
	edit --arg ns "/proc/$$/ns/net" '.linux.namespaces |= map(if .type == "network" then .path = $ns else . end)'
	run_container
	expect_setting net.core.somaxconn 'skip host-namespace null'
	expect "$host" "$(cat /proc/sys/net/core/somaxconn)" "the host's somaxconn"
	rt delete "$ID" 2>/dev/null || :
	touch "$ns.file"
	edit --arg ns "$ns.file" '.linux.namespaces |= map(if .type == "network" then .path = $ns else . end)'
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" || :
	expect_setting net.core.somaxconn 'skip namespace-unknown null'
}

# A cgroup of the test's own with a quota of 1.5 CPUs and 256 MiB, as a pod's: POD.
make_pod_cgroup() {
	local cpu=/sys/fs/cgroup/cpu/$1 memory=/sys/fs/cgroup/memory/$1
	POD=$1
	if [ "$CGROUPS" = v2 ]; then
		mkdir "/sys/fs/cgroup/$1"
		echo '150000 100000' >"/sys/fs/cgroup/$1/cpu.max"
		echo $((256 * MIB)) >"/sys/fs/cgroup/$1/memory.max"
		return
	fi
	mkdir "$cpu" "$memory"
	echo 150000 >"$cpu/cpu.cfs_quota_us"
	echo $((256 * MIB)) >"$memory/memory.limit_in_bytes"
}

@test "the limits of a pod: decided before the container is there as the hook decides in it" {
	has_cgroup || skip "$RUNTIME makes no cgroup on a $CGROUPS machine"
	local before
	make_pod_cgroup "gotune-pod-$$-$BATS_TEST_NUMBER"
	edit --arg path "/$POD/$ID" 'del(.linux.resources) | .linux.cgroupsPath = $path'
	policy '.profiles.balanced.gomaxprocs.max = 7'
	run_container
	before=$(record '[.settings[] | select(.kind == "env") | [.name, .verdict, .reason, .value]]')
	expect_setting GOMEMLIMIT 'set ancestor-memory 230MiB'
	expect "/$POD 150000" "$(record '.facts.levels[1] | "\(.path) \(.quota_us)"')" "the pod's level"
	rt delete "$ID" 2>/dev/null || :
	edit --arg hook "$HOOK" '.process.env |= map(select(startswith("GOM") | not)) | .hooks.createRuntime = [{path: $hook,
		timeout: 20, args: ["oci-gotune-hook", "--record-dir", "/run/gotune"]}]'
	RT_COMMAND=("$(command -v "$RUNTIME")")
	run_container
	expect prestart "$(record .stage)" stage
	expect "$before" "$(record '[.settings[] | select(.kind == "env") | [.name, .verdict, .reason, .value]]')" 'the decisions'
}

@test "exec: the process sees the same variables" {
	sleeper
	process_file
	exec_process
	expect '1 460MiB' "$(seen_by_exec '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" "the process's environment"
	expect 1 "$(seen_by_exec .gomaxprocs)" 'its runtime.GOMAXPROCS'
}

@test "exec: what the user gave it is kept" {
	sleeper
	process_file GOMAXPROCS=7 GOMEMLIMIT=
	exec_process
	expect '7 ' "$(seen_by_exec '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" "the process's environment"
}

@test "exec: GODEBUG of the image is replaced by the merged one, another is kept" {
	policy '.profiles.balanced.godebug = ["gctrace=1"]'
	add_env GODEBUG=netdns=go
	sleeper
	expect netdns=go,gctrace=1 "$(seen .env.GODEBUG)" "the container's GODEBUG"
	process_file GODEBUG=netdns=go
	exec_process
	expect netdns=go,gctrace=1 "$(jq -Rr 'fromjson? | .env.GODEBUG' "$T/exec.out")" "the process's GODEBUG"
	process_file GODEBUG=netdns=cgo
	exec_process
	expect netdns=cgo "$(seen_by_exec .env.GODEBUG)" "the process's own GODEBUG"
}

@test "exec: a container that was not tuned, the kill switch, a process file on a pipe or behind a link" {
	sleeper
	process_file
	cp "$T/process.json" "$T/before.json"
	ln -s process.json "$T/link.json"
	exec_process "$T/link.json"
	expect null "$(seen_by_exec .env.GOMAXPROCS)" 'behind a link'
	[ -L "$T/link.json" ]
	cmp "$T/before.json" "$T/process.json"

	mkfifo "$T/pipe"
	cat "$T/process.json" >"$T/pipe" &
	exec_process "$T/pipe"
	expect null "$(seen_by_exec .env.GOMAXPROCS)" 'on a pipe'
	[ -p "$T/pipe" ]

	for make in 'touch' 'mkdir' 'ln -s /nonexistent' 'ln -s disabled'; do
		$make "$ETC/gotune/disabled"
		exec_process
		expect null "$(seen_by_exec .env.GOMAXPROCS)" "with the kill switch made by $make"
		rm -rf "$ETC/gotune/disabled"
	done

	rm "$RECORDS/containers/$ID.json"
	exec_process
	expect null "$(seen_by_exec .env.GOMAXPROCS)" 'without a record'
	cmp "$T/before.json" "$T/process.json"
}

@test "exec: a process file that is no JSON reaches the runtime as it is" {
	sleeper
	echo '{"args": [' >"$T/process.json"
	fails exec_process
	expect '{"args": [' "$(cat "$T/process.json")" 'the process file'
}

@test "exec of a command passes through, with its exit status" {
	use_busybox
	sleeper
	local rc=0
	rt exec "$ID" /bin/sh -c 'echo "$GOMAXPROCS"; exit 7' </dev/null >"$T/exec.out" 2>"$T/exec.err" || rc=$?
	expect 7 "$rc" 'exit status'
	expect 1 "$(cat "$T/exec.out")" GOMAXPROCS
}

@test "update: the record and gotune list say that the limits drifted" {
	sleeper
	rt update --pids-limit 100 "$ID" >/dev/null 2>&1 || :
	expect null "$(record .drifted_at)" 'drift by what no decision rests on'
	echo '{"cpu": {"quota": 80000, "period": 100000}}' | rt update --resources=- "$ID" 2>"$T/err" || ! has_cgroup
	[ "$(record .drifted_at)" != null ]
	gotune list | grep -q 'limits were changed'
	gotune show "$ID" | grep -q '^Drifted'
}

@test "delete: the record goes with the container, and not before" {
	sleeper
	fails rt delete "$ID" 2>/dev/null
	[ -e "$RECORDS/containers/$ID.json" ]
	rt kill "$ID" KILL
	wait_for 5 not_running "$PID"
	rt delete "$ID"
	[ ! -e "$RECORDS/containers/$ID.json" ]
}

@test "delete --force: the record goes at once" {
	sleeper
	rt delete --force "$ID"
	[ ! -e "$RECORDS/containers/$ID.json" ]
}

@test "every other verb, and what nobody knows, is the runtime's own" {
	local args
	for args in --version --help features 'state no-such' 'no-such-verb x' 'list -q' '--no-such-flag'; do
		# shellcheck disable=SC2086 # a list of words
		plain $args >"$T/want" 2>&1 </dev/null && want=0 || want=$?
		# shellcheck disable=SC2086
		rt $args >"$T/got" 2>&1 </dev/null && got=0 || got=$?
		expect "$want" "$got" "exit status of $args"
		# Times, and the name it was called by, may differ.
		expect "$(sed 's/time="[^"]*"//' "$T/want")" "$(sed -e 's/time="[^"]*"//' "$T/got")" "output of $args"
	done
}

@test "descriptors, standard input and the exit status are the container's" {
	use_busybox
	edit '.process.args = ["/bin/sh", "-c", "cat; cat <&3; exit 5"] | .annotations["io.gotune.enable"] = "true"'
	echo third >"$T/third"
	local rc=0
	echo first | rt run --preserve-fds 1 --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" 3<"$T/third" || rc=$?
	expect 5 "$rc" 'exit status'
	expect 'first third' "$(xargs <"$T/out")" 'what the program read'
}

@test "a signal to the wrapper is a signal to the runtime" {
	edit '.process.args = ["/probe", "-sleep", "30"]'
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&- &
	local job=$! pid rc=0
	wait_for 10 reported
	pid=$(record .pid)
	expect "$RUNTIME" "$(cat "/proc/$pid/comm")" 'who has the pid of the wrapper'
	kill -TERM "$pid"
	wait "$job" || rc=$?
	# runc passes it on, and Go's default as pid 1 is to exit with 2; crun may die of it.
	[ "$rc" != 0 ]
	[ ! -e "/proc/$pid/comm" ] || ! grep -qx "$RUNTIME" "/proc/$pid/comm"
}

@test "a read-only bundle: the container starts untouched, and the record tells" {
	READ_ONLY=$BUNDLE run_container
	expect null "$(seen .env.GOMAXPROCS)" GOMAXPROCS
	expect 'false true' "$(record '.settings[] | select(.name == "GOMAXPROCS") | "\(.applied) \(.error != null)"')" 'applied, error'
	[ "$(record .message)" != null ]
	expect '1 0 1' "$(gotune list --format json | jq -r '.counters | "\(.decided) \(.tuned) \(.failed)"')" 'counters'
}

@test "config.json behind a link: the container starts untouched, the link stays" {
	mv "$BUNDLE/config.json" "$BUNDLE/real.json"
	ln -s real.json "$BUNDLE/config.json"
	cp "$BUNDLE/real.json" "$T/before.json"
	run_container
	expect null "$(seen .env.GOMAXPROCS)" GOMAXPROCS
	[ -L "$BUNDLE/config.json" ]
	cmp "$T/before.json" "$BUNDLE/real.json"
}

@test "a bundle that is not there: the runtime says so, with its own status" {
	local want got
	plain run --bundle "$T/gone" "$ID" >"$T/want" 2>&1 </dev/null && want=0 || want=$?
	rt run --bundle "$T/gone" "$ID" >"$T/got" 2>&1 </dev/null && got=0 || got=$?
	[ "$want" != 0 ]
	expect "$want" "$got" 'exit status'
	expect "$(sed 's/time="[^"]*"//' "$T/want")" "$(sed 's/time="[^"]*"//' "$T/got")" 'output'
}

@test "crun --config: another file than config.json is left alone" {
	[ "$RUNTIME" = crun ] || skip 'only crun has --config'
	mv "$BUNDLE/config.json" "$BUNDLE/other.json"
	cp "$BUNDLE/other.json" "$T/before.json"
	(cd "$BUNDLE" && rt run --config other.json "$ID" </dev/null >"$T/out" 2>"$T/err")
	expect null "$(seen .env.GOMAXPROCS)" GOMAXPROCS
	cmp "$T/before.json" "$BUNDLE/other.json"
}

@test "a real runtime that is missing, not executable, or the wrapper itself" {
	local real rc
	touch "$T/no-exec"
	ln "$WRAPPER" "$T/same"
	ln -s "$WRAPPER" "$T/link"
	for real in "$T/no-such" "$T/no-exec" "$WRAPPER" "$T/same" "$T/link" relative /etc; do
		use_wrapper "$real"
		rc=0
		rt run --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" </dev/null || rc=$?
		expect 127 "$rc" "status with $real"
		grep -q "GOTUNE_RUNTIME=$real: give the absolute path of an executable file" "$T/err"
	done
	[ ! -e "$RECORDS/containers/$ID.json" ]
	expect null "$(jq '.process.env | map(select(startswith("GOMAXPROCS"))) | first' "$BUNDLE/config.json")" 'the bundle'
}

@test "the policy names the real runtime; the wrapper never names itself" {
	cp "$(command -v "$RUNTIME")" "$T/my-runtime"
	policy --arg me "$WRAPPER" --arg it "$T/my-runtime" '.runtimes = [$me, "/no/such", $it]'
	use_wrapper
	run_container
	expect_tuned
	policy --arg me "$WRAPPER" '.runtimes = [$me]'
	local rc=0
	rt list >"$T/out" 2>"$T/err" </dev/null || rc=$?
	expect 127 "$rc" 'status without a runtime'
	grep -q 'no OCI runtime found: install runc or crun, or name one' "$T/err"
}

@test "nothing to do: the kill switch, audit, a program that is no Go program" {
	cp "$BUNDLE/config.json" "$T/before.json"
	ln -s /nonexistent "$ETC/gotune/disabled" # whatever it is, also a link that leads nowhere
	run_container
	cmp "$T/before.json" "$BUNDLE/config.json"
	rm "$ETC/gotune/disabled"
	policy '.mode = "audit"'
	run_container
	cmp "$T/before.json" "$BUNDLE/config.json"
	expect_setting GOMAXPROCS 'set cpu-quota 1'
	policy '.'
	use_busybox
	edit '.process.args = ["/bin/cat", "/dev/null"]'
	cp "$BUNDLE/config.json" "$T/before.json"
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err"
	cmp "$T/before.json" "$BUNDLE/config.json"
}
