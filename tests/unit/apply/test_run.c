/*
 * A plan carried out through a table of functions that only write down how they were called.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"

static struct gt_facts f;
static struct gt_plan plan;
static struct gt_outcome out[GT_SETTINGS_MAX];

/* What was called, in order, and what fails. */
struct world {
	char calls[512];
	const char *fails; /* a word of a call; NULL: nothing */
	int error;
};
static struct world world;

static int call(void *ctx, const char *what, const char *about, struct gt_err *e)
{
	struct world *w = ctx;
	size_t n = strlen(w->calls);

	assert_ptr_equal(w, &world);
	(void)snprintf(w->calls + n, sizeof(w->calls) - n, "%s%s%s%s", n ? "; " : "", what,
		       *about ? " " : "", about);
	if (!w->fails || (strcmp(w->fails, what) != 0 && strcmp(w->fails, about) != 0))
		return 0;
	return gt_err_set(e, w->error ? w->error : -EACCES, "%s will not", what);
}

static int op_sysctl(void *ctx, const char *name, const char *value, struct gt_err *e)
{
	assert_string_equal(value, "7");
	return call(ctx, "sysctl", name, e);
}

static int op_cgroup(void *ctx, enum gt_setting_id id, const char *value, struct gt_err *e)
{
	assert_string_equal(value, "1");
	return call(ctx, "cgroup", id == GT_SET_SWAPPINESS ? "swappiness" : "cpuset", e);
}

static int op_nofile(void *ctx, const struct gt_barrier_job *job, struct gt_err *e)
{
	assert_true(job->set_nofile);
	assert_int_equal(job->nofile_soft, 65536);
	return call(ctx, "nofile", "", e);
}

static const struct gt_apply_ops ops = {
	.sysctl = op_sysctl,
	.cgroup = op_cgroup,
	.nofile = op_nofile,
	.ctx = &world,
};

enum { MAXPROCS, MEMLIMIT, NOFILE, SYSCTL_A, SYSCTL_B, SWAPPINESS, CPUSET, ROWS };

static void row(enum gt_setting_id id, const char *name, const char *value, enum gt_verdict v)
{
	struct gt_setting *s = &plan.setting[plan.n_setting++];

	s->id = id;
	s->verdict = v;
	(void)gt_copy_str(s->name, sizeof(s->name), name);
	(void)gt_copy_str(s->value, sizeof(s->value), value);
	if (id == GT_SET_NOFILE)
		s->soft = s->hard = 65536;
}

/* The plan's order is not the order of doing. GOMEMLIMIT is kept: nothing may come of it. */
static void usual(void)
{
	memset(&f, 0, sizeof(f));
	memset(&plan, 0, sizeof(plan));
	memset(out, 0, sizeof(out));
	world = (struct world){0};
	f.ident.pid = 42;
	f.barrier = GT_BARRIER_OK;
	plan.mode = GT_MODE_ENFORCE;
	plan.selected = true;
	row(GT_SET_GOMAXPROCS, "GOMAXPROCS", "2", GT_VERDICT_SET);
	row(GT_SET_GOMEMLIMIT, "GOMEMLIMIT", "1MiB", GT_VERDICT_KEEP);
	row(GT_SET_NOFILE, "RLIMIT_NOFILE", "65536", GT_VERDICT_SET);
	row(GT_SET_SYSCTL, "net.a", "7", GT_VERDICT_SET);
	row(GT_SET_SYSCTL, "net.b", "7", GT_VERDICT_SET);
	row(GT_SET_SWAPPINESS, "memory.swappiness", "1", GT_VERDICT_SET);
	row(GT_SET_CPUSET_CPUS, "cpuset.cpus", "1", GT_VERDICT_SET);
}

