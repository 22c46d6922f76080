/*
 * The live container: the functions through which a plan reaches it. Effectful: this is where
 * sysctls, cgroup files and processes are changed; each by the process that has the least privilege
 * for it.
 */
#include "gotune/live.h"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <sys/pidfd.h>

#include "gotune/apply.h"
#include "gotune/inspect.h"
#include "gotune/jobs.h"
#include "gotune/log.h"
#include "gotune/tracer.h"

struct enter {
	int net, ipc; /* descriptors, -1: stay */
};

static int enter_namespaces(void *ctx)
{
	const struct enter *n = ctx;

	if (n->net >= 0 && setns(n->net, CLONE_NEWNET) < 0)
		return -errno;
	return n->ipc >= 0 && setns(n->ipc, CLONE_NEWIPC) < 0 ? -errno : 0;
}

/* Is it still the process that was decided about? Pids are reused. */
static bool is_same(const struct gt_decision *d)
{
	const struct gt_ident *id = &d->rec->facts.ident;
	uint64_t start;

	if (d->pidfd >= 0)
		return pidfd_send_signal(d->pidfd, 0, NULL, 0) == 0;
	return gt_inspect_start_time(d->root, id->pid, &start) == 0 && start == id->pid_start;
}

static int open_ns(int64_t pid, const char *kind)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%lld/ns/%s", (long long)pid, kind);
	return open(path, O_RDONLY | O_CLOEXEC);
}

void gt_live_enter(struct gt_decision *d)
{
	const struct gt_facts *f = &d->rec->facts;
	_cleanup_close_ int net =
		f->net == GT_NS_OWNER_CONTAINER ? open_ns(f->ident.pid, "net") : -1;
	_cleanup_close_ int ipc =
		f->ipc == GT_NS_OWNER_CONTAINER ? open_ns(f->ident.pid, "ipc") : -1;
	struct enter n = {net, ipc};

	/* One that cannot be opened must not be stayed out of: the other one's worker would write
	 * the host's sysctls for the container's. */
	if ((net < 0 && f->net == GT_NS_OWNER_CONTAINER) ||
	    (ipc < 0 && f->ipc == GT_NS_OWNER_CONTAINER))
		return;
	if ((net < 0 && ipc < 0) || !is_same(d))
		return;
	/* Without it the values stay unknown, and writing says why it cannot. */
	if (gt_worker_start(&d->sysctl, GT_PHASE_SYSCTL, gt_sysctl_jobs, GT_JOB_SYSCTL_COUNT,
			    enter_namespaces, &n, NULL) < 0)
		d->sysctl.pid = 0;
}

void gt_live_read_sysctl(struct gt_decision *d, struct gt_sysctl_fact *s)
{
	struct gt_sysctl_pair ask = {0}, p = {0};
	int r;

	(void)gt_copy_str(ask.name, sizeof(ask.name), s->name);
	r = gt_worker_call(&d->sysctl, GT_JOB_SYSCTL_READ, -1, &ask, sizeof(ask), &p,
			   GT_JOB_TIMEOUT_MS, NULL);
	if (r == -ENOENT)
		s->exists = GT_NO;
	if (r < 0 || !memchr(p.value, '\0', sizeof(p.value)))
		return;
	s->exists = GT_YES;
	memcpy(s->value, p.value, sizeof(s->value));
}

/* What the operations share; the tracer inherits it. */
struct live {
	struct gt_decision *d;
	struct gt_barrier_job job;
	int record_dir;
};

static int set_sysctl(void *ctx, const char *name, const char *value, struct gt_err *e)
{
	struct gt_decision *d = ((struct live *)ctx)->d;
	struct gt_sysctl_pair p = {0}, done = {0};
	int r;

	if (d->sysctl.pid <= 0)
		return gt_err_set(e, -EPERM, "the container's namespaces could not be entered");
	if (!gt_copy_str(p.name, sizeof(p.name), name) ||
	    !gt_copy_str(p.value, sizeof(p.value), value))
		return gt_err_set(e, -E2BIG, "the value is too long");
	r = gt_worker_call(&d->sysctl, GT_JOB_SYSCTL_WRITE, -1, &p, sizeof(p), &done,
			   GT_JOB_TIMEOUT_MS, e);
	if (r == 0 || d->sysctl.pid > 0)
		return r;
	/* It died: whether it had written nobody knows. Another one writes the same. */
	gt_live_enter(d);
	return d->sysctl.pid <= 0 ? r
				  : gt_worker_call(&d->sysctl, GT_JOB_SYSCTL_WRITE, -1, &p,
						   sizeof(p), &done, GT_JOB_TIMEOUT_MS, e);
}

