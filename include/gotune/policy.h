/*
 * Reads the policy: merges its files, with the source of each value. Also looks at the switch that
 * turns everything off.
 */
#ifndef GOTUNE_POLICY_H
#define GOTUNE_POLICY_H

#include "gotune/base.h"
#include "gotune/model.h"

/* ---- the switch ---- */

/*
 * NULL, or why nothing may be tuned: a sentence for people. Anything with that name below ROOT (a
 * root descriptor) counts, also a directory, a FIFO, or a link that leads nowhere. It also counts
 * when we cannot tell. Effects: looks at the name, opens nothing.
 */
const char *gt_disabled(int root);

/* ---- the policy ---- */

#define GT_POLICY_MAX (4u << 20) /* bytes of one policy file */

/*
 * Reads the merged policy. ROOT: where etc/gotune is (a root descriptor); FILE: NULL, or one file
 * to use instead of /etc/gotune/policy.json and its drop-ins. Without any file the built-in
 * defaults hold. A broken file is no failure: its layer is marked broken with LINE:COLUMN, and so
 * is what it would have governed. Fails with -ENOMEM only. Free *ret with gt_policy_done.
 */
GT_MUST_CHECK int gt_read_policy(int root, const char *file, struct gt_policy *ret,
				 struct gt_err *e);

/* The built-in defaults alone. */
GT_MUST_CHECK int gt_read_policy_builtin(struct gt_policy *ret);

/*
 * Writes the merged policy as JSON with a parallel object of sources, or as a table of
 * key, value, source. For `gotune policy show` and `gotune profiles`.
 */
struct gt_jw;
void gt_policy_write_json(const struct gt_policy *p, struct gt_jw *w);
typedef void (*gt_policy_row_fn)(void *ctx, const char *key, const char *value, const char *source);
void gt_policy_rows(const struct gt_policy *p, gt_policy_row_fn fn, void *ctx);

#endif
