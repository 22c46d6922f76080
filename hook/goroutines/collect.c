/*
 * From goroutines to the worker's answer: each gets the number of its kind; of each kind some
 * stacks are read, evenly, and counted by what they are. Runs in the sandboxed worker.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define SLOTS	  16384u /* of the hash table: four times the kinds, so that it never fills up */
#define FRAME_MAX 640u

struct kind {
	struct gt_gor_raw of; /* its gopc, startpc, status and reason */
	uint32_t n, n_sample;
	struct gt_gor_raw sample[GT_GOR_STACKS];
};

struct collect {
	const struct gt_gor_runtime *rt;
	struct gt_sym_mem *m;
	struct gt_gor *gor;
	uint32_t n_gor;
	struct kind *kind;
	uint32_t n_kind;
	uint32_t slot[SLOTS]; /* number of a kind and 1 */
	uint64_t random;
	struct gt_gor_text text;
};

/* ---- kinds ---- */

static bool is_blocked(uint32_t status)
{
	return status == GT_GOR_WAITING || status == GT_GOR_LEAKED;
}

static bool is_same(const struct gt_gor_raw *a, const struct gt_gor_raw *b)
{
	return a->gopc == b->gopc && a->startpc == b->startpc && a->status == b->status &&
	       (!is_blocked(a->status) || a->reason == b->reason);
}

static uint32_t slot_of(const struct gt_gor_raw *g)
{
	uint64_t h = g->gopc * 0x9e3779b97f4a7c15u ^ g->startpc * 0xc2b2ae3d27d4eb4fu;

	h ^= g->status << 8 | (is_blocked(g->status) ? g->reason : 0u);
	return (uint32_t)((h * 0x9e3779b97f4a7c15u) >> 40) % SLOTS;
}

/* Kind 0 is for what comes when there are too many. */
static struct kind *kind_of(struct collect *c, const struct gt_gor_raw *g)
{
	uint32_t i = slot_of(g);

	for (; c->slot[i]; i = (i + 1) % SLOTS) {
		if (is_same(&c->kind[c->slot[i] - 1].of, g))
			return &c->kind[c->slot[i] - 1];
	}
	if (c->n_kind == GT_GOR_KINDS_MAX)
		return &c->kind[0];
	c->kind[c->n_kind] = (struct kind){.of = *g};
	c->slot[i] = ++c->n_kind;
	return &c->kind[c->n_kind - 1];
}

/* xorshift64: which ones are looked at need be no secret. */
static uint64_t next_random(struct collect *c)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	return c->random ^= c->random << 17;
}

/* Each of a kind has the same chance to be among its samples (Vitter's algorithm R). */
static void add_sample(struct collect *c, struct kind *k, const struct gt_gor_raw *g)
{
	uint64_t i = k->n_sample < GT_GOR_STACKS ? k->n_sample : next_random(c) % k->n;

	if (i >= GT_GOR_STACKS)
		return;
	k->sample[i] = *g;
	if (i == k->n_sample)
		k->n_sample++;
}

static int add_goroutine(void *ctx, const struct gt_gor_raw *g)
{
	struct collect *c = ctx;
	struct kind *k;

	if (c->n_gor == GT_GOR_MAX)
		return -EFBIG;
	k = kind_of(c, g);
	k->n++;
	if (k != &c->kind[0] && g->status != GT_GOR_RUNNING)
		add_sample(c, k, g);
	c->gor[c->n_gor++] = (struct gt_gor){
		.id = g->goid,
		.since_ns = is_blocked(g->status) ? g->since_ns : 0,
		.kind = (uint32_t)(k - c->kind),
	};
	return 0;
}

/* ---- text ---- */

