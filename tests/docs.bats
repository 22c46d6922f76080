#!/usr/bin/env bats
# What the documentation says of the tests is so: where it names one, as `FILE.bats: NAME` or as
# `ROOM/test_FILE.c: NAME`, that test exists.

ROOT=$BATS_TEST_DIRNAME/..

# "FILE NAME" of each test that the documents name, a line each.
named() {
	grep -ohE '`[a-z0-9_/]+\.(bats|c): [^`]+`' "$@" | sed -E 's/^`([a-z0-9_\/]+\.[a-z]+): (.*)`$/\1 \2/' | sort -u
}

# missing DOCUMENT...: what they name and is not there.
missing() {
	local file name
	while read -r file name; do
		grep -qxF -e "@test \"$name\" {" -e "static void $name(void **state)" "$ROOT"/tests/{,e2e/,engines/,lab/,unit/}"$file" 2>/dev/null ||
			echo "$file: $name"
	done < <(named "$@")
}

@test "tests that the documents name exist" {
	[ "$(named "$ROOT"/docs/*.md | wc -l)" -ge 40 ]
	[ "$(missing "$ROOT"/*.md "$ROOT"/docs/*.md | tee /dev/stderr)" = '' ]
}

@test "a name that no test has is found" {
	echo 'See `docs.bats: no such test`, `nosuch.bats: x`, `base/test_err.c: test_x` and `docs.bats: tests that the documents name exist`.' >"$BATS_TEST_TMPDIR/a.md"
	[ "$(missing "$BATS_TEST_TMPDIR/a.md" | xargs)" = 'base/test_err.c: test_x docs.bats: no such test nosuch.bats: x' ]
}
