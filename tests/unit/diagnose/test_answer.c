/* What a worker that was taken over could answer is refused, field by field. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gotune/diagnose.h"

static struct gt_diagnosis r;

static void fill(void)
{
	memset(&r, 0, sizeof(r));
	r.n_process = 1;
	r.process[0].n_gc = r.process[0].n_sched = 1;
	r.n_verdict = 1;
	r.verdict[0].process = 0;
	r.verdict[0].n_figure = 1;
	gt_copy_cut(r.verdict[0].figure[0].key, "periods");
	gt_copy_cut(r.verdict[0].evidence, "the goal is 0 % above it");
}

static void test_gt_diagnosis_is_valid(void **state)
{
	(void)state;
	fill();
	assert_true(gt_diagnosis_is_valid(&r));
#define REFUSES(change)                                  \
	do {                                             \
		fill();                                  \
		change;                                  \
		assert_false(gt_diagnosis_is_valid(&r)); \
	} while (0)
	REFUSES(r.n_process = GT_PROCESSES_MAX + 1);
	REFUSES(r.n_verdict = GT_VERDICTS_MAX + 1);
	REFUSES(r.form = (enum gt_log_form)99);
	REFUSES(r.process[0].n_gc = GT_POINTS_MAX + 1);
	REFUSES(r.process[0].n_sched = GT_POINTS_MAX + 1);
	REFUSES(r.process[0].gc[0].live = (double)NAN);
	REFUSES(r.process[0].sched[0].idle = (double)INFINITY);
	REFUSES(r.process[0].path_us[2][1] = (double)NAN);
	REFUSES(r.process[0].gc_share = (double)NAN);
	REFUSES(memset(r.process[0].stream, 'x', sizeof(r.process[0].stream)));
	REFUSES(r.verdict[0].id = (enum gt_diag_id)GT_V_COUNT);
	REFUSES(r.verdict[0].area = (enum gt_diag_area)GT_VA_COUNT);
	REFUSES(r.verdict[0].process = 1);
	REFUSES(r.verdict[0].process = -2);
	REFUSES(r.verdict[0].n_figure = GT_FIGURES_MAX + 1);
	REFUSES(r.verdict[0].n_line = GT_EVIDENCE_MAX + 1);
	REFUSES(memset(r.verdict[0].evidence, 'x', sizeof(r.verdict[0].evidence)));
	REFUSES(r.verdict[0].evidence[3] = '\033');
	REFUSES(memset(r.verdict[0].figure[0].key, 'x', sizeof(r.verdict[0].figure[0].key)));
	REFUSES(*(unsigned char *)&r.verdict[0].has_time = 2);
	REFUSES(*(unsigned char *)&r.h2.has_dump = 7);
	REFUSES(memset(r.h2.holder, 'x', sizeof(r.h2.holder)));
	REFUSES(r.from[0] = '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_gt_diagnosis_is_valid)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
