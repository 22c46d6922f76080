/*
 * One way from a container to a decision, for all programs: gather, select, inspect the host, plan;
 * and what is done with a decision: it is carried out, and kept.
 */
#ifndef GOTUNE_DECIDE_H
#define GOTUNE_DECIDE_H

#include <time.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"

struct gt_cg_places; /* gotune/inspect.h */

/*
 * The machine that decisions are made on. A program opens it once; the policy and the directory of
 * records are opened when they are first needed, and once. Freed by gt_machine_done.
 */
struct gt_machine {
	/* In. */
	const char *sysroot;	 /* NULL: this machine */
	const char *policy_file; /* NULL: those in GT_CONFIG_DIR below sysroot */
	const char *record_dir;	 /* NULL: the default one of this user */
	const char *state_dir;	 /* NULL: GT_LESSONS_DIR below sysroot */
	bool only_looks;	 /* nothing is written, not even the policy's compiled form */
	/* Ours. */
	int root;	 /* a root descriptor */
	const char *off; /* why nothing may be tuned (gt_disabled), or NULL */
	bool has_policy;
	bool policy_lent; /* somebody else frees it: see gt_machine_lend_policy */
	struct gt_policy policy;
	int records; /* a descriptor; -1: not open, -2: cannot be opened */
	bool made;   /* what was missing of it has been made */
	struct gt_err why_no_records;
};
#define GT_MACHINE_NONE                    \
	(struct gt_machine)                \
	{                                  \
		.root = -1, .records = -1, \
	}

/* Opens the root and asks the kill switch. On failure M->off says why nothing may be tuned. */
int gt_machine_open(struct gt_machine *m, struct gt_err *e);

/* Reads the policy, if that was not done yet. -ENOMEM, or what opening the root gave. */
GT_MUST_CHECK int gt_machine_policy(struct gt_machine *m, struct gt_err *e);

/* P, which must outlive M, is the policy: none is read. */
void gt_machine_lend_policy(struct gt_machine *m, const struct gt_policy *p);

/*
 * The directory of records, which stays M's: a descriptor, or -errno with the reason in
 * M->why_no_records (-ENXIO: this user has none). CREATE makes what is missing.
 */
int gt_machine_records(struct gt_machine *m, bool create);
void gt_machine_done(struct gt_machine *m);

/* What is known of a container at first. Says what its members mean, and which are used. */
enum gt_source_kind {
	GT_SOURCE_STATE,     /* doc: the OCI state of a container that has a process */
	GT_SOURCE_DIRECTORY, /* bundle: its directory; the container does not run */
	GT_SOURCE_DOCUMENT,  /* doc: config.json, which a runtime will follow; bundle: its directory
			      */
	GT_SOURCE_PID,	     /* bundle, and pid: a live process with its limits */
	GT_SOURCE_TYPED,     /* typed: the container is about to be created; root: its files */
	/*
	 * bundle: its directory below the machine's root; has_mounts. Nothing outside of that root
	 * is looked at, and no process: what only one could tell is not known.
	 */
	GT_SOURCE_BELOW,
};
/* The files of a container whose root is not mounted yet. */
struct gt_typed_root {
	struct gt_list dirs;	       /* of its layers, the uppermost first; none: not known */
	bool user_attrs, sees_trusted; /* as in gt_layers */
};

struct gt_source {
	enum gt_source_kind kind;
	const char *doc;
	size_t len;
	const char *bundle;
	const char *id;	      /* what to call it, or NULL; a state has its own */
	const char *pid_file; /* DOCUMENT: where a runtime will write its pid, or NULL */
	int64_t pid;
	/*
	 * TYPED: all that is known. STATE: what the engine tells beside its documents, or NULL:
	 * annotations and labels come from here, and config.json's facts where there is no such
	 * file.
	 */
	const struct gt_typed *typed;
	const struct gt_typed_root *root; /* TYPED alone */
	bool has_mounts; /* BELOW alone: what is mounted is in the root directory, as a capture has
			    it */
};

/* What a decision starts from. */
struct gt_ask {
	struct gt_machine *machine;
	const char *stage;
	const char *profile;		 /* --profile of the hook's registration, or NULL */
	const struct gt_strv *set_pairs; /* --set, or NULL */
	struct gt_source from;
};

