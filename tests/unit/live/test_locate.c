/* live/locate.c, votes.c, scan.c, layout.c: three ways that must name one place; programs that lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <stdio.h>

#include "fake.h"

static struct fake fake;

static void expect(const char *name, enum gt_left want)
{
	struct gt_live_found f;
	enum gt_left why = fake_locate(&fake, &f);

	if (why != want)
		fail_msg("%s: %s, not %s", name, gt_words_get(&gt_left_words, why),
			 gt_words_get(&gt_left_words, want));
	assert_int_equal(f.addr, why == GT_LEFT_NONE ? GC : 0);
}

static void test_gt_live_locate_in_each_version(void **state)
{
	static const struct {
		int32_t gogc;
		int64_t limit;
		enum gt_left want;
	} rows[] = {
		{100, GT_LIVE_NO_LIMIT, GT_LEFT_NONE}, {100, 200 << 20, GT_LEFT_NONE},
		{-1, 200 << 20, GT_LEFT_NONE},	       {1, 200 << 20, GT_LEFT_NONE},
		{37, 200 << 20, GT_LEFT_NONE},	       {50, GT_LIVE_NO_LIMIT, GT_LEFT_NONE},
		{0, 200 << 20, GT_LEFT_ODD_VALUE},     {-2, 200 << 20, GT_LEFT_ODD_VALUE},
		{100, 1000, GT_LEFT_ODD_VALUE},	       {100, 0, GT_LEFT_ODD_VALUE},
		{100, -1, GT_LEFT_ODD_VALUE},
	};
	char name[64];

	(void)state;
	for (unsigned minor = 19; minor <= 27; minor++) {
		for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
			fake_make(&fake, minor, rows[i].gogc, rows[i].limit);
			(void)snprintf(name, sizeof(name), "1.%u, row %u", minor, i);
			expect(name, rows[i].want);
		}
	}
	assert_null(gt_live_layout_of(18));
	assert_null(gt_live_layout_of(28));
	assert_null(gt_live_layout_of(0));
}

/* Where a row is another version's, its tail contradicts itself: votes and a lone head remain. */
static void test_gt_live_locate_with_decoys(void **state)
{
	(void)state;
	fake_make(&fake, 24, 100, 200 << 20);
	for (unsigned i = 0; i < 3; i++)
		memcpy(fake.b + (DECOY - BASE) + 512ull * i, fake.b + (GC - BASE), 24);
	expect("three heads", GT_LEFT_NONE);
	fake_put(&fake, GC + fake.p.layout->mapped, 0, 8);
	expect("three heads, and the tail is not calm", GT_LEFT_UNSTABLE);
	fake_make(&fake, 24, 100, 200 << 20);
	fake_put(&fake, GC + fake.p.layout->mapped, 0, 8);
	expect("no other head, and the tail is not calm", GT_LEFT_NONE);
	fake_make(&fake, 24, 100, 200 << 20);
	fake_gc(&fake, DECOY, 100, 200 << 20);
	expect("a whole decoy", GT_LEFT_TWO_PLACES);
	fake_put(&fake, GC + fake.p.layout->mapped, 0, 8);
	expect("a whole decoy alone", GT_LEFT_TWO_PLACES);
	fake_put(&fake, GC, 1, 8);
	expect("a whole decoy, and no head where the code leads", GT_LEFT_ODD_VALUE);
	fake_make(&fake, 24, 100, 200 << 20);
	for (unsigned i = 0; i < 20; i++)
		fake_gc(&fake, NOPTRBSS + 0x600 + 0x1a0 * i, 100, 200 << 20);
	expect("more than there is room for", GT_LEFT_TWO_PLACES);
}

static void test_gt_live_locate_by_votes(void **state)
{
	(void)state;
	fake_make(&fake, 24, 100, 200 << 20);
	fake_call(&fake, 7, DECOY, 3);
	expect("one call for another place", GT_LEFT_NO_VOTES);
	fake_make(&fake, 24, 100, 200 << 20);
	for (unsigned i = 4; i < FUNCS; i++)
		fake_call(&fake, i, DECOY, 3);
	expect("all for another place, which is none", GT_LEFT_ODD_VALUE);
	fake_gc(&fake, DECOY, 100, 200 << 20);
	expect("all for another place, which looks like one, too", GT_LEFT_TWO_PLACES);
	fake_make(&fake, 24, 100, 200 << 20);
	for (unsigned i = 4; i < 7; i++)
		fake_put(&fake, fake_entry(i) + 0x20, 0, 3);
	expect("too few", GT_LEFT_NO_VOTES);
	fake_make(&fake, 24, 100, 200 << 20);
	for (unsigned i = 4; i < FUNCS; i++)
		fake_call(&fake, i, MODULE, 3);
	expect("a place that is no such variable", GT_LEFT_NO_VOTES);
	for (unsigned i = 4; i < FUNCS; i++)
		fake_call(&fake, i, GC + 4, 3);
	expect("an odd address", GT_LEFT_NO_VOTES);
	for (unsigned i = 4; i < FUNCS; i++)
		fake_call(&fake, i, NOPTR_END - 8, 3);
	expect("at the end", GT_LEFT_NO_VOTES);
	fake_make(&fake, 24, 100, 200 << 20);
	memset(fake.b + (TABLE - BASE) + 0x81, 'x', 16);
	expect("a method less has another name", GT_LEFT_NO_VOTES);
}

static void test_gt_live_locate_by_symbol(void **state)
{
	(void)state;
	fake_make(&fake, 24, 100, 200 << 20);
	fake.p.symbol = GC;
	expect("the same", GT_LEFT_NONE);
	fake.p.symbol = GC + 8;
	expect("another", GT_LEFT_TWO_PLACES);
}

static void test_gt_live_locate_what_is_not_there(void **state)
{
	(void)state;
	fake_make(&fake, 24, 100, 200 << 20);
	fake_put(&fake, MODULE + 240, NOPTR_END, 8);
	expect("an empty range", GT_LEFT_NO_TABLE);
	fake_put(&fake, MODULE + 240, TEXT, 8);
	expect("a range of code", GT_LEFT_NO_TABLE);
	fake_make(&fake, 24, 100, 200 << 20);
	fake_put(&fake, MODULE, 0, 8);
	expect("no module data", GT_LEFT_NO_TABLE);
	fake_make(&fake, 24, 100, 200 << 20);
	fake_put(&fake, TABLE, 0, 8);
	expect("no table", GT_LEFT_NO_TABLE);
	fake_make(&fake, 24, 100, 200 << 20);
	fake.hole = fake_entry(9) + 3;
	expect("code that cannot be read", GT_LEFT_NO_TABLE);
	fake_make(&fake, 24, 100, 200 << 20);
	fake.hole = GC + 5;
	expect("memory that cannot be read", GT_LEFT_NO_TABLE);
	fake_make(&fake, 24, 100, 200 << 20);
	fake.mem.budget = 100;
	expect("no budget", GT_LEFT_NO_TABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_live_locate_in_each_version),
		cmocka_unit_test(test_gt_live_locate_with_decoys),
		cmocka_unit_test(test_gt_live_locate_by_votes),
		cmocka_unit_test(test_gt_live_locate_by_symbol),
		cmocka_unit_test(test_gt_live_locate_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
