/*
 * L4 main. Was the container decided about before it was created?
 */
#ifndef GOTUNE_EARLIER_H
#define GOTUNE_EARLIER_H

#include "gotune/record.h"

/*
 * True when an earlier stage (precreate, or gotune-runtime's create) has a record of NOW's
 * container below DIRFD, and the variables that it set stand in config.json: its decision holds,
 * and its record tells more than "already set" would. Reads that record.
 */
bool gt_decided_earlier(int dirfd, const struct gt_record *now);

#endif
