/*
 * A program that was just exec'd, under the eyes of the tracer that it stopped for.
 */
#ifndef GOTUNE_DECIDE_NEWCOMER_H
#define GOTUNE_DECIDE_NEWCOMER_H

#include "gotune/decide.h"
#include "jobs.h"

/* One exec under way. */
struct gt_arrival {
	int64_t pid;
	int fd;			 /* of its file; -1: it cannot be opened */
	struct gt_exec_ask *ask; /* with its stack behind; on the heap */
	struct gt_stack stack;
	int stack_error; /* 0, or why STACK is empty */
	struct gt_newcomer is;
	bool ours[GT_VAR_COUNT]; /* it has the value that we gave to whoever started it */
};

/*
 * Copies the stack of PID, which is stopped at its exec, opens its file by /proc/PID/exe, and has
 * D's parser look at both. What cannot be read is told by A->is and A->stack_error. -ENOMEM. A is
 * freed by gt_arrival_done, also on failure. The caller closes A->fd, when the program may wait.
 */
GT_MUST_CHECK int gt_arrival_look(struct gt_decision *d, int64_t pid, struct gt_arrival *a);

/* Asks D's parser JOB about A, for as long as the policy lets an exec wait. */
GT_MUST_CHECK int gt_arrival_ask(struct gt_decision *d, const struct gt_arrival *a,
				 enum gt_parse_job job, void *ret);
void gt_arrival_done(struct gt_arrival *a);

#endif
