/*
 * openat2(2), which the C library does not wrap. Effectful: opens.
 */
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "openat2.h"

#define AGAIN_MAX 16 /* openat2(2): EAGAIN when a rename raced with ".." */

/* openat2 inside ROOT. -ENOSYS where the kernel has none or a filter denies it. */
int gt_openat2(int root, const char *path, uint64_t flags, uint64_t resolve)
{
	const struct open_how how = {
		.flags = flags,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	for (unsigned i = 0; i < AGAIN_MAX; i++) {
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return errno == EPERM ? -ENOSYS : -errno;
}
