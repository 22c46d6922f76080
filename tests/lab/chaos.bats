#!/usr/bin/env bats
# Fifty containers start on a machine in trouble: no CPU time to be had, no memory, a disk for the
# records that fails. All of them start, each is decided as on a quiet machine, and nothing is left.

load common_lab

COUNT=50
AT_ONCE=8
KINDS=(quota cpuset memory given large)

setup() {
	lab_setup
	[ -n "${T:-}" ] || return 0
	command -v stress-ng >/dev/null || skip 'no stress-ng here: the roots trixie and sid have it'
	kind quota .
	kind cpuset '.linux.resources.cpu = {cpus: "1-2"}'
	kind memory '.linux.resources.memory = {limit: 268435456}'
	kind given '.process.env += ["GOMAXPROCS=3"]'
	kind large '.linux.resources.cpu = {quota: 250000, period: 100000}'
	on_quiet_machine
	MOUNTS=$(wc -l </proc/self/mountinfo)
}

teardown() {
	local rc=0
	calm
	good_disk || rc=1
	nothing_left || rc=1
	lab_teardown && return "$rc"
}

# A container of each kind, and what came of it.
on_quiet_machine() {
	local COUNT=${#KINDS[@]}
	start_all quiet
	said quiet >"$T/quiet/said"
	decided quiet outcomes >"$T/quiet/outcomes"
	decided quiet verdicts >"$T/quiet/verdicts"
	expect $((2 * COUNT)) "$(cat "$T/quiet/said" "$T/quiet/outcomes" | wc -l)" 'reports and records'
}

# kind NAME JQ: a bundle like the one that there is, with its config.json changed.
kind() {
	mkdir -p "$T/kinds/$1"
	ln -s "$BUNDLE/rootfs" "$T/kinds/$1/rootfs"
	jq "$2" "$BUNDLE/config.json" >"$T/kinds/$1/config.json"
}

kind_of() {
	echo "${KINDS[$1 % ${#KINDS[@]}]}"
}

# start_all NAME: containers of each kind in turn, a few at a time. What number N said is in
# $T/NAME/N.out, and who did not run in $T/NAME/failed.
start_all() {
	local n
	mkdir "$T/$1"
	(
		for ((n = 0; n < COUNT; n++)); do
			[ "$n" -lt "$AT_ONCE" ] || wait -n
			start_one "$1" "$n" &
		done
		wait
	) 3>&-
	[ ! -e "$T/$1/failed" ] || { cat "$T/$1/failed" && return 1; }
}

start_one() {
	local out=$T/$1/$2 rc=0
	rt run --bundle "$T/kinds/$(kind_of "$2")" "$ID-$1-$2" </dev/null >"$out.out" 2>"$out.err" || rc=$?
	[ "$rc" = 0 ] || echo "container $2: status $rc: $(cat "$out.err")" >>"$T/$1/failed"
}

# All that the programs of NAME saw, but for the numbers of their processes: a line each, in order.
said() {
	local n files=()
	for ((n = 0; n < COUNT; n++)); do files+=("$T/$1/$n.out"); done
	jq -cS 'del(.pid)' "${files[@]}"
}

# decided NAME outcomes|verdicts: what was decided for its containers, a line each, of the number and the
# rest, in order; with what came of it, or without.
decided() {
	local n files=() field=.applied
	[ "$2" = outcomes ] || field=null
	for ((n = 0; n < COUNT; n++)); do
		[ ! -e "$RECORDS/containers/$ID-$1-$n.json" ] || files+=("$RECORDS/containers/$ID-$1-$n.json")
	done
	[ ${#files[@]} = 0 ] || jq -rS '"\(.id | split("-") | last) \([.mode, .profile, [.warnings[].what],
		(.settings | map([.name, .verdict, .reason, .value, '"$field"']))] | tostring)"' "${files[@]}"
}

# expect_quiet NAME [WHAT]: each container of NAME saw, and was decided, what one of its kind did on the
# quiet machine. $KEPT is how many records there are. What came of a decision is written into the record
# when the program starts: where that may have been lost, WHAT is verdicts.
expect_quiet() {
	local n decision want got
	mapfile -t want <"$T/quiet/said"
	mapfile -t got < <(said "$1")
	for ((n = 0; n < COUNT; n++)); do
		expect "${want[n % ${#KINDS[@]}]}" "${got[n]:-}" "what container $n ($(kind_of "$n")) saw"
	done
	KEPT=0
	mapfile -t want <"$T/quiet/${2:-outcomes}"
	while read -r n decision; do
		expect "${want[n % ${#KINDS[@]}]#* }" "$decision" "what was decided for container $n ($(kind_of "$n"))"
		KEPT=$((KEPT + 1))
	done < <(decided "$1" "${2:-outcomes}")
}

expect_all_kept() {
	expect_quiet "$1"
	expect "$COUNT" "$KEPT" records
}

# No container, no control group, no mount, no file on the disk of the records; common_teardown looks
# for processes and for files elsewhere.
nothing_left() {
	local left
	[ -n "${MOUNTS:-}" ] || return 0
	left=$(rt list -q)$(find /sys/fs/cgroup -name "*$ID*")${LEFT:-}
	[ -z "$left" ] || { echo "left: $left" && return 1; }
	expect "$MOUNTS" "$(wc -l </proc/self/mountinfo)" mounts
}

# --- trouble ------------------------------------------------------------------------------------

stress() {
	stress-ng --quiet "$@" </dev/null >"$T/stress.log" 2>&1 3>&- &
	STRESS=$!
}

calm() {
	[ -n "${STRESS:-}" ] || return 0
	kill "$STRESS"
	wait "$STRESS" || :
	STRESS=
}

# Microseconds in which some task was stalled for want of it, since the boot (Documentation/accounting/psi.rst).
stalled() {
	sed -n 's/^some .*total=//p' "/proc/pressure/$1"
}

# expect_pressure WHAT BEFORE: it was real. Said in the log as well.
expect_pressure() {
	local us=$(($(stalled "$1") - $2))
	echo "# $1 pressure: some task was stalled for $((us / 1000)) ms" >&3
	[ "$us" -gt 1000000 ]
}

# The records lie on a disk of their own, whose table can be changed below it.
disk() {
	DISK=gotune-chaos
	truncate -s 16M "$T/disk"
	modprobe -a loop dm-mod dm-flakey
	LOOP=$(losetup -f --show "$T/disk")
	# What is written is on the disk, or fails, at once.
	mkfs.ext4 -q -O ^has_journal "$LOOP"
	# There is no udev that would make a node with its name.
	dmsetup create --noudevrules --noudevsync "$DISK" --table "0 32768 linear $LOOP 0"
	mount -o sync,dirsync,errors=continue "/dev/$(dmsetup info -c --noheadings -o blkdevname "$DISK")" "$RECORDS"
}

disk_is() {
	dmsetup suspend --noudevsync --noflush "$DISK" && dmsetup load "$DISK" --table "$1" && dmsetup resume --noudevsync "$DISK"
}

# As it was, and away. Only records are on it, what is kept beside them, and temporary files that it did
# not let us remove.
good_disk() {
	[ -n "${DISK:-}" ] || return 0
	disk_is "0 32768 linear $LOOP 0"
	LEFT=$(find "$RECORDS" -path "$RECORDS/lost+found" -prune -o -type f ! -name "$ID*.json" ! -name ".$ID*.json.*" \
		! -name 'counters*' ! -name '*lock*' ! -name fresh-sysctls ! -name 'policy*.cache' -print)
	umount "$RECORDS"
	dmsetup remove --noudevrules --noudevsync "$DISK"
	losetup -d "$LOOP"
	DISK=
}

io_errors() {
	dmesg | grep -cE 'I/O error.*dm-|EXT4-fs.*(error|warning)' || :
}

# ------------------------------------------------------------------------------------------------

@test "CPU pressure" {
	local before
	before=$(stalled cpu)
	stress --cpu "$(nproc)"
	start_all cpu
	calm
	expect_pressure cpu "$before"
	expect_all_kept cpu
}

@test "memory pressure" {
	local before
	before=$(stalled memory)
	# More than there is, less than there is with swap.
	stress --vm 1 --vm-keep --vm-method write64 --vm-bytes "$(awk '/^MemAvailable/ { print int($2 * 1.1) }' /proc/meminfo)k"
	start_all memory
	calm
	expect_pressure memory "$before"
	expect_all_kept memory
}

@test "a disk of the records that fails every other second" {
	local before
	disk
	before=$(io_errors)
	disk_is "0 32768 flakey $LOOP 0 1 1 1 error_writes"
	start_all flakey
	[ "$(io_errors)" -gt "$before" ]
	expect_quiet flakey verdicts
	echo "# $KEPT of $COUNT records were kept" >&3
}

@test "a disk of the records that is gone" {
	local before
	disk
	before=$(io_errors)
	disk_is '0 32768 error'
	start_all gone
	[ "$(io_errors)" -gt "$before" ]
	expect_quiet gone verdicts
	echo "# $KEPT of $COUNT records were kept" >&3
}
