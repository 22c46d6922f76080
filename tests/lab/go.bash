# shellcheck shell=bash
# Go programs by other Gos than this machine's: those of the lab's roots. Sourced after common.bash, by
# what has BUILD, make's build directory, as an absolute path.
#
# A Go of a root runs in that root, in namespaces of its own and without a network; the root is not
# written to. Nothing is downloaded. A program that is there, and newer than its sources, is kept.

# In the root: a command for which /mnt is the directory $2. Go wants /dev/null and /proc.
in_root() {
	unshare --mount --net bash -c '
		root=$1 out=$2; shift 2
		mount --make-rprivate / && mount --bind "$out" "$root/mnt" && mount -t tmpfs tmpfs "$root/tmp" &&
		mount --rbind /dev "$root/dev" && mount --rbind /proc "$root/proc" || exit 1
		exec chroot "$root" "$@"' in_root "$(root_dir "$1")" "$2" \
		/usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp CGO_ENABLED=0 GOPROXY=off GOTOOLCHAIN=local GOFLAGS=-mod=mod \
		GOCACHE="/mnt/cache-$1" GOPATH=/tmp/go "${@:3}"
}

on_host() {
	env CGO_ENABLED=0 GOPROXY=off GOTOOLCHAIN=local GOFLAGS=-mod=mod GOCACHE="$BUILD/e2e/go-cache" GOPATH="$BUILD/e2e/go" "$@"
}

# is_fresh PROGRAM GO DIR: is it newer than all that it is made of?
is_fresh() {
	[ -e "$1" ] && [ "$1" -nt "$(readlink -f "$2")" ] && [ -z "$(find "$3" "${BASH_SOURCE[0]}" -newer "$1")" ]
}

# go_program OUT NAME ROOT LINE DIR: OUT/NAME of the module in DIR, by the Go of a root, with this `go`
# line in go.mod. Prints one line: the Go that made it, or why it is missing.
go_program() {
	local out=$1 name=$2 root=$3 line=$4 dir=$5 src=$1/src-$2 go
	go=$(root_dir "$root")/usr/bin/go
	[ -x "$go" ] || { echo "$name: not run: no Go in the root $root ($go): tests/lab/setup root:$root" && return; }
	if ! is_fresh "$out/$name" "$go" "$dir"; then
		rm -rf "$src" "${out:?}/$name"
		mkdir -p "$src" && cp -r "$dir/." "$src/" && sed -i "s/^go .*/go $line/" "$src/go.mod" || return 1
		if [ "$root" = host ]; then
			(cd "$src" && on_host go build -trimpath -buildvcs=false -o "$out/$name" .)
		else
			in_root "$root" "$out" go build -C "/mnt/src-$name" -trimpath -buildvcs=false -o "/mnt/$name" .
		fi >"$out/$name.log" 2>&1 || { echo "$name: not run: $(tail -n 1 "$out/$name.log")" && return; }
	fi
	echo "$name: $(on_host go version "$out/$name" | awk '{ print $2 }'), go $line in go.mod"
}
