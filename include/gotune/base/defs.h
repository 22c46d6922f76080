/*
 * Attributes, scoped clean-up and small arithmetic that every file uses.
 *
 * Nothing in here does I/O. See CONTRIBUTING.md for the ranks L0..L4.
 */
#ifndef GOTUNE_BASE_DEFS_H
#define GOTUNE_BASE_DEFS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define GT_MUST_CHECK	__attribute__((warn_unused_result))
#define GT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define GT_UNUSED	__attribute__((unused))
#define GT_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Three-valued facts: a program's CGO_ENABLED may be yes, no, or not written down. */
enum gt_tri { GT_UNKNOWN = 0, GT_NO, GT_YES };

static inline void gt_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void gt_cleanup_close(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		close(*fd);
		errno = saved;
	}
}

#define _cleanup_(f)	__attribute__((cleanup(f)))
#define _cleanup_free_	_cleanup_(gt_cleanup_free)
#define _cleanup_close_ _cleanup_(gt_cleanup_close)

/* Hand a pointer over to a new owner: the old variable becomes NULL. */
#define GT_TAKE_PTR(p)                      \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

/* Hand a descriptor over to a new owner: the old variable becomes -1. */
static inline int gt_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
