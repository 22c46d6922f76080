/* What an engine is asked to add before it creates a container. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"

static struct gt_record rec;
static struct gt_bundle bundle;
static struct gt_decision d;

static void add_row(enum gt_setting_id id, enum gt_verdict verdict, const char *name,
		    const char *value)
{
	struct gt_setting *s = &rec.plan.setting[rec.plan.n_setting++];

	*s = (struct gt_setting){.id = id, .verdict = verdict, .reason = GT_R_CPU_QUOTA};
	strcpy(s->name, name);
	strcpy(s->value, value);
}

static void make(enum gt_mode mode)
{
	memset(&rec, 0, sizeof(rec));
	gt_bundle_init(&bundle);
	d = GT_DECISION_NONE;
	d.rec = &rec;
	d.bundle = &bundle;
	rec.plan.mode = mode;
	rec.plan.selected = true;
	add_row(GT_SET_GOMAXPROCS, GT_VERDICT_SET, "GOMAXPROCS", "2");
	add_row(GT_SET_GOGC, GT_VERDICT_KEEP, "GOGC", "");
	add_row(GT_SET_GODEBUG, GT_VERDICT_SET, "GODEBUG", "a=1,b=2");
	bundle.var[GT_VAR_GODEBUG].present = true; /* merged into one that is there */
	add_row(GT_SET_NOFILE, GT_VERDICT_SET, "RLIMIT_NOFILE", "4096");
	add_row(GT_SET_SYSCTL, GT_VERDICT_SKIP, "net.core.somaxconn", "");
}

static void test_only_absent_variables_and_the_rest_later(void **state)
{
	struct gt_adjustment a[GT_VAR_COUNT];

	(void)state;
	make(GT_MODE_ENFORCE);
	assert_int_equal(gt_carry_typed(&d, false, a), 1);
	assert_string_equal(a[0].name, "GOMAXPROCS");
	assert_string_equal(a[0].value, "2");
	assert_int_equal(rec.outcome[0].applied, GT_YES);
	assert_int_equal(rec.plan.setting[1].verdict, GT_VERDICT_KEEP);
	for (unsigned i = 2; i < 5; i++) {
		assert_int_equal(rec.plan.setting[i].verdict, GT_VERDICT_SKIP);
		assert_int_equal(rec.plan.setting[i].reason, GT_R_AT_EXEC);
		assert_int_equal(rec.outcome[i].applied, GT_UNKNOWN);
	}
}

static void test_env_only_says_so(void **state)
{
	struct gt_adjustment a[GT_VAR_COUNT];

	(void)state;
	make(GT_MODE_ENFORCE);
	assert_int_equal(gt_carry_typed(&d, true, a), 1);
	assert_int_equal(rec.plan.setting[2].reason, GT_R_ENV_ONLY);
	assert_int_equal(rec.plan.setting[3].reason, GT_R_ENV_ONLY);
	assert_int_equal(rec.plan.setting[4].reason, GT_R_CPU_QUOTA); /* it had its own */
}

static void test_nothing_is_asked_for_in_audit_or_trouble(void **state)
{
	struct gt_adjustment a[GT_VAR_COUNT];

	(void)state;
	make(GT_MODE_AUDIT);
	assert_int_equal(gt_carry_typed(&d, false, a), 0);
	make(GT_MODE_ENFORCE);
	rec.plan.selected = false;
	assert_int_equal(gt_carry_typed(&d, false, a), 0);
	make(GT_MODE_ENFORCE);
	rec.facts.trouble = GT_TROUBLE_DISABLED;
	assert_int_equal(gt_carry_typed(&d, false, a), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_absent_variables_and_the_rest_later),
		cmocka_unit_test(test_env_only_says_so),
		cmocka_unit_test(test_nothing_is_asked_for_in_audit_or_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
