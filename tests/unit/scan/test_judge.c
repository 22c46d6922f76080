/*
 * What hurts, at its thresholds, and the order and summary.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "gotune/scan.h"

#define KNOWN(n)  ((struct gt_scan_number){true, n})
#define BIT(harm) (1u << GT_HARM_##harm)

static void test_harms_at_their_thresholds(void **state)
{
	static const struct {
		const char *name;
		struct gt_scan_program p;
		struct gt_scan_usage g;
		unsigned want;
	} rows[] = {
		{"nothing known", {0}, {.periods = {0}}, 0},
		{"as many Ps as fit",
		 {.ps_from = GT_SCAN_GO, .ps = 2, .ps_fit = 2},
		 {.periods = {0}},
		 0},
		{"more",
		 {.ps_from = GT_SCAN_GO, .ps = 3, .ps_fit = 2},
		 {.periods = {0}},
		 BIT(TOO_MANY_PS)},
		{"not readable", {.ps = 3, .ps_fit = 2}, {.periods = {0}}, 0},
		{"nobody knows what fits", {.ps_from = GT_SCAN_GO, .ps = 3}, {.periods = {0}}, 0},
		{"5 %", {0}, {.periods = KNOWN(100), .throttled = KNOWN(5)}, BIT(THROTTLED)},
		{"less", {0}, {.periods = KNOWN(1000), .throttled = KNOWN(49)}, 0},
		{"too few periods", {0}, {.periods = KNOWN(99), .throttled = KNOWN(99)}, 0},
		{"one killed", {0}, {.oom_kills = KNOWN(1)}, BIT(OOM_KILLED)},
		{"none killed", {0}, {.oom_kills = KNOWN(0)}, 0},
		{"90 %", {0}, {.memory = KNOWN(90), .memory_max = KNOWN(100)}, BIT(NEAR_LIMIT)},
		{"89 %", {0}, {.memory = KNOWN(89), .memory_max = KNOWN(100)}, 0},
		{"huge",
		 {0},
		 {.memory = KNOWN(UINT64_MAX), .memory_max = KNOWN(UINT64_MAX)},
		 BIT(NEAR_LIMIT)},
		{"no limit", {0}, {.memory = KNOWN(90)}, 0},
		{"overflows", {0}, {.listen_overflows = KNOWN(1)}, BIT(LISTEN_OVERFLOWS)},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_scan_unit u = {.usage = rows[i].g};
		unsigned got = gt_scan_harms(&rows[i].p, &u);

		if (got != rows[i].want)
			fail_msg("%s: %x", rows[i].name, got);
	}
}

static void test_sort_by_harm_then_by_degree(void **state)
{
	struct gt_scan_unit units[4] = {
		{.name = {.kind = GT_UNIT_CONTAINER, .id = "b"}},
		{.name = {.kind = GT_UNIT_CONTAINER, .id = "a"}},
		{.name = {.kind = GT_UNIT_SERVICE, .id = "0"}},
		{.name = {.kind = GT_UNIT_CONTAINER, .id = "c"}, .usage = {.oom_kills = KNOWN(3)}},
	};
	struct gt_scan_program programs[] = {
		{.pid = 1, .unit = 2},
		{.pid = 2, .unit = 0},
		{.pid = 3, .unit = 1},
		{.pid = 4, .unit = 0, .harms = BIT(TOO_MANY_PS), .ps = 8, .ps_fit = 2},
		{.pid = 5, .unit = 1, .harms = BIT(TOO_MANY_PS), .ps = 16, .ps_fit = 2},
		{.pid = 6, .unit = 0, .harms = BIT(THROTTLED)},
		{.pid = 7, .unit = 3, .harms = BIT(OOM_KILLED)},
	};
	static const int64_t want[] = {7, 6, 5, 4, 3, 2, 1};
	struct gt_scan s = {.unit = units, .n_unit = 4, .program = programs, .n_program = 7};

	(void)state;
	gt_scan_sort(&s);
	for (size_t i = 0; i < GT_ARRAY_LEN(want); i++)
		assert_int_equal(programs[i].pid, want[i]);
}

static void expect_summary(const struct gt_scan *s, const char *want)
{
	struct gt_buf b = {0};

	gt_scan_summary(s, &b);
	assert_string_equal(b.p, want);
	gt_buf_done(&b);
}

static void test_summary_for_a_ticket(void **state)
{
	struct gt_scan_unit units[2] = {
		{.name = {.kind = GT_UNIT_CONTAINER}, .harms = BIT(TOO_MANY_PS) | BIT(OOM_KILLED)},
		{.name = {.kind = GT_UNIT_SERVICE}, .harms = BIT(OOM_KILLED)},
	};
	struct gt_scan_program programs[] = {
		{.harms = BIT(TOO_MANY_PS), .ps = 128, .ps_fit = 2},
		{.harms = BIT(TOO_MANY_PS), .ps = 500, .ps_fit = 400},
	};
	struct gt_scan s = {.unit = units,
			    .n_unit = 2,
			    .program = programs,
			    .n_program = 2,
			    .containers = 40,
			    .go_containers = 31,
			    .since_s = 1790000000};

	(void)state;
	expect_summary(&s, "1 of 31 Go containers had processes killed for lack of memory since "
			   "2026-09-21; 1 run more Ps than they have CPUs (the worst: 128 Ps where "
			   "2 fit).");
	s = (struct gt_scan){
		.containers = 4, .services = 2, .unreadable = 3, .stuck = 1, .broken = 2};
	expect_summary(&s,
		       "No Go program runs in the 4 containers and 2 services here. 3 processes "
		       "belong to other users: run it as root to see them. 1 processes kept us "
		       "waiting and are left out. 2 program files were too much for the parser.");
	s = (struct gt_scan){.containers = 4, .go_containers = 2};
	expect_summary(&s, "Nothing harmful in the 2 Go containers of 4.");
}

static void test_every_harm_has_a_word(void **state)
{
	(void)state;
	assert_int_equal(gt_harm_words.n, GT_HARM_COUNT);
	assert_int_equal(gt_scan_from_words.n, GT_SCAN_FROM_COUNT);
	for (unsigned i = 0; i < GT_HARM_COUNT; i++)
		assert_string_not_equal(gt_words_get(&gt_harm_words, i), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_harms_at_their_thresholds),
		cmocka_unit_test(test_sort_by_harm_then_by_degree),
		cmocka_unit_test(test_summary_for_a_ticket),
		cmocka_unit_test(test_every_harm_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
