/*
 * The search of a container's files as a process: started, awaited, and its answer checked.
 * Effectful: forks, and kills what takes too long.
 */
#include <string.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"
#include "search.h"

/* What the child is to do; it has a copy. */
struct job {
	gt_search_fn fn;
	const void *ctx;
	const struct gt_env_var *var;
	const struct gt_worker *parser;
};

/* What it says, in shared memory. */
struct answer {
	struct gt_found found;
	bool parser_lost;
};

static void run(void *ctx, int kept, void *ret)
{
	const struct job *j = ctx;
	struct answer *a = ret;
	struct gt_worker parser;

	if (j->var)
		memcpy(a->found.var, j->var, sizeof(a->found.var));
	gt_worker_borrow(j->parser, kept, &parser);
	j->fn(j->ctx, &parser, &a->found);
	a->parser_lost = parser.pid <= 0;
}

void gt_search_start(struct gt_search *ret, enum gt_phase phase, gt_search_fn fn, const void *ctx,
		     const struct gt_env_var *var, struct gt_worker *parser)
{
	struct job j = {fn, ctx, var, parser};

	*ret = (struct gt_search){.parser = parser};
	if (gt_aside_start(&ret->aside, phase, run, &j, parser->sock, sizeof(struct answer),
			   GT_SEARCH_MS) < 0)
		ret->aside.pid = 0; /* awaiting it says so */
}

static bool is_valid(const struct answer *a)
{
	const struct gt_err *e = &a->found.error;
	unsigned char lost;
	bool ok = gt_program_valid(&a->found.program) && e->code <= 0 && e->code > -4096 &&
		  memchr(e->msg, '\0', sizeof(e->msg));

	memcpy(&lost, &a->parser_lost, 1); /* as a bool it could be undefined */
	for (unsigned i = 0; i < GT_VAR_COUNT; i++)
		ok = ok && gt_env_var_valid(&a->found.var[i]);
	return ok && lost <= 1;
}

static enum gt_prog_note note_of(int error)
{
	switch (error) {
	case -ETIMEDOUT:
		return GT_NOTE_TOOK_TOO_LONG;
	case -EPIPE:
		return GT_NOTE_PARSER_DIED;
	default:
		return GT_NOTE_UNREADABLE; /* there was no child */
	}
}

void gt_search_await(struct gt_search *s, struct gt_found *ret)
{
	int r = gt_aside_await(&s->aside);
	const struct answer *a = s->aside.ret.p;

	if (r == 0 && !is_valid(a))
		r = -EPIPE;
	if (r < 0 || a->parser_lost)
		gt_worker_done(s->parser);
	if (r < 0)
		ret->program = (struct gt_program){.note = note_of(r)};
	else
		*ret = a->found;
	gt_aside_done(&s->aside);
}
