/*
 * What is left of the self-test's cgroup when its runtime was killed: a runtime that dies while it
 * creates a container has not yet written down that there is one. Effectful: kills what is in a
 * cgroup of our naming, and removes it; needs root.
 */
#include <fcntl.h>
#include <signal.h>
#include <time.h>

#include "gotune/base.h"
#include "tools.h"

#define TRIES	   50
#define TRY_NAP_NS 20000000

/* The pids in cgroup.procs, a line each. */
static void kill_all(int cgroup)
{
	char text[4096], number[24];

	if (gt_root_read(cgroup, "cgroup.procs", text, sizeof(text)) < 0)
		return;
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n");
		uint64_t pid;

		if (gt_copy(number, sizeof(number), p, n) && gt_parse_u64(number, &pid) == 0 &&
		    pid > 1 && pid <= INT32_MAX)
			(void)kill((pid_t)pid, SIGKILL); /* it may have gone */
		p += n + (p[n] == '\n');
	}
}

/* A dying process leaves its cgroup a little later. */
static void remove_from(int hierarchy, const char *id)
{
	for (unsigned i = 0; i < TRIES; i++) {
		const struct timespec nap = {.tv_nsec = TRY_NAP_NS};
		_cleanup_close_ int cgroup =
			openat(hierarchy, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (cgroup < 0)
			return;
		kill_all(cgroup);
		if (unlinkat(hierarchy, id, AT_REMOVEDIR) == 0 || errno != EBUSY)
			return;
		(void)nanosleep(&nap, NULL); /* woken early, it tries early */
	}
}

void gt_selftest_clean(const struct gt_selftest *t)
{
	_cleanup_free_ struct gt_list *names = calloc(1, sizeof(*names));
	_cleanup_close_ int top =
		open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (top < 0)
		return;
	remove_from(top, t->id); /* v2 */
	if (!names || gt_dir_names(top, "/", "", names) < 0)
		return;
	/* v1 has a hierarchy in each directory. */
	for (const char *n = gt_strv_next(&names->v, NULL); n; n = gt_strv_next(&names->v, n)) {
		_cleanup_close_ int dir =
			openat(top, n, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (dir >= 0)
			remove_from(dir, t->id);
	}
}
