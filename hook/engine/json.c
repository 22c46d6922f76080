/*
 * Edits of a JSON text: one walk locates what is on the way to a key, then bytes are inserted,
 * replaced or left out; nothing else changes. Pure but for the heap.
 */
#include <strings.h>

#include "gotune/base.h"
#include "json.h"

/* An object on the way, or the value at its end. */
struct level {
	bool found;
	enum gt_json_type type;
	uint32_t begin, end, key_begin;
	uint32_t n_children, first_key, last_end;
};

struct search {
	const char *const *path;
	unsigned n;
	struct level level[GT_JSON_PATH_MAX + 1];
	uint32_t prev_end, next_key; /* of the members beside the last level; 0: none */
	uint32_t bad_at;
	struct gt_json_spot *spot; /* may be NULL */
};

/* How many of the event's steps are those of the path. */
static unsigned matching(const struct search *s, const struct gt_json_event *ev)
{
	unsigned i = 0;

	while (i < ev->depth && i < s->n && ev->path[i].key &&
	       strcmp(ev->path[i].key, s->path[i]) == 0)
		i++;
	return i;
}

static int refuse_key(struct search *s, const struct gt_json_step *step, const char *want,
		      struct gt_err *e)
{
	if (!step->key || strcasecmp(step->key, want) != 0)
		return 0;
	s->bad_at = step->key_begin;
	if (step->repeated)
		return gt_err_set(e, -EBADMSG, "duplicate key \"%s\": remove one", want);
	if (strcmp(step->key, want) != 0)
		return gt_err_set(e, -EBADMSG,
				  "the key \"%.64s\" is written in another case: write \"%s\"",
				  step->key, want);
	return 0;
}

/* EV is of a member of the object at level D - 1. */
static int on_member(struct search *s, const struct gt_json_event *ev, bool on_path,
		     struct gt_err *e)
{
	unsigned d = ev->depth;
	struct level *parent = &s->level[d - 1];
	const struct gt_json_step *step = &ev->path[d - 1];
	int r = refuse_key(s, step, s->path[d - 1], e);

	if (r < 0)
		return r;
	if (ev->type != GT_JSON_MAP_END && ev->type != GT_JSON_ARRAY_END) {
		if (parent->n_children++ == 0)
			parent->first_key = step->key ? step->key_begin : ev->begin;
		if (on_path && d == s->n)
			s->prev_end = parent->last_end;
		else if (d == s->n && s->level[d].found && s->next_key == 0)
			s->next_key = step->key_begin;
	}
	if (ev->type != GT_JSON_MAP_START && ev->type != GT_JSON_ARRAY_START)
		parent->last_end = ev->end;
	return 0;
}

static void on_value(struct search *s, const struct gt_json_event *ev)
{
	struct level *l = &s->level[ev->depth];

	l->end = ev->end;
	if (ev->type == GT_JSON_MAP_END || ev->type == GT_JSON_ARRAY_END)
		return;
	l->found = true;
	l->type = ev->type;
	l->begin = ev->begin;
	l->key_begin = ev->depth > 0 ? ev->path[ev->depth - 1].key_begin : 0;
	if (s->spot && ev->depth == s->n && ev->type == GT_JSON_STRING &&
	    !gt_copy(s->spot->text, sizeof(s->spot->text), ev->text, ev->len))
		s->spot->text[0] = '\0';
}

static int on_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct search *s = ctx;
	unsigned match = matching(s, ev);
	bool on_path = match == ev->depth;
	int r = 0;

	if (ev->depth > 0 && ev->depth <= s->n && match + 1 >= ev->depth)
		r = on_member(s, ev, on_path, e);
	else if (ev->depth == s->n + 1 && match == s->n &&
		 (ev->type != GT_JSON_MAP_END && ev->type != GT_JSON_ARRAY_END))
		s->level[s->n].n_children++;
	if (r == 0 && on_path && ev->depth <= s->n)
		on_value(s, ev);
	return r;
}

static int search(struct search *s, const char *doc, size_t len, struct gt_err *e)
{
	struct gt_json_pos pos = {0};
	int r = gt_json_walk(doc, len, GT_JSON_KEYS, on_event, s, &pos, e);

	if (r == -EBADMSG)
		pos = gt_json_locate(doc, len, s->bad_at);
	if (r < 0)
		(void)gt_err_wrap(e, "%u:%u", pos.line, pos.column);
	return r;
}

