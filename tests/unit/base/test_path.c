/* Paths as the runtimes clean them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/base.h"

static void test_path_clean(void **state)
{
	static const struct {
		const char *path, *want;
		bool up;
	} rows[] = {
		{"/a/b", "/a/b", false}, {"a//b/", "/a/b", false},    {"/./a/.", "/a", false},
		{"/a/../b", "/b", true}, {"/../..", "", true},	      {"/", "", false},
		{"", "", false},	 {"/a/..b", "/a/..b", false}, {"/a/b/..", "/a", true},
	};
	char buf[8];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		bool up = !rows[i].up;

		assert_true(gt_path_clean(rows[i].path, buf, sizeof(buf), &up));
		assert_string_equal(buf, rows[i].want);
		assert_int_equal(up, rows[i].up);
	}
	assert_false(gt_path_clean("/seven/or/more", buf, sizeof(buf), NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
