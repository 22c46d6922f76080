/*
 * base/glob.c: globs that cannot be made slow, and a hash that must never change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "gotune/base.h"

static void test_glob_table(void **state)
{
	static const struct {
		const char *pattern, *s;
		bool want;
	} rows[] = {
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything/at all", true},
		{"?", "", false},
		{"?", "a", true},
		{"a", "a", true},
		{"a", "A", false},
		{"registry.example/pay*", "registry.example/payments:1", true},
		{"registry.example/pay*", "registry.example/shop", false},
		{"registry.example/pay*", "xregistry.example/pay", false},
		{"*/gateway", "/usr/bin/gateway", true},
		{"*/gateway", "/usr/bin/gateway2", false},
		{"*burstable*", "/kubepods.slice/kubepods-burstable.slice/x", true},
		{"a*b*c", "aXbXbXc", true},
		{"a*b*c", "aXbXbX", false},
		{"*ab", "aab", true},
		{"*aab", "aaaaab", true},
		{"a?c*", "abc", true},
		{"**", "x", true},
		{"a**", "a", true},
		{"[a]", "a", false},
		{"[a]", "[a]", true},
		{"\\*", "*", false},
		{"\\*", "\\x", true},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		if (gt_glob(rows[i].pattern, rows[i].s) != rows[i].want)
			fail_msg("\"%s\" on \"%s\" is not %d", rows[i].pattern, rows[i].s,
				 rows[i].want);
	}
}

/* The pattern that takes a recursive matcher for ever. */
static void test_glob_hostile(void **state)
{
	char s[2001], pattern[201];
	clock_t start = clock();

	(void)state;
	memset(s, 'a', sizeof(s) - 1);
	s[sizeof(s) - 1] = '\0';
	for (size_t i = 0; i < sizeof(pattern) - 1; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = '\0';
	assert_false(gt_glob(pattern, s));
	assert_true(clock() - start < CLOCKS_PER_SEC);
}

/* A canary's members must not change with a new version of this program. */
static void test_hash_stable(void **state)
{
	static const struct {
		const char *s;
		uint64_t seed, want;
	} rows[] = {
		{"", 0, UINT64_C(0xefd01f60ba992926)},
		{"a", 0, UINT64_C(0x82a2a958a9bece5b)},
		{"a", 1, UINT64_C(0x86ede49b2924d824)},
		{"canary/registry.example/pay", 0, UINT64_C(0x692a9ff4fae89cab)},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		uint64_t h = gt_hash(rows[i].s, rows[i].seed);

		if (h != rows[i].want)
			fail_msg("\"%s\": %#llx", rows[i].s, (unsigned long long)h);
	}
}

static void test_hash_spreads(void **state)
{
	unsigned in_five_percent = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		char name[16] = {'w', (char)('0' + i / 1000), (char)('0' + i / 100 % 10),
				 (char)('0' + i / 10 % 10), (char)('0' + i % 10)};

		in_five_percent += gt_hash(name, 1) % 100 < 5;
	}
	assert_in_range(in_five_percent, 400, 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glob_table),
		cmocka_unit_test(test_glob_hostile),
		cmocka_unit_test(test_hash_stable),
		cmocka_unit_test(test_hash_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
