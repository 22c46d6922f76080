#!/usr/bin/env bats
# Hundreds of containers, one after the other and eight at a time: each is tuned, and nothing is left:
# no process, no mount, no control group, no record, no temporary file.

load common
load docker
load podman

# Each test has an engine, and a box, of its own.
setup() {
	T=
}

teardown() {
	say_unsteady
	case $BATS_TEST_DESCRIPTION in
	docker*) docker_close ;;
	*) podman_close ;;
	esac
}

ONE_BY_ONE=${LOAD_ONE_BY_ONE:-40}
AT_ONCE=${LOAD_AT_ONCE:-160}

# many COMMAND...: runs it again and again, and then eight at a time; every report says that it was tuned.
many() {
	local i
	mkdir "$T/reports"
	for ((i = 0; i < ONE_BY_ONE; i++)); do
		"$@" >"$T/reports/a$i" || return 1
	done
	export -f box dk pm one_docker one_podman
	seq "$AT_ONCE" | xargs -P 8 -I{} bash -c '"$@" >"$0/reports/b{}" || exit 255' "$T" "$@"
	expect $((ONE_BY_ONE + AT_ONCE)) "$(grep -l '"env":{"GOMAXPROCS":"1","GOMEMLIMIT":"460MiB"}' "$T"/reports/* | wc -l)" 'tuned containers'
}

one_docker() {
	dk run --rm --runtime=gotune --cpus 0.5 --memory 512m --network none probe
}

one_podman() {
	pm run --rm --cpus 0.5 --memory 512m --network none probe
}

@test "docker run --runtime=gotune" {
	docker_open
	many one_docker
	expect '' "$(record_files)" records
	box_left
}

@test "podman run by precreate" {
	podman_open
	register precreate
	many one_podman
	expect '' "$(record_files)" records
	box_left
}
