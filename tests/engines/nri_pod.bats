#!/usr/bin/env bats
# gotune-nri as the DaemonSet of contrib/kubernetes runs it: our image, started over the CRI by a real containerd, with
# the options, mounts, capabilities and seccomp profile of the manifest, and a ConfigMap as kubelet lays it. What helm
# renders is the same: tests/kubernetes.bats.

load common
load nri

MANIFEST=$ROOT/contrib/kubernetes/nri/base/daemonset.yaml
SLEEP='args: "-sleep" args: "600"'

setup_file() {
	command -v buildah >/dev/null || skip 'no buildah here: contrib/install-deps engines'
	nri_open sid
	"$ROOT/contrib/kubernetes/image" "$T/local/bin" "$T/nri.tar"
	ct -n k8s.io images import "$T/nri.tar" >/dev/null
	left_behind >"$T/before"
	plugin_deploy
}

# Who is removed after the plugin keeps its record.
teardown_file() {
	containerd_clean
	box find /run/gotune/containers -type f -delete
	containerd_close
}

setup() {
	configmap "$(policy_text .)"
	wait_for 10 metric gotune_policy_broken 0
	wait_for 10 metric gotune_disabled 0
}

teardown() {
	local id
	say_unsteady
	for id in $PODS; do
		pod_remove "$id"
	done
}
PODS=

# --- the DaemonSet's pod ------------------------------------------------------------------------

# But for the budget: this machine may be busy, and it is not its speed that is tested here.
manifest_args() {
	sed -n '/^ *args:/,/^ *ports:/s/^ *- "\{0,1\}\([^"]*\)"\{0,1\}$/args: "\1"/p' "$MANIFEST" |
		sed '/--budget-ms/{n;s/50/1000/}'
}

manifest_capabilities() {
	sed -n 's/^ *add: \[\(.*\)\]$/\1/p' "$MANIFEST" | tr -d '",' | xargs -n1 printf 'add_capabilities: "%s"\n'
}

# HOST CONTAINER READONLY of each volume; the ConfigMap is a directory of ours.
manifest_mounts() {
	awk -v policy="$T/policy" '
		$1 == "-" && $2 == "name:" { name = $3; next }
		$1 == "mountPath:" { at[name] = $2; ro[name] = "false"; order[++n] = name }
		$1 == "readOnly:" { ro[name] = $2 }
		$1 == "path:" && name in at { host[name] = $2 }
		$1 == "configMap:" { host[name] = policy }
		END { for (i = 1; i <= n; i++) printf "mounts {host_path: \"%s\" container_path: \"%s\" readonly: %s}\n",
			host[order[i]], at[order[i]], ro[order[i]] }' "$MANIFEST"
}

