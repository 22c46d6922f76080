#!/usr/bin/env bats
# Which containers are tuned, and by which profile: policy, annotations, the image's environment,
# audit, the kill switch, and a policy that is broken.

load common

@test "opted out by annotation" {
	annotate io.gotune.enable false
	run_container
	expect_untouched
	expect 'skip opted-out' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
	expect 'skip opted-out' "$(setting RLIMIT_NOFILE | cut -d' ' -f1,2)"
}

@test "opted out by the image's environment" {
	add_env GOTUNE_ENABLE=false
	run_container
	expect_untouched
	expect 'skip opted-out' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "an annotation ranks above the image's environment" {
	add_env GOTUNE_ENABLE=false
	annotate io.gotune.enable true
	run_container
	expect_tuned
}

@test "select annotated: without opt-in nothing is done" {
	policy '.select = "annotated"'
	run_container
	expect_untouched
	expect 'skip not-selected' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "select annotated: opted in by annotation" {
	policy '.select = "annotated"'
	annotate io.gotune.enable true
	run_container
	expect_tuned
}

@test "select annotated: opted in by the image's environment" {
	policy '.select = "annotated"'
	add_env GOTUNE_ENABLE=true
	run_container
	expect_tuned
}

@test "select go: a program that is no Go program is left alone" {
	use_busybox
	edit '.process.args = ["/bin/cat", "/proc/sys/net/core/somaxconn", "/proc/self/environ"]'
	run_container
	[ "$(head -n 1 "$T/out")" != 5001 ]
	! grep -q GOMAXPROCS "$T/out" || false
	expect 'skip not-go' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "a profile by annotation" {
	annotate io.gotune.profile memory
	run_container
	expect 60 "$(seen .gcpercent)" 'GOGC'
	expect memory "$(record .profile)" profile
}

@test "a profile by the image's environment" {
	add_env GOTUNE_PROFILE=memory
	run_container
	expect 60 "$(seen .gcpercent)" 'GOGC'
	expect memory "$(record .profile)" profile
}

@test "a profile by the hook's registration" {
	edit '.hooks.createRuntime[0].args += ["--profile", "memory"]'
	run_container
	expect memory "$(record .profile)" profile
	expect 60 "$(seen .gcpercent)" 'GOGC'
}

@test "a profile that the container may not ask for does not hide the registration's" {
	policy '.annotations.allow = ["enable"]'
	edit '.hooks.createRuntime[0].args += ["--profile", "memory"]'
	annotate io.gotune.profile diagnose
	run_container
	expect memory "$(record .profile)" profile
}

@test "a profile that the container may ask for ranks above the registration's" {
	edit '.hooks.createRuntime[0].args += ["--profile", "diagnose"]'
	annotate io.gotune.profile memory
	run_container
	expect memory "$(record .profile)" profile
}

@test "a profile that does not exist: a warning, and the default" {
	annotate io.gotune.profile nosuch
	run_container
	expect_tuned
	[ "$(record '.warnings | length')" -gt 0 ]
}

@test "values by annotation, within their bounds" {
	annotate io.gotune.gomaxprocs 1
	annotate io.gotune.gogc 55
	run_container
	expect 1 "$(seen .gomaxprocs)" GOMAXPROCS
	expect 55 "$(seen .gcpercent)" GOGC
	expect_setting GOGC 'set requested 55'
}

@test "an annotation for one container of a pod wins over the pod's" {
	annotate io.kubernetes.cri.container-type container
	annotate io.kubernetes.cri.container-name web
	annotate io.gotune.gogc 55
	annotate io.gotune.gogc/web 44
	annotate io.gotune.gogc/other 33
	run_container
	expect 44 "$(seen .gcpercent)" GOGC
}

@test "an annotation that the policy does not allow is ignored" {
	policy '.annotations.allow = ["enable"]'
	annotate io.gotune.gogc 55
	annotate io.gotune.profile memory
	run_container
	expect null "$(seen .env.GOGC)" GOGC
	expect balanced "$(record .profile)" profile
	[ "$(record '.warnings | length')" -ge 2 ]
}

@test "annotations with bad values are ignored one by one" {
	annotate io.gotune.gomaxprocs 'two; rm -rf /'
	annotate io.gotune.gogc 99999999999999999999999
	annotate io.gotune.nofile -5
	annotate io.gotune.nosuchkey x
	run_container
	expect_tuned
	expect null "$(seen .env.GOGC)" GOGC
	[ "$(record '.warnings | length')" -ge 4 ]
}

# big_annotation KEY...: each with 1 MB of text.
big_annotation() {
	local key
	head -c 1048576 /dev/zero | tr '\0' x >"$T/big"
	for key in "$@"; do
		edit --arg k "$key" --rawfile big "$T/big" '.annotations[$k] = $big'
	done
}

@test "an annotation of 1 MB that is ours is ignored" {
	big_annotation io.gotune.profile
	run_container
	expect_tuned
	expect balanced "$(record .profile)" profile
	[ "$(record '.warnings | length')" -gt 0 ]
}

@test "an annotation of 1 MB that is not ours does not matter" {
	big_annotation org.example.text
	run_container
	expect_tuned
}

@test "annotations of 5 MB: the container starts" {
	big_annotation a b c d e
	run_container
}

@test "audit decides, records and changes nothing" {
	policy '.mode = "audit"'
	run_container
	expect_untouched
	expect_setting GOMAXPROCS 'set cpu-quota 1'
	expect audit "$(record .mode)" mode
	expect 0 "$(record '[.settings[] | select(.applied == true)] | length')" 'applied settings'
}

@test "mode off" {
	policy '.mode = "off"'
	run_container
	expect_untouched
}

@test "the kill switch needs no policy" {
	rm -f "$ETC/gotune/policy.json"
	: >"$ETC/gotune/disabled"
	run_container
	expect_untouched
}

@test "the kill switch works with a broken policy, too" {
	echo '{' >"$ETC/gotune/policy.json"
	: >"$ETC/gotune/disabled"
	run_container
	expect_untouched
}

@test "a broken policy tunes nothing, and the container starts" {
	printf '{"version": 1,\n "mode": "enforce",,\n}' >"$ETC/gotune/policy.json"
	run_container
	expect_untouched
	expect 'skip policy-broken' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "a broken drop-in does not take the policy with it unless it governed the container" {
	echo '{"version": 1, "profiles": {"mine": {"gogc": "sixty"}}}' >"$ETC/gotune/policy.d/10-mine.json"
	run_container
	expect_tuned
	[ "$(record '.warnings | length')" -gt 0 ]
}

@test "without any policy file the built-in one holds" {
	rm -f "$ETC/gotune/policy.json"
	run_container
	expect 460MiB "$(seen .env.GOMEMLIMIT)" GOMEMLIMIT
	expect 65535 "$(seen .somaxconn)" somaxconn
	expect balanced "$(record .profile)" profile
}

@test "drop-ins are merged in the order of their names" {
	echo '{"version": 1, "profiles": {"balanced": {"gogc": 71}}}' >"$ETC/gotune/policy.d/10-a.json"
	echo '{"version": 1, "profiles": {"balanced": {"gogc": 72}}}' >"$ETC/gotune/policy.d/20-b.json"
	echo '{"version": 1, "profiles": {"balanced": {"gogc": 73}}}' >"$ETC/gotune/policy.d/30-c.json.disabled"
	run_container
	expect 72 "$(seen .gcpercent)" GOGC
	expect 1 "$(seen .gomaxprocs)" GOMAXPROCS
}

@test "--policy FILE is used instead of the directory" {
	echo '{"version": 1, "profiles": {"balanced": {"gogc": 72}}}' >"$T/other.json"
	edit --arg f "$T/other.json" '.hooks.createRuntime[0].args += ["--policy", $f]'
	echo '{' >"$ETC/gotune/policy.json"
	# shellcheck disable=SC2034 # it is decided on again by that
	POLICY=$T/other.json
	run_container
	expect 72 "$(seen .gcpercent)" GOGC
}

@test "a rule matches the command and gives a profile" {
	policy '.rules = [{name: "no", match: {command: "*/nosuch"}, profile: "diagnose"},
		{name: "yes", match: {command: "*probe"}, profile: "memory"},
		{name: "later", match: {}, profile: "diagnose"}]'
	run_container
	expect 'memory yes' "$(record '"\(.profile) \(.rule)"')" 'profile and rule'
	expect 60 "$(seen .gcpercent)" GOGC
}

@test "a rule with rollout_percent 0 falls through to the next" {
	policy '.rules = [{name: "canary", match: {command: "*probe"}, profile: "diagnose", rollout_percent: 0},
		{name: "rest", match: {annotation: {team: "pay*"}}, profile: "memory", rollout_percent: 100}]'
	annotate team payments
	run_container
	expect 'memory rest' "$(record '"\(.profile) \(.rule)"')" 'profile and rule'
}

@test "a rule's mode" {
	policy '.rules = [{name: "audit", match: {command: "*probe"}, mode: "audit"}]'
	run_container
	expect_untouched
	expect audit "$(record .mode)" mode
}
