#!/usr/bin/env bats
# Registrations beside what other tools write: an engine's files count as the engine merges them.
# The roots of tests/fixtures/registrations are configurations of real machines; the rows are others of
# the same kinds. What engines themselves make of such files is tests/engines' business.

bats_require_minimum_version 1.5.0

# shellcheck source=tests/roots.bash
load roots.bash

setup_file() {
	open_roots
	export ROOTS=$PWD/tests/fixtures/registrations
}

setup() {
	open_root
	CONFIG=/etc/containerd/config.toml
	V2='plugins."io.containerd.grpc.v1.cri".containerd'
	V3='plugins."io.containerd.cri.v1.runtime".containerd'
}

# A root with the files of a real one.
root_of() { # NAME
	new_root
	cp -R "$ROOTS/$1/." "$R/"
}

says() { # PATTERN: in what the last command said, however it was wrapped
	local flat
	flat=$(tr -s ' \n' ' ' <<<"$output ${stderr:-}")
	[[ $flat =~ $1 ]] || {
		echo "does not say $1: $flat"
		return 1
	}
}

lacks() { # PATTERN FILE: "!" alone does not fail a test
	if grep "$1" "$2"; then
		echo "$2 has $1"
		return 1
	fi
}

# What another tool leaves that reads a file and writes it anew.
rewrite() { # PATH
	sed -i -e 's/[[:space:]]*#.*//' -e '/^$/d' "$R$1"
}

default_of() { # ENGINE WAY
	"$GOTUNE" status "$1" --root "$R" --format json |
		jq -r --arg w "$2" '.registrations[] | select(.way == $w) | .state, .default, .file' | paste -sd ' '
}

# --- containerd: rewritten ------------------------------------------------------------------------

@test "containerd: a config.toml that was written anew without our comments loses our handler, and only that" {
	local default
	for default in '' --default; do
		root_of containerd-rewritten-uninstall
		# shellcheck disable=SC2086 # no option is no word
		must install containerd $default
		rewrite "$CONFIG"
		[ "$(state containerd runtime)" = "outdated $([ -n "$default" ] && echo true || echo false)" ]
		must uninstall containerd
		diff <(sed 's/^ *//' "$ROOTS/containerd-rewritten-uninstall$CONFIG") <(sed 's/^ *//' "$R$CONFIG")
		[ ! -e "$R$CONFIG.gotune-backup" ]
		[ "$(state containerd runtime)" = 'absent false' ]
	done
}

@test "containerd: one that was written anew is brought up to date, and still goes to the byte" {
	root_of containerd-rewritten-uninstall
	must install containerd --default
	rewrite "$CONFIG"
	must install containerd --default
	[ "$(state containerd runtime)" = 'present true' ]
	[ "$(grep -c 'runtimes.gotune\]' "$R$CONFIG")" = 1 ]
	must uninstall containerd
	diff <(sed 's/^ *//' "$ROOTS/containerd-rewritten-uninstall$CONFIG") <(sed 's/^ *//' "$R$CONFIG")
}

@test "containerd: written anew in other ways: taken out, or refused with the copy kept" {
	local name edit want
	while IFS='|' read -r name edit want; do
		root_of containerd-rewritten-uninstall
		must install containerd --default
		rewrite "$CONFIG"
		sed -i -e "$edit" "$R$CONFIG"
		gotune uninstall containerd
		if [ "$want" = out ]; then
			[ "$status" = 0 ] && ! grep -q gotune "$R$CONFIG" && [ ! -e "$R$CONFIG.gotune-backup" ]
		else
			[ "$status" = 1 ] && grep -q gotune "$R$CONFIG" && [ -e "$R$CONFIG.gotune-backup" ] &&
				says "$want" && [ "$(state containerd runtime)" != 'absent false' ]
		fi || {
			echo "$name: $status $output ${stderr:-}"
			cat "$R$CONFIG"
			return 1
		}
	done <<-'ROWS'
		without indentation|s/^ *//|out
		with CRLF|s/$/\r/|out
		with single quotes|s/"/'/g|out
		a table behind it|$a[metrics]\n  address = "x"|out
		dotted keys|s/^ *runtime_type = .*v2"$/&/;s/^\[\(.*runtimes\)\.gotune\]$/[\1]\n  gotune.privileged_without_host_devices = true/|form that cannot be taken out safely
	ROWS
}

@test "containerd: the old default is gone by now: the built-in one takes its place" {
	root_of containerd-rewritten-uninstall
	sed -i -e 's/"runc"/"mine"/' -e 's/runtimes\.runc/runtimes.mine/' "$R$CONFIG"
	must install containerd --default
	rewrite "$CONFIG"
	sed -i 's/runtimes\.mine/runtimes.runc/' "$R$CONFIG"
	must uninstall containerd
	lacks 'gotune\|default_runtime_name' "$R$CONFIG"
}

@test "containerd: a handler of that name that is not ours is left alone" {
	printf 'version = 2\n[%s]\ndefault_runtime_name = "gotune"\n[%s.runtimes.gotune]\nruntime_type = "io.containerd.runc.v2"\n[%s.runtimes.gotune.options]\nBinaryName = "/opt/other"\n' "$V2" "$V2" "$V2" |
		put "$CONFIG"
	refuses 1 'does not fit to this file' install containerd
	local before
	before=$(snapshot)
	must uninstall containerd
	diff <(echo "$before") <(snapshot)
}

