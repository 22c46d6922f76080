/* Protobuf's wire format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nri/pb.h"

static const struct {
	const char *name, *bytes;
	size_t len;
	int ret; /* of the first field */
	uint32_t number;
	uint64_t v;
	const char *text;
} rows[] = {
	{"nothing", "", 0, 0, 0, 0, NULL},
	{"a number", "\x08\x96\x01", 3, 1, 1, 150, NULL},
	{"a text", "\x12\x02hi", 4, 1, 2, 0, "hi"},
	{"an empty text", "\x12\x00", 2, 1, 2, 0, ""},
	{"32 bits", "\x1d\x01\x00\x00\x80", 5, 1, 3, 0x80000001, NULL},
	{"64 bits", "\x19\x01\x00\x00\x00\x00\x00\x00\x80", 9, 1, 3, 0x8000000000000001, NULL},
	{"the largest number", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, 1, 1, UINT64_MAX,
	 NULL},
	{"65 bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, -EBADMSG, 0, 0, NULL},
	{"eleven bytes", "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12, -EBADMSG, 0, 0,
	 NULL},
	{"a number that ends", "\x08\x96", 2, -EBADMSG, 0, 0, NULL},
	{"no number", "\x08", 1, -EBADMSG, 0, 0, NULL},
	{"a text that ends", "\x12\x03hi", 4, -EBADMSG, 0, 0, NULL},
	{"a length of 64 bits", "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01hi", 13, -EBADMSG, 0,
	 0, NULL},
	{"32 bits that end", "\x1d\x01\x00\x00", 4, -EBADMSG, 0, 0, NULL},
	{"field 0", "\x00\x01", 2, -EBADMSG, 0, 0, NULL},
	{"a group", "\x0b\x0c", 2, -EBADMSG, 0, 0, NULL},
	{"a field number of 30 bits", "\x80\x80\x80\x80\x10\x01", 6, -EBADMSG, 0, 0, NULL},
};

static void test_next_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_pb m = gt_pb_of(rows[i].bytes, rows[i].len);
		struct gt_pb_field f = {0};
		char text[8] = "";

		print_message("%s\n", rows[i].name);
		assert_int_equal(gt_pb_next(&m, &f), rows[i].ret);
		assert_int_equal(f.number, rows[i].number);
		assert_true(f.v == rows[i].v);
		if (rows[i].text) {
			assert_true(gt_pb_copy(f.text, text, sizeof(text)));
			assert_string_equal(text, rows[i].text);
		}
		if (rows[i].ret > 0)
			assert_int_equal(gt_pb_next(&m, &f), 0);
	}
}

static void test_find_takes_the_last(void **state)
{
	static const char bytes[] = "\x08\x01\x12\x01x\x08\x02\x12\x01y";
	struct gt_pb m = gt_pb_of(bytes, sizeof(bytes) - 1), none;
	uint64_t v = 0;

	(void)state;
	assert_true(gt_pb_is(gt_pb_find(m, 2), "y"));
	assert_false(gt_pb_is(gt_pb_find(m, 2), "yy"));
	assert_true(gt_pb_find_number(m, 1, &v));
	assert_int_equal(v, 2);
	assert_false(gt_pb_find_number(m, 2, &v));
	none = gt_pb_find(m, 1);
	assert_int_equal(gt_pb_len(&none), 0);
}

static void test_copy_refuses_what_does_not_fit(void **state)
{
	char text[3] = "zz";

	(void)state;
	assert_true(gt_pb_copy(gt_pb_of("ab", 2), text, sizeof(text)));
	assert_string_equal(text, "ab");
	assert_false(gt_pb_copy(gt_pb_of("abc", 3), text, sizeof(text)));
	assert_string_equal(text, "");
	assert_false(gt_pb_copy(gt_pb_of("a\0", 2), text, sizeof(text)));
	assert_true(gt_pb_copy((struct gt_pb){0}, text, sizeof(text)));
}

static void test_what_is_written_reads_so(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_pb m;
	struct gt_pb_field f;

	(void)state;
	gt_pb_add_number(&b, 536870911, UINT64_MAX);
	gt_pb_add_number(&b, 1, 0);
	gt_pb_add_str(&b, 4, "text");
	m = gt_pb_of(b.p, b.len);
	assert_int_equal(gt_pb_next(&m, &f), 1);
	assert_int_equal(f.number, 536870911);
	assert_true(f.v == UINT64_MAX);
	assert_int_equal(gt_pb_next(&m, &f), 1);
	assert_true(f.number == 1 && f.v == 0);
	assert_int_equal(gt_pb_next(&m, &f), 1);
	assert_true(f.number == 4 && gt_pb_is(f.text, "text"));
	assert_int_equal(gt_pb_next(&m, &f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_rows),
		cmocka_unit_test(test_find_takes_the_last),
		cmocka_unit_test(test_copy_refuses_what_does_not_fit),
		cmocka_unit_test(test_what_is_written_reads_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
