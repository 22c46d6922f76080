/* Quantiles are within a step of the values that were counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diagnose/hist.h"

static void test_gt_hist_at_uniform(void **state)
{
	static struct gt_hist h;

	(void)state;
	assert_true(gt_hist_at(&h, 0.5) == 0);
	for (unsigned i = 1; i <= 1000; i++)
		gt_hist_add(&h, i * 0.25);
	for (unsigned q = 1; q < 100; q++) {
		double want = q * 2.5, got = gt_hist_at(&h, q / 100.0);

		if (got < want * 0.95 - 0.3 || got > want * 1.05 + 0.3)
			fail_msg("%u %%: %g, not %g", q, got, want);
	}
	assert_true(gt_hist_at(&h, 1) <= 250 && h.max == 250 && h.min == 0.25);
}

static void test_gt_hist_add_odd_values(void **state)
{
	static struct gt_hist h;
	static const double odd[] = {-1, 0, 1e-30, 1e30, 1e308};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(odd); i++)
		gt_hist_add(&h, odd[i]);
	gt_hist_add(&h, __builtin_nan(""));
	gt_hist_add(&h, __builtin_inf());
	assert_int_equal(h.n, 7);
	assert_true(gt_hist_at(&h, 0.2) == 0);
	assert_true(gt_hist_at(&h, 0.95) > 1e6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_hist_at_uniform),
		cmocka_unit_test(test_gt_hist_add_odd_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
