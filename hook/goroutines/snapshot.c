/*
 * One snapshot: a sandboxed worker gets the program's file, then its memory, as descriptors, and
 * answers with what it found. Effects: forks the worker, for each snapshot a new one: none has more
 * time than a bounded job, or remembers what an earlier one was told.
 */
#include <fcntl.h>
#include <time.h>

#include "gotune/sandbox.h"
#include "internal.h"

enum { JOB_PROGRAM, JOB_GOROUTINES };

/* ---- in the worker ---- */

static int do_goroutines(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
			 struct gt_err *e)
{
	struct gt_sym_mem m = {.read = gt_sym_pread, .ctx = &fd, .budget = GT_SYM_BUDGET};
	int r;

	(void)in, (void)in_len, (void)ret_len;
	if (!gt_gor_worker_runtime.names.p)
		return -EINVAL;
	r = gt_gor_locate(&gt_gor_worker_runtime, &m, e);
	return r < 0 ? r : gt_gor_collect(&gt_gor_worker_runtime, &m, ret, e);
}

static const struct gt_job jobs[] = {
	[JOB_PROGRAM] = {.fn = gt_gor_do_program,
			 .in_max = sizeof(((struct gt_gor_target *)NULL)->auxv),
			 .ret_len = sizeof(struct gt_gor_program)},
	[JOB_GOROUTINES] = {.fn = do_goroutines,
			    .ret_len = sizeof(struct gt_gor_answer),
			    .ret_arena = offsetof(struct gt_gor_answer, arena)},
};

/* ---- in the parent ---- */

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail: time(7) */
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int ask(const struct gt_gor_target *t, struct gt_worker *w, struct gt_gor_program *program,
	       struct gt_gor_snapshot *s, struct gt_err *e)
{
	struct gt_gor_answer *a = s->pages.p;
	int64_t begin;
	int r = gt_worker_call(w, JOB_PROGRAM, t->exe, t->auxv, t->auxv_len, program,
			       GT_JOB_TIMEOUT_MS, e);

	if (r < 0)
		return r;
	begin = now_ns();
	r = gt_worker_call(w, JOB_GOROUTINES, t->mem, NULL, 0, a, GT_JOB_TIMEOUT_MS, e);
	if (r < 0)
		return r;
	program->go[sizeof(program->go) - 1] = '\0';
	gt_utf8_plain(program->go);
	gt_copy_cut(s->go, program->go);
	r = gt_gor_answer_check(a, now_ns(), s);
	s->took_us = (uint64_t)(now_ns() - begin) / 1000;
	return r < 0 ? gt_err_set(e, r, "what was read contradicts itself; nothing is shown") : 0;
}

int gt_gor_snapshot_take(const struct gt_gor_target *t, struct gt_gor_snapshot *ret,
			 struct gt_err *e)
{
	struct gt_gor_snapshot s = {0};
	struct gt_worker w = {.sock = -1};
	/* Also the heap's first use, which asks the kernel for random bytes: the worker may not. */
	_cleanup_free_ struct gt_gor_program *program = calloc(1, sizeof(*program));
	int r = gt_pages_map(&s.pages, sizeof(struct gt_gor_answer), GT_PAGES_OWN);

	if (r < 0 || !program) {
		gt_pages_done(&s.pages);
		return gt_err_set(e, -ENOMEM, "out of memory");
	}
	r = gt_worker_start(&w, GT_PHASE_PARSE, jobs, GT_ARRAY_LEN(jobs), NULL, NULL, e);
	if (r == 0)
		r = ask(t, &w, program, &s, e);
	gt_worker_done(&w);
	if (r < 0) {
		gt_pages_done(&s.pages);
		return r;
	}
	*ret = s;
	return 0;
}

void gt_gor_snapshot_done(struct gt_gor_snapshot *s)
{
	gt_pages_done(&s->pages);
	*s = (struct gt_gor_snapshot){0};
}
