#!/usr/bin/env bats
# gotune doctor: captured machines that are well, ailing or broken; and, as root, this machine with
# a tool installed below a directory, in mount and pid namespaces of the test's own, with real
# containers and daemons that are none.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune SYSROOTS=$PWD/tests/fixtures/sysroot
	export SCHEMA=$PWD/config/doctor.schema.json
}

setup() {
	T=$BATS_TEST_TMPDIR
	R=$T/machine
}

teardown() {
	local left
	left=$(leftovers)
	[ -z "$left" ] || {
		echo "left behind: $left"
		return 1
	}
}

# What a self-test of ours could leave: directories, cgroups, processes of its runtimes.
leftovers() {
	find /tmp /var/tmp /var/lib -maxdepth 1 -name 'gotune-selftest.*' -newer "$BATS_FILE_TMPDIR" 2>/dev/null
	find /sys/fs/cgroup -maxdepth 2 -name 'gotune-selftest-*' 2>/dev/null
}

# --- captured machines --------------------------------------------------------------------------

put() { # PATH [MODE]; the text is standard input
	mkdir -p "$R/$(dirname "$1")"
	cat >"$R/$1"
	chmod "${2:-644}" "$R/$1"
}

# A machine where everything is as it should be: cgroup v2, Docker runs and has us as a runtime.
healthy() {
	mkdir -p "$R"
	cp -a "$SYSROOTS/v2-8cpu/." "$R"
	for f in usr/local/libexec/oci-gotune-hook usr/local/bin/gotune usr/local/bin/gotune-runtime \
		usr/bin/runc usr/bin/dockerd; do
		echo x | put $f 755
	done
	echo 65535 | put proc/sys/net/core/somaxconn
	echo '6.1.0-25-amd64' | put proc/sys/kernel/osrelease
	printf 'cpu 1 2\nbtime 1700000000\n' | put proc/stat
	echo '{"runtimes": {"gotune": {"path": "/usr/local/bin/gotune-runtime"}}}' | put etc/docker/daemon.json
	touch -d '@1700000100' "$R/etc/docker/daemon.json"
	daemon 500 dockerd 1048576 20000
}

# A process of the captured machine: PID NAME HARD-LIMIT START (ticks of 1/100 s)
daemon() {
	echo "$2" | put "proc/$1/comm"
	echo "$1 ($2) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 $4 0" | put "proc/$1/stat"
	echo "Max open files            1024                 $3              files" | put "proc/$1/limits"
	printf 'Name:\t%s\nCapEff:\t000001fffeffffff\n' "$2" | put "proc/$1/status"
}

doctor() {
	run --separate-stderr timeout 60 "$GOTUNE" doctor --sysroot "$R" --format json
	valid
}

# Is $output what the schema says? Required keys and no others, words of its lists.
valid() {
	jq -e --slurpfile s "$SCHEMA" '
		def keys_of($d): (keys == ($d.required | sort)) and (keys == ($d.properties | keys));
		$s[0] as $s | ($s."$defs".check) as $c | ($s."$defs".phase) as $p
		| . as $o | keys_of($s) and .schema == $s.properties.schema.const
		and ($s.properties.status.enum | index($o.status)) != null
		and (.count | keys_of($s.properties.count))
		and all(.checks[]; keys_of($c)
			and (.area as $a | $c.properties.area.enum | index($a)) != null
			and (.state as $a | $c.properties.state.enum | index($a)) != null
			and (.name | type == "string" and length > 0) and (.found | type == "string"))
		and all(.phases[]; keys_of($p)
			and (.phase as $a | $p.properties.phase.enum | index($a)) != null
			and all(.capabilities[]; keys_of($p.properties.capabilities.items) and .why != "")
			and all(.calls[]; keys_of($p.properties.calls.items) and .why != ""))
		and ([.checks[].state] | . as $all | all("ok", "info", "warn", "bad"; . as $w
			| ($all | map(select(. == $w)) | length) == $o.count[$w]))
	' <<<"$output" >/dev/null || {
		echo "not as the schema says: $output"
		return 1
	}
}

# "STATE" of each row AREA NAME, one a line.
state_of() {
	jq -r --arg a "$1" --arg n "$2" '.checks[] | select(.area == $a and .name == $n) | .state' <<<"$output"
}

