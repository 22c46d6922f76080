#!/usr/bin/env bats
# Podman as root, in each way that we are registered with it: by a precreate hook, by a createRuntime
# hook in the default directory, by gotune-runtime; on runc and on crun.

load common
load podman

setup_file() {
	podman_open
}

teardown_file() {
	podman_close
}

setup() {
	fresh
}

teardown() {
	podman_clean
}

# The program in Podman's bridge network, what belongs to its cgroup, and the record: expect_all WAY
# [RUNTIME].
expect_all() {
	register "$@"
	run_detached probe -sleep 600
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect_swappiness 7
	expect 'podman enforce balanced' "$(record "$CID" '"\(.engine) \(.mode) \(.profile)"')" 'engine, mode, profile'
	expect 'set cpu-quota 1' "$(setting "$CID" GOMAXPROCS)"
	expect 'set memory-limit 460MiB' "$(setting "$CID" GOMEMLIMIT)"
	box gotune list | grep -q "^${CID:0:12} .* /probe"
	box gotune show "$CID" | grep -q '^GOMAXPROCS *applied *1'
	pm rm -f -t 0 "$CID" >/dev/null
	expect '' "$(record_files)" 'records'
}

# bats test_tags=versions
@test "precreate, runc" {
	expect_all precreate
}

# bats test_tags=versions
@test "precreate, crun" {
	expect_all precreate crun
}

# bats test_tags=versions
@test "createRuntime hook in the default directory, runc" {
	expect_all hook
}

# bats test_tags=versions
@test "createRuntime hook in the default directory, crun" {
	expect_all hook crun
}

# bats test_tags=versions
@test "gotune-runtime as the runtime of containers.conf, runc" {
	expect_all runtime
}

# bats test_tags=versions
@test "gotune-runtime as the runtime of containers.conf, crun" {
	expect_all runtime crun
}

@test "precreate and hook registered at once" {
	expect_all both
}

@test "podman --runtime PATH" {
	unregister
	pm --runtime /usr/local/bin/gotune-runtime run --rm --cpus 0.5 --memory 512m probe >"$OUT"
	expect_tuned
}

host_network() {
	local before
	before=$(box cat /proc/sys/net/core/somaxconn)
	run_container --network host probe
	expect_tuned
	expect "$before" "$(seen .somaxconn)" somaxconn
	expect "$before" "$(box cat /proc/sys/net/core/somaxconn)" 'the somaxconn of the machine'
}

@test "--network host: nothing of the machine's network is changed" {
	each_way host_network
}

given() {
	run_container --sysctl net.core.somaxconn=333 --ulimit nofile=9000:9500 "${NPROC[@]}" -e GOMAXPROCS=7 -e GOMEMLIMIT=100MiB probe
	expect '333 7 100MiB 9000 9500' "$(seen '"\(.somaxconn) \(.env.GOMAXPROCS) \(.env.GOMEMLIMIT) \(.nofile_soft) \(.nofile_hard)"')"
	run_container -e GOMAXPROCS=7 probe
	expect '7 460MiB 5001' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT) \(.somaxconn)"')"
}

@test "what the user sets is kept: --sysctl, --ulimit, -e" {
	each_way given
}

descriptors() {
	low_nofile
}

@test "a lower --ulimit nofile is raised, up to the hard limit" {
	each_way descriptors
}

restricted() {
	run_container --read-only --user 1234:1234 --cap-drop ALL --security-opt no-new-privileges probe
	expect_tuned
	expect '1234 1' "$(seen '"\(.uid) \(.no_new_privs)"')" 'uid and no_new_privs'
	run_container -t probe
	expect_tuned
}

@test "--read-only, another user, no capabilities, no_new_privs, a terminal" {
	each_way restricted
}

annotated() {
	run_container --annotation io.gotune.profile=memory probe
	expect 60 "$(seen .gcpercent)" GOGC
	run_container --annotation io.gotune.enable=false probe
	expect_untouched
	run_container --annotation io.gotune.gomaxprocs=2 probe
	expect 2 "$(seen .env.GOMAXPROCS)" GOMAXPROCS
	run_container -e GOTUNE_PROFILE=memory --annotation io.gotune.profile=throughput probe
	expect 200 "$(seen .gcpercent)" 'GOGC: the annotation is above the variable'
}

@test "--annotation io.gotune.*" {
	each_way annotated
}

