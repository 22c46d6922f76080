/*
 * TOML as JSON, and where a value stands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"

static void test_to_json_rows(void **state)
{
	static const struct {
		const char *name, *toml, *json;
	} rows[] = {
		{"nothing", "", "{}"},
		{"a comment", "# x\n", "{}"},
		{"scalars, sorted", "b = true\na = -1\nc = \"x\\ty\"\n",
		 "{\"a\":-1,\"b\":true,\"c\":\"x\\ty\"}"},
		{"literal and multi-line strings", "a = 'C:\\x'\nb = \"\"\"\nl1\nl2\"\"\"\n",
		 "{\"a\":\"C:\\\\x\",\"b\":\"l1\\nl2\"}"},
		{"tables, also implied, also inline", "[a.\"x.y\"]\nk = {z = [1, [2]]}\n",
		 "{\"a\":{\"x.y\":{\"k\":{\"z\":[1,[2]]}}}}"},
		{"dotted keys", "a.b.c = 1\n", "{\"a\":{\"b\":{\"c\":1}}}"},
		{"arrays of tables", "[[a]]\nx = 1\n[[a]]\n", "{\"a\":[{\"x\":1},{}]}"},
		{"mixed arrays", "a = [\"x\", {append=true}]\n",
		 "{\"a\":[\"x\",{\"append\":true}]}"},
		{"floats", "a = 1.5\nb = inf\nc = nan\nd = -inf\n",
		 "{\"a\":\"1.5\",\"b\":\"inf\",\"c\":\"nan\",\"d\":\"-inf\"}"},
		{"times", "a = 1979-05-27T07:32:00Z\nb = 1979-05-27\nc = 07:32:00.5\n",
		 "{\"a\":\"1979-05-27T07:32:00.000000000+0min\",\"b\":\"1979-05-27\","
		 "\"c\":\"T07:32:00.500000000\"}"},
		{"a BOM and CRLF",
		 "\xef\xbb\xbf"
		 "a = 1\r\n[b]\r\n",
		 "{\"a\":1,\"b\":{}}"},
		{"beyond ASCII", "\"\xc3\xbc\" = \"\xe2\x82\xac\"\n",
		 "{\"\xc3\xbc\":\"\xe2\x82\xac\"}"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};
		struct gt_err e = {0};
		int r = gt_toml_to_json(rows[i].toml, strlen(rows[i].toml), &out, &e);

		if (r != 0 || strcmp(out.p, rows[i].json) != 0)
			fail_msg("%s: %d %s: %s", rows[i].name, r, e.msg, out.p ? out.p : "");
		gt_buf_done(&out);
	}
}

static void test_to_json_refuses(void **state)
{
	static const struct {
		const char *name, *toml, *place;
	} rows[] = {
		{"no value", "a = \n", "1:5: "},
		{"a key twice", "a = 1\na = 2\n", "2:"},
		{"a table twice", "[a]\n[b]\n[a]\n", "3:1: "},
		{"a header that is not closed", "x = 1\n[a\n", "2:"},
		{"a header without a name", "x = 1\n[\n[", "2:"},
		{"letters beyond ASCII where a key must be", "x = 1\n\xc3\xbc = 2\n", "2:"},
		{"invalid UTF-8", "a = \"\xff\"\n", "1:"},
		{"an inline table extended", "a = {}\n[a.b]\n", "2:"},
		{"cut off", "a = \"x", "1:"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};
		struct gt_err e = {0};
		int r = gt_toml_to_json(rows[i].toml, strlen(rows[i].toml), &out, &e);

		if (r != -EINVAL || !gt_has_prefix(e.msg, rows[i].place))
			fail_msg("%s: %d %s", rows[i].name, r, e.msg);
		gt_buf_done(&out);
	}
}

/* As deep as toml++ lets it be, and deeper: refused, not overflowed. */
static void test_to_json_deep_is_refused(void **state)
{
	char text[20002] = "a=";
	struct gt_buf out = {0};
	struct gt_err e = {0};

	(void)state;
	memset(text + 2, '[', sizeof(text) - 2);
	assert_int_equal(gt_toml_to_json(text, sizeof(text), &out, &e), -EINVAL);
	/* A key of many parts nests without brackets. */
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "a.", 2);
	memcpy(text + sizeof(text) - 4, "a=1\n", 4);
	assert_int_equal(gt_toml_to_json(text, sizeof(text), &out, &e), -EINVAL);
	assert_string_equal(e.msg, "1:1: a key of more than 100 parts");
	memcpy(text, "x=1\n[", 5);
	assert_int_equal(gt_toml_to_json(text, sizeof(text), &out, &e), -EINVAL);
	assert_string_equal(e.msg, "2:1: a key of more than 100 parts");
	gt_buf_done(&out);
}

