/*
 * What Go sees of its cgroup in a process: does what Go does (see view.c), from outside. Effectful:
 * reads proc/PID and a file of cgroups below proc/PID/root; other users' processes need
 * CAP_SYS_PTRACE.
 *
 * The roots of mounts and the path of the cgroup are relative to the cgroup namespace of who reads
 * them (kernel/cgroup/cgroup.c, cgroup_show_path, proc_cgroup_show). If the process has our own
 * namespace, we read what Go reads. Otherwise the root of its namespace is not told. A runtime
 * makes the namespace when the process is in its cgroup, and then mounts the cgroup file system: so
 * the root is the cgroup of the process, unless that was moved on. Then a mount whose root is above
 * its cgroup may be the one that was made in the namespace: what holds for both counts.
 *
 * The files belong to the container: nothing in it is opened for reading but a regular file on a
 * file system of cgroups. No heap.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "lines.h"
#include "mountinfo.h"
#include "view.h"

#define OUTSIDE "/.." /* of the namespace */

/* ---- the cgroup and its namespace ---- */

/* "ID:CONTROLLERS:PATH". True: it is the CPU controller's own, on v1, and settles it. */
static bool take_path(struct gt_view *k, char *line)
{
	char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
	bool v1;

	if (!path || path[1] != '/')
		return false;
	*path++ = '\0';
	v1 = gt_list_has_word(list + 1, ",", "cpu");
	if (!v1 && !gt_has_prefix(line, "0:"))
		return false;
	k->version = v1 ? GT_CGROUP_V1 : GT_CGROUP_V2;
	if (!gt_copy_str(k->path, sizeof(k->path), path))
		k->path[0] = '\0'; /* unknown rather than cut */
	return v1;
}

/* False: we cannot tell. Without a cgroup the version stays unknown. */
static bool read_path(struct gt_view *k)
{
	_cleanup_close_ int fd = gt_view_open_proc(k, "cgroup");
	struct gt_lines l = {.fd = fd};
	char *line;

	if (fd < 0)
		return false;
	while ((line = gt_next_line(&l))) {
		if (l.cut)
			return false;
		if (take_path(k, line))
			break;
	}
	return !l.failed && (k->version == GT_CGROUP_UNKNOWN || k->path[0]);
}

static ssize_t read_ns(int root, int64_t pid, char ret[GT_SELF_CAP])
{
	char path[GT_SELF_CAP] = "proc/";
	ssize_t n;

	if (pid > 0)
		(void)gt_append_u64(path, sizeof(path), (uint64_t)pid); /* all of it fits */
	else
		(void)gt_append(path, sizeof(path), "self");
	(void)gt_append(path, sizeof(path), "/ns/cgroup");
	n = readlinkat(root, path, ret, GT_SELF_CAP - 1);
	if (n >= 0)
		ret[n] = '\0';
	return n;
}

/* Is the process in our cgroup namespace? False: we cannot tell. */
static bool compare_ns(struct gt_view *k)
{
	char theirs[GT_SELF_CAP], ours[GT_SELF_CAP];

	if (read_ns(k->root, k->pid, theirs) < 0 || read_ns(k->root, 0, ours) < 0)
		return false;
	k->same_ns = strcmp(theirs, ours) == 0;
	return true;
}

/* ---- mounts ---- */

/* X, which we see, as a process sees it whose namespace begins at NS. */
static const char *within_ns(const char *ns, const char *x)
{
	size_t n = strlen(ns);

	if (strcmp(ns, "/") == 0)
		return x;
	if (!gt_path_is_within(x, ns))
		return OUTSIDE;
	return x[n] ? x + n : "/";
}

/* Has the controller, in a hierarchy of V. */
static bool has_cpu(const struct gt_mountinfo *m, enum gt_cgroup_version v)
{
	return m->version == v && (v == GT_CGROUP_V2 || gt_list_has_word(m->options, ",", "cpu"));
}

/* Something is mounted on the files that Go reads. */
static bool hides_proc(char *line)
{
	const char *at = strstr(line, " /proc/");

	if (!at)
		return false;
	at += strlen(" /proc/");
	return gt_has_prefix(at, "self") || gt_has_prefix(at, "thread-self") ||
	       (*at >= '0' && *at <= '9');
}

typedef bool mount_fn(const struct gt_view *k, const struct gt_mountinfo *m, void *ctx);

/* Calls FN for each mount of cgroups, until it returns true. False: we cannot tell. */
static bool each_mount(const struct gt_view *k, mount_fn *fn, void *ctx)
{
	_cleanup_close_ int fd = gt_view_open_proc(k, "mountinfo");
	struct gt_lines l = {.fd = fd};
	struct gt_mountinfo m;
	char *line;

	if (fd < 0)
		return false;
	while ((line = gt_next_line(&l))) {
		if ((l.cut && !strstr(line, " - ")) || hides_proc(line))
			return false;
		if (gt_parse_mountinfo(line, &m) && fn(k, &m, ctx))
			return true;
	}
	return !l.failed;
}

/* The longest root of a mount that is above the cgroup, and not the hierarchy's own. */
struct above {
	bool equal; /* a mount's root is the cgroup itself */
	char root[GT_PATH_CAP];
};

static bool note_root(const struct gt_view *k, const struct gt_mountinfo *m, void *ctx)
{
	struct above *a = ctx;

	if (!has_cpu(m, k->version))
		return false;
	a->equal = a->equal || strcmp(m->root, k->path) == 0;
	if (strcmp(m->root, "/") != 0 && gt_path_is_within(k->path, m->root) &&
	    strlen(m->root) > strlen(a->root))
		(void)gt_copy_str(a->root, sizeof(a->root), m->root); /* shorter than the path */
	return false;
}

