/*
 * Is a canary worse? The test against values that others have computed; then roll-outs that are
 * drawn by chance, in which each container comes, runs, and is looked at as gotuned does: how often
 * a harmless rule is rolled back, and how often a harmful one is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gotune/history.h"
#include "history/uniform.h"

static bool is_near(double a, double b)
{
	return fabs(a - b) <= 1e-4 * b;
}

static void test_fisher(void **state)
{
	static const struct {
		const char *name;
		uint32_t a, na, b, nb;
		double p;
	} rows[] = {
		/* Fisher, The Design of Experiments, II: the lady tasting tea. */
		{"all four cups", 4, 4, 0, 4, 1.0 / 70},
		{"three of four", 3, 4, 1, 4, 17.0 / 70},
		/* R, fisher.test: Fisher's convicted twins, alternative "less" there. */
		{"twins", 10, 13, 2, 17, 0.0004652},
		{"five of five, none of 45", 5, 5, 0, 45, 1.0 / 2118760},
		{"as many in both", 10, 100, 10, 100, 0.5928},
		{"none is bad", 0, 10, 0, 10, 1},
		{"all are bad", 10, 10, 10, 10, 1},
		{"fewer among canaries", 0, 50, 10, 50, 1},
		{"an empty arm", 0, 0, 3, 10, 1},
		{"more than there are", 11, 10, 0, 10, 1},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		double p = gt_fisher_more(rows[i].a, rows[i].na, rows[i].b, rows[i].nb);

		if (!is_near(p, rows[i].p))
			fail_msg("%s: %.7f, not %.7f", rows[i].name, p, rows[i].p);
	}
	/* Many do not overflow. */
	assert_true(is_near(gt_fisher_more(1000, 2000, 1000, 2000), 0.5126));
}

/* ---- roll-outs that are drawn ---- */

/* What becomes of the containers of an arm: chances a container, the last a factor. */
struct fate {
	double oom, early, throttled;
};

#define CONTAINERS 400
#define STEP_S	   600u /* between two containers that come */

/* Containers come one after the other and stay; it fails, if it does, after a while that is drawn.
 */
struct rollout {
	struct gt_canary_unit unit[CONTAINERS];
	uint32_t fails_at[CONTAINERS]; /* seconds of its life; UINT32_MAX: never */
	uint32_t n;
};

static void come(struct rollout *r, double percent, const struct fate *canary,
		 const struct fate *control)
{
	struct gt_canary_unit *u = &r->unit[r->n];
	const struct fate *f;

	*u = (struct gt_canary_unit){.id = r->n + 1, .canary = uniform() * 100 < percent};
	f = u->canary ? canary : control;
	u->early = uniform() < f->early;
	/* Half of the services are throttled now and then, each by its own load. */
	u->throttled = (float)(uniform() < 0.5 ? 0 : f->throttled * (0.2 + 1.6 * uniform()));
	r->fails_at[r->n++] = uniform() < f->oom ? (uint32_t)(uniform() * 86400) : UINT32_MAX;
}

/* The number of containers when it was rolled back; 0: it was not. */
static uint32_t roll_out(double percent, const struct fate *canary, const struct fate *control,
			 uint32_t *ret_looks, enum gt_canary_measure *ret_measure)
{
	static struct rollout r;
	struct gt_canary_verdict v;
	struct gt_canary c = {0};

	r.n = 0;
	while (r.n < CONTAINERS) {
		come(&r, percent, canary, control);
		for (uint32_t i = 0; i < r.n; i++) {
			r.unit[i].seconds += STEP_S;
			r.unit[i].oom = r.unit[i].seconds >= r.fails_at[i];
		}
		if (gt_canary_look(&c, r.unit, r.n, &v) && v.worse) {
			*ret_measure = v.measure;
			return r.n;
		}
		*ret_looks = c.looks;
	}
	return 0;
}

static uint32_t count_rolled_back(uint32_t n, double percent, const struct fate *canary,
				  const struct fate *control, enum gt_canary_measure want)
{
	uint32_t back = 0, looks = 0, containers = 0;

	for (uint32_t i = 0; i < n; i++) {
		enum gt_canary_measure why = GT_CANARY_MEASURES;
		uint32_t at = roll_out(percent, canary, control, &looks, &why);

		back += at > 0 && (want == GT_CANARY_MEASURES || why == want);
		containers += at;
	}
	print_message("%u of %u rolled back, at %u containers in the mean; %u looks in the last\n",
		      back, n, back ? containers / back : 0, looks);
	return back;
}

/* 2 % are OOM-killed in a day, 5 % crash, half are throttled: usual, and the same in both arms. */
static const struct fate usual = {0.02, 0.05, 0.05};

static void test_a_hundred_rollouts_without_harm(void **state)
{
	static const double percents[] = {5, 10, 50, 90};
	static const struct fate bad = {0.3, 0.4, 0.3}, calm = {0, 0, 0};

	(void)state;
	seed = 1;
	/* The stated rate is 1 %: of 100 more than 4 would come once in 300 such tests. */
	assert_true(count_rolled_back(100, 10, &usual, &usual, GT_CANARY_MEASURES) <= 4);
	assert_true(count_rolled_back(100, 50, &usual, &usual, GT_CANARY_MEASURES) <= 4);
	/* And counted more closely, for other draws and fates: 1 % and three times its deviation.
	 */
	for (size_t i = 0; i < GT_ARRAY_LEN(percents); i++)
		assert_true(count_rolled_back(1000, percents[i], &usual, &usual,
					      GT_CANARY_MEASURES) <= 10 + 3 * 3);
	assert_true(count_rolled_back(1000, 20, &bad, &bad, GT_CANARY_MEASURES) <= 19);
	assert_int_equal(count_rolled_back(100, 20, &calm, &calm, GT_CANARY_MEASURES), 0);
	/* A rule that does good is no harm. */
	assert_true(count_rolled_back(100, 20, &usual, &bad, GT_CANARY_MEASURES) <= 1);
}

