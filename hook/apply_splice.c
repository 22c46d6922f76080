/*
 * Splice, last third: what is wanted becomes text that is inserted into config.json or replaces a
 * part of it. All other bytes stay as they are. Pure but for the heap.
 */
#include "gotune/apply.h"
#include "gotune/splice.h"

static const char no_room[] = "config.json: too much to change";

/* Appends a part of the text to the text itself: in pieces, since adding may move it. */
static void add_part(struct gt_splice *s, uint32_t text, uint32_t len)
{
	char piece[256];

	while (len > 0 && !s->text.error) {
		uint32_t n = len < sizeof(piece) ? len : (uint32_t)sizeof(piece);

		memcpy(piece, s->text.p + text, n);
		gt_buf_add(&s->text, piece, n);
		text += n;
		len -= n;
	}
}

/* The entries of process.env that are not there yet, joined by commas. */
static void add_missing_env(struct gt_splice *s, bool comma)
{
	for (uint32_t i = 0; i < s->n_env; i++) {
		if (s->env[i].found)
			continue;
		gt_buf_str(&s->text, comma ? "," : "");
		add_part(s, s->env[i].text, s->env[i].text_len);
		comma = true;
	}
}

static void add_missing_rlimit(struct gt_splice *s, bool comma)
{
	if (!s->want_nofile || s->nofile_found)
		return;
	gt_buf_fmt(&s->text, "%s{\"type\":\"RLIMIT_NOFILE\",\"hard\":%llu,\"soft\":%llu}",
		   comma ? "," : "", (unsigned long long)s->nofile_hard,
		   (unsigned long long)s->nofile_soft);
}

/* The children of node I that are not there yet, as members. */
static void add_missing_members(struct gt_splice *s, int i, bool comma)
{
	for (int j = 1; j < s->n_node; j++) {
		if (s->node[j].parent != i || s->node[j].present)
			continue;
		gt_buf_str(&s->text, comma ? "," : "");
		gt_splice_json_string(&s->text, s->node[j].key, strlen(s->node[j].key));
		gt_buf_str(&s->text, ":");
		add_part(s, s->node[j].text, s->node[j].text_len);
		comma = true;
	}
}

static void add_inside(struct gt_splice *s, int i, bool comma)
{
	if (s->node[i].kind == GT_NODE_ENV)
		add_missing_env(s, comma);
	else if (s->node[i].kind == GT_NODE_RLIMITS)
		add_missing_rlimit(s, comma);
	else
		add_missing_members(s, i, comma);
}

/* The text of a value that is not there. Its children's must have been written before. */
static void write_value(struct gt_splice *s, int i)
{
	struct gt_splice_node *n = &s->node[i];
	bool array = n->kind == GT_NODE_ENV || n->kind == GT_NODE_RLIMITS;

	if (n->kind == GT_NODE_VALUE)
		return; /* gt_splice_want wrote it */
	n->text = (uint32_t)s->text.len;
	gt_buf_str(&s->text, array ? "[" : "{");
	add_inside(s, i, false);
	gt_buf_str(&s->text, array ? "]" : "}");
	n->text_len = (uint32_t)s->text.len - n->text;
}

/* Is the text of VALUE node I what the document already has, byte for byte? */
static bool is_same(const struct gt_splice *s, const struct gt_splice_node *n, const char *doc)
{
	return n->end - n->begin == n->text_len && s->text.p &&
	       memcmp(doc + n->begin, s->text.p + n->text, n->text_len) == 0;
}

/* The edit of one node whose parent is there. */
static int edit_node(struct gt_splice *s, int i, const char *doc)
{
	const struct gt_splice_node *n = &s->node[i];
	uint32_t text = (uint32_t)s->text.len, len;

	if (n->must_exist && (!n->present || n->null))
		return 0;
	if (n->null || n->kind == GT_NODE_VALUE) {
		if (n->kind == GT_NODE_VALUE && is_same(s, n, doc))
			return 0;
		return gt_splice_edit(s, n->begin, n->end, n->text, n->text_len);
	}
	add_inside(s, i, n->has_children);
	len = (uint32_t)s->text.len - text;
	if (len == 0)
		return 0;
	if (n->has_children)
		return gt_splice_edit(s, n->last_end, n->last_end, text, len);
	return gt_splice_edit(s, n->inside, n->inside, text, len);
}

/* Children of what is null or may not be created are not to be created beside it. */
static void mark_unreachable(struct gt_splice *s, bool *ret_gone)
{
	for (int i = 0; i < s->n_node; i++) {
		const struct gt_splice_node *n = &s->node[i];

		ret_gone[i] = (n->must_exist && (!n->present || n->null)) ||
			      (n->parent >= 0 && ret_gone[n->parent]);
		if (ret_gone[i])
			s->node[i].present = true; /* so that no parent adds it */
	}
}

