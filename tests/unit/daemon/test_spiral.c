/* daemon/spiral.c: programs that are made up, looked at once a second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "daemon/spiral.h"

#define MS	1000000
#define SECOND	(1000 * MS)
#define SECONDS 185

/* A program whose cycles are all alike. */
struct program {
	const char *name;
	int64_t cycle_ms, mark_ms;
	int64_t gc_ms;		/* CPU of its collector, a cycle */
	int64_t cpu_permille;	/* of one CPU, that the container takes */
	unsigned near_permille; /* of the looks */
	bool no_cpu;
	int64_t clock_ms; /* of the program, ahead of ours */
	unsigned spirals; /* how often one is told of, in three minutes */
	uint32_t percent; /* 0: whatever */
};

/* Looks are drawn, so that they are not in step with cycles: up to two seconds from one to the
 * next. */
static struct gt_spiral_look look_at(const struct program *p, unsigned i)
{
	int64_t now = 1000 * (int64_t)SECOND + (int64_t)i * SECOND +
		      (int64_t)(i * 2654435761u % 997) * MS;
	int64_t cycle = p->cycle_ms * MS, phase = now % cycle;
	bool in_mark = phase < p->mark_ms * MS;

	return (struct gt_spiral_look){
		.now_ns = now,
		.is_near = i * 7 % 10 * 100 < p->near_permille,
		.in_mark = in_mark,
		/* While it marks, a part alone is counted. */
		.gc_ns = (uint64_t)(p->gc_ms * MS) / (in_mark ? 3 : 1),
		.mark_begin_ns = (uint64_t)(now - phase + p->clock_ms * MS),
		.has_cpu = !p->no_cpu,
		.cpu_ns = (uint64_t)(now / 1000 * p->cpu_permille),
	};
}

static const struct program programs[] = {
	{.name = "all the time, one CPU of two",
	 .cycle_ms = 100,
	 .mark_ms = 60,
	 .gc_ms = 80,
	 .cpu_permille = 2000,
	 .near_permille = 1000,
	 .spirals = 3,
	 .percent = 40},
	{.name = "a third",
	 .cycle_ms = 300,
	 .mark_ms = 120,
	 .gc_ms = 100,
	 .cpu_permille = 1000,
	 .near_permille = 1000,
	 .spirals = 3,
	 .percent = 33},
	{.name = "a fifth",
	 .cycle_ms = 500,
	 .mark_ms = 200,
	 .gc_ms = 100,
	 .cpu_permille = 1000,
	 .near_permille = 1000},
	{.name = "a third, but it has room",
	 .cycle_ms = 300,
	 .mark_ms = 120,
	 .gc_ms = 100,
	 .cpu_permille = 1000,
	 .near_permille = 800},
	{.name = "marks seldom: the counters cannot be right",
	 .cycle_ms = 1000,
	 .mark_ms = 200,
	 .gc_ms = 900,
	 .cpu_permille = 1000,
	 .near_permille = 1000},
	{.name = "marks half the time, and takes little",
	 .cycle_ms = 1000,
	 .mark_ms = 500,
	 .gc_ms = 100,
	 .cpu_permille = 1000,
	 .near_permille = 1000},
	{.name = "never stops marking",
	 .cycle_ms = 1000,
	 .mark_ms = 990,
	 .gc_ms = 0,
	 .cpu_permille = 1000,
	 .near_permille = 1000,
	 .spirals = 3,
	 .percent = 25},
	{.name = "no CPU time, half",
	 .cycle_ms = 100,
	 .mark_ms = 60,
	 .gc_ms = 80,
	 .near_permille = 1000,
	 .no_cpu = true},
	{.name = "another clock",
	 .cycle_ms = 100,
	 .mark_ms = 60,
	 .gc_ms = 80,
	 .cpu_permille = 1000,
	 .near_permille = 1000,
	 .clock_ms = 100000000},
	{.name = "an idle one",
	 .cycle_ms = 120000,
	 .mark_ms = 10,
	 .gc_ms = 10,
	 .cpu_permille = 1,
	 .near_permille = 1000},
};

static void test_programs(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(programs); i++) {
		struct gt_spiral s = {0};
		unsigned spirals = 0;
		uint32_t percent = 0;

		for (unsigned k = 0; k < SECONDS; k++) {
			struct gt_spiral_look l = look_at(&programs[i], k);

			spirals += gt_spiral_look(&s, &l, &percent);
		}
		if (spirals != programs[i].spirals)
			fail_msg("%s: %u times, %u %%", programs[i].name, spirals, percent);
		if (programs[i].percent > 0 && (percent < programs[i].percent * 9 / 10 ||
						percent > programs[i].percent * 11 / 10))
			fail_msg("%s: %u %%", programs[i].name, percent);
	}
}

/* Whatever the program's memory says, no look leads astray. */
static void test_odd_numbers(void **state)
{
	static const uint64_t odd[] = {0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
	struct gt_spiral s = {0};
	uint32_t percent;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct gt_spiral_look l = {.now_ns = (int64_t)i * SECOND + 1,
					   .is_near = true,
					   .in_mark = i % 2,
					   .gc_ns = odd[i % 5],
					   .mark_begin_ns = odd[i / 5 % 5],
					   .has_cpu = true,
					   .cpu_ns = odd[i / 25 % 5]};

		assert_false(gt_spiral_look(&s, &l, &percent));
	}
}

/* Too few looks are no minute. */
static void test_few_looks(void **state)
{
	struct program p = {.cycle_ms = 100,
			    .mark_ms = 99,
			    .gc_ms = 80,
			    .cpu_permille = 1000,
			    .near_permille = 1000};
	struct gt_spiral s = {0};
	uint32_t percent;

	(void)state;
	for (unsigned k = 0; k < 300; k += 3) {
		struct gt_spiral_look l = look_at(&p, k);

		assert_false(gt_spiral_look(&s, &l, &percent));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_odd_numbers),
		cmocka_unit_test(test_few_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
