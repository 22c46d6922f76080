/*
 * Messages are decoded by a sandboxed worker, one for each: what crashes or hangs it is one
 * message. What comes back is checked here. Effectful: forks.
 */
#include "request.h"

/* Of the two seconds that a runtime waits. */
#define DECODE_MS 1000

static bool is_bool(const bool *b)
{
	unsigned char raw;

	memcpy(&raw, b, 1); /* as a bool it could be undefined */
	return raw <= 1;
}

#define ENDS(a) (memchr((a), '\0', sizeof(a)) != NULL)

bool gt_nri_request_valid(const struct gt_nri_request *r)
{
	return r->call < GT_NRI_CALL_COUNT && r->event <= GT_NRI_EVENT_MAX && ENDS(r->method) &&
	       ENDS(r->peer.runtime) && ENDS(r->peer.version) && ENDS(r->peer.nri) &&
	       is_bool(&r->more) && is_bool(&r->has_container) && gt_typed_valid(&r->typed) &&
	       (!r->has_container || gt_id_ok(r->typed.id));
}

static bool mounts_valid(const struct gt_typed_root *root)
{
	return is_bool(&root->user_attrs) && is_bool(&root->sees_trusted) &&
	       gt_strv_valid(&root->dirs.v, &root->dirs.arena.a, sizeof(root->dirs.arena.room));
}

static bool is_valid(enum gt_nri_job job, const void *p, size_t len, const void *ret)
{
	switch (job) {
	case GT_NRI_JOB_REQUEST:
		return gt_nri_request_valid(ret) && gt_nri_request_agrees(ret, p, len);
	case GT_NRI_JOB_RESPONSE:
		return ENDS(((const struct gt_nri_response *)ret)->message);
	case GT_NRI_JOB_MOUNTS:
		return mounts_valid(ret) && gt_nri_mounts_agree(ret, p, len);
	case GT_NRI_JOB_COUNT:
		break;
	}
	return false;
}

int gt_nri_decode(enum gt_nri_job job, const void *p, size_t len, void *ret, struct gt_err *e)
{
	struct gt_worker w = {.sock = -1};
	int r = gt_worker_start(&w, GT_PHASE_PARSE, gt_nri_jobs, GT_NRI_JOB_COUNT, NULL, NULL, e);

	if (r == 0)
		r = gt_worker_call(&w, job, -1, p, len, ret, DECODE_MS, e);
	if (r == 0 && !is_valid(job, p, len, ret))
		r = gt_err_set(e, -EBADMSG, "the sandboxed worker sent nonsense");
	gt_worker_done(&w);
	return r;
}
