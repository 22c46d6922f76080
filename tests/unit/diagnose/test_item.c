/*
 * The runtime's lines, torn everywhere they can be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "diagnose/item.h"

#define GC \
	"gc 7 @1.250s 3%: 0.019+2.9+0.088 ms clock, 0.039+0.62/0.13/2.7+0.17 ms cpu, 5->6->4 MB, 8 MB goal, "
#define SCHED "SCHED 250ms: gomaxprocs=2 idleprocs=1 threads=4 spinningthreads=0 "

struct row {
	const char *name, *line;
	enum gt_rt_type type;
	unsigned slot; /* of one value */
	double value;
	uint32_t listed; /* numbers in the first brackets */
};
static const struct row rows[] = {
	{"gc, 1.15", GC "2 P", GT_RT_GC, GT_GCV_PROCS, 2, 0},
	{"gc, 1.19", GC "1 MB stacks, 3 MB globals, 2 P", GT_RT_GC, GT_GCV_GLOBALS, 3, 0},
	{"gc, forced", GC "1 MB stacks, 3 MB globals, 16 P (forced)", GT_RT_GC, GT_GCV_PROCS, 16,
	 0},
	{"gc, leaks looked for",
	 "gc 9 @0.1s 3% (checking for goroutine leaks): 1+2+3 ms clock, 1+2/3/4+5 ms cpu, 5->6->4 MB, 8 MB goal, 0 MB "
	 "stacks, 0 MB globals, 2 P",
	 GT_RT_GC, GT_GCV_CPU + 3, 4, 0},
	{"assist ratio, 1.25",
	 "pacer: assist ratio=+6.352539e+000 (scan 5 MB in 5->5 MB) workers=0++2.500000e-001",
	 GT_RT_RATIO, 5, 0.25, 0},
	{"assist ratio, 1.26",
	 "pacer: assist ratio=2.450836181640625 (scan 0 MB in 9->9 MB) workers=0+0.25", GT_RT_RATIO,
	 5, 0.25, 0},
	{"pacer",
	 "pacer: 25% CPU (25 exp.) for 15761648+8640+210920 B work (15981008 B exp.) in 141601520 B -> 145140464 B "
	 "(\xe2\x88\x86goal -8305064, cons/mark +2.555806e-001)",
	 GT_RT_PACER, GT_PCV_DELTA, -8305064, 0},
	{"pacer, reset",
	 "pacer: 25% CPU (25 exp.) for 1+2+3 B work (4 B exp.) in 5 B -> 6 B (\xe2\x88\x86goal 7, cons/mark 0)[controller "
	 "reset]",
	 GT_RT_PACER, GT_PCV_PEAK, 6, 0},
	{"pacer, 1.15",
	 "pacer: H_m_prev=1 h_t=+9.5e-001 H_T=2 h_a=+1e+000 H_a=3 h_g=+1e+000 H_g=4 u_a=+2.5e-001 u_g=+3e-001 W_a=5 "
	 "goal\xce\x94=+1e+000 actual\xce\x94=+5e-002 u_a/u_g=+1e+000",
	 GT_RT_PACER_OLD, 9, 5, 0},
	{"sweep",
	 "pacer: sweep done at heap size 10MB; allocated 0MB during sweep; swept 1445 pages at 0.0002 pages/byte",
	 GT_RT_SWEEP, 2, 1445, 0},
	{"sched, 1.19", SCHED "idlethreads=2 runqueue=7 [1 0]", GT_RT_SCHED, GT_SCV_QUEUE, 7, 2},
	{"sched, 1.21", SCHED "needspinning=1 idlethreads=2 runqueue=7 [1 0]", GT_RT_SCHED,
	 GT_SCV_NEED, 1, 2},
	{"sched, 1.25",
	 SCHED "needspinning=0 idlethreads=2 runqueue=7 [ 1 0 ] schedticks=[ 597 611 ]",
	 GT_RT_SCHED, GT_SCV_IDLE_THREADS, 2, 2},
	{"sched, detail",
	 SCHED
	 "needspinning=0 idlethreads=2 runqueue=7 gcwaiting=true nmidlelocked=0 stopwait=1 sysmonwait=false",
	 GT_RT_SCHED, GT_SCV_STOPWAIT, 1, 0},
	{"sched, detail, at the start",
	 SCHED "idlethreads=1 runqueue=0 gcwaiting=0 nmidlelocked=-1 stopwait=0 sysmonwait=0",
	 GT_RT_SCHED, GT_SCV_LOCKED, -1, 0},
	{"sched, detail, 1.19",
	 SCHED "idlethreads=2 runqueue=7 gcwaiting=1 nmidlelocked=0 stopwait=3 sysmonwait=0",
	 GT_RT_SCHED, GT_SCV_STOPWAIT, 3, 0},
};

