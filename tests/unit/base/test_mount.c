/*
 * Files that a mount or a link would lead elsewhere: base/mount.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "own_mounts.h"

/* A directory of procfs that is not its root: /proc/PID/root/... could be made to look like one. */
static void test_open_proc_wants_its_root(void **state)
{
	(void)state;
	needs_namespaces();
	assert_int_equal(mount("/proc/sys", "/proc", NULL, MS_BIND, NULL), 0);
	assert_int_equal(gt_root_open_proc(root), -EXDEV);
	assert_int_equal(umount("/proc"), 0);
}

/* The stand-in for kernels without openat2 answers as it does. */
static void test_walk_same_mount_sees_mounts_and_links(void **state)
{
	char a[64], b[64], link[64];
	_cleanup_close_ int at = -1;

	(void)state;
	needs_namespaces();
	assert_int_equal(mount("none", dir, "tmpfs", 0, NULL), 0);
	(void)snprintf(a, sizeof(a), "%s/a", dir);
	(void)snprintf(b, sizeof(b), "%s/b", dir);
	(void)snprintf(link, sizeof(link), "%s/link", dir);
	put(a, "1");
	put(b, "2");
	assert_int_equal(symlink("b", link), 0);
	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 2; i++) {
		int (*open_it)(int, const char *, int) =
			i ? gt_root_walk_same_mount : gt_root_open_same_mount;
		int fd = open_it(at, "a", O_WRONLY), pinned = open_it(at, "a", O_PATH);

		assert_true(fd >= 0);
		assert_true(pinned >= 0);
		close(fd);
		close(pinned);
		assert_int_equal(open_it(at, "link", O_WRONLY), -ELOOP);
		assert_int_equal(open_it(at, "none", O_WRONLY), -ENOENT);
		/* of one file system, and still another file */
		assert_int_equal(mount(b, a, NULL, MS_BIND, NULL), 0);
		assert_int_equal(open_it(at, "a", O_WRONLY), -EXDEV);
		assert_int_equal(umount(a), 0);
	}
	close(at);
	at = -1;
	assert_int_equal(umount(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_proc_wants_its_root),
		cmocka_unit_test(test_walk_same_mount_sees_mounts_and_links),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
