#!/usr/bin/env bats
# The environment: as the program sees it, its children, and the host in /proc/PID/environ.

load common

@test "the program sees what was decided" {
	run_container
	expect_tuned
	expect '[]' "$(seen '.doubled | tostring')" 'doubled names'
	expect 0 "$(seen .tracer_pid)" 'TracerPid'
	expect_setting GOMAXPROCS 'set cpu-quota 1'
	expect_setting GOMEMLIMIT 'set memory-limit 460MiB'
}

@test "a child of the program inherits it" {
	edit '.process.args = ["/probe", "-child"]'
	run_container
	expect_tuned
	expect '1 460MiB' "$(seen '.child.env | "\(.GOMAXPROCS) \(.GOMEMLIMIT)"')" "the child's environment"
	expect 1 "$(seen .child.gomaxprocs)" "the child's runtime.GOMAXPROCS"
}

@test "/proc/PID/environ shows it, inside and from the host" {
	edit '.process.args = ["/probe", "-sleep", "20"]'
	run_detached
	expect '1 460MiB' "$(seen '.environ | "\(.GOMAXPROCS) \(.GOMEMLIMIT)"')" '/proc/self/environ'
	expect 1 "$(environ "$PID" GOMAXPROCS)" '/proc/PID/environ GOMAXPROCS'
	expect 460MiB "$(environ "$PID" GOMEMLIMIT)" '/proc/PID/environ GOMEMLIMIT'
	expect 1 "$(environ "$PID" PROBE_FIRST)" 'a variable that was there'
	expect 0 "$(awk '$1 == "TracerPid:" { print $2 }' "/proc/$PID/status")" 'TracerPid'
}

@test "all other variables stay as they are" {
	local before
	add_env 'PROBE_EMPTY=' 'PROBE_EQUALS=a=b=c' 'PROBE_UTF8=größe' $'PROBE_LINES=a\nb' 'PROBE_GOMAXPROCS=9'
	before=$(jq '.process.env | length' "$BUNDLE/config.json")
	run_container
	expect_tuned
	# crun and runc add HOME where it is missing.
	[ "$(seen .entries)" -ge $((before + 2)) ]
	[ "$(seen .entries)" -le $((before + 3)) ]
	expect '' "$(seen .env.PROBE_EMPTY)" PROBE_EMPTY
	expect a=b=c "$(seen .env.PROBE_EQUALS)" PROBE_EQUALS
	expect größe "$(seen .env.PROBE_UTF8)" PROBE_UTF8
	expect $'a\nb' "$(seen .env.PROBE_LINES)" PROBE_LINES
	expect 9 "$(seen .env.PROBE_GOMAXPROCS)" PROBE_GOMAXPROCS
}

@test "values that the user set are kept" {
	add_env GOMAXPROCS=7 GOMEMLIMIT=off
	run_container
	expect 7 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
	expect off "$(seen .env.GOMEMLIMIT)" GOMEMLIMIT
	expect -1 "$(seen .memlimit)" 'memory limit'
	expect 'keep already-set' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
	expect 'keep already-set' "$(setting GOMEMLIMIT | cut -d' ' -f1,2)"
}

@test "a value that Go ignores is kept, with a reason of its own" {
	add_env GOMAXPROCS=
	run_container
	expect '' "$(seen .env.GOMAXPROCS)" GOMAXPROCS
	expect 'keep already-set-ignored' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
	[ "$(record '.warnings | length')" -gt 0 ]
}

@test "a doubled variable is kept" {
	add_env GOMAXPROCS=3 GOMAXPROCS=5
	run_container
	# crun passes both on, and for Go the first counts; runc sets one after the other.
	case $(seen .gomaxprocs) in
	3 | 5) ;;
	*) expect '3 or 5' "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS' ;;
	esac
	expect 'keep already-set' "$(setting GOMAXPROCS | cut -d' ' -f1,2)"
}

@test "GODEBUG is merged: new keys are added" {
	policy '.profiles.balanced.godebug = ["gctrace=1"]'
	add_env GODEBUG=netdns=go
	run_container
	case ,$(seen .env.GODEBUG), in
	*,netdns=go,*) ;;
	*) expect 'netdns=go and gctrace=1' "$(seen .env.GODEBUG)" GODEBUG ;;
	esac
	case ,$(seen .env.GODEBUG), in
	*,gctrace=1,*) ;;
	*) expect 'netdns=go and gctrace=1' "$(seen .env.GODEBUG)" GODEBUG ;;
	esac
	expect '[]' "$(seen '.doubled | tostring')" 'doubled names'
	expect '' "$(jq -r '.environ.GODEBUG // ""' "$T/out" | grep -x "$(seen .env.GODEBUG)" >/dev/null || echo differs)" '/proc/self/environ'
}

@test "GODEBUG is merged: a key that the user set is kept" {
	policy '.profiles.balanced.godebug = ["gctrace=1"]'
	add_env GODEBUG=gctrace=0,netdns=go
	run_container
	expect gctrace=0,netdns=go "$(seen .env.GODEBUG)" GODEBUG
	expect 'keep already-set' "$(setting GODEBUG | cut -d' ' -f1,2)"
}

@test "GOGC comes from the profile alone" {
	run_container
	expect null "$(seen .env.GOGC)" GOGC
	expect_setting GOGC 'skip profile-null null'
	rt delete -f "$ID" 2>/dev/null || :
	policy '.profiles.balanced.gogc = 60'
	run_container
	expect 60 "$(seen .gcpercent)" 'the percentage of the runtime'
}

@test "no memory limit: GOMEMLIMIT is left alone" {
	edit 'del(.linux.resources.memory)'
	run_container
	expect 1 "$(seen .gomaxprocs)" 'runtime.GOMAXPROCS'
	# An ancestor may have a limit: then that one counts.
	case $(setting GOMEMLIMIT) in
	'skip no-memory-limit '*) expect -1 "$(seen .memlimit)" ;;
	'skip limits-unknown '*) ! has_cgroup || false ;;
	'set ancestor-memory '*) [ "$(seen .memlimit)" != -1 ] ;;
	*) expect 'skip no-memory-limit' "$(setting GOMEMLIMIT)" ;;
	esac
}

@test "an environment of 60 KB" {
	local i big=()
	for i in {1..60}; do
		big+=("PROBE_BIG_$i=$(printf '%01000d' "$i")")
	done
	add_env "${big[@]}"
	run_container
	expect_tuned
	expect "$(printf '%01000d' 60)" "$(seen .env.PROBE_BIG_60)" 'the last big variable'
	expect "$(printf '%01000d' 1)" "$(seen .environ.PROBE_BIG_1)" 'the first, in /proc/self/environ'
}

@test "an environment of 400 KB" {
	local i big=()
	for i in {1..40}; do
		big+=("PROBE_BIG_$i=$(printf '%010000d' "$i")")
	done
	add_env "${big[@]}"
	run_container
	expect_tuned
	expect "$(printf '%010000d' 40)" "$(seen .env.PROBE_BIG_40)" 'the last big variable'
}

@test "an empty environment" {
	edit '.process.env = []'
	run_container
	expect_tuned
}
