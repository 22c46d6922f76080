#!/usr/bin/env bats
# gotune scan, capture and replay on machines that nobody has. Real containers: tests/e2e/scan.bats.

bats_require_minimum_version 1.5.0

load scan_machine

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build} PROGRAMS=$BATS_FILE_TMPDIR/programs
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune
	mkdir "$PROGRAMS"
	zstd -dc tests/fixtures/go-elf.tar.zst | tar -C "$PROGRAMS" -xf - ./hello-1.19-amd64-default \
		./hello-1.15-amd64-default ./hello-1.26-amd64-strip ./neg-gcc12-amd64 \
		./amp140-1.19-amd64 ./aml071-1.26-amd64
	export SPEC=$BATS_FILE_TMPDIR/spec
	mkdir "$SPEC"
	runc spec --bundle "$SPEC"
}

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	T=$BATS_TEST_TMPDIR M=$T/machine
	unset NO_COLOR
}

# Runs gotune scan on the machine; JSON in $output.
scan() {
	run --separate-stderr "$GOTUNE" scan --sysroot "$M" --format json
	valid
}

# Is $output what the schema says? Required keys and no others, words of its lists.
valid() {
	jq -e --slurpfile s config/scan.schema.json --slurpfile r config/record.schema.json '
		def keys_of($d): (keys == ($d.required | sort)) and (keys == ($d.properties | keys));
		def word_of($d): . as $w | ($d.enum | index($w)) != null;
		$s[0] as $s | $s."$defs" as $d
		| keys_of($s) and .schema == $s.properties.schema.const
		and all("engine", "mode", "verdict", "reason"; $d[.] == $r[0]."$defs"[.])
		and all(.programs[]; keys_of($d.program) and (.unit | keys_of($d.unit)) and (.usage | keys_of($d.usage))
			and (.ps | keys_of($d.known)) and (.gomemlimit | keys_of($d.known))
			and (.ps.from | word_of($d.known.properties.from)) and (.unit.kind | word_of($d.unit.properties.kind))
			and (.unit.engine | word_of($d.engine)) and all(.harms[]; word_of($d.harm))
			and all(.settings[]; keys_of($d.setting) and (.reason | word_of($d.reason)) and .why != ""))
	' <<<"$output" >/dev/null || {
		echo "not as the schema says: $output"
		return 1
	}
}

# Is JQ's result on the output so?
is() { # JQ WANT
	local got
	got=$(jq -r "$1" <<<"$output")
	[ "$got" = "$2" ] || {
		echo "$1: $got, not $2"
		return 1
	}
}

# One container as each engine names it.
add_engines() {
	local pod=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8b1f.slice
	add_process 101 "/system.slice/docker-$(id_of 1).scope" hello-1.19-amd64-default
	add_process 102 "/docker/$(id_of 2)" hello-1.19-amd64-default
	add_process 103 "/machine.slice/libpod-$(id_of 3).scope/container" hello-1.19-amd64-default
	add_process 104 "$pod/cri-containerd-$(id_of 4).scope" hello-1.19-amd64-default
	add_process 105 "$pod/crio-$(id_of 5).scope" hello-1.19-amd64-default
	add_process 106 "/kubepods/burstable/pod8b1f/$(id_of 6)" hello-1.19-amd64-default
	add_process 107 "/user.slice/web" hello-1.19-amd64-default # runc: by its state
	add_process 108 "/crun/api" hello-1.19-amd64-default
	add_process 109 "/system.slice/etcd.service" hello-1.19-amd64-default
	add_process 110 "/machine.slice/libpod-conmon-$(id_of 3).scope" hello-1.19-amd64-default
	add_process 111 "/user.slice/session-1.scope" hello-1.19-amd64-default
	mkdir -p "$M/run/runc/web"
	for pid in 110 111; do ln -sfn "pid:[4026531840]" "$M/proc/$pid/ns/pid"; done
}

@test "containers of every engine and services are found on cgroup v2 and v1" {
	for v in v2 v1; do
		rm -rf "$M"
		new_machine $v
		add_engines
		scan
		[ "$status" = 0 ]
		is '[.programs[].pid] | sort | join(" ")' '101 102 103 104 105 106 107 108 109'
		is '.programs[] | select(.pid == 101) | .unit.engine' docker
		is '.programs[] | select(.pid == 102) | .unit.engine' docker
		is '.programs[] | select(.pid == 103) | .unit.engine + " " + .unit.id' "podman $(id_of 3)"
		is '.programs[] | select(.pid == 104) | .unit.engine' containerd
		is '.programs[] | select(.pid == 105) | .unit.engine' cri-o
		is '.programs[] | select(.pid == 106) | .unit.id' "$(id_of 6)"
		is '.programs[] | select(.pid == 107) | .unit.id' web
		is '.programs[] | select(.pid == 108) | .unit.id' api
		is '.programs[] | select(.pid == 109) | .unit.kind + " " + .unit.id' 'service etcd.service'
		is '"\(.containers) \(.services)"' '8 1'
	done
}

