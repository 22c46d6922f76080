/*
 * The raw reader of JSON: what it takes and what not, what it tells, and what a token says. That
 * it agrees with the other reader is looked at in test_apply_splice.c and by the fuzzers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gotune/base.h"

static char told[4096];

/* Events as text: "key<token@depth". */
static int note(void *ctx, const struct gt_raw_event *ev)
{
	(void)ctx;
	(void)snprintf(told + strlen(told), sizeof(told) - strlen(told), "%.*s<%.*s@%u ",
		       (int)ev->key_len, ev->key ? ev->key : "", (int)(ev->end - ev->begin),
		       ev->doc + ev->begin, ev->depth);
	return 0;
}

static int scan(const char *doc, size_t len)
{
	told[0] = '\0';
	return gt_raw_scan(doc, len, note, NULL);
}

static void test_raw_scan_tells(void **state)
{
	static const struct {
		const char *doc, *want;
	} row[] = {
		{"1", "<1@0 "},
		{" \t\n\r\"a\" ", "<\"a\"@0 "},
		{"{}", "<{@0 <}@0 "},
		{"[ ]", "<[@0 <]@0 "},
		{"{\"a\":1,\"b\":[true,null]}", "<{@0 a<1@1 b<[@1 <true@2 <null@2 <]@1 <}@0 "},
		{"[{\"a\\\"\":{}},-0.5e+7]", "<[@0 <{@1 a\\\"<{@2 <}@2 <}@1 <-0.5e+7@1 <]@0 "},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		if (scan(row[i].doc, strlen(row[i].doc)) != 0 || strcmp(told, row[i].want) != 0)
			fail_msg("%s: %s", row[i].doc, told);
	}
}

static const char *const refused[] = {
	"",	    " ",	   "{",		 "}",	      "[",
	"{\"a\"}",  "{\"a\":}",	   "{\"a\":1,}", "[1,]",      "[,1]",
	"[1 2]",    "{1:2}",	   "{a:1}",	 "{}{}",      "1 2",
	"01",	    "-",	   "1.",	 ".5",	      "1e",
	"1e+",	    "+1",	   "nul",	 "nulL",      "truee",
	"\"",	    "\"\\\"",	   "\"\\x\"",	 "\"\\u12\"", "\"\\u12g4\"",
	"\"a\nb\"", "'a'",	   "[1}",	 "{\"a\":1]", "/**/1",
	"1//",	    "[1,/*\"*/2]", "#1",	 "NaN",	      "\xef\xbb\xbf{}",
};

static void test_raw_scan_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(refused); i++) {
		if (scan(refused[i], strlen(refused[i])) != -EINVAL)
			fail_msg("%s: taken", refused[i]);
	}
	assert_int_equal(scan("1\0", 2), -EINVAL);
	assert_int_equal(scan("[\0]", 3), -EINVAL);
}

/* Cut after any byte: each cut document lies at the end of its allocation, for ASan to watch. */
static void test_raw_scan_cut_anywhere(void **state)
{
	static const char doc[] = "{\"a\\u00e9\\n\":[-1.5E-3,true,false,null,\"\\\\\"],\"b\":{}}";

	(void)state;
	for (size_t n = 0; n < strlen(doc); n++) {
		char *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut + 1, doc, n);
		assert_int_equal(scan(cut + 1, n), -EINVAL);
		free(cut);
	}
	assert_int_equal(scan(doc, strlen(doc)), 0);
}

static void test_raw_scan_depth(void **state)
{
	char doc[2 * GT_RAW_DEPTH_MAX + 3];

	(void)state;
	for (size_t n = GT_RAW_DEPTH_MAX; n <= GT_RAW_DEPTH_MAX + 1; n++) {
		memset(doc, '[', n);
		memset(doc + n, ']', n);
		assert_int_equal(scan(doc, 2 * n), n == GT_RAW_DEPTH_MAX ? 0 : -EINVAL);
	}
}

static int stop(void *ctx, const struct gt_raw_event *ev)
{
	return ev->depth == 1 && --*(int *)ctx == 0 ? -ECANCELED : 0;
}

static void test_raw_scan_ends_where_it_is_told(void **state)
{
	int n = 2;

	(void)state;
	assert_int_equal(gt_raw_scan("[1,2,", 5, stop, &n), -ECANCELED);
}

/* ---- what a token says ---- */

static struct gt_raw_event token(const char *doc)
{
	return (struct gt_raw_event){.doc = doc, .end = (uint32_t)strlen(doc)};
}

static void test_raw_text(void **state)
{
	static const struct {
		const char *doc, *text;
		bool is;
	} row[] = {
		{"\"GOGC=50\"", "GOGC=50", true},
		{"\"GOGC=5\"", "GOGC=50", false},
		{"\"GOGC=500\"", "GOGC=50", false},
		{"\"\"", "", true},
		{"\"a\\u003cb\"", "a<b", true},
		{"\"\\u0047O\"", "GO", true},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", true},
		{"\"\\u00e9\"", "\xc3\xa9", true},
		{"\"\\u20AC!\"", "\xe2\x82\xac!", true},
		{"\"\\u20ac\"", "\xe2\x82", false},
		{"\"a\\u0000\"", "a", false},
		{"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", false}, /* not decoded: never equal */
		{"5", "5", false},
		{"null", "null", false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		struct gt_raw_event ev = token(row[i].doc);
		struct gt_raw_text t;
		bool is = gt_raw_text(&ev, &t) && gt_raw_eat(&t, row[i].text) && gt_raw_ends(&t);

		if (is != row[i].is)
			fail_msg("%s: %d", row[i].doc, is);
	}
}

static void test_raw_skip_past(void **state)
{
	static const struct {
		const char *doc, *rest; /* behind the last slash */
	} row[] = {
		{"\"/a/b\"", "b"},
		{"\"b\"", "b"},
		{"\"a/\"", ""},
		{"\"\\/a\\u002fb\"", "b"},
		{"\"\\u20ac/\\u0062\"", "b"},
		{"\"\"", ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		struct gt_raw_event ev = token(row[i].doc);
		struct gt_raw_text t, rest;

		assert_true(gt_raw_text(&ev, &t));
		for (rest = t; gt_raw_skip_past(&rest, '/');)
			t = rest;
		assert_true(gt_raw_ends(&rest));
		if (!gt_raw_eat(&t, row[i].rest) || !gt_raw_ends(&t))
			fail_msg("%s", row[i].doc);
	}
}

static void test_raw_u64(void **state)
{
	static const struct {
		const char *doc;
		bool ok;
		uint64_t want;
	} row[] = {
		{"0", true, 0},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"-1", false, 0},
		{"1.0", false, 0},
		{"1e3", false, 0},
		{"\"1\"", false, 0},
		{"null", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		struct gt_raw_event ev = token(row[i].doc);
		uint64_t v = 0;

		if (gt_raw_u64(&ev, &v) != row[i].ok || (row[i].ok && v != row[i].want))
			fail_msg("%s", row[i].doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw_scan_tells),
		cmocka_unit_test(test_raw_scan_refuses),
		cmocka_unit_test(test_raw_scan_cut_anywhere),
		cmocka_unit_test(test_raw_scan_depth),
		cmocka_unit_test(test_raw_scan_ends_where_it_is_told),
		cmocka_unit_test(test_raw_text),
		cmocka_unit_test(test_raw_skip_past),
		cmocka_unit_test(test_raw_u64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
