# shellcheck shell=bash disable=SC2034 # LOWER is for the script that sources this
# The tables of shapes, tests/fixtures/entrypoints/CLASS.shapes, and the root file systems that they are
# about. A shape is its lines up to the next `== NAME`:
#
#	after WHOSE             the images that start so
#	args JSON               process.args
#	want PATH | none        the Go program that counts, or that there is none
#	via PATH                a Go program that leads on to it: runs first, and may be tuned and named, too
#	base debian             real Debian; without it, a root of busybox, bash and what the shape names
#	cwd DIR, user UID, env NAME=VALUE
#	kept NAME=VALUE         what its own script sets, and we leave
#	stay                    it does not end by itself: killed as soon as the wanted program has reported
#	go PATH, c PATH         a Go program, a program that is none
#	tool PATH NAME          a real program of a Debian package (su-exec: a small stand-in of ours)
#	link PATH TARGET        a symbolic link
#	file PATH               a file; its lines follow, each behind `| `. With `#!` it is executable
#	mode MODE PATH          of a file that is there by then
#
# After prepare_layers, LAYERS holds probe, other, su-exec, and the lower layers busybox, debian and etc.

SHAPES=$(cd "$(dirname "${BASH_SOURCE[0]}")/../fixtures/entrypoints" && pwd)

# All that shapes of base debian run.
DEBIAN=(base-files base-passwd bash bash-static busybox-static coreutils daemontools dash debianutils doas dpkg
	dumb-init catatonit execline findutils gosu grep hostname libpam-modules libpam-runtime login lua5.4 make mawk mksh
	nodejs passwd perl-base php-cli procps python3 python3-pkg-resources runit s6 sed sudo supervisor sysvinit-utils tini
	util-linux zsh)

# "CLASS NAME" of each shape, a line each.
list_shapes() {
	local file
	for file in "$SHAPES"/*.shapes; do
		file=${file##*/}
		sed -n "s/^== /${file%.shapes} /p" "$SHAPES/$file"
	done
}

# Shapes are read with these: a value of the shape NAME that was read last, by its key.
lines_of_shape() {
	awk -v name="$2" '/^== / { on = $2 == name; next } on' "$SHAPES/$1.shapes"
}
value() {
	sed -n "s/^$1 //p" "$SHAPE_LINES" | head -n 1
}
has() {
	grep -qx "$1" "$SHAPE_LINES"
}

# --- layers -------------------------------------------------------------------------------------

# prepare_layers DIR: LAYERS is DIR; prints why not, and fails.
prepare_layers() {
	local why
	LAYERS=$1
	why=$(no_packages)
	[ -z "$why" ] || { echo "$why" && return 1; }
	packages_open "$LAYERS"
	DEBIAN_LAYER=$(layer "${DEBIAN[@]}") || {
		echo "apt-get could not download what the shapes run: $(tail -n 1 "$APT_DIR"/log.* 2>/dev/null)"
		return 1
	}
	busybox_layer && etc_layer
}

# tool_file NAME: where the real program is. Static ones, where there are any: that is what images have.
tool_file() {
	local file
	[ "$1" != su-exec ] || { echo "$BUILD/entrypoints/su-exec" && return; }
	for file in "$DEBIAN_LAYER"/usr/{bin,sbin}/"$1"{-static,}; do
		[ ! -f "$file" ] || { echo "$file" && return; }
	done
	echo "no Debian package of ours has $1" >&2
	return 1
}

