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

/* The lines of LOG, the last one first. */
static void turn_over(const struct gt_buf *log, struct gt_buf *out)
{
	const char *end = log->p + log->len - 1;

	for (;;) {
		const char *nl = memrchr(log->p, '\n', (size_t)(end - log->p));
		const char *from = nl ? nl + 1 : log->p;

		gt_buf_add(out, from, (size_t)(end - from));
		gt_buf_str(out, "\n");
		if (!nl)
			return;
		end = nl;
	}
}

/* The newest line first: refused as it comes, and the same report when it is read from its end. */
static void test_gt_diagnose_feed_back(void **state)
{
	(void)state;
	for (int wrapped = 0; wrapped < 2; wrapped++) {
		_cleanup_(gt_buf_done) struct gt_buf log = {0}, turned = {0};
		struct gt_diagnose *d = gt_diagnose_new(NULL);
		bool sure;

		make_log(&log, 30, wrapped);
		judge(&log, log.len, &a);
		turn_over(&log, &turned);
		gt_diagnose_feed(d, turned.p, turned.len);
		gt_diagnose_close(d);
		assert_int_equal(gt_diagnose_order(d, &sure), GT_LO_BACKWARD);
		assert_int_equal(gt_diagnose_judge(d, &b, NULL), -EILSEQ);
		gt_diagnose_free(d);
		for (size_t piece = 1; piece < 300; piece += 13) {
			d = gt_diagnose_new(NULL);
			for (size_t end = turned.len, n; end > 0; end -= n) {
				n = end < piece ? end : piece;
				gt_diagnose_feed_back(d, turned.p + end - n, n);
			}
			gt_diagnose_close(d);
			assert_int_equal(gt_diagnose_judge(d, &b, NULL), 0);
			gt_diagnose_free(d);
			assert_true(b.backward);
			assert_int_equal(b.process[0].first_line,
					 a.lines + 1 - a.process[0].first_line);
			b.process[0].first_line = a.process[0].first_line;
			assert_int_equal(b.process[0].last_line,
					 a.lines + 1 - a.process[0].last_line);
			b.process[0].last_line = a.process[0].last_line;
			for (uint32_t i = 0; i < a.n_verdict; i++)
				memcpy(b.verdict[i].line, a.verdict[i].line,
				       sizeof(b.verdict[i].line));
			b.backward = false;
			assert_memory_equal(&a, &b, sizeof(a));
		}
	}
}

/* Of a line that is too long its beginning counts, from whichever end it is read. */
static void test_gt_diagnose_feed_back_long_line(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf log = {0};
	struct gt_diagnose *d = gt_diagnose_new(NULL);

	(void)state;
	gt_buf_str(
		&log,
		"gc 2 @0.2s 1%: 0.1+1+0.1 ms clock, 0.2+1/2/0+0.2 ms cpu, 4->4->4 MB, 8 MB goal, 0 MB "
		"stacks, 0 MB globals, 2 P\n\nSCHED ");
	for (unsigned i = 0; i < 20000; i++)
		gt_buf_str(&log, "0123456789");
	gt_buf_str(
		&log,
		"\ngc 1 @0.1s 1%: 0.1+1+0.1 ms clock, 0.2+1/2/0+0.2 ms cpu, 4->4->4 MB, 8 MB goal, 0 MB "
		"stacks, 0 MB globals, 2 P"); /* no newline */
	for (size_t end = log.len, n; end > 0; end -= n) {
		n = end < 70000 ? end : 70000;
		gt_diagnose_feed_back(d, log.p + end - n, n);
	}
	gt_diagnose_close(d);
	assert_int_equal(gt_diagnose_judge(d, &b, NULL), 0);
	gt_diagnose_free(d);
	assert_int_equal(b.lines, 4);
	assert_int_equal(b.cut, 1);
	assert_int_equal(b.process[0].cycles, 2);
	assert_int_equal(b.process[0].first_line, 4);
	assert_int_equal(b.process[0].last_line, 1);
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
		cmocka_unit_test(test_gt_diagnose_feed_back),
		cmocka_unit_test(test_gt_diagnose_feed_back_long_line),
		cmocka_unit_test(test_gt_diagnose_judge_nothing),
	};

	(void)alarm(60); /* a hang is a failure, too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
