# shellcheck shell=bash
# A CRI-O of the suite's own, in its box, spoken to over the CRI. Debian has no package of it: CRIO names the program,
# and pinns lies beside it.

# shellcheck source=tests/engines/cri.bash
. "$(dirname "${BASH_SOURCE[0]}")/cri.bash"
# shellcheck source=tests/engines/plugin.bash
. "$(dirname "${BASH_SOURCE[0]}")/plugin.bash"
CRI_SOCKET=/run/crio/crio.sock
# As kubelet asks by default, so that CRI-O makes no container for the pod itself: that would need
# CAP_SYS_RESOURCE for its OOM score.
SANDBOX_SECURITY='security_context {namespace_options {pid: 1}}'
CONTAINER_SECURITY='namespace_options {pid: 1}'
CRIO=${CRIO:-$(command -v crio || :)}

crio_open() {
	[ -x "$CRIO" ] || skip 'no crio here, and Debian has no package of it: CRIO=/path/of/crio'
	suite_open "$CRIO" "${CRIO%/*}/pinns" /usr/bin/conmon /usr/bin/buildah /usr/bin/protoc /usr/bin/curl /usr/lib/cni/bridge
	crio_config
	make_rootfs "$T/rootfs"
	crio_image probe '{Entrypoint: ["/probe"]}'
	crio_image pause '{Entrypoint: ["/bin/sleep", "3600"]}'
	crio_start
	sandbox first runc
	pod_run first ''
	pods_remove
	box_at_rest
}

# crio_image NAME CONFIG
crio_image() {
	image_tar "localhost/$1:latest" "$2" >"$T/$1.tar"
	box buildah pull -q "docker-archive:$T/$1.tar" >/dev/null
}

# What a site has: its own runtimes, pause image and network. systemd does not run in the box.
crio_config() {
	mkdir -p "$T"/etc/{crio,containers,cni/net.d}
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$T/etc/containers/policy.json"
	printf '[storage]\ndriver = "overlay"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n' >"$T/etc/containers/storage.conf"
	cat >"$T/etc/crio/crio.conf" <<-END
		[crio]
		storage_driver = "overlay"
		[crio.runtime]
		default_runtime = "runc"
		cgroup_manager = "cgroupfs"
		conmon_cgroup = "pod"
		default_ulimits = ["nofile=300:9500"]
		pinns_path = "${CRIO%/*}/pinns"
		[crio.runtime.runtimes.runc]
		runtime_path = "$(command -v runc)"
		monitor_path = "/usr/bin/conmon"
		[crio.runtime.runtimes.crun]
		runtime_path = "$(command -v crun)"
		monitor_path = "/usr/bin/conmon"
		[crio.image]
		pause_image = "localhost/pause:latest"
		[crio.network]
		network_dir = "/etc/cni/net.d"
		plugin_dirs = ["/usr/lib/cni"]
	END
	cat >"$T/etc/cni/net.d/10-box.conflist" <<-'END'
		{"cniVersion": "0.4.0", "name": "box", "plugins": [{"type": "bridge", "bridge": "box0", "isGateway": true,
		  "ipam": {"type": "host-local", "subnet": "10.99.0.0/24"}}]}
	END
	configuration >"$T/configuration"
}

crio_start() {
	(cd / && box "$CRIO" </dev/null >>"$T/crio.log" 2>&1 &)
	wait_for 60 cri_answers || {
		tail -n 20 "$T/crio.log"
		return 1
	}
}

crio_stop() {
	local pid
	pid=$(box pgrep -x crio) || return 0
	box kill "$pid"
	wait_for 60 box test ! -e "/proc/$pid"
}

crio_restart() {
	crio_stop
	crio_start
}

crio_close() {
	local rc=0
	if [ -n "${BOX_PID:-}" ]; then
		pods_remove || rc=1
		box_left || rc=1
		crio_stop || rc=1
	fi
	suite_close && return "$rc"
}
