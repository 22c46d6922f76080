/*
 * A plan spliced into config.json before a runtime reads it. The document is parsed by the
 * sandboxed worker, and scanned by this process, which copies bytes. Where the program is known
 * only when it is executed, our own hook is added, which decides then. No effect but the worker;
 * looks for the hook.
 */
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"
#include "jobs.h"
#include "own_hook.h"

/* The worker says where; this process looks for itself, and writes what its own plan says. */
static int splice_document(struct gt_decision *d, const char *doc, size_t len,
			   const struct gt_edit_hook *hook, struct gt_buf *ret, struct gt_err *e)
{
	const struct gt_edit edit = {.whole = true, .plan = &d->rec->plan, .hook = hook};
	struct gt_places told = {0};
	int r = gt_decide_parser(d, e);

	if (r == 0)
		r = gt_worker_call(&d->parser, GT_JOB_EDITS, d->config, edit.plan,
				   sizeof(*edit.plan), &told, GT_JOB_TIMEOUT_MS, e);
	gt_worker_end(&d->parser);
	return r < 0 ? r : gt_edit_splice(doc, len, &edit, &told, ret, d->rec->outcome, e);
}

/* Nobody will decide when the program is executed: the record says so. */
static void await_nothing(struct gt_decision *d)
{
	gt_plan_await_nothing(&d->rec->plan);
	gt_copy_cut(d->rec->message,
		    "the program is known when it is executed, but our hook, which would decide "
		    "then, is not where we look for it, or others may write to it: install it");
}

int gt_carry_document(struct gt_decision *d, const char *doc, size_t len,
		      const struct gt_hook_options *options, struct gt_buf *ret, struct gt_err *e)
{
	struct gt_plan *plan = &d->rec->plan;
	struct gt_edit_hook hook;
	char path[GT_PATH_CAP];
	bool add = false;
	int r;

	gt_worker_end(&d->sysctl);
	if (d->rec->facts.trouble != GT_TROUBLE_NONE)
		return gt_err_set(e, -EINVAL, "%s", d->rec->message);
	if (gt_plan_awaits_exec(plan) && !d->bundle->own_hook) {
		add = gt_own_hook_find(d, options, path, &hook);
		if (!add)
			await_nothing(d);
	}
	if (!gt_plan_sets(plan) && !add)
		return 0;
	r = splice_document(d, doc, len, add ? &hook : NULL, ret, e);
	if (r < 0 && add)
		gt_plan_await_nothing(plan);
	return r;
}
