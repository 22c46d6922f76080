#!/usr/bin/env bats
# Docker: dockerd of Debian, with gotune-runtime as a runtime of its own name and as the default one.

load common
load docker

setup_file() {
	docker_open
}

teardown_file() {
	docker_close
}

setup() {
	fresh
}

teardown() {
	docker_clean
}

# Half a CPU and 512 MiB: run_container ARGUMENTS... What it says is in $OUT and $ERR, its ID in $CID.
# When it has ended, its record has gone.
run_container() {
	local rc=0
	rm -f "$T/cid"
	dk run --cidfile "$T/cid" --runtime=gotune --cpus 0.5 --memory 512m "$@" >"$OUT" 2>"$ERR" </dev/null || rc=$?
	CID=$(cat "$T/cid" 2>/dev/null) || CID=
	[ "$rc" = 0 ] || cat "$ERR"
	return "$rc"
}

# The same in the background, until the program has reported; $CID.
run_detached() {
	CID=$(dk run -d --runtime=gotune --cpus 0.5 --memory 512m "$@") || return 1
	wait_for 30 reports 1
}

pid_of() {
	dk inspect -f '{{.State.Pid}}' "$1"
}

running() {
	[ "$(dk inspect -f '{{.State.Running}}' "$1")" = true ]
}

# bats test_tags=versions
@test "docker run --runtime=gotune: everything is set, and the record says so" {
	run_detached probe -sleep 600
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
	expect 'docker enforce balanced' "$(record "$CID" '"\(.engine) \(.mode) \(.profile)"')" 'engine, mode, profile'
	expect 'set cpu-quota 1' "$(setting "$CID" GOMAXPROCS)"
	expect 'set memory-limit 460MiB' "$(setting "$CID" GOMEMLIMIT)"
	expect 'set profile 5001' "$(setting "$CID" net.core.somaxconn)"
	box gotune show "$CID" | grep -q '^GOMAXPROCS *applied *1'
}

@test "swappiness of the container's own cgroup" {
	run_detached probe -sleep 600
	expect_tuned
	expect_swappiness 7
}

@test "gotune as default-runtime, which a HUP makes known" {
	with_default_runtime
	dk run --rm --cpus 0.5 --memory 512m probe >"$OUT"
	without_default_runtime
	expect_tuned
}

with_default_runtime() {
	register_with docker --default
	docker_reload default_runtime_is gotune
}

# A daemon that is told nothing of a default runtime any more keeps the one that it has.
without_default_runtime() {
	unregister_from docker
	register_with docker
	docker_stop
	docker_start
	default_runtime_is runc
}

@test "the legacy docker build with gotune as default-runtime" {
	mkdir -p "$T/build"
	printf 'FROM busybox\nRUN echo built >/made && cat /proc/sys/net/core/somaxconn >>/made\nRUN ["/probe"]\nCMD ["cat", "/made"]\n' >"$T/build/Dockerfile"
	policy '.select = "all"'
	with_default_runtime
	DOCKER_BUILDKIT=0 dk build --memory 512m -t built "$T/build" >"$T/build.log" 2>&1 || {
		cat "$T/build.log"
		without_default_runtime
		return 1
	}
	without_default_runtime
	grep -q '"GOMEMLIMIT":"460MiB"' "$T/build.log"
	dk run --rm built >"$OUT"
	dk rmi built >/dev/null
	expect 'built 5001' "$(head -n 2 "$OUT" | xargs)"
}

# bats test_tags=versions
@test "docker exec: the same variables" {
	run_detached probe -sleep 600
	expect_tuned
	dk exec "$CID" /probe >"$OUT"
	expect_tuned
	dk exec -e GOMAXPROCS=2 "$CID" /probe >"$OUT"
	expect '2 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" "exec's own variable is kept"
	expect 7 "$(dk exec "$CID" sh -c 'exit 7' || echo $?)" 'exit status'
	dk exec -u 1234 -t "$CID" /probe >"$OUT"
	expect 1234 "$(seen .uid)" uid
}

