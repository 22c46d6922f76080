/*
 * daemon/usage on a captured machine, whose cgroup has one of the files.
 */
#include "inspect/machine.h"

#include "daemon/part.h"

#define PID 4242

static void open_one(struct gt_daemon *d, struct gt_known *k, int64_t pid)
{
	*k = (struct gt_known){.pid = pid, .dirs = GT_USAGE_DIRS_NONE, .kept = GT_USAGE_KEPT_NONE};
	gt_known_usage_open(d, k);
}

static void assert_limit(const struct gt_known *k)
{
	struct gt_usage u;

	(void)gt_known_usage(k, &u); /* it has no memory.current */
	assert_true(u.has_limit && u.limit_bytes > 0);
}

/* However many there are, so many files are kept; the others are read as well. */
static void test_kept_is_bounded(void **state)
{
	_cleanup_close_ int root = machine("v2-8cpu");
	_cleanup_free_ char *mounts = gt_cg_mounts(root);
	struct gt_daemon d = {.root = root, .mounts = mounts, .kept_max = GT_USAGE_FILES};
	struct gt_known first, second, none;

	(void)state;
	open_one(&d, &first, PID);
	open_one(&d, &second, PID);
	assert_int_equal(first.n_kept, 1);
	assert_int_equal(second.n_kept, 0);
	assert_int_equal(d.n_kept, 1);
	assert_limit(&first);
	assert_limit(&second);
	gt_known_usage_open(&d, &first); /* again is nothing */
	assert_int_equal(d.n_kept, 1);
	gt_known_usage_close(&d, &first);
	assert_int_equal(d.n_kept, 0);
	gt_known_usage_close(&d, &second);
	assert_int_equal(d.n_kept, 0);
	open_one(&d, &none, 0); /* its process is not known yet */
	assert_false(none.dirs_opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
