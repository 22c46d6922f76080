/*
 * how the worker and its parent talk. Large structs that are mostly zero cross a
 * stream socket in one piece: a header, a map of the blocks that follow, and those blocks.
 */
#ifndef GOTUNE_SANDBOX_WIRE_H
#define GOTUNE_SANDBOX_WIRE_H

#include "gotune/base.h"
#include "gotune/sandbox.h"

#define GT_WIRE_BLOCK  1024
#define GT_WIRE_BLOCKS 1024 /* of a map; what lies beyond belongs to the last block */

/* Which blocks of a buffer are sent: the others are zero, or not in use. */
struct gt_wire_map {
	unsigned char bit[GT_WIRE_BLOCKS / 8];
};

/*
 * Reads LEN bytes before DEADLINE (0: whenever they come, by plain reads: the child's filter has no
 * poll). 0, -ETIMEDOUT, or -EPIPE: the other side has gone.
 */
GT_MUST_CHECK int gt_wire_read(int sock, void *buf, size_t len, int64_t deadline);

/* The blocks of BUF (LEN bytes, zeroed by the caller) that MAP names. As gt_wire_read. */
GT_MUST_CHECK int gt_wire_read_blocks(int sock, const struct gt_wire_map *map, char *buf,
				      size_t len, int64_t deadline);

/* Fills *MAP for BUF; the unused part of its arrays counts as zero. An array that is not all inside
 * LEN counts as in use. Pure. */
void gt_wire_map(const char *buf, size_t len, const struct gt_wire_shape *shape,
		 struct gt_wire_map *map);

/*
 * Sends the header HDR, with descriptor FD (-1: none), and the blocks of BUF that MAP names, in as
 * few calls as it takes: each would wake the other side. As gt_wire_read.
 */
GT_MUST_CHECK int gt_wire_send(int sock, const void *hdr, size_t hdr_len, int fd,
			       const struct gt_wire_map *map, const char *buf, size_t len,
			       int64_t deadline);

#endif
