/*
 * The merged policy: built-in defaults, /etc/gotune/policy.json, drop-ins. Each value knows the
 * layer that it comes from.
 */
#ifndef GOTUNE_MODEL_POLICY_H
#define GOTUNE_MODEL_POLICY_H

#include "gotune/base.h"
#include "gotune/model/facts.h"

enum gt_mode { GT_MODE_OFF, GT_MODE_AUDIT, GT_MODE_ENFORCE, GT_MODE_COUNT };
enum gt_select { GT_SELECT_ANNOTATED, GT_SELECT_GO, GT_SELECT_ALL, GT_SELECT_COUNT };
enum gt_on_error { GT_ON_ERROR_CONTINUE, GT_ON_ERROR_FAIL, GT_ON_ERROR_COUNT };
enum gt_round { GT_ROUND_CEIL, GT_ROUND_FLOOR, GT_ROUND_COUNT };
enum gt_cpu_count { GT_CPU_LOGICAL, GT_CPU_PHYSICAL, GT_CPU_COUNT_COUNT };
enum gt_numa { GT_NUMA_IGNORE, GT_NUMA_CAP, GT_NUMA_BIND, GT_NUMA_COUNT };
/* What gotuned may change in a running program. */
enum gt_live_key { GT_LIVE_GOMEMLIMIT, GT_LIVE_PRESSURE, GT_LIVE_GOGC, GT_LIVE_COUNT };
extern const struct gt_words gt_mode_words, gt_select_words, gt_on_error_words, gt_round_words,
	gt_cpu_count_words, gt_numa_words, gt_live_key_words;

#define GT_NAME_CAP    64
#define GT_LAYERS_MAX  64
#define GT_GODEBUG_CAP 256

struct gt_sysctl_want {
	char name[GT_SYSCTL_NAME_CAP];
	char value[GT_SYSCTL_VALUE_CAP];
	uint8_t layer;
};

/* The keys of a profile: hook/policy/profile.c has a table of them. */
enum gt_profile_key {
	GT_PK_DESCRIPTION,
	GT_PK_GOMAXPROCS, /* the object itself; null: leave GOMAXPROCS alone */
	GT_PK_ROUND,
	GT_PK_MIN,
	GT_PK_MAX,
	GT_PK_CPU_COUNT,
	GT_PK_NUMA,
	GT_PK_SHARES_ENABLE,
	GT_PK_SHARES_MULTIPLIER,
	GT_PK_SHARES_FLOOR,
	GT_PK_SCHED_LATENCY,
	GT_PK_OVERRIDE_SELF_MANAGED,
	GT_PK_GOMEMLIMIT, /* the object itself; null: leave GOMEMLIMIT alone */
	GT_PK_RATIO,
	GT_PK_CGO_RATIO,
	GT_PK_MIN_RATIO,
	GT_PK_MIN_LIMIT,
	GT_PK_OVERRIDE_AUTOMEMLIMIT,
	GT_PK_GOGC,
	GT_PK_GODEBUG,
	GT_PK_NOFILE,
	GT_PK_SYSCTL,
	GT_PK_SWAPPINESS,
	GT_PK_COUNT,
};

struct gt_profile {
	char name[GT_NAME_CAP];
	char inherits[GT_NAME_CAP]; /* "" when none */
	char description[256];	    /* one sentence: what services it is for */
	bool broken; /* a layer's entry for it was invalid: nothing that uses it is tuned */

	bool gomaxprocs; /* false: null */
	enum gt_round round;
	uint32_t min, max; /* max 0: none */
	enum gt_cpu_count cpu_count;
	enum gt_numa numa;
	bool shares_enable;
	uint32_t shares_multiplier, shares_floor;
	bool sched_latency;
	bool override_self_managed;

	bool gomemlimit;			     /* false: null */
	uint32_t ratio_permille, cgo_ratio_permille; /* 1..1000 */
	uint32_t min_ratio_permille; /* 1..1000: what was learned lowers it no further */
	uint64_t min_limit_bytes;
	bool override_automemlimit;

	uint32_t gogc;		      /* 1..1000; 0: null */
	char godebug[GT_GODEBUG_CAP]; /* "k=v,k=v"; "": none */
	uint64_t nofile;	      /* 0: null */
	struct gt_sysctl_want sysctl[GT_SYSCTL_MAX];
	uint32_t n_sysctl;
	int32_t swappiness; /* 0..100; -1: null */

