# shellcheck shell=bash disable=SC2034 # common.bash reads ENGINE
# A dockerd of the suite's own, in its box: docker.bats and load.bats.

ENGINE=dk
dk() {
	box /usr/bin/docker "$@"
}

docker_open() {
	suite_open /usr/bin/docker /usr/sbin/dockerd /usr/bin/containerd
	mkdir "$T/etc/docker"
	printf '{\n    "log-level": "warn"\n}\n' >"$T/etc/docker/daemon.json"
	configuration >"$T/configuration"
	register_with docker
	docker_start
	make_rootfs_tar "$T/rootfs.tar"
	dk import -c 'ENTRYPOINT ["/probe"]' - probe <"$T/rootfs.tar" >/dev/null
	dk import -c 'CMD ["/bin/sh"]' - busybox <"$T/rootfs.tar" >/dev/null
	dk run --rm busybox true
	dk run --rm --network host busybox true
	box_at_rest
}

# The soft limit is what a distribution's unit gives: containers inherit it.
docker_start() {
	(ulimit -Sn 1024 && box_daemon dockerd --iptables=false --ip6tables=false)
	wait_for 90 docker_answers || {
		tail -n 20 "$T/dockerd.log"
		return 1
	}
}

# The daemon reads its configuration again; then CONDITION... holds.
docker_reload() {
	box kill -HUP "$(box cat /run/docker.pid)"
	wait_for 30 "$@"
}

default_runtime_is() {
	[ "$(dk info -f '{{.DefaultRuntime}}')" = "$1" ]
}

docker_answers() {
	dk version >/dev/null 2>&1
}

docker_stop() {
	local pid
	pid=$(box cat /run/docker.pid 2>/dev/null) || return 0
	box kill "$pid"
	wait_for 60 box test ! -e "/proc/$pid"
}

# Removes all containers; says which were there to be removed by force.
docker_clean() {
	local ids
	say_unsteady
	ids=$(dk ps -aq) || return 1
	# shellcheck disable=SC2086 # a list of IDs
	[ -z "$ids" ] || dk rm -f $ids >/dev/null
}

docker_close() {
	local rc=0
	if [ -n "${BOX_PID:-}" ]; then
		docker_clean || rc=1
		box_left || rc=1
		docker_stop || rc=1
	fi
	suite_close && return "$rc"
}
