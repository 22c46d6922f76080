#!/usr/bin/env bats
# The tables of tests/entrypoints and tests/rootfs can be true: what they want is in them, and no name is twice.

ROOT=$BATS_TEST_DIRNAME/..
# shellcheck source=tests/entrypoints/shapes.bash
. "$ROOT/tests/entrypoints/shapes.bash"

# wrong_shapes: a line for each shape whose table contradicts itself.
wrong_shapes() {
	awk '
		function judge() {
			if (name == "") return
			if (args == "" || want == "" || after == "") print name ": no args, want or after"
			else if (want != "none" && !(want in go)) print name ": no such Go program: " want
		}
		/^== / || FNR == 1 { judge(); name = want = args = after = ""; split("", go) }
		/^== / { name = $2; if (seen[name]++) print name ": twice"; next }
		/^\|/ || /^$/ { next }
		$1 == "after" || $1 == "args" || $1 == "want" { if ($1 == "after") after = $2; else if ($1 == "args") args = $2; else want = $2; next }
		$1 == "go" { go[$2]; next }
		$1 !~ /^(via|base|cwd|user|env|kept|stay|c|tool|link|file|mode)$/ { print name ": what is " $1 "?" }
		END { judge() }' "$@"
}

@test "each shape has its program, its arguments and a name of its own" {
	[ "$(list_shapes | wc -l)" -ge 130 ]
	[ "$(wrong_shapes "$SHAPES"/*.shapes | tee /dev/stderr)" = '' ]
	[ "$(sed -n 's/^args //p' "$SHAPES"/*.shapes | jq -r 'type' | sort -u)" = array ]
}

@test "a shape that cannot be true is found" {
	printf '== a\nafter x\nargs ["/a"]\nwant /b\ngo /a\n\n== a\nafter x\nargs ["/a"]\nwant none\ngoo /a\n' >"$BATS_TEST_TMPDIR/x.shapes"
	[ "$(wrong_shapes "$BATS_TEST_TMPDIR/x.shapes" | tee /dev/stderr)" = 'a: no such Go program: /b
a: twice
a: what is goo?' ]
}

@test "each service has a package and a command, and stands in the table once" {
	services=$(grep -vE '^(#|$)' "$ROOT/tests/rootfs/services")
	[ "$(wc -l <<<"$services")" -ge 200 ]
	[ "$(grep -vE '^[a-z0-9][a-z0-9.+ -]+ \| [^ ].*' <<<"$services" | tee /dev/stderr)" = '' ]
	[ "$(sort <<<"$services" | uniq -d | tee /dev/stderr)" = '' ]
}
