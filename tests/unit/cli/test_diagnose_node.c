/* A container's log on a Kubernetes node, by kubelet's link. */
#include <fcntl.h>
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

/* --- kubelet's tree --------------------------------------------------------------------------- */

static char tree[] = "/tmp/gotune-pods.XXXXXX";

#define LOGS   "pods/shop_web-7f9_b5d1/app"
#define LINK_A "containers/web-7f9_shop_app-" ID_A ".log"
#define LINK_B "containers/web-7f9_shop_app-" ID_B ".log"

/* Each holds its own name. 0.log is of the container before the last restart. */
static const char *const pieces[] = {
	LOGS "/0.log",
	LOGS "/0.log.20261128-100000.gz",
	LOGS "/1.log",
	LOGS "/1.log.20261128-185029",	  /* not packed yet */
	LOGS "/1.log.20261128-185029.gz", /* ... or just so: the same again */
	LOGS "/1.log.20261127-235959.gz",
	LOGS "/1.log.20261128-000000.gz",
	LOGS "/1.log.20261128-120000.gz.tmp", /* not whole */
	LOGS "/1.log.2026112-120000",
	LOGS "/1.log.20261128-120000.zst",
	LOGS "/11.log.20261128-120000",
};

static void in_tree(const char *name, char ret[512])
{
	(void)snprintf(ret, 512, "%s/%s", tree, name);
}

static void make_tree(void)
{
	static const char *const dirs[] = {"containers", "pods", "pods/shop_web-7f9_b5d1", LOGS};
	char path[512], to[512];

	assert_non_null(mkdtemp(tree));
	for (unsigned i = 0; i < GT_ARRAY_LEN(dirs); i++) {
		in_tree(dirs[i], path);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (unsigned i = 0; i < GT_ARRAY_LEN(pieces); i++) {
		FILE *f;

		in_tree(pieces[i], path);
		f = fopen(path, "w");
		assert_non_null(f);
		assert_true(fputs(strrchr(pieces[i], '/') + 1, f) >= 0);
		assert_int_equal(fclose(f), 0);
	}
	/* The older one last, and first: the order of a directory is none. */
	in_tree(LOGS "/1.log", to);
	in_tree(LINK_A, path);
	assert_int_equal(symlink(to, path), 0);
	in_tree(LOGS "/0.log", to);
	in_tree(LINK_B, path);
	assert_int_equal(symlink(to, path), 0);
}

static void expect_text(int fd, const char *want)
{
	char text[64] = "";

	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	assert_string_equal(text, want);
}

static void test_gt_log_find_on_node_rotated(void **state)
{
	static const char *const want[] = {"1.log.20261127-235959.gz", "1.log.20261128-000000.gz",
					   "1.log.20261128-185029"};
	struct gt_log_found f;
	struct gt_err e = {0};
	char links[512], path[512];

	(void)state;
	make_tree();
	in_tree("containers", links);
	assert_int_equal(gt_log_find_on_node("web-7f9/app", links, "/nonexistent", true, &f, &e),
			 0);
	assert_string_equal(f.id, ID_A);
	expect_text(f.fd, "1.log");
	assert_int_equal(f.older.n, GT_ARRAY_LEN(want));
	for (unsigned i = 0; i < f.older.n; i++)
		expect_text(f.older.fd[i], want[i]);
	gt_log_pieces_close(&f.older);
	close(f.fd);
	/* The one before has an id, and pieces of its own. */
	assert_int_equal(gt_log_find_on_node(ID_B, links, "/nonexistent", true, &f, &e), 0);
	expect_text(f.fd, "0.log");
	assert_int_equal(f.older.n, 1);
	expect_text(f.older.fd[0], "0.log.20261128-100000.gz");
	gt_log_pieces_close(&f.older);
	/* A log that was rotated after it was opened is no piece of itself. */
	in_tree(LOGS "/1.log.20261128-185029", path);
	close(f.fd);
	f.fd = open(path, O_RDONLY | O_CLOEXEC);
	in_tree(LINK_A, path);
	assert_int_equal(gt_log_pieces_open(path, f.fd, &f.older, &e), 0);
	assert_int_equal(f.older.n, 2);
	gt_log_pieces_close(&f.older);
	close(f.fd);
	assert_int_equal(gt_log_find_on_node(ID_B, links, "/nonexistent", false, &f, &e), 0);
	assert_int_equal(f.fd, -1);
	assert_int_equal(f.older.n, 0);
}

/* More than we open: the newest of them. */
static void test_gt_log_pieces_open_many(void **state)
{
	struct gt_log_pieces p;
	struct gt_err e = {0};
	char path[512], name[128];
	int fd;

	(void)state;
	for (unsigned i = 0; i < GT_LOG_PIECES_MAX + 5; i++) {
		(void)snprintf(name, sizeof(name), LOGS "/0.log.20270101-0000%02u", i);
		in_tree(name, path);
		fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_true(write(fd, strrchr(name, '/') + 1, 21) == 21);
		close(fd);
	}
	in_tree(LINK_B, path);
	assert_int_equal(gt_log_pieces_open(path, -1, &p, &e), 0);
	assert_int_equal(p.n, GT_LOG_PIECES_MAX);
	expect_text(p.fd[0], "0.log.20270101-000005");
	expect_text(p.fd[p.n - 1], "0.log.20270101-000036");
	gt_log_pieces_close(&p);
	assert_int_equal(gt_log_pieces_open("/nonexistent/x.log", -1, &p, &e), -ENOENT);
}

static int remove_tree(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", tree);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_log_find_on_node),
		cmocka_unit_test(test_gt_log_find_on_node_rotated),
		cmocka_unit_test_teardown(test_gt_log_pieces_open_many, remove_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
