/*
 * The plan: what was considered, decided and why, as words from closed lists.
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

/* The closed list of reasons; the words stand in config/record.schema.json. */
enum gt_reason {
	/* set */
	GT_R_CPU_QUOTA,	     /* the container's own quota decides */
	GT_R_ANCESTOR_QUOTA, /* an ancestor's quota is tighter than the container's */
	GT_R_CPUS_ALLOWED,   /* |A| decides */
	GT_R_PHYSICAL_CORES, /* SMT siblings counted once */
	GT_R_NUMA_CAP,	     /* the largest node's CPUs */
	GT_R_NUMA_BIND,
	GT_R_SHARES,
	GT_R_SCHED_LATENCY,
	GT_R_PROFILE_MAX,
	GT_R_UNPIN, /* GODEBUG gives the native rule back to Go >= 1.25 */
	GT_R_MEMORY_LIMIT,
	GT_R_MEMORY_HIGH,
	GT_R_ANCESTOR_MEMORY,
	GT_R_PROFILE,	 /* the profile's number */
	GT_R_REQUESTED,	 /* an annotation, image variable, label or --set asked for it */
	GT_R_HARD_LIMIT, /* soft raised to the hard limit, which may not be raised */
	GT_R_NO_SWAP,	 /* v2: swappiness 0 becomes memory.swap.max 0 */
	/* keep */
	GT_R_ALREADY_SET,	  /* the environment, config.json or the cgroup has it */
	GT_R_ALREADY_SET_IGNORED, /* ... and Go will ignore that value */
	GT_R_ALREADY_SET_FATAL,	  /* ... and Go will die of that value */
	GT_R_ALREADY_HIGHER,	  /* only ever raised */
	/* skip */
	GT_R_GO_DEFAULT_IS_RIGHT,
	GT_R_SELF_MANAGED,
	GT_R_NO_MEMORY_LIMIT,
	GT_R_LIMIT_TOO_SMALL,
	GT_R_GO_TOO_OLD,
	GT_R_GO_VERSION_UNKNOWN,
	GT_R_CPUS_UNKNOWN,
	GT_R_LIMITS_UNKNOWN,
	GT_R_PROFILE_NULL, /* the profile leaves it alone */
	GT_R_NOT_GO,
	GT_R_PROGRAM_UNKNOWN,
	GT_R_NOT_SELECTED, /* select: annotated, and it did not opt in */
	GT_R_OPTED_OUT,
	GT_R_MODE_OFF,
	GT_R_DISABLED,
	GT_R_STATE_INVALID,
	GT_R_CONFIG_MISSING,
	GT_R_CONFIG_INVALID,
	GT_R_POLICY_BROKEN,
	GT_R_NO_SUCH_PROFILE,
	GT_R_NOT_ALLOWED, /* not on the allow-list */
	GT_R_HOST_NAMESPACE,
	GT_R_NAMESPACE_UNKNOWN,
	GT_R_NO_SUCH_SYSCTL,
	GT_R_SYSCTL_UNKNOWN, /* whether it exists is not known, and a runtime fails if it does not
			      */
	GT_R_NO_SWAPPINESS_V2,
	GT_R_NO_CGROUP,
	GT_R_HAS_CPUSET, /* numa bind: the container has a cpuset of its own */
	GT_R_MEMORY_EXCEEDS_NODE,
	GT_R_ONE_NODE,
	GT_R_NUMA_UNKNOWN,
	GT_R_NO_PROCESS,
	GT_R_NOT_AN_INIT,
	GT_R_PTRACE_DENIED,
	GT_R_SELINUX,
	GT_R_APPARMOR,
	GT_R_ARCH,
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
	uint64_t soft, hard;   /* RLIMIT_NOFILE only: what the program shall have ... */
	bool in_config;	       /* ... and whether config.json has one */
};

/* What went wrong or needs attention, and about which key. Words: gt_warning_words. */
enum gt_warning_id {
	GT_W_BAD_VALUE,	      /* a request that does not parse: ignored */
	GT_W_OUT_OF_BOUNDS,   /* a request beyond the policy's bounds: ignored */
	GT_W_NOT_ALLOWED,     /* a request that the policy does not allow: ignored */
	GT_W_UNKNOWN_KEY,     /* io.gotune.KEY that we do not know: ignored */
	GT_W_TOO_LONG,	      /* a request too long to be looked at: ignored */
	GT_W_NO_SUCH_PROFILE, /* asked for by a request or a rule: ignored */
	GT_W_GO_IGNORES,      /* an environment value that Go ignores */
	GT_W_GO_DIES,	      /* an environment value that kills a Go program at its start */
	GT_W_DUPLICATE_ENV,   /* a variable stands more than once: runc and crun pass the last on */
	GT_W_MODULES_UNKNOWN, /* build info without a module list: automaxprocs cannot be seen */
	GT_W_CGO_UNKNOWN,     /* the smaller ratio was taken */
	GT_W_STALE_ENVIRON,   /* /proc/PID/environ does not show the change */
	GT_W_POLICY_LAYER,    /* a policy file was unsound and left out */
	GT_W_ANNOTATIONS_DROPPED, /* annotations too large to be looked at */
	GT_W_HARD_LIMIT_KEPT,	  /* the hard NOFILE limit could not be raised */
	GT_W_PROGRAM_CHANGED,	  /* the file that was run is not the file that was inspected */
	GT_W_LABELS_UNREADABLE,	  /* the image's labels were there and could not be looked at */
	GT_W_COUNT,
};

