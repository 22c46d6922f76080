#!/usr/bin/env bats
# Text that somebody else wrote (an image, a user, the admin's own files) does not disturb a terminal
# or a log: every command, the hook and gotune-runtime quote names that hold what a terminal obeys or
# a reader does not see. No container, no root.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build} PROGRAMS=$BATS_FILE_TMPDIR/programs
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune SYSROOT=$PWD/tests/fixtures/sysroot/v2-8cpu
	mkdir "$PROGRAMS"
	zstd -dc tests/fixtures/go-elf.tar.zst | tar -C "$PROGRAMS" -xf - ./hello-1.19-amd64-default
}

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	unset NO_COLOR
	# U+202E, U+200B, U+2066, U+009B, U+FEFF, U+E0041 and ESC: as bytes, whatever the locale is.
	EACH=($'\xe2\x80\xae' $'\xe2\x80\x8b' $'\xe2\x81\xa6' $'\xc2\x9b' $'\xef\xbb\xbf' $'\xf3\xa0\x81\x81' $'\e')
	BAD="a$(printf '%s' "${EACH[@]}")z"
	SOFT=${BAD//$'\xc2\x9b'/}
	SOFT=${SOFT//$'\e'/} # without controls: some files may not have these
	T=$BATS_TEST_TMPDIR
	R=$T/$BAD
	RECORDS=$T/$BAD-records
	mkdir -p "$R"
	make_bundle
}

# A bundle whose names are all somebody's who means harm.
make_bundle() {
	mkdir -p "$T/web/rootfs/bin"
	cp "$PROGRAMS/hello-1.19-amd64-default" "$T/web/rootfs/bin/$BAD"
	jq -n --arg bad "$BAD" '{
		ociVersion: "1.0.2", root: {path: "rootfs"},
		process: {args: ["/bin/\($bad)", $bad], cwd: "/", user: {uid: 0, gid: 0},
			env: ["PATH=/bin", "GODEBUG=\($bad)=1", "GOMEMLIMIT=\($bad)", "GOTUNE_PROFILE=\($bad)"]},
		annotations: {"io.gotune.\($bad)": "1", "io.gotune.gogc": $bad, "io.gotune.mode/\($bad)": "off",
			"io.kubernetes.cri.container-type": "container",
			"io.kubernetes.cri.container-name": $bad, "io.kubernetes.cri.image-name": $bad},
		linux: {namespaces: [{type: "pid"}, {type: "mount"}, {type: "network"}], cgroupsPath: "/\($bad)"}
	}' >"$T/web/config.json"
}

# shown COMMAND...: runs it, whatever its status; nothing of EACH is in what it writes.
shown() {
	local rc=0
	timeout 60 "$@" >"$T/shown" 2>&1 </dev/null || rc=$?
	check "$rc" "$*"
}

check() { # STATUS NAME
	local one
	if [ "$1" -eq 124 ] || [ "$1" -ge 128 ] || [ ! -s "$T/shown" ]; then
		printf '%s: status %s, too late or nothing is shown\n' "$2" "$1" | cat -v
		return 1
	fi
	for one in "${EACH[@]}"; do
		if LC_ALL=C grep -naF -e "$one" "$T/shown" | cat -v; [ "${PIPESTATUS[0]}" = 0 ]; then
			printf 'that was %s of %s\n' "$one" "$2" | cat -v
			return 1
		fi
	done
	# It was quoted, where it should have been: or the test would see nothing.
	[ -z "${QUOTES:-}" ] || grep -qaE -e "$QUOTES" "$T/shown" || {
		{ printf '%s does not quote it:\n' "$2" && cat "$T/shown"; } | cat -v
		return 1
	}
}

# As shown, and what is quoted is there: 'a???????z' in a text, escapes in JSON.
quotes() {
	local QUOTES='a\?{7}z'
	shown "$@"
}

json() {
	local QUOTES='\\u202e\\u200b\\u2066\\u009b\\ufeff\\udb40\\udc41\\u001b'
	shown "$@" --format json
	timeout 60 "$@" --format json >"$T/json" 2>/dev/null || :
	jq -e . "$T/json" >/dev/null
}

# The data of the last json is exact.
exact() { # JQ-PATH WANT
	[ "$(jq -r "$1" "$T/json")" = "$2" ]
}

