/*
 * What the engines that are configured in TOML share. Reads below the root; the rest is pure but
 * for the heap.
 */
#include "gotune/base.h"
#include "gotune/engine.h"
#include "job.h"
#include "json.h"

int gt_toml_read(int root, const char *path, struct gt_buf *ret, struct gt_err *e)
{
	struct gt_file f;
	struct gt_err why;
	int r = gt_file_read_linked(root, path, &f, e);

	if (r == 0 && f.exists)
		r = gt_file_check_toml(&f, path, e);
	if (r == 0 && f.exists) {
		r = gt_toml_to_json(f.text, f.len, ret, &why);
		if (r < 0)
			r = gt_err_set(e, r, "%s:%s", path, why.msg);
	}
	gt_file_done(&f);
	return r;
}

void gt_toml_string(const struct gt_buf *json, const char *const *path, unsigned n, char *ret,
		    size_t cap)
{
	struct gt_json_spot spot = {0};

	ret[0] = '\0';
	if (json->p && gt_json_find(json->p, json->len, path, n, &spot, NULL) == 0 && spot.found &&
	    !gt_copy_str(ret, cap, spot.text))
		ret[0] = '\0';
}

void gt_toml_quote(struct gt_buf *out, const char *s)
{
	struct gt_jw w;

	gt_jw_init(&w, out, false);
	gt_jw_str(&w, s);
}

struct copy {
	const char *doc, *header;
	const char *const *skip;
	struct gt_buf *plain, *tables;
	uint32_t array_begin;
	bool skip_table;
};

/* A bare key where TOML takes it for one, else a quoted one. */
static void add_key(struct gt_buf *out, const char *key)
{
	if (*key && key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-")] == '\0')
		gt_buf_str(out, key);
	else
		gt_toml_quote(out, key);
}

static bool skipped(const struct copy *c, const char *table, const char *key)
{
	for (unsigned i = 0; c->skip[i]; i++) {
		const char *s = c->skip[i];
		size_t n = table ? strlen(table) : 0;

		if (table && (strncmp(s, table, n) != 0 || s[n] != '.'))
			continue;
		if (strcmp(table ? s + n + 1 : s, key) == 0)
			return true;
	}
	return false;
}

/* One "key = value" line; the JSON of strings, numbers, booleans and arrays of them is TOML. */
static void add_line(struct copy *c, const struct gt_json_event *ev, unsigned depth, uint32_t begin)
{
	const char *table = depth == 2 ? ev->path[0].key : NULL, *key = ev->path[depth - 1].key;
	struct gt_buf *out = depth == 2 ? c->tables : c->plain;

	if (skipped(c, table, key) || (depth == 2 && c->skip_table))
		return;
	gt_buf_str(out, "  ");
	add_key(out, key);
	gt_buf_str(out, " = ");
	gt_buf_add(out, c->doc + begin, ev->end - begin);
	gt_buf_str(out, "\n");
}

static void begin_table(struct copy *c, const char *key)
{
	c->skip_table = skipped(c, NULL, key);
	if (c->skip_table)
		return;
	gt_buf_fmt(c->tables, "[%s.", c->header);
	add_key(c->tables, key);
	gt_buf_str(c->tables, "]\n");
}

static int copy_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct copy *c = ctx;
	bool in_array = false;

	for (unsigned i = 0; i < ev->depth; i++)
		in_array = in_array || !ev->path[i].key;
	if (ev->depth == 0)
		return 0;
	if (ev->type == GT_JSON_MAP_START && (in_array || ev->depth > 1))
		return gt_err_set(e, -EBADMSG, "%s has a table that is too deep to be copied",
				  c->header);
	if (in_array || ev->type == GT_JSON_MAP_END)
		return 0;
	if (ev->type == GT_JSON_MAP_START)
		begin_table(c, ev->path[0].key);
	else if (ev->type == GT_JSON_ARRAY_START)
		c->array_begin = ev->begin;
	else
		add_line(c, ev, ev->depth,
			 ev->type == GT_JSON_ARRAY_END ? c->array_begin : ev->begin);
	return 0;
}

int gt_toml_copy(const struct gt_buf *json, const char *const *path, unsigned n, const char *header,
		 const char *const *skip, struct gt_buf *plain, struct gt_buf *tables,
		 struct gt_err *e)
{
	struct copy c = {.header = header, .skip = skip, .plain = plain, .tables = tables};
	struct gt_json_spot spot = {0};
	int r = json->p ? gt_json_find(json->p, json->len, path, n, &spot, e) : 0;

	if (r < 0 || !spot.found || spot.type != GT_JSON_MAP_START)
		return r;
	c.doc = json->p + spot.begin;
	return gt_json_walk(c.doc, spot.end - spot.begin, 0, copy_event, &c, NULL, e);
}
