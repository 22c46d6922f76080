#!/usr/bin/env bats
# gotune-nri with a real containerd, over the CRI: 2.x of Debian's sid, where NRI is on by default, and 1.7
# of trixie (nri_trixie.bats is a link to this file), where it is switched on.

load common
load nri

setup_file() {
	case $BATS_TEST_FILENAME in
	*trixie*) nri_open trixie ;;
	*) nri_open sid ;;
	esac
	image_tar localhost/labelled:latest '{Entrypoint: ["/probe"], Labels: {"io.gotune.enable": "false"}}' >"$T/labelled.tar"
	ct -n k8s.io images import "$T/labelled.tar" >/dev/null
}

teardown_file() {
	containerd_clean
	plugin_stop
	containerd_close
}

setup() {
	fresh
}

# The plugin forgets what is removed, so it goes last.
teardown() {
	containerd_clean
	plugin_stop
}

SLEEP='args: "-sleep" args: "600"'

@test "variables at the creation, the rest at the start; exec'd processes have them, too" {
	plugin_start
	sandbox one runc
	pod_run one "$SLEEP"
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect_swappiness 7
	plugin_says "$CID: profile balanced: GOMAXPROCS=1"
	expect 'set cpu-quota 1' "$(setting "$CID" GOMAXPROCS)"
	expect containerd "$(record "$CID" .engine)" engine
	pod_exec /probe
	expect_tuned
	containerd_clean
	expect '' "$(record_files)" 'records after the removal'
}

@test "a program behind a script is known at its exec" {
	plugin_start
	sandbox one runc
	pod_run one 'command: "/bin/sh" command: "-c" command: "true; exec /probe -sleep 600"'
	expect_tuned
}

@test "what the container has stays; annotations of its pod and labels of its image are heard" {
	plugin_start
	sandbox one runc io.gotune.profile=memory
	pod_run one "$SLEEP"' envs {key: "GOMAXPROCS" value: "7"}'
	expect '7 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
	expect 60 "$(seen .gcpercent)" GOGC
	expect '[]' "$(seen '.doubled | tostring')" 'doubled names'
	# Another pod: the first one's network has been tuned.
	sandbox two runc
	IMAGE=labelled pod_run two "$SLEEP"
	expect_untouched
}

@test "--env-only adds variables and touches no process" {
	plugin_start --env-only
	sandbox one runc
	pod_run one "$SLEEP"
	expect_tuned
	[ "$(seen .somaxconn)" != 5001 ]
	expect 'skip env-only null' "$(setting "$CID" net.core.somaxconn)"
}

@test "too little time, a broken policy, the kill switch: containers start, and it is logged" {
	plugin_start --env-only --budget-ms 1
	sandbox one runc
	# A machine may be quick enough, or know in time that it will not be: one of several comes too late.
	local i late=
	for i in 1 2 3 4 5 6 7 8 9 10; do
		pod_run "one$i" "$SLEEP"
		! plugin_says "$CID: no decision within 1 ms" || { late=yes && expect_untouched && break; }
	done
	[ "$late" ]
	plugin_stop
	# Broken from the beginning; then repaired; then broken again: the good one still counts.
	echo '{' >"$T/etc/gotune/policy.json"
	plugin_start
	pod_run two "$SLEEP"
	expect_untouched
	policy '.profiles.balanced.gogc = 77'
	pod_run repaired "$SLEEP"
	expect 77 "$(seen .gcpercent)" GOGC
	echo '{' >"$T/etc/gotune/policy.json"
	pod_run again "$SLEEP"
	expect 77 "$(seen .gcpercent)" GOGC
	plugin_says "the last good one counts"
	policy .
	touch "$T/etc/gotune/disabled"
	sandbox two runc # the first one's network has been tuned
	pod_run three "$SLEEP"
	expect_untouched
	rm "$T/etc/gotune/disabled"
	pod_run four "$SLEEP"
	expect_tuned
}

# With the hook and the wrapper this policy would keep the container from starting.
@test "on_error: fail is not for a plugin: containers start, it says so, and doctor, too" {
	policy '.on_error = "fail"'
	echo '{' >"$T/etc/gotune/policy.d/50-broken.json"
	plugin_start
	plugin_says 'warning: the policy says on_error: fail'
	sandbox one runc
	pod_run one "$SLEEP"
	expect_untouched
	rm "$T/etc/gotune/policy.d/50-broken.json"
	box gotune doctor --format json >"$T/doctor" || :
	box rm -rf /run/crun # which doctor asks for its version
	expect 'warn the policy says on_error: fail, which gotune-nri does not do' \
		"$(jq -r '.checks[] | select(.area == "nri" and .name == "on_error") | "\(.state) \(.found)"' "$T/doctor")"
	plugin_stop
	policy .
	plugin_start
	grep -c on_error "$T/gotune-nri.log" | grep -qx 0
}

