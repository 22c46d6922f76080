/*
 * What the runtime asks of us, decoded. Private to the room.
 */
#ifndef GOTUNE_NRI_REQUEST_H
#define GOTUNE_NRI_REQUEST_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/nri.h"
#include "gotune/sandbox.h"

#define GT_NRI_MESSAGE_MAX (4u << 20) /* ttrpc's own bound of a message */

enum gt_nri_call {
	GT_NRI_CALL_UNKNOWN,
	GT_NRI_CALL_CONFIGURE,
	GT_NRI_CALL_SYNCHRONIZE,
	GT_NRI_CALL_SHUTDOWN,
	GT_NRI_CALL_CREATE,
	GT_NRI_CALL_EVENT, /* anything else that happens to a container or a pod */
	GT_NRI_CALL_COUNT,
};

struct gt_nri_request {
	enum gt_nri_call call;
	char method[64]; /* as it was called, to be shown */
	enum gt_nri_event event;
	struct gt_nri_peer peer; /* CONFIGURE */
	bool more;		 /* SYNCHRONIZE: there are more to come */
	uint32_t n_containers;
	bool has_container;
	struct gt_typed typed; /* with a container */
};

/* ttrpc's answer to what we asked. */
struct gt_nri_response {
	int32_t code; /* of gRPC: 0 is well */
	char message[256];
};

/*
 * A ttrpc Request. -EBADMSG: it is none. What does not fit is left out: a text is "", a list counts
 * in dropped. Pure.
 */
GT_MUST_CHECK int gt_nri_read_request(const void *p, size_t len, struct gt_nri_request *ret,
				      struct gt_err *e);
GT_MUST_CHECK int gt_nri_read_response(const void *p, size_t len, struct gt_nri_response *ret,
				       struct gt_err *e);

/* A container and its pod, into RET, which is made anew. -EBADMSG. Pure. */
struct gt_pb;
GT_MUST_CHECK int gt_nri_read_container(const struct gt_pb *pod, const struct gt_pb *container,
					struct gt_typed *ret);

/*
 * Containerd's answer to Snapshots/Mounts: the layers. -ENOTSUP with a message: not an overlay or
 * one bind mount, or not as we know them. Pure.
 */
GT_MUST_CHECK int gt_nri_read_mounts(const void *p, size_t len, struct gt_typed_root *ret,
				     struct gt_err *e);

/* Every enum in range, every string terminated. Pure. */
bool gt_nri_request_valid(const struct gt_nri_request *r);

/*
 * Are the call, and the container's id and pid that R, a worker's answer, has in the message? It is
 * read by another reader, in this process. Pure.
 */
bool gt_nri_request_agrees(const struct gt_nri_request *r, const void *p, size_t len);

/* Does each directory of ROOT stand so in the message? Pure. */
bool gt_nri_mounts_agree(const struct gt_typed_root *root, const void *p, size_t len);

/* ---- the worker that decodes ---- */

enum gt_nri_job {
	GT_NRI_JOB_REQUEST,  /* in: a Request -> struct gt_nri_request */
	GT_NRI_JOB_RESPONSE, /* in: a Response -> struct gt_nri_response */
	GT_NRI_JOB_MOUNTS,   /* in: a MountsResponse -> struct gt_nri_mounts */
	GT_NRI_JOB_COUNT,
};
extern const struct gt_job gt_nri_jobs[GT_NRI_JOB_COUNT];

/* Has a worker of its own decode one message, and checks what it says. 0 or -errno. */
GT_MUST_CHECK int gt_nri_decode(enum gt_nri_job job, const void *p, size_t len, void *ret,
				struct gt_err *e);

#endif
