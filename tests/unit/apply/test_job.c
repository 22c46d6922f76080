/*
 * The barrier's job, and what its result says of the rows. No process is touched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"

static struct gt_facts f;
static struct gt_plan plan;
static struct gt_barrier_job job;
static struct gt_outcome out[GT_SETTINGS_MAX];

static void row(enum gt_setting_id id, const char *name, const char *value, const char *before)
{
	struct gt_setting *s = &plan.setting[plan.n_setting++];

	s->id = id;
	s->verdict = value ? GT_VERDICT_SET : GT_VERDICT_SKIP;
	(void)gt_copy_str(s->name, sizeof(s->name), name);
	(void)gt_copy_str(s->value, sizeof(s->value), value ? value : "");
	s->has_before = before != NULL;
	(void)gt_copy_str(s->before, sizeof(s->before), before ? before : "");
	if (id == GT_SET_NOFILE) {
		s->soft = 65536;
		s->hard = 1048576;
	}
}

/* GOMAXPROCS new, GOMEMLIMIT left alone, GODEBUG merged, NOFILE and a sysctl. */
static int usual(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	memset(&plan, 0, sizeof(plan));
	memset(out, 0, sizeof(out));
	memset(&job, 0xa5, sizeof(job));
	f.ident.pid = 42;
	plan.mode = GT_MODE_ENFORCE;
	plan.selected = true;
	row(GT_SET_GOMAXPROCS, "GOMAXPROCS", "2", NULL);
	row(GT_SET_GOMEMLIMIT, "GOMEMLIMIT", NULL, "300MiB");
	row(GT_SET_GODEBUG, "GODEBUG", "x=1,gctrace=1", "x=1");
	row(GT_SET_NOFILE, "RLIMIT_NOFILE", "65536", "1024");
	row(GT_SET_SYSCTL, "net.core.somaxconn", "65535", "4096");
	return 0;
}

static void test_barrier_job_of_plan(void **state)
{
	(void)state;
	assert_true(gt_apply_barrier_job(&f, &plan, &job));
	assert_int_equal(job.n_env, 2);
	assert_string_equal(job.env[0].name, "GOMAXPROCS");
	assert_string_equal(job.env[0].value, "2");
	assert_false(job.env[0].has_expect);
	assert_string_equal(job.env[1].name, "GODEBUG");
	assert_string_equal(job.env[1].value, "x=1,gctrace=1");
	assert_true(job.env[1].has_expect);
	assert_string_equal(job.env[1].expect, "x=1");
	assert_true(job.set_nofile);
	assert_int_equal(job.nofile_soft, 65536);
	assert_int_equal(job.nofile_hard, 1048576);
}

static void test_barrier_job_seccomp(void **state)
{
	static const struct {
		enum gt_tri fact;
		bool may;
	} rows[] = {{GT_UNKNOWN, false}, {GT_NO, false}, {GT_YES, true}};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		f.prctl_allowed = rows[i].fact;
		assert_true(gt_apply_barrier_job(&f, &plan, &job));
		assert_int_equal(job.may_prctl, rows[i].may);
	}
}

static void test_barrier_job_not_needed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		plan.setting[i].verdict = GT_VERDICT_KEEP;
	assert_false(gt_apply_barrier_job(&f, &plan, &job)); /* a sysctl needs no barrier */
	plan.setting[3].verdict = GT_VERDICT_SET;
	assert_true(gt_apply_barrier_job(&f, &plan, &job));
	assert_int_equal(job.n_env, 0);
	plan.setting[3].verdict = GT_VERDICT_SKIP;
	plan.setting[0].verdict = GT_VERDICT_SET;
	assert_true(gt_apply_barrier_job(&f, &plan, &job));
	assert_false(job.set_nofile);
}

static void test_barrier_job_only_when_enforced(void **state)
{
	(void)state;
	plan.mode = GT_MODE_AUDIT;
	assert_false(gt_apply_barrier_job(&f, &plan, &job));
	plan.mode = GT_MODE_OFF;
	assert_false(gt_apply_barrier_job(&f, &plan, &job));
	plan.mode = GT_MODE_ENFORCE;
	plan.selected = false;
	assert_false(gt_apply_barrier_job(&f, &plan, &job));
	plan.selected = true;
	f.ident.pid = 0;
	assert_false(gt_apply_barrier_job(&f, &plan, &job));
	assert_int_equal(job.n_env, 0);
}

