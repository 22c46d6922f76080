/* goroutines/answer.c: an answer of a worker that was taken over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <string.h>

#include "goroutines/internal.h"

static struct gt_gor_answer a;

struct parts {
	struct gt_gor g[3];
	struct gt_gor_kind k[2];
	struct gt_gor_stack s[1];
	char text[16];
};

static struct parts *make(void)
{
	struct parts *p = (struct parts *)(void *)a.arena.room;

	memset(&a, 0, offsetof(struct gt_gor_answer, arena.room) + sizeof(*p));
	p->g[0] = (struct gt_gor){.id = 7, .kind = 1};
	p->g[1] = (struct gt_gor){.id = 3, .kind = 1, .since_ns = 50};
	p->g[2] = (struct gt_gor){.id = 5, .kind = 1};
	p->k[1] = (struct gt_gor_kind){.n = 3, .n_read = 2, .by = 1, .state = 4};
	p->s[0] = (struct gt_gor_stack){.kind = 1, .n = 2, .frames = 1};
	memcpy(p->text, "\0ab\0c\033d\0", 8);
	a.in_allgs = 4;
	a.n_gor = 3;
	a.n_kind = 2;
	a.n_stack = 1;
	a.n_text = 8;
	a.arena.a.used = offsetof(struct parts, text) + 8;
	return p;
}

static int check(struct gt_gor_snapshot *s)
{
	memset(s, 0, sizeof(*s));
	return gt_gor_answer_check(&a, 100, s);
}

static void test_gt_gor_answer_check_takes(void **state)
{
	struct gt_gor_snapshot s;

	(void)state;
	(void)make();
	assert_int_equal(check(&s), 0);
	assert_int_equal(s.gor[0].id, 3);
	assert_int_equal(s.gor[2].id, 7);
	assert_int_equal(s.gor[0].since_ns, 50);
	assert_string_equal(s.text + s.kind[1].by, "ab");
	assert_string_equal(s.text + s.kind[1].state, "c?d"); /* no escape reaches a terminal */
}

static void test_gt_gor_answer_check_drops_waits_from_the_future(void **state)
{
	struct gt_gor_snapshot s;
	struct parts *p = make();

	(void)state;
	p->g[0].since_ns = 101;
	p->g[1].since_ns = -1;
	assert_int_equal(check(&s), 0);
	assert_int_equal(s.gor[0].since_ns, 0);
	assert_int_equal(s.gor[2].since_ns, 0);
}

#define LIE(change)                                        \
	do {                                               \
		struct gt_gor_snapshot lie_;               \
		struct parts *p = make();                  \
		(void)p;                                   \
		change;                                    \
		if (check(&lie_) != -EBADMSG)              \
			fail_msg("is taken: %s", #change); \
	} while (0)

static void test_gt_gor_answer_check_refuses(void **state)
{
	(void)state;
	LIE(a.n_gor = GT_GOR_MAX + 1);
	LIE(a.n_gor = 2);
	LIE(a.n_kind = 0);
	LIE(a.n_kind = GT_GOR_KINDS_MAX + 1);
	LIE(a.n_stack = UINT32_MAX);
	LIE(a.n_text = 0);
	LIE(a.n_text = UINT32_MAX);
	LIE(a.arena.a.used++);
	LIE(a.in_allgs = 2);
	LIE(a.in_allgs = GT_GOR_MAX + 1);
	LIE(a.changed = 2);
	LIE(p->text[7] = 'x');
	LIE(p->text[0] = 'x');
	LIE(p->g[0].kind = 2);
	LIE(p->g[0].id = 0);
	LIE(p->g[0].id = 5);
	LIE(p->k[1].n = 4);
	LIE(p->k[1].n_read = 4);
	LIE(p->k[1].by = 8);
	LIE(p->k[1].place = 8);
	LIE(p->k[1].starts = UINT32_MAX);
	LIE(p->k[1].state = 8);
	LIE(p->k[1].waiting = 2);
	LIE(p->s[0].kind = 2);
	LIE(p->s[0].n = 3);
	LIE(p->s[0].frames = 8);
	LIE(p->s[0].at = 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_gor_answer_check_takes),
		cmocka_unit_test(test_gt_gor_answer_check_drops_waits_from_the_future),
		cmocka_unit_test(test_gt_gor_answer_check_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
