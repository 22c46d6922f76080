/*
 * Reads and writes a container's sysctls, by a worker that enters its namespaces.
 */
#ifndef GOTUNE_SYSCTL_H
#define GOTUNE_SYSCTL_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"

/*
 * One sysctl through the caller's own namespaces and ROOT's proc/sys (a root descriptor). NAME is
 * dotted and has passed gt_plan_sysctl_ns. -ENOENT: this namespace has no such sysctl. Writing
 * refuses what is not procfs, and what lies behind a mount between /proc and the file, even if that
 * is also procfs (-EXDEV).
 */
GT_MUST_CHECK int gt_sysctl_file_read(int root, const char *name, char *buf, size_t cap);
GT_MUST_CHECK int gt_sysctl_file_write(int root, const char *name, const char *value);

/* In the worker that has entered a container's network and IPC namespaces. */
struct gt_sysctl_pair {
	char name[GT_SYSCTL_NAME_CAP];
	char value[GT_SYSCTL_VALUE_CAP];
};
enum gt_sysctl_job {
	GT_JOB_SYSCTL_READ,  /* in: name -> name, value */
	GT_JOB_SYSCTL_WRITE, /* in: name, value -> the same */
	GT_JOB_SYSCTL_COUNT,
};
extern const struct gt_job gt_sysctl_jobs[GT_JOB_SYSCTL_COUNT];

/* Whose sysctls: a container's that runs. */
struct gt_sysctl_place {
	const struct gt_facts *facts; /* net, ipc, ident.pid and its start */
	int root;		      /* a root descriptor */
	int pidfd;		      /* of the container's init, or -1 */
};

/*
 * Starts W inside the network and IPC namespaces that are the container's own. Without it (no such
 * namespace, no privilege) w->pid stays 0: values are unknown then, and writing fails.
 */
void gt_sysctl_enter(struct gt_worker *w, const struct gt_sysctl_place *at);

/* Asks W, which may have ended, and fills s->exists and s->value. */
void gt_sysctl_read(struct gt_worker *w, struct gt_sysctl_fact *s);

/* Has W write; one that died is started again, once. 0 or -errno with a message; -ETIMEDOUT: nobody
 * knows whether it was written. */
GT_MUST_CHECK int gt_sysctl_write(struct gt_worker *w, const struct gt_sysctl_place *at,
				  const char *name, const char *value, struct gt_err *e);

#endif
