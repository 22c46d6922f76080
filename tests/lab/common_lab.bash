# shellcheck shell=bash
# What the suites that only run in the lab share, beyond tests/e2e/common.bash: that they are in it,
# and cgroups around a container's.

load ../e2e/common

# A machine is changed here (sysctls, CPUs, cgroups): never somebody's own.
lab_setup() {
	[ -n "${LAB_SHAPE:-}" ] || skip 'runs in the lab only: make check-lab'
	common_setup
	SLICE=gtlab-$$-$BATS_TEST_NUMBER
}

lab_teardown() {
	common_teardown || return 1
	[ -z "${SLICE:-}" ] || find /sys/fs/cgroup -depth -type d -path "*/$SLICE*" -exec rmdir {} + 2>/dev/null || :
}

setup() {
	lab_setup
}

teardown() {
	lab_teardown
}

only_shape() {
	[ "$LAB_SHAPE" = "$1" ] || skip "for the shape $1"
}

# The directory of a controller's hierarchy.
hierarchy() {
	if [ "$CGROUPS" = v2 ]; then echo /sys/fs/cgroup; else echo "/sys/fs/cgroup/$1"; fi
}

# slice_set V2-FILE V2-VALUE V1-FILE V1-VALUE: on a cgroup around the container's.
slice_set() {
	local dir
	if [ "$CGROUPS" = v2 ]; then
		dir=/sys/fs/cgroup/$SLICE
		mkdir -p "$dir" && echo "$2" >"$dir/$1"
	else
		dir=/sys/fs/cgroup/${3%%.*}/$SLICE
		mkdir -p "$dir" && echo "$4" >"$dir/$3"
	fi
}

in_slice() {
	edit --arg p "/$SLICE/pod/$ID" '.linux.cgroupsPath = $p'
}

# The value of a file of the container's own cgroup: V2-FILE V1-FILE.
own_cgroup() {
	local path
	if [ "$CGROUPS" = v2 ]; then
		path=$(sed -n 's/^0:://p' "/proc/$PID/cgroup")
		cat "/sys/fs/cgroup$path/$1"
	else
		path=$(grep -E "^[0-9]+:([^:]*,)?${2%%.*}(,[^:]*)?:" "/proc/$PID/cgroup" | cut -d: -f3)
		cat "/sys/fs/cgroup/${2%%.*}$path/$2"
	fi
}

# A container that goes on; its report is there.
sleeper() {
	edit '.process.args = ["/probe", "-sleep", "60"]'
	run_detached
}

# A line of the program's /proc/PID/status.
status_of() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$PID/status"
}
