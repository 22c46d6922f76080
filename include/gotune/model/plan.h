/*
 * The plan: what we considered, what we decided and why, in words from closed lists.
 */
#ifndef GOTUNE_MODEL_PLAN_H
#define GOTUNE_MODEL_PLAN_H

#include "gotune/base.h"
#include "gotune/model/facts.h"
#include "gotune/model/policy.h"

enum gt_setting_id {
	GT_SET_GOMAXPROCS,
	GT_SET_GOMEMLIMIT,
	GT_SET_GOGC,
	GT_SET_GODEBUG,
	GT_SET_NOFILE,
	GT_SET_SYSCTL,	    /* one row a name */
	GT_SET_SWAPPINESS,  /* v1 memory.swappiness, v2 memory.swap.max */
	GT_SET_CPUSET_CPUS, /* numa: "bind" */
	GT_SET_CPUSET_MEMS,
	GT_SET_COUNT,
};

enum gt_setting_kind { GT_KIND_ENV, GT_KIND_RLIMIT, GT_KIND_SYSCTL, GT_KIND_CGROUP, GT_KIND_COUNT };
enum gt_verdict { GT_VERDICT_SET, GT_VERDICT_KEEP, GT_VERDICT_SKIP, GT_VERDICT_COUNT };

/* The closed list of reasons, from its catalogue. */
enum gt_reason {
#define X(id, word, means, advice) GT_R_##id,
#include "gotune/model/reasons.def"
	GT_R_COUNT,
};

struct gt_setting {
	enum gt_setting_id id;
	enum gt_verdict verdict;
	enum gt_reason reason;
	char name[GT_SYSCTL_NAME_CAP]; /* "GOMAXPROCS", "RLIMIT_NOFILE", "net.core.somaxconn", ...
					*/
	char value[512];	       /* "" when nothing is set */
	bool has_before;
	char before[512];
	uint64_t number;       /* value as a number where it is one: Ps, bytes, descriptors */
	enum gt_origin origin; /* for GT_R_REQUESTED */
	uint64_t soft, hard;   /* RLIMIT_NOFILE only: what the program is to have ... */
	bool in_config;	       /* ... and whether config.json has one */
};

/* What went wrong or needs attention, from its catalogue. */
enum gt_warning_id {
#define X(id, word, means, advice) GT_W_##id,
#include "gotune/model/warnings.def"
	GT_W_COUNT,
};

#define GT_SETTINGS_MAX (8 + GT_SYSCTL_MAX)
#define GT_WARNINGS_MAX 16

struct gt_warning {
	enum gt_warning_id id;
	char about[128]; /* the key, variable or file */
};

/* Where a limit comes from: config.json, or a level of facts.cgroup. */
struct gt_limit_from {
	bool config;
	uint32_t level; /* unless CONFIG */
};

/* The smallest of several limits in bytes. */
struct gt_limit {
	bool has;
	uint64_t bytes;
	struct gt_limit_from from;
};

/* Where the draw of a rule with a rollout_percent has put a container. */
enum gt_arm { GT_ARM_NONE, GT_ARM_CANARY, GT_ARM_CONTROL, GT_ARM_COUNT };
extern const struct gt_words gt_arm_words;

/* The first rule that a container was drawn for. */
struct gt_rollout {
	enum gt_arm arm; /* NONE: there is no such rule */
	char rule[GT_NAME_CAP];
	uint64_t print; /* gt_rule.print */
};

