/* live/live.c: what is read and written, on memory that is a file; who else may write there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "fake.h"

#define MIB 1048576ll

static struct fake fake;

/* A program of Go 1.24 whose gcController is in a file. */
static struct gt_live make(int32_t gogc, int64_t limit)
{
	struct gt_live l = {.pidfd = -1, .minor = 24, .addr = 4096, .limit = limit, .gogc = gogc};

	fake_make(&fake, 24, gogc, limit);
	l.mem = memfd_create("mem", MFD_CLOEXEC);
	assert_true(l.mem >= 0);
	assert_int_equal(pwrite(l.mem, fake.b + (GC - BASE), 512, 4096), 512);
	return l;
}

static void put(const struct gt_live *l, unsigned at, uint64_t v, unsigned n)
{
	assert_int_equal(pwrite(l->mem, &v, n, 4096 + (off_t)at), (ssize_t)n);
}

static uint64_t get(const struct gt_live *l, unsigned at, unsigned n)
{
	uint64_t v = 0;

	assert_int_equal(pread(l->mem, &v, n, 4096 + (off_t)at), (ssize_t)n);
	return v;
}

static void test_gt_live_read_figures(void **state)
{
	struct gt_live l = make(100, 200 * MIB);
	struct gt_live_snapshot s;

	(void)state;
	assert_int_equal(gt_live_read(&l, &s), GT_LEFT_NONE);
	assert_int_equal(s.gogc, 100);
	assert_int_equal(s.limit, 200 * MIB);
	assert_int_equal(s.heap_min, 4 * MIB);
	assert_int_equal(s.marked, 40 * MIB);
	assert_int_equal(s.live, 50 * MIB);
	assert_int_equal(s.mapped, 80 * MIB);
	assert_true(s.is_calm && !s.in_mark);
	put(&l, 88, 5, 8);
	assert_int_equal(gt_live_read(&l, &s), GT_LEFT_NONE);
	assert_true(s.in_mark);
	gt_live_done(&l);
}

static void test_gt_live_set_limit_writes_eight_bytes(void **state)
{
	struct gt_live l = make(100, 200 * MIB);
	unsigned char before[512], after[512];

	(void)state;
	assert_int_equal(pread(l.mem, before, 512, 4096), 512);
	assert_int_equal(gt_live_set_limit(&l, 100 * MIB), GT_LEFT_NONE);
	assert_int_equal(pread(l.mem, after, 512, 4096), 512);
	assert_int_equal(get(&l, 8, 8), 100 * MIB);
	memcpy(after + 8, before + 8, 8);
	assert_memory_equal(before, after, 512);
	assert_int_equal(gt_live_set_limit(&l, 300 * MIB), GT_LEFT_NONE); /* from our own */
	assert_int_equal(l.limit, 300 * MIB);
	gt_live_done(&l);
}

static void test_gt_live_set_limit_leaves_alone(void **state)
{
	static const struct {
		const char *name;
		unsigned at;
		uint64_t v;
		unsigned n;
		enum gt_left want;
	} rows[] = {
		{"the program set its limit", 8, 150 * MIB, 8, GT_LEFT_APP_OWNS},
		{"half of a GOGC", 0, 50, 4, GT_LEFT_ODD_VALUE},
		{"GOGC=0", 0, 0, 4, GT_LEFT_ODD_VALUE},
		{"padding", 4, 1, 4, GT_LEFT_ODD_VALUE},
		{"another minimum", 16, 1, 8, GT_LEFT_ODD_VALUE},
		{"an odd limit", 8, 5, 8, GT_LEFT_ODD_VALUE},
	};

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_live l = make(100, 200 * MIB);
		uint64_t limit;
		enum gt_left why;

		put(&l, rows[i].at, rows[i].v, rows[i].n);
		limit = get(&l, 8, 8);
		why = gt_live_set_limit(&l, 100 * MIB);
		if (why != rows[i].want || get(&l, 8, 8) != limit)
			fail_msg("%s: %s", rows[i].name, gt_words_get(&gt_left_words, why));
		why = gt_live_set_gogc(&l, 60);
		if (why != rows[i].want)
			fail_msg("%s, GOGC: %s", rows[i].name, gt_words_get(&gt_left_words, why));
		gt_live_done(&l);
	}
}

static void test_gt_live_set_refuses_values(void **state)
{
	static const int64_t bad[] = {INT64_MIN, -1, 0, 1000, MIB - 1, (int64_t)1 << 46, INT64_MAX};
	struct gt_live l = make(100, 200 * MIB);

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(bad); i++)
		assert_int_equal(gt_live_set_limit(&l, bad[i]), GT_LEFT_FAILED);
	assert_int_equal(gt_live_set_gogc(&l, 0), GT_LEFT_FAILED);
	assert_int_equal(gt_live_set_gogc(&l, -1), GT_LEFT_FAILED);
	assert_int_equal(gt_live_set_gogc(&l, 10001), GT_LEFT_FAILED);
	assert_int_equal(get(&l, 8, 8), 200 * MIB);
	assert_int_equal(get(&l, 0, 4), 100);
	gt_live_done(&l);
}

