# shellcheck shell=bash disable=SC2034 # some are for the scripts that source this
# What vm, setup and run share: where things are kept, and how an error is told.
#
# The cache holds what takes long to make, each thing made once:
#
#	kernels/NAME/   vmlinux, initrd (busybox and the modules that the boot needs), lib/modules,
#	                config, release, stamp
#	roots/NAME/     a root file system made by mmdebstrap; its stamp is /.gotune-lab
#
# A thing is made under a temporary name and renamed, so that it is either there or not. Its stamp
# is a hash of its recipe: after a change of the recipe, setup makes it anew.

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$LAB/../.." && pwd)
CACHE=${GOTUNE_LAB_CACHE:-${XDG_CACHE_HOME:-/var/cache}/gotune-lab}
ME=${0##*/}

# Kernels are called after the Debian release that they come from: bookworm's 6.1 is the last one
# whose cgroup v1 has memory and cpuset.
KERNELS="bookworm trixie sid"
DEFAULT_KERNEL=bookworm

# Exit statuses of vm, besides the command's own: those of timeout(1) and env(1), and one between.
RC_TIMEOUT=124 RC_DIED=125 RC_UNUSABLE=126 RC_MISSING=127

# die STATUS MESSAGE...: one line that says what to do.
die() {
	local rc=$1
	shift
	printf '%s: %s\n' "$ME" "$*" >&2
	exit "$rc"
}

# The value of KEY in a file of `key=value` lines, or nothing.
value_of() {
	sed -n "s/^$2=//p" "$1" | tail -n 1
}

shape_names() {
	local file
	for file in "$LAB"/shapes/*; do
		printf '%s ' "${file##*/}"
	done
}

root_names() {
	local file
	printf 'host '
	for file in "$LAB"/roots/*; do
		printf '%s ' "${file##*/}"
	done
}

# Where the root NAME is, or will be, on this machine.
root_dir() {
	case $1 in
	host) echo / ;;
	*/*) (cd "$1" 2>/dev/null && pwd) || echo "$1" ;;
	*) echo "$CACHE/roots/$1" ;;
	esac
}

kernel_dir() {
	echo "$CACHE/kernels/$1"
}

# Debian 12 has it in QEMU's packages, Debian 13 in one of its own.
virtiofsd_path() {
	local file
	for file in /usr/lib/qemu/virtiofsd /usr/libexec/virtiofsd; do
		[ -x "$file" ] && echo "$file" && return 0
	done
	return 1
}

# Has this kernel the memory and cpuset controllers of cgroup v1? Before 6.11 there was nothing to
# choose.
kernel_has_v1() {
	! grep -q '^# CONFIG_MEMCG_V1 is not set' "$(kernel_dir "$1")/config"
}
