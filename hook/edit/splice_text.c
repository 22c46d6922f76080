/*
 * Splice: the text that goes into config.json. It comes from the plan, and from the hook that we
 * add. Pure but for the heap.
 */
#include "splice_text.h"
#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "splice.h"

static void add_string(struct gt_buf *out, const char *text, size_t len)
{
	struct gt_jw w;

	gt_jw_init(&w, out, false);
	gt_jw_strn(&w, text, len);
}

void gt_splice_text_entry(struct gt_splice_writer *w, const struct gt_splice_env *v)
{
	struct gt_buf entry = {0};

	gt_buf_fmt(&entry, "%s=%s", v->name, v->value);
	if (entry.error)
		w->text.error = entry.error;
	else
		add_string(&w->text, entry.p, entry.len);
	gt_buf_done(&entry);
}

static void add_value(struct gt_splice_writer *w, const struct gt_splice_node *n)
{
	const struct gt_setting *set = &w->plan->setting[n->row];

	if (set->id != GT_SET_SWAPPINESS)
		add_string(&w->text, set->value, strlen(set->value));
	else if (set->reason == GT_R_NO_SWAP)
		add_string(&w->text, "0", 1);
	else
		gt_buf_str(&w->text, set->value); /* a number: gt_splice_want has parsed it */
}

bool gt_splice_has(const struct gt_splice_writer *w, uint32_t what)
{
	for (uint32_t i = 0; i < w->p.n_element; i++) {
		if (w->p.element[i].what == what)
			return true;
	}
	return false;
}

/* Adds the variables that the document does not have yet, joined by commas. */
static void add_missing_env(struct gt_splice_writer *w, bool comma)
{
	for (uint32_t i = 0; i < w->s.n_env; i++) {
		if (gt_splice_has(w, i) || w->env[i] != SET)
			continue;
		gt_buf_str(&w->text, comma ? "," : "");
		gt_splice_text_entry(w, &w->s.env[i]);
		comma = true;
	}
}

static void add_missing_rlimit(struct gt_splice_writer *w, bool comma)
{
	if (w->nofile != SET || gt_splice_has(w, GT_ELEMENT_SOFT))
		return;
	gt_buf_fmt(&w->text, "%s{\"type\":\"RLIMIT_NOFILE\",\"hard\":%llu,\"soft\":%llu}",
		   comma ? "," : "", (unsigned long long)w->s.nofile_hard,
		   (unsigned long long)w->s.nofile_soft);
}

/* Our hook, as the last entry of node I. */
static void add_missing_hook(struct gt_splice_writer *w, int i, bool comma)
{
	struct gt_jw j;

	if (w->add_hook != SET || w->s.node[i].must_exist)
		return;
	gt_buf_str(&w->text, comma ? "," : "");
	gt_jw_init(&j, &w->text, false);
	gt_jw_open(&j, '{');
	gt_jw_member(&j, "path", w->hook->path);
	gt_jw_key(&j, "args");
	gt_jw_open(&j, '[');
	for (unsigned a = 0; a < GT_EDIT_HOOK_ARGS_MAX && w->hook->args[a]; a++)
		gt_jw_str(&j, w->hook->args[a]);
	gt_jw_close(&j, ']');
	gt_jw_key(&j, "timeout");
	gt_jw_u64(&j, w->hook->timeout_s);
	gt_jw_close(&j, '}');
}

/* In pieces, since adding may move it. */
void gt_splice_text_part(struct gt_buf *text, uint32_t at, uint32_t len)
{
	char piece[256];

	while (len > 0 && !text->error) {
		uint32_t n = len < sizeof(piece) ? len : (uint32_t)sizeof(piece);

		memcpy(piece, text->p + at, n);
		gt_buf_add(text, piece, n);
		at += n;
		len -= n;
	}
}

/* Adds the children of node I that the document does not have yet, as members. */
static void add_missing_members(struct gt_splice_writer *w, int i, bool comma)
{
	for (int j = 1; j < w->s.n_node; j++) {
		if (w->s.node[j].parent != i || w->p.node[j].present || w->gone[j])
			continue;
		gt_buf_str(&w->text, comma ? "," : "");
		add_string(&w->text, w->s.node[j].key, strlen(w->s.node[j].key));
		gt_buf_str(&w->text, ":");
		gt_splice_text_part(&w->text, w->made[j].text, w->made[j].text_len);
		comma = true;
	}
}

void gt_splice_text_inside(struct gt_splice_writer *w, int i, bool comma)
{
	switch (w->s.node[i].kind) {
	case GT_NODE_ENV:
		add_missing_env(w, comma);
		break;
	case GT_NODE_RLIMITS:
		add_missing_rlimit(w, comma);
		break;
	case GT_NODE_HOOKS:
		add_missing_hook(w, i, comma);
		break;
	case GT_NODE_OBJECT:
	case GT_NODE_VALUE:
		add_missing_members(w, i, comma);
		break;
	}
}

void gt_splice_text_value(struct gt_splice_writer *w, int i)
{
	const struct gt_splice_node *n = &w->s.node[i];
	bool array = gt_node_is_array(n);

	w->made[i].text = (uint32_t)w->text.len;
	if (n->kind == GT_NODE_VALUE) {
		add_value(w, n);
	} else {
		gt_buf_str(&w->text, array ? "[" : "{");
		gt_splice_text_inside(w, i, false);
		gt_buf_str(&w->text, array ? "]" : "}");
	}
	w->made[i].text_len = (uint32_t)w->text.len - w->made[i].text;
}
