# shellcheck shell=bash disable=SC2034 # some are for the scripts that source this
# Containers of roots that are laid over one another, run twice: without us and with the hook. What
# tests/entrypoints/run and tests/rootfs/run share.
#
# All of it happens in a mount namespace of the script's own: with the script its mounts end. T is a temporary
# directory: POLICY, RECORDS, HOOK (a copy: so its processes are told from others) and the runtimes' states
# lie there. RUNTIME is runc or crun.

# in_own_mounts SCRIPT ARGUMENT...: starts the script anew in a mount namespace of its own.
in_own_mounts() {
	[ "$(id -u)" = 0 ] || skip_all 'needs root: containers are made here'
	[ -z "${GT_OWN_MOUNTS:-}" ] || return 0
	GT_OWN_MOUNTS=1 exec unshare -m --propagation private "$BASH" "$@"
}

containers_open() {
	# Traversable: the containers' users reach their root.
	T=$(mktemp -d "${TMPDIR:-/tmp}/gotune-roots.XXXXXXXX") || exit 1
	trap containers_close EXIT
	# In memory: what is unpacked there is soon gone again.
	mount -t tmpfs -o mode=755,size=60% tmpfs "$T" || exit 1
	trap 'exit 130' INT TERM
	POLICY=$T/policy.json RECORDS=$T/records HOOK=$T/oci-gotune-hook
	mkdir -p "$RECORDS" "$T/runtimes"
	cp "$BUILD/oci-gotune-hook" "$HOOK" || exit 1
	jq -n '{version: 1, profiles: {balanced: {gomaxprocs: {min: 1}}}}' >"$POLICY"
	# The machine's own drop-ins and kill switch are none of ours.
	[ ! -d /etc/gotune ] || mount -t tmpfs tmpfs /etc/gotune || exit 1
	(cd "$T" && runc spec && mv config.json spec.json) || exit 1
}

# at_work COMMAND...: its lines go through show, in a process group of its own: an interrupt ends it at once.
at_work() {
	set -m
	"$@" | show &
	set +m
	AT_WORK=$(jobs -p %+)
	wait $!
	AT_WORK=
}

# Ends what an interrupted run left: who makes containers, the containers, what is mounted at and below T.
containers_close() {
	local id pid
	[ -z "${AT_WORK:-}" ] || kill -KILL -- "-$AT_WORK" 2>/dev/null || :
	for RUNTIME in runc crun; do
		[ -d "$T/runtimes/$RUNTIME" ] || continue
		for id in $(rt list -q 2>/dev/null); do
			rt delete -f "$id" >/dev/null 2>&1 || :
		done
	done
	for pid in $(hook_processes); do
		kill -9 "$pid" 2>/dev/null || :
	done
	awk -v t="$T/" 'index($2 "/", t) == 1 { print $2 }' /proc/mounts | tac | xargs -r umount -l
	rmdir "$T"
}

hook_processes() {
	find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' '(' -lname "$HOOK" -o -lname "$HOOK (deleted)" ')' -printf '%h\n' 2>/dev/null |
		sed 's|^/proc/||'
}

# No process of the hook's goes on when its containers have ended: waits a moment for the last, prints those left.
hook_processes_left() {
	local n
	for n in {1..30}; do
		[ -n "$(hook_processes)" ] || return 0
		sleep 0.1
	done
	hook_processes
}

# The runtime, with a state of the test's own. On a hybrid hierarchy crun gets a cgroup2 of its own, and makes
# no cgroup: as in tests/e2e/common.bash.
rt() {
	local own=no flags=(--root "$T/runtimes/$RUNTIME")
	if [ "$RUNTIME" = crun ] && [ ! -e /sys/fs/cgroup/cgroup.controllers ] && grep -qE '^[^ ]+ /sys/fs/cgroup/[^ ]+ cgroup2 ' /proc/mounts; then
		own=yes flags+=(--cgroup-manager=disabled)
	fi
	# shellcheck disable=SC2016 # for that shell
	timeout -k 5 "${RT_SECONDS:-40}" unshare -m --propagation private "$BASH" -c '
		if [ "$1" = yes ]; then umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 125; fi
		shift; exec "$@"' rt "$own" "$RUNTIME" "${flags[@]}" "$@"
}

# config.json as these tests begin with: `runc spec`, half a CPU, 512 MiB, what Docker gives of capabilities.
base_config() {
	jq '["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",
		"SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"] as $names | ($names | map("CAP_" + .)) as $caps
		| .root.readonly = false | .process.terminal = false | .process.noNewPrivileges = false | del(.process.rlimits)
		| .process.env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=gotune"] | .hostname = "gotune"
		| .process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}
		| .linux.resources.cpu = {quota: 50000, period: 100000} | .linux.resources.memory = {limit: 536870912}' "$T/spec.json"
}

# A config.json with the hook, as an engine puts it there.
with_hook() {
	jq --arg hook "$HOOK" --arg records "$RECORDS" --arg policy "$POLICY" '.hooks.createRuntime = [{path: $hook, timeout: 20,
		env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
		args: ["oci-gotune-hook", "--policy", $policy, "--record-dir", $records, "--log", "none"]}]'
}

# mount_root BUNDLE LOWER: BUNDLE/rootfs is these layers, the first on top; what is written goes to BUNDLE/upper.
mount_root() {
	mkdir -p "$1"/{rootfs,upper,work} &&
		mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/rootfs"
}

umount_root() {
	umount "$1/rootfs" 2>/dev/null || umount -l "$1/rootfs"
}

# run_to_end BUNDLE ID: BUNDLE/{out,err,status,ms}: 124 when it had to be killed.
run_to_end() {
	local from=${EPOCHREALTIME/[.,]/}
	rt run --bundle "$1" "$2" </dev/null >"$1/out" 2>"$1/err"
	echo $? >"$1/status"
	echo $(((${EPOCHREALTIME/[.,]/} - from) / 1000)) >"$1/ms"
	[ "$(cat "$1/status")" -lt 124 ] || rt delete -f "$2" >/dev/null 2>&1 || :
}

# run_until SECONDS CONDITION BUNDLE ID: kills it as soon as CONDITION BUNDLE holds, or after that time.
run_until() {
	local until=$((SECONDS + $1)) condition=$2 job
	rt run --bundle "$3" "$4" </dev/null >"$3/out" 2>"$3/err" &
	job=$!
	while kill -0 "$job" 2>/dev/null && [ "$SECONDS" -lt "$until" ] && ! "$condition" "$3"; do
		sleep 0.05
	done
	rt delete -f "$4" >/dev/null 2>&1 || :
	wait "$job"
	echo killed >"$3/status"
}

# differing WITHOUT WITH: what of two runs is not the same, or nothing.
differing() {
	local a b
	a=$(cat "$1/status") b=$(cat "$2/status")
	[ "$a" = "$b" ] || { echo "exit status $a without us, $b with us: $(tail -n 1 "$2/err")" && return; }
	[ "$a" = killed ] || cmp -s "$1/out" "$2/out" ||
		echo "output: $(diff "$1/out" "$2/out" | sed -n '/^[<>]/p' | head -n 2 | tr '\n' ' ')"
}
