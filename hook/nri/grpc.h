/*
 * One unary gRPC call over a UNIX socket. Private to the room.
 */
#ifndef GOTUNE_NRI_GRPC_H
#define GOTUNE_NRI_GRPC_H

#include "gotune/base.h"

struct gt_grpc_call {
	const char *socket, *path, *namespace; /* containerd's namespace, a header */
	const struct gt_buf *message;
	int64_t until_ms; /* by gt_now_ms */
};

/*
 * Connects, calls, and takes the answer's message into RET, at most MAX bytes. -ENODATA: the server
 * answered without one (its status says why, which is not read); -EPROTO, -ETIMEDOUT, -errno.
 */
GT_MUST_CHECK int gt_grpc_call(const struct gt_grpc_call *c, size_t max, struct gt_buf *ret,
			       struct gt_err *e);

#endif