/* Whose program a decision is about. */
enum gt_program_when {
	GT_PROGRAM_LOOKED_UP, /* looked for in the container's files, as far as that is certain */
	GT_PROGRAM_AT_EXEC,   /* we trace the init: known when it is executed */
};

/* A decision under way: owned by the caller, freed by gt_decide_done. */
struct gt_decision {
	struct gt_machine *machine; /* not ours */
	struct gt_record *rec;	    /* in MEM: most of it is never touched */
	struct gt_pages mem;
	struct gt_pages lessons;  /* gt_lessons_read; none unless the policy asks for them */
	struct gt_state *state;	  /* NULL without one */
	struct gt_bundle *bundle; /* NULL when config.json was not read */
	struct gt_selection sel;
	enum gt_program_when when;
	struct gt_worker parser, sysctl;
	const struct gt_source *from; /* the caller's, as long as it decides */
	int config;		      /* DOCUMENT: a descriptor of it, for the worker; or -1 */
	int pidfd; /* of the container's init: it is this process or none; -1: none */
	int cgroup[GT_CTL_COUNT]; /* its own cgroup's directories, -1: none */
	struct gt_err why_no_state;
	struct timespec now, begin;
	uint64_t cgroup_place; /* AT_EXEC: stands for the init's place in all hierarchies */
	int64_t *images_ms;    /* left for looking at images, of many decisions; NULL: no bound */
};
#define GT_DECISION_NONE                                                                   \
	(struct gt_decision)                                                               \
	{                                                                                  \
		.config = -1, .pidfd = -1, .cgroup = {-1, -1, -1}, .parser = {.sock = -1}, \
		.sysctl = {                                                                \
			.sock = -1                                                         \
		}                                                                          \
	}

/*
 * Decides. Never fails for what a container brought along: that is in rec->facts.trouble and
 * rec->message. Fails only for this process's own needs (-ENOMEM, no fork) and for a DOCUMENT that
 * is too large (-EFBIG). *RET is freed by the caller, also on failure.
 */
GT_MUST_CHECK int gt_decide(const struct gt_ask *ask, struct gt_decision *ret, struct gt_err *e);
void gt_decide_done(struct gt_decision *d);

/*
 * The prestart stage, from an OCI state (ASK's source) to the program's exec: applies, records and
 * logs. Runs in a child that goes on when the runtime does: see gt_background_run. What it returns,
 * or releases its parent with, is 0, or 1 when something failed and the policy wants the container
 * to fail, too.
 */
int gt_decide_live(struct gt_background *b, const struct gt_ask *ask);

/* Sees to it that D has a parser: another one when the one before was lost. 0 or -errno. */
GT_MUST_CHECK int gt_decide_parser(struct gt_decision *d, struct gt_err *e);

/* The OCI state alone, parsed in a worker of its own. -EINVAL, -EPIPE, ... with a message. */
GT_MUST_CHECK int gt_decide_state(const char *doc, size_t len, struct gt_state *ret,
				  struct gt_err *e);

/*
 * What PROG is, without a container: a file of this machine (ROOTFS_DIR NULL), or a program inside
 * ROOTFS_DIR, found as execvp there would. What is wrong with the file, or that it took longer than
 * GT_SEARCH_MS, is in ret->note; fails only for this process's own needs, or when PROG or
 * ROOTFS_DIR cannot be opened.
 */
GT_MUST_CHECK int gt_decide_program(const char *rootfs_dir, const char *prog,
				    struct gt_program *ret, struct gt_err *e);

/* ---- processes that run already ---- */

/* What a scan has found out about one. */
struct gt_running {
	int64_t pid;
	const char *id;	       /* what to call its container, or its service */
	const char *bundle;    /* its directory below the machine's root; NULL: none that we know */
	enum gt_engine engine; /* as far as that is known without the bundle */
	const struct gt_program *program;
	const struct gt_env_var *var; /* GT_VAR_COUNT of them: what it has now */
	/* As in gt_cgroup_facts. */
	enum gt_tri go125_sees, go126_sees;
	bool go125_other, go126_other;
};

/* Decisions about many of them, one after the other: what all share is read once. */
struct gt_survey {
	struct gt_decision d; /* its record is the one of the process that was asked for last */
	struct gt_cg_places *places; /* where that process is */
	struct gt_host_facts *host;
	char *mounts;
	int64_t images_ms; /* left for looking at images */
};

