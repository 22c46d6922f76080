/*
 * Answers that would pass for true, made to reach what is not the attacker's: another container,
 * the host, a limit beyond the policy. Privilege: that of the job.
 */
#include <stdio.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "gotune/program.h"
#include "gotune/sandbox.h"
#include "gotune/sysctl.h"
#include "hostile.h"

void ask_for_all(struct gt_strv *to)
{
	static const char *const pairs[][2] = {
		{"io.gotune.enable", "true"},
		{"io.gotune.mode", "enforce"},
		{"io.gotune.profile", "unlimited"},
		{"io.gotune.program", "/../../../../etc/shadow"},
		{"io.gotune.gomaxprocs", "1048576"},
		{"io.gotune.gomemlimit", "8EiB"},
		{"io.gotune.gogc", "off"},
		{"io.gotune.godebug", "gctrace=1\nLD_PRELOAD=/x.so"},
		{"io.gotune.nofile", "18446744073709551615"},
		{"io.gotune.sysctl.kernel.core_pattern", "|/bin/false"},
		{"io.gotune.sysctl.net.core.somaxconn", "7777"},
		{"io.gotune.sysctl.net/core/somaxconn", "7777"},
		{"io.gotune.sysctl.kernel.msgmax", "1"},
		{"io.gotune.x\ny", "z"},
	};

	gt_strv_clear(to);
	for (size_t i = 0; i < GT_ARRAY_LEN(pairs); i++)
		add_pair(to, pairs[i][0], pairs[i][1]);
}

/* ---- state ---- */

static void state_other_pid(void *ret)
{
	((struct gt_state *)ret)->pid = bystander.pid;
}

static void state_other_id(void *ret)
{
	SET(((struct gt_state *)ret)->id, bystander.id);
}

static void state_other_bundle(void *ret)
{
	SET(((struct gt_state *)ret)->bundle, bystander.bundle);
}

static void state_other(void *ret)
{
	state_other_pid(ret);
	state_other_id(ret);
	state_other_bundle(ret);
}

static void state_stopped(void *ret)
{
	SET(((struct gt_state *)ret)->status, "stopped");
}

static void state_other_stopped(void *ret)
{
	state_other_id(ret);
	state_stopped(ret);
}

static void state_pid_1(void *ret)
{
	((struct gt_state *)ret)->pid = 1;
}

static void state_pid_0(void *ret)
{
	((struct gt_state *)ret)->pid = 0;
}

/* What pid_t would cut to the bystander's. */
static void state_pid_cut(void *ret)
{
	((struct gt_state *)ret)->pid = (INT64_C(1) << 32) + bystander.pid;
}

/* ---- look ---- */

static const struct gt_program go_program = {.kind = GT_PROG_GO,
					     .go = "go1.20.1",
					     .go_known = true,
					     .go_minor = 20,
					     .has_modules = true,
					     .cgo = GT_NO,
					     .main_path = "x"};

static void pin(struct gt_program *p)
{
	p->go_minor = 25;
	p->has_godebug_default = true;
	SET(p->godebug_default, "containermaxprocs=0,x=1\nLD_PRELOAD=/x.so");
}

static void look_go(void *ret)
{
	struct gt_look *l = ret;

	l->script = false;
	l->step.what = GT_LAUNCH_NONE;
	l->program = go_program;
}

static void look_pinned(void *ret)
{
	look_go(ret);
	pin(&((struct gt_look *)ret)->program);
}

static void look_old(void *ret)
{
	look_go(ret);
	((struct gt_look *)ret)->program.go_minor = UINT32_MAX;
}

static void lead_to(struct gt_look *l, const char *program)
{
	l->step.what = GT_LAUNCH_NEXT;
	l->step.n_argv = 1;
	set_only(&l->step.argv[0], program);
	gt_strv_clear(&l->step.env);
}

/* A launcher that leads to itself, and so on. */
static void look_loop(void *ret)
{
	lead_to(ret, "/probe");
}