int gt_json_find(const char *doc, size_t len, const char *const *path, unsigned n,
		 struct gt_json_spot *ret, struct gt_err *e)
{
	struct gt_json_spot spot = {0};
	struct search s = {.path = path, .n = n, .spot = &spot};
	int r = n > GT_JSON_PATH_MAX ? -E2BIG : search(&s, doc, len, e);

	if (r < 0)
		return r;
	spot.found = s.level[n].found;
	spot.type = s.level[n].type;
	spot.begin = s.level[n].begin;
	spot.end = s.level[n].end;
	spot.n_children = s.level[n].n_children;
	*ret = spot;
	return 0;
}

/* How the document is written. */
struct style {
	bool lines;	  /* one member a line */
	const char *eol;  /* "\n" or "\r\n" */
	const char *unit; /* of indentation; not NUL-terminated */
	size_t unit_len;
	const char *colon, *comma; /* what is between, on one line */
};

/* The white space before OFFSET, back to the line's begin; *ret_line: there is a line's begin. */
static size_t indent_before(const char *doc, size_t offset, bool *ret_line)
{
	size_t i = offset;

	while (i > 0 && (doc[i - 1] == ' ' || doc[i - 1] == '\t'))
		i--;
	*ret_line = i > 0 && doc[i - 1] == '\n';
	return offset - i;
}

static struct style style_of(const char *doc, size_t len, const struct search *s)
{
	const struct level *top = &s->level[0];
	const char *nl = memchr(doc, '\n', len), *colon = memchr(doc, ':', len);
	struct style st = {.eol = nl && nl > doc && nl[-1] == '\r' ? "\r\n" : "\n",
			   .unit = "  ",
			   .unit_len = 2,
			   .colon = ": ",
			   .comma = ", ",
			   .lines = true};

	if (top->n_children == 0)
		return st;
	st.unit_len = indent_before(doc, top->first_key, &st.lines);
	st.unit = doc + top->first_key - st.unit_len;
	if (colon && colon + 1 < doc + len && strchr(" \t\r\n", colon[1]) == NULL) {
		st.colon = ":";
		st.comma = ",";
	}
	return st;
}

static void new_line(struct gt_buf *out, const struct style *st, const char *base, size_t base_len,
		     unsigned depth)
{
	if (!st->lines)
		return;
	gt_buf_str(out, st->eol);
	gt_buf_add(out, base, base_len);
	while (depth-- > 0)
		gt_buf_add(out, st->unit, st->unit_len);
}

static void add_key(struct gt_buf *out, const struct style *st, const char *key)
{
	struct gt_jw w;

	gt_jw_init(&w, out, false);
	gt_jw_str(&w, key);
	gt_buf_str(out, st->colon);
}

/* "key": { "key": { ... VALUE } }, for the N keys; BASE is the indentation of the first. */
static void add_members(struct gt_buf *out, const struct style *st, const char *const *key,
			unsigned n, const char *value, const char *base, size_t base_len)
{
	for (unsigned i = 0; i < n; i++) {
		if (i > 0) {
			gt_buf_str(out, "{");
			new_line(out, st, base, base_len, i);
		}
		add_key(out, st, key[i]);
	}
	gt_buf_str(out, value);
	for (unsigned i = n - 1; i > 0; i--) {
		new_line(out, st, base, base_len, i - 1);
		gt_buf_str(out, "}");
	}
}

