/*
 * Reads the limit at the place where Go reads it, in the mounts of a process, and compares it with
 * the limit that its cgroup has. Effectful: see view_live.c. No heap.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "lines.h"
#include "view.h"

int gt_view_open_proc(const struct gt_view *k, const char *name)
{
	char path[GT_SELF_CAP] = "proc/";

	(void)gt_append_u64(path, sizeof(path), (uint64_t)k->pid); /* all of it fits */
	(void)gt_append(path, sizeof(path), "/");
	(void)gt_append(path, sizeof(path), name);
	return gt_root_open_kernel(k->root, path);
}

static bool is_root_user(const struct gt_view *k)
{
	_cleanup_close_ int fd = gt_view_open_proc(k, "status");
	struct gt_lines l = {.fd = fd};
	char *line, uid[24];

	while (fd >= 0 && (line = gt_next_line(&l))) {
		if (gt_parse_field(line, "Uid:", uid, sizeof(uid)))
			return strcmp(uid, "0") == 0;
	}
	return false;
}

/* May the process use what ST is of, given the bit for others? Files of cgroups are root's. */
static bool may_use(const struct gt_view *k, const struct stat *st, mode_t others)
{
	return (st->st_mode & others) || is_root_user(k);
}

/* The text of NAME in DIR, an O_PATH descriptor. GT_FOUND_NONE: it is not there; GT_FOUND_OWN:
 * read. */
static enum gt_view_found read_file(const struct gt_view *k, int dir, const char *name,
				    char ret[GT_SELF_CAP])
{
	_cleanup_close_ int pinned = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_close_ int fd = -1;
	char self[GT_SELF_CAP] = "/proc/self/fd/";
	struct stat st;
	ssize_t n;

	if (pinned < 0)
		return errno == ENOENT ? GT_FOUND_NONE : GT_FOUND_UNSURE;
	if (fstat(pinned, &st) < 0 || !S_ISREG(st.st_mode) || !k->is_fs(pinned, false) ||
	    !may_use(k, &st, S_IROTH))
		return GT_FOUND_UNSURE;
	(void)gt_append_u64(self, sizeof(self), (uint64_t)pinned); /* fits */
	fd = open(self, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	n = fd < 0 ? -1 : pread(fd, ret, GT_SELF_CAP - 1, 0);
	if (n <= 0)
		return GT_FOUND_UNSURE;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return GT_FOUND_OWN;
}

static enum gt_view_found compare(const struct gt_view *k, uint64_t quota_us, uint64_t period_us)
{
	const struct gt_level *own = k->own;

	return own && own->has_quota && !own->cpu_unreadable && own->quota_us == quota_us &&
			       own->period_us == period_us
		       ? GT_FOUND_OWN
		       : GT_FOUND_OTHER;
}

static enum gt_view_found look_v2(const struct gt_view *k, int dir)
{
	char text[GT_SELF_CAP], *space;
	uint64_t quota_us, period_us;
	enum gt_view_found f = read_file(k, dir, "cpu.max", text);

	if (f != GT_FOUND_OWN)
		return f;
	space = strchr(text, ' ');
	if (!space)
		return GT_FOUND_UNSURE;
	*space = '\0';
	if (strcmp(text, "max") == 0)
		return GT_FOUND_NONE;
	if (gt_parse_u64(text, &quota_us) < 0 || gt_parse_u64(space + 1, &period_us) < 0)
		return GT_FOUND_UNSURE;
	return compare(k, quota_us, period_us);
}

static enum gt_view_found look_v1(const struct gt_view *k, int dir)
{
	char quota[GT_SELF_CAP], period[GT_SELF_CAP];
	enum gt_view_found f = read_file(k, dir, "cpu.cfs_quota_us", quota);
	uint64_t quota_us, period_us;

	if (f != GT_FOUND_OWN)
		return f;
	if (quota[0] == '-')
		return GT_FOUND_NONE;
	f = read_file(k, dir, "cpu.cfs_period_us", period);
	if (f != GT_FOUND_OWN)
		return f;
	if (gt_parse_u64(quota, &quota_us) < 0 || gt_parse_u64(period, &period_us) < 0)
		return GT_FOUND_UNSURE;
	return compare(k, quota_us, period_us);
}

enum gt_view_found gt_view_read_place(const struct gt_view *k, int top,
				      const struct gt_view_place *p)
{
	_cleanup_close_ int dir = -1;
	struct stat st;

	if (!p->found)
		return GT_FOUND_NONE;
	if (p->too_long)
		return GT_FOUND_UNSURE;
	dir = gt_root_walk(top, p->dir);
	if (dir < 0)
		return dir == -ENOENT || dir == -ENOTDIR ? GT_FOUND_NONE : GT_FOUND_UNSURE;
	if (fstat(dir, &st) < 0)
		return GT_FOUND_UNSURE;
	if (!S_ISDIR(st.st_mode))
		return GT_FOUND_NONE;
	if (!may_use(k, &st, S_IXOTH))
		return GT_FOUND_UNSURE;
	return k->version == GT_CGROUP_V1 ? look_v1(k, dir) : look_v2(k, dir);
}
