#!/usr/bin/env bats
# gotune on bundles and captured machines: no container, no runtime, no root. What the hook does to
# live containers is tests/e2e's business.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build} PROGRAMS=$BATS_FILE_TMPDIR/programs
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune SYSROOTS=$PWD/tests/fixtures/sysroot
	mkdir "$PROGRAMS"
	zstd -dc tests/fixtures/go-elf.tar.zst | tar -C "$PROGRAMS" -xf -
}

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	T=$BATS_TEST_TMPDIR
	unset NO_COLOR
	make_bundle hello-1.19-amd64-default
}

# A bundle that runs PROGRAM with 1.5 CPUs and 512 MiB, before any runtime has touched it.
make_bundle() { # PROGRAM
	rm -rf "$T/web"
	mkdir -p "$T/web/rootfs/bin"
	cp "$PROGRAMS/$1" "$T/web/rootfs/bin/app"
	cat >"$T/web/config.json" <<-'JSON'
		{
		  "ociVersion": "1.0.2",
		  "root": {"path": "rootfs"},
		  "process": {"args": ["app", "-v"], "cwd": "/", "user": {"uid": 0, "gid": 0},
		    "env": ["PATH=/usr/bin:/bin", "HOME=/"]},
		  "annotations": {},
		  "mounts": [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
		    "options": ["ro"]}],
		  "linux": {
		    "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"},
		      {"type": "network"}, {"type": "cgroup"}],
		    "resources": {"cpu": {"quota": 150000, "period": 100000},
		      "memory": {"limit": 536870912}}
		  }
		}
	JSON
}

edit() { # JQ-ARGUMENTS
	jq "$@" "$T/web/config.json" >"$T/config.new"
	mv "$T/config.new" "$T/web/config.json"
}

# Runs gotune explain on the bundle, on a machine of 16 CPUs in two sockets; JSON in $output.
decide() { # OPTION...
	run --separate-stderr "$GOTUNE" explain --sysroot "$SYSROOTS/smt-2socket" --format json \
		"$@" "$T/web"
}