/* Inserts the last N - K keys of the path into the object at level K, which is there. */
static void insert(const struct search *s, unsigned k, const char *doc, size_t len,
		   const char *value, struct gt_buf *out)
{
	const struct level *obj = &s->level[k];
	struct style st = style_of(doc, len, s);
	size_t line = obj->begin, base_len;
	bool own_line;

	if (obj->n_children > 0) { /* like the first of them */
		base_len = indent_before(doc, obj->first_key, &own_line);
		st.lines = own_line;
		gt_buf_add(out, doc, obj->last_end);
		gt_buf_str(out, own_line ? "," : st.comma);
		new_line(out, &st, doc + obj->first_key - base_len, base_len, 0);
		add_members(out, &st, s->path + k, s->n - k, value, doc + obj->first_key - base_len,
			    base_len);
		gt_buf_add(out, doc + obj->last_end, len - obj->last_end);
		return;
	}
	while (line > 0 && doc[line - 1] != '\n')
		line--;
	base_len = strspn(doc + line, " \t");
	if (base_len > obj->begin - line)
		base_len = obj->begin - line;
	gt_buf_add(out, doc, obj->begin + 1);
	new_line(out, &st, doc + line, base_len, 1);
	{
		struct gt_buf base = {0};

		gt_buf_add(&base, doc + line, base_len);
		gt_buf_add(&base, st.unit, st.unit_len);
		add_members(out, &st, s->path + k, s->n - k, value, base.p ? base.p : "", base.len);
		if (base.error)
			out->error = base.error;
		gt_buf_done(&base);
	}
	new_line(out, &st, doc + line, base_len, 0);
	gt_buf_add(out, doc + obj->end - 1, len - obj->end + 1);
}

/* The deepest member of the path that is there; 0: the document. */
static unsigned deepest(const struct search *s)
{
	unsigned k = s->n;

	while (k > 0 && !s->level[k].found)
		k--;
	return k;
}

static int put(struct search *s, const char *doc, size_t len, const char *value, struct gt_buf *out,
	       struct gt_err *e)
{
	unsigned k = deepest(s);

	if (k == s->n) {
		gt_buf_add(out, doc, s->level[k].begin);
		gt_buf_str(out, value);
		gt_buf_add(out, doc + s->level[k].end, len - s->level[k].end);
		return out->error;
	}
	if (s->level[k].type != GT_JSON_MAP_START) {
		struct gt_json_pos pos = gt_json_locate(doc, len, s->level[k].begin);

		return gt_err_set(e, -EBADMSG, "%u:%u: %s is no object", pos.line, pos.column,
				  k > 0 ? s->path[k - 1] : "the document");
	}
	insert(s, k, doc, len, value, out);
	return out->error;
}

/* Go reads null as an empty object: one takes its place. */
static int put_into_null(const struct search *s, const char *doc, size_t len, const char *value,
			 struct gt_buf *out, struct gt_err *e)
{
	const struct level *null = &s->level[deepest(s)];
	struct search anew = {.path = s->path, .n = s->n};
	struct gt_buf with = {0};
	int r;

	gt_buf_add(&with, doc, null->begin);
	gt_buf_str(&with, "{}");
	gt_buf_add(&with, doc + null->end, len - null->end);
	r = with.error ? with.error : search(&anew, with.p, with.len, e);
	if (r >= 0)
		r = put(&anew, with.p, with.len, value, out, e);
	gt_buf_done(&with);
	return r;
}

int gt_json_put(const char *doc, size_t len, const char *const *path, unsigned n, const char *value,
		struct gt_buf *out, struct gt_err *e)
{
	struct search s = {.path = path, .n = n};
	int r = n > GT_JSON_PATH_MAX ? -E2BIG : search(&s, doc, len, e);
	unsigned k;

	if (r < 0)
		return r;
	k = deepest(&s);
	if (k > 0 && k < n && s.level[k].type == GT_JSON_NULL)
		return put_into_null(&s, doc, len, value, out, e);
	return put(&s, doc, len, value, out, e);
}

int gt_json_drop(const char *doc, size_t len, const char *const *path, unsigned n,
		 struct gt_buf *out, struct gt_err *e)
{
	struct search s = {.path = path, .n = n};
	uint32_t from, to;
	int r = n > GT_JSON_PATH_MAX ? -E2BIG : search(&s, doc, len, e);

	if (r < 0)
		return r;
	if (n == 0 || !s.level[n].found) {
		gt_buf_add(out, doc, len);
		return out->error;
	}
	from = s.level[n].key_begin;
	to = s.level[n].end;
	if (s.prev_end > 0)
		from = s.prev_end; /* the comma before it, too */
	else if (s.next_key > 0)
		to = s.next_key;
	else {
		from = s.level[n - 1].begin + 1;
		to = s.level[n - 1].end - 1;
	}
	gt_buf_add(out, doc, from);
	gt_buf_add(out, doc + to, len - to);
	return out->error;
}
