# shellcheck shell=bash
# A containerd of the suite's own, in its box, spoken to by ctr and over the CRI.

# Another release's, unpacked (nri-get); and who registers us with it: true does not.
CONTAINERD_BIN=${CONTAINERD_BIN:-/usr/bin}
REGISTER=${REGISTER:-register_with}

ct() {
	box "$CONTAINERD_BIN/ctr" "$@"
}

containerd_open() {
	suite_open "$CONTAINERD_BIN/containerd" "$CONTAINERD_BIN/ctr" /usr/bin/protoc /usr/bin/curl /usr/lib/cni/bridge
	containerd_config
	containerd_start
	make_rootfs "$T/rootfs"
	image_tar localhost/probe:latest '{Entrypoint: ["/probe"]}' >"$T/probe.tar"
	image_tar localhost/pause:latest '{Entrypoint: ["/bin/sleep", "3600"]}' >"$T/pause.tar"
	ct -n k8s.io images import "$T/probe.tar" >/dev/null
	ct -n k8s.io images import "$T/pause.tar" >/dev/null
	ct run --rm --rootfs "$T/rootfs" first /bin/true
	sandbox first runc
	pod_run first ''
	containerd_clean
	box_at_rest
}

# What a site has: the default configuration with its own values, and us. A lower score for the OOM
# killer needs CAP_SYS_RESOURCE. containerd 2.x calls the image of the pause container sandbox, and the
# directories of CNI's programs bin_dirs; where it writes bin_dir as well, that has to be empty.
containerd_config() {
	mkdir -p "$T/etc/containerd" "$T/etc/cni/net.d"
	"$CONTAINERD_BIN/containerd" config default >"$T/config.default"
	sed -e 's|sandbox_image = .*|sandbox_image = "localhost/pause:latest"|' \
		-e "s|^\( *\)sandbox = .*|\1sandbox = 'localhost/pause:latest'|" \
		-e "s|bin_dirs = .*|bin_dirs = ['/usr/lib/cni']|" -e '/bin_dirs = /!s|bin_dir = ".*|bin_dir = "/usr/lib/cni"|' \
		-e 's|restrict_oom_score_adj = .*|restrict_oom_score_adj = true|' \
		-e 's|base_runtime_spec = .*|base_runtime_spec = "/etc/containerd/base.json"|' "$T/config.default" >"$T/etc/containerd/config.toml"
	# A site's own limits, for each container: `gotune install` takes over what runtimes.runc has.
	"$CONTAINERD_BIN/ctr" oci spec | jq '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 300, hard: 9500}]' >"$T/etc/containerd/base.json"
	cat >"$T/etc/cni/net.d/10-box.conflist" <<-'END'
		{"cniVersion": "0.4.0", "name": "box", "plugins": [{"type": "bridge", "bridge": "box0", "isGateway": true,
		  "ipam": {"type": "host-local", "subnet": "10.99.0.0/24"}}]}
	END
	configuration >"$T/configuration"
	! declare -F nri_config >/dev/null || nri_config
	"$REGISTER" containerd
}

containerd_start() {
	(cd / && PATH=$CONTAINERD_BIN:$PATH box_daemon containerd)
	wait_for 60 cri_answers || {
		grep -vE 'level=info' "$T/containerd.log" | tail -n 20
		return 1
	}
}

cri_answers() {
	cri Version >/dev/null 2>&1
}

containerd_stop() {
	local pid
	pid=$(box pgrep -x containerd) || return 0
	box kill "$pid"
	wait_for 60 box test ! -e "/proc/$pid"
}

containerd_clean() {
	local id
	say_unsteady
	for id in $(ct tasks list -q); do
		ct tasks kill -s KILL "$id" >/dev/null 2>&1
		wait_for 5 ct tasks rm "$id" >/dev/null 2>&1
	done
	for id in $(ct containers list -q); do
		ct containers rm "$id"
	done
	[ ! -e "$T/sandboxes" ] || while read -r id; do
		pod_remove "$id"
	done <"$T/sandboxes"
	rm -f "$T/sandboxes"
}

containerd_close() {
	local rc=0
	if [ -n "${BOX_PID:-}" ]; then
		containerd_clean || rc=1
		box_left || rc=1
		containerd_stop || rc=1
	fi
	suite_close && return "$rc"
}

# image_tar NAME CONFIG: the contents of $T/rootfs as `docker save` writes an image.
image_tar() {
	local dir=$T/image
	rm -rf "$dir" && mkdir "$dir"
	tar -C "$T/rootfs" --numeric-owner -cf "$dir/layer.tar" .
	jq -n --arg layer "sha256:$(sha256sum <"$dir/layer.tar" | cut -d' ' -f1)" \
		'{architecture: "amd64", os: "linux", config: '"$2"', rootfs: {type: "layers", diff_ids: [$layer]}}' >"$dir/config.json"
	jq -n --arg name "$1" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' >"$dir/manifest.json"
	tar -C "$dir" -c manifest.json config.json layer.tar
}

