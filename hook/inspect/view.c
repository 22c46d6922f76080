/*
 * What Go will see of its cgroup, by config.json. Pure.
 *
 * Go (src/internal/runtime/cgroup, 1.25 and later) reads /proc/self/cgroup and
 * /proc/self/mountinfo, joins a mount point and a path, and reads cpu.max or cpu.cfs_quota_us
 * there. A v1 hierarchy with the controller wins over v2, whose mounts are then:
 *   1.25: the last one; on v1 the first. The whole path is joined to its point, whatever the
 *         mount's root (golang/go#76390).
 *   1.26: the first one whose root is the cgroup or above it. The path is joined without that root.
 * Roots and paths are relative to the cgroup namespace: in one of its own the path is "/", and the
 * host's tree, bound, has a root above it that 1.26 does not take and whose limit is the root
 * cgroup's for 1.25: none.
 */
#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

/* What decides beside the mounts. */
struct view {
	const struct gt_bundle_view *b;
	bool v1;	 /* the hierarchy with the CPU controller */
	bool own_ns;	 /* the container has a cgroup namespace of its own */
	bool root_quota; /* the host's root of the tree has a limit, as in a nested machine */
};

/* On v1 /sys/fs/cgroup without its mounts is an empty directory. */
static enum gt_view_kind resolve_flat(const struct view *v, enum gt_view_kind k)
{
	if (k == GT_VIEW_HOST_FLAT)
		return v->v1 ? GT_VIEW_NOTHING : GT_VIEW_HOST;
	return k;
}

static enum gt_view_kind kind_now(const struct view *v, const struct gt_view_mount *m)
{
	if (v->b->masked && gt_has_prefix(m->point, "/sys/fs/cgroup"))
		return GT_VIEW_NOTHING;
	return resolve_flat(v, m->now);
}

/* The mount that 1.25 takes, or NULL. */
static const struct gt_view_mount *choose_125(const struct view *v)
{
	const struct gt_view_mount *last = NULL;

	for (uint32_t i = 0; i < v->b->n_mount; i++) {
		const struct gt_view_mount *m = &v->b->mount[i];

		if (resolve_flat(v, m->what) == GT_VIEW_NOTHING)
			continue;
		if (v->v1)
			return m;
		last = m;
	}
	return last;
}

/* ... 1.26. In a namespace of its own it does not take the host's tree. */
static const struct gt_view_mount *choose_126(const struct view *v)
{
	for (uint32_t i = 0; i < v->b->n_mount; i++) {
		const struct gt_view_mount *m = &v->b->mount[i];
		enum gt_view_kind what = resolve_flat(v, m->what);

		if (what != GT_VIEW_NOTHING && !(v->own_ns && what == GT_VIEW_HOST))
			return m;
	}
	return NULL;
}

/* What is at the point of M is not the container's own cgroup: its root's limit would be read. */
static enum gt_tri sees_host_root(const struct view *v, bool *ret_other)
{
	*ret_other = v->root_quota;
	return v->root_quota ? GT_UNKNOWN : GT_NO;
}

static enum gt_tri sees_125(const struct view *v, bool *ret_other)
{
	const struct gt_view_mount *m = choose_125(v);

	if (!m)
		return GT_NO;
	if (resolve_flat(v, m->what) == GT_VIEW_UNCLEAR)
		return GT_UNKNOWN;
	switch (kind_now(v, m)) {
	case GT_VIEW_NOTHING:
		return GT_NO;
	case GT_VIEW_OWN:
		if (v->own_ns)
			return GT_YES;
		/* On v1 the mount's root is the container's cgroup; on v2 runtimes differ. */
		return v->v1 ? GT_NO : GT_UNKNOWN;
	case GT_VIEW_HOST:
		return v->own_ns ? sees_host_root(v, ret_other) : GT_YES;
	case GT_VIEW_UNCLEAR:
	case GT_VIEW_HOST_FLAT:
	case GT_VIEW_KIND_COUNT:
		break;
	}
	return GT_UNKNOWN;
}

static enum gt_tri sees_126(const struct view *v, bool *ret_other)
{
	const struct gt_view_mount *m = choose_126(v);
	enum gt_view_kind what, now;

	if (!m)
		return GT_NO;
	what = resolve_flat(v, m->what);
	now = kind_now(v, m);
	if (what == GT_VIEW_UNCLEAR || now == GT_VIEW_UNCLEAR)
		return GT_UNKNOWN;
	if (now == GT_VIEW_NOTHING)
		return GT_NO;
	if (what == now)
		return GT_YES;
	return v->own_ns && now == GT_VIEW_HOST ? sees_host_root(v, ret_other) : GT_UNKNOWN;
}

/* Do the mounts alone decide? */
static bool can_judge(const struct gt_bundle *b)
{
	if (b->view.unclear)
		return false;
	if (b->view.n_mount == 0) /* whatever else, Go finds nothing */
		return true;
	return !b->view.proc_unclear && !b->view.proc_masked && b->ns[GT_NS_MOUNT].present &&
	       !b->ns[GT_NS_CGROUP].joined;
}

void gt_inspect_cgroup_mount(const struct gt_bundle *b, struct gt_cgroup_facts *ret)
{
	const struct gt_level *top = ret->n_level > 0 && ret->n_level <= GT_LEVELS_MAX
					     ? &ret->level[ret->n_level - 1]
					     : NULL;
	const struct view v = {
		.b = &b->view,
		.v1 = ret->cpu == GT_CGROUP_V1,
		.own_ns = b->ns[GT_NS_CGROUP].present,
		.root_quota = top && (top->has_quota || top->cpu_unreadable) &&
			      strcmp(top->path, "/") == 0,
	};

	ret->joins_cgroup_ns = b->ns[GT_NS_CGROUP].joined;
	ret->go125_other = ret->go126_other = false;
	ret->go125_sees = ret->go126_sees = GT_UNKNOWN;
	if (!can_judge(b))
		return;
	ret->go125_sees = sees_125(&v, &ret->go125_other);
	ret->go126_sees = sees_126(&v, &ret->go126_other);
}
