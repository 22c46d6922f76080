/*
 * A container's log on a Kubernetes node, without a client of the CRI: kubelet names a link to each
 * container's log POD_NAMESPACE_CONTAINER-ID.log, which leads to pods/NAMESPACE_POD_UID/CONTAINER/
 * N.log. Effects: reads that directory, opens the log and its rotated pieces.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "diagnose.h"
#include "gotune/record.h"

#define ID_LEN	 64u /* of containerd and CRI-O */
#define LINK_CAP 256

/* Does the link ENTRY belong to NAME: the beginning of its id, its pod, or POD/CONTAINER? */
static bool is_its(const char *entry, size_t len, const char *name)
{
	size_t n = strlen(name), pod = strcspn(entry, "_"), at;
	const char *id = entry + len - ID_LEN;
	const char *slash = strchr(name, '/');

	if (n >= 6 && n <= ID_LEN && memcmp(id, name, n) == 0)
		return true;
	if (!slash)
		return pod == n && memcmp(entry, name, n) == 0;
	if (pod != (size_t)(slash - name) || memcmp(entry, name, pod) != 0)
		return false;
	at = pod + 1 + strcspn(entry + pod + 1, "_") + 1;
	return at < len - ID_LEN && strlen(slash + 1) == len - ID_LEN - 1 - at &&
	       memcmp(entry + at, slash + 1, len - ID_LEN - 1 - at) == 0;
}

/* POD_NAMESPACE_CONTAINER-ID, without its ".log". */
static bool is_named_well(const char *entry, size_t len)
{
	const char *id = entry + (len > ID_LEN ? len - ID_LEN : 0);

	return len > ID_LEN + 5 && id[-1] == '-' && strspn(id, "0123456789abcdef") >= ID_LEN;
}

/* How often the container of the link ENTRY was restarted: kubelet calls its log N.log, and keeps
 * the link of the one before. -1: it is no such link. */
static int64_t restarts_of(DIR *d, const char *entry)
{
	char to[GT_PATH_CAP];
	ssize_t n = readlinkat(dirfd(d), entry, to, sizeof(to) - 1);
	int64_t ret;

	if (n <= 4 || strncmp(to + n - 4, ".log", 4) != 0)
		return -1;
	to[n - 4] = '\0';
	return gt_parse_i64(gt_basename(to), &ret) == 0 ? ret : -1;
}

/* Do A and B, POD_NAMESPACE_CONTAINER-ID, differ in the id alone? */
static bool are_of_one_container(const char *a, const char *b, size_t len)
{
	return strlen(a) == len && memcmp(a, b, len - ID_LEN) == 0;
}

/* The one link in D that is NAME's, the last of a container that was restarted, without its ".log".
 */
static int find_link(DIR *d, const char *name, char ret[LINK_CAP], struct gt_err *e)
{
	const struct dirent *de;
	int64_t starts = -1;
	bool found = false;

	while ((de = readdir(d)) != NULL) {
		size_t len = strlen(de->d_name);
		int64_t n;

		if (len < 4 || strcmp(de->d_name + len - 4, ".log") != 0)
			continue;
		len -= 4;
		if (!is_named_well(de->d_name, len) || !is_its(de->d_name, len, name))
			continue;
		n = restarts_of(d, de->d_name);
		if (found && n != starts && are_of_one_container(ret, de->d_name, len)) {
			if (n < starts)
				continue;
		} else if (found) {
			return gt_err_set(
				e, -ENOTUNIQ,
				"%.80s: that pod has several containers: give POD/CONTAINER, or "
				"the container's id",
				name);
		}
		starts = n;
		found = gt_copy(ret, LINK_CAP, de->d_name, len);
	}
	return found ? 0 : -ENOENT;
}

static int open_log(struct gt_log_found *f, struct gt_err *e)
{
	struct stat st;
	int r = 0;

	f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (f->fd < 0)
		return gt_err_sys(e, -errno, "cannot open %.200s", f->path);
	if (fstat(f->fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r < 0)
		r = gt_err_sys(e, r, "%.200s is no log file", f->path);
	else
		r = gt_log_pieces_open(f->path, f->fd, &f->older, e);
	if (r < 0) {
		gt_cleanup_close(&f->fd);
		f->fd = -1;
	}
	return r;
}

int gt_log_find_on_node(const char *name, const char *dir, const char *record_dir, bool with_log,
			struct gt_log_found *ret, struct gt_err *e)
{
	char link[LINK_CAP];
	DIR *d = opendir(dir);
	int r;

	if (!d)
		return -ENOENT;
	r = find_link(d, name, link, e);
	closedir(d);
	if (r < 0)
		return r;
	*ret = (struct gt_log_found){.fd = -1, .engine = "CRI"};
	gt_copy_cut(ret->id, link + strlen(link) - ID_LEN);
	gt_copy_cut(ret->known.name, name);
	if (snprintf(ret->path, sizeof(ret->path), "%s/%s.log", dir, link) >=
	    (int)sizeof(ret->path))
		return gt_err_set(e, -ENAMETOOLONG, "%.80s: the name of its log is too long", name);
	gt_log_know(record_dir, ret);
	return with_log ? open_log(ret, e) : 0;
}
