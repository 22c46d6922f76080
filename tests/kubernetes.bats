#!/usr/bin/env bats
# contrib/kubernetes: what is generated is current, and says what `gotune install` would have written; the
# chart and the kustomizations, by real helm and kubectl and Kubernetes' own types. No cluster is asked.

load kubernetes/common

K=contrib/kubernetes

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return 1
	T=$BATS_TEST_TMPDIR
}

@test "the MachineConfig is what generate prints now" {
	diff "$K/machineconfig-crio.yaml" <("$K/generate")
}

@test "its files are those of contrib/engines/crio, where OpenShift's CRI-O reads them" {
	local path want n=0
	while read -r path want; do
		diff "contrib/engines/crio/$want" <(grep -A 4 -F "path: $path" "$K/machineconfig-crio.yaml" | sed -n 's/.*base64,//p' | base64 -d)
		n=$((n + 1))
	done <<-'FILES'
		/etc/containers/oci/hooks.d/oci-gotune-hook.json oci-gotune-hook.json
		/etc/crio/crio.conf.d/99-gotune.conf 99-gotune.conf
	FILES
	[ "$n" = "$(grep -c 'path: ' "$K/machineconfig-crio.yaml")" ]
}

@test "the RuntimeClass names the handler that the engines get" {
	local handler
	handler=$(sed -n 's/^handler: //p' "$K/runtimeclass.yaml")
	grep -qF ".containerd.runtimes.$handler]" contrib/engines/containerd/config.toml
	grep -qF "[crio.runtime.runtimes.$handler]" contrib/engines/crio/99-gotune.conf
	[ "$(sed -n 's/.*runtimeClassName: //p' "$K/pods.yaml" | sort -u)" = "$handler" ]
}

@test "the pods use annotations that there are" {
	local bundle=$BATS_TEST_TMPDIR/b annotations
	mkdir -p "$bundle/rootfs"
	# All pods' annotations at once: the hook would warn of a key that it does not know.
	annotations=$(sed -n 's/^    \(io\.gotune[^:]*\): "\{0,1\}\([^"]*\)"\{0,1\}$/{"\1": "\2"}/p' "$K/pods.yaml" | jq -s add)
	[ "$(jq length <<<"$annotations")" = 4 ]
	jq -n --argjson a "$annotations" '{ociVersion: "1.0.2", root: {path: "rootfs"}, process: {cwd: "/", args: ["/x"]},
		linux: {}, annotations: ($a + {"io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.container-name": "ledger"})}' >"$bundle/config.json"
	# Status 1, since there is no program to be found.
	"${BUILD:-build}/gotune" explain --format json "$bundle" >"$bundle/record.json" 2>/dev/null || [ $? = 1 ]
	[ "$(jq '[.warnings[] | select(.what == "unknown-key" or .what == "bad-value")] | length' "$bundle/record.json")" = 0 ]
}

@test "the chart's own copies are those of today" {
	cp -r "$CHART" "$BATS_TEST_TMPDIR/chart"
	"$K/chart-files" "$BATS_TEST_TMPDIR/chart"
	diff -r "$CHART" "$BATS_TEST_TMPDIR/chart"
	grep -qx "appVersion: \"$(cat VERSION)\"" "$CHART/Chart.yaml"
}

@test "the chart: lint, strict types, with nothing and with all that can be switched on" {
	tools_open
	"$HELM" lint --strict "$CHART"
	rendered >"$T/plain"
	[ "$(jq -r .kind "$T/plain" | sort | paste -sd ' ')" = 'ConfigMap DaemonSet' ]
	rendered --set "$ALL_ON" >"$T/all"
	[ "$(jq -r .kind "$T/all" | sort | paste -sd ' ')" = 'ConfigMap ConfigMap ConfigMap DaemonSet DaemonSet PodMonitor PrometheusRule ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding' ]
	# Whatever is not of the cluster itself is in our namespace.
	[ "$(jq -r 'select(.kind | startswith("Validating") | not) | .metadata.namespace' "$T/all" | sort -u)" = gotune ]
	# The decoder refuses what it is there for.
	jq -c 'select(.kind == "DaemonSet") | .spec.template.spec.containers[0].readOnlyRootFileSystem = true' "$T/plain" >"$T/wrong"
	run "$DECODE" <"$T/wrong"
	[ "$status" = 1 ]
	[[ $output == *'unknown field "readOnlyRootFileSystem"'* ]]
	run "$DECODE" <<<'{"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1", "a": "2"}}'
	[ "$status" = 1 ]
}

