# shellcheck shell=bash disable=SC2034 # some are for the suites
# A box: what an engine takes for its machine. Namespaces of its own (mount, PID, network, IPC, UTS,
# cgroup), with an /etc, a /run, a /var/lib, a /usr/local and a /usr/share/containers that are the
# test's. Nothing that an engine writes reaches the machine, nothing of the machine's configuration
# reaches the engine, and what an engine leaves behind is counted inside, where nobody else makes
# processes or mounts.
#
#	box_open        makes the box below $T
#	box COMMAND...  runs a command in it
#	box_at_rest     remembers what is there
#	box_left        fails when there is more now
#	box_close       takes the box down; fails when a process is left that should have ended
#
# The shell that calls box_open goes into the box's cgroups, so that whatever it starts is there.

BOX_SCRIPT=$(realpath "${BASH_SOURCE[0]}")

# --- control groups -----------------------------------------------------------------------------

# "MOUNTPOINT PATH" of each hierarchy: where it is mounted, and where this shell is in it.
cgroup_places() {
	local controllers path mount
	while IFS=: read -r _ controllers path; do
		mount=$(awk -v want="$controllers" '
			{ for (i = 1; $i != "-"; i++); n = split($NF, option, ",") }
			want == "" && $(i + 1) == "cgroup2" { print $5; exit }
			want != "" && $(i + 1) == "cgroup" { for (j = 1; j <= n; j++) if (option[j] == first(want)) { print $5; exit } }
			function first(list) { sub(/,.*/, "", list); return list }' /proc/self/mountinfo)
		[ -z "$mount" ] || echo "$mount $path"
	done </proc/self/cgroup
}

# Goes into groups of the box's own, one per hierarchy: below this shell's, or, under cgroup v2, below
# the root, since a group with processes hands no controllers down.
enter_cgroups() {
	local mount path dir file
	while read -r mount path; do
		dir=${path%/}
		[ "$(stat -f -c %T "$mount")" != cgroup2fs ] || dir=
		echo "$mount$dir/$BOX $mount$path"
	done < <(cgroup_places) >"$T/cgroups"
	while read -r dir _; do
		mkdir "$dir"
		for file in cpuset.cpus cpuset.mems; do
			[ ! -e "$dir/$file" ] || cat "${dir%/*}/$file" >"$dir/$file" 2>/dev/null || :
		done
		echo $$ >"$dir/cgroup.procs" || return 1
	done <"$T/cgroups"
}

# Back to where this shell was.
leave_cgroups() {
	local before
	while read -r _ before; do
		echo $$ >"$before/cgroup.procs" || return 1
	done <"$T/cgroups"
}

# Nothing but the box's own groups may be there when the engine is gone: what is left is printed.
remove_cgroups() {
	local own dir
	while read -r own _; do
		while read -r dir; do
			wait_for 5 rmdir "$dir" 2>/dev/null || echo "control group is in use: $dir"
		done < <(find "$own" -depth -type d)
	done <"$T/cgroups"
}

# --- the box ------------------------------------------------------------------------------------

# What of the machine's /etc programs need to run at all.
ETC_KEPT=(apparmor apparmor.d passwd group shadow gshadow nsswitch.conf ld.so.cache ld.so.conf ld.so.conf.d alternatives protocols services ssl)

box_etc() {
	local name
	mkdir -p "$T/etc/gotune/policy.d"
	for name in "${ETC_KEPT[@]}"; do
		[ ! -e "/etc/$name" ] || cp -a "/etc/$name" "$T/etc/"
	done
	: >"$T/etc/resolv.conf"
	echo box >"$T/etc/hostname"
	echo '127.0.0.1 localhost box' >"$T/etc/hosts"
}

# Runs as the first process of the box, in all its namespaces but with the machine's files. With
# BOX_CGROUPS=v1 a hybrid hierarchy is shown without its cgroup2 part: crun refuses the mixture.
box_init() {
	local controllers dir
	set -e
	mount --make-rshared /
	mount --bind "$T/etc" /etc
	mount --bind "$T/lib" /var/lib
	mount --bind "$T/local" /usr/local
	[ ! -d /usr/share/containers ] || mount --bind "$T/containers" /usr/share/containers
	mount -t tmpfs -o mode=755 run /run
	mkdir /run/lock && chmod 1777 /run/lock
	# Mounted again, so that the box's group is the root of what is seen.
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
		umount -l /sys/fs/cgroup
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
	else
		umount -l /sys/fs/cgroup
		mount -t tmpfs -o mode=755 cgroups /sys/fs/cgroup
		while IFS=: read -r _ controllers _; do
			dir=${controllers#name=}
			if [ -n "$dir" ]; then
				mkdir "/sys/fs/cgroup/$dir"
				mount -t cgroup -o "$controllers" "$controllers" "/sys/fs/cgroup/$dir"
			elif [ "${BOX_CGROUPS:-}" != v1 ]; then
				mkdir /sys/fs/cgroup/unified
				mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
			fi
		done </proc/self/cgroup
	fi
	ip link set lo up
	: >"$T/ready"
	exec catatonit -P
}

box_open() {
	BOX=gotune-box-$$
	mkdir -p "$T/lib" "$T/local"
	[ ! -d /usr/share/containers ] || cp -a /usr/share/containers "$T/containers"
	box_etc
	enter_cgroups
	unshare --mount --pid --net --ipc --uts --cgroup --fork --kill-child --propagation private --mount-proc \
		bash -c '. "$1"; T=$2 box_init' box "$BOX_SCRIPT" "$T" </dev/null >"$T/init.log" 2>&1 3>&- &
	BOX_PARENT=$!
	wait_for 60 test -e "$T/ready" || {
		cat "$T/init.log"
		return 1
	}
	BOX_PID=$(pgrep -P "$BOX_PARENT")
	box_leaf
}

# cgroup v2 hands controllers down only from a group without processes.
box_leaf() {
	local dir pid
	while read -r dir _; do
		[ -e "$dir/cgroup.subtree_control" ] || continue
		mkdir "$dir/leaf"
		# shellcheck disable=SC2013 # a number a line; while would read from what it changes
		for pid in $(cat "$dir/cgroup.procs"); do
			echo "$pid" >"$dir/leaf/cgroup.procs" 2>/dev/null || :
		done
	done <"$T/cgroups"
}

# A command in the box. Descriptor 3 is bats's own: a daemon that keeps it keeps bats.
box() {
	nsenter --target "$BOX_PID" --mount --pid --net --ipc --uts --cgroup --wdns="$PWD" -- "$@" 3>&-
}

# A daemon in the box; what it says goes to $T/NAME.log.
box_daemon() {
	box "$@" </dev/null >>"$T/$1.log" 2>&1 &
}

# What runs in the box beside its first process.
box_processes() {
	box sh -c 'for p in /proc/[0-9]*; do
		case ${p#/proc/} in 1 | $$) continue ;; esac
		args=$(tr "\0" " " <"$p/cmdline" 2>/dev/null) || continue
		echo "${p#/proc/} $(sed "s/^[0-9]* (\(.*\)) .*/\1/" "$p/stat" 2>/dev/null) $args"
	done' 2>/dev/null
}

box_is_empty() {
	[ -z "$(box_processes)" ]
}

# What a container can leave behind, a line each: mounts, files in /run, links of the network, control
# groups. Our directory of records is no container's, nor what is kept beside it. Docker sweeps the
# places where it mounted network namespaces once a minute; Podman forgets a pod's group in the
# hierarchy of no controller, and its name server's file; since 5.8 it has one for the pods' own containers.
box_seen() {
	box sh -c '
		awk "{ print \"mount\", \$5 }" /proc/self/mountinfo
		find /run -mindepth 1 ! -regex "/run/\(user/[0-9]*/\)?gotune\(/containers\|/counters\|/fresh-sysctls\|/policy[.0-9]*[.]cache\|/nri\)?" \
			! -path "/run/docker/netns/*" ! -path "/run/docker/libnetwork/*" ! -path "/run/containers/networks/*" \
			! -path /run/libpod/infra-container ! -regex "/run/crio/[0-9a-f]*" -printf "file %p\n"
		ip -o link show | cut -d: -f2 | sed "s/^/link/"
		find /sys/fs/cgroup -mindepth 2 -type d ! -regex "/sys/fs/cgroup/systemd/libpod_parent/[0-9a-f]*" -printf "cgroup %p\n"' | sort
}

# The engine at rest, after a first container: what is there now is the engine's own.
box_at_rest() {
	box_seen >"$T/seen"
}

box_nothing_new() {
	[ -z "$(box_seen | comm -13 "$T/seen" -)" ]
}

# What containers left while the engine still runs: prints it and fails.
box_left() {
	[ -e "$T/seen" ] || return 0
	wait_for 10 box_nothing_new && return 0
	box_seen | comm -13 "$T/seen" - | sed 's/^/is left: /'
	return 1
}

# The engine has stopped: fails when a process or a control group of a container is left.
box_close() {
	local rc=0
	[ -n "${BOX_PID:-}" ] || return 0
	wait_for 15 box_is_empty || {
		box_processes | sed 's/^/process is left: /'
		rc=1
	}
	kill -9 "$BOX_PID" 2>/dev/null || :
	wait_for 5 test ! -e "/proc/$BOX_PID" || rc=1
	leave_cgroups || rc=1
	remove_cgroups | grep . && rc=1
	return "$rc"
}

# wait_for SECONDS COMMAND...
wait_for() {
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || return 1
		sleep 0.05
	done
}
