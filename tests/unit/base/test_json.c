/*
 * The walk over a JSON document, and the writer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/keyset.h"
#include "gotune/base.h"

/* A walk as text: one line "PATH TYPE [BEGIN,END) TOKEN", so that rows are read by eye. */
struct trace {
	const char *doc;
	struct gt_buf out;
	bool repeats_only;
};

static const char *const type_name[] = {"null", "bool", "int", "number", "string",
					"{",	"}",	"[",   "]"};

static int trace_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct trace *t = ctx;

	(void)e;
	if (t->repeats_only) {
		if (ev->depth > 0 && ev->path[ev->depth - 1].repeated &&
		    ev->type != GT_JSON_MAP_END && ev->type != GT_JSON_ARRAY_END)
			gt_buf_fmt(&t->out, "%s ", ev->path[ev->depth - 1].key);
		return 0;
	}
	for (unsigned i = 0; i < ev->depth; i++) {
		if (ev->path[i].key)
			gt_buf_fmt(&t->out, "/%s", ev->path[i].key);
		else
			gt_buf_fmt(&t->out, "/%u", ev->path[i].index);
	}
	gt_buf_fmt(&t->out, " %s %.*s\n", type_name[ev->type], (int)(ev->end - ev->begin),
		   t->doc + ev->begin);
	return 0;
}

static int trace_walk(struct trace *t, const char *doc, unsigned flags, struct gt_err *e)
{
	t->doc = doc;
	return gt_json_walk(doc, strlen(doc), flags, trace_event, t, NULL, e);
}

