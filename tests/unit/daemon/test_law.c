/* daemon/law.c: the control laws, a row a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "daemon/law.h"

#define MIB 1048576ll
#define L   (256 * MIB)

static void test_gt_law_limit_rows(void **state)
{
	static const struct {
		const char *name;
		uint64_t beside, marked;
		int64_t planned, now, want; /* MiB; WANT -1: as it is */
	} rows[] = {
		{"alone: the plan", 0, 40, 230, 225, -1},
		{"alone, the plan is below 88 %", 0, 40, 200, 200, -1},
		{"130 MiB beside it: 88 % less that, at once", 130, 40, 230, 230, 95},
		{"never below what the heap needs", 200, 60, 230, 230, 73},
		{"nor above the plan for that", 250, 300, 230, 230, -1},
		{"all is taken by others", 256, 2, 230, 100, -2},
		{"a tenth of the way up", 100, 40, 230, 85, 89},
		{"2 MB at least", 130, 40, 230, 90, 91},
		{"the limit was lowered: the plan is", 0, 40, 144, 230, 144},
		{"a quarter of a MiB more is not worth it", 30, 40, 230, 195, -1},
		{"nor is one less", 30, 40, 230, 196, -1},
		{"no plan", 0, 40, 0, 230, -1},
		{"no limit now", 0, 40, 230, 0, -1},
	};

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_law s = {.beside = rows[i].beside * MIB};
		struct gt_law_in in = {.limit = L,
				       .marked = rows[i].marked * MIB,
				       .planned = rows[i].planned * MIB,
				       .now = rows[i].now * MIB};
		int64_t got = gt_law_limit(&s, &in);
		int64_t mib = got / MIB;

		if (rows[i].want == -2 ? got < 8 * MIB || got > 50 * MIB
				       : (rows[i].want == -1 ? got != 0 : mib != rows[i].want))
			fail_msg("%s: %lld MiB", rows[i].name, (long long)mib);
	}
}

/* Whatever it is told, what it says is at most the plan and 90 %, and never a small number. */
static void test_gt_law_limit_stays_within_bounds(void **state)
{
	static const uint64_t values[] = {
		0,     1,	   4096,       8 * MIB,	      100 * MIB, L,
		L + 1, 1ull << 40, 1ull << 46, INT64_MAX / 2, INT64_MAX, UINT64_MAX};
	enum { N = GT_ARRAY_LEN(values) };

	(void)state;
	for (unsigned i = 0; i < N * N * N * N; i++) {
		struct gt_law s = {.beside = values[i % N]};
		struct gt_law_in in = {.limit = values[i / N % N],
				       .marked = values[i / N / N % N],
				       .planned = (int64_t)(values[i / N / N / N % N] & INT64_MAX),
				       .now = 100 * MIB};
		int64_t got = gt_law_limit(&s, &in);

		if (got != 0 && (got < 8 * MIB || got > in.planned || (uint64_t)got > in.limit))
			fail_msg("%u: %lld", i, (long long)got);
	}
}

static void test_gt_law_tick_remembers_the_most(void **state)
{
	struct gt_law s = {0};
	struct gt_law_in in = {.anon = 200 * MIB, .mapped = 70 * MIB, .tick_ms = 200};

	(void)state;
	gt_law_tick(&s, &in);
	assert_int_equal(s.beside, 130 * MIB);
	in.anon = 70 * MIB;
	gt_law_tick(&s, &in);
	assert_true(s.beside < 130 * MIB && s.beside > 125 * MIB);
	for (unsigned i = 0; i < 500; i++)
		gt_law_tick(&s, &in);
	assert_true(s.beside < MIB);
	in.anon = 10 * MIB; /* less than what is mapped: nothing is beside it */
	gt_law_tick(&s, &in);
	assert_true(s.beside < MIB);
	/* A collection at each tick of 100 ms: ten a second. */
	in.tick_ms = 100;
	for (unsigned i = 0; i < 100; i++) {
		in.marked += 1000;
		gt_law_tick(&s, &in);
	}
	assert_true(s.milli_hz > 9000 && s.milli_hz <= 10000);
	for (unsigned i = 0; i < 100; i++)
		gt_law_tick(&s, &in);
	assert_true(s.milli_hz < 100);
}

static void test_gt_law_gogc_rows(void **state)
{
	static const struct {
		const char *name;
		uint64_t anon; /* permille of the limit */
		int32_t gogc, start;
		uint32_t hz;
		int32_t want;
	} rows[] = {
		{"room", 500, 100, 100, 0, 0},
		{"above 75 %", 760, 100, 100, 0, 60},
		{"above 85 %", 860, 60, 100, 0, 30},
		{"above 90 %", 950, 100, 100, 0, 20},
		{"between 65 and 75 %: no change", 700, 60, 100, 0, 0},
		{"back by five", 600, 60, 100, 0, 65},
		{"back, and no further", 600, 98, 100, 0, 100},
		{"never above what it began with", 100, 45, 50, 0, 50},
		{"it began above 100 and gets that back", 100, 100, 200, 0, 105},
		{"eight collections a second: not lower", 950, 100, 100, 8000, 0},
		{"but back", 100, 60, 100, 8000, 65},
		{"from 60 to 85 %'s 30", 900, 60, 100, 0, 30},
		{"it began at 10", 950, 10, 10, 0, 0},
		{"off", 950, -1, -1, 0, 0},
		{"up to 75 %'s 60 by five, too", 760, 20, 100, 0, 25},
	};

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_law s = {.milli_hz = rows[i].hz};
		struct gt_law_in in = {.limit = 1000 * 4096,
				       .anon = rows[i].anon * 4096,
				       .gogc = rows[i].gogc,
				       .gogc_start = rows[i].start};
		int32_t got = gt_law_gogc(&s, &in);

		if (got != rows[i].want)
			fail_msg("%s: %d, not %d", rows[i].name, got, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_law_limit_rows),
		cmocka_unit_test(test_gt_law_limit_stays_within_bounds),
		cmocka_unit_test(test_gt_law_tick_remembers_the_most),
		cmocka_unit_test(test_gt_law_gogc_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