# --- containerd: imports --------------------------------------------------------------------------

@test "containerd, version 2: an import with a section of CRI takes the place of ours in 1.x: refused" {
	root_of containerd-v2-import-replaces
	refuses 1 '/etc/containerd/conf.d/99-nvidia.toml is imported after' install containerd
	refuses 1 '99-nvidia.toml' install containerd --default
	# A section of another plugin is no harm, and nor is one in a file that nobody imports.
	printf 'version = 2\n[plugins."io.containerd.gc.v1.scheduler"]\nstartup_delay = "1s"\n' | put /etc/containerd/conf.d/99-nvidia.toml
	round_trip containerd --default
	sed -i 's|^imports.*||' "$R$CONFIG"
	cp "$ROOTS/containerd-v2-import-replaces/etc/containerd/conf.d/99-nvidia.toml" "$R/etc/containerd/conf.d/"
	round_trip containerd
	# Any table of the section is enough, also one that names no runtime.
	printf 'version = 2\nimports = ["conf.d/*.toml"]\n' | put "$CONFIG"
	printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\nconfig_path = "/x"\n' | put /etc/containerd/conf.d/99-nvidia.toml
	refuses 1 '99-nvidia.toml' install containerd
}

@test "containerd, version 2: what is imported after we came is seen by status" {
	root_of containerd-v2-import-replaces
	mv "$R/etc/containerd/conf.d/99-nvidia.toml" "$BATS_TEST_TMPDIR/later"
	must install containerd --default
	[ "$(state containerd runtime)" = 'present true' ]
	mv "$BATS_TEST_TMPDIR/later" "$R/etc/containerd/conf.d/99-nvidia.toml"
	[ "$(state containerd runtime)" = 'shadowed false' ]
	must status containerd
	says '99-nvidia.toml'
	must uninstall containerd
	cmp "$ROOTS/containerd-v2-import-replaces$CONFIG" "$R$CONFIG"
}

@test "containerd 2.x: the options are those of the runtime where it really is" {
	root_of containerd-v3-import-options
	round_trip containerd
	must install containerd
	grep -qx '  SystemdCgroup = true' "$R/etc/containerd/conf.d/99-gotune.toml"
	# Merged over several files: the last word on each key.
	printf 'version = 3\n[%s.runtimes.runc.options]\nShimCgroup = "/x"\n' "$V3" | put /etc/containerd/conf.d/20.toml
	printf 'version = 3\n[%s.runtimes.runc.options]\nSystemdCgroup = false\n' "$V3" | put /etc/containerd/conf.d/30.toml
	[ "$(state containerd runtime)" = 'outdated false' ]
	must install containerd
	grep -qx '  SystemdCgroup = false' "$R/etc/containerd/conf.d/99-gotune.toml"
	grep -qx '  ShimCgroup = "/x"' "$R/etc/containerd/conf.d/99-gotune.toml"
	# An import of an import, relative to its own file; and one of version 2, by its old name.
	printf 'version = 3\nimports = ["/opt/ctd/a.toml"]\n' | put "$CONFIG"
	printf 'version = 3\nimports = ["b/*.toml"]\n' | put /opt/ctd/a.toml
	printf 'version = 2\n[%s.runtimes.runc.options]\nIoUid = 7\n' "$V2" | put /opt/ctd/b/c.toml
	must install containerd
	grep -qx '  IoUid = 7' "$R$CONFIG"
}

@test "containerd 2.x: --default is the last word, by a later name if need be" {
	root_of containerd-default-shadowed
	round_trip containerd --default
	must install containerd --default
	[ "$(default_of containerd runtime)" = 'present true /etc/containerd/conf.d/99-zz-gotune.toml' ]
	[ ! -e "$R/etc/containerd/conf.d/99-gotune.toml" ]
	# Without --default our handler needs no other name: nobody else has it.
	must uninstall containerd
	must install containerd
	[ "$(default_of containerd runtime)" = 'present false /etc/containerd/conf.d/99-gotune.toml' ]
	# And when another comes behind us, status says so, and install moves on.
	must install containerd --default
	printf 'version = 3\n[%s]\ndefault_runtime_name = "x"\n' "$V3" | put /etc/containerd/conf.d/99-zzz.toml
	[ "$(state containerd runtime)" = 'shadowed false' ]
	must status containerd
	says '99-zzz.toml has the last word'
	must install containerd
	[ "$(default_of containerd runtime)" = 'present true /etc/containerd/conf.d/zz-gotune.toml' ]
	# Nothing comes behind that: refused, with its name.
	printf 'version = 3\n[%s]\ndefault_runtime_name = "x"\n' "$V3" | put /etc/containerd/conf.d/zzzzz.toml
	must uninstall containerd
	refuses 1 'zzzzz.toml is imported after' install containerd --default
}

@test "containerd 2.x: the directory that is imported, wherever it is" {
	printf 'version = 3\nimports = ["/opt/ctd/*.toml"]\n' | put "$CONFIG"
	round_trip containerd --default
	must install containerd
	[ "$(default_of containerd runtime)" = 'present false /opt/ctd/99-gotune.toml' ]
	must uninstall containerd
	# One that takes no name of ours, and one that is no pattern: the block.
	printf 'version = 3\nimports = ["conf.d/*.conf", "/nowhere.toml"]\n' | put "$CONFIG"
	round_trip containerd
	must install containerd
	says '/nowhere.toml is imported, and is not there'
	# A file that imports itself ends.
	printf 'version = 3\nimports = ["config.toml", "*.toml"]\n' | put "$CONFIG"
	must uninstall containerd
	round_trip containerd
}

