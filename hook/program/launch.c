/*
 * Launchers: programs whose only work is to start another. Their command lines are read one step at
 * a time, and only where every option is known. Pure; no privilege.
 * Sources: the manual pages of tini, dumb-init, catatonit, su-exec, gosu, coreutils, util-linux and
 * busybox, as of Debian 12. All of them stop at the first word that is no option.
 */
#include <string.h>

#include "gotune/inspect.h"
#include "gotune/shell.h"

struct launcher {
	const char *name;
	const char *flags;	 /* short options without a value */
	const char *valued;	 /* short options with one */
	const char *long_flags;	 /* long options without a value, separated by blanks */
	const char *long_valued; /* long options with one */
	unsigned operands;	 /* words between the options and the command */
	/* Reads ARGV itself instead. */
	enum gt_launch (*read)(const struct gt_strv *argv, struct gt_launch_step *ret);
};

static enum gt_launch read_env(const struct gt_strv *argv, struct gt_launch_step *ret);
static enum gt_launch read_shell(const struct gt_strv *argv, struct gt_launch_step *ret);
static enum gt_launch read_busybox(const struct gt_strv *argv, struct gt_launch_step *ret);
static enum gt_launch read_nothing(const struct gt_strv *argv, struct gt_launch_step *ret);

/*
 * Options that change the environment, the root, the working directory or the CPUs are left out, so
 * that they are unknown; so are those that print something and exit.
 */
static const struct launcher launchers[] = {
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
	{.name = "env", .read = read_env},
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
	{.name = "sh", .read = read_shell},
	{.name = "bash", .read = read_shell},
	{.name = "dash", .read = read_shell},
	{.name = "ash", .read = read_shell},
	{.name = "busybox", .read = read_busybox},
	/* Another root, other CPUs, another environment, or a grammar of their own. */
	{.name = "chroot", .read = read_nothing},
	{.name = "unshare", .read = read_nothing},
	{.name = "nsenter", .read = read_nothing},
	{.name = "taskset", .read = read_nothing},
	{.name = "numactl", .read = read_nothing},
	{.name = "chrt", .read = read_nothing},
	{.name = "prlimit", .read = read_nothing},
	{.name = "capsh", .read = read_nothing},
	{.name = "chpst", .read = read_nothing},
	{.name = "runuser", .read = read_nothing},
	{.name = "su", .read = read_nothing},
	{.name = "sudo", .read = read_nothing},
	{.name = "doas", .read = read_nothing},
	{.name = "xargs", .read = read_nothing},
};

/* The dynamic loader started as a program: ld-linux-x86-64.so.2 --library-path ... PROG. */
static bool is_loader(const char *name)
{
	return gt_has_prefix(name, "ld-linux") || gt_has_prefix(name, "ld-musl") ||
	       gt_has_prefix(name, "ld.so") || gt_has_prefix(name, "ld64.so");
}

static const struct launcher *find(const char *name)
{
	static const struct launcher loader = {.name = "ld.so", .read = read_nothing};

	for (size_t i = 0; i < GT_ARRAY_LEN(launchers); i++) {
		if (strcmp(name, launchers[i].name) == 0)
			return &launchers[i];
	}
	return is_loader(name) ? &loader : NULL;
}

bool gt_launcher_known(const char *name)
{
	return find(name) != NULL;
}

/* Is the word S of LEN bytes in LIST? */
static bool has_word(const char *list, const char *s, size_t len)
{
	while (list && *list) {
		size_t n = strcspn(list, " ");

		if (n == len && memcmp(list, s, n) == 0)
			return true;
		list += n + strspn(list + n, " ");
	}
	return false;
}

/* How many words the option W takes beyond itself: 0, 1, or -1 when it is not known. */
static int option(const struct launcher *l, const char *w)
{
	if (w[1] == '-') {
		size_t n = strcspn(w + 2, "=");

		if (has_word(l->long_valued, w + 2, n))
			return w[2 + n] ? 0 : 1;
		return has_word(l->long_flags, w + 2, n) && !w[2 + n] ? 0 : -1;
	}
	for (w++; *w; w++) {
		if (l->valued && strchr(l->valued, *w))
			return w[1] ? 0 : 1;
		if (!l->flags || !strchr(l->flags, *w))
			return -1;
	}
	return 0;
}

/* Passes over options from word W on. *RET: the first operand, or NULL. False: an unknown one. */
static bool skip_options(const struct launcher *l, const struct gt_strv *argv, const char *w,
			 const char **ret)
{
	while (w && w[0] == '-' && w[1]) {
		int more;

		if (strcmp(w, "--") == 0) {
			w = gt_strv_next(argv, w);
			break;
		}
		more = option(l, w);
		if (more < 0)
			return false;
		w = gt_strv_next(argv, w);
		if (more && !w)
			return false;
		if (more)
			w = gt_strv_next(argv, w);
	}
	*ret = w;
	return true;
}

