/*
 * What an earlier stage of ours put into config.json, as the next record tells it. Pure.
 */
#include "earlier.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

bool gt_record_has_value(const struct gt_facts *f, const char *name, const char *value)
{
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		if (strcmp(gt_var_name[i], name) == 0)
			return f->var[i].present && strcmp(f->var[i].value, value) == 0;
	}
	return false;
}

static bool has_sysctl(const struct gt_facts *f, const char *name)
{
	for (uint32_t i = 0; i < f->n_sysctl && i < GT_SYSCTL_MAX; i++) {
		if (strcmp(f->sysctl[i].name, name) == 0)
			return f->sysctl[i].in_config;
	}
	return false;
}

/* Is what was put into config.json still there, as far as F tells? */
static bool is_in_place(const struct gt_facts *f, const struct gt_earlier_row *row)
{
	uint64_t soft;

	if (strcmp(row->kind, "env") == 0)
		return gt_record_has_value(f, row->name, row->value);
	if (strcmp(row->kind, "sysctl") == 0)
		return has_sysctl(f, row->name);
	if (strcmp(row->kind, "rlimit") == 0)
		return f->nofile.in_config && gt_parse_u64(row->value, &soft) == 0 &&
		       f->nofile.config_soft == soft;
	if (strcmp(row->name, "cpuset.cpus") == 0)
		return f->config.cpuset.known;
	if (strcmp(row->name, "cpuset.mems") == 0)
		return f->config.has_mems;
	return strcmp(row->name, "memory.swap.max") == 0 ? f->config.has_swap
							 : f->config.has_swappiness;
}

const struct gt_earlier_row *gt_record_earlier(const struct gt_record *r,
					       const struct gt_setting *s)
{
	for (uint32_t k = 0; s->verdict != GT_VERDICT_SET && k < r->n_earlier; k++) {
		if (strcmp(r->earlier[k].name, s->name) == 0)
			return is_in_place(&r->facts, &r->earlier[k]) ? &r->earlier[k] : NULL;
	}
	return NULL;
}

bool gt_record_earlier_alone(const struct gt_record *r, const struct gt_earlier_row *row)
{
	for (uint32_t i = 0; i < r->plan.n_setting && i < GT_SETTINGS_MAX; i++) {
		if (strcmp(r->plan.setting[i].name, row->name) == 0)
			return false;
	}
	return is_in_place(&r->facts, row);
}