# Is there a row AREA NAME in STATE whose texts match the regular expression?
row() { # AREA NAME STATE [REGEX]
	jq -e --arg a "$1" --arg n "$2" --arg s "$3" --arg re "${4:-.}" '
		[.checks[] | select(.area == $a and .name == $n and .state == $s
			and ("\(.found) | \(.follows) | \(.fix)" | test($re)))] | length > 0' <<<"$output" >/dev/null || {
		echo "no row $1 '$2' $3 '${4:-}' in:"
		jq -c --arg a "$1" '.checks[] | select(.area == $a) | [.name, .state, .found, .follows, .fix]' <<<"$output"
		return 1
	}
}

verdict() { # STATUS EXIT
	[ "$(jq -r .status <<<"$output") $status" = "$1 $2" ] || {
		echo "status $(jq -r .status <<<"$output"), exit $status, not $1, $2"
		jq -c '.checks[] | select(.state == "warn" or .state == "bad")' <<<"$output"
		return 1
	}
}

@test "a machine that is well: healthy, exit 0" {
	healthy
	doctor
	verdict healthy 0
	row kernel cgroups ok v2
	row install oci-gotune-hook ok
	row runtime runc ok /usr/bin/runc
	row engine Docker ok 'runs as 500'
	row engine 'docker runtime' ok daemon.json
	row engine 'not installed' info 'Podman, CRI-O, containerd'
	row conflict conflicts ok
	row selftest self-test info captured
}

@test "the table: 80 columns of ASCII, a row for what JSON has, a summary at the end" {
	healthy
	touch "$R/etc/gotune-not" && mkdir -p "$R/etc/gotune" && touch "$R/etc/gotune/disabled"
	run --separate-stderr "$GOTUNE" doctor --sysroot "$R"
	[ "$status" -eq 4 ]
	if LC_ALL=C grep -nE '^.{81,}|[^ -~]| $' <<<"$output"; then
		return 1
	fi
	grep -q '^warn   kill switch' <<<"$output"
	grep -q '^    -> rm /etc/gotune/disabled$' <<<"$output"
	grep -q '^degraded: 1 warning (kill switch), [0-9]* ok$' <<<"$output"
	grep -q 'CAP_SYS_PTRACE: registers and memory' <<<"$output"
}

@test "a machine where nothing is right: broken, exit 1, no crash" {
	R=$SYSROOTS/garbage
	doctor
	verdict broken 1
	row install oci-gotune-hook bad 'not there'
	row runtime gotune-runtime warn 'install runc or crun'
}

@test "registered with no engine: degraded, with the command" {
	healthy
	rm "$R/etc/docker/daemon.json"
	doctor
	verdict degraded 4
	row engine registered warn 'gotune install docker'
}

@test "registered, but the engine started before: reload" {
	healthy
	touch -d '@1700000300' "$R/etc/docker/daemon.json"
	doctor
	verdict degraded 4
	row engine 'docker runtime' warn 'dockerd started before .*systemctl reload docker'
}

@test "registered, and what is named is gone: broken" {
	healthy
	rm "$R/usr/local/bin/gotune-runtime"
	doctor
	verdict broken 1
	row engine 'docker runtime' bad 'gotune-runtime, which is not there'
}

@test "an engine's file that is invalid: broken" {
	healthy
	echo '{"runtimes": {} } {' >"$R/etc/docker/daemon.json"
	doctor
	verdict broken 1
	row engine 'docker runtime' bad 'daemon.json'
}

@test "a daemon whose hard limit is too low: LimitNOFILE" {
	healthy
	daemon 500 dockerd 4096 20000
	doctor
	verdict degraded 4
	row engine LimitNOFILE warn '4096.*systemctl edit docker.*LimitNOFILE=65536'
	# With the capability the hook raises it.
	printf 'CapEff:\t000001ffffffffff\n' | put proc/500/status
	doctor
	verdict healthy 0
}

@test "our programs: not executable, writable by others, not root's" {
	healthy
	chmod 644 "$R/usr/local/libexec/oci-gotune-hook"
	chmod 777 "$R/usr/local/bin/gotune-runtime"
	doctor
	verdict broken 1
	row install oci-gotune-hook bad 'not executable.*chmod 755'
	row install gotune-runtime warn 'may be written.*chmod go-w'
	chmod 755 "$R/usr/local/libexec/oci-gotune-hook" "$R/usr/local/bin/gotune-runtime"
	chmod 777 "$R/usr/local/bin"
	doctor
	row install gotune-runtime warn 'may be written or replaced'
}

