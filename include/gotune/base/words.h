/*
 * Enumerations and their words: one table an enumeration, for reading and for writing.
 */
#ifndef GOTUNE_BASE_WORDS_H
#define GOTUNE_BASE_WORDS_H

#include "gotune/base/defs.h"

/* WORDS is indexed by the enumerator; NULL entries have no word. */
struct gt_words {
	const char *const *word;
	unsigned n;
};

/* The index of S or -1. */
int gt_words_find(const struct gt_words *w, const char *s);

/* The word of V, or "?" when there is none. Never NULL. */
const char *gt_words_get(const struct gt_words *w, unsigned v);

#endif
