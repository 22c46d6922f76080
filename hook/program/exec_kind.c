/*
 * What a file that was executed is to somebody who waits for the program that counts: that program,
 * or one that starts others. Pure.
 *
 * By tables of names. To take an ordinary program for a launcher costs a few seconds of watching
 * it, and what it starts may be tuned; to miss a launcher leaves its program untuned. So common
 * words are listed where a package has a program of that name.
 *
 * Not listed, on purpose: what watches its children by ptrace (strace, gdb, rr, proot, dlv), which
 * it could not do while we do.
 */
#include <string.h>

#include "exec_kind.h"
#include "gotune/base.h"
#include "gotune/program.h"

/* Shells, and the languages that entrypoints and supervisors are written in. */
static const char *const interpreters[] = {
	"ash",	"bash",	   "bsd-csh", "csh",   "dash", "elvish",	"es",	 "fish",  "gawk",
	"hush", "jimsh",   "ksh",     "lksh",  "lua",  "luajit",	"mawk",	 "mksh",  "mrsh",
	"msh",	"node",	   "nodejs",  "nu",    "oil",  "oils-for-unix", "osh",	 "pdksh", "perl",
	"php",	"php-cgi", "posh",    "pwsh",  "pypy", "python",	"rbash", "rc",	  "rksh",
	"ruby", "rzsh",	   "sh",      "tclsh", "tcsh", "yash",		"ysh",	 "zsh",
};

/* Programs in other languages than Go that start others; "NAME*": and all that begin so. */
static const char *const launchers[] = {
	/* inits of containers */
	"catatonit",
	"docker-init",
	"dumb-init",
	"init",
	"multirun",
	"podman-init",
	"supervisord",
	"tini",
	"tini-amd64",
	"tini-arm64",
	"tini-static",
	"pid1",
	/* another user, root, namespace, limit, priority, CPU, variable */
	"su-exec",
	"setpriv",
	"su",
	"sudo",
	"sudo-rs",
	"doas",
	"runuser",
	"chroot",
	"unshare",
	"nsenter",
	"bwrap",
	"capsh",
	"prlimit",
	"choom",
	"chrt",
	"taskset",
	"numactl",
	"cgexec",
	"setarch",
	"linux32",
	"linux64",
	"env",
	"nice",
	"ionice",
	"nohup",
	"setsid",
	"stdbuf",
	"timeout",
	"time",
	"flock",
	"faketime",
	"fakeroot",
	"xargs",
	"make",
	"script",
	"with-contenv",
	"ssh-agent",
	"dbus-run-session",
	"dbus-launch",
	"login",
	"start-stop-daemon",
	/* many programs in one file */
	"busybox",
	"toybox",
	"coreutils",
	"uutils",
	"util-linux",
	"sbase-box",
	"ubase-box",
	/* the dynamic loader, as a program */
	"ld-linux*",
	"ld-musl*",
	"ld.so*",
	"ld64.so*",
	/* runit, daemontools, perp, nosh, openrc, systemd, and others that supervise */
	"runit",
	"runit-init",
	"runsv",
	"runsvdir",
	"runsvchdir",
	"chpst",
	"utmpset",
	"svlogd",
	"supervise",
	"svscan",
	"svscanboot",
	"readproctitle",
	"setuidgid",
	"envuidgid",
	"envdir",
	"softlimit",
	"setlock",
	"multilog",
	"pgrphack",
	"fghack",
	"perpd",
	"perpboot",
	"runtool",
	"runuid",
	"runenv",
	"runlimit",
	"runlock",
	"runpause",
	"openrc",
	"openrc-init",
	"openrc-run",
	"supervise-daemon",
	"systemd",
	"monit",
	"dinit",
	"horust",
	"sysvinit",
	/* s6, execline, and their overlay */
	"s6-*",
	"execlineb",
	"justc-envdir",
	"background",
	"backtick",
	"case",
	"define",
	"dollarat",
	"elgetopt",
	"elgetpositionals",
	"elglob",
	"eltest",
	"emptyenv",
	"envfile",
	"exec",
	"execline*",
	"exit",
	"export",
	"export-array",
	"fdblock",
	"fdclose",
	"fdmove",
	"fdreserve",
	"fdswap",
	"forbacktickx",
	"foreground",
	"forstdin",
	"forx",
	"getcwd",
	"getpid",
	"heredoc",
	"homeof",
	"if",
	"ifelse",
	"ifte",
	"ifthenelse",
	"importas",
	"loopwhilex",
	"multidefine",
	"multisubstitute",
	"pipeline",
	"piperw",
	"posix-cd",
	"posix-umask",
	"redirfd",
	"runblock",
	"shift",
	"trap",
	"tryexec",
	"unexport",
	"wait",
	"withstdinas",
	"preinit",
};

/*
 * Launchers that are Go programs, by the package of their main as the build info has it, without
 * the element of a major version ("v2"). Each from its repository's go.mod and the folder of its
 * main.
 */