@test "a policy that is broken, is a FIFO, is off, audits" {
	healthy
	echo '{"version": 1, "mode": 7}' | put etc/gotune/policy.json
	doctor
	verdict broken 1
	row install policy bad 'policy.json:1:.*gotune policy check'
	rm "$R/etc/gotune/policy.json"
	mkfifo "$R/etc/gotune/policy.json"
	doctor
	verdict broken 1
	row install policy bad policy.json
	rm "$R/etc/gotune/policy.json"
	for mode in off audit; do
		echo "{\"version\": 1, \"mode\": \"$mode\"}" >"$R/etc/gotune/policy.json"
		doctor
		verdict degraded 4
		row install mode warn "$mode"
	done
}

@test "the kill switch: degraded, with the way out" {
	healthy
	mkdir -p "$R/etc/gotune/disabled" # a directory is one, too
	doctor
	verdict degraded 4
	row install 'kill switch' warn 'rm /etc/gotune/disabled'
}

@test "counters with failures: where to look" {
	healthy
	mkdir -p "$R/run/gotune"
	mkdir -m 700 "$R/run/gotune/containers"
	printf '%-8s%020d\n' decided 7 tuned 5 failed 2 >"$R/run/gotune/counters"
	doctor
	verdict degraded 4
	row install counters warn '7 decided, 5 tuned, 2 failed.*journalctl'
	printf '%-8s%020d\n' decided 7 tuned 5 failed 0 >"$R/run/gotune/counters"
	doctor
	verdict healthy 0
}

@test "Yama, SELinux, AppArmor, missing capabilities" {
	healthy
	echo 3 | put proc/sys/kernel/yama/ptrace_scope
	doctor
	row privilege Yama warn 'ptrace_scope=2 .*reboot'
	echo 2 >"$R/proc/sys/kernel/yama/ptrace_scope"
	echo 1 | put sys/fs/selinux/enforce
	doctor
	row privilege Yama ok
	row privilege SELinux warn 'enforcing'
	echo 0 >"$R/sys/fs/selinux/enforce"
	echo Y | put sys/module/apparmor/parameters/enabled
	echo 'docker-default (enforce)' | put proc/self/attr/apparmor/current
	doctor
	row privilege SELinux ok permissive
	row privilege AppArmor warn 'docker-default'
	echo unconfined >"$R/proc/self/attr/apparmor/current"
	sed -i 's/^CapEff:.*/CapEff:\t000001fffff7ffff/' "$R/proc/self/status"
	doctor
	verdict degraded 4
	row privilege CAP_SYS_PTRACE warn 'tracer, find'
	[ "$(jq -c '[.phases[] | select(.phase == "tracer") | .capabilities[] | select(.have | not) | .name]' <<<"$output")" = '["CAP_SYS_PTRACE"]' ]
}

@test "cgroups: hybrid, and none" {
	healthy
	cp -a "$SYSROOTS/laptop-v1-hybrid/proc/self/mountinfo" "$R/proc/self/mountinfo"
	doctor
	row kernel cgroups ok 'hybrid: cpu v1'
	echo '22 1 259:2 / / rw - ext4 /dev/sda rw' >"$R/proc/self/mountinfo"
	doctor
	verdict degraded 4
	row kernel cgroups warn 'no hierarchy'
}

@test "hooks that break containers, or set what we set" {
	healthy
	local dir=usr/share/containers/oci/hooks.d
	echo '{"version": "1.0.0", "hook": {"path": "/usr/bin/x"}, "when": {"always": true}, "stages": ["prestart"]}' | put $dir/ok.json
	doctor
	verdict healthy 0
	echo '{"version": "1.0.0",' | put $dir/bad.json
	doctor
	verdict broken 1
	row conflict hooks bad 'bad.json.*every container'
	rm "$R/$dir/bad.json"
	echo '{"version": "1.0.0", "hook": {"path": "/usr/bin/x"}, "when": {"always": true}, "stages": ["precreate"]}' | put $dir/pre.json
	doctor
	verdict broken 1
	row conflict hooks bad 'pre.json: has the stage precreate.*CRI-O does not start'
	# The same in a directory that only Podman is told of is fine.
	mkdir -p "$R/opt/hooks"
	mv "$R/$dir/pre.json" "$R/opt/hooks"
	printf '[engine]\nhooks_dir = ["/opt/hooks", {append=true}]\n' | put etc/containers/containers.conf.d/50.conf
	doctor
	verdict healthy 0
	printf '[crio.runtime]\nhooks_dir = ["/opt/hooks"]\n' | put etc/crio/crio.conf
	doctor
	verdict broken 1
	rm "$R/etc/crio/crio.conf"
	echo '{"version": "1.0.0", "hook": {"path": "/opt/gomaxprocs-injector"}, "when": {"always": true}, "stages": ["prestart"]}' | put opt/hooks/inj.json
	doctor
	verdict degraded 4
	row conflict hooks warn 'inj.json sets GOMAXPROCS'
}

