/*
 * Launchers: programs whose only work is to start another. Their command lines are read one step at
 * a time, and only where every option is known. Pure; no privilege.
 */
#include <string.h>

#include "exec_kind.h"
#include "gotune/base.h"
#include "gotune/program.h"
#include "launchers.h"
#include "shell.h"

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
static int option(const struct gt_launcher *l, const char *w)
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
static bool skip_options(const struct gt_launcher *l, const struct gt_strv *argv, const char *w,
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

/* Is one of the options before END (NULL: of all words) the short one C, or a cluster with it? */
static bool has_option(const struct gt_strv *argv, const char *end, char c)
{
	for (const char *w = gt_strv_at(argv, 1); w && w != end; w = gt_strv_next(argv, w)) {
		if (w[0] == '-' && w[1] != '-' && strchr(w, c))
			return true;
	}
	return false;
}

/* The words from W on are the next command; without any, the launcher itself is the program. */
static enum gt_launch take(const struct gt_strv *argv, const char *w, struct gt_launch_step *ret)
{
	if (!w)
		return GT_LAUNCH_NONE;
	for (; w; w = gt_strv_next(argv, w)) {
		if (gt_strv_add(&ret->argv[0], w, strlen(w)) < 0)
			return GT_LAUNCH_UNCERTAIN;
	}
	ret->n_argv = 1;
	return GT_LAUNCH_NEXT;
}

/* env [-v] [--] [NAME=VALUE]... PROG; -i, -u, -C and -S are left to chance. */
static enum gt_launch read_env(const struct gt_strv *argv, struct gt_launch_step *ret)
{
	static const struct gt_launcher l = {.flags = "v", .long_flags = "debug"};
	const char *w = gt_strv_at(argv, 1), *eq;
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
	const char *applet = gt_strv_at(argv, 1);

	if (!applet || !gt_launcher_find(applet) || strcmp(applet, "busybox") == 0)
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
	const char *w = gt_strv_at(argv, 1), *arg0;
	bool command = false;
	uint32_t i = 1;

	ret->predicted = true;
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
	arg0 = gt_strv_at(argv, i + 1);
	gt_sh_run(w, strlen(w), argv, i + 2, arg0 ? arg0 : "", ret);
	return ret->what;
}

/* The common grammar: options, operands, command. */
static enum gt_launch read_plain(const struct gt_launcher *l, const struct gt_strv *argv,
				 struct gt_launch_step *ret)
{
	const char *w;

	if (!skip_options(l, argv, gt_strv_at(argv, 1), &w))
		return GT_LAUNCH_UNCERTAIN;
	if (l->needs && !has_option(argv, w, l->needs))
		return GT_LAUNCH_UNCERTAIN;
	for (unsigned i = 0; w && i < l->operands; i++)
		w = gt_strv_next(argv, w);
	return take(argv, w, ret);
}

static enum gt_launch read_as(const struct gt_launcher *l, const struct gt_strv *argv,
			      struct gt_launch_step *ret)
{
	if (argv->dropped) /* words that did not fit may have been anywhere */
		return GT_LAUNCH_UNCERTAIN;
	switch (l->how) {
	case GT_LAUNCHER_PLAIN:
		return read_plain(l, argv, ret);
	case GT_LAUNCHER_ENV:
		return read_env(argv, ret);
	case GT_LAUNCHER_SHELL:
		return read_shell(argv, ret);
	case GT_LAUNCHER_BUSYBOX:
		return read_busybox(argv, ret);
	case GT_LAUNCHER_NEVER:
		break;
	}
	return GT_LAUNCH_UNCERTAIN;
}

void gt_program_argv(const struct gt_strv *argv, struct gt_launch_step *ret)
{
	const char *name = argv->n ? gt_basename(gt_strv_at(argv, 0)) : "";
	const struct gt_launcher *l = gt_launcher_find(name);

	gt_launch_init(ret);
	ret->name[0] = '\0';
	if (!l)
		return;
	(void)gt_copy_str(ret->name, sizeof(ret->name), l->name);
	gt_launch_finish(ret, read_as(l, argv, ret));
}

void gt_program_go_argv(const struct gt_program *p, const struct gt_strv *argv,
			struct gt_launch_step *ret)
{
	const struct gt_go_launcher *l = gt_go_launcher_find(p->main_path);
	const char *name = argv->n ? gt_basename(gt_strv_at(argv, 0)) : "";
	const char *w = gt_strv_at(argv, 1);

	gt_launch_init(ret);
	ret->name[0] = '\0';
	if (!l)
		return;
	ret->predicted = true;
	(void)gt_copy_str(ret->name, sizeof(ret->name), name);
	if (l->dashes) {
		while (w && strcmp(w, "--") != 0)
			w = gt_strv_next(argv, w);
		w = w ? gt_strv_next(argv, w) : NULL;
	}
	for (unsigned i = 0; w && *w != '-' && i < l->operands; i++)
		w = gt_strv_next(argv, w);
	if (l->never || !w || *w == '-' || argv->dropped)
		gt_launch_finish(ret, GT_LAUNCH_UNCERTAIN);
	else
		gt_launch_finish(ret, take(argv, w, ret));
}