@test "containerd: CRI disabled by an import, and versions that do not go together, are refused" {
	printf 'version = 3\nimports = ["conf.d/*.toml"]\n' | put "$CONFIG"
	printf 'version = 3\ndisabled_plugins = ["io.containerd.cri.v1.runtime"]\n' | put /etc/containerd/conf.d/1.toml
	refuses 1 'conf.d/1.toml disables CRI' install containerd
	printf 'version = 2\nimports = ["conf.d/*.toml"]\n' | put "$CONFIG"
	printf 'version = 3\n[%s.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n' "$V3" | put /etc/containerd/conf.d/1.toml
	refuses 1 'is of version 2, and /etc/containerd/conf.d/1.toml' install containerd
	printf 'version = \n' | put /etc/containerd/conf.d/1.toml
	refuses 1 'conf.d/1.toml:1:' install containerd
	[ "$(state containerd runtime)" = 'broken false' ]
}

@test "containerd: what is ours goes, whatever is wrong with a file that is imported" {
	local version ours
	for version in 2 3; do
		new_root
		printf 'version = %s\nimports = ["conf.d/*.toml"]\n' "$version" | put "$CONFIG"
		must install containerd
		printf 'a = = b\n' | put /etc/containerd/conf.d/50-broken.toml
		[ "$(state containerd runtime)" = 'broken false' ]
		must uninstall containerd
		says '/etc/containerd/conf.d/50-broken.toml:1:5: .* left out of account'
		diff "$R$CONFIG" <(printf 'version = %s\nimports = ["conf.d/*.toml"]\n' "$version")
		expect_names 50-broken.toml "$R/etc/containerd/conf.d"
	done
	# It may have us as the default: who names it, and what to do.
	rm "$R/etc/containerd/conf.d/50-broken.toml"
	must install containerd
	printf '[%s]\ndefault_runtime_name = "gotune"\na = = b\n' "$V3" | put /etc/containerd/conf.d/50-broken.toml
	ours=$(snapshot)
	refuses 1 '50-broken.toml:3:5: .*it names gotune.*fix the file, or take the name out' uninstall containerd
	diff <(echo "$ours") <(snapshot)
	sed -i '/gotune/d' "$R/etc/containerd/conf.d/50-broken.toml"
	must uninstall containerd
	# Of config.toml itself no part can be told from the rest.
	rm "$R/etc/containerd/conf.d/50-broken.toml"
	printf 'version = 2\n' | put "$CONFIG"
	must install containerd
	echo 'a = = b' >>"$R$CONFIG"
	refuses 1 'config.toml:[0-9]*:5: .*between' uninstall containerd
}

expect_names() { # NAMES DIRECTORY
	[ "$(ls "$2")" = "$1" ]
}

@test "containerd: a default that names us in a file that is not ours: uninstall does not leave it hanging" {
	printf 'version = 3\nimports = ["conf.d/*.toml"]\n' | put "$CONFIG"
	must install containerd
	printf 'version = 3\n[%s]\ndefault_runtime_name = "gotune"\n' "$V3" | put /etc/containerd/conf.d/10-mine.toml
	[ "$(state containerd runtime)" = 'present true' ]
	refuses 1 '10-mine.toml has default_runtime_name = "gotune"' uninstall containerd
	# With a handler of its own there the default stays good; that is by hand, and status says so.
	printf '[%s.runtimes.gotune]\nruntime_type = "io.containerd.runc.v2"\n[%s.runtimes.gotune.options]\nBinaryName = "%s"\n' "$V3" "$V3" "$RUNTIME" >>"$R/etc/containerd/conf.d/10-mine.toml"
	must uninstall containerd
	says '10-mine.toml still names a program of gotune'
	[ "$(default_of containerd runtime)" = 'foreign true /etc/containerd/conf.d/10-mine.toml' ]
}

@test "containerd 1.x: the table default_runtime is the default, and its options are ours" {
	root_of containerd-legacy-default-runtime
	refuses 1 'default_runtime, which containerd 1.x takes before' install containerd --default
	round_trip containerd
	must install containerd
	grep -qx '  SystemdCgroup = true' "$R$CONFIG"
	must uninstall containerd
	# One of a virtual machine is none to copy, and without a type it says nothing.
	sed -i 's/runc.v2/kata.v2/' "$R$CONFIG"
	must install containerd
	says 'default_runtime is of type io.containerd.kata.v2'
	[ "$(grep -c SystemdCgroup "$R$CONFIG")" = 1 ]
	must uninstall containerd
	sed -i '/runtime_type/d' "$R$CONFIG"
	round_trip containerd --default
}

