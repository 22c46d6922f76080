#!/usr/bin/env bats
# gotune install, uninstall and status, all below a root of the test's own: the files that engines
# read, valid and broken. What engines make of them is tests/e2e's business.

bats_require_minimum_version 1.5.0

# shellcheck source=tests/roots.bash
load roots.bash

setup_file() {
	open_roots
}

setup() {
	open_root
}

# --- round trips ---------------------------------------------------------------------------------

@test "docker: install and uninstall give back every byte, with and without --default" {
	local file
	for file in "$FIXTURES"/docker/*.json; do
		for default in '' --default; do
			new_root
			install -D -m 640 "$file" "$R/etc/docker/daemon.json"
			# shellcheck disable=SC2086 # no option is no word
			round_trip docker $default || {
				echo "with $file"
				return 1
			}
		done
	done
}

@test "docker: what install writes is what was there and ours" {
	local file
	for file in "$FIXTURES"/docker/*.json; do
		new_root
		install -D "$file" "$R/etc/docker/daemon.json"
		must install docker --default
		jq -en --slurpfile old "$file" --slurpfile new "$R/etc/docker/daemon.json" \
			--arg p "$RUNTIME" '($old[0] // {}) * {runtimes: {gotune: {path: $p}},
				"default-runtime": "gotune"} == $new[0]' || {
			cat "$R/etc/docker/daemon.json"
			return 1
		}
	done
}

@test "docker: the indentation is the file's" {
	install -D "$FIXTURES/docker/tabs-empty-runtimes.json" "$R/etc/docker/daemon.json"
	must install docker
	printf '{\n\t"bip": "172.26.0.1/16",\n\t"dns": ["10.0.0.2", "10.0.0.3"],\n\t"runtimes": {\n\t\t"gotune": {\n\t\t\t"path": "%s"\n\t\t}\n\t}\n}\n' "$RUNTIME" |
		diff - "$R/etc/docker/daemon.json"
	install "$FIXTURES/docker/minified.json" "$R/etc/docker/daemon.json"
	must install docker
	[ "$(cat "$R/etc/docker/daemon.json")" = '{"debug":true,"hosts":["unix:///var/run/docker.sock"],"insecure-registries":[],"runtimes":{"gotune":{"path":"'"$RUNTIME"'"}}}' ]
}

@test "docker: without a file, or without a directory, one is made and removed" {
	round_trip docker
	round_trip docker --default
	mkdir -p "$R/etc/docker"
	round_trip docker
	[ -d "$R/etc/docker" ]
}

@test "docker: owner and mode stay" {
	echo '{"debug": true}' | daemon_json
	chmod 600 "$R/etc/docker/daemon.json"
	[ "$(id -u)" != 0 ] || chown 1234:2345 "$R/etc/docker/daemon.json"
	local before
	before=$(stat -c '%a %u:%g' "$R/etc/docker/daemon.json")
	must install docker
	[ "$(stat -c '%a %u:%g' "$R/etc/docker/daemon.json")" = "$before" ]
	[ "$(stat -c '%a %u:%g' "$R/etc/docker/daemon.json.gotune-backup")" = "$before" ]
}

@test "docker: --default later, and the old default comes back" {
	install -D "$FIXTURES/docker/nvidia-no-final-newline.json" "$R/etc/docker/daemon.json"
	must install docker
	[ "$(state docker runtime)" = 'present false' ]
	must install docker --default
	[ "$(state docker runtime)" = 'present true' ]
	[[ $output == *"default runtime was nvidia"* ]]
	must install docker
	[ "$(state docker runtime)" = 'present true' ]
	must uninstall docker
	cmp "$FIXTURES/docker/nvidia-no-final-newline.json" "$R/etc/docker/daemon.json"
}

@test "docker: a file that someone else changed since keeps that, and loses only ours" {
	install -D "$FIXTURES/docker/nvidia-no-final-newline.json" "$R/etc/docker/daemon.json"
	must install docker --default
	sed -i 's/"exec-opts"/"debug": true,\n    "exec-opts"/' "$R/etc/docker/daemon.json"
	must uninstall docker
	sed 's/"exec-opts"/"debug": true,\n    "exec-opts"/' \
		"$FIXTURES/docker/nvidia-no-final-newline.json" | cmp - "$R/etc/docker/daemon.json"
	[ ! -e "$R/etc/docker/daemon.json.gotune-backup" ]
	# And where install had made the file.
	new_root
	must install docker --default
	sed -i '1a\  "debug": true,' "$R/etc/docker/daemon.json"
	must uninstall docker
	is '. == {debug: true}' /etc/docker/daemon.json
}

@test "docker: a runtime of ours with another path is outdated, and brought up to date" {
	echo '{"runtimes": {"gotune": {"path": "/old/gotune-runtime", "runtimeArgs": ["-x"]}}}' | daemon_json
	[ "$(state docker runtime)" = 'outdated false' ]
	must install docker
	is '.runtimes.gotune == {path: "'"$RUNTIME"'", runtimeArgs: ["-x"]}' /etc/docker/daemon.json
	must uninstall docker
	[ ! -e "$R/etc/docker/daemon.json" ]
}

@test "docker: uninstall names the containers that were made with the runtime" {
	local id=0123456789abcdef0123456789abcdef
	echo '{"data-root": "/srv/docker"}' | daemon_json
	must install docker
	echo '{"Runtime": "gotune", "CpuShares": 0}' | put "/srv/docker/containers/${id}1/hostconfig.json"
	echo '{"Name": "/web"}' | put "/srv/docker/containers/${id}1/config.v2.json"
	echo '{"Runtime": "runc"}' | put "/srv/docker/containers/f${id}/hostconfig.json"
	echo 'not json' | put "/srv/docker/containers/e${id}/hostconfig.json"
	must uninstall docker
	[[ $output == *"container 0123456789ab (web) was made with the runtime gotune"* ]]
	[[ $output != *f0123456789a* ]]
	[[ $output == *"systemctl restart docker"* ]]
}

@test "containerd: install and uninstall give back every byte, with and without --default" {
	local file
	for file in "$FIXTURES"/containerd/*.toml; do
		for default in '' --default; do
			new_root
			install -D -m 640 "$file" "$R/etc/containerd/config.toml"
			# shellcheck disable=SC2086 # no option is no word
			round_trip containerd $default || {
				echo "with $file"
				return 1
			}
		done
	done
	new_root
	round_trip containerd --default
}

@test "containerd: a file that someone else changed since keeps that" {
	install -D "$FIXTURES/containerd/kubeadm-systemd.toml" "$R/etc/containerd/config.toml"
	must install containerd --default
	sed -i 's/-999/-500/' "$R/etc/containerd/config.toml"
	printf '\n[debug]\n  level = "debug"\n' >>"$R/etc/containerd/config.toml"
	must uninstall containerd
	(sed 's/-999/-500/' "$FIXTURES/containerd/kubeadm-systemd.toml" && printf '\n[debug]\n  level = "debug"\n') |
		diff - "$R/etc/containerd/config.toml"
}

@test "containerd: the default runtime's options are copied, SystemdCgroup above all" {
	install -D "$FIXTURES/containerd/kubeadm-systemd.toml" "$R/etc/containerd/config.toml"
	must install containerd --default
	diff <(sed 's/default_runtime_name = "runc" # keep/default_runtime_name = "gotune" # was "runc" (gotune install) # keep/' \
		"$FIXTURES/containerd/kubeadm-systemd.toml" && cat <<-EOF
		# >>> gotune install containerd; gotune uninstall containerd takes this block out
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.gotune]
		  # As runtimes.runc has it, with our program and annotations.
		  runtime_type = "io.containerd.runc.v2"
		  pod_annotations = ["example.com/*", "io.gotune.*", "io.gotune.*/*"]
		  container_annotations = ["io.gotune.*", "io.gotune.*/*"]
		  privileged_without_host_devices = true
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.gotune.options]
		  BinaryName = "$RUNTIME"
		  NoPivotRoot = false
		  SystemdCgroup = true
		# <<< gotune install containerd
	EOF
	) "$R/etc/containerd/config.toml"
	[ "$(state containerd runtime)" = 'present true' ]
	# The runtime that it was copied from changes: ours is outdated.
	sed -i '0,/SystemdCgroup = true/s//SystemdCgroup = false/' "$R/etc/containerd/config.toml"
	[ "$(state containerd runtime)" = 'outdated true' ]
}

