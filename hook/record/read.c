/*
 * Turns a record, saved or in memory, into words for people. Pure.
 *
 * The strings in a record may come from an image: we bound their sizes here, and cli/out.c makes
 * them plain before a terminal sees them.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"

/* --- JSON to words -----------------------------------------------------------------------------
 */

enum field_type { TEXT, TRI, I64, U64 };
struct field {
	const char *pattern; /* below the object that it is in */
	enum field_type type;
	size_t off, cap;
};
#define FIELD(s, type, pattern, member)                                         \
	{                                                                       \
		pattern, type, offsetof(s, member), sizeof(((s *)NULL)->member) \
	}
#define TOP(type, pattern, member) FIELD(struct gt_record_view, type, pattern, member)
#define ROW(type, pattern, member) FIELD(struct gt_view_setting, type, pattern, member)

static const struct field top_fields[] = {
	TOP(TEXT, "schema", schema),
	TOP(TEXT, "id", id),
	TOP(TEXT, "bundle", bundle),
	TOP(TEXT, "engine", engine),
	TOP(TEXT, "runtime", runtime),
	TOP(TEXT, "stage", stage),
	TOP(TEXT, "mode", mode),
	TOP(TEXT, "profile", profile),
	TOP(TEXT, "rule", rule),
	TOP(TEXT, "image", image),
	TOP(I64, "pid", pid),
	TOP(U64, "pid_start", pid_start),
	TOP(TEXT, "pid_file", pid_file),
	TOP(TEXT, "drifted_at", drifted_at),
	TOP(TEXT, "spiral_at", spiral_at),
	TOP(TEXT, "lesson", lesson),
	TOP(TEXT, "rollout/rule", rollout_rule),
	TOP(TEXT, "rollout/arm", rollout_arm),
	TOP(U64, "rollout/print", rollout_print),
	TOP(TEXT, "program/path", path),
	TOP(TEXT, "program/kind", program_kind),
	TOP(TEXT, "program/go", go),
	TOP(TEXT, "program/main", main_path),
	TOP(TEXT, "program/via", via),
	TOP(TEXT, "program/note", note),
	TOP(TEXT, "program/automaxprocs", automaxprocs),
	TOP(TEXT, "program/automemlimit", automemlimit),
	TOP(TRI, "program/cgo", cgo),
	TOP(TRI, "program/predicted", predicted),
	TOP(TEXT, "started_at", started_at),
	TOP(U64, "duration_us", duration_us),
	TOP(TEXT, "message", message),
};

static const struct field row_fields[] = {
	ROW(TEXT, "name", name),     ROW(TEXT, "kind", kind),	ROW(TEXT, "verdict", verdict),
	ROW(TEXT, "reason", reason), ROW(TEXT, "value", value), ROW(TEXT, "before", before),
	ROW(TEXT, "why", why),	     ROW(TEXT, "error", error), ROW(TRI, "applied", applied),
};

/* A scalar as text; "" for null. */
static void copy_scalar(const struct gt_json_event *ev, char *buf, size_t cap)
{
	buf[0] = '\0';
	switch (ev->type) {
	case GT_JSON_STRING:
	case GT_JSON_NUMBER:
		(void)gt_copy(buf, cap, ev->text, ev->len); /* people read it: may be cut */
		break;
	case GT_JSON_INT:
		(void)snprintf(buf, cap, "%lld", (long long)ev->i);
		break;
	case GT_JSON_BOOL:
		(void)gt_copy_str(buf, cap, ev->b ? "yes" : "no");
		break;
	case GT_JSON_NULL:
	case GT_JSON_MAP_START:
	case GT_JSON_MAP_END:
	case GT_JSON_ARRAY_START:
	case GT_JSON_ARRAY_END:
		break;
	}
}

static bool is_scalar(enum gt_json_type t)
{
	return t <= GT_JSON_STRING;
}

static void store_field(void *object, const struct field *f, const struct gt_json_event *ev)
{
	char *at = (char *)object + f->off;

	switch (f->type) {
	case TEXT:
		copy_scalar(ev, at, f->cap);
		break;
	case TRI:
		if (ev->type == GT_JSON_BOOL)
			*(enum gt_tri *)(void *)at = ev->b ? GT_YES : GT_NO;
		break;
	case I64:
		if (ev->type == GT_JSON_INT && ev->i >= 0)
			*(int64_t *)(void *)at = ev->i;
		break;
	case U64:
		if (ev->type == GT_JSON_INT && ev->i >= 0)
			*(uint64_t *)(void *)at = (uint64_t)ev->i;
		break;
	}
}

static void on_top(struct gt_record_view *v, const struct gt_json_event *ev)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(top_fields); i++) {
		if (gt_json_at(ev, top_fields[i].pattern))
			store_field(v, &top_fields[i], ev);
	}
}

/* Makes ARRAY, of which *N elements of EACH bytes are in use, have at least TO. */
static void grow_to(void *array, size_t each, uint32_t *n, uint32_t to)
{
	if (to <= *n)
		return;
	memset((char *)array + *n * each, 0, (to - *n) * each);
	*n = to;
}