@test "docker exec into a container that is not tuned" {
	run_detached -e GOTUNE_ENABLE=false probe -sleep 600
	dk exec "$CID" /probe >"$OUT"
	expect_untouched
}

@test "a restart policy: killed, restarted, tuned again, the user's policy of now" {
	run_detached --restart always probe -sleep 600
	expect_tuned
	policy '.profiles.balanced.gomemlimit = {ratio: 500}'
	box kill -9 "$(pid_of "$CID")"
	wait_for 60 reports 2
	expect '1 256MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
	expect 1 "$(dk inspect -f '{{.RestartCount}}' "$CID")" RestartCount
	expect 'set memory-limit 256MiB' "$(setting "$CID" GOMEMLIMIT)"
	dk update --restart no "$CID" >/dev/null
}

@test "docker restart, stop and start: tuned each time, one record" {
	run_detached probe -sleep 600
	dk restart -t 0 "$CID" >/dev/null
	wait_for 30 reports 2
	expect_tuned
	dk stop -t 0 "$CID" >/dev/null
	dk start "$CID" >/dev/null
	wait_for 30 reports 3
	expect_tuned
	expect "$CID.json" "$(record_files)" 'records'
}

# bats test_tags=versions
@test "docker update: the new limit holds, the program goes on, gotune list shows the drift" {
	run_detached probe -sleep 600
	dk update --cpus 1.5 --memory 1g --memory-swap -1 "$CID" >/dev/null
	expect 150000 "$(box sh -c "cat /sys/fs/cgroup/cpu/docker/$CID/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/docker/$CID/cpu.max")" quota
	running "$CID"
	box gotune list >"$ERR"
	grep -A1 "^${CID:0:12}" "$ERR" | grep -q 'limits were changed'
}

@test "--network host: nothing of the machine's network is changed" {
	local before
	before=$(box cat /proc/sys/net/core/somaxconn)
	run_detached --network host probe -sleep 600
	expect_tuned
	expect "$before" "$(box cat /proc/sys/net/core/somaxconn)" 'the somaxconn of the machine'
	expect "$before" "$(seen .somaxconn)" somaxconn
	expect 'skip host-namespace' "$(setting "$CID" net.core.somaxconn | cut -d' ' -f1,2)"
}

@test "--network container: the other's sysctls are what it has" {
	run_detached --name first probe -sleep 600
	run_container --network container:first probe
	expect_tuned
	expect 5001 "$(seen .somaxconn)" somaxconn
}

# bats test_tags=versions
@test "--ulimit nofile: what is higher is kept, what is lower is raised" {
	policy '.select = "all"'
	run_detached --ulimit nofile=9000:9500 busybox sh -c 'echo $(ulimit -Sn) $(ulimit -Hn); sleep 600'
	expect '9000 9500' "$(cat "$OUT")" 'soft and hard'
	expect 'keep already-higher' "$(setting "$CID" RLIMIT_NOFILE | cut -d' ' -f1,2)"
	run_container --ulimit nofile=300:9500 busybox sh -c 'ulimit -Sn; ulimit -Hn'
	expect '4096 9500' "$(xargs <"$OUT")" 'soft and hard'
}

@test "--sysctl is kept" {
	run_detached --sysctl net.core.somaxconn=333 probe -sleep 600
	expect 333 "$(seen .somaxconn)" somaxconn
	expect 'keep already-set' "$(setting "$CID" net.core.somaxconn | cut -d' ' -f1,2)"
	expect_tuned
}

@test "--memory-swappiness is kept" {
	box test -d /sys/fs/cgroup/memory || skip 'cgroup v2 has no swappiness'
	run_detached --memory-swappiness 33 probe -sleep 600
	expect_tuned
	expect_swappiness 33
}

