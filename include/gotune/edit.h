/*
 * L4 main. A plan for a container that does not run yet, spliced into its config.json; and the same
 * variables for a process that is started beside it.
 */
#ifndef GOTUNE_EDIT_H
#define GOTUNE_EDIT_H

#include <sys/stat.h>

#include "gotune/decide.h"
#include "gotune/err.h"
#include "gotune/str.h"

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

/* A file that is edited as a whole. */
struct gt_edit_file {
	int dir, fd;
	char name[256];
	struct stat st;
	char *text; /* owned, NUL-terminated */
	size_t len;
};
#define GT_EDIT_FILE_NONE            \
	(struct gt_edit_file)        \
	{                            \
		.dir = -1, .fd = -1, \
	}

/*
 * Opens and reads PATH, at most GT_CONFIG_MAX bytes. Refuses what is no regular file: -ELOOP for a
 * symbolic link, -ENXIO for a pipe, ...; the message does not name PATH. Freed by the caller with
 * gt_edit_file_done.
 */
GT_MUST_CHECK int gt_edit_file_open(const char *path, struct gt_edit_file *ret, struct gt_err *e);

/* Replaces it atomically, with its owner and mode. On failure it is as it was. */
GT_MUST_CHECK int gt_edit_file_replace(const struct gt_edit_file *f, const char *text, size_t len,
				       struct gt_err *e);
void gt_edit_file_done(struct gt_edit_file *f);

#endif
