/*
 * The looks at all processes, in batches: a child with a deadline for each, and a parser beside it.
 * Effectful: forks, reads, waits a bounded time.
 *
 * Theory of operation. A child says in shared memory how far it has come. If its time is up, or it
 * died, the next batch begins with the process that it was at; if that one is the first of its
 * batch and keeps the next child, too, it is left out, with the rest of its unit: one hostile
 * container costs one deadline. After STUCK_MAX of them the rest of the machine is left out, too.
 */
#include "internal.h"

#define BATCH_MS  2000
#define STUCK_MAX 5

/* ---- one batch ---- */

struct look {
	const struct gt_machine *m;
	const struct gt_scan_list *l;
	gt_scan_seen_fn *fn;
	void *ctx;
	struct gt_scan *count;
	struct gt_scan_file *file;
	uint32_t n_file, cap_file;
	char *mounts;
	struct gt_scan_answer *a;
	struct gt_worker parser;
	uint32_t stuck, stuck_unit;
};

static bool is_bool(const bool *b)
{
	unsigned char v;

	memcpy(&v, b, 1); /* as a bool it could be undefined */
	return v <= 1;
}

static bool seen_valid(const struct gt_scan_seen *s, uint32_t n_file)
{
	bool ok = s->state < GT_LOOK_STATE_COUNT && is_bool(&s->env_known) &&
		  s->go125_sees <= GT_YES && s->go126_sees <= GT_YES && is_bool(&s->go125_other) &&
		  is_bool(&s->go126_other);

	if (s->state == GT_LOOK_GO || s->state == GT_LOOK_AGAIN)
		ok = ok && s->file < n_file;
	for (unsigned i = 0; i < GT_VAR_COUNT; i++)
		ok = ok && gt_env_var_valid(&s->var[i]);
	return ok;
}

/* Is what the child says within its ranges? It has parsed nothing, but looked at hostile things. */
static bool answer_valid(const struct gt_scan_answer *a, uint32_t n, uint32_t n_file)
{
	bool ok = a->at <= n && a->n_new <= n && is_bool(&a->parser_lost);

	for (uint32_t i = 0; ok && i < a->n_new; i++)
		ok = gt_program_valid(&a->file[i].program);
	for (uint32_t i = 0; ok && i < a->at; i++)
		ok = seen_valid(&a->seen[i], n_file + a->n_new);
	return ok;
}

/* Runs a batch; its answer is copied to k->a, since a child that is stuck may still write. */
static int run_batch(struct look *k, uint32_t from, uint32_t n, struct gt_err *e)
{
	struct gt_scan_batch b = {
		.sysroot = k->m->sysroot,
		.root = -1,
		.mounts = k->mounts,
		.process = &k->l->process[from],
		.n = n,
		.file = k->file,
		.n_file = k->n_file,
		.parser = &k->parser,
	};
	struct gt_aside aside;
	int r = gt_worker_start(&k->parser, GT_PHASE_PARSE, gt_scan_jobs, GT_SCAN_JOB_COUNT, NULL,
				NULL, e);

	if (r < 0)
		return r;
	r = gt_aside_start(&aside, GT_PHASE_FIND, gt_scan_look_batch, &b, k->parser.sock,
			   sizeof(*k->a), BATCH_MS);
	if (r < 0) {
		gt_worker_done(&k->parser);
		return gt_err_sys(e, r, "cannot fork");
	}
	r = gt_aside_await(&aside); /* how far it came is in its answer, however it ended */
	memcpy(k->a, aside.ret.p, sizeof(*k->a));
	gt_aside_done(&aside);
	gt_worker_done(&k->parser);
	if (r == -ECHILD || !answer_valid(k->a, n, k->n_file))
		k->a->at = k->a->n_new = 0;
	return 0;
}

/* ---- all of them ---- */

static int keep_files(struct look *k, struct gt_err *e)
{
	for (uint32_t i = 0; i < k->a->n_new; i++) {
		void *room = gt_scan_grow(k->file, sizeof(*k->file), k->n_file, &k->cap_file);

		if (!room)
			return gt_err_set(e, -ENOMEM, "out of memory");
		k->file = room;
		k->file[k->n_file++] = k->a->file[i];
		if (k->a->file[i].program.note == GT_NOTE_PARSER_DIED ||
		    k->a->file[i].program.note == GT_NOTE_TOOK_TOO_LONG)
			k->count->broken++;
	}
	return 0;
}

static int tell(struct look *k, const struct gt_scan_process *p, const struct gt_scan_seen *s,
		struct gt_err *e)
{
	bool go = s->state == GT_LOOK_GO || s->state == GT_LOOK_AGAIN;

	if (s->state == GT_LOOK_DENIED)
		k->count->unreadable++;
	return k->fn(k->ctx, p, s, go ? &k->file[s->file].program : NULL, e);
}

/* The process at FROM has kept a child for its whole time. How many to leave out. */
static uint32_t leave_out(struct look *k, uint32_t from)
{
	uint32_t n = 1, unit = k->l->process[from].unit;

	k->stuck++;
	while (from + n < k->l->n &&
	       (k->l->process[from + n].unit == unit || k->stuck >= STUCK_MAX))
		n++;
	k->count->stuck += n;
	return n;
}

/* The next processes that are in a unit. False: there are none. */
static bool next_batch(const struct gt_scan_list *l, uint32_t *from, uint32_t *ret_n)
{
	uint32_t n = 0;

	while (*from < l->n && l->process[*from].unit == GT_SCAN_NO_UNIT)
		(*from)++;
	while (*from + n < l->n && n < GT_SCAN_BATCH &&
	       l->process[*from + n].unit != GT_SCAN_NO_UNIT)
		n++;
	*ret_n = n;
	return n > 0;
}

static int look_at_all(struct look *k, struct gt_err *e)
{
	uint32_t from = 0, n;
	int r = 0;

	while (r == 0 && next_batch(k->l, &from, &n)) {
		r = run_batch(k, from, n, e);
		if (r == 0)
			r = keep_files(k, e);
		for (uint32_t i = 0; r == 0 && i < k->a->at; i++)
			r = tell(k, &k->l->process[from + i], &k->a->seen[i], e);
		from += k->a->at > 0 ? k->a->at : leave_out(k, from);
	}
	return r;
}

int gt_scan_look(const struct gt_machine *m, const struct gt_scan_list *l, gt_scan_seen_fn *fn,
		 void *ctx, struct gt_scan *count, struct gt_err *e)
{
	struct look k = {.m = m,
			 .l = l,
			 .fn = fn,
			 .ctx = ctx,
			 .count = count,
			 .parser = {.sock = -1},
			 .mounts = gt_cg_mounts(m->root)};
	int r;

	k.a = malloc(sizeof(*k.a));
	r = k.a ? look_at_all(&k, e) : gt_err_set(e, -ENOMEM, "out of memory");
	free(k.a);
	free(k.file);
	free(k.mounts);
	return r;
}
