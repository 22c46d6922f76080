/*
 * The table of launchers: how the command line of each is read.
 */
#ifndef GOTUNE_PROGRAM_LAUNCHERS_H
#define GOTUNE_PROGRAM_LAUNCHERS_H

enum gt_launcher_how {
	GT_LAUNCHER_PLAIN, /* options, operands, command */
	GT_LAUNCHER_ENV,
	GT_LAUNCHER_SHELL,
	GT_LAUNCHER_BUSYBOX,
	GT_LAUNCHER_NEVER, /* what it starts, and with what, is not certain */
};
struct gt_launcher {
	const char *name;
	const char *flags;	 /* short options without a value */
	const char *valued;	 /* short options with one */
	const char *long_flags;	 /* long options without a value, separated by blanks */
	const char *long_valued; /* long options with one */
	unsigned operands;	 /* words between the options and the command */
	enum gt_launcher_how how;
};

/* The launcher of that name (a basename), or NULL. */
const struct gt_launcher *gt_launcher_find(const char *name);

#endif