/* Reads M's policy and what the host is. 0 or -errno; *RET is freed by gt_survey_done, also on
 * failure. */
GT_MUST_CHECK int gt_survey_begin(struct gt_machine *m, struct gt_survey *ret, struct gt_err *e);
void gt_survey_done(struct gt_survey *s);

/*
 * What would be decided for the process RUNNING, were it started now: s->d.rec is filled, as
 * gt_decide fills it. A container's sysctls are not looked at: they would need a process in its
 * namespaces. Never fails for what the process brought along.
 */
GT_MUST_CHECK int gt_survey_decide(struct gt_survey *s, const struct gt_running *running,
				   struct gt_err *e);

/*
 * What would be decided for the bundle FROM (BELOW), were its container started now: s->d.rec is
 * filled, as gt_decide fills it. Never fails for what the bundle is.
 */
GT_MUST_CHECK int gt_survey_bundle(struct gt_survey *s, const struct gt_source *from,
				   struct gt_err *e);

/*
 * Decides again from the facts of R (gt_record_replay_parse) under M's policy: fills r->rec.plan,
 * and what became of the rows that are decided as they were. Reads the policy; looks at nothing
 * else.
 */
GT_MUST_CHECK int gt_decide_replay(struct gt_machine *m, struct gt_replay *r, struct gt_err *e);

/* ---- carrying a decision out ---- */

/*
 * Applies the plan of D to the live container and fills rec->outcome, as far as that does not wait
 * for the program's exec. 0, or the first -errno with a message.
 */
GT_MUST_CHECK int gt_carry_live(struct gt_decision *d, struct gt_err *e);

/* A variable that a container is to get in addition. */
struct gt_adjustment {
	const char *name, *value; /* the decision's */
};

/*
 * What of the plan of D, which was made of a TYPED source, an engine can be asked to add:
 * variables, where the program is certain and where the container has none of that name. At most
 * GT_VAR_COUNT in RET; returns how many. ENV_ONLY: nobody will decide when the container starts,
 * and the plan's other rows say so; else all of them wait for that, and say so. Fills rec->outcome.
 * Pure.
 */
unsigned gt_carry_typed(struct gt_decision *d, bool env_only,
			struct gt_adjustment ret[GT_VAR_COUNT]);

/* How a program was called, beside its machine: our hook in config.json is called likewise. */
struct gt_hook_options {
	const char *profile, *log; /* --profile, --log; NULL: not given */
};

/*
 * The plan of D spliced into the DOCUMENT that it was made for. If anything of the plan is to be
 * decided when the program is executed, our own hook is added to it, unless it is there; without a
 * hook of ours on this machine the plan then says GT_R_PROGRAM_UNKNOWN, and the record has a
 * message. *RET is empty when nothing is to be changed (off, nothing to set). 0 or -errno with a
 * message: then *RET is empty. Effects: the worker; looks for our hook's file.
 */
GT_MUST_CHECK int gt_carry_document(struct gt_decision *d, const char *doc, size_t len,
				    const struct gt_hook_options *options, struct gt_buf *ret,
				    struct gt_err *e);

/*
 * FILE is the document of `exec --process` for the running container ID: what its record says was
 * given to the container's program is given to this process too, unless it has values of its own.
 * FILE is replaced atomically, with its owner and mode. 0, also without a record; or -errno with a
 * message: then FILE is as it was.
 */
GT_MUST_CHECK int gt_carry_process(struct gt_machine *m, const char *file, const char *id,
				   struct gt_err *e);

/* ---- keeping it ---- */

/* What every log line calls the container. */
const char *gt_decision_name(const struct gt_decision *d);

/* One log line: what was decided. Nothing where there is no decision. */
void gt_log_decision(const struct gt_decision *d);

/* Logs each broken policy file, and what was wrong with the container's documents. */
void gt_log_faults(const struct gt_decision *d);

/*
 * Saves the record of D, which was carried out with RESULT (0, or -errno with WHY), and counts.
 * Failures are logged and change nothing else. A container that does not run yet and whose id is
 * not known has no record.
 */
void gt_keep(struct gt_decision *d, int result, const struct gt_err *why);

/* Drops the record of ID. What fails is logged. */
void gt_forget(struct gt_machine *m, const char *id);

#endif
