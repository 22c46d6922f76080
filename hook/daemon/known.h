/*
 * The table of containers, and the directory of records that it follows.
 */
#ifndef GOTUNE_DAEMON_KNOWN_H
#define GOTUNE_DAEMON_KNOWN_H

#include "part.h"

/* All records are looked at that often, for what nobody tells of: an id without a process yet, a
 * directory that was made anew. */
#define GT_LOOK_EVERY_MS 30000

/*
 * Looks at the record of ID: it becomes known, is told to the parts, or ends. A record that cannot
 * be read is as none, and logged.
 */
void gt_known_look(struct gt_daemon *d, const char *id);

/* Looks at all records (ANEW), or at those of which nobody else may have told; who has none any
 * more ends. */
void gt_known_look_at_all(struct gt_daemon *d, bool anew);

/* All end. */
void gt_known_done(struct gt_daemon *d);

/* ---- the directory (daemon/records.c) ---- */

/* Makes an inotify, before the phase is entered. 0 or -errno; gt_records_close in any case. */
GT_MUST_CHECK int gt_records_open(struct gt_daemon *d, struct gt_err *e);

/* Opens the directory of records, follows it and looks at all of it. 0 or -errno. */
GT_MUST_CHECK int gt_records_follow(struct gt_daemon *d, struct gt_err *e);

/* The same, when it is gone or was not there; else looks at all records. */
void gt_records_check(struct gt_daemon *d);

void gt_records_close(struct gt_daemon *d);

#endif