@test "NRI: told of where the plugin is registered, and of a validator" {
	healthy
	doctor
	[ -z "$(state_of nri socket)" ]
	install -D -m 755 /dev/null "$R/usr/local/bin/gotune-nri"
	printf '[Service]\nExecStart=/usr/local/bin/gotune-nri --log stderr\n' | put etc/systemd/system/gotune-nri.service
	printf 'version = 3\n[plugins."io.containerd.nri.v1.nri".default_validator]\nenable = true\nrequired_plugins = ["x"]\n' |
		put etc/containerd/config.toml
	doctor
	row nri socket warn 'there is no /run/nri/nri.sock .* containerd 2.0'
	row nri validator info 'requires plugins'
	: | put run/nri/nri.sock
	doctor
	row nri socket ok 'NRI is on'
	# In the table, too, each area has a title.
	run --separate-stderr "$GOTUNE" doctor --sysroot "$R"
	[ "$(jq -Rs 'split("\n\n")[1:] | map(split("\n")[0]) | map(select(test("^[A-Z][A-Z ,-]+$"))) | length' <<<"$output")" = \
		"$(("$("$GOTUNE" doctor --sysroot "$R" --format json | jq '[.checks[].area] | unique | length')" + 1))" ]
}

@test "engines' own settings that set what we set" {
	healthy
	printf '[containers]\nenv = ["GOMAXPROCS=2"]\n' | put etc/containers/containers.conf
	printf '[crio.runtime]\nmin_injected_gomaxprocs = 4\n' | put etc/crio/crio.conf
	printf '[crio.runtime]\ndefault_env = ["GOGC=50"]\n' | put etc/crio/crio.conf.d/10-x.conf
	printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nbase_runtime_spec = "/etc/containerd/base.json"\n' |
		put etc/containerd/config.toml
	echo '{"process": {"env": ["GODEBUG=gctrace=1"]}}' | put etc/containerd/base.json
	echo '{"cdiVersion": "0.5.0", "kind": "a/b", "containerEdits": {"env": ["GOMEMLIMIT=1GiB"]}, "devices": []}' | put etc/cdi/a.json
	printf 'containerEdits:\n  env:\n  - GOMAXPROCS=2\n' | put etc/cdi/b.yaml
	doctor
	verdict degraded 4
	row conflict Podman warn 'containers.conf sets GOMAXPROCS'
	row conflict CRI-O warn 'min_injected_gomaxprocs = 4'
	row conflict CRI-O warn '10-x.conf sets GOGC'
	row conflict containerd warn 'base.json sets GODEBUG'
	row conflict CDI warn 'a.json sets GOMEMLIMIT'
	row conflict CDI warn 'b.yaml sets GOMAXPROCS'
	# A later file switches it off again.
	printf '[crio.runtime]\nmin_injected_gomaxprocs = 0\n' | put etc/crio/crio.conf.d/20-y.conf
	doctor
	if row conflict CRI-O warn min_injected >/dev/null; then
		return 1
	fi
	printf '[containers\n' | put etc/containers/containers.conf
	doctor
	verdict broken 1
	[ "$(jq '[.checks[] | select(.area == "engine" and .state == "bad")] | length' <<<"$output")" -le 1 ]
	row conflict Podman bad 'containers.conf: 1:'
}

@test "files that cannot be read: said, not guessed" {
	healthy
	mkdir -p "$R/etc/crio/crio.conf" "$R/etc/cdi" "$R/usr/share/containers/oci/hooks.d"
	(cd "$R/usr/share/containers/oci/hooks.d" && touch "$(printf '%0200d' 1)"{100..400}.json)
	mkfifo "$R/etc/cdi/x.json"
	doctor
	verdict broken 1
	row engine 'crio runtime' bad 'crio.conf is no regular file'
	row conflict CRI-O info 'crio.conf cannot be read'
	row conflict CDI info 'x.json cannot be read'
	row conflict directory info 'hooks.d cannot be listed'
}

