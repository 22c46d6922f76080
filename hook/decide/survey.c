/*
 * Decisions about many: processes that run already, or bundles. What a scan asks. The facts that
 * all of them share (the host, the mounts of cgroups, the policy) are read once. Effectful: reads,
 * starts the worker that parses config.json, and forks a search for each bundle, for a process
 * none.
 */
#include <sched.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "gotune/read.h"
#include "gotune/sandbox.h"
#include "image.h"
#include "parts.h"

/* A worker's calls may take GT_WORKER_TOTAL_MS in all: with less than this it is made anew. */
#define PARSER_LOW_MS 2500
/* For all images together: what an engine keeps of them may be one file that grows with them. */
#define IMAGES_MS 500

int gt_survey_begin(struct gt_machine *m, struct gt_survey *ret, struct gt_err *e)
{
	int r;

	*ret = (struct gt_survey){.d = GT_DECISION_NONE, .images_ms = IMAGES_MS};
	ret->d.machine = m;
	ret->d.images_ms = &ret->images_ms;
	ret->places = calloc(1, sizeof(*ret->places));
	ret->host = calloc(1, sizeof(*ret->host));
	ret->d.bundle = malloc(sizeof(*ret->d.bundle));
	if (!ret->places || !ret->host || !ret->d.bundle)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = gt_machine_policy(m, e);
	if (r < 0)
		return r;
	ret->mounts = gt_cg_mounts(m->root);
	gt_inspect_host(m->root, GT_NEED_SMT | GT_NEED_NUMA | GT_NEED_SCHED, ret->host);
	return 0;
}

void gt_survey_done(struct gt_survey *s)
{
	gt_decide_done(&s->d);
	free(s->places);
	free(s->host);
	free(s->mounts);
	*s = (struct gt_survey){.d = GT_DECISION_NONE};
}

static int renew_parser(struct gt_decision *d, struct gt_err *e)
{
	if (d->parser.pid > 0 && d->parser.left_ms < PARSER_LOW_MS)
		gt_worker_done(&d->parser);
	return gt_decide_parser(d, e);
}

/* config.json, if it is known where that is and it can be used; else as if it said nothing. */
static void take_bundle(struct gt_survey *s, const struct gt_running *in)
{
	struct gt_decision *d = &s->d;
	char path[GT_PATH_CAP + 16];
	_cleanup_close_ int fd = -1;
	struct gt_err e = {0};

	gt_bundle_init(d->bundle);
	if (!in->bundle || !gt_copy_str(path, sizeof(path), in->bundle) ||
	    !gt_append(path, sizeof(path), "/config.json"))
		return;
	fd = gt_root_open_file(d->machine->root, path, NULL);
	if (fd >= 0 && gt_decide_read_bundle(&d->parser, fd, d->bundle, &e) == 0)
		return;
	gt_bundle_init(d->bundle);
	if (fd >= 0) {
		gt_copy_cut(d->rec->message, e.msg);
		d->rec->facts.trouble = GT_TROUBLE_CONFIG_INVALID;
	}
}

static void take_identity(struct gt_survey *s, const struct gt_running *in)
{
	struct gt_ident *who = &s->d.rec->facts.ident;

	gt_copy_cut(who->bundle, in->bundle ? in->bundle : "");
	gt_read_ident(NULL, s->d.bundle, who);
	if (who->engine == GT_ENGINE_UNKNOWN)
		who->engine = in->engine;
	gt_copy_cut(who->id, in->id);
	gt_copy_cut(who->stage, "scan");
	if (!who->command[0])
		gt_copy_cut(who->command, in->program->path);
	who->pid = in->pid;
}

static void take_config(struct gt_survey *s, const struct gt_running *in)
{
	struct gt_facts *f = &s->d.rec->facts;
	const struct gt_bundle *b = s->d.bundle;

	f->annotations = &b->annotations;
	gt_read_requests(b, f->ident.container_name, NULL, &f->req);
	gt_read_config_facts(b, f);
	f->prctl_allowed = !b->has_seccomp || b->prctl_allowed ? GT_YES : GT_NO;
	memcpy(f->var, in->var, sizeof(f->var)); /* what it has counts, not what it was given */
}

