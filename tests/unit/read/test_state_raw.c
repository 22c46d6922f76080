/*
 * A parser's answer about an OCI state, compared with the document: what a worker that was taken
 * over could make of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

static struct gt_state s;

#define DOC "{\"id\":\"web1\",\"status\":\"creating\",\"pid\":4711,\"bundle\":\"/run/b\"}"

static bool agrees(const char *doc)
{
	return gt_state_agrees(&s, doc, strlen(doc));
}

static void read_it(const char *doc)
{
	assert_int_equal(gt_read_state(doc, strlen(doc), &s, NULL), 0);
}

static void test_state_agrees_with_a_true_answer(void **state)
{
	static const char *const docs[] = {
		DOC,
		"{\"id\":\"a\"}",
		"{\"id\":\"a\",\"pid\":null,\"bundle\":null}",
		"{\"id\":\"a\",\"bundle\":\"/a \\u003c\\/b \\u00e9\",\"annotations\":{\"pid\":\"1\"}}",
		"{\"annotations\":{\"id\":\"x\"},\"x\":[{\"id\":\"y\"}],\"id\":\"a\"}",
		"{\"id\":\"a\",\"status\":\"0123456789012345678901234567890123456789\"}",
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(docs); i++) {
		struct gt_err e = {0};

		if (gt_read_state(docs[i], strlen(docs[i]), &s, &e) < 0)
			fail_msg("%s: %s", docs[i], e.msg);
		if (!agrees(docs[i]))
			fail_msg("%s: differs", docs[i]);
	}
}

static void test_state_agrees_sees_lies(void **state)
{
	(void)state;
	read_it(DOC);
	assert_true(agrees(DOC));
	s.pid = 1;
	assert_false(agrees(DOC));
	s.pid = 0;
	assert_false(agrees(DOC));
	read_it(DOC);
	(void)gt_copy_str(s.id, sizeof(s.id), "web2");
	assert_false(agrees(DOC));
	(void)gt_copy_str(s.id, sizeof(s.id), "web");
	assert_false(agrees(DOC));
	read_it(DOC);
	(void)gt_copy_str(s.bundle, sizeof(s.bundle), "/etc");
	assert_false(agrees(DOC));
	s.bundle[0] = '\0';
	assert_false(agrees(DOC));
	read_it(DOC);
	(void)gt_copy_str(s.status, sizeof(s.status), "stopped");
	assert_false(agrees(DOC));
}

static void test_state_agrees_refuses_what_is_ambiguous(void **state)
{
	(void)state;
	read_it(DOC);
	assert_false(agrees("{\"id\":\"web1\",\"status\":\"creating\",\"pid\":4711,\"pid\":4711,"
			    "\"bundle\":\"/run/b\"}"));
	assert_false(agrees("{\"id\":\"web1\",\"status\":\"creating\",\"\\u0070id\":4711,"
			    "\"bundle\":\"/run/b\"}"));
	assert_false(agrees("{\"id\":\"web1\",\"status\":\"creating\",\"x\":{\"pid\":4711},"
			    "\"bundle\":\"/run/b\"}"));
	assert_false(agrees("{\"id\":\"web1\",\"status\":\"creating\",\"pid\":4711.0,"
			    "\"bundle\":\"/run/b\"}"));
	assert_false(agrees(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_agrees_with_a_true_answer),
		cmocka_unit_test(test_state_agrees_sees_lies),
		cmocka_unit_test(test_state_agrees_refuses_what_is_ambiguous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
