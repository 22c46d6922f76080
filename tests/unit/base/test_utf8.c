/*
 * What of somebody else's text may be shown, and that every outlet of text that can be reached from
 * here asks. The commands' files are no part of the library, so they are compiled in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* cmocka wants the first four above */
#include <cmocka.h>

#include <fcntl.h>
#include <sys/mman.h>

#include "cli/cli.h"
#include "engine/job.h"
#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/engine.h"
#include "gotune/report.h"

/* CODE as UTF-8 in RET (5 bytes); surrogates and what is beyond are not asked for. */
static void encode(uint32_t code, char ret[5])
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	unsigned n = 1u + (code > 0x7f) + (code > 0x7ff) + (code > 0xffff);

	ret[n] = '\0';
	for (unsigned i = n; i-- > 1; code >>= 6)
		ret[i] = (char)(0x80 | (code & 0x3f));
	ret[0] = (char)(lead[n] | code);
}

/*
 * Both sides of each edge, from Unicode's files and not from the table: the general categories Cc,
 * Cf, Zl, Zp, Default_Ignorable_Code_Point and Noncharacter_Code_Point of Unicode 15.0.0.
 */
static const struct {
	const char *name;
	uint32_t first, last;
} hidden_ranges[] = {
	{"C0", 0, 0x1f},
	{"DEL and C1", 0x7f, 0x9f},
	{"soft hyphen", 0xad, 0xad},
	{"grapheme joiner", 0x34f, 0x34f},
	{"Arabic number signs", 0x600, 0x605},
	{"Arabic letter mark", 0x61c, 0x61c},
	{"Arabic end of ayah", 0x6dd, 0x6dd},
	{"Syriac abbreviation mark", 0x70f, 0x70f},
	{"Arabic pound and piastre marks", 0x890, 0x891},
	{"Arabic disputed end of ayah", 0x8e2, 0x8e2},
	{"Hangul fillers", 0x115f, 0x1160},
	{"Khmer inherent vowels", 0x17b4, 0x17b5},
	{"Mongolian selectors", 0x180b, 0x180f},
	{"zero width and marks of direction", 0x200b, 0x200f},
	{"separators, embeddings, overrides", 0x2028, 0x202e},
	{"word joiner, isolates, deprecated", 0x2060, 0x206f},
	{"Hangul filler", 0x3164, 0x3164},
	{"noncharacters", 0xfdd0, 0xfdef},
	{"variation selectors", 0xfe00, 0xfe0f},
	{"byte order mark", 0xfeff, 0xfeff},
	{"halfwidth filler", 0xffa0, 0xffa0},
	{"specials, interlinear annotations", 0xfff0, 0xfffb},
	{"the end of plane 0", 0xfffe, 0xffff},
	{"Kaithi number sign", 0x110bd, 0x110bd},
	{"Kaithi number sign above", 0x110cd, 0x110cd},
	{"Egyptian joiners", 0x13430, 0x1343f},
	{"shorthand", 0x1bca0, 0x1bca3},
	{"music", 0x1d173, 0x1d17a},
	{"the end of plane 1", 0x1fffe, 0x1ffff},
	{"tags, and the end of plane 13", 0xdfffe, 0xe0fff},
	{"the end of plane 16", 0x10fffe, 0x10ffff},
};

static void test_is_hidden_edges(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(hidden_ranges); i++) {
		uint32_t first = hidden_ranges[i].first, last = hidden_ranges[i].last;
		bool right = gt_utf8_is_hidden(first) && gt_utf8_is_hidden(last) &&
			     gt_utf8_is_hidden(first + (last - first) / 2) &&
			     (first == 0 || !gt_utf8_is_hidden(first - 1)) &&
			     (last == 0x10ffff || !gt_utf8_is_hidden(last + 1));

		if (!right)
			fail_msg("%s", hidden_ranges[i].name);
	}
}

/* Nothing between those ranges, and nothing of them is missing: so many has Unicode. */
static void test_is_hidden_counts(void **state)
{
	unsigned n = 0;

	(void)state;
	for (uint32_t code = 0; code <= 0x10ffff; code++)
		n += gt_utf8_is_hidden(code);
	assert_int_equal(n, 4339);
}