policy() { # JQ
	mkdir -p "$R/etc/gotune/policy.d"
	jq -n --arg bad "$BAD" --arg soft "$SOFT" "$1" >"$R/etc/gotune/policy.json"
}

@test "explain, of a bundle and of what is none" {
	quotes "$GOTUNE" explain --sysroot "$SYSROOT" "$T/web"
	json "$GOTUNE" explain --sysroot "$SYSROOT" "$T/web"
	exact .program.path "/bin/$BAD"
	rm "$T/web/rootfs/bin/$BAD"
	quotes "$GOTUNE" explain --sysroot "$SYSROOT" "$T/web"
	jq -n --arg bad "$BAD" '{process: {args: ["/x"], user: $bad}, Process: {}, linux: {}}' >"$T/web/config.json"
	shown "$GOTUNE" explain --sysroot "$SYSROOT" "$T/web"
	quotes "$GOTUNE" explain "$T/$BAD-none"
	quotes "$GOTUNE" explain --sysroot "$T/$BAD-none" "$T/web"
	mkdir "$T/$BAD-bundle"
	quotes "$GOTUNE" explain "$T/$BAD-bundle"
	json "$GOTUNE" explain "$T/$BAD-bundle"
	quotes "$GOTUNE" explain --set "io.gotune.gogc=$BAD" --policy "$T/$BAD" "$T/web"
}

@test "inspect, of a program and of what is none" {
	quotes "$GOTUNE" inspect "$T/web/rootfs/bin/$BAD"
	json "$GOTUNE" inspect "$T/web/rootfs/bin/$BAD"
	exact .path "$T/web/rootfs/bin/$BAD"
	quotes "$GOTUNE" inspect --rootfs "$T/web/rootfs" "$BAD"
	printf '#!/bin/sh\nexec /bin/%s\n' "$BAD" >"$T/web/rootfs/bin/script"
	chmod 755 "$T/web/rootfs/bin/script"
	shown "$GOTUNE" inspect --rootfs "$T/web/rootfs" script
	shown "$GOTUNE" inspect --rootfs "$T/web/rootfs" --format json script
	printf '#!/%s\n' "$BAD" >"$T/$BAD-script"
	quotes "$GOTUNE" inspect "$T/$BAD-script"
	quotes "$GOTUNE" inspect "$T/$BAD-none"
	quotes "$GOTUNE" inspect --rootfs "$T/$BAD-none" x
}

# A record as it was saved, of a process that is there: id and words are what the bundle said.
save() {
	local id=a${BAD//$'\e'/}
	mkdir -p "$RECORDS/containers"
	chmod 700 "$RECORDS" "$RECORDS/containers"
	timeout 60 "$GOTUNE" explain --sysroot "$SYSROOT" --format json "$T/web" 2>/dev/null |
		jq --arg id "$id" --arg bad "$BAD" --argjson pid $$ \
			--argjson start "$(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20)" '
			.id = $id | .pid = $pid | .pid_start = $start | .stage = "prestart" | .message = $bad
			| .profile = $bad | .rule = $bad | .container.image = $bad | .engine = $bad
			| .settings[].error = $bad | .settings[].value = $bad | .settings[].reason = $bad
			| .drifted_at = $bad' >"$RECORDS/containers/$id.json"
	chmod 600 "$RECORDS/containers/$id.json"
	ID=$id
}

@test "list and show, of records and of what is none" {
	save
	quotes "$GOTUNE" list --record-dir "$RECORDS"
	json "$GOTUNE" list --record-dir "$RECORDS"
	exact '.containers[0].profile' "$BAD"
	quotes "$GOTUNE" show --record-dir "$RECORDS" "$ID"
	json "$GOTUNE" show --record-dir "$RECORDS" "$ID"
	exact .rule "$BAD"
	quotes "$GOTUNE" show --record-dir "$RECORDS" "$BAD-none"
	quotes "$GOTUNE" show --record-dir "$T/$BAD-none" x
	echo '{' >"$RECORDS/containers/$ID.json"
	quotes "$GOTUNE" list --record-dir "$RECORDS"
	shown "$GOTUNE" show --record-dir "$RECORDS" "$ID"
}

@test "policy and profiles: names of rules and of profiles, patterns, descriptions, files" {
	policy '{version: 1, rules: [{name: $soft, match: {image: $soft, command: $soft}, profile: "latency"}],
		profiles: {p: {description: $soft, inherits: "balanced"}}, runtimes: ["/\($soft)"]}'
	quotes "$GOTUNE" policy check "$R/etc/gotune/policy.json"
	shown "$GOTUNE" policy show --sysroot "$R"
	shown "$GOTUNE" policy show --sysroot "$R" --format json
	shown "$GOTUNE" profiles --sysroot "$R"
	shown "$GOTUNE" profiles --sysroot "$R" --format json
	echo '{"version": 1}' >"$R/etc/gotune/policy.d/$BAD.json"
	quotes "$GOTUNE" policy check --sysroot "$R"
	local bad
	for bad in '{version: 1, rules: [{name: $bad}]}' '{version: 1, profiles: {($bad): {}}}' '{version: 1, ($bad): 1}' \
		'{version: 1, mode: $bad}' '{version: 1, default_profile: $bad}' \
		'{version: 1, profiles: {p: {inherits: $bad, ($bad): 1, sysctl: {($bad): $bad}, godebug: $bad}}}'; do
		policy "$bad"
		shown "$GOTUNE" policy check --sysroot "$R"
		shown "$GOTUNE" policy show --sysroot "$R"
		shown "$GOTUNE" policy show --sysroot "$R" --format json
		shown "$GOTUNE" profiles --sysroot "$R"
		shown "$GOTUNE" explain --sysroot "$R" "$T/web"
		shown "$GOTUNE" doctor --sysroot "$R"
	done
	printf '{"version": %s' "$BAD" >"$R/etc/gotune/policy.json"
	shown "$GOTUNE" policy check "$R/etc/gotune/policy.json"
	quotes "$GOTUNE" policy check "$R/$BAD-none"
}