@test "containerd: a default runtime that is a sandbox is not copied, whatever its type says" {
	local type program
	while read -r type program; do
		printf 'version = 2\n[%s]\ndefault_runtime_name = "box"\n[%s.runtimes.box]\nruntime_type = "%s"\nprivileged_without_host_devices = true\n[%s.runtimes.box.options]\nBinaryName = "%s"\n[%s.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n[%s.runtimes.runc.options]\nSystemdCgroup = true\n' \
			"$V2" "$V2" "$type" "$V2" "$program" "$V2" "$V2" | put "$CONFIG"
		must install containerd
		says 'handler gotune has the options of runc'
		sed -n '/gotune install containerd;/,$p' "$R$CONFIG" >"$BATS_TEST_TMPDIR/block"
		grep -qx '  SystemdCgroup = true' "$BATS_TEST_TMPDIR/block"
		lacks 'privileged_without' "$BATS_TEST_TMPDIR/block"
	done <<-'ROWS'
		io.containerd.kata.v2 /x
		io.containerd.runsc.v1 /x
		io.containerd.runc.v2 /usr/bin/kata-runtime
		io.containerd.runc.v2 /usr/local/bin/runsc
	ROWS
}

# --- files elsewhere ------------------------------------------------------------------------------

@test "containerd: another distribution's file is pointed out; where there is no other, nothing is written" {
	local path name
	while read -r name path; do
		new_root
		echo 'version = 3' | put "$path"
		refuses 1 "$name is here \\(.*no other containerd is configured" install containerd
		echo 'version = 3' | put "$CONFIG"
		must install containerd
		says "$name is here"
	done <<-'ROWS'
		k3s /var/lib/rancher/k3s/agent/etc/containerd/config.toml
		rke2 /var/lib/rancher/rke2/agent/etc/containerd/config.toml
		k0s /etc/k0s/containerd.toml
		microk8s /var/snap/microk8s/current/args/containerd-template.toml
	ROWS
}

@test "containerd: the file that its unit names" {
	local unit=/usr/lib/systemd/system/containerd.service
	while IFS='|' read -r name line want; do
		printf '[Service]\n%b\n' "$line" | put "$unit"
		must install containerd
		[ "$(default_of containerd runtime)" = "present false $want" ] || {
			echo "$name: $(default_of containerd runtime)"
			return 1
		}
		[ "$want" = "$CONFIG" ] || says "containerd reads $want: .* has --config"
		must uninstall containerd
		[ ! -e "$R$want" ]
	done <<-'ROWS'
		apart|ExecStart=/usr/bin/containerd --config /opt/c.toml|/opt/c.toml
		with =|ExecStart=/usr/bin/containerd --config=/opt/c.toml -l debug|/opt/c.toml
		short|ExecStart=-/usr/bin/containerd -c "/opt/c.toml"|/opt/c.toml
		by a variable|Environment=CONF=/opt/v.toml\nExecStart=/usr/bin/containerd --config ${CONF}|/opt/v.toml
		by variables|Environment="ARGS=-l info --config /opt/v.toml" A=b\nExecStart=/usr/bin/containerd $ARGS|/opt/v.toml
		over two lines|ExecStart=/usr/bin/containerd \\\\\n  --config /opt/c.toml|/opt/c.toml
		reset|ExecStart=/bin/containerd -c /opt/c.toml\nExecStart=\nExecStart=/bin/containerd|/etc/containerd/config.toml
		commented out|#ExecStart=/bin/containerd -c /opt/c.toml\nExecStart=/bin/containerd|/etc/containerd/config.toml
		dockerd's own|ExecStart=/bin/containerd --config /var/run/docker/containerd/containerd.toml|/etc/containerd/config.toml
	ROWS
	# A file of variables, and a drop-in that wins by its name, whatever directory it is in.
	printf '[Service]\nEnvironmentFile=-/etc/default/containerd\nExecStart=/usr/bin/containerd $OPTS\n' | put "$unit"
	printf '# x\nOPTS="--config /opt/f.toml"\n' | put /etc/default/containerd
	must install containerd
	says '/etc/default/containerd has --config'
	[ -e "$R/opt/f.toml" ]
	must uninstall containerd
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/containerd -c /opt/d.toml\n' | put /etc/systemd/system/containerd.service.d/c.conf
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/containerd -c /opt/z.toml\n' | put /run/systemd/system/containerd.service.d/z.conf
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/containerd -c /opt/e.toml\n' | put /usr/lib/systemd/system/containerd.service.d/c.conf
	must install containerd
	[ -e "$R/opt/z.toml" ]
	must uninstall containerd
	rm "$R/run/systemd/system/containerd.service.d/z.conf"
	must install containerd
	[ -e "$R/opt/d.toml" ]
}

@test "docker: the file that --config-file names, and flags from wherever dockerd gets them" {
	printf '[Service]\nEnvironmentFile=/etc/sysconfig/docker-extra\nExecStart=/usr/bin/dockerd $EXTRA\n' | put /lib/systemd/system/docker.service
	printf 'EXTRA="--config-file=/opt/daemon.json"\n' | put /etc/sysconfig/docker-extra
	echo '{"debug": true}' | put /opt/daemon.json
	must install docker
	says 'dockerd reads /opt/daemon.json: /etc/sysconfig/docker-extra has --config-file'
	is '.debug and .runtimes.gotune.path' /opt/daemon.json
	[ "$(default_of docker runtime)" = 'present false /opt/daemon.json' ]
	must uninstall docker
	is '. == {debug: true}' /opt/daemon.json
	printf 'EXTRA="--default-runtime nvidia"\n' | put /etc/sysconfig/docker-extra
	refuses 1 '/etc/sysconfig/docker-extra has --default-runtime' install docker --default
	printf 'EXTRA="--default-runtime=gotune"\n' | put /etc/sysconfig/docker-extra
	must install docker
	[ "$(state docker runtime)" = 'present true' ]
	refuses 1 'docker-extra has it.* would not start without that runtime' uninstall docker
	printf 'EXTRA="--add-runtime gotune=%s"\n' "$RUNTIME" | put /etc/sysconfig/docker-extra
	must uninstall docker
	[ "$(default_of docker runtime)" = 'foreign false /etc/sysconfig/docker-extra' ]
}

