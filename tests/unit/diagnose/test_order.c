/*
 * Does the newest line of a log come first?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../../hook/diagnose/order.h"

/* Cycles FROM to TO of a process, 100 ms each. */
static void cycles(struct gt_order *o, int from, int to)
{
	int step = from < to ? 1 : -1;

	for (int n = from; n != to + step; n += step)
		gt_order_gc(o, 0, n, n / 10.0);
}

static void sched(struct gt_order *o, int from, int to, double procs)
{
	int step = from < to ? 1000 : -1000;

	for (int ms = from; ms != to + step; ms += step)
		gt_order_sched(o, 0, ms, procs);
}

static void test_gt_order_gc(void **state)
{
	struct gt_order o = {0};

	(void)state;
	assert_int_equal(gt_order_of(&o), 0);
	cycles(&o, 1, 4);
	assert_int_equal(gt_order_of(&o), 1);
	o = (struct gt_order){0};
	cycles(&o, 4, 2);
	assert_int_equal(gt_order_of(&o), 0); /* two pairs are not enough */
	cycles(&o, 1, 1);
	assert_int_equal(gt_order_of(&o), -1);
	assert_false(gt_order_is_surely_backward(&o));
	o = (struct gt_order){0};
	cycles(&o, 60, 1);
	assert_true(gt_order_is_surely_backward(&o));
}

static void test_gt_order_restarts(void **state)
{
	struct gt_order o = {0};

	(void)state;
	for (int i = 0; i < 50; i++)
		cycles(&o, 1, 1); /* dies at once */
	assert_int_equal(gt_order_of(&o), 0);
	for (int i = 0; i < 50; i++)
		cycles(&o, 1, 2);
	assert_true(gt_order_of(&o) >= 0);
	o = (struct gt_order){0};
	for (int i = 0; i < 50; i++)
		cycles(&o, 1, 5);
	assert_int_equal(gt_order_of(&o), 1);
	o = (struct gt_order){0};
	for (int i = 0; i < 50; i++)
		cycles(&o, 5, 1);
	assert_int_equal(gt_order_of(&o), -1);
	o = (struct gt_order){0};
	for (int i = 0; i < 50; i++)
		sched(&o, 0, 4000, 2);
	assert_int_equal(gt_order_of(&o), 1);
	o = (struct gt_order){0};
	for (int i = 0; i < 50; i++)
		sched(&o, 0, 1000, 2);
	assert_true(gt_order_of(&o) >= 0);
}

/* Two processes that write in turn: one behind the other by 100 cycles. */
static void test_gt_order_two_processes(void **state)
{
	struct gt_order o = {0};

	(void)state;
	for (int n = 1; n < 40; n++) {
		gt_order_gc(&o, 0, n, n / 10.0);
		gt_order_gc(&o, 0, n + 100, n / 10.0 + 20);
	}
	assert_int_equal(gt_order_of(&o), 1);
	o = (struct gt_order){0};
	for (int n = 40; n > 0; n--) {
		gt_order_gc(&o, 0, n, n / 10.0);
		gt_order_gc(&o, 0, n + 100, n / 10.0 + 20);
	}
	assert_int_equal(gt_order_of(&o), -1);
	o = (struct gt_order){0};
	for (int ms = 0; ms < 40000; ms += 1000) {
		gt_order_sched(&o, 0, ms, 2);
		gt_order_sched(&o, 0, ms + 4003, 2);
	}
	assert_int_equal(gt_order_of(&o), 1);
	o = (struct gt_order){0};
	for (int ms = 40000; ms >= 0; ms -= 1000) {
		gt_order_sched(&o, 0, ms, 2);
		gt_order_sched(&o, 0, ms + 4003, 2);
	}
	assert_int_equal(gt_order_of(&o), -1);
	/* Of two streams each counts by itself. */
	o = (struct gt_order){0};
	for (uint32_t n = 1; n < 40; n++)
		gt_order_gc(&o, n % 2, n % 2 ? n : 40 - n, n % 2 ? n : 40 - n);
	assert_int_equal(gt_order_of(&o), 0);
}

