/*
 * Small texts for records: sentences in fixed buffers, sizes, and where we read a limit. Pure.
 */
#include <stdarg.h>
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"

void gt_text_add(struct gt_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len + 1 >= t->cap)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < t->cap - t->len ? (size_t)n : t->cap - t->len - 1;
}

void gt_record_bytes(uint64_t bytes, char *buf, size_t cap)
{
	static const struct {
		const char *unit;
		unsigned shift;
	} units[] = {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}};

	for (size_t i = 0; i < GT_ARRAY_LEN(units); i++) {
		uint64_t one = UINT64_C(1) << units[i].shift,
			 tenths = bytes % one * 10 >> units[i].shift;

		if (bytes < one)
			continue;
		(void)snprintf(buf, cap, "%llu", (unsigned long long)(bytes >> units[i].shift));
		if (tenths) {
			(void)gt_append(buf, cap, "."); /* a size of a few bytes fits */
			(void)gt_append_u64(buf, cap, tenths);
		}
		(void)gt_append(buf, cap, " ");
		(void)gt_append(buf, cap, units[i].unit);
		return;
	}
	(void)snprintf(buf, cap, "%llu bytes", (unsigned long long)bytes);
}

/* The level that FROM names, or NULL: config.json gave it. */
static const struct gt_level *level_of(const struct gt_facts *f, struct gt_limit_from from)
{
	return !from.config && from.level < f->cgroup.n_level && from.level < GT_LEVELS_MAX
		       ? &f->cgroup.level[from.level]
		       : NULL;
}

static void say_place(const char *cgroup, const struct gt_fact *config, char ret[GT_PLACE_CAP])
{
	if (cgroup)
		(void)snprintf(ret, GT_PLACE_CAP, "cgroup %s", cgroup);
	else
		(void)snprintf(ret, GT_PLACE_CAP, "%s",
			       config->where[0] ? config->where : "config.json");
}

void gt_record_quota_place(const struct gt_record *r, char ret[GT_PLACE_CAP])
{
	const struct gt_level *l = level_of(&r->facts, r->plan.quota_from);

	say_place(l ? l->path : NULL, &r->facts.config.quota_us, ret);
}

void gt_record_memory_place(const struct gt_record *r, bool high, char ret[GT_PLACE_CAP])
{
	const struct gt_config_facts *c = &r->facts.config;
	const struct gt_limit *limit = high ? &r->plan.mem_high : &r->plan.mem_max;
	const struct gt_level *l = level_of(&r->facts, limit->from);
	const char *cgroup = NULL;

	if (l)
		cgroup = l->mem_path[0] ? l->mem_path : l->path;
	say_place(cgroup, high ? &c->mem_high_bytes : &c->mem_limit_bytes, ret);
}