@test "containerd 1.x: a file without a table of runtimes gets runc's, too; one that has a table does not" {
	local runc='[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]'
	printf 'version = 2\n\n[plugins]\n  [plugins."io.containerd.grpc.v1.cri"]\n    [plugins."io.containerd.grpc.v1.cri".cni]\n      bin_dir = "/usr/lib/cni"\n' |
		put /etc/containerd/config.toml
	cp "$R/etc/containerd/config.toml" "$BATS_TEST_TMPDIR/before"
	must install containerd --default
	grep -qxF "$runc" "$R/etc/containerd/config.toml"
	[ "$(state containerd runtime)" = 'present true' ]
	must uninstall containerd
	cmp "$BATS_TEST_TMPDIR/before" "$R/etc/containerd/config.toml"
	install "$FIXTURES/containerd/kubeadm-systemd.toml" "$R/etc/containerd/config.toml"
	must install containerd
	[ "$(grep -cF "$runc" "$R/etc/containerd/config.toml")" = "$(grep -cF "$runc" "$FIXTURES/containerd/kubeadm-systemd.toml")" ]
}

@test "containerd 2.x: a drop-in of the same version where they are imported, else a block" {
	install -D "$FIXTURES/containerd/v4-imports.toml" "$R/etc/containerd/config.toml"
	must install containerd --default
	cmp "$FIXTURES/containerd/v4-imports.toml" "$R/etc/containerd/config.toml"
	grep -qx 'version = 4' "$R/etc/containerd/conf.d/99-gotune.toml"
	grep -q 'default_runtime_name = "gotune"' "$R/etc/containerd/conf.d/99-gotune.toml"
	grep -q 'SystemdCgroup = true' "$R/etc/containerd/conf.d/99-gotune.toml"
	must uninstall containerd
	# The import goes: the block takes the drop-in's place, and the other way round.
	must install containerd
	install "$FIXTURES/containerd/v3-default.toml" "$R/etc/containerd/config.toml"
	must install containerd
	[ ! -e "$R/etc/containerd/conf.d/99-gotune.toml" ]
	grep -qF "[plugins.\"io.containerd.cri.v1.runtime\".containerd.runtimes.gotune]" "$R/etc/containerd/config.toml"
}