static void test_gt_live_set_gogc_with_its_minimum(void **state)
{
	struct gt_live l = make(100, 200 * MIB);

	(void)state;
	assert_int_equal(gt_live_set_gogc(&l, 25), GT_LEFT_NONE);
	assert_int_equal(get(&l, 0, 4), 25);
	assert_int_equal(get(&l, 16, 8), MIB);
	assert_int_equal(gt_live_set_gogc(&l, 200), GT_LEFT_NONE);
	assert_int_equal(get(&l, 16, 8), 8 * MIB);
	put(&l, 16, MIB, 8); /* GOEXPERIMENT=heapminimum512kib */
	assert_int_equal(gt_live_set_gogc(&l, 100), GT_LEFT_NONE);
	assert_int_equal(get(&l, 16, 8), MIB / 2);
	gt_live_done(&l);
	l = make(-1, 200 * MIB);
	assert_int_equal(gt_live_set_gogc(&l, 100), GT_LEFT_GOGC_OFF);
	assert_int_equal(get(&l, 0, 4), UINT32_MAX);
	gt_live_done(&l);
}

/* Its GOGC is its own from then on; its limit is still ours. */
static void test_gt_live_when_the_program_sets_its_gogc(void **state)
{
	struct gt_live l = make(100, 200 * MIB);

	(void)state;
	put(&l, 0, 50, 4);
	put(&l, 16, 2 * MIB, 8);
	assert_int_equal(gt_live_set_gogc(&l, 40), GT_LEFT_APP_OWNS);
	assert_int_equal(gt_live_set_limit(&l, 100 * MIB), GT_LEFT_NONE);
	assert_int_equal(get(&l, 0, 4), 50);
	gt_live_done(&l);
}

/* Killed between the two writes: what is there is no pair of ours, and is left alone. */
static void test_gt_live_after_half_a_change(void **state)
{
	struct gt_live l = make(100, 200 * MIB);

	(void)state;
	put(&l, 16, 8 * MIB, 8); /* up: the minimum comes first */
	assert_int_equal(gt_live_set_limit(&l, 100 * MIB), GT_LEFT_ODD_VALUE);
	gt_live_done(&l);
	l = make(100, 200 * MIB);
	put(&l, 0, 50, 4); /* down: GOGC does */
	assert_int_equal(gt_live_set_gogc(&l, 40), GT_LEFT_ODD_VALUE);
	gt_live_done(&l);
}

/* Up: the minimum first, so that GOGC stays when that fails. Down: GOGC first. */
static void test_gt_live_set_gogc_in_order(void **state)
{
	static const struct {
		int32_t gogc;
		uint64_t want;
	} rows[] = {{200, 100}, {25, 25}};
	struct rlimit was, low;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_live l = make(100, 200 * MIB);

		/* GOGC can be written, the minimum behind it cannot. */
		low = (struct rlimit){4096 + 8, was.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
		assert_int_equal(gt_live_set_gogc(&l, rows[i].gogc), GT_LEFT_FAILED);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
		assert_int_equal(get(&l, 0, 4), rows[i].want);
		assert_int_equal(get(&l, 16, 8), 4 * MIB);
		assert_int_equal(l.gogc, 100);
		gt_live_done(&l);
	}
}

/* The end of the memory, and no memory: as the kernel says it of a process that has ended. */
static void test_gt_live_of_what_is_gone(void **state)
{
	struct gt_live l = make(100, 200 * MIB);
	struct gt_live_snapshot s;

	(void)state;
	assert_int_equal(ftruncate(l.mem, 4096 + 10), 0);
	assert_int_equal(gt_live_read(&l, &s), GT_LEFT_GONE);
	assert_int_equal(gt_live_set_limit(&l, 100 * MIB), GT_LEFT_GONE);
	assert_int_equal(gt_live_set_gogc(&l, 50), GT_LEFT_GONE);
	gt_live_done(&l);
	assert_int_equal(gt_live_read(&l, &s), GT_LEFT_GONE); /* done with */
	gt_live_done(&l);
}

/* A file that takes no byte: the limit stays ours, and the caller hears of it. */
static void test_gt_live_set_limit_that_cannot_be_written(void **state)
{
	struct gt_live l = make(100, 200 * MIB);

	(void)state;
	assert_int_equal(fcntl(l.mem, F_ADD_SEALS, F_SEAL_WRITE), -1);
	close(l.mem);
	l.mem = memfd_create("mem", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(pwrite(l.mem, fake.b + (GC - BASE), 512, 4096), 512);
	assert_int_equal(fcntl(l.mem, F_ADD_SEALS, F_SEAL_WRITE), 0);
	assert_int_equal(gt_live_set_limit(&l, 100 * MIB), GT_LEFT_FAILED);
	assert_int_equal(l.limit, 200 * MIB);
	gt_live_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_live_read_figures),
		cmocka_unit_test(test_gt_live_set_limit_writes_eight_bytes),
		cmocka_unit_test(test_gt_live_set_limit_leaves_alone),
		cmocka_unit_test(test_gt_live_set_refuses_values),
		cmocka_unit_test(test_gt_live_set_gogc_with_its_minimum),
		cmocka_unit_test(test_gt_live_when_the_program_sets_its_gogc),
		cmocka_unit_test(test_gt_live_after_half_a_change),
		cmocka_unit_test(test_gt_live_set_gogc_in_order),
		cmocka_unit_test(test_gt_live_of_what_is_gone),
		cmocka_unit_test(test_gt_live_set_limit_that_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
