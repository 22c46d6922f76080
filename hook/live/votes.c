/*
 * Where the runtime's own code says that gcController is. Reads its code through the op; runs in
 * the sandboxed worker. The code is the program's word.
 *
 * Theory of operation. gcController is one variable, and its methods are called with its address in
 * RAX: `lea rax, [rip + d]` and then `call`. So each call of a method from another function of the
 * runtime is a vote for one place, which the nearest such lea before it names. There are 21 to 33
 * in programs of Go 1.19 to 1.27. Source: Go src/runtime/mgcpacer.go, and its ABI, src/cmd/compile/
 * abi-internal.md (the first argument is in RAX).
 */
#include <string.h>

#include "internal.h"

#define METHOD	    "runtime.(*gcControllerState)."
#define METHODS_MAX 64u
#define CODE_MAX    65536u /* of one function: the longest of the runtime has some 8 KiB */
#define BACK	    40u	   /* bytes between the lea and its call */
#define LEA_LEN	    7u
#define CALL_LEN    5u

struct search {
	const struct gt_sym_names *t;
	struct gt_sym_mem *m;
	const struct gt_live_range *r;
	struct gt_live_places *ret;
	uint64_t method[METHODS_MAX];
	unsigned n_method;
	unsigned char code[CODE_MAX];
};

void gt_live_place(struct gt_live_places *p, uint64_t at)
{
	p->n_hit++;
	for (uint32_t i = 0; i < p->n && i < GT_LIVE_PLACES; i++) {
		if (p->at[i] == at)
			return;
	}
	if (p->n < GT_LIVE_PLACES)
		p->at[p->n] = at;
	p->n++;
}

static bool begins(const char *s, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(s, with, n) == 0;
}

static uint64_t entry_of(const struct gt_sym_names *t, uint32_t i)
{
	return t->text + gt_sym_names_entry(t, i);
}

static void find_methods(struct search *s)
{
	for (uint32_t i = 0; i < s->t->n_func && s->n_method < METHODS_MAX; i++) {
		size_t len;
		const char *name = gt_sym_names_name(s->t, i, &len);

		if (begins(name, len, METHOD))
			s->method[s->n_method++] = entry_of(s->t, i);
	}
}

static bool is_method(const struct search *s, uint64_t addr)
{
	for (unsigned i = 0; i < s->n_method; i++) {
		if (s->method[i] == addr)
			return true;
	}
	return false;
}

/* What the 32 bits at AT, before the instruction that begins at NEXT, lead to. */
static uint64_t follow(const unsigned char *at, uint64_t next)
{
	return next + (uint64_t)(int64_t)(int32_t)gt_sym_le(at, 4);
}

/* The nearest lea before the call at offset CALL of code at ADDR. */
static void take_vote(struct search *s, uint64_t addr, size_t call)
{
	for (size_t i = call; i >= LEA_LEN && call - i < BACK; i--) {
		const unsigned char *c = s->code + i - LEA_LEN;
		uint64_t to;

		if (c[0] != 0x48 || c[1] != 0x8d || c[2] != 0x05)
			continue;
		to = follow(c + 3, addr + i);
		if (to >= s->r->begin && to < s->r->end) {
			gt_live_place(s->ret, to);
			return;
		}
	}
}

static int read_function(struct search *s, uint32_t i)
{
	uint64_t addr = entry_of(s->t, i), end = entry_of(s->t, i + 1);
	size_t n;
	int r;

	if (end > s->t->etext)
		end = s->t->etext;
	if (end <= addr)
		return 0;
	n = end - addr < CODE_MAX ? (size_t)(end - addr) : CODE_MAX;
	r = gt_sym_read(s->m, addr, s->code, n);
	if (r < 0)
		return r;
	for (size_t at = 0; at + CALL_LEN <= n; at++) {
		if (s->code[at] == 0xe8 &&
		    is_method(s, follow(s->code + at + 1, addr + at + CALL_LEN)))
			take_vote(s, addr, at);
	}
	return 0;
}

int gt_live_votes(const struct gt_sym_names *t, struct gt_sym_mem *m, const struct gt_live_range *r,
		  struct gt_live_places *ret)
{
	static struct search s;

	s = (struct search){.t = t, .m = m, .r = r, .ret = ret};
	*ret = (struct gt_live_places){0};
	find_methods(&s);
	if (s.n_method == 0)
		return 0;
	for (uint32_t i = 0; i < t->n_func; i++) {
		size_t len;
		const char *name = gt_sym_names_name(t, i, &len);
		int x;

		if (!begins(name, len, "runtime.") || begins(name, len, METHOD))
			continue;
		x = read_function(&s, i);
		if (x < 0)
			return x;
	}
	return 0;
}