@test "doctor and status, of a machine whose files hold it" {
	mkdir -p "$R/etc/docker" "$R/etc/containerd" "$R/proc/7" "$R/etc/containers"
	jq -n --arg bad "$BAD" '{runtimes: {($bad): {path: "/\($bad)/gotune-runtime"}}, "default-runtime": $bad}' >"$R/etc/docker/daemon.json"
	printf 'version = 2\n"%s" = 1\n' "$SOFT" >"$R/etc/containerd/config.toml"
	echo "dockerd$BAD" >"$R/proc/7/comm"
	echo "7 (dockerd$BAD) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0" >"$R/proc/7/stat"
	policy '{version: 1, runtimes: ["/\($bad)"]}'
	shown "$GOTUNE" doctor --sysroot "$R"
	shown "$GOTUNE" doctor --sysroot "$R" --format json
	shown "$GOTUNE" status --root "$R"
	shown "$GOTUNE" status --root "$R" --format json
	echo "{ $BAD" >"$R/etc/docker/daemon.json"
	echo "[ $BAD" >"$R/etc/containerd/config.toml"
	shown "$GOTUNE" doctor --sysroot "$R"
	shown "$GOTUNE" status --root "$R"
	shown "$GOTUNE" status --root "$R" --format json
	quotes "$GOTUNE" doctor --sysroot "$T/$BAD-none"
	quotes "$GOTUNE" status --root "$T/$BAD-none"
}

@test "install and uninstall: the diff of an admin's file, its path, what was done" {
	local runtime message
	message=$("$GOTUNE" install docker --root "$T/web" 2>&1 || :)
	runtime=$(sed -n "s|.*cannot open $T/web\(/[^:]*\):.*|\1|p" <<<"$message")
	quotes "$GOTUNE" install docker --root "$R"
	install -D -m 755 /dev/null "$R$runtime"
	mkdir -p "$R/etc/docker"
	jq -n --arg bad "$BAD" '{labels: [$bad]}' | sed 's/\\u001b/x/' >"$R/etc/docker/daemon.json"
	quotes "$GOTUNE" install docker --root "$R" --dry-run
	grep -qa '^+++ .*a?\{7\}z/etc/docker/daemon.json$' "$T/shown"
	grep -qa 'a??????xz' "$T/shown"
	quotes "$GOTUNE" install docker --root "$R"
	# What is written is the admin's own text.
	LC_ALL=C grep -qF "${BAD//$'\e'/x}" "$R/etc/docker/daemon.json"
	quotes "$GOTUNE" uninstall docker --root "$R" --dry-run
	quotes "$GOTUNE" uninstall docker --root "$R"
	mkdir -p "$R/etc/containerd"
	printf 'version = 2\r\n# %s\r\n' "$SOFT" >"$R/etc/containerd/config.toml"
	quotes "$GOTUNE" install containerd --root "$R" --default --dry-run
	quotes "$GOTUNE" install containerd --root "$R"
	echo "[ $BAD" >"$R/etc/containerd/config.toml"
	shown "$GOTUNE" install containerd --root "$R"
}

