/*
 * What the parser says of a program that was exec'd. Input: the name of its file up to a NUL, its
 * first stack up to a line of "%%", the file. And what one that was taken over might say: with an
 * empty name, the rest is its answer.
 */
#include "decide/jobs.h"
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"

static union {
	struct gt_exec_ask ask;
	char room[sizeof(struct gt_exec_ask) + (1u << 20)];
} in_room;
static struct gt_newcomer answer;
static struct gt_stack_answer stack_answer;

static int ask(enum gt_parse_job job, int fd, size_t stack_len, void *ret)
{
	const struct gt_job *j = &gt_parse_jobs[job];
	struct gt_err e = {0};
	int r;

	memset(ret, 0, j->ret_arena ? j->ret_arena + sizeof(struct gt_arena) : j->ret_len);
	r = j->fn(fd, &in_room, sizeof(in_room.ask) + stack_len, ret, j->ret_len, &e);
	HOLDS(r <= 0 && r > -4096);
	return r;
}

static void check_newcomer(int fd, size_t stack_len)
{
	if (ask(GT_JOB_NEWCOMER, fd, stack_len, &answer) < 0)
		return;
	HOLDS(gt_newcomer_valid(&answer));
	HOLDS(answer.kind != GT_EXEC_GO || answer.program.kind == GT_PROG_GO);
	HOLDS(answer.kind == GT_EXEC_GO || answer.program.can_exec == GT_UNKNOWN);
	HOLDS((answer.stack_error == -ENODATA) == (stack_len == 0));
	/* A length that is not that of the input is refused, with nothing read. */
	in_room.ask.stack.len++;
	HOLDS(ask(GT_JOB_NEWCOMER, fd, stack_len, &answer) == -EINVAL);
	HOLDS(ask(GT_JOB_STACK, fd, stack_len, &stack_answer) == -EINVAL);
	in_room.ask.stack.len--;
}

static void check_stack(size_t stack_len)
{
	struct gt_barrier_job *job = &in_room.ask.job;

	job->n_env = 1;
	(void)gt_copy_str(job->env[0].name, sizeof(job->env[0].name), "GOGC"); /* fits */
	(void)gt_copy_str(job->env[0].value, sizeof(job->env[0].value), "60");
	if (ask(GT_JOB_STACK, -1, stack_len, &stack_answer) == 0)
		HOLDS(gt_stack_answer_valid(&stack_answer, &in_room.ask.stack));
}

/* What is believed is in its range. */
static void check_lie(struct fuzz_in *in)
{
	memset(&answer, 0, sizeof(answer));
	for (size_t i = 0; in->n > 2; i++) {
		size_t at = (size_t)fuzz_u64(in);

		((char *)&answer)[at % sizeof(answer)] = (char)fuzz_byte(in);
	}
	if (!gt_newcomer_valid(&answer))
		return;
	HOLDS(answer.kind == GT_EXEC_OTHER || answer.kind == GT_EXEC_GO ||
	      answer.kind == GT_EXEC_LEADS_ON);
	HOLDS(gt_program_valid(&answer.program) && answer.stack_error <= 0);
	for (unsigned v = 0; v < GT_VAR_COUNT; v++)
		HOLDS(strlen(answer.var[v].value) < sizeof(answer.var[v].value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size}, stack;
	struct gt_exec_ask *a = &in_room.ask;

	memset(a, 0, sizeof(*a));
	fuzz_text(&in, '\0', a->exe, sizeof(a->exe));
	if (!a->exe[0]) {
		check_lie(&in);
		return 0;
	}
	stack = fuzz_file_of(&in);
	if (stack.n > sizeof(in_room.room) - sizeof(*a))
		stack.n = sizeof(in_room.room) - sizeof(*a);
	memcpy(in_room.room + sizeof(*a), stack.p, stack.n);
	a->stack = (struct gt_stack){
		.len = stack.n, .sp = 0x7ffc00000000ULL, .entry = 0x401000, .limit = UINT64_MAX};
	check_newcomer(fuzz_file(in.p, in.n), stack.n);
	check_stack(stack.n);
	return 0;
}
