/*
 * The one way to a decision: gather, look, select, plan. The parent opens documents (documents.h),
 * bounds time, checks ranges; the worker parses what a container brought along, and a search
 * (search.h) opens its files. Effectful: reads only.
 */
#include <time.h>

#include "documents.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/lessons.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "gotune/read.h"
#include "gotune/sandbox.h"
#include "image.h"
#include "look.h"
#include "parts.h"

static void set_trouble(struct gt_decision *d, enum gt_trouble t, const struct gt_err *e)
{
	d->rec->facts.trouble = t;
	(void)gt_copy_str(d->rec->message, sizeof(d->rec->message), e->msg); /* cut: for reading */
}

/* What no state has told. */
static void take_source(struct gt_ident *id, const struct gt_source *from)
{
	if (from->id)
		(void)gt_copy_str(id->id, sizeof(id->id), from->id);
	id->pid = from->kind == GT_SOURCE_PID ? from->pid : 0;
	/* A relative one is relative to a directory that nobody will remember. */
	if (from->pid_file && from->pid_file[0] == '/' &&
	    !gt_copy_str(id->pid_file, sizeof(id->pid_file), from->pid_file))
		id->pid_file[0] = '\0';
}

/* In a pod's message these are plain; engines write them into annotations of config.json, too. */
static void take_typed_name(struct gt_ident *id, const struct gt_typed *t)
{
	const char *image = gt_strv_pair(&t->bundle.annotations, "io.kubernetes.cri.image-name");

	if (t->name[0])
		memcpy(id->container_name, t->name, sizeof(id->container_name));
	if (!id->image[0] && image && !gt_copy_str(id->image, sizeof(id->image), image))
		id->image[0] = '\0';
}

static void take_identity(struct gt_decision *d, const struct gt_ask *ask)
{
	struct gt_ident *id = &d->rec->facts.ident;

	if (!d->state)
		gt_copy_cut(id->bundle, ask->from.bundle ? ask->from.bundle : "");
	if (!d->state && !ask->from.id && d->bundle)
		gt_read_early_ident(d->bundle, id);
	if (d->bundle)
		gt_read_ident(d->state, d->bundle, id);
	if (d->state) {
		memcpy(id->id, d->state->id, sizeof(id->id));
		memcpy(id->bundle, d->state->bundle, sizeof(id->bundle));
		id->pid = d->state->pid;
	} else {
		take_source(id, &ask->from);
	}
	if (ask->from.typed)
		take_typed_name(id, ask->from.typed);
	gt_copy_cut(id->stage, ask->stage);
}

/*
 * The profile of the hook's registration: the host's word, but a user may ask for another one. One
 * that they may not ask for is ignored.
 */
static bool registration_counts(const struct gt_decision *d, const struct gt_request *profile)
{
	bool asked = profile->origin > GT_ORIGIN_HOOK_ARGS;
	bool may = profile->origin == GT_ORIGIN_SET ||
		   (d->machine->policy.allow & 1u << GT_KEY_PROFILE);

	return !asked || !may;
}

static void take_config(struct gt_decision *d, const struct gt_ask *ask)
{
	struct gt_facts *f = &d->rec->facts;
	const struct gt_typed *typed = ask->from.typed;
	const struct gt_bundle *asks = typed ? &typed->bundle : d->bundle;
	struct gt_request *profile = &f->req.key[GT_KEY_PROFILE];

	f->annotations = &asks->annotations;
	gt_read_requests(asks, f->ident.container_name, ask->set_pairs, &f->req);
	if (typed)
		gt_read_labels(&typed->labels, &f->req);
	gt_read_config_facts(d->bundle, f);
	f->prctl_allowed = !d->bundle->has_seccomp || d->bundle->prctl_allowed ? GT_YES : GT_NO;
	if (ask->profile && registration_counts(d, profile)) {
		profile->origin = GT_ORIGIN_HOOK_ARGS;
		profile->too_long =
			!gt_copy_str(profile->value, sizeof(profile->value), ask->profile);
	}
}

/* The documents, and what they alone tell. */
static void gather(struct gt_decision *d, const struct gt_ask *ask)
{
	const struct gt_source *from = &ask->from;
	struct gt_err why = {0};
	enum gt_trouble t = GT_TROUBLE_NONE;

	if (from->kind == GT_SOURCE_STATE && !d->state) {
		why = d->why_no_state;
		t = GT_TROUBLE_STATE;
	} else {
		t = gt_take_bundle(d, from, &why);
	}
	take_identity(d, ask);
	if (d->bundle)
		take_config(d, ask);
	if (t != GT_TROUBLE_NONE)
		set_trouble(d, t, &why);
	else if (d->machine->off && gt_err_set(&why, -EPERM, "%s", d->machine->off) < 0)
		set_trouble(d, GT_TROUBLE_DISABLED, &why);
	gt_look_up_image(d);
}

static bool can_look(const struct gt_decision *d)
{
	return d->bundle && d->bundle->has_process && d->bundle->has_linux;
}

/*
 * A document is decided on for good. Where its program was guessed, by reading a shell's words or a
 * script, we decide when it is executed; until then the guess counts for nothing.
 */