@test "docker: flags of /etc/sysconfig/docker" {
	root_of docker-sysconfig-default-runtime
	refuses 1 '/etc/sysconfig/docker has --default-runtime' install docker --default
	round_trip docker
}

# --- bytes and nulls ------------------------------------------------------------------------------

@test "docker: a byte order mark, and UTF-16 with one, are kept to the byte" {
	local file=$R/etc/docker/daemon.json encoding
	root_of docker-bom
	round_trip docker --default
	cp "$file" "$BATS_TEST_TMPDIR/bom"
	for encoding in UTF-16LE UTF-16BE; do
		(printf '\xEF\xBB\xBF' | iconv -f UTF-8 -t $encoding && printf '{\r\n  "log-driver": "journald",\r\n  "labels": ["\xC3\xBC\xF0\x9F\x90\xB3"]\r\n}\r\n' | iconv -f UTF-8 -t $encoding) >"$file"
		round_trip docker --default || {
			echo "$encoding"
			return 1
		}
		must install docker
		[ "$(iconv -f UTF-16 -t UTF-8 "$file" | jq -r '.runtimes.gotune.path, .labels[0]')" = "$RUNTIME"$'\n'ü🐳 ]
		# Changed since: still in its encoding.
		iconv -f UTF-16 -t UTF-8 "$file" | sed 's/journald/local/' >"$BATS_TEST_TMPDIR/edited"
		(printf '\xEF\xBB\xBF' && cat "$BATS_TEST_TMPDIR/edited") | iconv -f UTF-8 -t $encoding >"$file"
		must uninstall docker
		[ "$(iconv -f UTF-16 -t UTF-8 "$file" | jq -c .)" = '{"log-driver":"local","labels":["ü🐳"]}' ]
	done
	# Cut in the middle of a character; half a pair; a mark and nothing else.
	printf '\xff\xfe{\0}' >"$file"
	refuses 1 'daemon.json:1:1: begins as UTF-16 and is none' install docker
	printf '\xff\xfe{\0\x00\xd8}\0' >"$file"
	refuses 1 'begins as UTF-16 and is none' install docker
	printf '\xef\xbb\xbf' >"$file"
	round_trip docker
}

@test "containerd, podman and crio: a mark is kept, and UTF-16 is refused as what it is" {
	(printf '\xEF\xBB\xBF' && cat "$FIXTURES/containerd/kubeadm-systemd.toml") | put "$CONFIG"
	round_trip containerd --default
	printf '\xEF\xBB\xBF[engine]\nhooks_dir = ["/opt/h"]\n' | put /etc/containers/containers.conf
	must install podman
	grep -qF '"/opt/h"' "$R/etc/containers/containers.conf.d/99-gotune.conf"
	printf '\xff\xfev\0' | put "$CONFIG"
	refuses 1 'config.toml:1:1: is UTF-16' install containerd
	printf '\xff\xfev\0' | put /etc/crio/crio.conf
	refuses 1 'crio.conf:1:1: is UTF-16' install crio
}

@test "docker: a null is what dockerd takes it for: nothing" {
	local text
	root_of docker-runtimes-null
	round_trip docker
	round_trip docker --default
	while IFS= read -r text; do
		printf '%s' "$text" | daemon_json
		round_trip docker --default || {
			echo "with $text"
			return 1
		}
		must install docker --default
		is '.runtimes.gotune.path == "'"$RUNTIME"'" and .["default-runtime"] == "gotune"' /etc/docker/daemon.json
		must uninstall docker
	done <<-'ROWS'
		{"runtimes": {"gotune": null}}
		{"default-runtime": null, "runtimes": null}
		{ "runtimes" : null , "bip" : null }
		{"data-root": null}
	ROWS
	# Changed since: our object goes, null does not come back, and that is the same.
	printf '{"runtimes": null, "n": 1}' | daemon_json
	must install docker
	sed -i 's/"n": 1/"n": 2/' "$R/etc/docker/daemon.json"
	must uninstall docker
	is '.n == 2 and (.runtimes // {} | length == 0)' /etc/docker/daemon.json
}

# --- CRI-O ----------------------------------------------------------------------------------------

@test "crio: a default runtime that is a virtual machine is not copied" {
	root_of crio-vm-default
	round_trip crio
	must install crio
	says 'default runtime kata runs virtual machines'
	lacks '/run/vc\|privileged_without' "$R/etc/crio/crio.conf.d/99-gotune.conf"
	grep -qx '  runtime_root = "/run/runc"' "$R/etc/crio/crio.conf.d/99-gotune.conf"
	# By its program, and by the type pod; the table of crun is copied where there is one.
	printf '[crio.runtime.runtimes.kata]\nruntime_path = "/opt/kata/bin/kata-runtime"\nruntime_root = "/run/vc"\n[crio.runtime.runtimes.crun]\nruntime_root = "/run/crun"\n' | put /etc/crio/crio.conf.d/60.conf
	must install crio
	grep -qx '  runtime_root = "/run/crun"' "$R/etc/crio/crio.conf.d/99-gotune.conf"
}