static void test_a_hundred_rollouts_with_harm(void **state)
{
	static const struct {
		const char *name;
		double percent;
		struct fate fate;
		enum gt_canary_measure why;
		uint32_t least; /* that are found, of a hundred */
	} rows[] = {
		{"OOM kills, 2 to 40 %", 20, {0.4, 0.05, 0.05}, GT_CANARY_OOM, 95},
		{"crashes, 5 to 35 %", 20, {0.02, 0.35, 0.05}, GT_CANARY_EARLY, 95},
		{"throttled five times as much", 30, {0.02, 0.05, 0.25}, GT_CANARY_THROTTLED, 95},
		{"a tenth, of which most crash", 10, {0.02, 0.7, 0.05}, GT_CANARY_EARLY, 95},
		{"a twentieth, of which all die", 5, {1, 0.05, 0.05}, GT_CANARY_OOM, 95},
		/* Less harm is found less often. */
		{"throttled three times as much", 30, {0.02, 0.05, 0.15}, GT_CANARY_THROTTLED, 70},
		{"OOM kills, 2 to 25 %", 20, {0.25, 0.05, 0.05}, GT_CANARY_OOM, 70},
	};

	(void)state;
	seed = 2;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		print_message("%s: ", rows[i].name);
		if (count_rolled_back(100, rows[i].percent, &rows[i].fate, &usual, rows[i].why) <
		    rows[i].least)
			fail_msg("%s: too many are missed", rows[i].name);
	}
}

/* ---- when it is time ---- */

static void fill(struct gt_canary_unit *u, uint32_t canaries, uint32_t n, uint32_t seconds)
{
	for (uint32_t i = 0; i < n; i++)
		u[i] = (struct gt_canary_unit){
			.id = i + 1, .canary = i < canaries, .seconds = seconds, .throttled = -1};
}

static void test_when_it_is_time(void **state)
{
	struct gt_canary_unit u[64];
	struct gt_canary_verdict v;
	struct gt_canary c = {0};

	(void)state;
	fill(u, 4, 40, 100);
	assert_false(gt_canary_look(&c, u, 40, &v)); /* too few canaries */
	fill(u, 36, 40, 100);
	assert_false(gt_canary_look(&c, u, 40, &v)); /* too few others */
	fill(u, 5, 10, 100);
	assert_true(gt_canary_look(&c, u, 10, &v));
	assert_true(!v.worse && c.looks == 1);
	assert_false(gt_canary_look(&c, u, 10, &v)); /* nothing new */
	fill(u, 5, 14, 100);
	assert_false(gt_canary_look(&c, u, 14, &v));
	fill(u, 5, 15, 100); /* half as many more */
	assert_true(gt_canary_look(&c, u, 15, &v));
	fill(u, 5, 15, 150); /* half as much time more */
	assert_true(gt_canary_look(&c, u, 15, &v));
	assert_int_equal(c.looks, 3);
	assert_false(gt_canary_look(&c, u, 0, &v));
}

/* The same difference is enough at the first look, and not at the twentieth. */
static void test_each_look_costs(void **state)
{
	struct gt_canary_unit u[40];
	struct gt_canary_verdict v;
	struct gt_canary first = {0}, late = {.looks = 19};

	(void)state;
	fill(u, 20, 40, 100);
	for (unsigned i = 0; i < 8; i++)
		u[i].oom = true; /* p = 0.0016 */
	assert_true(gt_canary_look(&first, u, 40, &v));
	assert_true(v.worse && v.measure == GT_CANARY_OOM && v.canary[0] == 8 &&
		    v.canary[1] == 20 && v.control[0] == 0 && v.control[1] == 20);
	assert_true(gt_canary_look(&late, u, 40, &v));
	assert_false(v.worse);
}

/* What is not known of a container does not count; a little throttling is none. */
static void test_throttling(void **state)
{
	struct gt_canary_unit u[60];
	struct gt_canary_verdict v;
	struct gt_canary c = {0};

	(void)state;
	fill(u, 30, 60, 100);
	for (unsigned i = 0; i < 40; i++)
		u[i].throttled = i < 20 ? 0.009f : 0;
	assert_true(gt_canary_look(&c, u, 60, &v));
	assert_false(v.worse);
	for (unsigned i = 0; i < 60; i++)
		u[i].throttled = i < 25 ? 0.5f : i < 30 ? -1 : 0.02f;
	c = (struct gt_canary){0};
	assert_true(gt_canary_look(&c, u, 60, &v));
	assert_true(v.worse && v.measure == GT_CANARY_THROTTLED);
	assert_true(v.canary[0] == 25 && v.canary[1] == 25 && v.control[0] == 0 &&
		    v.control[1] == 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fisher),
		cmocka_unit_test(test_a_hundred_rollouts_without_harm),
		cmocka_unit_test(test_a_hundred_rollouts_with_harm),
		cmocka_unit_test(test_when_it_is_time),
		cmocka_unit_test(test_each_look_costs),
		cmocka_unit_test(test_throttling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
