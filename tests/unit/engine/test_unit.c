/*
 * The words that an engine is started with, and flags among them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/unit.h"
#include "gotune/base.h"

static void test_flag_rows(void **state)
{
	static const struct {
		const char *name, *text, *want; /* NULL: there is none */
	} rows[] = {
		{"with =", "/usr/bin/dockerd --config=/y -H fd://", "/y"},
		{"apart", "/usr/bin/dockerd --config /y", "/y"},
		{"the alias", "x -c /y", "/y"},
		{"the alias with =", "x -c=/y", "/y"},
		{"at a line's end", "x --config\n /y", "/y"},
		{"first", "--config /y", "/y"},
		{"quoted", "x \"--config=/y\"", "/y"},
		{"single-quoted", "x 'a --config /y'", "/y"},
		{"the last counts", "x -c /a --config /y", "/y"},
		{"nothing behind it", "x --config", ""},
		{"an empty value", "x --config= /y", "/y"},
		{"a longer flag", "x --config-file=/y", NULL},
		{"inside a word", "x a--config=/y", NULL},
		{"none", "x -H fd://", NULL},
		{"empty", "", NULL},
	};
	struct gt_list *words = calloc(1, sizeof(*words));

	(void)state;
	assert_non_null(words);
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_flag f = {0};
		bool found;

		gt_list_init(words);
		gt_words_split(&words->v, "here", rows[i].text);
		found = gt_words_last_flag(&words->v, "--config", "-c", &f);
		if (found != (rows[i].want != NULL) ||
		    (found && (strcmp(f.value, rows[i].want) != 0 || strcmp(f.where, "here") != 0)))
			fail_msg("%s: %s", rows[i].name, found ? f.value : "none");
	}
	free(words);
}

static void test_each_flag_is_found(void **state)
{
	struct gt_list *words = calloc(1, sizeof(*words));
	struct gt_flag f = {0};

	(void)state;
	assert_non_null(words);
	gt_list_init(words);
	gt_words_split(&words->v, "a", "--x 1 --x=2");
	gt_words_split(&words->v, "b", "--x 3");
	for (unsigned i = 1; i <= 3; i++) {
		assert_true(gt_words_next_flag(&words->v, "--x", NULL, &f));
		assert_int_equal(f.value[0], '0' + (int)i);
		assert_string_equal(f.where, i < 3 ? "a" : "b");
	}
	assert_false(gt_words_next_flag(&words->v, "--x", NULL, &f));
	free(words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_flag_rows),
					   cmocka_unit_test(test_each_flag_is_found)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