@test "crio: ours is the last word, by a later name, or is refused" {
	# A name with any ending, and a directory, are read as well.
	printf '[crio.runtime]\ndefault_runtime = "x"\n[crio.runtime.runtimes.x]\nruntime_root = "/run/x"\n' | put /etc/crio/crio.conf.d/99-z/file.bak
	round_trip crio --default
	must install crio --default
	[ "$(default_of crio runtime)" = 'present true /etc/crio/crio.conf.d/99-zz-gotune.conf' ]
	grep -qx '  runtime_root = "/run/x"' "$R/etc/crio/crio.conf.d/99-zz-gotune.conf"
	# A table is replaced as a whole: of runc only what the last file says counts.
	must uninstall crio
	printf '[crio.runtime]\ndefault_runtime = "runc"\n[crio.runtime.runtimes.runc]\nruntime_root = "/a"\nmonitor_path = "/m"\n' | put /etc/crio/crio.conf
	printf '[crio.runtime.runtimes.runc]\nruntime_root = "/b"\n' | put /etc/crio/crio.conf.d/50.conf
	rm -r "$R/etc/crio/crio.conf.d/99-z"
	must install crio
	grep -qx '  runtime_root = "/b"' "$R/etc/crio/crio.conf.d/99-gotune.conf"
	lacks monitor_path "$R/etc/crio/crio.conf.d/99-gotune.conf"
	# Another one with the handler's own name comes behind every name of ours.
	printf '[crio.runtime.runtimes.gotune]\nruntime_path = "/x"\n' | put /etc/crio/crio.conf.d/zzzzz.conf
	[ "$(state crio runtime)" = 'shadowed false' ]
	must uninstall crio
	refuses 1 'zzzzz.conf would have the last word' install crio
}

@test "crio: a foreign default that names us is not left hanging; hooks_dir without our directory is said" {
	must install crio
	printf '[crio.runtime]\ndefault_runtime = "gotune"\n' | put /etc/crio/crio.conf.d/10.conf
	[ "$(state crio runtime)" = 'present true' ]
	refuses 1 '10.conf has default_runtime = "gotune"' uninstall crio
	printf '[crio.runtime]\nhooks_dir = ["/etc/hooks"]\n' | put /etc/crio/crio.conf.d/10.conf
	[ "$(state crio hook)" = 'shadowed false' ]
	must uninstall crio
	must install crio
	says '10.conf sets hooks_dir without /usr/share/containers/oci/hooks.d'
}

@test "crio: what is ours goes, whatever is wrong with another file" {
	must install crio
	printf 'x = \n' | put /etc/crio/crio.conf.d/10.conf
	[ "$(state crio runtime)" = 'broken false' ]
	must uninstall crio
	[ ! -e "$R/etc/crio/crio.conf.d/99-gotune.conf" ]
	# The other file may name us: nobody can say.
	[ "$(state crio runtime)" = 'broken false' ]
	refuses 1 '10.conf:1:' install crio
}

@test "crio: the files that its unit names" {
	printf '[Service]\nEnvironmentFile=-/etc/sysconfig/crio\nExecStart=/usr/bin/crio $CRIO_CONFIG_OPTIONS\n' | put /usr/lib/systemd/system/crio.service
	printf 'CRIO_CONFIG_OPTIONS="--config /opt/crio.conf -d /opt/crio.d"\n' | put /etc/sysconfig/crio
	printf '[crio.runtime]\ndefault_runtime = "runc"\n[crio.runtime.runtimes.runc]\nruntime_root = "/opt/run"\n' | put /opt/crio.conf
	round_trip crio
	must install crio
	grep -qx '  runtime_root = "/opt/run"' "$R/opt/crio.d/99-gotune.conf"
}

# --- Podman ---------------------------------------------------------------------------------------

@test "podman: a default of crun is not lost without a word" {
	root_of podman-default-was-crun
	must install podman --way runtime --default
	says 'default runtime was crun.*"runtimes": \["crun"\]'
	must uninstall podman
	# The policy has it first: nothing to say. Nor where it is the only one that is there.
	echo '{"version": 1, "runtimes": ["crun", "runc"]}' | put /etc/gotune/policy.json
	must install podman --way runtime --default
	[[ $output != *'default runtime was'* ]]
	must uninstall podman
	rm "$R/etc/gotune/policy.json"
	install -D -m 755 /dev/null "$R/usr/bin/crun"
	must install podman --way runtime --default
	[[ $output != *'default runtime was'* ]]
	# The built-in default is crun where it is installed.
	must uninstall podman
	rm "$R/etc/containers/containers.conf"
	install -D -m 755 /dev/null "$R/usr/bin/runc"
	must install podman --way runtime --default
	says 'default runtime was crun'
}