static void on_setting(struct gt_record_view *v, const struct gt_json_event *ev)
{
	uint32_t i = ev->path[1].index;
	const char *key = ev->depth == 3 ? ev->path[2].key : NULL;

	if (ev->depth == 2 && ev->type == GT_JSON_MAP_START) {
		if (i < GT_SETTINGS_MAX)
			grow_to(v->setting, sizeof(v->setting[0]), &v->n_setting, i + 1);
		else
			v->dropped++;
	}
	if (!key || i >= v->n_setting)
		return;
	for (size_t f = 0; f < GT_ARRAY_LEN(row_fields); f++) {
		if (strcmp(key, row_fields[f].pattern) == 0)
			store_field(&v->setting[i], &row_fields[f], ev);
	}
	if (strcmp(key, "before") == 0)
		v->setting[i].has_before = ev->type != GT_JSON_NULL;
}

/* Joins the steps of a fact's path by '.', without the leading "facts" and the last DROP. */
static void join_fact_key(const struct gt_json_event *ev, unsigned drop, char *buf, size_t cap)
{
	buf[0] = '\0';
	for (unsigned i = 1; i + drop < ev->depth; i++) {
		if (i > 1)
			(void)gt_append(buf, cap, ".");
		if (ev->path[i].key)
			(void)gt_append(buf, cap, ev->path[i].key);
		else
			(void)gt_append_u64(buf, cap, ev->path[i].index);
	}
}

static struct gt_view_fact *get_fact(struct gt_record_view *v, const char *key)
{
	for (uint32_t i = 0; i < v->n_fact; i++) {
		if (strcmp(v->fact[i].key, key) == 0)
			return &v->fact[i];
	}
	if (v->n_fact == GT_VIEW_FACTS_MAX) {
		v->dropped++;
		return NULL;
	}
	grow_to(v->fact, sizeof(v->fact[0]), &v->n_fact, v->n_fact + 1);
	gt_copy_cut(v->fact[v->n_fact - 1].key, key);
	return &v->fact[v->n_fact - 1];
}

/* A fact is a bare value, or an object with a value and its source. */
static void on_fact(struct gt_record_view *v, const struct gt_json_event *ev)
{
	const char *last = ev->path[ev->depth - 1].key;
	bool is_value = ev->depth > 2 && last && strcmp(last, "value") == 0;
	bool is_source = ev->depth > 2 && last && strcmp(last, "source") == 0;
	struct gt_view_fact *f;
	char key[sizeof(f->key)];

	join_fact_key(ev, is_value || is_source ? 1 : 0, key, sizeof(key));
	f = get_fact(v, key);
	if (!f)
		return;
	if (is_source)
		copy_scalar(ev, f->source, sizeof(f->source));
	else
		copy_scalar(ev, f->value, sizeof(f->value));
}

/* A warning is a sentence, or an object: then we take its `why`, or else all its words. */
static void on_warning(struct gt_record_view *v, const struct gt_json_event *ev)
{
	const char *key = ev->depth == 3 ? ev->path[2].key : NULL;
	uint32_t i = ev->path[1].index;
	char text[sizeof(v->warning[0])];

	if (i >= GT_WARNINGS_MAX) {
		v->dropped += ev->depth == 2;
		return;
	}
	copy_scalar(ev, text, sizeof(text));
	if (*text == '\0')
		return;
	grow_to(v->warning, sizeof(v->warning[0]), &v->n_warning, i + 1);
	if (key && strcmp(key, "why") == 0)
		v->warning[i][0] = '\0';
	if (v->warning[i][0])
		(void)gt_append(v->warning[i], sizeof(v->warning[i]), ": ");
	(void)gt_append(v->warning[i], sizeof(v->warning[i]), text);
}

static int on_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_record_view *v = ctx;
	const char *first = ev->depth ? ev->path[0].key : NULL;

	if (ev->depth == 0 && ev->type != GT_JSON_MAP_START && ev->type != GT_JSON_MAP_END)
		return gt_err_set(e, -EINVAL, "not a decision record: not a JSON object");
	if (!first)
		return 0;
	if (ev->depth >= 2 && !ev->path[1].key && strcmp(first, "settings") == 0)
		on_setting(v, ev);
	if (!is_scalar(ev->type))
		return 0;
	if (ev->depth >= 2 && ev->path[1].key && strcmp(first, "facts") == 0)
		on_fact(v, ev);
	else if (ev->depth >= 2 && !ev->path[1].key && strcmp(first, "warnings") == 0)
		on_warning(v, ev);
	else
		on_top(v, ev);
	return 0;
}

static void clear_view(struct gt_record_view *v)
{
	memset(v, 0, offsetof(struct gt_record_view, setting));
}

static void count_settings(struct gt_record_view *v)
{
	for (uint32_t i = 0; i < v->n_setting; i++) {
		v->n_set += strcmp(v->setting[i].verdict, "set") == 0;
		v->n_applied += v->setting[i].applied == GT_YES;
	}
}

int gt_record_view_parse(const char *doc, size_t len, struct gt_record_view *ret, struct gt_err *e)
{
	struct gt_json_pos pos = {0};
	int r;

	clear_view(ret);
	r = gt_json_walk(doc, len, 0, on_event, ret, &pos, e);
	if (r < 0)
		return r;
	if (!gt_has_prefix(ret->schema, "gotune.record/"))
		return gt_err_set(e, -EINVAL, "not a decision record: its schema is \"%s\"",
				  ret->schema);
	count_settings(ret);
	return 0;
}

void gt_record_view_of(const struct gt_record *r, struct gt_record_view *ret)
{
	struct gt_jw w;

	clear_view(ret);
	gt_jw_init_events(&w, on_event, ret); /* cannot fail: the record is not that deep */
	gt_record_write(r, &w);
	count_settings(ret);
}
