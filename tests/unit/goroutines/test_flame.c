/* goroutines/flame.c, folded.c, heat.c, svg.c, json.c: what is written of a snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "snap.h"

static struct snap snap;
static struct gt_gor_history h;
static struct gt_buf out;

static int teardown(void **state)
{
	(void)state;
	gt_gor_history_done(&h);
	gt_buf_done(&out);
	return 0;
}

static void make(void)
{
	snap_begin(&snap, 10 * SECOND);
	snap_add(&snap, 1, 1, 100, 0);
	snap_add(&snap, 2, 101, 103, 0);
	snap_stack(&snap, 1, 2, "main.f;main.<x>", "main.<x> x.go:3");
	snap_stack(&snap, 1, 1, "main.f;main.y", "main.y x.go:4");
	snap_stack(&snap, 2, 1, "main.g", "main.g y.go:9");
}

static unsigned count(const char *what)
{
	unsigned n = 0;

	for (const char *p = out.p; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

/* What was read of a kind stands for all of it, to the last one. */
static void test_gt_gor_write_folded_adds_up(void **state)
{
	(void)state;
	make();
	gt_gor_write_folded(&snap.s, &out);
	assert_string_equal(out.p, "main.f;main.<x>;[chan receive] 66\n"
				   "main.f;main.y;[chan receive] 34\n");
	assert_int_equal(gt_gor_stack_weight(&snap.s, 2), 3);
}

static void test_gt_gor_write_flame_is_xml(void **state)
{
	(void)state;
	make();
	assert_int_equal(gt_gor_write_flame(&snap.s, &out), 0);
	assert_non_null(strstr(out.p, "100 blocked goroutines"));
	assert_null(strstr(out.p, "<x>"));
	assert_non_null(strstr(out.p, "main.&lt;x&gt; (66 of 100)"));
	assert_non_null(strstr(out.p, "main.f (100 of 100)"));
	assert_int_equal(count("<title>"), 5); /* f, x, y, and what each of the two waits for */
	assert_int_equal(count("<g>"), count("</g>"));
	assert_non_null(strstr(out.p, "width=\"1179.5\"")); /* the root, the whole width */
}

static void test_gt_gor_write_flame_of_nothing(void **state)
{
	(void)state;
	snap_begin(&snap, SECOND);
	snap.s.n_text = snap.used;
	assert_int_equal(gt_gor_write_flame(&snap.s, &out), 0);
	assert_non_null(strstr(out.p, "0 blocked goroutines"));
	assert_non_null(strstr(out.p, "</svg>"));
}

static void add_two(void)
{
	make();
	assert_int_equal(gt_gor_history_add(&h, &snap.s, 0), 0);
	snap_begin(&snap, 12 * SECOND);
	snap_add(&snap, 1, 1, 100, 0);
	snap_add(&snap, 1, 104, 104, 0);
	assert_int_equal(gt_gor_history_add(&h, &snap.s, 0), 0);
}

static void test_gt_gor_write_heat_text_of_two(void **state)
{
	(void)state;
	add_two();
	gt_gor_write_heat_text(&h, 80, &out);
	assert_string_equal(out.p, "   >1h\n10-60m\n 1-10m\n10-60s\n 1-10s  @\n   <1s @.\n");
	gt_buf_done(&out);
	/* The last column alone, where there is no room for more. */
	gt_gor_write_heat_text(&h, 8, &out);
	assert_non_null(strstr(out.p, "   <1s .\n"));
}

static void test_gt_gor_write_heat_is_xml(void **state)
{
	(void)state;
	add_two();
	gt_gor_write_heat(&h, &out);
	assert_int_equal(count("<title>"), 3);
	assert_non_null(strstr(out.p, "100 of age 1-10s at 2.0 s"));
	assert_non_null(strstr(out.p, "103 of age &lt;1s at 0.0 s"));
	assert_non_null(strstr(out.p, "darkest: 103"));
	assert_non_null(strstr(out.p, "</svg>"));
}

static int ignore_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ctx, (void)ev, (void)e;
	return 0;
}

static void test_gt_gor_write_json_is_json(void **state)
{
	struct gt_gor_target t = {.pid = 42};
	struct gt_err e;

	(void)state;
	make();
	assert_int_equal(gt_gor_history_add(&h, &snap.s, 0), 0);
	gt_gor_write_json(&t, &snap.s, &h, &out);
	assert_int_equal(gt_json_walk(out.p, out.len, 0, ignore_event, NULL, NULL, &e), 0);
	assert_non_null(strstr(out.p, "\"schema\":\"gotune.goroutines/1\",\"pid\":42"));
	assert_non_null(strstr(out.p, "\"created_by\":\"main.a\",\"place\":\"x.go:1\""));
	assert_non_null(strstr(out.p, "\"states\":{\"chan receive\":100}"));
	assert_non_null(strstr(out.p, "\"count\":66,\"read\":2"));
	assert_null(strstr(out.p, "\"before\"")); /* there is none yet */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_gt_gor_write_folded_adds_up, teardown),
		cmocka_unit_test_teardown(test_gt_gor_write_flame_is_xml, teardown),
		cmocka_unit_test_teardown(test_gt_gor_write_flame_of_nothing, teardown),
		cmocka_unit_test_teardown(test_gt_gor_write_heat_text_of_two, teardown),
		cmocka_unit_test_teardown(test_gt_gor_write_heat_is_xml, teardown),
		cmocka_unit_test_teardown(test_gt_gor_write_json_is_json, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