/* LINES of http2debug, behind "http2: ". */
static int order_of_h2(const char *const *lines)
{
	struct gt_order o = {0};

	for (; *lines; lines++)
		gt_order_h2(&o, *lines, strlen(*lines));
	return gt_order_of(&o);
}

static void test_gt_order_h2(void **state)
{
	static const char *const request[] = {
		"Transport encoding header \":authority\" = \"a\"",
		"Transport encoding header \":method\" = \"GET\"",
		"Transport encoding header \":path\" = \"/\"",
		"Transport encoding header \":scheme\" = \"https\"",
		"Transport encoding header \"user-agent\" = \":method\"",
		NULL};
	static const char *const turned[] = {
		"Transport encoding header \"user-agent\" = \":method\"",
		"Transport encoding header \":scheme\" = \"https\"",
		"Transport encoding header \":path\" = \"/\"",
		"Transport encoding header \":method\" = \"GET\"",
		"Transport encoding header \":authority\" = \"a\"",
		NULL};
	static const char *const frames[] = {
		"server read frame HEADERS flags=END_STREAM stream=7 len=9",
		"Transport received HEADERS flags=END_HEADERS stream=9 len=9",
		"server read frame HEADERS flags=END_STREAM stream=5 len=9",
		"server read frame DATA stream=99 len=9",
		"server read frame HEADERS flags=END_STREAM stream=3 len=9",
		"server read frame HEADERS flags=END_STREAM stream=1 len=9",
		NULL};
	static const char *const odd[] = {"", "Transport encoding header \"",
					  "server read frame HEADERS",
					  "server read frame HEADERS stream=", NULL};

	(void)state;
	assert_int_equal(order_of_h2(request), 1);
	assert_int_equal(order_of_h2(turned), -1);
	assert_int_equal(order_of_h2(frames), -1);
	assert_int_equal(order_of_h2(odd), 0);
}

static void test_gt_order_time(void **state)
{
	static const struct {
		const char *time[4];
		int want;
	} rows[] = {
		{{"2026-11-28T18:50:29.5Z", "2026-11-28T18:50:29.45Z", "2026-11-28T18:50:29.449Z",
		  ""},
		 -1},
		{{"2026-11-28T18:50:29.449Z", "2026-11-28T18:50:29.45Z", "2026-11-28T18:50:29.5Z",
		  ""},
		 1},
		{{"2026-11-28T18:50:29Z", "2026-11-28T18:50:29.000Z", "2026-11-28T18:50:29.0Z", ""},
		 0},
		{{"2026-11-28T18:50:29Z", "2026-11-28T18:50:28Z", "", ""},
		 0}, /* a clock that was set */
		{{"2026/11/28 18:50:31", "2026/11/28 18:50:30", "2026/11/28 18:50:30",
		  "2026/11/28 18:50:29"},
		 -1},
		{{"2026/11/28", "2026/11/27", "2026/11/26", "2026/11/25"}, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_order o = {0};

		for (size_t k = 0; k < GT_ARRAY_LEN(rows[i].time); k++)
			gt_order_time(&o, GT_ORDER_PROGRAM, rows[i].time[k]);
		if (gt_order_of(&o) != rows[i].want)
			fail_msg("row %zu: %d", i, gt_order_of(&o));
	}
}

/* What cycles say counts more than clocks do. */
static void test_gt_order_numbers_first(void **state)
{
	struct gt_order o = {0};

	(void)state;
	for (int s = 59; s > 0; s--) {
		char time[40];

		(void)snprintf(time, sizeof(time), "2026-11-28T18:50:%02dZ", s);
		gt_order_time(&o, GT_ORDER_WRAPPER, time);
	}
	assert_int_equal(gt_order_of(&o), -1);
	cycles(&o, 1, 10);
	assert_int_equal(gt_order_of(&o), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_order_gc),
		cmocka_unit_test(test_gt_order_restarts),
		cmocka_unit_test(test_gt_order_two_processes),
		cmocka_unit_test(test_gt_order_h2),
		cmocka_unit_test(test_gt_order_time),
		cmocka_unit_test(test_gt_order_numbers_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
