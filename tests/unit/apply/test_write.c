/*
 * Writes to a cgroup that a mount would lead elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "own_mounts.h"

/* No cgroup's file system. */
static void test_cgroup_write_elsewhere(void **state)
{
	char a[64], buf[64];
	_cleanup_close_ int at = -1;

	(void)state;
	needs_namespaces();
	assert_int_equal(mount("none", dir, "tmpfs", 0, NULL), 0);
	(void)snprintf(a, sizeof(a), "%s/a", dir);
	put(a, "1");
	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(gt_apply_cgroup_write(at, "a", "9"), -EXDEV);
	assert_string_equal(text_of(a, buf), "1");
	close(at);
	at = -1;
	assert_int_equal(umount(dir), 0);
}

/* A file of a cgroup on which another's is mounted. */
static void test_cgroup_write_onto_another_cgroup(void **state)
{
	char one[96], two[96], at_one[128], at_two[128], buf[64], before[64];
	_cleanup_close_ int at = -1;

	(void)state;
	needs_namespaces();
	assert_int_equal(mount("none", dir, "tmpfs", 0, NULL), 0);
	if (mount("none", dir, "cgroup2", 0, NULL) < 0) {
		assert_int_equal(umount(dir), 0);
		SKIP("no cgroup2 can be mounted here");
	}
	(void)snprintf(one, sizeof(one), "%s/gotune-live-%d-1", dir, (int)getpid());
	(void)snprintf(two, sizeof(two), "%s/gotune-live-%d-2", dir, (int)getpid());
	(void)snprintf(at_one, sizeof(at_one), "%s/cgroup.max.depth", one);
	(void)snprintf(at_two, sizeof(at_two), "%s/cgroup.max.depth", two);
	assert_int_equal(mkdir(one, 0755), 0);
	assert_int_equal(mkdir(two, 0755), 0);
	at = open(one, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(gt_apply_cgroup_write(at, "cgroup.max.depth", "7"), 0);
	assert_string_equal(text_of(at_one, buf), "7");
	(void)text_of(at_two, before);
	assert_int_equal(mount(at_two, at_one, NULL, MS_BIND, NULL), 0);
	assert_int_equal(gt_apply_cgroup_write(at, "cgroup.max.depth", "8"), -EXDEV);
	assert_string_equal(text_of(at_two, buf), before);
	close(at);
	at = -1;
	assert_int_equal(umount(at_one), 0);
	assert_int_equal(rmdir(one), 0);
	assert_int_equal(rmdir(two), 0);
	assert_int_equal(umount(dir), 0);
	assert_int_equal(umount(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroup_write_elsewhere),
		cmocka_unit_test(test_cgroup_write_onto_another_cgroup),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