static void leave_to_exec(struct gt_decision *d)
{
	struct gt_facts *f = &d->rec->facts;
	struct gt_program p = {.note = GT_NOTE_AT_EXEC};

	if (!f->program.predicted && f->program.kind != GT_PROG_SCRIPT &&
	    f->program.note != GT_NOTE_UNCERTAIN)
		return;
	memcpy(p.path, f->program.path, sizeof(p.path));
	memcpy(p.via, f->program.via, sizeof(p.via));
	f->program = p;
	memcpy(f->var, d->bundle->var, sizeof(f->var)); /* a script may have set some */
}

/* What was learned of the image as we know it now becomes facts. */
static void take_lessons(struct gt_decision *d)
{
	const struct gt_policy *p = &d->machine->policy;

	/* Without a file there is no lesson, but the image's key, for gotuned. */
	if (gt_lessons_wanted(p) || p->daemon.rollback)
		gt_lessons_take(&d->lessons, &d->rec->facts);
}

/* Once: a tracer has no files any more. */
static void open_lessons(struct gt_decision *d)
{
	const struct gt_policy *p = &d->machine->policy;

	if (gt_lessons_wanted(p) || p->daemon.rollback)
		(void)!gt_lessons_read(d->machine->root, d->machine->state_dir, &d->lessons);
}

/* Gather, inspect the container, select, inspect the host, plan. */
static void decide(struct gt_decision *d, const struct gt_ask *ask)
{
	const struct gt_policy *p = &d->machine->policy;
	struct gt_facts *f = &d->rec->facts;

	gather(d, ask);
	if (can_look(d))
		gt_look_at_container(d, ask);
	if (can_look(d) &&
	    (ask->from.kind == GT_SOURCE_DOCUMENT || ask->from.kind == GT_SOURCE_TYPED))
		leave_to_exec(d);
	open_lessons(d);
	take_lessons(d);
	gt_plan_select(f, p, &d->sel);
	if (can_look(d))
		gt_look_at_host(d, ask);
	gt_plan_make(f, p, &d->sel, &d->rec->plan);
}

void gt_decide_again(struct gt_decision *d)
{
	const struct gt_policy *p = &d->machine->policy;
	struct gt_facts *f = &d->rec->facts;

	take_lessons(d);
	gt_plan_select(f, p, &d->sel);
	if (can_look(d))
		gt_look_again(d);
	gt_plan_make(f, p, &d->sel, &d->rec->plan);
}

/* What this process needs itself. The parser first: it gets ready while the policy is read. */
static int begin(struct gt_decision *d, const struct gt_source *from, struct gt_err *e)
{
	int r;

	if (from->kind == GT_SOURCE_DOCUMENT && from->len > GT_CONFIG_MAX)
		return gt_err_set(e, -EFBIG, "config.json is larger than %u MiB",
				  GT_CONFIG_MAX >> 20);
	if (gt_pages_map(&d->mem, sizeof(*d->rec), GT_PAGES_OWN) < 0)
		return gt_err_set(e, -ENOMEM, "out of memory");
	d->rec = d->mem.p;
	if (from->kind == GT_SOURCE_DOCUMENT) {
		d->config = gt_copy_config(from->doc, from->len, e);
		if (d->config < 0)
			return d->config;
	}
	r = gt_decide_parser(d, e);
	return r < 0 ? r : gt_machine_policy(d->machine, e);
}

/* What is wrong with the state is told by gather(). */
static void open_state(struct gt_decision *d, const struct gt_source *from)
{
	if (from->kind != GT_SOURCE_STATE ||
	    gt_take_state(d, from->doc, from->len, &d->why_no_state) == 0)
		return;
	free(GT_TAKE_PTR(d->state));
	(void)gt_err_wrap(&d->why_no_state, "the OCI state on standard input");
}

int gt_decide_open(const struct gt_ask *ask, struct gt_decision *ret, struct gt_err *e)
{
	int r;

	(void)clock_gettime(CLOCK_REALTIME, &ret->now); /* cannot fail with these clocks */
	(void)clock_gettime(CLOCK_MONOTONIC, &ret->begin);
	ret->machine = ask->machine;
	ret->from = &ask->from;
	r = begin(ret, &ask->from, e);
	if (r < 0)
		ret->rec = NULL; /* there is nothing to be told */
	else
		open_state(ret, &ask->from);
	return r;
}

void gt_decide_rest(struct gt_decision *d, const struct gt_ask *ask)
{
	struct timespec end;

	decide(d, ask);
	d->rec->started_at_s = d->now.tv_sec;
	d->rec->started_at_ns = (uint32_t)d->now.tv_nsec;
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	d->rec->duration_us = (uint64_t)((end.tv_sec - d->begin.tv_sec) * 1000000 +
					 (end.tv_nsec - d->begin.tv_nsec) / 1000);
}

int gt_decide(const struct gt_ask *ask, struct gt_decision *ret, struct gt_err *e)
{
	int r;

	*ret = GT_DECISION_NONE;
	r = gt_decide_open(ask, ret, e);
	if (r == 0)
		gt_decide_rest(ret, ask);
	return r;
}

void gt_decide_done(struct gt_decision *d)
{
	gt_worker_done(&d->parser);
	gt_worker_done(&d->sysctl);
	gt_pages_done(&d->mem);
	gt_pages_done(&d->lessons);
	free(d->state);
	free(d->bundle);
	gt_cleanup_close(&d->config);
	gt_cleanup_close(&d->pidfd);
	for (unsigned c = 0; c < GT_CTL_COUNT; c++)
		gt_cleanup_close(&d->cgroup[c]);
	*d = GT_DECISION_NONE;
}