@test "what a program runs with is said, and where we know it from" {
	new_machine v2
	local scope
	for i in 1 2 3 4 5 6; do
		scope=/system.slice/docker-$(id_of $i).scope
		add_cgroup "$scope" 150000 536870912 1048576 0 0
	done
	add_process 201 "/system.slice/docker-$(id_of 1).scope" hello-1.19-amd64-default
	add_process 202 "/system.slice/docker-$(id_of 2).scope" hello-1.19-amd64-default \
		GOMAXPROCS=3 GOMEMLIMIT=100MiB SECRET=hunter2 GOMAXPROCS=5
	add_process 203 "/system.slice/docker-$(id_of 3).scope" amp140-1.19-amd64
	add_process 204 "/system.slice/docker-$(id_of 4).scope" aml071-1.26-amd64
	add_process 205 "/system.slice/docker-$(id_of 5).scope" hello-1.15-amd64-default GOMAXPROCS=no
	add_process 206 "/system.slice/docker-$(id_of 6).scope" hello-1.26-amd64-strip
	rm "$M/proc/206/environ"
	scan
	[ "$status" = 1 ] # 8 Ps where 2 fit
	is '.programs[] | select(.pid == 201) | "\(.ps.value) \(.ps.from) \(.ps_fit)"' '8 go 2'
	is '.programs[] | select(.pid == 201) | "\(.gomemlimit.value) \(.gomemlimit.from)"' 'unlimited go'
	is '.programs[] | select(.pid == 201) | "\(.quota_us) \(.period_us) \(.threads) \(.nofile_soft)"' \
		'150000 100000 9 1048576'
	is '.programs[] | select(.pid == 202) | "\(.ps.value) \(.ps.from)"' '3 environment'
	is '.programs[] | select(.pid == 202) | .gomemlimit.value' 104857600
	is '.programs[] | select(.pid == 202) | .environment.GOMAXPROCS' 3
	is '.programs[] | select(.pid == 203) | "\(.ps.value) \(.ps.from)"' 'null not-readable'
	is '.programs[] | select(.pid == 204) | "\(.gomemlimit.value) \(.gomemlimit.from)"' 'null not-readable'
	is '.programs[] | select(.pid == 205) | "\(.ps.value) \(.ps.from) \(.gomemlimit.value)"' '8 go unlimited'
	is '.programs[] | select(.pid == 206) | "\(.environment) \(.ps.from) \(.gomemlimit.from)"' \
		'null not-readable not-readable'
	# What we would set, in the planner's words.
	is '.programs[] | select(.pid == 201) | .settings[] | select(.name == "GOMAXPROCS")
		| "\(.verdict) \(.value) \(.reason)"' 'set 2 cpu-quota'
	is '.programs[] | select(.pid == 201) | .settings[] | select(.name == "GOMEMLIMIT") | .value' 460MiB
	is '.programs[] | select(.pid == 202) | .settings[] | select(.name == "GOMAXPROCS") | .reason' already-set
	[[ $output != *hunter2* ]]
	[[ $(jq -r '.programs[] | select(.pid == 201) | .settings[0].why' <<<"$output") == *"a quota of 1.5 CPUs"* ]]
}

@test "what hurts comes first, and is what the summary and the exit status say" {
	new_machine v1
	for i in 1 2 3 4 5; do
		add_process 30$i "/docker/$(id_of $i)" hello-1.19-amd64-default GOMAXPROCS=2
	done
	add_cgroup "/docker/$(id_of 1)" 200000 536870912 1048576 0 0
	add_cgroup "/docker/$(id_of 2)" 200000 536870912 500000000 0 0   # near its limit
	add_cgroup "/docker/$(id_of 3)" 200000 536870912 1048576 400 0   # throttled
	add_cgroup "/docker/$(id_of 4)" 200000 536870912 1048576 0 2     # OOM-killed
	add_cgroup "/docker/$(id_of 5)" 200000 536870912 1048576 49 0    # not enough to be called so
	printf 'TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 7 9\n' >"$M/proc/301/net/netstat"
	scan
	[ "$status" = 1 ]
	is '[.programs[].pid] | join(" ")' '304 303 302 301 305'
	is '.programs[0].harms[0]' oom-killed
	is '.programs[1].harms[0]' throttled
	is '.programs[2].harms[0]' near-memory-limit
	is '.programs[3].harms[0] + " \(.programs[3].usage.listen_overflows)"' 'listen-overflows 9'
	is '.programs[4].harms | length' 0
	is '.programs[1].usage | "\(.periods) \(.throttled) \(.throttled_us)"' '1000 400 5000'
	is .summary '1 of 5 Go containers had processes killed for lack of memory since 2026-09-22; 1 are throttled in 5 % of their periods or more; 1 use 90 % of their memory limit or more; 1 dropped connections because a listen queue was full.'
}

@test "cache that the kernel gives back first is no memory in use, on cgroup v1 and v2" {
	local version
	for version in v1 v2; do
		new_machine "$version"
		add_process 301 "/docker/$(id_of 1)" hello-1.19-amd64-default GOMAXPROCS=2
		add_cgroup "/docker/$(id_of 1)" 200000 536870912 500000000 0 0
		sed -i 's/inactive_file 0/inactive_file 400000000/' "$M$CG/docker/$(id_of 1)/memory.stat" \
			"$M$CG/memory/docker/$(id_of 1)/memory.stat" 2>/dev/null || :
		scan
		[ "$status" = 0 ]
		is '.programs[0].usage.memory_bytes' 100000000
	done
}

