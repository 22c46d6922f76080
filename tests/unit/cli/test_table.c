/*
 * Tables, wrapping, plain text and colour.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "gotune/base.h"
#include "skip.h"

static void test_gt_cli_wrap_breaks(void **state)
{
	static const struct {
		const char *name, *text;
		size_t width, want;
		const char *rest;
	} rows[] = {
		{"fits", "abc", 3, 3, ""},
		{"empty", "", 3, 0, ""},
		{"at a space", "abc def", 5, 3, "def"},
		{"space just behind", "abc def", 3, 3, "def"},
		{"several spaces", "abc   def", 4, 3, "def"},
		{"last space wins", "a b c d", 4, 3, "c d"},
		{"after a comma", "gctrace=1,x=2", 11, 10, "x=2"},
		{"after a slash", "/usr/bin/prog", 10, 9, "prog"},
		{"anywhere", "abcdefgh", 3, 3, "defgh"},
		{"width zero still moves", "abc", 0, 1, "bc"},
		{"leading space moves", " abcdef", 3, 3, "cdef"},
		{"only spaces", "     ", 2, 1, ""},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const char *next = NULL;
		size_t n = gt_cli_wrap(rows[i].text, rows[i].width, &next);

		if (n != rows[i].want || strcmp(next, rows[i].rest) != 0)
			fail_msg("%s: got %zu and \"%s\"", rows[i].name, n, next);
	}
}

static void test_gt_cli_plain_rows(void **state)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{"ascii", "a~ z", "a~ z"},
		{"escape", "\033[31mred\033]0;t\007", "?[31mred?]0;t?"},
		{"newline", "a\nb\tc\r", "a?b?c?"},
		{"delete", "a\177", "a?"},
		{"two bytes are one character", "n\xc3\xa9t", "n?t"},
		{"c1 control",
		 "\xc2\x9b"
		 "31m",
		 "?31m"},
		{"four bytes", "\xf0\x9f\x90\xb9!", "?!"},
		{"stray continuation", "a\x9b", "a?"},
		{"what is no character: one a byte", "\xff\x9b\xc3", "???"},
		{"right-to-left override", "a\xe2\x80\xaez", "a?z"},
		{"a tag", "a\xf3\xa0\x81\x81z", "a?z"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf b = {0};

		gt_cli_plain(&b, rows[i].text);
		if (strcmp(b.p, rows[i].want) != 0)
			fail_msg("%s: got \"%s\"", rows[i].name, b.p);
		gt_buf_done(&b);
	}
}

/* The data is exact, and nothing of it is obeyed or hidden. */
static void test_gt_cli_json_escapes(void **state)
{
	static const struct {
		const char *name, *doc, *want;
	} rows[] = {
		{"ascii and layout", "{\n\t\"a\": 1\r\n}\n", "{\n\t\"a\": 1\r\n}\n"},
		{"a newline is added", "1", "1\n"},
		{"nothing", "", "\n"},
		{"letters", "\"n\xc3\xa9t\xf0\x9f\x90\xb9\"", "\"n\xc3\xa9t\xf0\x9f\x90\xb9\"\n"},
		{"delete", "\"a\177\"", "\"a\\u007f\"\n"},
		{"c1", "\"\xc2\x9b\"", "\"\\u009b\"\n"},
		{"no-break space is seen", "\"\xc2\xa0\"", "\"\xc2\xa0\"\n"},
		{"override", "\"\xe2\x80\xae\"", "\"\\u202e\"\n"},
		{"byte order mark", "\"\xef\xbb\xbf\"", "\"\\ufeff\"\n"},
		{"a tag: two surrogates", "\"\xf3\xa0\x81\x81\"", "\"\\udb40\\udc41\"\n"},
		{"the last noncharacter", "\"\xf4\x8f\xbf\xbf\"", "\"\\udbff\\udfff\"\n"},
		{"no UTF-8", "\"\x9b\"", "\"\\ufffd\"\n"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_cli_out o = {0};

		gt_cli_json(&o, rows[i].doc, strlen(rows[i].doc));
		if (strcmp(o.buf.p, rows[i].want) != 0)
			fail_msg("%s: got %s", rows[i].name, o.buf.p);
		gt_buf_done(&o.buf);
	}
}

static const struct gt_cli_col three[] = {{"NAME", 8}, {"VALUE", 6}, {"WHY", GT_CLI_WIDTH}};

/* Fails unless every line is at most 80 bytes of printable ASCII without trailing spaces. */
static void check_lines(const char *name, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len > GT_CLI_WIDTH)
			fail_msg("%s: a line of %zu: %.*s", name, len, (int)len, text);
		if (len > 0 && text[len - 1] == ' ')
			fail_msg("%s: trailing space: %.*s", name, (int)len, text);
		for (size_t i = 0; i < len; i++) {
			if (text[i] < 0x20 || text[i] > 0x7e)
				fail_msg("%s: byte 0x%02x", name, (unsigned char)text[i]);
		}
		text += len + (text[len] == '\n');
	}
}

static void test_gt_cli_table_aligns_and_wraps(void **state)
{
	struct gt_cli_table t = {.col = three, .n_col = 3};
	struct gt_cli_out o = {0};

	(void)state;
	gt_cli_table_row(&t, (const struct gt_cli_cell[]){{"a", 0}, {"1", 0}, {"short", 0}});
	gt_cli_table_row(&t, (const struct gt_cli_cell[]){{"abcdefghij", 0}, {NULL, 0}, {"", 0}});
	gt_cli_table_note(&t, GT_STYLE_PLAIN, "a note");
	gt_cli_table_end(&t, &o);
	assert_string_equal(o.buf.p, "NAME      VALUE  WHY\n"
				     "a         1      short\n"
				     "abcdefgh  -      -\n"
				     "ij\n"
				     "    a note\n");
	gt_buf_done(&o.buf);
}

