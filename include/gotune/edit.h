/*
 * Puts a plan into a document, config.json or the process file of `exec --process`, and replaces
 * the file with it.
 */
#ifndef GOTUNE_EDIT_H
#define GOTUNE_EDIT_H

#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"

/*
 * Where in a document a plan's wishes belong: only offsets, and what is there now. Two readers that
 * share no code fill it, one in the sandboxed worker and one in the process that edits, and we edit
 * a document only if they agree. It has no padding, so that it can be compared as bytes.
 */
#define GT_PLACES_NODES_MAX    (20 + GT_SYSCTL_MAX)
#define GT_PLACES_ELEMENTS_MAX 64
struct gt_node_place { /* of an object, an array or a value that the plan names */
	uint32_t present, null, has_children; /* 0 or 1 */
	uint32_t begin, end;		      /* of the value */
	uint32_t inside, last_end;	      /* after the opening bracket; after the last child */
};
enum gt_element_is { GT_ELEMENT_OTHER, GT_ELEMENT_AS_BEFORE, GT_ELEMENT_AS_WANTED };
struct gt_element {    /* of an array */
	uint32_t what; /* which variable of the plan (0, 1, ...), or GT_ELEMENT_SOFT, ... */
	uint32_t is;   /* of a variable: enum gt_element_is */
	uint32_t begin, end;
	uint64_t number; /* of a limit */
};
#define GT_ELEMENT_SOFT 100
#define GT_ELEMENT_HARD 101
#define GT_ELEMENT_HOOK 102 /* an entry of hooks.prestart or hooks.createRuntime that is ours */
struct gt_places {
	uint32_t n_node, n_element;
	struct gt_node_place node[GT_PLACES_NODES_MAX];
	struct gt_element element[GT_PLACES_ELEMENTS_MAX]; /* in the document's order */
};

/*
 * Where PLAN's wishes belong in config.json (WHOLE) or in the process document of `exec --process`:
 * env, rlimits, linux.sysctl, linux.resources, and hooks for a plan that awaits the exec
 * (gt_plan_awaits_exec). Runs in the sandboxed worker. RET is zero before.
 * -EINVAL (not JSON), -EBADMSG (duplicate or case-variant keys on a path that we edit), -E2BIG,
 * -ENOMEM.
 */
GT_MUST_CHECK int gt_edit_places(const char *doc, size_t len, bool whole,
				 const struct gt_plan *plan, struct gt_places *ret,
				 struct gt_err *e);

/* Our own hook, as an entry of hooks.createRuntime. It gets no environment. */
#define GT_EDIT_HOOK_ARGS_MAX 12
struct gt_edit_hook {
	const char *path;
	const char *args[GT_EDIT_HOOK_ARGS_MAX]; /* NULL ends them */
	uint32_t timeout_s;
};

/* What is to be put into a document. */
struct gt_edit {
	bool whole; /* config.json; otherwise the process document of `exec --process` */
	const struct gt_plan *plan;
	/* For a plan that awaits the exec, in any mode: added behind the other createRuntime hooks,
	 * unless the document has a hook of ours. NULL: none. */
	const struct gt_edit_hook *hook;
};

/*
 * Puts EDIT into DOC, in a fresh buffer; *RET stays empty if nothing changes. Every byte comes from
 * DOC or from EDIT. TOLD is what gt_edit_places answered, in a process that may have been taken
 * over: this scans DOC again, and both must agree on every offset (else -EBADMSG). It replaces only
 * what the plan says was there (`before`, a lower limit, null or ""), and leaves out a setting that
 * finds something else. Fills OUTCOME for the rows to be set. Other errors as gt_edit_places.
 */
GT_MUST_CHECK int gt_edit_splice(const char *doc, size_t len, const struct gt_edit *edit,
				 const struct gt_places *told, struct gt_buf *ret,
				 struct gt_outcome outcome[GT_SETTINGS_MAX], struct gt_err *e);

/* The variables that a container's program got, for a process that starts beside it. */
struct gt_exec_wants {
	uint32_t n;
	struct gt_barrier_env env[GT_VAR_COUNT];
};
bool gt_exec_wants_valid(const struct gt_exec_wants *w);

/* WANTS as a plan for the process document: see gt_edit_places. Pure. */
void gt_edit_exec_plan(const struct gt_exec_wants *wants, struct gt_plan *ret);

/* ---- the file ---- */

/* A file that we edit as a whole. */
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
 * Opens and reads PATH, at most GT_CONFIG_MAX bytes. Refuses what is not a regular file: -ELOOP for
 * a symbolic link, -ENXIO for a pipe, ...; the message does not name PATH. Free *ret with
 * gt_edit_file_done.
 */
GT_MUST_CHECK int gt_edit_file_open(const char *path, struct gt_edit_file *ret, struct gt_err *e);

/* Replaces it atomically, with its owner and mode. On failure it is as it was. */
GT_MUST_CHECK int gt_edit_file_replace(const struct gt_edit_file *f, const char *text, size_t len,
				       struct gt_err *e);
void gt_edit_file_done(struct gt_edit_file *f);

#endif