@test "nothing harmful is exit status 0, in every format" {
	new_machine v2
	add_cgroup "/docker/$(id_of 1)" 'max' 536870912 1048576 0 0
	add_process 301 "/docker/$(id_of 1)" hello-1.19-amd64-default
	add_process 302 "/docker/$(id_of 2)" neg-gcc12-amd64
	for f in table json csv; do
		run --separate-stderr "$GOTUNE" scan --sysroot "$M" --format $f
		[ "$status" = 0 ]
		[ -z "$stderr" ]
	done
	[ "$(head -1 <<<"$output" | tr -d '\r' | tr , '\n' | wc -l)" = 31 ]
	[ "$(wc -l <<<"$output")" = 2 ]
	run --separate-stderr "$GOTUNE" scan --sysroot "$M"
	[[ $output == *"Nothing harmful in the 1 Go containers of 2."* ]]
	run "$GOTUNE" scan --format xml
	[ "$status" = 2 ]
	[[ $output == *"give table, json or csv"* ]]
	run "$GOTUNE" scan --sysroot "$T/nowhere"
	[ "$status" = 3 ]
}

@test "several processes of one program are one row; a program's file is parsed once" {
	new_machine v2
	for i in 1 2 3; do add_process 40$i "/docker/$(id_of 1)" hello-1.19-amd64-default GOGC=$i; done
	add_process 404 "/docker/$(id_of 1)/inner" hello-1.15-amd64-default
	scan
	is '.programs | length' 2
	is '.programs[] | select(.pid == 401) | "\(.processes) \(.environment.GOGC) \(.unit.processes)"' '3 1 4'
}

@test "the config.json of a container's bundle has a say: requests, the policy's rules, names" {
	new_machine v2
	local id
	id=$(id_of 7)
	add_process 501 "/kubepods/burstable/pod1/$id" hello-1.19-amd64-default
	mkdir -p "$M/bundles/$id" "$M/etc/gotune"
	jq -n '{ociVersion: "1.0.2", process: {args: ["/bin/app"], cwd: "/"}, root: {path: "rootfs"}, linux: {},
		annotations: {"io.gotune.gogc": "77", "io.kubernetes.cri.container-type": "container",
		"io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.image-name": "reg/web:1"}}' \
		>"$M/bundles/$id/config.json"
	jq -n '{version: 1, rules: [{name: "web", match: {image: "reg/*"}, profile: "latency"}]}' >"$M/etc/gotune/policy.json"
	scan
	is '.programs[0].unit | "\(.engine) \(.name) \(.image)"' 'containerd web reg/web:1'
	is '.programs[0] | "\(.profile) \(.rule)"' 'latency web'
	is '.programs[0].settings[] | select(.name == "GOGC") | "\(.value) \(.reason)"' '77 requested'
	run --separate-stderr "$GOTUNE" scan --sysroot "$M"
	[[ $output == *web* ]]
	# A broken one is said, and costs only this row.
	echo '{' >"$M/bundles/$id/config.json"
	scan
	is '.programs[0].settings[0].reason' config-invalid
	[[ $(jq -r '.programs[0].message' <<<"$output") == *"premature EOF"* ]]
}

@test "hostile names, environments and files are bounded" {
	new_machine v2
	local evil=$'/docker/\e[31m\x01evil'
	add_process 601 "$evil" hello-1.19-amd64-default # no unit: not a name of an engine
	ln -sfn "pid:[4026531840]" "$M/proc/601/ns/pid"
	add_process 602 "/system.slice/docker-$(id_of 2).scope" hello-1.19-amd64-default
	head -c 1500000 /dev/zero | tr '\0' x >"$M/proc/602/environ"
	printf '\0GOMAXPROCS=4\0' >>"$M/proc/602/environ"
	add_process 603 "/system.slice/docker-$(id_of 3).scope" hello-1.19-amd64-default
	head -c 9000000 /dev/zero >"$M/proc/603/environ"
	printf 'GOMAXPROCS=4\0' >>"$M/proc/603/environ" # beyond what is read: not known
	add_process 604 "/system.slice/docker-$(id_of 4).scope" neg-gcc12-amd64
	truncate -s 4G "$T/huge" && mkdir -p "$M/roots/huge/bin" && mv "$T/huge" "$M/roots/huge/bin/app"
	ln -sfn /roots/huge "$M/proc/604/root"
	add_process 605 "/system.slice/docker-$(id_of 5).scope" hello-1.19-amd64-default
	rm -r "$M/proc/605/root" # its file is gone
	add_process 606 "/system.slice/docker-$(id_of 6).scope" hello-1.19-amd64-default GOGC=$'\e[2J=1'
	add_process 607 "/system.slice/=cmd|x.service" hello-1.19-amd64-default
	mkfifo "$M/fifo" && ln -sfn ../../../fifo "$M/proc/605/environ"
	mkdir -p "$M/proc/608" && printf '0::/docker/%s\n' "$(id_of 8)" >"$M/proc/608/cgroup" # a zombie
	scan
	[ "$status" -le 1 ]
	is '[.programs[].pid] | sort | join(" ")' '602 603 606 607'
	is '.programs[] | select(.pid == 602) | .ps.value' 4
	is '.programs[] | select(.pid == 603) | .environment' null
	run --separate-stderr "$GOTUNE" scan --sysroot "$M"
	[[ "$output" != *$'\e'* ]]
	run --separate-stderr "$GOTUNE" scan --sysroot "$M" --format csv
	[[ $output == *"\"'=cmd|x.service\""* ]]
	[[ "$output" != *$'\e'* ]]
}

