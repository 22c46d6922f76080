/*
 * base/cpus.c: the kernel's CPU lists, both ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "gotune/base.h"

/* LIST "!": not a list; "+": a CPU number too large. Else what it reads as, in its shortest form.
 */
static void test_cpus_parse_table(void **state)
{
	static const struct {
		const char *s, *want;
	} rows[] = {
		{"", ""},
		{" \n", ""},
		{"0", "0"},
		{"0-3,8", "0-3,8"},
		{" 0-3,8\n", "0-3,8"},
		{"8,0-3", "0-3,8"},
		{"1,2,3", "1-3"},
		{"1,1,1", "1"},
		{"5-5", "5"},
		{"0-15:2/4", "0-1,4-5,8-9,12-13"},
		{"10-14:2/4", "10-11,14"},
		{"0-7:1/1", "0-7"},
		{"4095", "4095"},
		{"0-4095", "0-4095"},
		{"4096", "+"},
		{"4294967296", "+"},
		{"0-4096", "+"},
		{"0-4294967295", "+"},
		{"99999999999999999999999999", "+"},
		{"0-", "!"},
		{"-3", "!"},
		{"3-1", "!"},
		{"0,", "!"},
		{",0", "!"},
		{"0,,1", "!"},
		{"0 1", "!"},
		{"0-3:2", "!"},
		{"0-3:0/4", "!"},
		{"0-3:5/4", "!"},
		{"0-3:1/0", "!"},
		{"3:1/2", "!"},
		{"a", "!"},
		{"0x1", "!"},
		{"+1", "!"},
		{"all", "!"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_cpus c = {{0}};
		char text[256] = "";
		int r;

		gt_cpus_set(&c, 77);
		r = gt_cpus_parse(rows[i].s, &c);
		if (r < 0)
			(void)gt_copy_str(text, sizeof(text), r == -E2BIG ? "+" : "!");
		else
			assert_true(gt_cpus_format(&c, text, sizeof(text)));
		if (strcmp(text, rows[i].want) != 0)
			fail_msg("\"%s\": \"%s\", not \"%s\"", rows[i].s, text, rows[i].want);
		if (r < 0 && (!gt_cpus_has(&c, 77) || gt_cpus_count(&c) != 1))
			fail_msg("\"%s\": failed and still wrote", rows[i].s);
	}
}

static void test_cpus_format_too_small(void **state)
{
	struct gt_cpus c = {{0}};
	char text[12];

	(void)state;
	assert_int_equal(gt_cpus_parse("0-3,8,10-14,100", &c), 0);
	for (size_t cap = 1; cap <= sizeof(text); cap++) {
		memset(text, 'x', sizeof(text));
		assert_false(gt_cpus_format(&c, text, cap));
		assert_non_null(memchr(text, '\0', cap));
		if (cap >= 4)
			assert_true(gt_has_suffix(text, "..."));
		for (size_t i = cap; i < sizeof(text); i++)
			assert_int_equal(text[i], 'x');
	}
	assert_string_equal(text, "0-3,8...");
}

static void test_cpus_sets(void **state)
{
	struct gt_cpus a = {{0}}, b = {{0}};

	(void)state;
	assert_int_equal(gt_cpus_parse("0-63,100,4095", &a), 0);
	assert_int_equal(gt_cpus_parse("60-70,100", &b), 0);
	assert_int_equal(gt_cpus_count(&a), 66);
	assert_true(gt_cpus_has(&a, 4095));
	assert_false(gt_cpus_has(&a, 4096));
	assert_false(gt_cpus_has(&a, UINT32_MAX));
	gt_cpus_set(&a, 4096); /* beyond the end: nothing */
	assert_int_equal(gt_cpus_count(&a), 66);
	gt_cpus_and(&b, &a);
	assert_int_equal(gt_cpus_count(&b), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus_parse_table),
		cmocka_unit_test(test_cpus_format_too_small),
		cmocka_unit_test(test_cpus_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
