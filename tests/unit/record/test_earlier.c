/*
 * What an earlier stage decided, and what the next record says of it.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "record_sample.h"

static char top[64], dir[96];
static int dirfd_;
static struct gt_record_view view; /* too large for a stack */

static int make_dir(void **state)
{
	struct gt_err e = {0};

	(void)gt_copy_str(top, sizeof(top), "/tmp/gotune-earlier-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	(void)snprintf(dir, sizeof(dir), "%s/gotune", top);
	dirfd_ = gt_record_dir_open(dir, true, &e);
	return dirfd_ < 0 ? -1 : sample_make(state);
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	close(dirfd_);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command) == 0 ? 0 : -1;
}

static struct gt_setting *row(enum gt_setting_id id, const char *name, enum gt_verdict verdict,
			      enum gt_reason why, const char *value, const char *before)
{
	struct gt_setting *s = sample_row(id, name, verdict, why, value);

	sample.outcome[sample.plan.n_setting - 1] =
		(struct gt_outcome){.applied = verdict == GT_VERDICT_SET ? GT_YES : GT_UNKNOWN};
	s->has_before = before != NULL;
	(void)gt_copy_str(s->before, sizeof(s->before), before ? before : "");
	return s;
}

/* A record of STAGE: sysctl, limit and swap are set; the variables as the rows that follow say. */
static void begin(const char *stage)
{
	struct gt_facts *f = &sample.facts;

	sample.plan.n_setting = 0;
	memset(sample.outcome, 0, sizeof(sample.outcome));
	(void)gt_copy_str(f->ident.stage, sizeof(f->ident.stage), stage);
	row(GT_SET_SYSCTL, "net.core.somaxconn", GT_VERDICT_SET, GT_R_PROFILE, "65535", "4096");
	row(GT_SET_NOFILE, "RLIMIT_NOFILE", GT_VERDICT_SET, GT_R_PROFILE, "65536", "1024");
	row(GT_SET_SWAPPINESS, "memory.swap.max", GT_VERDICT_SET, GT_R_NO_SWAP, "0", NULL);
}

static void save(void)
{
	struct gt_err e = {0};

	if (gt_record_save(dirfd_, &sample, &e) < 0)
		fail_msg("%s", e.msg);
}

/* The next stage: config.json has what was set, and so its plan keeps that. */
static void next_stage(void)
{
	struct gt_facts *f = &sample.facts;

	sample.plan.n_setting = 0;
	memset(sample.outcome, 0, sizeof(sample.outcome));
	(void)gt_copy_str(f->ident.stage, sizeof(f->ident.stage), "prestart");
	f->n_sysctl = 1;
	f->sysctl[0] = (struct gt_sysctl_fact){.name = "net.core.somaxconn", .in_config = true};
	f->nofile = (struct gt_rlimit_facts){
		.in_config = true, .config_soft = 65536, .config_hard = 65536};
	f->config.has_swap = true;
	row(GT_SET_GOMAXPROCS, "GOMAXPROCS", GT_VERDICT_SET, GT_R_CPU_QUOTA, "2", NULL);
	row(GT_SET_SYSCTL, "net.core.somaxconn", GT_VERDICT_KEEP, GT_R_ALREADY_SET, "", "65535");
	row(GT_SET_NOFILE, "RLIMIT_NOFILE", GT_VERDICT_KEEP, GT_R_ALREADY_HIGHER, "", "65536");
}

static const struct gt_view_setting *find(const char *name)
{
	gt_record_view_of(&sample, &view);
	for (uint32_t i = 0; i < view.n_setting; i++) {
		if (strcmp(view.setting[i].name, name) == 0)
			return &view.setting[i];
	}
	return NULL;
}

static void expect(const char *name, const char *verdict, const char *reason, const char *value,
		   const char *before)
{
	const struct gt_view_setting *s = find(name);

	if (!s || strcmp(s->verdict, verdict) != 0 || strcmp(s->reason, reason) != 0 ||
	    strcmp(s->value, value) != 0 || strcmp(s->before, before) != 0)
		fail_msg("%s: %s %s %s %s", name, s ? s->verdict : "no row", s ? s->reason : "",
			 s ? s->value : "", s ? s->before : "");
}