static void test_find_rows(void **state)
{
	static const char doc[] = "# \xe2\x82\xac\n"
				  "[p.\"x.y\".c] # \xc3\xbc\n"
				  "  n = 'ru\xc3\xbc' # after\n"
				  "\t\"\xc3\xbc\" = { z = \"q\" }\n"
				  "d.e = [1,\n 2]\n";
	static const struct {
		const char *name;
		const char *path[5];
		unsigned n;
		const char *want; /* NULL: not there */
	} rows[] = {
		{"a string", {"p", "x.y", "c", "n"}, 4, "'ru\xc3\xbc'"},
		{"in an inline table", {"p", "x.y", "c", "\xc3\xbc", "z"}, 5, "\"q\""},
		{"a table's header", {"p", "x.y", "c"}, 3, "[p.\"x.y\".c]"},
		{"an array of lines", {"p", "x.y", "c", "d", "e"}, 5, "[1,\n 2]"},
		{"nothing", {"p", "x.y", "d"}, 3, NULL},
		{"below a scalar", {"p", "x.y", "c", "n", "m"}, 5, NULL},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_toml_region at = {0};
		struct gt_err e = {0};
		int r = gt_toml_find(doc, strlen(doc), rows[i].path, rows[i].n, &at, &e);

		if (r != 0 || at.found != (rows[i].want != NULL) ||
		    (at.found && (at.end - at.begin != strlen(rows[i].want) ||
				  memcmp(doc + at.begin, rows[i].want, at.end - at.begin) != 0)))
			fail_msg("%s: %d %s: '%.*s'", rows[i].name, r, e.msg,
				 (int)(at.end - at.begin), doc + at.begin);
	}
}

static void test_merge_rows(void **state)
{
	static const struct gt_toml_rules plain = {0}, whole = {.whole = "p/*"},
					  renamed = {
						  .parent = "p", .old_name = "a", .new_name = "b"};
	static const struct {
		const char *name, *doc[3];
		const struct gt_toml_rules *rules;
		const char *json;
	} rows[] = {
		{"none", {NULL}, &plain, "{}"},
		{"one", {"a = 1"}, &plain, "{\"a\":1}"},
		{"keys add up",
		 {"a = 1\n[t]\nx = 1", "b = 2\n[t]\ny = 2"},
		 &plain,
		 "{\"a\":1,\"b\":2,\"t\":{\"x\":1,\"y\":2}}"},
		{"the last wins", {"a = 1", "a = 2", "a = \"x\""}, &plain, "{\"a\":\"x\"}"},
		{"lists are replaced", {"a = [1, 2]", "a = [3]"}, &plain, "{\"a\":[3]}"},
		{"a table for a value, and back",
		 {"a = 1\n[b]\nc = 1", "b = 1\n[a]\nc = 2"},
		 &plain,
		 "{\"a\":{\"c\":2},\"b\":1}"},
		{"as a whole",
		 {"[p.a]\nx = 1\n[p.b]\ny = 1\n[q]\nx = 1", "[p.a]\nz = 2\n[q]\ny = 2"},
		 &whole,
		 "{\"p\":{\"a\":{\"z\":2},\"b\":{\"y\":1}},\"q\":{\"x\":1,\"y\":2}}"},
		{"by another name",
		 {"[p.b]\nx = 1\ny = 1", "[p.a]\nx = 2"},
		 &renamed,
		 "{\"p\":{\"b\":{\"x\":2,\"y\":1}}}"},
		{"both names in one: the new one wins",
		 {"[p.a]\nx = 1\nz = 1\n[p.b]\nx = 2"},
		 &renamed,
		 "{\"p\":{\"b\":{\"x\":2,\"z\":1}}}"},
		{"the old name of a value",
		 {"p = 1", "[q]\na = 1"},
		 &renamed,
		 "{\"p\":1,\"q\":{\"a\":1}}"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_toml_doc doc[3];
		struct gt_buf out = {0};
		struct gt_err e = {0};
		unsigned n = 0;
		int r;

		for (; n < 3 && rows[i].doc[n]; n++)
			doc[n] = (struct gt_toml_doc){rows[i].doc[n], strlen(rows[i].doc[n])};
		r = gt_toml_merge(doc, n, rows[i].rules, &out, &e);
		if (r != 0 || strcmp(out.p, rows[i].json) != 0)
			fail_msg("%s: %d %s: %s", rows[i].name, r, e.msg, out.p ? out.p : "");
		gt_buf_done(&out);
	}
}

static void test_merge_refuses(void **state)
{
	const struct gt_toml_doc doc[] = {{"a = 1\n", 6}, {"a = \n", 5}};
	const struct gt_toml_rules rules = {0};
	struct gt_buf out = {0};
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_toml_merge(doc, 2, &rules, &out, &e), -EINVAL);
	assert_true(gt_has_prefix(e.msg, "1:"));
	gt_buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_json_rows),
		cmocka_unit_test(test_to_json_refuses),
		cmocka_unit_test(test_to_json_deep_is_refused),
		cmocka_unit_test(test_find_rows),
		cmocka_unit_test(test_merge_rows),
		cmocka_unit_test(test_merge_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
