/*
 * What a splice may do to a document, looked at from outside: of the document's events only those
 * that are named may differ.
 */
#ifndef TESTS_FUZZ_SPLICE_MODEL_H
#define TESTS_FUZZ_SPLICE_MODEL_H

#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"

#define EVENTS_MAX 4096

/* Paths of values that may change, as gt_json_at takes them, and the variables of ENV that may. */
struct named {
	const char *value[16];
	const char *limits; /* path of rlimits, or NULL */
	const char *env;    /* path of env */
	const char *var[GT_VAR_COUNT];
	bool hook;	  /* an entry of hooks.createRuntime may be added ... */
	uint32_t hook_at; /* ... at this place, which is behind those of the document */
};
#define CREATE_RUNTIME "hooks/createRuntime"

struct seen {
	uint64_t hash;
	bool named; /* may differ */
};
struct events {
	const struct named *named;
	const char *doc;
	struct seen ev[EVENTS_MAX];
	size_t n;
};

/* Is EV at the first N steps of PATTERN, or of all of it? */
static bool at_prefix(const struct gt_json_event *ev, const char *pattern)
{
	char prefix[128];
	size_t n = 0;

	if (!pattern || ev->depth == 0)
		return pattern != NULL;
	for (unsigned i = 0; pattern[n]; n++) {
		if (pattern[n] == '/' && ++i == ev->depth)
			break;
	}
	(void)gt_copy(prefix, sizeof(prefix), pattern, n);
	return gt_json_at(ev, prefix);
}

static bool is_below(const struct gt_json_event *ev, const char *pattern)
{
	struct gt_json_event up = *ev;
	unsigned depth = 1;

	for (const char *p = pattern; p && *p; p++)
		depth += *p == '/';
	if (!pattern || ev->depth <= depth)
		return false;
	up.depth = depth;
	return gt_json_at(&up, pattern);
}

static bool is_var(const struct named *n, const struct gt_json_event *ev)
{
	struct gt_json_event up = *ev;

	up.depth -= up.depth > 0;
	if (ev->type != GT_JSON_STRING || ev->depth == 0 || !gt_json_at(&up, n->env))
		return false;
	for (unsigned i = 0; i < GT_VAR_COUNT && n->var[i]; i++) {
		size_t len = strlen(n->var[i]);

		if (ev->len > len && memcmp(ev->text, n->var[i], len) == 0 && ev->text[len] == '=')
			return true;
	}
	return false;
}

/* In the entry that is added? */
static bool is_in_hook(const struct named *n, const struct gt_json_event *ev)
{
	struct gt_json_event up = *ev;

	up.depth = 3;
	return n->hook && ev->depth >= 3 && gt_json_at(&up, CREATE_RUNTIME "/*") &&
	       !ev->path[2].key && ev->path[2].index >= n->hook_at;
}

static void judge(const struct named *n, const struct gt_json_event *ev, struct seen *ret)
{
	bool scalar = ev->type <= GT_JSON_STRING;
	bool frame = at_prefix(ev, n->env) || at_prefix(ev, n->limits) ||
		     (n->hook && at_prefix(ev, CREATE_RUNTIME));

	for (unsigned i = 0; n->value[i]; i++) {
		frame = frame || at_prefix(ev, n->value[i]);
		if (scalar && gt_json_at(ev, n->value[i]))
			ret->named = true;
	}
	if (is_var(n, ev) || is_in_hook(n, ev))
		ret->named = true;
	if (frame && (!scalar || ev->type == GT_JSON_NULL)) /* made, or made of null */
		ret->named = true;
	if (is_below(ev, n->limits))
		ret->named = true;
}

static int note_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct events *l = ctx;
	char raw[256];
	struct seen *s;

	(void)e;
	if (l->n == EVENTS_MAX)
		return -EFBIG;
	s = &l->ev[l->n++];
	*s = (struct seen){.hash = ev->type + 1};
	for (unsigned i = 0; i < ev->depth; i++)
		s->hash = gt_hash(ev->path[i].key ? ev->path[i].key : "", s->hash);
	for (uint32_t at = ev->begin; at < ev->end; at += (uint32_t)sizeof(raw) - 1) {
		uint32_t n = ev->end - at < sizeof(raw) - 1 ? ev->end - at : sizeof(raw) - 1;

		memcpy(raw, l->doc + at, n);
		raw[n] = '\0';
		s->hash = gt_hash(raw, s->hash);
	}
	judge(l->named, ev, s);
	return 0;
}

/* -EFBIG: more events than are looked at. */
static int list_events(struct events *l, const struct named *n, const char *doc, size_t len)
{
	struct gt_err e;

	l->named = n;
	l->doc = doc;
	l->n = 0;
	return gt_json_walk(doc, len, GT_JSON_KEYS, note_event, l, NULL, &e);
}

/* All that a splice must not change. OUT is the document that it made of DOC. */
static void splice_holds(const struct named *n, const char *doc, size_t len,
			 const struct gt_buf *out)
{
	static struct events was, is;
	size_t i = 0, j = 0;

	if (list_events(&was, n, doc, len) < 0)
		return; /* too many to be looked at */
	HOLDS(list_events(&is, n, out->p, out->len) == 0);
	for (;;) { /* what is not named is the same, in the same order */
		while (i < was.n && was.ev[i].named)
			i++;
		while (j < is.n && is.ev[j].named)
			j++;
		if (i == was.n || j == is.n)
			break;
		HOLDS(was.ev[i++].hash == is.ev[j++].hash);
	}
	HOLDS(i == was.n && j == is.n);
}

/*
 * Both readers, then the edits. False: nothing to be looked at. Where the worker's reader takes a
 * document, the other one sees the same in it, unless it is spelt oddly. *RET is a document, also
 * where nothing was changed.
 */
static bool splice_both(const struct gt_plan *plan, bool whole, const char *doc, size_t len,
			struct gt_buf *ret, struct gt_outcome *outcome)
{
	static const struct gt_edit_hook hook = {
		.path = "/a/oci-gotune-hook", .args = {"oci-gotune-hook"}, .timeout_s = 10};
	const struct gt_edit edit = {.whole = whole, .plan = plan, .hook = &hook};
	struct gt_places told = {0};
	struct gt_err e = {0};
	int r;

	if (fuzz_answer(gt_edit_places(doc, len, whole, plan, &told, &e), &e) < 0)
		return false;
	r = fuzz_answer(gt_edit_splice(doc, len, &edit, &told, ret, outcome, &e), &e);
	if (r < 0) {
		HOLDS(r == -EBADMSG && !ret->p);
		HOLDS(fuzz_has_odd_spelling((const uint8_t *)doc, len));
		return false;
	}
	HOLDS(!ret->p || ret->len != len || memcmp(ret->p, doc, len) != 0);
	if (!ret->p)
		gt_buf_add(ret, doc, len);
	return !ret->error;
}

#endif
