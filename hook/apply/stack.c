/*
 * Builds the initial stack of a program again, with other environment entries.
 *
 * Theory of operation. At PTRACE_EVENT_EXEC the kernel has laid out, from the stack pointer up:
 * argc, argv[], NULL, envp[], NULL, auxv pairs up to AT_NULL, and above them the strings.
 * All of it may move, since no instruction has run yet and nothing has kept a pointer. The new
 * block goes below the old one:
 *
 *	addr      entry address      where an injected system call's `ret` leads
 *	sp        argc argv envp auxv
 *	          struct prctl_mm_map
 *	          environment strings, contiguous
 *	old sp    the old stack, untouched: argv's strings and AT_RANDOM's bytes stay there
 *
 * Pure: reads one local buffer, fills another. The strings come from a container, so we check every
 * pointer against the image before we follow it.
 */
#include <elf.h>
#include <string.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "layout.h"

#define NOT_OURS UINT32_MAX
#define JOBS_MAX ((size_t)GT_VAR_COUNT * 1088) /* bytes of the job's entries and their pointers */

#define STACK_SLACK    8192ULL
#define STACK_LEFT_MIN (128u << 10)
#define STACK_SHARE    64

/* Entry I has the job's name and VALUE. Returns I if we replace it. Otherwise NOT_OURS: it is right
 * already, or *RET_ERROR says that it has another value. */
static size_t place_entry(const char *value, const struct gt_barrier_env *e, size_t i,
			  int *ret_error)
{
	if (e->has_expect && strcmp(value, e->expect) == 0)
		return i;
	if (strcmp(value, e->value) != 0)
		*ret_error = -EEXIST;
	return NOT_OURS;
}

/*
 * Finds where each job entry goes: place[j] is the index in envp that it replaces, n_env for a new
 * one, NOT_OURS if it changes nothing. The first entry of a name counts, as in Go.
 */
static int place_jobs(const struct gt_stack *s, const struct gt_stack_layout *l,
		      const struct gt_barrier_job *job, size_t place[GT_VAR_COUNT],
		      struct gt_stack_new *ret)
{
	for (uint32_t j = 0; j < job->n_env; j++)
		place[j] = l->n_env;
	for (size_t i = 0; i < l->n_env; i++) {
		const char *have = gt_stack_env(s, l, i);

		if (!have)
			return -EINVAL;
		for (uint32_t j = 0; j < job->n_env; j++) {
			const struct gt_barrier_env *e = &job->env[j];

			if (place[j] != l->n_env || !gt_stack_is_name(have, e->name))
				continue;
			place[j] =
				place_entry(have + strlen(e->name) + 1, e, i, &ret->env_error[j]);
		}
	}
	for (uint32_t j = 0; j < job->n_env; j++) {
		/* The value to be replaced is missing: the plan was for another environment. */
		if (place[j] == l->n_env && job->env[j].has_expect) {
			place[j] = NOT_OURS;
			ret->env_error[j] = -EEXIST;
		}
		ret->changed = ret->changed || place[j] != NOT_OURS;
	}
	return 0;
}

/* The block under construction. */
struct builder {
	const struct gt_stack *s;
	const struct gt_stack_layout *l;
	const struct gt_barrier_job *job;
	const size_t *place;
	bool compact;
	size_t n_new;	    /* entries added at the end */
	size_t strings_len; /* bytes of strings to write */
	size_t block_words; /* argc to AT_NULL */
	unsigned char *room;
	size_t cap;
};

static size_t job_len(const struct gt_barrier_env *e)
{
	return strlen(e->name) + 1 + strlen(e->value) + 1;
}

/* The job entry that replaces envp[i], or NULL. */
static const struct gt_barrier_env *job_for(const struct builder *b, size_t i)
{
	for (uint32_t j = 0; j < b->job->n_env; j++) {
		if (b->place[j] == i)
			return &b->job->env[j];
	}
	return NULL;
}

static int measure_block(struct builder *b)
{
	for (size_t i = 0; i < b->l->n_env; i++) {
		const struct gt_barrier_env *e = job_for(b, i);
		const char *have = gt_stack_env(b->s, b->l, i);

		if (!have)
			return -EINVAL;
		if (e)
			b->strings_len += job_len(e);
		else if (!b->compact)
			b->strings_len += strlen(have) + 1;
		if (b->strings_len > b->s->len + JOBS_MAX)
			return -E2BIG; /* pointers that share strings, more than a stack holds */
	}
	for (uint32_t j = 0; j < b->job->n_env; j++) {
		if (b->place[j] == b->l->n_env) {
			b->strings_len += job_len(&b->job->env[j]);
			b->n_new++;
		}
	}
	b->block_words = 1 + (size_t)b->l->argc + 1 + b->l->n_env + b->n_new + 1 + b->l->n_aux;
	return 0;
}

/* Copies one string and returns the address that it will have. */
static uint64_t put_string(struct gt_stack_new *n, size_t *off, const char *a, const char *eq,
			   const char *v)
{
	uint64_t at = n->addr + *off;

	const char *const part[] = {a ? a : "", eq,
				    v}; /* measure_block() has seen that there is an A */

	for (size_t i = 0; i < GT_ARRAY_LEN(part); i++) {
		size_t len = strlen(part[i]);

		memcpy(n->image + *off, part[i], len);
		*off += len;
	}
	n->image[(*off)++] = '\0';
	return at;
}

static uint64_t put_job(struct gt_stack_new *n, size_t *off, const struct gt_barrier_env *e)
{
	return put_string(n, off, e->name, "=", e->value);
}

static void put_word(struct gt_stack_new *n, size_t *off, uint64_t v)
{
	memcpy(n->image + *off, &v, GT_STACK_WORD);
	*off += GT_STACK_WORD;
}