#define GT_SETTINGS_MAX (8 + GT_SYSCTL_MAX)
#define GT_WARNINGS_MAX 16

struct gt_warning {
	enum gt_warning_id id;
	char about[128]; /* the key, variable or file */
};

/* Which of the places that may hold a limit gave it: config.json, or a level of facts.cgroup. */
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

struct gt_plan {
	enum gt_mode mode;
	bool selected; /* false: every row is a skip */
	char profile[GT_NAME_CAP];
	char rule[GT_NAME_CAP]; /* "" when no rule matched */
	struct gt_setting setting[GT_SETTINGS_MAX];
	uint32_t n_setting;
	struct gt_warning warning[GT_WARNINGS_MAX];
	uint32_t n_warning, warnings_dropped;
	/* Worked out on the way; shown in the record's facts. */
	bool cpus_known;
	struct gt_cpus cpus_allowed; /* A */
	bool has_quota;
	uint64_t quota_us, period_us; /* Q */
	struct gt_limit_from quota_from;
	uint32_t gomaxprocs_value;	   /* the spec's `value`, 0 when unknown */
	uint32_t gomaxprocs_native;	   /* what this Go would choose by itself, 0 when unknown */
	struct gt_limit mem_max, mem_high; /* memory.max and memory.high, each by itself */
	bool has_mem_limit;		   /* false also when a level could not be read */
	uint64_t mem_limit_bytes;	   /* L, the smaller of the two */
	bool mem_is_high;		   /* ... which is memory.high */
	uint32_t numa_node;		   /* chosen by cap or bind, index into facts.host.node */
	bool numa_chosen;
};

/* The requests that the policy grants. */
struct gt_wishes {
	bool has[GT_KEY_COUNT];
	/* GT_KEY_ENABLE: 0 or 1; _PROFILE: index into the policy; _MODE: enum gt_mode;
	 * _GOMEMLIMIT: bytes, UINT64_MAX for `off`; numbers otherwise. */
	uint64_t number[GT_KEY_COUNT];
	enum gt_warning_id refused[GT_KEY_COUNT]; /* why one that was made is not granted */
};

/* A sysctl that the plan will consider. */
struct gt_sysctl_chosen {
	struct gt_sysctl_want want;
	enum gt_origin origin; /* who asked for it; GT_ORIGIN_NONE: the profile */
	bool namespaced;       /* false: it is the host's alone, and is left alone */
	enum gt_ns ns;	       /* whose it is: GT_NS_NET or GT_NS_IPC */
};

/*
 * Who the container is to the policy: made once, by gt_plan_select, before the host is looked at.
 * It tells the inspector which facts are worth reading, and the planner what they are for.
 */
struct gt_selection {
	enum gt_mode mode;
	bool selected;
	enum gt_reason why_not;		  /* when !selected */
	const struct gt_profile *profile; /* never NULL when selected; owned by the policy */
	const struct gt_rule *rule;	  /* NULL: no rule matched */
	enum gt_origin profile_origin;	  /* GT_ORIGIN_NONE: rule or default */
	struct gt_wishes wish;
	bool mode_refused;    /* more was asked for than the host's mode */
	bool profile_missing; /* the rule names a profile that there is not */
	uint32_t n_sysctl;
	struct gt_sysctl_chosen sysctl[GT_SYSCTL_MAX];
	enum gt_warning_id sysctl_refused[GT_SYSCTL_MAX]; /* a request each; GT_W_COUNT: granted */
};

/* What became of a setting when the plan was applied. */
struct gt_outcome {
	enum gt_tri applied; /* GT_UNKNOWN: not tried, or not known yet */
	char error[160];     /* "" when none */
};

enum gt_setting_kind gt_setting_kind(enum gt_setting_id id);
extern const struct gt_words gt_setting_kind_words, gt_verdict_words, gt_reason_words,
	gt_warning_words;

/* A variable of the environment as it is to be; fixed size, so that a waiting tracer holds nothing
 * else. */
struct gt_barrier_env {
	char name[16];
	char value[512];
	bool has_expect; /* replace only an entry that has this value; without: only add */
	char expect[512];
};

/* Is anything to be set, and not only to be recorded? Pure. */
bool gt_plan_sets(const struct gt_plan *plan);

#endif
