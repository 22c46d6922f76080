/*
 * Carries a plan into a live container. Effectful: changes sysctls, cgroup files and processes,
 * each by the process that has the least privilege for it.
 */
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/sysctl.h"

static bool is_same_init(const struct gt_live *l)
{
	const struct gt_ident *id = &l->at.facts->ident;

	return gt_is_same_process(l->at.root, l->at.pidfd, id->pid, id->pid_start);
}

static int set_sysctl(void *ctx, const char *name, const char *value, struct gt_err *e)
{
	const struct gt_live *l = ctx;

	return gt_sysctl_write(l->sysctl, &l->at, name, value, e);
}

static int write_cgroup(const struct gt_live *l, int dir, const char *file, const char *value)
{
	if (dir < 0)
		return -ENOENT;
	if (!is_same_init(l))
		return -ESRCH;
	return gt_apply_cgroup_write(dir, file, value);
}

static int set_cgroup(void *ctx, enum gt_setting_id id, const char *value, struct gt_err *e)
{
	const struct gt_live *l = ctx;
	const struct gt_cgroup_facts *c = &l->at.facts->cgroup;
	bool memory = id == GT_SET_SWAPPINESS;
	const char *file = gt_apply_cgroup_file(id, memory ? c->memory : c->cpuset);
	int dir = l->cgroup[memory ? GT_CTL_MEMORY : GT_CTL_CPUSET];
	int r;

	if (!file)
		return gt_err_set(e, -ENOENT, "this cgroup version has no such file");
	r = write_cgroup(l, dir, file, value);
	return r < 0 ? gt_err_sys(e, r, "cannot write %s", file) : 0;
}

static int set_nofile(void *ctx, const struct gt_barrier_job *job, struct gt_err *e)
{
	struct gt_barrier_result res = {0};

	if (!is_same_init(ctx))
		return gt_err_sys(e, -ESRCH, "cannot raise RLIMIT_NOFILE");
	gt_apply_nofile(((const struct gt_live *)ctx)->at.facts->ident.pid, job, &res);
	return res.nofile_error < 0 ? gt_err_sys(e, res.nofile_error, "cannot raise RLIMIT_NOFILE")
				    : 0;
}

int gt_apply_live(const struct gt_live *l, struct gt_err *e)
{
	struct gt_live mine = *l;
	const struct gt_apply_ops ops = {
		.sysctl = set_sysctl,
		.cgroup = set_cgroup,
		.nofile = set_nofile,
		.ctx = &mine,
	};

	return gt_apply_run(l->at.facts, l->plan, &ops, l->outcome, e);
}
