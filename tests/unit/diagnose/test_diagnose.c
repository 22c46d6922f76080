/*
 * The rules, as rows: what a program does, as lines made by a formula, and the verdicts that must
 * and must not come. Real logs are in tests/diagnose.bats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/diagnose.h"

/* Cycles of one kind: how many, each how long after the last, what they cost and leave. */
struct cycles {
	unsigned n;
	double every_s, assist_ms, background_ms;
	unsigned start, end, live, goal, stacks;
	const char *tail;
};
struct row {
	const char *name;
	struct cycles part[3];
	struct gt_diagnose_known known;
	enum gt_diag_id want;
	enum gt_diag_id not ; /* GT_V_COUNT: none */
};

#define NOTHING                   \
	{                         \
		.has_gogc = false \
	}
#define OK 0.1, 0.5, 4, 60, 64, 35, 70, 0, ""
static const struct row rows[] = {
	{"healthy", {{40, OK}}, NOTHING, GT_V_HEALTHY, GT_V_GC_CPU_HIGH},
	{"nine cycles", {{9, OK}}, NOTHING, GT_V_NOT_ENOUGH, GT_V_HEALTHY},
	{"thrash",
	 {{100, .02, 8, 4, 60, 61, 60, 61, 0, ""}},
	 NOTHING,
	 GT_V_LIMIT_THRASH,
	 GT_V_ASSIST_HEAVY},
	{"thrash after a healthy hour",
	 {{3000, OK}, {100, .02, 8, 4, 60, 61, 60, 61, 0, ""}},
	 NOTHING,
	 GT_V_LIMIT_THRASH,
	 GT_V_HEALTHY},
	{"a healthy hour after thrash",
	 {{100, .02, 8, 4, 60, 61, 60, 61, 0, ""}, {3000, OK}},
	 NOTHING,
	 GT_V_LIMIT_THRASH,
	 GT_V_HEALTHY},
	{"nine cycles of thrash",
	 {{9, .15, 60, 20, 60, 61, 60, 61, 0, ""}},
	 NOTHING,
	 GT_V_NOT_ENOUGH,
	 GT_V_LIMIT_THRASH},
	{"no room, but little CPU",
	 {{100, .1, .5, 1, 60, 61, 60, 61, 0, ""}},
	 NOTHING,
	 GT_V_HEALTHY,
	 GT_V_LIMIT_THRASH},
	{"GOGC=5 is on purpose",
	 {{100, .02, 8, 4, 60, 61, 60, 62, 0, ""}},
	 {.has_gogc = true, .gogc = 5},
	 GT_V_ASSIST_HEAVY,
	 GT_V_LIMIT_THRASH},
	{"GOGC=10",
	 {{100, .02, 2, 6, 60, 66, 60, 66, 0, ""}},
	 NOTHING,
	 GT_V_GOGC_TOO_LOW,
	 GT_V_LIMIT_THRASH},
	{"the same room, by a limit",
	 {{100, .02, 2, 6, 60, 66, 60, 66, 0, ""}},
	 {.has_gogc = true, .gogc = 100, .gomemlimit = 80 << 20},
	 GT_V_LIMIT_TIGHT,
	 GT_V_GOGC_TOO_LOW},
	{"much room",
	 {{20, .3, .5, 4, 140, 145, 35, 146, 0, ""}},
	 NOTHING,
	 GT_V_LIMIT_DRIVEN,
	 GT_V_LIMIT_THRASH},
	{"much room by GOGC=300",
	 {{20, .3, .5, 4, 140, 145, 35, 146, 0, ""}},
	 {.has_gogc = true, .gogc = 300},
	 GT_V_HEALTHY,
	 GT_V_LIMIT_DRIVEN},
	{"assists",
	 {{100, .05, 35, 10, 190, 200, 100, 205, 0, ""}},
	 NOTHING,
	 GT_V_ASSIST_HEAVY,
	 GT_V_GC_CPU_HIGH},
	{"assists under half, but the workers alone may not take that much",
	 {{100, .05, 14, 20, 190, 200, 100, 205, 0, ""}},
	 NOTHING,
	 GT_V_ASSIST_HEAVY,
	 GT_V_GC_CPU_HIGH},
	{"assists under a third",
	 {{100, .05, 10.5, 24, 190, 200, 100, 205, 0, ""}},
	 NOTHING,
	 GT_V_GC_CPU_HIGH,
	 GT_V_ASSIST_HEAVY},
	{"assists under half of what the workers may take",
	 {{100, .05, 8, 12, 190, 200, 100, 205, 0, ""}},
	 NOTHING,
	 GT_V_GC_CPU_NOTABLE,
	 GT_V_ASSIST_HEAVY},
	{"assists of a rare collection",
	 {{40, 1, 6, 2, 60, 64, 35, 70, 0, ""}},
	 NOTHING,
	 GT_V_HEALTHY,
	 GT_V_ASSIST_HEAVY},
	{"much CPU",
	 {{100, .05, 2, 30, 190, 200, 100, 205, 0, ""}},
	 NOTHING,
	 GT_V_GC_CPU_HIGH,
	 GT_V_ASSIST_HEAVY},
	{"some CPU",
	 {{100, .05, 2, 15, 190, 200, 100, 205, 0, ""}},
	 NOTHING,
	 GT_V_GC_CPU_NOTABLE,
	 GT_V_GC_CPU_HIGH},
	{"forced",
	 {{20, .2, .1, 1, 20, 21, 20, 40, 0, " (forced)"}},
	 NOTHING,
	 GT_V_FORCED_BY_PROGRAM,
	 GT_V_HEALTHY},
	{"two of many forced",
	 {{40, OK}, {2, .2, .1, 1, 20, 21, 20, 40, 0, " (forced)"}, {10, OK}},
	 NOTHING,
	 GT_V_HEALTHY,
	 GT_V_FORCED_BY_PROGRAM},
	{"two minutes",
	 {{5, 120.02, .1, 1, 7, 8, 8, 18, 0, ""}},
	 NOTHING,
	 GT_V_IDLE,
	 GT_V_NOT_ENOUGH},
	{"stacks",
	 {{12, .3, .1, 1, 33, 34, 6, 38, 28, ""}},
	 NOTHING,
	 GT_V_STACKS_DOMINATE,
	 GT_V_HEALTHY},
	{"a cache that is full",
	 {{5, .1, .5, 1, 9, 10, 9, 20, 0, ""},
	  {5, .1, .5, 1, 60, 61, 60, 120, 0, ""},
	  {20, .1, .5, 1, 119, 120, 60, 120, 0, ""}},
	 NOTHING,
	 GT_V_HEALTHY,
	 GT_V_HEAP_GROWTH},
	{"bursts",
	 {{10, OK},
	  {1, .3, .1, 1, 100, 180, 35, 70, 0, ""},
	  {3, .3, .1, 1, 100, 180, 35, 70, 0, ""}},
	 NOTHING,
	 GT_V_ALLOC_BURST,
	 GT_V_HEALTHY},
	{"throttled",
	 {{40, OK}},
	 {.has_cpu_stat = true, .nr_periods = 100, .nr_throttled = 26},
	 GT_V_THROTTLED,
	 GT_V_GOMAXPROCS_TOO_LARGE},
	{"a quarter throttled",
	 {{40, OK}},
	 {.has_cpu_stat = true, .nr_periods = 100, .nr_throttled = 25},
	 GT_V_HEALTHY,
	 GT_V_THROTTLED},
};

