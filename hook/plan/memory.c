/*
 * Works out L, the smallest memory limit, and the row of GOMEMLIMIT. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "rules.h"

#define MIB_SHIFT 20
/* A 32-bit program addresses 4 GiB at most, of which the kernel may keep one for itself. */
#define SPACE_32_BYTES (UINT64_C(3) << 30)

/* Only a smaller limit replaces one: of equals, the record names the first. */
static void keep_smaller(struct gt_limit *smallest, uint64_t bytes, struct gt_limit_from from)
{
	/* More than 2^63-1 is no limit, and Go would die of the number. */
	if (bytes <= INT64_MAX && (!smallest->has || bytes < smallest->bytes))
		*smallest = (struct gt_limit){true, bytes, from};
}

static void add_level_limits(struct gt_memory *m, const struct gt_facts *f, uint32_t i)
{
	const struct gt_level *l = &f->cgroup.level[i];
	const struct gt_limit_from from = {.level = i};

	if (l->mem_unreadable) /* it could be the smallest */
		m->unknown = true;
	if (l->has_mem_max)
		keep_smaller(&m->max, l->mem_max_bytes, from);
	if (l->has_mem_high)
		keep_smaller(&m->high, l->mem_high_bytes, from);
}

static void add_config_limits(struct gt_memory *m, const struct gt_config_facts *c)
{
	const struct gt_limit_from from = {.config = true};

	/* A limit of 0 in config.json means "leave it" to runc and crun. */
	if (c->mem_limit_bytes.known && c->mem_limit_bytes.v > 0)
		keep_smaller(&m->max, c->mem_limit_bytes.v, from);
	if (c->mem_high_bytes.known)
		keep_smaller(&m->high, c->mem_high_bytes.v, from);
}

struct gt_memory gt_plan_memory(const struct gt_facts *f)
{
	uint32_t n = f->cgroup.n_level < GT_LEVELS_MAX ? f->cgroup.n_level : GT_LEVELS_MAX;
	struct gt_memory m = {0};

	/* The nearest first: the container's cgroup, what config.json will make of it, its parents.
	 */
	if (n > 0)
		add_level_limits(&m, f, 0);
	add_config_limits(&m, &f->config);
	for (uint32_t i = 1; i < n; i++)
		add_level_limits(&m, f, i);
	if (!m.max.has && !m.high.has && f->ident.pid > 0 && n == 0)
		m.unknown = true;
	return m;
}

const struct gt_limit *gt_plan_smaller(const struct gt_memory *m)
{
	bool nearer = !gt_plan_is_ancestor(m->high.from) && gt_plan_is_ancestor(m->max.from);

	if (!m->high.has)
		return &m->max;
	if (!m->max.has || m->high.bytes < m->max.bytes)
		return &m->high;
	return m->high.bytes == m->max.bytes && nearer ? &m->high : &m->max;
}

/* The profile's share for this program. Go does not count C's memory: a cgo program needs more
 * room. */