/* More environment rows than a job holds: the rest is left out, and its outcome says so. */
static void test_barrier_job_full(void **state)
{
	struct gt_barrier_result res = {.nofile_soft = 65536};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		row(GT_SET_GOGC, i == 2 ? "LAST" : "OTHER", "1", NULL);
	assert_true(gt_apply_barrier_job(&f, &plan, &job));
	assert_int_equal(job.n_env, GT_VAR_COUNT);
	gt_apply_barrier_outcome(&plan, &job, &res, out);
	assert_int_equal(out[7].applied, GT_NO);
	assert_true(out[7].error[0] != '\0');
}

static void test_barrier_outcome_all_well(void **state)
{
	const struct gt_barrier_result res = {.nofile_soft = 65536};

	(void)state;
	assert_true(gt_apply_barrier_job(&f, &plan, &job));
	out[4].applied = GT_YES; /* applied before: not ours to touch */
	gt_apply_barrier_outcome(&plan, &job, &res, out);
	assert_int_equal(out[0].applied, GT_YES);
	assert_int_equal(out[1].applied, GT_UNKNOWN);
	assert_int_equal(out[2].applied, GT_YES);
	assert_int_equal(out[3].applied, GT_YES);
	assert_int_equal(out[4].applied, GT_YES);
	for (unsigned i = 0; i < 5; i++)
		assert_string_equal(out[i].error, "");
}

static void test_barrier_outcome_errors_by_row(void **state)
{
	const struct gt_barrier_result res = {.env_error = {-EEXIST, 0}, .nofile_error = -EPERM};

	(void)state;
	assert_true(gt_apply_barrier_job(&f, &plan, &job));
	gt_apply_barrier_outcome(&plan, &job, &res, out);
	assert_int_equal(out[0].applied, GT_NO);
	assert_true(out[0].error[0] != '\0');
	assert_string_not_equal(out[0].error, strerror(EEXIST)); /* "File exists" tells nobody */
	assert_int_equal(out[2].applied, GT_YES);
	assert_int_equal(out[3].applied, GT_NO);
	assert_string_equal(out[3].error, strerror(EPERM));
}

static void test_barrier_outcome_nofile_in_part(void **state)
{
	struct gt_barrier_result res = {.nofile_soft = 4096};

	(void)state;
	assert_true(gt_apply_barrier_job(&f, &plan, &job));
	gt_apply_barrier_outcome(&plan, &job, &res, out);
	assert_int_equal(out[3].applied, GT_NO);
	assert_non_null(strstr(out[3].error, "4096"));
	res.nofile_soft = UINT64_MAX; /* higher is no failure */
	gt_apply_barrier_outcome(&plan, &job, &res, out);
	assert_int_equal(out[3].applied, GT_YES);
	assert_string_equal(out[3].error, "");
}

/* Another try of the same rows: what it says replaces what was said before. */
static void test_barrier_outcome_again(void **state)
{
	struct gt_barrier_result res = {.env_error = {-ENOSPC, -ESRCH}, .nofile_soft = 65536};

	(void)state;
	assert_true(gt_apply_barrier_job(&f, &plan, &job));
	gt_apply_barrier_outcome(&plan, &job, &res, out);
	assert_int_equal(out[0].applied, GT_NO);
	assert_non_null(strstr(out[0].error, "RLIMIT_STACK"));
	assert_string_equal(out[2].error, strerror(ESRCH));
	res = (struct gt_barrier_result){.nofile_soft = 65536};
	gt_apply_barrier_outcome(&plan, &job, &res, out);
	for (unsigned i = 0; i < 3; i += 2) {
		assert_int_equal(out[i].applied, GT_YES);
		assert_string_equal(out[i].error, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_barrier_job_of_plan, usual),
		cmocka_unit_test_setup(test_barrier_job_seccomp, usual),
		cmocka_unit_test_setup(test_barrier_job_not_needed, usual),
		cmocka_unit_test_setup(test_barrier_job_only_when_enforced, usual),
		cmocka_unit_test_setup(test_barrier_job_full, usual),
		cmocka_unit_test_setup(test_barrier_outcome_all_well, usual),
		cmocka_unit_test_setup(test_barrier_outcome_errors_by_row, usual),
		cmocka_unit_test_setup(test_barrier_outcome_nofile_in_part, usual),
		cmocka_unit_test_setup(test_barrier_outcome_again, usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
