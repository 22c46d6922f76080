# What the suites of running Go programs share.

# Builds DIR's program for OUT with the toolchain GO.
build_go() { # DIR GO OUT CGO FLAG...
	local dir=$1 go=$2 out=$3 cgo=$4
	shift 4
	(cd "$dir" && env -u GOROOT CGO_ENABLED="$cgo" GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local \
		GOCACHE="$BUILD/e2e/go-cache" GOPATH="$BUILD/e2e/go" "$go" build -buildvcs=false "$@" -o "$out" .)
}

# each_toolchain DIR TAG CHECK: CHECK FILE for DIR's program by each toolchain that is there: plain, stripped, position
# independent, and with C, which the build tag TAG brings in.
each_toolchain() {
	local dir=$1 tag=$2 check=$3 root kind n=0
	# shellcheck disable=SC2086 # words
	for root in ${GOROOTS:-/usr/lib/go-1.*}; do
		[ -x "$root/bin/go" ] || continue
		n=$((n + 1))
		build_go "$dir" "$root/bin/go" "$T/plain" 0
		build_go "$dir" "$root/bin/go" "$T/strip" 0 -ldflags='-s -w' -trimpath
		build_go "$dir" "$root/bin/go" "$T/pie" 0 -buildmode=pie -ldflags='-s -w'
		build_go "$dir" "$root/bin/go" "$T/cgo" 1 -tags "$tag" -ldflags='-s -w -linkmode=external'
		for kind in plain strip pie cgo; do
			echo "$root $kind" # shown when it fails
			"$check" "$T/$kind"
		done
	done
	[ "$n" -gt 0 ] || skip 'no toolchain in /usr/lib/go-1.*'
}

# Ends the programs whose numbers are in PIDS.
end_programs() {
	local pid
	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# The sum of the program's code in memory: with a breakpoint it is another one.
code_of() { # PID
	python3 - "$1" <<-'PY'
		import hashlib, sys
		pid = sys.argv[1]
		h = hashlib.sha256()
		m = open(f'/proc/{pid}/mem', 'rb')
		code = [x.split() for x in open(f'/proc/{pid}/maps') if ' r-xp ' in x and ' /' in x]
		for a, b in [[int(x, 16) for x in part[0].split('-')] for part in code]: m.seek(a), h.update(m.read(b - a))
		print(h.hexdigest())
	PY
}

# Until $PID has a breakpoint, which gotune goroutines --trace sets.
wait_until_traced() { # SUM that the code had before
	for _ in $(seq 200); do
		[ "$(code_of "$PID")" = "$1" ] || return 0
		sleep 0.05
	done
	echo 'no breakpoint ever came' >&2
	return 1
}
