/*
 * Decides at each exec of a container: what is it, does it lead on, or is it the program that
 * counts? Then its facts are complete, and the plan is made with them: its version, its
 * environment, its cgroup, its CPUs. Effectful: reads procfs, changes the stopped program, writes
 * the record. Runs in the tracer.
 *
 * The file and the stack are hostile: the parser, which was kept, looks at both.
 */
#include <malloc.h>

#include "follow.h"
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"
#include "look.h"
#include "newcomer.h"
#include "parts.h"

#define SHOW_AFTER_MS	100  /* a container that is not started yet gets a record all the same */
#define SHRINK_AFTER_MS 1000 /* after that much the wait may last for hours */

struct follower {
	struct gt_decision *d;
	bool kept;    /* there is a record */
	bool tuned;   /* ... which was counted as a tuned one's */
	bool decided; /* on a program that does not lead on */
	char seen[sizeof(((struct gt_program *)0)->via)];
	struct gt_barrier_env given[GT_VAR_COUNT]; /* what we gave to a program before; "" */
};

/* ---- its facts ---- */

/* A value that we gave to the program that started this one is not the user's. */
static bool is_ours(const struct follower *f, const struct gt_env_var *v, unsigned i)
{
	return v->present && v->count == 1 && f->given[i].name[0] &&
	       strcmp(v->value, f->given[i].value) == 0;
}

static void take_facts(struct follower *f, struct gt_arrival *n, const char *via)
{
	struct gt_facts *facts = &f->d->rec->facts;

	facts->program = n->is.program;
	(void)gt_copy_str(facts->program.via, sizeof(facts->program.via), via);
	if (n->stack_error < 0)
		facts->barrier = n->stack_error == -ENOEXEC ? GT_BARRIER_ARCH : facts->barrier;
	for (unsigned i = 0; i < GT_VAR_COUNT && n->is.stack_error == 0; i++) {
		n->ours[i] = is_ours(f, &n->is.var[i], i);
		if (n->ours[i])
			memset(&facts->var[i], 0, sizeof(facts->var[i]));
		else
			facts->var[i] = n->is.var[i];
	}
	gt_look_at_process(f->d, n->pid);
}

/* ---- its settings ---- */

struct building {
	struct follower *f;
	struct gt_arrival *n;
	struct gt_stack_answer *answer;
};

static int build_stack(void *ctx, const struct gt_stack *stack, const struct gt_barrier_job *job,
		       bool compact, struct gt_stack_new *ret)
{
	struct building *b = ctx;
	int r;

	b->n->ask->job = *job;
	b->n->ask->compact = compact;
	r = gt_arrival_ask(b->f->d, b->n, GT_JOB_STACK, b->answer);
	if (r < 0)
		return r;
	if (!gt_stack_answer_valid(b->answer, stack))
		return -EBADMSG;
	*ret = b->answer->stack;
	ret->image = (unsigned char *)b->answer->arena.room;
	return 0;
}

/* What we gave to a program before is replaced. */
static void replace_ours(const struct follower *f, const struct gt_arrival *n,
			 struct gt_barrier_job *job)
{
	for (uint32_t i = 0; i < job->n_env; i++) {
		for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
			if (!n->ours[v] || strcmp(gt_var_name[v], job->env[i].name) != 0)
				continue;
			job->env[i].has_expect = true;
			memcpy(job->env[i].expect, f->given[v].value, sizeof(job->env[i].expect));
		}
	}
}

static void remember(struct follower *f, const struct gt_barrier_job *job,
		     const struct gt_barrier_result *res)
{
	for (uint32_t i = 0; i < job->n_env; i++) {
		for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
			if (res->env_error[i] == 0 && strcmp(gt_var_name[v], job->env[i].name) == 0)
				f->given[v] = job->env[i];
		}
	}
}

static void change_program(struct follower *f, struct gt_arrival *n)
{
	struct gt_record *rec = f->d->rec;
	struct gt_barrier_job job;
	struct gt_barrier_result res;
	struct building b = {.f = f, .n = n};

	rec->stale_environ = false;
	if (!gt_apply_barrier_job(&rec->facts, &rec->plan, &job))
		return;
	replace_ours(f, n, &job);
	b.answer = malloc(sizeof(*b.answer)); /* of which only what is answered is touched */
	gt_barrier_change(n->pid, &job, n->stack_error < 0 || !b.answer ? NULL : &n->stack,
			  n->stack_error < 0 ? n->stack_error : -ENOMEM, build_stack, &b, &res);
	free(b.answer);
	remember(f, &job, &res);
	gt_apply_barrier_outcome(&rec->plan, &job, &res, rec->outcome);
	rec->stale_environ = res.stale_environ;
	if (res.stale_environ)
		gt_record_warn(rec, GT_W_STALE_ENVIRON);
}

