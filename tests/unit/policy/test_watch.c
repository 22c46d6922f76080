/*
 * The policy of a program that goes on running: changed, broken, repaired, exchanged as kubelet
 * does with a ConfigMap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "policy/ahead.h"

static char dir[] = "/tmp/gotune-watch-XXXXXX";
static int root = -1;
static struct gt_policy_watch *w;

static const char *path_of(const char *name)
{
	static char path[4][256];
	static unsigned i;

	i = (i + 1) % 4;
	assert_true(snprintf(path[i], sizeof(path[i]), "%s/etc/gotune/%s", dir, name) < 256);
	return path[i];
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path_of(name), 0644), 0);
}

static int drop(const char *path, const struct stat *st)
{
	return S_ISDIR(st->st_mode) ? rmdir(path) : unlink(path);
}

/* At most two levels are there. */
static void empty(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	char sub[600];
	struct stat st;

	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		(void)snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name);
		if (lstat(sub, &st) == 0 && drop(sub, &st) < 0) {
			DIR *inner = opendir(sub);
			const struct dirent *f;

			while (inner && (f = readdir(inner)))
				(void)unlinkat(dirfd(inner), f->d_name, 0);
			(void)closedir(inner);
			(void)rmdir(sub);
		}
	}
	(void)closedir(d);
}

static int make(void **state)
{
	(void)state;
	ahead_s = 0;
	empty(path_of("."));
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	gt_policy_watch_free(w);
	w = NULL;
	return 0;
}

static void open_watch(void)
{
	struct gt_err e = {0};

	assert_int_equal(gt_policy_watch_open(root, NULL, &w, &e), 0);
}

static enum gt_policy_news look(void)
{
	enum gt_policy_news news = GT_POLICY_SAME;
	struct gt_err e = {0};

	assert_int_equal(gt_policy_watch_look(w, &news, &e), 0);
	return news;
}

static enum gt_mode mode(void)
{
	return gt_policy_watch_get(w)->mode;
}

#define MODE(m) "{\"version\": 1, \"mode\": \"" m "\"}"

static void test_watch_same_then_new(void **state)
{
	(void)state;
	put("policy.json", MODE("audit"));
	open_watch();
	assert_int_equal(mode(), GT_MODE_AUDIT);
	assert_true(gt_policy_watch_since(w) > 0);
	assert_int_equal(look(), GT_POLICY_SAME); /* read again: it is too new to be trusted */
	ahead_s = 60;
	assert_int_equal(look(), GT_POLICY_SAME);
	assert_int_equal(look(), GT_POLICY_SAME);
	put("policy.json", MODE("off"));
	assert_int_equal(look(), GT_POLICY_NEW);
	assert_int_equal(mode(), GT_MODE_OFF);
}

/* Written through a page that is mapped and dirty already: neither time nor size changes. */
static void test_watch_change_that_no_time_shows(void **state)
{
	struct stat before, after;
	char *page;
	int fd;

	(void)state;
	put("policy.json", MODE("off"));
	fd = open(path_of("policy.json"), O_RDWR);
	assert_true(fd >= 0);
	page = mmap(NULL, strlen(MODE("off")), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(page != MAP_FAILED);
	page[0] = '{';
	open_watch();
	assert_int_equal(fstat(fd, &before), 0);
	page[0] = '[';
	assert_int_equal(fstat(fd, &after), 0);
	assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim));
	assert_int_equal(look(), GT_POLICY_REFUSED);
	(void)munmap(page, strlen(MODE("off")));
	close(fd);
}

static void test_watch_broken_keeps_the_last_good(void **state)
{
	int64_t since;

	(void)state;
	put("policy.json", MODE("audit"));
	open_watch();
	since = gt_policy_watch_since(w);
	ahead_s = 60;
	put("policy.json", "{\"version\": 1, \"mode\": \"of");
	assert_int_equal(look(), GT_POLICY_REFUSED);
	assert_int_equal(look(), GT_POLICY_SAME); /* said once */
	assert_int_equal(mode(), GT_MODE_AUDIT);
	assert_int_equal(gt_policy_watch_since(w), since);
	assert_non_null(gt_policy_watch_refused(w));
	assert_true(gt_policy_watch_refused(w)->layer[1].broken);
	put("policy.json", "{\"version\": 1, \"mode\": 3}"); /* broken elsewhere */
	assert_int_equal(look(), GT_POLICY_REFUSED);
	/* What was good before is news again. */
	put("policy.json", MODE("audit"));
	assert_int_equal(look(), GT_POLICY_NEW);
	assert_null(gt_policy_watch_refused(w));
	assert_int_equal(gt_policy_watch_since(w), time(NULL));
}

static void test_watch_drop_in_breaks_and_goes(void **state)
{
	(void)state;
	put("policy.json", MODE("audit"));
	assert_int_equal(mkdir(path_of("policy.d"), 0755), 0);
	open_watch();
	ahead_s = 60;
	put("policy.d/9.json", "{");
	assert_int_equal(look(), GT_POLICY_REFUSED);
	assert_int_equal(mode(), GT_MODE_AUDIT);
	assert_int_equal(unlink(path_of("policy.d/9.json")), 0);
	assert_int_equal(look(), GT_POLICY_NEW);
	put("policy.d/9.json", MODE("off"));
	assert_int_equal(look(), GT_POLICY_NEW);
	assert_int_equal(mode(), GT_MODE_OFF);
}