@test "podman: the three ways, alone and together" {
	local way
	for way in precreate runtime hook; do
		round_trip podman --way $way
	done
	round_trip podman --way runtime --default
	must install podman
	must install podman --way runtime
	grep -qF "hooks_dir = [\"/usr/share/containers/oci/hooks.d\", \"$HOOKS_D\"]" "$R/etc/containers/containers.conf.d/99-gotune.conf"
	grep -qF "gotune = [\"$RUNTIME\"]" "$R/etc/containers/containers.conf.d/99-gotune.conf"
	must uninstall podman --way precreate
	[ "$(state podman precreate)" = 'absent false' ]
	[ "$(state podman runtime)" = 'present false' ]
	must uninstall podman
	[ -z "$(find "$R/etc" ! -type d 2>/dev/null)" ]
}

@test "podman: hooks_dir is the merged list and ours; append only where it is known to be taken" {
	install -D "$FIXTURES/podman/containers.conf" "$R/usr/share/containers/containers.conf"
	must install podman
	grep -qxF "hooks_dir = [\"/usr/share/containers/oci/hooks.d\", \"/etc/containers/oci/hooks.d\", \"$HOOKS_D\"]" \
		"$R/etc/containers/containers.conf.d/99-gotune.conf"
	printf '[engine]\nhooks_dir = ["/opt/hooks"]\n' | put /etc/containers/containers.conf
	[ "$(state podman precreate)" = 'outdated true' ]
	must install podman
	grep -qxF "hooks_dir = [\"/opt/hooks\", \"$HOOKS_D\"]" "$R/etc/containers/containers.conf.d/99-gotune.conf"
	printf '[engine]\nhooks_dir = ["/opt/more", {append=true}]\n' | put /etc/containers/containers.conf.d/10-more.conf
	must install podman
	grep -qxF "hooks_dir = [\"$HOOKS_D\", {append=true}]" "$R/etc/containers/containers.conf.d/99-gotune.conf"
	printf '[engine]\nhooks_dir = ["/opt/last"]\n' | put /etc/containers/containers.conf.d/99-z.conf
	must install podman --dry-run
	must uninstall podman
	must install podman
	# It adds, too, since 10-more.conf says so for all behind it.
	[ "$(state podman precreate)" = 'present true' ]
	[ -e "$R/etc/containers/containers.conf.d/99-gotune.conf" ]
}

