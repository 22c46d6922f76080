/*
 * The log line, and the small texts that records share.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "record/text.h"
#include "record_sample.h"

static void test_log_line_names_all_rows(void **state)
{
	char buf[1024];

	(void)state;
	sample_row(GT_SET_NOFILE, "RLIMIT_NOFILE", GT_VERDICT_KEEP, GT_R_ALREADY_HIGHER, "");
	gt_record_log_line(&sample, buf, sizeof(buf));
	assert_string_equal(buf,
			    "web-1: profile balanced: GOMAXPROCS=2 (cpu-quota) GOMEMLIMIT=460MiB "
			    "(memory-limit); kept: RLIMIT_NOFILE (already-higher); not: GOGC "
			    "(profile-null)");
}

static void test_log_line_audit_and_rule(void **state)
{
	char buf[1024];

	(void)state;
	sample.plan.mode = GT_MODE_AUDIT;
	(void)gt_copy_str(sample.plan.rule, GT_NAME_CAP, "canary");
	gt_record_log_line(&sample, buf, sizeof(buf));
	assert_true(
		gt_has_prefix(buf, "web-1: profile balanced by rule canary; audit, would set: "));
}

static void test_log_line_one_reason(void **state)
{
	char buf[1024];

	(void)state;
	for (uint32_t i = 0; i < sample.plan.n_setting; i++) {
		sample.plan.setting[i].verdict = GT_VERDICT_SKIP;
		sample.plan.setting[i].reason = GT_R_OPTED_OUT;
	}
	gt_record_log_line(&sample, buf, sizeof(buf));
	assert_string_equal(buf, "web-1: not tuned (opted-out)");
	sample.plan.setting[2].verdict = GT_VERDICT_KEEP; /* not all were skipped */
	gt_record_log_line(&sample, buf, sizeof(buf));
	assert_non_null(strstr(buf, "kept: GOGC"));
	sample.plan.setting[2].verdict = GT_VERDICT_SKIP;
	sample.facts.ident.id[0] = '\0';
	gt_record_log_line(&sample, buf, sizeof(buf));
	assert_string_equal(buf, "(no id): not tuned (opted-out)");
}

/* What was looked for is named: a missing program, a FIFO, a program that is not Go's. */
static void test_log_line_names_the_program(void **state)
{
	static const struct {
		const char *path, *command, *want;
		enum gt_reason why;
		enum gt_prog_note note;
	} rows[] = {
		{"/bin/p", "p", "web-1: not tuned (program-unknown: /bin/p: not-regular)",
		 GT_R_PROGRAM_UNKNOWN, GT_NOTE_NOT_REGULAR},
		{"", "p", "web-1: not tuned (program-unknown: p: not-found)", GT_R_PROGRAM_UNKNOWN,
		 GT_NOTE_NOT_FOUND},
		{"", "", "web-1: not tuned (program-unknown: empty-args)", GT_R_PROGRAM_UNKNOWN,
		 GT_NOTE_EMPTY_ARGS},
		{"/bin/sh", "sh", "web-1: not tuned (not-go: /bin/sh)", GT_R_NOT_GO, GT_NOTE_NONE},
		{"/srv", "run.sh", "web-1: not tuned yet (at-exec: /srv)", GT_R_AT_EXEC,
		 GT_NOTE_AT_EXEC},
		{"/bin/p", "p", "web-1: not tuned (not-go-yet: /bin/p)", GT_R_NOT_GO_YET,
		 GT_NOTE_NONE},
		{"", "run.sh", "web-1: not tuned (program-unknown: run.sh: no-go-seen)",
		 GT_R_PROGRAM_UNKNOWN, GT_NOTE_NO_GO_SEEN},
		{"", "p", "web-1: not tuned (program-unknown: p: not-executed)",
		 GT_R_PROGRAM_UNKNOWN, GT_NOTE_NOT_EXECUTED},
		{"/bin/p", "p", "web-1: not tuned (mode-off)", GT_R_MODE_OFF, GT_NOTE_NONE},
	};
	char buf[1024];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		for (uint32_t k = 0; k < sample.plan.n_setting; k++) {
			sample.plan.setting[k].verdict = GT_VERDICT_SKIP;
			sample.plan.setting[k].reason = rows[i].why;
		}
		(void)gt_copy_str(sample.facts.program.path, GT_PATH_CAP, rows[i].path);
		(void)gt_copy_str(sample.facts.ident.command, GT_PATH_CAP, rows[i].command);
		sample.facts.program.note = rows[i].note;
		gt_record_log_line(&sample, buf, sizeof(buf));
		assert_string_equal(buf, rows[i].want);
	}
}

