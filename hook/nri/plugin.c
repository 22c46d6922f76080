/*
 * The plugin's operations: what is done with what the runtime says. Effectful: records, log.
 */
#include <time.h>

#include "gotune/inspect.h"
#include "gotune/policy.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"
#include "plugin.h"

#define CAP_SYS_ADMIN_BIT 21

/* An error of ours at a creation would also fail the pods of those who have not asked for it, and
 * a plugin that is not there fails none: so we never fail one, and say so. */
static void warn_of_fail_policy(struct gt_nri_plugin *p)
{
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;

	gt_nri_open_machine(p, &m);
	p->is_fail_policy =
		gt_machine_policy(&m, NULL) == 0 && m.policy.on_error == GT_ON_ERROR_FAIL;
	if (p->is_fail_policy)
		gt_log(GT_LOG_WARNING, "the policy says on_error: fail, which an NRI plugin cannot "
				       "do: containers start, whatever fails");
}

static void on_synchronized(void *ctx, const struct gt_nri_peer *peer, unsigned n_containers)
{
	struct gt_nri_plugin *p = ctx;

	gt_log(GT_LOG_INFO, "registered at %s %s (NRI %s), which runs %u containers", peer->runtime,
	       peer->version, peer->nri[0] ? peer->nri : "unknown", n_containers);
	warn_of_fail_policy(p);
	gt_nri_note_write(p, peer);
}

/* A container without a record was not tuned: there is nothing to be noted. */
static void note_drift(const struct gt_nri_plugin *p, const char *id)
{
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;
	struct gt_err e = {0};
	int dir, r;

	gt_nri_open_machine(p, &m);
	dir = gt_machine_records(&m, false);
	r = dir < 0 ? -ENOENT : gt_record_note(dir, id, GT_NOTED_DRIFT, time(NULL), &e);
	if (r < 0 && r != -ENOENT)
		gt_log(GT_LOG_WARNING, "%s: the change is not noted: %s", id, e.msg);
}

static void forget(const struct gt_nri_plugin *p, const char *id)
{
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;

	gt_nri_open_machine(p, &m);
	gt_forget(&m, id);
}

static void on_event(void *ctx, const struct gt_nri_peer *peer, enum gt_nri_event event,
		     const struct gt_typed *t)
{
	struct gt_nri_plugin *p = ctx;

	if (event == GT_NRI_START)
		gt_nri_on_start(p, peer, t);
	else if (event == GT_NRI_UPDATE)
		note_drift(p, t->id);
	else if (event == GT_NRI_REMOVE)
		forget(p, t->id);
	gt_reap_dead(); /* those that wrote their records meanwhile */
}

struct gt_nri_ops gt_nri_plugin_ops(struct gt_nri_plugin *p)
{
	return (struct gt_nri_ops){.synchronized = on_synchronized,
				   .create = gt_nri_on_create,
				   .event = on_event,
				   .look = gt_nri_look,
				   .ctx = p};
}

/* A policy that is broken from the beginning is news, too. */
static int open_policy(struct gt_nri_plugin *p, struct gt_err *e)
{
	const struct gt_policy *bad;
	int r = gt_policy_watch_open(p->root, p->policy_file, &p->policy, e);

	bad = r < 0 ? NULL : gt_policy_watch_refused(p->policy);
	if (bad)
		gt_log(GT_LOG_ERROR, "the policy is broken: gotune policy check says where");
	return r;
}

int gt_nri_plugin_init(struct gt_nri_plugin *p, struct gt_err *e)
{
	uint64_t caps = 0;

	if (!p->containerd)
		p->containerd = GT_NRI_CONTAINERD;
	if (!p->snapshotter)
		p->snapshotter = "overlayfs";
	if (p->budget_ms == 0)
		p->budget_ms = GT_NRI_BUDGET_MS;
	p->starts = !p->env_only;
	p->note = -1;
	p->root = gt_root_open(NULL, e);
	if (p->root < 0)
		return p->root;
	p->sees_trusted =
		gt_inspect_own_caps(p->root, &caps) == 0 && (caps >> CAP_SYS_ADMIN_BIT & 1);
	return open_policy(p, e);
}
