/*
 * One way from a container to a decision, for all programs: gather, select, inspect the host, plan;
 * and what is done with a decision: it is carried out, and kept.
 */
#ifndef GOTUNE_DECIDE_H
#define GOTUNE_DECIDE_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"

/*
 * The machine that decisions are made on. A program opens it once; the policy and the directory of
 * records are opened when they are first needed, and once. Freed by gt_machine_done.
 */
struct gt_machine {
	/* In. */
	const char *sysroot;	 /* NULL: this machine */
	const char *policy_file; /* NULL: those in GT_CONFIG_DIR below sysroot */
	const char *record_dir;	 /* NULL: the default one of this user */
	/* Ours. */
	int root;	 /* a root descriptor */
	const char *off; /* why nothing may be tuned (gt_disabled), or NULL */
	bool has_policy;
	struct gt_policy policy;
	int records; /* a descriptor; -1: not open, -2: cannot be opened */
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
};
struct gt_source {
	enum gt_source_kind kind;
	const char *doc;
	size_t len;
	const char *bundle;
	const char *id;	      /* what to call it, or NULL; a state has its own */
	const char *pid_file; /* DOCUMENT: where a runtime will write its pid, or NULL */
	int64_t pid;
};

/* What a decision starts from. */
struct gt_ask {
	struct gt_machine *machine;
	const char *stage;
	const char *profile;		 /* --profile of the hook's registration, or NULL */
	const struct gt_strv *set_pairs; /* --set, or NULL */
	struct gt_source from;
};

/* A decision under way: owned by the caller, freed by gt_decide_done. */
struct gt_decision {
	struct gt_machine *machine; /* not ours */
	struct gt_record *rec;	    /* in MEM: most of it is never touched */
	struct gt_pages mem;
	struct gt_state *state;	  /* NULL without one */
	struct gt_bundle *bundle; /* NULL when config.json was not read */
	struct gt_selection sel;
	struct gt_worker parser, sysctl;
	int config; /* DOCUMENT: a descriptor of it, for the worker; or -1 */
	int pidfd;  /* of the container's init: it is this process or none; -1: none */
	int cgroup[GT_CTL_COUNT]; /* its own cgroup's directories, -1: none */
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

/* ---- carrying a decision out ---- */

/*
 * Applies the plan of D to the live container and fills rec->outcome. The process that waits for
 * the program's exec writes the record again when it runs. 0, or the first -errno with a message.
 */
GT_MUST_CHECK int gt_carry_live(struct gt_decision *d, struct gt_err *e);

/*
 * The plan of D spliced into the DOCUMENT that it was made for. *RET is empty when nothing is to be
 * changed (audit, off, nothing to set). 0 or -errno with a message: then *RET is empty.
 */
GT_MUST_CHECK int gt_carry_document(struct gt_decision *d, const char *doc, size_t len,
				    struct gt_buf *ret, struct gt_err *e);

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

#endif
