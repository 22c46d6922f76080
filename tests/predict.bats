#!/usr/bin/env bats
# What gotune explain expects a shell, a script or a launcher to run at last, on entrypoints of many
# shapes. A prediction may be missing, but never be of another program.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build} PROGRAMS=$BATS_FILE_TMPDIR/programs
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune
	mkdir "$PROGRAMS"
	zstd -dc tests/fixtures/go-elf.tar.zst | tar -C "$PROGRAMS" -xf - ./hello-1.19-amd64-default ./neg-gcc12-amd64
}

setup() {
	T=$BATS_TEST_TMPDIR R=$BATS_TEST_TMPDIR/b/rootfs
	mkdir -p "$R/bin" "$R/srv" "$R/opt/v2"
	program c /bin/busybox /bin/bash /bin/sh /bin/env
	environment=()
}

# program go|c PATH...: files of their own, as hard links would be one program.
program() {
	local from=$PROGRAMS/hello-1.19-amd64-default p
	[ "$1" = go ] || from=$PROGRAMS/neg-gcc12-amd64
	for p in "${@:2}"; do
		mkdir -p "$R${p%/*}"
		cp --remove-destination "$from" "$R$p"
	done
}

# script PATH: the text is on stdin.
script() {
	mkdir -p "$R${1%/*}"
	cat >"$R$1"
	chmod 755 "$R$1"
}

# decide ARG...: explains a container with these arguments.
decide() {
	jq -n '{ociVersion: "1.0.2", root: {path: "rootfs"}, process: {args: $ARGS.positional, cwd: "/srv",
		env: ["PATH=/usr/local/bin:/usr/bin:/bin"], user: {uid: 0, gid: 0}},
		linux: {resources: {cpu: {quota: 150000, period: 100000}}}}' --args -- "$@" |
		jq '.process.env += $ARGS.positional' --args -- "${environment[@]}" >"$T/b/config.json"
	run --separate-stderr "$GOTUNE" explain --format json "$T/b"
	[ "$status" -eq 0 ] || {
		echo "exit $status: ${stderr:-}" # set by run
		return 1
	}
}

