/*
 * All goroutines of a running program, and whether they can be what they seem. Reads its memory
 * through the op; runs in the sandboxed worker.
 *
 * Theory of operation. allgs is a slice of pointers that only grows; the structs that it points to
 * are reused and never freed. They lie side by side in spans of the heap, so neighbours are read
 * together: for 100,000 goroutines that are some thousand reads instead of as many as there are
 * goroutines. The program runs meanwhile: a struct may change hands while it is read, so a few that
 * contradict themselves are left out, and only more of them say that the layout is wrong.
 * Source: Go src/runtime/proc.go (allgs, newproc1, gdestroy), src/runtime/runtime2.go (g).
 */
#include <string.h>

#include "internal.h"

#define RUN	 65536u /* bytes of one read */
#define GAP	 4096u	/* between two structs that are read together */
#define SCAN_BIT 0x1000u
#define TRIES	 3u

/* ---- the slice ---- */

/* Merges the sorted A and B, which lie side by side, into TO. */
static void merge(const uint64_t *a, const uint64_t *b, const uint64_t *end, uint64_t *to)
{
	const uint64_t *mid = b;

	while (a < mid || b < end) {
		if (b == end || (a < mid && *a <= *b))
			*to++ = *a++;
		else
			*to++ = *b++;
	}
}

/* Merge sort of the N words at P by way of TMP. qsort(3) asks how much memory there is: the worker
 * may not. Returns where they are, P or TMP. */
static uint64_t *sort_words(uint64_t *p, uint64_t *tmp, size_t n)
{
	for (size_t run = 1; run < n; run *= 2) {
		uint64_t *old = p;

		for (size_t i = 0; i < n; i += 2 * run) {
			size_t mid = i + run < n ? i + run : n,
			       end = i + 2 * run < n ? i + 2 * run : n;

			merge(p + i, p + mid, p + end, tmp + i);
		}
		p = tmp;
		tmp = old;
	}
	return p;
}

/* The slice's header; it may be replaced at any moment by one that is longer. */
static int read_header(const struct gt_gor_runtime *rt, struct gt_sym_mem *m, uint64_t ret[3],
		       struct gt_err *e)
{
	int r = gt_sym_read_words(m, rt->allgs, ret, 3);

	if (r == -ESRCH)
		return gt_err_set(e, r, "it has ended");
	if (r < 0 || ret[0] == 0 || ret[0] % 8 || ret[1] == 0 || ret[1] > ret[2])
		return gt_err_set(e, -EBADMSG, "its list of goroutines is none");
	if (ret[1] > GT_GOR_MAX)
		return gt_err_set(e, -EFBIG, "it has had %llu goroutines at once; we read %u",
				  (unsigned long long)ret[1], GT_GOR_MAX);
	return 0;
}

/* Reads the slice's words into *RET, fresh memory for twice as many. */
static int read_slice(const struct gt_gor_runtime *rt, struct gt_sym_mem *m, uint64_t **ret,
		      uint32_t *ret_n, struct gt_err *e)
{
	_cleanup_free_ uint64_t *p = NULL;
	uint64_t head[3] = {0};
	int r = -EFAULT;

	/* A slice that was replaced may be gone by the time it is read: then there is a new one. */
	for (unsigned i = 0; r < 0 && i < TRIES; i++) {
		r = read_header(rt, m, head, e);
		if (r < 0)
			return r;
		free(p);
		p = malloc(16 * head[1]);
		if (!p)
			return gt_err_set(e, -ENOMEM, "out of memory");
		r = gt_sym_read(m, head[0], p, 8 * head[1]);
	}
	if (r < 0)
		return gt_err_set(e, -EBADMSG, "its list of goroutines cannot be read");
	*ret = GT_TAKE_PTR(p);
	*ret_n = (uint32_t)head[1];
	return 0;
}

/* ---- one struct ---- */

/* What became of a struct g. */
enum look { DEAD, ALIVE, ODD };

struct walk {
	const struct gt_gor_runtime *rt;
	struct gt_sym_mem *m;
	gt_gor_fn fn;
	void *ctx;
	struct gt_gor_count count;
	uint32_t odd, mains;
};

static void decode(const struct gt_gor_layout *l, const unsigned char *b, struct gt_gor_raw *g)
{
	*g = (struct gt_gor_raw){
		.goid = gt_sym_le(b + l->goid, 8),
		.gopc = gt_sym_le(b + l->gopc, 8),
		.startpc = gt_sym_le(b + l->startpc, 8),
		.sp = gt_sym_le(b + l->sp, 8),
		.pc = gt_sym_le(b + l->pc, 8),
		.bp = gt_sym_le(b + l->bp, 8),
		.lo = gt_sym_le(b + l->stack_lo, 8),
		.hi = gt_sym_le(b + l->stack_hi, 8),
		.since_ns = (int64_t)gt_sym_le(b + l->waitsince, 8),
		.status = (uint32_t)gt_sym_le(b + l->status, 4) & ~SCAN_BIT,
		.reason = b[l->waitreason],
	};
}