switched_off() {
	touch "$T/etc/gotune/disabled"
	run_container probe
	expect_untouched
	rm "$T/etc/gotune/disabled"
	policy_on_top '.mode = "audit"'
	run_container probe
	expect_untouched
	policy_on_top '.mode = "enforce"'
	run_container probe
	expect_tuned
	echo '{"version": 1, ' >"$T/etc/gotune/policy.json"
	run_container probe
	expect_untouched
}

@test "the kill switch, audit, and a policy that is broken" {
	each_way switched_off
}

restarted() {
	run_detached probe -sleep 600
	expect_tuned
	policy_on_top '.profiles.balanced.gomemlimit = {ratio: 500}'
	pm restart -t 0 "$CID" >/dev/null
	wait_for 30 reports 2
	expect '1 256MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" 'by the policy of now'
	expect '[]' "$(seen '.doubled | tostring')" 'doubled names'
	pm stop -t 0 "$CID" >/dev/null
	pm start "$CID" >/dev/null
	wait_for 30 reports 3
	expect '1 256MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
}

@test "podman restart, stop and start: decided anew each time" {
	each_way restarted
}

statuses() {
	local rc=0
	policy_on_top '.select = "all"'
	echo hello | pm run -i --rm busybox sh -c 'cat; cat /proc/sys/net/core/somaxconn; echo error >&2; exit 42' >"$OUT" 2>"$ERR" || rc=$?
	expect 42 "$rc" 'exit status'
	expect 'hello 5001' "$(xargs <"$OUT")" output
	expect error "$(cat "$ERR")" error
	run_detached busybox sh -c 'trap "exit 9" TERM; cat /proc/sys/net/core/somaxconn; while :; do sleep 0.1; done'
	pm stop -t 5 "$CID" >/dev/null
	expect 9 "$(pm inspect -f '{{.State.ExitCode}}' "$CID")" 'exit status after TERM'
}

@test "exit status, signals, standard input, output and error are the program's" {
	each_way statuses
}

# bats test_tags=versions
@test "podman exec: by the wrapper the same variables, by a hook those that Podman gives" {
	local way
	register runtime
	run_detached probe -sleep 600
	pm exec "$CID" /probe >"$OUT"
	expect_tuned
	pm exec -e GOMAXPROCS=2 "$CID" /probe >"$OUT"
	expect '2 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" "exec's own variable is kept"
	expect 7 "$(pm exec "$CID" sh -c 'exit 7' || echo $?)" 'exit status'
	for way in precreate hook; do
		podman_clean
		register "$way"
		run_detached probe -sleep 600
		expect_tuned
		pm exec "$CID" /probe >"$OUT"
		expect 'null null' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" "environment ($way)"
	done
}

in_a_pod() {
	pm pod create --name pod >/dev/null
	CID=$(pm run -d --pod pod --cpus 0.5 --memory 512m probe -sleep 600)
	wait_for 30 reports 1
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect running "$(pm pod inspect pod | jq -r '.Containers[] | select(.Name | test("infra")) | .State')" "the pod's own container"
	pm pod rm -f -t 0 pod >/dev/null
}

@test "a pod: its containers are tuned, its infra container is unharmed" {
	each_way in_a_pod
}

# The pod `kube`, with annotations.
play() {
	pm kube play --log-driver k8s-file - >"$T/play.log" 2>&1 <<-END
		apiVersion: v1
		kind: Pod
		metadata:
		  name: kube
		  annotations:
		    io.gotune.profile: memory
		spec:
		  containers:
		  - name: one
		    image: localhost/probe:latest
		    imagePullPolicy: Never
		    args: ["-sleep", "600"]
		    resources: {limits: {cpu: 500m, memory: 512Mi}}
	END
}

# bats test_tags=versions
@test "podman kube play: pod annotations, one container's before the pod's" {
	unregister
	# Podman 4.3.1 on cgroup v2 denies its pods /dev/null, by runc and by crun.
	play || skip "this Podman starts no such pod without us: $(grep -o '[^:]*not permitted' "$T/play.log" | head -n 1)"
	podman_clean
	register runtime
	play || {
		cat "$T/play.log"
		return 1
	}
	CID=$(pm ps -q --no-trunc --filter name=kube-one)
	wait_for 30 reports 1
	expect_tuned
	expect 60 "$(seen .gcpercent)" GOGC
}

