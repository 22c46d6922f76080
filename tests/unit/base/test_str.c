/*
 * base/str.c: bounded strings, packed vectors, the growing buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "gotune/base.h"

static void test_copy_table(void **state)
{
	static const struct {
		const char *src;
		size_t len, cap;
		bool ok;
		const char *want;
	} rows[] = {
		{"abc", 3, 4, true, "abc"}, {"abc", 3, 3, false, "ab"}, {"abc", 3, 1, false, ""},
		{"", 0, 1, true, ""},	    {"a\0b", 3, 8, false, "a"}, {"abc", 2, 8, true, "ab"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char buf[10] = "#########";

		if (gt_copy(buf, rows[i].cap, rows[i].src, rows[i].len) != rows[i].ok ||
		    strcmp(buf, rows[i].want) != 0 || buf[rows[i].cap] == '\0')
			fail_msg("row %zu: \"%s\"", i, buf);
	}
	assert_false(gt_copy((char[1]){'x'}, 0, "", 0));
}

static void test_append(void **state)
{
	char buf[8] = "";

	(void)state;
	assert_true(gt_append(buf, sizeof(buf), "abc"));
	assert_true(gt_append(buf, sizeof(buf), "defg"));
	assert_false(gt_append(buf, sizeof(buf), "h"));
	assert_string_equal(buf, "abcdefg");
	memset(buf, 'x', sizeof(buf)); /* not terminated: left alone */
	assert_false(gt_append(buf, sizeof(buf), "y"));
	assert_int_equal(buf[7], 'x');
}

static void test_append_u64(void **state)
{
	char buf[32] = "n=";

	(void)state;
	assert_true(gt_append_u64(buf, sizeof(buf), UINT64_MAX));
	assert_string_equal(buf, "n=18446744073709551615");
	buf[0] = '\0';
	assert_true(gt_append_u64(buf, sizeof(buf), 0));
	assert_string_equal(buf, "0");
	buf[0] = '\0';
	assert_false(gt_append_u64(buf, 2, 10));
}

static void test_prefix_suffix_basename(void **state)
{
	(void)state;
	assert_true(gt_has_prefix("abc", "ab"));
	assert_true(gt_has_prefix("abc", ""));
	assert_false(gt_has_prefix("ab", "abc"));
	assert_true(gt_has_suffix("abc", "bc"));
	assert_true(gt_has_suffix("abc", ""));
	assert_false(gt_has_suffix("bc", "abc"));
	assert_string_equal(gt_basename("/usr/bin/x"), "x");
	assert_string_equal(gt_basename("x"), "x");
	assert_string_equal(gt_basename("x/"), "");
}

static void test_is_plain(void **state)
{
	(void)state;
	assert_true(gt_is_plain("go1.24.4 X:exp"));
	assert_false(gt_is_plain(""));
	assert_false(gt_is_plain("a\n"));
	assert_false(gt_is_plain("a\x7f"));
	assert_false(gt_is_plain("\xc3\xa4"));
}

static void test_buf_grows(void **state)
{
	struct gt_buf b = {0};

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		gt_buf_fmt(&b, "%u,", i % 10);
	assert_int_equal(b.error, 0);
	assert_int_equal(b.len, 10000);
	assert_int_equal(strlen(b.p), 10000);
	assert_memory_equal(b.p + 9996, "8,9,", 5);
	gt_buf_add(&b, "a\0b", 3);
	gt_buf_str(&b, "c");
	assert_int_equal(b.len, 10004);
	assert_memory_equal(b.p + 10000, "a\0bc", 5);
	gt_buf_done(&b);
	assert_null(b.p);
}

static void test_buf_error_sticks(void **state)
{
	struct gt_buf b = {0};

	(void)state;
	gt_buf_add(&b, "", SIZE_MAX / 2); /* refused before the source is read */
	assert_int_equal(b.error, -ENOMEM);
	gt_buf_str(&b, "x");
	assert_int_equal(b.len, 0);
	gt_buf_done(&b);
	assert_int_equal(b.error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy_table),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_append_u64),
		cmocka_unit_test(test_prefix_suffix_basename),
		cmocka_unit_test(test_is_plain),
		cmocka_unit_test(test_buf_grows),
		cmocka_unit_test(test_buf_error_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
