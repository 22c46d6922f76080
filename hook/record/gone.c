/*
 * Has the process of a record ended? Effectful: reads /proc and pid files.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/record.h"

/* A runtime writes the pid file at the end of `create`: until then it may still come. */
#define CREATION_S 60
/* A pid file is written after its process starts: a process that is younger is another one. */
#define SLACK_S 2

/* Clock ticks since boot as seconds since the epoch. */
static int64_t ticks_to_epoch(uint64_t ticks)
{
	long hz = sysconf(_SC_CLK_TCK);
	struct timespec real, boot;

	if (hz <= 0 || clock_gettime(CLOCK_REALTIME, &real) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
		return 0;
	return real.tv_sec - boot.tv_sec + (int64_t)(ticks / (uint64_t)hz);
}

static bool is_new(const struct gt_record_view *v, int64_t now_s)
{
	int64_t start;

	return gt_record_time(v->started_at, &start) == 0 && now_s - start < CREATION_S;
}

static bool is_gone_by_file(int root, const struct gt_record_view *v, int64_t now_s,
			    int64_t *ret_pid)
{
	struct stat st;
	uint64_t pid, start;
	_cleanup_close_ int fd = gt_root_open_file(root, v->pid_file, &st);

	if (fd == -ENOENT)
		return !is_new(v, now_s);
	if (fd < 0 || gt_root_read_u64(root, v->pid_file, &pid) < 0 || pid == 0 || pid > INT32_MAX)
		return false;
	if (gt_has_ended(root, (int64_t)pid, &start) ||
	    (start != 0 && ticks_to_epoch(start) > st.st_mtime + SLACK_S))
		return true;
	*ret_pid = (int64_t)pid;
	return false;
}

/*
 * Without pid and pid file we look at the bundle: engines remove it with the container. At its
 * creation (gotune-nri --env-only) there is none yet.
 */
static bool is_bundle_gone(const struct gt_record_view *v, int64_t now_s)
{
	return v->bundle[0] == '/' && access(v->bundle, F_OK) < 0 && errno == ENOENT &&
	       (strcmp(v->stage, "create") != 0 || !is_new(v, now_s));
}

bool gt_record_is_gone(int root, const struct gt_record_view *v, int64_t now_s, int64_t *ret_pid)
{
	uint64_t start;

	*ret_pid = v->pid;
	if (root < 0)
		return false;
	if (v->pid == 0)
		return v->pid_file[0] ? is_gone_by_file(root, v, now_s, ret_pid)
				      : is_bundle_gone(v, now_s);
	return gt_has_ended(root, v->pid, &start) ||
	       (v->pid_start != 0 && start != 0 && start != v->pid_start);
}