@test "kustomize: strict types; the base and full are what the chart renders; the overlays" {
	tools_open
	local o
	for o in base overlays/canary overlays/monitoring overlays/full overlays/crio; do
		kustomized "$o" >"$T/$(basename "$o")"
	done
	# But for names and labels.
	local alike='del(.template.spec.volumes[].configMap.name?) | del(.selector, .template.metadata) | .template.spec.containers[0].image = ""'
	diff <(rendered | of DaemonSet gotune ".spec | $alike" | jq -S .) <(of DaemonSet gotune-nri ".spec | $alike" <"$T/base" | jq -S .)
	diff <(rendered --set full=true | of DaemonSet gotune ".spec | $alike" | jq -S .) <(of DaemonSet gotune-nri ".spec | $alike" <"$T/full" | jq -S .)
	diff <(rendered --set runtime=cri-o | of DaemonSet gotune ".spec | $alike" | jq -S .) <(of DaemonSet gotune-nri ".spec | $alike" <"$T/crio" | jq -S .)
	[ "$(of DaemonSet gotune-nri '.spec.template.spec.nodeSelector | .["gotune/canary"]' <"$T/canary")" = true ]
	of ConfigMap gotune-policy '.data["policy.json"]' <"$T/canary" >"$T/policy.json"
	"${BUILD:-build}/gotune" policy check "$T/policy.json"
	[ "$(jq '.rules[0].rollout_percent' "$T/policy.json")" = 10 ]
	diff <(of PodMonitor gotune-nri .spec.podMetricsEndpoints <"$T/monitoring") \
		<(rendered --set podMonitor.enabled=true | of PodMonitor gotune .spec.podMetricsEndpoints)
}

@test "the DaemonSet: one plugin a node, the privileges of docs/nri.md and no others, probes, a policy that can change" {
	local args
	tools_open
	rendered | of DaemonSet gotune . >"$T/set"
	[ "$(jq -c .spec.updateStrategy.rollingUpdate "$T/set")" = '{"maxUnavailable":1,"maxSurge":0}' ]
	jq .spec.template.spec "$T/set" >"$T/pod"
	[ "$(jq -r '[.priorityClassName, .hostNetwork, .hostPID, .hostIPC, .automountServiceAccountToken, (.initContainers | length), (.containers | length)] | map(tostring) | join(" ")' "$T/pod")" = \
		'system-node-critical null null null false 0 1' ]
	jq '.containers[0]' "$T/pod" >"$T/container"
	[ "$(jq -c '.securityContext | [.privileged, .readOnlyRootFilesystem, .seccompProfile.type, .capabilities.drop]' "$T/container")" = '[null,true,"RuntimeDefault",["ALL"]]' ]
	# The capabilities that the table's last column has.
	[ "$(jq -r '.securityContext.capabilities.add | sort | join(" ")' "$T/container")" = \
		"$(awk -F' *[|] *' '/^\| CAP_/ && $4 !~ /^no/ { gsub(/CAP_/, "", $2); print $2 }' docs/nri.md | tr ',' '\n' | tr -d ' ' | sort | paste -sd ' ')" ]
	[ "$(rendered --set sysAdmin=false | of DaemonSet gotune '.spec.template.spec.containers[0].securityContext.capabilities.add | join(" ")')" = DAC_READ_SEARCH ]
	[ "$(jq -r '[.livenessProbe, .readinessProbe | .httpGet | "\(.path) \(.port)"] | join(" ")' "$T/container")" = '/healthz metrics /readyz metrics' ]
	[ "$(jq '.ports[] | select(.name == "metrics") | .containerPort' "$T/container")" = 9469 ]
	[ "$(jq '[.volumeMounts[] | select(.subPath or .subPathExpr)] | length' "$T/container")" = 0 ]
	[ "$(jq -r '.volumeMounts[] | select(.readOnly | not) | .mountPath' "$T/container" | sort | paste -sd ' ')" = '/run/containerd /run/gotune /var/run/nri' ]
	# It takes these options.
	mapfile -t args < <(jq -r '.args[]' "$T/container")
	run "${BUILD:-build}/gotune-nri" "${args[@]}" --version
	[ "$status" = 0 ]
}

