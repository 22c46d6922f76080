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
	return gt_strv_valid(&s->argv, &s->arena.a, sizeof(s->arena.room)) &&
	       gt_strv_valid(&s->env, &s->arena.a, sizeof(s->arena.room));
}

#endif