static void look_loop_full(void *ret)
{
	struct gt_look *l = ret;

	lead_to(l, "/probe");
	l->step.n_argv = 1;
	while (gt_strv_add(&l->step.argv[0], "AAAAAAA", 7) == 0)
		;
}

static void look_up(void *ret)
{
	lead_to(ret, "/../../../../../../../etc/shadow");
}

static void look_proc(void *ret)
{
	lead_to(ret, "/proc/1/root/etc/shadow");
}

static void look_relative(void *ret)
{
	lead_to(ret, "x");
}

static void look_env(void *ret)
{
	struct gt_look *l = ret;

	lead_to(l, "/probe");
	add_pair(&l->step.env, "GOMAXPROCS", "1\nLD_PRELOAD=/x.so");
	add_pair(&l->step.env, "GODEBUG", "x=1\nLD_PRELOAD=/x.so");
	add_pair(&l->step.env, "LD_PRELOAD", "/x.so");
}

/* Each answer takes nearly all the time that it may. */
static int slow(gt_job_fn real, const struct ask *q, struct gt_err *e)
{
	struct timespec t;
	int64_t end;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	end = t.tv_sec * 1000 + t.tv_nsec / 1000000 + GT_JOB_TIMEOUT_MS - 200;
	do
		(void)clock_gettime(CLOCK_MONOTONIC, &t);
	while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < end);
	return real(q->fd, q->in, q->in_len, q->ret, q->ret_len, e);
}

static int look_slow(gt_job_fn real, const struct ask *q, struct gt_err *e)
{
	int r = slow(real, q, e);

	look_loop(q->ret);
	return r;
}

/* ---- edits and exec: true places for another plan ---- */

static int edits_of_another(gt_job_fn real, const struct ask *q, struct gt_err *e)
{
	struct gt_plan plan;

	if (q->in_len != sizeof(plan))
		return real(q->fd, q->in, q->in_len, q->ret, q->ret_len, e);
	memcpy(&plan, q->in, sizeof(plan));
	for (uint32_t i = 0; i < plan.n_setting; i++) {
		struct gt_setting *s = &plan.setting[i];

		s->verdict = GT_VERDICT_SET;
		s->soft = s->hard = 7;
		SET(s->value, "1\",\"LD_PRELOAD=/x.so");
		if (s->id == GT_SET_SYSCTL)
			SET(s->name, "kernel.core_pattern");
	}
	return real(q->fd, &plan, sizeof(plan), q->ret, q->ret_len, e);
}

static int exec_of_another(gt_job_fn real, const struct ask *q, struct gt_err *e)
{
	struct gt_exec_wants wants;

	if (q->in_len != sizeof(wants))
		return real(q->fd, q->in, q->in_len, q->ret, q->ret_len, e);
	memcpy(&wants, q->in, sizeof(wants));
	for (uint32_t i = 0; i < wants.n; i++)
		SET(wants.env[i].value, "1\",\"LD_PRELOAD=/x.so");
	return real(q->fd, &wants, sizeof(wants), q->ret, q->ret_len, e);
}

/* ---- image ---- */

static void image_asks(void *ret)
{
	struct gt_image *i = ret;

	i->found = true;
	SET(i->name, "docker.io/x\n\033[2Jforged:latest");
	ask_for_all(&i->labels);
}

static void image_other(void *ret)
{
	struct gt_image *i = ret;

	i->found = true;
	SET(i->id, bystander.id);
}

/* ---- sysctls ---- */

static int sysctl_pretend(gt_job_fn real, const struct ask *q, struct gt_err *e)
{
	(void)real, (void)e;
	memcpy(q->ret, q->in, q->in_len);
	return 0;
}

/* Another value than the one asked for, in the container's own namespace. */
static int sysctl_other(gt_job_fn real, const struct ask *q, struct gt_err *e)
{
	struct gt_sysctl_pair pair = *(const struct gt_sysctl_pair *)q->in;

	SET(pair.value, "1234");
	return real(q->fd, &pair, sizeof(pair), q->ret, q->ret_len, e);
}

