/*
 * A container's log on a Kubernetes node, without a client of the CRI: kubelet names a link to each
 * container's log POD_NAMESPACE_CONTAINER-ID.log. Effects: reads that directory, opens the log.
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

/* The one link in D that is NAME's, without its ".log". */
static int find_link(DIR *d, const char *name, char ret[LINK_CAP], struct gt_err *e)
{
	const struct dirent *de;
	bool found = false;

	while ((de = readdir(d)) != NULL) {
		size_t len = strlen(de->d_name);

		if (len < 4 || strcmp(de->d_name + len - 4, ".log") != 0)
			continue;
		len -= 4;
		if (!is_named_well(de->d_name, len) || !is_its(de->d_name, len, name))
			continue;
		if (found)
			return gt_err_set(
				e, -ENOTUNIQ,
				"%.80s: that pod has several containers: give POD/CONTAINER, or "
				"the container's id",
				name);
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
	if (r == 0)
		return 0;
	gt_cleanup_close(&f->fd);
	f->fd = -1;
	return gt_err_sys(e, r, "%.200s is no log file", f->path);
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
