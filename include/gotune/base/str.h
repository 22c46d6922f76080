/*
 * Strings: bounded copies, packed string vectors that may cross a process boundary, and a
 * growing buffer for output.
 */
#ifndef GOTUNE_BASE_STR_H
#define GOTUNE_BASE_STR_H

#include <string.h>

#include "gotune/base/defs.h"

/*
 * Copies LEN bytes of SRC into DST (CAP bytes, always NUL-terminated when CAP > 0). Bytes after an
 * embedded NUL are not copied. Returns false when the text did not fit or held a NUL: DST then has
 * the part that fits. Pure.
 */
bool gt_copy(char *dst, size_t cap, const char *src, size_t len);

/* gt_copy of a C string. */
bool gt_copy_str(char *dst, size_t cap, const char *src);

/* SRC into the array DST, for people to read: it may be cut. */
#define gt_copy_cut(dst, src) ((void)gt_copy_str((dst), sizeof(dst), (src)))

/* Appends SRC to the C string in DST (CAP bytes in all); false when it did not fit whole. Pure. */
bool gt_append(char *dst, size_t cap, const char *src);

/* Appends the decimal digits of V, as gt_append. Pure: no printf, so that the planner may use it.
 */
bool gt_append_u64(char *dst, size_t cap, uint64_t v);

bool gt_has_prefix(const char *s, const char *prefix);
bool gt_has_suffix(const char *s, const char *suffix);

/* The part of PATH after its last '/'. Never NULL. */
const char *gt_basename(const char *path);

/* True when the C string S has only printable ASCII and is not empty. */
bool gt_is_plain(const char *s);

/*
 * Room for the strings of the vectors of one struct: its last member, GT_ARENA(bytes). A struct
 * that crosses a process boundary is sent up to the last byte in use.
 */
struct gt_arena {
	uint32_t used, cap; /* bytes of those that follow */
};
#define GT_ARENA(bytes)            \
	struct {                   \
		struct gt_arena a; \
		char room[bytes];  \
	}

/*
 * A vector of NUL-terminated strings, packed one after another in an arena of the same struct. It
 * has no pointers: it may be sent through a pipe, and is to be checked with gt_strv_valid on
 * arrival.
 */
#define GT_STRV_CAP 32768 /* bytes of one vector, at most */
struct gt_strv {
	uint32_t n;	  /* strings held */
	uint32_t used;	  /* their bytes, NULs included */
	uint32_t dropped; /* strings that did not fit, or held a NUL */
	uint32_t at;	  /* where they begin in the arena */
	uint32_t arena;	  /* bytes from this struct to the arena; 0: it has none, and is empty */
};

/* A vector on its own. {0} is empty, and takes nothing before gt_list_init. */
struct gt_list {
	struct gt_strv v;
	GT_ARENA(GT_STRV_CAP) arena;
};

/* Makes A an empty arena of CAP bytes, those that follow it. */
void gt_arena_init(struct gt_arena *a, size_t cap);

/* Makes V an empty vector of A, which lies behind it in the same struct. */
void gt_strv_init(struct gt_strv *v, const struct gt_arena *a);

/* The strings are gone; their room is too, until the arena is made anew. */
void gt_strv_clear(struct gt_strv *v);

/* Makes L an empty vector with room of its own. Touches none of that room. */
void gt_list_init(struct gt_list *l);

/* L gets what FROM holds; the unused rest of L's room is not touched. */
void gt_list_copy(struct gt_list *l, const struct gt_strv *from);

/* How many bytes of L there are to be sent. */
size_t gt_list_len(const struct gt_list *l);

/* Appends LEN bytes as one string. -E2BIG when full, -EINVAL on an embedded NUL (both counted). */
int gt_strv_add(struct gt_strv *v, const char *s, size_t len);

/*
 * Appends two strings as one pair or, when either does not fit or holds a NUL, none (counted once).
 * Pairs are read by calling gt_strv_next twice.
 */
int gt_strv_add_pair(struct gt_strv *v, const char *k, size_t klen, const char *s, size_t slen);

/* The string after PREV (NULL: the first), or NULL at the end. The pointer belongs to V. */
const char *gt_strv_next(const struct gt_strv *v, const char *prev);

/* The I-th string or NULL. */
const char *gt_strv_at(const struct gt_strv *v, uint32_t i);

/* The value of KEY in a vector of pairs or NULL. With duplicates, the last: Go's encoding/json. */
const char *gt_strv_pair(const struct gt_strv *v, const char *key);

/*
 * True when V is a vector of A, which has CAP bytes, and counts, sizes and terminators agree: to be
 * asked of every vector that crossed a pipe.
 */
bool gt_strv_valid(const struct gt_strv *v, const struct gt_arena *a, size_t cap);

/*
 * A growing byte buffer for output. A failed allocation sticks: later appends do nothing and
 * gt_buf_error() says so once, at the end.
 */
struct gt_buf {
	char *p; /* NUL-terminated when not NULL */
	size_t len, cap;
	int error; /* 0 or -ENOMEM */
};

void gt_buf_done(struct gt_buf *b);
void gt_buf_add(struct gt_buf *b, const char *s, size_t len);
void gt_buf_str(struct gt_buf *b, const char *s);
void gt_buf_fmt(struct gt_buf *b, const char *fmt, ...) GT_PRINTF(2, 3);

#endif