# systemd does not run in the box.
@test "with the capabilities that its unit gives it, and no new ones: all that it does" {
	local names unit=$ROOT/contrib/engines/nri/gotune-nri.service
	# shellcheck disable=SC2046 # a word each
	names=$(those_we_have $(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | sed 's/CAP_//g') | tr 'A-Z\n' 'a-z ')
	grep -qx NoNewPrivileges=yes "$unit"
	[ "$(wc -w <<<"$names")" -ge 5 ]
	# shellcheck disable=SC2086 # words
	AS=(setpriv --no-new-privs --bounding-set "-all$(printf ',+%s' $names)")
	export AS
	plugin_start
	expect 1 "$(box sed -n 's/^NoNewPrivs:\t//p' "/proc/$(plugin_pid)/status")" NoNewPrivs
	sandbox one runc
	pod_run one 'command: "/bin/sh" command: "-c" command: "true; exec /probe -sleep 600"'
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect_swappiness 7
	expect 4096 "$(seen .nofile_soft)" RLIMIT_NOFILE
}

@test "a change of limits is noted" {
	plugin_start
	sandbox one runc
	pod_run one "$SLEEP"
	expect null "$(record "$CID" .drifted_at)" drifted_at
	cri UpdateContainerResources <<<"container_id: \"$CID\" linux {cpu_period: 100000 cpu_quota: 100000}"
	[ "$(record "$CID" .drifted_at)" != null ]
}

@test "the plugin is killed, or stopped: containers start untouched; the runtime is restarted: it comes back" {
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
	containerd_stop
	if plugin_is_ready; then
		false
	fi
	containerd_start
	wait_for 30 plugin_is_ready
	pod_run four "$SLEEP"
	expect_tuned
}

# The plugin as contrib/kubernetes/nri has it: its own pod, from our image, with no privilege but those listed.
plugin_pod() { # NAMESPACES CAPABILITIES [ARGUMENT]...
	local mounts='' caps='' args='' word
	for word in /run/nri:/var/run/nri /run/containerd:/run/containerd /run/gotune:/run/gotune "$T/policy:/etc/gotune:true" \
		/var/lib/containerd:/var/lib/containerd:true $3; do
		mounts+=" mounts {host_path: \"$(cut -d: -f1 <<<"$word")\" container_path: \"$(cut -d: -f2 <<<"$word")\" readonly: $([ "$(cut -d: -f3 <<<"$word")" = true ] && echo true || echo false)}"
	done
	for word in $2; do
		caps+=" add_capabilities: \"$word\""
	done
	for word in "${@:4}"; do
		args+=" args: \"$word\""
	done
	box mkdir -p /run/gotune
	box chmod 700 /run/gotune
	mkdir -p "$T/policy"
	cp "$T/etc/gotune/policy.json" "$T/policy/"
	sandbox "plugin$RANDOM" runc
	PLUGIN=$(cri CreateContainer <<<"pod_sandbox_id: \"$SANDBOX\" sandbox_config {$SANDBOX_CONFIG} config {
		metadata {name: \"plugin\"} image {image: \"localhost/gotune-nri:latest\"} log_path: \"plugin.log\" $mounts $args
		linux {security_context {readonly_rootfs: true $1 capabilities {drop_capabilities: \"ALL\" $caps}}}}" | quoted container_id)
	[ -n "$PLUGIN" ]
	cri StartContainer <<<"container_id: \"$PLUGIN\"" >/dev/null
	wait_for 30 plugin_is_ready || {
		cat "$T/logs/plugin.log"
		return 1
	}
}

@test "from our image, in a pod, with --env-only and the privileges that docs/nri.md lists for it" {
	command -v buildah >/dev/null || skip 'no buildah here: contrib/install-deps engines'
	"$ROOT/contrib/kubernetes/image" "$T/local/bin" "$T/nri.tar"
	ct -n k8s.io images import "$T/nri.tar" >/dev/null
	plugin_pod '' 'DAC_READ_SEARCH SYS_ADMIN' '' --env-only
	sandbox one runc
	pod_run one "$SLEEP"
	expect_tuned
	[ "$(seen .somaxconn)" != 5001 ]
	# A changed policy counts from the next container on.
	jq '.mode = "off"' "$T/policy/policy.json" >"$T/policy/new" && mv "$T/policy/new" "$T/policy/policy.json"
	pod_run two "$SLEEP"
	expect_untouched
	containerd_clean
	box find /run/gotune/containers -type f -delete
	# Without the right to read overlayfs' marks: one layer hides nothing.
	plugin_pod '' DAC_READ_SEARCH '' --env-only
	sandbox four runc
	pod_run four "$SLEEP"
	expect_tuned
	containerd_clean
	box find /run/gotune/containers -type f -delete
}
