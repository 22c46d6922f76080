/* goroutines/names.c and trace_json.c: the names of a trace's sites, and what is made of the
 * counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "fake.h"

static struct fake fake;
static struct gt_gor_names answer;

static void find(const struct gt_gor_pair *pair, uint32_t n)
{
	struct gt_err e = {0};

	fake_make(&fake, 22, 5);
	assert_int_equal(fake_locate(&fake, &e), 0);
	memset(&answer, 0, offsetof(struct gt_gor_names, arena.room));
	assert_int_equal(gt_gor_names_find(&fake.rt, pair, n, &answer), 0);
}

static void test_gt_gor_names_of_sites(void **state)
{
	const struct gt_gor_pair pair[] = {
		{fake_entry(F_SPAWN) + 0x90, fake_entry(F_WORKER)},
		{fake_entry(F_RT0) + 4, fake_entry(F_MAIN)}, /* the main goroutine: no site */
		{12345, UINT64_MAX},			     /* nothing of the program */
	};
	struct gt_gor_traced site[3] = {
		{.born = 5, .ended = 2}, {.born = 1}, {.born = 9, .ended_old = 3}};
	const char *text;
	uint32_t n_text;

	(void)state;
	find(pair, 3);
	assert_int_equal(gt_gor_names_take(&answer, site, 3, &text, &n_text), 0);
	/* The most births first. */
	assert_int_equal(site[0].born, 9);
	assert_string_equal(text + site[0].by, "");
	assert_string_equal(text + site[0].starts, "");
	assert_int_equal(site[1].born, 5);
	assert_string_equal(text + site[1].by, "main.spawn");
	assert_string_equal(text + site[1].place, "leak.go:51");
	assert_string_equal(text + site[1].starts, "main.worker");
	assert_string_equal(text + site[2].by, "");
	assert_string_equal(text + site[2].starts, "runtime.main");
	assert_true(n_text > 10);
}

/* A worker that was taken over. */
static void test_gt_gor_names_take_refuses(void **state)
{
	const struct gt_gor_pair pair[] = {{fake_entry(F_SPAWN) + 0x90, fake_entry(F_WORKER)}};
	struct gt_gor_traced site[2] = {0};
	struct gt_gor_name *name = (struct gt_gor_name *)(void *)answer.arena.room;
	const char *text;
	uint32_t n;

	(void)state;
	find(pair, 1);
	assert_int_equal(gt_gor_names_take(&answer, site, 2, &text, &n), -EBADMSG);
	name->place = answer.n_text;
	assert_int_equal(gt_gor_names_take(&answer, site, 1, &text, &n), -EBADMSG);
	find(pair, 1);
	answer.n_text--;
	assert_int_equal(gt_gor_names_take(&answer, site, 1, &text, &n), -EBADMSG);
	find(pair, 1);
	answer.arena.room[answer.arena.a.used - 1] = 'x';
	assert_int_equal(gt_gor_names_take(&answer, site, 1, &text, &n), -EBADMSG);
	find(pair, 1);
	answer.arena.room[sizeof(*name)] = 'x';
	assert_int_equal(gt_gor_names_take(&answer, site, 1, &text, &n), -EBADMSG);
	/* What is shown is plain. */
	find(pair, 1);
	answer.arena.room[sizeof(*name) + 2] = 27;
	assert_int_equal(gt_gor_names_take(&answer, site, 1, &text, &n), 0);
	assert_null(memchr(text, 27, n));
}

static void test_gt_gor_life_us(void **state)
{
	struct gt_gor_traced s = {0};

	(void)state;
	assert_int_equal(gt_gor_life_us(&s, 50), 0);
	s.life[0] = 50;
	s.life[4] = 49;
	s.life[GT_GOR_LIFE_BUCKETS - 1] = 1;
	assert_int_equal(gt_gor_life_us(&s, 50), 1);
	assert_int_equal(gt_gor_life_us(&s, 51), 16);
	assert_int_equal(gt_gor_life_us(&s, 99), 16);
	assert_true(gt_gor_life_us(&s, 100) == UINT64_MAX);
}

static void test_gt_gor_write_trace_json(void **state)
{
	struct gt_gor_traced site[] = {
		{.born = 3, .ended = 2, .ended_old = 7, .total_us = 9, .life = {[3] = 1, [31] = 1}},
		{.born = 1}};
	const struct gt_gor_trace t = {.go = "go1.22.1",
				       .ran_ns = 1500000000,
				       .cost_ns = 9000,
				       .n_site = 2,
				       .n_text = 1,
				       .site = site,
				       .text = ""};
	const struct gt_gor_target p = {.pid = 5};
	struct gt_buf out = {0};

	(void)state;
	gt_gor_write_trace_json(&p, &t, &out);
	assert_int_equal(out.error, 0);
	assert_string_equal(
		out.p,
		"{\"schema\":\"gotune.goroutines-trace/1\",\"pid\":5,\"go\":\"go1.22.1\","
		"\"traced_ms\":1500,\"program_ended\":false,\"born\":4,\"ended\":2,"
		"\"ended_older\":7,\"cost_ns\":9000,\"not_followed\":0,\"of_more_sites\":0,"
		"\"not_read\":0,\"sites\":[{\"created_by\":null,\"place\":null,\"starts\":null,"
		"\"born\":3,\"ended\":2,\"alive\":1,\"ended_older\":7,\"mean_us\":4,"
		"\"life_times\":[{\"below_us\":8,\"count\":1},{\"below_us\":null,\"count\":1}]},"
		"{\"created_by\":null,\"place\":null,\"starts\":null,\"born\":1,\"ended\":0,"
		"\"alive\":1,\"ended_older\":0,\"mean_us\":null,\"life_times\":[]}]}");
	gt_buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_gor_names_of_sites),
		cmocka_unit_test(test_gt_gor_names_take_refuses),
		cmocka_unit_test(test_gt_gor_life_us),
		cmocka_unit_test(test_gt_gor_write_trace_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
