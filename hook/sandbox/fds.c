/*
 * The descriptors of a forked child. Effectful: closes them.
 */
#include <fcntl.h>

#include "fds.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"

#define KEPT (STDERR_FILENO + 1)

int gt_keep_one(int keep)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int r = null < 0 ? -errno : 0;

	if (r == 0 && null <= KEPT)
		null = fcntl(null, F_DUPFD_CLOEXEC, KEPT + 1);
	if (r == 0 && keep >= 0 && keep != KEPT)
		r = dup3(keep, KEPT, O_CLOEXEC) < 0 ? -errno : 0;
	for (int i = 0; r == 0 && i <= STDERR_FILENO; i++)
		r = dup2(null, i) < 0 ? -errno : 0;
	if (r == 0 && close_range(keep < 0 ? KEPT : KEPT + 1, ~0U, 0) < 0 && errno != ENOSYS)
		r = -errno;
	return r < 0 ? r : KEPT;
}

/* The lowest of KEEP that is at least FROM, or -1. */
static int next_kept(const int *keep, size_t n, int from)
{
	int best = -1;

	for (size_t i = 0; i < n; i++) {
		if (keep[i] >= from && (best < 0 || keep[i] < best))
			best = keep[i];
	}
	return best;
}

void gt_close_all_but(const int *keep, size_t n)
{
	int from = STDERR_FILENO + 1;

	for (int fd = next_kept(keep, n, from); fd >= 0; fd = next_kept(keep, n, from)) {
		if (fd > from)
			(void)close_range((unsigned)from, (unsigned)fd - 1, 0);
		from = fd + 1;
	}
	(void)close_range((unsigned)from, ~0U, 0);
}