# The libraries that a tool needs, at the places where it looks for them.
copy_libraries() {
	local dir=$1 file=${2#"$DEBIAN_LAYER"} lib loader
	[ "$file" != "$2" ] || return 0
	# Their loader lists them; ldd would need a /dev there.
	loader=$(echo "$DEBIAN_LAYER"/lib*/ld-linux*.so.?)
	for lib in $(chroot "$DEBIAN_LAYER" "${loader#"$DEBIAN_LAYER"}" --list "$file" 2>/dev/null | grep -oE '/[^ ]+'); do
		[ -e "$dir$lib" ] || { mkdir -p "$dir${lib%/*}" && cp -L "$DEBIAN_LAYER$lib" "$dir$lib"; }
	done
}

busybox_layer() {
	local dir=$LAYERS/busybox applet place
	mkdir -p "$dir"/{bin,sbin,usr/bin,usr/sbin,usr/local/bin}
	cp "$DEBIAN_LAYER/usr/bin/busybox" "$dir/bin/busybox"
	cp "$DEBIAN_LAYER/usr/bin/bash-static" "$dir/bin/bash"
	for applet in $("$dir/bin/busybox" --list-full); do
		place=$dir/bin/${applet##*/}
		# Where Alpine has them, but for the difference of /bin and /sbin.
		case $applet in usr/bin/*) place=$dir/$applet ;; */busybox) continue ;; esac
		ln -s "$(realpath -m --relative-to="${place%/*}" "$dir/bin/busybox")" "$place"
	done
	[ -e "$dir/bin/sh" ] || ln -s busybox "$dir/bin/sh"
	[ -e "$dir/usr/bin/env" ] || ln -s ../../bin/busybox "$dir/usr/bin/env"
}

# What a package's scripts would have written, and the users of the shapes. Above the other layers.
etc_layer() {
	local dir=$LAYERS/etc name
	mkdir -p "$dir"/{etc/pam.d,tmp,run,root,proc,dev,sys,data,var/log}
	chmod 700 "$dir/root"
	chmod 1777 "$dir/tmp"
	printf '%s:/bin/sh\n' root:x:0:0::/root nobody:x:65534:65534::/ vlt:x:100:100::/ git:x:1001:1001::/ abc:x:911:911::/tmp \
		app:x:1000:1000::/tmp >"$dir/etc/passwd"
	printf '%s:\n' root:x:0 nobody:x:65534 nogroup:x:65533 vlt:x:100 git:x:1001 abc:x:911 app:x:1000 >"$dir/etc/group"
	echo '127.0.0.1 localhost' >"$dir/etc/hosts"
	printf '%s: files\n' passwd group shadow hosts >"$dir/etc/nsswitch.conf"
	printf 'root ALL=(ALL:ALL) NOPASSWD: ALL\n' >"$dir/etc/sudoers" && chmod 440 "$dir/etc/sudoers"
	for name in su su-l runuser runuser-l sudo doas other; do
		printf '%s required pam_permit.so\n' auth account password session >"$dir/etc/pam.d/$name"
	done
	: >"$dir/ran" && chmod 666 "$dir/ran"
}

# --- a shape's own layer -------------------------------------------------------------------------

# make_shape CLASS NAME DIR: its own layer DIR/layer, its lines DIR/lines, and LOWER, all the lower layers.
make_shape() {
	local key rest file='' dir=$3/layer
	mkdir -p "$dir"
	SHAPE_LINES=$3/lines
	lines_of_shape "$1" "$2" >"$SHAPE_LINES"
	while IFS= read -r rest; do
		if [[ $rest == '|'* ]]; then
			rest=${rest#|}
			printf '%s\n' "${rest# }" >>"$dir$file"
			[[ $rest != ' #!'* ]] || chmod 755 "$dir$file"
			continue
		fi
		key=${rest%% *} rest=${rest#* }
		case $key in
		file) file=$rest && mkdir -p "$dir${file%/*}" && : >"$dir$file" ;;
		go | c) put_program "$dir" "$key" "$rest" ;;
		tool) put_tool "$dir" "${rest% *}" "${rest#* }" || return 1 ;;
		link) put_link "$dir" "${rest% *}" "${rest#* }" ;;
		mode) chmod "${rest% *}" "$dir${rest#* }" ;;
		stay) : >"$dir/stay" ;;
		cwd) mkdir -p "$dir$rest" ;;
		esac
	done <"$SHAPE_LINES"
	LOWER=$dir:$LAYERS/etc:$LAYERS/busybox
	[ "$(value base)" != debian ] || LOWER=$(usr_merged "$dir"):$LAYERS/etc:$DEBIAN_LAYER
}

put_program() {
	local from=$BUILD/entrypoints/probe
	[ "$2" = go ] || from=$BUILD/entrypoints/other
	mkdir -p "$1${3%/*}"
	cp "$from" "$1$3"
}

put_tool() {
	local from
	from=$(tool_file "$3") || return 1
	mkdir -p "$1${2%/*}"
	cp "$from" "$1$2"
	copy_libraries "$1" "$from"
}

# Relative, so that it leads to the same place when the host reads it.
put_link() {
	case $3 in /*) ;; *) set -- "$1" "$2" "${2%/*}/$3" ;; esac
	mkdir -p "$1${2%/*}"
	ln -s "$(realpath -m --relative-to="$1${2%/*}" "$1$3")" "$1$2"
}

# A directory /bin would hide Debian's link to /usr/bin.
usr_merged() {
	local name
	for name in bin sbin lib; do
		[ -d "$1/$name" ] || continue
		mkdir -p "$1/usr/$name"
		cp -a "$1/$name/." "$1/usr/$name/" && rm -rf "${1:?}/$name"
	done
	echo "$1"
}

# real_path ROOT PATH: without symbolic links, all of which are relative. As /proc/PID/exe would have it.
real_path() {
	local path
	path=$(realpath -m "$1$2")
	echo "${path#"$1"}"
}
