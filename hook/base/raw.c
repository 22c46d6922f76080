/*
 * The structure of a JSON document, by its raw bytes. Pure. See raw.h for what it is for, and why
 * it is total.
 */
#include <string.h>

#include "gotune/base.h"

struct scan {
	const char *doc;
	uint32_t len, at;
	gt_raw_fn fn;
	void *ctx;
	bool object[GT_RAW_DEPTH_MAX]; /* the open containers: object or array */
	unsigned depth;
	const char *key;
	uint32_t key_len;
};

/* The byte that comes next, or 0: none, which no grammar expects. */
static char peek(const struct scan *s)
{
	return s->at < s->len ? s->doc[s->at] : '\0';
}

static void skip_blanks(struct scan *s)
{
	while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\n' || peek(s) == '\r')
		s->at++;
}

static bool take_byte(struct scan *s, char c)
{
	if (peek(s) != c)
		return false;
	s->at++;
	return true;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What follows a backslash. */
static bool take_escape(struct scan *s)
{
	char c = peek(s);

	if (c == '\0' || !strchr("\"\\/bfnrtu", c))
		return false;
	s->at++;
	for (unsigned i = 0; c == 'u' && i < 4; i++) {
		if (!is_hex(peek(s)))
			return false;
		s->at++;
	}
	return true;
}

static bool take_string(struct scan *s)
{
	if (!take_byte(s, '"'))
		return false;
	while (s->at < s->len) {
		unsigned char c = (unsigned char)s->doc[s->at++];

		if (c == '"')
			return true;
		if (c < 0x20 || (c == '\\' && !take_escape(s)))
			return false;
	}
	return false;
}

static bool take_digits(struct scan *s)
{
	uint32_t begin = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at > begin;
}

static bool take_number(struct scan *s)
{
	(void)take_byte(s, '-');
	if (!take_byte(s, '0') && !take_digits(s))
		return false;
	if (take_byte(s, '.') && !take_digits(s))
		return false;
	if (!take_byte(s, 'e') && !take_byte(s, 'E'))
		return true;
	if (!take_byte(s, '+'))
		(void)take_byte(s, '-');
	return take_digits(s);
}

static bool take_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if (s->len - s->at < n || memcmp(s->doc + s->at, word, n) != 0)
		return false;
	s->at += (uint32_t)n;
	return true;
}

static bool take_scalar(struct scan *s)
{
	char c = peek(s);

	if (c == '"')
		return take_string(s);
	if (c == '-' || (c >= '0' && c <= '9'))
		return take_number(s);
	return take_word(s, "true") || take_word(s, "false") || take_word(s, "null");
}

static int tell(struct scan *s, enum gt_raw_what what, unsigned depth, uint32_t begin)
{
	const struct gt_raw_event ev = {.what = what,
					.depth = depth,
					.key = s->key,
					.key_len = s->key_len,
					.doc = s->doc,
					.begin = begin,
					.end = s->at};

	s->key = NULL;
	s->key_len = 0;
	return s->fn(s->ctx, &ev);
}

/* A member's key and its colon. */
static bool take_key(struct scan *s)
{
	uint32_t begin;

	skip_blanks(s);
	begin = s->at + 1;
	if (!take_string(s))
		return false;
	s->key = s->doc + begin;
	s->key_len = s->at - 1 - begin;
	skip_blanks(s);
	return take_byte(s, ':');
}

/* Closes as many containers as there are brackets; then a comma and the next key, if there is one.
 * *ret_done: the document's own value has ended. */
static int take_ends(struct scan *s, bool just_opened, bool *ret_done)
{
	for (; s->depth > 0; just_opened = false) {
		bool object = s->object[s->depth - 1];
		uint32_t begin;
		int r;

		skip_blanks(s);
		begin = s->at;
		if (!take_byte(s, object ? '}' : ']')) {
			if (!just_opened && !take_byte(s, ','))
				return -EINVAL;
			return !object || take_key(s) ? 0 : -EINVAL;
		}
		s->depth--;
		r = tell(s, GT_RAW_CLOSE, s->depth, begin);
		if (r != 0)
			return r;
	}
	*ret_done = true;
	return 0;
}

