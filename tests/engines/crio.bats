#!/usr/bin/env bats
# A real CRI-O, over the CRI: our hook, our handler, and gotune-nri. Debian has no package of CRI-O:
# CRIO=/path/of/crio names one, with pinns beside it.

load common
load crio

setup_file() {
	crio_open
}

teardown_file() {
	crio_close
}

setup() {
	fresh
}

# The plugin forgets what is removed, so it goes last.
teardown() {
	say_unsteady
	pods_remove
	plugin_stop
	box gotune uninstall crio >/dev/null
}

SLEEP='args: "-sleep" args: "600"'
SCRIPT='command: "/bin/sh" command: "-c" command: "true; exec /probe -sleep 600"'

# registered WAY...: as docs/engines.md has it; a handler takes a restart.
registered() {
	local way
	for way in "$@"; do
		register_with crio --way "$way"
	done
	[[ " $* " != *' runtime '* ]] || crio_restart
}

@test "the hook: every pod, at once; its sandbox is unharmed; a script's program, too" {
	registered hook
	sandbox one runc
	pod_run one "$SLEEP"
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect 4096 "$(seen .nofile_soft)" RLIMIT_NOFILE
	expect cri-o "$(record "$CID" .engine)" engine
	expect 'set cpu-quota 1' "$(setting "$CID" GOMAXPROCS)"
	pod_run two "$SCRIPT"
	expect_tuned
	pods_remove
	expect '' "$(record_files)" 'records after the removal'
}

@test "the hook, crun" {
	registered hook
	sandbox one crun
	pod_run one "$SCRIPT"
	expect_tuned
}

@test "the handler: its pods alone; exec'd processes; a change of limits is noted" {
	registered runtime
	sandbox other runc
	pod_run other "$SLEEP"
	expect_untouched
	sandbox one gotune
	pod_run one "$SLEEP"
	expect_tuned
	expect_swappiness 7
	pod_exec /probe
	expect_tuned
	cri UpdateContainerResources <<<"container_id: \"$CID\" linux {cpu_period: 100000 cpu_quota: 100000}"
	[ "$(record "$CID" .drifted_at)" != null ]
}

@test "both ways and the plugin at once: one decides" {
	registered hook runtime
	plugin_start
	sandbox one gotune
	pod_run one "$SLEEP"
	expect_tuned
	pod_run two "$SCRIPT"
	expect_tuned
}

@test "annotations of the pod, and what the container has" {
	registered hook
	sandbox one runc io.gotune.profile=memory
	pod_run one "$SLEEP"' envs {key: "GOMAXPROCS" value: "7"}'
	expect '7 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
	expect 60 "$(seen .gcpercent)" GOGC
}

@test "gotune status, --default and doctor speak of what CRI-O made of its files" {
	register_with crio --default
	crio_restart
	sandbox one ''
	pod_run one "$SLEEP"
	expect_tuned
	expect gotune "$(box "$CRIO" status config 2>/dev/null | sed -n 's/^ *default_runtime = "\(.*\)"$/\1/p')" 'the default of the running CRI-O'
	expect 'present true' "$(box gotune status --format json | jq -r '.registrations[] | select(.engine == "crio" and .way == "runtime") | "\(.state) \(.default)"')"
}

@test "gotune uninstall leaves no trace, and CRI-O starts" {
	register_with crio --default
	unregister_from crio
	expect_no_trace
	crio_restart
	sandbox one runc
	pod_run one "$SLEEP"
	expect_untouched
}

# --- gotune-nri -----------------------------------------------------------------------------------

@test "NRI: variables at the creation, the rest at the start; exec'd processes have them, too" {
	plugin_start
	sandbox one runc
	pod_run one "$SLEEP"
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect_swappiness 7
	plugin_says "$CID: profile balanced: GOMAXPROCS=1"
	expect 'set cpu-quota 1' "$(setting "$CID" GOMAXPROCS)"
	expect cri-o "$(record "$CID" .engine)" engine
	pod_exec /probe
	expect_tuned
	pods_remove
	expect '' "$(record_files)" 'records after the removal'
}

@test "NRI: a program behind a script is known at its exec; crun" {
	plugin_start
	sandbox one crun
	pod_run one "$SCRIPT"
	expect_tuned
}

@test "NRI: what the container has stays; annotations of its pod are heard" {
	plugin_start
	sandbox one runc io.gotune.profile=memory
	pod_run one "$SLEEP"' envs {key: "GOMAXPROCS" value: "7"}'
	expect '7 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
	expect 60 "$(seen .gcpercent)" GOGC
	expect '[]' "$(seen '.doubled | tostring')" 'doubled names'
}

@test "NRI: --env-only adds variables and touches no process" {
	plugin_start --env-only
	sandbox one runc
	pod_run one "$SLEEP"
	expect_tuned
	[ "$(seen .somaxconn)" != 5001 ]
	expect 'skip env-only null' "$(setting "$CID" net.core.somaxconn)"
}

@test "NRI: a change of limits is noted" {
	plugin_start
	sandbox one runc
	pod_run one "$SLEEP"
	expect null "$(record "$CID" .drifted_at)" drifted_at
	cri UpdateContainerResources <<<"container_id: \"$CID\" linux {cpu_period: 100000 cpu_quota: 100000}"
	[ "$(record "$CID" .drifted_at)" != null ]
}

@test "NRI: the plugin is killed, or stopped: containers start untouched; CRI-O is restarted: it comes back" {
	plugin_start
	sandbox one runc
	plugin_stop
	pod_run one "$SLEEP"
	expect_untouched
	plugin_start
	box kill -STOP "$(plugin_pid)"
	pod_run two "$SLEEP"
	expect_untouched
	box kill -CONT "$(plugin_pid)"
	wait_for 30 plugin_is_ready
	pod_run three "$SLEEP"
	expect_tuned
	crio_restart
	wait_for 30 plugin_is_ready
	pod_run four "$SLEEP"
	expect_tuned
}
