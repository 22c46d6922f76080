/* One way from a container to a decision, for all programs, and what is done with it. */
#ifndef GOTUNE_DECIDE_H
#define GOTUNE_DECIDE_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"
#include "gotune/sysctl.h"

/* What a decision starts from. */
struct gt_decide_in {
	const char *sysroot;	 /* NULL: this machine */
	const char *policy_file; /* NULL: /etc/gotune below sysroot */
	const char *profile;	 /* --profile of the hook's registration, or NULL */
	const char *stage;
	const char *bundle;	/* without a state: the bundle's directory */
	const char *id;		/* without a state: what to call it */
	const char *pid_file;	/* without a state: where the pid will stand, or NULL */
	bool future;		/* a runtime will start it as config.json says ... */
	const char *record_dir; /* ... and what was found out for it is kept here; or NULL */
	const int *config;	/* a descriptor of config.json, or NULL: the bundle's */
	int64_t pid;		/* without a state: 0 or a live process */
	const struct gt_strv *set_pairs; /* --set, or NULL */
};

/* A decision under way: owned by the caller, freed by gt_decide_done. */
struct gt_decision {
	struct gt_record *rec;
	struct gt_policy policy;
	struct gt_state *state;	  /* NULL without one */
	struct gt_bundle *bundle; /* NULL when config.json was not read */
	struct gt_worker parser, sysctl;
	int root;  /* sysroot descriptor */
	int pidfd; /* of the container's init: it is this process or none; -1: there is none */
	int cgroup[GT_CTL_COUNT]; /* its own cgroup's directories, -1: none */
};
#define GT_DECISION_NONE                                                                 \
	(struct gt_decision)                                                             \
	{                                                                                \
		.root = -1, .pidfd = -1, .cgroup = {-1, -1, -1}, .parser = {.sock = -1}, \
		.sysctl = {                                                              \
			.sock = -1                                                       \
		}                                                                        \
	}

/* Whose sysctls: the container's of D. */
static inline struct gt_sysctl_place gt_decision_place(const struct gt_decision *d)
{
	return (struct gt_sysctl_place){&d->rec->facts, d->root, d->pidfd};
}

/*
 * STATE_DOC may be NULL (explain). Never fails for what a container brought along: that is in
 * rec->facts.trouble and rec->message. Fails only for this process's own needs (-ENOMEM, no fork).
 */
GT_MUST_CHECK int gt_decide(const struct gt_decide_in *in, const char *state_doc, size_t state_len,
			    struct gt_decision *ret, struct gt_err *e);
void gt_decide_done(struct gt_decision *d);

/*
 * Applies the plan of D to the live container and fills rec->outcome. RECORD_DIR is a directory
 * descriptor or -1: the process that waits for the program's exec writes the record again when it
 * runs. 0, or the first -errno with a message.
 */
GT_MUST_CHECK int gt_carry_live(struct gt_decision *d, int record_dir, struct gt_err *e);

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

/* ---- a container that does not run yet ---- */

/*
 * Decides for the container that DOC describes and makes the edited document. IN: stage, bundle and
 * id. *RET is empty when nothing is to be changed (audit, off, nothing to set). *RET_D is the
 * decision, freed by the caller with gt_decide_done also on failure. 0 or -errno with a message:
 * then *RET is empty.
 */
GT_MUST_CHECK int gt_edit_document(const struct gt_decide_in *in, const char *doc, size_t len,
				   struct gt_buf *ret, struct gt_decision *ret_d, struct gt_err *e);

/* A bundle that a runtime is about to start. */
struct gt_edit_bundle {
	const char *dir, *id; /* id may be NULL */
	const char *pid_file; /* where the runtime will write the pid, or NULL */
	bool foreground;      /* the runtime, which this process becomes, lives as long */
};

/*
 * The same for that bundle: config.json is replaced atomically, with its owner and mode. Records in
 * the default directory and logs. 0, or -errno with a message: config.json is then as it was.
 */
GT_MUST_CHECK int gt_edit_bundle(const struct gt_edit_bundle *b, struct gt_err *e);

/*
 * FILE is the document of `exec --process` for the running container ID: what its record says was
 * given to the container's program is given to this process, too, unless it has values of its own.
 * FILE is replaced atomically, with its owner and mode. 0, also without a record; or -errno with a
 * message: then FILE is as it was.
 */
GT_MUST_CHECK int gt_edit_process(const char *file, const char *id, struct gt_err *e);

#endif
