#!/usr/bin/env bats
# Rootless Podman: the hook and gotune-runtime run as their user, in a user namespace in which he is
# root. Where the records go, whose files count, and that labels, policy and values work there.

load common
load podman

# shellcheck disable=SC2034 # podman.bash looks at it
ROOTLESS=yes
use_user
RUN=/run/user/$USER_ID
STORAGE=/var/lib/box/.local/share/containers/storage

setup_file() {
	podman_open
	pm import -c 'ENTRYPOINT ["/probe"]' -c 'LABEL io.gotune.profile=memory' -c 'LABEL io.gotune.gogc=77' \
		"$T/rootfs.tar" labelled >/dev/null 2>&1
}

teardown_file() {
	podman_close
}

setup() {
	fresh
	policy '.annotations.allow = ["enable", "profile", "gogc"]'
	box rm -rf "$RUN/gotune"
}

teardown() {
	box chmod o-w "$STORAGE" /etc/gotune/policy.json
	box chown "$USER_ID" "$RUN"
	podman_clean
}

user() {
	box "${AS_USER[@]}" "$@"
}

run_detached() {
	CID=$(pm run -d labelled -sleep 600) || return 1
	wait_for 30 reports 1
}

warnings() {
	record "$CID" '[.warnings[].what] | sort | join(" ")'
}

# All of it: labels, policy, a value, the record in the user's place and his alone.
expect_all() {
	register "$@"
	[ "$1" != runtime ] || policy --arg r "${2:-runc}" '.annotations.allow = ["enable", "profile", "gogc"] | .runtimes = [$r]'
	run_detached
	expect 77 "$(seen .gcpercent)" 'GOGC of the program'
	expect "$CID podman enforce memory" "$(record "$CID" '"\(.id) \(.engine) \(.mode) \(.profile)"')" 'record'
	expect localhost/labelled:latest "$(record "$CID" .image)" image
	expect 'set requested 77' "$(setting "$CID" GOGC)"
	expect "700 $USER_ID 700 $USER_ID" "$(box stat -c '%a %u' "$RUN/gotune" "$RUN/gotune/containers" | xargs)" 'mode and owner'
	user gotune show "${CID:0:12}" | grep -q '^GOGC *applied *77'
	user gotune list | grep -q "^${CID:0:12} *memory"
	box test ! -e /run/gotune
	pm rm -f -t 0 "$CID" >/dev/null
	wait_for 20 no_record "$CID"
}

@test "precreate" {
	expect_all precreate
}

@test "createRuntime hook, with the exec barrier: runc" {
	expect_all hook
}

@test "createRuntime hook, with the exec barrier: crun" {
	expect_all hook crun
}

@test "gotune-runtime" {
	expect_all runtime
}

@test "without a directory of the user's there is no record, and one line says so" {
	register precreate
	run_detached
	user podman unshare jq 'del(.process.env[] | select(startswith("GO")))' "$(record "$CID" .bundle)/config.json" >"$T/config.json"
	box rm -rf "$RUN/gotune"
	# The hook by hand, in Podman's namespaces, but with a /run/user that is root's: Podman itself
	# would not start with that.
	box chown 0 "$RUN"
	box nsenter --target "$(box cat "$RUN/libpod/tmp/pause.pid")" --user --mount --preserve-credentials --setuid 0 --setgid 0 \
		/usr/local/libexec/oci-gotune-hook --log stderr precreate <"$T/config.json" >"$T/edited.json" 2>"$ERR"
	box chown "$USER_ID" "$RUN"
	grep -q 'GOGC=77' "$T/edited.json"
	expect "oci-gotune-hook: $CID: no record: this user has no /run/user directory" "$(grep 'no record' "$ERR")" 'what is said'
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
