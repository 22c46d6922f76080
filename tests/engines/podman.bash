# shellcheck shell=bash disable=SC2034 # common.bash reads RECORDS
# Podman in a box: podman.bats, cdi.bats and load.bats. It has no daemon: how we are registered is
# what containers.conf and the hooks directories say at each call.

ENGINE=pm
pm() {
	box "${AS_USER[@]}" /usr/bin/podman "$@"
}

# A user of the box's own, with subordinate IDs: what makes Podman rootless. In his own directory, as he
# would be: the checkout may be below one that is closed to him, such as root's.
USER_ID=4000
use_user() {
	RECORDS=/run/user/$USER_ID/gotune/containers
	AS_USER=(env -i --chdir=/var/lib/box "PATH=$PATH" HOME=/var/lib/box "XDG_RUNTIME_DIR=/run/user/$USER_ID" TERM=dumb
		setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups)
}

# What a distribution gives a user who logs in; the two devices are everybody's under udev.
make_user() {
	echo "box:x:$USER_ID:$USER_ID::/var/lib/box:/bin/sh" >>"$T/etc/passwd"
	echo "box:x:$USER_ID:" >>"$T/etc/group"
	echo 'box:200000:65536' | tee "$T/etc/subuid" >"$T/etc/subgid"
	install -d -o "$USER_ID" -g "$USER_ID" "$T/lib/box"
	box install -d -m 700 -o "$USER_ID" -g "$USER_ID" "/run/user/$USER_ID"
	mknod -m 666 "$T/fuse" c 10 229
	mknod -m 666 "$T/tun" c 10 200
	box mount --bind "$T/fuse" /dev/fuse
	box mount --bind "$T/tun" /dev/net/tun
}

# What limits a container: half a CPU and 512 MiB. A user is not given cgroup v1.
LIMITS=(--cpus 0.5 --memory 512m)

podman_open() {
	export BOX_CGROUPS=v1
	suite_open /usr/bin/podman /usr/bin/conmon /usr/sbin/runc /usr/bin/crun
	podman_config
	[ -z "${ROOTLESS:-}" ] || make_user
	pm import -c 'ENTRYPOINT ["/probe"]' "$T/rootfs.tar" probe >/dev/null 2>&1
	pm import -c 'CMD ["/bin/sh"]' "$T/rootfs.tar" busybox >/dev/null 2>&1
	pm run --rm busybox true
	pm --runtime crun run --rm busybox true
	box_at_rest
}

podman_config() {
	mkdir -p "$T/etc/containers"
	make_rootfs_tar "$T/rootfs.tar"
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$T/etc/containers/policy.json"
	real_runtime runc
	KEEPS_MARKS=no
	! keeps_marks || KEEPS_MARKS=yes
	export KEEPS_MARKS
	configuration >"$T/configuration"
}

# Can it be remembered who registered a hooks file? The box is a tmpfs, which has no attributes of
# users' before Linux 6.6.
keeps_marks() {
	box sh -c 'cd /usr/share/containers && touch marked && setfattr -n user.gotune.test -v 1 marked
		rc=$?
		rm -f marked
		exit "$rc"' 2>/dev/null
}

# What the site says: which runtime.
real_runtime() {
	printf '%s\n' '[engine]' 'cgroup_manager = "cgroupfs"' 'events_logger = "file"' "runtime = \"$1\"" >"$T/etc/containers/containers.conf"
}

unregister() {
	unregister_from podman
	# What nobody can know to be Podman's is kept, but for who says so.
	[ "$KEEPS_MARKS" = yes ] || unregister_from podman --way hook
	real_runtime runc
}

# register WAY [RUNTIME]: WAY is precreate, hook, runtime, or both of the first two.
register() {
	unregister
	real_runtime "${2:-runc}"
	case $1 in
	both)
		register_with podman --way precreate
		register_with podman --way hook
		;;
	runtime)
		policy --arg runtime "${2:-runc}" '.runtimes = [$runtime]'
		register_with podman --way runtime --default
		;;
	*) register_with podman --way "$1" ;;
	esac
}

# run_container ARGUMENTS...: what it says is in $OUT and $ERR.
run_container() {
	pm run --rm "${LIMITS[@]}" "$@" >"$OUT" 2>"$ERR" </dev/null || {
		local rc=$?
		cat "$ERR"
		return "$rc"
	}
}

# The same in the background, until the program has reported; $CID.
run_detached() {
	CID=$(pm run -d "${LIMITS[@]}" "$@") || return 1
	wait_for 30 reports 1
}

# Podman adds a limit of processes to a limit of descriptors, which it then may not raise here.
NPROC=(--ulimit nproc=5000:5000)

# A soft limit below what the policy says is raised, up to the hard limit: low_nofile ARGUMENTS...
low_nofile() {
	policy_on_top '.select = "all"'
	run_container "$@" --ulimit nofile=300:9500 "${NPROC[@]}" busybox sh -c 'ulimit -Sn; ulimit -Hn'
	expect '4096 9500' "$(xargs <"$OUT")" 'soft and hard'
	run_container "$@" --ulimit nofile=300:2000 "${NPROC[@]}" busybox sh -c 'ulimit -Sn; ulimit -Hn'
	if may_raise_hard; then
		expect '4096 4096' "$(xargs <"$OUT")" 'soft and hard'
	else
		expect '2000 2000' "$(xargs <"$OUT")" 'soft and hard'
	fi
}

# Changes the policy as it is: the wrapper's way has written one of its own.
policy_on_top() {
	jq "$1" "$T/etc/gotune/policy.json" >"$T/policy.new" && mv "$T/policy.new" "$T/etc/gotune/policy.json"
}

# For tests that every way has to pass: each_way FUNCTION.
each_way() {
	local way
	for way in precreate hook runtime; do
		fresh
		register "$way"
		echo "way: $way"
		"$1" "$way"
		podman_clean
	done
}

podman_clean() {
	say_unsteady
	pm pod rm -f -t 0 -a >/dev/null 2>&1
	pm rm -f -t 0 -a >/dev/null
}

podman_close() {
	local rc=0
	if [ -n "${BOX_PID:-}" ]; then
		podman_clean || rc=1
		box_left || rc=1
		# Ends the process that holds a user's namespaces.
		[ -z "${ROOTLESS:-}" ] || pm system migrate
	fi
	suite_close && return "$rc"
}
