/*
 * A line that is one JSON object, with the text in one of its members: journalctl -o json, logcli
 * -o jsonl, Fluent Bit and the loggers of applications. Pure.
 *
 * Only the object's own members are looked at, and only so far that the text is found: a whole
 * parse of each line would cost more than all else. What is no JSON is not judged, it is raw text.
 */
#include "form.h"

struct cursor {
	const char *p, *end;
};

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
		c->p++;
}

static bool take(struct cursor *c, char want)
{
	skip_blanks(c);
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

/* A string's bytes between its quotes, still escaped. */
static bool take_string(struct cursor *c, const char **ret, size_t *ret_len)
{
	if (!take(c, '"'))
		return false;
	*ret = c->p;
	for (;;) {
		const char *stop = memchr(c->p, '"', (size_t)(c->end - c->p)), *back = stop;

		if (!stop)
			return false;
		while (back > *ret && back[-1] == '\\')
			back--;
		c->p = stop + 1;
		if ((stop - back) % 2 == 0) {
			*ret_len = (size_t)(stop - *ret);
			return true;
		}
	}
}

/* Whatever the value is; of brackets only the depth is looked at. */
static bool skip_value(struct cursor *c)
{
	unsigned depth = 0;

	for (skip_blanks(c); c->p < c->end; c->p++) {
		const char *text;
		size_t n;

		if (*c->p == '"') {
			if (!take_string(c, &text, &n))
				return false;
			c->p--;
		} else if (*c->p == '{' || *c->p == '[') {
			depth++;
		} else if (depth == 0 && (*c->p == ',' || *c->p == '}')) {
			return true;
		} else if (*c->p == '}' || *c->p == ']') {
			depth--;
		}
	}
	return false;
}

static bool is_one_of(const char *key, size_t n, const char *const *list)
{
	for (; *list; list++) {
		if (strlen(*list) == n && memcmp(*list, key, n) == 0)
			return true;
	}
	return false;
}

static void take_member(struct cursor *c, const char *key, size_t n, struct gt_unwrapped *r)
{
	static const char *const texts[] = {"MESSAGE", "message", "msg", "log", "line", NULL};
	static const char *const pids[] = {"_PID", NULL};
	const char *value;
	size_t len;
	char digits[24];

	if (!take_string(c, &value, &len))
		return;
	if (!r->text && is_one_of(key, n, texts)) {
		r->text = value;
		r->len = len;
	} else if (is_one_of(key, n, pids) && gt_copy(digits, sizeof(digits), value, len) &&
		   gt_parse_u64(digits, &r->pid) < 0) {
		r->pid = 0;
	}
}

bool gt_unwrap_json(const char *line, size_t n, char *scratch, struct gt_unwrapped *r)
{
	struct gt_unwrapped found = {.form = GT_LF_JSON};
	struct cursor c = {line, line + n};
	const char *key;
	size_t len;

	if (!take(&c, '{'))
		return false;
	do {
		if (!take_string(&c, &key, &len) || !take(&c, ':'))
			return false;
		skip_blanks(&c);
		if (c.p < c.end && *c.p == '"')
			take_member(&c, key, len, &found);
		if (!skip_value(&c))
			return false;
	} while (take(&c, ','));
	if (!found.text)
		return false;
	found.len = gt_unescape(found.text, found.len, scratch);
	found.text = scratch;
	if (found.len > 0 && scratch[found.len - 1] == '\n')
		found.len--;
	*r = found;
	return true;
}
