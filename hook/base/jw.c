/*
 * A writer of JSON. What it writes is always valid, whatever bytes it is given. Pure but for the
 * buffer's heap.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "jw_events.h"

void gt_jw_init(struct gt_jw *w, struct gt_buf *out, bool indent)
{
	*w = (struct gt_jw){.out = out, .indent = indent};
}

static void new_line(struct gt_jw *w)
{
	if (!w->indent)
		return;
	gt_buf_add(w->out, "\n", 1);
	for (unsigned i = 0; i < w->depth; i++)
		gt_buf_add(w->out, "  ", 2);
}

/* What comes before a key or a value. */
static void separate(struct gt_jw *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->need_comma)
		gt_buf_add(w->out, ",", 1);
	if (w->depth > 0)
		new_line(w);
}

void gt_jw_open(struct gt_jw *w, char bracket)
{
	if (!w->out) {
		gt_jw_event_open(w, bracket);
		return;
	}
	separate(w);
	gt_buf_add(w->out, &bracket, 1);
	w->depth++;
	w->need_comma = false;
}

void gt_jw_close(struct gt_jw *w, char bracket)
{
	if (!w->out) {
		gt_jw_event_close(w, bracket);
		return;
	}
	if (w->depth > 0)
		w->depth--;
	if (w->need_comma)
		new_line(w); /* an empty object stays "{}" */
	gt_buf_add(w->out, &bracket, 1);
	w->need_comma = true;
}

static void plain(struct gt_jw *w, const char *text)
{
	separate(w);
	gt_buf_str(w->out, text);
	w->need_comma = true;
}

/* One byte that a JSON string may not have as it is. */
static void escape(struct gt_buf *out, unsigned char c)
{
	static const char names[256] = {['"'] = '"',  ['\\'] = '\\', ['\n'] = 'n', ['\r'] = 'r',
					['\t'] = 't', ['\b'] = 'b',  ['\f'] = 'f'};

	if (names[c]) {
		gt_buf_add(out, "\\", 1);
		gt_buf_add(out, &names[c], 1);
	} else {
		gt_buf_fmt(out, "\\u%04x", c);
	}
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void quoted(struct gt_buf *out, const char *s, size_t len)
{
	size_t i = 0;

	gt_buf_add(out, "\"", 1);
	while (i < len) {
		size_t start = i;
		unsigned n;

		while (i < len && is_plain((unsigned char)s[i]))
			i++;
		gt_buf_add(out, s + start, i - start);
		if (i == len)
			break;
		n = gt_utf8_char(s + i, len - i);
		if (n == 0)
			gt_buf_str(out, "\xef\xbf\xbd");
		else if (n == 1)
			escape(out, (unsigned char)s[i]);
		else
			gt_buf_add(out, s + i, n);
		i += n ? n : 1;
	}
	gt_buf_add(out, "\"", 1);
}

void gt_jw_key(struct gt_jw *w, const char *key)
{
	if (!w->out) {
		gt_jw_event_key(w, key);
		return;
	}
	separate(w);
	quoted(w->out, key, strlen(key));
	gt_buf_str(w->out, w->indent ? ": " : ":");
	w->need_comma = true;
	w->after_key = true;
}

void gt_jw_strn(struct gt_jw *w, const char *s, size_t len)
{
	if (!w->out) {
		gt_jw_event(w,
			    &(struct gt_json_event){.type = GT_JSON_STRING, .text = s, .len = len});
		return;
	}
	separate(w);
	quoted(w->out, s, len);
	w->need_comma = true;
}

void gt_jw_str(struct gt_jw *w, const char *s)
{
	if (s)
		gt_jw_strn(w, s, strlen(s));
	else
		gt_jw_null(w);
}

void gt_jw_member(struct gt_jw *w, const char *key, const char *s)
{
	gt_jw_key(w, key);
	gt_jw_str(w, s);
}

void gt_jw_member_opt(struct gt_jw *w, const char *key, const char *s)
{
	gt_jw_member(w, key, *s ? s : NULL);
}

void gt_jw_u64(struct gt_jw *w, uint64_t v)
{
	char text[24] = "";

	(void)gt_append_u64(text, sizeof(text), v); /* 20 digits fit */
	if (w->out)
		plain(w, text);
	else if (v <= INT64_MAX)
		gt_jw_event(w, &(struct gt_json_event){.type = GT_JSON_INT, .i = (int64_t)v});
	else
		gt_jw_event(w, &(struct gt_json_event){
				       .type = GT_JSON_NUMBER, .text = text, .len = strlen(text)});
}

void gt_jw_i64(struct gt_jw *w, int64_t v)
{
	char text[24] = "";

	if (!w->out) {
		gt_jw_event(w, &(struct gt_json_event){.type = GT_JSON_INT, .i = v});
		return;
	}
	if (v < 0)
		(void)gt_append(text, sizeof(text), "-");
	/* 0 - v in unsigned arithmetic: also right for INT64_MIN */
	(void)gt_append_u64(text, sizeof(text), v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	plain(w, text);
}

void gt_jw_decimal(struct gt_jw *w, double v)
{
	char text[40];
	size_t len;

	if (!(v > -1e15 && v < 1e15)) {
		gt_jw_null(w);
		return;
	}
	(void)snprintf(text, sizeof(text), "%.3f", v); /* 16 digits, a sign, a point: they fit */
	len = strlen(text);
	while (text[len - 1] == '0')
		text[--len] = '\0';
	if (text[len - 1] == '.')
		text[len - 1] = '\0';
	plain(w, strcmp(text, "-0") == 0 ? "0" : text);
}

void gt_jw_bool(struct gt_jw *w, bool v)
{
	if (w->out)
		plain(w, v ? "true" : "false");
	else
		gt_jw_event(w, &(struct gt_json_event){.type = GT_JSON_BOOL, .b = v});
}

void gt_jw_null(struct gt_jw *w)
{
	if (w->out)
		plain(w, "null");
	else
		gt_jw_event(w, &(struct gt_json_event){.type = GT_JSON_NULL});
}

void gt_jw_member_u64(struct gt_jw *w, const char *key, uint64_t v)
{
	gt_jw_key(w, key);
	gt_jw_u64(w, v);
}

void gt_jw_member_decimal(struct gt_jw *w, const char *key, double v)
{
	gt_jw_key(w, key);
	gt_jw_decimal(w, v);
}

void gt_jw_member_bool(struct gt_jw *w, const char *key, bool v)
{
	gt_jw_key(w, key);
	gt_jw_bool(w, v);
}