# Is the row of SETTING so? ("set 2 cpu-quota")
row() { # SETTING WANT
	local got
	got=$(jq -r --arg n "$1" '.settings[] | select(.name == $n)
		| [.verdict, (.value // "" | select(. != "")), .reason] | join(" ")' <<<"$output")
	[ "$got" = "$2" ] || {
		echo "$1: got '$got', not '$2'; stderr: ${stderr:-}"
		return 1
	}
}

# Fails when grep finds it ("! grep" would fail no test: bats passes over a negated command).
absent() { # GREP-ARGUMENTS
	if LC_ALL=C grep "$@"; then
		return 1
	fi
}

# Every line of $output: at most 80 columns of printable ASCII, and no space at its end.
fits() {
	absent -nE '^.{81,}|[^ -~]| $' <<<"$output"
}

one_line_on_stderr() { # TEXT that is in it
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	[[ $stderr == "gotune"*"$1"* ]] || {
		echo "stderr: $stderr"
		return 1
	}
}

# --- arguments ----------------------------------------------------------------------------------

@test "every command has --help, which fits 80 columns, and exits 0" {
	run "$GOTUNE" --help
	[ "$status" -eq 0 ]
	fits
	for c in explain inspect list show 'policy check' 'policy show' policy profiles doctor help; do
		# shellcheck disable=SC2086 # two words
		run "$GOTUNE" $c --help
		[ "$status" -eq 0 ]
		[[ $output == "usage: gotune $c"* ]]
		fits
	done
}

@test "gotune --version names the version" {
	run "$GOTUNE" --version
	[ "$status" -eq 0 ]
	[ "$output" = "gotune $(cat VERSION)" ]
}

@test "wrong usage: one line that says what to do, exit 2" {
	try() { # EXPECTED ARGUMENT...
		local want=$1
		shift
		run --separate-stderr "$GOTUNE" "$@"
		[ "$status" -eq 2 ] || { echo "gotune $*: status $status"; return 1; }
		[ -z "$output" ]
		one_line_on_stderr "$want"
	}
	try 'gotune --help'
	try 'unknown command nope' nope
	try 'unknown option --nope' --nope
	try 'gotune policy check' policy
	try 'give one bundle' explain
	try 'b is too much' explain a b
	try 'unknown option --nope; see gotune explain --help' explain a --nope
	try '--format xml: give table or json' explain a --format xml
	try '--pid 0: give the number' explain a --pid 0
	try 'as io.gotune.gomaxprocs=4' explain a --set gomaxprocs=4
	try '--rootfs needs its argument' inspect a --rootfs
	try 'give one id' show
	try 'takes no arguments' list x
	try 'unknown option --policy' policy check --policy x
}

@test "options, man page and completions agree" {
	run tests/check-options "$GOTUNE"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'check-options: '*' commands' ]]
}

# What bash offers when the words are on the line, the last one being typed.
offered() { # LINE
	# shellcheck source=contrib/completions/gotune.bash
	(
		source contrib/completions/gotune.bash
		gotune() { printf '  "id": "web-1",\n'; } # gotune list
		IFS=' ' read -ra COMP_WORDS <<<"gotune $1"
		[[ $1 == *' ' ]] && COMP_WORDS+=('')
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_gotune 2>/dev/null
		echo "${COMPREPLY[*]}"
	)
}

@test "completions: commands, engines, values, files" {
	local line want
	while IFS='|' read -r line want; do
		[ "$(offered "$line")" = "$want" ] || {
			echo "gotune $line: $(offered "$line"), not $want"
			return 1
		}
	done <<-'END'
		un|uninstall
		pol|policy
		policy |check show
		install |docker podman crio containerd cdi nri
		install --dry-run c|crio containerd cdi
		uninstall p|podman
		status |docker podman crio containerd cdi nri
		install --way |runtime precreate hook device plugin
		list --format |table json
		explain --set io.gotune.gom|io.gotune.gomaxprocs= io.gotune.gomemlimit=
		policy check --|--sysroot --help
		policy check LIC|LICENSE
		explain doc|docs
		help un|uninstall
		profiles |
		show w|web-1
		diagnose --watch w|web-1
		goroutines --watch w|
		selftest-probe --|
	END
}

@test "output that cannot be written is an error" {
	[ -w /dev/full ] || skip 'no /dev/full here'
	run --separate-stderr sh -c '"$0" --help >/dev/full' "$GOTUNE"
	[ "$status" -eq 3 ]
	one_line_on_stderr 'cannot write the output'
}

# --- explain ------------------------------------------------------------------------------------

@test "explain decides from quota, limit and the program's version" {
	decide
	echo "$stderr"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(jq -r .schema <<<"$output")" = gotune.record/1 ]
	[ "$(jq -r '.program | .kind + " " + .go + " " + .path' <<<"$output")" = 'go go1.19.8 /bin/app' ]
	row GOMAXPROCS 'set 2 cpu-quota'
	row GOMEMLIMIT 'set 460MiB memory-limit'
	row RLIMIT_NOFILE 'set 65536 profile'
	row GOGC 'skip profile-null'
}

@test "explain changes nothing" {
	before=$(find "$T/web" -type f -exec sha256sum {} + ; find "$T/web" -printf '%p %T@ %m\n')
	decide
	[ "$status" -eq 0 ]
	after=$(find "$T/web" -type f -exec sha256sum {} + ; find "$T/web" -printf '%p %T@ %m\n')
	[ "$before" = "$after" ]
}

@test "explain takes the bundle's directory, its config.json, or the working directory" {
	decide
	row GOMAXPROCS 'set 2 cpu-quota'
	want=$(jq -S 'del(.started_at, .duration_us)' <<<"$output")
	for b in "$T/web/" "$T/web/config.json"; do
		run --separate-stderr "$GOTUNE" explain "$b" --format=json --sysroot "$SYSROOTS/smt-2socket"
		[ "$status" -eq 0 ]
		[ "$(jq -S 'del(.started_at, .duration_us)' <<<"$output")" = "$want" ]
	done
	cd "$T/web"
	for b in . config.json; do
		run --separate-stderr "$GOTUNE" explain --format=json --sysroot "$SYSROOTS/smt-2socket" "$b"
		[ "$status" -eq 0 ]
		[ "$(jq -S 'del(.started_at, .duration_us)' <<<"$output")" = "$want" ]
	done
}

@test "explain names the container as its engine does" {
	mkdir "$T/3f2a9c"
	run -0 "$GOTUNE" explain --format json "$T/web"
	[ "$(jq -r .id <<<"$output")" = web ]
	mv "$T/web" "$T/3f2a9c/userdata" # containers/storage: Podman, CRI-O
	run -0 "$GOTUNE" explain --format json "$T/3f2a9c/userdata"
	[ "$(jq -r .id <<<"$output")" = 3f2a9c ]
}

@test "explain's table fits 80 columns and says why" {
	run --separate-stderr "$GOTUNE" explain --sysroot "$SYSROOTS/smt-2socket" "$T/web"
	echo "$output"
	[ "$status" -eq 0 ]
	fits
	grep -qE '^GOMAXPROCS +set +2 +- +cpu-quota$' <<<"$output"
	grep -qE '^GOMEMLIMIT +set +460MiB +- +memory-limit$' <<<"$output"
	grep -q 'go1.19.8' <<<"$output"
	# Each setting has a sentence below it, or below the next that has the same.
	[ "$(grep -c '^    [^ ]' <<<"$output")" -ge "$(jq '[.settings[].why] | unique | length' \
		<(decide; echo "$output"))" ]
}

@test "explain colours nothing without a terminal, and nothing with NO_COLOR" {
	run "$GOTUNE" explain "$T/web"
	[[ $output != *$'\033'* ]]
	command -v script >/dev/null || skip 'no script(1) here'
	run script -qec "TERM=xterm '$GOTUNE' explain '$T/web'" /dev/null
	[[ $output == *$'\033[1m'* ]]
	run script -qec "TERM=xterm NO_COLOR=1 '$GOTUNE' explain '$T/web'" /dev/null
	[[ $output != *$'\033['* ]]
}

@test "explain --sysroot sees the two sockets of another machine" {
	edit 'del(.linux.resources.cpu)'
	decide
	[ "$(jq -r '.facts.cpus_online | .value? // .' <<<"$output")" = 0-15 ]
	row GOMAXPROCS 'skip go-default-is-right'
	echo '{"version": 1, "profiles": {"balanced": {"gomaxprocs": {"cpu_count": "physical"}}}}' >"$T/p.json"
	decide --policy "$T/p.json"
	echo "$stderr"
	row GOMAXPROCS 'set 8 physical-cores'
	echo '{"version": 1, "profiles": {"balanced": {"gomaxprocs": {"numa": "cap"}}}}' >"$T/p.json"
	decide --policy "$T/p.json"
	row GOMAXPROCS 'set 8 numa-cap'
}

@test "explain --pid reads the cgroup of a captured process, and its parents'" {
	# The container's own 4 CPUs and 1 GiB stand below a pod's 2 CPUs and 512 MiB.
	edit '.linux.resources.cpu.quota = 400000 | .linux.resources.memory.limit = 1073741824'
	run --separate-stderr "$GOTUNE" explain --sysroot "$SYSROOTS/v2-8cpu" --pid 4242 \
		--format json "$T/web"
	echo "$stderr"
	[ "$status" -eq 0 ]
	row GOMAXPROCS 'set 2 ancestor-quota'
	row GOMEMLIMIT 'set 460MiB ancestor-memory'
}

@test "explain --pid of a process that is not there: says so, exit 1" {
	run --separate-stderr "$GOTUNE" explain --pid 4194303 "$T/web"
	[ "$status" -eq 1 ]
	one_line_on_stderr 'no process 4194303'
}

@test "explain --set asks like an annotation" {
	decide --set io.gotune.gogc=60 --set io.gotune.gomaxprocs=3
	echo "$stderr"
	[ "$status" -eq 0 ]
	row GOGC 'set 60 requested'
	row GOMAXPROCS 'set 3 requested'
	decide --set io.gotune.enable=false
	row GOMAXPROCS 'skip opted-out'
	decide --set io.gotune.gogc=lots
	[ "$status" -eq 1 ]
	row GOGC 'skip profile-null'
	one_line_on_stderr gogc
}

@test "explain keeps what the image set" {
	edit '.process.env += ["GOMAXPROCS=7", "GOMEMLIMIT=off"]'
	decide
	[ "$status" -eq 0 ]
	row GOMAXPROCS 'keep already-set'
	row GOMEMLIMIT 'keep already-set'
	[ "$(jq -r '.settings[] | select(.name == "GOMAXPROCS").before' <<<"$output")" = 7 ]
}

@test "explain leaves programs alone that manage themselves" {
	make_bundle amp140-1.24-amd64-strip
	decide
	row GOMAXPROCS 'skip self-managed'
	make_bundle aml071-1.26-amd64
	decide
	row GOMEMLIMIT 'skip self-managed'
	make_bundle neg-gcc12-amd64
	decide
	[ "$status" -eq 0 ]
	row GOMAXPROCS 'skip not-go'
}

@test "explain: a policy overrules the libraries that are linked and perhaps not used" {
	echo '{"version": 1, "profiles": {"balanced": {"gomemlimit": {"override_self_managed": true}}}}' >"$T/p.json"
	make_bundle aml071-1.26-amd64
	decide --policy "$T/p.json"
	row GOMEMLIMIT 'set 460MiB memory-limit'
	make_bundle amp140-1.24-amd64-strip
	decide --policy "$T/p.json"
	row GOMAXPROCS 'skip self-managed'
}

@test "explain: enable=true is for any program, loading Go later or not" {
	make_bundle neg-gcc12-amd64
	decide --set io.gotune.enable=true
	echo "$stderr"
	row GOMAXPROCS 'set 2 cpu-quota'
	row GOMEMLIMIT 'set 409MiB memory-limit'
	echo '{"version": 1, "select": "all"}' >"$T/p.json"
	decide --policy "$T/p.json"
	[[ $(jq -r '.settings[] | select(.name == "GOMAXPROCS").reason' <<<"$output") == not-go* ]]
}

# Go 1.25 and later find their quota in a private namespace, by the mount that they take.
@test "explain: what hides the cgroup from Go is seen, and then the number is set" {
	local program
	for program in hello-1.25-amd64-pie hello-1.26-amd64-strip hello-1.27-amd64-default; do
		make_bundle "$program"
		edit '.mounts = [{destination: "/proc", type: "proc", source: "proc"}] + .mounts'
		decide
		row GOMAXPROCS 'skip go-default-is-right'
		[ "$(jq -r .facts.quota_seen <<<"$output")" = yes ]
		cp "$T/web/config.json" "$T/usual.json"
		for hidden in '.mounts += [{destination: "/sys/fs/cgroup", type: "bind", source: "/sys/fs/cgroup", options: ["rbind"]}]' \
			'.mounts += [{destination: "/sys/fs", type: "tmpfs", source: "tmpfs"}]' \
			'.linux.maskedPaths = ["/sys/fs/cgroup"]' '.mounts |= .[:1]'; do
			jq "$hidden" "$T/usual.json" >"$T/web/config.json"
			decide
			row GOMAXPROCS 'set 2 cpu-quota'
			[ "$(jq -r .facts.quota_seen <<<"$output")" = no ]
		done
	done
	# A second mount: 1.25 takes the last one, 1.26 the right one.
	make_bundle hello-1.25-amd64-pie
	edit '.mounts += [{destination: "/host", type: "bind", source: "/", options: ["rbind"]}]'
	decide
	row GOMAXPROCS 'set 2 cpu-quota'
	cp "$PROGRAMS/hello-1.26-amd64-strip" "$T/web/rootfs/bin/app"
	decide
	row GOMAXPROCS 'skip go-default-is-right'
}

@test "explain: GODEBUG=containermaxprocs=0 is a choice, in the environment or by the author" {
	make_bundle hello-1.27-amd64-default
	edit '.process.env += ["GODEBUG=containermaxprocs=0"]'
	decide
	row GOMAXPROCS 'keep go-told-not-to'
	[[ $(jq -r '.settings[] | select(.name == "GOMAXPROCS").why' <<<"$output") == *GODEBUG=containermaxprocs=0* ]]
}

@test "explain: values of the image that cannot be meant are kept, with a warning" {
	edit '.process.env += ["GOMAXPROCS=64", "GOMEMLIMIT=1GiB"]'
	decide
	row GOMAXPROCS 'keep already-set'
	row GOMEMLIMIT 'keep already-set'
	grep -q far-above-cpus <<<"$output"
	grep -q above-memory-limit <<<"$output"
	make_bundle hello-1.19-amd64-default
	edit '.process.env += ["GOMEMLIMIT=400"]'
	decide
	row GOMEMLIMIT 'keep already-set'
	grep -q unit-forgotten <<<"$output"
}

@test "explain --pid: the CPU affinity of a live process bounds its CPUs" {
	local cpu pid
	[ "$(nproc)" -gt 1 ] || skip 'needs two CPUs'
	cpu=$(awk '/^Cpus_allowed_list/ { split($2, a, /[-,]/); print a[1] }' /proc/self/status)
	edit 'del(.linux.resources.cpu)'
	taskset -c "$cpu" sleep 60 3>&- &
	pid=$!
	sleep 0.2
	run --separate-stderr "$GOTUNE" explain --format json --pid "$pid" "$T/web"
	kill "$pid"
	[ "$(jq -r '.facts.affinity.value' <<<"$output")" = "$cpu" ]
	[ "$(jq -r '.facts.cpus_allowed.value' <<<"$output")" = "$cpu" ]
}

@test "explain: a limit above the machine's memory counts as that memory" {
	edit '.linux.resources.memory.limit = 4503599627370496'
	run --separate-stderr "$GOTUNE" explain --format json "$T/web"
	[ "$(jq -r '.settings[] | select(.name == "GOMEMLIMIT").reason' <<<"$output")" = machine-memory ]
	[ "$(jq '(.settings[] | select(.name == "GOMEMLIMIT").value | rtrimstr("MiB") | tonumber * 1048576)
		< .facts.memory_total.value' <<<"$output")" = true ]
}

@test "explain un-pins Go 1.25 that an old go.mod has pinned" {
	make_bundle dgd-1.25-go124-amd64
	decide
	row GOMAXPROCS 'skip un-pin'
	row GODEBUG 'set containermaxprocs=1,updatemaxprocs=1 un-pin'
}

@test "explain under a broken policy points at the place, exit 1" {
	printf '{"version": 1,\n "mode": audit}\n' >"$T/p.json"
	run --separate-stderr "$GOTUNE" explain --format json --policy "$T/p.json" "$T/web"
	[ "$status" = 1 ]
	[ "$stderr" = "gotune explain: $T/p.json:2:10: lexical error: invalid char in json text." ]
	[ "$(jq -r '[.settings[].reason] | unique | join(" ")' <<<"$output")" = policy-broken ]
}

@test "explain of bundles that are no bundles: one line, exit 1, still a record" {
	broken() { # WORD-IN-MESSAGE
		decide
		[ "$status" -eq 1 ] || { echo "status $status: $1"; return 1; }
		one_line_on_stderr "$1"
		[ "$(jq '[.settings[] | select(.verdict == "set")] | length' <<<"$output")" = 0 ]
	}
	echo '{"process":' >"$T/web/config.json"
	broken config.json
	echo '{}' >"$T/web/config.json"
	broken 'no process'
	echo '{"process": {"args": ["x"]}}' >"$T/web/config.json"
	broken 'no linux'
	printf '{"a": "\377"}' >"$T/web/config.json"
	broken config.json
	head -c 100000 /dev/zero | tr '\0' '[' >"$T/web/config.json"
	broken config.json
	head -c 20000000 /dev/zero | tr '\0' ' ' >"$T/web/config.json"
	broken config.json
	rm "$T/web/config.json"
	broken config.json
	mkfifo "$T/web/config.json"
	broken config.json
	rm -r "$T/web"
	broken config.json
}

@test "explain of programs that are no programs: one line, exit 1, the rest is decided" {
	broken() { # WORD-IN-MESSAGE
		run --separate-stderr timeout 20 "$GOTUNE" explain --format json "$T/web"
		[ "$status" -eq 1 ] || { echo "status $status: $1"; return 1; }
		one_line_on_stderr "$1"
		[ "$(jq '.settings | length > 0' <<<"$output")" = true ]
	}
	app=$T/web/rootfs/bin/app
	rm "$app"
	broken not-found
	mkdir "$app"
	broken not-
	rmdir "$app"
	mkfifo "$app"
	broken not-
	rm "$app"
	ln -s app "$app"
	broken symlink-loop
	ln -sf /../../../../../../etc/hostname "$app"
	broken not-found
	rm "$app"
	head -c 5000 "$PROGRAMS/hello-1.19-amd64-default" >"$app"
	chmod +x "$app"
	broken truncated
	edit '.process.args = []'
	broken empty-args
}

@test "explain shows hostile names as plain text" {
	# shellcheck disable=SC2016
	edit --arg v $'\033]0;owned\007\n\u009b31m' '.process.args = [$v] | .annotations["io.gotune.profile"] = $v'
	run --separate-stderr "$GOTUNE" explain "$T/web"
	fits
	absent '[^ -~]' <<<"$stderr"
}

@test "an annotation of 1 MB and numbers beyond 64 bits are named" {
	head -c 1000000 /dev/zero | tr '\0' 'x' >"$T/x"
	edit --rawfile v "$T/x" '.annotations["io.gotune.gogc"] = $v'
	decide
	[ "$status" -eq 1 ]
	[ -n "$stderr" ]
	make_bundle hello-1.19-amd64-default
	sed -i 's/150000/99999999999999999999999/' "$T/web/config.json"
	decide
	[ "$status" -eq 1 ]
	[ -n "$stderr" ]
}

# --- inspect ------------------------------------------------------------------------------------

@test "inspect says what a program is" {
	run --separate-stderr "$GOTUNE" inspect "$PROGRAMS/amp140-1.24-amd64-strip"
	[ "$status" -eq 0 ]
	fits
	grep -qE '^Go +go1\.24\.4$' <<<"$output"
	grep -qE '^maxprocs +v1\.4\.0' <<<"$output"
	run --separate-stderr "$GOTUNE" inspect --format json "$PROGRAMS/amp140-1.24-amd64-strip"
	[ "$(jq -r '.kind + " " + .go + " " + .automaxprocs' <<<"$output")" = 'go go1.24.4 v1.4.0' ]
	[ "$(jq -r .automemlimit <<<"$output")" = null ]
	run --separate-stderr "$GOTUNE" inspect "$PROGRAMS/neg-gcc12-amd64"
	[ "$status" -eq 0 ]
	grep -qE '^Kind +other' <<<"$output"
}

@test "inspect's JSON is the record's program" {
	decide
	want=$(jq -S .program <<<"$output")
	[ "$(jq -r .path <<<"$want")" = /bin/app ]
	run --separate-stderr "$GOTUNE" inspect --rootfs "$T/web/rootfs" app --format json
	[ "$status" -eq 0 ]
	[ "$(jq -S . <<<"$output")" = "$want" ]
}

@test "inspect --rootfs stays inside the root" {
	run --separate-stderr "$GOTUNE" inspect --rootfs "$T/web/rootfs" /bin/app
	[ "$status" -eq 0 ]
	cp "$PROGRAMS/hello-1.27-amd64-default" "$T/outside"
	ln -s "../../../outside" "$T/web/rootfs/bin/link"
	run --separate-stderr "$GOTUNE" inspect --rootfs "$T/web/rootfs" /bin/link
	[ "$status" -eq 1 ]
	one_line_on_stderr 'no such program'
}

@test "inspect of what is no program: one line, exit 1" {
	mkfifo "$T/fifo"
	head -c 3000 "$PROGRAMS/hello-1.27-amd64-default" >"$T/short"
	for f in "$T/none" "$T" "$T/fifo" /dev/null "$T/short"; do
		run --separate-stderr timeout 20 "$GOTUNE" inspect "$f"
		[ "$status" -eq 1 ] || { echo "$f: $status"; return 1; }
		one_line_on_stderr "$f: "
	done
	printf 'root:x:0:0::/root:/bin/sh\n' >"$T/text"
	: >"$T/empty"
	for f in "$T/text" "$T/empty"; do
		run --separate-stderr "$GOTUNE" inspect "$f"
		[ "$status" -eq 1 ]
		one_line_on_stderr "$f: not a program: neither an ELF file nor a script"
	done
	run --separate-stderr "$GOTUNE" inspect --rootfs "$T/none" x
	[ "$status" -ne 0 ]
	one_line_on_stderr "$T/none"
}

# --- list and show ------------------------------------------------------------------------------

# A record like those that the hook saves, of process PID that started at START.
save() { # ID PID START
	mkdir -p "$T/run/containers"
	chmod 700 "$T/run/containers"
	[ -n "${RECORD:-}" ] || {
		decide
		RECORD=$output
	}
	jq --arg id "$1" --argjson pid "$2" --argjson start "$3" \
		'.id = $id | .pid = $pid | .pid_start = $start | .stage = "prestart"' \
		<<<"$RECORD" >"$T/run/containers/$1.json"
	chmod 600 "$T/run/containers/$1.json"
}

start_time() { # PID
	sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20
}

@test "list has a line a record, and sweeps those whose process is gone" {
	save alive $$ "$(start_time $$)"
	save reused $$ 1
	save gone 4194303 5
	run --separate-stderr "$GOTUNE" list --record-dir "$T/run"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	fits
	grep -qE '^ID +PROFILE +MODE +GO +SET +AGE +PROGRAM$' <<<"$output"
	grep -qE '^alive +balanced +enforce +go1.19.8 +0/[0-9]+ +[0-9]+s +/bin/app$' <<<"$output"
	absent -E '^(gone|reused) ' <<<"$output"
	[ -e "$T/run/containers/alive.json" ]
	[ ! -e "$T/run/containers/gone.json" ]
	[ ! -e "$T/run/containers/reused.json" ]
}

@test "list sweeps the record of a zombie" {
	# The child ends, and sleep(1), which took its parent's place, never asks for its status.
	bash -c 'sleep 0.1 & echo $! >"$1"; exec sleep 30' - "$T/pid" 3>&- &
	parent=$!
	for _ in {1..100}; do
		[ -s "$T/pid" ] && grep -q '^State:.Z' "/proc/$(cat "$T/pid")/status" && break
		sleep 0.05
	done
	save dead "$(cat "$T/pid")" "$(start_time "$(cat "$T/pid")")"
	run --separate-stderr "$GOTUNE" list --record-dir "$T/run"
	kill "$parent"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ $output == *'removed 1 whose process is gone'* ]]
	[ ! -e "$T/run/containers/dead.json" ]
}

