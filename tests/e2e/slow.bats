#!/usr/bin/env bats
# What an image or a volume can do to make the hook late: file systems whose server does not answer,
# a PATH through long links. Whatever it is, 2 seconds are given to the search for the program.
# shellcheck disable=SC2034 # rt reads RT_COMMAND

load common

LATE_MS=8000 # the runtime and a busy machine included; engines give a hook 10 s or more
DECIDED_US=4000000 # the search's 2 s, its end, and a busy machine

teardown() {
	stop_server
	common_teardown
}

# With its end all waits for it end.
stop_server() {
	[ -n "${SERVER:-}" ] || return 0
	kill -9 "$SERVER" || :
	wait "$SERVER" || :
	umount -l "$T/vol" || :
	SERVER=
}

# Mounts a volume at /vol whose server leaves this kind of request unanswered.
silent_volume() {
	[ -w /dev/fuse ] || skip 'needs /dev/fuse: the file system that does not answer is one of our own'
	[ -x "$T/silent_fs" ] || ${CC:-cc} -O1 -o "$T/silent_fs" "$ROOT/tests/e2e/silent_fs.c"
	mkdir -p "$T/vol"
	"$T/silent_fs" "$T/vol" "$1" >"$T/silent" 2>&1 3>&- &
	SERVER=$!
	wait_for 5 grep -q mounted "$T/silent" || skip "no FUSE file system can be mounted: $(cat "$T/silent")"
	edit --arg v "$T/vol" '.mounts = [.mounts[] | select(.destination != "/vol")] +
		[{destination: "/vol", type: "bind", source: $v, options: ["rbind", "rw"]}]'
}

# COMMAND..., which must not take longer than LATE_MS; TOOK is what it took.
in_time() {
	local began
	began=$(date +%s%N)
	"$@"
	TOOK=$((($(date +%s%N) - began) / 1000000))
	echo "$*: $TOOK ms" # shown when the test fails
	[ "$TOOK" -lt "$LATE_MS" ]
}

# Not `run`: crun's waits for all that it inherits, also for our child that cannot end yet.
create_and_start() {
	create
	start
}

expect_too_long() {
	expect 'unknown took-too-long' "$(record '"\(.program.kind) \(.program.note)"')" 'the program'
	expect 'skip program-unknown null' "$(setting GOMAXPROCS)" GOMAXPROCS
	echo "decided in $(record .duration_us) us"
	[ "$(record .duration_us)" -lt "$DECIDED_US" ]
}

use_wrapper() {
	cp "$BUILD/gotune-runtime" "$T/gotune-runtime"
	RT_COMMAND=(env GOTUNE_RUNTIME="$(command -v "$RUNTIME")" "$T/gotune-runtime")
	edit 'del(.hooks)'
}

# What was decided is in $T/log, the document in $T/edited.json.
precreate() {
	# shellcheck disable=SC2153 # from common_setup
	local hook=$HOOK
	jq --arg r "$BUNDLE/rootfs" '.root.path = $r' "$BUNDLE/config.json" >"$T/config.json"
	"$hook" --policy "$ETC/gotune/policy.json" --record-dir "$RECORDS" --log stderr precreate \
		<"$T/config.json" >"$T/edited.json" 2>"$T/log"
}

# Named by an annotation, so that the container itself has nothing to do with it, and runs.
@test "a volume does not answer: nobody asks it; create is in time, and the program that runs is tuned" {
	local kind
	annotate io.gotune.program /vol/prog
	for kind in lookup open read flush; do
		echo "# $kind"
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$kind
		silent_volume "$kind"
		in_time create_and_start
		[ "$TOOK" -lt 1900 ]
		expect_tuned
		stop_server
	done
}

@test "the program is behind a launcher, on a volume that does not answer: create and start are in time" {
	local kind
	use_busybox
	edit '.process.args = ["/bin/env", "/vol/prog"]'
	for kind in lookup read; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$kind
		silent_volume "$kind"
		in_time create
		in_time rt start "$ID" </dev/null
		wait_for 3 test -e "$RECORDS/containers/$ID.json"
		expect 'skip at-exec null' "$(setting GOMAXPROCS)" GOMAXPROCS
		stop_server # the program waits for it, too, and cannot be killed
		rt delete -f "$ID"
	done
}

@test "the same through gotune-runtime" {
	local kind
	use_wrapper
	annotate io.gotune.program /vol/prog
	for kind in lookup read flush; do
		ID=gt-$RUNTIME-$$-$BATS_TEST_NUMBER-$kind
		silent_volume "$kind"
		in_time create_and_start
		expect_untouched
		expect_too_long
		stop_server
	done
}

# What does not need the program is set: by another parser than the one that was lost.
@test "the same by precreate" {
	local kind
	annotate io.gotune.program /vol/prog
	silent_volume lookup
	in_time precreate
	grep -q 'program-unknown.*took-too-long' "$T/log"
	stop_server
	policy '.select = "all"'
	for kind in lookup read flush; do
		silent_volume "$kind"
		in_time precreate
		expect 5001 "$(jq -r '.linux.sysctl["net.core.somaxconn"]' "$T/edited.json")" somaxconn
		stop_server
	done
}

@test "the root file system does not answer: gotune inspect and precreate are in time" {
	silent_volume lookup
	in_time "$BUILD/gotune" inspect --rootfs "$T/vol" /bin/prog >"$T/out" 2>&1 || [ "$TOOK" -lt "$LATE_MS" ]
	grep -q took-too-long "$T/out"
	mv "$BUNDLE/rootfs" "$T/rootfs"
	ln -s "$T/vol/root" "$BUNDLE/rootfs"
	in_time precreate
	grep -q 'program-unknown.*took-too-long' "$T/log"
}

# N links, each of 4 KiB, from /k to /e.
long_links() {
	local i n=38 pad next
	mkdir -p "$BUNDLE/rootfs/d/d" "$BUNDLE/rootfs/e"
	pad=$(printf 'd/../%.0s' {1..816})
	for ((i = 0; i < n; i++)); do
		next=k$((i + 1))
		[ "$next" != "k$n" ] || next=e
		ln -s "$pad$next" "$BUNDLE/rootfs/k$i"
	done
	ln -s k0 "$BUNDLE/rootfs/k"
}

@test "a PATH of hundreds of long links: create is in time, and the program runs" {
	local name
	use_busybox
	for name in nice nohup setsid; do
		ln -s /bin/busybox "$BUNDLE/rootfs/bin/$name"
	done
	long_links
	# The runtime itself looks for nothing on it.
	edit --arg path "PATH=$(printf '/k:%.0s' {1..1350})/bin" '.process.env = [$path]'
	printf '#!/bin/sh\nexec nice nohup setsid env /probe\n' >"$BUNDLE/rootfs/bin/script"
	chmod 755 "$BUNDLE/rootfs/bin/script"
	annotate io.gotune.program script
	in_time run_container
	expect_tuned # nobody but the container itself looks along it
	echo "decided in $(record .duration_us) us"
	[ "$(record .duration_us)" -lt "$DECIDED_US" ]
}
