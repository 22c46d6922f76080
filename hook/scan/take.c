/*
 * From a decision to a row of the scan: what would be set, and why. Pure but for the heap.
 */
#include "internal.h"

/* gcc 12 loses sight of what an element of a growing array owns; the sanitizer's leak check does
 * not. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static bool is_told(const struct gt_setting *s)
{
	return gt_setting_kind(s->id) != GT_KIND_SYSCTL;
}

/* The planner's rows, but for sysctls: those were not looked at. */
static int take_settings(const struct gt_record *r, struct gt_scan_program *p)
{
	char why[640];

	p->setting = calloc(r->plan.n_setting ? r->plan.n_setting : 1, sizeof(*p->setting));
	if (!p->setting)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->plan.n_setting; i++) {
		const struct gt_setting *from = &r->plan.setting[i];
		struct gt_scan_setting *to = &p->setting[p->n_setting];

		if (!is_told(from))
			continue;
		gt_record_why(r, i, why, sizeof(why));
		memcpy(to->name, from->name, sizeof(to->name));
		to->verdict = from->verdict;
		to->reason = from->reason;
		p->n_setting++;
		to->why = strdup(why);
		if (from->verdict == GT_VERDICT_SET)
			to->value = strdup(from->value);
		if (!to->why || (from->verdict == GT_VERDICT_SET && !to->value))
			return -ENOMEM;
	}
	return 0;
}

int gt_scan_take_env(const struct gt_env_var *var, bool known, struct gt_scan_program *p)
{
	p->env_known = known;
	for (unsigned v = 0; known && v < GT_VAR_COUNT; v++) {
		if (!var[v].present)
			continue;
		p->env[v] = strdup(var[v].value);
		if (!p->env[v])
			return -ENOMEM;
	}
	return 0;
}

int gt_scan_take_plan(const struct gt_record *r, struct gt_scan_program *p)
{
	p->mode = r->plan.mode;
	p->selected = r->plan.selected;
	gt_copy_cut(p->profile, r->plan.profile);
	gt_copy_cut(p->rule, r->plan.rule);
	p->start = r->facts.ident.pid_start;
	if (r->message[0]) {
		p->message = strdup(r->message);
		if (!p->message)
			return -ENOMEM;
	}
	return take_settings(r, p);
}

int gt_scan_keep_text(char **to, const char *text)
{
	if (*to || !*text)
		return 0;
	*to = strdup(text);
	return *to ? 0 : -ENOMEM;
}
