/*
 * L0 base. The kill switch: a file whose mere existence turns everything off, without a policy.
 */
#ifndef GOTUNE_DISABLED_H
#define GOTUNE_DISABLED_H

#include "gotune/base.h"
#include "gotune/paths.h"

/*
 * NULL, or why nothing may be tuned: a sentence for people. Whatever has that name below ROOT (a
 * root descriptor) counts, also a directory, a FIFO, or a link that leads nowhere; and so does not
 * being able to tell. Effects: looks at the name, opens nothing.
 */
const char *gt_disabled(int root);

#endif