static struct gt_diagnosis report;

static bool said(enum gt_diag_id id)
{
	for (uint32_t i = 0; i < report.n_verdict; i++)
		if (report.verdict[i].id == id)
			return true;
	return false;
}

static void add_cycles(struct gt_buf *log, const struct cycles *c, unsigned *n, double *at)
{
	for (unsigned i = 0; i < c->n; i++) {
		gt_buf_fmt(
			log,
			"gc %u @%.3fs 1%%: 0.1+1+0.1 ms clock, 0.2+%.3f/%.3f/1+0.2 ms cpu, %u->%u->%u MB, %u MB goal, %u MB "
			"stacks, 0 MB globals, 2 P%s\n",
			++*n, *at, c->assist_ms, c->background_ms, c->start, c->end, c->live,
			c->goal, c->stacks, c->tail);
		*at += c->every_s;
	}
}

static void judge_text(const char *p, size_t len, const struct gt_diagnose_known *k)
{
	struct gt_diagnose *d = gt_diagnose_new(k);

	assert_non_null(d);
	gt_diagnose_feed(d, p, len);
	gt_diagnose_close(d);
	assert_int_equal(gt_diagnose_judge(d, &report, NULL), 0);
	gt_diagnose_free(d);
}

static void test_gt_diagnose_judge_collector(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		_cleanup_(gt_buf_done) struct gt_buf log = {0};
		double at = 0.5;
		unsigned n = 0;

		for (size_t k = 0; k < GT_ARRAY_LEN(rows[i].part); k++)
			add_cycles(&log, &rows[i].part[k], &n, &at);
		judge_text(log.p, log.len, &rows[i].known);
		if (said(rows[i].want) && (rows[i].not == GT_V_COUNT || !said(rows[i].not )))
			continue;
		bad++;
		print_error("%s:", rows[i].name);
		for (uint32_t k = 0; k < report.n_verdict; k++)
			print_error(" %s", gt_diag_texts[report.verdict[k].id].word);
		print_error("\n");
	}
	assert_int_equal(bad, 0);
}

/* The quota is what makes Ps too many. */
static void test_gt_diagnose_judge_quota(void **state)
{
	struct gt_diagnose_known k = {.has_cpu_stat = true,
				      .nr_periods = 40,
				      .nr_throttled = 37,
				      .quota_us = 50000,
				      .period_us = 100000};
	char log[2000] = "";

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		char line[200];

		(void)snprintf(
			line, sizeof(line),
			"SCHED %ums: gomaxprocs=16 idleprocs=1 threads=4 spinningthreads=0 idlethreads=1 runqueue=%u [0]\n",
			i * 250, i % 3);
		(void)gt_append(log, sizeof(log), line);
	}
	judge_text(log, strlen(log), &k);
	assert_true(said(GT_V_THROTTLED) && said(GT_V_GOMAXPROCS_TOO_LARGE));
	k.quota_us = 1600000;
	judge_text(log, strlen(log), &k);
	assert_true(said(GT_V_THROTTLED) && !said(GT_V_GOMAXPROCS_TOO_LARGE));
}