/* One value up to its end, or to the inside of its opening bracket. */
static int take_value(struct scan *s, bool *ret_opened)
{
	uint32_t begin;
	int r;

	skip_blanks(s);
	begin = s->at;
	*ret_opened = peek(s) == '{' || peek(s) == '[';
	if (!*ret_opened)
		return take_scalar(s) ? tell(s, GT_RAW_SCALAR, s->depth, begin) : -EINVAL;
	if (s->depth == GT_RAW_DEPTH_MAX)
		return -EINVAL;
	s->at++;
	r = tell(s, GT_RAW_OPEN, s->depth, begin);
	s->object[s->depth++] = s->doc[begin] == '{';
	return r;
}

int gt_raw_scan(const char *doc, size_t len, gt_raw_fn fn, void *ctx)
{
	struct scan s = {.doc = doc, .len = (uint32_t)len, .fn = fn, .ctx = ctx};
	bool done = false, opened = false;
	int r = len > UINT32_MAX ? -EFBIG : 0;

	while (r == 0 && !done) {
		r = take_value(&s, &opened);
		if (r == 0)
			r = take_ends(&s, opened, &done);
	}
	if (r != 0)
		return r;
	skip_blanks(&s);
	return s.at == s.len ? 0 : -EINVAL;
}

/* ---- what a token says ---- */

bool gt_raw_key_is(const struct gt_raw_event *ev, const char *key)
{
	return ev->key && ev->key_len == strlen(key) && memcmp(ev->key, key, ev->key_len) == 0;
}

bool gt_raw_text(const struct gt_raw_event *ev, struct gt_raw_text *ret)
{
	*ret = (struct gt_raw_text){.p = ev->doc + ev->begin + 1, .end = ev->doc + ev->end - 1};
	return ev->what == GT_RAW_SCALAR && ev->doc[ev->begin] == '"';
}

static uint32_t hex4(const char *p)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++)
		v = v << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return v;
}

/* U as UTF-8, backwards: the last byte is taken first from the end. Half of a surrogate pair is
 * spelt so that no text of ours equals it. */
static void put_char(struct gt_raw_text *t, uint32_t u)
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0};
	unsigned n = u < 0x80 ? 1 : u < 0x800 ? 2 : 3;

	for (t->n_out = 0; t->n_out + 1 < n; u >>= 6)
		t->out[t->n_out++] = (char)(0x80 | (u & 0x3f));
	t->out[t->n_out++] = (char)(n == 1 ? u : lead[n] | u);
}

/* The next byte of the text, 0 to 255, or -1: it has ended. */
static int next_byte(struct gt_raw_text *t)
{
	static const char spelt[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (t->n_out > 0)
		return (unsigned char)t->out[--t->n_out];
	if (t->p == t->end)
		return -1;
	if (*t->p != '\\')
		return (unsigned char)*t->p++;
	t->p++; /* the scan has seen that the escape is whole */
	if (*t->p == 'u') {
		put_char(t, hex4(t->p + 1));
		t->p += 5;
		return (unsigned char)t->out[--t->n_out];
	}
	at = strchr(spelt, *t->p++);
	return at ? (unsigned char)means[at - spelt] : -1;
}

bool gt_raw_eat(struct gt_raw_text *t, const char *s)
{
	for (; *s; s++) {
		if (next_byte(t) != (unsigned char)*s)
			return false;
	}
	return true;
}

bool gt_raw_skip_past(struct gt_raw_text *t, char c)
{
	int byte;

	do
		byte = next_byte(t);
	while (byte >= 0 && byte != (unsigned char)c);
	return byte >= 0;
}

bool gt_raw_ends(const struct gt_raw_text *t)
{
	return t->n_out == 0 && t->p == t->end;
}

bool gt_raw_u64(const struct gt_raw_event *ev, uint64_t *ret)
{
	uint64_t v = 0;

	for (uint32_t i = ev->begin; i < ev->end; i++) {
		char c = ev->doc[i];

		if (c < '0' || c > '9' || __builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(c - '0'), &v))
			return false;
	}
	*ret = v;
	return ev->what == GT_RAW_SCALAR;
}
