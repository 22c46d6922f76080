/*
 * What a container asks for: annotations, GOTUNE_* variables of its image, its image's labels,
 * --set. Pure; nothing is judged here, the planner holds it against the policy.
 *
 * Who wins: the order of enum gt_origin. An engine merges a user's annotations and a pod's into one
 * object of config.json, so those two can be told apart by one thing alone: KEY/CONTAINER is for
 * one container, KEY for all that the pod has, and the first wins. process.env is merged as well:
 * what a user set with -e has replaced what the image had. So are Docker's labels.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

#define PREFIX "io.gotune."
#define SYSCTL "sysctl."
#define ENV    "GOTUNE_"

/* Where a request comes from, and whose requests for one container count. */
struct source {
	enum gt_origin plain, container;
	const char *container_name;
};

static void note_unknown(struct gt_requests *r, const char *name)
{
	char cut[sizeof(r->unknown[0])];

	(void)gt_copy_str(cut, sizeof(cut), name); /* it is for reading */
	for (uint32_t i = 0; i < r->n_unknown; i++) {
		if (strcmp(r->unknown[i], cut) == 0)
			return;
	}
	if (r->n_unknown < GT_UNKNOWN_KEYS_MAX)
		memcpy(r->unknown[r->n_unknown++], cut, sizeof(cut));
}

static void take_key(struct gt_request *q, enum gt_origin origin, const char *value)
{
	if (origin < q->origin) /* equal: the last of repeated keys, as Go's maps have it */
		return;
	q->origin = origin;
	q->too_long = !gt_copy_str(q->value, sizeof(q->value), value);
}

/* False when it cannot be held. */
static bool take_sysctl(struct gt_requests *r, enum gt_origin origin, const char *name,
			const char *value)
{
	struct gt_sysctl_request q = {.origin = origin};

	if (!*name || !gt_copy_str(q.name, sizeof(q.name), name) ||
	    !gt_copy_str(q.value, sizeof(q.value), value))
		return false;
	for (uint32_t i = 0; i < r->n_sysctl; i++) {
		if (strcmp(r->sysctl[i].name, name) != 0)
			continue;
		if (origin >= r->sysctl[i].origin)
			r->sysctl[i] = q;
		return true;
	}
	if (r->n_sysctl == GT_SYSCTL_MAX)
		return false;
	r->sysctl[r->n_sysctl++] = q;
	return true;
}

/* io.gotune.KEY or io.gotune.KEY/CONTAINER; anything else is not for us. */
static void take_annotation(struct gt_requests *r, const struct source *src, const char *name,
			    const char *value)
{
	char key[GT_SYSCTL_NAME_CAP + sizeof(SYSCTL)];
	const char *rest = name + strlen(PREFIX), *slash;
	enum gt_origin origin = src->plain;
	int i;

	if (!gt_has_prefix(name, PREFIX))
		return;
	slash = strchr(rest, '/');
	if (slash) {
		if (!src->container_name || !*src->container_name ||
		    strcmp(slash + 1, src->container_name) != 0)
			return;
		origin = src->container;
	}
	if (!gt_copy(key, sizeof(key), rest, slash ? (size_t)(slash - rest) : strlen(rest))) {
		note_unknown(r, name);
		return;
	}
	i = gt_words_find(&gt_key_words, key);
	if (i >= 0)
		take_key(&r->key[i], origin, value);
	else if (!gt_has_prefix(key, SYSCTL) ||
		 !take_sysctl(r, origin, key + strlen(SYSCTL), value))
		note_unknown(r, name);
}

static void take_annotations(struct gt_requests *r, const struct source *src,
			     const struct gt_strv *pairs)
{
	const char *value;

	for (const char *name = gt_strv_next(pairs, NULL); name;
	     name = gt_strv_next(pairs, value)) {
		value = gt_strv_next(pairs, name);
		if (!value)
			break;
		take_annotation(r, src, name, value);
	}
}

/* Is NAME "GOTUNE_" and WORD in upper case? */
static bool is_env_of(const char *name, const char *word)
{
	const char *s = name + strlen(ENV);

	for (; *s && *word; s++, word++) {
		char up = *word >= 'a' && *word <= 'z' ? (char)(*word - 'a' + 'A') : *word;

		if (*s != up)
			return false;
	}
	return *s == *word;
}

static void take_env(struct gt_requests *r, const struct gt_strv *pairs)
{
	const char *value;

	for (const char *name = gt_strv_next(pairs, NULL); name;
	     name = gt_strv_next(pairs, value)) {
		bool known = false;

		value = gt_strv_next(pairs, name);
		if (!value)
			break;
		if (!gt_has_prefix(name, ENV))
			continue;
		for (unsigned i = 0; i < GT_KEY_COUNT; i++) {
			if (!is_env_of(name, gt_words_get(&gt_key_words, i)))
				continue;
			take_key(&r->key[i], GT_ORIGIN_IMAGE_ENV, value);
			known = true;
		}
		if (!known)
			note_unknown(r, name);
	}
}

void gt_read_requests(const struct gt_bundle *b, const char *container_name,
		      const struct gt_strv *set_pairs, struct gt_requests *ret)
{
	const struct source annotations = {GT_ORIGIN_ANNOTATION, GT_ORIGIN_ANNOTATION_CONTAINER,
					   container_name};
	const struct source set = {GT_ORIGIN_SET, GT_ORIGIN_SET, container_name};

	memset(ret, 0, sizeof(*ret));
	if (b) {
		take_env(ret, &b->gotune_env);
		take_annotations(ret, &annotations, &b->annotations);
	}
	if (set_pairs)
		take_annotations(ret, &set, set_pairs);
}

void gt_read_labels(const struct gt_strv *labels, struct gt_requests *ret)
{
	const struct source label = {GT_ORIGIN_LABEL, GT_ORIGIN_LABEL, NULL};

	take_annotations(ret, &label, labels);
}