static void test_watch_none_then_some(void **state)
{
	(void)state;
	open_watch();
	assert_int_equal(mode(), GT_MODE_ENFORCE); /* the built-in */
	assert_int_equal(look(), GT_POLICY_SAME);
	put("policy.json", MODE("off"));
	assert_int_equal(look(), GT_POLICY_NEW);
	assert_int_equal(unlink(path_of("policy.json")), 0);
	assert_int_equal(look(), GT_POLICY_NEW);
	assert_int_equal(mode(), GT_MODE_ENFORCE);
}

/* There is no last good one: what the broken file would govern is left alone. */
static void test_watch_broken_at_first(void **state)
{
	(void)state;
	put("policy.json", "{");
	open_watch();
	assert_true(gt_policy_watch_get(w)->broken);
	assert_int_equal(gt_policy_watch_since(w), 0);
	assert_int_equal(look(), GT_POLICY_SAME);
	put("policy.json", MODE("audit"));
	assert_int_equal(look(), GT_POLICY_NEW);
	assert_false(gt_policy_watch_get(w)->broken);
	assert_true(gt_policy_watch_since(w) > 0);
}

/* A file that cannot be read, and one that others may write to, are broken, too. */
static void test_watch_file_of_the_wrong_kind(void **state)
{
	(void)state;
	put("policy.json", MODE("audit"));
	open_watch();
	assert_int_equal(chmod(path_of("policy.json"), 0666), 0);
	assert_int_equal(look(), GT_POLICY_REFUSED);
	assert_int_equal(unlink(path_of("policy.json")), 0);
	assert_int_equal(mkdir(path_of("policy.json"), 0755), 0);
	assert_int_equal(look(), GT_POLICY_REFUSED);
	ahead_s = 60;
	assert_int_equal(look(), GT_POLICY_SAME);
	assert_int_equal(mode(), GT_MODE_AUDIT);
}

/* kubelet: policy.json -> ..data/policy.json, ..data -> ..1, exchanged by a rename. */
static void swap(const char *to, const char *text)
{
	char name[64];

	assert_int_equal(mkdir(path_of(to), 0755), 0);
	(void)snprintf(name, sizeof(name), "%s/policy.json", to);
	put(name, text);
	assert_int_equal(symlink(to, path_of("..data_tmp")), 0);
	assert_int_equal(rename(path_of("..data_tmp"), path_of("..data")), 0);
}

static void test_watch_config_map(void **state)
{
	(void)state;
	swap("..1", MODE("audit"));
	assert_int_equal(symlink("..data/policy.json", path_of("policy.json")), 0);
	open_watch();
	assert_int_equal(mode(), GT_MODE_AUDIT);
	ahead_s = 60;
	assert_int_equal(look(), GT_POLICY_SAME);
	swap("..2", MODE("off"));
	assert_int_equal(look(), GT_POLICY_NEW);
	assert_int_equal(mode(), GT_MODE_OFF);
	swap("..3", "{");
	assert_int_equal(look(), GT_POLICY_REFUSED);
	assert_int_equal(mode(), GT_MODE_OFF);
	swap("..4", MODE("audit"));
	assert_int_equal(look(), GT_POLICY_NEW);
	assert_int_equal(mode(), GT_MODE_AUDIT);
}

static void test_watch_named_file(void **state)
{
	struct gt_err e = {0};

	(void)state;
	put("own.json", MODE("audit"));
	assert_int_equal(gt_policy_watch_open(root, path_of("own.json"), &w, &e), 0);
	assert_int_equal(mode(), GT_MODE_AUDIT);
	ahead_s = 60;
	put("own.json", MODE("off"));
	assert_int_equal(look(), GT_POLICY_NEW);
	assert_int_equal(unlink(path_of("own.json")), 0);
	assert_int_equal(look(), GT_POLICY_REFUSED);
	assert_int_equal(mode(), GT_MODE_OFF);
}

static int open_all(void **state)
{
	char path[256];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/etc", dir);
	if (mkdir(path, 0755) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/etc/gotune", dir);
	if (mkdir(path, 0755) < 0)
		return -1;
	root = gt_root_open(dir, NULL);
	return root < 0 ? -1 : 0;
}

static int close_all(void **state)
{
	char path[256];

	(void)state;
	empty(path_of("."));
	close(root);
	(void)snprintf(path, sizeof(path), "%s/etc/gotune", dir);
	(void)rmdir(path);
	(void)snprintf(path, sizeof(path), "%s/etc", dir);
	(void)rmdir(path);
	return rmdir(dir);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, make, unmake)
	const struct CMUnitTest tests[] = {
		TEST(test_watch_same_then_new),
		TEST(test_watch_change_that_no_time_shows),
		TEST(test_watch_broken_keeps_the_last_good),
		TEST(test_watch_drop_in_breaks_and_goes),
		TEST(test_watch_none_then_some),
		TEST(test_watch_broken_at_first),
		TEST(test_watch_file_of_the_wrong_kind),
		TEST(test_watch_config_map),
		TEST(test_watch_named_file),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