/* SCHED lines whose ticks stand still: with still queues a loop, with queues that change a busy
 * host. */
static void test_gt_diagnose_judge_ticks(void **state)
{
	(void)state;
	for (unsigned changing = 0; changing < 2; changing++) {
		char log[4000] = "";

		for (unsigned i = 0; i < 8; i++) {
			char line[200];

			(void)snprintf(
				line, sizeof(line),
				"SCHED %ums: gomaxprocs=1 idleprocs=0 threads=4 spinningthreads=0 "
				"needspinning=1 idlethreads=1 runqueue=%u [ %u ] schedticks=[ 9 ]\n",
				i * 250, i, changing * i % 5);
			(void)gt_append(log, sizeof(log), line);
		}
		judge_text(log, strlen(log), NULL);
		assert_int_equal(said(GT_V_STARVATION), !changing);
		assert_int_equal(said(GT_V_NONPREEMPTIBLE_LOOP), !changing);
	}
}

/* Still ticks, and lines that come late: one of many is the host's, among few it may be all there
 * is. */
static void test_gt_diagnose_judge_late_lines(void **state)
{
	static const struct {
		const char *name;
		unsigned n, every, late_ms; /* each so many-th line comes that late */
		bool want;
	} late[] = {
		{"one late of twenty", 20, 12, 220, true},
		{"one late of five", 5, 4, 220, false},
		{"each third late", 20, 3, 400, false},
		{"one very late", 20, 12, 3000, false},
	};

	(void)state;
	for (unsigned k = 0; k < GT_ARRAY_LEN(late); k++) {
		char log[8000] = "";

		for (unsigned i = 0, ms = 0; i < late[k].n; i++) {
			char line[200];

			ms += 250 + (i > 0 && i % late[k].every == 0 ? late[k].late_ms : 0);
			(void)snprintf(
				line, sizeof(line),
				"SCHED %ums: gomaxprocs=1 idleprocs=0 threads=4 spinningthreads=0 "
				"needspinning=1 idlethreads=1 runqueue=0 [ 0 ] schedticks=[ 9 ]\n",
				ms);
			(void)gt_append(log, sizeof(log), line);
		}
		judge_text(log, strlen(log), NULL);
		if (said(GT_V_STARVATION) != late[k].want)
			fail_msg("%s", late[k].name);
	}
}

/* A stop of 300 ms alone may be the host's; of two seconds it is not. */
static void test_gt_diagnose_judge_stops(void **state)
{
	static const struct {
		unsigned ms;
		enum gt_tri off;
		enum gt_diag_id want;
	} stops[] = {{40, GT_UNKNOWN, GT_V_HEALTHY},
		     {300, GT_UNKNOWN, GT_V_CANNOT_BE_TOLD},
		     {300, GT_YES, GT_V_STW_BLOCKED},
		     {2000, GT_UNKNOWN, GT_V_STW_BLOCKED}};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(stops); i++) {
		struct gt_diagnose_known k = {.asyncpreemptoff = stops[i].off};
		_cleanup_(gt_buf_done) struct gt_buf log = {0};
		unsigned n = 0;
		double at = 1;

		add_cycles(&log, &(struct cycles){20, OK}, &n, &at);
		gt_buf_fmt(
			&log,
			"gc %u @%.3fs 1%%: %u+1+0.1 ms clock, 0.2+1/2/1+0.2 ms cpu, 60->64->35 MB, 70 MB "
			"goal, 0 MB stacks, 0 MB globals, 2 P\n",
			n + 1, at, stops[i].ms);
		judge_text(log.p, log.len, &k);
		assert_true(said(stops[i].want));
	}
}

/* Every verdict that is no note says what to do, what speaks against it, and how to be surer. */
static void test_gt_diag_texts_are_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GT_V_COUNT; i++) {
		const struct gt_diag_text *t = &gt_diag_texts[i];

		assert_int_equal(gt_words_find(&gt_diag_words, t->word), (int)i);
		assert_true(*t->meaning && *t->surer && *t->against && *t->cost);
		if (t->level != GT_VL_NOTE)
			assert_string_not_equal(t->advice, "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_diagnose_judge_collector),
		cmocka_unit_test(test_gt_diagnose_judge_quota),
		cmocka_unit_test(test_gt_diagnose_judge_ticks),
		cmocka_unit_test(test_gt_diagnose_judge_late_lines),
		cmocka_unit_test(test_gt_diagnose_judge_stops),
		cmocka_unit_test(test_gt_diag_texts_are_whole),
	};

	(void)alarm(60); /* a hang is a failure, too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
