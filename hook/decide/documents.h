/* The state and config.json of a decision. */
#ifndef GOTUNE_DECIDE_DOCUMENTS_H
#define GOTUNE_DECIDE_DOCUMENTS_H

#include "gotune/decide.h"

/* D's state, from DOC; D has a parser. 0, or -errno with a message. */
GT_MUST_CHECK int gt_take_state(struct gt_decision *d, const char *doc, size_t len,
				struct gt_err *e);

/* D's config.json, or what stands for it in FROM; *E says what is wrong with it. */
GT_MUST_CHECK enum gt_trouble gt_take_bundle(struct gt_decision *d, const struct gt_source *from,
					     struct gt_err *e);

/*
 * DOC as a file, to be passed to the worker. To be read only: whoever may write into the document
 * that they have parsed could vouch for themselves. A descriptor, or -errno with a message.
 */
GT_MUST_CHECK int gt_copy_config(const char *doc, size_t len, struct gt_err *e);

#endif
