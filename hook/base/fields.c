/*
 * JSON events into struct fields, by a table. Pure.
 */
#include "gotune/base.h"

/*
 * One character of a key without its case; advances *I. As Go's encoding/json (decode.go, foldName)
 * does it: also U+017F is an s and U+212A is a k.
 */
static unsigned char fold(const char *s, size_t len, size_t *i)
{
	unsigned char c = (unsigned char)s[*i];

	if (c < 0x80) {
		*i += 1;
		return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
	}
	if (len - *i >= 2 && memcmp(s + *i, "\xc5\xbf", 2) == 0) {
		*i += 2;
		return 's';
	}
	if (len - *i >= 3 && memcmp(s + *i, "\xe2\x84\xaa", 3) == 0) {
		*i += 3;
		return 'k';
	}
	*i += 1;
	return c;
}

bool gt_field_same_key(const char *a, size_t na, const char *b, size_t nb)
{
	size_t i = 0, j = 0;

	while (i < na && j < nb) {
		if (fold(a, na, &i) != fold(b, nb, &j))
			return false;
	}
	return i == na && j == nb;
}

/* Most patterns are no match by their first letter; whatever is not ASCII is looked at in full. */
static bool begins_otherwise(const struct gt_json_step *step, const char *p)
{
	unsigned char c = step->key ? (unsigned char)step->key[0] : 0;

	return *p != '*' && c < 0x80 && ((c ^ (unsigned char)*p) & 0xdf) != 0;
}

int gt_field_match(const struct gt_json_event *ev, const char *pattern, struct gt_err *e)
{
	const char *p = pattern;
	bool exact = true, repeated = false;

	for (unsigned i = 0; i < ev->depth; i++) {
		const struct gt_json_step *step = &ev->path[i];
		size_t n;

		if (begins_otherwise(step, p))
			return 0;
		n = (size_t)(strchrnul(p, '/') - p);
		if (n == 0)
			return 0;
		if (n != 1 || *p != '*') {
			bool same = step->key && step->key_len == n && memcmp(step->key, p, n) == 0;

			/* What folds to fewer bytes is longer than the pattern, never shorter. */
			if (!same && (!step->key || step->key_len < n ||
				      !gt_field_same_key(step->key, step->key_len, p, n)))
				return 0;
			exact = exact && same;
			repeated = repeated || step->repeated;
		}
		p += n;
		if (*p == '/')
			p++;
	}
	if (*p != '\0')
		return 0;
	if (repeated)
		return gt_err_set(e, -EBADMSG, "%s: duplicate key", pattern);
	if (!exact)
		return gt_err_set(e, -EBADMSG, "%s: the key is spelt with another case", pattern);
	return 1;
}

int gt_field_u64(const struct gt_json_event *ev, uint64_t *ret)
{
	char digits[24];

	if (ev->type == GT_JSON_INT && ev->i >= 0) {
		*ret = (uint64_t)ev->i;
		return 0;
	}
	if (ev->type != GT_JSON_NUMBER)
		return -EINVAL;
	if (!gt_copy(digits, sizeof(digits), ev->text, ev->len))
		return -ERANGE;
	return gt_parse_u64(digits, ret);
}

static bool is_scalar(const struct gt_json_event *ev)
{
	return ev->type == GT_JSON_BOOL || ev->type == GT_JSON_INT || ev->type == GT_JSON_NUMBER ||
	       ev->type == GT_JSON_STRING;
}

static int bad_type(const struct gt_field *f, const char *want, struct gt_err *e)
{
	return gt_err_set(e, -EINVAL, "%s: not %s", f->path, want);
}

static int store_text(const struct gt_field *f, char *at, const struct gt_json_event *ev,
		      struct gt_err *e)
{
	if (ev->type != GT_JSON_STRING)
		return bad_type(f, "a string", e);
	if (!gt_copy(at, f->cap, ev->text, ev->len) && f->type == GT_FIELD_TEXT) {
		*at = '\0';
		return gt_err_set(e, -EINVAL, "%s: longer than %zu bytes, or with a NUL", f->path,
				  f->cap - 1);
	}
	return 0;
}

static int store_number(const struct gt_field *f, char *at, const struct gt_json_event *ev,
			struct gt_err *e)
{
	uint64_t v;
	uint32_t small;

	if (f->type == GT_FIELD_I64) {
		if (ev->type != GT_JSON_INT)
			return bad_type(f, "a whole number of 64 bits", e);
		memcpy(at, &ev->i, sizeof(ev->i));
		return 0;
	}
	if (gt_field_u64(ev, &v) < 0 || (f->type == GT_FIELD_U32 && v > UINT32_MAX))
		return bad_type(f, "a whole number in range", e);
	small = (uint32_t)v;
	if (f->type == GT_FIELD_U32)
		memcpy(at, &small, sizeof(small));
	else
		memcpy(at, &v, sizeof(v));
	return 0;
}

static int store(const struct gt_field *f, void *base, const struct gt_json_event *ev,
		 struct gt_err *e)
{
	char *at = (char *)base + f->off;

	switch (f->type) {
	case GT_FIELD_OBJECT:
		return ev->type == GT_JSON_MAP_START ? 0 : bad_type(f, "an object", e);
	case GT_FIELD_ARRAY:
		return ev->type == GT_JSON_ARRAY_START ? 0 : bad_type(f, "an array", e);
	case GT_FIELD_TEXT:
	case GT_FIELD_CUT:
		return store_text(f, at, ev, e);
	case GT_FIELD_BOOL:
		if (ev->type != GT_JSON_BOOL)
			return bad_type(f, "true or false", e);
		memcpy(at, &ev->b, sizeof(ev->b));
		return 0;
	case GT_FIELD_U64:
	case GT_FIELD_U32:
	case GT_FIELD_I64:
		return store_number(f, at, ev, e);
	case GT_FIELD_CALL:
		return is_scalar(ev) ? f->fn(base, ev, e) : bad_type(f, "a plain value", e);
	}
	return -EINVAL;
}

int gt_field_take(const struct gt_field *table, size_t n, void *base,
		  const struct gt_json_event *ev, struct gt_err *e)
{
	static const bool yes = true;

	if (ev->type == GT_JSON_MAP_END || ev->type == GT_JSON_ARRAY_END)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct gt_field *f = &table[i];
		int r = gt_field_match(ev, f->path, e);

		if (r == 0)
			continue;
		if (r < 0)
			return r;
		if (ev->type == GT_JSON_NULL)
			return 1;
		r = store(f, base, ev, e);
		if (r < 0)
			return r;
		if (f->has_off != GT_FIELD_NO_HAS)
			memcpy((char *)base + f->has_off, &yes, sizeof(yes));
		return 1;
	}
	return 0;
}
