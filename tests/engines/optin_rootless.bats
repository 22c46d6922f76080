#!/usr/bin/env bats
# Rootless Podman: the hook and gotune-runtime run as their user, in a user namespace in which he is
# root. Where the records go, whose files count, and that the whole decision works there.

load common
load podman

RUN=/run/user/4242
HOME_DIR=/var/lib/rootless
STORAGE=$HOME_DIR/.local/share/containers/storage

setup_file() {
	export BOX_CGROUPS=v1
	suite_open /usr/bin/podman /usr/bin/conmon /usr/bin/crun /usr/bin/newuidmap
	podman_config
	echo "rootless:x:4242:4242::$HOME_DIR:/bin/sh" >>"$T/etc/passwd"
	echo 'rootless:x:4242:' >>"$T/etc/group"
	echo 'rootless:300000:65536' | tee "$T/etc/subuid" >"$T/etc/subgid"
	box mkdir -p "$HOME_DIR" "$RUN" /etc/gotune-hooks
	box chown 4242:4242 "$HOME_DIR" "$RUN"
	box chmod 700 "$HOME_DIR" "$RUN"
	chmod 644 "$T/rootfs.tar"
	user_conf
	user podman import -c 'ENTRYPOINT ["/probe"]' -c 'LABEL io.gotune.profile=memory' -c 'LABEL io.gotune.gogc=77' \
		"$T/rootfs.tar" labelled >/dev/null 2>&1
	user podman run --rm labelled >/dev/null 2>&1
}

teardown_file() {
	local pid
	# The process that keeps the user's namespace.
	pid=$(box cat "$RUN/libpod/tmp/pause.pid" 2>/dev/null) && box kill -9 "$pid"
	suite_close
}

# user COMMAND...: as that user, with his directories.
user() {
	box setpriv --reuid 4242 --regid 4242 --clear-groups \
		env -i HOME="$HOME_DIR" PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin XDG_RUNTIME_DIR="$RUN" "$@"
}

# Without root nobody has control groups of cgroup v1, and no hard limit may be raised.
user_conf() {
	containers_conf 'runtime = "crun"' "$@" '[containers]' 'cgroups = "disabled"' 'netns = "none"' \
		'default_ulimits = ["nofile=1024:4096", "nproc=500:500"]'
}

setup() {
	policy '.annotations.allow = ["enable", "profile", "gogc"]'
	rm -rf "$T/etc/gotune-hooks" "$T/containers/oci"
	box rm -rf /run/gotune "$RUN/gotune"
	box chown 4242 "$RUN"
	mkdir -p "$T/containers/oci/hooks.d"
}

teardown() {
	box chmod o-w "$STORAGE" 2>/dev/null || :
	user podman rm -f -t 0 -a >/dev/null
}

# register WAY: precreate (with poststop), hook or runtime.
register() {
	case $1 in
	precreate)
		hook_json "$T/etc/gotune-hooks" '["precreate"]' precreate
		hook_json "$T/containers/oci/hooks.d" '["poststop"]' poststop
		user_conf 'hooks_dir = ["/usr/share/containers/oci/hooks.d", "/etc/gotune-hooks"]'
		;;
	hook)
		hook_json "$T/containers/oci/hooks.d" '["createRuntime", "poststop"]'
		user_conf
		;;
	runtime)
		policy '.annotations.allow = ["enable", "profile", "gogc"] | .runtimes = ["crun"]'
		containers_conf 'runtime = "gotune"' 'runtime_supports_json = ["crun", "runc", "gotune"]' \
			'runtime_supports_nocgroup = ["crun", "gotune"]' \
			'[engine.runtimes]' 'gotune = ["/usr/local/bin/gotune-runtime"]' \
			'[containers]' 'cgroups = "disabled"' 'netns = "none"' 'default_ulimits = ["nofile=1024:4096", "nproc=500:500"]'
		;;
	esac
}

