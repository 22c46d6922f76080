/*
 * L3 priv. Work that may take for ever, done beside its parent: it has a time, and then it is over.
 */
#ifndef GOTUNE_ASIDE_H
#define GOTUNE_ASIDE_H

#include "gotune/caps.h"
#include "gotune/pages.h"

/*
 * What is done: fills RET, which was zero. Runs in the child; KEPT is the descriptor that it has,
 * or -1.
 */
typedef void (*gt_aside_fn)(void *ctx, int kept, void *ret);

struct gt_aside {
	pid_t pid;	     /* 0: there is none */
	int64_t until_ms;    /* by gt_wire_now_ms */
	struct gt_pages ret; /* shared with the child: to be read when it has ended well */
};

/*
 * Forks a child that enters PHASE, calls FN(CTX) and ends; it is given TIMEOUT_MS from now on. Of
 * our descriptors it keeps KEEP alone (-1: none). 0, or -errno: no memory, no fork.
 */
GT_MUST_CHECK int gt_aside_start(struct gt_aside *ret, enum gt_phase phase, gt_aside_fn fn,
				 void *ctx, int keep, size_t ret_len, unsigned timeout_ms);

/*
 * Waits until its time is up at most. 0: A->ret.p is what FN has filled, from a process that may
 * have been taken over: the caller checks its ranges. -EPIPE: it died. -ETIMEDOUT: it was killed;
 * where it is stuck in the kernel, reading from a dead server's file system, it is left to init
 * GT_END_WAIT_MS later. -ECHILD.
 */
GT_MUST_CHECK int gt_aside_await(struct gt_aside *a);

/* Ends it when it was not awaited, and frees what it answered. NULL-safe, {0} is none. */
void gt_aside_done(struct gt_aside *a);

#endif
