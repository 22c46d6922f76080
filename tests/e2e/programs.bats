#!/usr/bin/env bats
# What is started, and under which restrictions: launchers, odd args[0], set-uid, no_new_privs,
# seccomp, user namespaces, and Go programs as Debian ships them.

load common

@test "a writable root file system" {
	edit '.root.readonly = false'
	run_container
	expect_tuned
	expect '' "$(find "$BUNDLE/rootfs" -newer "$BUNDLE/config.json" -type f)" 'files written into the root'
}

@test "a read-only root file system" {
	edit '.root.readonly = true'
	run_container
	expect_tuned
}

@test "no_new_privs on" {
	edit '.process.noNewPrivileges = true'
	run_container
	expect_tuned
	expect 1 "$(seen .no_new_privs)" NoNewPrivs
}

@test "no_new_privs off" {
	edit '.process.noNewPrivileges = false'
	run_container
	expect_tuned
	expect 0 "$(seen .no_new_privs)" NoNewPrivs
}

@test "another user, no capabilities" {
	edit '.process.user = {uid: 1234, gid: 1234} | .process.capabilities = {}'
	run_container
	expect_tuned
	expect 1234 "$(seen .uid)" uid
}

@test "a set-uid program keeps its set-uid" {
	chown 4321:4321 "$BUNDLE/rootfs/probe"
	chmod 4755 "$BUNDLE/rootfs/probe"
	edit '.process.noNewPrivileges = false | .process.user = {uid: 1234, gid: 1234}'
	run_container
	expect_tuned
	expect '1234 4321' "$(seen '"\(.uid) \(.euid)"')" 'uid and euid'
}

# The report of a probe that serves it.
ask_port_80() {
	nsenter -t "$(cat "$T/pid")" -n bash -c 'exec 3<>/dev/tcp/127.0.0.1/80 && printf "GET / HTTP/1.0\r\n\r\n" >&3 && cat <&3' 2>/dev/null |
		sed '1,/^\r$/d' >"$T/out"
	[ -s "$T/out" ]
}

# cap_net_bind_service=ep, as setcap(8) writes it (linux/capability.h: vfs_cap_data, revision 2).
@test "a program with a capability on its file keeps it: a server of another user's at port 80" {
	edit '.process.noNewPrivileges = false | .process.user = {uid: 1234, gid: 1234}
		| .process.capabilities = {bounding: ["CAP_NET_BIND_SERVICE"]} | .process.args = ["/probe", "-serve", "127.0.0.1:80"]'
	if rt run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err"; then
		false # without the capability it may not
	fi
	rt delete -f "$ID" >/dev/null 2>&1 || :
	setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 "$BUNDLE/rootfs/probe" ||
		skip "this file system has no file capabilities"
	rt run --detach --pid-file "$T/pid" --bundle "$BUNDLE" "$ID" </dev/null >"$T/log" 2>&1
	wait_for 10 ask_port_80
	expect_tuned
	expect 1234 "$(seen .uid)" uid
}

@test "a seccomp profile that kills on prctl" {
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["prctl"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	run_container
	expect_tuned
	expect true "$(record .stale_environ)" 'stale_environ'
	expect stale-environ "$(record '.warnings[].what')" warning
}

@test "a seccomp profile that lets prctl through: /proc/PID/environ is true" {
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	run_container
	expect_tuned
	expect false "$(record .stale_environ)" 'stale_environ'
}

@test "a seccomp profile that denies by default and kills on prctl" {
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
		syscalls: [
			{names: ["prctl"], action: "SCMP_ACT_KILL_PROCESS"},
			{action: "SCMP_ACT_ALLOW", names: ["read", "write", "open", "openat", "close", "fstat", "newfstatat", "lseek",
				"mmap", "munmap", "mprotect", "brk", "madvise", "mincore", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
				"sigaltstack", "tgkill", "tkill", "kill", "getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid",
				"clone", "clone3", "execve", "execveat", "exit", "exit_group", "futex", "nanosleep", "clock_nanosleep",
				"clock_gettime", "sched_getaffinity", "sched_yield", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
				"eventfd2", "pipe2", "fcntl", "getrlimit", "setrlimit", "prlimit64", "readlinkat", "readlink", "arch_prctl",
				"set_tid_address", "set_robust_list", "rseq", "getrandom", "uname", "chdir", "getcwd", "capget", "capset",
				"setuid", "setgid", "setgroups", "setresuid", "setresgid", "dup", "dup2", "dup3", "fchdir", "umask", "wait4",
				"statx", "fstatfs", "getdents64", "close_range", "timer_create", "timer_settime", "timer_delete", "setitimer",
				"sendmsg", "recvmsg", "sendto", "recvfrom", "faccessat", "faccessat2", "access", "stat", "lstat", "pread64",
				"ioctl", "keyctl", "unlink", "unlinkat", "connect", "socket", "poll", "ppoll", "waitid"]}]}'
	run_container
	expect_tuned
	expect true "$(record .stale_environ)" 'stale_environ'
}

