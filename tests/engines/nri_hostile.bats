#!/usr/bin/env bats
# gotune-nri, whose workers answer as if whoever wrote their bytes had taken them over (tests/hostile), with a real
# containerd: whatever they say, containers start, and the one beside them does not notice. A sample of the answers
# that turn a field or some bytes; FULL=1: all of them. ONLY=JOB/VARIANT: that one.

load common
load nri

SLEEP='args: "-sleep" args: "600"'

setup_file() {
	[ -x "$BUILD/hostile/gotune-nri" ] || skip "no $BUILD/hostile/gotune-nri: make BUILD=$BUILD $BUILD/hostile/gotune-nri"
	nri_open sid
	cp "$BUILD/hostile/gotune-nri" "$T/local/bin/gotune-nri"
	plugin_start
	sandbox beside runc
	pod_run beside "$SLEEP"
	expect_tuned
	plugin_stop
	BESIDE=$CID
	BESIDE_PID=$(ct -n k8s.io tasks list | awk -v id="$CID" '$1 == id { print $2 }')
	[ -n "$BESIDE_PID" ]
	# Another pod: its network's sysctls are the liar's own.
	sandbox own runc
	export BESIDE BESIDE_PID SANDBOX SANDBOX_CONFIG
	beside >"$T/beside"
}

teardown() {
	say_unsteady
}

teardown_file() {
	if [ -n "${BOX_PID:-}" ]; then
		waiting_delete
		containerd_clean
		plugin_stop
		box find /run/gotune/containers -type f -delete
	fi
	containerd_close
}

# What may be seen of the container that must not notice.
beside() {
	box cat "$RECORDS/$BESIDE.json" "/proc/$BESIDE_PID/limits" "/proc/$BESIDE_PID/cgroup"
	box grep -E '^(Name|Tgid|TracerPid|Seccomp):' "/proc/$BESIDE_PID/status"
	box nsenter --net --target "$BESIDE_PID" cat /proc/sys/net/core/somaxconn
}

rows() { # JOB
	GOTUNE_HOSTILE=list:2 "$BUILD/hostile/gotune-nri" | sed -n "s|^\($1/[^ ]*\).*|\1|p" | if [ -n "${ONLY:-}" ]; then
		grep -xF "$ONLY"
	elif [ "${FULL:-0}" != 0 ]; then
		cat
	else
		awk '!/[:=+]|\/shift|\/random|\/noise/ || n++ % 12 == 0'
	fi
}

# One that may never be registered.
liar_start() { # ROW
	rm -f "$T/hits" "$T/gotune-nri.log"
	box env GOTUNE_HOSTILE="$1" GOTUNE_HOSTILE_HITS="$T/hits" \
		GOTUNE_BYSTANDER="$BESIDE_PID $BESIDE /run/containerd/io.containerd.runtime.v2.task/k8s.io/$BESIDE /kubepods/$BESIDE" \
		setsid -f sh -c 'exec gotune-nri --log stderr --budget-ms 1000 </dev/null >>"$0" 2>&1' "$T/gotune-nri.log"
	wait_for 2 plugin_is_ready || :
	[ -n "$(plugin_pid)" ]
}

bounded() {
	jq -e '.env | ((.GOMAXPROCS // "1") | test("^[1-9][0-9]{0,3}$")) and ((.GOMEMLIMIT // "1") | test("^([0-9]{1,19}([KMGT]i)?B?|off)$"))
		and .GODEBUG == null' "$OUT" >/dev/null
}

# ANSWERS SECRETS
hits() {
	od -An -tu4 -w8 "$T/hits" 2>/dev/null | xargs
}

try_row() { # ROW NUMBER
	local begin=$SECONDS
	liar_start "$1"
	pod_run "row$2" "$SLEEP" || {
		echo 'the container does not start'
		return 1
	}
	[ $((SECONDS - begin)) -lt 15 ] || echo "took $((SECONDS - begin)) s"
	bounded || {
		echo 'the program has what the policy does not allow'
		cat "$OUT"
		return 1
	}
	wait_for 5 unchanged || {
		beside | diff "$T/beside" -
		return 1
	}
	box test ! -e /run/gotune-was-here || {
		echo 'a file was made'
		return 1
	}
	[[ $(hits) =~ ^[1-9][0-9]*\ 0$ ]] || {
		echo "answers, secrets that were seen: $(hits)"
		return 1
	}
	[ -n "$(plugin_pid)" ] || {
		echo 'the plugin has ended'
		return 1
	}
	plugin_stop
	ct -n k8s.io tasks kill -s KILL "$CID"
}

# As try_row, and says what was wrong.
tell_row() {
	try_row "$@" >"$T/said" 2>&1 || {
		echo "$1:"
		cat "$T/said" "$T/gotune-nri.log"
		plugin_stop
		return 1
	}
}

unchanged() {
	beside | cmp -s "$T/beside" -
}

try_rows() { # JOB
	local row n=0 list
	mapfile -t list < <(rows "$1")
	[ -n "${ONLY:-}" ] || [ "${#list[@]}" -ge 20 ]
	for row in "${list[@]}"; do
		n=$((n + 1))
		tell_row "$row" "${1##*-}$n"
	done
	echo "# $1: $n answers" >&3
}

@test "what the runtime asks, decoded by a worker that lies" {
	try_rows nri-request
}

@test "the runtime's answer to the registration, by one that lies" {
	try_rows nri-response
}

@test "containerd's answer about layers, by one that lies" {
	try_rows nri-mounts
}

# A container that another runtime has created, and that waits for its start: what a decision can be carried into.
waiting_create() {
	mkdir -p "$T/waiting"
	"$CONTAINERD_BIN/ctr" oci spec | jq --arg root "$T/rootfs" '.root = {path: $root} | .process.terminal = false
		| .process.args = ["/probe"] | .linux.cgroupsPath = "/waiting"' >"$T/waiting/config.json"
	box runc create --bundle "$T/waiting" --pid-file "$T/waiting/pid" waiting </dev/null >"$T/waiting/out" 2>&1
}

waiting_delete() {
	[ ! -e "$T/waiting" ] || box runc delete -f waiting
	rm -rf "$T/waiting"
	box rm -rf /run/runc
}

@test "what the runtime asks, by one that names the init of a container that waits for its start" {
	local row
	for row in other other-pid other-starts; do
		waiting_create
		BESIDE_PID=$(cat "$T/waiting/pid")
		beside >"$T/beside"
		tell_row "nri-request/$row" "$row"
		box runc start waiting
		OUT=$T/waiting/out
		wait_for 30 test -s "$OUT"
		expect_untouched
		expect 'null' "$(seen .env.GODEBUG)" GODEBUG
		waiting_delete
	done
}