# FULL SYSADMIN: what the chart's pods may do, in a line.
may() {
	rendered --set "full=$1,sysAdmin=$2,canary.enabled=true" | jq -r 'select(.kind == "DaemonSet") | .spec.template.spec
		| .containers[0] as $c | [.hostPID, ($c.args | contains(["--env-only"])), $c.securityContext.privileged,
			$c.securityContext.appArmorProfile.type, $c.securityContext.seLinuxOptions.type,
			([$c.volumeMounts[] | select(.readOnly | not) | .mountPath] | sort | join(",")),
			($c.securityContext.capabilities.add | join(","))] | map(tostring) | join(" ")' | sort -u
}

@test "full: the privileges of docs/nri.md and no others, also for the canary; by default none of them" {
	tools_open
	local dirs=/run/containerd,/run/gotune all
	[ "$(may false true)" = "null true null null null $dirs,/var/run/nri DAC_READ_SEARCH,SYS_ADMIN" ]
	[ "$(may true true)" = "true false null Unconfined spc_t $dirs,/sys,/var/run/nri DAC_READ_SEARCH,SYS_ADMIN,SYS_PTRACE,SYS_RESOURCE" ]
	[ "$(may true false)" = "true false null Unconfined spc_t $dirs,/sys,/var/run/nri DAC_READ_SEARCH,SYS_PTRACE,SYS_RESOURCE" ]
	# The table's middle column, but for its last row, which is for containers that have a user namespace.
	all=$(rendered --set full=true | of DaemonSet gotune '.spec.template.spec.containers[0].securityContext.capabilities.add | sort | join(" ")')
	[ "$all" = "$(awk -F' *[|] *' '/^\| CAP_/ && $3 !~ /user namespace/ { gsub(/CAP_/, "", $2); print $2 }' docs/nri.md | sort | paste -sd ' ')" ]
}

