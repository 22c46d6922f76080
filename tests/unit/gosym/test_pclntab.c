/* gosym/pclntab.c, gosym/pcvalue.c: names, files and lines, and tables that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "goroutines/fake.h"

static struct fake fake;

static void find(void)
{
	fake_make(&fake, 24, 3);
	assert_int_equal(gt_sym_names_find(&fake.rt.image, &fake.rt.names), 0);
	fake.rt.names.text = TEXT;
	fake.rt.names.etext = TEXT + TEXT_LEN;
}

static void expect_function(uint64_t pc, const char *want, const char *place)
{
	int64_t i = gt_sym_names_func(&fake.rt.names, pc);
	char buf[64] = "";
	const char *s = "-";
	size_t len = 1;

	if (i >= 0) {
		s = gt_sym_names_name(&fake.rt.names, (uint32_t)i, &len);
		gt_sym_names_place(&fake.rt.names, (uint32_t)i, pc, buf, sizeof(buf));
	}
	if (len != strlen(want) || memcmp(s, want, len) != 0 || strcmp(buf, place) != 0)
		fail_msg("%#llx: %.*s %s, not %s %s", (unsigned long long)pc, (int)len, s, buf,
			 want, place);
}

static void test_gt_sym_names_of_functions(void **state)
{
	(void)state;
	find();
	assert_int_equal(fake.rt.names.n_func, F_LAST);
	assert_int_equal(fake.rt.names.addr, TABLE);
	expect_function(fake_entry(F_MAIN), "runtime.main", "leak.go:0");
	expect_function(fake_entry(F_WORKER), "main.worker", "leak.go:60");
	expect_function(fake_entry(F_WORKER) + 127, "main.worker", "leak.go:60");
	expect_function(fake_entry(F_WORKER) + 128, "main.worker", "leak.go:61");
	expect_function(fake_entry(F_WORKER) - 1, "main.spawn", "leak.go:51");
	expect_function(fake_entry(F_LAST - 1) + FUNC_LEN - 1, "runtime.goexit0", "leak.go:141");
	expect_function(fake_entry(F_LAST), "-", "");
	expect_function(TEXT + 1, "-", "");
	expect_function(TEXT - 1, "-", "");
	expect_function(UINT64_MAX, "-", "");
	assert_int_equal(gt_sym_names_find_func(&fake.rt.names, "main.worker"), F_WORKER);
	assert_int_equal(gt_sym_names_find_func(&fake.rt.names, "main.work"), -1);
}

static void test_gt_sym_names_find_what_is_no_table(void **state)
{
	static const struct {
		const char *name;
		uint64_t off, value;
		unsigned n;
	} rows[] = {
		{"another magic", 0, 0xfffffffb, 4},
		{"a byte that must be zero", 4, 1, 1},
		{"4-byte pointers", 7, 4, 1},
		{"two functions", 8, 2, 8},
		{"more functions than there is room for", 8, 100000, 8},
		{"more than any program has", 8, UINT64_MAX, 8},
		{"names beyond the end", 32, 0x10000, 8},
		{"functions inside the header", 64, 8, 8},
		{"functions that wrap around", 64, UINT64_MAX, 8},
		{"functions not in order", 0x1008, 0x7fffffff, 4},
	};
	struct gt_sym_names t;

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		fake_make(&fake, 24, 3);
		fake_put(&fake, TABLE + rows[i].off, rows[i].value, rows[i].n);
		if (gt_sym_names_find(&fake.rt.image, &t) != -ENOENT)
			fail_msg("%s: is taken", rows[i].name);
	}
}

/* A file full of headers costs no more than a few of them. */
static void test_gt_sym_names_find_gives_up(void **state)
{
	struct gt_sym_names t;

	(void)state;
	fake_make(&fake, 24, 3);
	memmove(fake.b + (TABLE - BASE) + 0x8000, fake.b + (TABLE - BASE), 0x2000);
	for (unsigned i = 0; i < 4; i++) {
		fake_put(&fake, TABLE + 72ull * i, 0xfffffff1u, 4);
		fake_put(&fake, TABLE + 72ull * i + 4, 0x08010000, 4);
		fake_put(&fake, TABLE + 72ull * i + 8, 1, 8);
	}
	assert_int_equal(gt_sym_names_find(&fake.rt.image, &t), 0);
	assert_int_equal(t.addr, TABLE + 0x8000);
	for (unsigned i = 0; i < 20; i++) {
		fake_put(&fake, TABLE + 72ull * i, 0xfffffff1u, 4);
		fake_put(&fake, TABLE + 72ull * i + 4, 0x08010000, 4);
		fake_put(&fake, TABLE + 72ull * i + 8, 1, 8);
	}
	assert_int_equal(gt_sym_names_find(&fake.rt.image, &t), -ENOENT);
}

