/*
 * The machine that the plugin decides on, and where a runtime keeps bundles. Opened for each
 * decision, after a look at the policy: so one that was changed counts from the next container on,
 * and the last good one when it is broken. Effectful: reads.
 */
#include "gotune/policy.h"
#include "plugin.h"

static void log_news(const struct gt_policy_watch *w, enum gt_policy_news news)
{
	const struct gt_policy *bad = gt_policy_watch_refused(w);

	for (uint32_t i = 0; news == GT_POLICY_REFUSED && bad && i < bad->n_layer; i++) {
		if (bad->layer[i].broken)
			gt_log(GT_LOG_ERROR, "%s:%s", bad->layer[i].path, bad->layer[i].error);
	}
	if (news == GT_POLICY_REFUSED)
		gt_log(GT_LOG_ERROR, "the policy is broken: %s",
		       gt_policy_watch_since(w) > 0 ? "the last good one counts"
						    : "what it would govern is left alone");
	else if (news == GT_POLICY_NEW)
		gt_log(GT_LOG_INFO, "the policy has changed, and counts from now on");
}

void gt_nri_look(void *ctx)
{
	struct gt_nri_plugin *p = ctx;
	enum gt_policy_news news = GT_POLICY_SAME;
	struct gt_err e = {0};

	if (gt_policy_watch_look(p->policy, &news, &e) < 0)
		gt_log(GT_LOG_WARNING, "%s", e.msg);
	log_news(p->policy, news);
	if (p->health) {
		p->health->policy_broken = gt_policy_watch_refused(p->policy) != NULL;
		p->health->policy_since_s = gt_policy_watch_since(p->policy);
		p->health->is_off = gt_disabled(p->root) != NULL;
		p->health->alive_ms = gt_now_ms();
	}
	if (p->look)
		p->look(p->look_ctx);
}

void gt_nri_open_machine(const struct gt_nri_plugin *p, struct gt_machine *m)
{
	m->policy_file = p->policy_file;
	m->record_dir = p->record_dir;
	(void)gt_machine_open(m, NULL); /* then m->off says why nothing is tuned */
	gt_machine_lend_policy(m, gt_policy_watch_get(p->policy));
}

/* containerd keeps its socket in its state directory: runtime/v2/manager.go, "/run/containerd". */
void gt_nri_bundle_of(const struct gt_nri_plugin *p, const struct gt_nri_peer *peer, const char *id,
		      char ret[GT_PATH_CAP])
{
	const char *slash = strrchr(p->containerd, '/');
	bool ok = false;

	if (strcmp(peer->runtime, "cri-o") == 0)
		ok = gt_copy_str(ret, GT_PATH_CAP, "/run/containers/storage/overlay-containers/") &&
		     gt_append(ret, GT_PATH_CAP, id) && gt_append(ret, GT_PATH_CAP, "/userdata");
	else if (slash)
		ok = gt_copy(ret, GT_PATH_CAP, p->containerd, (size_t)(slash - p->containerd)) &&
		     gt_append(ret, GT_PATH_CAP, "/io.containerd.runtime.v2.task/k8s.io/") &&
		     gt_append(ret, GT_PATH_CAP, id);
	if (!ok)
		ret[0] = '\0';
}
