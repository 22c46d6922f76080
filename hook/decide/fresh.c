/*
 * Sysctls of a container that does not run yet. Its namespaces will be new, and a new namespace has
 * values of its own: those are read in a worker that makes such namespaces for itself. That costs a
 * millisecond, so the answers are kept in the directory of records, which does not outlive a boot.
 *
 * Some values are copied from the host's when a namespace is made (net.ipv4.tcp_rmem,
 * net/ipv4/tcp_ipv4.c, tcp_sk_init): an answer holds while the host's value is the one that it was
 * found with. Effectful: reads /proc/sys, forks, writes one file.
 */
#include <fcntl.h>
#include <sched.h>

#include "fresh.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"
#include "gotune/sysctl.h"

#define CACHE	  "fresh-sysctls"
#define CACHE_MAX (64u << 10)

/* What the cache says of a sysctl: lines "name", "host's value", "+value" or "-" (there is none).
 */
#define LINES 3

/* The namespaces that the container will join: descriptors; -1: it gets a new one. */
struct join {
	int net, ipc;
	bool lost;     /* one that is joined could not be opened: a new one would answer for it */
	bool new_user; /* it gets a user namespace, which its new ones belong to */
};

/*
 * Those that are there first: joining them wants privilege in their own user namespace. New ones
 * belong to the new user namespace, as the runtime makes them, and then have fewer sysctls: Linux
 * 6.1, for one, gives them none of net.core (net/core/sysctl_net_core.c, sysctl_core_net_init).
 */
static int enter(void *ctx)
{
	const struct join *j = ctx;
	int fresh = (j->net < 0 ? CLONE_NEWNET : 0) | (j->ipc < 0 ? CLONE_NEWIPC : 0);

	if ((j->net >= 0 && setns(j->net, CLONE_NEWNET) < 0) ||
	    (j->ipc >= 0 && setns(j->ipc, CLONE_NEWIPC) < 0))
		return -errno;
	if (j->new_user && fresh)
		fresh |= CLONE_NEWUSER;
	return fresh && unshare(fresh) < 0 ? -errno : 0;
}

/* What the search carries. */
struct search {
	struct gt_decision *d;
	struct join join;
	bool joins_user; /* a user namespace that is there: what is new in it cannot be tried */
	struct gt_buf cache;
	bool learned; /* the cache did */
	bool asked;   /* the worker was started */
};

/* Will S be set by the runtime, in a namespace of the container's? */
static bool is_wanted(const struct gt_sysctl_fact *s)
{
	return !s->in_config && s->owner == GT_NS_OWNER_CONTAINER;
}

/* Is the line at *AT the text TEXT? *AT moves on to the next line. */
static bool line_is(const char **at, const char *text)
{
	size_t len = strcspn(*at, "\n");
	bool same = strlen(text) == len && memcmp(*at, text, len) == 0;

	*at += len + ((*at)[len] == '\n');
	return same;
}

static bool take_answer(struct gt_sysctl_fact *s, const char *line)
{
	if (*line == '-')
		s->exists = GT_NO;
	else if (*line == '+' &&
		 gt_copy(s->value, sizeof(s->value), line + 1, strcspn(line + 1, "\n")))
		s->exists = GT_YES;
	return s->exists != GT_UNKNOWN;
}

/* The name that the cache has for a sysctl of a user namespace's is another one. */
static const char *mark(const struct search *w)
{
	return w->join.new_user ? "user:" : "";
}

static bool ask_cache(const struct search *w, const char *host, struct gt_sysctl_fact *s)
{
	char key[GT_SYSCTL_NAME_CAP + 8] = "";

	if (!gt_append(key, sizeof(key), mark(w)) || !gt_append(key, sizeof(key), s->name))
		return false;
	for (const char *at = w->cache.p; *at;) {
		bool name = line_is(&at, key), value = line_is(&at, host);

		if (name && value && *at)
			return take_answer(s, at);
		(void)line_is(&at, ""); /* the answer to another question */
	}
	return false;
}

