/*
 * Paths as text: no file is looked at.
 */
#ifndef GOTUNE_BASE_PATH_H
#define GOTUNE_BASE_PATH_H

#include "gotune/base/defs.h"

/*
 * PATH as one that begins with '/', without "//", "." and ".."; the root is "". So the runtimes
 * write destinations of mounts. *ret_up (may be NULL): there was a "..", which means another
 * directory where a link stands before it. False when it does not fit. Pure.
 */
bool gt_path_clean(const char *path, char *ret, size_t cap, bool *ret_up);

#endif
