#!/usr/bin/env bats
# tests/check-layers fails when a rule is broken: each test breaks one, in a small house of its own.

setup() {
	CHECK=$BATS_TEST_DIRNAME/check-layers
	cd "$(mktemp -d)" || return
	mkdir -p tests/unit/base include/gotune/base
	printf 'base:\nmodel: base\nplan: base model\n' >tests/rooms
	printf 'model/a.c: tests/rooms\nplan/a.c: tests/rooms\nplan/b.c: tests/rooms\n' >tests/covered
	touch tests/unit/base/test_a.c
	for room in base model plan; do
		mkdir -p "hook/$room" "obj/$room"
		echo "# $room" >"hook/$room/README.md"
		echo "int ${room}_door(void);" >"include/gotune/$room.h"
	done
	echo 'int part(void);' >include/gotune/base/part.h
	echo 'int plan_own(void);' >hook/plan/own.h
	put base/a.c 'int base_door(void) { return 0; }'
	put model/a.c '#include "gotune/base.h"
int model_door(void) { return base_door(); }'
	put plan/a.c '#include "gotune/model.h"
#include "own.h"
int plan_door(void) { return model_door() + plan_own(); }'
	put plan/b.c '#include "own.h"
int plan_own(void) { return 1; }'
	house_passes
}

teardown() {
	case $PWD in /tmp/*) rm -rf "$PWD" ;; esac
}

# put FILE TEXT: a source, compiled.
put() {
	printf '%s\n' "$2" >"hook/$1"
	${CC:-cc} -Iinclude -c -o "obj/${1%.c}.o" "hook/$1"
}

house_passes() {
	run "$CHECK" . obj
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *' 0 violations' ]]
}

# broken TEXT: the check fails and says so.
broken() {
	run "$CHECK" . obj
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"$1"* ]]
}

@test "an include of a room that the table does not list" {
	sed -i '1i #include "gotune/plan.h"' hook/model/a.c
	broken 'hook/model/a.c:1: room model includes gotune/plan.h'
}

@test "a door that includes a room that the table does not list" {
	sed -i '1i #include "gotune/plan.h"' include/gotune/model.h
	broken 'include/gotune/model.h:1: room model includes gotune/plan.h'
}

@test "a private header of another room, and one that is not there" {
	sed -i '1i #include "plan/own.h"' hook/model/a.c
	broken 'hook/model/a.c:1: includes plan/own.h'
	sed -i '1s/.*/#include "own.h"/' hook/model/a.c
	broken 'there is no hook/model/own.h'
}

@test "a part of another room's door" {
	sed -i '1i #include "gotune/base/part.h"' hook/model/a.c
	broken 'others include gotune/base.h'
}

@test "a call that no include shows" {
	put base/a.c 'int plan_own(void);
int base_door(void) { return plan_own(); }'
	broken 'hook/base/a.c: uses plan_own of plan/b'
}

@test "a name that is defined twice" {
	put plan/b.c '#include "own.h"
int plan_own(void) { return 1; }
int base_door(void) { return 2; }'
	broken 'base_door is defined twice: base/a and plan/b'
}

@test "files in a circle, within a room" {
	put plan/b.c '#include "own.h"
int plan_door(void);
int plan_own(void) { return plan_door(); }'
	broken 'files call each other in a circle: plan/'
}

@test "rooms in a circle that the table would allow" {
	printf 'base: plan\nmodel: base\nplan: base model\n' >tests/rooms
	put base/a.c 'int plan_own(void);
int base_door(void) { return plan_own(); }'
	broken 'rooms call each other in a circle: base'
}

@test "an object that was not built" {
	rm obj/plan/b.o
	broken 'obj/plan/b.o is not there'
}

@test "a room that the table does not know, one without a README, one that is gone" {
	mkdir hook/attic
	broken 'hook/attic: tests/rooms does not know the room'
	rmdir hook/attic
	rm hook/plan/README.md
	broken 'hook/plan: has no README.md'
	echo '# plan' >hook/plan/README.md
	echo 'cellar: base' >>tests/rooms
	broken 'there is no hook/cellar'
}

@test "a source in no room" {
	touch hook/lost.c
	broken 'hook/lost.c: is in no room'
}

@test "a source that nothing tests, a test that is gone, a line that is not needed" {
	put plan/c.c 'int plan_c(void) { return 2; }'
	broken 'hook/plan/c.c: no tests/unit/plan/test_c.c'
	echo 'plan/c.c: tests/none.bats' >>tests/covered
	broken 'plan/c.c: there is no tests/none.bats'
	rm hook/plan/c.c
	broken 'tests/covered: there is no hook/plan/c.c'
	sed -i '$d' tests/covered
	echo 'base/a.c: tests/rooms' >>tests/covered
	broken 'base/a.c has a test of its name'
}

@test "libraries outside their files" {
	sed -i '1i #include <yajl/yajl_gen.h>' hook/model/a.c
	broken 'only base/json.c and base/jw.c may include <yajl/yajl_gen.h>'
	sed -i '1s/.*/#include <seccomp.h>/' hook/model/a.c
	broken 'only sandbox/ may include <seccomp.h>'
	sed -i '1s/.*/#include <cap-ng.h>/' hook/model/a.c
	broken 'only a test may include <cap-ng.h>'
	sed -i '1s/.*/#include <toml++\/toml.h>/' hook/model/a.c
	broken 'only base/toml.cc may include <toml++/toml.h>'
}

@test "C++ elsewhere" {
	cp hook/plan/b.c hook/plan/b.cc
	broken 'the only file of C++ is base/toml.cc'
}

@test "a function that is too long" {
	{
		printf 'int plan_own(void)\n{\n'
		printf '\t;\n%.0s' {1..71}
		printf '\treturn 1;\n}\n'
	} >hook/plan/b.c
	broken 'function of 72 lines, more than 70: int plan_own(void)'
}

@test "a file that is too long" {
	printf '\n%.0s' {1..451} >>hook/plan/b.c
	broken 'lines, more than 450'
}

@test "no sources at all" {
	rm hook/*/*.c
	broken 'no sources below hook/'
}
