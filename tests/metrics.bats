#!/usr/bin/env bats
# gotune metrics, gotuned's metrics and contrib/prometheus: with records of processes that sleep, with
# promtool, and with a real Prometheus that scrapes gotuned over the loopback device.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune GOTUNED=$BUILD/gotuned
	# A record as the hook writes it.
	mkdir -p "$BATS_FILE_TMPDIR/web/rootfs/bin" "$BATS_FILE_TMPDIR/programs"
	zstd -dc tests/fixtures/go-elf.tar.zst | tar -C "$BATS_FILE_TMPDIR/programs" -xf -
	cp "$BATS_FILE_TMPDIR/programs/hello-1.19-amd64-default" "$BATS_FILE_TMPDIR/web/rootfs/bin/app"
	jq -n '{ociVersion: "1.0.2", root: {path: "rootfs"},
		process: {args: ["app"], cwd: "/", user: {uid: 0, gid: 0}, env: ["PATH=/bin"]},
		linux: {namespaces: [{type: "pid"}, {type: "mount"}],
			resources: {cpu: {quota: 150000, period: 100000}, memory: {limit: 536870912}}}}' \
		>"$BATS_FILE_TMPDIR/web/config.json"
	"$GOTUNE" explain --sysroot tests/fixtures/sysroot/smt-2socket --format json \
		"$BATS_FILE_TMPDIR/web" >"$BATS_FILE_TMPDIR/record.json"
	export SAMPLE=$BATS_FILE_TMPDIR/record.json
}

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	[ "$(id -u)" = 0 ] || skip 'needs root: records belong to it'
	T=$BATS_TEST_TMPDIR
	RECORDS=$T/records
	PORT=$((20000 + $$ % 20000 + BATS_TEST_NUMBER))
	PIDS=()
	mkdir -m 700 "$RECORDS" "$RECORDS/containers"
	echo '{}' >"$T/policy.json"
}

teardown() {
	local pid
	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
}

# A process that sleeps for as long as the test; its number is in $PID.
sleeper() {
	sleep 120 3>&- &
	PID=$!
	PIDS+=("$PID")
}

# record ID PID [JQ-PROGRAM]
record() {
	jq --arg id "$1" --argjson pid "$2" ".id = \$id | .pid = \$pid | .pid_start = null | ${3:-.}" "$SAMPLE" \
		>"$T/record.new"
	mv "$T/record.new" "$RECORDS/containers/$1.json"
}

# Starts gotuned, and waits until it answers.
gotuned() {
	"$GOTUNED" --policy "$T/policy.json" --record-dir "$RECORDS" --listen "127.0.0.1:$PORT" \
		2>"$T/log" 3>&- &
	DAEMON=$!
	PIDS+=("$DAEMON")
	wait_for 5 page >/dev/null
}

