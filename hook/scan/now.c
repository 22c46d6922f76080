/*
 * What a Go program runs with now: how many Ps, and which memory limit. What cannot be known
 * without looking into the program is said to be not readable. Pure.
 *
 * Go src/runtime/proc.go, schedinit: GOMAXPROCS from the environment, else what the machine has; a
 * limit of the cgroup counts since 1.25. runtime/mgcpacer.go, readGOMEMLIMIT. A program that calls
 * runtime.GOMAXPROCS or debug.SetMemoryLimit by itself is not told apart, unless it links the
 * module that is known for it.
 */
#include "now.h"
#include "gotune/plan.h"
#include "internal.h"

#define CONTAINER_KEY "containermaxprocs" /* internal/godebugs/table.go */

static void not_readable(enum gt_scan_from *from, const char **why, const char *text)
{
	*from = GT_SCAN_NOT_READABLE;
	*why = text;
}

/* What this Go chooses by itself; 0: that cannot be told. */
static uint32_t native_ps(const struct gt_record *r)
{
	const struct gt_facts *f = &r->facts;
	const struct gt_env_var *godebug = &f->var[GT_VAR_GODEBUG];
	bool named = godebug->too_long || strstr(godebug->value, CONTAINER_KEY) ||
		     strstr(f->program.godebug_default, CONTAINER_KEY);

	if (r->plan.gomaxprocs_native > 0)
		return r->plan.gomaxprocs_native;
	if (!r->plan.cpus_known || !f->program.go_known || (f->program.go_minor >= 25 && named))
		return 0;
	return gt_plan_native(f, &r->plan.cpus_allowed, f->program.go_minor >= 25);
}

static void take_ps(const struct gt_record *r, struct gt_scan_program *p)
{
	const struct gt_env_var *v = &r->facts.var[GT_VAR_GOMAXPROCS];
	const struct gt_program *prog = &r->facts.program;
	uint32_t n = 0;

	if (!p->env_known) {
		not_readable(&p->ps_from, &p->ps_why, "its environment cannot be read");
	} else if (v->present && v->too_long) {
		not_readable(&p->ps_from, &p->ps_why, "GOMAXPROCS is too long");
	} else if (v->present && gt_go_accepts_gomaxprocs(v->value, prog->go_minor, &n)) {
		p->ps_from = GT_SCAN_ENVIRONMENT;
		p->ps_why = "GOMAXPROCS is set";
		p->ps = n;
	} else if (prog->automaxprocs[0]) {
		not_readable(&p->ps_from, &p->ps_why,
			     "automaxprocs is linked: it chooses when the program starts");
	} else if (n = native_ps(r), n == 0) {
		not_readable(&p->ps_from, &p->ps_why,
			     "what this Go sees of its CPUs cannot be told");
	} else {
		p->ps_from = GT_SCAN_GO;
		p->ps_why = "what this Go chooses here by itself";
		p->ps = n;
	}
}

static void take_limit(const struct gt_record *r, struct gt_scan_program *p)
{
	const struct gt_env_var *v = &r->facts.var[GT_VAR_GOMEMLIMIT];
	const struct gt_program *prog = &r->facts.program;
	bool old = prog->go_known && prog->go_minor < 19;

	p->gomemlimit = UINT64_MAX;
	if (old) {
		p->limit_from = GT_SCAN_GO;
		p->limit_why = "this Go has no memory limit";
	} else if (!p->env_known) {
		not_readable(&p->limit_from, &p->limit_why, "its environment cannot be read");
	} else if (v->present && !v->too_long &&
		   (strcmp(v->value, "off") == 0 ||
		    gt_parse_go_bytes(v->value, &p->gomemlimit) == 0)) {
		p->limit_from = GT_SCAN_ENVIRONMENT;
		p->limit_why = "GOMEMLIMIT is set";
	} else if (v->present && v->value[0]) {
		not_readable(&p->limit_from, &p->limit_why,
			     "GOMEMLIMIT has no value that Go takes");
	} else if (prog->automemlimit[0]) {
		not_readable(&p->limit_from, &p->limit_why,
			     "automemlimit is linked: it chooses when the program starts");
	} else if (!prog->go_known) {
		not_readable(&p->limit_from, &p->limit_why, "its version of Go is not known");
	} else {
		p->limit_from = GT_SCAN_GO;
		p->limit_why = "GOMEMLIMIT is not set";
	}
}

/* How many Ps would fit: what the profile wants or, where it has no say, the quota and the CPUs. */
static uint32_t fitting_ps(const struct gt_plan *plan, uint32_t cpus)
{
	uint64_t quota;

	if (plan->gomaxprocs_value > 0)
		return plan->gomaxprocs_value;
	if (!plan->has_quota || plan->period_us == 0)
		return cpus;
	quota = plan->quota_us / plan->period_us + (plan->quota_us % plan->period_us != 0);
	return quota > 0 && quota < cpus ? (uint32_t)quota : cpus;
}

static void take_room(const struct gt_record *r, struct gt_scan_program *p)
{
	p->cpus = r->plan.cpus_known ? gt_cpus_count(&r->plan.cpus_allowed) : 0;
	p->ps_fit = fitting_ps(&r->plan, p->cpus);
	if (r->plan.has_quota) {
		p->quota_us = r->plan.quota_us;
		p->period_us = r->plan.period_us;
	}
}

void gt_scan_now(const struct gt_record *r, struct gt_scan_program *p)
{
	take_ps(r, p);
	take_limit(r, p);
	take_room(r, p);
	p->nofile_soft =
		(struct gt_scan_number){r->facts.nofile.live_known, r->facts.nofile.live_soft};
}

void gt_scan_not_now(const struct gt_record *r, struct gt_scan_program *p)
{
	static const char why[] = "no process was looked at";

	not_readable(&p->ps_from, &p->ps_why, why);
	not_readable(&p->limit_from, &p->limit_why, why);
	take_room(r, p);
}