# silent KIND: a file system on $T/vol that leaves this kind of request unanswered.
silent() {
	[ -w /dev/fuse ] || skip 'needs /dev/fuse: the file system that does not answer is one of our own'
	[ -x "$T/silent_fs" ] || ${CC:-cc} -O1 -o "$T/silent_fs" tests/e2e/silent_fs.c
	mkdir -p "$T/vol"
	"$T/silent_fs" "$T/vol" "$1" >"$T/silent" 2>&1 3>&- &
	SERVER=$!
	for _ in {1..100}; do
		if grep -q mounted "$T/silent"; then return 0; fi
		sleep 0.05
	done
	skip "no FUSE file system can be mounted: $(cat "$T/silent")"
}

teardown() {
	[ -n "${SERVER:-}" ] || return 0
	kill -9 "$SERVER" || : # with its end all waits for it end
	wait "$SERVER" || :
	umount -l "$T/vol" || :
	SERVER=
}

@test "a container whose files do not answer is left out, the others are told of, and it is said" {
	local kind began took
	for kind in lookup open read flush; do
		new_machine v2
		add_process 701 "/system.slice/docker-$(id_of 1).scope" hello-1.19-amd64-default
		add_process 702 "/system.slice/docker-$(id_of 2).scope" hello-1.19-amd64-default
		add_process 703 "/system.slice/docker-$(id_of 3).scope" hello-1.19-amd64-default
		silent "$kind"
		mkdir -p "$M/roots/silent/bin"
		mount --bind "$T/vol" "$M/roots/silent/bin"
		ln -sfn /roots/silent "$M/proc/702/root"
		began=$(date +%s%N)
		scan
		took=$((($(date +%s%N) - began) / 1000000))
		umount -l "$M/roots/silent/bin"
		teardown
		echo "$kind: $took ms, $(jq -c '[[.programs[].pid], .stuck]' <<<"$output")"
		[ "$took" -lt 9000 ] # two deadlines of 2 s, and a busy machine
		is '[.programs[].pid] | sort | join(" ")' '701 703'
		is .stuck 1
	done
}

