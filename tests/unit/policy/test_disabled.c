/*
 * The kill switch: whatever has its name counts, below the root that is asked about; with openat2
 * and with the walk that stands in for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "deny_call.h"
#include "gotune/base.h"
#include "gotune/policy.h"

enum made {
	NOTHING,
	A_FILE,
	UNREADABLE,
	A_DIRECTORY,
	A_FIFO,
	LINK_TO_NOTHING,
	LINK_TO_ITSELF,
	LINK_OUT,	/* of the root, to a file that is there */
	NO_DIRECTORY,	/* no /etc at all */
	FILE_FOR_A_DIR, /* /etc/gotune is a file */
	LOOP_ON_THE_WAY,
};

static const struct row {
	const char *name;
	enum made made;
	const char *want; /* a part of the sentence; NULL: not disabled */
} rows[] = {
	{"nothing", NOTHING, NULL},
	{"a file", A_FILE, " exists"},
	{"a file that nobody may read", UNREADABLE, " exists"},
	{"a directory", A_DIRECTORY, " exists"},
	{"a FIFO", A_FIFO, " exists"},
	{"a link that leads nowhere", LINK_TO_NOTHING, " exists"},
	{"a link to itself", LINK_TO_ITSELF, " exists"},
	{"a link out of the root", LINK_OUT, " exists"},
	{"no directory", NO_DIRECTORY, NULL},
	{"a file in place of its directory", FILE_FOR_A_DIR, NULL},
	{"a loop on the way", LOOP_ON_THE_WAY, "cannot tell"},
};

static int make(int root, enum made made)
{
	static const char name[] = "etc/gotune/disabled";

	if (made == NO_DIRECTORY)
		return 0;
	if (mkdirat(root, "etc", 0755) < 0)
		return -1;
	if (made == FILE_FOR_A_DIR)
		return mknodat(root, "etc/gotune", S_IFREG | 0644, 0);
	if (made == LOOP_ON_THE_WAY)
		return symlinkat("gotune", root, "etc/gotune");
	if (mkdirat(root, "etc/gotune", 0755) < 0)
		return -1;
	switch (made) {
	case A_FILE:
		return mknodat(root, name, S_IFREG | 0644, 0);
	case UNREADABLE:
		return mknodat(root, name, S_IFREG, 0);
	case A_DIRECTORY:
		return mkdirat(root, name, 0755);
	case A_FIFO:
		return mkfifoat(root, name, 0644);
	case LINK_TO_NOTHING:
		return symlinkat("/nonexistent", root, name);
	case LINK_TO_ITSELF:
		return symlinkat("disabled", root, name);
	case LINK_OUT:
		return symlinkat("/etc/passwd", root, name);
	default:
		return 0;
	}
}

static bool is_wrong(const struct row *r)
{
	char dir[] = "/tmp/gotune-disabled-XXXXXX", remove[64];
	int root = mkdtemp(dir) ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	const char *said;
	bool wrong;

	if (root < 0 || make(root, r->made) < 0)
		return true;
	said = gt_disabled(root);
	wrong = r->want ? !said || !strstr(said, r->want) : said != NULL;
	if (wrong)
		fprintf(stderr, "row \"%s\": %s\n", r->name, said ? said : "not disabled");
	close(root);
	(void)snprintf(remove, sizeof(remove), "rm -rf '%s'", dir);
	return system(remove) != 0 || wrong;
}

static void test_disabled_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++)
		assert_false(is_wrong(&rows[i]));
}

static void test_disabled_without_openat2(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		bool wrong = deny_call(SYS_openat2, ENOSYS) < 0;

		for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++)
			wrong = is_wrong(&rows[i]) || wrong;
		_exit(wrong);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_disabled_without_a_root(void **state)
{
	(void)state;
	assert_non_null(strstr(gt_disabled(-1), "cannot tell"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disabled_rows),
		cmocka_unit_test(test_disabled_without_openat2),
		cmocka_unit_test(test_disabled_without_a_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
