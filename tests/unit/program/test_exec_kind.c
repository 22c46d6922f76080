/*
 * What an executed file is to somebody who waits for the program that counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/program.h"

static const struct row {
	const char *exe;
	enum gt_prog_kind kind;
	const char *main_path;
	enum gt_exec_kind want;
} rows[] = {
	/* by name */
	{"/bin/dash", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/bash", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/bin/busybox", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/bin/busybox.static", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/bin/bash-static", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/bin/ksh93", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/python3.11", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/python3.7m", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/perl5.36.0", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/perl", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/ruby3.1", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/lua5.4", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/php8.2", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/local/bin/node", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/tini", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/sbin/docker-init", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/dev/init", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/setpriv", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/coreutils", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/lib64/ld-linux-x86-64.so.2", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/lib/ld-musl-aarch64.so.1", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/command/s6-svscan", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/command/execlineb", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/usr/bin/runsvdir", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	/* what the kernel adds, and what could not be read */
	{"/bin/dash (deleted)", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	{"/bin/sh", GT_PROG_UNKNOWN, "", GT_EXEC_LEADS_ON},
	{"sh", GT_PROG_OTHER, "", GT_EXEC_LEADS_ON},
	/* no launchers, though their names begin so */
	{"/usr/sbin/nginx", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	{"/usr/bin/node_exporter", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	{"/usr/sbin/php-fpm8.2", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	{"/usr/bin/pythonista", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	{"/usr/bin/shell", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	{"/usr/bin/envoy", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	{"/usr/bin/s6", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	{"/bin/sh/", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	{"", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	{" (deleted)", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	/* they trace their children themselves */
	{"/usr/bin/strace", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	{"/usr/bin/gdb", GT_PROG_OTHER, "", GT_EXEC_OTHER},
	/* Go: by the package alone */
	{"/app", GT_PROG_GO, "example.com/app", GT_EXEC_GO},
	{"/app", GT_PROG_GO, "", GT_EXEC_GO},
	{"/bin/sh", GT_PROG_GO, "example.com/sh", GT_EXEC_GO},
	{"/gosu", GT_PROG_GO, "github.com/tianon/gosu", GT_EXEC_LEADS_ON},
	{"/x", GT_PROG_GO, "github.com/buildpacks/lifecycle/cmd/launcher", GT_EXEC_LEADS_ON},
	{"/x", GT_PROG_GO, "github.com/buildpacks/lifecycle/cmd/lifecycle", GT_EXEC_GO},
	{"/x", GT_PROG_GO, "github.com/argoproj/argo-workflows/v3/cmd/argoexec", GT_EXEC_LEADS_ON},
	{"/x", GT_PROG_GO, "github.com/argoproj/argo-workflows/v12/cmd/argoexec", GT_EXEC_LEADS_ON},
	{"/x", GT_PROG_GO, "github.com/segmentio/chamber/v2", GT_EXEC_LEADS_ON},
	{"/x", GT_PROG_GO, "github.com/segmentio/chamber/v2x", GT_EXEC_GO},
	{"/x", GT_PROG_GO, "github.com/segmentio/chamber/v", GT_EXEC_GO},
	{"/x", GT_PROG_GO, "github.com/segmentio/chamber/cmd", GT_EXEC_GO},
	{"/x", GT_PROG_GO, "evil.com/github.com/tianon/gosu", GT_EXEC_GO},
	{"/x", GT_PROG_GO, "v2/github.com/tianon/gosu", GT_EXEC_GO},
	{"/x", GT_PROG_GO, "go.mozilla.org/sops/v3/cmd/sops", GT_EXEC_LEADS_ON},
};

static void test_gt_program_exec_kind(void **state)
{
	static struct gt_program p;
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		enum gt_exec_kind is;

		p.kind = rows[i].kind;
		assert_true(gt_copy_str(p.main_path, sizeof(p.main_path), rows[i].main_path));
		is = gt_program_exec_kind(rows[i].exe, &p);
		if (is != rows[i].want) {
			print_error("%s [%s]: %d\n", rows[i].exe, rows[i].main_path, (int)is);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* Names and packages of any length. */
static void test_gt_program_exec_kind_long(void **state)
{
	static struct gt_program p = {.kind = GT_PROG_OTHER};
	char exe[4096];

	(void)state;
	memset(exe, '1', sizeof(exe));
	memcpy(exe, "/bin/python", 11);
	exe[sizeof(exe) - 1] = '\0';
	assert_int_equal(gt_program_exec_kind(exe, &p), GT_EXEC_OTHER);
	p.kind = GT_PROG_GO;
	memset(p.main_path, 'v', sizeof(p.main_path) - 1);
	assert_int_equal(gt_program_exec_kind(exe, &p), GT_EXEC_GO);
	memset(p.main_path, '/', sizeof(p.main_path) - 1);
	assert_int_equal(gt_program_exec_kind(exe, &p), GT_EXEC_GO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_program_exec_kind),
		cmocka_unit_test(test_gt_program_exec_kind_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
