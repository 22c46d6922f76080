/*
 * A writer of JSON whose reader is in the same process: it is told each value and the path to it,
 * as gt_json_walk would tell them of the text. Pure but for what the reader does.
 */
#include "jw_events.h"
#include "gotune/base.h"

void gt_jw_init_events(struct gt_jw *w, gt_json_fn fn, void *ctx)
{
	*w = (struct gt_jw){.fn = fn, .ctx = ctx};
}

/* The next element, when the value is one of an array's. */
static void count_element(struct gt_jw *w)
{
	struct gt_json_step *s = w->depth > 0 ? &w->path[w->depth - 1] : NULL;

	if (s && !s->key)
		s->index = w->need_comma ? s->index + 1 : 0;
	w->need_comma = true;
}

static void tell(struct gt_jw *w, struct gt_json_event *ev)
{
	ev->path = w->path;
	ev->depth = w->depth;
	if (w->error == 0)
		w->error = w->fn(w->ctx, ev, NULL);
}

void gt_jw_event(struct gt_jw *w, struct gt_json_event *ev)
{
	count_element(w);
	tell(w, ev);
}

void gt_jw_event_open(struct gt_jw *w, char bracket)
{
	gt_jw_event(w, &(struct gt_json_event){.type = bracket == '{' ? GT_JSON_MAP_START
								      : GT_JSON_ARRAY_START});
	if (w->depth == GT_JW_DEPTH_MAX) {
		w->error = w->error ? w->error : -E2BIG;
		return;
	}
	w->path[w->depth++] = (struct gt_json_step){0};
	w->need_comma = false;
}

void gt_jw_event_close(struct gt_jw *w, char bracket)
{
	if (w->depth > 0)
		w->depth--;
	w->need_comma = true;
	tell(w,
	     &(struct gt_json_event){.type = bracket == '}' ? GT_JSON_MAP_END : GT_JSON_ARRAY_END});
}

void gt_jw_event_key(struct gt_jw *w, const char *key)
{
	struct gt_json_step *s;

	if (w->depth == 0)
		return;
	s = &w->path[w->depth - 1];
	(void)gt_copy_str(w->key[w->depth - 1], GT_JW_KEY_CAP, key); /* cut: ours are short */
	s->key = w->key[w->depth - 1];
	s->key_len = strlen(s->key);
}