static const struct gt_go_launcher mains[] = {
	/* another user, or nothing else */
	{.main_path = "github.com/tianon/gosu", .operands = 1},
	{.main_path = "github.com/pablo-ruth/go-init", .never = true},
	{.main_path = "k8s.io/release/images/build/go-runner"},
	/* build packs, workflows, jobs */
	{.main_path = "github.com/buildpacks/lifecycle/cmd/launcher", .dashes = true},
	{.main_path = "github.com/argoproj/argo/cmd/argoexec", .dashes = true},
	{.main_path = "github.com/argoproj/argo-workflows/cmd/argoexec", .dashes = true},
	{.main_path = "github.com/tektoncd/pipeline/cmd/entrypoint", .never = true},
	{.main_path = "k8s.io/test-infra/prow/cmd/entrypoint", .never = true},
	{.main_path = "sigs.k8s.io/prow/cmd/entrypoint", .never = true},
	/* secrets and templates, then the program */
	{.main_path = "github.com/jwilder/dockerize"},
	{.main_path = "github.com/powerman/dockerize"},
	{.main_path = "github.com/hairyhenderson/gomplate/cmd/gomplate", .dashes = true},
	{.main_path = "github.com/hashicorp/envconsul", .dashes = true},
	{.main_path = "github.com/hashicorp/consul-template", .never = true},
	{.main_path = "github.com/banzaicloud/bank-vaults/cmd/vault-env"},
	{.main_path = "github.com/bank-vaults/bank-vaults/cmd/vault-env"},
	{.main_path = "github.com/bank-vaults/vault-env"},
	{.main_path = "github.com/bank-vaults/secret-init"},
	{.main_path = "github.com/segmentio/chamber", .dashes = true},
	{.main_path = "github.com/99designs/aws-vault", .dashes = true},
	{.main_path = "github.com/getsops/sops/cmd/sops", .never = true},
	{.main_path = "go.mozilla.org/sops/cmd/sops", .never = true},
	{.main_path = "github.com/DopplerHQ/cli", .dashes = true},
	{.main_path = "github.com/Infisical/infisical-merge", .dashes = true},
	{.main_path = "github.com/spectralops/teller", .dashes = true},
	{.main_path = "github.com/remind101/ssm-env"},
	{.main_path = "github.com/cyberark/summon/cmd"},
	{.main_path = "github.com/GoogleCloudPlatform/berglas", .dashes = true},
	/* supervisors */
	{.main_path = "github.com/aptible/supercronic", .never = true},
	{.main_path = "github.com/ochinchina/supervisord", .never = true},
	{.main_path = "github.com/canonical/pebble/cmd/pebble", .never = true},
	{.main_path = "github.com/ddollar/forego", .never = true},
	{.main_path = "github.com/mattn/goreman", .never = true},
	{.main_path = "github.com/DarthSim/hivemind", .never = true},
	{.main_path = "github.com/DarthSim/overmind", .never = true},
	{.main_path = "github.com/immortal/immortal/cmd/immortal", .never = true},
	{.main_path = "github.com/immortal/immortal/cmd/immortaldir", .never = true},
};

/*
 * What may follow the name of an interpreter: a version ("3.11", "5.36.0", "-8.2", "3.7m"), and
 * how it was linked.
 */
static bool is_version(const char *s)
{
	size_t n = strspn(s, "0123456789.-");

	if (n > 0 && s[n - 1] >= '0' && s[n - 1] <= '9' && s[n] >= 'a' && s[n] <= 'z' && !s[n + 1])
		return true;
	s += n > 0 && (s[n - 1] == '.' || s[n - 1] == '-') ? n - 1 : n;
	return *s == '\0' || strcmp(s, "-static") == 0 || strcmp(s, ".static") == 0;
}

static bool is_interpreter(const char *name)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(interpreters); i++) {
		if (gt_has_prefix(name, interpreters[i]) &&
		    is_version(name + strlen(interpreters[i])))
			return true;
	}
	return false;
}

static bool is_launcher(const char *name)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(launchers); i++) {
		size_t n = strlen(launchers[i]);
		bool begins = launchers[i][n - 1] == '*';

		if (begins ? strncmp(name, launchers[i], n - 1) == 0
			   : gt_has_prefix(name, launchers[i]) && is_version(name + n))
			return true;
	}
	return false;
}

/* Copies PATH without its element of a major version: "a/b/v3/cmd/c" is "a/b/cmd/c". */
static void without_major(const char *path, char *ret, size_t cap)
{
	size_t len = 0;

	for (size_t n; *path; path += n) {
		n = (*path == '/') + strcspn(path + (*path == '/'), "/");
		if (path[0] == '/' && path[1] == 'v' && n > 2 &&
		    strspn(path + 2, "0123456789") == n - 2)
			continue;
		if (n >= cap - len)
			break;
		memcpy(ret + len, path, n);
		len += n;
	}
	ret[len] = '\0';
}

const struct gt_go_launcher *gt_go_launcher_find(const char *main_path)
{
	char plain[sizeof(((struct gt_program *)0)->main_path)];

	without_major(main_path, plain, sizeof(plain));
	for (size_t i = 0; i < GT_ARRAY_LEN(mains); i++) {
		if (strcmp(plain, mains[i].main_path) == 0)
			return &mains[i];
	}
	return NULL;
}

enum gt_exec_kind gt_program_exec_kind(const char *exe, const struct gt_program *p)
{
	static const char gone[] = " (deleted)";
	const char *base = gt_basename(exe);
	char name[64];
	size_t n = strlen(base);

	if (p->kind == GT_PROG_GO)
		return gt_go_launcher_find(p->main_path) ? GT_EXEC_LEADS_ON : GT_EXEC_GO;
	if (gt_has_suffix(base, gone))
		n -= sizeof(gone) - 1;
	if (!gt_copy(name, sizeof(name), base, n))
		return GT_EXEC_OTHER;
	return is_interpreter(name) || is_launcher(name) ? GT_EXEC_LEADS_ON : GT_EXEC_OTHER;
}