/* ---- keeping it ---- */

static void log_failures(const struct gt_record *rec)
{
	for (uint32_t i = 0; i < rec->plan.n_setting; i++) {
		if (rec->plan.setting[i].verdict == GT_VERDICT_SET && rec->outcome[i].error[0])
			gt_log(GT_LOG_WARNING, "%s: %s: %s", rec->facts.ident.id,
			       rec->plan.setting[i].name, rec->outcome[i].error);
	}
}

/* The first time there is no record yet; later poststop may have removed it, and it must not come
 * back. */
static void keep(struct follower *f, int result, const struct gt_err *why)
{
	struct gt_decision *d = f->d;
	bool sets = gt_plan_sets(&d->rec->plan);
	struct gt_err e = {0};
	int r;

	if (!f->kept)
		gt_keep(d, result, why);
	else if (d->machine->records >= 0) {
		r = gt_record_update(d->machine->records, d->rec, &e);
		if (r < 0 && r != -ENOENT)
			gt_log(GT_LOG_WARNING, "%s: %s", gt_decision_name(d), e.msg);
		if (sets && !f->tuned &&
		    gt_record_count(d->machine->records, 1u << GT_COUNT_TUNED) < 0)
			gt_log(GT_LOG_DEBUG, "cannot count");
	}
	f->kept = true;
	f->tuned = f->tuned || sets;
}

/* The facts have changed: decides and, if CARRY, carries out what does not wait for an exec. */
static int decide_anew(struct follower *f, bool carry, struct gt_err *e)
{
	struct gt_record *rec = f->d->rec;
	struct {
		struct gt_plan plan;
		struct gt_outcome outcome[GT_SETTINGS_MAX];
	} *before = malloc(sizeof(*before));

	if (!before)
		return gt_err_set(e, -ENOMEM, "out of memory");
	before->plan = rec->plan;
	memcpy(before->outcome, rec->outcome, sizeof(before->outcome));
	gt_decide_again(f->d);
	gt_apply_inherit(&rec->plan, &before->plan, before->outcome, rec->outcome);
	free(before);
	return carry ? gt_carry_live(f->d, e) : 0;
}

/* One that opted in by itself wants all of it for any program, whatever that turns out to be. */
static bool is_enabled(const struct gt_decision *d)
{
	return d->sel.wish.has[GT_KEY_ENABLE] && d->sel.wish.number[GT_KEY_ENABLE];
}

/* What is given to any program of a container that was selected is given to one that leads on, and
 * with it to all that it starts. */
static void settle_for_now(struct follower *f, struct gt_arrival *n)
{
	n->is.program.kind = GT_PROG_UNKNOWN;
	n->is.program.note = is_enabled(f->d) ? GT_NOTE_UNCERTAIN : GT_NOTE_AT_EXEC;
	if (f->d->rec->plan.selected) {
		struct gt_err e = {0};

		take_facts(f, n, "");
		if (decide_anew(f, true, &e) < 0)
			gt_log(GT_LOG_WARNING, "%s: %s", gt_decision_name(f->d), e.msg);
		change_program(f, n);
	}
	keep(f, 0, NULL); /* whatever it starts, it may be short-lived */
}

static void settle(struct follower *f, struct gt_arrival *n, const char *via)
{
	struct gt_err e = {0};
	int r;

	take_facts(f, n, via);
	r = decide_anew(f, true, &e);
	if (r < 0)
		gt_log(GT_LOG_WARNING, "%s: %s", gt_decision_name(f->d), e.msg);
	change_program(f, n);
	keep(f, r, &e);
	gt_log_decision(f->d);
	log_failures(f->d->rec);
	f->decided = true;
}

/* ---- the follower's calls ---- */

static void add_name(char *list, size_t cap, const char *exe)
{
	(void)gt_append(list, cap, gt_basename(exe)); /* cut when long: it is for reading */
	(void)gt_append(list, cap, "; ");
}

/* Does io.gotune.program say that this is the program that counts? GT_UNKNOWN: it says nothing. */
static enum gt_tri is_named(const struct gt_decision *d, const char *exe)
{
	const struct gt_request *q = &d->rec->facts.req.key[GT_KEY_PROGRAM];

	if (q->origin == GT_ORIGIN_NONE || q->too_long || q->value[0] == '\0' ||
	    !(d->machine->policy.allow & 1u << GT_KEY_PROGRAM))
		return GT_UNKNOWN;
	return strcmp(gt_basename(q->value), gt_basename(exe)) == 0 ? GT_YES : GT_NO;
}