run_detached() {
	CID=$(user podman run -d labelled -sleep 60 2>"$ERR") || {
		cat "$ERR"
		return 1
	}
	wait_for 10 reports
}

reports() {
	user podman logs "$CID" >"$OUT" 2>/dev/null
	[ -s "$OUT" ]
}

record() {
	box cat "$RUN/gotune/containers/$1.json" | jq -r "$2"
}

has_record() {
	box test -e "$RUN/gotune/containers/$1.json"
}

no_record() {
	! has_record "$CID"
}

warnings() {
	record "$CID" '[.warnings[].what] | sort | join(" ")'
}

# All of it: labels, policy, environment, the record in the user's place and his alone.
expect_all() {
	register "$1"
	run_detached
	expect 77 "$(seen .gcpercent)" 'GOGC of the program'
	expect 4096 "$(seen .nofile_soft)" 'soft limit'
	expect "$CID podman enforce memory" "$(record "$CID" '"\(.id) \(.engine) \(.mode) \(.profile)"')" 'record'
	expect localhost/labelled:latest "$(record "$CID" .image)" image
	expect 'set requested 77' "$(setting "$CID" GOGC)"
	expect '' "$(warnings | sed 's/hard-limit-kept//')" warnings
	expect '700 4242 700 4242' "$(box stat -c '%a %u' "$RUN/gotune" "$RUN/gotune/containers" | xargs)" 'mode and owner'
	user gotune show "${CID:0:12}" | grep -q '^GOGC *applied *77'
	user gotune list | grep -q "^${CID:0:12} *memory"
	box test ! -e /run/gotune
	user podman rm -f -t 0 "$CID" >/dev/null
	wait_for 5 no_record
}

@test "precreate" {
	expect_all precreate
}

@test "createRuntime hook, with the exec barrier" {
	expect_all hook
}

@test "gotune-runtime" {
	expect_all runtime
}

@test "podman exec by gotune-runtime: the variables of the record" {
	register runtime
	run_detached
	expect 77 "$(user podman exec "$CID" sh -c 'echo $GOGC')" GOGC
}

@test "without a directory of the user's there is no record, and one line says so" {
	register precreate
	run_detached
	user podman unshare jq 'del(.process.env[] | select(startswith("GO")))' "$(record "$CID" .bundle)/config.json" >"$T/config.json"
	box rm -rf "$RUN/gotune"
	# The hook by hand, in a user namespace like Podman's: that itself would not start.
	box chown 0 "$RUN"
	user unshare --user --map-root-user /usr/local/libexec/oci-gotune-hook --log stderr precreate \
		<"$T/config.json" >"$T/edited.json" 2>"$ERR"
	box chown 4242 "$RUN"
	grep -q 'GOGC=77' "$T/edited.json"
	expect 'oci-gotune-hook: '"$CID"': no record: this user has no /run/user directory' "$(grep record "$ERR")" 'what is said'
	expect 0 "$(grep -cE 'warning:|error:' "$ERR")" 'warnings and errors'
	box test ! -e "$RUN/gotune"
	box test ! -e /run/gotune
}

@test "a storage that others may write into is not believed" {
	register precreate
	box chmod o+w "$STORAGE"
	run_detached
	expect balanced "$(record "$CID" .profile)" profile
	[[ $(warnings) == *labels-unreadable* ]]
}

@test "a policy that others may write is not taken" {
	register precreate
	box chmod o+w /etc/gotune/policy.json
	run_detached
	box chmod o-w /etc/gotune/policy.json
	expect 'skip policy-broken null' "$(setting "$CID" GOGC)"
}

@test "a directory of records that is another's is not written into" {
	register precreate
	box install -d -o 4243 -m 777 "$RUN/gotune"
	run_detached
	expect 77 "$(seen .gcpercent)" GOGC
	expect '' "$(box ls -A "$RUN/gotune")" 'what is in it'
	box rm -rf "$RUN/gotune"
}
