/*
 * Finds which hierarchy has a controller, and where a process is in it, from proc/self/mountinfo
 * and proc/PID/cgroup (Documentation/filesystems/proc.rst 3.5,
 * admin-guide/cgroup-v1/cgroups.rst 2.2, admin-guide/cgroup-v2.rst). Effectful: reads; needs no
 * privilege.
 */
#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "mountinfo.h"

#define PROC_FILE_MAX  (4u << 20) /* a host with thousands of mounts */
#define PROC_FILE_WAIT 2000	  /* milliseconds */

static const char *const ctl_name[GT_CTL_COUNT] = {
	[GT_CTL_CPU] = "cpu",
	[GT_CTL_MEMORY] = "memory",
	[GT_CTL_CPUSET] = "cpuset",
};

/* The process's paths, as proc/PID/cgroup has them; "": it has none. */
struct paths {
	char v1[GT_CTL_COUNT][GT_PATH_CAP];
	char v2[GT_PATH_CAP];
};

/* A cgroup mount, and which controllers it offers. */
struct mount {
	struct gt_mountinfo m;
	bool asked;	       /* CONTROLLERS has been read: once, when needed */
	char controllers[512]; /* of a cgroup2 mount, once ASKED; "" also if unreadable */
};

static char *read_text(int root, const char *path)
{
	_cleanup_close_ int fd = gt_root_open_kernel(root, path);
	char *text = NULL;

	if (fd < 0 || gt_read_all(fd, PROC_FILE_MAX, PROC_FILE_WAIT, &text, NULL) < 0)
		return NULL;
	return text;
}

/* "ID:CONTROLLERS:PATH"; the path may contain colons. Cgroup 2 names no controllers here. */
static void parse_path(char *line, struct paths *ret)
{
	char *list = strchr(line, ':');
	char *path = list ? strchr(list + 1, ':') : NULL;

	if (!path || path[1] != '/')
		return;
	*list++ = '\0';
	*path++ = '\0';
	if (strlen(path) >= GT_PATH_CAP)
		return; /* unknown rather than cut */
	if (*list == '\0') {
		(void)gt_copy_str(ret->v2, sizeof(ret->v2), path);
		return;
	}
	for (unsigned c = 0; c < GT_CTL_COUNT; c++) {
		if (gt_list_has_word(list, ",", ctl_name[c]))
			(void)gt_copy_str(ret->v1[c], sizeof(ret->v1[c]), path);
	}
}

static void read_paths(int root, const char *file, struct paths *ret)
{
	_cleanup_free_ char *text = read_text(root, file);
	char *save = NULL;

	if (!text)
		return;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		parse_path(l, ret);
}

/* Does PATH contain ".."? It lies above our own cgroup namespace then, and we cannot open it. */
static bool climbs_out(const char *path)
{
	return gt_list_has_word(path, "/", "..");
}

