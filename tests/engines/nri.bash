# shellcheck shell=bash
# gotune-nri with a real containerd: pods over the CRI, as kubelet asks for them; no handler, no restart.

# shellcheck source=tests/engines/containerd.bash
. "$(dirname "${BASH_SOURCE[0]}")/containerd.bash"

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

# plugin_start [ARGUMENT]...: by AS, words before a command.
plugin_start() {
	rm -f "$T/gotune-nri.log"
	# By itself: nsenter stops when its child is stopped.
	box setsid -f "${AS[@]}" sh -c 'exec gotune-nri --log stderr "$@" </dev/null >>"$0" 2>&1' "$T/gotune-nri.log" "$@"
	wait_for 30 plugin_is_ready || {
		cat "$T/gotune-nri.log"
		return 1
	}
}

plugin_is_ready() {
	box gotune-nri --ready >/dev/null
}

plugin_pid() {
	box pgrep -o -x gotune-nri
}

plugin_stop() {
	local pid
	pid=$(plugin_pid) || return 0
	box kill -9 "$pid"
	wait_for 10 box test ! -e "/proc/$pid"
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