# --- CRI ----------------------------------------------------------------------------------------

# cri METHOD: the request on standard input as protobuf's text, the answer so on standard output. gRPC
# is HTTP/2 with a prefix of five bytes.
cri() {
	local length
	protoc -I"$HERE" --encode="runtime.v1.$1Request" cri.proto >"$T/cri.message" || return 1
	length=$(stat -c %s "$T/cri.message")
	# shellcheck disable=SC2059 # the length as four bytes
	{
		printf "$(printf '\\0\\x%02x\\x%02x\\x%02x\\x%02x' $((length >> 24 & 255)) $((length >> 16 & 255)) $((length >> 8 & 255)) $((length & 255)))"
		cat "$T/cri.message"
	} >"$T/cri.request"
	curl -sS --http2-prior-knowledge --unix-socket "/proc/$BOX_PID/root/run/containerd/containerd.sock" -D "$T/cri.headers" \
		-H 'content-type: application/grpc' -H 'te: trailers' --data-binary "@$T/cri.request" \
		-o "$T/cri.answer" "http://containerd/runtime.v1.RuntimeService/$1" || return 1
	grep -qi '^grpc-status: 0' "$T/cri.headers" || {
		cat "$T/cri.headers" >&2
		return 1
	}
	tail -c +6 "$T/cri.answer" | protoc -I"$HERE" --decode="runtime.v1.$1Response" cri.proto
}

# sandbox NAME HANDLER [ANNOTATIONS]: a pod; $SANDBOX. $SANDBOX_SECURITY: fields of its own.
sandbox() {
	SANDBOX_CONFIG="metadata {name: \"$1\" uid: \"$1\" namespace: \"default\"} hostname: \"box\" log_directory: \"$T/logs\"
		linux {cgroup_parent: \"/kubepods\" ${SANDBOX_SECURITY:-}} $(annotations "${@:3}")"
	mkdir -p "$T/logs"
	SANDBOX=$(cri RunPodSandbox <<<"config {$SANDBOX_CONFIG} runtime_handler: \"$2\"" | quoted pod_sandbox_id) || return 1
	[ -n "$SANDBOX" ] && echo "$SANDBOX" >>"$T/sandboxes"
}

# KEY=VALUE...
annotations() {
	local pair
	for pair in "$@"; do
		printf 'annotations {key: "%s" value: "%s"} ' "${pair%%=*}" "${pair#*=}"
	done
}

quoted() {
	sed -n "s/^$1: \"\(.*\)\"\$/\1/p"
}

# pod_run NAME FIELDS [ANNOTATION...]: a container of half a CPU and 512 MiB in $SANDBOX; $CID. $RUN_AS: its user.
pod_run() {
	local name=$1 fields=$2
	shift 2
	rm -f "$T/logs/$name.log"
	CID=$(cri CreateContainer <<<"pod_sandbox_id: \"$SANDBOX\" sandbox_config {$SANDBOX_CONFIG} config {
		metadata {name: \"$name\"} image {image: \"localhost/${IMAGE:-probe}:latest\"} log_path: \"$name.log\" $fields $(annotations "$@")
		linux {resources {cpu_period: 100000 cpu_quota: 50000 memory_limit_in_bytes: 536870912}
			${RUN_AS:+security_context {run_as_user {value: $RUN_AS\}\}}}}" | quoted container_id)
	[ -n "$CID" ] || return 1
	cri StartContainer <<<"container_id: \"$CID\"" >/dev/null || return 1
	wait_for 30 pod_reports "$name"
}

# The log has a time, a stream and a tag before what the program said.
pod_reports() {
	[ -s "$T/logs/$1.log" ] && sed 's/^[^ ]* stdout [FP] //' "$T/logs/$1.log" | tail -n 1 >"$OUT"
}

pod_exec() {
	local word cmd=
	for word in "$@"; do
		cmd+=" cmd: \"$word\""
	done
	cri ExecSync <<<"container_id: \"$CID\" timeout: 60 $cmd" >"$T/exec"
	# Protobuf's text escapes quotes as JSON does.
	quoted stdout <"$T/exec" | sed 's/^/"/; s/$/"/' | jq -r . >"$OUT"
}

# The CRI's clients stop a pod until that succeeds: it may fail where a program ends at that moment.
pod_remove() {
	wait_for 10 pod_stop "$1" && cri RemovePodSandbox <<<"pod_sandbox_id: \"$1\"" >/dev/null
}

pod_stop() {
	cri StopPodSandbox <<<"pod_sandbox_id: \"$1\"" >/dev/null 2>"$T/stop.err"
}

HERE=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
