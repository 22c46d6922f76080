/*
 * The rows of GOMAXPROCS and GOGC, and the rule that we keep a variable that exists. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "rules.h"

#define FAR_ABOVE 4 /* times the CPUs: nobody means so many Ps */
#define NO_UNIT_BYTES                                                               \
	(4u << 20) /* a Go program needs more: src/runtime/mgcpacer.go, heapMinimum \
		    */

/* What this Go does with the value that it finds. */
enum fate { FATE_USED, FATE_IGNORED, FATE_FATAL };

static enum fate fate_gomaxprocs(const char *value, uint32_t minor)
{
	uint32_t n = 0;

	if (!gt_go_accepts_gomaxprocs(value, minor, &n))
		return FATE_IGNORED;
	return n == INT32_MAX ? FATE_FATAL : FATE_USED; /* it would allocate that many Ps */
}

static enum fate fate_gomemlimit(const char *value, uint32_t minor)
{
	if (minor < 19)
		return FATE_IGNORED;
	return gt_go_check_gomemlimit(value) < 0 ? FATE_FATAL : FATE_USED;
}

/* Go src/runtime/mgcpacer.go, readGOGC: `off` or a 32-bit number, else 100. */
static enum fate fate_gogc(const char *value, uint32_t minor)
{
	int64_t n;

	if (strcmp(value, "off") == 0)
		return FATE_USED;
	if (value[0] == '+' && value[1] != '-' && minor >= 26)
		value++;
	return gt_parse_i64(value, &n) == 0 && n >= INT32_MIN && n <= INT32_MAX ? FATE_USED
										: FATE_IGNORED;
}

static enum fate fate_godebug(const char *value, uint32_t minor)
{
	(void)value;
	(void)minor;
	return FATE_USED; /* Go ignores bad entries one by one */
}

/* Warns of a value that Go takes, and that cannot be meant. */
static void judge_gomaxprocs(struct gt_planning *pl, const char *value)
{
	uint32_t n = 0;

	if (pl->cpus_known && gt_go_accepts_gomaxprocs(value, pl->f->program.go_minor, &n) &&
	    n / FAR_ABOVE >= gt_cpus_count(&pl->allowed))
		gt_plan_warn(pl->plan, GT_W_FAR_ABOVE_CPUS, gt_var_name[GT_VAR_GOMAXPROCS]);
}

static void judge_gomemlimit(struct gt_planning *pl, const char *value)
{
	uint64_t bytes = 0;

	/* The largest number is Go's own word for no limit: math.MaxInt64. */
	if (gt_parse_go_bytes(value, &bytes) < 0 || bytes == INT64_MAX)
		return;
	if (bytes < NO_UNIT_BYTES)
		gt_plan_warn(pl->plan, GT_W_UNIT_FORGOTTEN, gt_var_name[GT_VAR_GOMEMLIMIT]);
	else if (pl->plan->has_mem_limit && bytes >= pl->plan->mem_limit_bytes)
		gt_plan_warn(pl->plan, GT_W_ABOVE_LIMIT, gt_var_name[GT_VAR_GOMEMLIMIT]);
}

static void judge_kept(struct gt_planning *pl, enum gt_var var, const char *value)
{
	if (var == GT_VAR_GOMAXPROCS)
		judge_gomaxprocs(pl, value);
	else if (var == GT_VAR_GOMEMLIMIT)
		judge_gomemlimit(pl, value);
}

bool gt_plan_kept(struct gt_planning *pl, struct gt_setting *s, enum gt_var var)
{
	static enum fate (*const fate_of[GT_VAR_COUNT])(const char *, uint32_t) = {
		[GT_VAR_GOMAXPROCS] = fate_gomaxprocs,
		[GT_VAR_GOMEMLIMIT] = fate_gomemlimit,
		[GT_VAR_GOGC] = fate_gogc,
		[GT_VAR_GODEBUG] = fate_godebug,
	};
	const struct gt_program *prog = &pl->f->program;
	const struct gt_env_var *v = &pl->f->var[var];
	enum fate fate = FATE_USED;

	if (!v->present)
		return false;
	gt_plan_before(s, v->value);
	if (prog->kind == GT_PROG_GO && prog->go_known && !v->too_long)
		fate = fate_of[var](v->value, prog->go_minor);
	switch (fate) {
	case FATE_USED:
		gt_plan_keep(s, GT_R_ALREADY_SET);
		if (prog->kind == GT_PROG_GO && !v->too_long)
			judge_kept(pl, var, v->value);
		break;
	case FATE_IGNORED:
		gt_plan_keep(s, GT_R_ALREADY_SET_IGNORED);
		gt_plan_warn(pl->plan, GT_W_GO_IGNORES, gt_var_name[var]);
		break;
	case FATE_FATAL:
		gt_plan_keep(s, GT_R_ALREADY_SET_FATAL);
		gt_plan_warn(pl->plan, GT_W_GO_DIES, gt_var_name[var]);
		break;
	}
	return true;
}

