# shellcheck shell=bash
# gotune-nri with a real containerd: pods over the CRI, as kubelet asks for them; no handler, no restart.

# shellcheck source=tests/engines/containerd.bash
. "$(dirname "${BASH_SOURCE[0]}")/containerd.bash"
# shellcheck source=tests/engines/plugin.bash
. "$(dirname "${BASH_SOURCE[0]}")/plugin.bash"

# nri_open RELEASE: containerd of that release of Debian; 1.7 has NRI off by default.
nri_open() {
	CONTAINERD_BIN=$("$HERE/nri-get" "$1") || skip "no containerd of Debian's $1 here"
	REGISTER=true
	export CONTAINERD_BIN REGISTER
	containerd_open
}

# Called by containerd_open: the configuration, with NRI on.
nri_config() {
	sed -i '/io.containerd.nri.v1.nri/,/^ *$/s/disable = true/disable = false/' "$T/etc/containerd/config.toml"
}