/* A request that is ignored stands in the log, not only in the record. */
static void test_log_line_warnings(void **state)
{
	char buf[1024];

	(void)state;
	sample.plan.n_warning = 3;
	sample.plan.warning[0] = (struct gt_warning){GT_W_BAD_VALUE, "io.gotune.gogc"};
	sample.plan.warning[1] = (struct gt_warning){GT_W_MODULES_UNKNOWN, "/bin/p"};
	sample.plan.warning[2] = (struct gt_warning){GT_W_UNKNOWN_KEY, "GOTUNE_X"};
	gt_record_log_line(&sample, buf, sizeof(buf));
	assert_non_null(
		strstr(buf, "; warnings: io.gotune.gogc (bad-value) GOTUNE_X (unknown-key); not:"));
	assert_null(strstr(buf, "modules-unknown"));
	for (uint32_t i = 0; i < sample.plan.n_setting; i++) {
		sample.plan.setting[i].verdict = GT_VERDICT_SKIP;
		sample.plan.setting[i].reason = GT_R_OPTED_OUT;
	}
	gt_record_log_line(&sample, buf, sizeof(buf));
	assert_string_equal(buf,
			    "web-1: not tuned (opted-out); warnings: io.gotune.gogc (bad-value) "
			    "GOTUNE_X (unknown-key)");
}

static void test_log_line_small_buffers(void **state)
{
	char buf[64];

	(void)state;
	for (size_t cap = 0; cap < 60; cap++) {
		memset(buf, 'x', sizeof(buf));
		gt_record_log_line(&sample, buf, cap);
		for (size_t i = cap; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 'x');
		if (cap > 0)
			assert_non_null(memchr(buf, '\0', cap));
	}
}

static void test_bytes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{0, "0 bytes"},
		{1023, "1023 bytes"},
		{1024, "1 KiB"},
		{1536, "1.5 KiB"},
		{460u << 20, "460 MiB"},
		{1610612736, "1.5 GiB"},
		{UINT64_C(1) << 40, "1 TiB"},
		{UINT64_MAX, "16777215.9 TiB"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char buf[32];

		gt_record_bytes(rows[i].bytes, buf, sizeof(buf));
		assert_string_equal(buf, rows[i].text);
	}
}

/* The planner says which place it was; equal values elsewhere change nothing. */
static void test_places_of_limits(void **state)
{
	char where[GT_PLACE_CAP];

	(void)state;
	gt_record_quota_place(&sample, where);
	assert_string_equal(where, "cgroup /a/b");
	gt_record_memory_place(&sample, false, where);
	assert_string_equal(where, "cgroup /a/b");
	sample.plan.quota_from.config = sample.plan.mem_max.from.config = true;
	gt_record_quota_place(&sample, where);
	assert_string_equal(where, "config.json");
	gt_record_memory_place(&sample, false, where);
	assert_string_equal(where, "config.json");
	(void)gt_copy_str(sample.facts.config.mem_limit_bytes.where, GT_WHERE_CAP, "unified");
	gt_record_memory_place(&sample, false, where);
	assert_string_equal(where, "unified");
	(void)gt_copy_str(sample.facts.cgroup.level[0].mem_path, GT_WHERE_CAP, "/m");
	sample.plan.mem_high.from.config = false;
	gt_record_memory_place(&sample, true, where);
	assert_string_equal(where, "cgroup /m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_log_line_names_all_rows, sample_make),
		cmocka_unit_test_setup(test_log_line_audit_and_rule, sample_make),
		cmocka_unit_test_setup(test_log_line_one_reason, sample_make),
		cmocka_unit_test_setup(test_log_line_names_the_program, sample_make),
		cmocka_unit_test_setup(test_log_line_warnings, sample_make),
		cmocka_unit_test_setup(test_log_line_small_buffers, sample_make),
		cmocka_unit_test_setup(test_bytes, sample_make),
		cmocka_unit_test_setup(test_places_of_limits, sample_make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
