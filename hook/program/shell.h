/*
 * A shell's text, read to predict what it finally runs. Private to hook/program/ and its tests.
 * Pure.
 */
#ifndef GOTUNE_PROGRAM_SHELL_H
#define GOTUNE_PROGRAM_SHELL_H

#include "gotune/base.h"
#include "gotune/program.h"

#define GT_SH_WORDS 128u
#define GT_SH_WORD  4096u
#define GT_SH_DOCS  4u

/* In a word: a variable's name is between these; no name: something that is not known. */
#define GT_SH_VAR     '\1'
#define GT_SH_VAR_END '\2'

enum gt_sh_kind {
	GT_SH_LITERAL,
	GT_SH_ARGS,    /* the arguments: "$@", $@, "${@}", $* */
	GT_SH_EXPANDS, /* has a variable, or a pattern */
};

/* One simple command, its words after quote removal. */
struct gt_sh_stmt {
	struct gt_list words;
	unsigned char kind[GT_SH_WORDS];     /* enum gt_sh_kind */
	unsigned char name_len[GT_SH_WORDS]; /* of NAME in an unquoted NAME=...; 0: no assignment */
	bool nested;  /* it may not run, or not in this shell: in a compound command or a list */
	bool in_loop; /* it may run more than once */
	bool in_function;
};

/* Text under way; zero but for p and end at first. */
struct gt_sh_text {
	const char *p, *end;
	uint32_t depth, loops; /* of compound commands, of loops among them */
	uint32_t function;     /* the depth of the function's body; 0: in none */
	bool list;	       /* after "&&", "||" or "|" */
	bool open;	       /* a command must follow: a line's end is no end */
	bool pattern;	       /* a pattern of case comes next */
	bool body;	       /* a function's body comes next */
	uint32_t n_doc;	       /* here-documents that the next line begins */
	struct {
		char end[64];
		bool tabs;
	} doc[GT_SH_DOCS];
};

/*
 * The next simple command of T: 1, or 0 at the end of the text, or -EINVAL for what cannot be read.
 * Words of compound commands are passed over, but for "for" and "function" with the name after
 * them. Redirections are dropped.
 */
GT_MUST_CHECK int gt_sh_next(struct gt_sh_text *t, struct gt_sh_stmt *ret);

/* Reads one word into S, beside its command: 1, or 0 when there is none. Or -EINVAL. */
GT_MUST_CHECK int gt_sh_read_word(struct gt_sh_text *t, struct gt_sh_stmt *s, bool *ret_plain);

/* Passes over what ends with CLOSER, which T is in, with all that is nested and quoted there. */
GT_MUST_CHECK int gt_sh_skip(struct gt_sh_text *t, char closer);

/*
 * What the shell text finally runs: the program of each exec in it, or without an exec each command
 * that is no builtin and no short-lived utility. Conditions are not looked at: each may come out
 * either way. ARGS are the words that "$@" stands for, from its FIRST-th on; ARG0 ("": not known)
 * is
 * "$0". Sets ret->what, argv and env; ret->name is the caller's.
 */
void gt_sh_run(const char *text, size_t len, const struct gt_strv *args, uint32_t first,
	       const char *arg0, struct gt_launch_step *ret);

/*
 * Is OPT (with its '-' or '+') a cluster of shell options that change neither what is run nor the
 * environment? *RET_COMMAND (may be NULL: then it is refused) when it has a 'c'.
 */
bool gt_sh_option_ok(const char *opt, bool *ret_command);

/* Is NAME (a basename) sh, bash, dash or ash? */
bool gt_sh_is_shell(const char *name);

/* Is NAME a builtin or a utility that ends soon, so that it is not what a container is for? */
bool gt_sh_is_passing(const char *name);

#endif
