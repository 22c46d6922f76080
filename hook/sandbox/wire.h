/*
 * How the worker and its parent talk: bytes on a stream socket. Private to the room.
 */
#ifndef GOTUNE_SANDBOX_WIRE_H
#define GOTUNE_SANDBOX_WIRE_H

#include "gotune/base.h"

/*
 * Reads LEN bytes before DEADLINE (0: whenever they come, by plain reads: the child's filter has no
 * poll). 0, -ETIMEDOUT, or -EPIPE: the other side has gone.
 */
GT_MUST_CHECK int gt_wire_read(int sock, void *buf, size_t len, int64_t deadline);

/*
 * Sends the header HDR, with descriptor FD (-1: none), and LEN bytes of BUF, in as few calls as it
 * takes: each would wake the other side. As gt_wire_read.
 */
GT_MUST_CHECK int gt_wire_send(int sock, const void *hdr, size_t hdr_len, int fd, const void *buf,
			       size_t len, int64_t deadline);

/*
 * How much of BUF, which has ROOM bytes, is to be sent: all of it or, when it ends with an arena at
 * offset ARENA, as much as is in use. 0: the arena cannot be true. Pure.
 */
size_t gt_wire_used(const void *buf, size_t room, size_t arena);

#endif
