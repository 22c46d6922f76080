/*
 * Splice: puts what the plan wants into config.json. All other bytes stay as they are. Pure but for
 * the heap.
 *
 * Runs in the process that edits, which is root on the host. The offsets come from a worker that
 * may have been taken over: we believe them only if our own scan finds the same. The text comes
 * only from the plan, and from what we are to add.
 */
#include "splice.h"
#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "splice_text.h"

/* ---- edits ---- */

static int add_edit(struct gt_splice_writer *w, uint32_t begin, uint32_t end, uint32_t text)
{
	if (w->n_edit == GT_SPLICE_EDITS_MAX)
		return -E2BIG;
	w->edit[w->n_edit++] =
		(struct gt_splice_edit){begin, end, text, (uint32_t)w->text.len - text};
	return 0;
}

/* May we replace the document's value of node I? Only if it says nothing: null or "". */
static bool may_go(const struct gt_splice_writer *w, int i, const char *doc)
{
	const struct gt_node_place *p = &w->p.node[i];

	return p->null || (p->end - p->begin == 2 && memcmp(doc + p->begin, "\"\"", 2) == 0);
}

/* Edits one node that the document has. */
static int edit_node(struct gt_splice_writer *w, int i, const char *doc)
{
	const struct gt_node_place *p = &w->p.node[i];
	bool value = w->s.node[i].kind == GT_NODE_VALUE;
	uint32_t text = (uint32_t)w->text.len;

	if (value && !may_go(w, i, doc))
		return 0; /* why_left_out says so */
	if (value || p->null) {
		gt_splice_text_part(&w->text, w->made[i].text, w->made[i].text_len);
		return add_edit(w, p->begin, p->end, text);
	}
	gt_splice_text_inside(w, i, p->has_children);
	if (w->text.len == text)
		return 0;
	return p->has_children ? add_edit(w, p->last_end, p->last_end, text)
			       : add_edit(w, p->inside, p->inside, text);
}

static int edit_element(struct gt_splice_writer *w, const struct gt_element *el)
{
	uint32_t text = (uint32_t)w->text.len;

	if (el->what == GT_ELEMENT_HOOK)
		return 0; /* it is ours, and stays */
	if (el->what < w->s.n_env) {
		if (w->env[el->what] != SET || el->is == GT_ELEMENT_AS_WANTED)
			return 0;
		gt_splice_text_entry(w, &w->s.env[el->what]);
	} else {
		/* We only raise limits, and the hard one only as far as the soft one needs. */
		if (w->nofile != SET || el->number >= w->s.nofile_soft)
			return 0;
		gt_buf_fmt(&w->text, "%llu", (unsigned long long)w->s.nofile_soft);
	}
	return add_edit(w, el->begin, el->end, text);
}

/* What to do about a variable: the last entry of its name counts. */
static enum gt_splice_todo todo_of(const struct gt_splice_writer *w, uint32_t var)
{
	const struct gt_element *last = NULL;
	unsigned n = 0;

	for (uint32_t i = 0; i < w->p.n_element; i++) {
		if (w->p.element[i].what != var)
			continue;
		last = &w->p.element[i];
		n++;
	}
	if (!last) /* the value to be replaced is missing; a process gets ours nevertheless */
		return w->s.env[var].before && !w->process ? CONFLICT : SET;
	if (w->process && n > 1)
		return CONFLICT;
	if (last->is == GT_ELEMENT_AS_WANTED)
		return n == 1 ? KEEP : SET;
	return last->is == GT_ELEMENT_AS_BEFORE ? SET : CONFLICT;
}

static void decide_todos(struct gt_splice_writer *w)
{
	for (uint32_t i = 0; i < w->s.n_env; i++)
		w->env[i] = todo_of(w, i);
	if (w->s.want_nofile)
		w->nofile =
			gt_splice_has(w, GT_ELEMENT_SOFT) == w->s.nofile_in_config ? SET : CONFLICT;
	if (w->s.hooks && w->hook && !gt_splice_has(w, GT_ELEMENT_HOOK))
		w->add_hook = SET;
}

/* Would node I be empty if we made it: an array, or hooks? */
static bool would_be_empty(const struct gt_splice_writer *w, int i)
{
	enum gt_node_kind kind = w->s.node[i].kind;
	bool found = kind == GT_NODE_RLIMITS && w->nofile == SET;

	if (kind == GT_NODE_HOOKS || (i > 0 && i == w->s.hooks))
		return w->add_hook != SET;
	for (uint32_t v = 0; kind == GT_NODE_ENV && v < w->s.n_env; v++)
		found = found || w->env[v] == SET;
	return gt_node_is_array(&w->s.node[i]) && !found;
}

/* Marks what we do not create: children of what must exist but does not, and what is empty. */
static void mark_gone(struct gt_splice_writer *w)
{
	for (int i = 0; i < w->s.n_node; i++) { /* parents come before their children */
		const struct gt_splice_node *n = &w->s.node[i];
		const struct gt_node_place *p = &w->p.node[i];
		bool missing = !p->present || p->null;

		w->gone[i] = (n->must_exist && missing) || (n->parent >= 0 && w->gone[n->parent]) ||
			     (missing && would_be_empty(w, i));
	}
}