static void add_to_cache(struct search *w, const char *host, const struct gt_sysctl_fact *s)
{
	if (s->exists == GT_UNKNOWN || strchr(host, '\n') || strchr(s->value, '\n'))
		return;
	gt_buf_fmt(&w->cache, "%s%s\n%s\n%s%s\n", mark(w), s->name, host,
		   s->exists == GT_YES ? "+" : "-", s->exists == GT_YES ? s->value : "");
}

static void read_cache(int dir, struct gt_buf *ret)
{
	char *text = NULL;
	size_t len = 0;
	_cleanup_close_ int fd = dir < 0 ? -1 : gt_root_open_file(dir, CACHE, NULL);

	if (fd >= 0 && gt_read_all(fd, CACHE_MAX, 0, &text, &len) == 0)
		gt_buf_add(ret, text, len);
	free(text);
	if (!ret->p)
		gt_buf_str(ret, "");
}

static void ask_namespace(struct search *w, struct gt_sysctl_fact *s)
{
	struct gt_worker *worker = &w->d->sysctl;

	/* One that died, or did not answer in time, does no better for the next sysctl: it would
	 * only take as long again. */
	if (!w->asked && gt_worker_start(worker, GT_PHASE_SYSCTL, gt_sysctl_jobs,
					 GT_JOB_SYSCTL_COUNT, enter, &w->join, NULL) < 0)
		worker->pid = 0;
	w->asked = true;
	if (worker->pid > 0)
		gt_sysctl_read(worker, s);
}

/* One sysctl. Only what is new is the same for the next container. */
static void find_out(struct search *w, struct gt_sysctl_fact *s)
{
	bool is_new = (s->ns == GT_NS_NET ? w->join.net : w->join.ipc) < 0;
	char host[GT_SYSCTL_VALUE_CAP];
	int r = gt_sysctl_file_read(w->d->machine->root, s->name, host, sizeof(host));

	s->must_exist = true;
	if (r == -ENOENT)
		s->exists = GT_NO; /* the host's namespaces have every name that another has */
	if (r < 0 || !w->cache.p || w->join.lost || (is_new && w->joins_user) ||
	    (is_new && ask_cache(w, host, s)))
		return;
	ask_namespace(w, s);
	if (!is_new || s->exists == GT_UNKNOWN)
		return;
	add_to_cache(w, host, s);
	w->learned = true;
}

static int join_of(const struct gt_bundle_ns *ns, int type, struct join *j)
{
	int fd = -1;

	if (ns->joined)
		(void)gt_inspect_ns(ns->path, type, &fd); /* the facts say whose it is */
	j->lost = j->lost || (ns->joined && fd < 0);
	return fd;
}

void gt_fresh_sysctls(struct gt_decision *d)
{
	struct gt_facts *f = &d->rec->facts;
	struct search w = {.d = d};
	int dir = f->n_sysctl > 0 ? gt_machine_records(d->machine, true) : -1;
	_cleanup_close_ int net = join_of(&d->bundle->ns[GT_NS_NET], CLONE_NEWNET, &w.join);
	_cleanup_close_ int ipc = join_of(&d->bundle->ns[GT_NS_IPC], CLONE_NEWIPC, &w.join);
	const struct gt_bundle_ns *user = &d->bundle->ns[GT_NS_USER];

	w.join.net = net;
	w.join.ipc = ipc;
	w.join.new_user = user->present && !user->joined;
	w.joins_user = user->present && user->joined;
	read_cache(dir, &w.cache);
	for (uint32_t i = 0; i < f->n_sysctl; i++) {
		if (is_wanted(&f->sysctl[i]))
			find_out(&w, &f->sysctl[i]);
	}
	/* Not kept: the next container asks again. */
	if (w.learned && dir >= 0 && !w.cache.error && w.cache.len < CACHE_MAX &&
	    gt_write_atomic(dir, CACHE, w.cache.p, w.cache.len, 0600) < 0)
		w.learned = false;
	gt_buf_done(&w.cache);
}
