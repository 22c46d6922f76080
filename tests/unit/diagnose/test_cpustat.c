/* cpu.stat of both cgroup versions, one copy or several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/diagnose.h"

static void test_gt_diagnose_cpu_stat_rows(void **state)
{
	static const struct {
		const char *name, *text;
		int ret;
		uint64_t periods, throttled, us;
	} rows[] = {
		{"v1", "nr_periods 15\nnr_throttled 14\nthrottled_time 2117907533\n", 0, 15, 14,
		 2117907},
		{"v2", "usage_usec 9\nnr_periods 20\nnr_throttled 3\nthrottled_usec 77\n", 0, 20, 3,
		 77},
		{"two copies",
		 "1795891918.3\nnr_periods 15\nnr_throttled 10\nthrottled_time 1000000\n1795891919.8\nnr_periods "
		 "25\nnr_throttled 19\nthrottled_time 3000000\n",
		 0, 10, 9, 2000},
		{"three copies, no newline",
		 "nr_periods 1\nnr_throttled 1\nnr_periods 5\nnr_throttled 2\nnr_periods 9\nnr_throttled 3",
		 0, 8, 2, 0},
		{"another cgroup after it",
		 "nr_periods 50\nnr_throttled 1\nnr_periods 5\nnr_throttled 2\n", 0, 5, 2, 0},
		{"none", "usage_usec 9\n", -EINVAL, 0, 0, 0},
		{"empty", "", -EINVAL, 0, 0, 0},
		{"too large", "nr_periods 99999999999999999999999\n", -EINVAL, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_diagnose_known k = {0};
		int r = gt_diagnose_cpu_stat(rows[i].text, strlen(rows[i].text), &k);

		if (r != rows[i].ret || k.nr_periods != rows[i].periods ||
		    k.nr_throttled != rows[i].throttled || k.throttled_us != rows[i].us ||
		    k.has_cpu_stat != (r == 0))
			fail_msg("%s: %d, %llu %llu %llu", rows[i].name, r,
				 (unsigned long long)k.nr_periods,
				 (unsigned long long)k.nr_throttled,
				 (unsigned long long)k.throttled_us);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_gt_diagnose_cpu_stat_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
