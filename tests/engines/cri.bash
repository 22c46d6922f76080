# shellcheck shell=bash
# The Kubernetes CRI, spoken as kubelet does, to the engine that answers at $CRI_SOCKET in the box.

HERE=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

cri_answers() {
	cri Version >/dev/null 2>&1
}

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
	curl -sS --http2-prior-knowledge --unix-socket "/proc/$BOX_PID/root$CRI_SOCKET" -D "$T/cri.headers" \
		-H 'content-type: application/grpc' -H 'te: trailers' --data-binary "@$T/cri.request" \
		-o "$T/cri.answer" "http://cri/runtime.v1.RuntimeService/$1" || return 1
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

# pod_run NAME FIELDS [ANNOTATION...]: a container of half a CPU and 512 MiB in $SANDBOX; $CID. $RUN_AS: its user;
# $CONTAINER_SECURITY: more fields of its security context.
pod_run() {
	local name=$1 fields=$2
	shift 2
	rm -f "$T/logs/$name.log"
	CID=$(cri CreateContainer <<<"pod_sandbox_id: \"$SANDBOX\" sandbox_config {$SANDBOX_CONFIG} config {
		metadata {name: \"$name\"} image {image: \"localhost/${IMAGE:-probe}:latest\"} log_path: \"$name.log\" $fields $(annotations "$@")
		linux {resources {cpu_period: 100000 cpu_quota: 50000 memory_limit_in_bytes: 536870912}
			security_context {${CONTAINER_SECURITY:-} ${RUN_AS:+run_as_user {value: $RUN_AS\}}}}}" | quoted container_id)
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

# Of the container app: has it said what gotune diagnose needs?
has_pod_cycles() {
	[ "$(grep -c '^[^ ]* stderr F gc ' "$T/logs/app.log" 2>/dev/null)" -gt 15 ]
}

# All pods that `sandbox` made.
pods_remove() {
	local id
	[ -e "$T/sandboxes" ] || return 0
	while read -r id; do
		pod_remove "$id"
	done <"$T/sandboxes"
	rm -f "$T/sandboxes"
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