static void test_code_is_what_was_encoded(void **state)
{
	static const uint32_t codes[] = {0,	 0x7f,	 0x80,	 0x7ff,	  0x800,
					 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
	char text[5];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(codes); i++) {
		encode(codes[i], text);
		assert_int_equal(gt_utf8_code(text, gt_utf8_char(text, 4)), codes[i]);
	}
}

static void test_plain_rows(void **state)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{"nothing", "", ""},
		{"letters of any script",
		 "gr\xc3\xbc\xc3\x9f \xd7\xa9 \xe6\xbc\xa2 \xf0\x9f\x90\xb9",
		 "gr\xc3\xbc\xc3\x9f \xd7\xa9 \xe6\xbc\xa2 \xf0\x9f\x90\xb9"},
		{"a line's end", "a\r\nb\tc", "a??b?c"},
		{"one a character",
		 "a\xe2\x80\xae"
		 "b\xf3\xa0\x81\x81"
		 "c\xc2\x9b"
		 "d",
		 "a?b?c?d"},
		{"one a byte of no character", "\xff\xe2\x80", "???"},
		{"cut in the middle of one", "ab\xe2\x80", "ab??"},
		{"nothing but hidden", "\xef\xbb\xbf\xe2\x80\x8b", "??"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char text[64];

		(void)gt_copy_str(text, sizeof(text), rows[i].text);
		gt_utf8_plain(text);
		if (strcmp(text, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].name, text);
	}
}

static void test_add_plain_keeps_lines(void **state)
{
	static const char text[] = "a\tb\r\n\xe2\x80\xaez\0\xc3";
	struct gt_buf b = {0};

	(void)state;
	gt_utf8_add_plain(&b, text, sizeof(text) - 1);
	assert_string_equal(b.p, "a\tb?\n?z??");
	gt_buf_done(&b);
}

/* ---- every outlet ---- */

static void by_err(const char *text, struct gt_buf *ret)
{
	struct gt_err e = {0};

	(void)gt_err_set(&e, -EINVAL, "<%s>", text);
	gt_buf_str(ret, e.msg);
	(void)gt_err_sys(&e, -EINVAL, "<%s>", text);
	gt_buf_str(ret, e.msg);
	(void)gt_err_wrap(&e, "<%s>", text);
	gt_buf_str(ret, e.msg);
}