@test "a thousand containers are looked at within two seconds and 64 MiB" {
	new_machine v2
	local scope=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8b1f.slice
	add_process 10000 "$scope/cri-containerd-$(id_of 10000).scope" hello-1.26-amd64-strip GOGC=50 PATH=/bin
	add_cgroup "$scope/cri-containerd-$(id_of 10000).scope" 150000 536870912 1048576 400 0
	multiply 10000 1000 "$scope"
	"$GOTUNE" scan --sysroot "$M" >/dev/null || : # the files' names get known to the kernel
	# What it takes of a processor: what else runs here is none of our doing.
	run --separate-stderr /usr/bin/time -f '%U %S %M' "$GOTUNE" scan --sysroot "$M" --format json
	[ "$status" = 1 ]
	is '.go_containers' 1000
	read -r user system kib <<<"$(tail -1 <<<"$stderr")"
	echo "$user + $system s, $kib KiB"
	[ $((10#${user/./} + 10#${system/./})) -lt 200 ]
	[ "$kib" -lt 65536 ]
}

# --- bundles alone ------------------------------------------------------------------------------

# A bundle in DIR below $M, as runc writes one, with PROGRAM (a file of $PROGRAMS, or -: no files).
add_bundle() { # DIR PROGRAM [JQ-EDIT]
	mkdir -p "$M$1"
	jq '.process.args = ["/bin/app"] | .process.cwd = "/" | .linux.resources = {
		cpu: {quota: 150000, period: 100000}, memory: {limit: 536870912}}' "$SPEC/config.json" |
		jq "${3:-.}" >"$M$1/config.json"
	[ "$2" != - ] || return 0
	mkdir -p "$M$1/rootfs/bin"
	cp "$PROGRAMS/$2" "$M$1/rootfs/bin/app"
}

# Runs gotune scan --bundle-only on the machine; JSON in $output.
scan_bundles() {
	run --separate-stderr "$GOTUNE" scan --bundle-only --sysroot "$M" --format json
	valid
}

# Of the container ID, by a jq path.
of() { # ID JQ WANT
	is ".programs[] | select(.unit.id == \"$1\") | $2" "$3"
}

@test "bundles alone: what would be set and why, and nothing that only a process tells" {
	new_machine v2
	local setting='[.settings[] | select(.verdict == "set") | "\(.name)=\(.value) \(.reason)"] | join(", ")'
	add_bundle /bundles/web hello-1.19-amd64-default
	add_bundle /bundles/own hello-1.26-amd64-strip '.process.env += ["GOMAXPROCS=7", "TOKEN=hunter2"]'
	add_bundle /bundles/gone -
	add_bundle /bundles/c neg-gcc12-amd64
	add_bundle /bundles/loud hello-1.19-amd64-default '.annotations = {"io.gotune.gogc": "77"}'
	# Its process is there, with other values: nobody looks at it.
	add_process 101 "/user.slice/web" hello-1.15-amd64-default GOGC=33 GOMAXPROCS=3
	mkdir -p "$M/run/runc/web"
	scan_bundles
	[ "$status" = 0 ]
	is '"\(.bundle_only) \(.containers) \(.go_containers) \(.unknown) \(.broken) \(.left_out)"' 'true 5 3 1 0 0'
	is '[.services, .go_services, .processes, .unreadable] | tojson' '[null,null,null,null]'
	of web "$setting" 'GOMAXPROCS=2 cpu-quota, GOMEMLIMIT=460MiB memory-limit'
	of web '[.go, .ps_fit, .cpus, .quota_us, .usage.memory_max_bytes, .path] | join(" ")' \
		'go1.19.8 2 8 150000 536870912 /bin/app'
	of web '[.pid, .processes, .unit.processes, .deleted, .ps.value, .gomemlimit.value, .nofile_soft, .threads,
		(.usage | del(.memory_max_bytes)[])] | unique | tojson' '[null]'
	of web '.harms | tojson' '[]'
	of web '.ps | "\(.from): \(.why)"' 'not-readable: no process was looked at'
	of web '.environment.GOGC' null
	[[ $(jq -r '.programs[] | select(.unit.id == "web") | .settings[0].why' <<<"$output") == *"a quota of 1.5 CPUs"* ]]
	of own '.environment.GOMAXPROCS' 7
	of own '.settings[] | select(.name == "GOMAXPROCS") | .reason' already-set
	of loud '.settings[] | select(.name == "GOGC") | "\(.value) \(.reason)"' '77 requested'
	of gone '"\(.go) \(.message)"' 'null its program /bin/app is not known: unreadable'
	of gone '[.settings[] | select(.verdict == "set")] | length' 0
	is '[.programs[].unit.id] | index("c")' null
	[[ $output != *hunter2* ]]
	cp "$M/bundles/web/config.json" "$T/web.json"
	# Without /proc and /sys the machine's CPUs are not known; what config.json tells stays.
	rm -r "$M/proc" "$M/sys"
	scan_bundles
	[ "$status" = 0 ]
	of web '.settings[] | select(.name == "GOMEMLIMIT") | "\(.verdict) \(.value)"' 'set 460MiB'
	of web '[.cpus, .ps_fit] | tojson' '[null,null]'
	of web '.settings[] | select(.name == "GOMAXPROCS") | "\(.verdict) \(.reason)"' 'skip cpus-unknown'
	run --separate-stderr "$GOTUNE" scan --bundle-only --sysroot "$M" --format csv
	[ "$status" = 0 ]
	[ "$(grep -c ',"web",' <<<"$output")" = 1 ]
	[ "$(grep ',"web",' <<<"$output" | cut -d, -f1,8,9)" = ',,' ]
}

@test "bundles alone: the table says what is set and why, and what it cannot say" {
	new_machine v2
	add_bundle /bundles/web hello-1.19-amd64-default
	add_bundle /bundles/gone -
	add_bundle /bundles/shell hello-1.19-amd64-default '.process.args = ["/bin/start"]'
	printf '#!/bin/sh\nexec /bin/app\n' >"$M/bundles/shell/rootfs/bin/start"
	cp "$M/bundles/shell/rootfs/bin/app" "$M/bundles/shell/rootfs/bin/sh"
	cp "$PROGRAMS/neg-gcc12-amd64" "$M/bundles/shell/rootfs/bin/sh"
	chmod 755 "$M/bundles/shell/rootfs/bin/"*
	run --separate-stderr "$GOTUNE" scan --bundle-only --sysroot "$M"
	[ "$status" = 0 ]
	echo "$output"
	[[ $output == *"By their bundles alone, 2 of 3 containers run Go"*"the programs of 1"* ]]
	[ "$(grep -c '^gone  *?' <<<"$output")" = 1 ]
	[ "$(grep -c '^web  *1.19.8  2  *512M ' <<<"$output")" = 1 ]
	[ "$(grep -c ' PS ' <<<"$output")" = 0 ]
	[ "$(grep -c 'its program /bin/app is not known: unreadable' <<<"$output")" = 1 ]
	[ "$(tr -s ' \n' ' ' <<<"$output" | grep -c 'decided when it is executed: this is for /bin/app (via')" = 1 ]
	! grep -qE '^.{81,}' <<<"$output" || return 1
}

@test "bundles alone: where engines and runtimes have them, each once, on this machine, too" {
	new_machine v2
	local task=/run/containerd/io.containerd.runtime.v2.task id
	id=$(id_of 1)
	add_bundle "$task/moby/$id" hello-1.19-amd64-default
	add_bundle "$task/k8s.io/$(id_of 2)" hello-1.19-amd64-default
	add_bundle "/var/lib/containers/storage/overlay-containers/$(id_of 3)/userdata" hello-1.19-amd64-default
	touch "$M/var/lib/containers/storage/overlay-containers/containers.json"
	add_bundle /srv/api hello-1.19-amd64-default
	add_bundle /srv/web hello-1.19-amd64-default
	mkdir -p "$M/run/runc/api" "$M/run/crun/web" "$M/var/run"
	echo '{"id": "api", "config": {"labels": ["bundle=/srv/api"]}}' >"$M/run/runc/api/state.json"
	echo '{"pid": 1, "bundle": "/srv/web"}' >"$M/run/crun/web/status"
	# Another way to the same directory.
	rmdir "$M/var/run" && ln -s ../run "$M/var/run"
	mkdir -p "$M/run/docker/containerd/daemon"
	ln -s /run/containerd/io.containerd.runtime.v2.task "$M/run/docker/containerd/daemon/io.containerd.runtime.v2.task"
	scan_bundles
	[ "$status" = 0 ]
	is '.containers' 5
	is '[.programs[].unit.id] | join(" ")' "$(id_of 1) $(id_of 2) $(id_of 3) api web"
	of "$id" .unit.engine docker
	of "$(id_of 2)" .unit.engine containerd
	of "$(id_of 3)" .unit.engine podman
	[ "$(id -u)" = 0 ] || return 0
	# This machine, whose /run is ours for a moment.
	run --separate-stderr unshare -m sh -c 'mount --bind "$1" /run && exec "$2" scan --bundle-only --format json' sh \
		"$M/run" "$GOTUNE"
	valid
	[ "$(jq "[.programs[] | select(.unit.id == \"$id\" and .ps_fit <= 2 and .go == \"go1.19.8\")] | length" <<<"$output")" = 1 ]
}

@test "bundles alone: limits of a pod count, those of the container's own cgroup do not" {
	new_machine v2
	add_bundle /bundles/web hello-1.19-amd64-default '.linux.cgroupsPath = "/pod1/web" | .linux.resources.cpu.quota = 500000'
	add_cgroup /pod1 300000 268435456 1 0 0
	add_cgroup /pod1/web 50000 67108864 1 400 3 # changed since, and throttled: nobody knows that
	scan_bundles
	[ "$status" = 0 ]
	of web '[.settings[] | select(.verdict == "set") | "\(.name)=\(.value) \(.reason)"] | join(", ")' \
		'GOMAXPROCS=3 ancestor-quota, GOMEMLIMIT=230MiB ancestor-memory'
	of web '.harms | tojson' '[]'
	of web .unit.cgroup /pod1/web
}

@test "bundles alone: a broken config.json is said, costs its own row, and is exit status 1" {
	new_machine v2
	local i
	add_bundle /bundles/web hello-1.19-amd64-default
	for i in cut empty list text binary noprocess; do add_bundle "/bundles/$i" hello-1.19-amd64-default; done
	truncate -s 700 "$M/bundles/cut/config.json"
	: >"$M/bundles/empty/config.json"
	echo '[1]' >"$M/bundles/list/config.json"
	echo '{"process": 7}' >"$M/bundles/text/config.json"
	head -c 100000 /dev/urandom >"$M/bundles/binary/config.json"
	echo '{"linux": {}}' >"$M/bundles/noprocess/config.json"
	scan_bundles
	[ "$status" = 1 ]
	is '"\(.containers) \(.go_containers) \(.broken)"' '7 1 6'
	for i in cut empty list text binary noprocess; do
		of "$i" '[.settings[] | select(.verdict == "set")] | length' 0
		of "$i" '.message | contains("/bundles/'"$i"'/config.json")' true
		of "$i" .environment null
	done
	of web '.settings[] | select(.name == "GOMAXPROCS") | .value' 2
	# None at all is no success.
	rm -r "$M/bundles"
	scan_bundles
	[ "$status" = 1 ]
	is .summary 'No bundle was found.'
	run "$GOTUNE" scan --bundle-only --sysroot "$T/nowhere"
	[ "$status" = 3 ]
}

@test "bundles alone: large ones are read up to a bound, and a FIFO or a directory is not" {
	new_machine v2
	add_bundle /bundles/large hello-1.19-amd64-default
	add_bundle /bundles/huge hello-1.19-amd64-default
	# 10 MiB of what a config.json may hold, and more than we read.
	pad() { perl -e 'my ($n) = @ARGV; print "{\"annotations\": {\"a\": \"", "x" x $n, "\"}}"' "$1"; }
	pad 10485760 | jq -sc '.[0] * .[1]' "$M/bundles/large/config.json" - >"$T/large"
	pad 17825792 | jq -sc '.[0] * .[1]' "$M/bundles/huge/config.json" - >"$T/huge"
	mv "$T/large" "$M/bundles/large/config.json"
	mv "$T/huge" "$M/bundles/huge/config.json"
	mkdir -p "$M/bundles/fifo" "$M/bundles/dir/config.json" "$M/bundles/none"
	mkfifo "$M/bundles/fifo/config.json"
	mkdir "$M/bundles/"$'\e[31mevil\n' && cp "$M/bundles/large/config.json" "$M/bundles/"$'\e[31mevil\n'
	run --separate-stderr /usr/bin/time -f '%M' timeout 20 "$GOTUNE" scan --bundle-only --sysroot "$M" --format json
	[ "$status" = 1 ]
	[ "$(tail -1 <<<"$stderr")" -lt 262144 ] || { echo "$stderr KiB"; return 1; }
	[[ "$output" != *$'\e'* ]]
	valid
	of large '.settings[] | select(.name == "GOMAXPROCS") | .value' 2
	of huge '.message | contains("larger than 16 MiB")' true
	of fifo '.message | contains("config.json")' true
	of dir '.message | contains("config.json")' true
	is '"\(.containers) \(.broken) \(.left_out)"' '4 3 2' # left out: a name, and one without config.json
}

@test "bundles alone: nothing leads out of the captured machine" {
	new_machine v2
	local out=$T/outside i
	mkdir -p "$M/srv" "$out/bin" "$T/other/rootfs/bin"
	cp "$PROGRAMS/hello-1.19-amd64-default" "$out/bin/app"
	cp "$PROGRAMS/hello-1.19-amd64-default" "$T/other/rootfs/bin/app"
	for i in config rootfs root-absolute root-up mount mount-relative; do add_bundle "/bundles/$i" -; done
	cp "$M/bundles/config/config.json" "$T/other/config.json"
	# config.json, the bundle and the root are links; the root and mounts are named by paths of this machine.
	ln -sf "$T/other/config.json" "$M/bundles/config/config.json"
	ln -s "$T/other" "$M/bundles/link"
	ln -s ../../../../../../../../../.."$T/other" "$M/bundles/up"
	ln -s "$out" "$M/bundles/rootfs/rootfs"
	edit() { # ID JQ
		jq "$2" "$M/bundles/$1/config.json" >"$T/edited" && mv "$T/edited" "$M/bundles/$1/config.json"
	}
	edit root-absolute ".root.path = \"$out\""
	edit root-up ".root.path = \"../../../../../../../../..$out\""
	mkdir -p "$M/bundles/mount/rootfs/bin" "$M/bundles/mount-relative/rootfs/bin"
	edit mount ".mounts += [{destination: \"/bin\", type: \"bind\", source: \"$out/bin\", options: [\"bind\"]}]"
	edit mount-relative ".mounts += [{destination: \"/bin\", type: \"bind\", source: \"../../../../../../..$out/bin\", options: [\"bind\"]}]"
	scan_bundles
	[ "$status" = 1 ]
	is '[.programs[] | select(.go != null) | .unit.id] | tojson' '[]'
	is .go_containers 0
	is '"\(.containers) \(.unknown) \(.broken) \(.left_out)"' '6 5 1 2'
	# The same paths lead somewhere below the machine's root.
	mkdir -p "$M$out" && cp -r "$out/bin" "$M$out/"
	scan_bundles
	is '[.programs[] | select(.go != null) | .unit.id] | join(" ")' 'root-absolute root-up rootfs'
	# A bundle of an engine has its mounts still before it, and their sources are the machine's.
	mkdir -p "$M/var/lib/containers/storage/overlay-containers/mount"
	cp -r "$M/bundles/mount" "$M/var/lib/containers/storage/overlay-containers/mount/userdata"
	rm -r "$M/bundles"
	scan_bundles
	is '[.programs[] | select(.go != null) | .unit.id] | join(" ")' mount
	rm -r "${M:?}$out"
	scan_bundles
	is .go_containers 0
}

@test "bundles alone: a thousand within ten seconds of a CPU and 64 MiB; those that do not answer are left out" {
	new_machine v2
	local i
	add_bundle /bundles/c0 hello-1.26-amd64-strip
	for i in {1..999}; do cp -rl "$M/bundles/c0" "$M/bundles/c$i"; done
	for i in {1..999}; do cp --remove-destination "$M/bundles/c0/config.json" "$M/bundles/c$i/config.json"; done
	run --separate-stderr /usr/bin/time -f '%U %S %M' "$GOTUNE" scan --bundle-only --sysroot "$M" --format json
	[ "$status" = 0 ]
	is .go_containers 1000
	local user system kib
	read -r user system kib <<<"$(tail -1 <<<"$stderr")"
	echo "$user + $system s, $kib KiB"
	[ $((10#${user/./} + 10#${system/./})) -lt 1000 ]
	[ "$kib" -lt 65536 ]
	# Six whose files keep us waiting: five are waited for.
	for i in {1..6}; do
		rm -r "$M/bundles/c$i/rootfs/bin"
		mkdir "$M/bundles/c$i/rootfs/bin"
	done
	mkdir "$T/six" && mv "$M"/bundles/c{0..6} "$T/six/" && rm -r "$M/bundles" && mv "$T/six" "$M/bundles"
	silent lookup
	for i in {1..6}; do mount --bind "$T/vol" "$M/bundles/c$i/rootfs/bin"; done
	run --separate-stderr timeout 60 "$GOTUNE" scan --bundle-only --sysroot "$M" --format json
	for i in {1..6}; do umount -l "$M/bundles/c$i/rootfs/bin"; done
	teardown
	[ "$status" = 1 ]
	valid
	is '"\(.go_containers) \(.stuck) \(.left_out)"' '1 5 1'
}

# --- capture ------------------------------------------------------------------------------------

@test "capture refuses a directory that is there, and says what to do" {
	mkdir "$T/there"
	run "$GOTUNE" capture "$T/there"
	[ "$status" = 3 ]
	[[ $output == *"cannot make $T/there: File exists"* ]]
	run "$GOTUNE" capture
	[ "$status" = 2 ]
}

# --- replay -------------------------------------------------------------------------------------

# A record in $T/record.json, as explain makes it of a bundle on the machine SYSROOT.
record() { # SYSROOT JQ-EDIT
	mkdir -p "$T/web/rootfs/bin"
	cp "$PROGRAMS/${PROGRAM:-hello-1.19-amd64-default}" "$T/web/rootfs/bin/app"
	jq -n '{ociVersion: "1.0.2", root: {path: "rootfs"}, process: {args: ["/bin/app"], cwd: "/",
		env: ["PATH=/bin", "GOGC=50"]}, annotations: {team: "shop"},
		mounts: [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup"}],
		linux: {namespaces: [{type: "mount"}, {type: "network"}, {type: "ipc"}, {type: "cgroup"}],
		sysctl: {"net.core.somaxconn": "512"},
		resources: {cpu: {quota: 150000, period: 100000}, memory: {limit: 536870912}}}}' |
		jq "$2" >"$T/web/config.json"
	"$GOTUNE" explain --sysroot "tests/fixtures/sysroot/$1" --format json "${@:3}" "$T/web" >"$T/record.json" || :
}

# The record, decided on again under the policy that it was made with, has the same settings.
same() { # OPTION...
	run --separate-stderr "$GOTUNE" replay "$@" "$T/record.json"
	[ "$status" = 0 ] || {
		echo "$output $stderr"
		return 1
	}
	[[ $output == *"0 of 1 records would be decided differently"* ]]
}

@test "a record decided on again is the same, byte for byte, on every machine and profile" {
	local machine profile
	for machine in v2-8cpu laptop-v1-hybrid smt-2socket numa-unequal wide-512 garbage garbage-smt; do
		for profile in balanced latency throughput memory diagnose realtime; do
			record $machine ".annotations[\"io.gotune.profile\"] = \"$profile\""
			same
		done
	done
	for edit in 'del(.linux.resources)' '.process.env = []' '.process.args = ["/bin/none"]' 'del(.process)' \
		'.annotations["io.gotune.nofile"] = "999999999"' '.annotations["io.gotune.enable"] = "false"' \
		'.annotations["io.gotune.sysctl.net.core.somaxconn"] = "9"' '.annotations["io.gotune.nonsense"] = "1"' \
		'.process.env += ["GOMAXPROCS=7", "GOTUNE_GOGC=90", "GODEBUG=madvdontneed=1"]' \
		'.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}]' \
		'.linux.resources = {cpu: {shares: 4096, cpus: "0-3"}}' '.linux.resources.unified = {"memory.high": "1000000"}'; do
		record smt-2socket "$edit"
		same
	done
	for PROGRAM in hello-1.15-amd64-default hello-1.26-amd64-strip amp140-1.19-amd64 aml071-1.26-amd64 neg-gcc12-amd64; do
		record smt-2socket .
		same
	done
}

@test "replay under physical cores and NUMA policies is the same, too" {
	jq -n '{version: 1, profiles: {balanced: {gomaxprocs: {cpu_count: "physical", numa: "bind"}, swappiness: 0}},
		rules: [{name: "shop", match: {annotation: {team: "sh*"}}, profile: "balanced"}]}' >"$T/policy.json"
	for machine in smt-2socket numa-unequal wide-512 garbage-smt; do
		record $machine . --policy "$T/policy.json"
		same --policy "$T/policy.json"
	done
	[ "$(jq -r .rule "$T/record.json")" = shop ]
}

@test "replay shows what another policy would decide: a file, or a directory as /etc/gotune" {
	record smt-2socket .
	mkdir -p "$T/new/policy.d"
	echo '{"version": 1, "profiles": {"balanced": {"gomemlimit": {"ratio": 700}}}}' >"$T/new/policy.d/10.json"
	for p in "$T/new" "$T/new/policy.d/10.json"; do
		run --separate-stderr "$GOTUNE" replay --policy "$p" "$T/record.json"
		[ "$status" = 1 ]
		[[ $output == *"GOMEMLIMIT"*"460MiB"*"358MiB"*"memory-limit"* ]]
		[[ $output == *"1 of 1 records would be decided differently; 0 as they were"* ]]
	done
	run --separate-stderr "$GOTUNE" replay --format json --policy "$T/new" "$T/record.json"
	is '.different' 1
	is '.records[0].changes | length' 1
	is '.records[0].changes[0] | "\(.name) \(.was.value) \(.now.value)"' 'GOMEMLIMIT 460MiB 358MiB'
}

@test "a record without the facts says so, and so does a damaged one" {
	record smt-2socket .
	for edit in 'del(.replay)' '.replay.version = 9' '.replay.cgroup_cpu = 99' '.replay.env = [["GOGC"]]' \
		'.facts.cpus_online.value = "0-7..."' '.replay.requests = [["gogc", 99, "1", false]]' '.engine = "none"'; do
		jq "$edit" "$T/record.json" >"$T/old.json"
		run --separate-stderr "$GOTUNE" replay "$T/old.json"
		[ "$status" = 1 ]
		[[ $stderr == *"this record has not enough facts"* ]] || {
			echo "$edit: $stderr"
			return 1
		}
	done
	for text in '' '{' '[]' '{"schema": "other"}'; do
		printf '%s' "$text" >"$T/bad.json"
		run "$GOTUNE" replay "$T/bad.json"
		[ "$status" = 1 ]
	done
	# A rule that looks at annotations, and one that was too long to be kept.
	record smt-2socket '.annotations.long = ("x" * 500)'
	same
	echo '{"version": 1, "rules": [{"name": "a", "match": {"annotation": {"long": "*"}}, "mode": "off"}]}' >"$T/p.json"
	run "$GOTUNE" replay --policy "$T/p.json" "$T/record.json"
	[ "$status" = 1 ]
	[[ $output == *"some were too long to be kept"* ]]
}

@test "replay without operands takes all records, and a container's id names one" {
	record smt-2socket .
	mkdir -p "$T/records/containers" && chmod -R go-rwx "$T/records"
	for id in aaa bbb; do jq -c ".id = \"$id\"" "$T/record.json" >"$T/records/containers/$id.json"; done
	run --separate-stderr "$GOTUNE" replay --record-dir "$T/records"
	[ "$status" = 0 ]
	[[ $output == *"0 of 2 records"* ]]
	run --separate-stderr "$GOTUNE" replay --record-dir "$T/records" aa
	[[ $output == *"0 of 1 records"* ]]
	run "$GOTUNE" replay --record-dir "$T/records" zzz
	[ "$status" = 1 ]
	run --separate-stderr "$GOTUNE" replay --record-dir "$T/none"
	[ "$status" = 0 ]
	[[ $output == *"0 of 0 records"* ]]
}