@test "list --format json is the same list" {
	save alive $$ "$(start_time $$)"
	run --separate-stderr "$GOTUNE" list --format json --record-dir "$T/run"
	[ "$(jq -r '.containers[] | [.id, .program, .gone | tostring] | join(" ")' <<<"$output")" = \
		'alive /bin/app false' ]
	jq -e '.counters | has("decided") and has("tuned") and has("failed")' <<<"$output"
}

@test "list of nothing is no error" {
	run --separate-stderr "$GOTUNE" list --record-dir "$T/none"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[[ $output == *'No container has a record now'* ]]
	run --separate-stderr "$GOTUNE" list --record-dir "$T/none" --format json
	[ "$(jq -c .containers <<<"$output")" = '[]' ]
}

@test "list names a record that it cannot read, and lists the others" {
	save alive $$ "$(start_time $$)"
	echo '{' >"$T/run/containers/broken.json"
	mkfifo "$T/run/containers/fifo.json"
	run --separate-stderr timeout 20 "$GOTUNE" list --record-dir "$T/run"
	[ "$status" -eq 1 ]
	[[ $stderr == *"containers/broken.json: "* ]]
	[[ $stderr == *"containers/fifo.json: "* ]]
	[[ $output == *alive* ]]
}

@test "show takes the beginning of an id" {
	save 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef $$ "$(start_time $$)"
	save 01aa $$ "$(start_time $$)"
	run --separate-stderr "$GOTUNE" show 012 --record-dir "$T/run"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	fits
	grep -qE '^Container +0123456789abcdef' <<<"$output"
	grep -qE '^0123456789ab +balanced ' < <("$GOTUNE" list --record-dir "$T/run")
	grep -qE '^GOMAXPROCS +set +2 ' <<<"$output"
	run --separate-stderr "$GOTUNE" show 01 --record-dir "$T/run"
	[ "$status" -eq 1 ]
	one_line_on_stderr 'give more of the id'
	run --separate-stderr "$GOTUNE" show nope --record-dir "$T/run"
	[ "$status" -eq 1 ]
	one_line_on_stderr 'no record of nope; gotune list has the ids'
}

