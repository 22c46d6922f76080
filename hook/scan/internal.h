/*
 * What the files of scan/ share.
 */
#ifndef GOTUNE_SCAN_INTERNAL_H
#define GOTUNE_SCAN_INTERNAL_H

#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"
#include "gotune/scan.h"

/* ---- processes (processes.c) ---- */

struct gt_scan_process {
	int64_t pid;
	size_t cgroup; /* where its path is in the list's text */
	uint32_t unit; /* index, or GT_SCAN_NO_UNIT */
};
#define GT_SCAN_NO_UNIT UINT32_MAX

/* All processes but the kernel's, sorted by unit and number; units in the order of their paths. */
struct gt_scan_list {
	struct gt_scan_process *process;
	uint32_t n, cap;
	struct gt_buf text; /* of the cgroups' paths */
	struct gt_scan_unit *unit;
	uint32_t n_unit, cap_unit;
};

/* 0, -ENOMEM, or why there is no /proc. */
GT_MUST_CHECK int gt_scan_list_processes(int root, struct gt_scan_list *ret, struct gt_err *e);
void gt_scan_list_done(struct gt_scan_list *l);

/* "proc/PID/NAME"; all of it fits. */
#define GT_SCAN_PATH 96
void gt_scan_proc_path(char ret[GT_SCAN_PATH], int64_t pid, const char *name);

/* ARRAY, of elements of EACH bytes, with room for one more than N; NULL: no memory, and it is as it
 * was. */
GT_MUST_CHECK void *gt_scan_grow(void *array, size_t each, uint32_t n, uint32_t *cap);

/* ---- their programs and environments (look.c, look_child.c) ---- */

/* A file that a process runs, whatever its path. */
struct gt_scan_file {
	uint64_t dev, ino, mtime_ns, size;
	struct gt_program program;
};

enum gt_look_state {
	GT_LOOK_NOT, /* not looked at */
	GT_LOOK_GONE,
	GT_LOOK_DENIED,
	GT_LOOK_OTHER, /* no Go program */
	GT_LOOK_GO,
	GT_LOOK_AGAIN, /* the program of another process of its unit */
	GT_LOOK_STATE_COUNT,
};

/* What was seen of one process. */
struct gt_scan_seen {
	enum gt_look_state state;
	uint32_t file; /* of GO and AGAIN: index of all files, those new in this answer last */
	bool env_known;
	struct gt_env_var var[GT_VAR_COUNT];
	enum gt_tri go125_sees, go126_sees;
	bool go125_other, go126_other;
};

#define GT_SCAN_BATCH 64u
struct gt_scan_answer {
	uint32_t at;	/* processes that are done: the child is at this one */
	uint32_t n_new; /* files */
	bool parser_lost;
	struct gt_scan_file file[GT_SCAN_BATCH];
	struct gt_scan_seen seen[GT_SCAN_BATCH];
};

/* What the child of a batch is asked; it has a copy. */
struct gt_scan_batch {
	const char *sysroot; /* NULL: this machine; else proc/PID/exe is a name below proc/PID/root
			      */
	int root;	     /* the child's own: of our descriptors it has one */
	const char *mounts;  /* of gt_cg_mounts, or NULL */
	const struct gt_scan_process *process;
	uint32_t n;
	const struct gt_scan_file *file; /* those that are known */
	uint32_t n_file;
	const struct gt_worker *parser;
};

/* Runs in the child: fills RET, a struct gt_scan_answer. */
void gt_scan_look_batch(void *batch, int parser, void *ret);

enum { GT_SCAN_JOB_PROGRAM, GT_SCAN_JOB_BUNDLE_OF, GT_SCAN_JOB_FILTER, GT_SCAN_JOB_COUNT };
extern const struct gt_job gt_scan_jobs[GT_SCAN_JOB_COUNT];
/* Sees to it that W, which answers gt_scan_jobs, has time for a question. 0, or no fork. */
GT_MUST_CHECK int gt_scan_renew_parser(struct gt_worker *w, struct gt_err *e);

/* GT_SCAN_JOB_FILTER's answer: config.json as a capture has it. IN: the program's path. */
struct gt_capture_config {
	GT_ARENA(128u << 10) arena;
};

/* Called once a process, in order. Below 0 ends the look and is returned. */
typedef int gt_scan_seen_fn(void *ctx, const struct gt_scan_process *p,
			    const struct gt_scan_seen *seen, const struct gt_program *program,
			    struct gt_err *e);

/*
 * Looks at all processes of L that are in a unit. PROGRAM is NULL unless they run one in Go. Counts
 * what could not be looked at in COUNT. 0, -ENOMEM, no fork, or what FN returned.
 */
GT_MUST_CHECK int gt_scan_look(const struct gt_machine *m, const struct gt_scan_list *l,
			       gt_scan_seen_fn *fn, void *ctx, struct gt_scan *count,
			       struct gt_err *e);

/* ---- from a decision to a row (take.c) ---- */

/* The settings that R considered, by whose word, and what is wrong with the container's documents.
 * 0 or -ENOMEM. */
GT_MUST_CHECK int gt_scan_take_plan(const struct gt_record *r, struct gt_scan_program *p);
/* VAR, of GT_VAR_COUNT; not KNOWN: nobody knows. 0 or -ENOMEM. */
GT_MUST_CHECK int gt_scan_take_env(const struct gt_env_var *var, bool known,
				   struct gt_scan_program *p);
void gt_scan_program_done(struct gt_scan_program *p);
/* *TO is a copy of TEXT, if it was NULL and TEXT is not "". 0 or -ENOMEM. */
GT_MUST_CHECK int gt_scan_keep_text(char **to, const char *text);

/* ---- one unit (usage.c, bundle.c) ---- */

/* What the cgroup of U, in which PID is, has used. Reads files of cgroups and proc. */
void gt_scan_usage(int root, const struct gt_cg_places *places, int64_t pid,
		   struct gt_scan_unit *u);

/*
 * Where the bundle of container ID is, as a path below ROOT: by its engine's ways, or by what its
 * runtime has written down, which PARSER reads. False: not known.
 */
bool gt_scan_find_bundle(int root, struct gt_worker *parser, const char *id, bool captured,
			 char ret[GT_PATH_CAP]);

#define GT_SCAN_BUNDLES_MAX 16384u /* of a machine; more are left out */
struct gt_scan_bundle {
	char *path; /* below the root */
	char *id;
	uint64_t dev, ino; /* of its config.json: two paths may lead there */
	bool captured;	   /* a capture of ours has it */
};
struct gt_scan_bundles {
	struct gt_scan_bundle *bundle; /* by id, then by path */
	uint32_t n, cap;
	uint32_t left_out; /* too many, without a config.json, or with names that no engine gives */
};
/*
 * All bundles below ROOT, each once: where engines and captures have them, and those that runtimes
 * have written down. 0, -ENOMEM, or no fork. Effects: lists directories; PARSER reads state.
 */
GT_MUST_CHECK int gt_scan_list_bundles(int root, struct gt_worker *parser,
				       struct gt_scan_bundles *ret, struct gt_err *e);
void gt_scan_bundles_done(struct gt_scan_bundles *b);

/* The bundle that TEXT names: runc's state.json (config/labels, "bundle=DIR") or crun's status
 * (bundle). -EINVAL, -ENOENT. Pure. */
GT_MUST_CHECK int gt_scan_bundle_of(const char *text, size_t len, char ret[GT_PATH_CAP]);

#endif