@test "docker, containerd and crio: another default of before is named, with what to write" {
	echo '{"default-runtime": "quick", "runtimes": {"quick": {"path": "/opt/bin/crun"}}}' | daemon_json
	must install docker --default
	says 'default runtime was quick, which runs /opt/bin/crun.*"runtimes": \["/opt/bin/crun"\]'
	printf 'version = 2\n[%s]\ndefault_runtime_name = "nv"\n[%s.runtimes.nv]\nruntime_type = "io.containerd.runc.v2"\n[%s.runtimes.nv.options]\nBinaryName = "/usr/bin/nvidia-container-runtime"\n' "$V2" "$V2" "$V2" | put "$CONFIG"
	must install containerd
	says 'default runtime was nv, which runs /usr/bin/nvidia-container-runtime'
	install -D "$FIXTURES/crio/crio.conf" "$R/etc/crio/crio.conf"
	must install crio
	says 'default runtime was crun'
}

@test "podman: newer ones read the vendor's drop-ins too, by name, and of the main files only one" {
	local dir=/usr/share/containers/containers.conf.d
	printf '[engine]\nhooks_dir = ["/vendor"]\n' | put $dir/50-vendor.conf
	round_trip podman
	must install podman
	grep -qxF "hooks_dir = [\"/vendor\", \"$HOOKS_D\"]" "$R/etc/containers/containers.conf.d/99-gotune.conf"
	must uninstall podman
	# Behind ours by its name, though in the vendor's directory.
	mv "$R$dir/50-vendor.conf" "$R$dir/99-vendor.conf"
	must install podman
	[ "$(default_of podman precreate)" = 'present true /etc/containers/containers.conf.d/99-zz-gotune.conf' ]
	must uninstall podman
	# Masked by one of the same name, whatever that says.
	printf '[engine]\n' | put /etc/containers/containers.conf.d/99-vendor.conf
	must install podman
	grep -qxF "hooks_dir = [\"/usr/share/containers/oci/hooks.d\", \"$HOOKS_D\"]" "$R/etc/containers/containers.conf.d/99-gotune.conf"
	# For root alone, and behind every name of ours: refused.
	printf '[engine]\nhooks_dir = ["/root-only"]\n' | put /etc/containers/containers.rootful.conf.d/zzzzz.conf
	[ "$(state podman precreate)" = 'shadowed false' ]
	must uninstall podman
	refuses 1 'containers.rootful.conf.d/zzzzz.conf would have the last word' install podman
	# The administrator's file hides the vendor's.
	rm "$R/etc/containers/containers.rootful.conf.d/zzzzz.conf"
	printf '[engine]\nhooks_dir = ["/hidden"]\n' | put /usr/share/containers/containers.conf
	printf '[engine]\nruntime = "runc"\n' | put /etc/containers/containers.conf
	must install podman
	lacks hidden "$R/etc/containers/containers.conf.d/99-gotune.conf"
}

@test "podman: lists that add, a default behind ours, what root has at home, and modules" {
	# {append=true} counts for the files behind it, until one says otherwise.
	printf '[engine]\nhooks_dir = ["/a", {append=true}]\n' | put /etc/containers/containers.conf.d/10.conf
	printf '[engine]\nhooks_dir = ["/b"]\n' | put /etc/containers/containers.conf.d/99-z.conf
	must install podman
	[ "$(default_of podman precreate)" = 'present true /etc/containers/containers.conf.d/99-gotune.conf' ]
	printf '[engine]\nhooks_dir = ["/b", {append=false}]\n' | put /etc/containers/containers.conf.d/99-z.conf
	[ "$(state podman precreate)" = 'shadowed false' ]
	must install podman
	[ "$(default_of podman precreate)" = 'present true /etc/containers/containers.conf.d/99-zz-gotune.conf' ]
	must uninstall podman
	printf '[engine]\nruntime = "youki"\n' | put /etc/containers/containers.conf.d/99-z.conf
	must install podman --way runtime --default
	[ "$(default_of podman runtime)" = 'present true /etc/containers/containers.conf.d/99-zz-gotune.conf' ]
	must uninstall podman
	printf '[engine]\nruntime = "kata"\n' | put /root/.config/containers/containers.conf
	refuses 1 '/root/.config/containers/containers.conf would have the last word' install podman --way runtime --default
	rm "$R/root/.config/containers/containers.conf"
	printf '[engine]\nhooks_dir = ["/m"]\nruntime = "crun"\n' | put /etc/containers/containers.conf.modules/fast.conf
	must install podman
	says 'module /etc/containers/containers.conf.modules/fast.conf sets hooks_dir anew'
}

@test "podman: a foreign default that names us is not left hanging, and what is left is said" {
	must install podman --way runtime
	printf '[engine]\nruntime = "gotune"\n' | put /etc/containers/containers.conf
	[ "$(state podman runtime)" = 'present true' ]
	refuses 1 '/etc/containers/containers.conf has runtime = "gotune"' uninstall podman
	printf '[engine]\nruntime = "gotune"\n[engine.runtimes]\ngotune = ["%s"]\n' "$RUNTIME" | put /etc/containers/containers.conf
	must uninstall podman
	[ "$(default_of podman runtime)" = 'foreign true /etc/containers/containers.conf' ]
}

# --- make uninstall -------------------------------------------------------------------------------

still_named() {
	"$GOTUNE" status --root "$R" --format json | awk -f contrib/still-named
}