@test "show --format json prints the record as it was saved" {
	save alive $$ "$(start_time $$)"
	run --separate-stderr "$GOTUNE" show alive --format json --record-dir "$T/run"
	[ "$status" -eq 0 ]
	[ "$output" = "$(cat "$T/run/containers/alive.json")" ]
}

# --- policy -------------------------------------------------------------------------------------

@test "policy check points at the place, exit 1" {
	printf '{ "version": 1,\n  "mode": "enforced" }\n' >"$T/p.json"
	run --separate-stderr "$GOTUNE" policy check "$T/p.json"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == "$T/p.json:2:"[0-9]*": "* ]]
	printf '{ "version": 1, // comment\n  "mode": "audit", }\n' >"$T/p.json"
	run --separate-stderr "$GOTUNE" policy check "$T/p.json"
	[ "$status" -eq 1 ]
	[[ $output == "$T/p.json:2:"[0-9]*": "* ]]
	run --separate-stderr "$GOTUNE" policy check "$T/none.json"
	[ "$status" -eq 1 ]
	[[ $output$stderr == *"$T/none.json"* ]]
	mkfifo "$T/fifo"
	run --separate-stderr timeout 20 "$GOTUNE" policy check "$T/fifo"
	[ "$status" -eq 1 ]
}

@test "policy check of a sound file, and of our own" {
	echo '{ "version": 1, "mode": "audit" } // fine' >"$T/p.json"
	run --separate-stderr "$GOTUNE" policy check "$T/p.json"
	[ "$status" -eq 0 ]
	[ "$output" = "$T/p.json: sound" ]
	run --separate-stderr "$GOTUNE" policy check config/policy.json
	[ "$status" -eq 0 ]
}

