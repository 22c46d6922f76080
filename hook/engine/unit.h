/*
 * What an engine is started with: the words of its systemd unit, of the files of variables that it
 * names, and of the process that runs. Each word comes with the place that it was found in.
 */
#ifndef GOTUNE_ENGINE_UNIT_H
#define GOTUNE_ENGINE_UNIT_H

#include "gotune/base.h"

/* RET is a vector of pairs, a place and a word. What does not fit is dropped, and counted there. */

/* The words of TEXT: quotes only part them, as a shell in between would. Pure. */
void gt_words_split(struct gt_strv *ret, const char *where, const char *text);

/* The words of ExecStart of UNIT ("docker.service") with its drop-ins, variables replaced; none
 * when there is no unit. Reads below ROOT. What cannot be read is taken for empty. */
GT_MUST_CHECK int gt_unit_words(int root, const char *unit, struct gt_strv *ret);

/* The words of all values of a file of variables, such as /etc/default/docker. */
GT_MUST_CHECK int gt_variables_words(int root, const char *path, struct gt_strv *ret);

/* The arguments of each process called NAME with the same root directory as ours: "process 123". */
void gt_process_words(const char *name, struct gt_strv *ret);

/* One of the words that is a flag: where it was found, and its value, in one word with it or the
 * next one. */
struct gt_flag {
	const char *at, *where, *value; /* belong to the words */
};

/* The first FLAG ("--config"; ALIAS, which may be NULL: "-c") behind F, which is {0} at first. */
bool gt_words_next_flag(const struct gt_strv *words, const char *flag, const char *alias,
			struct gt_flag *f);

/* The last of them, which is the one that counts; false when there is none. */
bool gt_words_last_flag(const struct gt_strv *words, const char *flag, const char *alias,
			struct gt_flag *ret);

#endif
