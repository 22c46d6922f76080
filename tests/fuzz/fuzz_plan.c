/*
 * Whatever the facts, and whatever a sound policy says: the plan is pure, and what it sets is
 * within the bounds of the facts and the policy. Each bound is worked out here anew.
 */
#include "facts.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/plan.h"

#define MIB (UINT64_C(1) << 20)

static struct gt_facts f, f_before;
static struct fuzz_policy p, p_before;
static struct gt_plan plan, again;
static struct gt_selection sel;
static const struct gt_profile *prof;

/* Each set of CPUs that is known bounds the others; of those online, unless one goes beyond them.
 */
static struct gt_cpus allowed_cpus(void)
{
	struct gt_cpus allowed = f.host.online.v, both;

	if (f.cgroup.effective.known || f.affinity.known)
		allowed = f.cgroup.effective.known ? f.cgroup.effective.v : f.affinity.v;
	else if (f.config.cpuset.known) {
		both = f.config.cpuset.v;
		gt_cpus_and(&both, &f.host.online.v);
		if (gt_cpus_count(&both) < gt_cpus_count(&f.config.cpuset.v))
			allowed = f.config.cpuset.v;
	}
	if (f.config.cpuset.known)
		gt_cpus_and(&allowed, &f.config.cpuset.v);
	if (f.affinity.known)
		gt_cpus_and(&allowed, &f.affinity.v);
	return allowed;
}

static void check_gomaxprocs(const struct gt_setting *s)
{
	const struct gt_level *l = f.cgroup.level;
	uint64_t online = gt_cpus_count(&f.host.online.v), limit;
	struct gt_cpus allowed = allowed_cpus();

	if (s->reason == GT_R_REQUESTED) {
		if (online < gt_cpus_count(&allowed))
			online = gt_cpus_count(&allowed);
		HOLDS(s->number >= 1 &&
		      s->number <= (f.host.online.known && online ? online : 1024));
		return;
	}
	HOLDS(s->number >= 1 && s->number <= gt_cpus_count(&allowed));
	HOLDS(!prof->max || s->number <= prof->max);
	HOLDS(s->number == plan.gomaxprocs_value && s->number != plan.gomaxprocs_native);
	for (uint32_t i = 0; i < f.cgroup.n_level && i < GT_LEVELS_MAX; i++) {
		if (!l[i].has_quota)
			continue;
		limit = l[i].quota_us / l[i].period_us + (l[i].quota_us % l[i].period_us != 0);
		if (limit < prof->min)
			limit = prof->min;
		if (limit < 1)
			limit = 1;
		if (prof->sched_latency && limit < 8) /* may allow some more, of eight at most */
			limit = 8;
		HOLDS(s->number <= limit);
	}
}

/* Is A at most the profile's share of B? */
static bool is_share(uint64_t a, uint64_t b)
{
	uint32_t ratio = prof->ratio_permille > prof->cgo_ratio_permille ? prof->ratio_permille
									 : prof->cgo_ratio_permille;

	return (unsigned __int128)a * 1000 <= (unsigned __int128)b * ratio;
}

static void check_gomemlimit(const struct gt_setting *s)
{
	uint64_t bytes = 0;

	if (s->reason == GT_R_REQUESTED) {
		HOLDS(strcmp(s->value, "off") == 0 ||
		      (gt_parse_go_bytes(s->value, &bytes) == 0 && bytes >= MIB));
		return;
	}
	HOLDS(gt_parse_go_bytes(s->value, &bytes) == 0 && bytes == s->number);
	HOLDS(bytes >= MIB && bytes % MIB == 0);
	for (uint32_t i = 0; i < f.cgroup.n_level && i < GT_LEVELS_MAX; i++) {
		const struct gt_level *l = &f.cgroup.level[i];

		HOLDS(!l->has_mem_max || l->mem_max_bytes > INT64_MAX ||
		      is_share(bytes, l->mem_max_bytes));
		HOLDS(!l->has_mem_high || l->mem_high_bytes > INT64_MAX ||
		      is_share(bytes, l->mem_high_bytes));
	}
	HOLDS(plan.has_mem_limit && plan.mem_limit_bytes >= prof->min_limit_bytes);
	HOLDS(!f.program.elf32 || bytes <= UINT64_C(3) << 30);
	HOLDS(!f.host.memory_total.known || is_share(bytes, f.host.memory_total.v));
	if (f.program.kind != GT_PROG_GO) { /* who opted in says that Go runs in it */
		HOLDS(sel.wish.has[GT_KEY_ENABLE] && sel.wish.number[GT_KEY_ENABLE]);
		HOLDS(f.program.note != GT_NOTE_AT_EXEC);
		return;
	}
	HOLDS(f.program.go_minor >= 19 &&
	      (f.program.automemlimit[0] == '\0' || prof->override_automemlimit));
}