/* The words from W on are the next command; without any, the launcher itself is the program. */
static enum gt_launch take(const struct gt_strv *argv, const char *w, struct gt_launch_step *ret)
{
	if (!w)
		return GT_LAUNCH_NONE;
	for (; w; w = gt_strv_next(argv, w)) {
		if (gt_strv_add(&ret->argv, w, strlen(w)) < 0)
			return GT_LAUNCH_UNCERTAIN;
	}
	return GT_LAUNCH_NEXT;
}

static enum gt_launch read_nothing(const struct gt_strv *argv, struct gt_launch_step *ret)
{
	(void)argv;
	(void)ret;
	return GT_LAUNCH_UNCERTAIN;
}

/* env [-v] [--] [NAME=VALUE]... PROG; -i, -u, -C and -S are left to chance. */
static enum gt_launch read_env(const struct gt_strv *argv, struct gt_launch_step *ret)
{
	static const struct launcher l = {.flags = "v", .long_flags = "debug"};
	const char *w = gt_strv_next(argv, argv->buf), *eq;
	bool path_set = false;

	if (!skip_options(&l, argv, w, &w))
		return GT_LAUNCH_UNCERTAIN;
	if (w && strcmp(w, "-") == 0) /* as -i */
		return GT_LAUNCH_UNCERTAIN;
	for (; w && (eq = strchr(w, '=')) != NULL; w = gt_strv_next(argv, w)) {
		if (eq == w ||
		    gt_strv_add_pair(&ret->env, w, (size_t)(eq - w), eq + 1, strlen(eq + 1)) < 0)
			return GT_LAUNCH_UNCERTAIN;
		path_set = path_set || gt_has_prefix(w, "PATH=");
	}
	/* It looks on the new PATH, the caller on the old one. */
	if (w && path_set && !strchr(w, '/'))
		return GT_LAUNCH_UNCERTAIN;
	return take(argv, w, ret);
}

/* busybox APPLET ...: a launcher when the applet is one. */
static enum gt_launch read_busybox(const struct gt_strv *argv, struct gt_launch_step *ret)
{
	const char *applet = gt_strv_next(argv, argv->buf);

	if (!applet || !gt_launcher_known(applet) || strcmp(applet, "busybox") == 0)
		return GT_LAUNCH_NONE;
	return take(argv, applet, ret);
}

/* An option of a shell, not a word; *RET_COMMAND as in gt_sh_option_ok. */
static bool shell_option(const char *w, bool *ret_command)
{
	static const char long_ok[] = "norc noprofile posix";

	if (w[0] == '-' && w[1] == '-')
		return has_word(long_ok, w + 2, strlen(w + 2));
	return gt_sh_option_ok(w, ret_command);
}

/* sh [OPTION]... -c TEXT [NAME [ARG]...], or sh [OPTION]... FILE [ARG]... */
static enum gt_launch read_shell(const struct gt_strv *argv, struct gt_launch_step *ret)
{
	const char *w = gt_strv_next(argv, argv->buf);
	bool command = false;
	uint32_t i = 1;

	for (; w && (*w == '-' || *w == '+'); w = gt_strv_next(argv, w), i++) {
		if (strcmp(w, "--") == 0) {
			w = gt_strv_next(argv, w);
			i++;
			break;
		}
		if (!shell_option(w, &command))
			return GT_LAUNCH_UNCERTAIN;
	}
	if (!command) /* a file; a name without '/' is looked for here, then on PATH */
		return w && !strchr(w, '/') ? GT_LAUNCH_UNCERTAIN : take(argv, w, ret);
	if (!w)
		return GT_LAUNCH_UNCERTAIN;
	/* After the text comes $0, then "$@". */
	gt_sh_run(w, strlen(w), argv, i + 2, true, ret);
	return ret->what;
}

/* The common grammar: options, operands, command. */
static enum gt_launch read_plain(const struct launcher *l, const struct gt_strv *argv,
				 struct gt_launch_step *ret)
{
	const char *w;

	if (!skip_options(l, argv, gt_strv_next(argv, argv->buf), &w))
		return GT_LAUNCH_UNCERTAIN;
	for (unsigned i = 0; w && i < l->operands; i++)
		w = gt_strv_next(argv, w);
	return take(argv, w, ret);
}

void gt_inspect_argv(const struct gt_strv *argv, struct gt_launch_step *ret)
{
	const char *name = argv->n ? gt_basename(argv->buf) : "";
	const struct launcher *l = find(name);

	ret->what = GT_LAUNCH_NONE;
	ret->name[0] = '\0';
	gt_strv_init(&ret->argv);
	gt_strv_init(&ret->env);
	if (!l)
		return;
	(void)gt_copy_str(ret->name, sizeof(ret->name), l->name);
	/* Words that did not fit may have been anywhere. */
	ret->what = argv->dropped ? GT_LAUNCH_UNCERTAIN
		    : l->read	  ? l->read(argv, ret)
				  : read_plain(l, argv, ret);
	if (ret->what != GT_LAUNCH_NEXT) {
		gt_strv_init(&ret->argv);
		gt_strv_init(&ret->env);
	}
}
