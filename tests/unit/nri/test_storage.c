/* The layers of containers/storage, as its library writes them. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../skip.h"
#include "nri/storage.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static char top[64];

static void run(const char *command)
{
	char line[1024];

	(void)snprintf(line, sizeof(line), "cd %s && %s", top, command);
	assert_int_equal(system(line), 0);
}

/* A container's layer on two of an image. */
static int setup(void **state)
{
	(void)state;
	strcpy(top, "/tmp/gotune-storage-XXXXXX");
	assert_non_null(mkdtemp(top));
	assert_int_equal(chmod(top, 0755), 0);
	run("mkdir -p overlay/l overlay/" A "/diff overlay/" A "/merged overlay/" B
	    "/diff overlay/" C "/diff && ln -s ../" B "/diff overlay/l/BBB && ln -s ../" C
	    "/diff overlay/l/CCC && printf l/BBB:l/CCC >overlay/" A "/lower");
	return 0;
}

static int teardown(void **state)
{
	char line[128];

	(void)state;
	(void)snprintf(line, sizeof(line), "rm -rf --one-file-system %s", top);
	return system(line);
}

/* The directories below TOP, with a blank after each; or "-ERRNO". */
static const char *dirs_of(const char *merged)
{
	static char text[4096];
	static struct gt_list list;
	int r;

	gt_list_init(&list);
	r = gt_nri_storage_dirs(merged, &list.v);
	text[0] = '\0';
	if (r < 0)
		(void)snprintf(text, sizeof(text), "%d", r);
	for (const char *dir = r < 0 ? NULL : gt_strv_next(&list.v, NULL); dir;
	     dir = gt_strv_next(&list.v, dir)) {
		assert_memory_equal(dir, top, strlen(top));
		strncat(text, dir + strlen(top), sizeof(text) - strlen(text) - 1);
		strncat(text, " ", sizeof(text) - strlen(text) - 1);
	}
	return text;
}

static const char *dirs_below(const char *path)
{
	char merged[512];

	(void)snprintf(merged, sizeof(merged), "%s%s", top, path);
	return dirs_of(merged);
}

#define MERGED	"/overlay/" A "/merged"
#define ALL	"/overlay/" A "/diff /overlay/" B "/diff /overlay/" C "/diff "
#define UNKNOWN "-95" /* -ENOTSUP */

static void test_layers(void **state)
{
	(void)state;
	assert_string_equal(dirs_below(MERGED), ALL);
	/* Without a layer below. */
	run("rm overlay/" A "/lower");
	assert_string_equal(dirs_below(MERGED), "/overlay/" A "/diff ");
}

static void test_what_lower_may_say(void **state)
{
	static const struct {
		const char *lower, *want;
	} rows[] = {
		{"l/CCC", "/overlay/" A "/diff /overlay/" C "/diff "},
		{"l/BBB:l/CCC\\n", ALL},
		{"l/DDD", "-2"}, /* of another store */
		{"l/../l/BBB", UNKNOWN},
		{"l/..", UNKNOWN},
		{"l/", UNKNOWN},
		{"/etc", UNKNOWN},
		{"BBB", UNKNOWN},
		{"", UNKNOWN},
		{"l/BBB:", UNKNOWN},
		{":l/BBB", UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char line[256];

		(void)snprintf(line, sizeof(line), "printf '%s' >overlay/" A "/lower",
			       rows[i].lower);
		run(line);
		if (strcmp(dirs_below(MERGED), rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].lower, dirs_below(MERGED));
	}
}

static void test_where_links_may_lead(void **state)
{
	static const char *const to[] = {"/etc",      "../" B,		 "../../" B "/diff",
					 "../x/diff", "../" B "/diff/x", "../" B "/diffs",
					 ""};

	(void)state;
	run("printf l/X >overlay/" A "/lower");
	for (size_t i = 0; i < GT_ARRAY_LEN(to); i++) {
		char line[256];

		(void)snprintf(line, sizeof(line), "ln -sfn '%s' overlay/l/X", to[i]);
		if (!to[i][0])
			(void)snprintf(line, sizeof(line), "rm overlay/l/X && mkdir overlay/l/X");
		run(line);
		assert_true(dirs_below(MERGED)[0] == '-');
	}
}

static void test_a_file_that_others_may_write(void **state)
{
	(void)state;
	run("chmod 666 overlay/" A "/lower");
	assert_string_equal(dirs_below(MERGED), "-1"); /* -EPERM */
	run("chmod 644 overlay/" A "/lower && head -c 20000 /dev/zero >overlay/" A "/lower");
	assert_string_equal(dirs_below(MERGED), "-27"); /* -EFBIG */
}

static void test_paths(void **state)
{
	static const char *const paths[] = {"",
					    "merged",
					    "/",
					    "/merged",
					    "/a/merged",
					    "/a/overlay/x/merged",
					    "/overlay/" A,
					    "a/overlay/" A "/merged",
					    "/a/vfs/" A "/merged",
					    "/a/../overlay/" A "/merged",
					    "/overlay/" A A "/merged"};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(paths); i++)
		assert_string_equal(dirs_of(paths[i]), UNKNOWN);
}

/* Where the mount is seen it has all that there is. */
static void test_mounted(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		SKIP("a mount takes root");
	pid = fork();
	if (pid == 0) {
		char merged[512];

		(void)snprintf(merged, sizeof(merged), "%s%s", top, MERGED);
		if (unshare(CLONE_NEWNS) < 0 || mount("", "/", "", MS_REC | MS_PRIVATE, "") < 0 ||
		    mount("x", merged, "tmpfs", 0, "") < 0)
			_exit(99);
		_exit(strcmp(dirs_below(MERGED), MERGED " ") == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_lower_may_say, setup, teardown),
		cmocka_unit_test_setup_teardown(test_where_links_may_lead, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_file_that_others_may_write, setup, teardown),
		cmocka_unit_test(test_paths),
		cmocka_unit_test_setup_teardown(test_mounted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
