#!/usr/bin/env bats
# containerd: ctr with the wrapper as its runc, and pods over the CRI as kubelet asks for them.

load common
load containerd

setup_file() {
	containerd_open
}

teardown_file() {
	containerd_close
}

setup() {
	fresh
}

teardown() {
	containerd_clean
}

# ctr run: half a CPU and 512 MiB; what it says is in $OUT.
run_container() {
	ct run --rm --runc-binary /usr/local/bin/gotune-runtime --rootfs --cpus 0.5 --memory-limit 536870912 "$@" >"$OUT"
}

# The same in the background; its name is its ID.
run_detached() {
	local name=$1
	shift
	ct run -d --runc-binary /usr/local/bin/gotune-runtime --rootfs --cpus 0.5 --memory-limit 536870912 "$@" "$T/rootfs" "$name" /probe -sleep 600
}

# What it sees, from an exec'd process.
exec_probe() {
	ct tasks exec --exec-id "exec$RANDOM" "$1" /probe >"$OUT"
}

# bats test_tags=versions
@test "ctr run --runc-binary" {
	run_container "$T/rootfs" one /probe
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect '' "$(record_files)" 'records'
}

@test "the runtime's shim by its name, with the wrapper as its binary" {
	run_container --runtime io.containerd.runc.v2 "$T/rootfs" one /probe
	expect_tuned
}

# bats test_tags=versions
@test "ctr run: the record, and ctr tasks exec" {
	run_detached one
	expect 'containerd enforce balanced' "$(record one '"\(.engine) \(.mode) \(.profile)"')" 'engine, mode, profile'
	expect 'set cpu-quota 1' "$(setting one GOMAXPROCS)"
	box gotune show one | grep -q '^GOMEMLIMIT *applied *460MiB'
	exec_probe one
	expect_tuned
	CID=one expect_swappiness 7
	# ctr sets 1024, soft and hard. An exec'd process has ctr's.
	if may_raise_hard; then
		expect '4096 4096' "$(box awk '/^Max open files/ { print $4, $5 }' "/proc/$(ct tasks list | awk '$1 == "one" { print $2 }')/limits")" \
			'soft and hard'
	else
		expect 'keep hard-limit' "$(setting one RLIMIT_NOFILE | cut -d' ' -f1,2)"
	fi
}

@test "ctr run --env, --annotation, --net-host" {
	local before
	run_container --env GOMAXPROCS=7 "$T/rootfs" one /probe
	expect '7 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
	run_container --annotation io.gotune.profile=memory "$T/rootfs" one /probe
	expect 60 "$(seen .gcpercent)" GOGC
	run_container --annotation io.gotune.enable=false "$T/rootfs" one /probe
	expect_untouched
	before=$(box cat /proc/sys/net/core/somaxconn)
	run_container --net-host "$T/rootfs" one /probe
	expect_tuned
	expect "$before" "$(box cat /proc/sys/net/core/somaxconn)" 'the somaxconn of the machine'
}

@test "exit status, signals, pause and resume" {
	local rc=0
	run_detached one
	ct tasks pause one
	expect PAUSED "$(ct tasks list | awk '$1 == "one" { print $3 }')" status
	ct tasks resume one
	exec_probe one
	expect_tuned
	policy '.select = "all"'
	run_container "$T/rootfs" two /bin/sh -c 'cat /proc/sys/net/core/somaxconn; kill -TERM $$; exit 1' || rc=$?
	run_container "$T/rootfs" two /bin/sh -c 'cat /proc/sys/net/core/somaxconn; exit 42' || rc=$?
	expect 42 "$rc" 'exit status'
	expect 5001 "$(cat "$OUT")" somaxconn
}

@test "the kill switch, audit, and a real runtime that is missing" {
	touch "$T/etc/gotune/disabled"
	run_container "$T/rootfs" one /probe
	expect_untouched
	rm "$T/etc/gotune/disabled"
	policy '.mode = "audit"'
	run_container "$T/rootfs" one /probe
	expect_untouched
	policy '.runtimes = ["/nosuch/runc"]'
	! run_container "$T/rootfs" one /probe 2>"$ERR" || false
	grep -q gotune-runtime "$ERR" || {
		cat "$ERR"
		return 1
	}
	policy .
	run_container "$T/rootfs" two /probe
	expect_tuned
}

# bats test_tags=versions
@test "CRI: a pod's container is tuned, its sandbox is unharmed; ExecSync" {
	sandbox pod gotune
	pod_run one 'args: "-sleep" args: "600"'
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect_swappiness 7
	expect 'containerd enforce balanced' "$(record "$CID" '"\(.engine) \(.mode) \(.profile)"')" 'engine, mode, profile'
	pod_exec /probe
	expect_tuned
	pod_remove "$SANDBOX"
	rm "$T/sandboxes"
	expect '' "$(record_files)" records
}

