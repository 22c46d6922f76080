/*
 * How the bytes of an engine's file are written: some editors begin with a byte order mark, and
 * dockerd takes UTF-8 and UTF-16 with one since 23.0. Pure but for the heap.
 */
#ifndef GOTUNE_ENGINE_ENCODING_H
#define GOTUNE_ENGINE_ENCODING_H

#include "gotune/base.h"
#include "gotune/engine.h"

/*
 * Appends the LEN bytes RAW as UTF-8 without a mark; *ret is how they are written. A text without a
 * mark is appended as it is. -EILSEQ: not the UTF-16 that its mark promises; -ENOMEM.
 */
GT_MUST_CHECK int gt_text_decode(const char *raw, size_t len, struct gt_buf *out,
				 enum gt_encoding *ret);

/* The way back: gt_text_decode of what this appends is TEXT. -EILSEQ: TEXT is not UTF-8. */
GT_MUST_CHECK int gt_text_encode(const char *text, size_t len, enum gt_encoding as,
				 struct gt_buf *out);

#endif