	uint8_t layer[GT_PK_COUNT]; /* index into gt_policy.layer: who set each key */
};

/*
 * Its texts are places in gt_policy.text, for gt_rule_text: a thousand rules are some pages that
 * have no pointers, and that every process maps from one file. Globs; "" matches anything.
 * Annotation pairs are ANDed.
 */
#define GT_RULE_ANNOTATIONS_MAX 8
struct gt_rule_pair {
	uint32_t key, value;
};
struct gt_rule {
	uint32_t name;
	uint32_t image, command, cgroup, engine;
	uint32_t annotation, n_annotation; /* N of gt_policy.annotation, from the first on */
	uint32_t profile;		   /* "": keep the default profile */
	uint32_t rollout_percent;	   /* 0..100 */
	enum gt_mode mode;
	bool has_mode;
	bool broken;
	uint8_t layer;
	/* Stands for all that the rule and its profile say: another one, if any of it is changed.
	 * Below 2^52, so that any reader of JSON keeps it. 0: none. */
	uint64_t print;
};

/* A file that was read, or the built-in defaults (layer 0). */
struct gt_layer {
	char path[GT_PATH_CAP];
	bool broken;
	char error[256]; /* "LINE:COLUMN: what is wrong" */
};

/*
 * How far a container's shells and launchers are followed to the program that counts. With 0
 * seconds we look at the init's first exec only.
 */
struct gt_follow {
	uint32_t seconds, processes, execs; /* 0..3600, 1..1024, 1..4096 */
};

/* What gotuned does beside `live`. */
#define GT_LISTEN_CAP 64
struct gt_policy_daemon {
	char listen[GT_LISTEN_CAP]; /* ADDRESS:PORT; "": it serves no metrics */
	bool resize;		    /* follows limits that are changed */
	bool history;		    /* keeps what became of containers */
	bool learn;		    /* ... of an image's memory, for its next start */
	bool guard;		    /* ... of its death spirals, likewise */
	bool rollback;		    /* a canary that does worse ends its rule's roll-out */
	uint32_t containers;	    /* 1..4096: that have metrics of their own */
};

struct gt_policy {
	enum gt_mode mode;
	enum gt_select select;
	enum gt_on_error on_error;
	char default_profile[GT_NAME_CAP];
	const struct gt_profile *profile;
	uint32_t n_profile;
	const struct gt_rule *rule;
	uint32_t n_rule;
	const struct gt_rule_pair *annotation; /* of all rules */
	uint32_t n_annotation;
	const char *text; /* of all rules; begins with "" */
	uint32_t text_len;

	uint32_t allow; /* bit 1<<enum gt_key: that annotation may be used */
	uint64_t nofile_max;
	char allow_sysctl[GT_SYSCTL_MAX][GT_SYSCTL_NAME_CAP]; /* io.gotune.sysctl.NAME */
	uint32_t n_allow_sysctl;
	char godebug_allow[GT_PATH_CAP]; /* ",key,key," */
	char runtimes[8][256];
	uint32_t n_runtimes;
	struct gt_follow follow;
	uint32_t barrier_timeout_ms; /* 10..60000: how long an exec waits for a decision, at most */
	struct gt_policy_daemon daemon;
	uint32_t live; /* bit 1<<enum gt_live_key */

	/* Who set each of the above, for `policy show`. */
	struct {
		uint8_t mode, select, on_error, default_profile, allow, nofile_max, allow_sysctl,
			godebug_allow, runtimes, barrier_timeout_ms;
		struct {
			uint8_t seconds, processes, execs;
		} follow;
		struct {
			uint8_t listen, resize, history, learn, guard, rollback, containers;
		} daemon;
		uint8_t live;
	} from;
	const struct gt_layer *layer; /* [0] is built in */
	uint32_t n_layer;
	bool broken;	     /* a broken layer would have governed everything: tune nothing */
	struct gt_pages own; /* what the arrays are in; none: they are part of the program */
};

void gt_policy_done(struct gt_policy *p);

/* The text at the place AT, which a rule has. Pure. */
static inline const char *gt_rule_text(const struct gt_policy *p, uint32_t at)
{
	return at ? p->text + at : "";
}
const struct gt_profile *gt_policy_profile(const struct gt_policy *p, const char *name);

/* Is no layer broken? Pure. */
bool gt_policy_is_valid(const struct gt_policy *p);

#endif