static void test_earlier_that_awaits_is_no_decision(void **state)
{
	const struct gt_view_setting *s;

	(void)state;
	begin("create");
	row(GT_SET_GOMAXPROCS, "GOMAXPROCS", GT_VERDICT_SKIP, GT_R_AT_EXEC, "", NULL);
	save();
	next_stage();
	assert_false(gt_decided_earlier(dirfd_, &sample));
	assert_true(sample.was_awaited);
	assert_int_equal(sample.n_earlier, 3);

	/* What was set is told as set, and by whom; the rest is the new plan's. */
	expect("net.core.somaxconn", "set", "profile", "65535", "4096");
	expect("RLIMIT_NOFILE", "set", "profile", "65536", "1024");
	expect("GOMAXPROCS", "set", "cpu-quota", "2", "");
	s = find("net.core.somaxconn");
	assert_true(s && s->applied == GT_YES);
	assert_true(s && strstr(s->why, "config.json since before the container was created"));
	/* One that the new plan has no row for is not lost. */
	expect("memory.swap.max", "set", "no-swap", "0", "");
	s = find("memory.swap.max");
	assert_true(s && strcmp(s->kind, "cgroup") == 0);
	assert_int_equal(view.n_setting, 4);
	assert_int_equal(view.n_set, 4);
}

/* Somebody took it out of config.json again, or changed it: then it is not ours. */
static void test_earlier_that_is_gone_is_not_told(void **state)
{
	(void)state;
	begin("precreate");
	row(GT_SET_GOMAXPROCS, "GOMAXPROCS", GT_VERDICT_SET, GT_R_REQUESTED, "3", NULL);
	row(GT_SET_GOMEMLIMIT, "GOMEMLIMIT", GT_VERDICT_SKIP, GT_R_AT_EXEC, "", NULL);
	save();
	next_stage();
	sample.plan.setting[0].verdict = GT_VERDICT_KEEP;
	sample.plan.setting[0].reason = GT_R_ALREADY_SET;
	assert_false(gt_decided_earlier(dirfd_, &sample));
	sample.facts.sysctl[0].in_config = false;
	sample.facts.nofile.config_soft = 70000;
	sample.facts.config.has_swap = false;
	sample.facts.var[GT_VAR_GOMAXPROCS] =
		(struct gt_env_var){.present = true, .value = "4", .count = 1};
	expect("net.core.somaxconn", "keep", "already-set", "", "65535");
	expect("RLIMIT_NOFILE", "keep", "already-higher", "", "65536");
	expect("GOMAXPROCS", "keep", "already-set", "", "");
	assert_null(find("memory.swap.max"));
	/* ... and here it is. */
	(void)gt_copy_str(sample.facts.var[GT_VAR_GOMAXPROCS].value, 8, "3");
	expect("GOMAXPROCS", "set", "requested", "3", "");
}

static void test_earlier_decision_stands(void **state)
{
	static const struct {
		const char *name, *stage, *value;
		bool want;
	} rows[] = {
		{"decided", "create", "2", true},
		{"by precreate", "precreate", "2", true},
		{"another value is in config.json", "create", "3", false},
		{"nothing is in config.json", "create", "", false},
		{"the hook's own record", "prestart", "2", false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		begin(rows[i].stage);
		row(GT_SET_GOMAXPROCS, "GOMAXPROCS", GT_VERDICT_SET, GT_R_CPU_QUOTA, "2", NULL);
		save();
		next_stage();
		sample.facts.var[GT_VAR_GOMAXPROCS] =
			(struct gt_env_var){.present = rows[i].value[0] != '\0'};
		(void)gt_copy_str(sample.facts.var[GT_VAR_GOMAXPROCS].value, 8, rows[i].value);
		if (gt_decided_earlier(dirfd_, &sample) != rows[i].want || sample.n_earlier ||
		    sample.was_awaited)
			fail_msg("%s", rows[i].name);
	}
}

static void test_earlier_without_a_record(void **state)
{
	(void)state;
	next_stage();
	sample.n_earlier = 7; /* of a decision before */
	assert_false(gt_decided_earlier(dirfd_, &sample));
	assert_int_equal(sample.n_earlier, 0);
	assert_false(gt_decided_earlier(-1, &sample));
}

/* What was only recorded (audit), or failed, was not set. */
static void test_earlier_that_was_not_applied(void **state)
{
	(void)state;
	begin("create");
	sample.outcome[0].applied = GT_UNKNOWN;
	sample.outcome[1].applied = GT_NO;
	row(GT_SET_GOMAXPROCS, "GOMAXPROCS", GT_VERDICT_SKIP, GT_R_AT_EXEC, "", NULL);
	save();
	next_stage();
	assert_false(gt_decided_earlier(dirfd_, &sample));
	assert_int_equal(sample.n_earlier, 1);
	expect("net.core.somaxconn", "keep", "already-set", "", "65535");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		TEST(test_earlier_that_awaits_is_no_decision),
		TEST(test_earlier_that_is_gone_is_not_told),
		TEST(test_earlier_decision_stands),
		TEST(test_earlier_without_a_record),
		TEST(test_earlier_that_was_not_applied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
