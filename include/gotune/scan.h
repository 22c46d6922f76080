/*
 * What runs on a machine: each container and service, its Go programs, what they run with now, what
 * we would set, and what hurts. Reads only. Everything about a process is hostile: its name,
 * environment, program and cgroup; whatever may keep us waiting is done in a child with a deadline.
 */
#ifndef GOTUNE_SCAN_H
#define GOTUNE_SCAN_H

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"

/* ---- which container or service a process is in ---- */

enum gt_unit_kind { GT_UNIT_NONE, GT_UNIT_CONTAINER, GT_UNIT_SERVICE };

struct gt_unit_name {
	enum gt_unit_kind kind;
	enum gt_engine engine; /* as far as the cgroup's name tells */
	char id[GT_ID_MAX];    /* the container's id, or the service's name */
	size_t len;	       /* how much of the cgroup's path is the unit's own */
};

/*
 * Whose CGROUP is, a path as proc/PID/cgroup has it: the innermost container's, else the innermost
 * service's. GT_UNIT_NONE: a session, the machine itself, or a name of no engine that we know.
 * Pure.
 */
void gt_scan_unit_name(const char *cgroup, struct gt_unit_name *ret);

/* The path in TEXT, the content of proc/PID/cgroup: that of the memory controller, else of cgroup
 * 2, else of the CPU. False: there is none, or it does not fit. Pure. */
bool gt_scan_cgroup_path(const char *text, char ret[GT_PATH_CAP]);

/* ---- the environment ---- */

#define GT_SCAN_ENV_MAX \
	(8u << 20) /* bytes of one environment; the kernel lets an exec have 6 MiB */

/* An environment that is read piece by piece: our variables alone are kept. {0} to begin with. */
struct gt_scan_env {
	struct gt_env_var var[GT_VAR_COUNT];
	char entry[16 + sizeof(((struct gt_env_var *)0)->value)];
	size_t len; /* of the entry under way, also where it no longer fits */
};
/* Takes N bytes more. Of several entries with one name the first counts, as it does to Go
 * (runtime/env_posix.go, gogetenv). Pure. */
void gt_scan_env_feed(struct gt_scan_env *s, const char *bytes, size_t n);

/* ---- what a cgroup has used ---- */

struct gt_scan_number {
	bool known;
	uint64_t v;
};
struct gt_scan_usage {
	struct gt_scan_number periods, throttled, throttled_us; /* cpu.stat */
	struct gt_scan_number memory, memory_max;		/* bytes; the maximum: its limit */
	struct gt_scan_number memory_peak;
	struct gt_scan_number oom_kills;
	struct gt_scan_number listen_overflows; /* in its own network namespace */
};

/* TcpExt's ListenOverflows in TEXT, the content of proc/PID/net/netstat. Pure. */
void gt_scan_listen_overflows(const char *text, struct gt_scan_number *ret);

/* ---- the scan ---- */

enum gt_harm {
#define X(id, word, weight, phrase) GT_HARM_##id,
#include "gotune/scan/harms.def"
#undef X
	GT_HARM_COUNT
};
extern const struct gt_words gt_harm_words;

/* How we know a number that a program runs with. */
enum gt_scan_from {
	GT_SCAN_NOT_READABLE, /* the program may have changed it, or we could not read what decides
			       */
	GT_SCAN_ENVIRONMENT,  /* a variable that this Go accepts */
	GT_SCAN_GO,	      /* what this Go does by itself */
	GT_SCAN_FROM_COUNT,
};
extern const struct gt_words gt_scan_from_words;

/* A setting that was considered, in the planner's words. */
struct gt_scan_setting {
	char name[GT_SYSCTL_NAME_CAP];
	enum gt_verdict verdict;
	enum gt_reason reason;
	char *value; /* NULL when nothing would be set */
	char *why;
};

/* A Go program of a unit: the first of its processes that have this program. */
struct gt_scan_program {
	int64_t pid; /* 0: no process was looked at */
	uint32_t processes;
	uint64_t start;		/* clock ticks since boot; 0: not known */
	uint32_t unit;		/* index */
	char *path;		/* of its file, as the process sees it */
	enum gt_prog_kind kind; /* of a bundle it may be none in Go, or not known */
	char go[64], main_path[256];
	bool deleted; /* the file has been removed since */
	bool env_known;
	char *env[GT_VAR_COUNT]; /* NULL: not set */
	enum gt_scan_from ps_from, limit_from;
	uint64_t ps, gomemlimit; /* UINT64_MAX: no limit */
	const char *ps_why, *limit_why;
	struct gt_scan_number nofile_soft, threads;
	enum gt_mode mode;
	bool selected;
	char profile[GT_NAME_CAP], rule[GT_NAME_CAP];
	uint32_t ps_fit; /* how many Ps would fit; 0: not known */
	uint32_t cpus;	 /* that it may run on; 0: not known */
	uint64_t quota_us, period_us;
	char *message;	/* what is wrong with the container's documents or program; NULL */
	bool predicted; /* a shell or a script was read to find it */
	struct gt_scan_setting *setting;
	uint32_t n_setting;
	unsigned harms; /* bits 1 << enum gt_harm */
};

