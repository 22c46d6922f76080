/*
 * What came from outside, as fixed-size structs without pointers: they are filled in a
 * sandboxed child and travel through a pipe.
 */
#ifndef GOTUNE_MODEL_STATE_H
#define GOTUNE_MODEL_STATE_H

#include <limits.h>

#include "gotune/base.h"

#define GT_CONFIG_MAX (16u << 20) /* bytes of config.json */

#define GT_ID_MAX   256
#define GT_PATH_CAP 1024 /* longer paths are reported as too long, never cut */

/* OCI runtime-spec, "State". runc leaves annotations out when empty; crun adds `root`. */
struct gt_state {
	char id[GT_ID_MAX];
	char status[32];
	int64_t pid; /* 0 when absent */
	char bundle[GT_PATH_CAP];
	char root[GT_PATH_CAP];	    /* crun only; "" otherwise */
	struct gt_strv annotations; /* pairs */
	GT_ARENA(GT_STRV_CAP) arena;
};

/* The Go run-time settings that live in the environment. */
enum gt_var { GT_VAR_GOMAXPROCS, GT_VAR_GOMEMLIMIT, GT_VAR_GOGC, GT_VAR_GODEBUG, GT_VAR_COUNT };
extern const char *const gt_var_name[GT_VAR_COUNT];

/*
 * One variable as it is in process.env. With duplicates the last counts: runc and crun build
 * the program's environment with setenv and putenv, so it sees one entry, with the last value.
 */
struct gt_env_var {
	bool present;
	bool too_long;	/* the value did not fit: it is kept, and not looked at */
	uint32_t count; /* how many entries have this name */
	char value[512];
};
bool gt_env_var_valid(const struct gt_env_var *v);

/*
 * Does a variable of that name make a shell run other commands than its text has: BASH_ENV, ENV,
 * functions that bash exports, SHELLOPTS and BASHOPTS? Source: bash(1), POSIX sh.
 */
bool gt_env_diverts_shell(const char *name, size_t len);

enum gt_ns {
	GT_NS_NET,
	GT_NS_IPC,
	GT_NS_USER,
	GT_NS_CGROUP,
	GT_NS_MOUNT,
	GT_NS_PID,
	GT_NS_UTS,
	GT_NS_COUNT
};

/* One entry of linux.namespaces. */
struct gt_bundle_ns {
	bool present;
	bool joined;	/* has a path: an existing namespace, whose could be the host's */
	char path[256]; /* "" also when it is longer */
};

/* What the container will find at a place where Go looks for cgroups. */
enum gt_view_kind {
	GT_VIEW_NOTHING,
	GT_VIEW_UNCLEAR,   /* a file of the host, a part of the tree, or what we do not know */
	GT_VIEW_OWN,	   /* a mount of type cgroup or cgroup2 */
	GT_VIEW_HOST,	   /* the host's tree, bound with its mounts */
	GT_VIEW_HOST_FLAT, /* the host's /sys/fs/cgroup without its mounts: nothing, on v1 */
	GT_VIEW_KIND_COUNT
};

#define GT_VIEW_MOUNTS_MAX 8
#define GT_VIEW_PATH_CAP   96

/* config.json's mounts, as far as Go's look at its cgroup depends on them. */
struct gt_bundle_view {
	struct gt_view_mount {
		char point[GT_VIEW_PATH_CAP];
		enum gt_view_kind what; /* as mountinfo will have it */
		enum gt_view_kind now;	/* what one finds there after all later mounts */
	} mount[GT_VIEW_MOUNTS_MAX];	/* in their order */
	uint32_t n_mount;
	bool unclear;	   /* there was more than fits */
	bool masked;	   /* linux.maskedPaths hides /sys/fs/cgroup, or the limit in it */
	bool proc_unclear; /* something but procfs is at /proc, or on what Go reads there */
	bool proc_masked;  /* linux.maskedPaths hides either */
};

/* linux.resources, as far as we read them. `has_` says that the key was there and not null. */
struct gt_bundle_res {
	bool has_quota, has_period, has_shares, has_cpus, has_mems;
	bool has_mem_limit, has_swap, has_swappiness;
	int64_t quota_us;
	uint64_t period_us, shares;
	int64_t mem_limit_bytes, swap_bytes; /* -1: unlimited */
	uint64_t swappiness;
	char cpus[512], mems[128];
	bool cpus_too_long;
	struct gt_strv unified; /* pairs */
};

/* config.json, as far as we read it. */
struct gt_bundle {
	char oci_version[32];
	char root_path[GT_PATH_CAP]; /* as written: relative to the bundle when not absolute */
	char cwd[GT_PATH_CAP];
	bool has_process, has_linux;
	struct gt_env_var var[GT_VAR_COUNT];
	bool has_path_env;
	char path_env[4096];
	bool diverts_shell; /* process.env has a variable that makes shells run other commands */
	bool has_nofile;
	uint64_t nofile_soft, nofile_hard;
	bool no_new_privs;
	uint32_t uid;
	struct gt_bundle_ns ns[GT_NS_COUNT];
	bool has_seccomp;
	bool prctl_allowed; /* a profile lets every prctl through */
	bool own_hook;	    /* our hook is among the prestart or createRuntime hooks */
	struct gt_bundle_view view;
	char cgroups_path[GT_PATH_CAP];
	char selinux_label[256], apparmor_profile[128];
	struct gt_bundle_res res;
	struct gt_strv args;
	struct gt_strv annotations; /* pairs; values too long to hold are counted in dropped */
	struct gt_strv gotune_env;  /* pairs: the GOTUNE_* variables of process.env */
	struct gt_strv sysctl;	    /* pairs */
	struct gt_strv mounts;	    /* pairs: destination, and source or, unless it is a bind, "" */
	GT_ARENA(2 * GT_STRV_CAP) arena;
};

/* May ID become a file's name: not empty, not hidden, no '/', no control byte, below GT_ID_MAX? */
bool gt_id_ok(const char *id);

/* Makes S empty, and B. Their arenas' bytes are not touched: they are not read
 * before they are written. */
void gt_state_init(struct gt_state *s);
void gt_bundle_init(struct gt_bundle *b);

/* True when every vector is valid, every string terminated and every enum in range. */
bool gt_state_valid(const struct gt_state *s);
bool gt_bundle_valid(const struct gt_bundle *b);

#endif
