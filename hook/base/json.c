/*
 * JSON: a bounded SAX walk over one document that is wholly in memory. The only file that knows
 * yajl. Pure but for the heap; runs without privilege in the parser worker.
 *
 * yajl gives no offsets of tokens, but the document is fed in one piece, so that inside a callback
 * yajl_get_bytes_consumed() is the offset just past the token. Where the token began is found
 * forwards, from the end of the token before: between two tokens stand only white space, commas,
 * colons and comments. (Looking backwards from the end is not possible for strings with escapes.)
 */
#include <yajl/yajl_parse.h>

#include "gotune/base.h"
#include "heap.h"
#include "keyset.h"

/* An object or array that is open. */
struct frame {
	bool array;
	size_t keys_off; /* where its key starts in walk.keys */
	uint64_t serial; /* tells the objects of one document apart */
};

struct walk {
	const char *doc;
	size_t len;
	unsigned flags;
	gt_json_fn fn;
	void *ctx;
	struct gt_err *e;
	yajl_handle yajl;
	struct gt_heap heap; /* yajl's: it does not look whether it got memory */
	bool finishing;	     /* yajl is fed its own closing blank: its offsets are not ours */
	int rc;
	size_t prev_end, at; /* end of the token before; begin of this one */
	unsigned depth;
	struct gt_json_step step[GT_JSON_DEPTH_MAX]; /* step[i]: the place inside frame[i] */
	struct frame frame[GT_JSON_DEPTH_MAX];
	uint64_t serial;
	char *keys; /* the keys of the path, one after another, each with a NUL */
	size_t keys_used, keys_cap;
	struct gt_keyset seen;
};

/* The offset after a comment that starts at I, or I when none does. */
static size_t skip_comment(const struct walk *w, size_t i)
{
	const char *nl;

	if (!(w->flags & GT_JSON_COMMENTS) || w->len - i < 2 || w->doc[i] != '/')
		return i;
	if (w->doc[i + 1] == '/') {
		nl = memchr(w->doc + i, '\n', w->len - i);
		return nl ? (size_t)(nl - w->doc) + 1 : w->len;
	}
	if (w->doc[i + 1] != '*')
		return i;
	for (size_t j = i + 2; j + 1 < w->len; j++) {
		if (w->doc[j] == '*' && w->doc[j + 1] == '/')
			return j + 2;
	}
	return i; /* never closed */
}

/* The first offset from I on that is no white space, comment, or (when SEPARATORS) comma, colon. */
static size_t skip_blank(const struct walk *w, size_t i, bool separators)
{
	while (i < w->len) {
		size_t next = i;
		char c = w->doc[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f')
			next = i + 1;
		else if (separators && (c == ',' || c == ':'))
			next = i + 1;
		else
			next = skip_comment(w, i);
		if (next == i)
			break;
		i = next;
	}
	return i;
}

/* Finds the extent of the token that yajl calls us for. */
static void locate_token(struct walk *w, uint32_t *ret_begin, uint32_t *ret_end)
{
	size_t end = w->finishing ? w->len : yajl_get_bytes_consumed(w->yajl);

	w->at = skip_blank(w, w->prev_end, true);
	w->prev_end = end;
	*ret_begin = (uint32_t)w->at;
	*ret_end = (uint32_t)end;
}

static int stop(struct walk *w, int rc)
{
	w->rc = rc;
	return 0; /* yajl: cancel */
}

static int emit(struct walk *w, struct gt_json_event *ev)
{
	int r;

	ev->path = w->step;
	ev->depth = w->depth;
	r = w->fn(w->ctx, ev, w->e);
	return r < 0 ? stop(w, r) : 1;
}

/* A value begins: find it, and count it when it is an array's element. */
static void begin_value(struct walk *w, struct gt_json_event *ev)
{
	locate_token(w, &ev->begin, &ev->end);
	if (w->depth > 0 && w->frame[w->depth - 1].array)
		w->step[w->depth - 1].index++; /* starts at UINT32_MAX, see open_container */
}

static int on_null(void *ctx)
{
	struct gt_json_event ev = {.type = GT_JSON_NULL};

	begin_value(ctx, &ev);
	return emit(ctx, &ev);
}

static int on_bool(void *ctx, int v)
{
	struct gt_json_event ev = {.type = GT_JSON_BOOL, .b = v != 0};

	begin_value(ctx, &ev);
	return emit(ctx, &ev);
}

/* Digits with an optional '-' that fit in 64 bits; anything else stays text. */
static bool to_int(const char *s, size_t len, int64_t *ret)
{
	bool neg = len > 0 && s[0] == '-';
	int64_t v = 0;

	if (len == (neg ? 1u : 0u))
		return false;
	for (size_t i = neg; i < len; i++) {
		int digit = s[i] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, neg ? -digit : digit, &v))
			return false;
	}
	*ret = v;
	return true;
}

