/*
 * Starts and asks the worker inside a container's namespaces. Effectful: forks it, and through it
 * reads and writes sysctls.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"
#include "gotune/sysctl.h"

struct enter {
	int net, ipc; /* descriptors, -1: stay */
};

/* Is the one that we would write the sysctls of our own /proc, with nothing mounted on it? */
static bool is_bare(void)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	_cleanup_close_ int proc = root < 0 ? -1 : gt_root_open_proc(root);
	_cleanup_close_ int sys = proc < 0 ? -1 : gt_root_open_same_mount(proc, "sys", O_PATH);

	return sys >= 0;
}

/*
 * In a pod /proc/sys is mounted again, read-only. Whoever may make a mount can have a /proc of this
 * worker's own, seen by nobody else and gone with it. What it writes to stays the container's.
 */
static int mount_proc(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -errno;
	return 0;
}

static int enter_namespaces(void *ctx)
{
	const struct enter *n = ctx;

	if (n->net >= 0 && setns(n->net, CLONE_NEWNET) < 0)
		return -errno;
	if (!is_bare())
		(void)mount_proc(); /* else writing fails, and says so */
	return n->ipc >= 0 && setns(n->ipc, CLONE_NEWIPC) < 0 ? -errno : 0;
}

static int open_ns(int64_t pid, const char *kind)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%lld/ns/%s", (long long)pid, kind);
	return open(path, O_RDONLY | O_CLOEXEC);
}

void gt_sysctl_enter(struct gt_worker *w, const struct gt_sysctl_place *at)
{
	const struct gt_facts *f = at->facts;
	bool own_net = f->net == GT_NS_OWNER_CONTAINER, own_ipc = f->ipc == GT_NS_OWNER_CONTAINER;
	_cleanup_close_ int net = own_net ? open_ns(f->ident.pid, "net") : -1;
	_cleanup_close_ int ipc = own_ipc ? open_ns(f->ident.pid, "ipc") : -1;
	struct enter n = {net, ipc};

	/* If we cannot open one of the container's namespaces, a worker that enters only the other
	 * would write the host's sysctls instead of the container's. */
	if ((net < 0 && own_net) || (ipc < 0 && own_ipc) || (net < 0 && ipc < 0))
		return;
	if (!gt_is_same_process(at->root, at->pidfd, f->ident.pid, f->ident.pid_start))
		return;
	/* Without it the values stay unknown, and writing says why it cannot. */
	if (gt_worker_start(w, GT_PHASE_SYSCTL, gt_sysctl_jobs, GT_JOB_SYSCTL_COUNT,
			    enter_namespaces, &n, NULL) < 0)
		w->pid = 0;
}

void gt_sysctl_read(struct gt_worker *w, struct gt_sysctl_fact *s)
{
	struct gt_sysctl_pair ask = {0}, p = {0};
	int r;

	(void)gt_copy_str(ask.name, sizeof(ask.name), s->name); /* of the same size */
	r = gt_worker_call(w, GT_JOB_SYSCTL_READ, -1, &ask, sizeof(ask), &p, GT_JOB_TIMEOUT_MS,
			   NULL);
	if (r == -ENOENT)
		s->exists = GT_NO;
	if (r < 0 || !memchr(p.value, '\0', sizeof(p.value)))
		return;
	s->exists = GT_YES;
	memcpy(s->value, p.value, sizeof(s->value));
}

int gt_sysctl_write(struct gt_worker *w, const struct gt_sysctl_place *at, const char *name,
		    const char *value, struct gt_err *e)
{
	struct gt_sysctl_pair p = {0}, done = {0};
	int r;

	if (w->pid <= 0)
		return gt_err_set(e, -EPERM, "cannot enter the container's namespaces");
	if (!gt_copy_str(p.name, sizeof(p.name), name) ||
	    !gt_copy_str(p.value, sizeof(p.value), value))
		return gt_err_set(e, -E2BIG, "the value is too long");
	r = gt_worker_call(w, GT_JOB_SYSCTL_WRITE, -1, &p, sizeof(p), &done, GT_JOB_TIMEOUT_MS, e);
	/* One that hung would hang again, and the runtime waits for us. */
	if (r == 0 || w->pid > 0 || r == -ETIMEDOUT)
		return r;
	/* It died, and we do not know whether it had written. Another one writes the same, unless
	 * we may not enter any more: then it stays unknown, as if it had taken too long. */
	gt_sysctl_enter(w, at);
	if (w->pid > 0)
		r = gt_worker_call(w, GT_JOB_SYSCTL_WRITE, -1, &p, sizeof(p), &done,
				   GT_JOB_TIMEOUT_MS, e);
	return r == -EPIPE || r == -EPERM ? -ETIMEDOUT : r;
}