@test "CRI: the soft limit of descriptors is raised" {
	policy '.select = "all"'
	sandbox pod gotune
	pod_run one 'command: "/bin/sh" args: "-c" args: "echo $(ulimit -Sn) $(ulimit -Hn); sleep 60"'
	expect '4096 9500' "$(cat "$OUT")" 'soft and hard'
	expect 'set profile 4096' "$(setting "$CID" RLIMIT_NOFILE)"
}

@test "CRI: another handler's pod is not touched" {
	sandbox pod runc
	pod_run one ''
	expect_untouched
}

@test "CRI: what the container's spec sets is kept" {
	sandbox pod gotune
	pod_run one 'envs {key: "GOMAXPROCS" value: "7"}'
	expect '7 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
}

# bats test_tags=versions
@test "CRI: annotations of the pod, of one container, and of the container" {
	sandbox pod gotune io.gotune.profile=memory io.gotune.profile/two=throughput io.gotune.enable/three=false
	pod_run one ''
	expect_tuned
	expect 60 "$(seen .gcpercent)" "the pod's: GOGC"
	pod_run two ''
	expect 200 "$(seen .gcpercent)" "one container's in the pod's: GOGC"
	pod_run three ''
	# The network's sysctls are the pod's.
	expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" 'opted out: environment'
}

@test "CRI: the image's name for rules" {
	policy '.rules = [{name: "probes", match: {image: "*/probe*"}, profile: "memory"}]'
	sandbox pod gotune
	pod_run one ''
	expect 60 "$(seen .gcpercent)" GOGC
}

# bats test_tags=versions
@test "CRI: UpdateContainerResources works, and gotune list shows the drift" {
	sandbox pod gotune
	pod_run one 'args: "-sleep" args: "600"'
	cri UpdateContainerResources <<<"container_id: \"$CID\" linux {cpu_period: 100000 cpu_quota: 150000}"
	box gotune list >"$ERR"
	grep -A1 "^${CID:0:12}" "$ERR" | grep -q 'limits were changed'
}

@test "a restart of containerd: running containers go on, and get exec'd processes" {
	run_detached one
	containerd_stop
	containerd_start
	exec_probe one
	expect_tuned
	expect 'set cpu-quota 1' "$(setting one GOMAXPROCS)"
}

# Containerd 1.x takes a table of runtimes for all of them: one of ours alone would be the end of CRI.
# bats test_tags=versions
@test "gotune install containerd on Debian's own configuration, on an empty one, and on none" {
	local file=$T/etc/containerd/config.toml how
	unregister_from containerd
	mv "$file" "$T/config.site"
	for how in debian empty none; do
		rm -f "$file"
		case $how in
		debian) cp /etc/containerd/config.toml "$file" ;;
		empty) : >"$file" ;;
		esac
		cp -a "$T/etc/containerd" "$T/containerd.$how"
		register_with containerd
		echo "configuration: $how"
		containerd_stop
		containerd_start
		box containerd config dump | grep -A 30 'runtimes.gotune\]' | grep -q 'pod_annotations.*io.gotune'
		unregister_from containerd
		diff -r "$T/containerd.$how" "$T/etc/containerd"
	done
	mv "$T/config.site" "$file"
	register_with containerd
	containerd_stop
	containerd_start
}

# bats test_tags=versions
@test "gotune uninstall containerd leaves no trace" {
	unregister_from containerd
	expect_no_trace
	register_with containerd
	sandbox pod gotune
	pod_run one ''
	expect_tuned
}

# As kubelet names a container's log, in a /var/log of the box's own.
@test "gotune diagnose, goroutines: a pod's container on a node without crictl, its record and its cgroup" {
	sandbox web gotune
	rm -f "$T/logs/app.log"
	CID=$(cri CreateContainer <<<"pod_sandbox_id: \"$SANDBOX\" sandbox_config {$SANDBOX_CONFIG} config {
		metadata {name: \"app\"} image {image: \"localhost/probe:latest\"} log_path: \"app.log\" command: \"/loads\"
		args: \"steady\" args: \"600\" args: \"150\" args: \"25\"
		envs {key: \"GODEBUG\" value: \"gctrace=1\"} envs {key: \"GOGC\" value: \"5\"}
		linux {resources {cpu_period: 100000 cpu_quota: 50000 memory_limit_in_bytes: 536870912}}}" | quoted container_id)
	cri StartContainer <<<"container_id: \"$CID\"" >/dev/null
	wait_for 60 has_pod_cycles
	box mount -t tmpfs log /var/log
	box mkdir /var/log/containers
	box ln -s "$T/logs/app.log" "/var/log/containers/web_default_app-$CID.log"
	expect_diagnosis web && expect_diagnosis web/app && expect_diagnosis "${CID:0:13}" && expect_goroutines web || {
		box umount /var/log
		return 1
	}
	box umount /var/log
}
