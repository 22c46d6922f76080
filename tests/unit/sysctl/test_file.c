/*
 * Writes to /proc/sys that a mount would lead elsewhere: runc's CVE-2025-52881.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/prctl.h>

#include "gotune/base.h"
#include "gotune/sysctl.h"
#include "own_mounts.h"

#define SYSCTL "net.core.somaxconn"
#define FILE_  "/proc/sys/net/core/somaxconn"

static void test_sysctl_write_in_its_place(void **state)
{
	char buf[64];

	(void)state;
	needs_namespaces();
	assert_int_equal(gt_sysctl_file_write(root, SYSCTL, "5001"), 0);
	assert_string_equal(text_of(FILE_, buf), "5001");
	assert_int_equal(gt_sysctl_file_write(root, "net.core.no_such", "1"), -ENOENT);
}

/* Another file of procfs stands there: its file system's type is right. */
static void test_sysctl_write_onto_another_file_of_procfs(void **state)
{
	char buf[64];

	(void)state;
	needs_namespaces();
	assert_int_equal(prctl(PR_SET_NAME, "victim"), 0);
	assert_int_equal(mount("/proc/self/comm", FILE_, NULL, MS_BIND, NULL), 0);
	assert_int_equal(gt_sysctl_file_write(root, SYSCTL, "5002"), -EXDEV);
	assert_string_equal(text_of("/proc/self/comm", buf), "victim");
	assert_int_equal(umount(FILE_), 0);
}

static void test_sysctl_write_onto_another_file_system(void **state)
{
	char path[64], buf[64];

	(void)state;
	needs_namespaces();
	assert_int_equal(mount("none", "/proc/sys/net/core", "tmpfs", 0, NULL), 0);
	put(FILE_, "1");
	assert_int_equal(gt_sysctl_file_write(root, SYSCTL, "5003"), -EXDEV);
	assert_string_equal(text_of(FILE_, buf), "1");
	assert_int_equal(umount("/proc/sys/net/core"), 0);
	/* ... and the whole of /proc: something that has the same names. */
	assert_int_equal(mount("none", dir, "tmpfs", 0, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/sys/net/core/somaxconn", dir);
	assert_int_equal(gt_mkdirs(path), 0);
	assert_int_equal(rmdir(path), 0);
	put(path, "1");
	assert_int_equal(mount(dir, "/proc", NULL, MS_BIND, NULL), 0);
	assert_int_equal(gt_sysctl_file_write(root, SYSCTL, "5004"), -EXDEV);
	assert_string_equal(text_of(path, buf), "1");
	assert_int_equal(umount("/proc"), 0);
	assert_int_equal(umount(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sysctl_write_in_its_place),
		cmocka_unit_test(test_sysctl_write_onto_another_file_of_procfs),
		cmocka_unit_test(test_sysctl_write_onto_another_file_system),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
