/*
 * Where records are kept when nobody says where.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "skip.h"

static char top[] = "/tmp/gotune-recdir-XXXXXX";
static int root = -1;

static void make(const char *path, mode_t mode)
{
	char full[256];

	(void)snprintf(full, sizeof(full), "%s/%s", top, path);
	assert_int_equal(mkdir(full, 0700), 0);
	assert_int_equal(chmod(full, mode), 0);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(top));
	root = gt_root_open(top, NULL);
	make("run", 0755);
	make("run/user", 0755);
	make("run/user/1000", 0700);
	make("run/user/1001", 0770);
	make("run/user/1002", 0707);
	return root < 0;
}

static int teardown(void **state)
{
	char command[300];

	(void)state;
	close(root);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static void check(uid_t uid, uid_t outer, const char *want)
{
	char dir[GT_RECORD_DIR_CAP] = "";
	int r = gt_record_dir_choose(root, uid, outer, dir);

	assert_int_equal(r, want ? 0 : -ENOENT);
	assert_string_equal(dir, want ? want : "");
}

static void test_record_dir_choose(void **state)
{
	uid_t me = geteuid();

	(void)state;
	check(me, 0, GT_RECORD_DIR);
	check(me, 1000, "/run/user/1000/gotune");
	/* Others may write there, or it is another's, or there is none: a /run of our own will do.
	 */
	check(me, 1001, GT_RECORD_DIR);
	check(me, 1002, GT_RECORD_DIR);
	check(me, 4294967294, GT_RECORD_DIR);
	/* Not ours: nothing below /run is. */
	check(me + 1, 1000, NULL);
	check(me + 1, 1003, NULL);
	check(me + 1, 0, GT_RECORD_DIR);
}

static void test_record_dir_default(void **state)
{
	char dir[GT_RECORD_DIR_CAP] = "";

	(void)state;
	if (geteuid() != 0)
		SKIP("not root: a record directory of another user depends on the machine");
	assert_int_equal(gt_record_dir_default(dir), 0);
	assert_string_equal(dir, GT_RECORD_DIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record_dir_choose),
		cmocka_unit_test(test_record_dir_default),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