/* What the cgroup has now is what was written there, or has been changed since. */
static void forget_limits(struct gt_config_facts *c)
{
	c->quota_us.known = c->period_us.known = c->quota_unlimited = false;
	c->mem_limit_bytes.known = c->mem_high_bytes.known = false;
	c->cpuset.known = c->cpuset_invalid = false;
}

static void look_at_cgroup(struct gt_survey *s, const struct gt_running *in)
{
	struct gt_facts *f = &s->d.rec->facts;

	gt_cg_find_by(s->d.machine->root, s->mounts, in->pid, NULL, s->places);
	gt_inspect_cgroup_at(s->d.machine->root, s->places, &f->cgroup);
	if (s->places->path[0])
		gt_copy_cut(f->ident.cgroup, s->places->path);
	if (f->cgroup.n_level > 0)
		forget_limits(&f->config);
	f->cgroup.go125_sees = in->go125_sees;
	f->cgroup.go126_sees = in->go126_sees;
	f->cgroup.go125_other = in->go125_other;
	f->cgroup.go126_other = in->go126_other;
	if (in->go125_sees == GT_UNKNOWN && in->go126_sees == GT_UNKNOWN &&
	    s->d.bundle->has_process)
		gt_inspect_cgroup_mount(s->d.bundle, &f->cgroup);
}

static void look_at_process(struct gt_survey *s, const struct gt_running *in)
{
	struct gt_facts *f = &s->d.rec->facts;
	int root = s->d.machine->root;

	gt_inspect_init(root, in->pid, f);
	f->ident.runtime[0] = '\0'; /* a program that runs is no runtime, whatever it is called */
	gt_inspect_affinity(root, in->pid, &f->affinity);
	gt_inspect_limits(root, in->pid, f);
	f->barrier = GT_BARRIER_OK; /* at its next start */
}

int gt_survey_decide(struct gt_survey *s, const struct gt_running *in, struct gt_err *e)
{
	struct gt_decision *d = &s->d;
	struct gt_facts *f;
	int r = gt_pages_map(&d->mem, sizeof(*d->rec), GT_PAGES_OWN); /* anew: all zero */

	if (r < 0)
		return gt_err_set(e, r, "out of memory");
	d->rec = d->mem.p;
	f = &d->rec->facts;
	r = renew_parser(d, e);
	if (r < 0)
		return r;
	take_bundle(s, in);
	take_identity(s, in);
	take_config(s, in);
	if (in->bundle)
		gt_look_up_image(d);
	f->program = *in->program;
	look_at_cgroup(s, in);
	look_at_process(s, in);
	f->host = *s->host;
	if (d->machine->off && f->trouble == GT_TROUBLE_NONE)
		f->trouble = GT_TROUBLE_DISABLED;
	gt_plan_select(f, &d->machine->policy, &d->sel);
	gt_plan_make(f, &d->machine->policy, &d->sel, &d->rec->plan);
	return 0;
}

int gt_survey_bundle(struct gt_survey *s, const struct gt_source *from, struct gt_err *e)
{
	struct gt_decision *d = &s->d;
	const struct gt_ask ask = {.machine = d->machine, .stage = "scan", .from = *from};
	int r = gt_pages_map(&d->mem, sizeof(*d->rec), GT_PAGES_OWN); /* anew: all zero */

	if (r < 0)
		return gt_err_set(e, r, "out of memory");
	d->rec = d->mem.p;
	r = renew_parser(d, e);
	if (r < 0)
		return r;
	free(GT_TAKE_PTR(d->bundle)); /* NULL after a config.json that is broken */
	gt_pages_done(&d->lessons);
	d->sel = (struct gt_selection){0};
	d->from = &ask.from;
	gt_decide_rest(d, &ask);
	d->from = NULL;
	return 0;
}