static uint32_t add_state(struct collect *c, const struct gt_gor_raw *g)
{
	static const char *const words[GT_GOR_STATUS_COUNT] = {
		[GT_GOR_RUNNABLE] = "runnable",	  [GT_GOR_RUNNING] = "running",
		[GT_GOR_SYSCALL] = "system call", [GT_GOR_COPYSTACK] = "stack is moved",
		[GT_GOR_PREEMPTED] = "preempted",
	};
	const char *s = is_blocked(g->status) && g->reason < c->rt->layout->n_reasons
				? c->rt->layout->reasons[g->reason]
				: words[g->status];

	if (!s || !*s)
		s = "waiting";
	return gt_gor_text_add(&c->text, s, strlen(s));
}

/* ---- stacks ---- */

/* Is the function at S the runtime's, or a standard package's that waits for others? */
static bool is_plumbing(const char *s, size_t len)
{
	static const char *const prefix[] = {"runtime.", "internal/", "sync.", "time.Sleep"};

	for (unsigned i = 0; i < GT_ARRAY_LEN(prefix); i++) {
		size_t n = strlen(prefix[i]);

		if (len >= n && memcmp(s, prefix[i], n) == 0)
			return true;
	}
	return false;
}

/* In each stack, so that it says nothing. */
static bool is_left_out(const char *s, size_t len)
{
	static const char *const names[] = {"runtime.goexit", "runtime.gopark",
					    "runtime.goparkunlock"};

	for (unsigned i = 0; i < GT_ARRAY_LEN(names); i++) {
		if (len == strlen(names[i]) && memcmp(s, names[i], len) == 0)
			return true;
	}
	return false;
}

/* A name between others: ';' divides frames. */
static void add_frame(struct gt_buf *out, const char *s, size_t len)
{
	if (out->len > 0)
		gt_buf_str(out, ";");
	for (size_t i = 0; i < len; i++)
		gt_buf_add(out, s[i] == ';' ? ":" : s + i, 1);
}

/* The functions at one frame, outermost first; *AT is the innermost so far that counts. */
static void write_frame(struct collect *c, uint64_t pc, struct gt_buf *out, struct gt_gor_func *at)
{
	struct gt_gor_func f[GT_GOR_INLINED];
	unsigned n = gt_gor_expand(c->rt, pc, f);

	if (n == 0)
		add_frame(out, "?", 1);
	while (n-- > 0) {
		if (is_left_out(f[n].name, f[n].len))
			continue;
		add_frame(out, f[n].name, f[n].len);
		if (!at->name || !is_plumbing(f[n].name, f[n].len))
			*at = f[n];
	}
}

/* "main.worker leak.go:12" */
static uint32_t add_at(struct collect *c, const struct gt_gor_func *f)
{
	char whole[FRAME_MAX + sizeof(f->place)];

	if (!f->name)
		return 0;
	(void)snprintf(whole, sizeof(whole), "%.*s %s", (int)f->len, f->name, f->place); /* fits */
	return gt_gor_text_add(&c->text, whole, strlen(whole));
}

/* Adds one stack to those of its kind, which begin at FIRST. */
static void add_stack(struct collect *c, struct gt_gor_stack *stack, uint32_t first, uint32_t *n,
		      uint32_t kind, const uint64_t *pc, unsigned n_pc)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_gor_func at = {0};

	for (unsigned i = n_pc; i-- > 0;)
		write_frame(c, pc[i], &b, &at);
	if (b.error || !b.p)
		return;
	for (uint32_t i = first; i < *n; i++) {
		if (strcmp(c->text.p + stack[i].frames, b.p) == 0) {
			stack[i].n++;
			return;
		}
	}
	if (*n == GT_GOR_STACKS_MAX)
		return;
	stack[*n] = (struct gt_gor_stack){.kind = kind,
					  .n = 1,
					  .frames = gt_gor_text_add(&c->text, b.p, b.len),
					  .at = add_at(c, &at)};
	if (stack[*n].frames)
		(*n)++;
}