static void test_walk_paths_and_offsets(void **state)
{
	static const struct {
		const char *name, *doc, *want;
		unsigned flags;
	} rows[] = {
		{"scalar null", "null", " null null\n", 0},
		{"scalar number at the end", " 12", " int 12\n", 0},
		{"scalar string", "\"a\\\"b\" ", " string \"a\\\"b\"\n", 0},
		{"empty object", "{ }", " { {\n } }\n", 0},
		{"object", "{\"a\":1, \"b\" : {\"c\":true}}",
		 " { {\n/a int 1\n/b { {\n/b/c bool true\n/b } }\n } }\n", 0},
		{"array", "[ 1 ,[], \"x\"]",
		 " [ [\n/0 int 1\n/1 [ [\n/1 ] ]\n/2 string \"x\"\n ] ]\n", 0},
		{"escapes", "[\"\\ud800\\/\", \"\\\\\",\"\\u003c\"]",
		 " [ [\n/0 string \"\\ud800\\/\"\n/1 string \"\\\\\"\n/2 string "
		 "\"\\u003c\"\n ] ]\n",
		 0},
		{"numbers",
		 "[9223372036854775807,-9223372036854775808,9223372036854775808,"
		 "-9223372036854775809,1e3,-0,1.0]",
		 " [ [\n/0 int 9223372036854775807\n/1 int -9223372036854775808\n"
		 "/2 number 9223372036854775808\n/3 number -9223372036854775809\n"
		 "/4 number 1e3\n/5 int -0\n/6 number 1.0\n ] ]\n",
		 0},
		{"comments", "/* a */{// b: \",\n\"k\"/*:*/:/*,*/1//,\n,\"l\":[/*]*/]\n}// end",
		 " { {\n/k int 1\n/l [ [\n/l ] ]\n } }\n", GT_JSON_COMMENTS},
		{"path after a nested object", "{\"a\":{\"long\":1},\"b\":2}",
		 " { {\n/a { {\n/a/long int 1\n/a } }\n/b int 2\n } }\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct trace t = {0};
		int r = trace_walk(&t, rows[i].doc, rows[i].flags, NULL);

		if (r != 0 || strcmp(t.out.p, rows[i].want) != 0)
			fail_msg("%s: %d\n%s", rows[i].name, r, t.out.p);
		gt_buf_done(&t.out);
	}
}

static void test_walk_refuses(void **state)
{
	static const struct {
		const char *name, *doc;
		unsigned flags;
		int want;
		unsigned line, column;
	} rows[] = {
		{"empty", "", 0, -EINVAL, 1, 1},
		{"blank", " \n ", 0, -EINVAL, 2, 2},
		{"half", "{\"a\":\n[1,", 0, -EINVAL, 2, 4},
		{"two documents", "{} {}", 0, -EINVAL, 1, 4},
		{"garbage", "{}x", 0, -EINVAL, 1, 3},
		{"garbage string never closed", "{}\n \"abc", 0, -EINVAL, 2, 2},
		{"garbage comment never closed", "{} /* x", GT_JSON_COMMENTS, -EINVAL, 1, 4},
		{"comment not allowed", "{/**/}", 0, -EINVAL, 1, 2},
		{"bad UTF-8", "{\"a\":\"\xff\"}", 0, -EINVAL, 1, 7},
		{"overlong UTF-8", "[\"\xc0\xaf\"]", 0, -EINVAL, 1, 3},
		{"surrogate in UTF-8", "[\"\xed\xa0\x80\"]", 0, -EINVAL, 1, 3},
		{"bad UTF-8 in a comment", "// \xff\n1", GT_JSON_COMMENTS, -EINVAL, 1, 4},
		{"control byte in a string", "[\"a\x01\"]", 0, -EINVAL, 0, 0},
		{"leading zero", "[01]", 0, -EINVAL, 0, 0},
		{"bare minus", "[-]", 0, -EINVAL, 0, 0},
		{"trailing comma", "[1,]", 0, -EINVAL, 0, 0},
		{"bare word", "nul", 0, -EINVAL, 0, 0},
		{"key without value", "{\"a\"}", 0, -EINVAL, 0, 0},
		{"wrong bracket", "[}", 0, -EINVAL, 0, 0},
		{"byte order mark", "\xef\xbb\xbf{}", 0, -EINVAL, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct trace t = {.doc = rows[i].doc};
		struct gt_json_pos pos = {0};
		struct gt_err e = {0};
		int r = gt_json_walk(rows[i].doc, strlen(rows[i].doc), rows[i].flags, trace_event,
				     &t, &pos, &e);

		if (r != rows[i].want || e.code != r || !e.msg[0] ||
		    (rows[i].line && (pos.line != rows[i].line || pos.column != rows[i].column)))
			fail_msg("%s: %d %u:%u %s", rows[i].name, r, pos.line, pos.column, e.msg);
		gt_buf_done(&t.out);
	}
}

static int count_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ev;
	(void)e;
	++*(unsigned *)ctx;
	return 0;
}

static void test_walk_depth(void **state)
{
	char doc[2 * 100000];
	unsigned n = 0;

	(void)state;
	memset(doc, '[', GT_JSON_DEPTH_MAX);
	memset(doc + GT_JSON_DEPTH_MAX, ']', GT_JSON_DEPTH_MAX);
	assert_int_equal(gt_json_walk(doc, 2 * GT_JSON_DEPTH_MAX, 0, count_event, &n, NULL, NULL),
			 0);
	assert_int_equal(n, 2 * GT_JSON_DEPTH_MAX);
	memset(doc, '[', 100000);
	memset(doc + 100000, ']', 100000);
	assert_int_equal(gt_json_walk(doc, sizeof(doc), 0, count_event, &n, NULL, NULL), -E2BIG);
}

static int stop_at_two(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ctx;
	return ev->type == GT_JSON_INT && ev->i == 2 ? gt_err_set(e, -EPERM, "two") : 0;
}

static void test_walk_callback_error(void **state)
{
	struct gt_json_pos pos;
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_json_walk("[1,\n 2,3]", 9, 0, stop_at_two, NULL, &pos, &e), -EPERM);
	assert_string_equal(e.msg, "two");
	assert_int_equal(pos.line, 2);
	assert_int_equal(pos.column, 2);
	assert_int_equal(pos.offset, 5);
}

