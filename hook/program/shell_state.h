/*
 * What is known on the way through a shell's text. Private to hook/program/shell.c. Pure.
 */
#ifndef GOTUNE_PROGRAM_SHELL_STATE_H
#define GOTUNE_PROGRAM_SHELL_STATE_H

#include "gotune/base.h"
#include "gotune/program.h"
#include "shell.h"

#define GT_SH_ALTS 6u /* meanings of "$@" */

/* What was learned on the way. */
struct gt_sh_state {
	struct gt_launch_step *ret;
	struct gt_list alt[GT_SH_ALTS]; /* the first: as the text was started */
	uint32_t n_alt;
	struct gt_list vars, spoilt, functions; /* pairs of name and value; names */
	bool only_exec;
	bool lost;	    /* there is no prediction */
	bool path_set;	    /* PATH is not what it was */
	bool cwd_lost;	    /* cd to somewhere that is not known */
	bool args_lost;	    /* "$@" has too many meanings, or "$@" of a function has */
	bool function_args; /* what is execed is "$@" of a function ... */
	bool odd_call;	    /* ... which was not called with "$@" alone */
	char cwd[GT_PATH_CAP];
};

/* Is S in the list L? */
bool gt_sh_has(const struct gt_list *l, const char *s);

/* W with what is known of its variables; the rest is one GT_SH_VAR each. False: it does not fit. */
bool gt_sh_expand(const struct gt_sh_state *r, const char *w, char *ret, size_t cap);

/* The assignment WORD of S. One that may not happen, or happens twice, has no certain value. */
void gt_sh_assign(struct gt_sh_state *r, const struct gt_sh_stmt *s, const char *word,
		  size_t name_len, bool exported);

/* Adds the words of S from the I-th on to V, with the N-th meaning of "$@". */
bool gt_sh_add_words(const struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i,
		     uint32_t n, struct gt_strv *v);

/* Does S have "$@" among its words from the I-th on? */
bool gt_sh_has_args(const struct gt_sh_stmt *s, uint32_t i);

/* If the I-th word of S is a builtin that changes what is known: does that. */
bool gt_sh_builtin(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i);

#endif