/* What FN writes to stderr, where a log and gotune's errors go. */
static void collect(void (*fn)(const char *text), const char *text, struct gt_buf *ret)
{
	int fd = memfd_create("stderr", MFD_CLOEXEC), saved = dup(STDERR_FILENO);
	char got[512];
	ssize_t n;

	assert_true(fd >= 0 && saved >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	fn(text);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	n = pread(fd, got, sizeof(got), 0);
	assert_true(n > 0);
	gt_buf_add(ret, got, (size_t)n);
	close(fd);
	close(saved);
}

static void write_log(const char *text)
{
	gt_log_init("prog", GT_LOG_STDERR, GT_LOG_INFO);
	gt_log(GT_LOG_ERROR, "<%s>", text);
}

static void write_fail(const char *text)
{
	(void)gt_cli_fail(&(struct gt_cli_out){.command = "x"}, GT_EXIT_USAGE, "<%s>", text);
}

static void by_log(const char *text, struct gt_buf *ret)
{
	collect(write_log, text, ret);
}

static void by_fail(const char *text, struct gt_buf *ret)
{
	collect(write_fail, text, ret);
}

static void by_doctor(const char *text, struct gt_buf *ret)
{
	struct gt_doctor *d = calloc(1, sizeof(*d));
	const struct gt_check *c;

	assert_non_null(d);
	gt_report_say(&d->report, GT_AREA_HOST, GT_CHECK_WARN, text, "<%s>", text);
	gt_report_fix(&d->report, text, "<%s>", text);
	c = &d->report.check[0];
	gt_buf_fmt(ret, "<%s>%s<%s>%s", c->name, c->found, c->follows, c->fix);
	gt_report_follows(&d->report, "<%s>", text);
	gt_buf_str(ret, c->follows);
	free(d);
}

static void by_diff(const char *text, struct gt_buf *ret)
{
	struct gt_buf old = {0}, new = {0};

	gt_buf_fmt(&old, "1\n<%s>\n2\n", text);
	gt_buf_fmt(&new, "1\n<%s>\n<%s>\n", text, text);
	gt_diff(ret, "f", old.p, old.len, new.p, new.len);
	gt_buf_done(&old);
	gt_buf_done(&new);
}

static void move_to(struct gt_buf *ret, struct gt_cli_out *o)
{
	assert_int_equal(o->buf.error, 0);
	gt_buf_add(ret, o->buf.p, o->buf.len);
	gt_buf_done(&o->buf);
}

static void by_page(const char *text, struct gt_buf *ret)
{
	struct gt_cli_out o = {0};
	struct gt_buf in = {0};

	gt_buf_fmt(&in, "<%s>", text);
	gt_cli_heading(&o, in.p);
	gt_cli_field(&o, in.p, GT_STYLE_PLAIN, in.p);
	gt_cli_para(&o, 2, GT_STYLE_PLAIN, in.p);
	gt_cli_styled(&o, GT_STYLE_BOLD, in.p, in.len);
	gt_cli_plain(&o.buf, in.p);
	move_to(ret, &o);
	gt_buf_done(&in);
}

static void by_table(const char *text, struct gt_buf *ret)
{
	static const struct gt_cli_col cols[] = {{"A", 20}, {"B", GT_CLI_WIDTH}};
	struct gt_cli_table t = {.col = cols, .n_col = GT_ARRAY_LEN(cols)};
	struct gt_cli_out o = {0};
	struct gt_buf in = {0};

	gt_buf_fmt(&in, "<%s>", text);
	gt_cli_table_section(&t, in.p);
	gt_cli_table_row(&t, (const struct gt_cli_cell[]){{in.p, 0}, {in.p, 0}});
	gt_cli_table_note(&t, GT_STYLE_DIM, in.p);
	gt_cli_table_end(&t, &o);
	move_to(ret, &o);
	gt_buf_done(&in);
}

static void by_json(const char *text, struct gt_buf *ret)
{
	struct gt_cli_out o = {0};
	struct gt_buf doc = {0};
	struct gt_jw w;

	gt_jw_init(&w, &doc, true);
	gt_jw_open(&w, '{');
	gt_jw_key(&w, text);
	gt_jw_str(&w, text);
	gt_jw_close(&w, '}');
	gt_cli_json(&o, doc.p, doc.len);
	move_to(ret, &o);
	gt_buf_done(&doc);
}

static const struct {
	const char *name;
	void (*write)(const char *text, struct gt_buf *ret);
} outlets[] = {
	{"errors", by_err}, {"log", by_log},	{"gotune's errors", by_fail}, {"doctor", by_doctor},
	{"diff", by_diff},  {"pages", by_page}, {"tables", by_table},	      {"JSON", by_json},
};

/* Our own lines end in a newline; everything else of B must be seen as it is. */
static bool is_fit(const struct gt_buf *b)
{
	for (size_t i = 0; i < b->len;) {
		unsigned n = gt_utf8_char(b->p + i, b->len - i);

		if (n == 0 || (b->p[i] != '\n' && gt_utf8_is_hidden(gt_utf8_code(b->p + i, n))))
			return false;
		i += n;
	}
	return b->len > 0;
}

static void try_outlets(const char *name, const char *text)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(outlets); i++) {
		struct gt_buf got = {0};

		outlets[i].write(text, &got);
		if (!is_fit(&got))
			fail_msg("%s: %s is in it: %s", outlets[i].name, name, got.p);
		gt_buf_done(&got);
	}
}

static void test_every_outlet_is_plain(void **state)
{
	char text[16];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(hidden_ranges); i++) {
		uint32_t code = hidden_ranges[i].last; /* the first is NUL */

		(void)gt_copy_str(text, sizeof(text), "ab");
		encode(code, text + 1);
		(void)gt_append(text, sizeof(text), "c");
		try_outlets(hidden_ranges[i].name, text);
	}
	try_outlets("ESC", "a\033[31mc");
	try_outlets("a byte that is no character", "a\x9b"
						   "31mc");
	try_outlets("half a character", "a\xe2\x80");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_hidden_edges),
		cmocka_unit_test(test_is_hidden_counts),
		cmocka_unit_test(test_code_is_what_was_encoded),
		cmocka_unit_test(test_plain_rows),
		cmocka_unit_test(test_add_plain_keeps_lines),
		cmocka_unit_test(test_every_outlet_is_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