static bool is_status(uint32_t s)
{
	return s < GT_GOR_STATUS_COUNT && s != 5 && s != 7;
}

static bool in_text(const struct gt_gor_runtime *rt, uint64_t pc)
{
	return pc >= rt->names.text && pc < rt->names.etext;
}

/*
 * The main goroutine's go statement is in assembly, also in the text. A goroutine of a thread that
 * C has made has neither statement nor function.
 */
static enum look judge(const struct gt_gor_runtime *rt, const struct gt_gor_raw *g)
{
	bool from_c = g->gopc == 0 && g->startpc == 0;

	if (!is_status(g->status))
		return ODD;
	if (g->status == GT_GOR_DEAD || g->status == GT_GOR_DEADEXTRA || g->status == GT_GOR_IDLE)
		return DEAD;
	if (g->goid == 0 || g->goid > INT64_MAX || g->lo >= g->hi)
		return ODD;
	if (!from_c && (!in_text(rt, g->gopc - 1) || !in_text(rt, g->startpc)))
		return ODD;
	if (g->status == GT_GOR_WAITING && g->reason >= rt->layout->n_reasons)
		return ODD;
	return ALIVE;
}

static int take_struct(struct walk *w, const unsigned char *b)
{
	struct gt_gor_raw g;

	decode(w->rt->layout, b, &g);
	switch (judge(w->rt, &g)) {
	case DEAD:
		return 0;
	case ODD:
		w->odd++;
		return 0;
	case ALIVE:
		break;
	}
	w->count.alive++;
	w->mains += g.goid == 1 && g.startpc == w->rt->main_pc;
	return w->fn(w->ctx, &g);
}

/* ---- all of them ---- */

/* How many of the pointers at P (N > 0) are read together. */
static uint32_t run_length(const uint64_t *p, uint32_t n, uint64_t size)
{
	uint32_t i = 1;

	while (i < n && p[i] - p[i - 1] < size + GAP && p[i] - p[0] + size <= RUN)
		i++;
	return i;
}

/* Reads the N structs at P, which are sorted, in one piece. -EFAULT: they are not all there. */
static int read_run(struct walk *w, const uint64_t *p, uint32_t n)
{
	static unsigned char buf[RUN];
	size_t size = w->rt->layout->size;
	int r = gt_sym_read(w->m, p[0], buf, (size_t)(p[n - 1] - p[0]) + size);

	for (uint32_t i = 0; r == 0 && i < n; i++) {
		/* The same struct twice is no list of the runtime's. */
		if (i > 0 && p[i] == p[i - 1])
			w->odd++;
		else
			r = take_struct(w, buf + (p[i] - p[0]));
	}
	return r;
}

/* The same or, where they are not all there, each by itself. */
static int take_run(struct walk *w, const uint64_t *p, uint32_t n)
{
	int r = read_run(w, p, n);

	if (r != -EFAULT)
		return r;
	r = 0;
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		r = n > 1 ? read_run(w, p + i, 1) : -EFAULT;
		if (r == -EFAULT) {
			w->odd++;
			r = 0;
		}
	}
	return r;
}

/* Is what was found what this version has? */
static int verify(const struct walk *w, struct gt_err *e)
{
	uint32_t all = w->count.in_allgs;

	if (w->mains != 1)
		return gt_err_set(e, -EBADMSG, "it has no goroutine 1 that began in runtime.main");
	if (w->odd > 2 + all / 100)
		return gt_err_set(e, -EBADMSG, "%u of %u goroutines contradict themselves", w->odd,
				  all);
	return 0;
}

int gt_gor_walk(const struct gt_gor_runtime *rt, struct gt_sym_mem *m, gt_gor_fn fn, void *ctx,
		struct gt_gor_count *ret, struct gt_err *e)
{
	struct walk w = {.rt = rt, .m = m, .fn = fn, .ctx = ctx};
	_cleanup_free_ uint64_t *words = NULL;
	const uint64_t *p;
	uint32_t total = 0;
	int r = read_slice(rt, m, &words, &total, e);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < total; i++)
		words[i] = gt_sym_le((const unsigned char *)&words[i], 8);
	p = sort_words(words, words + total, total);
	w.count.in_allgs = total;
	for (uint32_t i = 0, n; r == 0 && i < total; i += n) {
		n = run_length(p + i, total - i, rt->layout->size);
		r = take_run(&w, p + i, n);
	}
	if (r == -ESRCH)
		return gt_err_set(e, r, "it has ended");
	if (r < 0)
		return gt_err_sys(e, r, "its goroutines cannot be read");
	r = verify(&w, e);
	if (r < 0)
		return r;
	w.count.changed = w.odd;
	*ret = w.count;
	return 0;
}
