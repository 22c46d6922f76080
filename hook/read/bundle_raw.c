/*
 * config.json, looked at once more: is what this process acts upon really in it? A parser that was
 * taken over could name a root, a mount's source, a cgroup or a namespace of its own choice: files
 * of the host's would be opened for it, another container's record be written over. Pure; runs in
 * the process that acts.
 */
#include "bundle.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

enum section { OTHER, ROOT, LINUX, MOUNTS };

struct look {
	const struct gt_bundle *b;
	enum section section;		/* by the key at depth 1 */
	bool namespaces;		/* inside linux.namespaces */
	struct gt_raw_event type, path; /* of the element of namespaces; doc NULL: none */
	bool root, cgroup, seen[GT_NS_COUNT];
	const char *source; /* of the mounts, the one that is expected next; NULL: no more */
};

static bool is_text(const struct gt_raw_event *ev, const char *want)
{
	struct gt_raw_text t;

	return ev->doc && gt_raw_text(ev, &t) && gt_raw_eat(&t, want) && gt_raw_ends(&t);
}

/* The next source that is claimed and is not empty, behind AT; NULL at the end. */
static const char *next_source(const struct gt_strv *mounts, const char *at)
{
	const char *to, *source = at;

	do {
		to = gt_strv_next(mounts, source);
		source = to ? gt_strv_next(mounts, to) : NULL;
	} while (source && source[0] == '\0');
	return source;
}

/* An element of linux.namespaces has ended: which claim does it bear out? */
static void end_namespace(struct look *l)
{
	for (unsigned i = 0; i < GT_NS_COUNT; i++) {
		const struct gt_bundle_ns *ns = &l->b->ns[i];
		bool same = !ns->path[0] || is_text(&l->path, ns->path);

		if (ns->present && is_text(&l->type, gt_bundle_ns_type[i]) && same)
			l->seen[i] = true;
	}
}

static void take_namespace(struct look *l, const struct gt_raw_event *ev)
{
	if (ev->depth == 3 && ev->what == GT_RAW_OPEN)
		l->type.doc = l->path.doc = NULL;
	else if (ev->depth == 3 && ev->what == GT_RAW_CLOSE)
		end_namespace(l);
	else if (ev->depth == 4 && gt_raw_key_is(ev, "type"))
		l->type = *ev;
	else if (ev->depth == 4 && gt_raw_key_is(ev, "path"))
		l->path = *ev;
}

static enum section section_of(const struct gt_raw_event *ev)
{
	if (gt_raw_key_is(ev, "root"))
		return ROOT;
	if (gt_raw_key_is(ev, "linux"))
		return LINUX;
	return gt_raw_key_is(ev, "mounts") ? MOUNTS : OTHER;
}

static int take(void *ctx, const struct gt_raw_event *ev)
{
	struct look *l = ctx;

	if (ev->depth == 1 && ev->what != GT_RAW_CLOSE)
		l->section = section_of(ev);
	if (ev->depth == 2 && ev->what != GT_RAW_CLOSE)
		l->namespaces = l->section == LINUX && gt_raw_key_is(ev, "namespaces");
	if (l->section == ROOT && ev->depth == 2 && gt_raw_key_is(ev, "path"))
		l->root = is_text(ev, l->b->root_path);
	if (l->section == LINUX && ev->depth == 2 && gt_raw_key_is(ev, "cgroupsPath"))
		l->cgroup = is_text(ev, l->b->cgroups_path);
	if (l->section == MOUNTS && ev->depth == 3 && l->source && gt_raw_key_is(ev, "source") &&
	    is_text(ev, l->source))
		l->source = next_source(&l->b->mounts, l->source);
	if (l->namespaces)
		take_namespace(l, ev);
	return 0;
}

bool gt_bundle_agrees(const struct gt_bundle *b, const char *doc, size_t len)
{
	struct look l = {.b = b, .source = next_source(&b->mounts, NULL)};
	bool ok = gt_raw_scan(doc, len, take, &l) == 0 && !l.source &&
		  (l.root || !b->root_path[0]) && (l.cgroup || !b->cgroups_path[0]);

	for (unsigned i = 0; i < GT_NS_COUNT; i++)
		ok = ok && (l.seen[i] || !b->ns[i].present);
	return ok;
}