static void sysctl_huge(void *ret)
{
	SET(((struct gt_sysctl_pair *)ret)->value, "18446744073709551615");
}

/* ---- what was exec'd ---- */

static void newcomer_go(void *ret)
{
	struct gt_newcomer *n = ret;

	n->kind = GT_EXEC_GO;
	n->program = go_program;
}

static void newcomer_pinned(void *ret)
{
	newcomer_go(ret);
	pin(&((struct gt_newcomer *)ret)->program);
}

static void newcomer_old(void *ret)
{
	newcomer_go(ret);
	((struct gt_newcomer *)ret)->program.go_minor = UINT32_MAX;
}

/* Whatever it is, it is followed for as long as that is allowed. */
static void newcomer_leads_on(void *ret)
{
	((struct gt_newcomer *)ret)->kind = GT_EXEC_LEADS_ON;
}

static void newcomer_leads_nowhere(void *ret)
{
	((struct gt_newcomer *)ret)->kind = GT_EXEC_OTHER;
}

/* Kinds that do not fit what the file is. */
static void newcomer_no_go(void *ret)
{
	struct gt_newcomer *n = ret;

	n->kind = GT_EXEC_GO;
	n->program = (struct gt_program){.kind = GT_PROG_OTHER, .can_exec = GT_YES};
}

static void newcomer_env(void *ret)
{
	static const char *const values[GT_VAR_COUNT] = {
		[GT_VAR_GOMAXPROCS] = "1\nLD_PRELOAD=/x.so",
		[GT_VAR_GOMEMLIMIT] = "8EiB",
		[GT_VAR_GOGC] = "off",
		[GT_VAR_GODEBUG] = "x=1\nLD_PRELOAD=/x.so",
	};
	struct gt_newcomer *n = ret;

	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		n->var[i] = (struct gt_env_var){.present = true, .count = 1};
		SET(n->var[i].value, values[i]);
	}
}

/* Says that there is no variable, where the program has some. */
static void newcomer_no_env(void *ret)
{
	memset(((struct gt_newcomer *)ret)->var, 0, sizeof(((struct gt_newcomer *)ret)->var));
}

static void newcomer_no_stack(void *ret)
{
	((struct gt_newcomer *)ret)->stack_error = -EINVAL;
}

/* ---- its new stack ---- */

static void stack_garbage(void *ret)
{
	struct gt_stack_answer *a = ret;

	memset(a->arena.room, 0x41, a->arena.a.used);
}

static void shorten(struct gt_stack_new *n)
{
	n->addr += n->len / 2 & ~(size_t)15;
	n->len -= n->len / 2 & ~(size_t)15;
	n->ret_slot = n->addr;
	n->sp = n->addr + 8;
	n->map_addr = 0;
}

static void stack_short(void *ret)
{
	struct gt_stack_answer *a = ret;

	shorten(&a->stack);
	a->arena.a.used = (uint32_t)a->stack.len;
}

/* Less is sent than is to be written: the rest would be what the parent's memory had there. */
static void stack_leaks(void *ret)
{
	((struct gt_stack_answer *)ret)->arena.a.used /= 2;
}

static void stack_bad_map(void *ret)
{
	((struct gt_stack_answer *)ret)->stack.map_addr += 16;
}

static void stack_above(void *ret)
{
	struct gt_stack_new *n = &((struct gt_stack_answer *)ret)->stack;

	n->addr += 4096;
	n->sp += 4096;
	n->ret_slot += 4096;
}

static void stack_unchanged(void *ret)
{
	((struct gt_stack_answer *)ret)->stack.changed = false;
}

