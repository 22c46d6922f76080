/*
 * uid_map: who we are outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"

static void test_userns_parse(void **state)
{
	static const struct {
		const char *name, *text;
		uid_t uid;
		int result;
		uid_t outer;
		bool whole;
	} rows[] = {
		{"the machine", "         0          0 4294967295\n", 0, 0, 0, true},
		{"the machine, a user", "         0          0 4294967295\n", 1000, 0, 1000, true},
		{"rootless", "         0       1000          1\n         1     100000      65536\n",
		 0, 0, 1000, false},
		{"rootless, one of its own",
		 "         0       1000          1\n         1     100000      65536\n", 33, 0,
		 100032, false},
		{"a system in a container", "0 100000 65536\n", 0, 0, 100000, false},
		{"one number", "1000 1000 1\n", 1000, 0, 1000, false},
		{"nearly whole", "0 0 4294967294", 0, 0, 0, false},
		{"not in it", "0 1000 1\n", 1, -ENOENT, 0, false},
		{"just beyond", "5 1000 2\n", 7, -ENOENT, 0, false},
		{"just before", "5 1000 2\n", 4, -ENOENT, 0, false},
		{"empty", "", 0, -ENOENT, 0, false},
		{"a word", "0 x 1\n", 0, -EINVAL, 0, false},
		{"two numbers", "0 1000\n", 0, -EINVAL, 0, false},
		{"four numbers", "0 1000 1 1\n", 0, -EINVAL, 0, false},
		{"no user number", "0 4294967296 1\n", 0, -EINVAL, 0, false},
		{"negative", "0 -1 1\n", 0, -EINVAL, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_userns u = {.outer = 77};
		int r = gt_userns_parse(rows[i].text, rows[i].uid, &u);

		if (r != rows[i].result)
			fail_msg("%s: %d", rows[i].name, r);
		if (r < 0 && (u.outer != 77 || u.whole))
			fail_msg("%s: touched", rows[i].name);
		if (r == 0 && (u.outer != rows[i].outer || u.whole != rows[i].whole))
			fail_msg("%s: %u %d", rows[i].name, u.outer, u.whole);
	}
}

static void test_userns_self(void **state)
{
	struct gt_userns u;

	(void)state;
	assert_int_equal(gt_userns_self(&u), 0);
	assert_true(gt_userns_is_root(0));
	/* On the machine itself nobody is nobody; inside a user namespace it may be root. */
	assert_int_equal(gt_userns_is_root(65534), !u.whole);
	assert_false(gt_userns_is_root(65533));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_userns_parse),
		cmocka_unit_test(test_userns_self),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