#define U GT_UNKNOWN
#define Y GT_YES
#define N GT_NO
static const struct {
	const char *name;
	enum gt_mode mode;
	bool selected;
	enum gt_barrier_can can;
	const char *fails;
	const char *calls;
	int result;
	enum gt_tri applied[ROWS];
} rows[] = {
	{"all goes well",
	 GT_MODE_ENFORCE,
	 true,
	 GT_BARRIER_OK,
	 NULL,
	 "cgroup swappiness; cgroup cpuset; sysctl net.a; sysctl net.b",
	 0,
	 {U, U, U, Y, Y, Y, Y}},
	{"audit", GT_MODE_AUDIT, true, GT_BARRIER_OK, NULL, "", 0, {N, U, N, N, N, N, N}},
	{"off", GT_MODE_OFF, true, GT_BARRIER_OK, NULL, "", 0, {N, U, N, N, N, N, N}},
	{"not selected", GT_MODE_ENFORCE, false, GT_BARRIER_OK, NULL, "", 0, {N, U, N, N, N, N, N}},
	{"one sysctl fails",
	 GT_MODE_ENFORCE,
	 true,
	 GT_BARRIER_OK,
	 "net.a",
	 "cgroup swappiness; cgroup cpuset; sysctl net.a; sysctl net.b",
	 -EACCES,
	 {U, U, U, N, Y, Y, Y}},
	{"one cgroup file fails",
	 GT_MODE_ENFORCE,
	 true,
	 GT_BARRIER_OK,
	 "swappiness",
	 "cgroup swappiness; cgroup cpuset; sysctl net.a; sysctl net.b",
	 -EACCES,
	 {U, U, U, Y, Y, N, Y}},
	{"there can be no barrier",
	 GT_MODE_ENFORCE,
	 true,
	 GT_BARRIER_PTRACE_DENIED,
	 NULL,
	 "cgroup swappiness; cgroup cpuset; sysctl net.a; sysctl net.b; nofile",
	 -ENOSYS,
	 {N, U, Y, Y, Y, Y, Y}},
	{"neither a barrier nor a limit",
	 GT_MODE_ENFORCE,
	 true,
	 GT_BARRIER_SELINUX,
	 "nofile",
	 "cgroup swappiness; cgroup cpuset; sysctl net.a; sysctl net.b; nofile",
	 -ENOSYS,
	 {N, U, N, Y, Y, Y, Y}},
};

static void test_apply_run_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_err e = {0};
		bool ok;
		int r;

		usual();
		plan.mode = rows[i].mode;
		plan.selected = rows[i].selected;
		f.barrier = rows[i].can;
		world.fails = rows[i].fails;
		r = gt_apply_run(&f, &plan, &ops, out, &e);
		ok = r == rows[i].result && strcmp(world.calls, rows[i].calls) == 0 &&
		     (r == 0) == (e.msg[0] == '\0');
		for (unsigned j = 0; j < ROWS; j++)
			ok = ok && out[j].applied == rows[i].applied[j] &&
			     (out[j].applied == GT_NO && r < 0) == (out[j].error[0] != '\0');
		if (!ok)
			fail_msg(
				"%s: result %d, message \"%s\", calls \"%s\", applied %d%d%d%d%d%d%d",
				rows[i].name, r, e.msg, world.calls, (int)out[0].applied,
				(int)out[1].applied, (int)out[2].applied, (int)out[3].applied,
				(int)out[4].applied, (int)out[5].applied, (int)out[6].applied);
	}
}

/* An answer that did not come in time: it may have been done, or be done yet. */
static void test_apply_run_does_not_know_what_timed_out(void **state)
{
	struct gt_err e = {0};

	(void)state;
	usual();
	world.fails = "net.a";
	world.error = -ETIMEDOUT;
	assert_int_equal(gt_apply_run(&f, &plan, &ops, out, &e), -ETIMEDOUT);
	assert_int_equal(out[SYSCTL_A].applied, GT_UNKNOWN);
	assert_string_equal(out[SYSCTL_A].error, "sysctl will not");
	assert_int_equal(out[SYSCTL_B].applied, GT_YES);
	/* ... and it is not tried again, as nobody knows what that would do. */
	world = (struct world){0};
	assert_int_equal(gt_apply_run(&f, &plan, &ops, out, &e), 0);
	assert_string_equal(world.calls, "");
	assert_int_equal(out[SYSCTL_A].applied, GT_UNKNOWN);
}