/* A stack for another job: a variable that nobody has asked for. */
static int stack_of_another(gt_job_fn real, const struct ask *q, struct gt_err *e)
{
	struct gt_exec_ask *mine = malloc(q->in_len);
	int r;

	if (!mine)
		return -ENOMEM;
	memcpy(mine, q->in, q->in_len);
	mine->job.n_env = 1;
	mine->job.env[0].has_expect = false;
	SET(mine->job.env[0].name, "LD_PRELOAD");
	SET(mine->job.env[0].value, "/x.so");
	r = real(q->fd, mine, q->in_len, q->ret, q->ret_len, e);
	free(mine);
	return r;
}

static const struct attack state[] = {
	CHANGE("other-pid", state_other_pid),
	CHANGE("other-id", state_other_id),
	CHANGE("other-bundle", state_other_bundle),
	CHANGE("other", state_other),
	CHANGE("stopped", state_stopped),
	CHANGE("other-stopped", state_other_stopped),
	CHANGE("pid-1", state_pid_1),
	CHANGE("pid-0", state_pid_0),
	CHANGE("pid-cut", state_pid_cut),
};

static const struct attack look[] = {
	CHANGE("go", look_go),
	CHANGE("pinned", look_pinned),
	CHANGE("old", look_old),
	CHANGE("loop", look_loop),
	CHANGE("loop-full", look_loop_full),
	CHANGE("up", look_up),
	CHANGE("proc", look_proc),
	CHANGE("relative", look_relative),
	CHANGE("env", look_env),
	INSTEAD("slow", look_slow, false),
};

static const struct attack edits[] = {
	INSTEAD("of-another", edits_of_another, false),
};

static const struct attack exec[] = {
	INSTEAD("of-another", exec_of_another, false),
};

static const struct attack image[] = {
	CHANGE("asks", image_asks),
	CHANGE("other", image_other),
	INSTEAD("slow", slow, false),
};

static const struct attack sysctl_read[] = {
	CHANGE("huge", sysctl_huge),
	INSTEAD("pretend", sysctl_pretend, false),
	INSTEAD("slow", slow, false),
};

static const struct attack sysctl_write[] = {
	INSTEAD("pretend", sysctl_pretend, false),
	INSTEAD("other", sysctl_other, true),
};

static const struct attack newcomer[] = {
	CHANGE("go", newcomer_go),
	CHANGE("pinned", newcomer_pinned),
	CHANGE("old", newcomer_old),
	CHANGE("leads-on", newcomer_leads_on),
	CHANGE("leads-nowhere", newcomer_leads_nowhere),
	CHANGE("no-go", newcomer_no_go),
	CHANGE("env", newcomer_env),
	CHANGE("no-env", newcomer_no_env),
	CHANGE("no-stack", newcomer_no_stack),
	INSTEAD("slow", slow, false),
};

static const struct attack stack[] = {
	CHANGE_OWN("garbage", stack_garbage),
	CHANGE_OWN("short", stack_short),
	CHANGE("leaks", stack_leaks),
	CHANGE("bad-map", stack_bad_map),
	CHANGE("above", stack_above),
	CHANGE("unchanged", stack_unchanged),
	INSTEAD("of-another", stack_of_another, true),
	INSTEAD("slow", slow, false),
};

#define OF(a)                        \
	{                            \
		(a), GT_ARRAY_LEN(a) \
	}

struct attacks attacks_on(enum target t)
{
	static const struct attacks all[TARGET_COUNT] = {
		[TARGET_STATE] = OF(state),
		[TARGET_LOOK] = OF(look),
		[TARGET_EDITS] = OF(edits),
		[TARGET_EXEC] = OF(exec),
		[TARGET_IMAGE] = OF(image),
		[TARGET_SYSCTL_READ] = OF(sysctl_read),
		[TARGET_SYSCTL_WRITE] = OF(sysctl_write),
		[TARGET_NEWCOMER] = OF(newcomer),
		[TARGET_STACK] = OF(stack),
	};

	if (t >= TARGET_NRI_REQUEST)
		return attacks_on_nri(t);
	return t == TARGET_BUNDLE ? attacks_on_bundle() : all[t];
}