/* A container or a service with at least one Go program. */
struct gt_scan_unit {
	struct gt_unit_name name;
	char *cgroup;
	char *image, *container_name; /* NULL: not known */
	uint32_t processes, programs;
	bool own_net;	/* it has a network namespace of its own */
	unsigned harms; /* of its programs: bits 1 << enum gt_harm */
	struct gt_scan_usage usage;
};

struct gt_scan {
	bool bundles_only; /* no process was looked at: what one alone tells is not known */
	struct gt_scan_unit *unit;
	uint32_t n_unit;
	struct gt_scan_program *program; /* those that hurt most come first */
	uint32_t n_program;
	uint32_t containers, services; /* of all kinds, also without Go */
	uint32_t go_containers, go_services;
	uint32_t processes;
	uint32_t unreadable; /* processes whose program we may not look at */
	uint32_t stuck;	     /* processes that kept us waiting, and are left out */
	uint32_t broken;     /* files that no parser could make sense of */
	uint32_t unknown;    /* containers whose program is not known: of bundles alone */
	uint32_t left_out;   /* bundles: too many, without a config.json, or with odd names */
	int64_t since_s;     /* the oldest OOM-killed unit runs since then; 0: none */
};

/*
 * Looks at all processes of M, or of the machine captured below M's sysroot. Fails only for this
 * process's own needs (-ENOMEM, no fork), or when there is no /proc. *RET is freed by gt_scan_done,
 * also on failure. Effects: reads; forks a parser and a child that opens files, anew for each few
 * hundred processes. Needs CAP_SYS_PTRACE for other users' processes: without it they are counted
 * as unreadable.
 */
GT_MUST_CHECK int gt_scan(struct gt_machine *m, struct gt_scan *ret, struct gt_err *e);
void gt_scan_done(struct gt_scan *s);

/*
 * The same of the bundles of M's containers alone: no process is looked at, and nothing outside of
 * M's root. A row for each, unless its program is none in Go and nothing would be set. What only a
 * process tells (how many Ps, harms, usage) is not known. Fails only for this process's own needs.
 * Effects: as gt_scan; forks a search for each bundle. After five that keep us waiting, the rest is
 * left out.
 */
GT_MUST_CHECK int gt_scan_bundles(struct gt_machine *m, struct gt_scan *ret, struct gt_err *e);

/* What hurts P of unit U: a bit each. Pure. */
unsigned gt_scan_harms(const struct gt_scan_program *p, const struct gt_scan_unit *u);
/* Would anything be set for P? Pure. */
bool gt_scan_sets_anything(const struct gt_scan_program *p);
/* Sorts the programs of S: by harm, then by how bad it is, then by name. */
void gt_scan_sort(struct gt_scan *s);
/* One or a few sentences for a ticket. Pure but for the buffer. */
void gt_scan_summary(const struct gt_scan *s, struct gt_buf *out);

#define GT_SCAN_SCHEMA "gotune.scan/1"
void gt_scan_json(const struct gt_scan *s, bool indent, struct gt_buf *out);
/* RFC 4180, with a header; a cell that a spreadsheet would take for a formula begins with an
 * apostrophe. */
void gt_scan_csv(const struct gt_scan *s, struct gt_buf *out);

/* ---- a capture ---- */

/* What a capture left out, for people. */
struct gt_capture_report {
	uint32_t processes, programs, bundles, files;
	uint32_t programs_left_out; /* files too large, or that cannot be read */
};

/*
 * Writes what gt_scan and gt_decide read of M into the fresh directory DIR: /proc and /sys of the
 * processes that are in a container or a service, the policy, config.json of containers, and of
 * each Go program the pages that tell what it is. What is copied is listed, key by key: of
 * environments our own variables, of command lines nothing. Effects: makes DIR, which must not
 * exist.
 */
GT_MUST_CHECK int gt_capture(struct gt_machine *m, const char *dir, struct gt_capture_report *ret,
			     struct gt_err *e);

#endif