/* Rule 2, and what comes before it. GT_R_NONE: decide on a number. */
static enum gt_reason why_not_gomaxprocs(struct gt_planning *pl)
{
	const struct gt_program *prog = &pl->f->program;

	if (!pl->sel->profile->gomaxprocs)
		return GT_R_PROFILE_NULL;
	if (prog->kind != GT_PROG_GO && gt_plan_why_not_env(pl))
		return gt_plan_why_not_env(pl);
	if (prog->kind == GT_PROG_GO && !prog->has_modules)
		gt_plan_warn(pl->plan, GT_W_MODULES_UNKNOWN, prog->path);
	if (prog->automaxprocs[0] && !pl->sel->profile->override_self_managed)
		return GT_R_SELF_MANAGED;
	return pl->value ? GT_R_NONE : pl->value_why;
}

/* Rules 3 to 5: leave it to Go, un-pin, or set. */
static void decide_gomaxprocs(struct gt_planning *pl, struct gt_setting *s)
{
	enum gt_tri on = gt_plan_container_on(pl->f, pl->godebug);
	char merged[sizeof(pl->godebug)];
	uint32_t native = gt_plan_native(pl->f, &pl->allowed, on != GT_NO);

	/* We could not read GODEBUG: we know the number only if the key makes no difference. */
	if (on == GT_UNKNOWN && native != gt_plan_native(pl->f, &pl->allowed, false))
		native = 0;
	pl->plan->gomaxprocs_native = native;
	if (native == pl->value) {
		gt_plan_skip(s, GT_R_GO_DEFAULT_IS_RIGHT);
		return;
	}
	if (gt_plan_unpinned(pl, merged, sizeof(merged)) &&
	    gt_plan_native(pl->f, &pl->allowed, true) == pl->value) {
		pl->unpin = true;
		gt_plan_skip(s, GT_R_UNPIN);
		return;
	}
	gt_plan_set_number(s, pl->value_why, pl->value);
}

void gt_plan_gomaxprocs(struct gt_planning *pl)
{
	struct gt_setting *s = gt_plan_row(pl, GT_SET_GOMAXPROCS, "GOMAXPROCS");
	enum gt_reason why;

	if (gt_plan_kept(pl, s, GT_VAR_GOMAXPROCS))
		return;
	if (pl->wish.has[GT_KEY_GOMAXPROCS]) {
		gt_plan_set_wish(pl, s, GT_KEY_GOMAXPROCS);
		return;
	}
	why = why_not_gomaxprocs(pl);
	if (why)
		gt_plan_skip(s, why);
	else if (gt_plan_told_not_to(pl))
		gt_plan_keep(s, GT_R_GO_TOLD_NOT_TO);
	else
		decide_gomaxprocs(pl, s);
}

void gt_plan_gogc(struct gt_planning *pl)
{
	struct gt_setting *s = gt_plan_row(pl, GT_SET_GOGC, "GOGC");

	if (gt_plan_kept(pl, s, GT_VAR_GOGC))
		return;
	if (pl->wish.has[GT_KEY_GOGC])
		gt_plan_set_wish(pl, s, GT_KEY_GOGC);
	else if (pl->sel->profile->gogc == 0)
		gt_plan_skip(s, GT_R_PROFILE_NULL);
	else if (gt_plan_why_not_env(pl))
		gt_plan_skip(s, gt_plan_why_not_env(pl));
	else
		gt_plan_set_number(s, GT_R_PROFILE, pl->sel->profile->gogc);
}
