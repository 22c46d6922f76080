/*
 * Small texts that records share: sentences in fixed buffers, sizes, and where a limit was read.
 * Pure.
 */
#include "gotune/record_text.h"

#include <stdarg.h>
#include <stdio.h>

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

static void take(struct gt_limit_source *ret, uint64_t bytes, const char *prefix, const char *where)
{
	if (ret->known && bytes >= ret->bytes)
		return;
	ret->known = true;
	ret->bytes = bytes;
	(void)snprintf(ret->where, sizeof(ret->where), "%s%s", prefix, where);
}

void gt_record_memory(const struct gt_facts *f, bool high, struct gt_limit_source *ret)
{
	const struct gt_fact *config =
		high ? &f->config.mem_high_bytes : &f->config.mem_limit_bytes;

	*ret = (struct gt_limit_source){0};
	if (config->known && config->v > 0)
		take(ret, config->v, "", config->where[0] ? config->where : "config.json");
	for (uint32_t i = 0; i < f->cgroup.n_level && i < GT_LEVELS_MAX; i++) {
		const struct gt_level *l = &f->cgroup.level[i];

		if (high ? l->has_mem_high : l->has_mem_max)
			take(ret, high ? l->mem_high_bytes : l->mem_max_bytes, "cgroup ",
			     l->mem_path[0] ? l->mem_path : l->path);
	}
}

void gt_record_quota_where(const struct gt_record *r, char *buf, size_t cap)
{
	const struct gt_facts *f = &r->facts;

	for (uint32_t i = 0; i < f->cgroup.n_level && i < GT_LEVELS_MAX; i++) {
		const struct gt_level *l = &f->cgroup.level[i];

		if (l->has_quota && l->quota_us == r->plan.quota_us &&
		    l->period_us == r->plan.period_us) {
			(void)snprintf(buf, cap, "cgroup %s", l->path);
			return;
		}
	}
	(void)gt_copy_str(buf, cap,
			  f->config.quota_us.where[0] ? f->config.quota_us.where : "config.json");
}
