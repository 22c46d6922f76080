/*
 * L4 main. A plan for a container that does not run yet, spliced into its config.json.
 */
#ifndef GOTUNE_EDIT_H
#define GOTUNE_EDIT_H

#include "gotune/decide.h"
#include "gotune/err.h"
#include "gotune/str.h"

/*
 * Decides for the container that DOC describes and makes the edited document. IN: stage, bundle and
 * id. *RET is empty when nothing is to be changed (audit, off, nothing to set). *RET_D is the
 * decision, freed by the caller with gt_decide_done also on failure. 0 or -errno with a message:
 * then *RET is empty.
 */
GT_MUST_CHECK int gt_edit_document(const struct gt_decide_in *in, const char *doc, size_t len,
				   struct gt_buf *ret, struct gt_decision *ret_d, struct gt_err *e);

/*
 * The same for the bundle in DIR: config.json is replaced atomically, with its owner and mode. ID
 * may be NULL. Records in GT_RECORD_DIR and logs. 0, or -errno with a message: config.json is then
 * as it was.
 */
GT_MUST_CHECK int gt_edit_bundle(const char *dir, const char *id, struct gt_err *e);

#endif
