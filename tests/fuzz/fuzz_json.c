/*
 * The JSON walk and writer: a byte of flags, a document. Offsets are in order and cut out the
 * tokens; and any bytes, written as a string, are one string of a valid document.
 */
#include "fuzz.h"
#include "gotune/base.h"

struct walk {
	const char *doc;
	size_t len;
	uint32_t last;
	unsigned depth, n;
};

static int on_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct walk *w = ctx;
	char first = w->doc[ev->begin];

	(void)e;
	HOLDS(ev->begin < ev->end && ev->end <= w->len && ev->begin >= w->last);
	HOLDS(ev->depth <= GT_JSON_DEPTH_MAX);
	w->last = ev->end;
	w->n++;
	switch (ev->type) {
	case GT_JSON_NULL:
		HOLDS(first == 'n');
		break;
	case GT_JSON_BOOL:
		HOLDS(first == (ev->b ? 't' : 'f'));
		break;
	case GT_JSON_INT:
	case GT_JSON_NUMBER:
		HOLDS(first == '-' || (first >= '0' && first <= '9'));
		break;
	case GT_JSON_STRING:
		HOLDS(first == '"' && w->doc[ev->end - 1] == '"' && ev->len <= ev->end - ev->begin);
		break;
	case GT_JSON_MAP_START:
	case GT_JSON_ARRAY_START:
		HOLDS(first == (ev->type == GT_JSON_MAP_START ? '{' : '['));
		w->depth++;
		break;
	case GT_JSON_MAP_END:
	case GT_JSON_ARRAY_END:
		HOLDS(first == (ev->type == GT_JSON_MAP_END ? '}' : ']') && w->depth > 0);
		w->depth--;
		break;
	}
	for (unsigned i = 0; i < ev->depth; i++) {
		const struct gt_json_step *s = &ev->path[i];

		HOLDS(!s->key || (w->doc[s->key_begin] == '"' && w->doc[s->key_end - 1] == '"'));
	}
	return 0;
}

/* The event of a string: its text is what was written, or has U+FFFD where it was no UTF-8. */
static int same_text(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	const struct fuzz_in *in = ctx;

	(void)e;
	if (ev->type != GT_JSON_STRING)
		return 0;
	HOLDS(memmem(ev->text, ev->len, "\xef\xbf\xbd", 3) ||
	      (ev->len == in->n && (in->n == 0 || memcmp(ev->text, in->p, in->n) == 0)));
	return 0;
}

static void write_and_read(const struct fuzz_in *in, bool indent)
{
	struct gt_buf out = {0};
	struct gt_err e = {0};
	struct gt_jw w;

	gt_jw_init(&w, &out, indent);
	gt_jw_open(&w, '[');
	gt_jw_strn(&w, (const char *)in->p, in->n);
	gt_jw_open(&w, '{');
	gt_jw_key(&w, "a");
	gt_jw_i64(&w, -1);
	gt_jw_key(&w, "b");
	gt_jw_str(&w, NULL);
	gt_jw_close(&w, '}');
	gt_jw_close(&w, ']');
	HOLDS(out.error == 0);
	HOLDS(gt_json_walk(out.p, out.len, 0, same_text, (void *)(uintptr_t)in, NULL, &e) == 0);
	gt_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	unsigned flags = fuzz_byte(&in);
	struct walk w = {.doc = (const char *)in.p, .len = in.n};
	struct gt_json_pos pos = {0};
	struct gt_err e = {0};

	if (fuzz_answer(gt_json_walk(w.doc, w.len, flags & (GT_JSON_COMMENTS | GT_JSON_KEYS),
				     on_event, &w, &pos, &e),
			&e) == 0)
		HOLDS(w.n > 0 && w.depth == 0);
	else
		HOLDS(pos.offset <= w.len && pos.line >= 1 && pos.column >= 1);
	write_and_read(&in, flags & 4);
	return 0;
}