/* Writes argc, argv, envp and auxv at BLOCK and the strings at STRINGS. */
static void write_block(const struct builder *b, struct gt_stack_new *n, size_t block,
			size_t strings)
{
	const struct gt_stack_layout *l = b->l;

	memcpy(n->image + block, b->s->image, l->envp); /* argc, argv, NULL */
	block += l->envp;
	for (size_t i = 0; i < l->n_env; i++) {
		const struct gt_barrier_env *e = job_for(b, i);
		uint64_t old = 0;

		(void)gt_stack_word(b->s, l->envp + i * GT_STACK_WORD,
				    &old); /* checked by find_layout */
		if (e)
			put_word(n, &block, put_job(n, &strings, e));
		else if (b->compact)
			put_word(n, &block, old);
		else
			put_word(n, &block,
				 put_string(n, &strings, gt_stack_string(b->s, old), "", ""));
	}
	for (uint32_t j = 0; j < b->job->n_env; j++) {
		if (b->place[j] == l->n_env)
			put_word(n, &block, put_job(n, &strings, &b->job->env[j]));
	}
	put_word(n, &block, 0);
	memcpy(n->image + block, b->s->image + l->auxv, l->n_aux * GT_STACK_WORD);
}

/*
 * Has the program enough stack left if SP is its top? Its limit counts from the mapping's end
 * (mm/mmap.c, acct_stack_growth), which lies less than two pages beyond the strings. A program may
 * need nearly all its stack, so we take at most a sixty-fourth, and leave at least twice what Go
 * assumes when it starts (src/runtime/asm_amd64.s, rt0_go: 64 KiB).
 */
static bool leaves_enough(const struct gt_stack *s, uint64_t sp)
{
	uint64_t end = s->mm.env_end + STACK_SLACK, before, after;

	if (s->limit == UINT64_MAX)
		return true;
	if (end < s->sp || s->limit < end - sp)
		return false;
	before = s->limit - (end - s->sp);
	after = s->limit - (end - sp);
	return after >= STACK_LEFT_MIN && before - after <= before / STACK_SHARE;
}

static int lay_out_block(const struct builder *b, struct gt_stack_new *n)
{
	size_t map = b->compact ? 0 : sizeof(struct prctl_mm_map);
	size_t block = GT_STACK_WORD * b->block_words;
	uint64_t top = b->s->sp & ~(uint64_t)15;
	size_t below = b->strings_len + map + block + 64; /* 64: room for three alignments */
	uint64_t strings_at, map_at;

	if (top < below)
		return -E2BIG;
	strings_at = top - b->strings_len;
	map_at = (strings_at - map) & ~(uint64_t)15;
	n->sp = (map_at - block) & ~(uint64_t)15;
	if (!leaves_enough(b->s, n->sp))
		return -ENOSPC;
	n->ret_slot = n->sp - GT_STACK_WORD;
	n->addr = n->ret_slot;
	n->len = (size_t)(top - n->addr);
	if (n->len > b->cap)
		return -E2BIG;
	n->image = b->room;
	memset(n->image, 0, n->len); /* what alignment leaves between the parts */
	memcpy(n->image, &b->s->entry, GT_STACK_WORD);
	write_block(b, n, (size_t)(n->sp - n->addr), (size_t)(strings_at - n->addr));
	if (map) {
		struct prctl_mm_map mm = b->s->mm;

		mm.env_start = strings_at;
		mm.env_end = top;
		n->map_addr = map_at;
		memcpy(n->image + (map_at - n->addr), &mm, sizeof(mm));
	}
	return 0;
}

/* LEN covers the old strings and pointers; add the job's, the map and alignment. */
size_t gt_stack_room(size_t len)
{
	return 2 * (len + JOBS_MAX) + sizeof(struct prctl_mm_map) + 256;
}

int gt_stack_build(const struct gt_stack *stack, const struct gt_barrier_job *job, bool compact,
		   unsigned char *room, size_t cap, struct gt_stack_new *ret)
{
	struct gt_stack_layout l = {0};
	size_t place[GT_VAR_COUNT] = {0};
	struct builder b = {.s = stack,
			    .l = &l,
			    .job = job,
			    .place = place,
			    .compact = compact,
			    .room = room,
			    .cap = cap};
	int r;

	*ret = (struct gt_stack_new){0};
	if (job->n_env > GT_VAR_COUNT)
		return -EINVAL;
	r = gt_stack_find(stack, &l);
	if (r == 0)
		r = place_jobs(stack, &l, job, place, ret);
	if (r < 0 || !ret->changed)
		return r;
	r = measure_block(&b);
	if (r == 0)
		r = lay_out_block(&b, ret);
	if (r < 0) /* nobody must use a layout that we gave up */
		*ret = (struct gt_stack_new){0};
	return r;
}

/* Whole words, below the old stack, inside the room. */
bool gt_stack_new_valid(const struct gt_stack_new *n, const struct gt_stack *stack, size_t cap)
{
	uint64_t top = stack->sp & ~(uint64_t)15;
	unsigned char changed;

	memcpy(&changed, &n->changed, 1);
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		if (n->env_error[i] > 0 || n->env_error[i] < -4095)
			return false;
	}
	if (changed > 1)
		return false;
	if (!changed)
		return true;
	return n->len <= cap && n->len > 2 * GT_STACK_WORD && n->len < top &&
	       n->addr == top - n->len && n->ret_slot == n->addr &&
	       n->sp == n->addr + GT_STACK_WORD && n->sp % 16 == 0 &&
	       (n->map_addr == 0 || (n->map_addr > n->sp && n->map_addr < top &&
				     top - n->map_addr >= sizeof(struct prctl_mm_map)));
}
