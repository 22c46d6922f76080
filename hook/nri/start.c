/*
 * A container is about to start: its init waits for that, before its exec. The hook's own decision,
 * as a runtime's hook would make it. Effectful: forks, traces, changes the container.
 *
 * The runtime waits for our answer two seconds, and drops us when it does not come. So a child
 * waits for the decision's first part, as the hook does; when that takes too long both are ended,
 * and the container starts as it is.
 */
#include <signal.h>
#include <sys/prctl.h>

#include "gotune/sandbox.h"
#include "plugin.h"

#define START_MS 1500 /* of the runtime's two seconds */

static int decide_live(struct gt_background *b, void *ctx)
{
	return gt_decide_live(b, ctx);
}

/* The state that a runtime gives its hooks. */
static void make_state(struct gt_buf *out, const struct gt_typed *t, const char *bundle)
{
	struct gt_jw w;

	gt_jw_init(&w, out, false);
	gt_jw_open(&w, '{');
	gt_jw_member(&w, "ociVersion", "1.0.2");
	gt_jw_member(&w, "id", t->id);
	gt_jw_member(&w, "status", "created");
	gt_jw_key(&w, "pid");
	gt_jw_i64(&w, t->pid);
	gt_jw_member(&w, "bundle", bundle);
	gt_jw_close(&w, '}');
}

static _Noreturn void work(const struct gt_nri_plugin *p, const struct gt_nri_peer *peer,
			   const struct gt_typed *t)
{
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;
	_cleanup_(gt_buf_done) struct gt_buf state = {0};
	char bundle[GT_PATH_CAP];
	struct gt_ask ask = {.machine = &m, .stage = "prestart"};
	int r = 0;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	gt_nri_open_machine(p, &m);
	if (m.off)
		_exit(0);
	gt_nri_bundle_of(p, peer, t->id, bundle);
	make_state(&state, t, bundle);
	if (!state.error) {
		ask.from = (struct gt_source){
			.kind = GT_SOURCE_STATE, .doc = state.p, .len = state.len, .typed = t};
		r = gt_background_run(decide_live, &ask, m.root, START_MS);
	}
	if (r < 0)
		gt_log(GT_LOG_ERROR, "%s: nothing was tuned: %s", t->id, strerror(-r));
	_exit(0);
}

void gt_nri_on_start(struct gt_nri_plugin *p, const struct gt_nri_peer *peer,
		     const struct gt_typed *t)
{
	pid_t pid;

	if (!p->starts || t->pid <= 0)
		return;
	pid = fork();
	if (pid == 0)
		work(p, peer, t);
	if (pid < 0) {
		gt_log(GT_LOG_ERROR, "%s: nothing was tuned: %s", t->id, strerror(errno));
	} else if (gt_reap_within(pid, START_MS + GT_END_WAIT_MS, NULL) == -ETIMEDOUT) {
		gt_log(GT_LOG_WARNING, "%s: no decision within %u ms: it starts as it is", t->id,
		       START_MS);
		(void)gt_end_child(pid);
	}
}