/* PATH as seen below a mount whose root is MOUNT_ROOT; false when it lies outside. */
static bool strip_root(const char *mount_root, const char *path, char ret[GT_PATH_CAP])
{
	size_t n = strcmp(mount_root, "/") == 0 ? 0 : strlen(mount_root);

	if (*path == '\0' || climbs_out(path) || climbs_out(mount_root))
		return false;
	if (strncmp(path, mount_root, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return false;
	return gt_copy_str(ret, GT_PATH_CAP, path[n] ? path + n : "/");
}

/* Does the cgroup2 mount M offer the controller? */
static bool offers_controller(int root, struct mount *m, const char *name)
{
	char file[GT_PATH_CAP + 32];

	if (!m->asked && (!gt_copy_str(file, sizeof(file), m->m.point) ||
			  !gt_append(file, sizeof(file), "/cgroup.controllers") ||
			  gt_root_read(root, file, m->controllers, sizeof(m->controllers)) < 0))
		m->controllers[0] = '\0';
	m->asked = true;
	return gt_list_has_word(m->controllers, " ", name);
}

/*
 * Takes mount M for controller C if it is better than what RET has: v1 before v2, since a
 * controller is in only one hierarchy and v1 has to name it; then one that shows the path.
 */
static void offer_place(int root, struct mount *m, unsigned c, const char *path,
			struct gt_cg_place *ret)
{
	struct gt_cg_place p = {.version = m->m.version};

	if (m->m.version == GT_CGROUP_V1 && !gt_list_has_word(m->m.options, ",", ctl_name[c]))
		return;
	if (!gt_copy_str(p.point, sizeof(p.point), m->m.point))
		return;
	p.has_path = strip_root(m->m.root, path, p.below);
	if (ret->version != GT_CGROUP_UNKNOWN &&
	    !(m->m.version < ret->version || (m->m.version == ret->version && !ret->has_path)))
		return;
	if (m->m.version == GT_CGROUP_V2 && !offers_controller(root, m, ctl_name[c]))
		return;
	*ret = p;
}

static bool any_controller(const char *options)
{
	for (unsigned c = 0; c < GT_CTL_COUNT; c++) {
		if (gt_list_has_word(options, ",", ctl_name[c]))
			return true;
	}
	return false;
}

static const char *path_in(const struct paths *p, enum gt_cgroup_version v, unsigned c)
{
	return v == GT_CGROUP_V1 ? p->v1[c] : p->v2;
}

/* TEXT, which is changed, has lines of mountinfo. */
static void choose_mounts(int root, char *text, const struct paths *paths, struct gt_cg_places *ret)
{
	bool v1 = false, v2 = false;
	char *save = NULL;
	struct mount m;

	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		m.asked = false;
		if (!gt_parse_mountinfo(l, &m.m))
			continue;
		v2 = v2 || m.m.version == GT_CGROUP_V2;
		v1 = v1 || (m.m.version == GT_CGROUP_V1 && any_controller(m.m.options));
		for (unsigned c = 0; c < GT_CTL_COUNT; c++)
			offer_place(root, &m, c, path_in(paths, m.m.version, c), &ret->ctl[c]);
	}
	ret->hybrid = v1 && v2;
}

char *gt_cg_mounts(int root)
{
	_cleanup_free_ char *text = read_text(root, "proc/self/mountinfo");
	struct gt_buf kept = {0};

	for (char *l = text; l && *l; l += strcspn(l, "\n"), l += *l == '\n') {
		size_t n = strcspn(l, "\n");

		if (memmem(l, n, " - cgroup", strlen(" - cgroup"))) {
			gt_buf_add(&kept, l, n);
			gt_buf_str(&kept, "\n");
		}
	}
	if (kept.error)
		gt_buf_done(&kept);
	return kept.p;
}

static void read_mounts(int root, const char *mounts, const struct paths *paths,
			struct gt_cg_places *ret)
{
	_cleanup_free_ char *text =
		mounts ? strdup(mounts) : read_text(root, "proc/self/mountinfo");

	if (text)
		choose_mounts(root, text, paths, ret);
}

/* Is cgroup MINE the cgroup THEIRS, or below it? All are below the root, also an unknown MINE. */
static bool is_within(const char *theirs, const char *mine)
{
	size_t n = strlen(theirs);

	if (strcmp(theirs, "/") == 0)
		return true;
	if (*theirs == '\0' || strncmp(theirs, mine, n) != 0)
		return false;
	return mine[n] == '\0' || mine[n] == '/' || theirs[n - 1] == '/';
}

/* Marks a cgroup that we are in, or below: it is not only the container's. */
static void mark_shared(int root, const struct paths *theirs, struct gt_cg_places *ret)
{
	struct paths own = {0};

	read_paths(root, "proc/self/cgroup", &own);
	for (unsigned c = 0; c < GT_CTL_COUNT; c++) {
		enum gt_cgroup_version v = ret->ctl[c].version;

		ret->ctl[c].shared = is_within(path_in(theirs, v, c), path_in(&own, v, c));
	}
}

static void set_all_paths(struct paths *p, const char *path)
{
	for (unsigned c = 0; c < GT_CTL_COUNT; c++)
		(void)gt_copy_str(p->v1[c], sizeof(p->v1[c]), path); /* of the same size */
	(void)gt_copy_str(p->v2, sizeof(p->v2), path);
}

void gt_cg_find_by(int root, const char *mounts, int64_t pid, const char *future,
		   struct gt_cg_places *ret)
{
	struct paths paths = {0};
	char name[48] = "proc/";
	const char *path;

	*ret = (struct gt_cg_places){0};
	if (pid > 0 && gt_append_u64(name, sizeof(name), (uint64_t)pid) &&
	    gt_append(name, sizeof(name), "/cgroup"))
		read_paths(root, name, &paths);
	if (pid == 0 && future)
		set_all_paths(&paths, future);
	read_mounts(root, mounts, &paths, ret);
	if (pid > 0 || future)
		mark_shared(root, &paths, ret);
	path = paths.v1[GT_CTL_MEMORY];
	if (*path == '\0')
		path = *paths.v2 ? paths.v2 : paths.v1[GT_CTL_CPU];
	(void)gt_copy_str(ret->path, sizeof(ret->path), path); /* same size */
}

void gt_cg_find(int root, int64_t pid, const char *future, struct gt_cg_places *ret)
{
	gt_cg_find_by(root, NULL, pid, future, ret);
}

int gt_cg_open(int root, const struct gt_cg_place *p, const char *below)
{
	char path[2 * GT_PATH_CAP];

	if (p->version == GT_CGROUP_UNKNOWN || !p->has_path)
		return -ENOENT;
	if (!gt_copy_str(path, sizeof(path), p->point) || !gt_append(path, sizeof(path), below))
		return -ENAMETOOLONG;
	return gt_root_open_dir(root, path);
}
