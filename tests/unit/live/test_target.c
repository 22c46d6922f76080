/* live/target.c: whose rights a program has. What it opens: tests/live.bats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <elf.h>

#include "live/internal.h"

static void test_gt_live_auxv_secure_rows(void **state)
{
	const uint64_t plain[] = {AT_PAGESZ, 4096, AT_SECURE, 0, AT_NULL, 0};
	const uint64_t secure[] = {AT_PAGESZ, 4096, AT_SECURE, 1, AT_NULL, 0};
	const uint64_t silent[] = {AT_PAGESZ, 4096, AT_NULL, 0};

	(void)state;
	assert_false(gt_live_auxv_secure((const unsigned char *)plain, sizeof(plain)));
	assert_true(gt_live_auxv_secure((const unsigned char *)secure, sizeof(secure)));
	assert_true(gt_live_auxv_secure((const unsigned char *)silent, sizeof(silent)));
	assert_true(gt_live_auxv_secure((const unsigned char *)plain, 24)); /* cut */
	assert_true(gt_live_auxv_secure((const unsigned char *)plain, 0));
}

static void test_gt_live_ids_plain_rows(void **state)
{
	static const struct {
		const char *status;
		bool want;
	} rows[] = {
		{"Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t7\t7\t7\t7\n", true},
		{"Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t7\t7\t7\t7\n", false},
		{"Name:\tx\nUid:\t5\t5\t0\t5\nGid:\t7\t7\t7\t7\n", false},
		{"Name:\tx\nUid:\t5\t5\t5\t5\nGid:\t7\t7\t7\t0\n", false},
		{"Name:\tx\nUid:\t5\t5\t5\t5\n", false},
		{"Name:\tx\nGid:\t5\t5\t5\t5\n", false},
		{"Name:\tx\nUid:\t5\t5\nGid:\t5\t5\t5\t5\n", false},
		{"Name:\tUid:\t5\t5\t5\t5\nGid:\t5\t5\t5\t5\n", false},
		{"", false},
	};

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		if (gt_live_ids_plain(rows[i].status) != rows[i].want)
			fail_msg("row %u", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_live_auxv_secure_rows),
		cmocka_unit_test(test_gt_live_ids_plain_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