static void test_walk_repeated_keys(void **state)
{
	static const struct {
		const char *name, *doc, *want;
	} rows[] = {
		{"none", "{\"a\":1,\"b\":{\"a\":1},\"c\":{\"a\":1}}", ""},
		{"same", "{\"a\":1,\"b\":2,\"a\":3}", "a "},
		{"case", "{\"env\":1,\"ENV\":2,\"eNv\":3}", "ENV eNv "},
		{"escaped", "{\"env\":1,\"\\u0065nv\":2}", "env "},
		{"long s", "{\"sysctl\":1,\"\xc5\xbfysctl\":2}", "\xc5\xbfysctl "},
		{"kelvin", "{\"k\":1,\"\xe2\x84\xaa\":2}", "\xe2\x84\xaa "},
		{"nested", "[{\"a\":1},{\"a\":1,\"A\":{}}]", "A "},
		{"with a NUL", "{\"a\":1,\"a\\u0000\":2}", ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct trace t = {.repeats_only = true};
		int r = trace_walk(&t, rows[i].doc, GT_JSON_KEYS, NULL);

		if (r != 0 || strcmp(t.out.p ? t.out.p : "", rows[i].want) != 0)
			fail_msg("%s: %d %s", rows[i].name, r, t.out.p);
		gt_buf_done(&t.out);
	}
}

/* 100,000 different keys and one repeated: found, and in no more than a moment. */
static void test_walk_many_keys(void **state)
{
	struct trace t = {.repeats_only = true};
	struct gt_buf doc = {0};

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		gt_buf_fmt(&doc, "%c\"key%u\":%u", i ? ',' : '{', i, i);
	gt_buf_str(&doc, ",\"KEY77777\":0}");
	assert_int_equal(trace_walk(&t, doc.p, GT_JSON_KEYS, NULL), 0);
	assert_string_equal(t.out.p, "KEY77777 ");
	gt_buf_done(&t.out);
	gt_buf_done(&doc);
}

static int check_huge(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)e;
	if (ev->type != GT_JSON_INT)
		return 0;
	/* The parents' keys must have survived every move of the key buffer. */
	assert_int_equal(ev->depth, 3);
	assert_int_equal(strlen(ev->path[0].key), 3);
	assert_int_equal(ev->path[1].key_len, 1000000);
	assert_int_equal(strlen(ev->path[1].key), 1000000);
	assert_int_equal(ev->path[2].key_len, 7);
	assert_int_equal(strlen(ev->path[2].key), 3);
	++*(unsigned *)ctx;
	return 0;
}

static void test_walk_huge_key_and_nul(void **state)
{
	struct gt_buf doc = {0};
	unsigned n = 0;

	(void)state;
	gt_buf_str(&doc, "{\"top\":{\"");
	for (unsigned i = 0; i < 1000000; i++)
		gt_buf_add(&doc, "x", 1);
	gt_buf_str(&doc, "\":{\"nul\\u0000abc\":1}}}");
	assert_int_equal(gt_json_walk(doc.p, doc.len, GT_JSON_KEYS, check_huge, &n, NULL, NULL), 0);
	assert_int_equal(n, 1);
	gt_buf_done(&doc);
}

static int match_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	const char *const *pattern = ctx;

	(void)e;
	if (ev->type == GT_JSON_INT)
		return gt_json_at(ev, *pattern) ? -EEXIST : -ENOENT;
	return 0;
}

