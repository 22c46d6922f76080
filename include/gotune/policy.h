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

/* The built-in defaults alone, which are a part of the program: *RET owns nothing. Pure. */
void gt_read_policy_builtin(struct gt_policy *ret);

/* Where the compiled form of a policy is kept. */
struct gt_policy_cache {
	int (*open_dir)(void *ctx); /* a descriptor, which is not ours, or -errno; when needed */
	void *ctx;
	bool may_write;
};

/*
 * As gt_read_policy, but by the compiled form that is kept in CACHE (may be NULL) where that holds,
 * and without reading anything where there is no file. Otherwise the files are read and, if CACHE
 * may be written and nothing is broken, their compiled form is kept there: policy.cache, mode 0600,
 * or policy.N.cache for a FILE. Whatever is wrong with the kept form, the files are what counts.
 */
GT_MUST_CHECK int gt_policy_load(int root, const char *file, const struct gt_policy_cache *cache,
				 struct gt_policy *ret, struct gt_err *e);

/* ---- the policy of a program that goes on running ---- */

struct gt_policy_watch;

enum gt_policy_news {
	GT_POLICY_SAME,
	GT_POLICY_NEW,	   /* other files, and they count from now on */
	GT_POLICY_REFUSED, /* other files, which are broken: the last good ones still count */
};

/*
 * Reads the policy as gt_read_policy does, and keeps it in *RET. ROOT and FILE stay the caller's
 * and must outlive it. If the files are broken at once they count as they are: what they would have
 * governed is left alone, until good ones come. -ENOMEM.
 */
GT_MUST_CHECK int gt_policy_watch_open(int root, const char *file, struct gt_policy_watch **ret,
				       struct gt_err *e);
void gt_policy_watch_free(struct gt_policy_watch *w); /* NULL-safe */

/*
 * Are the files still those that were read last? Otherwise reads them. Costs a few stat calls when
 * nothing has changed. What gt_policy_watch_get and _refused gave is then gone. -ENOMEM: as before.
 */
GT_MUST_CHECK int gt_policy_watch_look(struct gt_policy_watch *w, enum gt_policy_news *ret,
				       struct gt_err *e);

/* The policy that counts: W's, as it was when W looked. Never NULL. */
const struct gt_policy *gt_policy_watch_get(const struct gt_policy_watch *w);

/* What lies there and is broken, with its layers' errors: W's. NULL: nothing is. */
const struct gt_policy *gt_policy_watch_refused(const struct gt_policy_watch *w);

/* When what counts was read, in seconds since the epoch; 0: there was no good policy yet. */
int64_t gt_policy_watch_since(const struct gt_policy_watch *w);

/*
 * Writes the merged policy as JSON with a parallel object of sources, or as a table of
 * key, value, source. For `gotune policy show` and `gotune profiles`.
 */
struct gt_jw;
void gt_policy_write_json(const struct gt_policy *p, struct gt_jw *w);
typedef void (*gt_policy_row_fn)(void *ctx, const char *key, const char *value, const char *source);
void gt_policy_rows(const struct gt_policy *p, gt_policy_row_fn fn, void *ctx);

#endif