static void add_kind(struct collect *c, uint32_t i, struct gt_gor_kind *ret,
		     struct gt_gor_stack *stack, uint32_t *n_stack)
{
	const struct kind *k = &c->kind[i];
	uint32_t first = *n_stack;

	*ret = (struct gt_gor_kind){
		.gopc = k->of.gopc,
		.startpc = k->of.startpc,
		.waiting = is_blocked(k->of.status),
		.n = k->n,
		.state = add_state(c, &k->of),
		.starts = gt_gor_text_function(c->rt, &c->text, k->of.startpc),
	};
	if (k->of.gopc && k->of.startpc != c->rt->main_pc)
		gt_gor_text_site(c->rt, &c->text, k->of.gopc - 1, &ret->by, &ret->place);
	for (uint32_t s = 0; s < k->n_sample; s++) {
		uint64_t pc[GT_GOR_FRAMES];
		unsigned n = gt_gor_frames(c->rt, c->m, &k->sample[s], pc);

		if (n > 0)
			add_stack(c, stack, first, n_stack, i, pc, n);
	}
	for (uint32_t s = first; s < *n_stack; s++)
		ret->n_read += stack[s].n;
}

/* ---- all ---- */

/* In the order of internal.h, one behind the other. */
static int write_answer(struct collect *c, const struct gt_gor_count *count,
			struct gt_gor_answer *ret)
{
	_cleanup_free_ struct gt_gor_stack *stack = calloc(GT_GOR_STACKS_MAX, sizeof(*stack));
	_cleanup_free_ struct gt_gor_kind *kind = calloc(c->n_kind, sizeof(*kind));
	size_t gors = c->n_gor * sizeof(*c->gor), kinds = c->n_kind * sizeof(*kind), stacks;
	uint32_t n_stack = 0;
	char *to = ret->arena.room;

	if (!stack || !kind)
		return -ENOMEM;
	kind[0].n = c->kind[0].n;
	for (uint32_t i = 1; i < c->n_kind; i++)
		add_kind(c, i, &kind[i], stack, &n_stack);
	stacks = n_stack * sizeof(*stack);
	memcpy(to + gors, kind, kinds);
	memcpy(to + gors + kinds, stack, stacks);
	memcpy(to + gors + kinds + stacks, c->text.p, c->text.n);
	ret->arena.a.used = (uint32_t)(gors + kinds + stacks) + c->text.n;
	ret->arena.a.cap = sizeof(ret->arena.room);
	ret->in_allgs = count->in_allgs;
	ret->changed = count->changed;
	ret->n_gor = c->n_gor;
	ret->n_kind = c->n_kind;
	ret->n_stack = n_stack;
	ret->n_text = c->text.n;
	return 0;
}

int gt_gor_collect(const struct gt_gor_runtime *rt, struct gt_sym_mem *m, struct gt_gor_answer *ret,
		   struct gt_err *e)
{
	_cleanup_free_ struct collect *c = calloc(1, sizeof(*c));
	_cleanup_free_ struct kind *kind = malloc(GT_GOR_KINDS_MAX * sizeof(*kind));
	_cleanup_free_ char *text = malloc(GT_GOR_TEXT_MAX);
	struct gt_gor_count count;
	int r;

	if (!c || !kind || !text)
		return gt_err_set(e, -ENOMEM, "out of memory");
	*c = (struct collect){.rt = rt, .m = m, .kind = kind, .text = {.p = text}, .random = 1};
	/* They are the first in the answer, so they are written where they stay. */
	c->gor = (struct gt_gor *)(void *)ret->arena.room;
	c->kind[0] = (struct kind){.n = 0};
	c->n_kind = 1;
	gt_gor_text_begin(&c->text);
	r = gt_gor_walk(rt, m, add_goroutine, c, &count, e);
	if (r < 0)
		return r;
	r = write_answer(c, &count, ret);
	return r < 0 ? gt_err_set(e, r, "out of memory") : 0;
}