@test "wrong usage of every command" {
	local c
	quotes "$GOTUNE" "$BAD"
	quotes "$GOTUNE" "--$BAD"
	quotes "$GOTUNE" help "$BAD"
	shown "$GOTUNE" policy "$BAD"
	for c in explain inspect install uninstall status doctor list show 'policy check' 'policy show' profiles help; do
		# shellcheck disable=SC2086 # two words
		quotes "$GOTUNE" $c "--$BAD"
	done
	for c in 'explain a' 'inspect a' 'install a' 'uninstall a' 'status a' doctor list 'show a' 'policy check a' 'policy show' \
		profiles 'help a b'; do
		# shellcheck disable=SC2086
		quotes "$GOTUNE" $c "$BAD"
	done
	for c in install uninstall status; do
		quotes "$GOTUNE" "$c" "$BAD"
	done
	quotes "$GOTUNE" install docker --way "$BAD"
	quotes "$GOTUNE" list --format "$BAD"
	quotes "$GOTUNE" explain --pid "$BAD" x
	quotes "$GOTUNE" explain --set "$BAD" x
}

# hook ARGUMENT...: standard input is the file IN; what it logs is checked.
hook() {
	local rc=0
	timeout 20 "$BUILD/oci-gotune-hook" --log stderr "$@" <"$T/in" >"$T/out" 2>"$T/shown" || rc=$?
	check "$rc" "hook $*"
}

state() {
	jq -n --arg id "$1" --arg bundle "$2" --argjson pid $$ --arg bad "$BAD" \
		'{ociVersion: "1.0.2", id: $id, status: "creating", pid: $pid, bundle: $bundle, annotations: {"io.gotune.\($bad)": $bad}}' >"$T/in"
}

@test "the hook's log: names, records, stages and options" {
	local QUOTES='a\?{7}z' id=a${BAD//$'\e'/}
	echo '{"version": 1}' >"$T/policy.json"
	local p=(--policy "$T/policy.json" --record-dir "$RECORDS")
	mkdir -p "$RECORDS"
	cp "$T/web/config.json" "$T/in"
	hook "${p[@]}" precreate
	state "$id" "$T/web"
	QUOTES='aa\?{6}z' hook "${p[@]}"
	QUOTES='aa\?{6}z' hook "${p[@]}" prestart
	state "$BAD" "$T/$BAD-none"
	QUOTES='' hook "${p[@]}"
	state x "$T/$BAD-none"
	hook "${p[@]}"
	hook --policy "$T/$BAD" --record-dir "$T/policy.json/$BAD"
	hook --profile "$BAD" "${p[@]}"
	jq -n --arg bad "$BAD" '{version: 1, ($bad): 1}' >"$T/$BAD.json"
	state x "$T/web"
	hook --policy "$T/$BAD.json" --record-dir "$RECORDS"
	printf '{"id": %s' "$BAD" >"$T/in"
	QUOTES='' hook "${p[@]}"
	hook "$BAD"
	hook "--$BAD"
	QUOTES='' hook -"$BAD"
	hook "--help=$BAD"
	QUOTES='' hook --log "$BAD"
}

@test "gotune-runtime's own words" {
	quotes env GOTUNE_RUNTIME="$BAD" "$BUILD/gotune-runtime" list
	quotes env GOTUNE_RUNTIME="/$BAD" "$BUILD/gotune-runtime" list
	echo 'no program' >"$T/$BAD-runtime"
	chmod 755 "$T/$BAD-runtime"
	quotes env GOTUNE_RUNTIME="$T/$BAD-runtime" "$BUILD/gotune-runtime" list
	grep -q 'cannot run' "$T/shown"
}
