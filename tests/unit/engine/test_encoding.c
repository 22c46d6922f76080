/*
 * Byte order marks and UTF-16: there and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/encoding.h"
#include "gotune/base.h"

#define BYTES(s) s, sizeof(s) - 1

static void test_decode_and_back_rows(void **state)
{
	static const struct {
		const char *name, *raw;
		size_t n;
		const char *text; /* NULL: refused */
		size_t len;
		enum gt_encoding as;
	} rows[] = {
		{"nothing", BYTES(""), BYTES(""), GT_UTF8},
		{"no mark", BYTES("{\xc3\xbc}"), BYTES("{\xc3\xbc}"), GT_UTF8},
		{"bytes that are no UTF-8, without a mark", BYTES("\xff{"), BYTES("\xff{"),
		 GT_UTF8},
		{"a mark", BYTES("\xef\xbb\xbf{}"), BYTES("{}"), GT_UTF8_MARKED},
		{"two marks", BYTES("\xef\xbb\xbf\xef\xbb\xbf"), BYTES("\xef\xbb\xbf"),
		 GT_UTF8_MARKED},
		{"half a mark", BYTES("\xef\xbb"), BYTES("\xef\xbb"), GT_UTF8},
		{"little", BYTES("\xff\xfe{\0}\0"), BYTES("{}"), GT_UTF16_LE},
		{"big", BYTES("\xfe\xff\0{\0}"), BYTES("{}"), GT_UTF16_BE},
		{"a mark of UTF-16 alone", BYTES("\xff\xfe"), BYTES(""), GT_UTF16_LE},
		{"two, three and four bytes", BYTES("\xff\xfe\xfc\0\xac\x20\x3d\xd8\x33\xdc"),
		 BYTES("\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xb3"), GT_UTF16_LE},
		{"the last character there is", BYTES("\xfe\xff\xdb\xff\xdf\xff"),
		 BYTES("\xf4\x8f\xbf\xbf"), GT_UTF16_BE},
		{"a NUL", BYTES("\xfe\xff\0\0"), BYTES("\0"), GT_UTF16_BE},
		{"an odd byte", BYTES("\xff\xfe{"), NULL, 0, GT_UTF8},
		{"the first half of a pair, at the end", BYTES("\xfe\xff\xd8\x3d"), NULL, 0,
		 GT_UTF8},
		{"the first half of a pair, and no second", BYTES("\xfe\xff\xd8\x3d\0{"), NULL, 0,
		 GT_UTF8},
		{"the second half first", BYTES("\xfe\xff\xdc\x33\0{"), NULL, 0, GT_UTF8},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_buf text = {0}, back = {0};
		enum gt_encoding as = GT_UTF8;
		int r = gt_text_decode(rows[i].raw, rows[i].n, &text, &as);

		if (!rows[i].text) {
			if (r != -EILSEQ)
				fail_msg("%s: %d", rows[i].name, r);
		} else if (r != 0 || as != rows[i].as || text.len != rows[i].len ||
			   (text.len > 0 && memcmp(text.p, rows[i].text, text.len) != 0)) {
			fail_msg("%s: %d %d %zu", rows[i].name, r, as, text.len);
		} else if (gt_text_encode(text.p ? text.p : "", text.len, as, &back) != 0 ||
			   back.len != rows[i].n ||
			   (back.len > 0 && memcmp(back.p, rows[i].raw, back.len) != 0)) {
			fail_msg("%s: not back", rows[i].name);
		}
		gt_buf_done(&text);
		gt_buf_done(&back);
	}
}

static void test_encode_refuses_what_is_no_utf8(void **state)
{
	struct gt_buf out = {0};

	(void)state;
	assert_int_equal(gt_text_encode(BYTES("a\xff"), GT_UTF16_LE, &out), -EILSEQ);
	gt_buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_decode_and_back_rows),
					   cmocka_unit_test(test_encode_refuses_what_is_no_utf8)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
