/*
 * L4 main. Where the real OCI runtime is.
 */
#ifndef GOTUNE_RUNTIMES_H
#define GOTUNE_RUNTIMES_H

#include "gotune/err.h"

/* Where a runtime's name is looked for, each ending in '/'; "" stands for absolute names. */
extern const char *const gt_runtime_dirs[];
extern const unsigned gt_n_runtime_dirs;

/*
 * The path of the real runtime: FORCED (GOTUNE_RUNTIME, absolute; NULL or "": not given), else the
 * first of the policy's `runtimes` that exists, absolute or in a fixed list of directories. Never
 * this program itself, under whatever name. 0 or -ENOENT with a message that says what to do.
 */
GT_MUST_CHECK int gt_runtime_find(const char *forced, char *ret, size_t cap, struct gt_err *e);

#endif
