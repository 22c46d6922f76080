/*
 * Words of enumerations. Pure.
 */
#include <string.h>

#include "gotune/base.h"

int gt_words_find(const struct gt_words *w, const char *s)
{
	for (unsigned i = 0; i < w->n; i++) {
		if (w->word[i] && strcmp(w->word[i], s) == 0)
			return (int)i;
	}
	return -1;
}

const char *gt_words_get(const struct gt_words *w, unsigned v)
{
	return v < w->n && w->word[v] ? w->word[v] : "?";
}