static void test_gt_sym_names_that_lead_nowhere(void **state)
{
	char place[64];
	size_t len;

	(void)state;
	find();
	fake_put(&fake, TABLE + 0x1000 + 8 * F_WORKER + 4, 0xfffffff0, 4); /* its record */
	(void)gt_sym_names_name(&fake.rt.names, F_WORKER, &len);
	gt_sym_names_place(&fake.rt.names, F_WORKER, fake_entry(F_WORKER), place, sizeof(place));
	assert_string_equal(place, "");
	find();
	fake_put(&fake, TABLE + 0x1800 + RECORD * F_WORKER + 4, 0x7fffffff, 4); /* its name */
	assert_memory_equal(gt_sym_names_name(&fake.rt.names, F_WORKER, &len), "?", 1);
	assert_int_equal(len, 1);
	find();
	/* A name without an end is cut. */
	memset(fake.b + (TABLE - BASE) + 0x81, 'a', 0x300);
	(void)gt_sym_names_name(&fake.rt.names, F_MAIN, &len);
	assert_int_equal(len, 512);
}

static void test_gt_sym_pcvalue_of_bytes(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		uint64_t at;
		int r;
		int32_t want;
	} rows[] = {
		{"first", "\x02\x10\x04\x10\x00", 5, 0, 0, 0},
		{"second", "\x02\x10\x04\x10\x00", 5, 16, 0, 2},
		{"behind the end", "\x02\x10\x00\x10\x02\x10", 6, 20, -ENOENT, 0},
		{"beyond", "\x02\x10\x04\x10\x00", 5, 32, -ENOENT, 0},
		{"downwards", "\x02\x10\x03\x10\x00", 5, 20, 0, -2},
		{"first is no change", "\x00\x10\x00", 3, 3, 0, -1},
		{"no end", "\x02\x80", 2, 0, -ENOENT, 0},
		{"a varint of six bytes", "\x80\x80\x80\x80\x80\x80\x01\x01", 8, 0, -ENOENT, 0},
	};

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		unsigned char b[16] = {0xff};
		struct gt_sym_names t = {.p = b, .len = 1 + rows[i].len};
		int32_t v = 0;
		int r;

		memcpy(b + 1, rows[i].bytes, rows[i].len);
		r = gt_sym_pcvalue(&t, 1, rows[i].at, &v);
		if (r != rows[i].r || v != rows[i].want)
			fail_msg("%s: %d %d", rows[i].name, r, v);
		assert_int_equal(gt_sym_pcvalue(&t, 0, 0, &v), -ENOENT);
		assert_int_equal(gt_sym_pcvalue(&t, UINT32_MAX, 0, &v), -ENOENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_sym_names_of_functions),
		cmocka_unit_test(test_gt_sym_names_find_what_is_no_table),
		cmocka_unit_test(test_gt_sym_names_find_gives_up),
		cmocka_unit_test(test_gt_sym_names_that_lead_nowhere),
		cmocka_unit_test(test_gt_sym_pcvalue_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