@test "-e GOMAXPROCS and -e GOMEMLIMIT are kept" {
	run_detached -e GOMAXPROCS=7 probe -sleep 600
	expect '7 460MiB 7' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT) \(.gomaxprocs)"')"
	expect 'keep already-set' "$(setting "$CID" GOMAXPROCS | cut -d' ' -f1,2)"
	run_container -e GOMEMLIMIT=100MiB probe
	expect '1 100MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
	run_container -e GOMEMLIMIT=off -e GOGC=50 probe
	expect '1 off 50' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT) \(.env.GOGC)"')"
}

@test "ENV in the image is kept, ENV GOTUNE_* chooses" {
	image probe-max 'ENV GOMAXPROCS=5'
	run_container probe-max
	expect '5 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')"
	image probe-memory 'ENV GOTUNE_PROFILE=memory'
	run_detached probe-memory -sleep 600
	expect 60 "$(seen .gcpercent)" GOGC
	expect memory "$(record "$CID" .profile)" profile
	image probe-off 'ENV GOTUNE_ENABLE=false'
	run_detached probe-off -sleep 600
	expect_untouched
	expect 'skip opted-out' "$(setting "$CID" GOMAXPROCS | cut -d' ' -f1,2)"
	# The user's word is above the image's.
	run_container -e GOTUNE_ENABLE=true probe-off
	expect_tuned
}

# image NAME INSTRUCTION: the probe's, with one more.
image() {
	printf 'FROM probe\n%s\n' "$2" | DOCKER_BUILDKIT=0 dk build -q -t "$1" - >/dev/null
}

@test "--read-only, another user, no capabilities, no_new_privs" {
	run_container --read-only --user 1234:1234 --cap-drop ALL --security-opt no-new-privileges probe
	expect_tuned
	expect '1234 1' "$(seen '"\(.uid) \(.no_new_privs)"')" 'uid and no_new_privs'
}

@test "a terminal" {
	run_container -t probe
	expect_tuned
}

@test "--privileged" {
	local why
	why=$(dk run --rm --privileged busybox true 2>&1) || skip "not without us either: $why"
	run_container --privileged probe
	expect_tuned
}

@test "--init: docker-init is looked through" {
	box test -x /usr/bin/docker-init || skip 'docker-init is not here: it is tini'"'"'s package that has it'
	run_detached --init probe -sleep 600
	expect_tuned
}

@test "docker create, then start" {
	CID=$(dk create --runtime=gotune --cpus 0.5 --memory 512m probe)
	expect '' "$(record_files)" 'records before the start'
	dk start -a "$CID" >"$OUT"
	expect_tuned
	dk start -a "$CID" >"$OUT"
	expect_tuned
}

@test "docker run --rm leaves no record" {
	dk run --rm --runtime=gotune --cpus 0.5 --memory 512m probe >"$OUT"
	expect_tuned
	expect '' "$(record_files)" records
}

@test "the kill switch" {
	touch "$T/etc/gotune/disabled"
	run_container probe
	expect_untouched
	rm "$T/etc/gotune/disabled"
	run_container probe
	expect_tuned
}

@test "audit: recorded, not applied" {
	policy '.mode = "audit"'
	run_detached probe -sleep 600
	expect_untouched
	expect 'set cpu-quota 1' "$(setting "$CID" GOMAXPROCS)"
	expect 'audit null' "$(record "$CID" '"\(.mode) \(.settings[] | select(.name == "GOMAXPROCS") | .applied)"')"
}

@test "a policy file that is broken: the container starts, untouched" {
	echo '{"version": 1, ' >"$T/etc/gotune/policy.json"
	run_container probe
	expect_untouched
	policy .
	run_container probe
	expect_tuned
}