# What kubelet makes of a volume with DirectoryOrCreate is root's, with 0755.
plugin_deploy() {
	configmap "$(policy_text .)"
	box mkdir -p -m 755 /run/gotune
	[ "$(manifest_mounts | grep -c .)" = 5 ]
	[ "$(manifest_args | grep -c .)" = 14 ]
	sandbox gotune-nri runc
	PLUGIN=$(cri CreateContainer <<<"pod_sandbox_id: \"$SANDBOX\" sandbox_config {$SANDBOX_CONFIG} config {
		metadata {name: \"gotune-nri\"} image {image: \"localhost/gotune-nri:latest\"} log_path: \"plugin.log\"
		$(manifest_args) $(manifest_mounts)
		linux {resources {memory_limit_in_bytes: 134217728} security_context {readonly_rootfs: true seccomp {}
			capabilities {drop_capabilities: \"ALL\" $(manifest_capabilities)}}}}" | quoted container_id)
	[ -n "$PLUGIN" ]
	cri StartContainer <<<"container_id: \"$PLUGIN\"" >/dev/null
	wait_for 30 probe readyz 200 || {
		cat "$T/logs/plugin.log"
		return 1
	}
}

# A user's pod.
pod() { # NAME [ANNOTATION]...
	sandbox "$1" runc "${@:2}"
	PODS+=" $SANDBOX"
	pod_run "$1" "$SLEEP"
}

# In its pod's network, as the kubelet of its node asks.
ask() {
	box nsenter --net --target "$(plugin_pid)" curl -s -m 5 "$@"
}

probe() { # PATH STATUS
	[ "$(ask -o /dev/null -w '%{http_code}' "http://127.0.0.1:9469/$1")" = "$2" ]
}

metric() { # NAME VALUE
	ask http://127.0.0.1:9469/metrics >"$T/metrics"
	grep -qxF "$1 $2" "$T/metrics"
}

says() {
	grep -q "$1" "$T/logs/plugin.log"
}

# --- its ConfigMap ------------------------------------------------------------------------------

policy_text() {
	policy "$1"
	cat "$T/etc/gotune/policy.json"
}

# configmap POLICY [KEY]...: as kubelet's atomic writer does: a new directory, a link to it exchanged, links of the
# keys, those that are gone taken away.
configmap() {
	local dir=$T/policy new key
	mkdir -p "$dir"
	new=$(mktemp -d "$dir/..2026.XXXXXX")
	chmod 755 "$new"
	printf '%s\n' "$1" >"$new/policy.json"
	for key in "${@:2}"; do
		: >"$new/$key"
	done
	chmod 444 "$new"/*
	ln -s "${new##*/}" "$dir/..data_tmp"
	mv -T "$dir/..data_tmp" "$dir/..data"
	for key in policy.json "${@:2}"; do
		ln -sfn "..data/$key" "$dir/$key"
	done
	for key in "$dir"/*; do
		[ -e "$key" ] || rm "$key"
	done
	find "$dir" -maxdepth 1 -name '..2026.*' ! -path "$new" -exec rm -r {} +
}

# --- what a node has ----------------------------------------------------------------------------

# Whatever could be ours: files of the runtime's configuration, of NRI, of ours.
left_behind() {
	box find /etc/containerd /etc/gotune /etc/nri /opt/nri /etc/cni /run/gotune ! -type d 2>/dev/null | sort
}

@test "its pod is alive and ready; one pod is tuned, one that says no is not" {
	probe healthz 200
	metric gotune_ready 1
	pod one
	expect_tuned
	[ "$(seen .somaxconn)" != 5001 ]
	pod two io.gotune.enable=false
	expect_untouched
	wait_for 10 metric 'gotune_containers{engine="containerd",profile="balanced",mode="enforce"}' 2
	metric gotune_containers_tuned_total 1
}

@test "the ConfigMap changes: from the next container on; broken: refused, the last good one counts, a metric says so" {
	configmap "$(policy_text '.mode = "off"')"
	pod one
	expect_untouched
	configmap "$(policy_text '.profiles.balanced.gogc = 77')"
	pod two
	expect_tuned
	expect 77 "$(seen .gcpercent)" GOGC
	configmap '{"version": 1, "mode": "off",'
	pod three
	expect_tuned
	expect 77 "$(seen .gcpercent)" GOGC
	metric gotune_policy_broken 1
	probe readyz 200
	says 'policy.json:[0-9:]* '
	says 'the last good one counts'
	configmap "$(policy_text .)"
	wait_for 10 metric gotune_policy_broken 0
	pod four
	expect_tuned
	expect 100 "$(seen .gcpercent)" GOGC
}

@test "the kill switch, a key of the ConfigMap: nothing is tuned within a second, also with a broken policy" {
	configmap "$(policy_text .)" disabled
	wait_for 3 metric gotune_disabled 1
	pod one
	expect_untouched
	configmap '{' disabled
	pod two
	expect_untouched
	configmap "$(policy_text .)"
	wait_for 3 metric gotune_disabled 0
	pod three
	expect_tuned
}

@test "containerd is restarted: alive, but not ready; then ready again" {
	containerd_stop
	wait_for 10 probe readyz 503
	probe healthz 200
	containerd_start
	wait_for 30 probe readyz 200
	pod one
	expect_tuned
}

@test "uninstalled: the node is as it was, but for /run/gotune; containers start untouched" {
	pod one
	expect_tuned
	pod_remove "$(head -n 1 "$T/sandboxes")"
	pod two
	expect_untouched
	left_behind | grep -v '^/run/gotune/' >"$T/after"
	diff "$T/before" "$T/after"
	# Counters and records; a reboot takes them, too.
	expect 'containers counters' "$(box ls /run/gotune | grep -v '^policy.*cache$' | grep -v '^nri$' | sort | paste -sd ' ')" 'what stays'
}
