/*
 * What a Go program runs with now.
 */
#ifndef GOTUNE_SCAN_NOW_H
#define GOTUNE_SCAN_NOW_H

#include "gotune/record.h"
#include "gotune/scan.h"

/* Fills P's numbers from the facts and the plan of R; p->env_known says whether R's variables are
 * known. Pure. */
void gt_scan_now(const struct gt_record *r, struct gt_scan_program *p);
/* Fills what R tells of a container of which no process was looked at: where it may run. Pure. */
void gt_scan_not_now(const struct gt_record *r, struct gt_scan_program *p);

#endif
