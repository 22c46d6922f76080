/*
 * JSON: the only place that knows yajl. A bounded SAX walk that knows where it is, and a
 * writer. The walk never recurses.
 */
#ifndef GOTUNE_BASE_JSON_H
#define GOTUNE_BASE_JSON_H

#include "gotune/base/defs.h"
#include "gotune/base/err.h"
#include "gotune/base/str.h"

#define GT_JSON_DEPTH_MAX 64

enum gt_json_type {
	GT_JSON_NULL,
	GT_JSON_BOOL,
	GT_JSON_INT,	/* fits in 64 bits, signed */
	GT_JSON_NUMBER, /* any other number: text has its digits */
	GT_JSON_STRING,
	GT_JSON_MAP_START,
	GT_JSON_MAP_END,
	GT_JSON_ARRAY_START,
	GT_JSON_ARRAY_END,
};

/* One step of the path to a value: a key of an object, or an index of an array. */
struct gt_json_step {
	const char *key; /* NUL-terminated; NULL: an array element */
	size_t key_len;	 /* as it stood in the document: longer than strlen(key) if it holds NULs */
	uint32_t index;	 /* of the array element */
	uint32_t key_begin, key_end; /* byte offsets of the key token, quotes included */
	bool repeated; /* an earlier key of the same object had this name, or a case variant of it
			*/
};

struct gt_json_event {
	enum gt_json_type type;
	const struct gt_json_step *path;
	unsigned depth;	  /* steps in path; 0 for the document itself */
	const char *text; /* GT_JSON_STRING, _NUMBER: not NUL-terminated */
	size_t len;
	int64_t i; /* GT_JSON_INT */
	bool b;	   /* GT_JSON_BOOL */
	/* Byte offsets of the token in the document: [begin, end). For _START and _END the
	 * bracket's. */
	uint32_t begin, end;
};

/* Where a walk ended: line and column (bytes) count from 1. */
struct gt_json_pos {
	size_t offset;
	unsigned line, column;
};

enum gt_json_flags {
	GT_JSON_COMMENTS = 1, /* allow C and C++ comments */
	GT_JSON_KEYS = 2,     /* fill `repeated`, for objects at depth <= GT_JSON_KEYS_DEPTH */
};
#define GT_JSON_KEYS_DEPTH 8

/*
 * Called once a value (twice for an object or an array). Return 0 to go on; anything negative ends
 * the walk and is returned by it; E is the walk's own and may be filled.
 */
typedef int (*gt_json_fn)(void *ctx, const struct gt_json_event *ev, struct gt_err *e);

/*
 * Walks one JSON document of LEN bytes. Errors: -EINVAL (not JSON, invalid UTF-8, bytes after the
 * document, an empty document), -E2BIG (nested deeper than GT_JSON_DEPTH_MAX), -EFBIG (over 4 GiB),
 * -ENOMEM, or what FN returned. *ret_pos (may be NULL) is the place of the error. Messages name no
 * file: callers wrap them.
 */
GT_MUST_CHECK int gt_json_walk(const char *doc, size_t len, unsigned flags, gt_json_fn fn,
			       void *ctx, struct gt_json_pos *ret_pos, struct gt_err *e);

/*
 * True when the event's path is PATTERN: keys and "*" (any one key or index) joined by '/',
 * e.g. "process/env/" and a star, for each variable. "" is the document. Case counts.
 */
bool gt_json_at(const struct gt_json_event *ev, const char *pattern);

/* Line and column of an offset. */
struct gt_json_pos gt_json_locate(const char *doc, size_t len, size_t offset);

/* The same, from a place FROM that is known and no later: for who locates one after the other. */
struct gt_json_pos gt_json_locate_from(const char *doc, size_t len, size_t offset,
				       const struct gt_json_pos *from);

#define GT_JW_DEPTH_MAX 8  /* of a writer of events */
#define GT_JW_KEY_CAP	80 /* a longer key is cut there */

/*
 * A writer of JSON: text over gt_buf, compact or indented, or the events that a walk over that text
 * would have. Commas are its own business. Strings that are not UTF-8 have each bad byte replaced
 * by U+FFFD in a text, so what it writes is always valid JSON; an event has them as they are.
 */
struct gt_jw {
	struct gt_buf *out; /* NULL: events */
	unsigned depth;
	bool indent, need_comma, after_key;
	/* Events. */
	gt_json_fn fn;
	void *ctx;
	int error; /* the first that FN returned, or -E2BIG: nothing is told after it */
	struct gt_json_step path[GT_JW_DEPTH_MAX];
	char key[GT_JW_DEPTH_MAX][GT_JW_KEY_CAP];
};
void gt_jw_init(struct gt_jw *w, struct gt_buf *out, bool indent);
void gt_jw_init_events(struct gt_jw *w, gt_json_fn fn, void *ctx);
void gt_jw_open(struct gt_jw *w, char bracket);	 /* '{' or '[' */
void gt_jw_close(struct gt_jw *w, char bracket); /* '}' or ']' */
void gt_jw_key(struct gt_jw *w, const char *key);
void gt_jw_str(struct gt_jw *w, const char *s); /* NULL writes null */
void gt_jw_strn(struct gt_jw *w, const char *s, size_t len);
/* A key and its string; of gt_jw_member_opt "" is null: there is nothing. */
void gt_jw_member(struct gt_jw *w, const char *key, const char *s);
void gt_jw_member_opt(struct gt_jw *w, const char *key, const char *s);
void gt_jw_u64(struct gt_jw *w, uint64_t v);
void gt_jw_i64(struct gt_jw *w, int64_t v);
/* With at most three decimals; null when V is no number, or beyond 1e15. A text only. */
void gt_jw_decimal(struct gt_jw *w, double v);
void gt_jw_bool(struct gt_jw *w, bool v);
/* A key and its value. */
void gt_jw_member_u64(struct gt_jw *w, const char *key, uint64_t v);
void gt_jw_member_decimal(struct gt_jw *w, const char *key, double v);
void gt_jw_member_bool(struct gt_jw *w, const char *key, bool v);
void gt_jw_null(struct gt_jw *w);

#endif