@test "a policy whose runtimes name gotune-runtime itself" {
	healthy
	echo '{"version": 1, "runtimes": ["/usr/local/bin/gotune-runtime", "runc"]}' | put etc/gotune/policy.json
	doctor
	verdict degraded 4
	row runtime gotune-runtime warn 'name it itself'
	row runtime runc ok
}

@test "settings of the host" {
	healthy
	echo 32768 | put proc/sys/fs/nr_open
	echo 4096 | put proc/sys/net/core/somaxconn
	echo 60 | put proc/sys/vm/swappiness
	printf 'Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n' | put proc/swaps
	doctor
	verdict degraded 4
	row host fs.nr_open warn 'sysctl -w fs.nr_open=65536'
	row host net.core.somaxconn info 'sysctl -w net.core.somaxconn=65535'
	row host vm.swappiness info 'sysctl -w vm.swappiness=1'
	printf 'Filename Type Size Used Priority\n' | put proc/swaps
	doctor
	[ -z "$(state_of host vm.swappiness)" ]
}

@test "the phases: every capability and call with its reason" {
	healthy
	doctor
	[ "$(jq -c '[.phases[].phase]' <<<"$output")" = '["parse","find","layers","sysctl","tracer","daemon","live","log"]' ]
	[ "$(jq -c '[.phases[] | select(.filtered) | .phase]' <<<"$output")" = '["parse","find","layers","sysctl","tracer","daemon","live","log"]' ]
	[ "$(jq '.phases[0].capabilities | length' <<<"$output")" = 0 ]
	[ "$(jq '.phases[0].calls | length' <<<"$output")" -gt 8 ]
	[ "$(jq -c '[.phases[].capabilities[].have] | unique' <<<"$output")" = '[true]' ]
}

@test "a directory that is not there, and words too many: one line each" {
	run --separate-stderr "$GOTUNE" doctor --sysroot "$T/nowhere"
	[ "$status" -eq 3 ]
	# shellcheck disable=SC2154 # run sets it
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	run --separate-stderr "$GOTUNE" doctor docker
	[ "$status" -eq 2 ]
}

@test "the probe is in no list, and prints what it was given" {
	run --separate-stderr env GOGC=33 "$GOTUNE" selftest-probe
	[ "$status" -eq 0 ]
	[ "$(jq -r '"\(.GOGC) \(.GOMAXPROCS) \(.nofile_soft)"' <<<"$output")" = "33 ${GOMAXPROCS:-null} $(ulimit -Sn)" ]
	run "$GOTUNE" --help
	if grep -q selftest <<<"$output"; then
		return 1
	fi
}

# --- this machine -------------------------------------------------------------------------------

# The built programs as `make install` places them, an /etc and a /run of the test's own.
installed() {
	[ "$(id -u)" = 0 ] || skip 'needs root: containers are made here'
	mkdir -p "$T"/local/{bin,libexec,share} "$T/etc/gotune/policy.d" "$T/run"
	cp "$BUILD/gotune" "$BUILD/gotune-runtime" "$T/local/bin"
	cp "$BUILD/oci-gotune-hook" "$T/local/libexec"
	cp -a /etc/passwd /etc/group "$T/etc/"
	[ ! -e /etc/ld.so.cache ] || cp -a /etc/ld.so.cache "$T/etc/"
}

# Runs a command in namespaces of its own where that is installed: no other process of this machine
# is seen. BEFORE is run there first; what it leaves in the background ends with the namespace.
live() { # COMMAND...
	timeout -k 5 90 unshare -m -p --fork --mount-proc --propagation private bash -c '
		mount --bind "$1/local" /usr/local && mount --bind "$1/etc" /etc &&
			mount --bind "$1/run" /run || exit 125
		eval "$2"
		shift 2
		"$@"' live "$T" "${BEFORE:-}" "$@"
}

live_doctor() { # OPTION...
	run --separate-stderr live /usr/local/bin/gotune doctor --format json "$@"
	valid
}

has() {
	command -v "$1" >/dev/null || skip "no $1 on this machine"
}