@test "a program that is no Go program is left alone" {
	CID=$(dk run -d --runtime=gotune --cpus 0.5 --memory 512m busybox sleep 600)
	dk exec "$CID" sh -c 'cat /proc/1/environ /proc/sys/net/core/somaxconn' | tr '\0' '\n' >"$OUT"
	grep -q '^HOSTNAME=' "$OUT"
	! grep -qE '^GO|^5001' "$OUT" || false
	expect 'skip not-go' "$(setting "$CID" GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "exit status and signals are the program's" {
	local rc=0
	policy '.select = "all"'
	run_container busybox sh -c 'cat /proc/sys/net/core/somaxconn; exit 42' || rc=$?
	expect 42 "$rc" 'exit status'
	expect 5001 "$(cat "$OUT")" 'the shell was tuned: somaxconn'
	run_detached busybox sh -c 'trap "exit 9" TERM; trap "echo usr1" USR1; cat /proc/sys/net/core/somaxconn; while :; do sleep 0.1; done'
	expect 5001 "$(cat "$OUT")" 'the shell was tuned: somaxconn'
	dk kill -s USR1 "$CID" >/dev/null
	wait_for 20 reports 2
	expect usr1 "$(cat "$OUT")"
	dk stop -t 5 "$CID" >/dev/null
	expect 9 "$(dk inspect -f '{{.State.ExitCode}}' "$CID")" 'exit status after TERM'
}

@test "standard input, output and error are the program's, in docker logs as well" {
	policy '.select = "all"'
	echo hello | dk run -i --runtime=gotune --cpus 0.5 busybox sh -c 'cat; cat /proc/sys/net/core/somaxconn; echo error >&2' >"$OUT" 2>"$ERR"
	expect 'hello 5001' "$(xargs <"$OUT")" output
	expect error "$(cat "$ERR")" error
	CID=$(dk ps -aql)
	expect 'hello 5001' "$(dk logs "$CID" 2>/dev/null | xargs)" 'output in the logs'
	expect error "$(dk logs "$CID" 2>&1 >/dev/null)" 'error in the logs'
}

@test "pause, top, and a health check go on through the wrapper" {
	run_detached --health-cmd '/probe >/tmp/health' --health-interval 1s probe -sleep 600
	expect_tuned
	dk pause "$CID" >/dev/null
	expect paused "$(dk inspect -f '{{.State.Status}}' "$CID")"
	dk unpause "$CID" >/dev/null
	dk top "$CID" | grep -q '/probe -sleep 600'
	wait_for 60 health_is healthy
	dk exec "$CID" cat /tmp/health >"$OUT"
	expect_tuned
}

health_is() {
	[ "$(dk inspect -f '{{.State.Health.Status}}' "$CID")" = "$1" ]
}

@test "the real runtime is missing: docker says so, and the next container starts" {
	policy '.runtimes = ["/nosuch/runc"]'
	! run_container probe || false
	grep -q 'gotune-runtime' "$ERR" || {
		cat "$ERR"
		return 1
	}
	policy .
	run_container probe
	expect_tuned
}

@test "docker checkpoint and other verbs that the runtime does not have: its own error" {
	run_detached probe -sleep 600
	expect_tuned
	! dk checkpoint create "$CID" one 2>"$ERR" || false
	[ -s "$ERR" ]
	running "$CID"
}

@test "cpuset: what Go chooses by itself is right" {
	run_detached --cpuset-cpus 0 probe -sleep 600
	expect '1 null' "$(seen '"\(.gomaxprocs) \(.env.GOMAXPROCS)"')"
	expect 'skip go-default-is-right' "$(setting "$CID" GOMAXPROCS | cut -d' ' -f1,2)"
	expect 460MiB "$(seen .env.GOMEMLIMIT)" GOMEMLIMIT
}

# bats test_tags=versions
@test "--annotation io.gotune.*" {
	dk run --help | grep -q -- --annotation || skip "Docker $(dk version -f '{{.Server.Version}}') has no --annotation"
	run_container --annotation io.gotune.profile=memory probe
	expect 60 "$(seen .gcpercent)" GOGC
	run_container --annotation io.gotune.enable=false probe
	expect_untouched
}

