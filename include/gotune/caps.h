/*
 * L3 priv. The phases a process goes through, and what each may still do: one table, with a
 * reason for every capability and every system call.
 */
#ifndef GOTUNE_CAPS_H
#define GOTUNE_CAPS_H

#include "gotune/base.h"
#include "gotune/err.h"

enum gt_phase {
	GT_PHASE_PARSE,	 /* the worker that parses hostile bytes */
	GT_PHASE_SYSCTL, /* the worker inside the container's net and IPC namespaces */
	GT_PHASE_TRACER, /* the process that waits at the exec barrier */
	GT_PHASE_COUNT,
};

/* A row of the table, for `gotune doctor` and the tests. */
struct gt_phase_cap {
	enum gt_phase phase;
	int cap; /* CAP_... */
	const char *why;
};
extern const struct gt_phase_cap gt_phase_caps[];
extern const unsigned gt_n_phase_caps;

/*
 * Enters PHASE for good: capabilities that the table does not list are dropped from every set,
 * no_new_privs, rlimits, then the seccomp filter (parse and sysctl; the tracer has none, since the
 * kernel denies PTRACE_O_SUSPEND_SECCOMP to a filtered tracer). Should: be called by a
 * single-threaded child right after fork. Mustn't: open, exec or fork afterwards.
 */
GT_MUST_CHECK int gt_phase_enter(enum gt_phase phase, struct gt_err *e);

#endif