# What the container's program saw agrees with the record, with this runtime, both ways.
selftest_with() { # RUNTIME
	installed
	has "$1"
	echo "{\"version\": 1, \"runtimes\": [\"$1\"]}" >"$T/etc/gotune/policy.json"
	live_doctor
	row selftest "$1 alone" ok 'runs a container'
	row selftest "$1 with the hook" ok '5 of 5'
	row selftest "$1 by gotune-runtime" ok '5 of 5'
	row kernel seccomp ok
	row kernel ptrace ok
	row runtime "$1" ok 'version [0-9]'
	row install version ok
	# The machine's places are as they were.
	[ -z "$(find "$T/run" -path '*gotune*' ! -path "$T/run/gotune" ! -path "$T/run/gotune/containers")" ]
	[ "$(find "$T/etc/gotune" -type f)" = "$T/etc/gotune/policy.json" ]
}

@test "self-test with runc" {
	selftest_with runc
	[ ! -e "$T/run/gotune" ]
}

@test "self-test beside records that are there" {
	mkdir -p "$T/run/gotune"
	mkdir -m 700 "$T/run/gotune/containers"
	selftest_with runc
	[ -d "$T/run/gotune/containers" ]
}

@test "self-test with crun" {
	selftest_with crun
}

@test "self-test: a hook that does nothing is found out" {
	installed
	has runc
	cp /bin/true "$T/local/libexec/oci-gotune-hook"
	live_doctor
	verdict broken 1
	row selftest 'runc with the hook' bad 'no record'
	row selftest 'runc by gotune-runtime' ok '5 of 5'
	row install version warn
}

@test "self-test: a hook that fails containers is found out" {
	installed
	has runc
	printf '#!/bin/sh\nexit 1\n' >"$T/local/libexec/oci-gotune-hook"
	live_doctor
	verdict broken 1
	row selftest 'runc with the hook' bad 'without us it runs'
}

@test "self-test: a wrapper that only passes through is found out" {
	installed
	has runc
	# shellcheck disable=SC2016 # its own
	printf '#!/bin/sh\nexec "$GOTUNE_RUNTIME" "$@"\n' >"$T/local/bin/gotune-runtime"
	live_doctor
	verdict broken 1
	row selftest 'runc by gotune-runtime' bad 'no record'
	row selftest 'runc with the hook' ok
}

@test "self-test: a hook that hangs costs seconds, and nothing is left" {
	installed
	has runc
	printf '#!/bin/sh\nsleep 300\n' >"$T/local/libexec/oci-gotune-hook"
	local begin=$SECONDS
	live_doctor
	verdict broken 1
	[ $((SECONDS - begin)) -lt 40 ]
	row selftest 'runc with the hook' bad
	row selftest 'runc by gotune-runtime' ok
	[ -z "$(leftovers)" ]
}

@test "self-test: a runtime that does not work at all is not our fault" {
	installed
	printf '#!/bin/sh\n[ "$1" = --version ] && echo 1.0.0 && exit\necho no way >&2\nexit 1\n' >"$T/local/bin/lame"
	chmod 755 "$T/local/bin/lame"
	echo '{"version": 1, "runtimes": ["/usr/local/bin/lame"]}' >"$T/etc/gotune/policy.json"
	live_doctor
	row selftest 'lame alone' warn 'no way.*nothing to compare'
	[ -z "$(state_of selftest 'lame with the hook')" ]
}

# Sends SIGNAL to gotune doctor when the hook sleeps; what is left then is printed.
interrupt() { # SIGNAL EXPECTED-STATUS
	# shellcheck disable=SC2016 # runs there
	BEFORE='
		set -m # so that SIGINT is not ignored in the background
		/usr/local/bin/gotune doctor >/dev/null & pid=$!
		for i in $(seq 200); do
			ps -eo args | grep -q "[s]leep 300" && break
			sleep 0.05
		done
		kill -'$1' $pid
		wait $pid
		echo "status $?"
		ls -d /tmp/gotune-selftest.* /var/tmp/gotune-selftest.* 2>/dev/null
		ps -eo args | grep "[s]leep 300"
		'
	run --separate-stderr live true
	[ "$output" = "status $2" ] || {
		echo "$1: $output; $stderr"
		return 1
	}
}

@test "self-test: SIGINT, SIGTERM and SIGHUP end it, and nothing is left" {
	installed
	has runc
	printf '#!/bin/sh\n[ "$1" = --version ] && exec echo hook 1.0\nsleep 300\n' >"$T/local/libexec/oci-gotune-hook"
	interrupt INT 130
	interrupt TERM 143
	interrupt HUP 129
}