static int on_number(void *ctx, const char *s, size_t len)
{
	struct gt_json_event ev = {.type = GT_JSON_NUMBER, .text = s, .len = len};

	if (to_int(s, len, &ev.i))
		ev.type = GT_JSON_INT;
	begin_value(ctx, &ev);
	return emit(ctx, &ev);
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
	struct gt_json_event ev = {.type = GT_JSON_STRING, .text = (const char *)s, .len = len};

	begin_value(ctx, &ev);
	return emit(ctx, &ev);
}

static int open_container(struct walk *w, enum gt_json_type type)
{
	struct gt_json_event ev = {.type = type};

	begin_value(w, &ev);
	if (!emit(w, &ev))
		return 0;
	if (w->depth == GT_JSON_DEPTH_MAX)
		return stop(w, gt_err_set(w->e, -E2BIG, "nested deeper than %d levels",
					  GT_JSON_DEPTH_MAX));
	w->step[w->depth] = (struct gt_json_step){.index = UINT32_MAX};
	w->frame[w->depth] = (struct frame){
		.array = type == GT_JSON_ARRAY_START,
		.keys_off = w->keys_used,
		.serial = ++w->serial,
	};
	w->depth++;
	return 1;
}

static int close_container(struct walk *w, enum gt_json_type type)
{
	struct gt_json_event ev = {.type = type};

	locate_token(w, &ev.begin, &ev.end);
	w->depth--;
	w->keys_used = w->frame[w->depth].keys_off;
	return emit(w, &ev);
}

static int on_map_start(void *ctx)
{
	return open_container(ctx, GT_JSON_MAP_START);
}

static int on_map_end(void *ctx)
{
	return close_container(ctx, GT_JSON_MAP_END);
}

static int on_array_start(void *ctx)
{
	return open_container(ctx, GT_JSON_ARRAY_START);
}

static int on_array_end(void *ctx)
{
	return close_container(ctx, GT_JSON_ARRAY_END);
}

static int remember_key(struct walk *w, struct gt_json_step *step)
{
	if (!(w->flags & GT_JSON_KEYS) || w->depth - 1 > GT_JSON_KEYS_DEPTH)
		return 0;
	return gt_keyset_add(&w->seen, step->key, step->key_len, w->frame[w->depth - 1].serial,
			     &step->repeated);
}

/* Makes room for NEED bytes of keys; the path's pointers follow when the buffer moves. */
static int reserve_keys(struct walk *w, size_t need)
{
	size_t cap = need + need / 2 + 256;
	char *p;

	if (need <= w->keys_cap)
		return 0;
	p = realloc(w->keys, cap);
	if (!p)
		return -ENOMEM;
	w->keys = p;
	w->keys_cap = cap;
	for (unsigned i = 0; i < w->depth; i++) {
		if (w->step[i].key)
			w->step[i].key = p + w->frame[i].keys_off;
	}
	return 0;
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct walk *w = ctx;
	struct gt_json_step *step = &w->step[w->depth - 1];
	size_t off = w->frame[w->depth - 1].keys_off;
	int r;

	*step = (struct gt_json_step){.key_len = len};
	locate_token(w, &step->key_begin, &step->key_end);
	r = reserve_keys(w, off + len + 1);
	if (r < 0)
		return stop(w, gt_err_set(w->e, r, "out of memory"));
	memcpy(w->keys + off, s, len);
	w->keys[off + len] = '\0';
	w->keys_used = off + len + 1;
	step->key = w->keys + off;
	r = remember_key(w, step);
	if (r < 0)
		return stop(w, gt_err_set(w->e, r, "out of memory"));
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_bool,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_map_start,
	.yajl_map_key = on_key,
	.yajl_end_map = on_map_end,
	.yajl_start_array = on_array_start,
	.yajl_end_array = on_array_end,
};

