/*
 * Daemons: which process is one, since when, and with which limits. Effectful: reads procfs; the
 * daemons are root's, and so is what is known of them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>

#include "gotune/base.h"
#include "tools.h"

#define PROC_MAX 65536 /* processes that are looked at */

static int read_proc(int root, int64_t pid, const char *name, char *buf, size_t cap)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "proc/%lld/%s", (long long)pid, name); /* fits */
	return gt_root_read(root, path, buf, cap);
}

/* Another pid namespace's daemon is a container's: Docker in Docker, kind. */
static bool is_ours(int root, int64_t pid)
{
	char path[64], theirs[64], ours[64];
	ssize_t n, m;

	(void)snprintf(path, sizeof(path), "proc/%lld/ns/pid", (long long)pid); /* fits */
	n = readlinkat(root, path, theirs, sizeof(theirs));
	m = readlinkat(root, "proc/self/ns/pid", ours, sizeof(ours));
	if (n < 0 || m < 0)
		return true; /* a captured machine has no links; a user may not see root's */
	return n == m && memcmp(theirs, ours, (size_t)n) == 0;
}

/* Is it root's (the owner's of ROOT, for a captured machine)? Anybody may call a process dockerd.
 */
static bool is_roots(int root, int64_t pid)
{
	struct stat top, st;
	char path[64];

	(void)snprintf(path, sizeof(path), "proc/%lld", (long long)pid); /* fits */
	return fstat(root, &top) == 0 && fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_uid == top.st_uid;
}

/* The parent of PID, as its stat says behind the name in parentheses; 0: not known. */
static int64_t parent_of(int root, int64_t pid)
{
	char text[4096], number[24];
	uint64_t parent = 0;
	const char *p;

	if (read_proc(root, pid, "stat", text, sizeof(text)) < 0)
		return 0;
	p = strrchr(text, ')'); /* ") S PPID ..." */
	if (!p || strlen(p) < 5)
		return 0;
	p += 4;
	if (!gt_copy(number, sizeof(number), p, strcspn(p, " ")) ||
	    gt_parse_u64(number, &parent) < 0 || parent > INT32_MAX)
		return 0;
	return (int64_t)parent;
}

/* Where no containerd runs, dockerd starts one of its own: with its limits, and no file of /etc. */
static bool is_dockerds(int root, int64_t pid)
{
	int64_t parent = parent_of(root, pid);
	char comm[64];

	return parent > 0 && read_proc(root, parent, "comm", comm, sizeof(comm)) == 0 &&
	       strcmp(comm, "dockerd") == 0;
}

static bool is_named(int root, int64_t pid, const char *name)
{
	char comm[64];

	return read_proc(root, pid, "comm", comm, sizeof(comm)) == 0 && strcmp(comm, name) == 0 &&
	       is_roots(root, pid) && is_ours(root, pid) && !is_dockerds(root, pid);
}

/* The lowest pid: a daemon's helper is started after it. 0: none. */
static int64_t find(int root, const char *name)
{
	_cleanup_close_ int fd = gt_root_open_dir(root, "proc");
	struct dirent *entry;
	unsigned n = 0;
	int64_t found = 0;
	DIR *dir;

	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (!dir)
		return 0;
	(void)gt_take_fd(&fd); /* closedir closes it */
	while (n++ < PROC_MAX && (entry = readdir(dir)) != NULL) {
		uint64_t pid;

		if (gt_parse_u64(entry->d_name, &pid) < 0 || pid == 0 || pid > INT32_MAX)
			continue;
		if ((found == 0 || (int64_t)pid < found) && is_named(root, (int64_t)pid, name))
			found = (int64_t)pid;
	}
	closedir(dir);
	return found;
}

/* proc/stat's btime and field 22 of proc/PID/stat, in ticks of USER_HZ, which is 100. */
static int64_t start_time(int root, int64_t pid)
{
	char *text = NULL;
	uint64_t boot, ticks;
	bool ok = gt_text_file(root, "proc/stat", 1u << 20, &text, NULL) == 0 &&
		  gt_parse_field_u64(text, "btime ", &boot) && boot < INT64_MAX / 2 &&
		  gt_start_time(root, pid, &ticks) == 0;

	free(text);
	return ok ? (int64_t)(boot + ticks / 100) : 0;
}

static void read_limit(int root, int64_t pid, struct gt_daemon *ret)
{
	char text[4096], soft[24], hard[24];
	const char *p;

	if (read_proc(root, pid, "limits", text, sizeof(text)) < 0)
		return;
	p = strstr(text, "Max open files ");
	if (!p || !gt_parse_field(p, "Max open files ", soft, sizeof(soft)))
		return;
	p = strstr(p, soft) + strlen(soft);
	p += strspn(p, " ");
	if (!gt_copy(hard, sizeof(hard), p, strcspn(p, " \n")))
		return;
	ret->nofile_known = true;
	if (strcmp(hard, "unlimited") == 0)
		ret->nofile_hard = UINT64_MAX;
	else
		ret->nofile_known = gt_parse_u64(hard, &ret->nofile_hard) == 0;
}

static enum gt_tri may_raise(int root, int64_t pid)
{
	char text[8192], word[24];
	unsigned digit;

	if (read_proc(root, pid, "status", text, sizeof(text)) < 0 ||
	    !gt_parse_field(text, "CapEff:", word, sizeof(word)) || strlen(word) != 16)
		return GT_UNKNOWN;
	/* Four capabilities a digit, the last digit has the first four. */
	digit = (unsigned char)word[15 - CAP_SYS_RESOURCE / 4];
	digit = digit >= 'a' ? digit - 'a' + 10 : digit - '0';
	return digit >> (CAP_SYS_RESOURCE % 4) & 1 ? GT_YES : GT_NO;
}

void gt_daemon_find(int root, const char *name, struct gt_daemon *ret)
{
	*ret = (struct gt_daemon){.pid = find(root, name)};
	if (ret->pid == 0)
		return;
	ret->started_at = start_time(root, ret->pid);
	read_limit(root, ret->pid, ret);
	ret->may_raise = may_raise(root, ret->pid);
}
