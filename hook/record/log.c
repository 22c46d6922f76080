/*
 * Writes a decision as one line of log. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"

/* Is every row skipped for the same reason? Then the line says it once. */
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

/* Names the program and what is wrong with it, if that is the reason. */
static void add_program(const struct gt_record *r, enum gt_reason why, struct gt_text *t)
{
	const struct gt_program *p = &r->facts.program;
	const char *name = p->path[0] ? p->path : r->facts.ident.command;

	if (why != GT_R_PROGRAM_UNKNOWN && why != GT_R_NOT_GO && why != GT_R_NOT_GO_YET &&
	    why != GT_R_AT_EXEC)
		return;
	if (name[0])
		gt_text_add(t, ": %.200s", name); /* the record has all of it */
	if (p->note != GT_NOTE_NONE && why != GT_R_AT_EXEC)
		gt_text_add(t, ": %s", gt_words_get(&gt_prog_note_words, p->note));
}

/* Lists requests that we ignore, and variables that do not do what they seem to. */
static void add_warnings(const struct gt_plan *p, struct gt_text *t)
{
	static const bool in_record_only[GT_W_COUNT] = {
		[GT_W_MODULES_UNKNOWN] = true,
		[GT_W_CGO_UNKNOWN] = true,
		[GT_W_POLICY_LAYER] = true, /* has its own line, with the place */
		[GT_W_HARD_LIMIT_KEPT] = true,
	};
	const char *before = "; warnings: ";

	for (uint32_t i = 0; i < p->n_warning && i < GT_WARNINGS_MAX; i++) {
		const struct gt_warning *w = &p->warning[i];

		if (w->id >= GT_W_COUNT || in_record_only[w->id])
			continue;
		gt_text_add(t, "%s%s (%s)", before, w->about,
			    gt_words_get(&gt_warning_words, w->id));
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
		gt_text_add(&t, " not tuned%s (%s",
			    p->setting[0].reason == GT_R_AT_EXEC ? " yet" : "",
			    gt_words_get(&gt_reason_words, p->setting[0].reason));
		add_program(r, p->setting[0].reason, &t);
		gt_text_add(&t, ")");
		add_warnings(p, &t);
		return;
	}
	gt_text_add(&t, " profile %s%s%s", p->profile, p->rule[0] ? " by rule " : "", p->rule);
	add_rows(p, GT_VERDICT_SET, p->mode == GT_MODE_AUDIT ? "; audit, would set: " : ": ", &t);
	add_rows(p, GT_VERDICT_KEEP, "; kept: ", &t);
	add_warnings(p, &t); /* before what may be cut off */
	add_rows(p, GT_VERDICT_SKIP, "; not: ", &t);
}
