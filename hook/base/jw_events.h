/*
 * The writer of JSON that tells events instead of writing text. Private to the room.
 */
#ifndef GOTUNE_BASE_JW_EVENTS_H
#define GOTUNE_BASE_JW_EVENTS_H

#include "gotune/base.h"

void gt_jw_event_open(struct gt_jw *w, char bracket);
void gt_jw_event_close(struct gt_jw *w, char bracket);
void gt_jw_event_key(struct gt_jw *w, const char *key);

/* Tells a value: EV has its type and what it is; where it is, is filled in. */
void gt_jw_event(struct gt_jw *w, struct gt_json_event *ev);

#endif
