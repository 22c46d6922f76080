/*
 * The arithmetic that compares groups: against values that others have computed, and by counting
 * how often it is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "gotune/history.h"
#include "history/uniform.h"

static double normal(void)
{
	return sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform());
}

static double heavy(void) /* median 1 */
{
	return exp(2 * normal());
}

static double lumpy(void) /* nine of ten are 0, as OOM kills are */
{
	return uniform() < 0.9 ? 0 : floor(1 + 3 * uniform());
}

static double steps(void)
{
	return floor(5 * uniform());
}

static void test_median(void **state)
{
	double v[100];
	struct gt_median m;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		v[i] = (double)((i * 37) % 100 + 1); /* 1..100, mixed */
	gt_median_of(v, 100, &m);
	assert_true(m.known && m.n == 100 && m.median == 50.5);
	/* R: qbinom(0.025, 100, 0.5) is 40: the 40th from either end. */
	assert_true(m.low == 40 && m.high == 61);
	for (unsigned i = 0; i < 10; i++)
		v[i] = (double)(i + 1);
	gt_median_of(v, 10, &m);
	/* The table of Conover, A3: n = 10: the 2nd and the 9th. */
	assert_true(m.known && m.median == 5.5 && m.low == 2 && m.high == 9);
	gt_median_of(v, 9, &m);
	assert_true(!m.known && m.n == 9);
	gt_median_of(v, 0, &m);
	assert_false(m.known);
}

static void test_median_of_many(void **state)
{
	enum { N = 20000 };
	static double v[N];
	struct gt_median m;

	(void)state;
	for (unsigned i = 0; i < N; i++)
		v[i] = i;
	gt_median_of(v, N, &m);
	/* 1.96 * sqrt(N) / 2 = 138.6 to either side. */
	assert_true(m.known && fabs(m.median - m.low - 139) < 2 &&
		    fabs(m.high - m.median - 139) < 2);
}

/* Of 2,000 intervals, 95 % or more have the true median. */
static void test_interval_covers(void **state)
{
	enum { RUNS = 2000 };
	static const uint32_t sizes[] = {10, 11, 25, 100};
	double v[100];

	(void)state;
	seed = 1;
	for (size_t s = 0; s < GT_ARRAY_LEN(sizes); s++) {
		unsigned hits = 0;

		for (unsigned run = 0; run < RUNS; run++) {
			struct gt_median m;

			for (uint32_t i = 0; i < sizes[s]; i++)
				v[i] = heavy();
			gt_median_of(v, sizes[s], &m);
			hits += m.low <= 1 && m.high >= 1;
		}
		print_message("n = %u: %u of %u\n", sizes[s], hits, RUNS);
		/* Three standard deviations of a count of 95 %: 29. */
		assert_true(hits >= RUNS * 95 / 100 - 29);
	}
}

static double p_of(const double *a, uint32_t na, const double *b, uint32_t nb)
{
	double p = -1;

	(void)gt_contrast_of(a, na, b, nb, 0.01, &p);
	return p;
}

static void test_p_as_others_have_it(void **state)
{
	double a[10], b[10], c[10];

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		a[i] = i + 1;
		b[i] = i + 11;
		c[i] = i / 2;
	}
	/* R: wilcox.test(1:10, 11:20, exact = FALSE)$p.value is 0.0001826718 */
	assert_true(fabs(p_of(a, 10, b, 10) - 0.0001826718) < 1e-9);
	assert_int_equal(gt_contrast_of(a, 10, b, 10, 0.01, NULL), GT_CONTRAST_LESS);
	assert_int_equal(gt_contrast_of(b, 10, a, 10, 0.01, NULL), GT_CONTRAST_MORE);
	assert_int_equal(gt_contrast_of(a, 10, b, 10, 0.0001, NULL), GT_CONTRAST_NONE);
	assert_true(p_of(c, 10, c, 10) == 1);
	assert_int_equal(gt_contrast_of(a, 10, a, 10, 0.01, NULL), GT_CONTRAST_NONE);
	assert_int_equal(gt_contrast_of(a, 9, b, 10, 0.5, NULL), GT_CONTRAST_UNKNOWN);
	assert_int_equal(gt_contrast_of(a, 10, b, 9, 0.5, NULL), GT_CONTRAST_UNKNOWN);
	for (unsigned i = 0; i < 10; i++)
		c[i] = 3;
	assert_int_equal(gt_contrast_of(c, 10, c, 10, 0.5, NULL), GT_CONTRAST_NONE);
}

/* How many of RUNS comparisons find a difference, where B is scaled and shifted. */
static unsigned count_found(double (*draw)(void), uint32_t na, uint32_t nb, double shift)
{
	static double a[400], b[400];
	unsigned found = 0;

	for (unsigned run = 0; run < 1000; run++) {
		for (uint32_t i = 0; i < na; i++)
			a[i] = draw();
		for (uint32_t i = 0; i < nb; i++)
			b[i] = draw() + shift;
		found += gt_contrast_of(a, na, b, nb, 0.01, NULL) > GT_CONTRAST_NONE;
	}
	return found;
}

/* Where there is no difference, one in a hundred is found: counted, for each shape of numbers. */
static void test_false_alarms(void **state)
{
	static const struct {
		const char *name;
		double (*draw)(void);
		uint32_t na, nb;
	} rows[] = {
		{"normal, 10 and 10", normal, 10, 10},	 {"normal, 10 and 200", normal, 10, 200},
		{"heavy, 30 and 30", heavy, 30, 30},	 {"lumpy, 20 and 400", lumpy, 20, 400},
		{"lumpy, 100 and 100", lumpy, 100, 100}, {"steps, 50 and 50", steps, 50, 50},
	};

	(void)state;
	seed = 2;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		unsigned found = count_found(rows[i].draw, rows[i].na, rows[i].nb, 0);

		print_message("%s: %u of 1000\n", rows[i].name, found);
		assert_true(found <= 20); /* three standard deviations above 10 */
	}
}

/* And where there is one of a standard deviation, it is found. */
static void test_misses(void **state)
{
	unsigned few, many;

	(void)state;
	seed = 3;
	few = count_found(normal, 20, 20, 1);
	many = count_found(normal, 50, 50, 1);
	print_message("shifted by a standard deviation: %u of 1000 with 20, %u with 50\n", few,
		      many);
	assert_true(few > 500 && many > 980);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median),		cmocka_unit_test(test_median_of_many),
		cmocka_unit_test(test_interval_covers), cmocka_unit_test(test_p_as_others_have_it),
		cmocka_unit_test(test_false_alarms),	cmocka_unit_test(test_misses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