page() {
	curl -sf --max-time 15 "http://127.0.0.1:$PORT/metrics"
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

# Is LINE one of the page's?
has_line() {
	page | grep -qxF -- "$1"
}

has_no_line() {
	page >"$T/page" && if grep -qF -- "$1" "$T/page"; then return 1; fi
}

@test "gotune metrics: no record yet, then some; promtool has nothing to say" {
	command -v promtool >/dev/null || skip 'promtool is not installed: contrib/install-deps check'
	run --separate-stderr "$GOTUNE" metrics --record-dir "$T/none"
	[ "$status" = 0 ]
	[[ $output == *'gotune_containers_decided_total 0'* ]]
	sleeper
	record a "$PID"
	record b "$PID" '.drifted_at = "2026-01-01T00:00:00Z"'
	record gone 4194000
	"$GOTUNE" metrics --record-dir "$RECORDS" >"$T/page"
	run promtool check metrics <"$T/page"
	[ "$status" = 0 ]
	[ -z "$output" ]
	grep -qxF 'gotune_containers{engine="unknown",profile="balanced",mode="enforce"} 2' "$T/page"
	grep -qxF 'gotune_containers_drifted 1' "$T/page"
	grep -qxF 'gotune_settings{verdict="set",reason="cpu-quota"} 2' "$T/page"
	[ "$(grep -c '^gotune_container_info{' "$T/page")" = 2 ]
}

@test "gotune metrics --output: one step, readable by the collector; a place that is not there" {
	run --separate-stderr "$GOTUNE" metrics --record-dir "$RECORDS" --output "$T/x.prom"
	[ "$status" = 0 ]
	[ -z "$output$stderr" ]
	[ "$(stat -c %a "$T/x.prom")" = 644 ]
	[ "$(find "$T" -name '*x.prom*' | wc -l)" = 1 ]
	grep -q '^gotune_build_info' "$T/x.prom"
	run --separate-stderr "$GOTUNE" metrics --record-dir "$RECORDS" --output "$T/no/x.prom"
	[ "$status" = 3 ]
	[[ $stderr == *"cannot write $T/no/x.prom"* ]]
	run "$GOTUNE" metrics --record-dir "$RECORDS" --openmetrics
	[ "${lines[-1]}" = '# EOF' ]
}

@test "gotuned: containers come, change and go; a record that is broken is counted nowhere" {
	sleeper
	record a "$PID"
	gotuned
	has_line 'gotune_containers{engine="unknown",profile="balanced",mode="enforce"} 1'
	record b "$PID" '.profile = "latency"'
	wait_for 3 has_line 'gotune_containers{engine="unknown",profile="latency",mode="enforce"} 1'
	record b "$PID" '.profile = "memory" | .drifted_at = "2026-01-01T00:00:00Z"'
	wait_for 3 has_line 'gotune_containers_drifted 1'
	has_line 'gotune_containers{engine="unknown",profile="memory",mode="enforce"} 1'
	rm "$RECORDS/containers/b.json"
	wait_for 3 has_line 'gotune_containers_drifted 0'
	echo '{"schema": "gotune.record/1", "id": ' >"$RECORDS/containers/c.json"
	sleep 0.3
	has_no_line '"c"'
	kill "$PID"
	wait_for 3 has_no_line 'id="a"'
	kill "$DAEMON"
	wait "$DAEMON"
}

@test "gotuned: probes; a policy that breaks while it runs is refused, and a metric says so" {
	echo '{"daemon": {"containers": 7}}' >"$T/policy.json"
	gotuned
	[ "$(curl -s "http://127.0.0.1:$PORT/healthz" "http://127.0.0.1:$PORT/readyz" | paste -sd ' ')" = 'ok ok' ]
	has_line 'gotune_policy_broken 0'
	echo '{"daemon": {"containers": 0}}' >"$T/policy.json"
	wait_for 15 has_line 'gotune_policy_broken 1'
	grep -q 'daemon.containers' "$T/log"
	grep -q 'the policy is broken: the one before still counts' "$T/log"
	sleeper
	record a "$PID"
	record b "$PID"
	wait_for 3 has_line 'gotune_containers{engine="unknown",profile="balanced",mode="enforce"} 2'
	[ "$(page | grep -c '^gotune_container_info{')" = 2 ]
	echo '{"daemon": {"containers": 3}}' >"$T/policy.json"
	wait_for 15 has_line 'gotune_policy_broken 0'
	record c "$PID"
	record d "$PID"
	wait_for 3 has_line 'gotune_containers{engine="unknown",profile="balanced",mode="enforce"} 4'
	[ "$(page | grep -c '^gotune_container_info{')" = 3 ]
}

@test "gotuned: what it holds, and what it costs" {
	gotuned
	[ "$(awk '/^Cap(Inh|Prm|Eff|Amb):/ && $2 != "0000000000000000"' "/proc/$DAEMON/status" | wc -l)" = 0 ]
	[ "$(awk '/^Seccomp:/ { print $2 }' "/proc/$DAEMON/status")" = 2 ]
	[ "$(awk '/^VmRSS:/ { print $2 }' "/proc/$DAEMON/status")" -lt 4096 ]
	[ "$(find "/proc/$DAEMON/task" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
}

@test "gotuned: hostile names are labels and nothing else, for promtool too" {
	command -v promtool >/dev/null || skip 'promtool is not installed: contrib/install-deps check'
	sleeper
	record 'a"} 1' "$PID"
	record "a\\" "$PID"
	record other "$PID"
	record 'x%0A' "$PID" '.image = "evil\"} 1\n# TYPE up counter\nup 0\u202e" | .program.go = "go\u001b[31m"'
	gotuned
	page >"$T/page"
	run promtool check metrics <"$T/page"
	[ "$status" = 0 ]
	[ "$(grep -c '^gotune_container_info{' "$T/page")" = 4 ]
	[ "$(grep -cvE '^(#|gotune_|process_)' "$T/page")" = 0 ]
	[ "$(grep -c '^# TYPE up' "$T/page")" = 0 ]
	grep -qF 'image="evil\"} 1%0A# TYPE up counter%0Aup 0%E2%80%AE"' "$T/page"
	[ "$(LC_ALL=C grep -c '[^ -~]' "$T/page")" = 0 ]
}

@test "gotuned: containers beyond daemon.containers share a row; a row stays whose it is" {
	echo '{"daemon": {"containers": 2}}' >"$T/policy.json"
	sleeper
	first=$PID
	sleeper
	record a "$first"
	gotuned
	record b "$PID"
	wait_for 3 has_line 'gotune_containers{engine="unknown",profile="balanced",mode="enforce"} 2'
	record c "$PID"
	record d "$PID"
	wait_for 3 has_line 'gotune_containers{engine="unknown",profile="balanced",mode="enforce"} 4'
	[ "$(page | grep -c '^gotune_container_info{')" = 2 ]
	kill "$first"
	wait_for 3 has_no_line 'id="a"'
	[ "$(page | grep -c '^gotune_container_info{id="b"')" = 1 ]
	record e "$PID"
	wait_for 3 has_line 'gotune_containers{engine="unknown",profile="balanced",mode="enforce"} 4'
	[ "$(page | grep -c '^gotune_container_info{id="[be]"')" = 2 ]
}

@test "gotuned --listen: this machine alone, unless it is asked for; an address that is none; one in use" {
	local address
	for address in 0.0.0.0:1 '[::]:1' 192.0.2.1:80 '[2001:db8::1]:80'; do
		run "$GOTUNED" --record-dir "$RECORDS" --listen "$address"
		[ "$status" = 1 ]
		[[ $output == *'can be reached from other machines'*--listen-anywhere* ]]
	done
	for address in x localhost:80 127.0.0.1 127.0.0.1:65536 127.0.0.1:-1 ':80' '[127.0.0.1' "$(printf 'a%.0s' {1..200}):1"; do
		run "$GOTUNED" --record-dir "$RECORDS" --listen "$address"
		[ "$status" = 1 ]
		[[ $output == *'give ADDRESS:PORT in digits'* ]]
	done
	gotuned
	run "$GOTUNED" --record-dir "$RECORDS" --listen "127.0.0.1:$PORT"
	[ "$status" = 1 ]
	[[ $output == *'cannot listen at'*'in use'* ]]
	echo '{"daemon": {"listen": "0.0.0.0:1"}}' >"$T/policy.json"
	run "$GOTUNED" --policy "$T/policy.json" --record-dir "$RECORDS"
	[ "$status" = 1 ]
	[[ $output == *'can be reached from other machines'* ]]
}

@test "gotuned: --listen-anywhere, IPv6, other pages, other methods, HEAD" {
	"$GOTUNED" --record-dir "$RECORDS" --listen "[::]:$PORT" --listen-anywhere 2>"$T/log" 3>&- &
	PIDS+=("$!")
	wait_for 5 curl -sf -o /dev/null "http://[::1]:$PORT/metrics"
	[ "$(curl -s -o /dev/null -w '%{http_code}' "http://[::1]:$PORT/etc/passwd")" = 404 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "http://[::1]:$PORT/")" = 200 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -d x "http://[::1]:$PORT/metrics")" = 405 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -X DELETE "http://[::1]:$PORT/metrics")" = 405 ]
	[ "$(curl -sI -o /dev/null -w '%{http_code}' "http://[::1]:$PORT/metrics")" = 200 ]
	[ "$(curl -s -o /dev/null -w '%{content_type}' "http://[::1]:$PORT/metrics")" = 'text/plain; version=0.0.4; charset=utf-8' ]
	[ "$(curl -s -o /dev/null -w '%{content_type}' -H 'Accept: application/openmetrics-text' "http://[::1]:$PORT/metrics")" = 'application/openmetrics-text; version=1.0.0; charset=utf-8' ]
}

@test "gotuned: clients that say nothing, or nonsense, hold nobody up for long" {
	local i fd fds=()
	gotuned
	for ((i = 0; i < 24; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
		fds+=("$fd")
	done
	# All connections are taken now: they end by themselves.
	wait_for 25 page >/dev/null
	for fd in "${fds[@]}"; do exec {fd}>&-; done
	head -c 1000000 /dev/urandom | timeout 10 curl -s -o /dev/null --data-binary @- "http://127.0.0.1:$PORT/metrics" || :
	for i in "GET /$(printf 'a%.0s' {1..20000}) HTTP/1.1" $'\0\0\0\0' 'GET' "GET /metrics HTTP/1.1"$'\r\n'"Content-Length: 99999999999999999999"; do
		exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
		printf '%s\r\n\r\n' "$i" >&"$fd" || :
		exec {fd}>&-
	done
	page >/dev/null
	kill -0 "$DAEMON"
	[ "$(awk '/^VmRSS:/ { print $2 }' "/proc/$DAEMON/status")" -lt 4096 ]
}

@test "contrib/prometheus: rules hold, fire when they must, and name metrics that there are" {
	command -v promtool >/dev/null || skip 'promtool is not installed: contrib/install-deps check'
	cd contrib/prometheus
	run promtool check rules alerts.yml
	[ "$status" = 0 ]
	run promtool test rules alerts.test.yml
	[ "$status" = 0 ]
	run promtool check config --syntax-only prometheus.yml
	[ "$status" = 0 ]
	jq -e '.panels | length > 10' dashboard.json >/dev/null
	# Every name in a query is a family of ours, or one of its samples.
	sed -n 's/^\t{"\(gotune_[a-z_]*\|process_[a-z_]*\)".*/\1/p' ../../hook/metrics/*.c | sort -u >"$T/families"
	[ "$(wc -l <"$T/families")" -gt 15 ]
	{ jq -r '.panels[].targets[].expr' dashboard.json && sed -n '/expr:/,/labels:\|for:/p' alerts.yml; } |
		grep -oE '\b(gotune|process)_[a-z_]+' | sed -E 's/_(total|bucket)$//' | sort -u >"$T/used"
	[ "$(comm -13 "$T/families" "$T/used")" = '' ]
}

@test "a real Prometheus scrapes gotuned, and answers what the dashboard asks" {
	command -v prometheus >/dev/null || skip 'prometheus is not installed: contrib/install-deps check'
	local api=http://127.0.0.1:$((PORT + 1000))/api/v1 expr bad
	sleeper
	record a "$PID"
	record "b\"\\" "$PID"
	gotuned
	mkdir "$T/prometheus"
	sed "s|127.0.0.1:9469|127.0.0.1:$PORT|; s|scrape_interval: .*|scrape_interval: 1s|; s|- alerts.yml|- $PWD/contrib/prometheus/alerts.yml|" \
		contrib/prometheus/prometheus.yml >"$T/prometheus/prometheus.yml"
	prometheus --config.file="$T/prometheus/prometheus.yml" --storage.tsdb.path="$T/prometheus/data" \
		--web.listen-address="127.0.0.1:$((PORT + 1000))" --log.level=warn >"$T/prometheus/log" 2>&1 3>&- &
	PIDS+=("$!")
	ask() { # QUERY: its first value
		curl -sf "$api/query" --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // empty'
	}
	is() { [ "$(ask "$1")" = "$2" ]; }
	wait_for 20 is 'up{job="gotuned"}' 1
	is 'sum(gotune_containers)' 2
	is 'count(gotune_container_info)' 2
	is 'gotune_container_info{id="b\"\\"}' 1
	is 'gotune_settings{verdict="set",reason="cpu-quota"}' 2
	# It asked for OpenMetrics, where a counter has its type under a name without _total.
	[ "$(curl -sf "$api/metadata?metric=gotune_containers_decided" | jq -r '.data[][0].type')" = counter ]
	[ "$(curl -sf "$api/rules" | jq '[.data.groups[].rules[] | select(.health == "err")] | length')" = 0 ]
	bad=0
	while IFS= read -r expr; do
		expr=${expr//\$__rate_interval/1m}
		expr=${expr//\$instance/.*}
		curl -s "$api/query" --data-urlencode "query=$expr" | jq -e '.status == "success"' >/dev/null || {
			echo "not answered: $expr"
			bad=1
		}
	done < <(jq -r '.panels[].targets[].expr' contrib/prometheus/dashboard.json)
	[ "$bad" = 0 ]
	# Nothing was refused.
	[ "$(curl -sf "$api/targets" | jq -r '.data.activeTargets[0].lastError')" = '' ]
}

# One system call of gotuned fails, once, at its Nth time: it ends with a message, or goes on, and never
# by a signal. Prints what is wrong.
fails_well() { # CALL N
	local tracer pid status=0 i
	strace -f -qq -o "$T/trace" -e trace="$1" -e inject="$1:error=EIO:when=$2" \
		"$GOTUNED" --policy "$T/policy.json" --record-dir "$RECORDS" --state-dir "$T/state" \
		--listen "127.0.0.1:$PORT" 2>"$T/log" 3>&- &
	tracer=$!
	for ((i = 0; i < 40; i++)); do
		kill -0 "$tracer" 2>/dev/null || break
		page >/dev/null 2>&1 && break
		sleep 0.05
	done
	record new "$PID"
	sleep 0.1
	page >/dev/null 2>&1 || page >/dev/null 2>&1 || :
	rm -f "$RECORDS/containers/new.json"
	sleep 0.1
	pid=$(pgrep -P "$tracer" || :)
	# A question may be what makes it end.
	if [ -n "$pid" ] && ! page >/dev/null 2>&1 && ! page >/dev/null 2>&1 && sleep 0.3 && kill -0 "$pid" 2>/dev/null; then
		echo "$1, $2: it runs, and does not answer"
	fi
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	for ((i = 0; i < 100; i++)); do
		kill -0 "$tracer" 2>/dev/null || break
		sleep 0.05
	done
	if kill -0 "$tracer" 2>/dev/null; then
		echo "$1, $2: it does not end"
		kill -9 "$pid" 2>/dev/null
	fi
	wait "$tracer" || status=$?
	[ "$status" -le 1 ] || echo "$1, $2: ended with $status"
	[ "$status" = 0 ] || grep -q 'error: ' "$T/log" || echo "$1, $2: ended with $status, and says nothing"
	! grep -q 'ERROR: .*Sanitizer' "$T/log" || echo "$1, $2: $(cat "$T/log")"
}

# FULL=1: each call that it makes, at each of its first twelve times. Two are left out, whose failure is
# not ours to survive: brk, which the C library calls before main, and the epoll_ctl by which libmicrohttpd
# 0.9.75 adds a connection (new_connection_process_): it then uses what it has freed. gotuned is started
# again, by its unit.
@test "gotuned: system calls fail, one at a time: it answers, or ends and says why" {
	command -v strace >/dev/null || skip 'strace is not installed: contrib/install-deps bench'
	local call n calls times
	echo '{"daemon": {"history": true}}' >"$T/policy.json"
	sleeper
	record a "$PID"
	calls='epoll_ctl openat2 read accept4 pidfd_open sendmsg'
	times='2'
	if [ "${FULL:-0}" = 1 ]; then
		calls='epoll_create1 epoll_ctl epoll_wait timerfd_create timerfd_settime signalfd4 inotify_init1
			inotify_add_watch pidfd_open openat openat2 read pread64 newfstatat close write accept4 recvfrom
			sendmsg sendto setsockopt socket bind listen mmap mkdir fcntl prctl capset seccomp
			rt_sigprocmask getrandom prlimit64 getdents64 shutdown'
		times='1 2 3 4 5 6 7 8 9 10 11 12'
	fi
	for call in $calls; do
		for n in $times; do
			[ "$call" != epoll_ctl ] || [ "$n" -lt 7 ] || continue
			fails_well "$call" "$n"
		done
	done >"$T/bad"
	[ ! -s "$T/bad" ] || {
		cat "$T/bad"
		return 1
	}
}
