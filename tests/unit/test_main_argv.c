/*
 * The command lines that engines give an OCI runtime.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gotune/argv.h"

#define ARGS_MAX 24

struct row {
	const char *name;
	const char *argv[ARGS_MAX];
	const char *verb, *bundle, *process, *id;
};

static const struct row rows[] = {
	{"containerd's shim",
	 {"gotune-runtime", "--root", "/run/containerd/runc/k8s.io", "--log", "/b/log.json",
	  "--log-format", "json", "create", "--bundle", "/b", "--pid-file", "/b/init.pid", "abc"},
	 "create",
	 "/b",
	 NULL,
	 "abc"},
	{"containerd's shim with systemd cgroups",
	 {"r", "--root", "/r", "--systemd-cgroup", "--log", "/l", "--log-format", "json", "create",
	  "--bundle", "/b", "--pid-file", "/p", "--console-socket", "/s", "abc"},
	 "create",
	 "/b",
	 NULL,
	 "abc"},
	{"conmon, with equal signs",
	 {"r", "--root=/run/runc", "create", "--bundle", "/b", "--pid-file", "/p", "abc"},
	 "create",
	 "/b",
	 NULL,
	 "abc"},
	{"everything with equal signs",
	 {"r", "--root=/r", "--log=/l", "--log-format=json", "--log-level=debug",
	  "--systemd-cgroup=true", "create", "--bundle=/b", "--pid-file=/p", "--no-pivot", "abc"},
	 "create",
	 "/b",
	 NULL,
	 "abc"},
	{"crun under Podman",
	 {"r", "--systemd-cgroup", "--root=/run/crun", "create", "--bundle", "/b", "--pid-file",
	  "/p", "abc"},
	 "create",
	 "/b",
	 NULL,
	 "abc"},
	{"crun's cgroup manager",
	 {"r", "--cgroup-manager", "systemd", "--debug", "run", "-b", "/b", "abc"},
	 "run",
	 "/b",
	 NULL,
	 "abc"},
	{"run, short", {"r", "run", "-b", "/b", "-d", "abc"}, "run", "/b", NULL, "abc"},
	{"run, short with an equal sign", {"r", "run", "-b=/b", "abc"}, "run", "/b", NULL, "abc"},
	{"run, short and joined", {"r", "run", "-b/b", "abc"}, "run", "/b", NULL, "abc"},
	{"runc takes long names after one dash",
	 {"r", "-root", "/r", "create", "-pid-file", "/p", "-bundle", "/b", "-no-pivot", "abc"},
	 "create",
	 "/b",
	 NULL,
	 "abc"},
	{"one dash and an equal sign",
	 {"r", "-root=/r", "run", "-bundle=/b", "abc"},
	 "run",
	 "/b",
	 NULL,
	 "abc"},
	{"run in the bundle", {"r", "run", "abc"}, "run", NULL, NULL, "abc"},
	{"the last bundle counts",
	 {"r", "run", "--bundle", "/a", "--bundle=/b", "abc"},
	 "run",
	 "/b",
	 NULL,
	 "abc"},
	{"--preserve-fds has a value",
	 {"r", "create", "--preserve-fds", "2", "--bundle", "/b", "abc"},
	 "create",
	 "/b",
	 NULL,
	 "abc"},
	{"after a double dash",
	 {"r", "create", "--bundle", "/b", "--", "abc"},
	 "create",
	 "/b",
	 NULL,
	 "abc"},
	{"exec with a process file",
	 {"r", "--root", "/r", "exec", "--process", "/p.json", "--detach", "--pid-file", "/p",
	  "abc"},
	 "exec",
	 NULL,
	 "/p.json",
	 "abc"},
	{"exec, short",
	 {"r", "exec", "-p", "/p.json", "-d", "abc"},
	 "exec",
	 NULL,
	 "/p.json",
	 "abc"},
	{"exec of a command: its own flags are not ours",
	 {"r", "exec", "--cwd", "/", "--user", "1:1", "-e", "A=b", "abc", "prog", "--bundle", "/x",
	  "--process=/y"},
	 "exec",
	 NULL,
	 NULL,
	 "abc"},
	{"a value that looks like a verb",
	 {"r", "--root", "create", "state", "abc"},
	 "state",
	 NULL,
	 NULL,
	 "abc"},
	{"a value that looks like a flag",
	 {"r", "create", "--pid-file", "--bundle", "abc"},
	 "create",
	 NULL,
	 NULL,
	 "abc"},
	{"start", {"r", "--root", "/r", "start", "abc"}, "start", NULL, NULL, "abc"},
	{"kill", {"r", "--root", "/r", "kill", "--all", "abc", "9"}, "kill", NULL, NULL, "abc"},
	{"delete", {"r", "--root", "/r", "delete", "--force", "abc"}, "delete", NULL, NULL, "abc"},
	{"state", {"r", "state", "abc"}, "state", NULL, NULL, "abc"},
	{"pause", {"r", "pause", "abc"}, "pause", NULL, NULL, "abc"},
	{"resume", {"r", "resume", "abc"}, "resume", NULL, NULL, "abc"},
	{"update from standard input",
	 {"r", "update", "--resources=-", "abc"},
	 "update",
	 NULL,
	 NULL,
	 "abc"},
	{"features", {"r", "features"}, "features", NULL, NULL, NULL},
	{"--version", {"r", "--version"}, NULL, NULL, NULL, NULL},
	{"nothing", {"r"}, NULL, NULL, NULL, NULL},
	{"not even a name", {NULL}, NULL, NULL, NULL, NULL},
	{"a global flag without its value", {"r", "--root"}, NULL, NULL, NULL, NULL},
	{"a bundle without its value", {"r", "create", "--bundle"}, "create", NULL, NULL, NULL},
	{"a short bundle without its value", {"r", "create", "-b"}, "create", NULL, NULL, NULL},
	{"a double dash and nothing", {"r", "create", "--"}, "create", NULL, NULL, NULL},
	{"a verb without an id", {"r", "create", "--bundle", "/b"}, "create", "/b", NULL, NULL},
	{"an empty argument", {"r", "create", ""}, "create", NULL, NULL, ""},
};

static bool same(const char *name, const char *what, const char *want, const char *got)
{
	if (want == got || (want && got && strcmp(want, got) == 0))
		return true;
	print_error("%s: %s: want %s, got %s\n", name, what, want ? want : "none",
		    got ? got : "none");
	return false;
}

static void test_runtime_argv_parse_table(void **state)
{
	bool ok = true;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const struct row *w = &rows[i];
		char text[ARGS_MAX][64];
		char *argv[ARGS_MAX + 1] = {NULL};
		struct gt_runtime_argv a;
		int argc = 0;

		for (; w->argv[argc]; argc++) {
			(void)snprintf(text[argc], sizeof(text[argc]), "%s", w->argv[argc]);
			argv[argc] = text[argc];
		}
		gt_runtime_argv_parse(argc, argv, &a);
		ok = same(w->name, "verb", w->verb, a.verb) && ok;
		ok = same(w->name, "bundle", w->bundle, a.bundle) && ok;
		ok = same(w->name, "process", w->process, a.process) && ok;
		ok = same(w->name, "id", w->id, a.id) && ok;
	}
	assert_true(ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runtime_argv_parse_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
