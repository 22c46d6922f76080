/*
 * Edits of a JSON text: put, drop and find keep every other byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/json.h"
#include "gotune/base.h"

/* "a/b" as an array of keys. */
struct keys {
	char text[64];
	const char *key[GT_JSON_PATH_MAX];
	unsigned n;
};

static void split(const char *path, struct keys *k)
{
	char *save = NULL;

	(void)gt_copy_str(k->text, sizeof(k->text), path);
	k->n = 0;
	for (char *s = strtok_r(k->text, "/", &save); s; s = strtok_r(NULL, "/", &save))
		k->key[k->n++] = s;
}

static void test_put_rows(void **state)
{
	static const struct {
		const char *name, *doc, *path, *value, *want;
	} rows[] = {
		{"replace a scalar", "{ \"a\" : 1 , \"b\":2}", "a", "\"x\"",
		 "{ \"a\" : \"x\" , \"b\":2}"},
		{"replace an object", "{\"a\":{\"b\":[1]}}", "a", "7", "{\"a\":7}"},
		{"replace deep", "{\"a\":{\"b\":[1]}}", "a/b", "7", "{\"a\":{\"b\":7}}"},
		{"append, one line", "{\"a\": 1}", "b", "2", "{\"a\": 1, \"b\": 2}"},
		{"append, minified", "{\"a\":1}", "b", "2", "{\"a\":1,\"b\":2}"},
		{"append, two spaces", "{\n  \"a\": 1\n}\n", "b", "2",
		 "{\n  \"a\": 1,\n  \"b\": 2\n}\n"},
		{"append, tabs, nested", "{\n\t\"a\": 1\n}", "b/c", "2",
		 "{\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"c\": 2\n\t}\n}"},
		{"append, CRLF", "{\r\n  \"a\": 1\r\n}", "b", "2",
		 "{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}"},
		{"into an object of one line in a document of lines", "{\n  \"a\": {\"x\": 1}\n}",
		 "a/b/c", "2", "{\n  \"a\": {\"x\": 1, \"b\": {\"c\": 2}}\n}"},
		{"into an empty object", "{\n  \"a\": {}\n}", "a/b", "2",
		 "{\n  \"a\": {\n    \"b\": 2\n  }\n}"},
		{"into an empty object with blanks", "{\n  \"a\": { \n }\n}", "a/b", "2",
		 "{\n  \"a\": {\n    \"b\": 2\n  }\n}"},
		{"into an empty document", "{}", "a/b", "1", "{\n  \"a\": {\n    \"b\": 1\n  }\n}"},
		{"blanks around stay", "\n\t{\"a\":[]}\n\n", "b", "1",
		 "\n\t{\"a\":[],\"b\":1}\n\n"},
		{"an object takes the place of null", "{\"a\": null, \"n\": 1}", "a/b", "2",
		 "{\"a\": {\"b\": 2}, \"n\": 1}"},
		{"and of a null in it", "{\"a\":{\"b\":null}}", "a/b/c", "2",
		 "{\"a\":{\"b\":{\"c\":2}}}"},
		{"a null at the end of the path is a value", "{\"a\":null}", "a", "2", "{\"a\":2}"},
		{"an escaped key is the key", "{\"\\u0061\":1}", "a", "2", "{\"\\u0061\":2}"},
		{"the same key elsewhere is not", "{\"x\":{\"a\":1},\"a\":2}", "a", "3",
		 "{\"x\":{\"a\":1},\"a\":3}"},
		{"an array on the way to others", "{\"x\":[{\"a\":1}],\"y\":2}", "a", "3",
		 "{\"x\":[{\"a\":1}],\"y\":2,\"a\":3}"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};
		struct gt_err e = {0};
		struct keys k;
		int r;

		split(rows[i].path, &k);
		r = gt_json_put(rows[i].doc, strlen(rows[i].doc), k.key, k.n, rows[i].value, &out,
				&e);
		if (r != 0 || strcmp(out.p, rows[i].want) != 0)
			fail_msg("%s: %d %s: %s", rows[i].name, r, e.msg, out.p ? out.p : "");
		gt_buf_done(&out);
	}
}

