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

#include "gotune/base.h"
#include "gotune/runtime.h"

#define ARGS_MAX 24

struct row {
	const char *name;
	const char *argv[ARGS_MAX];
	struct gt_runtime_argv want;
};

static const struct row rows[] = {
	{"containerd's shim",
	 {"gotune-runtime", "--root", "/run/containerd/runc/k8s.io", "--log", "/b/log.json",
	  "--log-format", "json", "create", "--bundle", "/b", "--pid-file", "/b/init.pid", "abc"},
	 {.verb = "create", .bundle = "/b", .id = "abc", .pid_file = "/b/init.pid"}},
	{"containerd's shim with systemd cgroups",
	 {"r", "--root", "/r", "--systemd-cgroup", "--log", "/l", "--log-format", "json", "create",
	  "--bundle", "/b", "--pid-file", "/p", "--console-socket", "/s", "abc"},
	 {.verb = "create", .bundle = "/b", .id = "abc", .pid_file = "/p"}},
	{"conmon, with equal signs",
	 {"r", "--root=/run/runc", "create", "--bundle", "/b", "--pid-file", "/p", "abc"},
	 {.verb = "create", .bundle = "/b", .id = "abc", .pid_file = "/p"}},
	{"everything with equal signs",
	 {"r", "--root=/r", "--log=/l", "--log-format=json", "--log-level=debug",
	  "--systemd-cgroup=true", "create", "--bundle=/b", "--pid-file=/p", "--no-pivot", "abc"},
	 {.verb = "create", .bundle = "/b", .id = "abc", .pid_file = "/p"}},
	{"crun under Podman",
	 {"r", "--systemd-cgroup", "--root=/run/crun", "create", "--bundle", "/b", "--pid-file",
	  "/p", "abc"},
	 {.verb = "create", .bundle = "/b", .id = "abc", .pid_file = "/p"}},
	{"crun's cgroup manager",
	 {"r", "--cgroup-manager", "systemd", "--debug", "run", "-b", "/b", "abc"},
	 {.verb = "run", .bundle = "/b", .id = "abc"}},
	{"run, short",
	 {"r", "run", "-b", "/b", "-d", "abc"},
	 {.verb = "run", .bundle = "/b", .id = "abc", .detach = true}},
	{"run, short with an equal sign",
	 {"r", "run", "-b=/b", "abc"},
	 {.verb = "run", .bundle = "/b", .id = "abc"}},
	{"run, short and joined",
	 {"r", "run", "-b/b", "abc"},
	 {.verb = "run", .bundle = "/b", .id = "abc"}},
	{"runc takes long names after one dash",
	 {"r", "-root", "/r", "create", "-pid-file", "/p", "-bundle", "/b", "-no-pivot", "abc"},
	 {.verb = "create", .bundle = "/b", .id = "abc", .pid_file = "/p"}},
	{"one dash and an equal sign",
	 {"r", "-root=/r", "run", "-bundle=/b", "abc"},
	 {.verb = "run", .bundle = "/b", .id = "abc"}},
	{"run in the bundle", {"r", "run", "abc"}, {.verb = "run", .id = "abc"}},
	{"the last bundle counts",
	 {"r", "run", "--bundle", "/a", "--bundle=/b", "abc"},
	 {.verb = "run", .bundle = "/b", .id = "abc"}},
	{"--preserve-fds has a value",
	 {"r", "create", "--preserve-fds", "2", "--bundle", "/b", "abc"},
	 {.verb = "create", .bundle = "/b", .id = "abc"}},
	{"after a double dash",
	 {"r", "create", "--bundle", "/b", "--", "abc"},
	 {.verb = "create", .bundle = "/b", .id = "abc"}},
	{"exec with a process file",
	 {"r", "--root", "/r", "exec", "--process", "/p.json", "--detach", "--pid-file", "/p",
	  "abc"},
	 {.verb = "exec", .process = "/p.json", .id = "abc"}},
	{"exec, short",
	 {"r", "exec", "-p", "/p.json", "-d", "abc"},
	 {.verb = "exec", .process = "/p.json", .id = "abc"}},
	{"exec of a command: its own flags are not ours",
	 {"r", "exec", "--cwd", "/", "--user", "1:1", "-e", "A=b", "abc", "prog", "--bundle", "/x",
	  "--process=/y"},
	 {.verb = "exec", .id = "abc"}},
	{"a value that looks like a verb",
	 {"r", "--root", "create", "state", "abc"},
	 {.verb = "state", .id = "abc"}},
	{"a value that looks like a flag",
	 {"r", "create", "--pid-file", "--bundle", "abc"},
	 {.verb = "create", .id = "abc", .pid_file = "--bundle"}},
	{"start", {"r", "--root", "/r", "start", "abc"}, {.verb = "start", .id = "abc"}},
	{"kill", {"r", "--root", "/r", "kill", "--all", "abc", "9"}, {.verb = "kill", .id = "abc"}},
	{"delete", {"r", "--root", "/r", "delete", "abc"}, {.verb = "delete", .id = "abc"}},
	{"delete --force",
	 {"r", "--root", "/r", "delete", "--force", "abc"},
	 {.verb = "delete", .id = "abc", .force = true}},
	{"delete -f: no value",
	 {"r", "delete", "-f", "abc"},
	 {.verb = "delete", .id = "abc", .force = true}},
	{"delete --force=false",
	 {"r", "delete", "--force=false", "abc"},
	 {.verb = "delete", .id = "abc"}},
	{"crun's configuration file is a value",
	 {"r", "create", "-f", "x.json", "-b", "/b", "abc"},
	 {.verb = "create", .bundle = "/b", .id = "abc", .config = "x.json"}},
	{"state", {"r", "state", "abc"}, {.verb = "state", .id = "abc"}},
	{"pause", {"r", "pause", "abc"}, {.verb = "pause", .id = "abc"}},
	{"resume", {"r", "resume", "abc"}, {.verb = "resume", .id = "abc"}},
	{"update from standard input",
	 {"r", "update", "--resources=-", "abc"},
	 {.verb = "update", .id = "abc", .limits = true}},
	{"update from standard input, short",
	 {"r", "update", "-r", "-", "abc"},
	 {.verb = "update", .id = "abc", .limits = true}},
	{"update by flags",
	 {"r", "update", "--cpu-quota", "50000", "--cpu-period", "100000", "--memory", "1g", "abc"},
	 {.verb = "update", .id = "abc", .limits = true}},
	{"update of what no decision rests on",
	 {"r", "update", "--pids-limit", "100", "--blkio-weight=10", "abc"},
	 {.verb = "update", .id = "abc"}},
	{"features", {"r", "features"}, {.verb = "features"}},
	{"--version", {"r", "--version"}, {.verb = NULL}},
	{"nothing", {"r"}, {.verb = NULL}},
	{"not even a name", {NULL}, {.verb = NULL}},
	{"a global flag without its value", {"r", "--root"}, {.verb = NULL}},
	{"a bundle without its value", {"r", "create", "--bundle"}, {.verb = "create"}},
	{"a short bundle without its value", {"r", "create", "-b"}, {.verb = "create"}},
	{"a double dash and nothing", {"r", "create", "--"}, {.verb = "create"}},
	{"a verb without an id",
	 {"r", "create", "--bundle", "/b"},
	 {.verb = "create", .bundle = "/b"}},
	{"an empty argument", {"r", "create", ""}, {.verb = "create", .id = ""}},
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
		ok = same(w->name, "verb", w->want.verb, a.verb) && ok;
		ok = same(w->name, "bundle", w->want.bundle, a.bundle) && ok;
		ok = same(w->name, "process", w->want.process, a.process) && ok;
		ok = same(w->name, "id", w->want.id, a.id) && ok;
		ok = same(w->name, "pid file", w->want.pid_file, a.pid_file) && ok;
		ok = same(w->name, "config", w->want.config, a.config) && ok;
		ok = same(w->name, "limits", w->want.limits ? "yes" : "no",
			  a.limits ? "yes" : "no") &&
		     ok;
		ok = same(w->name, "detach", w->want.detach ? "yes" : "no",
			  a.detach ? "yes" : "no") &&
		     ok;
		ok = same(w->name, "force", w->want.force ? "yes" : "no", a.force ? "yes" : "no") &&
		     ok;
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
