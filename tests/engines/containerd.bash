# shellcheck shell=bash
# A containerd of the suite's own, in its box, spoken to by ctr and over the CRI.

# shellcheck source=tests/engines/cri.bash
. "$(dirname "${BASH_SOURCE[0]}")/cri.bash"
CRI_SOCKET=/run/containerd/containerd.sock

# Another release's, unpacked (nri-get); and who registers us with it: true does not.
CONTAINERD_BIN=${CONTAINERD_BIN:-/usr/bin}
REGISTER=${REGISTER:-register_with}

ct() {
	box "$CONTAINERD_BIN/ctr" "$@"
}

containerd_open() {
	suite_open "$CONTAINERD_BIN/containerd" "$CONTAINERD_BIN/ctr" /usr/bin/protoc /usr/bin/curl /usr/lib/cni/bridge
	containerd_config
	containerd_start
	make_rootfs "$T/rootfs"
	image_tar localhost/probe:latest '{Entrypoint: ["/probe"]}' >"$T/probe.tar"
	image_tar localhost/pause:latest '{Entrypoint: ["/bin/sleep", "3600"]}' >"$T/pause.tar"
	ct -n k8s.io images import "$T/probe.tar" >/dev/null
	ct -n k8s.io images import "$T/pause.tar" >/dev/null
	ct run --rm --rootfs "$T/rootfs" first /bin/true
	sandbox first runc
	pod_run first ''
	containerd_clean
	box_at_rest
}

# What a site has: the default configuration with its own values, and us. A lower score for the OOM
# killer needs CAP_SYS_RESOURCE. containerd 2.x calls the image of the pause container sandbox, and the
# directories of CNI's programs bin_dirs; where it writes bin_dir as well, that has to be empty.
containerd_config() {
	mkdir -p "$T/etc/containerd" "$T/etc/cni/net.d"
	"$CONTAINERD_BIN/containerd" config default >"$T/config.default"
	sed -e 's|sandbox_image = .*|sandbox_image = "localhost/pause:latest"|' \
		-e "s|^\( *\)sandbox = .*|\1sandbox = 'localhost/pause:latest'|" \
		-e "s|bin_dirs = .*|bin_dirs = ['/usr/lib/cni']|" -e '/bin_dirs = /!s|bin_dir = ".*|bin_dir = "/usr/lib/cni"|' \
		-e 's|restrict_oom_score_adj = .*|restrict_oom_score_adj = true|' \
		-e 's|base_runtime_spec = .*|base_runtime_spec = "/etc/containerd/base.json"|' "$T/config.default" >"$T/etc/containerd/config.toml"
	# A site's own limits, for each container: `gotune install` takes over what runtimes.runc has.
	"$CONTAINERD_BIN/ctr" oci spec | jq '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 300, hard: 9500}]' >"$T/etc/containerd/base.json"
	cat >"$T/etc/cni/net.d/10-box.conflist" <<-'END'
		{"cniVersion": "0.4.0", "name": "box", "plugins": [{"type": "bridge", "bridge": "box0", "isGateway": true,
		  "ipam": {"type": "host-local", "subnet": "10.99.0.0/24"}}]}
	END
	configuration >"$T/configuration"
	! declare -F nri_config >/dev/null || nri_config
	"$REGISTER" containerd
}

containerd_start() {
	(cd / && PATH=$CONTAINERD_BIN:$PATH box_daemon containerd)
	wait_for 60 cri_answers || {
		grep -vE 'level=info' "$T/containerd.log" | tail -n 20
		return 1
	}
}

containerd_stop() {
	local pid
	pid=$(box pgrep -x containerd) || return 0
	box kill "$pid"
	wait_for 60 box test ! -e "/proc/$pid"
}

containerd_clean() {
	local id
	say_unsteady
	for id in $(ct tasks list -q); do
		ct tasks kill -s KILL "$id" >/dev/null 2>&1
		wait_for 5 ct tasks rm "$id" >/dev/null 2>&1
	done
	for id in $(ct containers list -q); do
		ct containers rm "$id"
	done
	pods_remove
}

containerd_close() {
	local rc=0
	if [ -n "${BOX_PID:-}" ]; then
		containerd_clean || rc=1
		box_left || rc=1
		containerd_stop || rc=1
	fi
	suite_close && return "$rc"
}
