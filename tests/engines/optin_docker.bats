#!/usr/bin/env bats
# Opting in and out where annotations do not reach config.json: the labels and the name of an image,
# looked up in Docker's own files.

load common
load docker

setup_file() {
	docker_open
	dk import -c 'ENTRYPOINT ["/probe"]' -c 'LABEL io.gotune.profile=memory' -c 'LABEL io.gotune.gogc=77' \
		-c 'LABEL team=pay' - labelled <"$T/rootfs.tar" >/dev/null
	dk import -c 'ENTRYPOINT ["/probe"]' -c 'LABEL io.gotune.gogc=77' -c 'ENV GOTUNE_GOGC=66' - both <"$T/rootfs.tar" >/dev/null
	dk import -c 'ENTRYPOINT ["/probe"]' -c 'LABEL io.gotune.enable=false' - declined <"$T/rootfs.tar" >/dev/null
}

teardown_file() {
	docker_close
}

setup() {
	fresh
	allow enable profile gogc
}

teardown() {
	chmod o-w "$T/lib/docker/containers"
	docker_clean
}

# allow KEY...: what a container may ask for.
allow() {
	policy '.annotations.allow = $ARGS.positional' --args "$@"
}

# run_detached ARGUMENTS...: until the program has reported; $CID, and the report in $OUT.
run_detached() {
	CID=$(dk run -d --runtime gotune --network "${NET:-none}" --cpus 0.5 --memory 512m "$@" -sleep 600) || return 1
	wait_for 30 reports 1
}

warnings() {
	record "$CID" '[.warnings[].what] | sort | join(" ")'
}

@test "an image's labels choose the profile and a value" {
	run_detached labelled
	expect memory "$(record "$CID" .profile)" profile
	expect 'set requested 77' "$(setting "$CID" GOGC)"
	expect 77 "$(seen .gcpercent)" 'GOGC of the program'
	expect 'a label of the image asks for it' "$(record "$CID" '.settings[] | select(.name == "GOGC").why')"
}

@test "docker run --label replaces the image's label" {
	run_detached --label io.gotune.gogc=55 labelled
	expect 55 "$(seen .gcpercent)" GOGC
	expect memory "$(record "$CID" .profile)" profile
}

@test "the image's environment ranks above its label" {
	run_detached both
	expect 66 "$(seen .gcpercent)" GOGC
}

@test "docker run -e replaces the image's environment" {
	run_detached -e GOTUNE_GOGC=44 both
	expect 44 "$(seen .gcpercent)" GOGC
}

@test "a label opts out" {
	run_detached declined
	expect_untouched
	expect 'skip opted-out null' "$(setting "$CID" GOMAXPROCS)"
}

@test "select annotated: a label opts in, and without one nothing is done" {
	policy '.annotations.allow = ["enable"] | .select = "annotated"'
	run_detached probe
	expect_untouched
	run_detached --label io.gotune.enable=true probe
	expect_tuned
}

@test "a label that the policy does not allow is ignored, with a warning" {
	allow profile
	run_detached labelled
	expect 60 "$(seen .gcpercent)" 'GOGC of the profile'
	[[ $(warnings) == *not-allowed* ]]
}

@test "a label out of bounds is ignored, with a warning" {
	run_detached --label io.gotune.gogc=100000 labelled
	expect 60 "$(seen .gcpercent)" 'GOGC of the profile'
	[[ $(warnings) == *out-of-bounds* ]]
}

@test "a label too large to be held is ignored, and said to be" {
	run_detached --label "io.gotune.gogc=$(head -c 100000 /dev/zero | tr '\0' 7)" labelled
	expect memory "$(record "$CID" .profile)" profile
	[[ $(warnings) == *labels-unreadable* ]]
}

@test "a rule matches the image's name" {
	policy '.rules = [{name: "no", match: {image: "lab"}, profile: "diagnose"}, {name: "yes", match: {image: "lab*"}, profile: "memory"}]'
	run_detached labelled
	expect 'memory yes labelled' "$(record "$CID" '"\(.profile) \(.rule) \(.image)"')" 'profile, rule, image'
	run_detached probe
	expect 'balanced null probe' "$(record "$CID" '"\(.profile) \(.rule) \(.image)"')" 'profile, rule, image'
}

@test "a label ranks above a rule" {
	policy '.annotations.allow = ["profile"] | .rules = [{name: "all", match: {image: "*"}, profile: "diagnose"}]'
	run_detached labelled
	expect 'memory all' "$(record "$CID" '"\(.profile) \(.rule)"')" 'profile and rule'
}

@test "where nothing would come of it nothing is looked up" {
	policy '.annotations = {allow: [], sysctl: []}'
	run_detached labelled
	expect 'balanced null' "$(record "$CID" '"\(.profile) \(.image)"')" 'profile and image'
}

@test "with the network of another container its own labels count" {
	local first
	run_detached probe
	first=$CID
	NET=container:$first run_detached --label io.gotune.gogc=55 probe
	expect 55 "$(seen .gcpercent)" GOGC
	expect 'set requested 55' "$(setting "$CID" GOGC)"
}

@test "a hostname file of the user's leads nowhere" {
	mkdir -p "$T/lib/evil"
	echo evil >"$T/lib/evil/hostname"
	echo '{"ID":"x","Config":{"Image":"evil","Labels":{"io.gotune.gogc":"55"}}}' >"$T/lib/evil/config.v2.json"
	run_detached -v /var/lib/evil/hostname:/etc/hostname probe
	expect 'balanced null' "$(record "$CID" '"\(.profile) \(.image)"')" 'profile and image'
	expect 100 "$(seen .gcpercent)" GOGC
}

@test "a directory that others may write into is not believed, and the container runs" {
	chmod o+w "$T/lib/docker/containers"
	run_detached labelled
	expect 'balanced null' "$(record "$CID" '"\(.profile) \(.image)"')" 'profile and image'
	[[ $(warnings) == *labels-unreadable* ]]
	expect_tuned
}

@test "the labels count again when the container is restarted" {
	run_detached labelled
	dk restart -t 0 "$CID" >/dev/null
	wait_for 30 reports 2
	expect memory "$(record "$CID" .profile)" profile
}
