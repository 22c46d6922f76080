/*
 * What the files of the planner share; no other room includes it. All pure.
 */
#ifndef GOTUNE_PLAN_RULES_H
#define GOTUNE_PLAN_RULES_H

#include "gotune/base.h"
#include "gotune/model.h"

/* The smallest quota of several levels, as a fraction. */
struct gt_quota {
	bool invalid; /* a level is absurd, or we could not read the live cgroup */
	bool has;
	uint64_t quota_us, period_us;
	struct gt_limit_from from;
};

/* The smallest memory limits of several levels. */
struct gt_memory {
	bool unknown; /* we could not read a level, or all of the live cgroup */
	struct gt_limit max, high;
};

/* One planning under way. */
struct gt_planning {
	const struct gt_facts *f;
	const struct gt_policy *p;
	const struct gt_selection *sel;
	struct gt_plan *plan;
	struct gt_wishes wish; /* SEL's, as far as they hold on this host */

	bool cpus_known;
	struct gt_cpus allowed; /* A, narrowed to a node when `bind` holds */
	struct gt_quota quota;	/* Q */
	struct gt_memory memory;
	bool bind;		 /* we bind to a node (numa: "bind") */
	enum gt_reason bind_why; /* why not, when not */
	uint32_t value;		 /* 0: unknown */
	enum gt_reason value_why;
	char godebug[512]; /* GODEBUG as it will be before un-pinning */
	bool godebug_wish; /* the request added to it */
	bool unpin;
};

/* plan/row.c: adds a row; sets, keeps or skips it. */
struct gt_setting *gt_plan_row(struct gt_planning *pl, enum gt_setting_id id, const char *name);
void gt_plan_set(struct gt_setting *s, enum gt_reason why, const char *value);
void gt_plan_set_number(struct gt_setting *s, enum gt_reason why, uint64_t value);
void gt_plan_set_wish(struct gt_planning *pl, struct gt_setting *s, enum gt_key key);
void gt_plan_keep(struct gt_setting *s, enum gt_reason why);
void gt_plan_skip(struct gt_setting *s, enum gt_reason why);
void gt_plan_before(struct gt_setting *s, const char *before);
void gt_plan_warn(struct gt_plan *plan, enum gt_warning_id id, const char *about);
/* Why a program that is not known to be Go is left alone. */
enum gt_reason gt_plan_not_go(const struct gt_facts *f);
/*
 * Why the profile's variables are not for this program. GT_R_NONE: they are, as it is a Go program
 * or io.gotune.enable=true says that Go will run in it.
 */
enum gt_reason gt_plan_why_not_env(const struct gt_planning *pl);

/* plan/request.c */
/* Fills RET: which requests the policy grants. */
void gt_plan_requests(const struct gt_facts *f, const struct gt_policy *p, struct gt_wishes *ret);
/* Warns of the refused requests, and drops one for more CPUs than this host has. */
void gt_plan_judge_requests(struct gt_planning *pl);

/* plan/cpu.c */
bool gt_plan_allowed(const struct gt_facts *f, struct gt_cpus *ret);
static inline bool gt_plan_is_ancestor(struct gt_limit_from from)
{
	return !from.config && from.level > 0;
}
struct gt_quota gt_plan_quota(const struct gt_facts *f, bool own_only);
/* |C|; with PHYSICAL each core once. */
uint32_t gt_plan_count(const struct gt_facts *f, const struct gt_cpus *c, bool physical);
/* The node with the most of A's CPUs, lowest index first; false when none has any. */
bool gt_plan_node(const struct gt_facts *f, const struct gt_cpus *allowed, bool physical,
		  uint32_t *ret_node, uint32_t *ret_count);
/* Does the program's Go see its quota, as far as the mounts tell? */
enum gt_tri gt_plan_sees_quota(const struct gt_facts *f);
/* Fills value and value_why. */
void gt_plan_value(struct gt_planning *pl);

/* plan/memory.c */
struct gt_memory gt_plan_memory(const struct gt_facts *f);
/* The smaller of the two; of equals the nearer one, then MAX. MAX also without a limit. */
const struct gt_limit *gt_plan_smaller(const struct gt_memory *m);
void gt_plan_gomemlimit(struct gt_planning *pl);

/* plan/godebug.c */
/* GT_W_NONE when TEXT is valid: "k=v[,k=v]", plain, each key in ALLOW (",key,key,"). */
enum gt_warning_id gt_plan_godebug_check(const char *text, const char *allow);
/* Is containermaxprocs on, with this GODEBUG and the program's own default? */
enum gt_tri gt_plan_container_on(const struct gt_facts *f, const char *godebug);
/* Does the environment or the program's author say that the quota is not to count? */
bool gt_plan_told_not_to(const struct gt_planning *pl);
/* Rule 4: can GODEBUG be un-pinned? *ret (CAP bytes) is the merged value. */
bool gt_plan_unpinned(const struct gt_planning *pl, char *ret, size_t cap);
void gt_plan_godebug_base(struct gt_planning *pl);
void gt_plan_godebug(struct gt_planning *pl);

/* plan/env.c */
void gt_plan_gomaxprocs(struct gt_planning *pl);
void gt_plan_gogc(struct gt_planning *pl);
/* Rule 1: we keep what the environment has. True: it has VAR, and S says so. */
bool gt_plan_kept(struct gt_planning *pl, struct gt_setting *s, enum gt_var var);

/* plan/system.c */
/* Fills SEL's sysctls: the profile's, then the requested ones that the policy allows. */
void gt_plan_sysctl_list(const struct gt_facts *f, const struct gt_policy *p,
			 struct gt_selection *sel);
void gt_plan_nofile(struct gt_planning *pl);
void gt_plan_sysctl_rows(struct gt_planning *pl);

/* plan/cgroup.c */
bool gt_plan_wants_bind(const struct gt_planning *pl);
/* Decides on the binding and narrows `allowed`. */
void gt_plan_bind(struct gt_planning *pl);
void gt_plan_bind_rows(struct gt_planning *pl);
void gt_plan_swappiness(struct gt_planning *pl);

#endif