static int by_place(const void *a, const void *b)
{
	const struct gt_splice_edit *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static int make_edits(struct gt_splice_writer *w, const char *doc)
{
	int r;

	decide_todos(w);
	mark_gone(w);
	for (int i = w->s.n_node - 1; i > 0; i--)
		gt_splice_text_value(w, i);
	for (int i = 0; i < w->s.n_node; i++) {
		if (w->gone[i] || !w->p.node[i].present)
			continue;
		r = edit_node(w, i, doc);
		if (r < 0)
			return r;
	}
	for (uint32_t i = 0; i < w->p.n_element; i++) {
		r = edit_element(w, &w->p.element[i]);
		if (r < 0)
			return r;
	}
	if (w->n_edit > 1)
		qsort(w->edit, w->n_edit, sizeof(w->edit[0]), by_place);
	return w->text.error;
}

static int write_document(const struct gt_splice_writer *w, const char *doc, size_t len,
			  struct gt_buf *ret)
{
	size_t at = 0;

	for (uint32_t i = 0; i < w->n_edit; i++) {
		const struct gt_splice_edit *d = &w->edit[i];

		if (d->begin < at || d->end < d->begin || d->end > len)
			return -EBADMSG; /* two edits of one place: we never make those */
		gt_buf_add(ret, doc + at, d->begin - at);
		gt_buf_add(ret, w->text.p + d->text, d->text_len);
		at = d->end;
	}
	if (w->n_edit > 0)
		gt_buf_add(ret, doc + at, len - at);
	return ret->error;
}

/* ---- what became of each row ---- */

static const char *why_left_out(const struct gt_splice_writer *w, const char *doc, uint32_t row)
{
	static const char other[] = "config.json has another value, which we keep";
	enum gt_setting_kind kind = gt_setting_kind(w->plan->setting[row].id);
	bool process = kind == GT_KIND_ENV || kind == GT_KIND_RLIMIT;
	const char *section = process ? "process" : "linux";

	for (int i = 1; i < w->s.n_node; i++) {
		const struct gt_splice_node *n = &w->s.node[i];

		if (n->parent == 0 && strcmp(n->key, section) == 0 && w->gone[i])
			return process ? "config.json has no process"
				       : "config.json has no linux section";
		if (n->kind == GT_NODE_VALUE && n->row == row && !w->gone[i] &&
		    w->p.node[i].present && !may_go(w, i, doc))
			return other;
	}
	for (uint32_t i = 0; i < w->s.n_env; i++) {
		if (w->s.env[i].row == row && w->env[i] == CONFLICT)
			return other;
	}
	return kind == GT_KIND_RLIMIT && w->nofile == CONFLICT ? other : NULL;
}

static void tell_outcomes(const struct gt_splice_writer *w, const char *doc,
			  struct gt_outcome *outcome)
{
	for (uint32_t i = 0; i < w->plan->n_setting && i < GT_SETTINGS_MAX; i++) {
		const char *why;

		if (!gt_splice_wanted(w->plan, i))
			continue;
		why = why_left_out(w, doc, i);
		outcome[i] = (struct gt_outcome){.applied = why ? GT_NO : GT_YES};
		if (why)
			gt_copy_cut(outcome[i].error, why);
	}
}

/* ---- the whole ---- */

static bool places_agree(const struct gt_places *a, const struct gt_places *b)
{
	return a->n_node == b->n_node && a->n_element == b->n_element &&
	       memcmp(a->node, b->node, sizeof(a->node)) == 0 &&
	       memcmp(a->element, b->element, sizeof(a->element)) == 0;
}

static int splice_document(struct gt_splice_writer *w, const char *doc, size_t len,
			   const struct gt_places *told, struct gt_buf *ret, struct gt_err *e)
{
	int r = gt_splice_want(&w->s, !w->process, w->plan);

	if (r < 0)
		return gt_err_set(e, r, "config.json: too much to change");
	r = gt_splice_scan(&w->s, doc, len, &w->p);
	if (r < 0 || !places_agree(&w->p, told))
		return gt_err_set(e, -EBADMSG,
				  "config.json: two readings of it differ: we leave it alone");
	r = make_edits(w, doc);
	if (r == 0)
		r = write_document(w, doc, len, ret);
	return r < 0 ? gt_err_sys(e, r, "cannot edit config.json") : 0;
}

int gt_edit_splice(const char *doc, size_t len, const struct gt_edit *edit,
		   const struct gt_places *told, struct gt_buf *ret,
		   struct gt_outcome outcome[GT_SETTINGS_MAX], struct gt_err *e)
{
	_cleanup_free_ struct gt_splice_writer *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return gt_err_set(e, -ENOMEM, "out of memory");
	w->plan = edit->plan;
	w->hook = edit->hook;
	w->process = !edit->whole;
	r = splice_document(w, doc, len, told, ret, e);
	gt_buf_done(&w->text);
	if (r < 0)
		gt_buf_done(ret);
	else
		tell_outcomes(w, doc, outcome);
	return r;
}
