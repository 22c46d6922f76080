/*
 * The descriptors of a forked child. Effectful: closes them.
 */
#include <fcntl.h>

#include "fds.h"

#define KEPT (STDERR_FILENO + 1)

int gt_close_all_but(int keep)
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
