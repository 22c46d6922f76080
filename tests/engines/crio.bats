#!/usr/bin/env bats
# A real CRI-O, over the CRI: our hook, our handler, and gotune-nri. Debian has no package of CRI-O:
# CRIO=/path/of/crio names one, with pinns beside it.

load common
load crio

setup_file() {
	crio_open
	crio_image labelled '{Entrypoint: ["/probe"], Labels: {"io.gotune.enable": "false"}}'
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
	box find /run/gotune/containers -type f -delete 2>/dev/null || : # of those that went after the plugin's pod
	box gotune uninstall crio >/dev/null
	box rmdir /run/runc 2>/dev/null || : # the handler's, empty
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

@test "annotations of the pod, labels of the image, and what the container has" {
	registered hook
	sandbox one runc io.gotune.profile=memory
	pod_run one "$SLEEP"' envs {key: "GOMAXPROCS" value: "7"}'
	expect '7 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
	expect 60 "$(seen .gcpercent)" GOGC
	# Another pod: the first one's network has been tuned.
	sandbox two runc
	IMAGE=labelled pod_run two "$SLEEP"
	expect_untouched
}

@test "--default: every pod's, as gotune status and doctor say" {
	register_with crio --default
	crio_restart
	sandbox one ''
	pod_run one "$SLEEP"
	expect_tuned
	expect 'present true' "$(status_of runtime)"
	expect 'registered in /etc/crio/crio.conf.d/99-gotune.conf, the default, before crio started' \
		"$(box gotune doctor --no-selftest --format json | jq -r '.checks[] | select(.area == "engine" and .name == "crio runtime") | .found')" doctor
}

status_of() {
	box gotune status crio --format json | jq -r --arg way "$1" '.registrations[] | select(.way == $way) | "\(.state) \(.default)"'
}

# effective KEY: what CRI-O makes of its files: of [crio.runtime], or of the table of a runtime, as x.runtime_root.
effective() {
	local table=crio.runtime key=${1##*.}
	[ "$key" = "$1" ] || table=crio.runtime.runtimes.${1%.*}
	box "$CRIO" config 2>/dev/null | awk -v want="[$table]" -v key="$key" '
		/^\[/ { in_it = $0 == want } in_it && $1 == key { gsub(/"/, "", $3); print $3 }'
}

# tests/registrations.bats has more of these, without a CRI-O: what we take for its rules are its rules.
@test "drop-ins: what gotune status says is what CRI-O makes of them" {
	local d=$T/etc/crio/crio.conf.d
	register_with crio --default
	expect 'gotune /usr/local/bin/gotune-runtime' "$(effective default_runtime) $(effective gotune.runtime_path)"
	# Any file, in directories, too; by name.
	mkdir "$d/99-z"
	printf '[crio.runtime]\ndefault_runtime = "runc"\n' >"$d/99-z/file.bak"
	expect runc "$(effective default_runtime)"
	expect 'shadowed false' "$(status_of runtime)"
	register_with crio
	expect gotune "$(effective default_runtime)"
	expect 'present true' "$(status_of runtime)"
	# A runtime's table is replaced as a whole.
	printf '[crio.runtime.runtimes.gotune]\nruntime_path = "/usr/sbin/runc"\n' >"$d/zzzzz.conf"
	expect '/usr/sbin/runc ' "$(effective gotune.runtime_path) $(effective gotune.runtime_root)"
	expect 'shadowed false' "$(status_of runtime)"
	rm "$d/zzzzz.conf"
	# hooks_dir is replaced, not added to.
	register_with crio --way hook
	expect 'present true' "$(status_of hook)"
	mkdir "$T/etc/hooks"
	printf '[crio.runtime]\nhooks_dir = ["/etc/hooks"]\n' >"$d/zz-hooks.conf"
	expect 'shadowed false' "$(status_of hook)"
	crio_restart
	sandbox one runc
	pod_run one "$SLEEP"
	expect_untouched
	rm -r "$d"/{99-z,zz-hooks.conf} "$T/etc/hooks"
	crio_restart
}

@test "a hook's file with the stage precreate keeps CRI-O from starting, as docs/engines.md warns" {
	local file=$T/containers/oci/hooks.d/precreate.json
	crio_stop
	mkdir -p "${file%/*}"
	jq -n '{version: "1.0.0", hook: {path: "/usr/local/libexec/oci-gotune-hook"}, when: {always: true}, stages: ["precreate"]}' >"$file"
	box timeout 20 "$CRIO" >"$T/precreate.log" 2>&1 && return 1
	grep -q precreate "$T/precreate.log"
	rm "$file"
	crio_start
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

# As kubelet names a container's log, in a /var/log of the box's own.
@test "gotune diagnose, goroutines: a pod's container, its record and its cgroup" {
	registered hook
	sandbox web runc
	rm -f "$T/logs/app.log"
	CID=$(cri CreateContainer <<<"pod_sandbox_id: \"$SANDBOX\" sandbox_config {$SANDBOX_CONFIG} config {
		metadata {name: \"app\"} image {image: \"localhost/probe:latest\"} log_path: \"app.log\" command: \"/loads\"
		args: \"steady\" args: \"600\" args: \"150\" args: \"25\"
		envs {key: \"GODEBUG\" value: \"gctrace=1\"} envs {key: \"GOGC\" value: \"5\"}
		linux {security_context {$CONTAINER_SECURITY}
			resources {cpu_period: 100000 cpu_quota: 50000 memory_limit_in_bytes: 536870912}}}" | quoted container_id)
	cri StartContainer <<<"container_id: \"$CID\"" >/dev/null
	wait_for 60 has_pod_cycles
	box mount -t tmpfs log /var/log
	box mkdir /var/log/containers
	box ln -s "$T/logs/app.log" "/var/log/containers/web_default_app-$CID.log"
	expect_diagnosis web && expect_diagnosis web/app && expect_diagnosis "${CID:0:13}" && expect_goroutines web || {
		box umount /var/log
		return 1
	}
	box umount /var/log
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

@test "NRI: a program behind a script is known at its exec" {
	plugin_start
	sandbox one runc
	pod_run one "$SCRIPT"
	expect_tuned
}

@test "NRI: what the container has stays; annotations of its pod and labels of its image are heard" {
	plugin_start
	sandbox one runc io.gotune.profile=memory
	pod_run one "$SLEEP"' envs {key: "GOMAXPROCS" value: "7"}'
	expect '7 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
	expect 60 "$(seen .gcpercent)" GOGC
	expect '[]' "$(seen '.doubled | tostring')" 'doubled names'
	sandbox two runc
	IMAGE=labelled pod_run two "$SLEEP"
	expect_untouched
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

# The plugin as the chart's DaemonSet has it with runtime=cri-o (tests/kubernetes.bats): our image, in a pod.
plugin_pod() { # NAMESPACES CAPABILITIES [ARGUMENT]...
	local mounts='' caps='' args='' word
	mkdir -p "$T/policy"
	cp "$T/etc/gotune/policy.json" "$T/policy/"
	box mkdir -p -m 755 /run/gotune
	# shellcheck disable=SC2153 # MOUNTS is who calls's, not mounts
	for word in /run/nri:/var/run/nri:false "$STORAGE:$STORAGE:true" /run/gotune:/run/gotune:false "$T/policy:/etc/gotune:true" $MOUNTS; do
		mounts+=" mounts {host_path: \"$(cut -d: -f1 <<<"$word")\" container_path: \"$(cut -d: -f2 <<<"$word")\"
			readonly: $(cut -d: -f3 <<<"$word")}"
	done
	for word in $2; do
		caps+=" add_capabilities: \"$word\""
	done
	for word in "${@:3}"; do
		args+=" args: \"$word\""
	done
	rm -f "$T/logs/plugin.log" # which CRI-O opens at the creation
	SANDBOX_SECURITY="security_context {namespace_options {$1}}" sandbox plugin runc
	PLUGIN=$(cri CreateContainer <<<"pod_sandbox_id: \"$SANDBOX\" sandbox_config {$SANDBOX_CONFIG} config {
		metadata {name: \"plugin\"} image {image: \"localhost/gotune-nri:latest\"} log_path: \"plugin.log\" $mounts $args
		linux {security_context {readonly_rootfs: true namespace_options {$1} seccomp {}
			capabilities {drop_capabilities: \"ALL\" $caps}}}}" | quoted container_id)
	[ -n "$PLUGIN" ]
	cri StartContainer <<<"container_id: \"$PLUGIN\"" >/dev/null
	wait_for 30 plugin_is_ready || {
		cat "$T/logs/plugin.log"
		return 1
	}
}
STORAGE=/var/lib/containers/storage

plugin_image() {
	"$ROOT/contrib/kubernetes/image" "$T/local/bin" "$T/nri.tar"
	box buildah pull -q "oci-archive:$T/nri.tar" >/dev/null
}

@test "NRI, in a pod: --env-only" {
	plugin_image
	MOUNTS='' plugin_pod 'pid: 1' 'DAC_READ_SEARCH SYS_ADMIN' --env-only
	sandbox one runc
	pod_run one "$SLEEP"
	expect_tuned
	[ "$(seen .somaxconn)" != 5001 ]
	IMAGE=labelled pod_run two "$SLEEP"
	expect_untouched
}

@test "NRI, in a pod: all of it, programs behind scripts, too" {
	local caps
	plugin_image
	caps=$(those_we_have DAC_READ_SEARCH SYS_ADMIN SYS_PTRACE SYS_RESOURCE | tr '\n' ' ')
	MOUNTS='/run/containers/storage:/run/containers/storage:true /sys:/sys:false' plugin_pod 'pid: 2' "$caps"
	sandbox one runc
	pod_run one "$SCRIPT"
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect 4096 "$(seen .nofile_soft)" RLIMIT_NOFILE
	expect_swappiness 7
	pod_run two "$SLEEP"
	expect_tuned
}