/* What is settled, well or badly, is not done again: the program is looked at once more. */
static void test_apply_run_does_what_is_not_settled(void **state)
{
	(void)state;
	usual();
	out[SYSCTL_A].applied = GT_YES;
	out[SWAPPINESS].applied = GT_NO;
	(void)gt_copy_str(out[SWAPPINESS].error, sizeof(out[SWAPPINESS].error), "it would not");
	assert_int_equal(gt_apply_run(&f, &plan, &ops, out, NULL), 0);
	assert_string_equal(world.calls, "cgroup cpuset; sysctl net.b");
	assert_int_equal(out[SYSCTL_A].applied, GT_YES);
	assert_int_equal(out[SWAPPINESS].applied, GT_NO);
	assert_string_equal(out[SWAPPINESS].error, "it would not");
	assert_int_equal(out[SYSCTL_B].applied, GT_YES);
}

/* A plan that replaces another: the same row keeps its outcome, any other has none yet. */
static void test_apply_inherit(void **state)
{
	static struct gt_plan before;
	static struct gt_outcome was[GT_SETTINGS_MAX];
	struct gt_setting swap;

	(void)state;
	usual();
	before = plan;
	before.setting[CPUSET].has_before = true;
	strcpy(before.setting[CPUSET].before, "0-7");
	strcpy(plan.setting[CPUSET].before, "0-3"); /* which is ours */
	for (unsigned i = 0; i < ROWS; i++) {
		was[i].applied = GT_YES;
		(void)gt_copy_str(was[i].error, sizeof(was[i].error), before.setting[i].name);
		out[i].applied = GT_NO;
	}
	/* another order, another value, another verdict, another name; one row more */
	swap = plan.setting[MAXPROCS];
	plan.setting[MAXPROCS] = plan.setting[CPUSET];
	plan.setting[CPUSET] = swap;
	(void)gt_copy_str(plan.setting[SYSCTL_A].value, sizeof(plan.setting[SYSCTL_A].value), "8");
	plan.setting[SWAPPINESS].verdict = GT_VERDICT_SKIP;
	(void)gt_copy_str(plan.setting[SYSCTL_B].name, sizeof(plan.setting[SYSCTL_B].name),
			  "net.c");
	row(GT_SET_CPUSET_MEMS, "cpuset.mems", "1", GT_VERDICT_SET);
	out[ROWS].applied = GT_YES;
	gt_apply_inherit(&plan, &before, was, out);
	assert_string_equal(out[MAXPROCS].error, "cpuset.cpus");
	assert_true(plan.setting[MAXPROCS].has_before);
	assert_string_equal(plan.setting[MAXPROCS].before, "0-7");
	assert_string_equal(out[CPUSET].error, "GOMAXPROCS");
	assert_int_equal(out[MAXPROCS].applied, GT_YES);
	assert_int_equal(out[NOFILE].applied, GT_YES);
	/* Another value is applied anew; so is another name, and what that one was given stays. */
	assert_int_equal(out[SYSCTL_A].applied, GT_UNKNOWN);
	assert_string_equal(out[SYSCTL_A].error, "");
	assert_int_equal(out[SYSCTL_B].applied, GT_UNKNOWN);
	assert_int_equal(out[ROWS].applied, GT_UNKNOWN);
	assert_int_equal(plan.n_setting, ROWS + 2);
	assert_string_equal(plan.setting[ROWS + 1].name, "net.b");
	assert_int_equal(out[ROWS + 1].applied, GT_YES);
	/* What would not be set any more is set nevertheless. */
	assert_int_equal(plan.setting[SWAPPINESS].verdict, GT_VERDICT_SET);
	assert_string_equal(out[SWAPPINESS].error, "memory.swappiness");
	/* From no plan nothing comes. */
	gt_apply_inherit(&plan, &(struct gt_plan){0}, was, out);
	assert_int_equal(out[MAXPROCS].applied, GT_UNKNOWN);
}

