/*
 * Bytes in any pieces, wrapped in any way: the report is the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/diagnose.h"

static struct gt_diagnosis a, b;

/* N cycles of a heap that doubles, every third one torn, as docker writes it if WRAPPED. */
static void make_log(struct gt_buf *out, unsigned n, bool wrapped)
{
	for (unsigned i = 1; i <= n; i++) {
		unsigned live = 4u << (i < 12 ? i / 2 : 6);
		const char *torn =
			i % 3 ? ""
			: wrapped
				? "{}\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-28T18:50:17Z\"}\n{\"log\":\""
				: "{}\n";

		if (wrapped)
			gt_buf_str(out, "{\"log\":\"");
		gt_buf_fmt(
			out,
			"gc %u%s @%u.%03us 1%%: 0.1+1+0.1 ms clock, 0.2+1/2/0+0.2 ms cpu, %u-%s%u-%s%u MB, %u MB goal, 0 "
			"MB stacks, 0 MB globals, 2 P%s",
			i, torn, i / 10, i % 10 * 100, live, wrapped ? "\\u003e" : ">", live,
			wrapped ? "\\u003e" : ">", live, live * 2,
			wrapped ? "\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-28T18:50:17.5Z\"}\n"
				: "\n");
	}
}

static void judge(const struct gt_buf *log, size_t piece, struct gt_diagnosis *ret)
{
	struct gt_diagnose *d = gt_diagnose_new(NULL);

	assert_non_null(d);
	for (size_t at = 0; at < log->len; at += piece)
		gt_diagnose_feed(d, log->p + at, log->len - at < piece ? log->len - at : piece);
	gt_diagnose_close(d);
	assert_int_equal(gt_diagnose_judge(d, ret, NULL), 0);
	gt_diagnose_free(d);
}

static void test_gt_diagnose_feed_pieces(void **state)
{
	(void)state;
	for (int wrapped = 0; wrapped < 2; wrapped++) {
		_cleanup_(gt_buf_done) struct gt_buf log = {0};

		make_log(&log, 30, wrapped);
		judge(&log, log.len, &a);
		assert_int_equal(a.process[0].cycles, 30);
		assert_int_equal(a.n_process, 1);
		assert_int_equal(a.torn, 10);
		assert_int_equal(a.lost, 0);
		assert_int_equal(a.form, wrapped ? GT_LF_DOCKER : GT_LF_RAW);
		for (size_t piece = 1; piece < 300; piece += 13) {
			judge(&log, piece, &b);
			assert_memory_equal(&a, &b, sizeof(a));
		}
	}
}

/* Judging in between changes nothing. */
static void test_gt_diagnose_judge_often(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf log = {0};
	struct gt_diagnose *d = gt_diagnose_new(NULL);

	(void)state;
	make_log(&log, 30, false);
	judge(&log, log.len, &a);
	for (size_t at = 0; at < log.len; at++) {
		gt_diagnose_feed(d, log.p + at, 1);
		if (at % 50 == 0)
			assert_true(gt_diagnose_judge(d, &b, NULL) == 0 || at < 200);
	}
	gt_diagnose_close(d);
	assert_int_equal(gt_diagnose_judge(d, &b, NULL), 0);
	gt_diagnose_free(d);
	assert_memory_equal(&a, &b, sizeof(a));
}

/* Many more cycles than there are stretches: the sums do not depend on how they were thinned out.
 */
static void test_gt_diagnose_feed_long(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf log = {0};
	double cpu = 0;

	(void)state;
	make_log(&log, 20000, false);
	judge(&log, log.len, &a);
	assert_int_equal(a.process[0].cycles, 20000);
	assert_true(a.process[0].n_gc <= GT_POINTS_MAX && a.process[0].n_gc > GT_POINTS_MAX / 4);
	for (uint32_t i = 0; i < a.process[0].n_gc; i++)
		cpu += a.process[0].gc[i].cpu_ms[GT_GC_BACKGROUND];
	assert_true(cpu > 2 * 19998.5 && cpu < 2 * 19999.5); /* the last cycle's end is not known */
}

/* A restart each few lines: old processes make room, and are counted. */
static void test_gt_diagnose_feed_restarts(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf log = {0};

	(void)state;
	for (unsigned i = 0; i < 30; i++)
		make_log(&log, 3, false);
	judge(&log, 777, &a);
	assert_int_equal(a.n_process, GT_PROCESSES_MAX);
	assert_int_equal(a.left_out, 30 - GT_PROCESSES_MAX);
	assert_int_equal(a.restarts, 29);
}

static void test_gt_diagnose_judge_nothing(void **state)
{
	struct gt_diagnose *d = gt_diagnose_new(NULL);
	struct gt_err e = {0};

	(void)state;
	gt_diagnose_feed(d, "hello\nworld", 11);
	gt_diagnose_close(d);
	assert_int_equal(gt_diagnose_judge(d, &a, &e), -ENODATA);
	assert_true(e.msg[0] != '\0');
	gt_diagnose_free(d);
	gt_diagnose_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_diagnose_feed_pieces),
		cmocka_unit_test(test_gt_diagnose_judge_often),
		cmocka_unit_test(test_gt_diagnose_feed_long),
		cmocka_unit_test(test_gt_diagnose_feed_restarts),
		cmocka_unit_test(test_gt_diagnose_judge_nothing),
	};

	(void)alarm(60); /* a hang is a failure, too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
