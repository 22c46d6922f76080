/*
 * A plan spliced into config.json before a runtime reads it. The document is parsed by the
 * sandboxed worker, and scanned by this process, which copies bytes. No effect but the worker.
 */
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"
#include "jobs.h"

/* The worker says where; this process looks for itself, and writes what its own plan says. */
static int splice_document(struct gt_decision *d, const char *doc, size_t len, struct gt_buf *ret,
			   struct gt_err *e)
{
	const struct gt_plan *plan = &d->rec->plan;
	struct gt_places told = {0};
	int r = gt_decide_parser(d, e);

	if (r == 0)
		r = gt_worker_call(&d->parser, GT_JOB_EDITS, d->config, plan, sizeof(*plan), &told,
				   GT_JOB_TIMEOUT_MS, e);
	gt_worker_end(&d->parser);
	return r < 0 ? r : gt_edit_splice(doc, len, true, plan, &told, ret, d->rec->outcome, e);
}

int gt_carry_document(struct gt_decision *d, const char *doc, size_t len, struct gt_buf *ret,
		      struct gt_err *e)
{
	gt_worker_end(&d->sysctl);
	if (d->rec->facts.trouble != GT_TROUBLE_NONE)
		return gt_err_set(e, -EINVAL, "%s", d->rec->message);
	if (!gt_plan_sets(&d->rec->plan))
		return 0;
	return splice_document(d, doc, len, ret, e);
}
