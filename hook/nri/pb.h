/*
 * Protobuf's wire format, bounded. Private to the room.
 */
#ifndef GOTUNE_NRI_PB_H
#define GOTUNE_NRI_PB_H

#include "gotune/base.h"

/* What is left of a message. {NULL, NULL} is an empty one. */
struct gt_pb {
	const unsigned char *p, *end;
};

enum gt_pb_wire { GT_PB_VARINT = 0, GT_PB_FIXED64 = 1, GT_PB_BYTES = 2, GT_PB_FIXED32 = 5 };

struct gt_pb_field {
	uint32_t number;
	enum gt_pb_wire wire;
	uint64_t v;	   /* unless it is GT_PB_BYTES */
	struct gt_pb text; /* GT_PB_BYTES: in the message */
};

struct gt_pb gt_pb_of(const void *p, size_t len);
size_t gt_pb_len(const struct gt_pb *m);

/* The next field: 1, 0 at the end, or -EBADMSG: it is no message. Pure. */
GT_MUST_CHECK int gt_pb_next(struct gt_pb *m, struct gt_pb_field *ret);

/* The last field NUMBER of M that is bytes: as protobuf has it, the last counts. An empty message
 * when there is none. */
struct gt_pb gt_pb_find(struct gt_pb m, uint32_t number);

/* The last varint with that NUMBER; false: there is none. */
bool gt_pb_find_number(struct gt_pb m, uint32_t number, uint64_t *ret);

/* TEXT as a C string; false, and "", when it does not fit or holds a NUL. */
bool gt_pb_copy(struct gt_pb text, char *ret, size_t cap);

/* Does TEXT equal S? */
bool gt_pb_is(struct gt_pb text, const char *s);

/* ---- writing: errors are in the buffer ---- */

void gt_pb_add_number(struct gt_buf *b, uint32_t number, uint64_t v);
void gt_pb_add_bytes(struct gt_buf *b, uint32_t number, const char *s, size_t len);
void gt_pb_add_str(struct gt_buf *b, uint32_t number, const char *s);

#endif
