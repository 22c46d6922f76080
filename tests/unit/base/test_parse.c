/*
 * base/parse.c: what is a number, and what Go makes of its environment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "gotune/base.h"

static void test_parse_u64_table(void **state)
{
	static const struct {
		const char *s;
		int r;
		uint64_t v;
	} rows[] = {
		{"0", 0, 0},
		{"007", 0, 7},
		{"18446744073709551615", 0, UINT64_MAX},
		{"00000000000000000000000000000001", 0, 1},
		{"18446744073709551616", -ERANGE, 0},
		{"99999999999999999999999", -ERANGE, 0},
		{"99999999999999999999999x", -EINVAL, 0},
		{"", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"0x10", -EINVAL, 0},
		{"1\n", -EINVAL, 0},
		{"1e3", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		uint64_t v = 4711;
		int r = gt_parse_u64(rows[i].s, &v);

		if (r != rows[i].r || v != (r < 0 ? 4711 : rows[i].v))
			fail_msg("\"%s\": %d, %llu", rows[i].s, r, (unsigned long long)v);
	}
}

static void test_parse_i64_table(void **state)
{
	static const struct {
		const char *s;
		int r;
		int64_t v;
	} rows[] = {
		{"0", 0, 0},
		{"-0", 0, 0},
		{"-1", 0, -1},
		{"9223372036854775807", 0, INT64_MAX},
		{"9223372036854775808", -ERANGE, 0},
		{"-9223372036854775808", 0, INT64_MIN},
		{"-9223372036854775809", -ERANGE, 0},
		{"-99999999999999999999", -ERANGE, 0},
		{"--1", -EINVAL, 0},
		{"-", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"- 1", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		int64_t v = 4711;
		int r = gt_parse_i64(rows[i].s, &v);

		if (r != rows[i].r || v != (r < 0 ? 4711 : rows[i].v))
			fail_msg("\"%s\": %d, %lld", rows[i].s, r, (long long)v);
	}
}

static void test_parse_bool_table(void **state)
{
	static const struct {
		const char *s;
		int r;
		bool v;
	} rows[] = {
		{"true", 0, true},	 {"1", 0, true},
		{"false", 0, false},	 {"0", 0, false},
		{"", -EINVAL, false},	 {"TRUE", -EINVAL, false},
		{"yes", -EINVAL, false}, {"true ", -EINVAL, false},
		{"00", -EINVAL, false},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		bool v = false;
		int r = gt_parse_bool(rows[i].s, &v);

		if (r != rows[i].r || v != rows[i].v)
			fail_msg("\"%s\": %d, %d", rows[i].s, r, v);
	}
}

/* facts: each row that fails kills a Go program of 1.19 or later at its start. */
static void test_go_bytes_table(void **state)
{
	static const struct {
		const char *s;
		int r;
		uint64_t v;
	} rows[] = {
		{"0", 0, 0},
		{"123", 0, 123},
		{"123B", 0, 123},
		{"1KiB", 0, 1024},
		{"460MiB", 0, UINT64_C(460) << 20},
		{"2GiB", 0, UINT64_C(2) << 30},
		{"3TiB", 0, UINT64_C(3) << 40},
		{"9223372036854775807", 0, INT64_MAX},
		{"9223372036854775808", -ERANGE, 0},
		{"8388607TiB", 0, UINT64_C(8388607) << 40},
		{"8388608TiB", -ERANGE, 0},
		{"9007199254740991KiB", 0, UINT64_C(9007199254740991) << 10},
		{"9007199254740992KiB", -ERANGE, 0},
		{"1M", -EINVAL, 0},
		{"1GB", -EINVAL, 0},
		{"500Mi", -EINVAL, 0},
		{"1.5GiB", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"1 GiB", -EINVAL, 0},
		{" 1GiB", -EINVAL, 0},
		{"+1GiB", -EINVAL, 0},
		{"KiB", -EINVAL, 0},
		{"B", -EINVAL, 0},
		{"1kiB", -EINVAL, 0},
		{"1PiB", -EINVAL, 0},
		{"1BB", -EINVAL, 0},
		{"", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		uint64_t v = 4711;
		int r = gt_parse_go_bytes(rows[i].s, &v);

		if (r != rows[i].r || v != (r < 0 ? 4711 : rows[i].v))
			fail_msg("\"%s\": %d, %llu", rows[i].s, r, (unsigned long long)v);
	}
}

static void test_go_accepts_gomaxprocs_table(void **state)
{
	static const struct {
		const char *s;
		unsigned minor;
		bool ok;
		uint32_t v;
	} rows[] = {
		{"3", 25, true, 3},	      {"03", 19, true, 3},
		{"100000", 24, true, 100000}, {"2147483647", 25, true, INT32_MAX},
		{"2147483648", 25, false, 0}, {"18446744073709551619", 25, false, 0},
		{"+3", 25, false, 0},	      {"+3", 26, true, 3},
		{"+", 26, false, 0},	      {"++3", 26, false, 0},
		{"+-3", 26, false, 0},	      {"", 25, false, 0},
		{"0", 25, false, 0},	      {"-1", 25, false, 0},
		{"abc", 25, false, 0},	      {" 3", 25, false, 0},
		{"3 ", 25, false, 0},	      {"3.5", 25, false, 0},
		{"0x3", 25, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		uint32_t v = 0;
		bool ok = gt_go_accepts_gomaxprocs(rows[i].s, rows[i].minor, &v);

		if (ok != rows[i].ok || v != rows[i].v)
			fail_msg("\"%s\" in 1.%u: %d, %u", rows[i].s, rows[i].minor, ok, v);
	}
}

static void test_go_check_gomemlimit_table(void **state)
{
	static const struct {
		const char *s;
		int r;
	} rows[] = {
		{"", 0},
		{"off", 0},
		{"1GiB", 0},
		{"0", 0},
		{"OFF", -EINVAL},
		{"1M", -EINVAL},
		{" off", -EINVAL},
		{"9223372036854775808", -EINVAL},
		{"500Mi", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		int r = gt_go_check_gomemlimit(rows[i].s);

		if (r != rows[i].r)
			fail_msg("\"%s\": %d", rows[i].s, r);
	}
}

static void test_parse_field_table(void **state)
{
	static const char text[] =
		"Name:\ta b\nCapEff:\t00ff\nCapEffX:\t1\nEmpty:\nbtime 123\nLong:\t12345678";
	static const struct {
		const char *key, *want; /* want NULL: none */
	} rows[] = {
		{"Name:", "a"},	    {"CapEff:", "00ff"}, {"btime", "123"}, {"Empty:", ""},
		{"Nowhere:", NULL}, {"Eff:", NULL},	 {"Long:", NULL},
	};
	char got[8];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		bool found = gt_parse_field(text, rows[i].key, got, sizeof(got));

		if (found != (rows[i].want != NULL) || (found && strcmp(got, rows[i].want) != 0))
			fail_msg("%s: %s", rows[i].key, found ? got : "none");
	}
}

static void test_parse_field_u64_table(void **state)
{
	static const struct {
		const char *text, *key;
		bool known;
		uint64_t v;
	} rows[] = {
		{"nr_periods 7\nnr_throttled 17\n", "nr_throttled ", true, 17},
		{"nr_periods 7", "nr_periods ", true, 7},
		{"xnr_periods 7\n", "nr_periods ", false, 0},
		{"nr_periods_more 7\n", "nr_periods ", false, 0},
		{"nr_periods -1\n", "nr_periods ", false, 0},
		{"nr_periods 99999999999999999999\n", "nr_periods ", false, 0},
		{"nr_periods \n", "nr_periods ", false, 0},
		{"nr_periods\n", "nr_periods ", false, 0},
		{"nr_periods 1 2\n", "nr_periods ", true, 1},
		{"", "nr_periods ", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		uint64_t got = 0;
		bool known = gt_parse_field_u64(rows[i].text, rows[i].key, &got);

		if (known != rows[i].known || got != rows[i].v)
			fail_msg("%s: %d %llu", rows[i].text, known, (unsigned long long)got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_u64_table),
		cmocka_unit_test(test_parse_i64_table),
		cmocka_unit_test(test_parse_bool_table),
		cmocka_unit_test(test_go_bytes_table),
		cmocka_unit_test(test_go_accepts_gomaxprocs_table),
		cmocka_unit_test(test_go_check_gomemlimit_table),
		cmocka_unit_test(test_parse_field_table),
		cmocka_unit_test(test_parse_field_u64_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
