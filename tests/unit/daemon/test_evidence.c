/* daemon/evidence.c: lives become containers that are compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>
#include <stdio.h>

#include "daemon/evidence.h"

static struct gt_life life(const char *id, const char *arm)
{
	struct gt_life l = {.rollout = 7, .seconds = 100};

	gt_copy_cut(l.id, id);
	gt_copy_cut(l.arm, arm);
	return l;
}

static void test_lives(void **state)
{
	struct gt_evidence v = {0};
	struct gt_life l = life("a", "canary");

	(void)state;
	l.usage = (struct gt_usage){.has_periods = true, .periods = 9, .throttled = 9};
	gt_evidence_add(&v, &l, 1000);
	assert_true(v.n == 1 && v.unit[0].canary && v.unit[0].throttled < 0 && !v.unit[0].oom);
	/* The same container, later, and after a gotuned that was started again. */
	l.usage = (struct gt_usage){.has_periods = true,
				    .periods = 100,
				    .throttled = 25,
				    .has_oom_kills = true,
				    .oom_kills = 2};
	l.seconds = 300;
	gt_evidence_add(&v, &l, 1200);
	assert_true(v.n == 1 && v.unit[0].oom && v.unit[0].seconds == 300);
	assert_true(v.unit[0].throttled > 0.24f && v.unit[0].throttled < 0.26f);
	assert_int_equal(v.unit[0].begin_s, 1000);
	l = life("a", "canary");
	gt_evidence_add(&v, &l, 1300);
	assert_true(v.unit[0].oom && v.unit[0].seconds == 300); /* what was, was */
	l = life("b", "control");
	l.early = true;
	gt_evidence_add(&v, &l, 2000);
	assert_true(v.n == 2 && !v.unit[1].canary && v.unit[1].early);
	l = life("c", "");
	gt_evidence_add(&v, &l, 2000);
	l = life("c", "none");
	gt_evidence_add(&v, &l, 2000);
	assert_int_equal(v.n, 2);
	gt_evidence_since(&v, 1000);
	assert_int_equal(v.n, 2);
	gt_evidence_since(&v, 1001);
	assert_true(v.n == 1 && !v.unit[0].canary);
	gt_evidence_done(&v);
	assert_true(v.n == 0 && !v.unit);
}

static void test_there_is_an_end(void **state)
{
	struct gt_evidence v = {0};

	(void)state;
	for (unsigned i = 0; i < GT_EVIDENCE_MAX + 10; i++) {
		struct gt_life l;
		char id[16];

		(void)snprintf(id, sizeof(id), "c%u", i);
		l = life(id, "control");
		gt_evidence_add(&v, &l, 1);
	}
	assert_int_equal(v.n, GT_EVIDENCE_MAX);
	gt_evidence_done(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_there_is_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
