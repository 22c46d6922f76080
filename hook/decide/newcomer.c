/*
 * What a program is that was just exec'd. Effectful: reads its memory, opens its file. The parser
 * looks at both, since a container brought them along; it may have been taken over, so what it says
 * is checked.
 */
#include <fcntl.h>
#include <stdio.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"
#include "gotune/sandbox.h"
#include "newcomer.h"

bool gt_newcomer_valid(const struct gt_newcomer *n)
{
	bool ok = gt_program_valid(&n->program) && n->kind <= GT_EXEC_LEADS_ON &&
		  n->stack_error <= 0 && n->stack_error > -4096;

	for (unsigned i = 0; i < GT_VAR_COUNT; i++)
		ok = ok && gt_env_var_valid(&n->var[i]);
	return ok;
}

bool gt_stack_answer_valid(const struct gt_stack_answer *a, const struct gt_stack *stack)
{
	return gt_stack_new_valid(&a->stack, stack, gt_stack_room(stack->len)) &&
	       (!a->stack.changed || a->stack.len == a->arena.a.used);
}

static int open_exe(int64_t pid, char name[GT_PATH_CAP])
{
	char path[32];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%lld/exe", (long long)pid);
	n = readlink(path, name, GT_PATH_CAP - 1);
	name[n < 0 ? 0 : n] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* Without its stack a program can be looked at all the same. */
static int read_stack(struct gt_arrival *a)
{
	const size_t head = sizeof(*a->ask);
	unsigned char *mem = NULL;

	a->stack_error = gt_barrier_stack(a->pid, head, &a->stack, &mem);
	if (a->stack_error < 0) {
		a->stack = (struct gt_stack){0};
		mem = malloc(head);
	}
	if (!mem)
		return -ENOMEM;
	a->ask = (struct gt_exec_ask *)(void *)mem;
	memset(a->ask, 0, head);
	a->ask->stack = a->stack;
	a->ask->stack.image = NULL;
	return 0;
}

int gt_arrival_ask(struct gt_decision *d, const struct gt_arrival *a, enum gt_parse_job job,
		   void *ret)
{
	unsigned limit_ms = d->machine->policy.barrier_timeout_ms;
	int r = gt_decide_parser(d, NULL);

	if (r < 0)
		return r;
	d->parser.left_ms = limit_ms; /* of this exec */
	return gt_worker_call(&d->parser, job, a->fd, a->ask, sizeof(*a->ask) + a->stack.len, ret,
			      limit_ms, NULL);
}

static enum gt_prog_note note_of(const struct gt_arrival *a, int error)
{
	if (a->fd < 0)
		return GT_NOTE_UNREADABLE;
	return error == -ETIMEDOUT ? GT_NOTE_TOOK_TOO_LONG : GT_NOTE_PARSER_DIED;
}

int gt_arrival_look(struct gt_decision *d, int64_t pid, struct gt_arrival *a)
{
	int r;

	*a = (struct gt_arrival){.pid = pid, .fd = -1};
	r = read_stack(a);
	if (r < 0)
		return r;
	a->fd = open_exe(pid, a->ask->exe);
	r = a->fd < 0 ? a->fd : gt_arrival_ask(d, a, GT_JOB_NEWCOMER, &a->is);
	if (r == 0 && !gt_newcomer_valid(&a->is))
		r = -EPIPE;
	if (r < 0) {
		a->is = (struct gt_newcomer){.kind = GT_EXEC_OTHER};
		a->is.program.note = note_of(a, r);
	}
	memcpy(a->is.program.path, a->ask->exe, sizeof(a->ask->exe)); /* of the same size */
	return 0;
}

void gt_arrival_done(struct gt_arrival *a)
{
	free(GT_TAKE_PTR(a->ask));
}
