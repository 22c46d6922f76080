/*
 * Writes to /proc/sys and to a cgroup that a mount would lead elsewhere: runc's CVE-2025-52881. In
 * a mount and a network namespace of this program's own; needs root, prints why where it cannot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "gotune/apply.h"
#include "gotune/file.h"
#include "skip.h"

#define SYSCTL "net.core.somaxconn"
#define FILE_  "/proc/sys/net/core/somaxconn"

static int root = -1;
static char dir[] = "/tmp/gotune-live.XXXXXX";

static void needs_namespaces(void)
{
	if (root < 0)
		SKIP("no namespaces of our own here (not root?)");
}

static int enter(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : 0;
}

static int leave(void **state)
{
	(void)state;
	return rmdir(dir);
}

static const char *text_of(const char *path, char buf[64])
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, buf, 63);

	assert_true(n >= 0);
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

static void put(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void test_sysctl_write_in_its_place(void **state)
{
	char buf[64];

	(void)state;
	needs_namespaces();
	assert_int_equal(gt_apply_sysctl_write(root, SYSCTL, "5001"), 0);
	assert_string_equal(text_of(FILE_, buf), "5001");
	assert_int_equal(gt_apply_sysctl_write(root, "net.core.no_such", "1"), -ENOENT);
}

/* Another file of procfs stands there: its file system's type is right. */
static void test_sysctl_write_onto_another_file_of_procfs(void **state)
{
	char buf[64];

	(void)state;
	needs_namespaces();
	assert_int_equal(prctl(PR_SET_NAME, "victim"), 0);
	assert_int_equal(mount("/proc/self/comm", FILE_, NULL, MS_BIND, NULL), 0);
	assert_int_equal(gt_apply_sysctl_write(root, SYSCTL, "5002"), -EXDEV);
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
	assert_int_equal(gt_apply_sysctl_write(root, SYSCTL, "5003"), -EXDEV);
	assert_string_equal(text_of(FILE_, buf), "1");
	assert_int_equal(umount("/proc/sys/net/core"), 0);
	/* ... and the whole of /proc: something that has the same names. */
	assert_int_equal(mount("none", dir, "tmpfs", 0, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/sys/net/core/somaxconn", dir);
	assert_int_equal(gt_mkdirs(path), 0);
	assert_int_equal(rmdir(path), 0);
	put(path, "1");
	assert_int_equal(mount(dir, "/proc", NULL, MS_BIND, NULL), 0);
	assert_int_equal(gt_apply_sysctl_write(root, SYSCTL, "5004"), -EXDEV);
	assert_string_equal(text_of(path, buf), "1");
	assert_int_equal(umount("/proc"), 0);
	assert_int_equal(umount(dir), 0);
}

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
	char a[64], b[64], link[64], buf[64];
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
		int fd = open_it(at, "a", O_WRONLY);

		assert_true(fd >= 0);
		close(fd);
		assert_int_equal(open_it(at, "link", O_WRONLY), -ELOOP);
		assert_int_equal(open_it(at, "none", O_WRONLY), -ENOENT);
		/* of one file system, and still another file */
		assert_int_equal(mount(b, a, NULL, MS_BIND, NULL), 0);
		assert_int_equal(open_it(at, "a", O_WRONLY), -EXDEV);
		assert_int_equal(umount(a), 0);
	}
	assert_int_equal(gt_apply_cgroup_write(at, "a", "9"), -EXDEV); /* no cgroup's file system */
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
		cmocka_unit_test(test_sysctl_write_in_its_place),
		cmocka_unit_test(test_sysctl_write_onto_another_file_of_procfs),
		cmocka_unit_test(test_sysctl_write_onto_another_file_system),
		cmocka_unit_test(test_open_proc_wants_its_root),
		cmocka_unit_test(test_walk_same_mount_sees_mounts_and_links),
		cmocka_unit_test(test_cgroup_write_onto_another_cgroup),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
