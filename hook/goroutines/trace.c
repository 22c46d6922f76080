/*
 * One trace: the sandboxed worker says where births and ends are, gotune-trace counts them, the
 * worker names their sites. Effects: forks the worker, runs the helper.
 *
 * The worker lives until the end: a program that has ended meanwhile has no memory any more, but
 * what the worker has read of it is enough for the names. It waits without using any time.
 */
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "gotune/sandbox.h"
#include "internal.h"

_Static_assert(GT_GOR_LIFE_BUCKETS == GT_UPROBE_BUCKETS, "what is counted is what is shown");

enum { JOB_PROGRAM, JOB_CODE, JOB_PROBES, JOB_NAMES };

/* ---- in the worker ---- */

static int do_code(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		   struct gt_err *e)
{
	struct gt_sym_mem m = {.read = gt_sym_pread, .ctx = &fd, .budget = GT_SYM_BUDGET};

	(void)in, (void)in_len, (void)ret, (void)ret_len;
	return gt_gor_worker_runtime.names.p ? gt_gor_locate(&gt_gor_worker_runtime, &m, e)
					     : -EINVAL;
}

static int do_probes(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		     struct gt_err *e)
{
	struct gt_sym_mem file = {.read = gt_sym_pread, .ctx = &fd, .budget = GT_SYM_BUDGET};

	(void)in, (void)in_len, (void)ret_len;
	return gt_gor_worker_runtime.main_pc
		       ? gt_gor_probes_find(&gt_gor_worker_runtime, &file, ret, e)
		       : -EINVAL;
}

static int do_names(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		    struct gt_err *e)
{
	int r = gt_gor_names_find(&gt_gor_worker_runtime, in,
				  (uint32_t)(in_len / sizeof(struct gt_gor_pair)), ret);

	(void)fd, (void)ret_len;
	return r < 0 ? gt_err_sys(e, r, "sites have no names") : 0;
}

static const struct gt_job jobs[] = {
	[JOB_PROGRAM] = {.fn = gt_gor_do_program,
			 .in_max = sizeof(((struct gt_gor_target *)NULL)->auxv),
			 .ret_len = sizeof(struct gt_gor_program)},
	[JOB_CODE] = {.fn = do_code},
	[JOB_PROBES] = {.fn = do_probes, .ret_len = sizeof(struct gt_gor_probes)},
	[JOB_NAMES] = {.fn = do_names,
		       .in_max = GT_UPROBE_SITES * sizeof(struct gt_gor_pair),
		       .ret_len = sizeof(struct gt_gor_names),
		       .ret_arena = offsetof(struct gt_gor_names, arena)},
};

/* ---- in the parent ---- */

static int call(struct gt_worker *w, unsigned job, int fd, const void *in, size_t in_len, void *ret,
		struct gt_err *e)
{
	return gt_worker_call(w, job, fd, in, in_len, ret, GT_JOB_TIMEOUT_MS, e);
}

static int find_probes(struct gt_worker *w, const struct gt_gor_target *t, struct gt_gor_trace *r,
		       struct gt_uprobe_ask *ask, struct gt_err *e)
{
	struct gt_gor_program program = {0};
	struct gt_gor_probes p = {0};
	char none = 0;
	int err = call(w, JOB_PROGRAM, t->exe, t->auxv, t->auxv_len, &program, e);

	if (err == 0)
		err = call(w, JOB_CODE, t->mem, NULL, 0, &none, e);
	if (err == 0)
		err = call(w, JOB_PROBES, t->exe, NULL, 0, &p, e);
	if (err < 0)
		return err;
	program.go[sizeof(program.go) - 1] = '\0';
	gt_utf8_plain(program.go);
	gt_copy_cut(r->go, program.go);
	ask->gopc = p.gopc;
	ask->startpc = p.startpc;
	ask->n_birth = p.n_birth;
	memcpy(ask->birth, p.birth, sizeof(ask->birth));
	ask->end = p.end;
	return 0;
}

/* The number that the process has in its own PID namespace: the last one of NStgid, proc(5). */
static int read_own_pid(int root, pid_t pid, uint32_t *ret)
{
	char path[64], text[8192], *at, *last;
	uint64_t n;
	int r;

	(void)snprintf(path, sizeof(path), "proc/%d/status", (int)pid); /* fits */
	r = gt_root_read(root, path, text, sizeof(text));
	if (r < 0)
		return r;
	at = strstr(text, "\nNStgid:");
	if (!at)
		return -ENOENT;
	at[1 + strcspn(at + 1, "\n")] = '\0';
	last = strrchr(at, '\t');
	if (!last || gt_parse_u64(last + 1, &n) < 0 || n == 0 || n > INT32_MAX)
		return -EBADMSG;
	*ret = (uint32_t)n;
	return 0;
}

