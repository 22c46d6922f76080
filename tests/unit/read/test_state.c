/*
 * OCI state from a runtime's pipe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

static struct gt_state s;

static void test_read_state_of_runc(void **state)
{
	static const char doc[] =
		"{\"ociVersion\":\"1.0.2-dev\",\"id\":\"web1\",\"status\":\"creating\",\"pid\":4711,"
		"\"bundle\":\"/run/b\"}";

	(void)state;
	assert_int_equal(gt_read_state(doc, strlen(doc), &s, NULL), 0);
	assert_string_equal(s.id, "web1");
	assert_string_equal(s.status, "creating");
	assert_int_equal(s.pid, 4711);
	assert_string_equal(s.bundle, "/run/b");
	assert_string_equal(s.root, "");
	assert_int_equal(s.annotations.n, 0);
	assert_true(gt_state_valid(&s));
}

static void test_read_state_of_crun(void **state)
{
	static const char doc[] =
		"{\n  \"ociVersion\": \"1.0.0\",\n  \"id\": \"a.b_c-1\",\n  \"pid\": 12,\n"
		"  \"root\": \"/run/b/rootfs\",\n  \"bundle\": \"/run/b\",\n  \"status\": \"created\",\n"
		"  \"annotations\": { \"io.gotune.gogc\": \"50\", \"x\": \"\\u00e9\" },\n"
		"  \"owner\": \"root\"\n}\n";

	(void)state;
	assert_int_equal(gt_read_state(doc, strlen(doc), &s, NULL), 0);
	assert_string_equal(s.root, "/run/b/rootfs");
	assert_string_equal(gt_strv_pair(&s.annotations, "io.gotune.gogc"), "50");
	assert_string_equal(gt_strv_pair(&s.annotations, "x"), "\xc3\xa9");
	assert_true(gt_state_valid(&s));
}

static void test_read_state_refuses(void **state)
{
	static const struct {
		const char *name, *doc, *says;
	} rows[] = {
		{"nothing", "", "OCI state"},
		{"half", "{\"id\":\"a\",", "OCI state: 1:11"},
		{"an array", "[]", "not an object"},
		{"a string", "\"a\"", "not an object"},
		{"no id", "{\"pid\":1}", "without an id"},
		{"null id", "{\"id\":null}", "without an id"},
		{"empty id", "{\"id\":\"\"}", "without an id"},
		{"id is a number", "{\"id\":5}", "id: not a string"},
		{"id with a slash", "{\"id\":\"a/b\"}", "an unusable id"},
		{"id with dots", "{\"id\":\"..\"}", "an unusable id"},
		{"hidden id", "{\"id\":\".x\"}", "an unusable id"},
		{"id with a line break", "{\"id\":\"a\\nb\"}", "an unusable id"},
		{"id with a NUL", "{\"id\":\"a\\u0000b\"}", "id: longer"},
		{"id twice", "{\"id\":\"a\",\"id\":\"b\"}", "duplicate key"},
		{"id in another case", "{\"ID\":\"a\"}", "another case"},
		{"negative pid", "{\"id\":\"a\",\"pid\":-1}", "no process id"},
		{"large pid", "{\"id\":\"a\",\"pid\":2147483648}", "no process id"},
		{"pid beyond 64 bits", "{\"id\":\"a\",\"pid\":18446744073709551617}", "pid: not"},
		{"pid is a fraction", "{\"id\":\"a\",\"pid\":1.5}", "pid: not"},
		{"annotations are a list", "{\"id\":\"a\",\"annotations\":[]}", "annotations: not"},
		{"annotation is a number", "{\"id\":\"a\",\"annotations\":{\"x\":1}}",
		 "annotations: a value"},
		{"annotation is an object", "{\"id\":\"a\",\"annotations\":{\"x\":{}}}",
		 "annotations/*: not"},
		{"bytes after it", "{\"id\":\"a\"}{}", "OCI state: 1:11"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_err e = {0};
		int r = gt_read_state(rows[i].doc, strlen(rows[i].doc), &s, &e);

		if (r != -EINVAL || e.code != -EINVAL || !strstr(e.msg, rows[i].says))
			fail_msg("%s: %d %s", rows[i].name, r, e.msg);
		if (!gt_state_valid(&s))
			fail_msg("%s: not valid", rows[i].name);
	}
}

static void test_read_state_large(void **state)
{
	struct gt_buf doc = {0};

	(void)state;
	gt_buf_str(&doc, "{\"id\":\"");
	for (unsigned i = 0; i < GT_ID_MAX; i++)
		gt_buf_str(&doc, "x");
	gt_buf_str(&doc, "\"}");
	assert_int_equal(gt_read_state(doc.p, doc.len, &s, NULL), -EINVAL);
	/* one byte shorter fits */
	memmove(doc.p + 7, doc.p + 8, doc.len - 8);
	assert_int_equal(gt_read_state(doc.p, doc.len - 1, &s, NULL), 0);
	assert_int_equal(strlen(s.id), GT_ID_MAX - 1);
	gt_buf_done(&doc);

	gt_buf_str(&doc, "{\"id\":\"a\",\"annotations\":{\"k\":\"");
	while (doc.len < 500000)
		gt_buf_str(&doc, "0123456789");
	gt_buf_str(&doc, "\",\"l\":\"2\"}}");
	assert_int_equal(gt_read_state(doc.p, doc.len, &s, NULL), 0);
	assert_int_equal(s.annotations.dropped, 1);
	assert_string_equal(gt_strv_pair(&s.annotations, "l"), "2");
	gt_buf_done(&doc);

	gt_buf_str(&doc, "{\"id\":\"a\"}");
	while (doc.len <= GT_STATE_MAX)
		gt_buf_str(&doc, "                                ");
	assert_int_equal(gt_read_state(doc.p, doc.len, &s, NULL), -EINVAL);
	gt_buf_done(&doc);
}

/* Every prefix of a state is refused, and leaves a sound struct. */
static void test_read_state_cut_anywhere(void **state)
{
	static const char doc[] = "{\"id\":\"web1\",\"pid\":7,\"annotations\":{\"a\":\"b\"}}";

	(void)state;
	for (size_t n = 0; n < sizeof(doc) - 1; n++) {
		assert_int_equal(gt_read_state(doc, n, &s, NULL), -EINVAL);
		assert_true(gt_state_valid(&s));
	}
	assert_int_equal(gt_read_state(doc, sizeof(doc) - 1, &s, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_state_of_runc),
		cmocka_unit_test(test_read_state_of_crun),
		cmocka_unit_test(test_read_state_refuses),
		cmocka_unit_test(test_read_state_large),
		cmocka_unit_test(test_read_state_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
