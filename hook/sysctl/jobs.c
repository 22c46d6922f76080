/*
 * The jobs of the worker inside a container's namespaces: read a sysctl, write a sysctl. Thin
 * adapters (see sandbox/worker.c), in their own file so that a test can link other jobs. Effectful:
 * they read or write the sysctl.
 */
#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "gotune/sysctl.h"

/* The worker's root descriptor: /proc/sys follows the namespaces of whoever looks. */
static int open_root(struct gt_err *e)
{
	return gt_root_open(NULL, e);
}

static int job_sysctl_read(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
			   struct gt_err *e)
{
	struct gt_sysctl_pair *p = ret;
	_cleanup_close_ int root = open_root(e);

	(void)fd, (void)ret_len;
	if (root < 0)
		return root;
	if (in_len != sizeof(*p))
		return -EINVAL;
	*p = *(const struct gt_sysctl_pair *)in;
	return gt_sysctl_file_read(root, p->name, p->value, sizeof(p->value));
}

static int job_sysctl_write(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
			    struct gt_err *e)
{
	struct gt_sysctl_pair *p = ret;
	_cleanup_close_ int root = open_root(e);
	int r;

	(void)fd, (void)ret_len;
	if (root < 0)
		return root;
	if (in_len != sizeof(*p))
		return -EINVAL;
	*p = *(const struct gt_sysctl_pair *)in;
	r = gt_sysctl_file_write(root, p->name, p->value);
	return r < 0 ? gt_err_sys(e, r, "cannot write %s", p->name) : 0;
}

const struct gt_job gt_sysctl_jobs[GT_JOB_SYSCTL_COUNT] = {
	[GT_JOB_SYSCTL_READ] = {.fn = job_sysctl_read,
				.in_max = sizeof(struct gt_sysctl_pair),
				.ret_len = sizeof(struct gt_sysctl_pair)},
	[GT_JOB_SYSCTL_WRITE] = {.fn = job_sysctl_write,
				 .in_max = sizeof(struct gt_sysctl_pair),
				 .ret_len = sizeof(struct gt_sysctl_pair)},
};