built() {
	local tool
	mkdir -p "$T/build"
	printf 'FROM localhost/busybox\nRUN echo built >/made && ulimit -Hn\nRUN ["/probe"]\nCMD ["cat", "/made"]\n' >"$T/build/Dockerfile"
	for tool in 'podman build' 'buildah bud'; do
		# shellcheck disable=SC2086 # a command and its verb
		box $tool -t built "$T/build" >"$T/build.log" 2>&1 || {
			cat "$T/build.log"
			return 1
		}
		grep -q '"gomaxprocs":' "$T/build.log"
		pm run --rm built >"$OUT"
		pm rmi -f built >/dev/null
		expect built "$(cat "$OUT")"
	done
	run_container probe
	expect_tuned
}

@test "podman build and buildah are unharmed" {
	each_way built
}

@test "podman build and buildah are unharmed when precreate and hook are registered" {
	register both
	built
}

# bats test_tags=versions
@test "podman update: the new limit holds, gotune list shows the drift" {
	pm update --help >/dev/null 2>&1 || skip "$(pm --version) has no update"
	register runtime
	run_detached probe -sleep 600
	pm update --cpus 1.5 "$CID" >/dev/null
	box gotune list >"$ERR"
	grep -A1 "^${CID:0:12}" "$ERR" | grep -q 'limits were changed'
}

# bats test_tags=versions
@test "the newest Go: its own choice is right, held back by go.mod it is un-pinned, podman update reaches it" {
	has_newest_go
	register precreate
	serve new
	expect 'skip go-default-is-right' "$(setting "$CID" GOMAXPROCS | cut -d' ' -f1,2)"
	expect_follows_update
	podman_clean
	serve pinned
	expect 'set un-pin containermaxprocs=1,updatemaxprocs=1' "$(setting "$CID" GODEBUG)"
	expect_follows_update
}

expect_follows_update() {
	pm update --help >/dev/null 2>&1 || {
		echo "# live updates are not tried: $(pm --version) has no update" >&3
		return
	}
	pm update --cpus 1.5 "$CID" >/dev/null
	wait_for 60 has_ps 2
}

@test "a container whose real runtime is missing: Podman says so" {
	register runtime
	policy '.runtimes = ["/nosuch/runc"]'
	! run_container probe || false
	grep -q gotune-runtime "$ERR" || {
		cat "$ERR"
		return 1
	}
	policy .
	run_container probe
	expect_tuned
}

@test "--init: Podman's catatonit is looked through" {
	register hook
	run_container --init probe
	expect_tuned
}

# bats test_tags=versions
@test "gotune uninstall podman leaves no trace" {
	local way
	for way in precreate hook runtime both; do
		register "$way"
		run_container probe
		expect_tuned
		unregister
		expect_no_trace
		run_container probe
		expect_untouched
	done
}

# journald answers to Podman's client by its files, and to conmon by its socket.
journal_start() {
	box mkdir -p /run/systemd/journal /run/log/journal
	echo 0123456789abcdef0123456789abcdef >"$T/etc/machine-id"
	(cd / && box /usr/lib/systemd/systemd-journald </dev/null >"$T/journald.log" 2>&1 &)
	wait_for 10 box test -S /run/systemd/journal/socket || {
		cat "$T/journald.log"
		journal_stop
		return 1
	}
}

journal_stop() {
	box pkill -x systemd-journal || :
	wait_for 10 box sh -c '! pgrep -x systemd-journal'
	box rm -rf /run/systemd /run/log
	rm -f "$T/etc/machine-id"
}

@test "gotune diagnose, goroutines: a container by its name, whatever the log driver, its record and its cgroup" {
	local driver
	register precreate
	for driver in k8s-file json-file; do
		CID=$(pm run -d --name "web-$driver" --log-driver "$driver" "${LIMITS[@]}" "${DIAGNOSED[@]}" probe "${LOAD[@]}")
		wait_for 60 has_cycles
		expect_diagnosis "web-$driver"
	done
	expect_goroutines web-json-file
}

@test "gotune diagnose: Podman's container whose log is in the journal" {
	[ -x /usr/lib/systemd/systemd-journald ] || skip 'no journald here'
	register precreate
	journal_start
	CID=$(pm run -d --name web --log-driver journald "${LIMITS[@]}" "${DIAGNOSED[@]}" probe "${LOAD[@]}")
	wait_for 60 has_cycles || { journal_stop; return 1; }
	expect_diagnosis web || { journal_stop; return 1; }
	podman_clean
	journal_stop
}
