#!/usr/bin/env bats
# Opting in and out by an image's labels and name, looked up in containers/storage; and the record of
# a container that Podman's precreate hook decided about before there was one.

load common
load podman

setup_file() {
	podman_open
	image labelled 'LABEL io.gotune.profile=memory' 'LABEL io.gotune.gogc=77' 'LABEL team=pay'
	image both 'LABEL io.gotune.gogc=77' 'ENV GOTUNE_GOGC=66'
	image declined 'LABEL io.gotune.enable=false'
}

teardown_file() {
	podman_close
}

setup() {
	fresh
	allow enable profile gogc
}

teardown() {
	local storage=$T/lib/containers/storage
	restore_list
	podman_clean
	chmod o-w "$storage/overlay-containers" "$storage/overlay-images" 2>/dev/null || :
	unregister
}

# image NAME CHANGE...
image() {
	local name=$1 change changes=()
	shift
	for change in 'ENTRYPOINT ["/probe"]' "$@"; do
		changes+=(-c "$change")
	done
	pm import "${changes[@]}" "$T/rootfs.tar" "$name" >/dev/null 2>&1
}

# allow KEY...: what a container may ask for.
allow() {
	policy '.annotations.allow = $ARGS.positional' --args "$@"
}

# run_detached ARGUMENTS...: until the program has reported; $CID, and the report in $OUT.
run_detached() {
	CID=$(pm run -d --cpus 0.5 --memory 512m "$@" -sleep 600) || return 1
	wait_for 30 reports 1
}

warnings() {
	record "$CID" '[.warnings[].what] | sort | join(" ")'
}

# What labels and the image's name do, in whatever way we are registered.
expect_labels() {
	policy '.annotations.allow = ["profile", "gogc"] | .rules = [{name: "img", match: {image: "*/labelled*"}, profile: "diagnose"}]'
	run_detached labelled
	expect 'memory img' "$(record "$CID" '"\(.profile) \(.rule)"')" 'profile and rule'
	expect localhost/labelled:latest "$(record "$CID" .image)" image
	expect 'set requested 77' "$(setting "$CID" GOGC)"
	expect 77 "$(seen .gcpercent)" 'GOGC of the program'
}

@test "labels and the image's name: precreate" {
	register precreate
	expect_labels
}

@test "labels and the image's name: createRuntime hook" {
	register hook
	expect_labels
}

@test "labels and the image's name: createRuntime hook, crun" {
	register hook crun
	expect_labels
}

@test "labels and the image's name: gotune-runtime" {
	register runtime
	expect_labels
}

@test "labels of a container of --rm" {
	register hook
	run_detached --rm labelled
	expect 77 "$(seen .gcpercent)" GOGC
}

@test "an image by its id still has its labels" {
	register precreate
	run_detached "$(pm images -q --no-trunc labelled | sed s/sha256://)"
	expect 77 "$(seen .gcpercent)" GOGC
}

@test "the image's environment ranks above its label, an annotation above both" {
	register precreate
	run_detached both
	expect 66 "$(seen .gcpercent)" GOGC
	run_detached -e GOTUNE_GOGC=55 both
	expect 55 "$(seen .gcpercent)" GOGC
	run_detached -e GOTUNE_GOGC=55 --annotation io.gotune.gogc=44 both
	expect 44 "$(seen .gcpercent)" GOGC
}

@test "a label opts out, an annotation opts in again" {
	register precreate
	run_detached declined
	expect_untouched
	expect 'skip opted-out null' "$(setting "$CID" GOMAXPROCS)"
	run_detached --annotation io.gotune.enable=true declined
	expect_tuned
}

@test "annotations of the image's manifest" {
	register precreate
	pm build -q -t annotated --annotation io.gotune.gogc=33 - >/dev/null 2>&1 <<-'END'
		FROM scratch
		COPY --from=probe / /
		ENTRYPOINT ["/probe"]
	END
	run_detached annotated
	expect 33 "$(seen .gcpercent)" GOGC
}

@test "a label that the policy does not allow is ignored, with a warning" {
	register precreate
	allow profile
	run_detached labelled
	expect 60 "$(seen .gcpercent)" 'GOGC of the profile'
	[[ $(warnings) == *not-allowed* ]]
}

@test "a directory that others may write into is not believed, and the container runs" {
	register precreate
	chmod o+w "$T/lib/containers/storage/overlay-images"
	run_detached labelled
	expect 'balanced localhost/labelled:latest' "$(record "$CID" '"\(.profile) \(.image)"')" 'profile and image'
	[[ $(warnings) == *labels-unreadable* ]]
	expect_tuned
}

# The hook by hand, as Podman would run it for the container that runs: it decides without the labels,
# and says so. Podman itself must not see such a list: it waits for ever.
expect_without_labels() {
	box jq 'del(.process.env[] | select(startswith("GO")))' "$(record "$CID" .bundle)/config.json" >"$T/config.json"
	box rm "/run/gotune/containers/$CID.json"
	box timeout 20 /usr/local/libexec/oci-gotune-hook --log none precreate <"$T/config.json" >"$T/edited.json"
	restore_list
	grep -q 'GOMEMLIMIT=460MiB' "$T/edited.json"
	expect 'balanced null' "$(record "$CID" '"\(.profile) \(.image)"')" 'profile and image'
	[[ $(warnings) == *labels-unreadable* ]]
}

restore_list() {
	local list=$T/lib/containers/storage/overlay-containers/containers.json
	[ ! -e "$list.kept" ] || mv -f "$list.kept" "$list"
}

replace_list() {
	LIST=$T/lib/containers/storage/overlay-containers/containers.json
	mv "$LIST" "$LIST.kept"
}