static void test_drop_rows(void **state)
{
	static const struct {
		const char *name, *doc, *path, *want;
	} rows[] = {
		{"the first", "{\"a\": 1, \"b\": 2}", "a", "{\"b\": 2}"},
		{"the last", "{\"a\": 1, \"b\": 2}", "b", "{\"a\": 1}"},
		{"the middle, lines", "{\n  \"a\": 1,\n  \"b\": {\n  },\n  \"c\": 3\n}", "b",
		 "{\n  \"a\": 1,\n  \"c\": 3\n}"},
		{"the first, lines", "{\n  \"a\": 1,\n  \"b\": 2\n}", "a", "{\n  \"b\": 2\n}"},
		{"the only one", "{\n  \"a\": 1\n}\n", "a", "{}\n"},
		{"deep", "{\"x\": {\"a\": [1, 2], \"b\": 2}}", "x/a", "{\"x\": {\"b\": 2}}"},
		{"not there", "{\"a\": 1}", "b/c", "{\"a\": 1}"},
		{"a scalar on the way", "{\"a\": 1}", "a/b", "{\"a\": 1}"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf out = {0};
		struct gt_err e = {0};
		struct keys k;
		int r;

		split(rows[i].path, &k);
		r = gt_json_drop(rows[i].doc, strlen(rows[i].doc), k.key, k.n, &out, &e);
		if (r != 0 || strcmp(out.p, rows[i].want) != 0)
			fail_msg("%s: %d %s: %s", rows[i].name, r, e.msg, out.p ? out.p : "");
		gt_buf_done(&out);
	}
}

/* What was put where nothing was, and is dropped with the objects made for it, leaves no trace. */
static void test_put_then_drop_is_nothing(void **state)
{
	static const char *const docs[] = {
		"{\"a\": 1}",
		"{\"a\":1}",
		"{\n\t\"a\": {\n\t\t\"z\": []\n\t}\n}\n",
		"{\r\n    \"a\": 1\r\n}",
		" {\"b\" : null , \"c\":[ ] }",
	};
	static const char *const path[] = {"new", "deeper"};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(docs); i++) {
		struct gt_buf a = {0}, b = {0};
		struct gt_err e = {0};

		assert_int_equal(gt_json_put(docs[i], strlen(docs[i]), path, 2, "true", &a, &e), 0);
		assert_int_equal(gt_json_drop(a.p, a.len, path, 1, &b, &e), 0);
		assert_string_equal(b.p, docs[i]);
		gt_buf_done(&a);
		gt_buf_done(&b);
	}
}

static void test_find_refuses(void **state)
{
	static const struct {
		const char *name, *doc, *path, *message;
		int want;
	} rows[] = {
		{"no JSON", "{", "a", "1:2: ", -EINVAL},
		{"two documents", "{}\n {}", "a", "2:2: ", -EINVAL},
		{"a key twice", "{\"a\":1,\n\"a\":2}", "a", "2:1: duplicate key \"a\"", -EBADMSG},
		{"in two cases", "{\"a\":1,\"A\":2}", "a", "1:8: duplicate key \"a\"", -EBADMSG},
		{"in another case", "{\"A\":2}", "a", "1:2: the key \"A\" is written", -EBADMSG},
		{"in another case, deep", "{\"a\":{\"B\":1}}", "a/b", "1:7: the key \"B\"",
		 -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_json_spot spot = {.n_children = 77};
		struct gt_err e = {0};
		struct keys k;
		int r;

		split(rows[i].path, &k);
		r = gt_json_find(rows[i].doc, strlen(rows[i].doc), k.key, k.n, &spot, &e);
		if (r != rows[i].want || !gt_has_prefix(e.msg, rows[i].message) ||
		    spot.n_children != 77)
			fail_msg("%s: %d %s", rows[i].name, r, e.msg);
	}
}

static void test_find_spots(void **state)
{
	static const char doc[] = "{\"a\": {\"b\": \"x\\ny\", \"c\": {}}, \"A1\": 1, \"A1\": 2}";
	static const char *const b[] = {"a", "b"}, *const none[] = {"a", "b", "c"};
	struct gt_json_spot spot;

	(void)state;
	assert_int_equal(gt_json_find(doc, strlen(doc), b, 2, &spot, NULL), 0);
	assert_true(spot.found);
	assert_int_equal(spot.type, GT_JSON_STRING);
	assert_string_equal(spot.text, "x\ny");
	assert_memory_equal(doc + spot.begin, "\"x\\ny\"", spot.end - spot.begin);
	assert_int_equal(gt_json_find(doc, strlen(doc), b, 1, &spot, NULL), 0);
	assert_int_equal(spot.n_children, 2);
	assert_int_equal(doc[spot.end - 1], '}');
	assert_int_equal(gt_json_find(doc, strlen(doc), none, 3, &spot, NULL), 0);
	assert_false(spot.found);
}

static void test_put_refuses_what_is_no_object(void **state)
{
	static const char *const path[] = {"a", "b"};
	struct gt_buf out = {0};
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_json_put("{\n\"a\": []}", 10, path, 2, "1", &out, &e), -EBADMSG);
	assert_string_equal(e.msg, "2:6: a is no object");
	assert_int_equal(gt_json_put("[]", 2, path, 2, "1", &out, &e), -EBADMSG);
	assert_string_equal(e.msg, "1:1: the document is no object");
	assert_int_equal(out.len, 0);
	gt_buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_rows),
		cmocka_unit_test(test_drop_rows),
		cmocka_unit_test(test_put_then_drop_is_nothing),
		cmocka_unit_test(test_find_refuses),
		cmocka_unit_test(test_find_spots),
		cmocka_unit_test(test_put_refuses_what_is_no_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
