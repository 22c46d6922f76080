/*
 * Which process a pid stands for, and where the program is that runs. Effectful: reads procfs.
 */
#include <poll.h>
#include <stdio.h>

#include "gotune/base.h"

int gt_start_time(int root, int64_t pid, uint64_t *ret)
{
	char path[48], text[4096], number[24];
	const char *p;
	int r;

	if (pid <= 0)
		return -ESRCH;
	(void)snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid); /* fits */
	r = gt_root_read(root, path, text, sizeof(text));
	if (r < 0)
		return r;
	/* Field 2 is the name in parentheses, which may itself hold both, and spaces. */
	p = strrchr(text, ')');
	if (!p)
		return -EINVAL;
	for (unsigned field = 2; field < 22; field++) {
		p += strcspn(p, " ");
		if (*p++ == '\0')
			return -EINVAL;
	}
	if (!gt_copy(number, sizeof(number), p, strcspn(p, " ")))
		return -EINVAL;
	return gt_parse_u64(number, ret);
}

/* A zombie has ended, and only waits for its parent. proc(5), /proc/PID/stat, the third field. */
static bool is_zombie(int root, int64_t pid)
{
	char path[48], stat[1024];
	const char *name_end;

	(void)snprintf(path, sizeof(path), "proc/%lld/stat", (long long)pid);
	if (gt_root_read(root, path, stat, sizeof(stat)) < 0)
		return false;
	name_end = strrchr(stat, ')'); /* the second field may contain anything, also ')' */
	return name_end && (strncmp(name_end, ") Z", 3) == 0 || strncmp(name_end, ") X", 3) == 0);
}

bool gt_has_ended(int root, int64_t pid, uint64_t *ret_start)
{
	int r = gt_start_time(root, pid, ret_start);

	if (r < 0)
		*ret_start = 0;
	return r == -ENOENT || r == -ESRCH || (r == 0 && is_zombie(root, pid));
}

bool gt_is_same_process(int root, int pidfd, int64_t pid, uint64_t start)
{
	uint64_t now;

	if (pidfd >= 0) /* it can be read from when the process has ended */
		return poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, 0) == 0;
	return gt_start_time(root, pid, &now) == 0 && now == start;
}

/* Cuts the last name off PATH. */
static void cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

void gt_own_dirs(char *dir, char *up, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", dir, cap - 1);

	dir[n > 0 && (size_t)n < cap - 1 ? n : 0] = '\0'; /* if all is full, it may be cut */
	cut_name(dir);
	(void)gt_copy_str(up, cap, dir); /* fits */
	cut_name(up);
}