/* Where the token begins that yajl stumbled over and consumed up to OFFSET. */
static size_t bad_token(const struct walk *w, size_t offset)
{
	size_t begin;

	if (offset > w->len)
		return w->len;
	if (offset > 0 && (w->doc[offset - 1] == ',' || w->doc[offset - 1] == ':'))
		return offset - 1;
	begin = skip_blank(w, w->prev_end, true);
	return begin < offset ? begin : offset;
}

/* Takes yajl's message over, without its line break. */
static int syntax_error(struct walk *w, size_t at)
{
	unsigned char *msg = yajl_get_error(w->yajl, 0, NULL, 0);
	size_t n = msg ? strcspn((const char *)msg, "\n") : 0;

	w->at = at;
	if (msg)
		(void)gt_err_set(w->e, -EINVAL, "%.*s", (int)n, (const char *)msg);
	else
		(void)gt_err_set(w->e, -EINVAL, "not JSON");
	yajl_free_error(w->yajl, msg);
	return -EINVAL;
}

static int parse(struct walk *w)
{
	yajl_alloc_funcs heap = {gt_heap_malloc, gt_heap_realloc, gt_heap_free, &w->heap};
	yajl_status st;

	w->yajl = yajl_alloc(&callbacks, &heap, w);
	/* gt_utf8_check has seen every byte: yajl's own check also lets overlong forms pass. */
	yajl_config(w->yajl, yajl_dont_validate_strings, 1);
	yajl_config(w->yajl, yajl_allow_comments, (w->flags & GT_JSON_COMMENTS) ? 1 : 0);
	st = yajl_parse(w->yajl, (const unsigned char *)w->doc, w->len);
	if (st == yajl_status_error)
		return syntax_error(w, bad_token(w, yajl_get_bytes_consumed(w->yajl)));
	if (st == yajl_status_ok) {
		w->finishing = true;
		st = yajl_complete_parse(w->yajl);
		if (st == yajl_status_error)
			return syntax_error(w, w->len);
	}
	if (st == yajl_status_client_canceled)
		return w->rc;
	/* yajl takes a string or comment that is never closed after the document for no error. */
	w->at = skip_blank(w, w->prev_end, false);
	if (w->at != w->len)
		return gt_err_set(w->e, -EINVAL, "parse error: trailing garbage");
	return 0;
}

/* A callback of ours allocates by itself, so no jump of yajl's heap passes one. */
static int run(struct walk *w)
{
	if (setjmp(w->heap.empty) != 0)
		return gt_err_set(w->e, -ENOMEM, "out of memory");
	return parse(w);
}

int gt_json_walk(const char *doc, size_t len, unsigned flags, gt_json_fn fn, void *ctx,
		 struct gt_json_pos *ret_pos, struct gt_err *e)
{
	struct walk w = {.doc = doc,
			 .len = len,
			 .flags = flags,
			 .fn = fn,
			 .ctx = ctx,
			 .e = e,
			 .rc = -EINVAL};
	int r;

	if (len > UINT32_MAX) {
		r = gt_err_set(e, -EFBIG, "more than 4 GiB");
	} else if ((w.at = gt_utf8_valid_len(doc, len)) != len) {
		r = gt_err_set(e, -EINVAL, "invalid UTF-8");
	} else {
		r = run(&w);
		gt_heap_done(&w.heap); /* all that yajl has */
		free(w.keys);
		gt_keyset_done(&w.seen);
	}
	if (r < 0 && ret_pos)
		*ret_pos = gt_json_locate(doc, len, w.at);
	return r;
}
