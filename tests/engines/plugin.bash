# shellcheck shell=bash
# gotune-nri in the box, whatever the engine.

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

plugin_says() {
	grep -q "$1" "$T/gotune-nri.log"
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