/* What is not shown takes one column a character, in the measure also. */
static void test_gt_cli_table_columns_of_hidden(void **state)
{
	struct gt_cli_table t = {.col = three, .n_col = 3};
	struct gt_cli_out o = {0};

	(void)state;
	gt_cli_table_row(&t, (const struct gt_cli_cell[]){
				     {"a\xe2\x80\xae\xf3\xa0\x81\x81z", 0}, {"1", 0}, {"x", 0}});
	gt_cli_table_end(&t, &o);
	assert_string_equal(o.buf.p, "NAME  VALUE  WHY\n"
				     "a??z  1      x\n");
	gt_buf_done(&o.buf);
}

static void test_gt_cli_table_never_exceeds_the_width(void **state)
{
	static char long_word[4000], long_text[4000];
	struct gt_cli_out o = {0};

	(void)state;
	memset(long_word, 'x', sizeof(long_word) - 1);
	for (size_t i = 0; i + 1 < sizeof(long_text); i++)
		long_text[i] = i % 7 == 6 ? ' ' : (i % 7 == 3 ? '\033' : 'y');
	for (unsigned variant = 0; variant < 8; variant++) {
		struct gt_cli_table t = {.col = three, .n_col = 3};
		char name[32];
		const char *pick[3];

		for (unsigned c = 0; c < 3; c++)
			pick[c] = variant & (1u << c) ? long_word : long_text;
		gt_cli_table_row(
			&t, (const struct gt_cli_cell[]){{pick[0], 0}, {pick[1], 0}, {pick[2], 0}});
		gt_cli_table_note(&t, GT_STYLE_PLAIN, pick[0]);
		gt_cli_table_end(&t, &o);
		(void)snprintf(name, sizeof(name), "variant %u", variant);
		check_lines(name, o.buf.p);
		gt_buf_done(&o.buf);
	}
	gt_cli_field(&o, "Label", GT_STYLE_PLAIN, long_word);
	gt_cli_para(&o, 4, GT_STYLE_PLAIN, long_text);
	check_lines("field and para", o.buf.p);
	gt_buf_done(&o.buf);
}

static void test_gt_cli_table_colour_changes_no_column(void **state)
{
	struct gt_cli_out plain_out = {0}, color_out = {.color = true};
	struct gt_cli_out *outs[] = {&plain_out, &color_out};
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct gt_cli_table t = {.col = three, .n_col = 3};

		gt_cli_table_row(&t, (const struct gt_cli_cell[]){{"a", GT_STYLE_BOLD},
								  {"1", GT_STYLE_GOOD},
								  {"w", GT_STYLE_BAD}});
		gt_cli_table_end(&t, outs[i]);
	}
	assert_null(strchr(plain_out.buf.p, '\033'));
	assert_non_null(strstr(color_out.buf.p, "\033[32m1\033[0m"));
	/* Without its escapes the coloured text is the plain one. */
	for (char *p = color_out.buf.p; *p; p++) {
		if (*p == '\033')
			p += strcspn(p, "m");
		else
			color_out.buf.p[n++] = *p;
	}
	color_out.buf.p[n] = '\0';
	assert_string_equal(color_out.buf.p, plain_out.buf.p);
	gt_buf_done(&plain_out.buf);
	gt_buf_done(&color_out.buf);
}

static void test_gt_cli_json_escapes_what_terminals_obey(void **state)
{
	static const char doc[] = "{\"a\": \"\x7f\xc2\x9b\xc3\xa9\"}";
	struct gt_cli_out o = {0};

	(void)state;
	gt_cli_json(&o, doc, strlen(doc));
	assert_string_equal(o.buf.p, "{\"a\": \"\\u007f\\u009b\xc3\xa9\"}\n");
	gt_buf_done(&o.buf);
}

static void test_gt_cli_color_wanted_never_with_no_color(void **state)
{
	int pty;

	(void)state;
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_false(gt_cli_color_wanted(-1));
	pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty < 0)
		SKIP("no pseudo-terminal here");
	assert_true(gt_cli_color_wanted(pty));
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	assert_false(gt_cli_color_wanted(pty));
	assert_int_equal(setenv("NO_COLOR", "", 1), 0);
	assert_false(gt_cli_color_wanted(pty));
	assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_int_equal(setenv("TERM", "dumb", 1), 0);
	assert_false(gt_cli_color_wanted(pty));
	close(pty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_cli_wrap_breaks),
		cmocka_unit_test(test_gt_cli_plain_rows),
		cmocka_unit_test(test_gt_cli_json_escapes),
		cmocka_unit_test(test_gt_cli_table_aligns_and_wraps),
		cmocka_unit_test(test_gt_cli_table_columns_of_hidden),
		cmocka_unit_test(test_gt_cli_table_never_exceeds_the_width),
		cmocka_unit_test(test_gt_cli_table_colour_changes_no_column),
		cmocka_unit_test(test_gt_cli_json_escapes_what_terminals_obey),
		cmocka_unit_test(test_gt_cli_color_wanted_never_with_no_color),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