static int by_place(const void *a, const void *b)
{
	const struct gt_edit *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static int make_edits(struct gt_splice *s, const char *doc, bool *gone)
{
	bool present[GT_NODES_CAP] = {false};

	for (int i = 0; i < s->n_node; i++)
		present[i] = s->node[i].present;
	mark_unreachable(s, gone);
	for (int i = s->n_node - 1; i > 0; i--) { /* children stand after their parents */
		if (!present[i] || s->node[i].null)
			write_value(s, i);
	}
	for (int i = 0; i < s->n_node; i++) {
		int r = 0;

		if (!gone[i] && present[i])
			r = edit_node(s, i, doc);
		if (r < 0)
			return r;
	}
	if (s->n_edit > 1)
		qsort(s->edit, s->n_edit, sizeof(*s->edit), by_place);
	return s->text.error;
}

static bool is_process_setting(enum gt_setting_id id)
{
	enum gt_setting_kind kind = gt_setting_kind(id);

	return kind == GT_KIND_ENV || kind == GT_KIND_RLIMIT;
}

/* Is the section that setting I lives in there? */
static bool was_reached(const struct gt_splice *s, const bool *gone, enum gt_setting_id id)
{
	const char *section = is_process_setting(id) ? "process" : "linux";

	for (int i = 1; i < s->n_node; i++) {
		if (s->node[i].parent == 0 && strcmp(s->node[i].key, section) == 0)
			return !gone[i];
	}
	return false;
}

static void tell(const struct gt_splice *s, const bool *gone, const struct gt_plan *plan,
		 struct gt_outcome *outcome)
{
	for (uint32_t i = 0; outcome && i < plan->n_setting; i++) {
		if (!gt_splice_wanted(plan, i))
			continue;
		outcome[i] = (struct gt_outcome){.applied = GT_YES};
		if (was_reached(s, gone, plan->setting[i].id))
			continue;
		outcome[i].applied = GT_NO;
		(void)gt_copy_str(outcome[i].error, sizeof(outcome[i].error),
				  is_process_setting(plan->setting[i].id)
					  ? "config.json has no process"
					  : "config.json has no linux section");
	}
}

/* Everything that was allocated for it becomes one struct without pointers. */
static int pack(const struct gt_splice *s, struct gt_edits *ret)
{
	if (s->n_edit > GT_EDITS_MAX || s->text.len > sizeof(ret->text))
		return -E2BIG;
	ret->n = (uint32_t)s->n_edit;
	ret->text_len = (uint32_t)s->text.len;
	if (s->n_edit > 0)
		memcpy(ret->edit, s->edit, s->n_edit * sizeof(*s->edit));
	if (s->text.len > 0)
		memcpy(ret->text, s->text.p, s->text.len);
	return 0;
}

int gt_apply_edits(const char *doc, size_t len, bool whole, const struct gt_plan *plan,
		   struct gt_edits *ret, struct gt_err *e)
{
	struct gt_splice s = {0};
	bool gone[GT_NODES_CAP] = {false};
	int r;

	/* Large: what is not used of it need not be touched. */
	ret->n = ret->text_len = 0;
	memset(ret->outcome, 0, sizeof(ret->outcome));
	r = gt_splice_want(&s, whole, plan);
	if (r < 0)
		(void)gt_err_set(e, r, no_room);
	if (r == 0)
		r = gt_splice_locate(&s, doc, len, e);
	if (r == 0) {
		r = make_edits(&s, doc, gone);
		if (r == 0)
			r = pack(&s, ret);
		if (r < 0)
			(void)gt_err_sys(e, r, "editing config.json");
	}
	if (r == 0)
		tell(&s, gone, plan, ret->outcome);
	free(s.edit);
	gt_buf_done(&s.text);
	return r;
}

bool gt_edits_valid(const struct gt_edits *edits, size_t len)
{
	uint32_t at = 0;

	if (edits->n > GT_EDITS_MAX || edits->text_len > sizeof(edits->text))
		return false;
	for (uint32_t i = 0; i < GT_SETTINGS_MAX; i++) {
		const struct gt_outcome *o = &edits->outcome[i];

		if (o->applied > GT_YES || !memchr(o->error, '\0', sizeof(o->error)))
			return false;
	}
	for (uint32_t i = 0; i < edits->n; i++) {
		const struct gt_edit *d = &edits->edit[i];

		if (d->begin < at || d->end < d->begin || d->end > len ||
		    d->text > edits->text_len || d->text_len > edits->text_len - d->text)
			return false;
		at = d->end;
	}
	return true;
}

int gt_edits_write(const struct gt_edits *edits, const char *doc, size_t len, struct gt_buf *ret)
{
	size_t at = 0;

	for (uint32_t i = 0; i < edits->n; i++) {
		const struct gt_edit *d = &edits->edit[i];

		gt_buf_add(ret, doc + at, d->begin - at);
		gt_buf_add(ret, edits->text + d->text, d->text_len);
		at = d->end;
	}
	gt_buf_add(ret, doc + at, len - at);
	return ret->error;
}