@test "a program that is asked for its version when a signal comes does not stay" {
	installed
	printf '#!/bin/sh\nsleep 300\n' >"$T/local/libexec/oci-gotune-hook"
	interrupt TERM 143
}

@test "self-test: not run without root, with the kill switch, when told not to" {
	installed
	live_doctor --no-selftest
	row selftest self-test info no-selftest
	touch "$T/etc/gotune/disabled"
	live_doctor
	row selftest self-test info disabled
	rm "$T/etc/gotune/disabled"
	chmod 711 "$T" "$BATS_RUN_TMPDIR" "$(dirname "$T")" "$(dirname "$(dirname "$T")")"
	run --separate-stderr live setpriv --reuid=65534 --regid=65534 --clear-groups /usr/local/bin/gotune doctor --format json
	valid
	row selftest self-test info 'only root'
	row privilege capabilities info 'not root'
}

@test "versions that are not told: a runtime that hangs, one that shouts, one that is anybody's" {
	installed
	printf '#!/bin/sh\nsleep 300\n' >"$T/local/bin/mute"
	printf '#!/bin/sh\nhead -c 1048576 /dev/zero | tr "\\0" 1.\n' >"$T/local/bin/loud"
	printf '#!/bin/sh\ntouch /run/was-run\necho 1.2.3\n' >"$T/local/bin/open"
	chmod 755 "$T"/local/bin/{mute,loud}
	chmod 777 "$T/local/bin/open"
	echo '{"version": 1, "runtimes": ["/usr/local/bin/mute", "/usr/local/bin/loud", "/usr/local/bin/open"]}' >"$T/etc/gotune/policy.json"
	live_doctor --no-selftest
	row runtime mute warn 'in time'
	row runtime loud warn 'did not stop'
	row runtime open warn 'may be written'
	[ ! -e "$T/run/was-run" ]
}

# --- a dockerd that is none ---------------------------------------------------------------------

# A process called dockerd, and an answer on its socket: a perl program that gets the connection.
fake_dockerd() { # PERL
	installed
	cp "$(command -v sleep)" "$T/local/bin/dockerd"
	mkdir -p "$T/etc/docker"
	echo '{"runtimes": {"gotune": {"path": "/usr/local/bin/gotune-runtime"}}}' >"$T/etc/docker/daemon.json"
	cat >"$T/answer.pl" <<-'PERL'
		use IO::Socket::UNIX;
		my $s = IO::Socket::UNIX->new(Local => "/run/docker.sock", Listen => 1) or die;
		my $c = $s->accept;
		sysread $c, my $request, 4096;
		$SIG{PIPE} = "IGNORE";
	PERL
	echo "$1" >>"$T/answer.pl"
	BEFORE="/usr/local/bin/dockerd 300 & perl '$T/answer.pl' & for i in \$(seq 100); do [ -S /run/docker.sock ] && break; sleep 0.05; done"
}

@test "dockerd is asked what it has loaded" {
	fake_dockerd 'print $c qq(HTTP/1.0 200 OK\r\n\r\n{"DefaultRuntime":"runc","Runtimes":{"gotune":{"path":"/usr/local/bin/gotune-runtime"}}});'
	live_doctor --no-selftest
	row engine 'docker runtime' ok 'dockerd has it'
}

@test "dockerd has loaded another path" {
	fake_dockerd 'print $c qq(HTTP/1.0 200 OK\r\n\r\n{"DefaultRuntime":"runc","Runtimes":{"gotune":{"path":"/old/gotune-runtime"}}});'
	live_doctor --no-selftest
	row engine 'docker runtime' warn 'another path'
}

@test "dockerd has not loaded it" {
	fake_dockerd 'print $c qq(HTTP/1.0 200 OK\r\n\r\n{"DefaultRuntime":"runc","Runtimes":{"runc":{}}});'
	live_doctor --no-selftest
	row engine 'docker runtime' warn 'does not have it.*systemctl reload docker'
}

@test "dockerd has another default than its file" {
	fake_dockerd 'print $c qq(HTTP/1.0 200 OK\r\n\r\n{"DefaultRuntime":"gotune","Runtimes":{"gotune":{}}});'
	live_doctor --no-selftest
	row engine 'docker runtime' warn 'still has it as the default.*reload'
}