@test "a user namespace" {
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .mounts |= map(select(.type != "cgroup"))'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$T" "$BUNDLE"
	run_container
	expect_tuned
	expect 0 "$(seen .uid)" uid
	# Kernels up to 6.1 at least show net.core to no network namespace that another user namespace owns.
	if unshare --user --map-root-user --net test -e /proc/sys/net/core/somaxconn; then
		expect 5001 "$(seen .somaxconn)" somaxconn
	else
		expect_setting net.core.somaxconn 'skip no-such-sysctl null'
		expect '' "$(seen .somaxconn)" somaxconn
	fi
}

@test "no namespaces but mount and pid" {
	edit '.linux.namespaces |= map(select(.type == "mount" or .type == "pid"))
		| del(.hostname) | .mounts |= map(select(.destination != "/dev/mqueue" and .destination != "/sys"))'
	run_container
	expect 1 "$(seen .env.GOMAXPROCS)" GOMAXPROCS
	expect 'skip host-namespace' "$(setting net.core.somaxconn | cut -d' ' -f1,2)"
}

@test "args[0] by PATH" {
	mv "$BUNDLE/rootfs/probe" "$BUNDLE/rootfs/bin/probe"
	edit '.process.args = ["probe"] | .process.env = ["PATH=/nosuch:/bin"]'
	run_container
	expect_tuned
}

@test "args[0] relative to cwd" {
	edit '.process.args = ["./probe"] | .process.cwd = "/"'
	run_container
	expect_tuned
}

@test "args[0] by links that stay in the root" {
	mkdir "$BUNDLE/rootfs/app"
	mv "$BUNDLE/rootfs/probe" "$BUNDLE/rootfs/app/probe-1.2"
	ln -s /app/probe-1.2 "$BUNDLE/rootfs/app/probe"
	ln -s ../../../../app/probe "$BUNDLE/rootfs/bin/probe"
	edit '.process.args = ["/bin/probe"]'
	run_container
	expect_tuned
}

@test "a script that execs its arguments" {
	use_busybox
	printf '#!/bin/sh\nset -e\nexec "$@"\n' >"$BUNDLE/rootfs/entrypoint"
	chmod 755 "$BUNDLE/rootfs/entrypoint"
	edit '.process.args = ["/entrypoint", "/probe", "-child"]'
	run_container
	expect_tuned
	expect '/probe -child' "$(seen '.args | join(" ")')" args
	expect 1 "$(seen .child.gomaxprocs)" "the child's GOMAXPROCS"
}

@test "sh -c 'exec ...'" {
	use_busybox
	edit '.process.args = ["/bin/sh", "-c", "exec /probe"]'
	run_container
	expect_tuned
}

@test "env VAR=VALUE PROGRAM" {
	use_busybox
	edit '.process.args = ["/bin/env", "PROBE_X=1", "/probe"]'
	run_container
	expect_tuned
	expect 1 "$(seen .env.PROBE_X)" PROBE_X
}

@test "a script that does other things first: its program is known at the exec, also as a child of the shell" {
	use_busybox
	printf '#!/bin/sh\nif [ -e /nosuch ]; then exec /bin/cat; fi\n/bin/true_or_not 2>/dev/null || :\n/probe\n' >"$BUNDLE/rootfs/entrypoint"
	chmod 755 "$BUNDLE/rootfs/entrypoint"
	edit '.process.args = ["/entrypoint"]'
	run_container
	expect_tuned
	expect '/probe busybox; ' "$(record '"\(.program.path) \(.program.via)"')" 'the program, and what led to it'
}