static void check_godebug(const struct gt_setting *s)
{
	const char *have = f.var[GT_VAR_GODEBUG].present ? f.var[GT_VAR_GODEBUG].value : "";
	const char *at = s->value + strlen(have);
	char allow[sizeof(p.p.godebug_allow) + 2];

	/* What was there stays, in its place; what is new is allowed, or gives the native rule
	 * back. */
	HOLDS(gt_has_prefix(s->value, have) && !f.var[GT_VAR_GODEBUG].too_long);
	(void)snprintf(allow, sizeof(allow), "%s,", p.p.godebug_allow);
	while (*at) {
		char key[516];
		size_t n;

		at += *at == ',';
		n = strcspn(at, "=,");
		HOLDS(at[n] == '=' && n > 0 && n < 512);
		(void)snprintf(key, sizeof(key), ",%.*s,", (int)n, at);
		HOLDS(strstr(allow, key) || (s->reason == GT_R_UNPIN &&
					     strstr(",containermaxprocs,updatemaxprocs,", key)));
		at += strcspn(at, ",");
	}
}

static void check_nofile(const struct gt_setting *s)
{
	const struct gt_rlimit_facts *n = &f.nofile;
	uint64_t soft = n->in_config ? n->config_soft : n->live_soft;
	uint64_t hard = n->in_config ? n->config_hard : n->live_hard;

	HOLDS(s->number == s->soft && s->soft <= s->hard);
	HOLDS(s->soft <= (f.host.nr_open.known ? f.host.nr_open.v : 1048576));
	HOLDS(s->reason != GT_R_REQUESTED || s->number <= p.p.nofile_max);
	if (!n->in_config && !n->live_known) {
		HOLDS(!n->replaced); /* it could be lowered */
		return;
	}
	HOLDS(s->soft > soft && s->hard >= hard);
	HOLDS(n->can_raise_hard == GT_YES || s->hard == hard);
}

static void check_sysctl(const struct gt_setting *s)
{
	enum gt_ns ns = GT_NS_COUNT;

	HOLDS(gt_plan_sysctl_ns(s->name, &ns) && (ns == GT_NS_NET || ns == GT_NS_IPC));
	HOLDS((ns == GT_NS_NET ? f.net : f.ipc) == GT_NS_OWNER_CONTAINER);
	HOLDS(s->value[0]);
	for (uint32_t i = 0; i < f.n_sysctl && i < GT_SYSCTL_MAX; i++) {
		if (strcmp(f.sysctl[i].name, s->name) != 0)
			continue;
		HOLDS(!f.sysctl[i].in_config && f.sysctl[i].exists != GT_NO);
		break; /* the first of a name counts */
	}
}

static void check_cgroup(const struct gt_setting *s)
{
	struct gt_cpus cpus, allowed = allowed_cpus();

	if (s->id == GT_SET_SWAPPINESS) {
		HOLDS(s->number <= 100 && !f.cgroup.memory_shared);
		HOLDS(f.cgroup.memory == (s->reason == GT_R_NO_SWAP ? GT_CGROUP_V2 : GT_CGROUP_V1));
		HOLDS(s->reason != GT_R_NO_SWAP || s->number == 0);
		return;
	}
	HOLDS(prof->numa == GT_NUMA_BIND && !f.config.cpuset.known && !f.cgroup.cpuset_shared);
	HOLDS(plan.numa_chosen && plan.numa_node < GT_NODES_MAX);
	if (s->id == GT_SET_CPUSET_MEMS) {
		HOLDS(s->number == f.host.node[plan.numa_node].id);
		return;
	}
	HOLDS(gt_cpus_parse(s->value, &cpus) == 0 && gt_cpus_count(&cpus) > 0);
	for (unsigned cpu = 0; cpu < GT_CPUS_MAX; cpu++)
		HOLDS(!gt_cpus_has(&cpus, cpu) || gt_cpus_has(&allowed, cpu));
}