static int name_process(pid_t pid, struct gt_uprobe_ask *ask, struct gt_err *e)
{
	_cleanup_close_ int root = gt_root_open("/", NULL);
	char path[64];
	struct stat st;
	int r = root < 0 ? root : read_own_pid(root, pid, &ask->tgid);

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid); /* fits */
	if (r == 0 && stat(path, &st) < 0)
		r = -errno;
	if (r < 0)
		return gt_err_sys(e, r, "its number in its own namespace is not known");
	ask->ns_dev = st.st_dev;
	ask->ns_ino = st.st_ino;
	return 0;
}

static void take_counts(const struct gt_uprobe_site *from, uint32_t n, struct gt_gor_trace *r)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct gt_uprobe_site *s = &from[i];
		struct gt_gor_traced *to = &r->site[i];

		*to = (struct gt_gor_traced){
			.gopc = s->gopc,
			.startpc = s->startpc,
			.born = s->born,
			.ended = s->ended,
			.ended_old = s->ended_old,
			.total_us = s->total_us,
		};
		memcpy(to->life, s->age, sizeof(to->life));
	}
	r->n_site = n;
}

static int name_sites(struct gt_worker *w, struct gt_gor_trace *r, struct gt_err *e)
{
	_cleanup_free_ struct gt_gor_pair *pair = calloc(r->n_site + 1ull, sizeof(*pair));
	int err = gt_pages_map(&r->names, sizeof(struct gt_gor_names), GT_PAGES_OWN);

	if (err < 0 || !pair)
		return gt_err_set(e, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < r->n_site; i++)
		pair[i] = (struct gt_gor_pair){r->site[i].gopc, r->site[i].startpc};
	err = call(w, JOB_NAMES, -1, pair, r->n_site * sizeof(*pair), r->names.p, e);
	if (err < 0)
		return err;
	err = gt_gor_names_take(r->names.p, r->site, r->n_site, &r->text, &r->n_text);
	return err < 0 ? gt_err_set(e, err, "the names of its sites contradict themselves") : 0;
}

static int count(const struct gt_gor_target *t, const struct gt_uprobe_ask *ask, int pidfd,
		 const char *helper, int stop, struct gt_gor_trace *r, struct gt_err *e)
{
	_cleanup_free_ struct gt_uprobe_site *site = calloc(GT_UPROBE_SITES, sizeof(*site));
	struct gt_uprobe_ready ready = {0};
	struct gt_uprobe_done d = {0};
	int err = site ? gt_gor_helper_run(t, ask, pidfd, helper, stop, &ready, &d, site, e)
		       : gt_err_set(e, -ENOMEM, "out of memory");

	if (err < 0)
		return err;
	r->ran_ns = d.ran_ns;
	r->cost_ns = ready.cost_ns;
	r->not_followed = d.not_followed;
	r->no_site = d.no_site;
	r->not_read = d.not_read;
	r->gone = d.gone;
	take_counts(site, d.n_site, r);
	return 0;
}

static int run(struct gt_worker *w, const struct gt_gor_target *t, struct gt_uprobe_ask *ask,
	       const char *helper, int stop, struct gt_gor_trace *r, struct gt_err *e)
{
	/* Before its memory is read: as long as that is there, the number is still its. */
	_cleanup_close_ int pidfd = pidfd_open(t->pid, 0);
	int err = pidfd < 0 ? gt_err_sys(e, -errno, "cannot watch for its end")
			    : name_process(t->pid, ask, e);

	if (err == 0)
		err = find_probes(w, t, r, ask, e);
	if (err == 0)
		err = count(t, ask, pidfd, helper, stop, r, e);
	return err < 0 ? err : name_sites(w, r, e);
}

int gt_gor_trace_run(const struct gt_gor_target *t, uint64_t ms, const char *helper, int stop,
		     struct gt_gor_trace *ret, struct gt_err *e)
{
	struct gt_gor_trace r = {0};
	struct gt_uprobe_ask ask = {.version = GT_VERSION, .ms = ms};
	struct gt_worker w = {.sock = -1};
	int err = gt_pages_map(&r.pages, GT_UPROBE_SITES * sizeof(struct gt_gor_traced),
			       GT_PAGES_OWN);

	if (err < 0)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r.site = r.pages.p;
	err = gt_worker_start(&w, GT_PHASE_PARSE, jobs, GT_ARRAY_LEN(jobs), NULL, NULL, e);
	if (err == 0)
		err = run(&w, t, &ask, helper, stop, &r, e);
	gt_worker_done(&w);
	if (err < 0) {
		gt_gor_trace_done(&r);
		return err;
	}
	*ret = r;
	return 0;
}

void gt_gor_trace_done(struct gt_gor_trace *t)
{
	gt_pages_done(&t->pages);
	gt_pages_done(&t->names);
	*t = (struct gt_gor_trace){0};
}