# What tests/engines/crio.bats gives the plugin's pods there.
@test "runtime=cri-o: its storage instead of containerd's socket and layers; with full its bundles, too" {
	tools_open
	local full want='/etc/gotune:true /run/gotune:false /var/lib/containers/storage:true /var/run/nri:false'
	for full in false true; do
		rendered --set runtime=cri-o,full=$full | of DaemonSet gotune .spec.template.spec >"$T/pod"
		[ "$(jq -r '.containers[0].volumeMounts[] | "\(.mountPath):\(.readOnly // false)"' "$T/pod" | sort | paste -sd ' ')" = "$want" ]
		[ "$(jq -c '[.volumes[].name] - [.containers[0].volumeMounts[].name]' "$T/pod")" = '[]' ]
		[ "$(jq -c '.containers[0].args | index("--containerd")' "$T/pod")" = null ]
		want='/etc/gotune:true /run/containers/storage:true /run/gotune:false /sys:false /var/lib/containers/storage:true /var/run/nri:false'
	done
	run "$HELM" template x "$CHART" --set runtime=docker
	[ "$status" != 0 ]
}

@test "the ConfigMap: a policy that we accept, the kill switch, the canary's own; another's ConfigMap" {
	tools_open
	rendered --set policy.mode=audit,policy.rules[0].name=tenth,policy.rules[0].mode=enforce,policy.rules[0].rollout_percent=10 |
		of ConfigMap gotune-policy '.data | keys, .["policy.json"]' >"$T/data"
	[ "$(head -n 3 "$T/data" | tr -d ' \n')" = '["policy.json"]' ]
	tail -n +4 "$T/data" >"$T/policy.json"
	"${BUILD:-build}/gotune" policy check "$T/policy.json"
	[ "$(jq -c '[.mode, .rules[0].rollout_percent]' "$T/policy.json")" = '["audit",10]' ]
	[ "$(rendered --set killSwitch=true | of ConfigMap gotune-policy '.data.disabled')" = '' ]
	[ "$(rendered --set killSwitch=true | of ConfigMap gotune-policy '.data | has("disabled")')" = true ]
	rendered --set canary.enabled=true,canary.policy.mode=audit,canary.tag=next >"$T/all"
	[ "$(of ConfigMap gotune-canary-policy '.data["policy.json"] | fromjson | .mode' <"$T/all")" = audit ]
	[ "$(of DaemonSet gotune-canary '.spec.template.spec | "\(.nodeSelector["gotune/canary"]) \(.volumes[] | .configMap.name // empty) \(.containers[0].image)"' <"$T/all")" = \
		'true gotune-canary-policy localhost/gotune-nri:next' ]
	# No node has both.
	[ "$(of DaemonSet gotune '.spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0] | "\(.key) \(.operator) \(.values[0])"' <"$T/all")" = 'gotune/canary NotIn true' ]
	[ "$(jq -r 'select(.kind == "DaemonSet") | .spec.selector.matchLabels["gotune/track"]' "$T/all" | sort | paste -sd ' ')" = 'canary stable' ]
	rendered --set policyConfigMap=mine >"$T/mine"
	[ "$(jq -r .kind "$T/mine")" = DaemonSet ]
	[ "$(of DaemonSet gotune '.spec.template.spec.volumes[] | .configMap.name // empty' <"$T/mine")" = mine ]
}

@test "the chart's schema refuses what is wrong, the policy included" {
	tools_open
	local value option where n=0
	while read -r option value where; do
		run "$HELM" template gotune "$CHART" "$option" "$value"
		[ "$status" != 0 ] || { echo "$value was taken"; false; }
		[[ $output == *"$where"* ]] || { echo "$value: $output"; false; }
		n=$((n + 1))
	done <<-'BAD'
		--set nosuchkey=1 additional properties
		--set image.repository= /image/repository
		--set image.repository=UPPER/x /image/repository
		--set image.tag=a:b /image/tag
		--set image.digest=sha256:12 /image/digest
		--set image.pullPolicy=Sometimes /image/pullPolicy
		--set policy.mode=enforc /policy/mode
		--set policy.version=2 /policy/version
		--set policy.nosuchkey=1 /policy
		--set-json policy.rules=[{"name":"x","rollout_percent":101}] /policy/rules/0/rollout_percent
		--set-json policy.rules=[{"rollout_percent":1}] /policy/rules/0
		--set-json policy=[] /policy
		--set canary.policy.select=none /canary/policy/select
		--set canary.nodeLabel=-x /canary/nodeLabel
		--set canary.enabled=maybe /canary/enabled
		--set policyConfigMap=A_B /policyConfigMap
		--set-string killSwitch=true /killSwitch
		--set maxUnavailable=0 /maxUnavailable
		--set maxUnavailable=0% /maxUnavailable
		--set maxSurge=1 additional properties
		--set budgetMs=0 /budgetMs
		--set budgetMs=2000 /budgetMs
		--set nri.index=50 /nri/index
		--set-string nri.index=5 /nri/index
		--set containerd.runDir=run/containerd /containerd/runDir
		--set containerd.snapshotter= /containerd/snapshotter
		--set seccompProfile=None /seccompProfile
		--set sysAdmin=1 /sysAdmin
		--set full=yes /full
		--set-string full=true /full
		--set listen.port=80 /listen/port
		--set listen.address=localhost /listen/address
		--set podMonitor.interval=often /podMonitor/interval
		--set podMonitor.labels.a=1 /podMonitor/labels/a
		--set resources.limit.memory=1 /resources
		--set-json imagePullSecrets=["x"] /imagePullSecrets/0
	BAD
	[ "$n" = 36 ]
	# What is right, is taken.
	rendered --set "$ALL_ON" --set maxUnavailable=25%,listen.address='[::]',nodeSelector.a=b,podLabels.c=d,containerd.runDir=/run/k3s/containerd \
		--set-json 'imagePullSecrets=[{"name":"x"}]' >"$T/good"
	[ "$(of DaemonSet gotune '.spec.template.spec | "\(.containers[0].args[2]) \(.nodeSelector.a) \(.imagePullSecrets[0].name)"' <"$T/good")" = '[::]:9469 b x' ]
}

@test "the chart's rules are rules, its dashboard is one, its PodMonitor selects its pods" {
	tools_open
	rendered --set "$ALL_ON" >"$T/all"
	of PrometheusRule gotune .spec <"$T/all" >"$T/rules.json"
	[ "$(jq '.groups[].rules | length' "$T/rules.json")" -gt 8 ]
	if command -v promtool >/dev/null; then
		promtool check rules "$T/rules.json"
	fi
	diff <(jq -S . contrib/prometheus/dashboard.json) <(of ConfigMap gotune-dashboard '.data["gotune.json"]' <"$T/all" | jq -S .)
	[ "$(of ConfigMap gotune-dashboard '.metadata.labels.grafana_dashboard' <"$T/all")" = 1 ]
	# Both DaemonSets' pods, by the port that they have.
	of PodMonitor gotune .spec <"$T/all" >"$T/monitor"
	[ "$(jq -r --slurpfile m "$T/monitor" 'select(.kind == "DaemonSet") | .spec.template as $t
		| ($m[0].selector.matchLabels | to_entries | all(.value == $t.metadata.labels[.key]))
		and ($m[0].podMetricsEndpoints[0].port == $t.spec.containers[0].ports[0].name)' "$T/all" | sort -u)" = true ]
}

# Rows: what must become of it, then a program of jq that makes the request of a pod that ann creates in shop another.
@test "the admission policy: who may set our annotations, in which objects, and what is nobody's business" {
	tools_open
	local want filter
	local pod='{request: {userInfo: {username: "ann"}, namespace: "shop", kind: {kind: "Pod"}}, object: {metadata: {name: "x", annotations: {"io.gotune.profile": "latency"}}}, oldObject: null, may: []}'
	local made='def made(kind; path): .object.metadata.annotations as $a | .request.kind.kind = kind | .object = ({metadata: {name: "x"}} | setpath(path; {metadata: {annotations: $a}}));'
	while IFS='|' read -r want filter; do
		printf '%s\n' "$want" >>"$T/want"
		jq -nc "$made $pod | ${filter:-.}" >>"$T/requests"
	done <<-'ROWS'
		denied|.
		allowed|.may = ["shop"]
		denied|.may = ["bank"]
		allowed|del(.object.metadata.annotations)
		allowed|.object.metadata.annotations = {"example.com/io.gotune.profile": "x"}
		denied|.object.metadata.annotations = {"a": "b", "io.gotune.enable/sidecar": "false"}
		skipped|.request.userInfo.username = "system:serviceaccount:kube-system:replicaset-controller"
		skipped|.request.userInfo.username = "system:kube-controller-manager"
		denied|.request.userInfo.username = "system:serviceaccount:shop:kube-system"
		allowed|.oldObject = .object
		allowed|.oldObject = .object | .object.metadata.labels.a = "b"
		denied|.oldObject = .object | .object.metadata.annotations["io.gotune.profile"] = "memory"
		denied|.oldObject = {metadata: {name: "x"}}
		denied|made("Deployment"; ["spec", "template"])
		allowed|.may = ["shop"] | made("Deployment"; ["spec", "template"])
		allowed|made("Deployment"; ["spec", "template"]) | .oldObject = .object | .object.spec.replicas = 3
		denied|made("StatefulSet"; ["spec", "template"])
		denied|made("Job"; ["spec", "template"])
		denied|made("CronJob"; ["spec", "jobTemplate", "spec", "template"])
		allowed|made("CronJob"; ["spec", "jobTemplate", "spec", "template"]) | .oldObject = .object
		denied|made("PodTemplate"; ["template"])
		allowed|made("ReplicationController"; ["spec", "template"]) | del(.object.spec.template)
		allowed|.request.kind.kind = "Deployment" | .object.spec.template.spec = {}
	ROWS
	"$DECODE" --admit "$K/annotations-policy.yaml" <"$T/requests" >"$T/got"
	[ "$(wc -l <"$T/got")" = 23 ]
	paste -d' ' "$T/want" "$T/got" "$T/requests" | awk '$1 != $2 { print; bad = 1 } END { exit bad }'
}
