/* gotuned: looks after the containers that have a record, until it is told to end. */
#ifndef GOTUNE_DAEMON_H
#define GOTUNE_DAEMON_H

#include "gotune/base.h"
#include "gotune/model.h"

struct gt_daemon_in {
	const char *record_dir; /* NULL: the machine's */
	const char *policy;	/* NULL, or one file instead of the policy's files */
	const char *state_dir;	/* where the history is kept; NULL: GT_HISTORY_DIR */
	const char *listen;	/* NULL: as the policy says; "" nowhere; else ADDRESS:PORT */
	bool listen_anywhere;	/* also at an address that is not the loopback's */
	/* NULL, or of the program that we serve metrics for: then no other part is wanted, and a
	 * broken policy is that program's business. */
	const struct gt_health *beside;
};

/* How a run ended. */
enum gt_daemon_end {
	GT_DAEMON_IDLE, /* the policy asks for nothing */
	GT_DAEMON_TOLD, /* by SIGTERM or SIGINT */
};

/*
 * Runs until SIGTERM or SIGINT. Reads the policy, opens what the wanted parts need, then enters
 * GT_PHASE_DAEMON for good. 0 and *RET_END, or -errno: it could not begin; the message says why.
 * What fails later is logged, and concerns one container or one round. Effects: makes the directory
 * of records if there is none; blocks SIGTERM, SIGINT and ignores SIGPIPE. Should: be called by a
 * process with one thread.
 */
GT_MUST_CHECK int gt_daemon_run(const struct gt_daemon_in *in, enum gt_daemon_end *ret_end,
				struct gt_err *e);

/*
 * Could a daemon listen at ADDRESS, if nobody else does? 0, or -EINVAL with a message that says
 * what to give. Pure.
 */
GT_MUST_CHECK int gt_daemon_check_address(const char *address, bool anywhere, struct gt_err *e);

/* ---- beside another program ---- */

/* A child that runs gt_daemon_run. {0}, and IN. */
struct gt_beside {
	struct gt_daemon_in in;
	pid_t pid; /* 0: not started yet */
	int pidfd; /* -1: the kernel has none */
	int64_t again_ms;
};

/*
 * Starts the child, or starts it again when it has ended, ten seconds after the last time at the
 * earliest. Waits for nothing: call it every second or so. The child has our standard error alone,
 * logs to it, and ends when we do. Failures are logged.
 */
void gt_beside_keep(struct gt_beside *b);

#endif