@test "make uninstall asks every file that counts: which, and what to do" {
	run still_named
	[ "$status" = 0 ] && [ -z "$output" ]
	must install docker
	printf '[engine]\nruntime = "gotune"\n[engine.runtimes]\ngotune = ["%s"]\n' "$RUNTIME" | put /etc/containers/containers.conf
	run still_named
	[ "$status" = 1 ]
	[[ $output == *"uninstall: /etc/docker/daemon.json names gotune: gotune uninstall docker --way runtime"* ]]
	[[ $output == *"uninstall: /etc/containers/containers.conf names gotune, and gotune install did not write that"* ]]
	must uninstall docker
	printf 'version = 2\nimports = ["conf.d/*.toml"]\n' | put "$CONFIG"
	must install containerd
	printf 'version = 2\n[%s.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n' "$V2" | put /etc/containerd/conf.d/x.toml
	run still_named
	[ "$status" = 1 ]
	[[ $output == *"gotune uninstall containerd --way runtime"* ]]
}

# refused_because PATTERN...: make uninstall is, for these reasons, a line each, and no others.
refused_because() {
	local pattern n=0
	run still_named
	[ "$status" = 1 ]
	[[ ${lines[-1]} == *'so nothing was removed' ]]
	for pattern in "$@"; do
		[[ ${lines[n]} =~ $pattern ]] || {
			echo "does not say $pattern: $output"
			return 1
		}
		n=$((n + 1))
	done
	[ "${#lines[@]}" = $((n + 1)) ]
}

# Rows: an engine, a configuration of a real machine, its place, what breaks it, how it is told.
@test "make uninstall refuses when an engine's file is broken: it may name us" {
	local engine real file line says
	while IFS='|' read -r engine real file line says; do
		new_root
		put "$file" <"$FIXTURES/$real"
		run still_named
		[ "$status" = 0 ] && [ -z "$output" ]
		printf '%s\n' "$line" >>"$R$file"
		refused_because "^uninstall: $says.*; $engine may name gotune: fix that file, then run this again\$"
		# Also where it does name us, as after an install.
		put "$file" <"$FIXTURES/$real"
		must install "$engine"
		printf '%s\n' "$line" >>"$R$file"
		run still_named
		[ "$status" = 1 ]
		says "uninstall: $says.*; $engine may name gotune: fix"
		put "$file" <"$FIXTURES/$real"
	done <<-'ROWS'
		docker|docker/log-driver.json|/etc/docker/daemon.json|}|/etc/docker/daemon.json:[0-9]+:
		podman|podman/containers.conf|/etc/containers/containers.conf|a = = b|/etc/containers/containers.conf:[0-9]+:5:
		crio|crio/crio.conf|/etc/crio/crio.conf|a = = b|/etc/crio/crio.conf:[0-9]+:5:
		containerd|containerd/debian-12.toml|/etc/containerd/config.toml|a = = b|/etc/containerd/config.toml:[0-9]+:5:
	ROWS
}

@test "make uninstall refuses when a drop-in is broken, and not for a broken policy" {
	printf 'version = 2\nimports = ["conf.d/*.toml"]\n' | put "$CONFIG"
	printf 'x = \n' | tee >(put /etc/containerd/conf.d/10.toml) >(put /etc/crio/crio.conf.d/10.conf) |
		put /etc/containers/containers.conf.d/10.conf
	refused_because '/containers.conf.d/10.conf:1:.*; podman may name gotune' '/crio.conf.d/10.conf:1:.*; crio may name gotune' \
		'/conf.d/10.toml:1:.*; containerd may name gotune'
	# A policy names no program.
	new_root
	must install cdi
	printf '{' | put /etc/gotune/policy.json
	refused_because '/etc/cdi/gotune.json names gotune'
	must uninstall cdi
	run still_named
	[ "$status" = 0 ]
}

@test "make uninstall itself: nothing goes while an engine's file is broken, or when status says nothing" {
	[ "$(id -u)" = 0 ] || skip 'needs root: it gets an /etc of its own'
	local etc=$R/etc usr=$BATS_TEST_TMPDIR/usr
	mkdir -p "$etc" "$usr/bin"
	cp -a /etc/passwd /etc/group /etc/alternatives "$etc/"
	[ ! -e /etc/ld.so.cache ] || cp -a /etc/ld.so.cache "$etc/"
	cp "$GOTUNE" "$usr/bin/gotune"
	uninstall() {
		run env -u MAKEFLAGS -u MFLAGS timeout -k 5 60 unshare -m -p --fork --mount-proc --propagation private bash -c '
			mount --bind "$1" /etc && make -s uninstall BUILD="$2" PREFIX="$3"' uninstall "$etc" "$BUILD" "$usr"
	}
	daemon_json <"$FIXTURES/docker/log-driver.json"
	echo '}' >>"$R/etc/docker/daemon.json"
	uninstall
	[ "$status" != 0 ]
	says '/etc/docker/daemon.json:.* docker may name gotune'
	[ -x "$usr/bin/gotune" ]
	daemon_json <"$FIXTURES/docker/log-driver.json"
	printf '#!/bin/sh\nexit 2\n' >"$usr/bin/gotune"
	uninstall
	[ "$status" != 0 ]
	says 'gotune status does not say'
	[ -x "$usr/bin/gotune" ]
	cp "$GOTUNE" "$usr/bin/gotune"
	uninstall
	[ "$status" = 0 ]
	[ ! -e "$usr/bin/gotune" ]
}
