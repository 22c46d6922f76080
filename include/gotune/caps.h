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
	GT_PHASE_FIND,	 /* the child that opens a container's files */
	GT_PHASE_SYSCTL, /* the worker inside the container's net and IPC namespaces */
	GT_PHASE_TRACER, /* the process that waits at the exec barrier */
	GT_PHASE_STACK,	 /* its child, which reads the first stack of the program */
	GT_PHASE_COUNT,
};

/* A row of the table, for `gotune doctor` and the tests. */
struct gt_phase_cap {
	enum gt_phase phase;
	int cap; /* CAP_... */
	const char *name, *why;
};
extern const struct gt_phase_cap gt_phase_caps[];
extern const unsigned gt_n_phase_caps;

/* A system call that a phase may make; a call may have several rows. */
struct gt_phase_call {
	enum gt_phase phase;
	int nr; /* __NR_... */
	const char *name, *why;
	bool has_arg; /* only where argument ARG, of which the bits in MASK count, has VALUE */
	unsigned arg;
	uint64_t mask, value;
};
extern const struct gt_phase_call gt_phase_calls[];
extern const unsigned gt_n_phase_calls;

/*
 * Enters PHASE for good: capabilities that the table does not list are dropped from every set,
 * no_new_privs, not dumpable, resource limits (not the tracer), then the filter of system calls:
 * see gt_filter_load. Should: be called by a single-threaded child right after fork. Mustn't: open,
 * exec or fork afterwards, but for what the tables list. Returns 0 or -errno: the caller must then
 * not go on.
 */
GT_MUST_CHECK int gt_phase_enter(enum gt_phase phase, struct gt_err *e);

#endif
