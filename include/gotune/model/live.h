/*
 * Why a running program is left alone: words from a closed list.
 */
#ifndef GOTUNE_MODEL_LIVE_H
#define GOTUNE_MODEL_LIVE_H

#include "gotune/base.h"

enum gt_left {
#define X(id, word, means, advice) GT_LEFT_##id,
#include "gotune/model/lives.def"
	GT_LEFT_COUNT,
};

/* The word and the sentence of each. */
extern const struct gt_words gt_left_words, gt_left_sentences;

#endif
