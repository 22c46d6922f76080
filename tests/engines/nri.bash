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

# those_we_have CAPABILITY...: those without which a process of this machine's does not begin, a line each.
those_we_have() {
	local name bit has=$((16#$(sed -n 's/^CapBnd:\t//p' /proc/self/status)))
	for name in "$@"; do
		bit=$(sed -n "s/^#define CAP_${name}[ \t]*\([0-9]*\)\$/\1/p" /usr/include/linux/capability.h)
		if ((has >> bit & 1)); then
			echo "$name"
		else
			echo "# not tried, since this machine has none: CAP_$name" >&3
		fi
	done
}
