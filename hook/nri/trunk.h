/*
 * The connection to the runtime: trunk frames, and ttrpc messages in them. Private to the room.
 */
#ifndef GOTUNE_NRI_TRUNK_H
#define GOTUNE_NRI_TRUNK_H

#include "gotune/base.h"

/* The streams that one socket carries: who serves on it. */
enum gt_nri_conn { GT_NRI_CONN_PLUGIN = 1, GT_NRI_CONN_RUNTIME = 2 };

#define GT_NRI_FRAME_MAX 4096 /* bytes of a frame that we send: more makes the runtime fail */

enum gt_ttrpc_type { GT_TTRPC_REQUEST = 1, GT_TTRPC_RESPONSE = 2 };

struct gt_nri_trunk {
	int fd;
	/* Called about every second in which nothing comes; may be NULL. */
	void (*idle)(void *ctx);
	void *idle_ctx; /* not ours */
	struct gt_nri_stream {
		unsigned char *p;
		size_t n, cap;
	} in[2];      /* of each conn: what is not a whole message yet */
	size_t taken; /* of the stream of the last message: to be dropped with the next call */
	unsigned taken_from;
};

/* One ttrpc message. */
struct gt_nri_message {
	enum gt_nri_conn conn;
	uint32_t stream;
	unsigned char type; /* enum gt_ttrpc_type, or another */
	const unsigned char *p;
	size_t len;
};

/*
 * The next message, whenever it comes; its bytes are the trunk's, until the next call. 1; 0: the
 * runtime has closed; -EPROTO with a message, -EINTR, or what reading failed with.
 */
GT_MUST_CHECK int gt_nri_trunk_next(struct gt_nri_trunk *t, struct gt_nri_message *ret,
				    struct gt_err *e);

/* Sends one message. 0; -ETIMEDOUT: the runtime does not read; -errno. */
GT_MUST_CHECK int gt_nri_trunk_send(struct gt_nri_trunk *t, enum gt_nri_conn conn, uint32_t stream,
				    enum gt_ttrpc_type type, const struct gt_buf *payload,
				    struct gt_err *e);

void gt_nri_trunk_done(struct gt_nri_trunk *t);

#endif
