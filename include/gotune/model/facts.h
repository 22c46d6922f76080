/*
 * All that the planner may know, as one struct of fixed size without pointers. Each fact says
 * whether we know it, and where we read it.
 */
#ifndef GOTUNE_MODEL_FACTS_H
#define GOTUNE_MODEL_FACTS_H

#include "gotune/base.h"
#include "gotune/model/program.h"
#include "gotune/model/state.h"

#define GT_WHERE_CAP 256

#define GT_FULL_ID_LEN 64 /* hex digits of a container's or an image's id */
#define GT_FULL_ID_CAP (GT_FULL_ID_LEN + 1)

/* A number with its source: a file, or "config.json". */
struct gt_fact {
	bool known;
	uint64_t v;
	char where[GT_WHERE_CAP];
};

/* A set of CPUs with its source. */
struct gt_fact_cpus {
	bool known;
	struct gt_cpus v;
	char where[GT_WHERE_CAP];
};

enum gt_engine {
	GT_ENGINE_UNKNOWN,
	GT_ENGINE_DOCKER,
	GT_ENGINE_PODMAN,
	GT_ENGINE_CRIO,
	GT_ENGINE_CONTAINERD,
	GT_ENGINE_COUNT,
};

/* Who the container is. */
struct gt_ident {
	char id[GT_ID_MAX];
	char bundle[GT_PATH_CAP];
	char runtime[32]; /* "runc", "crun", "" */
	char stage[16];	  /* "prestart", "precreate", "explain", ... */
	enum gt_engine engine;
	char image[512];	       /* "" when no engine says */
	char image_id[GT_FULL_ID_CAP]; /* the digest of its configuration; "" when none says */
	char container_name[128];      /* of a pod's container, for KEY/CONTAINER; "" */
	char command[GT_PATH_CAP];     /* args[0] as written */
	char cgroup[GT_PATH_CAP];      /* of the live process, else cgroupsPath */
	char pid_file[GT_PATH_CAP];    /* where its runtime will write the pid; "" when not known */
	int64_t pid;		       /* 0: not running */
	uint64_t pid_start;	       /* /proc/PID/stat field 22, 0 when unknown */
};

/* What annotations, image environment and labels may ask for. */
enum gt_key {
	GT_KEY_ENABLE,
	GT_KEY_PROFILE,
	GT_KEY_MODE,
	GT_KEY_PROGRAM,
	GT_KEY_GOMAXPROCS,
	GT_KEY_GOMEMLIMIT,
	GT_KEY_GOGC,
	GT_KEY_GODEBUG,
	GT_KEY_NOFILE,
	GT_KEY_COUNT,
};

/* Where a request came from: a higher number ranks above a lower one. */
enum gt_origin {
	GT_ORIGIN_NONE,
	GT_ORIGIN_LABEL,
	GT_ORIGIN_IMAGE_ENV,
	GT_ORIGIN_HOOK_ARGS, /* `--profile` in the hook's registration */
	GT_ORIGIN_ANNOTATION,
	GT_ORIGIN_ANNOTATION_CONTAINER, /* io.gotune.KEY/CONTAINER */
	GT_ORIGIN_SET,			/* gotune explain --set */
	GT_ORIGIN_COUNT,
};

struct gt_request {
	enum gt_origin origin;
	bool too_long; /* the value did not fit: ignored, with a warning */
	char value[512];
};

#define GT_SYSCTL_NAME_CAP  64
#define GT_SYSCTL_VALUE_CAP 128
#define GT_SYSCTL_MAX	    16

struct gt_sysctl_request {
	enum gt_origin origin;
	char name[GT_SYSCTL_NAME_CAP];
	char value[GT_SYSCTL_VALUE_CAP];
};

#define GT_UNKNOWN_KEYS_MAX 8
struct gt_requests {
	struct gt_request key[GT_KEY_COUNT];
	struct gt_sysctl_request sysctl[GT_SYSCTL_MAX];
	uint32_t n_sysctl;
	char unknown[GT_UNKNOWN_KEYS_MAX][64]; /* keys with our prefix that we do not know */
	uint32_t n_unknown;
};

