/* uprobe/why.c: what is said of a machine that lets us set no probes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "uprobe/internal.h"

static char dir[] = "/tmp/gotune-why.XXXXXX";
static int root = -1;

static void put(const char *path, const char *text)
{
	char whole[256], parent[256];
	FILE *f;

	(void)snprintf(whole, sizeof(whole), "%s/%s", dir, path);
	(void)snprintf(parent, sizeof(parent), "%s", whole);
	*strrchr(parent, '/') = '\0';
	assert_int_equal(gt_mkdirs(parent), 0);
	f = fopen(whole, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int make_root(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : 0;
}

static int remove_root(void **state)
{
	char command[64];

	(void)state;
	close(root);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command); /* NOLINT(cert-env33-c): a test's own directory */
}

static void test_gt_uprobes_exist(void **state)
{
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_uprobes_exist(root, &e), -ENOTSUP);
	assert_non_null(strstr(e.msg, "CONFIG_UPROBE_EVENTS"));
	put("sys/bus/event_source/devices/uprobe/type", "8\n");
	assert_int_equal(gt_uprobes_exist(root, &e), 0);
}

static void test_gt_uprobes_refused(void **state)
{
	/* Bits: CAP_SYS_ADMIN 21, CAP_PERFMON 38, CAP_BPF 39. */
	static const struct {
		const char *name, *caps, *lockdown;
		int code;
		const char *want;
	} rows[] = {
		{"no capability", "0000000000000000", "[none] integrity", -EPERM, "needs CAP_BPF"},
		{"one of two", "0000008000000000", "[none] integrity", -EACCES, "needs CAP_BPF"},
		{"both", "000000c000000000", "[none] integrity", -EPERM, "but not of a container"},
		{"the old one", "0000000000200000", "[none] integrity", -EPERM,
		 "but not of a container"},
		{"locked", "000000c000000000", "none integrity [confidentiality]", -EPERM,
		 "locked down"},
		{"locked, but no capability", "0", "none [integrity]", -EPERM, "needs CAP_BPF"},
		{"old", "000000c000000000", "[none]", -EINVAL, "Linux 5.8 or later"},
		{"none at all", "000000c000000000", "[none]", -ENOSYS, "Linux 5.8 or later"},
		{"else", "000000c000000000", "[none]", -ENOMEM,
		 "cannot load: Cannot allocate memory"},
	};

	(void)state;
	for (unsigned i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_err e = {0};
		char status[128];

		(void)snprintf(status, sizeof(status), "Name:\tx\nCapEff:\t%s\nSeccomp:\t0\n",
			       rows[i].caps);
		put("proc/self/status", status);
		put("sys/kernel/security/lockdown", rows[i].lockdown);
		if (gt_uprobes_refused(root, rows[i].code, "load", &e) != rows[i].code ||
		    !strstr(e.msg, rows[i].want) || strchr(e.msg, '\n'))
			fail_msg("%s: %s", rows[i].name, e.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_uprobes_exist),
		cmocka_unit_test(test_gt_uprobes_refused),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
