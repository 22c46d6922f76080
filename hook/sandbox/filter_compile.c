/*
 * The table of system calls as a filter, by libseccomp. For the build and for tests: no program
 * that is installed links this. Effectful: a memfd.
 */
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "filter.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"

/* What becomes of a call that the table does not list. */
static uint32_t default_action(enum gt_phase phase)
{
	bool goes_on =
		phase == GT_PHASE_TRACER || phase == GT_PHASE_DAEMON || phase == GT_PHASE_LIVE;

	return goes_on ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS;
}

static int add_call(scmp_filter_ctx ctx, const struct gt_phase_call *c)
{
	const struct scmp_arg_cmp cmp = {
		.arg = c->arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = c->mask, .datum_b = c->value};

	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, c->nr, c->has_arg, &cmp);
}

static int export_bpf(scmp_filter_ctx ctx, void **ret, size_t *ret_len)
{
	_cleanup_close_ int fd = memfd_create("filter", MFD_CLOEXEC);
	off_t len;
	void *p;
	int r = fd < 0 ? -errno : seccomp_export_bpf(ctx, fd);

	if (r < 0)
		return r;
	len = lseek(fd, 0, SEEK_END);
	p = len > 0 ? malloc((size_t)len) : NULL;
	if (!p)
		return -ENOMEM;
	if (pread(fd, p, (size_t)len, 0) != len) {
		free(p);
		return -EIO;
	}
	*ret = p;
	*ret_len = (size_t)len;
	return 0;
}

int gt_filter_compile(enum gt_phase phase, void **ret, size_t *ret_len)
{
	scmp_filter_ctx ctx = seccomp_init(default_action(phase));
	int r = ctx ? 0 : -ENOMEM;

	for (unsigned i = 0; r == 0 && i < gt_n_phase_calls; i++) {
		if (gt_phase_calls[i].phase == phase)
			r = add_call(ctx, &gt_phase_calls[i]);
	}
	if (r == 0)
		r = export_bpf(ctx, ret, ret_len);
	if (ctx)
		seccomp_release(ctx);
	return r;
}
