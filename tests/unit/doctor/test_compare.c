/*
 * doctor/compare.c, report/list.c: what makes a row bad, and a machine broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <stdio.h>

#include "doctor/tools.h"
#include "gotune/record.h"

#define SAW                                                                                 \
	"{\"GOMAXPROCS\":\"1\",\"GOMEMLIMIT\":\"123MiB\",\"GOGC\":\"77\",\"GODEBUG\":null," \
	"\"nofile_soft\":1024,\"nofile_hard\":2048,\"net.core.somaxconn\":\"5003\"}"
#define SAW_NOTHING                                                                \
	"{\"GOMAXPROCS\":null,\"GOMEMLIMIT\":null,\"GOGC\":null,\"GODEBUG\":null," \
	"\"nofile_soft\":512,\"nofile_hard\":2048,\"net.core.somaxconn\":\"4096\"}"

static const struct gt_selftest test = {.nofile_want = 1024};

/* A record in which all that the test asks for is applied. */
static struct gt_record_view *all_applied(void)
{
	struct gt_record_view *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	for (unsigned i = 0; i < gt_n_selftest_wants; i++) {
		const struct gt_selftest_want *w = &gt_selftest_wants[i];
		struct gt_view_setting *s = &v->setting[v->n_setting++];

		(void)gt_copy_str(s->name, sizeof(s->name), w->setting);
		(void)gt_copy_str(s->value, sizeof(s->value), w->value ? w->value : "1024");
		(void)gt_copy_str(s->verdict, sizeof(s->verdict), "set");
		(void)gt_copy_str(s->reason, sizeof(s->reason), "requested");
		s->applied = GT_YES;
	}
	return v;
}

static enum gt_check_state compare(const struct gt_record_view *v, const char *output,
				   char text[512])
{
	return gt_selftest_compare(&test, v, output, strlen(output), text, 512);
}

static void test_compare_as_planned(void **state)
{
	struct gt_record_view *v = all_applied();
	char text[512];

	(void)state;
	assert_int_equal(compare(v, SAW, text), GT_CHECK_OK);
	v->setting[0].applied = GT_UNKNOWN; /* who edits config.json does not see the program */
	assert_int_equal(compare(v, SAW, text), GT_CHECK_OK);
	free(v);
}

static void test_compare_a_record_that_lies(void **state)
{
	struct gt_record_view *v = all_applied();
	char text[512];

	(void)state;
	assert_int_equal(compare(v, SAW_NOTHING, text), GT_CHECK_BAD);
	assert_non_null(strstr(text, "GOMEMLIMIT"));
	v->setting[1].applied = GT_NO; /* and it was */
	assert_int_equal(compare(v, SAW, text), GT_CHECK_BAD);
	free(v);
}

static void test_compare_what_is_not_allowed_here(void **state)
{
	struct gt_record_view *v = all_applied();
	char text[512];

	(void)state;
	for (uint32_t i = 0; i < v->n_setting; i++) {
		(void)gt_copy_str(v->setting[i].verdict, 16, "skip");
		(void)gt_copy_str(v->setting[i].reason, 40, "no-ptrace");
	}
	assert_int_equal(compare(v, SAW_NOTHING, text), GT_CHECK_WARN);
	assert_non_null(strstr(text, "no-ptrace"));
	assert_int_equal(compare(v, SAW, text), GT_CHECK_BAD); /* skipped, yet there */
	free(v);
}

static void test_compare_what_is_missing(void **state)
{
	struct gt_record_view *v = all_applied();
	char text[512];

	(void)state;
	assert_int_equal(compare(NULL, SAW, text), GT_CHECK_BAD);
	assert_int_equal(compare(v, "", text), GT_CHECK_BAD);
	assert_int_equal(compare(v, "{}", text), GT_CHECK_BAD);
	assert_int_equal(compare(v, "exec format error", text), GT_CHECK_BAD);
	v->n_setting = 2;
	assert_int_equal(compare(v, SAW, text), GT_CHECK_BAD);
	free(v);
}

static void test_judge_and_too_many_rows(void **state)
{
	struct gt_doctor *d = calloc(1, sizeof(*d));
	unsigned count[GT_CHECK_STATE_COUNT];

	(void)state;
	assert_non_null(d);
	assert_int_equal(gt_report_judge(&d->report, NULL), GT_DOCTOR_HEALTHY);
	gt_report_say(&d->report, GT_AREA_HOST, GT_CHECK_INFO, "a", "b");
	assert_int_equal(gt_report_judge(&d->report, NULL), GT_DOCTOR_HEALTHY);
	gt_report_say(&d->report, GT_AREA_HOST, GT_CHECK_WARN, "w", "a \033[31m%s", "\n");
	gt_report_fix(&d->report, "so", "do %d", 1);
	assert_string_equal(d->report.check[1].found, "a ?[31m?");
	assert_string_equal(d->report.check[1].fix, "do 1");
	assert_int_equal(gt_report_judge(&d->report, NULL), GT_DOCTOR_DEGRADED);
	for (unsigned i = 0; i < 2 * GT_CHECKS_MAX; i++) {
		gt_report_say(&d->report, GT_AREA_HOST, GT_CHECK_BAD, "x", "y");
		gt_report_fix(&d->report, "z", "%s", "z");
	}
	assert_int_equal(gt_report_judge(&d->report, count), GT_DOCTOR_BROKEN);
	assert_int_equal(d->report.n_check, GT_CHECKS_MAX);
	assert_int_equal(count[GT_CHECK_BAD], GT_CHECKS_MAX - 2);
	assert_int_equal(d->report.dropped, GT_CHECKS_MAX + 2);
	memset(d, 0, sizeof(*d)); /* a row that nobody sees may have been a fault */
	for (unsigned i = 0; i <= GT_CHECKS_MAX; i++)
		gt_report_say(&d->report, GT_AREA_HOST, GT_CHECK_OK, "x", "y");
	assert_int_equal(gt_report_judge(&d->report, NULL), GT_DOCTOR_DEGRADED);
	free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare_as_planned),
		cmocka_unit_test(test_compare_a_record_that_lies),
		cmocka_unit_test(test_compare_what_is_not_allowed_here),
		cmocka_unit_test(test_compare_what_is_missing),
		cmocka_unit_test(test_judge_and_too_many_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
