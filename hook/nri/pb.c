/*
 * Protobuf's wire format: a reader that knows its end, and a writer. Pure.
 * Source: protobuf.dev/programming-guides/encoding.
 */
#include "pb.h"

struct gt_pb gt_pb_of(const void *p, size_t len)
{
	const unsigned char *c = p;

	return (struct gt_pb){c, c ? c + len : NULL};
}

size_t gt_pb_len(const struct gt_pb *m)
{
	return (size_t)(m->end - m->p);
}

/* A number of up to ten bytes; the tenth has one bit of it. */
static bool read_varint(struct gt_pb *m, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && m->p < m->end; shift += 7) {
		unsigned char c = *m->p++;

		if (shift == 63 && c > 1)
			return false;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

static bool read_fixed(struct gt_pb *m, unsigned n, uint64_t *ret)
{
	uint64_t v = 0;

	if (gt_pb_len(m) < n)
		return false;
	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)m->p[i] << 8 * i;
	m->p += n;
	*ret = v;
	return true;
}

static bool read_bytes(struct gt_pb *m, struct gt_pb *ret)
{
	uint64_t len;

	if (!read_varint(m, &len) || len > gt_pb_len(m))
		return false;
	*ret = gt_pb_of(m->p, (size_t)len);
	m->p += len;
	return true;
}

int gt_pb_next(struct gt_pb *m, struct gt_pb_field *ret)
{
	struct gt_pb_field f = {0};
	uint64_t tag;
	bool ok = false;

	if (m->p == m->end)
		return 0;
	/* Field numbers have 29 bits. */
	if (!read_varint(m, &tag) || tag >> 32 || tag >> 3 == 0)
		return -EBADMSG;
	f.number = (uint32_t)(tag >> 3);
	f.wire = (enum gt_pb_wire)(tag & 7);
	if (f.wire == GT_PB_VARINT)
		ok = read_varint(m, &f.v);
	else if (f.wire == GT_PB_BYTES)
		ok = read_bytes(m, &f.text);
	else if (f.wire == GT_PB_FIXED64 || f.wire == GT_PB_FIXED32)
		ok = read_fixed(m, f.wire == GT_PB_FIXED64 ? 8 : 4, &f.v);
	if (!ok)
		return -EBADMSG; /* groups, too: nobody sends them any longer */
	*ret = f;
	return 1;
}

struct gt_pb gt_pb_find(struct gt_pb m, uint32_t number)
{
	struct gt_pb found = {0};
	struct gt_pb_field f;

	while (gt_pb_next(&m, &f) > 0) {
		if (f.number == number && f.wire == GT_PB_BYTES)
			found = f.text;
	}
	return found;
}

bool gt_pb_find_number(struct gt_pb m, uint32_t number, uint64_t *ret)
{
	struct gt_pb_field f;
	bool found = false;

	while (gt_pb_next(&m, &f) > 0) {
		if (f.number != number || f.wire != GT_PB_VARINT)
			continue;
		*ret = f.v;
		found = true;
	}
	return found;
}

bool gt_pb_copy(struct gt_pb text, char *ret, size_t cap)
{
	size_t n = gt_pb_len(&text);

	if (n < cap && !(n > 0 && memchr(text.p, '\0', n))) {
		if (n > 0)
			memcpy(ret, text.p, n);
		ret[n] = '\0';
		return true;
	}
	ret[0] = '\0';
	return false;
}

bool gt_pb_is(struct gt_pb text, const char *s)
{
	size_t n = gt_pb_len(&text);

	return n == strlen(s) && (n == 0 || memcmp(text.p, s, n) == 0);
}

static void add_varint(struct gt_buf *b, uint64_t v)
{
	char c[10];
	size_t n = 0;

	do {
		c[n] = (char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
		n++;
	} while (v > 0);
	gt_buf_add(b, c, n);
}

void gt_pb_add_number(struct gt_buf *b, uint32_t number, uint64_t v)
{
	add_varint(b, (uint64_t)number << 3 | GT_PB_VARINT);
	add_varint(b, v);
}

void gt_pb_add_bytes(struct gt_buf *b, uint32_t number, const char *s, size_t len)
{
	add_varint(b, (uint64_t)number << 3 | GT_PB_BYTES);
	add_varint(b, len);
	if (len > 0)
		gt_buf_add(b, s, len);
}

void gt_pb_add_str(struct gt_buf *b, uint32_t number, const char *s)
{
	gt_pb_add_bytes(b, number, s, strlen(s));
}
