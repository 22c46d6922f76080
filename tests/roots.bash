# shellcheck shell=bash
# Roots of a test's own, in which `gotune install`, uninstall and status work: what tests/install.bats
# and tests/registrations.bats share.
# shellcheck disable=SC2154 # status, output and stderr are set by run

open_roots() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build} FIXTURES=$PWD/tests/fixtures/engines
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune
	# Where this build says that its programs are.
	local empty=$BATS_FILE_TMPDIR/empty message
	mkdir "$empty"
	message=$("$GOTUNE" install docker --root "$empty" 2>&1 || :)
	RUNTIME=$(sed -n "s|.*cannot open $empty\(/[^:]*\):.*|\1|p" <<<"$message")
	message=$("$GOTUNE" install cdi --root "$empty" 2>&1 || :)
	HOOK=$(sed -n "s|.*cannot open $empty\(/[^:]*\):.*|\1|p" <<<"$message")
	HOOKS_D=${RUNTIME%/bin/*}/share/gotune/podman-hooks.d
	export RUNTIME HOOK HOOKS_D
	[ -n "$RUNTIME" ] && [ -n "$HOOK" ]
	# Directories that install made are known by an extended attribute: where there are none, they
	# are left, and that is all that is forgiven.
	XATTR=yes
	setfattr -n user.gotune.probe -v 1 "$empty" 2>/dev/null || XATTR=no
	export XATTR
}

needs_xattr() {
	[ "$XATTR" = yes ] || skip "$BATS_FILE_TMPDIR has no user extended attributes"
}

open_root() {
	cd "$BATS_TEST_DIRNAME/.." || return
	unset NO_COLOR
	R=$BATS_TEST_TMPDIR/root
	new_root
}

# A root with nothing but our programs.
new_root() {
	rm -rf "$R"
	install -D -m 755 /dev/null "$R$RUNTIME"
	install -D -m 755 /dev/null "$R${RUNTIME%/*}/gotune-nri"
	install -D -m 755 /dev/null "$R$HOOK"
	install -D -m 644 /dev/null "$R$HOOKS_D/gotune-precreate.json"
}

gotune() { # COMMAND [ARGUMENT]...
	run --separate-stderr "$GOTUNE" "$@" --root "$R"
}

# As gotune, and it has to succeed.
must() {
	gotune "$@"
	[ "$status" = 0 ] || {
		echo "gotune $*: status $status: $output ${stderr:-}"
		return 1
	}
}

# Everything below the root: names, modes, owners and bytes.
snapshot() {
	local what=()
	[ "$XATTR" = yes ] || what=(! -type d)
	(cd "$R" && find . "${what[@]}" -printf '%p %m %U:%G %l\n' | sort && find . -type f -print0 | sort -z |
		xargs -0 sha256sum)
}

# install, again, and uninstall of ENGINE: in the end all is what it was; twice is once.
round_trip() { # ENGINE [OPTION]...
	local before after
	before=$(snapshot)
	must install "$@"
	after=$(snapshot)
	[ "$before" != "$after" ] || {
		echo "install $* changed nothing"
		return 1
	}
	must install "$@"
	if [[ $output != *"nothing to change"* || $(snapshot) != "$after" ]]; then
		echo "a second install $*: $output"
		return 1
	fi
	must uninstall "$1"
	diff <(echo "$before") <(snapshot)
}

# Refuses with STATUS and a message that matches PATTERN, and leaves everything as it was.
refuses() { # STATUS PATTERN COMMAND [ARGUMENT]...
	local want=$1 pattern=$2 before
	shift 2
	before=$(snapshot)
	gotune "$@"
	if [[ $status != "$want" || ! ${stderr:-} =~ $pattern ]]; then
		echo "gotune $*: status $status: ${stderr:-}"
		return 1
	fi
	diff <(echo "$before") <(snapshot)
}

put() { # PATH: standard input
	install -D -m 644 /dev/stdin "$R$1"
}

daemon_json() { put /etc/docker/daemon.json; }

is() { # JQ-FILTER FILE
	jq -e "$1" "$R$2" >/dev/null || {
		echo "not so: $1"
		cat "$R$2"
		return 1
	}
}

state() { # ENGINE WAY
	"$GOTUNE" status "$1" --root "$R" --format json |
		jq -r --arg w "$2" '.registrations[] | select(.way == $w) | "\(.state) \(.default)"'
}
