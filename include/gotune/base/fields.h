/*
 * From the events of a JSON walk into the fields of a struct, by a table.
 */
#ifndef GOTUNE_BASE_FIELDS_H
#define GOTUNE_BASE_FIELDS_H

#include "gotune/base/defs.h"
#include "gotune/base/err.h"
#include "gotune/base/json.h"

enum gt_field_type {
	GT_FIELD_OBJECT, /* must be an object; nothing is stored */
	GT_FIELD_ARRAY,	 /* must be an array; nothing is stored */
	GT_FIELD_TEXT,	 /* char[cap]; one that does not fit, or holds a NUL, is an error */
	GT_FIELD_CUT,	 /* char[cap]; one that does not fit is cut */
	GT_FIELD_BOOL,	 /* bool */
	GT_FIELD_U64,	 /* uint64_t */
	GT_FIELD_U32,	 /* uint32_t */
	GT_FIELD_I64,	 /* int64_t */
	GT_FIELD_CALL,	 /* fn is called with a scalar that is not null */
};

#define GT_FIELD_NO_HAS UINT16_MAX

struct gt_field {
	const char *path; /* as for gt_json_at */
	enum gt_field_type type;
	size_t off, cap;
	size_t has_off; /* of a bool that becomes true; GT_FIELD_NO_HAS: none */
	int (*fn)(void *base, const struct gt_json_event *ev, struct gt_err *e);
};

/*
 * Takes EV when the table has its path: null is as if the key were absent. Returns 1 when it was
 * taken, 0 when the table does not have the path, -EINVAL for a value of another type or range,
 * -EBADMSG when a key on the path is repeated or differs from the table's in case only: then two
 * runtimes read two different documents. Keys under a '*' are the caller's. Messages name the path.
 */
GT_MUST_CHECK int gt_field_take(const struct gt_field *table, size_t n, void *base,
				const struct gt_json_event *ev, struct gt_err *e);

/*
 * How EV's path fits PATTERN: 0 not, 1 exactly, -EBADMSG when only but for a key's case, or when a
 * key that PATTERN names is repeated.
 */
GT_MUST_CHECK int gt_field_match(const struct gt_json_event *ev, const char *pattern,
				 struct gt_err *e);

/* Are two keys one to Go's encoding/json, which does not look at case? Pure. */
bool gt_field_same_key(const char *a, size_t na, const char *b, size_t nb);

/* The digits of a number event as an unsigned number; -ERANGE beyond 64 bits, -EINVAL otherwise. */
GT_MUST_CHECK int gt_field_u64(const struct gt_json_event *ev, uint64_t *ret);

#endif
