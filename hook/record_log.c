/*
 * A decision in one line of log. Pure.
 */
#include "gotune/record_text.h"

/* Every row is skipped for one reason: then the line says it once. */
static bool one_reason(const struct gt_plan *p)
{
	for (uint32_t i = 0; i < p->n_setting && i < GT_SETTINGS_MAX; i++) {
		if (p->setting[i].verdict != GT_VERDICT_SKIP ||
		    p->setting[i].reason != p->setting[0].reason)
			return false;
	}
	return p->n_setting > 0;
}

static void add_rows(const struct gt_plan *p, enum gt_verdict verdict, const char *label,
		     struct gt_text *t)
{
	const char *before = label;

	for (uint32_t i = 0; i < p->n_setting && i < GT_SETTINGS_MAX; i++) {
		const struct gt_setting *s = &p->setting[i];
		bool set = verdict == GT_VERDICT_SET;

		if (s->verdict != verdict)
			continue;
		gt_text_add(t, "%s%s%s%s (%s)", before, s->name, set ? "=" : "",
			    set ? s->value : "", gt_words_get(&gt_reason_words, s->reason));
		before = " ";
	}
}

void gt_record_log_line(const struct gt_record *r, char *buf, size_t cap)
{
	struct gt_text t = {.buf = buf, .cap = cap};
	const struct gt_plan *p = &r->plan;

	if (cap == 0)
		return;
	buf[0] = '\0';
	gt_text_add(&t, "%s:", r->facts.ident.id[0] ? r->facts.ident.id : "(no id)");
	if (one_reason(p)) {
		gt_text_add(&t, " not tuned (%s)",
			    gt_words_get(&gt_reason_words, p->setting[0].reason));
		return;
	}
	gt_text_add(&t, " profile %s%s%s", p->profile, p->rule[0] ? " by rule " : "", p->rule);
	add_rows(p, GT_VERDICT_SET, p->mode == GT_MODE_AUDIT ? "; audit, would set: " : ": ", &t);
	add_rows(p, GT_VERDICT_KEEP, "; kept: ", &t);
	add_rows(p, GT_VERDICT_SKIP, "; not: ", &t);
}