# expect WANT ARG...: WANT is "KIND PATH", "certain PATH", or "at-exec".
expect() {
	local want=$1 got
	shift
	decide "$@"
	got=$(jq -r '.program | if .note == "at-exec" then "at-exec"
		elif .predicted then .kind + " " + .path else "certain " + .path end | sub("/[.]/"; "/")' <<<"$output")
	[ "$got" = "$want" ] || {
		echo "$*: got '$got', not '$want'"
		return 1
	}
}

@test "certain: an ELF file, and what launchers have among their arguments" {
	program go /bin/app
	program c /bin/tini /bin/su-exec /bin/nice
	expect 'certain /bin/app' app -v
	expect 'certain /bin/app' /bin/tini -- su-exec nobody nice -n 5 /bin/app
	expect at-exec busybox true # an applet is busybox, which may be any
}

@test "predicted: a text is shown with its chain, and its settings are those of the program" {
	program go /bin/app
	script /entry.sh <<<'exec app "$@"'
	sed -i '1i #!/bin/sh' "$R/entry.sh"
	decide sh -c /entry.sh
	[ "$(jq -r '.program | "\(.predicted) \(.via)"' <<<"$output")" = 'true sh; entry.sh; ' ]
	[ "$(jq -r '.settings[] | select(.name == "GOMAXPROCS").reason' <<<"$output")" != at-exec ]
	run "$GOTUNE" explain "$T/b"
	[[ $output == *'decided at exec; probably /bin/app (via sh; entry.sh)'* ]]
	[[ ${output//$'\n'/ } == *'decides when it is executed'* ]]
	decide app
	[ "$(jq -r '.program | "\(.predicted) \(.via)"' <<<"$output")" = 'false null' ]
}

@test "predicted: what a script exports is the user's" {
	program go /bin/app
	program c /bin/tini
	expect 'go /bin/app' sh -c 'export GOMAXPROCS=7; exec app'
	[ "$(jq -r '.settings[] | select(.name == "GOMAXPROCS").reason' <<<"$output")" = already-set ]
	expect at-exec sh -c 'export GOMAXPROCS=$(nproc); exec app'
	expect 'go /bin/app' sh -c 'GOMAXPROCS=3 exec tini -- app'
}

@test "decided at exec: supervisors, interpreters, shells alone" {
	program go /bin/app
	program c /bin/s6-svscan /bin/runsvdir /bin/python3.11 /bin/supervisord
	expect at-exec /bin/s6-svscan /etc/s6
	expect at-exec runsvdir -P /etc/service
	expect at-exec python3.11 /app.py
	expect at-exec supervisord -n
	expect at-exec sh
	run "$GOTUNE" explain "$T/b"
	[[ $output == *'decided at exec; first /bin/sh'* ]]
	script /entry.py <<<'#!/usr/bin/python3'
	expect at-exec /entry.py
}

@test "a data store's image: an option is given to the server, which runs as another user" {
	program go /usr/local/bin/stored
	program c /bin/su-exec /bin/chown /bin/find
	script /docker-entrypoint.sh <<-'SH'
		#!/bin/sh
		set -e
		# an option, or a file of settings
		if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
			set -- stored "$@"
		fi
		if [ "$1" = 'stored' -a "$(id -u)" = '0' ]; then
			find . \! -user store -exec chown store '{}' +
			exec su-exec store "$0" "$@"
		fi
		um="$(umask)"
		if [ "$um" = '0022' ]; then
			umask 0077
		fi
		exec "$@"
	SH
	expect 'go /usr/local/bin/stored' /docker-entrypoint.sh stored
	expect 'go /usr/local/bin/stored' /docker-entrypoint.sh --save 60
	expect at-exec /docker-entrypoint.sh sh
}

@test "a queue's image: functions, arrays, here-documents, and one exec" {
	program go /opt/q/bin/qd
	script /usr/local/bin/run <<-'SH'
		#!/usr/bin/env bash
		set -euo pipefail
		declare -A seen=([a]=1)
		opts=(--data /var/q)
		conf() {
			local k=$1 v=${2:-}
			while IFS= read -r line; do
				case "$line" in
				"$k="*) return 0 ;;
				\#*) continue ;;
				esac
			done < <(printf '%s\n' "${v}")
			cat >>/etc/q.conf <<-EOF
				$k = ${v//x/y}
				exec /bin/decoy
			EOF
		}
		for n in A B; do [[ -n ${!n:-} && $n != "B" ]] && conf "$n" "${!n}"; done
		if (( ${#opts[@]} > 1 )); then opts+=("-v"); fi
		Q_HOME=/opt/q
		trap 'kill $(jobs -p) 2>/dev/null || :' EXIT
		exec "${Q_HOME}/bin/qd" "${opts[@]}" "$@" 2>&1
	SH
	program go /bin/decoy
	expect 'go /opt/q/bin/qd' run -x
}

@test "a web server's image in Go: a subcommand that is no program, and one that is" {
	program go /usr/bin/webd
	script /entrypoint <<-'SH'
		#!/bin/sh
		case "$1" in
			serve|check) set -- webd "$@" ;;
			-*) set -- webd serve "$@" ;;
		esac
		exec "$@"
	SH
	expect 'go /usr/bin/webd' /entrypoint serve
	expect 'go /usr/bin/webd' /entrypoint -p 80
	program c /usr/bin/serve
	expect at-exec /entrypoint serve
}

@test "an exporter's CMD: shell form, with and without exec, in the background" {
	program go /srv/exporter
	expect 'go /srv/exporter' /bin/sh -c './exporter --port $PORT'
	expect 'go /srv/exporter' sh -c 'mkdir -p /data && ./exporter'
	expect 'go /srv/exporter' sh -c './exporter & wait $!'
	expect 'go /srv/exporter' sh -c 'cd /srv; exec ./exporter >/log 2>&1'
	expect 'go /srv/exporter' bash -c 'exec -a x ./exporter'
	expect at-exec sh -c 'exec $EXPORTER'
	expect at-exec sh -c 'exec busybox httpd'
}

@test "an agent's image: roles that are not all there, and that are" {
	program go /bin/agent
	script /start <<-'SH'
		#!/bin/sh
		if [ "$ROLE" = proxy ]; then
			exec proxyd
		fi
		exec agent run
	SH
	expect 'go /bin/agent' /start
	program c /bin/proxyd
	expect at-exec /start
}

@test "a build pack's image, and others that a launcher in Go starts" {
	program go /srv/server
	cat >"$T/elf.py" <<-'PY'
		import struct, sys
		def n(v): return bytes([v]) if v < 128 else bytes([v & 127 | 128, v >> 7])
		s, e = bytes.fromhex("3077af0c9274080241e1c107e6d618e6"), bytes.fromhex("f932433186182072008242104116d8f2")
		m = s + ("path\t%s\nmod\tx\t(devel)\t\n" % sys.argv[2]).encode() + e
		b = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16) + n(8) + b"go1.22.1" + n(len(m)) + m
		h = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0)
		p = struct.pack("<IIQQQQQQ", 1, 6, 0, 4194304, 4194304, 128 + len(b), 128 + len(b), 4096)
		open(sys.argv[1], "wb").write((h + p).ljust(128, b"\0") + b)
	PY
	launcher() {
		python3 "$T/elf.py" "$R/launch" "$1"
		chmod 755 "$R/launch"
	}
	launcher github.com/buildpacks/lifecycle/cmd/launcher
	expect 'go /srv/server' /launch -- /srv/server
	expect at-exec /launch web
	launcher github.com/argoproj/argo-workflows/v3/cmd/argoexec
	expect 'go /srv/server' /launch emissary --loglevel info -- /srv/server x
	launcher github.com/tianon/gosu
	expect 'go /srv/server' /launch nobody ./server
	launcher github.com/ochinchina/supervisord
	expect at-exec /launch -c /etc/s.conf
	launcher example.com/own
	expect 'certain /launch' /launch -- /srv/server
}

@test "what the environment makes a shell run ends the prediction" {
	program go /bin/app
	environment=('BASH_ENV=/x')
	expect at-exec bash -c 'exec app'
	environment=('ENV=/x')
	expect at-exec sh -c 'exec app'
	environment=('BASH_FUNC_mkdir%%=() {  exec /bin/x
}')
	expect at-exec bash -c 'mkdir /y; exec app'
	environment=('SHELLOPTS=noexec')
	expect at-exec bash -c 'exec app'
	expect 'certain /bin/app' app
	environment=('MY_ENV=/x')
	expect 'go /bin/app' bash -c 'exec app'
	environment=()
	expect at-exec env BASH_ENV=/x bash -c 'exec app'
	expect at-exec bash -c 'export BASH_ENV=/x; exec bash -c "exec app"'
}

@test "what a script hides ends the prediction" {
	program go /bin/app /bin/decoy
	program c /bin/real
	for text in '. /etc/x; exec app' 'eval "$X"; exec app' 'PATH=/opt/v2:$PATH; exec app' \
		'false && exec decoy; exec real' 'if false; then exec decoy; fi; exec real' \
		'f() { exec decoy; }; exec real' '(exec decoy); exec real' 'exec $X || exec app' \
		'alias exec=x; exec app' 'exec "$1"' 'f() { exec "$@"; }; f real "$@"' 'real; decoy'; do
		expect at-exec sh -c "$text" sh decoy
	done
	expect at-exec bash -lc 'exec app'
	expect at-exec bash --login /bin/x
	expect at-exec sh -ic 'exec app'
	expect 'other /bin/real' sh -c 'cat <<X; exec real
exec decoy
X
'
}

@test "a script that starts itself again, as another user, or for ever" {
	program go /bin/app
	program c /bin/gosu
	script /e <<-'SH'
		#!/bin/bash
		[ "$(id -u)" = 0 ] && exec gosu app "$BASH_SOURCE" "$@"
		exec app
	SH
	expect 'go /bin/app' /e
	script /loop <<-'SH'
		#!/bin/sh
		exec /loop
	SH
	expect at-exec /loop
}

@test "a prediction of what does not exist is none" {
	expect at-exec sh -c 'exec nothing'
	expect at-exec sh -c 'exec /srv'
	expect at-exec sh /nothing.sh
}
