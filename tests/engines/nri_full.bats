#!/usr/bin/env bats
# All of gotune-nri in a pod, from our image, started over the CRI by a real containerd with what
# contrib/kubernetes/nri/overlays/full asks for, and what kubelet asks for on its own; and with less than that.

load common
load nri

OVERLAY=$ROOT/contrib/kubernetes/nri/overlays/full
HOST_PID='namespace_options {pid: 2}'
SCRIPT='command: "/bin/sh" command: "-c" command: "true; exec /probe -sleep 600"'
# The file, and the directory that it is in, are the user's alone.
CLOSED='command: "/bin/sh" command: "-c" command: "true; exec /closed/probe -sleep 600"'

setup_file() {
	command -v buildah >/dev/null || skip 'no buildah here: contrib/install-deps engines'
	nri_open sid
	"$ROOT/contrib/kubernetes/image" "$T/local/bin" "$T/nri.tar"
	ct -n k8s.io images import "$T/nri.tar" >/dev/null
	mkdir "$T/rootfs/closed"
	cp "$PROBE" "$T/rootfs/closed/probe"
	chmod 700 "$T/rootfs/closed" "$T/rootfs/closed/probe"
	chown -R 1234:1234 "$T/rootfs/closed"
	image_tar localhost/closed:latest '{Entrypoint: ["/probe"]}' >"$T/closed.tar"
	ct -n k8s.io images import "$T/closed.tar" >/dev/null
	box mkdir -p -m 755 /run/gotune
}

teardown_file() {
	containerd_close
}

setup() {
	fresh
	mkdir -p "$T/policy"
	cp "$T/etc/gotune/policy.json" "$T/policy/"
}

# The plugin goes with its pod; records of those that are removed after it stay.
teardown() {
	containerd_clean
	box find /run/gotune/containers -type f -delete 2>/dev/null || :
}

capabilities() {
	# shellcheck disable=SC2046 # a word each
	those_we_have $(sed -n 's/^  value: \[\(.*\)\]$/\1/p' "$OVERLAY/patch.yaml" | tr -d '",')
}

# HOST CONTAINER READONLY, as the base and the overlay have them.
mounts() {
	local host at ro
	while read -r host at ro; do
		printf 'mounts {host_path: "%s" container_path: "%s" readonly: %s} ' "$host" "$at" "$ro"
	done <<-END
		/run/nri /var/run/nri false
		/run/containerd /run/containerd false
		/var/lib/containerd /var/lib/containerd true
		/run/gotune /run/gotune false
		$T/policy /etc/gotune true
		/sys /sys false
	END
}

# What kubelet says of each container (pkg/securitycontext/util.go): so /proc/sys is read-only.
kubelet_paths() {
	printf 'masked_paths: "%s" ' /proc/asound /proc/acpi /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list \
		/proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware
	printf 'readonly_paths: "%s" ' /proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger
}

# plugin_pod NAMESPACES CAPABILITY...
plugin_pod() {
	local namespaces=$1 caps=''
	shift
	[ $# = 0 ] || caps=$(printf 'add_capabilities: "%s" ' "$@")
	SANDBOX_SECURITY="security_context {$namespaces}" sandbox plugin runc
	PLUGIN=$(cri CreateContainer <<<"pod_sandbox_id: \"$SANDBOX\" sandbox_config {$SANDBOX_CONFIG} config {
		metadata {name: \"plugin\"} image {image: \"localhost/gotune-nri:latest\"} log_path: \"plugin.log\" $(mounts)
		linux {security_context {readonly_rootfs: true seccomp {} $(kubelet_paths) $namespaces
			capabilities {drop_capabilities: \"ALL\" $caps}}}}" | quoted container_id)
	[ -n "$PLUGIN" ]
	rm -f "$T/logs/plugin.log"
	cri StartContainer <<<"container_id: \"$PLUGIN\"" >/dev/null
	wait_for 30 plugin_is_ready || {
		cat "$T/logs/plugin.log"
		return 1
	}
}

# without CAPABILITY: the plugin's pod, with all others.
without() {
	mapfile -t caps < <(capabilities | grep -vx "$1")
	plugin_pod "$HOST_PID" "${caps[@]}"
	sandbox one runc
}

says() {
	grep -q "$1" "$T/logs/plugin.log"
}

@test "a program behind a script, in a pod: variables, sysctl, swappiness, RLIMIT_NOFILE" {
	mapfile -t caps < <(capabilities)
	[ "${#caps[@]}" -ge 3 ]
	plugin_pod "$HOST_PID" "${caps[@]}"
	sandbox one runc
	pod_run one "$SCRIPT"
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect 4096 "$(seen .nofile_soft)" RLIMIT_NOFILE
	expect_swappiness 7
	expect 'set profile 5001' "$(setting "$CID" net.core.somaxconn)"
	expect 'containerd /probe busybox; ' "$(record "$CID" '"\(.engine) \(.program.path) \(.program.via)"')"
	pod_run two 'args: "-sleep" args: "600"'
	expect_tuned
	expect 4096 "$(seen .nofile_soft)" RLIMIT_NOFILE
	# As another user, of what is theirs alone.
	IMAGE=closed RUN_AS=1234 pod_run three "$CLOSED"
	expect_tuned
	expect_swappiness 7
	# The node's own are as they were.
	[ "$(box cat /proc/sys/net/core/somaxconn)" != 5001 ]
	expect '' "$(box grep ' /proc/sys ' /proc/self/mountinfo)" 'mounts on the node'
}

@test "without SYS_PTRACE: what is certain at the creation" {
	without SYS_PTRACE
	pod_run one 'args: "-sleep" args: "600"'
	expect_tuned
	[ "$(seen .somaxconn)" != 5001 ]
	pod_run two "$SCRIPT"
	expect_untouched
}

@test "without SYS_ADMIN: all but sysctls" {
	without SYS_ADMIN
	pod_run one "$SCRIPT"
	expect_tuned
	expect_swappiness 7
	[ "$(seen .somaxconn)" != 5001 ]
}

@test "without DAC_READ_SEARCH: all but programs that only their user may read" {
	without DAC_READ_SEARCH
	pod_run one "$SCRIPT"
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	IMAGE=closed RUN_AS=1234 pod_run two "$CLOSED"
	expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" environment
	expect unreadable "$(record "$CID" .program.note)" 'why not'
}

# Numbers of processes that the runtime tells would be those of others.
@test "without the node's process ids: no process is touched, and it says so" {
	mapfile -t caps < <(capabilities)
	plugin_pod '' "${caps[@]}"
	says 'process ids are not ours.*hostPID'
	sandbox one runc
	pod_run one 'args: "-sleep" args: "600"'
	expect_tuned
	[ "$(seen .somaxconn)" != 5001 ]
	expect skip "$(setting "$CID" net.core.somaxconn | cut -d' ' -f1)" 'what the record says'
	pod_run two "$SCRIPT"
	expect_untouched
}

@test "the overlay is what was tried here: it renders to one pod with these capabilities and mounts" {
	command -v kubectl >/dev/null || skip 'no kubectl here, which has kustomize'
	kubectl kustomize "$OVERLAY" >"$T/rendered"
	sed -n '/^kind: DaemonSet/,$p' "$T/rendered" >"$T/daemonset"
	grep -qx '      hostPID: true' "$T/daemonset"
	expect 0 "$(grep -c -e --env-only "$T/daemonset")" --env-only
	sed -n 's/.*- mountPath: //p' "$T/daemonset" | sort >"$T/at"
	mounts | grep -o 'container_path: "[^"]*"' | cut -d'"' -f2 | sort | diff - "$T/at"
}