# bats test_tags=versions
@test "CDI: docker run --device gotune.io/profile=NAME, with runc as it is" {
	local device=(--device gotune.io/profile=memory)
	[ "$(dk version -f '{{.Server.Version}}' | cut -d. -f1)" -ge 25 ] ||
		skip "Docker $(dk version -f '{{.Server.Version}}') has no CDI"
	register_with cdi
	jq '.features.cdi = true' "$T/etc/docker/daemon.json" >"$T/daemon.json"
	cp "$T/etc/docker/daemon.json" "$T/daemon.before"
	cp "$T/daemon.json" "$T/etc/docker/daemon.json"
	docker_stop
	docker_start
	CID=$(dk run -d --cpus 0.5 --memory 512m "${device[@]}" probe -sleep 600)
	wait_for 30 reports 1
	expect_tuned
	expect '60 5001' "$(seen '"\(.gcpercent) \(.somaxconn)"')" 'GOGC and somaxconn'
	expect 'docker memory' "$(record "$CID" '"\(.engine) \(.profile)"')" 'engine and profile'
	dk run --rm --cpus 0.5 --memory 512m "${device[@]}" -e GOGC=33 probe >"$OUT"
	expect '33 1' "$(seen '"\(.env.GOGC) \(.env.GOMAXPROCS)"')" "the user's GOGC, our GOMAXPROCS"
	! dk run --rm --device gotune.io/profile=nosuch probe 2>"$ERR" || false
	grep -q 'gotune.io/profile=nosuch' "$ERR"
	dk rm -f "$CID" >/dev/null
	expect '' "$(record_files)" records
	unregister_from cdi
	cp "$T/daemon.before" "$T/etc/docker/daemon.json"
	docker_stop
	docker_start
}

# bats test_tags=versions
@test "the newest Go: its own choice is right, held back by go.mod it is un-pinned, docker update reaches it" {
	has_newest_go
	serve new --runtime=gotune
	expect 'skip go-default-is-right' "$(setting "$CID" GOMAXPROCS | cut -d' ' -f1,2)"
	dk update --cpus 1.5 "$CID" >/dev/null
	wait_for 60 has_ps 2
	docker_clean
	serve pinned --runtime=gotune
	expect 'set un-pin containermaxprocs=1,updatemaxprocs=1' "$(setting "$CID" GODEBUG)"
	dk update --cpus 1.5 "$CID" >/dev/null
	wait_for 60 has_ps 2
}

knows_runtime() {
	dk info -f '{{json .Runtimes}}' | jq -e 'has("gotune")' >/dev/null
}

# bats test_tags=versions
@test "gotune uninstall docker: no trace, running containers go on, and those that need us are named" {
	run_detached --name needs-us probe -sleep 600
	unregister_from docker
	grep -qE "needs-us|${CID:0:12}" "$T/register.log"
	expect_no_trace
	running "$CID"
	dk exec "$CID" /probe >"$OUT"
	expect_tuned
	docker_stop
	docker_start
	! knows_runtime || false
	! dk start "$CID" 2>"$ERR" || false
	grep -qiE 'unknown( or invalid)? runtime' "$ERR"
	register_with docker
	docker_reload knows_runtime
	dk start "$CID" >/dev/null
	wait_for 30 reports 2
	expect_tuned
}

@test "gotune diagnose, goroutines: a container by its name, whatever the log driver, its record and its cgroup" {
	local driver
	for driver in json-file local; do
		CID=$(dk run -d --name "web-$driver" --log-driver "$driver" --runtime=gotune --cpus 0.5 --memory 512m "${DIAGNOSED[@]}" probe "${LOAD[@]}")
		wait_for 60 has_cycles
		expect_diagnosis "web-$driver"
	done
	expect_goroutines web-local
}
