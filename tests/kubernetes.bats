#!/usr/bin/env bats
# contrib/kubernetes: what is generated is current, and says what `gotune install` would have written.

K=contrib/kubernetes

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return 1
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
