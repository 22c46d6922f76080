/*
 * What the tests of launchers and of scripts share: words, and whether a step is valid.
 */
#ifndef TESTS_UNIT_PROGRAM_STEPS_H
#define TESTS_UNIT_PROGRAM_STEPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/program.h"

/* Words of TEXT separated by SEP into L. "<>" is the empty word. */
static void words(struct gt_list *l, const char *text, char sep)
{
	const char stop[] = {sep, '\0'};

	gt_list_init(l);
	while (*text) {
		size_t n = strcspn(text, stop);
		bool empty = n == 2 && memcmp(text, "<>", 2) == 0;

		assert_int_equal(gt_strv_add(&l->v, text, empty ? 0 : n), 0);
		text += n + (text[n] == sep);
	}
}

static bool step_valid(const struct gt_launch_step *s)
{
	for (uint32_t i = 0; i < GT_LAUNCH_MAX; i++) {
		if (!gt_strv_valid(&s->argv[i], &s->arena.a, sizeof(s->arena.room)))
			return false;
	}
	return gt_strv_valid(&s->env, &s->arena.a, sizeof(s->arena.room)) &&
	       s->n_argv <= GT_LAUNCH_MAX && (s->what == GT_LAUNCH_NEXT) == (s->n_argv > 0);
}

/* V as words() reads it with '|'; what is not known is '?'. */
static void unwords(const struct gt_strv *v, char *buf, size_t cap)
{
	buf[0] = '\0';
	for (const char *w = gt_strv_next(v, NULL); w; w = gt_strv_next(v, w)) {
		if (w != gt_strv_next(v, NULL))
			(void)gt_append(buf, cap, "|");
		(void)gt_append(buf, cap, *w ? w : "<>");
	}
	for (char *c = buf; *c; c++)
		*c = *c == '\1' ? '?' : *c;
}

/* The commands that S leads to, separated by " ; ". */
static void uncommands(const struct gt_launch_step *s, char *buf, size_t cap)
{
	char one[4096];

	buf[0] = '\0';
	for (uint32_t i = 0; i < s->n_argv; i++) {
		unwords(&s->argv[i], one, sizeof(one));
		(void)gt_append(buf, cap, i ? " ; " : "");
		(void)gt_append(buf, cap, one);
	}
}

#endif
