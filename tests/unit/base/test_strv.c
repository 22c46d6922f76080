/*
 * base/strv.c: vectors of strings in the arena of their struct.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gotune/base.h"

static struct gt_list l;
static char big[GT_STRV_CAP];

static bool is_valid(void)
{
	return gt_strv_valid(&l.v, &l.arena.a, sizeof(l.arena.room));
}

static int make_list(void **state)
{
	(void)state;
	memset(&l, 0xee, sizeof(l));
	memset(big, 'b', sizeof(big));
	gt_list_init(&l);
	return 0;
}

static void test_strv_add_and_read(void **state)
{
	(void)state;
	assert_null(gt_strv_next(&l.v, NULL));
	assert_null(gt_strv_at(&l.v, 0));
	assert_true(is_valid());
	assert_int_equal(gt_strv_add(&l.v, "one", 3), 0);
	assert_int_equal(gt_strv_add(&l.v, "", 0), 0);
	assert_int_equal(gt_strv_add(&l.v, "three", 5), 0);
	assert_string_equal(gt_strv_at(&l.v, 0), "one");
	assert_string_equal(gt_strv_at(&l.v, 1), "");
	assert_string_equal(gt_strv_at(&l.v, 2), "three");
	assert_null(gt_strv_at(&l.v, 3));
	assert_int_equal(gt_strv_add(&l.v, "a\0b", 3), -EINVAL);
	assert_int_equal(l.v.dropped, 1);
	assert_int_equal(l.v.n, 3);
	assert_true(is_valid());
	assert_int_equal(gt_list_len(&l), offsetof(struct gt_list, arena.room) + 11);
	gt_strv_clear(&l.v);
	assert_null(gt_strv_next(&l.v, NULL));
	assert_int_equal(gt_strv_add(&l.v, "four", 4), 0);
	assert_string_equal(gt_strv_at(&l.v, 0), "four");
	assert_true(is_valid());
}

/* One that has no arena is empty, and stays so. */
static void test_strv_zero(void **state)
{
	static struct gt_list none;

	(void)state;
	assert_null(gt_strv_next(&none.v, NULL));
	assert_null(gt_strv_pair(&none.v, "a"));
	assert_int_equal(gt_strv_add(&none.v, "a", 1), -E2BIG);
	assert_int_equal(gt_strv_add_pair(&none.v, "a", 1, "b", 1), -E2BIG);
	assert_int_equal(none.v.n, 0);
	assert_int_equal(none.v.dropped, 2);
}

static void test_strv_full(void **state)
{
	(void)state;
	assert_int_equal(gt_strv_add(&l.v, big, sizeof(big)), -E2BIG);
	assert_int_equal(gt_strv_add(&l.v, big, sizeof(big) - 1), 0);
	assert_int_equal(l.v.used, GT_STRV_CAP);
	assert_int_equal(gt_strv_add(&l.v, "", 0), -E2BIG);
	assert_int_equal(l.v.dropped, 2);
	assert_true(is_valid());
}

/* A pair goes in whole or not at all, also at the very edge. */
static void test_strv_pair_edge(void **state)
{
	(void)state;
	for (size_t room = 0; room < 8; room++) {
		int r;

		gt_list_init(&l);
		assert_int_equal(gt_strv_add(&l.v, big, GT_STRV_CAP - 1 - room), 0);
		r = gt_strv_add_pair(&l.v, "k", 1, "vv", 2);
		if (r != (room >= 5 ? 0 : -E2BIG) || l.v.n != (room >= 5 ? 3u : 1u) || !is_valid())
			fail_msg("room for %zu bytes: %d", room, r);
	}
}

static void test_strv_pair_last_wins(void **state)
{
	(void)state;
	assert_int_equal(gt_strv_add_pair(&l.v, "a", 1, "1", 1), 0);
	assert_int_equal(gt_strv_add_pair(&l.v, "b", 1, "a", 1), 0);
	assert_int_equal(gt_strv_add_pair(&l.v, "a", 1, "2", 1), 0);
	assert_string_equal(gt_strv_pair(&l.v, "a"), "2");
	assert_string_equal(gt_strv_pair(&l.v, "b"), "a");
	assert_null(gt_strv_pair(&l.v, "1")); /* a value is no key */
	assert_int_equal(gt_strv_add(&l.v, "odd", 3), 0);
	assert_null(gt_strv_pair(&l.v, "odd"));
}