static uint32_t profile_ratio(struct gt_planning *pl)
{
	const struct gt_profile *prof = pl->sel->profile;

	switch (pl->f->program.cgo) {
	case GT_YES:
		return prof->cgo_ratio_permille;
	case GT_NO:
		return prof->ratio_permille;
	case GT_UNKNOWN:
		break;
	}
	if (pl->f->program.kind == GT_PROG_GO) /* what is no Go program has memory of its own */
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

/* Why the profile's rule does not apply to this program; GT_R_NONE: it does. */
static enum gt_reason why_not_gomemlimit(const struct gt_planning *pl)
{
	const struct gt_program *prog = &pl->f->program;

	if (!pl->sel->profile->gomemlimit)
		return GT_R_PROFILE_NULL;
	if (pl->p->daemon.guard && pl->f->lesson.spirals.known && pl->f->lesson.spirals.v > 0)
		return GT_R_DEATH_SPIRAL;
	if (prog->kind != GT_PROG_GO)
		return gt_plan_why_not_env(pl);
	if (!prog->go_known)
		return GT_R_GO_VERSION_UNKNOWN;
	if (prog->go_minor < 19)
		return GT_R_GO_TOO_OLD;
	return prog->automemlimit[0] && !pl->sel->profile->override_automemlimit ? GT_R_SELF_MANAGED
										 : GT_R_NONE;
}

/* The bytes to share out: a limit beyond the machine's memory never bites. */
static uint64_t bytes_to_share(const struct gt_planning *pl)
{
	const struct gt_fact *total = &pl->f->host.memory_total;
	uint64_t limit = gt_plan_smaller(&pl->memory)->bytes;

	return total->known && total->v < limit ? total->v : limit;
}

/* Why the limit gives no value; GT_R_NONE: it gives one. */
static enum gt_reason why_no_value(const struct gt_planning *pl)
{
	const struct gt_limit *limit = gt_plan_smaller(&pl->memory);

	if (pl->memory.unknown)
		return GT_R_LIMITS_UNKNOWN;
	if (!limit->has)
		return GT_R_NO_MEMORY_LIMIT;
	return bytes_to_share(pl) < pl->sel->profile->min_limit_bytes ? GT_R_LIMIT_TOO_SMALL
								      : GT_R_NONE;
}

static enum gt_reason limit_reason(const struct gt_planning *pl)
{
	const struct gt_memory *m = &pl->memory;
	const struct gt_limit *limit = gt_plan_smaller(m);

	if (bytes_to_share(pl) < limit->bytes)
		return GT_R_MACHINE_MEMORY;
	if (gt_plan_is_ancestor(limit->from))
		return GT_R_ANCESTOR_MEMORY;
	return limit == &m->high ? GT_R_MEMORY_HIGH : GT_R_MEMORY_LIMIT;
}

/*
 * What earlier starts teach: what they had outside of the Go heap is taken off the profile's ratio,
 * and OOM_STEP for each that was killed for want of memory. What was measured often enough counts
 * more than the profile's caution with C. Never below min_ratio nor above what the profile gives a
 * program without C.
 */
#define OOM_STEP     50u /* permille */
#define STARTS_TRUST 3u

static uint32_t learned_ratio(const struct gt_planning *pl, uint32_t profile)
{
	const struct gt_lesson_facts *l = &pl->f->lesson;
	const struct gt_profile *prof = pl->sel->profile;
	uint64_t limit = bytes_to_share(pl), most = prof->ratio_permille, off;

	if (!pl->p->daemon.learn || !l->starts.known || limit < 1000)
		return profile;
	if (!l->beside.known || l->starts.v < STARTS_TRUST)
		most = profile < most ? profile : most;
	/* Rounded up; what is beside the heap and more than the limit leaves the least. */
	off = l->beside.known ? l->beside.v / (limit / 1000) + (l->beside.v > 0) : 0;
	off += l->ooms.known ? (l->ooms.v < 8 ? l->ooms.v : 8) * OOM_STEP : 0;
	if (off > most || most - off < prof->min_ratio_permille)
		return prof->min_ratio_permille < most ? prof->min_ratio_permille : (uint32_t)most;
	return (uint32_t)(most - off);
}

/* What the profile, or what was learned, makes of the limit, in whole MiB; 0: nothing is left. */
static uint64_t share_of_limit(struct gt_planning *pl, bool *ret_learned)
{
	uint32_t profile = profile_ratio(pl);
	uint64_t bytes = bytes_to_share(pl), ratio = learned_ratio(pl, profile);

	*ret_learned = ratio != profile;

	/* floor(bytes x ratio / 1000) without overflow */
	return (bytes / 1000 * ratio + bytes % 1000 * ratio / 1000) >> MIB_SHIFT;
}

static void set_share(struct gt_planning *pl, struct gt_setting *s)
{
	bool learned;
	uint64_t mib = share_of_limit(pl, &learned);
	enum gt_reason why = learned ? GT_R_LEARNED : limit_reason(pl);

	if (mib == 0) {
		gt_plan_skip(s, GT_R_LIMIT_TOO_SMALL);
		return;
	}
	if (pl->f->program.elf32 && mib > SPACE_32_BYTES >> MIB_SHIFT) {
		mib = SPACE_32_BYTES >> MIB_SHIFT;
		why = GT_R_ADDRESS_SPACE;
	}
	gt_plan_set_number(s, why, mib);
	(void)gt_append(s->value, sizeof(s->value), "MiB");
	s->number = mib << MIB_SHIFT;
}

void gt_plan_gomemlimit(struct gt_planning *pl)
{
	struct gt_setting *s = gt_plan_row(pl, GT_SET_GOMEMLIMIT, "GOMEMLIMIT");
	enum gt_reason why;

	if (gt_plan_kept(pl, s, GT_VAR_GOMEMLIMIT))
		return;
	if (pl->wish.has[GT_KEY_GOMEMLIMIT]) {
		set_request(pl, s);
		return;
	}
	why = why_not_gomemlimit(pl);
	if (!why)
		why = why_no_value(pl);
	if (why)
		gt_plan_skip(s, why);
	else
		set_share(pl, s);
}
