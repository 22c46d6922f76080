/*
 * A file that somebody else may have named: whose it is, and whose the way to it is.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "skip.h"

#define STRANGER 12345

static char top[] = "/tmp/gotune-owned-XXXXXX";
static int root = -1;

static void in_top(const char *path, char buf[256])
{
	(void)snprintf(buf, 256, "%s/%s", top, path);
}

static void make_dir(const char *path, mode_t mode)
{
	char full[256];

	in_top(path, full);
	assert_int_equal(mkdir(full, 0700), 0);
	assert_int_equal(chmod(full, mode), 0);
}

static void make_file(const char *path, mode_t mode)
{
	char full[256];
	int fd;

	in_top(path, full);
	fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(gt_write_all(fd, "x", 1), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void make_link(const char *target, const char *path)
{
	char full[256];

	in_top(path, full);
	assert_int_equal(symlink(target, full), 0);
}

static void give(const char *path, uid_t uid)
{
	char full[256];

	in_top(path, full);
	assert_int_equal(lchown(full, uid, (gid_t)-1), 0);
}

static int setup(void **state)
{
	char full[256];

	(void)state;
	assert_non_null(mkdtemp(top));
	root = gt_root_open(top, NULL);
	assert_true(root >= 0);
	make_dir("a", 0755);
	make_dir("a/b", 0711);
	make_file("a/b/f", 0600);
	make_file("a/b/readable", 0644);
	make_file("a/b/group", 0620);
	make_file("a/b/others", 0602);
	make_dir("a/b/dir", 0755);
	in_top("a/b/fifo", full);
	assert_int_equal(mkfifo(full, 0600), 0);
	make_link("f", "a/b/link");
	make_link("b", "a/linked");
	make_link("/etc/passwd", "a/b/out");
	make_dir("open", 0777);
	make_dir("open/b", 0755);
	make_file("open/b/f", 0600);
	make_dir("group", 0775);
	make_dir("group/b", 0755);
	make_file("group/b/f", 0600);
	make_dir("sticky", 01777);
	make_dir("sticky/b", 0755);
	make_file("sticky/b/f", 0600);
	make_file("sticky/f", 0600);
	return 0;
}

static int teardown(void **state)
{
	char command[300];

	(void)state;
	close(root);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static void check(const char *path, int want)
{
	struct stat st = {0};
	int fd = gt_root_open_owned(root, path, &st);

	if (want == 0 ? fd < 0 : fd != want)
		fail_msg("%s: %d, want %d", path, fd, want);
	if (fd >= 0) {
		assert_true(S_ISREG(st.st_mode));
		close(fd);
	}
}

static void test_open_owned_rows(void **state)
{
	static const struct {
		const char *path;
		int want;
	} rows[] = {
		{"/a/b/f", 0},		{"a//b/f", 0},
		{"a/b/readable", 0},	{"a/b/group", -EPERM},
		{"a/b/others", -EPERM}, {"a/b/dir", -EISDIR},
		{"a/b/fifo", -ENXIO},	{"a/b/link", -ELOOP},
		{"a/b/out", -ELOOP},	{"a/linked/f", -ENOTDIR},
		{"a/b/none", -ENOENT},	{"a/none/f", -ENOENT},
		{"a/b/f/f", -ENOTDIR},	{"open/b/f", -EPERM},
		{"group/b/f", -EPERM},	{"sticky/b/f", 0},
		{"sticky/f", -EPERM}, /* anybody may put one there */
		{"", -EINVAL},		{"/", -EINVAL},
		{"a/./b/f", -EINVAL},	{"a/b/../b/f", -EINVAL},
		{"..", -EINVAL},	{"../../etc/passwd", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++)
		check(rows[i].path, rows[i].want);
}

static void test_open_owned_long_name(void **state)
{
	char path[600] = "a/";

	(void)state;
	memset(path + 2, 'x', 500);
	check(path, -EINVAL);
}

static void test_open_owned_strangers(void **state)
{
	(void)state;
	if (geteuid() != 0)
		SKIP("only root can give a file away");
	make_dir("s", 0755);
	make_dir("s/b", 0755);
	make_file("s/b/f", 0644);
	check("s/b/f", 0);
	give("s/b/f", STRANGER);
	check("s/b/f", -EPERM);
	give("s/b/f", 0);
	give("s/b", STRANGER);
	check("s/b/f", -EPERM);
	give("s/b", 0);
	give("s", STRANGER);
	check("s/b/f", -EPERM);
	/* Outside a user namespace nobody is a user like any other. */
	give("s", 65534);
	check("s/b/f", -EPERM);
	give("s", 0);
	check("s/b/f", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_owned_rows),
		cmocka_unit_test(test_open_owned_long_name),
		cmocka_unit_test(test_open_owned_strangers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