/* One level of the cgroup tree: [0] is the container's own cgroup, then its parents. */
#define GT_LEVELS_MAX 16
struct gt_level {
	char path[GT_WHERE_CAP]; /* below the cgroup mount */
	bool has_quota;		 /* false: no limit at this level */
	uint64_t quota_us, period_us;
	bool has_mem_max, has_mem_high;
	uint64_t mem_max_bytes, mem_high_bytes;
	/*
	 * On v1 the CPU and the memory hierarchy may place a container differently: PATH is then
	 * that of the CPU level, MEM_PATH that of the memory level this many steps up. Else equal.
	 */
	char mem_path[GT_WHERE_CAP];
	/* A limit's file exists, but we could not read or understand it: limits-unknown. */
	bool cpu_unreadable, mem_unreadable;
};

/* A controller of cgroups that we look at. */
enum gt_controller { GT_CTL_CPU, GT_CTL_MEMORY, GT_CTL_CPUSET, GT_CTL_COUNT };

enum gt_cgroup_version { GT_CGROUP_UNKNOWN, GT_CGROUP_V1, GT_CGROUP_V2 };

struct gt_cgroup_facts {
	enum gt_cgroup_version cpu, memory, cpuset; /* the hierarchy that holds each controller */
	bool hybrid;				    /* v1 controllers beside a mounted cgroup2 */
	/* We live in the same cgroup or below it: changing it would also change us. */
	bool memory_shared, cpuset_shared;
	bool no_swap_file; /* v2, a container to come: it will have no memory.swap.max */
	struct gt_level level[GT_LEVELS_MAX];
	uint32_t n_level;    /* 0: no live cgroup was read */
	bool level_overflow; /* more ancestors than fit: the last holds the smallest of the rest */
	struct gt_fact_cpus effective; /* the effective cpuset of the container's cgroup */
	struct gt_fact swappiness;     /* v1 memory.swappiness */
	struct gt_fact swap_max;       /* v2 memory.swap.max; UINT64_MAX: max */
	char cpuset_cpus[512], cpuset_mems[128]; /* current content, for `before` */
	/*
	 * Does Go see the quota of its own cgroup, in 1.25, and from 1.26 on? They choose another
	 * mount and another path below it. GT_NO: it sees none. OTHER: it may find a quota there
	 * that is not its cgroup's, and choose by that.
	 */
	enum gt_tri go125_sees, go126_sees;
	bool go125_other, go126_other;
	bool joins_cgroup_ns; /* config.json names an existing cgroup namespace */
};

/* What config.json said of limits. */
struct gt_config_facts {
	struct gt_fact quota_us, period_us, shares, mem_limit_bytes, mem_high_bytes;
	bool quota_unlimited;
	struct gt_fact_cpus cpuset;
	bool cpuset_invalid;
	bool has_mems, has_swap, has_swappiness;
};

#define GT_NODES_MAX 64
struct gt_host_facts {
	struct gt_fact_cpus online;
	bool smt_known;
#define GT_CORE_UNKNOWN UINT16_MAX
	/* The lowest CPU number among a CPU's SMT siblings, or GT_CORE_UNKNOWN: nobody looked. */
	uint16_t core_of[GT_CPUS_MAX];
	char smt_where[GT_WHERE_CAP];
	bool numa_known;
	uint32_t n_nodes; /* nodes with memory */
	struct gt_node {
		uint32_t id;
		uint64_t mem_bytes;
		struct gt_cpus cpus;
	} node[GT_NODES_MAX];
	struct gt_fact sched_latency_ns;
	struct gt_fact nr_open;
	struct gt_fact memory_total; /* bytes */
};

struct gt_rlimit_facts {
	bool in_config;
	uint64_t config_soft, config_hard;
	bool live_known; /* the program gets these, unless config.json says otherwise */
	uint64_t live_soft, live_hard;
	bool replaced;		    /* the runtime sets what config.json says, lower or not */
	enum gt_tri can_raise_hard; /* CAP_SYS_RESOURCE in the initial user namespace */
};

