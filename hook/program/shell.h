/*
 * the little of the shell's language that can be read with certainty. Private to
 * hook/program/ and its tests. Pure.
 */
#ifndef GOTUNE_PROGRAM_SHELL_H
#define GOTUNE_PROGRAM_SHELL_H

#include "gotune/base.h"
#include "gotune/program.h"

#define GT_SH_WORDS 128u
#define GT_SH_WORD  4096u

enum gt_sh_kind {
	GT_SH_LITERAL,
	GT_SH_ARGS,    /* exactly "$@" */
	GT_SH_EXPANDS, /* the shell will make something else of it, harmlessly */
};

/* One simple command, its words after quote removal. */
struct gt_sh_stmt {
	struct gt_list words;
	unsigned char kind[GT_SH_WORDS];     /* enum gt_sh_kind */
	unsigned char name_len[GT_SH_WORDS]; /* of NAME in an unquoted NAME=...; 0: no assignment */
};

/* Text under way. */
struct gt_sh_text {
	const char *p, *end;
};

/*
 * The next simple command of T: 1, or 0 at the end of the text, or -EINVAL for anything that is no
 * plain list of words: operators, redirections, here-documents, substitutions, control bytes.
 */
GT_MUST_CHECK int gt_sh_next(struct gt_sh_text *t, struct gt_sh_stmt *ret);

/*
 * What the shell text finally runs: simple commands that cannot leave or divert, then `exec PROG`.
 * ARGS are the words that "$@" stands for, from its FIRST-th on. BARE_OK: a text of one command
 * needs no exec. Sets ret->what, argv and env; ret->name is the caller's.
 */
void gt_sh_run(const char *text, size_t len, const struct gt_strv *args, uint32_t first,
	       bool bare_ok, struct gt_launch_step *ret);

/*
 * Is OPT (with its '-' or '+') a cluster of shell options that change neither what is run nor the
 * environment? *RET_COMMAND (may be NULL: then it is refused) when it has a 'c'.
 */
bool gt_sh_option_ok(const char *opt, bool *ret_command);

/* Is NAME (a basename) sh, bash, dash or ash? */
bool gt_sh_is_shell(const char *name);

#endif