static void join_place(struct gt_view_place *p, const char *point, const char *rest)
{
	p->found = true;
	p->too_long = !gt_copy_str(p->dir, sizeof(p->dir), point) ||
		      !gt_append(p->dir, sizeof(p->dir), rest);
}

/* Go 1.25: the first mount of v1, or the last of v2; the version is the path's. */
static bool choose_125(const struct gt_view *k, const struct gt_mountinfo *m, void *ctx)
{
	bool v1 = has_cpu(m, GT_CGROUP_V1);
	struct gt_view_place *p = ctx;

	if (v1 || m->version == GT_CGROUP_V2)
		join_place(p, m->point, within_ns(p->ns, k->path));
	return v1;
}

/* Go 1.26: the first mount in whose root the cgroup is. */
static bool choose_126(const struct gt_view *k, const struct gt_mountinfo *m, void *ctx)
{
	struct gt_view_place *p = ctx;
	const char *cgroup = within_ns(p->ns, k->path), *root = within_ns(p->ns, m->root), *rest;

	if (!has_cpu(m, k->version) || !gt_path_is_within(cgroup, root))
		return false;
	rest = cgroup + (strcmp(root, "/") == 0 ? 0 : strlen(root));
	if (strcmp(rest, "/") == 0)
		rest = "";
	if (gt_path_is_within(rest, OUTSIDE))
		return false;
	join_place(p, m->point, rest);
	return true;
}

/* ---- both versions ---- */

static enum gt_view_found look_from(const struct gt_view *k, int top, mount_fn *choose,
				    const char *ns)
{
	struct gt_view_place p = {.ns = ns};

	return each_mount(k, choose, &p) ? gt_view_read_place(k, top, &p) : GT_FOUND_UNSURE;
}

/* For each namespace that it may be: what differs is not sure. */
static enum gt_view_found look_as(const struct gt_view *k, int top, mount_fn *choose,
				  const struct above *a)
{
	enum gt_view_found one, other;

	if (k->same_ns)
		return look_from(k, top, choose, "/");
	one = look_from(k, top, choose, k->path);
	if (a->equal || !a->root[0])
		return one;
	other = look_from(k, top, choose, a->root);
	return one == other ? one : GT_FOUND_UNSURE;
}

/* Go reads its own files in /proc. GT_FOUND_OWN: it can. */
static enum gt_view_found look_at_proc(const struct gt_view *k, int top)
{
	_cleanup_close_ int proc = gt_root_walk(top, "proc"), file = -1;

	if (proc < 0)
		return proc == -ENOENT ? GT_FOUND_NONE : GT_FOUND_UNSURE;
	if (k->is_fs(proc, true))
		return GT_FOUND_OWN;
	file = gt_root_walk(proc, "self");
	return file == -ENOENT ? GT_FOUND_NONE : GT_FOUND_UNSURE;
}

static int open_top(const struct gt_view *k)
{
	char path[GT_SELF_CAP] = "proc/";
	int fd;

	(void)gt_append_u64(path, sizeof(path), (uint64_t)k->pid); /* all of it fits */
	(void)gt_append(path, sizeof(path), "/root");
	fd = openat(k->root, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

struct both {
	enum gt_view_found go125, go126;
};

static struct both look_both(struct gt_view *k, bool joins_ns)
{
	const struct both unsure = {GT_FOUND_UNSURE, GT_FOUND_UNSURE},
			  none = {GT_FOUND_NONE, GT_FOUND_NONE};
	_cleanup_close_ int top = open_top(k);
	struct above a = {0};
	enum gt_view_found proc;

	if (top < 0 || !read_path(k) || !compare_ns(k))
		return unsure;
	proc = look_at_proc(k, top);
	if (proc == GT_FOUND_UNSURE)
		return unsure;
	if (proc == GT_FOUND_NONE || k->version == GT_CGROUP_UNKNOWN)
		return none;
	if ((joins_ns && !k->same_ns) || !each_mount(k, note_root, &a))
		return unsure;
	return (struct both){look_as(k, top, choose_125, &a), look_as(k, top, choose_126, &a)};
}

static void tell(enum gt_view_found found, enum gt_tri *ret_sees, bool *ret_other)
{
	static const enum gt_tri sees[] = {
		[GT_FOUND_NONE] = GT_NO,
		[GT_FOUND_OWN] = GT_YES,
		[GT_FOUND_OTHER] = GT_NO,
		[GT_FOUND_UNSURE] = GT_UNKNOWN,
	};

	*ret_sees = sees[found];
	*ret_other = found == GT_FOUND_OTHER || found == GT_FOUND_UNSURE;
}

void gt_view_look(int root, int64_t pid, gt_view_is_fs *is_fs, struct gt_cgroup_facts *f)
{
	struct gt_view k = {.root = root,
			    .pid = pid,
			    .is_fs = is_fs,
			    .own = f->n_level > 0 ? &f->level[0] : NULL};
	struct both found = look_both(&k, f->joins_cgroup_ns);

	tell(found.go125, &f->go125_sees, &f->go125_other);
	tell(found.go126, &f->go126_sees, &f->go126_other);
}

static bool is_kernel_fs(int fd, bool proc)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	return proc ? fs.f_type == PROC_SUPER_MAGIC
		    : fs.f_type == CGROUP2_SUPER_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC;
}

void gt_inspect_cgroup_view(int root, int64_t pid, struct gt_cgroup_facts *f)
{
	gt_view_look(root, pid, is_kernel_fs, f);
}
