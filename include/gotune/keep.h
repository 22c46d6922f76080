/*
 * L4 main. Keeping the record of a decision: the directory, and what is said when there is none.
 */
#ifndef GOTUNE_KEEP_H
#define GOTUNE_KEEP_H

#include "gotune/decide.h"

/*
 * DIR, or (NULL) the default directory of records, written to BUF; a user's own is made when it is
 * missing, for him alone. NULL when there is none. Never fails otherwise: opening it says why.
 */
const char *gt_keep_dir(const char *dir, char buf[GT_RECORD_DIR_CAP]);

/*
 * Opens the directory of records for writing and makes what is missing: DIR, or the default one
 * (NULL). A descriptor, or -errno, which has been logged with the container's name WHO: a user
 * without a directory of his own (gt_record_dir_default) is told so as an information.
 */
GT_MUST_CHECK int gt_keep_open(const char *dir, const char *who);

/* The same for removing: makes nothing, logs nothing. */
GT_MUST_CHECK int gt_keep_open_old(const char *dir);

/*
 * Records D, whose document was edited with RESULT (0, or -errno with WHY), in DIR or the default
 * directory, and counts. A container whose id is not known has no record. What fails is logged:
 * it changes nothing else.
 */
void gt_keep_edited(struct gt_decision *d, const char *dir, int result, const struct gt_err *why);

#endif