@test "a list of containers that is a FIFO" {
	register precreate
	run_detached labelled
	replace_list
	mkfifo -m 600 "$LIST"
	expect_without_labels
}

@test "a list of containers that is a symlink" {
	register precreate
	run_detached labelled
	replace_list
	ln -s containers.json.kept "$LIST"
	expect_without_labels
}

@test "a list of containers that is too large" {
	register precreate
	run_detached labelled
	replace_list
	(jq -c . "$LIST.kept" && head -c 9000000 /dev/zero | tr '\0' ' ') >"$LIST"
	expect_without_labels
}

@test "a list of containers that is another user's" {
	register precreate
	run_detached labelled
	replace_list
	cp "$LIST.kept" "$LIST"
	chown 1234 "$LIST"
	expect_without_labels
}

@test "precreate: show, list, and a record that goes with the container" {
	register precreate
	run_detached probe
	expect "podman precreate $CID" "$(record "$CID" '"\(.engine) \(.stage) \(.id)"')" 'engine, stage and id'
	expect "$(dirname "$(pm inspect "$CID" | jq -r '.[0].OCIConfigPath')")" "$(record "$CID" .bundle)" bundle
	box gotune show "${CID:0:12}" | grep -q '^GOMAXPROCS *applied *1'
	box gotune list | grep -q "^${CID:0:12} *balanced"
	pm stop -t 0 "$CID" >/dev/null
	wait_for 20 no_record "$CID"
	# It is run again, so it decides again.
	pm start "$CID" >/dev/null
	wait_for 20 has_record "$CID"
	pm rm -f -t 0 "$CID" >/dev/null
	wait_for 20 no_record "$CID"
}

@test "precreate without poststop: gotune list sweeps what is left of a removed container" {
	local poststop=$T/local/share/gotune/podman-hooks.d/gotune-poststop.json
	register precreate
	mv "$poststop" "$T/poststop.json"
	run_detached probe
	pm stop -t 0 "$CID" >/dev/null
	box gotune list | grep -q "^${CID:0:12} "
	pm rm "$CID" >/dev/null
	mv "$T/poststop.json" "$poststop"
	has_record "$CID"
	box gotune list | grep -q 'removed 1 whose process is gone'
	no_record "$CID"
}

@test "precreate in a pod: each container has its own record, and its infra container, too" {
	register precreate
	pm pod create --infra-image busybox --infra-command 'sleep 600' --name pod >/dev/null
	run_detached --pod pod labelled
	expect 77 "$(seen .gcpercent)" GOGC
	expect "$CID" "$(record "$CID" .id)" id
	POD=$(pm pod inspect pod | jq -r .Id)
	expect 'balanced not-go' "$(record "$(pm pod inspect pod | jq -r .InfraContainerID)" '"\(.profile) \(.settings[0].reason)"')" 'infra container'
	pm pod rm -f -t 0 pod >/dev/null
	# Podman 4.3 forgets the pod's group in the hierarchy that has no controller.
	box rmdir "/sys/fs/cgroup/systemd/libpod_parent/$POD" 2>/dev/null || :
}

@test "precreate draws a canary by the container's id" {
	register precreate
	policy '.rules = [{name: "canary", match: {}, profile: "memory", rollout_percent: 50}]'
	run_detached probe
	# The hook in its own way of registration draws the same.
	local before
	before=$(record "$CID" '"\(.profile) \(.rule)"')
	box rm "/run/gotune/containers/$CID.json"
	box gotune explain "$(dirname "$(pm inspect "$CID" | jq -r '.[0].OCIConfigPath')")" --format json >"$T/explained"
	expect "$before" "$(jq -r '"\(.profile) \(.rule)"' "$T/explained")" 'profile and rule'
	expect "$CID" "$(jq -r .id "$T/explained")" id
}

@test "podman run --rootfs has no image: it is tuned, and nothing is looked up" {
	register precreate
	mkdir -p "$T/lib/rootfs"
	cp -a "$T/rootfs/." "$T/lib/rootfs/"
	run_detached --rootfs /var/lib/rootfs /probe
	expect_tuned
	expect null "$(record "$CID" .image)" image
}

# explain_crio JQ: what is decided for the running container as CRI-O would hand it over: its bundle in
# the run root, with its annotations changed.
explain_crio() {
	local bundle=/run/containers/storage/overlay-containers/$CID/crio/overlay-containers/$CID/userdata
	box mkdir -p "$bundle"
	box jq --arg id "$(pm inspect "$CID" | jq -r '.[0].Image')" \
		'.annotations |= with_entries(select(.key | startswith("io.gotune") | not))
		| .annotations["io.container.manager"] = "cri-o" | .process.env -= ["GOGC=77"] | '"$1" \
		"$(record "$CID" .bundle)/config.json" >"$T/crio.json"
	box cp "$T/crio.json" "$bundle/config.json"
	box gotune explain "$bundle" --format json >"$T/explained"
	jq -r '"\(.engine) \(.profile) \(.image) \(.settings[] | select(.name == "GOGC").value)"' "$T/explained"
}

@test "CRI-O's layout: the image by its annotation, or by the list of containers" {
	register precreate
	run_detached labelled
	expect 'cri-o memory reg/labelled:1 77' "$(explain_crio '.annotations["io.kubernetes.cri-o.ImageRef"] = $id
		| .annotations["io.kubernetes.cri-o.ImageName"] = "reg/labelled:1"')" 'by its annotation'
	expect 'cri-o memory localhost/labelled:latest 77' "$(explain_crio .)" 'by the list'
	expect 'cri-o balanced reg/x:1 null' "$(explain_crio '.annotations["io.kubernetes.cri-o.ImageRef"] = ("0" * 64)
		| .annotations["io.kubernetes.cri-o.ImageName"] = "reg/x:1"')" 'an image that is not there'
}
