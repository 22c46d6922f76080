/*
 * Reads or writes one sysctl below a root's proc/sys. Effectful: one file, which is checked first.
 */
#include <fcntl.h>
#include <linux/magic.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/sysctl.h"

/* "net.core.somaxconn" -> BELOW "net/core/somaxconn". */
static int sysctl_path(const char *below, const char *name, char *buf, size_t cap)
{
	if (!gt_copy_str(buf, cap, below) || !gt_append(buf, cap, name))
		return -ENAMETOOLONG;
	for (char *p = buf; *p; p++) {
		if (*p == '.')
			*p = '/';
	}
	return 0;
}

/*
 * Checking the file system's type is not enough: another file of procfs, mounted on the sysctl's,
 * would take the value (as in runc's CVE-2025-52881).
 */
int gt_sysctl_file_write(int root, const char *name, const char *value)
{
	char path[GT_SYSCTL_NAME_CAP + 16];
	_cleanup_close_ int proc = gt_root_open_proc(root);
	_cleanup_close_ int fd = -1;
	int r = sysctl_path("sys/", name, path, sizeof(path));

	if (r < 0 || proc < 0)
		return r < 0 ? r : proc;
	fd = gt_root_open_same_mount(proc, path, O_WRONLY);
	return fd < 0 ? fd : gt_write_checked(fd, PROC_SUPER_MAGIC, PROC_SUPER_MAGIC, value);
}

int gt_sysctl_file_read(int root, const char *name, char *buf, size_t cap)
{
	char path[GT_SYSCTL_NAME_CAP + 16];
	int r = sysctl_path("proc/sys/", name, path, sizeof(path));

	return r < 0 ? r : gt_root_read(root, path, buf, cap);
}
