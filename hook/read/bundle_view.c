/*
 * config.json: what of it decides how Go sees its cgroup. Go looks for mounts of cgroups in
 * /proc/self/mountinfo, and reads what it then finds at their place (src/internal/runtime/cgroup):
 * so this keeps, in their order, the mounts that bring cgroups, and what hides them later. Pure;
 * runs in the parser worker.
 */
#include "bundle.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define CGROUP_DIR "/sys/fs/cgroup"

/* PATH as gt_path_clean has it, but for the root, which is "/". False also when it is empty. */
static bool clean_path(const char *path, char ret[GT_VIEW_PATH_CAP])
{
	return *path && gt_path_clean(path, ret, GT_VIEW_PATH_CAP, NULL) &&
	       (ret[0] || gt_append(ret, GT_VIEW_PATH_CAP, "/"));
}

/* What of PATH is below DIR ("" for DIR itself), or NULL. Both are clean. */
static const char *part_below(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	if (strncmp(path, dir, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return path[n] == '/' && path[n + 1] == '\0' ? path + n + 1 : path + n;
}

/* One mount, with clean paths. SOURCE is "" unless it is a bind mount whose source is known. */
struct mount {
	char to[GT_VIEW_PATH_CAP], source[GT_VIEW_PATH_CAP];
	const char *type;
	bool bind, recursive;
};

static bool has_type(const struct mount *m, const char *const *types)
{
	for (; *types; types++) {
		if (strcmp(m->type, *types) == 0)
			return true;
	}
	return false;
}

/* What a bind mount shows of the host at its SUB, a path that begins with '/' or "". */
static enum gt_view_kind bound_kind(const struct mount *m, const char *sub, const char *dir)
{
	char host[2 * GT_VIEW_PATH_CAP];
	const char *rest;

	if (m->source[0] != '/')
		return GT_VIEW_UNCLEAR;
	(void)gt_copy_str(host, sizeof(host), strcmp(m->source, "/") == 0 ? "" : m->source);
	(void)gt_append(host, sizeof(host), sub); /* both fit */
	rest = part_below(host, dir);
	if (!rest || *rest)
		return GT_VIEW_UNCLEAR;
	if (m->recursive)
		return GT_VIEW_HOST;
	/* Without its mounts /sys/fs is an empty directory. */
	return sub && *sub ? GT_VIEW_NOTHING : GT_VIEW_HOST_FLAT;
}

/* What one finds at POINT once M, which is mounted on it or above it, is there. */
static enum gt_view_kind kind_at(const struct mount *m, const char *point)
{
	static const char *const empty[] = {"tmpfs", "sysfs",  "proc",	   "devpts",
					    "ramfs", "mqueue", "devtmpfs", NULL};
	const char *sub = part_below(point, m->to);

	if (m->bind)
		return bound_kind(m, sub, CGROUP_DIR);
	if (gt_has_prefix(m->type, "cgroup"))
		return sub && *sub ? GT_VIEW_NOTHING : GT_VIEW_OWN;
	return has_type(m, empty) ? GT_VIEW_NOTHING : GT_VIEW_UNCLEAR;
}

/* Does a mount or a mask at PATH, below a place of cgroups, hide the limit's file? */
static bool hides_limit(const char *rest)
{
	return gt_has_prefix(rest, "/cpu");
}

static void cover_mounts(struct gt_bundle_view *v, const struct mount *m)
{
	for (uint32_t i = 0; i < v->n_mount; i++) {
		const char *rest = part_below(m->to, v->mount[i].point);

		if (part_below(v->mount[i].point, m->to))
			v->mount[i].now = kind_at(m, v->mount[i].point);
		else if (rest && hides_limit(rest))
			v->mount[i].now = GT_VIEW_UNCLEAR;
	}
}

/* Below a process's own directory lie the files that Go reads. */
static bool is_process_file(const char *rest)
{
	return gt_has_prefix(rest, "/self") || gt_has_prefix(rest, "/thread-self") ||
	       (rest[0] == '/' && rest[1] >= '0' && rest[1] <= '9');
}

/* If no mount says anything of /proc, we take it to be there: Go programs cannot do without. */
static void cover_proc(struct gt_bundle_view *v, const struct mount *m)
{
	const char *sub = part_below("/proc", m->to), *rest = part_below(m->to, "/proc");

	if (sub && m->bind)
		v->proc_unclear = bound_kind(m, sub, "/proc") < GT_VIEW_HOST;
	else if (sub)
		v->proc_unclear = *sub || strcmp(m->type, "proc") != 0;
	else if (rest && is_process_file(rest))
		v->proc_unclear = true;
}

/* Notes that mountinfo will have a mount of cgroups at M's place, followed by SUB. */
static void add_mount(struct gt_bundle_view *v, const struct mount *m, const char *sub,
		      enum gt_view_kind kind)
{
	struct gt_view_mount *to = &v->mount[v->n_mount];

	if (v->n_mount == GT_VIEW_MOUNTS_MAX ||
	    !gt_copy_str(to->point, sizeof(to->point), strcmp(m->to, "/") == 0 ? "" : m->to) ||
	    !gt_append(to->point, sizeof(to->point), sub)) {
		v->unclear = true;
		return;
	}
	to->what = to->now = kind;
	v->n_mount++;
}

/* Does M bring cgroups, and where, below its place? */
static enum gt_view_kind brought_kind(const struct mount *m, const char **ret_sub)
{
	*ret_sub = "";
	if (!m->bind)
		return gt_has_prefix(m->type, "cgroup") ? GT_VIEW_OWN : GT_VIEW_NOTHING;
	if (m->source[0] != '/')
		return GT_VIEW_NOTHING;
	*ret_sub = part_below(CGROUP_DIR, m->source);
	if (!*ret_sub) {
		*ret_sub = "";
		return part_below(m->source, CGROUP_DIR) ? GT_VIEW_UNCLEAR : GT_VIEW_NOTHING;
	}
	return bound_kind(m, *ret_sub, CGROUP_DIR);
}

void gt_bundle_view_mount(struct gt_bundle *b, const struct gt_bundle_item *item)
{
	struct gt_bundle_view *v = &b->view;
	struct mount m = {.type = item->type};
	enum gt_view_kind kind;
	const char *sub;

	m.bind = item->bind || strcmp(item->type, "bind") == 0;
	m.recursive = item->recursive;
	if (!m.bind || item->source[0] != '/' || !clean_path(item->source, m.source))
		m.source[0] = '\0';
	if (!clean_path(item->destination, m.to)) {
		v->unclear = v->unclear || brought_kind(&m, &sub) != GT_VIEW_NOTHING;
		return;
	}
	cover_mounts(v, &m);
	cover_proc(v, &m);
	kind = brought_kind(&m, &sub);
	if (kind != GT_VIEW_NOTHING)
		add_mount(v, &m, sub, kind);
}

void gt_bundle_view_mask(struct gt_bundle *b, const char *path, size_t len)
{
	struct gt_bundle_view *v = &b->view;
	char text[GT_VIEW_PATH_CAP], mask[GT_VIEW_PATH_CAP];
	const char *rest;

	if (!gt_copy(text, sizeof(text), path, len) || !clean_path(text, mask))
		return; /* too long for a place that counts */
	rest = part_below(mask, "/proc");
	v->proc_masked =
		v->proc_masked || part_below("/proc", mask) || (rest && is_process_file(rest));
	rest = part_below(mask, CGROUP_DIR);
	v->masked = v->masked || part_below(CGROUP_DIR, mask) || (rest && hides_limit(rest));
}
