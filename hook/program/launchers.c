/*
 * The launchers that we know: programs whose only work is to start another. Pure.
 * Sources: the manual pages of tini, dumb-init, catatonit, su-exec, gosu, coreutils, util-linux and
 * busybox, as of Debian 12. All of them stop at the first word that is no option.
 */
#include "launchers.h"
#include "gotune/base.h"
#include "gotune/program.h"

/*
 * Options that change the environment, the root, the working directory or the CPUs are left out, so
 * that they are unknown; so are those that print something and exit.
 */
static const struct gt_launcher launchers[] = {
	{.name = "tini", .flags = "svwg", .valued = "pe"},
	{.name = "tini-static", .flags = "svwg", .valued = "pe"},
	{.name = "docker-init", .flags = "svwg", .valued = "pe"},
	{.name = "catatonit", .flags = "g"},
	{.name = "podman-init", .flags = "g"},
	{.name = "dumb-init",
	 .flags = "cv",
	 .valued = "r",
	 .long_flags = "single-child verbose",
	 .long_valued = "rewrite"},
	{.name = "env", .how = GT_LAUNCHER_ENV},
	{.name = "nice", .flags = "0123456789", .valued = "n", .long_valued = "adjustment"},
	{.name = "ionice",
	 .flags = "t",
	 .valued = "cn",
	 .long_flags = "ignore",
	 .long_valued = "class classdata"},
	{.name = "nohup"},
	{.name = "setsid", .flags = "cfw", .long_flags = "ctty fork wait"},
	{.name = "stdbuf", .valued = "ioe", .long_valued = "input output error"},
	{.name = "timeout",
	 .flags = "v",
	 .valued = "ks",
	 .long_flags = "foreground preserve-status verbose",
	 .long_valued = "kill-after signal",
	 .operands = 1},
	{.name = "su-exec", .operands = 1},
	{.name = "gosu", .operands = 1},
	{.name = "setpriv",
	 .long_flags = "no-new-privs nnp clear-groups keep-groups init-groups",
	 .long_valued = "reuid ruid euid regid rgid egid groups inh-caps ambient-caps bounding-set "
			"securebits pdeathsig selinux-label apparmor-profile"},
	{.name = "sh", .how = GT_LAUNCHER_SHELL},
	{.name = "bash", .how = GT_LAUNCHER_SHELL},
	{.name = "dash", .how = GT_LAUNCHER_SHELL},
	{.name = "ash", .how = GT_LAUNCHER_SHELL},
	{.name = "busybox", .how = GT_LAUNCHER_BUSYBOX},
	/* Another root, other CPUs, another environment, or a grammar of their own. */
	{.name = "chroot", .how = GT_LAUNCHER_NEVER},
	{.name = "unshare", .how = GT_LAUNCHER_NEVER},
	{.name = "nsenter", .how = GT_LAUNCHER_NEVER},
	{.name = "taskset", .how = GT_LAUNCHER_NEVER},
	{.name = "numactl", .how = GT_LAUNCHER_NEVER},
	{.name = "chrt", .how = GT_LAUNCHER_NEVER},
	{.name = "prlimit", .how = GT_LAUNCHER_NEVER},
	{.name = "capsh", .how = GT_LAUNCHER_NEVER},
	{.name = "chpst", .flags = "vP012", .valued = "uUnlLmdofpcrt"}, /* not -e, -b, -/ */
	{.name = "runuser",
	 .flags = "mp",
	 .valued = "ugG",
	 .long_flags = "preserve-environment",
	 .long_valued = "user group supp-group",
	 .needs = 'u'}, /* without it the first operand is the user, of a shell */
	{.name = "setuidgid", .operands = 1},
	{.name = "s6-setuidgid", .operands = 1},
	{.name = "su", .how = GT_LAUNCHER_NEVER},
	{.name = "sudo", .how = GT_LAUNCHER_NEVER},
	{.name = "doas", .how = GT_LAUNCHER_NEVER},
	{.name = "xargs", .how = GT_LAUNCHER_NEVER},
};

/* The dynamic loader started as a program: ld-linux-x86-64.so.2 --library-path ... PROG. */
static bool is_loader(const char *name)
{
	return gt_has_prefix(name, "ld-linux") || gt_has_prefix(name, "ld-musl") ||
	       gt_has_prefix(name, "ld.so") || gt_has_prefix(name, "ld64.so");
}

const struct gt_launcher *gt_launcher_find(const char *name)
{
	static const struct gt_launcher loader = {.name = "ld.so", .how = GT_LAUNCHER_NEVER};

	for (size_t i = 0; i < GT_ARRAY_LEN(launchers); i++) {
		if (strcmp(name, launchers[i].name) == 0)
			return &launchers[i];
	}
	return is_loader(name) ? &loader : NULL;
}

void gt_launch_init(struct gt_launch_step *s)
{
	s->what = GT_LAUNCH_NONE;
	s->predicted = false;
	s->n_argv = 0;
	gt_arena_init(&s->arena.a, sizeof(s->arena.room));
	for (uint32_t i = 0; i < GT_LAUNCH_MAX; i++)
		gt_strv_init(&s->argv[i], &s->arena.a);
	gt_strv_init(&s->env, &s->arena.a);
}

void gt_launch_finish(struct gt_launch_step *s, enum gt_launch what)
{
	bool predicted = s->predicted;

	if (what != GT_LAUNCH_NEXT)
		gt_launch_init(s);
	s->what = what;
	s->predicted = predicted;
}