static void check(const struct row *r, const struct gt_tear *t, const char *how)
{
	if (t->l.type != r->type || t->l.v[r->slot] != r->value || t->l.list[0].n != r->listed ||
	    t->open)
		fail_msg("%s, %s: type %d, value %g, %u listed, open %d", r->name, how,
			 (int)t->l.type, t->l.v[r->slot], t->l.list[0].n, t->open);
}

static void test_gt_tear_begin_whole_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_tear t = {0};
		size_t used = 0;

		if (gt_tear_begin(&t, rows[i].line, strlen(rows[i].line), 5, &used) != GT_TEAR_DONE)
			fail_msg("%s: not taken whole, but %zu bytes", rows[i].name, used);
		check(&rows[i], &t, "whole");
		assert_int_equal(t.l.forced, strstr(rows[i].line, "(forced)") != NULL);
		assert_int_equal(used, strlen(rows[i].line));
	}
}

/* Is byte AT between two items, as far as anyone can see? Not inside a number, a word or a blank
 * run. */
static bool may_tear(const char *line, size_t at)
{
	char a = line[at - 1], b = line[at];
	bool digit_a = a >= '0' && a <= '9', digit_b = b >= '0' && b <= '9';

	return digit_a != digit_b && a != '.' && b != '.' && a != '+' && a != '-' && b != 'e' &&
	       a != '_';
}

/* At each place the line goes on after another writer's whole line, or straight on the next line.
 */
static void test_gt_tear_go_on_after_each_item(void **state)
{
	static const char other[] = "{\"level\":\"info\",\"n\":12}";
	unsigned torn = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const char *line = rows[i].line;
		size_t n = strlen(line);

		for (size_t at = 4; at < n; at++) {
			struct gt_tear t = {0};
			char piece[600];
			size_t used = 0;

			if (!may_tear(line, at))
				continue;
			(void)snprintf(piece, sizeof(piece), "%.*s%s", (int)at, line, other);
			if (gt_tear_begin(&t, piece, strlen(piece), 1, &used) != GT_TEAR_MORE ||
			    used != at)
				continue; /* not a place between items after all */
			if (gt_tear_go_on(&t, other, strlen(other), 2, &used) != GT_TEAR_NONE)
				fail_msg("%s, byte %zu: took another's line", rows[i].name, at);
			if (gt_tear_go_on(&t, line + at, n - at, 3, &used) != GT_TEAR_DONE)
				fail_msg("%s, byte %zu: did not end", rows[i].name, at);
			check(&rows[i], &t, "torn");
			assert_int_equal(t.l.first, 1);
			assert_int_equal(t.l.last, 3);
			torn++;
		}
	}
	assert_true(torn > 150);
}

/* A year may stand behind a number without a gap: it is the other writer's. */
static void test_gt_tear_number_before_a_date(void **state)
{
	static const char *const date[] = {"2026/11/28 18:52:29 hello",
					   "2026-11-28T18:52:29Z hello"};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(date); i++) {
		struct gt_tear t = {0};
		char piece[80];
		size_t used = 0;

		(void)snprintf(piece, sizeof(piece), "gc 12%s", date[i]);
		assert_int_equal(gt_tear_begin(&t, piece, strlen(piece), 1, &used), GT_TEAR_MORE);
		assert_int_equal(used, 5);
		assert_true(t.l.v[GT_GCV_N] == 12);
		(void)snprintf(piece, sizeof(piece), "gc %s", date[i]);
		assert_int_equal(gt_tear_begin(&t, piece, strlen(piece), 1, &used), GT_TEAR_MORE);
		assert_int_equal(used, 3);
	}
}

static void test_gt_tear_begin_others(void **state)
{
	static const char *const line[] = {"",	    "g",       "gcx 1",	      "pacer",
					   "SCHED", "scvg: 1", "hello gc 1 @"};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(line); i++) {
		struct gt_tear t = {0};
		size_t used = 0;

		if (gt_tear_begin(&t, line[i], strlen(line[i]), 1, &used) != GT_TEAR_NONE || t.open)
			fail_msg("[%s] was taken", line[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_tear_begin_whole_lines),
		cmocka_unit_test(test_gt_tear_go_on_after_each_item),
		cmocka_unit_test(test_gt_tear_number_before_a_date),
		cmocka_unit_test(test_gt_tear_begin_others),
	};

	(void)alarm(60); /* a hang is a failure, too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