static void test_json_at(void **state)
{
	static const struct {
		const char *doc, *pattern;
		bool want;
	} rows[] = {
		{"1", "", true},
		{"1", "*", false},
		{"{\"a\":1}", "a", true},
		{"{\"a\":1}", "A", false},
		{"{\"a\":1}", "", false},
		{"{\"a\":1}", "a/b", false},
		{"{\"a\":1}", "a/", false},
		{"{\"a\":{\"b\":1}}", "a/b", true},
		{"{\"a\":{\"b\":1}}", "a", false},
		{"{\"a\":{\"b\":1}}", "a/*", true},
		{"{\"a\":{\"b\":1}}", "*/b", true},
		{"{\"a/b\":1}", "a/b", false},
		{"{\"a\\u0000\":1}", "a", false},
		{"{\"a\":[0]}", "a/*", true},
		{"{\"a\":[0]}", "a/0", false},
		{"{\"\":1}", "", false},
		{"{\"ab\":1}", "a", false},
		{"{\"a\":1}", "ab", false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const char *pattern = rows[i].pattern;
		int r = gt_json_walk(rows[i].doc, strlen(rows[i].doc), 0, match_event, &pattern,
				     NULL, NULL);

		if (r != (rows[i].want ? -EEXIST : -ENOENT))
			fail_msg("%s at %s: %d", rows[i].doc, rows[i].pattern, r);
	}
}

static void test_utf8_lengths(void **state)
{
	static const struct {
		const char *s;
		size_t want;
	} rows[] = {
		{"", 0},
		{"abcdefghij", 10},
		{"abcdefghij\x80", 10},
		{"\xc3\xa9", 2},
		{"\xc3", 0},
		{"\xe2\x82\xac", 3},
		{"\xe2\x82", 0},
		{"\xe2\x28\xa1", 0},
		{"\xf0\x9f\x98\x80", 4},
		{"\xf0\x8f\xbf\xbf", 0},
		{"\xf4\x90\x80\x80", 0},
		{"\xf5\x80\x80\x80", 0},
		{"\xc1\xbf", 0},
		{"\xed\xbf\xbf", 0},
		{"ok\xe2\x82\xac\xff", 5},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		size_t n = gt_utf8_valid_len(rows[i].s, strlen(rows[i].s));

		if (n != rows[i].want)
			fail_msg("row %zu: %zu", i, n);
	}
}

static void write_sample(struct gt_jw *w)
{
	gt_jw_open(w, '{');
	gt_jw_key(w, "s");
	gt_jw_str(w, "a\"\\\n\x01\x7f\xff\xc3\xa9");
	gt_jw_key(w, "none");
	gt_jw_str(w, NULL);
	gt_jw_key(w, "n");
	gt_jw_open(w, '[');
	gt_jw_u64(w, UINT64_MAX);
	gt_jw_i64(w, INT64_MIN);
	gt_jw_i64(w, 7);
	gt_jw_bool(w, true);
	gt_jw_strn(w, "a\0b", 3);
	gt_jw_close(w, ']');
	gt_jw_key(w, "e");
	gt_jw_open(w, '{');
	gt_jw_close(w, '}');
	gt_jw_close(w, '}');
}

static void test_writer_forms(void **state)
{
	static const char compact[] =
		"{\"s\":\"a\\\"\\\\\\n\\u0001\\u007f\xef\xbf\xbd\xc3\xa9\",\"none\":null,\"n\":["
		"18446744073709551615,-9223372036854775808,7,true,\"a\\u0000b\"],\"e\":{}}";
	static const char indented[] =
		"{\n  \"s\": \"a\\\"\\\\\\n\\u0001\\u007f\xef\xbf\xbd\xc3\xa9\",\n  \"none\": "
		"null,\n  \"n\": [\n"
		"    18446744073709551615,\n    -9223372036854775808,\n    7,\n    true,\n    "
		"\"a\\u0000b\"\n  ],\n  \"e\": {}\n}";
	struct gt_buf out = {0};
	struct gt_jw w;
	unsigned n = 0;

	(void)state;
	gt_jw_init(&w, &out, false);
	write_sample(&w);
	assert_string_equal(out.p, compact);
	assert_int_equal(gt_json_walk(out.p, out.len, 0, count_event, &n, NULL, NULL), 0);
	gt_buf_done(&out);
	gt_jw_init(&w, &out, true);
	write_sample(&w);
	assert_string_equal(out.p, indented);
	gt_buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk_paths_and_offsets),
		cmocka_unit_test(test_walk_refuses),
		cmocka_unit_test(test_walk_depth),
		cmocka_unit_test(test_walk_callback_error),
		cmocka_unit_test(test_walk_repeated_keys),
		cmocka_unit_test(test_walk_many_keys),
		cmocka_unit_test(test_walk_huge_key_and_nul),
		cmocka_unit_test(test_json_at),
		cmocka_unit_test(test_utf8_lengths),
		cmocka_unit_test(test_writer_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
