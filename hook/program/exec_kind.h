/*
 * Launchers that are Go programs. Private to hook/program/.
 */
#ifndef GOTUNE_PROGRAM_EXEC_KIND_H
#define GOTUNE_PROGRAM_EXEC_KIND_H

#include "gotune/base.h"

/* A launcher, and where its command line has the command. */
struct gt_go_launcher {
	const char *main_path;
	bool dashes;	   /* after "--" */
	unsigned operands; /* words before the command; it has no options that we know */
	bool never;	   /* in a file, in an option, or in a shell's text */
};

/* The launcher whose main is the package MAIN_PATH, or NULL. Pure. */
const struct gt_go_launcher *gt_go_launcher_find(const char *main_path);

#endif
