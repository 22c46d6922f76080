/*
 * Builds the new stack in a child without privileges, since a container's environment may contain
 * anything. The tracer hands in a function that makes the child. Effectful: maps memory that the
 * child shares.
 *
 * By the fork the child has a copy of the old stack. It leaves the new one and its answer in the
 * shared memory. We look at them after it has ended.
 */
#include "gotune/apply.h"
#include "gotune/base.h"
#include "stack.h"

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

static void build_stack(void *ctx)
{
	const struct question *q = ctx;

	q->answer->result =
		gt_stack_build(q->stack, q->job, q->compact, q->room, q->cap, &q->answer->stack);
}

int gt_stack_rebuild(gt_apart_fn *apart, const struct gt_stack *stack,
		     const struct gt_barrier_job *job, bool compact, struct gt_pages *mem,
		     struct gt_stack_new *ret)
{
	struct question q = {
		.stack = stack, .job = job, .compact = compact, .cap = gt_stack_room(stack->len)};
	struct answer a;
	int r = gt_pages_map(mem, sizeof(a) + q.cap,
			     GT_PAGES_SHARED); /* zeros, which the build needs */

	if (r < 0)
		return r;
	q.answer = mem->p;
	q.room = (unsigned char *)mem->p + sizeof(a);
	q.answer->result = -EPIPE; /* what holds when the child says nothing */
	if (apart)
		r = apart(build_stack, &q);
	else
		build_stack(&q);
	if (r < 0)
		return r;
	a = *q.answer;
	if (a.result > 0 || a.result < -4095 || !gt_stack_new_valid(&a.stack, stack, q.cap))
		return -EBADMSG;
	a.stack.image = q.room;
	*ret = a.stack;
	return a.result;
}