@test "a docker socket that never answers: seconds, then the clock decides" {
	fake_dockerd 'sleep 300;'
	local begin=$SECONDS
	live_doctor --no-selftest
	[ $((SECONDS - begin)) -lt 20 ]
	row engine dockerd info 'not asked'
	row engine 'docker runtime' ok
}

@test "a docker socket that answers garbage, and one that answers 100 MB" {
	fake_dockerd 'print $c "\0\1\2 hello\r\n\r\n";'
	live_doctor --no-selftest
	row engine dockerd info 'no valid answer'
	rm "$T/run/docker.sock"
	fake_dockerd 'print $c "HTTP/1.0 200 OK\r\n\r\n"; for (1..100) { last unless print $c "x" x 1048576 }'
	live_doctor --no-selftest
	row engine dockerd info 'not asked'
}

# --- real daemons -------------------------------------------------------------------------------

# Reports of gotune doctor, one a line, while a real engine runs in namespaces of its own with its
# state below a tmpfs: before it is registered, after, and when the engine has read it.
engine_reports() { # ENGINE START RELOAD
	installed
	cp -a /etc/ssl /etc/nsswitch.conf "$T/etc/" 2>/dev/null || :
	mkdir -p "$T/etc/docker" "$T/etc/containerd"
	# shellcheck disable=SC2016 # runs there
	BEFORE='
		mount -t tmpfs tmpfs /tmp && mkdir /tmp/lib
		'"$2"'
		start
		report() { gotune doctor --no-selftest --format json | jq -c .; }
		report
		sleep 2.5 # the clock of what has no socket to ask counts seconds
		gotune install '"$1"' >&2
		report
		'"$3"'
		report
		kill $pid; wait $pid'
	run --separate-stderr timeout -k 5 90 unshare -m -n -p --fork --mount-proc --propagation private bash -c '
		mount --bind "$1/local" /usr/local && mount --bind "$1/etc" /etc &&
			mount --bind "$1/run" /run || exit 125
		PATH=/usr/local/bin:$PATH
		eval "$2" 2>"$1/log"' live "$T" "$BEFORE"
	reports=$output
	[ "$(wc -l <<<"$reports")" -eq 3 ] || {
		echo "$output"
		tail -n 20 "$T/log"
		return 1
	}
}

report() { # NUMBER
	output=$(sed -n "$1p" <<<"$reports")
	valid
}

@test "Podman and CDI, which have no daemon: live when they are registered" {
	installed
	has podman
	mkdir -p "$T/local/share/gotune" "$T/etc/containers" "$T/etc/cdi"
	cp -r "$BATS_TEST_DIRNAME/../contrib/engines/podman/podman-hooks.d" "$T/local/share/gotune"
	BEFORE='for e in podman cdi; do /usr/local/bin/gotune install $e; done >&2'
	live_doctor --no-selftest
	row engine Podman ok 'version [0-9]'
	row engine 'podman precreate' ok registered
	row engine 'cdi device' ok registered
	[ -z "$(state_of engine registered)" ]
	row conflict conflicts ok
}

@test "a real dockerd: not registered, registered, and reloaded" {
	has dockerd
	# shellcheck disable=SC2016 # runs there
	engine_reports docker 'start() {
			dockerd --iptables=false --ip6tables=false --bridge=none --data-root /tmp/lib >&2 & pid=$!
			for i in $(seq 200); do docker info >/dev/null 2>&1 && break; sleep 0.1; done
		}' 'kill -HUP $pid; sleep 1'
	report 1
	row engine Docker ok 'version [0-9].*runs as'
	row engine registered warn 'gotune install docker'
	report 2
	row engine 'docker runtime' warn 'dockerd does not have it.*systemctl reload docker'
	report 3
	row engine 'docker runtime' ok 'dockerd has it'
}

@test "a real containerd: not registered, registered, and restarted" {
	has containerd
	# shellcheck disable=SC2016 # runs there
	engine_reports containerd 'start() {
			containerd --root /tmp/lib --state /run/containerd >&2 & pid=$!
			for i in $(seq 200); do [ -S /run/containerd/containerd.sock ] && break; sleep 0.1; done
		}' 'kill $pid; wait $pid; sleep 1; start'
	report 1
	row engine containerd ok 'version [0-9].*runs as'
	row engine registered warn 'gotune install'
	report 2
	row engine 'containerd runtime' warn 'started before the file changed.*systemctl restart containerd'
	report 3
	row engine 'containerd runtime' ok
}
