/*
 * Was this container decided on before? When it is registered twice, its config.json is edited
 * before it is created, and later its hook also runs. Effectful: reads a record.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

static bool before_creation(const char *stage)
{
	return strcmp(stage, "precreate") == 0 || strcmp(stage, "create") == 0;
}

/* Does config.json have the variable with the value that was set? */
static bool has_value(const struct gt_facts *f, const struct gt_view_setting *s)
{
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		if (strcmp(gt_var_name[i], s->name) == 0)
			return f->var[i].present && strcmp(f->var[i].value, s->value) == 0;
	}
	return false;
}

bool gt_decided_earlier(int dirfd, const struct gt_record *now)
{
	_cleanup_free_ struct gt_record_view *v = malloc(sizeof(*v));
	bool any = false;

	if (!v || dirfd < 0 ||
	    gt_record_view_load(dirfd, now->facts.ident.id, v, NULL, NULL, NULL) < 0 ||
	    !before_creation(v->stage))
		return false;
	for (uint32_t i = 0; i < v->n_setting; i++) {
		const struct gt_view_setting *s = &v->setting[i];

		if (strcmp(s->kind, "env") != 0 || s->applied != GT_YES)
			continue;
		if (!has_value(&now->facts, s))
			return false;
		any = true;
	}
	return any;
}