@test "policy check without a file checks what is installed, drop-ins too" {
	mkdir -p "$T/root/etc/gotune/policy.d"
	run --separate-stderr "$GOTUNE" policy check --sysroot "$T/root"
	[ "$status" -eq 0 ]
	[[ $output == *'built-in defaults'* ]]
	echo '{"version": 1}' >"$T/root/etc/gotune/policy.json"
	echo '{"version": 1' >"$T/root/etc/gotune/policy.d/10-a.json"
	run --separate-stderr "$GOTUNE" policy check --sysroot "$T/root"
	echo "$output"
	[ "$status" -eq 1 ]
	grep -q 'policy.json: sound$' <<<"$output"
	grep -qE '10-a.json:[0-9]+:[0-9]+: ' <<<"$output"
}

@test "policy show names the file of each value" {
	mkdir -p "$T/root/etc/gotune/policy.d"
	echo '{"version": 1, "mode": "audit"}' >"$T/root/etc/gotune/policy.json"
	echo '{"version": 1, "profiles": {"memory": {"gogc": 40}}}' >"$T/root/etc/gotune/policy.d/10-a.json"
	run --separate-stderr "$GOTUNE" policy show --sysroot "$T/root"
	echo "$output"
	[ "$status" -eq 0 ]
	fits
	grep -qE '^mode +audit +/?etc/gotune/policy.json$' <<<"$output"
	sed -n '/^profiles\.memory$/,/^$/p' <<<"$output" | grep -qE '^gogc +40 +/etc/gotune/policy\.d/10-$'
	sed -n '/^profiles\.latency$/,/^$/p' <<<"$output" | grep -qE '^gogc +null +built-in$'
	run --separate-stderr "$GOTUNE" policy show --sysroot "$T/root" --format json
	[ "$status" -eq 0 ]
	jq -e . <<<"$output" >/dev/null
}

@test "profiles: the built-in ones, with who each is for" {
	run --separate-stderr "$GOTUNE" profiles --sysroot "$SYSROOTS/v2-8cpu"
	[ "$status" -eq 0 ]
	fits
	for p in balanced latency throughput memory diagnose; do
		grep -qE "^$p( |\$)" <<<"$output"
	done
	grep -q '^balanced  (the default)' <<<"$output"
	run --separate-stderr "$GOTUNE" profiles --format json --sysroot "$SYSROOTS/v2-8cpu"
	[ "$(jq -r '.[] | select(.name == "memory").gogc' <<<"$output")" = 60 ]
	jq -e 'all(.description | length > 20)' <<<"$output"
}
