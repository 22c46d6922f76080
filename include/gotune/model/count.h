/* The counters that outlive records, from their catalogue. */
#ifndef GOTUNE_MODEL_COUNT_H
#define GOTUNE_MODEL_COUNT_H

#include "gotune/base.h"

enum gt_counter {
#define X(id, word, means, advice) GT_COUNT_##id,
#include "gotune/model/counters.def"
	GT_COUNT_COUNT,
};

extern const struct gt_words gt_counter_words;

#endif
