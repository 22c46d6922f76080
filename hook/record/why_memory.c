/*
 * The sentences on memory limits, and on what was learned of an image. Pure.
 */
#include "why.h"

#include <stdio.h>

#include "gotune/base.h"
#include "text.h"

void gt_why_memory(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	char limit[32], set[32], where[GT_PLACE_CAP];

	gt_record_memory_place(r, r->plan.mem_is_high, where);
	gt_record_bytes(r->plan.mem_limit_bytes, limit, sizeof(limit));
	gt_record_bytes(s->number, set, sizeof(set));
	gt_text_add(t, "%s leaves room below the %s of %s (%s)", set,
		    r->plan.mem_is_high ? "memory.high" : "memory limit", limit, where);
}

/* "900" as "90", "875" as "87.5". */
static void add_permille(uint64_t v, struct gt_text *t)
{
	gt_text_add(t, v % 10 ? "%llu.%llu %%" : "%llu %%", (unsigned long long)(v / 10),
		    (unsigned long long)(v % 10));
}

void gt_why_learned(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	const struct gt_lesson_facts *l = &r->facts.lesson;
	char set[32], beside[32];
	uint64_t limit = r->plan.mem_limit_bytes;

	gt_record_bytes(s->number, set, sizeof(set));
	gt_text_add(t, "%s is ", set);
	add_permille(limit > 1000 ? s->number / (limit / 1000) : 0, t);
	gt_text_add(
		t,
		" of the limit: of %llu start%s of this image, the most outside of the Go heap was ",
		(unsigned long long)l->starts.v, gt_why_plural(l->starts.v));
	gt_record_bytes(l->beside.v, beside, sizeof(beside));
	gt_text_add(t, "%s, and %llu of the last were OOM-killed (%s)",
		    l->beside.known ? beside : "not measured", (unsigned long long)l->ooms.v,
		    l->starts.where);
}

void gt_why_spiral(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	const struct gt_fact *n = &r->facts.lesson.spirals;

	(void)s;
	gt_text_add(
		t,
		"%llu earlier start%s of this image spent the CPU on collecting garbage near the "
		"limit (%s): it goes without GOMEMLIMIT",
		(unsigned long long)n->v, gt_why_plural(n->v), n->where);
}

void gt_why_machine(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	char limit[32], set[32], total[32];

	gt_record_bytes(r->plan.mem_limit_bytes, limit, sizeof(limit));
	gt_record_bytes(s->number, set, sizeof(set));
	gt_record_bytes(r->facts.host.memory_total.v, total, sizeof(total));
	gt_text_add(
		t,
		"%s leaves room below the machine's memory of %s (%s): the limit of %s is above it",
		set, total, r->facts.host.memory_total.where, limit);
}

void gt_why_space(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	char set[32];

	gt_record_bytes(s->number, set, sizeof(set));
	gt_text_add(t, "%s is what a 32-bit program (%s) can use", set, r->facts.program.arch);
}

void gt_why_small(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	char limit[32];

	(void)s;
	gt_record_bytes(r->plan.mem_limit_bytes, limit, sizeof(limit));
	gt_text_add(t, "the memory limit of %s is too small to share out", limit);
}

void gt_why_version(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	(void)s;
	gt_text_add(t, "%s does not know GOMEMLIMIT, which came with go1.19",
		    r->facts.program.go[0] ? r->facts.program.go : "this Go");
}

void gt_why_too_large(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	char limit[32];

	(void)s;
	if (!r->plan.has_mem_limit) {
		gt_text_add(t, "without a memory limit the container may outgrow one NUMA node");
		return;
	}
	gt_record_bytes(r->plan.mem_limit_bytes, limit, sizeof(limit));
	gt_text_add(t, "the memory limit of %s, or the lack of a hard one, exceeds a NUMA node",
		    limit);
}
