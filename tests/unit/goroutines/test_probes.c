/* goroutines/probes.c: where births and ends are, in a program in a buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "fake.h"

static struct fake fake;

static int find(struct gt_gor_probes *p, struct gt_err *e)
{
	struct gt_sym_mem file = {.read = fake_read_file, .ctx = &fake, .budget = 1u << 20};
	int r = fake_locate(&fake, e);

	return r < 0 ? r : gt_gor_probes_find(&fake.rt, &file, p, e);
}

static void expect_refused(const char *name, const char *words)
{
	struct gt_gor_probes p = {.n_birth = 77};
	struct gt_err e = {0};
	int r = find(&p, &e);

	if (r != -EBADMSG || !strstr(e.msg, words))
		fail_msg("%s: %d (%s)", name, r, e.msg);
	assert_int_equal(p.n_birth, 77); /* untouched */
}

static void test_gt_gor_probes_find_one_return(void **state)
{
	(void)state;
	for (unsigned minor = 19; minor <= 27; minor++) {
		unsigned last = minor >= 22 ? F_GDESTROY : F_GOEXIT0;
		struct gt_gor_probes p;
		struct gt_err e = {0};

		fake_make(&fake, minor, 5);
		if (find(&p, &e) != 0)
			fail_msg("1.%u: %s", minor, e.msg);
		/* Every byte is a return's; but one is where the frame is gone. */
		assert_int_equal(p.n_birth, 1);
		assert_int_equal(p.birth[0], fake_entry(F_NEWPROC1) + FAKE_RETURN - BASE);
		assert_int_equal(p.end, fake_entry(last) - BASE);
		assert_int_equal(p.gopc, gt_gor_layout_of(minor)->gopc);
		assert_int_equal(p.startpc, gt_gor_layout_of(minor)->startpc);
	}
}

static void test_gt_gor_probes_find_two_returns(void **state)
{
	/* Also where the stack grows begins with one: the last stretch may. */
	struct gt_gor_probes p;
	struct gt_err e = {0};

	(void)state;
	fake_make(&fake, 22, 5);
	fake_put(&fake, fake_entry(F_NEWPROC1) + 0xd1, 0xc3, 1);
	assert_int_equal(find(&p, &e), 0);
	assert_int_equal(p.n_birth, 2);
	assert_int_equal(p.birth[1], fake_entry(F_NEWPROC1) + 0xd1 - BASE);
}

/* A breakpoint anywhere but at a return would break the program. */
static void test_gt_gor_probes_find_refuses(void **state)
{
	(void)state;
	fake_make(&fake, 22, 5);
	fake_put(&fake, fake_entry(F_NEWPROC1) + FAKE_RETURN, 0x90, 1);
	fake_put(&fake, fake_entry(F_NEWPROC1) + 0xd1, 0xc3, 1); /* another one is right */
	expect_refused("no return where the frame is gone", "not as Go compiles it");

	fake_make(&fake, 22, 5);
	fake_put(&fake, FAKE_PCSP + 2, 0, 1); /* the table ends: the frame never comes */
	expect_refused("no frame", "not as Go compiles it");

	fake_make(&fake, 22, 5);
	fake_put(&fake, TABLE + 0x1000 + 0x800 + RECORD * F_NEWPROC1 + 16, 0, 4);
	expect_refused("no table", "not as Go compiles it");

	fake_make(&fake, 22, 5);
	fake_put(&fake, TABLE + 0x1000 + 0x800 + RECORD * F_NEWPROC1 + 4, 0, 4);
	expect_refused("no newproc1", "no runtime.newproc1");

	fake_make(&fake, 22, 5);
	fake_put(&fake, TABLE + 0x1000 + 0x800 + RECORD * F_GDESTROY + 4, 0, 4);
	expect_refused("no gdestroy", "no runtime.gdestroy");

	fake_make(&fake, 22, 5);
	fake.rt.image.seg[0].filesz = 0x100;
	expect_refused("code that is not in the file", "not in its file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_gor_probes_find_one_return),
		cmocka_unit_test(test_gt_gor_probes_find_two_returns),
		cmocka_unit_test(test_gt_gor_probes_find_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
