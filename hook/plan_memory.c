/*
 * L (the smallest memory limit) and the GOMEMLIMIT row. Pure.
 */
#include "gotune/plan_rules.h"

#define MIB_SHIFT 20

static void take(struct gt_memory *m, uint64_t bytes, uint32_t level, bool high)
{
	/* Beyond 2^63-1 there is no limit, and Go would die of the number. */
	if (bytes > INT64_MAX)
		return;
	if (!m->has || bytes < m->bytes) {
		m->has = true;
		m->bytes = bytes;
		m->level = level;
		m->high = high;
	}
	if (!high && (!m->has_max || bytes < m->max_bytes)) {
		m->has_max = true;
		m->max_bytes = bytes;
	}
}

struct gt_memory gt_plan_memory(const struct gt_facts *f)
{
	const struct gt_config_facts *c = &f->config;
	uint32_t n = f->cgroup.n_level < GT_LEVELS_MAX ? f->cgroup.n_level : GT_LEVELS_MAX;
	struct gt_memory m = {0};

	/* A limit of 0 in config.json means "leave it" to runc and crun. */
	if (c->mem_limit_bytes.known && c->mem_limit_bytes.v > 0)
		take(&m, c->mem_limit_bytes.v, 0, false);
	if (c->mem_high_bytes.known)
		take(&m, c->mem_high_bytes.v, 0, true);
	for (uint32_t i = 0; i < n; i++) {
		const struct gt_level *l = &f->cgroup.level[i];

		if (l->mem_unreadable) /* it may be the smallest */
			m.unknown = true;
		if (l->has_mem_max)
			take(&m, l->mem_max_bytes, i, false);
		if (l->has_mem_high)
			take(&m, l->mem_high_bytes, i, true);
	}
	if (!m.has && f->ident.pid > 0 && n == 0)
		m.unknown = true;
	return m;
}

/* The ratio for this program; cgo memory is not Go's, so a cgo program leaves more room. */
static uint32_t ratio_of(struct gt_planning *pl)
{
	const struct gt_profile *prof = pl->sel.profile;

	switch (pl->f->program.cgo) {
	case GT_YES:
		return prof->cgo_ratio_permille;
	case GT_NO:
		return prof->ratio_permille;
	case GT_UNKNOWN:
		break;
	}
	gt_plan_warn(pl->plan, GT_W_CGO_UNKNOWN, "GOMEMLIMIT");
	return prof->cgo_ratio_permille < prof->ratio_permille ? prof->cgo_ratio_permille
							       : prof->ratio_permille;
}

static void set_request(struct gt_planning *pl, struct gt_setting *s)
{
	/* Go before 1.19 does not know GOMEMLIMIT (Go 1.19 release notes). */
	if (pl->f->program.kind == GT_PROG_GO && pl->f->program.go_known &&
	    pl->f->program.go_minor < 19) {
		gt_plan_skip(s, GT_R_GO_TOO_OLD);
		return;
	}
	gt_plan_set_wish(pl, s, GT_KEY_GOMEMLIMIT);
	gt_plan_set(s, GT_R_REQUESTED, pl->f->req.key[GT_KEY_GOMEMLIMIT].value);
}

/* Why the profile's rule does not apply to this program; GT_R_COUNT: it does. */
static enum gt_reason program_bars(const struct gt_planning *pl)
{
	const struct gt_program *prog = &pl->f->program;

	if (!pl->sel.profile->gomemlimit)
		return GT_R_PROFILE_NULL;
	if (prog->kind != GT_PROG_GO)
		return gt_plan_not_go(pl->f);
	if (!prog->go_known)
		return GT_R_GO_VERSION_UNKNOWN;
	if (prog->go_minor < 19)
		return GT_R_GO_TOO_OLD;
	return prog->automemlimit[0] ? GT_R_SELF_MANAGED : GT_R_COUNT;
}

/* Why the limit does not give a value; GT_R_COUNT: it does. */
static enum gt_reason limit_bars(const struct gt_planning *pl)
{
	if (pl->memory.unknown)
		return GT_R_LIMITS_UNKNOWN;
	if (!pl->memory.has)
		return GT_R_NO_MEMORY_LIMIT;
	return pl->memory.bytes < pl->sel.profile->min_limit_bytes ? GT_R_LIMIT_TOO_SMALL
								   : GT_R_COUNT;
}

static enum gt_reason decider(const struct gt_memory *m)
{
	if (m->level > 0)
		return GT_R_ANCESTOR_MEMORY;
	return m->high ? GT_R_MEMORY_HIGH : GT_R_MEMORY_LIMIT;
}

void gt_plan_gomemlimit(struct gt_planning *pl)
{
	struct gt_setting *s = gt_plan_row(pl, GT_SET_GOMEMLIMIT, "GOMEMLIMIT");
	enum gt_reason why;
	uint64_t bytes = pl->memory.bytes, ratio, mib;

	if (gt_plan_kept(pl, s, GT_VAR_GOMEMLIMIT))
		return;
	if (pl->wish.has[GT_KEY_GOMEMLIMIT]) {
		set_request(pl, s);
		return;
	}
	why = program_bars(pl);
	if (why == GT_R_COUNT)
		why = limit_bars(pl);
	if (why != GT_R_COUNT) {
		gt_plan_skip(s, why);
		return;
	}
	ratio = ratio_of(pl);
	/* floor(bytes x ratio / 1000) without overflow, then whole MiB. */
	mib = (bytes / 1000 * ratio + bytes % 1000 * ratio / 1000) >> MIB_SHIFT;
	if (mib == 0) {
		gt_plan_skip(s, GT_R_LIMIT_TOO_SMALL);
		return;
	}
	gt_plan_set_number(s, decider(&pl->memory), mib);
	(void)gt_append(s->value, sizeof(s->value), "MiB");
	s->number = mib << MIB_SHIFT;
	s->level = pl->memory.level;
}
