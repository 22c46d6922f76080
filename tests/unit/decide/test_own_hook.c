/*
 * Which file may be our hook in a config.json.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "decide/own_hook.h"
#include "gotune/base.h"
#include "gotune/model.h"

static char top[64], hook[128];

static void sh(const char *what)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "cd '%s' && { %s; }", top, what);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static int make_file(void **state)
{
	(void)state;
	(void)gt_copy_str(top, sizeof(top), "/tmp/gotune-own-hook-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	(void)snprintf(hook, sizeof(hook), "%s/a/libexec/oci-gotune-hook", top);
	sh("umask 022; mkdir -p a/libexec b && cp /bin/true a/libexec/oci-gotune-hook");
	return 0;
}

static int drop_file(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command) == 0 ? 0 : -1;
}

static void test_own_hook_usable(void **state)
{
	char ret[GT_PATH_CAP] = "";

	(void)state;
	assert_true(gt_own_hook_usable(hook, ret));
	assert_string_equal(ret, hook);
}

/* Each makes it unusable. */
static void test_own_hook_that_others_may_change(void **state)
{
	static const struct {
		const char *what, *undo;
	} rows[] = {
		{"chmod o+w a/libexec/oci-gotune-hook", "chmod o-w a/libexec/oci-gotune-hook"},
		{"chmod g+w a/libexec/oci-gotune-hook", "chmod g-w a/libexec/oci-gotune-hook"},
		{"chmod a-x a/libexec/oci-gotune-hook", "chmod a+x a/libexec/oci-gotune-hook"},
		{"chmod o+w a/libexec", "chmod o-w a/libexec"},
		{"chmod g+w a", "chmod g-w a"},
		{"mv a/libexec/oci-gotune-hook x", "mv x a/libexec/oci-gotune-hook"},
		{"mv a/libexec/oci-gotune-hook x && mkfifo a/libexec/oci-gotune-hook",
		 "mv -f x a/libexec/oci-gotune-hook"},
		{"mv a/libexec/oci-gotune-hook x && ln -s ../../x a/libexec/oci-gotune-hook",
		 "mv -f x a/libexec/oci-gotune-hook"}, /* another name */
		{"chown 12345 a/libexec/oci-gotune-hook", "chown 0 a/libexec/oci-gotune-hook"},
		{"chown 12345 a", "chown 0 a"},
	};
	char ret[GT_PATH_CAP];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		if (strncmp(rows[i].what, "chown", 5) == 0 && geteuid() != 0)
			continue; /* there is nobody to give it to */
		sh(rows[i].what);
		if (gt_own_hook_usable(hook, ret))
			fail_msg("%s", rows[i].what);
		sh(rows[i].undo);
		if (!gt_own_hook_usable(hook, ret))
			fail_msg("%s", rows[i].undo);
	}
}

/* A link to a place that is trusted is followed; what is named is that place. */
static void test_own_hook_behind_a_link(void **state)
{
	char link[128], ret[GT_PATH_CAP] = "";

	(void)state;
	sh("ln -s ../a/libexec b/libexec");
	(void)snprintf(link, sizeof(link), "%s/b/libexec/oci-gotune-hook", top);
	assert_true(gt_own_hook_usable(link, ret));
	assert_string_equal(ret, hook);
	sh("chmod o+w b"); /* on the way only to the link, which is not what is named */
	assert_true(gt_own_hook_usable(link, ret));
}

static void test_own_hook_of_another_name(void **state)
{
	char path[160], ret[GT_PATH_CAP];

	(void)state;
	sh("cp -p a/libexec/oci-gotune-hook a/libexec/hook");
	(void)snprintf(path, sizeof(path), "%s/a/libexec/hook", top);
	assert_false(gt_own_hook_usable(path, ret));
	assert_false(gt_own_hook_usable("a/libexec/oci-gotune-hook", ret));
	assert_false(gt_own_hook_usable("", ret));
	/* A path that JSON cannot hold. */
	sh("d=a/$(printf '\\377') && mkdir \"$d\" && cp -p a/libexec/oci-gotune-hook \"$d\"");
	(void)snprintf(path, sizeof(path), "%s/a/\377/oci-gotune-hook", top);
	assert_int_equal(access(path, X_OK), 0);
	assert_false(gt_own_hook_usable(path, ret));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_file, drop_file)
	const struct CMUnitTest tests[] = {
		TEST(test_own_hook_usable),
		TEST(test_own_hook_that_others_may_change),
		TEST(test_own_hook_behind_a_link),
		TEST(test_own_hook_of_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
