#!/usr/bin/env bats
# tests/check-layers fails when a rule is broken: each test breaks one, in a copy.

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	COPY=$(mktemp -d)
	cp -r "$ROOT/hook" "$ROOT/include" "$COPY/"
}

teardown() {
	rm -rf "$COPY"
}

# broken PATTERN: the check fails and names the place.
broken() {
	run "$ROOT/tests/check-layers" "$COPY"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"$1"* ]]
}

@test "the sources as they are" {
	run "$ROOT/tests/check-layers" "$COPY"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *' 0 violations' ]]
}

@test "a base file that includes a stage" {
	echo '#include "gotune/read.h"' >>"$COPY/hook/base_str.c"
	broken 'L0 includes include/gotune/read.h, which is L2'
}

@test "a stage that includes another stage" {
	printf '/* x */\n#include "gotune/apply.h"\n' >"$COPY/hook/read_x.c"
	broken 'hook/read_x.c:2: stage read includes include/gotune/apply.h of stage apply'
}

@test "a stage header that includes another stage's" {
	echo '#include "gotune/inspect.h"' >>"$COPY/include/gotune/record.h"
	broken 'stage record includes include/gotune/inspect.h of stage inspect'
}

@test "toml++ outside of base_toml.cc" {
	echo '#include <toml++/toml.h>' >>"$COPY/hook/base_str.c"
	broken 'only base_toml.cc may include <toml++/toml.h>'
}

@test "a second file of C++" {
	echo '/* L0 */' >"$COPY/hook/base_more.cc"
	broken 'the only file of C++ is base_toml.cc'
}

@test "yajl outside of base_json.c" {
	echo '#include <yajl/yajl_gen.h>' >>"$COPY/hook/base_str.c"
	broken 'only base_json.c and base_jw.c may include <yajl/yajl_gen.h>'
}

@test "libseccomp and libcap-ng outside of priv_*.c" {
	printf '#include <seccomp.h>\n#include <cap-ng.h>\n' >>"$COPY/hook/plan.c"
	broken 'only priv_*.c may include <seccomp.h>'
	[[ $output == *'only priv_*.c may include <cap-ng.h>'* ]]
}

@test "a function of more than 70 lines" {
	{
		printf '/* x */\nint f(void)\n{\n'
		printf '\tx;\n%.0s' {1..71}
		echo '}'
	} >"$COPY/hook/base_x.c"
	broken 'hook/base_x.c:3: function of 71 lines'
}

@test "a file of more than 450 lines" {
	printf '/* */\n%.0s' {1..451} >"$COPY/hook/base_x.c"
	broken 'hook/base_x.c: 451 lines'
}

@test "a file without a rank" {
	echo '/* x */' >"$COPY/hook/helpers.c"
	broken 'hook/helpers.c:1: no rank'
}