static void test_strv_valid_rejects(void **state)
{
	static const struct {
		const char *name;
		struct gt_strv v;
		struct gt_arena a;
		bool ok;
	} rows[] = {
#define ARENA offsetof(struct gt_list, arena)
#define CAP   GT_STRV_CAP
		{"as it is", {1, 4, 0, 0, ARENA}, {4, CAP}, true},
		{"more dropped", {1, 4, 99, 0, ARENA}, {4, CAP}, true},
		{"room that is lost", {1, 4, 0, 0, ARENA}, {40, CAP}, true},
		{"nothing", {0, 0, 0, 0, ARENA}, {0, CAP}, true},
		{"one string more", {2, 4, 0, 0, ARENA}, {4, CAP}, false},
		{"one less", {0, 4, 0, 0, ARENA}, {4, CAP}, false},
		{"without its end", {1, 3, 0, 0, ARENA}, {4, CAP}, false},
		{"beyond the arena's use", {1, 4, 0, 1, ARENA}, {4, CAP}, false},
		{"used beyond it", {1, 5, 0, 0, ARENA}, {4, CAP}, false},
		{"used wraps", {1, UINT32_MAX, 0, 2, ARENA}, {4, CAP}, false},
		{"begins beyond it", {0, 0, 0, 5, ARENA}, {4, CAP}, false},
		{"begins at the end of all", {0, 0, 0, UINT32_MAX, ARENA}, {4, CAP}, false},
		{"the arena uses more than it has", {1, 4, 0, 0, ARENA}, {CAP + 1, CAP}, false},
		{"the arena is larger", {1, 4, 0, 0, ARENA}, {4, CAP + 1}, false},
		{"the arena is smaller", {1, 4, 0, 0, ARENA}, {4, CAP - 1}, false},
		{"another arena", {1, 4, 0, 0, ARENA + 4}, {4, CAP}, false},
		{"none", {1, 4, 0, 0, 0}, {4, CAP}, false},
		{"far away", {1, 4, 0, 0, UINT32_MAX}, {4, CAP}, false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		l.v = rows[i].v;
		l.arena.a = rows[i].a;
		memcpy(l.arena.room, "one", 4);
		if (is_valid() != rows[i].ok)
			fail_msg("%s", rows[i].name);
	}
}

/* Two vectors that grow in turn: each keeps what it has, whichever was begun first. */
static void test_strv_two_in_one_arena(void **state)
{
	static struct {
		struct gt_strv a, b;
		GT_ARENA(64) arena;
	} two;
	unsigned n = 0;

	(void)state;
	gt_arena_init(&two.arena.a, sizeof(two.arena.room));
	gt_strv_init(&two.a, &two.arena.a);
	gt_strv_init(&two.b, &two.arena.a);
	for (; gt_strv_add(&two.a, "ax", 2) == 0 && gt_strv_add(&two.b, "b", 1) == 0; n++)
		;
	assert_in_range(n, 3, 10);
	assert_true(gt_strv_valid(&two.a, &two.arena.a, 64));
	assert_true(gt_strv_valid(&two.b, &two.arena.a, 64));
	assert_in_range(two.a.n, n, n + 1);
	assert_int_equal(two.b.n, n);
	for (const char *s = gt_strv_next(&two.a, NULL); s; s = gt_strv_next(&two.a, s))
		assert_string_equal(s, "ax");
	for (const char *s = gt_strv_next(&two.b, NULL); s; s = gt_strv_next(&two.b, s))
		assert_string_equal(s, "b");
	assert_int_equal(two.a.dropped + two.b.dropped, 1);
}

static void test_list_copy(void **state)
{
	static struct gt_list to;

	(void)state;
	assert_int_equal(gt_strv_add(&l.v, "one", 3), 0);
	assert_int_equal(gt_strv_add(&l.v, big, sizeof(big)), -E2BIG);
	memset(&to, 0xee, sizeof(to));
	gt_list_copy(&to, &l.v);
	assert_string_equal(gt_strv_at(&to.v, 0), "one");
	assert_int_equal(to.v.dropped, 1);
	assert_true(gt_strv_valid(&to.v, &to.arena.a, sizeof(to.arena.room)));
	assert_int_equal(to.arena.room[4], (char)0xee);
	gt_list_init(&l);
	gt_list_copy(&to, &l.v);
	assert_null(gt_strv_next(&to.v, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_strv_add_and_read, make_list),
		cmocka_unit_test_setup(test_strv_zero, make_list),
		cmocka_unit_test_setup(test_strv_full, make_list),
		cmocka_unit_test_setup(test_strv_pair_edge, make_list),
		cmocka_unit_test_setup(test_strv_pair_last_wins, make_list),
		cmocka_unit_test_setup(test_strv_valid_rejects, make_list),
		cmocka_unit_test_setup(test_strv_two_in_one_arena, make_list),
		cmocka_unit_test_setup(test_list_copy, make_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