/* Whether a namespace is the container's own. */
enum gt_ns_owner { GT_NS_OWNER_UNKNOWN, GT_NS_OWNER_HOST, GT_NS_OWNER_CONTAINER };

struct gt_sysctl_fact {
	char name[GT_SYSCTL_NAME_CAP];
	enum gt_ns ns;		/* whose it is: GT_NS_NET or GT_NS_IPC */
	enum gt_ns_owner owner; /* of that namespace */
	bool in_config;		/* linux.sysctl sets it */
	enum gt_tri exists;	/* in the container's namespace */
	bool must_exist;	/* the runtime would set it, and fails if it does not exist */
	char value[GT_SYSCTL_VALUE_CAP]; /* when exists == GT_YES */
};

/* Can the environment and rlimits be changed at the exec barrier? Words: gt_barrier_words. */
enum gt_barrier_can {
	GT_BARRIER_OK,
	GT_BARRIER_NO_PROCESS,	  /* no pid, or it is gone */
	GT_BARRIER_NOT_AN_INIT,	  /* pid is not an init of runc or crun (Kata, gVisor) */
	GT_BARRIER_PTRACE_DENIED, /* no CAP_SYS_PTRACE, Yama 3, or already traced */
	GT_BARRIER_SELINUX,	  /* the policy would fail the container's exec */
	GT_BARRIER_APPARMOR,	  /* we are confined */
	GT_BARRIER_ARCH,     /* a machine that the barrier does not know, or a 32-bit program */
	GT_BARRIER_TOO_LATE, /* the program was executed before the decision was ready */
	GT_BARRIER_COUNT,
};

/* Why we cannot plan anything, from its catalogue. */
enum gt_trouble {
#define X(id, word, means, advice) GT_TROUBLE_##id,
#include "gotune/model/troubles.def"
	GT_TROUBLE_COUNT,
};

/* What was learned of earlier starts of the same image. {0}: nothing, or nobody asked. */
struct gt_lesson_facts {
	uint64_t key;	       /* stands for the image; 0: it cannot be told from others */
	struct gt_fact starts; /* that were learned of */
	struct gt_fact beside; /* bytes outside of the Go heap: the most of the last starts */
	struct gt_fact ooms;   /* of the last eight starts, those that were killed for memory */
	struct gt_fact spirals;
};

#define GT_ROLLED_BACK_MAX 32

struct gt_facts {
	enum gt_trouble trouble;
	struct gt_ident ident;
	const struct gt_strv
		*annotations; /* pairs; for rules. The caller's; NULL: there are none */
	struct gt_requests req;
	char labels_unread[GT_WHERE_CAP]; /* the file of the image's labels, if unreadable; "" */
	struct gt_program program;
	struct gt_env_var var[GT_VAR_COUNT];
	struct gt_config_facts config;
	struct gt_cgroup_facts cgroup;
	/* CPUs that the process may run on. Unknown until a runtime has set them for its program.
	 */
	struct gt_fact_cpus affinity;
	struct gt_host_facts host;
	struct gt_rlimit_facts nofile;
	struct gt_sysctl_fact sysctl[GT_SYSCTL_MAX];
	uint32_t n_sysctl;
	enum gt_ns_owner net, ipc;
	enum gt_barrier_can barrier;
	/* Does config.json's seccomp profile let a prctl through? GT_UNKNOWN counts as no. */
	enum gt_tri prctl_allowed;
	struct gt_lesson_facts lesson;
	uint64_t rolled_back[GT_ROLLED_BACK_MAX]; /* gt_rule.print */
	uint32_t n_rolled_back;
};

extern const struct gt_words gt_engine_words, gt_key_words, gt_origin_words, gt_prog_kind_words,
	gt_prog_note_words, gt_barrier_words, gt_trouble_words;

#endif