struct gt_plan {
	enum gt_mode mode;
	bool selected; /* false: every row is a skip */
	char profile[GT_NAME_CAP];
	char rule[GT_NAME_CAP]; /* "" when no rule matched */
	struct gt_setting setting[GT_SETTINGS_MAX];
	uint32_t n_setting;
	struct gt_warning warning[GT_WARNINGS_MAX];
	uint32_t n_warning, warnings_dropped;
	/* What the planner worked out; the record shows it among the facts. */
	bool cpus_known;
	struct gt_cpus cpus_allowed; /* A */
	bool has_quota;
	uint64_t quota_us, period_us; /* Q */
	struct gt_limit_from quota_from;
	uint32_t gomaxprocs_value;	   /* the spec's `value`, 0 when unknown */
	enum gt_tri quota_seen;		   /* by a Go program; GT_UNKNOWN also for others */
	uint32_t gomaxprocs_native;	   /* what this Go would choose by itself, 0 when unknown */
	struct gt_limit mem_max, mem_high; /* memory.max and memory.high, each by itself */
	bool has_mem_limit;		   /* also false when a level was unreadable */
	uint64_t mem_limit_bytes;	   /* L, the smaller of the two */
	bool mem_is_high;		   /* ... which is memory.high */
	uint32_t numa_node;		   /* chosen by cap or bind, index into facts.host.node */
	bool numa_chosen;
	bool awaits_nothing; /* gt_plan_await_nothing was called */
	struct gt_rollout rollout;
};

/* The requests that the policy grants. */
struct gt_wishes {
	bool has[GT_KEY_COUNT];
	/* GT_KEY_ENABLE: 0 or 1; _PROFILE: index into the policy; _MODE: enum gt_mode;
	 * _GOMEMLIMIT: bytes, UINT64_MAX for `off`; numbers otherwise. */
	uint64_t number[GT_KEY_COUNT];
	enum gt_warning_id refused[GT_KEY_COUNT]; /* why not; GT_W_NONE: granted, or not made */
};

/* A sysctl that the plan will consider. */
struct gt_sysctl_chosen {
	struct gt_sysctl_want want;
	enum gt_origin origin; /* who asked for it; GT_ORIGIN_NONE: the profile */
	bool namespaced;       /* false: it belongs to the host, and we leave it alone */
	enum gt_ns ns;	       /* whose it is: GT_NS_NET or GT_NS_IPC */
};

/*
 * What the policy says of the container. gt_plan_select makes it once, before we look at the host.
 * It tells the inspector which facts to read, and the planner what to do with them.
 */
struct gt_selection {
	enum gt_mode mode;
	bool selected;
	enum gt_reason why_not;		  /* when !selected */
	const struct gt_profile *profile; /* never NULL when selected; owned by the policy */
	const struct gt_rule *rule;	  /* NULL: no rule matched */
	enum gt_origin profile_origin;	  /* GT_ORIGIN_NONE: rule or default */
	struct gt_wishes wish;
	bool mode_refused;    /* the container asked for more than the host's mode */
	bool profile_missing; /* the rule names a profile that does not exist */
	uint32_t n_sysctl;
	struct gt_sysctl_chosen sysctl[GT_SYSCTL_MAX];
	const struct gt_rule *rolled_back; /* whose canary it would have been; or NULL */
	enum gt_arm arm;		   /* of the first rule that draws */
	const struct gt_rule *drawn_by;	   /* which is this one; NULL: none does */
	enum gt_warning_id sysctl_refused[GT_SYSCTL_MAX]; /* a request each; GT_W_NONE: granted */
};

/* What became of a setting when the plan was applied. */
struct gt_outcome {
	enum gt_tri applied; /* GT_UNKNOWN: not tried, or not known yet */
	char error[160];     /* "" when none */
};

enum gt_setting_kind gt_setting_kind(enum gt_setting_id id);
extern const struct gt_words gt_setting_kind_words, gt_verdict_words, gt_reason_words,
	gt_warning_words;
/* What each word means: a sentence without figures. */
extern const struct gt_words gt_reason_sentences, gt_warning_sentences;

/* A variable to set. Its size is fixed, so that a waiting tracer needs no heap. */
struct gt_barrier_env {
	char name[16];
	char value[512];
	bool has_expect; /* replace only an entry that has this value; without: only add */
	char expect[512];
};

/* Does the plan set anything, and not only record it? Pure. */
bool gt_plan_sets(const struct gt_plan *plan);

/* Is anything of the plan to be decided when the program is executed (GT_R_AT_EXEC)? Pure. */
bool gt_plan_awaits_exec(const struct gt_plan *plan);

/* Nobody will decide then: those rows say GT_R_PROGRAM_UNKNOWN. Pure. */
void gt_plan_await_nothing(struct gt_plan *plan);

#endif
