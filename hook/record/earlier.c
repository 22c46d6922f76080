/*
 * Was this container decided on before? When it is registered twice, its config.json is edited
 * before it is created, and later its hook also runs. So does the hook that we add ourselves where
 * the program is known only when it is executed. Effectful: reads a record.
 */
#include "earlier.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "replay_lists.h"

static bool before_creation(const char *stage)
{
	return strcmp(stage, "precreate") == 0 || strcmp(stage, "create") == 0;
}

/* NOW's record will say what V's said of it. */
static void keep_row(struct gt_record *now, const struct gt_view_setting *s)
{
	struct gt_earlier_row *row = &now->earlier[now->n_earlier];
	int reason = gt_words_find(&gt_reason_words, s->reason);

	if (now->n_earlier == GT_SETTINGS_MAX || reason < 0)
		return;
	*row = (struct gt_earlier_row){.reason = (enum gt_reason)reason,
				       .has_before = s->has_before};
	gt_copy_cut(row->name, s->name);
	gt_copy_cut(row->kind, s->kind);
	gt_copy_cut(row->value, s->value);
	gt_copy_cut(row->before, s->before);
	gt_copy_cut(row->why, s->why);
	(void)gt_append(row->why, sizeof(row->why), /* or without it, if it does not fit */
			GT_RECORD_EARLIER_TAIL);
	now->n_earlier++;
}

static bool awaits_exec(const struct gt_record_view *v)
{
	const char *word = gt_words_get(&gt_reason_words, GT_R_AT_EXEC);

	for (uint32_t i = 0; i < v->n_setting; i++) {
		if (strcmp(v->setting[i].reason, word) == 0)
			return true;
	}
	return false;
}

/* Are all variables that V's stage set still there, and is there any? */
static bool has_all_variables(const struct gt_record_view *v, const struct gt_facts *f)
{
	bool any = false;

	for (uint32_t i = 0; i < v->n_setting; i++) {
		const struct gt_view_setting *s = &v->setting[i];

		if (strcmp(s->kind, "env") != 0 || s->applied != GT_YES)
			continue;
		if (!gt_record_has_value(f, s->name, s->value))
			return false;
		any = true;
	}
	return any;
}

bool gt_decided_earlier(int dirfd, struct gt_record *now)
{
	_cleanup_free_ struct gt_record_view *v = malloc(sizeof(*v));

	now->was_awaited = false;
	now->n_earlier = 0;
	if (!v || dirfd < 0 ||
	    gt_record_view_load(dirfd, now->facts.ident.id, v, NULL, NULL, NULL) < 0 ||
	    !before_creation(v->stage))
		return false;
	if (!awaits_exec(v))
		return has_all_variables(v, &now->facts);
	now->was_awaited = true;
	for (uint32_t i = 0; i < v->n_setting; i++) {
		const struct gt_view_setting *s = &v->setting[i];

		if (strcmp(s->verdict, "set") == 0 && s->applied == GT_YES)
			keep_row(now, s);
	}
	return false;
}
