/*
 * The table of launchers: how the command line of each is read.
 */
#ifndef GOTUNE_PROGRAM_LAUNCHERS_H
#define GOTUNE_PROGRAM_LAUNCHERS_H

#include "gotune/program.h"

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
	char needs;		 /* a short option that must be there, or 0 */
	enum gt_launcher_how how;
};

/* The launcher of that name (a basename), or NULL. */
const struct gt_launcher *gt_launcher_find(const char *name);

/* The answer S is WHAT; unless it leads on, nothing of a command stays in it. */
void gt_launch_finish(struct gt_launch_step *s, enum gt_launch what);

#endif
