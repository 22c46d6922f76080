/* A container's log on a Kubernetes node, by kubelet's link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/diagnose.h"

#define ID_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define ID_C "00000076543210fedcba9876543210fedcba9876543210fedcba98765432beef"

static char dir[] = "/tmp/gotune-node.XXXXXX";

static void make(const char *name)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fputs("line\n", f) >= 0, 1);
	assert_int_equal(fclose(f), 0);
}

static void remove_file(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(remove(path), 0);
}

static const char *const names[] = {
	"web-7f9_shop_app-" ID_A ".log",
	"web-7f9_shop_side-car-" ID_B ".log",
	"db-0_shop_db-" ID_C ".log",
	"no-id_shop_x-1234.log",
	"x.log",
	".log",
	"web-7f9_shop_app-" ID_A ".txt",
};

static void check(const char *name, int want, const char *id)
{
	struct gt_log_found f;
	struct gt_err e = {0};
	int r = gt_log_find_on_node(name, dir, "/nonexistent", true, &f, &e);

	if (r != want || (r == 0 && strcmp(f.id, id) != 0))
		fail_msg("%s: %d %s, id %s", name, r, e.msg, r == 0 ? f.id : "");
	if (r < 0)
		return;
	assert_true(f.fd >= 0);
	assert_string_equal(f.engine, "CRI");
	assert_int_equal(strncmp(f.path, dir, strlen(dir)), 0);
	close(f.fd);
}

static void test_gt_log_find_on_node(void **state)
{
	char sub[512];

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (unsigned i = 0; i < GT_ARRAY_LEN(names); i++)
		make(names[i]);
	(void)snprintf(sub, sizeof(sub), "%s/dir_shop_d-%s.log", dir,
		       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(mkdir(sub, 0700), 0);
	check("db-0", 0, ID_C);
	check("db-0/db", 0, ID_C);
	check("web-7f9", -ENOTUNIQ, NULL);
	check("web-7f9/app", 0, ID_A);
	check("web-7f9/side-car", 0, ID_B);
	check("0123456789ab", 0, ID_A);
	check(ID_B, 0, ID_B);
	check("dir", -EINVAL, NULL); /* not a file */
	check("web", -ENOENT, NULL);
	check("app", -ENOENT, NULL);
	check("db-0/", -ENOENT, NULL);
	check("/db", -ENOENT, NULL);
	check("x", -ENOENT, NULL);
	check("no-id", -ENOENT, NULL);
	check(ID_A "0", -ENOENT, NULL);
	assert_int_equal(rmdir(sub), 0);
	for (unsigned i = 0; i < GT_ARRAY_LEN(names); i++)
		remove_file(names[i]);
	assert_int_equal(rmdir(dir), 0);
	check("db-0", -ENOENT, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_gt_log_find_on_node)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
