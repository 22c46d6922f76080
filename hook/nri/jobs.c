/*
 * The jobs of the worker that decodes messages. Thin adapters (see sandbox/worker.c), in their own
 * file so that a test can link other jobs. Pure.
 */
#include "request.h"

static int job_request(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		       struct gt_err *e)
{
	(void)fd, (void)ret_len;
	return gt_nri_read_request(in, in_len, ret, e);
}

static int job_response(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
			struct gt_err *e)
{
	(void)fd, (void)ret_len;
	return gt_nri_read_response(in, in_len, ret, e);
}

static int job_mounts(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		      struct gt_err *e)
{
	(void)fd, (void)ret_len;
	return gt_nri_read_mounts(in, in_len, ret, e);
}

const struct gt_job gt_nri_jobs[GT_NRI_JOB_COUNT] = {
	[GT_NRI_JOB_REQUEST] = {.fn = job_request,
				.in_max = GT_NRI_MESSAGE_MAX,
				.ret_len = sizeof(struct gt_nri_request),
				.ret_arena = offsetof(struct gt_nri_request, typed.arena)},
	[GT_NRI_JOB_RESPONSE] = {.fn = job_response,
				 .in_max = GT_NRI_MESSAGE_MAX,
				 .ret_len = sizeof(struct gt_nri_response)},
	[GT_NRI_JOB_MOUNTS] = {.fn = job_mounts,
			       .in_max = GT_NRI_MESSAGE_MAX,
			       .ret_len = sizeof(struct gt_typed_root)},
};
