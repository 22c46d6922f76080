/*
 * The filter of a phase, loaded as it was compiled when this program was built: starting a
 * container costs no compiler. Effectful; gives privilege away.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "filter.h"

struct filter {
	const struct sock_filter *code;
	size_t n;
};

/* BUILD/gen/filters.h, written by sandbox/filter_gen.c: static const struct filter filters[]. */
#include "filters.h"

const void *gt_filter_embedded(enum gt_phase phase, size_t *ret_len)
{
	*ret_len = filters[phase].n * sizeof(struct sock_filter);
	return filters[phase].code;
}

int gt_filter_load(enum gt_phase phase)
{
	const struct sock_fprog prog = {
		.len = (unsigned short)filters[phase].n, /* the kernel's bound is 4096 */
		/* the kernel only reads through it */
		.filter = (struct sock_filter *)(uintptr_t)filters[phase].code,
	};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0 ? -errno : 0;
}