static void check_set(const struct gt_setting *s)
{
	bool env = gt_setting_kind(s->id) == GT_KIND_ENV;

	HOLDS(s->reason <= GT_R_NO_SWAP && s->value[0] && plan.selected && prof);
	HOLDS(!env || f.barrier == GT_BARRIER_OK || f.barrier == GT_BARRIER_COUNT);
	HOLDS(f.barrier != GT_BARRIER_NO_PROCESS && f.barrier != GT_BARRIER_NOT_AN_INIT);
	HOLDS(!env || s->id == GT_SET_GODEBUG || !f.var[s->id].present);
	switch (s->id) {
	case GT_SET_GOMAXPROCS:
		check_gomaxprocs(s);
		break;
	case GT_SET_GOMEMLIMIT:
		check_gomemlimit(s);
		break;
	case GT_SET_GOGC:
		HOLDS(s->number >= 1 && s->number <= 1000);
		break;
	case GT_SET_GODEBUG:
		check_godebug(s);
		break;
	case GT_SET_NOFILE:
		check_nofile(s);
		break;
	case GT_SET_SYSCTL:
		check_sysctl(s);
		break;
	case GT_SET_SWAPPINESS:
	case GT_SET_CPUSET_CPUS:
	case GT_SET_CPUSET_MEMS:
		check_cgroup(s);
		break;
	case GT_SET_COUNT:
		HOLDS(s->id < GT_SET_COUNT);
	}
}

static void check_row(const struct gt_setting *s)
{
	char digits[24] = "";

	HOLDS(s->verdict < GT_VERDICT_COUNT && s->id < GT_SET_COUNT);
	HOLDS(s->reason != GT_R_NONE && s->reason < GT_R_COUNT);
	HOLDS(memchr(s->value, '\0', sizeof(s->value)) &&
	      memchr(s->before, '\0', sizeof(s->before)));
	if (s->verdict == GT_VERDICT_SET) {
		check_set(s);
		HOLDS(s->number == 0 || s->id == GT_SET_GOMEMLIMIT || s->id == GT_SET_SYSCTL ||
		      (gt_append_u64(digits, sizeof(digits), s->number) &&
		       strcmp(digits, s->value) == 0));
	} else if (s->verdict == GT_VERDICT_KEEP) {
		HOLDS((s->reason >= GT_R_ALREADY_SET && s->reason <= GT_R_ALREADY_HIGHER) ||
		      s->reason == GT_R_HARD_LIMIT);
	} else {
		HOLDS(s->reason > GT_R_ALREADY_HIGHER || s->reason == GT_R_UNPIN);
		HOLDS(s->value[0] == '\0');
	}
}

/* A rule may be stricter or laxer than the policy; a container may only be laxer than both. */
static enum gt_mode most_mode(void)
{
	enum gt_mode most = p.p.mode;

	for (uint32_t i = 0; i < p.p.n_rule; i++) {
		if (p.rule[i].has_mode && p.rule[i].mode > most)
			most = p.rule[i].mode;
	}
	return most;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	bool thorough = size % 8 == 0;

	fuzz_facts(&in, &f, &p);
	if (thorough) {
		f_before = f;
		p_before = p;
	}
	memset(&plan, 0xa5, sizeof(plan));
	gt_plan_select(&f, &p.p, &sel);
	gt_plan_make(&f, &p.p, &sel, &plan);
	prof = gt_policy_profile(&p.p, plan.profile);
	HOLDS(plan.n_setting <= GT_SETTINGS_MAX && plan.n_warning <= GT_WARNINGS_MAX);
	HOLDS(!plan.selected ||
	      (f.trouble == GT_TROUBLE_NONE && !p.p.broken && prof && !prof->broken));
	HOLDS(plan.mode <= most_mode());
	for (uint32_t i = 0; i < plan.n_setting; i++)
		check_row(&plan.setting[i]);
	for (uint32_t i = 0; i < plan.n_warning; i++)
		HOLDS(plan.warning[i].id != GT_W_NONE && plan.warning[i].id < GT_W_COUNT);
	if (!thorough)
		return 0;
	memset(&again, 0x5a, sizeof(again));
	gt_plan_select(&f, &p.p, &sel);
	gt_plan_make(&f, &p.p, &sel, &again);
	HOLDS(memcmp(&plan, &again, sizeof(plan)) == 0);
	HOLDS(memcmp(&f, &f_before, sizeof(f)) == 0 && memcmp(&p, &p_before, sizeof(p)) == 0);
	return 0;
}
