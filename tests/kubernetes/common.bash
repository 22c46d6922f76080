# shellcheck shell=bash
# The chart and the kustomizations, rendered by real helm and kubectl, as lines of JSON that Kubernetes' own
# types have accepted.

CHART=contrib/kubernetes/chart
# shellcheck disable=SC2034 # for the tests
ALL_ON=canary.enabled=true,podMonitor.enabled=true,prometheusRule.enabled=true,dashboard.enabled=true,admissionPolicy.enabled=true

# tools_open: HELM, KUBECTL, DECODE; skips with the reason why there are none.
tools_open() {
	local dir
	dir=$(tests/kubernetes/helm-get 2>"$BATS_FILE_TMPDIR/why") || skip "$(tail -n 1 "$BATS_FILE_TMPDIR/why")"
	HELM=$dir/helm KUBECTL=$dir/kubectl
	DECODE=$(tests/kubernetes/decode-get 2>"$BATS_FILE_TMPDIR/why") || skip "$(tail -n 1 "$BATS_FILE_TMPDIR/why")"
	# None of the machine's own configuration, plugins or caches.
	export HELM_CONFIG_HOME=$BATS_FILE_TMPDIR/helm HELM_CACHE_HOME=$BATS_FILE_TMPDIR/helm HELM_DATA_HOME=$BATS_FILE_TMPDIR/helm
}

# rendered [HELM'S OPTION]...: each object as a line.
rendered() {
	"$HELM" template gotune "$CHART" --namespace gotune "$@" | "$DECODE"
}

# kustomized DIRECTORY
kustomized() {
	"$KUBECTL" kustomize "contrib/kubernetes/nri/$1" | "$DECODE"
}

# of KIND NAME FILTER: of the rendered lines on standard input; it fails unless there is exactly one.
of() {
	jq -sce --arg kind "$1" --arg name "$2" '[.[] | select(.kind == $kind and .metadata.name == $name)]
		| if length == 1 then .[0] else error("\($kind) \($name): \(length)") end' | jq -r "$3"
}
