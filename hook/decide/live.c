/*
 * The prestart stage: from an OCI state to the program's exec. Effectful: traces the container's
 * init, changes the container, records.
 *
 * Theory of operation. The runtime waits for the hook, but not for the decision: the exec does
 * that. So as soon as the state is read, we seize the init and let the runtime go on, and decide
 * meanwhile. Not where the policy wants a failure to fail the container, where the init is none
 * that we may trace, or where a security module might fail its exec: then the runtime waits.
 */
#include <sys/pidfd.h>

#include "follow.h"
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"
#include "parts.h"

/* Traces the init. The pidfd tells that it was the same process before and after. */
static bool seize(struct gt_decision *d, int64_t pid)
{
	uint64_t start = 0;

	if (d->pidfd < 0)
		d->pidfd = pidfd_open((pid_t)pid, 0);
	if (gt_start_time(d->machine->root, pid, &start) < 0 || gt_follow_seize(pid) < 0)
		return false;
	return gt_is_same_process(d->machine->root, d->pidfd, pid, start);
}

/* May the runtime go on at once? Then the init is traced, and the runtime does go on. */
static bool go_on_early(struct gt_background *b, struct gt_decision *d)
{
	const struct gt_policy *p = &d->machine->policy;
	int64_t pid = d->state ? d->state->pid : 0;

	if (pid <= 0 || p->on_error == GT_ON_ERROR_FAIL ||
	    !gt_inspect_may_seize(d->machine->root, pid) || !seize(d, pid))
		return false;
	if (gt_background_release(b, 0) < 0)
		return false; /* then it waits, which does no harm */
	gt_guard_begin(pid, p->barrier_timeout_ms);
	return true;
}

/* Applies what need not wait for the program, and logs. The first error is the stage's. */
static int carry_out(struct gt_decision *d, struct gt_err *e)
{
	/* A broken policy file is also a failure; the valid ones say what to do about it. */
	bool ok =
		d->rec->facts.trouble == GT_TROUBLE_NONE && gt_policy_is_valid(&d->machine->policy);
	int r = gt_carry_live(d, e);

	gt_log_faults(d);
	if (r < 0)
		gt_log(GT_LOG_WARNING, "%s: %s", gt_decision_name(d), e->msg);
	return ok ? r : -EINVAL;
}

/* Is there anything that the program's exec would decide? */
static bool awaits_exec(const struct gt_decision *d)
{
	if (d->rec->facts.trouble != GT_TROUBLE_NONE || d->machine->policy.broken)
		return false;
	return d->rec->plan.selected || d->sel.why_not == GT_R_PROGRAM_UNKNOWN ||
	       gt_plan_awaits_program(&d->rec->facts, &d->machine->policy, &d->sel);
}

/* The exec came and went while we were deciding. */
static void note_too_late(struct gt_decision *d)
{
	d->rec->facts.barrier = GT_BARRIER_TOO_LATE;
	d->rec->facts.program.note = GT_NOTE_TOOK_TOO_LONG;
	gt_decide_again(d);
}

/* Waits for the exec of the init, which is traced. Does not return. */
static _Noreturn void follow(struct gt_background *b, struct gt_decision *d, bool decides)
{
	struct gt_err e = {0};

	if (gt_phase_enter(GT_PHASE_TRACER, &e) < 0 || gt_follow_container(d, decides) < 0)
		gt_background_linger(b); /* the runtime has perhaps not even seen the hook's end */
	_exit(0);			 /* the kernel lets go of what is traced */
}

/* The init is traced: decides with it, and waits. Does not return. */
static _Noreturn void decide_and_follow(struct gt_background *b, struct gt_decision *d,
					const struct gt_ask *ask)
{
	struct gt_err e = {0};
	bool done, late, waits;
	int r;

	gt_decide_rest(d, ask);
	done = gt_decided_earlier(gt_machine_records(d->machine, true), d->rec);
	if (done)
		gt_log(GT_LOG_INFO, "%s: decided before it was created: nothing is left to do",
		       gt_decision_name(d));
	late = gt_guard_end();
	if (late)
		note_too_late(d);
	r = done ? 0 : carry_out(d, &e);
	waits = !done && !late && awaits_exec(d);
	if (!done && !waits) {
		gt_log_decision(d);
		gt_keep(d, r, &e);
	}
	follow(b, d, waits);
}

/* The runtime waits: decides, applies, records. */
static int decide_first(struct gt_background *b, struct gt_decision *d, const struct gt_ask *ask)
{
	struct gt_err e = {0};
	int r;

	gt_decide_rest(d, ask);
	if (gt_decided_earlier(gt_machine_records(d->machine, true), d->rec)) {
		gt_log(GT_LOG_INFO, "%s: decided before it was created: nothing is left to do",
		       gt_decision_name(d));
		return 0;
	}
	r = carry_out(d, &e);
	if (r == 0 && d->rec->facts.barrier == GT_BARRIER_OK && awaits_exec(d) &&
	    seize(d, d->rec->facts.ident.pid) && gt_background_release(b, 0) == 0)
		follow(b, d, true);
	gt_log_decision(d);
	gt_keep(d, r, &e);
	return r;
}

/*
 * runc also calls the hooks of a creation when it restores a container from a checkpoint. The state
 * says "stopped" then, but its process lives: criu is still filling it, and will execute nothing.
 */
static bool is_restored(const struct gt_decision *d)
{
	uint64_t start;

	return !gt_has_ended(d->machine->root, d->state->pid, &start);
}

/* Registrations name one command line for all their stages: this may be poststop. */
static void take_stopped(const struct gt_decision *d)
{
	if (is_restored(d))
		gt_log(GT_LOG_INFO, "%s: restored from a checkpoint: it goes on as it was",
		       d->state->id);
	else
		gt_forget(d->machine, d->state->id);
}

int gt_decide_live(struct gt_background *b, const struct gt_ask *ask)
{
	struct gt_decision d = GT_DECISION_NONE;
	struct gt_err e = {0};
	int r = gt_decide_open(ask, &d, &e);

	if (r < 0) {
		gt_log(GT_LOG_ERROR, "nothing was tuned: %s", e.msg);
		r = 0; /* we do not know the policy: fail open */
	} else if (d.state && strcmp(d.state->status, "stopped") == 0) {
		take_stopped(&d);
	} else if (go_on_early(b, &d)) {
		d.when = GT_PROGRAM_AT_EXEC;
		decide_and_follow(b, &d, ask);
	} else {
		r = decide_first(b, &d, ask);
	}
	gt_decide_done(&d);
	return r < 0 && ask->machine->policy.on_error == GT_ON_ERROR_FAIL;
}