static int set_cgroup(void *ctx, enum gt_setting_id id, const char *value, struct gt_err *e)
{
	const struct gt_decision *d = ((const struct live *)ctx)->d;
	const struct gt_facts *f = &d->rec->facts;
	bool memory = id == GT_SET_SWAPPINESS;
	const char *file = gt_apply_cgroup_file(id, memory ? f->cgroup.memory : f->cgroup.cpuset);
	int dir = d->cgroup[memory ? GT_CTL_MEMORY : GT_CTL_CPUSET];
	int r = dir < 0 ? -ENOENT : 0;

	if (!file)
		return gt_err_set(e, -ENOENT, "no such file in this cgroup version");
	if (r == 0 && !is_same(d))
		r = -ESRCH;
	if (r == 0)
		r = gt_apply_cgroup_write(dir, file, value);
	return r < 0 ? gt_err_sys(e, r, "cannot write %s", file) : 0;
}

static int set_nofile(void *ctx, const struct gt_barrier_job *job, struct gt_err *e)
{
	struct gt_barrier_result res = {0};

	if (!is_same(((const struct live *)ctx)->d))
		return gt_err_sys(e, -ESRCH, "cannot raise RLIMIT_NOFILE");
	gt_apply_nofile(job->pid, job, &res);
	return res.nofile_error < 0 ? gt_err_sys(e, res.nofile_error, "cannot raise RLIMIT_NOFILE")
				    : 0;
}

/* ---- the tracer's side ---- */

/* The tracer keeps the record and gives the rest back. */
static void shrink(void *ctx)
{
	struct live *l = ctx;

	gt_policy_done(&l->d->policy);
	free(GT_TAKE_PTR(l->d->state));
	free(GT_TAKE_PTR(l->d->bundle));
	(void)malloc_trim(0); /* whether there was any to be given back */
}

static void add_warning(struct gt_plan *p, enum gt_warning_id id)
{
	if (p->n_warning == GT_WARNINGS_MAX)
		p->warnings_dropped++;
	else
		p->warning[p->n_warning++] = (struct gt_warning){.id = id};
}

/* The program runs: the record learns what became of the rest. */
static void done(void *ctx, const struct gt_barrier_result *res)
{
	struct live *l = ctx;
	struct gt_record *rec = l->d->rec;
	struct gt_err e = {0};
	int r;

	if (!res->exec_seen)
		return; /* ended before it ran: poststop or `gotune list` removes the record */
	gt_apply_barrier_outcome(&rec->plan, &l->job, res, rec->outcome);
	rec->stale_environ = res->stale_environ;
	if (res->stale_environ)
		add_warning(&rec->plan, GT_W_STALE_ENVIRON);
	if (res->other_program)
		add_warning(&rec->plan, GT_W_PROGRAM_CHANGED);
	for (uint32_t i = 0; i < rec->plan.n_setting; i++) {
		if (rec->plan.setting[i].verdict == GT_VERDICT_SET && rec->outcome[i].error[0])
			gt_log(GT_LOG_WARNING, "%s: %s: %s", rec->facts.ident.id,
			       rec->plan.setting[i].name, rec->outcome[i].error);
	}
	if (l->record_dir < 0)
		return;
	/* poststop may have removed it: a short-lived program's record must not come back. */
	r = gt_record_update(l->record_dir, rec, &e);
	if (r < 0 && r != -ENOENT)
		gt_log(GT_LOG_WARNING, "%s: %s", rec->facts.ident.id, e.msg);
}

static int set_barrier(void *ctx, const struct gt_barrier_job *job, struct gt_err *e)
{
	struct live *l = ctx;
	const struct gt_tracer t = {l->record_dir, shrink, done, l};

	l->job = *job;
	gt_worker_end(&l->d->sysctl); /* the barrier is the last that is applied */
	l->job.pid_start = l->d->rec->facts.ident.pid_start;
	return gt_tracer_start(&l->job, &t, e);
}

int gt_live_apply(struct gt_decision *d, int record_dir, struct gt_err *e)
{
	struct live l = {.d = d, .record_dir = record_dir};
	const struct gt_apply_ops ops = {
		.sysctl = set_sysctl,
		.cgroup = set_cgroup,
		.barrier = set_barrier,
		.nofile = set_nofile,
		.ctx = &l,
	};

	gt_worker_end(&d->parser); /* everything has been read */
	return gt_apply_run(&d->rec->facts, &d->rec->plan, &ops, d->rec->outcome, e);
}
