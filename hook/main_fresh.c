/*
 * Sysctls of a container that does not run yet. Its namespaces will be new, and a new namespace has
 * values of its own: those are read in a worker that makes such namespaces for itself. That costs a
 * millisecond, so the answers are kept in the directory of records, which does not outlive a boot.
 *
 * Some values are copied from the host's when a namespace is made (net.ipv4.tcp_rmem,
 * net/ipv4/tcp_ipv4.c, tcp_sk_init): an answer holds while the host's value is the one that it was
 * found with. Effectful: reads /proc/sys, forks, writes one file.
 */
#include "gotune/fresh.h"

#include <fcntl.h>
#include <sched.h>

#include "gotune/apply.h"
#include "gotune/file.h"
#include "gotune/jobs.h"
#include "gotune/live.h"
#include "gotune/plan_rules.h"
#include "gotune/record.h"

#define CACHE	  "fresh-sysctls"
#define CACHE_MAX (64u << 10)

/* What the cache says of a sysctl: lines "name", "host's value", "+value" or "-" (there is none).
 */
#define LINES 3

static int make_namespaces(void *ctx)
{
	(void)ctx;
	return unshare(CLONE_NEWNET | CLONE_NEWIPC) < 0 ? -errno : 0;
}

/* Will S be set by the runtime, in a namespace that is new? */
static bool is_wanted(const struct gt_decision *d, const struct gt_sysctl_fact *s)
{
	const struct gt_facts *f = &d->rec->facts;
	enum gt_ns ns;

	return !s->in_config && gt_plan_sysctl_ns(s->name, &ns) &&
	       (ns == GT_NS_NET ? f->net : f->ipc) == GT_NS_OWNER_CONTAINER;
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

static bool ask_cache(const char *cache, const char *host, struct gt_sysctl_fact *s)
{
	for (const char *at = cache; *at;) {
		bool name = line_is(&at, s->name), value = line_is(&at, host);

		if (name && value && *at)
			return take_answer(s, at);
		(void)line_is(&at, ""); /* the answer to another question */
	}
	return false;
}

static void add_to_cache(struct gt_buf *cache, const char *host, const struct gt_sysctl_fact *s)
{
	if (s->exists == GT_UNKNOWN || strchr(host, '\n') || strchr(s->value, '\n'))
		return;
	gt_buf_fmt(cache, "%s\n%s\n%s%s\n", s->name, host, s->exists == GT_YES ? "+" : "-",
		   s->exists == GT_YES ? s->value : "");
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

static void ask_namespace(struct gt_decision *d, struct gt_sysctl_fact *s)
{
	/* One that failed to start does not start for the next sysctl either. */
	if (d->sysctl.pid == 0 &&
	    gt_worker_start(&d->sysctl, GT_PHASE_SYSCTL, gt_sysctl_jobs, GT_JOB_SYSCTL_COUNT,
			    make_namespaces, NULL, NULL) < 0)
		d->sysctl.pid = 0;
	if (d->sysctl.pid > 0)
		gt_live_read_sysctl(d, s);
}

/* One sysctl. True when the cache has learned something. */
static bool find_out(struct gt_decision *d, struct gt_buf *cache, struct gt_sysctl_fact *s)
{
	char host[GT_SYSCTL_VALUE_CAP];
	int r = gt_apply_sysctl_read(d->root, s->name, host, sizeof(host));

	s->must_exist = true;
	if (r == -ENOENT)
		s->exists = GT_NO; /* the host's namespaces have every name that a new one has */
	if (r < 0 || !cache->p || ask_cache(cache->p, host, s))
		return false;
	ask_namespace(d, s);
	add_to_cache(cache, host, s);
	return s->exists != GT_UNKNOWN;
}

void gt_fresh_sysctls(struct gt_decision *d, const char *record_dir)
{
	struct gt_facts *f = &d->rec->facts;
	struct gt_buf cache = {0};
	bool learned = false;
	_cleanup_close_ int dir =
		record_dir && f->n_sysctl > 0 ? gt_record_dir_open(record_dir, true, NULL) : -1;

	read_cache(dir, &cache);
	for (uint32_t i = 0; i < f->n_sysctl; i++) {
		if (is_wanted(d, &f->sysctl[i]))
			learned = find_out(d, &cache, &f->sysctl[i]) || learned;
	}
	/* Not kept: the next container asks again. */
	if (learned && dir >= 0 && !cache.error && cache.len < CACHE_MAX &&
	    gt_write_atomic(dir, CACHE, cache.p, cache.len, 0600) < 0)
		learned = false;
	gt_buf_done(&cache);
}
