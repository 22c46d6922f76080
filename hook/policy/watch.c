/*
 * The policy of a program that goes on running: read anew when its files have become others, and
 * the last good one kept while they are broken. Effectful: reads files; needs no privilege.
 *
 * Theory of operation. Whoever decides asks first, and is answered by a few stats: each file is
 * known by its identity and times, as in the compiled form (cache.c). So a ConfigMap, of which
 * kubelet exchanges a link to a directory, is seen like a file that was replaced or written to. A
 * file that has changed within the last seconds may change again unseen: it is read each time.
 *
 * Any broken file makes the whole set refused, while a program that reads it once leaves alone what
 * the broken file would have governed: who looks on has something better than that.
 */
#include <time.h>

#include "cache.h"
#include "gotune/policy.h"

/* The files in one state of theirs. */
struct version {
	bool has, is_settled;
	struct gt_policy policy;
	struct gt_policy_key key;
};

struct gt_policy_watch {
	int root;
	const char *file;
	struct version good, refused; /* what lies there now is one of them */
	int64_t since_s;
};

static void drop(struct version *v)
{
	if (v->has)
		gt_policy_done(&v->policy);
	*v = (struct version){0};
}

static bool is_current(const struct gt_policy_watch *w, const struct version *v)
{
	return v->has && v->is_settled && v->key.n_file == v->policy.n_layer - 1 &&
	       gt_policy_holds(w->root, w->file, &v->key, &v->policy);
}

static int read_version(const struct gt_policy_watch *w, struct version *ret, struct gt_err *e)
{
	int r;

	*ret = (struct version){0};
	r = gt_policy_read_files(w->root, w->file, &ret->key, &ret->policy, e);
	if (r < 0)
		return r;
	ret->has = true;
	ret->is_settled = gt_policy_key_is_settled(&ret->key, time(NULL));
	return 0;
}

static const struct gt_layer *broken_layer(const struct gt_policy *p)
{
	for (uint32_t i = 0; i < p->n_layer; i++) {
		if (p->layer[i].broken)
			return &p->layer[i];
	}
	return NULL;
}

static bool same_text(const struct gt_policy *a, const struct gt_policy *b)
{
	const struct gt_layer *x = broken_layer(a), *y = broken_layer(b);

	return x && y && strcmp(x->path, y->path) == 0 && strcmp(x->error, y->error) == 0;
}

static enum gt_policy_news accept(struct gt_policy_watch *w, struct version *v)
{
	bool same = w->good.has && !w->refused.has &&
		    memcmp(&w->good.key, &v->key, sizeof(v->key)) == 0;

	drop(&w->good);
	drop(&w->refused);
	w->good = *v;
	if (!same)
		w->since_s = time(NULL);
	return same ? GT_POLICY_SAME : GT_POLICY_NEW;
}

static enum gt_policy_news refuse(struct gt_policy_watch *w, struct version *v)
{
	bool same = w->refused.has && same_text(&w->refused.policy, &v->policy);

	drop(&w->refused);
	w->refused = *v;
	return same ? GT_POLICY_SAME : GT_POLICY_REFUSED;
}

int gt_policy_watch_look(struct gt_policy_watch *w, enum gt_policy_news *ret, struct gt_err *e)
{
	struct version v;
	int r;

	*ret = GT_POLICY_SAME;
	if (is_current(w, w->refused.has ? &w->refused : &w->good))
		return 0;
	r = read_version(w, &v, e);
	if (r < 0)
		return r;
	*ret = gt_policy_is_valid(&v.policy) && !v.policy.broken ? accept(w, &v) : refuse(w, &v);
	return 0;
}

int gt_policy_watch_open(int root, const char *file, struct gt_policy_watch **ret, struct gt_err *e)
{
	struct gt_policy_watch *w = calloc(1, sizeof(*w));
	enum gt_policy_news news;
	int r;

	if (!w)
		return gt_err_set(e, -ENOMEM, "out of memory");
	w->root = root;
	w->file = file;
	r = gt_policy_watch_look(w, &news, e);
	if (r < 0) {
		gt_policy_watch_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void gt_policy_watch_free(struct gt_policy_watch *w)
{
	if (!w)
		return;
	drop(&w->good);
	drop(&w->refused);
	free(w);
}

const struct gt_policy *gt_policy_watch_get(const struct gt_policy_watch *w)
{
	return w->good.has ? &w->good.policy : &w->refused.policy;
}

const struct gt_policy *gt_policy_watch_refused(const struct gt_policy_watch *w)
{
	return w->refused.has ? &w->refused.policy : NULL;
}

int64_t gt_policy_watch_since(const struct gt_policy_watch *w)
{
	return w->since_s;
}