/* What was applied before the container fell out of the selection stays so. */
static void test_apply_run_of_no_selection_keeps_what_was_done(void **state)
{
	(void)state;
	usual();
	plan.selected = false;
	memset(out, 0, sizeof(out));
	out[SYSCTL_A].applied = GT_YES;
	assert_int_equal(gt_apply_run(&f, &plan, &ops, out, NULL), 0);
	assert_string_equal(world.calls, "");
	assert_int_equal(out[SYSCTL_A].applied, GT_YES);
	assert_int_equal(out[SYSCTL_B].applied, GT_NO);
}

/* runc sets limits of its own when it executes the program: what was set before may be gone. */
static void test_apply_run_knows_which_limits_last(void **state)
{
	static const struct {
		const char *runtime;
		struct gt_rlimit_facts limits;
		enum gt_tri applied;
	} limits_of[] = {
		{"crun", {.live_known = true, .live_soft = 512, .live_hard = 8192}, Y},
		{"crun", {.in_config = true, .config_soft = 512, .config_hard = 8192}, Y},
		{"runc", {.live_known = true, .live_soft = 8192, .live_hard = 8192}, Y},
		{"runc", {.live_known = true, .live_soft = 512, .live_hard = 8192}, U},
		{"runc",
		 {.in_config = true, .live_known = true, .live_soft = 8192, .live_hard = 8192},
		 U},
		{"runc", {.live_known = false}, U},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(limits_of); i++) {
		usual();
		f.barrier = GT_BARRIER_PTRACE_DENIED;
		f.nofile = limits_of[i].limits;
		(void)gt_copy_str(f.ident.runtime, sizeof(f.ident.runtime), limits_of[i].runtime);
		assert_int_equal(gt_apply_run(&f, &plan, &ops, out, NULL), -ENOSYS);
		if (out[NOFILE].applied != limits_of[i].applied || out[NOFILE].error[0] != '\0')
			fail_msg("row %zu: %d \"%s\"", i, (int)out[NOFILE].applied,
				 out[NOFILE].error);
	}
}

/* The first error is the caller's; each row has its own. */
static void test_apply_run_tells_the_first_error(void **state)
{
	struct gt_err e = {0};

	(void)state;
	usual();
	world.fails = "sysctl";
	assert_int_equal(gt_apply_run(&f, &plan, &ops, out, &e), -EACCES);
	assert_string_equal(e.msg, "sysctl will not");
	assert_string_equal(out[SYSCTL_A].error, "sysctl will not");
	assert_string_equal(out[SYSCTL_B].error, "sysctl will not");
	assert_int_equal(out[SWAPPINESS].applied, GT_YES);
	usual();
	world.fails = "sysctl";
	assert_int_equal(gt_apply_run(&f, &plan, &ops, out, NULL), -EACCES); /* no message wanted */
}

/* Without a barrier, and without anything that would have waited for it. */
static void test_apply_run_without_anything_for_the_barrier(void **state)
{
	(void)state;
	usual();
	f.barrier = GT_BARRIER_PTRACE_DENIED;
	plan.setting[MAXPROCS].verdict = plan.setting[NOFILE].verdict = GT_VERDICT_SKIP;
	assert_int_equal(gt_apply_run(&f, &plan, &ops, out, NULL), 0);
	assert_null(strstr(world.calls, "nofile"));
	usual();
	f.barrier = GT_BARRIER_NO_PROCESS;
	f.ident.pid = 0; /* no live process: nothing waits */
	assert_int_equal(gt_apply_run(&f, &plan, &ops, out, NULL), 0);
	assert_null(strstr(world.calls, "nofile"));
	usual();
	plan.n_setting = 0;
	assert_int_equal(gt_apply_run(&f, &plan, &ops, out, NULL), 0);
	assert_string_equal(world.calls, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apply_run_table),
		cmocka_unit_test(test_apply_run_does_not_know_what_timed_out),
		cmocka_unit_test(test_apply_run_does_what_is_not_settled),
		cmocka_unit_test(test_apply_inherit),
		cmocka_unit_test(test_apply_run_of_no_selection_keeps_what_was_done),
		cmocka_unit_test(test_apply_run_knows_which_limits_last),
		cmocka_unit_test(test_apply_run_tells_the_first_error),
		cmocka_unit_test(test_apply_run_without_anything_for_the_barrier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
