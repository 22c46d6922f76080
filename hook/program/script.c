/*
 * Scripts: `#!` files of a Bourne shell. Effects: pread on the descriptor; runs
 * in the sandboxed parser, no privilege.
 */
#include <string.h>

#include "gotune/base.h"
#include "gotune/program.h"
#include "launchers.h"
#include "shell.h"

#define SCRIPT_MAX (64u << 10)
#define LINE_MAX_  256u /* BINPRM_BUF_SIZE: the kernel looks no further (linux/binfmts.h) */

/* Reads up to CAP bytes from the start; what a signal interrupts is read again. */
static ssize_t read_start(int fd, char *buf, size_t cap)
{
	size_t have = 0;

	while (have < cap) {
		ssize_t n = pread(fd, buf + have, cap - have, (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

bool gt_program_is_script(int fd)
{
	char two[2];

	return read_start(fd, two, sizeof(two)) == 2 && two[0] == '#' && two[1] == '!';
}

/* env -S SHELL OPTION: env splits its argument at blanks, which is what the option is for. */
static bool is_split_shell(char *arg)
{
	size_t n;

	if (!gt_has_prefix(arg, "-S "))
		return false;
	arg += 3 + strspn(arg + 3, " ");
	n = strcspn(arg, " ");
	if (arg[n] == '\0')
		return gt_sh_is_shell(gt_basename(arg));
	arg[n] = '\0';
	return gt_sh_is_shell(gt_basename(arg)) && gt_sh_option_ok(arg + n + 1, NULL);
}

/*
 * Is the interpreter line (after "#!") that of a shell, with no more than harmless options?
 * The kernel passes all that follows the interpreter as one argument: fs/binfmt_script.c. An init
 * may come first: "#!/usr/bin/dumb-init /bin/sh".
 */
static bool is_shell_line(char *line)
{
	char *arg, *end = line + strlen(line);
	const char *name;
	size_t n;

	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	line += strspn(line, " \t");
	n = strcspn(line, " \t");
	arg = line + n + strspn(line + n, " \t");
	line[n] = '\0';
	name = gt_basename(line);
	if (*line != '/')
		return false;
	if (strcmp(name, "env") == 0)
		return gt_sh_is_shell(arg) || is_split_shell(arg);
	if (strcmp(name, "dumb-init") == 0 || strcmp(name, "tini") == 0)
		return *arg == '/' && gt_sh_is_shell(gt_basename(arg));
	if (strcmp(name, "busybox") == 0)
		return strcmp(arg, "sh") == 0 || strcmp(arg, "ash") == 0;
	return gt_sh_is_shell(name) && (*arg == '\0' || gt_sh_option_ok(arg, NULL));
}

/* The script's text is in BUF; what it finally runs. */
static void read_text(const char *buf, size_t len, const struct gt_strv *argv,
		      struct gt_launch_step *ret)
{
	const char *nl = memchr(buf, '\n', len);
	char line[LINE_MAX_];
	size_t n = nl ? (size_t)(nl - buf) : len;

	if (len < 2 || buf[0] != '#' || buf[1] != '!' || n - 2 >= sizeof(line))
		return;
	if (!gt_copy(line, sizeof(line), buf + 2, n - 2) || !is_shell_line(line))
		return;
	gt_sh_run(buf + n, len - n, argv, 1, gt_strv_at(argv, 0) ? gt_strv_at(argv, 0) : "", ret);
}

/* For reading only: cut when it is long, and nothing in it that a terminal would obey. */
static void set_name(struct gt_launch_step *ret, const char *name)
{
	(void)gt_copy_str(ret->name, sizeof(ret->name), name);
	for (char *c = ret->name; *c; c++) {
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
}

void gt_program_script(int fd, const struct gt_strv *argv, struct gt_launch_step *ret)
{
	char buf[SCRIPT_MAX + 1];
	ssize_t n = read_start(fd, buf, sizeof(buf));

	gt_launch_init(ret);
	ret->name[0] = '\0';
	if (argv->n)
		set_name(ret, gt_basename(gt_strv_at(argv, 0)));
	/* A longer script has an end that we have not seen. */
	if (n > 0 && (size_t)n <= SCRIPT_MAX && !argv->dropped)
		read_text(buf, (size_t)n, argv, ret);
	ret->predicted = true;
	gt_launch_finish(ret, ret->what == GT_LAUNCH_NEXT ? GT_LAUNCH_NEXT : GT_LAUNCH_UNCERTAIN);
}
