# shellcheck shell=bash
# Root file systems made of Debian's own packages: apt-get downloads them with what they depend on, dpkg-deb
# unpacks them. Nothing is installed into this machine, and no script of a package runs.
#
# PACKAGE_CACHE holds the .deb files and the layers that are unpacked for longer than one run:
# GOTUNE_ROOTFS_CACHE, by default /var/cache/gotune-rootfs. It may be removed at any time.

PACKAGE_CACHE=${GOTUNE_ROOTFS_CACHE:-${XDG_CACHE_HOME:-/var/cache}/gotune-rootfs}

# packages_open DIR: what apt needs besides its lists: a status in which nothing is installed, below DIR.
packages_open() {
	APT_DIR=$1/apt
	mkdir -p "$APT_DIR/none/partial" "$PACKAGE_CACHE"/{debs/partial,layers,needs} && : >"$APT_DIR/status"
}

has_lists() {
	[ -n "$(find /var/lib/apt/lists -name '*_Packages*' -print -quit 2>/dev/null)" ]
}

# Why there can be no packages here, or nothing. Lists are fetched where there are none.
no_packages() {
	if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
		echo 'no apt-get and dpkg-deb here: the roots are made of Debian packages'
	elif ! has_lists && ! apt-get -qq update </dev/null >/dev/null 2>&1; then
		echo 'apt has no lists of packages, and apt-get update failed'
	fi
}

# apt_alone OPTION...: apt-get as on a machine where nothing is installed, asking no lock of this one's.
apt_alone() {
	timeout 300 apt-get -qq -y --no-install-recommends -o Debug::NoLocking=1 -o Dir::State::status="$APT_DIR/status" \
		-o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# deb_files PACKAGE...: the names of the .deb files of these packages and of all that they depend on. Kept for
# these lists of apt's: it takes apt-get seconds to say.
deb_files() {
	local known new
	known=$PACKAGE_CACHE/needs/$(sha256sum <<<"$* $(stat -c %Y /var/lib/apt/lists /etc/apt/sources.list* 2>/dev/null | xargs)" | cut -c 1-16)
	[ -s "$known" ] || {
		new=$(mktemp "$known.XXXXXX") || return 1
		apt_alone -o Dir::Cache::archives="$APT_DIR/none" --print-uris install "$@" 2>/dev/null |
			sed -n "s/^'[^']*' \([^ ]*\.deb\) .*/\1/p" | sort >"$new"
		mv "$new" "$known"
	}
	cat "$known"
}

# Are all these files in the cache?
have_debs() {
	local file
	for file in "$@"; do
		[ -s "$PACKAGE_CACHE/debs/$file" ] || return 1
	done
}

# download PACKAGE...: what deb_files says is in the cache.
download() {
	local files
	files=$(deb_files "$@")
	# shellcheck disable=SC2086 # a list of names
	! have_debs $files || return 0
	flock "$PACKAGE_CACHE/debs" "$BASH" -c "$(declare -f apt_alone); APT_DIR=\$1 archives=\$2; shift 2
		apt_alone -o APT::Keep-Downloaded-Packages=1 -o Dir::Cache::archives=\$archives --download-only install \"\$@\"" \
		download "$APT_DIR" "$PACKAGE_CACHE/debs" "$@" >"$APT_DIR/log.$BASHPID" 2>&1
}

# The same after apt-get update: lists of long ago name versions that are gone.
download_anew() {
	apt-get -qq update </dev/null >/dev/null 2>&1 && download "$@"
}

# unpack DIR FILE...: the files of the cache, into a root whose /bin, /sbin and /lib are those of /usr, as in
# every layer, so that none hides another's.
unpack() {
	local dir=$1 file
	shift
	mkdir -p "$dir"/usr/{bin,sbin,lib,lib64}
	for file in bin sbin lib lib64; do
		[ -e "$dir/$file" ] || ln -s "usr/$file" "$dir/$file"
	done
	for file in "$@"; do
		dpkg-deb --fsys-tarfile "$PACKAGE_CACHE/debs/$file" | tar -x --keep-directory-symlink -C "$dir" || return 1
	done
}

# layer PACKAGE...: prints the directory of the cache in which these packages are unpacked with all that they
# depend on; makes it, once for these versions.
layer() {
	local files dir
	files=$(deb_files "$@") && [ -n "$files" ] || return 1
	dir=$PACKAGE_CACHE/layers/$(sha256sum <<<"$files" | cut -c 1-16)
	if [ ! -d "$dir" ]; then
		download "$@" || download_anew "$@" || return 1
		files=$(deb_files "$@")
		dir=$PACKAGE_CACHE/layers/$(sha256sum <<<"$files" | cut -c 1-16)
		rm -rf "$dir.new.$$" # of a run that was ended
		# shellcheck disable=SC2086 # a list of names
		unpack "$dir.new.$$" $files && printf '%s\n' "$files" >"$dir.files" && mv -T "$dir.new.$$" "$dir" || return 1
	fi
	printf '%s\n' "$dir"
}
