/*
 * The new stack, worked out where nothing can be lost: what a container's environment holds is read
 * by a child without privileges, which the tracer brings along as a function. Effectful: maps
 * memory that the child shares.
 *
 * The child gets a copy of the old stack by being forked, and leaves the new one, with what it says
 * of it, in the shared memory. It has ended when its answer is looked at.
 */
#include <sys/mman.h>

#include "gotune/stack.h"

/* At the beginning of the shared memory; the room for the image follows. */
struct answer {
	int32_t result;
	struct gt_stack_new stack;
};

struct question {
	const struct gt_stack *stack;
	const struct gt_barrier_job *job;
	bool compact;
	struct answer *answer;
	unsigned char *room;
	size_t cap;
};

static void build(void *ctx)
{
	const struct question *q = ctx;

	q->answer->result =
		gt_stack_build(q->stack, q->job, q->compact, q->room, q->cap, &q->answer->stack);
}

void gt_stack_mem_done(struct gt_stack_mem *m)
{
	if (m->p)
		(void)munmap(m->p, m->len);
	*m = (struct gt_stack_mem){0};
}

/* Fresh: the build counts on zeros. */
static int get_memory(struct gt_stack_mem *m, size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	gt_stack_mem_done(m);
	*m = (struct gt_stack_mem){p, len};
	return 0;
}

int gt_stack_rebuild(gt_apart_fn *apart, const struct gt_stack *stack,
		     const struct gt_barrier_job *job, bool compact, struct gt_stack_mem *mem,
		     struct gt_stack_new *ret)
{
	struct question q = {
		.stack = stack, .job = job, .compact = compact, .cap = gt_stack_room(stack->len)};
	struct answer a;
	int r = get_memory(mem, sizeof(a) + q.cap);

	if (r < 0)
		return r;
	q.answer = mem->p;
	q.room = (unsigned char *)mem->p + sizeof(a);
	q.answer->result = -EPIPE; /* what holds when the child says nothing */
	if (apart)
		r = apart(build, &q);
	else
		build(&q);
	if (r < 0)
		return r;
	a = *q.answer;
	if (a.result > 0 || a.result < -4095 || !gt_stack_new_valid(&a.stack, stack, q.cap))
		return -EBADMSG;
	a.stack.image = q.room;
	*ret = a.stack;
	return a.result;
}
