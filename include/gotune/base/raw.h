/*
 * A second reader of JSON's structure, which shares no code with the first (json.h): what
 * a sandboxed process says about a document is compared with what this one sees in it.
 *
 * It decodes nothing and allocates nothing. Each step takes at least one byte or ends the scan,
 * and its memory is one frame for each of GT_RAW_DEPTH_MAX levels: it is total, for any bytes.
 */
#ifndef GOTUNE_BASE_RAW_H
#define GOTUNE_BASE_RAW_H

#include "gotune/base/defs.h"

#define GT_RAW_DEPTH_MAX 64

enum gt_raw_what { GT_RAW_SCALAR, GT_RAW_OPEN, GT_RAW_CLOSE };

struct gt_raw_event {
	enum gt_raw_what what;
	unsigned depth;	 /* of the value: 0 is the document itself */
	const char *key; /* as it is spelt, without quotes; NULL: no member of an object */
	uint32_t key_len;
	const char *doc; /* the whole document */
	uint32_t begin,
		end; /* of the token in it: [begin, end); of _OPEN and _CLOSE the bracket's */
};

/* Called for each value, for objects and arrays twice. 0 to go on; anything else ends the scan. */
typedef int (*gt_raw_fn)(void *ctx, const struct gt_raw_event *ev);

/*
 * Scans one strict JSON document (RFC 8259; no comments) of LEN bytes. 0, -EINVAL: not JSON, or
 * nested deeper than GT_RAW_DEPTH_MAX, -EFBIG: over 4 GiB, or what FN returned. Whether strings
 * are UTF-8 is not looked at. Pure.
 */
GT_MUST_CHECK int gt_raw_scan(const char *doc, size_t len, gt_raw_fn fn, void *ctx);

/* Is EV's key spelt exactly KEY? One with an escape never is. */
bool gt_raw_key_is(const struct gt_raw_event *ev, const char *key);

/* The text of a string, read through its escapes. */
struct gt_raw_text {
	const char *p, *end;
	char out[4]; /* bytes of one escape that are still to come */
	unsigned n_out;
};

/* The text of EV, a scalar; false when it is no string. */
bool gt_raw_text(const struct gt_raw_event *ev, struct gt_raw_text *ret);

/* Does the text go on with S? If so, *t is behind it; if not, it is anywhere. */
bool gt_raw_eat(struct gt_raw_text *t, const char *s);

/* Does the text have the byte C further on? If so, *t is behind it; if not, it is at its end. */
bool gt_raw_skip_past(struct gt_raw_text *t, char c);

/* Is that the end of it? */
bool gt_raw_ends(const struct gt_raw_text *t);

/* EV as a number without sign, fraction and exponent. False when it is none or does not fit. */
bool gt_raw_u64(const struct gt_raw_event *ev, uint64_t *ret);

#endif