@test "podman's precreate hook is nowhere near a default hooks directory" {
	must install podman
	[ ! -e "$R/usr/share/containers" ]
	[ ! -e "$R/etc/containers/oci" ]
}

@test "podman and crio share the hook's file: the last to go removes it" {
	needs_xattr
	must install podman --way hook
	must install crio
	must uninstall podman
	[[ ${output//$'\n'/ } == *"is kept: it is also registered for crio"* ]]
	[ "$(state crio hook)" = 'present true' ]
	must uninstall crio
	[ ! -e "$R/usr/share/containers" ]
	must install crio
	must install podman --way hook
	must uninstall crio
	[ -e "$R/usr/share/containers/oci/hooks.d/oci-gotune-hook.json" ]
	must uninstall podman
	[ ! -e "$R/usr/share/containers" ]
}

@test "crio: the handler has the default runtime's table, and its program is ours" {
	install -D "$FIXTURES/crio/crio.conf" "$R/etc/crio/crio.conf"
	must install crio --default
	diff - "$R/etc/crio/crio.conf.d/99-gotune.conf" <<-EOF
		# Written by gotune install crio; gotune uninstall crio removes it.

		[crio.runtime]
		default_runtime = "gotune"

		[crio.runtime.runtimes.gotune]
		  runtime_path = "$RUNTIME"
		  runtime_type = "oci"
		  # As runtimes.crun has it.
		  allowed_annotations = ["io.containers.trace-syscall","io.kubernetes.cri-o.Devices"]
		  monitor_path = "/usr/libexec/crio/conmon"
		  privileged_without_host_devices = true
		  runtime_root = "/run/crun"
		[crio.runtime.runtimes.gotune.default_annotations]
		  "example.com/a" = "b"
	EOF
	[ "$(state crio runtime)" = 'present true' ]
	printf '[crio.runtime]\ndefault_runtime = "runc"\n' | put /etc/crio/crio.conf.d/10-runc.conf
	must install crio
	grep -qx '  runtime_root = "/run/runc"' "$R/etc/crio/crio.conf.d/99-gotune.conf"
	must uninstall crio
	round_trip crio
}

@test "cdi: a device a profile, those with a name that CDI has not left out" {
	round_trip cdi
	echo '{"version": 1, "profiles": {"batch": {"description": "d"}, "9lives": {"description": "d"}}}' |
		put /etc/gotune/policy.json
	must install cdi
	[[ $output == *"profile 9lives has no device"* ]]
	is '[.devices[].name] | index("batch") and index("latency") and (index("9lives") | not)' /etc/cdi/gotune.json
	is '.devices[] | select(.name == "batch") | .containerEdits | keys == ["hooks"] and
		.hooks[0] == {hookName: "createRuntime", path: "'"$HOOK"'",
			args: ["oci-gotune-hook", "--profile", "batch"], timeout: 10} and
		.hooks[1] == {hookName: "poststop", path: "'"$HOOK"'",
			args: ["oci-gotune-hook", "poststop"], timeout: 10}' /etc/cdi/gotune.json
	rm "$R/etc/gotune/policy.json"
	[ "$(state cdi device)" = 'outdated false' ]
}

@test "nri: a unit of systemd's; no engine's file is touched" {
	round_trip nri
	must install nri
	grep -qx "ExecStart=${RUNTIME%/*}/gotune-nri --log stderr" "$R/etc/systemd/system/gotune-nri.service"
	[[ $output == *"systemctl enable --now gotune-nri.service"* ]]
	[ "$(state nri plugin)" = 'present true' ]
	if command -v systemd-analyze >/dev/null; then
		sed "s|^ExecStart=[^ ]*|ExecStart=$BUILD/gotune-nri|" "$R/etc/systemd/system/gotune-nri.service" >"$BATS_TEST_TMPDIR/gotune-nri.service"
		run systemd-analyze verify --man=no "$BATS_TEST_TMPDIR/gotune-nri.service"
		[ "$status" = 0 ] && [ -z "$output" ]
	else
		echo '# no systemd-analyze here: the unit is not verified' >&3
	fi
	sed -i 's/RestartSec=1/RestartSec=2/' "$R/etc/systemd/system/gotune-nri.service"
	[ "$(state nri plugin)" = 'outdated true' ]
	must uninstall nri
	[[ $output == *"systemctl disable --now gotune-nri.service"* ]]
}

# --- bad input -----------------------------------------------------------------------------------

@test "docker: a daemon.json that is not sound is refused with its place, and left alone" {
	local at=etc/docker/daemon.json
	while IFS='|' read -r name text pattern; do
		printf '%b' "$text" | daemon_json
		refuses 1 "$pattern" install docker || {
			echo "$name"
			return 1
		}
		refuses 1 "$pattern" install docker --default --dry-run
		case $pattern in # a sound document, only not one that can be added to
		*'not ours' | *'no object') [ "$(state docker runtime)" = 'absent false' ] ;;
		*) [ "$(state docker runtime)" = 'broken false' ] ;;
		esac
	done <<-ROWS
		comments|{\n  // why\n  "debug": true\n}|$at:2:3: 
		a hash|# mine\n{}|$at:1:1: 
		two objects|{"debug": true}\n{"bip": "x"}|$at:2:1: 
		an array|[]|$at:1:1: not an object
		null|null|$at:1:1: not an object
		a string|"debug"|$at:1:1: not an object
		cut off|{"debug": true|$at:1:
		a trailing comma|{"debug": true,}|$at:1:
		bad UTF-8|{"a": "\\0377"}|$at:1:8: invalid UTF-8
		runtimes twice|{"runtimes": {}, "runtimes": {}}|$at:1:18: .*duplicate key
		another case|{\n "Runtimes": {}}|$at:2:2: .*another case
		gotune twice|{"runtimes": {"gotune": {"path": "/x/gotune-runtime"}, "gotune": {}}}|duplicate key
		not ours|{"runtimes": {"gotune": {"path": "/opt/other"}}}|not ours
		not ours, 2|{"runtimes": {"gotune": {"runtimeType": "x"}}}|not ours
		runtimes a list|{"runtimes": []}|$at:1:14: runtimes is no object
	ROWS
}

@test "docker: an empty file is an empty object, as dockerd has it" {
	printf ' \n' | daemon_json
	round_trip docker
}

@test "a symlink, a directory, a FIFO, and a huge file are refused" {
	mkdir -p "$R/etc/docker" "$R/srv"
	echo '{}' >"$R/srv/daemon.json"
	ln -s ../../srv/daemon.json "$R/etc/docker/daemon.json"
	refuses 1 'daemon.json is a symlink to ../../srv/daemon.json' install docker
	ln -sfn /nowhere "$R/etc/docker/daemon.json"
	refuses 1 'is a symlink to /nowhere' install docker
	rm "$R/etc/docker/daemon.json"
	mkdir "$R/etc/docker/daemon.json"
	refuses 1 'is no regular file' install docker
	rmdir "$R/etc/docker/daemon.json"
	mkfifo "$R/etc/docker/daemon.json"
	refuses 1 'is no regular file' install docker
	rm "$R/etc/docker/daemon.json"
	(printf '{"a": "' && head -c 1100000 /dev/zero | tr '\0' x && printf '"}') >"$R/etc/docker/daemon.json"
	refuses 1 'is larger than' install docker
}

@test "docker: runtimes given as dockerd's arguments are found, and the argument to add is printed" {
	local unit
	unit=$'[Service]\nExecStart=/usr/bin/dockerd -H fd://'
	echo "$unit --add-runtime=foo=/usr/bin/foo" | put /usr/lib/systemd/system/docker.service
	must install docker
	[[ ${output//$'\n'/ } == *"/usr/lib/systemd/system/docker.service has --add-runtime"*"--add-runtime=gotune=$RUNTIME"* ]]
	must uninstall docker
	echo "$unit --add-runtime gotune=/x" | put /usr/lib/systemd/system/docker.service
	refuses 1 '/usr/lib/systemd/system/docker.service has --add-runtime' install docker
	# The administrator's unit takes the place of the package's.
	echo "$unit" | put /etc/systemd/system/docker.service
	round_trip docker
	printf '[Service]\nExecStart=\nExecStart=dockerd \\\n  --default-runtime foo\n' |
		put /etc/systemd/system/docker.service.d/override.conf
	refuses 1 'override.conf has --default-runtime' install docker --default
	round_trip docker
	printf '# DOCKER_OPTS="--add-runtime x=y"\nDOCKER_OPTS=""\n' | put /etc/default/docker
	round_trip docker
	printf 'DOCKER_OPTS="--default-runtime=x"\n' | put /etc/default/docker
	refuses 1 '/etc/default/docker has --default-runtime' install docker --default
	# What is there already is not made worse by a way out.
	rm "$R/etc/default/docker" "$R/etc/systemd/system/docker.service.d/override.conf"
	must install docker --default
	printf 'DOCKER_OPTS="--default-runtime=x"\n' | put /etc/default/docker
	must uninstall docker
}

@test "docker: a running dockerd's arguments are found, too" {
	[ "$(id -u)" = 0 ] || skip "needs root, for an /etc of its own"
	mkdir "$BATS_TEST_TMPDIR/etc"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	# A shell that waits without a child, and is called dockerd.
	(exec -a dockerd bash -c 'read -r _ <"$0"' "$BATS_TEST_TMPDIR/fifo" --add-runtime=gotune=/y) 3>&- &
	local pid=$!
	until grep -q dockerd "/proc/$pid/cmdline"; do sleep 0.05; done
	run --separate-stderr unshare -m sh -c "mount --bind '$BATS_TEST_TMPDIR/etc' /etc && '$GOTUNE' install docker"
	kill "$pid"
	wait "$pid" || true
	[ "$status" = 1 ]
	[[ ${stderr:-} == *"process $pid has --add-runtime"* ]]
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/etc")" ]
}

@test "containerd: what does not fit is refused, and left alone" {
	while IFS='|' read -r name text pattern; do
		printf '%b' "$text" | put /etc/containerd/config.toml
		refuses 1 "$pattern" install containerd || {
			echo "$name"
			return 1
		}
		refuses 1 "$pattern" install containerd --default
	done <<-'ROWS'
		not TOML|version = \n|config.toml:1:
		a key twice|version = 2\nversion = 2\n|config.toml:2:
		version 1|version = 1\n[plugins.cri]\n|is of version 1, .*write version = 2
		no version|root = "/x"\n|is of version 1, .*write version = 2
		version 9|version = 9\n|version 9 is not known
		cri off|version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n|disables CRI
		Docker's own|disabled_plugins = ["cri"]\n|disables CRI
		inline|version = 2\nplugins = { "io.containerd.grpc.v1.cri" = { containerd = {} } }\n|does not fit
		one of that name|version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.gotune]\nruntime_type = "x"\n|does not fit
		half a block|version = 2\n# <<< gotune install containerd\n|lost its begin or its end
	ROWS
}

@test "podman and crio: a broken file of theirs is named" {
	printf '[engine\n' | put /etc/containers/containers.conf.d/50-bad.conf
	refuses 1 '50-bad.conf:1:' install podman
	[ "$(state podman precreate)" = 'broken false' ]
	printf '[crio.runtime]\ndefault_runtime = \n' | put /etc/crio/crio.conf.d/50-bad.conf
	refuses 1 '50-bad.conf:2:' install crio
}

@test "our own program is missing, or cannot be run" {
	chmod 644 "$R$RUNTIME"
	refuses 1 "$RUNTIME is not executable: chmod 755" install docker
	rm "$R$RUNTIME"
	refuses 1 "cannot open $R$RUNTIME: .*make install DESTDIR=" install containerd
	rm "$R$HOOKS_D/gotune-precreate.json"
	refuses 1 'gotune-precreate.json is not there: make install' install podman
	rm "$R$HOOK"
	refuses 1 "cannot open $R$HOOK" install cdi
}

@test "a wrong engine, way or option is usage" {
	refuses 2 'no engine dokcer: give docker' install dokcer
	refuses 2 'no engine dokcer' uninstall dokcer
	refuses 2 'no engine dokcer' status dokcer
	refuses 2 'docker has runtime$' install docker --way hook
	refuses 2 '--default needs a runtime' install podman --default
	refuses 2 '--default needs a runtime' install cdi --default
	refuses 2 'give one engine' install
}

@test "a read-only directory: a clear message, and nothing half-written" {
	[ "$(id -u)" = 0 ] || skip "needs root, for a mount"
	echo '{}' | daemon_json
	install -D "$FIXTURES/crio/crio.conf" "$R/etc/crio/crio.conf"
	local before
	before=$(snapshot)
	run --separate-stderr unshare -m sh -c "mount --bind '$R/etc' '$R/etc' &&
		mount -o remount,ro,bind '$R/etc' && '$GOTUNE' install docker --root '$R'"
	[ "$status" = 3 ]
	[[ $stderr == *"cannot write $R/etc/docker/daemon.json.gotune-backup: Read-only file system. Nothing was changed"* ]]
	# The second of two files cannot be written: the first is taken back, with its directories.
	mkdir -p "$R/usr/share/containers"
	before=$(snapshot)
	run --separate-stderr unshare -m sh -c "mount --bind '$R/usr/share/containers' '$R/usr/share/containers' &&
		mount -o remount,ro,bind '$R/usr/share/containers' && '$GOTUNE' install crio --root '$R'"
	[ "$status" = 3 ]
	[[ $stderr == *"oci-gotune-hook.json: Read-only file system. Nothing was changed"* ]]
	diff <(echo "$before") <(snapshot)
}

@test "not as root: a clear message" {
	[ "$(id -u)" = 0 ] || skip "needs root, to become someone else"
	echo '{}' | daemon_json
	chmod -R a+rX "$R" "$BATS_TEST_TMPDIR"
	# The directories above are bats's own, and closed to others: give the test a copy.
	local copy
	copy=$(mktemp -d)
	cp -a "$R/." "$copy" && chmod 755 "$copy"
	cp "$GOTUNE" "$copy/gotune"
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups "$copy/gotune" install docker --root "$copy"
	[ "$(cat "$copy/etc/docker/daemon.json")" = '{}' ]
	rm -rf "$copy"
	[ "$status" = 3 ]
	[[ $stderr == *"run it as root"* ]]
}

# --- the diff, status, contrib ---------------------------------------------------------------------

@test "--dry-run writes nothing, and its diff is what diff(1) says" {
	local before
	install -D "$FIXTURES/containerd/kubeadm-systemd.toml" "$R/etc/containerd/config.toml"
	before=$(snapshot)
	must install containerd --default --dry-run
	diff <(echo "$before") <(snapshot)
	[[ $stderr == *"systemctl restart containerd"* ]]
	local shown=$output file=$R/etc/containerd/config.toml
	must install containerd --default
	diff <(echo "$shown") <(diff -u --label "$file" --label "$file" "$FIXTURES/containerd/kubeadm-systemd.toml" "$file")
	must uninstall containerd --dry-run
	diff <(echo "$output") <(diff -u --label "$file" --label "$file" "$file" "$FIXTURES/containerd/kubeadm-systemd.toml")
	must install docker --dry-run
	[[ $output == "--- /dev/null"* ]]
	[ ! -e "$R/etc/docker" ]
}

@test "status: a table and JSON of every way, and what is broken is status 1" {
	must status
	[ "$(wc -l <<<"$output")" -ge 9 ]
	must status --format json
	[ "$(jq -c '[.registrations[] | [.engine, .way, .state, .default]]' <<<"$output")" = \
		'[["docker","runtime","absent",false],["podman","runtime","absent",false],["podman","precreate","absent",false],["podman","hook","absent",false],["crio","runtime","absent",false],["crio","hook","absent",false],["containerd","runtime","absent",false],["cdi","device","absent",false],["nri","plugin","absent",false]]' ]
	must install crio
	must install docker
	must status --format json
	[ "$(jq -r '.registrations[] | select(.state == "present") | "\(.engine) \(.way) \(.program)"' <<<"$output")" = \
		"docker runtime $RUNTIME
podman hook $HOOK
crio runtime $RUNTIME
crio hook $HOOK" ]
	# Sound, but not to be added to: absent, and why.
	echo '{"runtimes": {"gotune": {"path": "/x"}}}' | daemon_json
	must status docker --format json
	[ "$(jq -r '.registrations[] | "\(.state) \(.program) \(.note)"' <<<"$output")" = \
		'absent null /etc/docker/daemon.json: there is a runtime "gotune" that is not ours: rename or remove it' ]
	echo '{' | daemon_json
	gotune status docker
	[ "$status" = 1 ]
	[[ $output == *broken* ]]
}

@test "contrib/engines is what gotune install writes" {
	[ "$RUNTIME" = /usr/local/bin/gotune-runtime ] || skip "built for another PREFIX: $RUNTIME"
	contrib/engines/generate "$BATS_TEST_TMPDIR/generated"
	local file
	(cd "$BATS_TEST_TMPDIR/generated" && find . -type f) >"$BATS_TEST_TMPDIR/list"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/list")" = 9 ]
	while IFS= read -r file; do
		diff "contrib/engines/$file" "$BATS_TEST_TMPDIR/generated/$file"
	done <"$BATS_TEST_TMPDIR/list"
	cmp oci-hook.json contrib/engines/crio/oci-gotune-hook.json
}

@test "the hook and the runtime have nothing of C++ in them" {
	nm "$BUILD/gotune" | grep -q toml # nm would see it
	for program in oci-gotune-hook gotune-runtime; do
		nm -C "$BUILD/$program" >"$BATS_TEST_TMPDIR/symbols"
		if grep -E 'toml|std::|__cxa_throw|__gxx_personality' "$BATS_TEST_TMPDIR/symbols"; then
			return 1
		fi
	done
	readelf -d "$BUILD/gotune" >"$BATS_TEST_TMPDIR/dynamic"
	if grep NEEDED "$BATS_TEST_TMPDIR/dynamic"; then
		return 1
	fi
}