/* What the container says of the program counts more than what we know of launchers. */
static enum gt_exec_kind kind_of(const struct gt_arrival *n, enum gt_tri named)
{
	if (named == GT_YES && n->is.kind == GT_EXEC_LEADS_ON)
		return n->is.program.kind == GT_PROG_GO ? GT_EXEC_GO : GT_EXEC_OTHER;
	if (named == GT_NO && n->is.kind == GT_EXEC_OTHER)
		return GT_EXEC_LEADS_ON;
	return n->is.kind;
}

static enum gt_follow_next decide_on(struct follower *f, struct gt_arrival *n,
				     struct gt_followed *who)
{
	enum gt_exec_kind kind;
	enum gt_tri named;

	named = is_named(f->d, n->ask->exe);
	kind = kind_of(n, named);
	/* A Go program that runs beside it says more than `tail -f`, say, as the init. */
	if (kind == GT_EXEC_GO || (kind == GT_EXEC_OTHER && who->init && !f->decided))
		settle(f, n, who->via);
	if (kind == GT_EXEC_LEADS_ON && !f->seen[0])
		settle_for_now(f, n);
	add_name(f->seen, sizeof(f->seen), n->ask->exe);
	add_name(who->via, sizeof(who->via), n->ask->exe);
	if (kind == GT_EXEC_LEADS_ON || (kind == GT_EXEC_GO && named == GT_NO))
		return GT_FOLLOW_LEADS_ON;
	if (kind == GT_EXEC_OTHER || who->again || n->is.program.can_exec == GT_NO)
		return GT_FOLLOW_LEAVE;
	return GT_FOLLOW_WATCH;
}

static enum gt_follow_next at_exec(void *ctx, struct gt_followed *who)
{
	struct follower *f = ctx;
	struct gt_arrival n;
	enum gt_follow_next next = GT_FOLLOW_LEAVE;

	if (gt_arrival_look(f->d, who->pid, &n) == 0)
		next = decide_on(f, &n, who);
	/* A file system may let a close wait for as long as it likes: the program goes first. */
	if (next != GT_FOLLOW_LEAVE)
		gt_cleanup_close(&n.fd);
	gt_arrival_done(&n);
	return next;
}

/* The program that is decided on is still to come. */
static unsigned be_idle(void *ctx, unsigned waited_ms)
{
	struct follower *f = ctx;
	struct gt_decision *d = f->d;

	if (waited_ms < SHOW_AFTER_MS)
		return SHOW_AFTER_MS;
	if (!f->kept) {
		keep(f, 0, NULL);
		return SHRINK_AFTER_MS;
	}
	free(GT_TAKE_PTR(d->state));
	(void)malloc_trim(0); /* whether there was any to be given back */
	gt_follow_shrink();
	return 0;
}

static bool is_gone(const struct gt_decision *d)
{
	const struct gt_ident *id = &d->rec->facts.ident;

	return !gt_is_same_process(d->machine->root, d->pidfd, id->pid, id->pid_start);
}

/* Nothing that counts was executed. */
static void give_up(struct follower *f)
{
	struct gt_program *p = &f->d->rec->facts.program;
	struct gt_err e = {0};
	bool gone = is_gone(f->d);
	int r;

	*p = (struct gt_program){.note = f->seen[0] ? GT_NOTE_NO_GO_SEEN : GT_NOTE_NOT_EXECUTED};
	(void)gt_copy_str(p->via, sizeof(p->via), f->seen);
	r = decide_anew(f, !gone, &e);
	keep(f, r, &e);
	gt_log_decision(f->d);
}

static enum gt_follow_next let_go(void *ctx, struct gt_followed *who)
{
	(void)ctx, (void)who;
	return GT_FOLLOW_LEAVE;
}

static unsigned rest(void *ctx, unsigned waited_ms)
{
	(void)ctx, (void)waited_ms;
	return 0;
}

int gt_follow_container(struct gt_decision *d, bool decides)
{
	struct follower f = {.d = d};
	const struct gt_follow_ops deciding = {at_exec, be_idle, &f},
				   waiting = {let_go, rest, NULL};
	enum gt_follow_end end = GT_FOLLOW_ALL_LEFT;
	int r = gt_follow_run(d->rec->facts.ident.pid, &d->machine->policy.follow,
			      decides ? &deciding : &waiting, &end);

	if (r < 0)
		gt_log(GT_LOG_WARNING, "%s: %s", gt_decision_name(d), strerror(-r));
	else if (decides && !f.decided)
		give_up(&f);
	return r;
}
