/*
 * Our own hook, as config.json shall name it.
 */
#ifndef GOTUNE_DECIDE_OWN_HOOK_H
#define GOTUNE_DECIDE_OWN_HOOK_H

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/edit.h"
#include "gotune/model.h"

/*
 * May a runtime be told to run PATH: an executable file with our hook's name, which nobody can
 * change or replace but us and root? *RET gets the path without symbolic links. Looks at files.
 */
bool gt_own_hook_usable(const char *path, char ret[GT_PATH_CAP]);

/*
 * Fills RET with our hook and the options that D's program was given. False: it is not installed
 * where we look. RET points into D's machine, OPTIONS and PATH. Looks at files.
 */
bool gt_own_hook_find(const struct gt_decision *d, const struct gt_hook_options *options,
		      char path[GT_PATH_CAP], struct gt_edit_hook *ret);

#endif