@test "what a script exports is the user's, and is kept" {
	use_busybox
	printf '#!/bin/sh\nexport GOMAXPROCS=2\nexec /probe\n' >"$BUNDLE/rootfs/entrypoint"
	chmod 755 "$BUNDLE/rootfs/entrypoint"
	edit '.process.args = ["/entrypoint"]'
	run_container
	expect '2 460MiB' "$(seen '"\(.env.GOMAXPROCS) \(.env.GOMEMLIMIT)"')" environment
	expect 'keep already-set' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "a Go program that executes another: what we gave to the first is ours, not the user's" {
	mkdir "$T/launch"
	printf 'package main\n\nimport (\n\t"os"\n\t"syscall"\n)\n\nfunc main() { syscall.Exec("/probe", []string{"probe"}, os.Environ()) }\n' >"$T/launch/main.go"
	CGO_ENABLED=0 GO111MODULE=off go build -o "$BUNDLE/rootfs/launch" "$T/launch/main.go"
	edit '.process.args = ["/launch"]'
	run_container
	expect_tuned
	expect_setting GOMAXPROCS 'set cpu-quota 1'
	expect 'launch; ' "$(record .program.via)" 'what led to it'
}

@test "a shell of a container that opted in gets what any program gets" {
	use_busybox
	annotate io.gotune.enable true
	annotate io.gotune.gomaxprocs 2
	edit '.process.args = ["/bin/sh", "-c", "echo $GOMAXPROCS $GOMEMLIMIT $(cat /proc/sys/net/core/somaxconn)"]'
	run_container
	expect '2 409MiB 5001' "$(cat "$T/out")" 'what the shell sees'
	expect true "$(record '.settings[] | select(.name == "GOMEMLIMIT").applied')" 'applied'
}

@test "args[0] is missing: the runtime's own error, a record, no process" {
	edit '.process.args = ["/nosuch"]'
	! run_container || false
	expect 'skip program-unknown' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
	wait_for 3 no_tracer
}

@test "args[0] is a directory" {
	edit '.process.args = ["/bin"]'
	! run_container || false
	expect 'skip program-unknown' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "args[0] is a FIFO: nobody waits for its writer" {
	mkfifo "$BUNDLE/rootfs/fifo"
	chmod 755 "$BUNDLE/rootfs/fifo"
	edit '.process.args = ["/fifo"]'
	local began=$SECONDS
	! run_container || false
	[ $((SECONDS - began)) -lt 10 ]
	expect 'skip program-unknown' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "args[0] is a link that leads round in a circle" {
	ln -s b "$BUNDLE/rootfs/a"
	ln -s a "$BUNDLE/rootfs/b"
	edit '.process.args = ["/a"]'
	! run_container || false
	expect 'skip program-unknown' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "a program cut off in the middle" {
	truncate -s 100000 "$BUNDLE/rootfs/probe"
	! run_container || false
	case $(setting GOMAXPROCS) in
	'skip '*) ;;
	*) expect 'a skip' "$(setting GOMAXPROCS)" ;;
	esac
}

@test "a config.json that nests too deep: the container starts, untouched" {
	jq '.annotations.x = "y" | .["io.example.deep"] = reduce range(200) as $i (1; [.])' "$BUNDLE/config.json" >"$T/config.new"
	mv "$T/config.new" "$BUNDLE/config.json"
	# Before any hook runs: crun 1.28's parser takes no such depth.
	run_container || {
		! grep -q 'cannot parse the data' "$T/err" || skip "$RUNTIME refuses it by itself"
		return 1
	}
	expect_untouched
	expect 'skip config-invalid' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "a config.json of 50 MB: the container starts, untouched" {
	head -c 50000000 /dev/zero | tr '\0' x >"$T/big"
	jq -c --rawfile big "$T/big" '.["io.example.big"] = $big' "$BUNDLE/config.json" >"$T/config.new"
	mv "$T/config.new" "$BUNDLE/config.json"
	run_container
	expect_untouched
	expect 'skip config-invalid' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "a config.json with a doubled key: the container starts, untouched" {
	# crun takes the first of the two, runc the last: here they agree, and the hook cannot know.
	local again
	again=$(jq -c .process "$BUNDLE/config.json")
	sed -i "\$s|}\$|, \"process\": ${again//|/\\|}}|" "$BUNDLE/config.json"
	expect 2 "$(grep -o '"process":' "$BUNDLE/config.json" | wc -l)" 'keys named process'
	run_container
	expect_untouched
	expect 'skip config-invalid' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

# --- Go programs as Debian ships them -----------------------------------------------------------

# Copies a program of the host, and the libraries that it needs, into the root.
copy_in() {
	local lib
	cp "$(readlink -f "$(command -v "$1")")" "$BUNDLE/rootfs/bin/${1##*/}"
	for lib in $(ldd "$(command -v "$1")" 2>/dev/null | grep -oE '/[^ ]+'); do
		mkdir -p "$BUNDLE/rootfs${lib%/*}"
		cp -L "$lib" "$BUNDLE/rootfs$lib"
	done
}

@test "Debian's gosu passes what it got on to the program that it execs" {
	copy_in gosu
	printf 'root:x:0:0::/:/bin/sh\n' >"$BUNDLE/rootfs/etc/passwd"
	printf 'root:x:0:\n' >"$BUNDLE/rootfs/etc/group"
	edit '.process.args = ["/bin/gosu", "0:0", "/probe", "-child"]
		| .process.capabilities |= map_values(. + ["CAP_SETUID", "CAP_SETGID"])'
	run_container
	expect_tuned
	expect 1 "$(seen .child.gomaxprocs)" "the child's GOMAXPROCS"
}

# Runs the container until the Go runtime's scheduler has printed a line: a program that ends at once
# may end before. SCHED 0ms: gomaxprocs=1 idleprocs=...
run_until_traced() {
	for _ in {1..20}; do
		run_container
		! grep -q 'gomaxprocs=' "$T/err" || return 0
	done
	echo "no SCHED line in 20 runs"
	return 1
}

@test "Debian's gosu itself, a Go program" {
	copy_in gosu
	edit '.process.args = ["/bin/gosu", "--version"] | .process.env += ["GODEBUG=schedtrace=1"]'
	annotate io.gotune.program /bin/gosu
	run_until_traced
	expect go "$(record .program.kind)" kind
	expect gomaxprocs=1 "$(grep -hoE 'gomaxprocs=[0-9]+' "$T/err" | sort -u)" 'what the scheduler says'
}

@test "Debian's gofmt schedules on as many Ps as were decided" {
	copy_in gofmt
	edit '.process.args = ["/bin/gofmt", "/tmp/x.go"] | .process.env += ["GODEBUG=schedtrace=1"]'
	for i in {1..5000}; do echo "var x$i  =  $i"; done | sed '1ipackage x' >"$BUNDLE/rootfs/tmp/x.go"
	edit '.mounts |= map(select(.destination != "/tmp"))'
	run_until_traced
	expect go "$(record .program.kind)" kind
	expect gomaxprocs=1 "$(grep -hoE 'gomaxprocs=[0-9]+' "$T/err" | sort -u)" 'what the scheduler says'
}

@test "Debian's runc, itself a Go program, is tuned inside a container" {
	copy_in runc
	edit '.process.args = ["/bin/runc", "--version"] | .process.env += ["GODEBUG=schedtrace=1"]'
	run_until_traced
	expect go "$(record .program.kind)" kind
	grep -q '^runc version' "$T/out"
	expect gomaxprocs=1 "$(grep -hoE 'gomaxprocs=[0-9]+' "$T/err" | sort -u)" 'what the scheduler says'
}

# What the program is left with of its stack is what it would have had, or nearly: Go's own start takes 64 KiB for granted.
@test "a small stack limit and a large environment: what starts without us starts" {
	local without kib stack
	for stack in 163840 262144; do
		for kib in 60 74 77 95 97; do
			edit --argjson s "$stack" --argjson k "$kib" '.process.rlimits = [{type: "RLIMIT_STACK", soft: $s, hard: $s}]
				| .process.env = [.process.env[] | select(startswith("FILL") | not)] + [range(0; $k) | "FILL\(.)=" + ("x" * 1012)]'
			cp "$BUNDLE/config.json" "$T/with.json"
			edit 'del(.hooks)'
			without=0
			rt run -b "$BUNDLE" "$ID-$stack-$kib" </dev/null >/dev/null 2>&1 || without=$?
			cp "$T/with.json" "$BUNDLE/config.json"
			run rt run -b "$BUNDLE" "$ID-$stack-$kib" </dev/null
			expect "$without" "$status" "stack $stack, environment $kib KiB"
		done
	done
}
