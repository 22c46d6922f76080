/* goroutines/history.c: ages, growth, leaks, columns of the heat map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "snap.h"

static struct snap snap;
static struct gt_gor_history h;

static int teardown(void **state)
{
	(void)state;
	gt_gor_history_done(&h);
	return 0;
}

static void add(int64_t began_ns)
{
	assert_int_equal(gt_gor_history_add(&h, &snap.s, began_ns), 0);
}

static void test_gt_gor_age_buckets(void **state)
{
	(void)state;
	assert_int_equal(gt_gor_age_bucket(0), 0);
	assert_int_equal(gt_gor_age_bucket(SECOND - 1), 0);
	assert_int_equal(gt_gor_age_bucket(SECOND), 1);
	assert_int_equal(gt_gor_age_bucket(59 * SECOND), 2);
	assert_int_equal(gt_gor_age_bucket(600 * SECOND), 4);
	assert_int_equal(gt_gor_age_bucket(INT64_MAX), GT_GOR_AGES - 1);
}

static void test_gt_gor_history_ages_are_lower_bounds(void **state)
{
	(void)state;
	snap_begin(&snap, 100 * SECOND);
	snap_add(&snap, 1, 5, 6, 0);
	snap_add(&snap, 1, 7, 7, 40 * SECOND); /* the collector saw it wait */
	add(0);
	assert_int_equal(h.n_site, 1);
	assert_int_equal(h.site[0].oldest_ns, 60 * SECOND);
	assert_int_equal(h.site[0].age[0], 2);
	assert_int_equal(h.site[0].age[3], 1);
	snap_begin(&snap, 105 * SECOND);
	snap_add(&snap, 1, 6, 7, 0); /* a wait that began anew does not make it younger */
	snap_add(&snap, 1, 8, 8, 0);
	add(0);
	assert_int_equal(h.site[0].n, 3);
	assert_int_equal(h.site[0].before, 3);
	assert_int_equal(h.site[0].stayed, 2);
	assert_int_equal(h.site[0].oldest_ns, 65 * SECOND);
	assert_int_equal(h.site[0].age[0], 1);
	assert_int_equal(h.site[0].age[1], 1);
	assert_int_equal(h.site[0].age[3], 1);
}

/* Nothing is older than its process, whatever the process says. */
static void test_gt_gor_history_of_a_wait_before_the_process(void **state)
{
	(void)state;
	snap_begin(&snap, 100 * SECOND);
	snap_add(&snap, 1, 5, 5, 3 * SECOND);
	add(90 * SECOND);
	assert_int_equal(h.site[0].oldest_ns, 10 * SECOND);
}

static void test_gt_gor_history_keeps_sites_that_are_gone(void **state)
{
	(void)state;
	snap_begin(&snap, SECOND);
	snap_add(&snap, 1, 1, 3, 0);
	snap_add(&snap, 2, 4, 4, 0);
	add(0);
	snap_begin(&snap, 2 * SECOND);
	snap_add(&snap, 2, 4, 5, 0);
	add(0);
	assert_int_equal(h.n_site, 2);
	assert_string_equal(h.site[0].by, "main.a");
	assert_int_equal(h.site[0].n, 0);
	assert_int_equal(h.site[0].before, 3);
	assert_int_equal(h.site[1].n, 2);
	assert_int_equal(h.n_gor, 2);
	assert_int_equal(h.n_before, 4);
}

/* N goroutines of site 1 in each step, of which those before FIRST have gone. */
static bool leaks(const uint32_t *n, const uint32_t *first, unsigned steps)
{
	uint32_t which[4];
	uint32_t found;

	gt_gor_history_done(&h);
	for (unsigned i = 0; i < steps; i++) {
		snap_begin(&snap, (i + 1) * SECOND);
		snap_add(&snap, 1, first[i] + 1, first[i] + n[i], 0);
		add(0);
	}
	found = gt_gor_leaks(&h, which, 4);
	assert_true(found <= 1 && (found == 0 || which[0] == 0));
	return found == 1;
}

static void test_gt_gor_leaks_of_rows(void **state)
{
	static const struct {
		const char *name;
		unsigned steps;
		uint32_t n[4], first[4];
		bool want;
	} rows[] = {
		{"grows, all stay", 4, {100, 200, 300, 400}, {0}, true},
		{"grows from nothing", 3, {1, 20, 40}, {0}, true},
		{"two snapshots", 2, {100, 400}, {0}, false},
		{"steady", 4, {100, 100, 100, 100}, {0}, false},
		{"grows by 15", 4, {100, 105, 110, 115}, {0}, false},
		{"grows by 16", 4, {100, 105, 110, 116}, {0}, true},
		{"grows, but all are others", 4, {100, 200, 300, 400}, {0, 100, 300, 600}, false},
		{"falls once", 4, {100, 300, 200, 400}, {0}, false},
		{"stands still once of three", 4, {100, 200, 200, 400}, {0}, false},
	};

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		if (leaks(rows[i].n, rows[i].first, rows[i].steps) != rows[i].want)
			fail_msg("%s", rows[i].name);
	}
}

/* Eleven of twelve steps up are enough, but not with one down. */
static void test_gt_gor_leaks_that_fall_once(void **state)
{
	uint32_t n[13], first[13] = {0};

	(void)state;
	for (unsigned i = 0; i < 13; i++)
		n[i] = 100 + 50 * i;
	n[6] = n[5];
	assert_true(leaks(n, first, 13));
	n[6] = n[5] / 2;
	assert_false(leaks(n, first, 13));
}

static void test_gt_gor_history_columns_are_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * GT_GOR_COLUMNS; i++) {
		snap_begin(&snap, (i + 1) * SECOND);
		snap_add(&snap, 1, 1, 2, 0);
		add(0);
		assert_true(h.n_column > 0 && h.n_column <= GT_GOR_COLUMNS);
		assert_int_equal(h.column[h.n_column - 1].at_ns, snap.s.at_ns);
	}
	assert_int_equal(h.per_column, 4);
	for (unsigned i = 1; i < h.n_column; i++)
		assert_true(h.column[i].at_ns > h.column[i - 1].at_ns);
	assert_int_equal(h.column[0].age[0] + h.column[0].age[1] + h.column[0].age[2], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_gt_gor_age_buckets, teardown),
		cmocka_unit_test_teardown(test_gt_gor_history_ages_are_lower_bounds, teardown),
		cmocka_unit_test_teardown(test_gt_gor_history_of_a_wait_before_the_process,
					  teardown),
		cmocka_unit_test_teardown(test_gt_gor_history_keeps_sites_that_are_gone, teardown),
		cmocka_unit_test_teardown(test_gt_gor_leaks_of_rows, teardown),
		cmocka_unit_test_teardown(test_gt_gor_leaks_that_fall_once, teardown),
		cmocka_unit_test_teardown(test_gt_gor_history_columns_are_bounded, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
