/* Parses the command line of an OCI runtime, and finds the real one. */
#ifndef GOTUNE_RUNTIME_H
#define GOTUNE_RUNTIME_H

#include "gotune/base.h"
#include "gotune/model.h"

/* ---- the command line ---- */

/* What gotune-runtime must understand of a command line: pointers into argv; NULL: not given. */
struct gt_runtime_argv {
	const char *verb;     /* "create", "run", "exec", ... */
	const char *bundle;   /* --bundle or -b of create and run */
	const char *pid_file; /* --pid-file of create and run */
	const char *config;   /* crun's --config or -f of create and run: not config.json */
	const char *process;  /* --process or -p of exec */
	const char *id;	      /* the container's: the first argument after the verb's options */
	bool limits;	      /* update: of CPUs or memory, or of what only standard input says */
	bool force;	      /* delete --force */
	bool detach;	      /* run --detach: the runtime ends before the container */
};

/*
 * Never fails: the real runtime gets what we do not understand as it is. Forms: `--flag value`,
 * `--flag=value`, `-b value`, flags before and after the verb; for runc also long names after one
 * dash. Source: the usage of runc 1.3 and crun 1.28.
 */
void gt_runtime_argv_parse(int argc, char *const *argv, struct gt_runtime_argv *ret);

/* ---- the real runtime ---- */

/* Where a runtime's name is looked for, each ending in '/'; "" stands for absolute names. */
extern const char *const gt_runtime_dirs[];
extern const unsigned gt_n_runtime_dirs;

/*
 * Finds the path of the real runtime: FORCED (GOTUNE_RUNTIME, absolute; NULL or "": not given),
 * else the first of P's `runtimes` (NULL: no policy, the built-in names) that exists, as an
 * absolute path or in a fixed list of directories. Never this program itself, whatever its name. 0,
 * or -ENOENT with a message that says what to do.
 */
GT_MUST_CHECK int gt_runtime_find(const char *forced, const struct gt_policy *p, char *ret,
				  size_t cap, struct gt_err *e);

#endif
