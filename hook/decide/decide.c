/*
 * The one way to a decision: gather, look, select, plan. The parent opens documents, bounds time,
 * checks ranges; the worker parses what a container brought along, and a search (search.h) opens
 * its files. Effectful: reads only.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "gotune/read.h"
#include "gotune/sandbox.h"
#include "image.h"
#include "jobs.h"
#include "look.h"

static void set_trouble(struct gt_decision *d, enum gt_trouble t, const struct gt_err *e)
{
	d->rec->facts.trouble = t;
	(void)gt_copy_str(d->rec->message, sizeof(d->rec->message), e->msg); /* cut: for reading */
}

/* ---- the documents ---- */

static int ask_state(struct gt_worker *w, const char *doc, size_t len, struct gt_state *ret,
		     struct gt_err *e)
{
	int r;

	if (len > GT_STATE_MAX)
		return gt_err_set(e, -EFBIG, "larger than %u MiB", GT_STATE_MAX >> 20);
	r = gt_worker_call(w, GT_JOB_STATE, -1, doc, len, ret, GT_JOB_TIMEOUT_MS, e);
	/* A pid that pid_t cuts would be another process's. */
	if (r == 0 &&
	    (!gt_state_valid(ret) || !gt_id_ok(ret->id) || ret->pid < 0 || ret->pid > INT32_MAX))
		r = gt_err_set(e, -EBADMSG, "the sandboxed worker sent nonsense");
	if (r == 0 && !gt_state_agrees(ret, doc, len))
		r = gt_err_set(e, -EBADMSG, "two readings of it differ");
	return r;
}

static int take_state(struct gt_decision *d, const char *doc, size_t len, struct gt_err *e)
{
	d->state = malloc(sizeof(*d->state));
	if (!d->state)
		return gt_err_set(e, -ENOMEM, "out of memory");
	gt_state_init(d->state);
	return ask_state(&d->parser, doc, len, d->state, e);
}

int gt_decide_state(const char *doc, size_t len, struct gt_state *ret, struct gt_err *e)
{
	struct gt_worker w = {.sock = -1};
	int r = gt_worker_start(&w, GT_PHASE_PARSE, gt_parse_jobs, GT_JOB_COUNT, NULL, NULL, e);

	if (r == 0)
		r = ask_state(&w, doc, len, ret, e);
	gt_worker_done(&w);
	return r;
}

int gt_decide_parser(struct gt_decision *d, struct gt_err *e)
{
	if (d->parser.pid > 0 && !d->parser.ended)
		return 0;
	gt_worker_done(&d->parser);
	return gt_worker_start(&d->parser, GT_PHASE_PARSE, gt_parse_jobs, GT_JOB_COUNT, NULL, NULL,
			       e);
}

static int open_config(const char *bundle, struct gt_err *e)
{
	_cleanup_close_ int dir = gt_root_open(bundle, e);
	int fd = dir < 0 ? dir : gt_root_open_file(dir, "config.json", NULL);

	return fd < 0 ? gt_err_sys(e, fd, "cannot open %s/config.json", bundle) : fd;
}

/*
 * DOC as a file, to be passed to the worker. To be read only: whoever may write into the document
 * that they have parsed could vouch for themselves.
 */
static int copy_config(const char *doc, size_t len, struct gt_err *e)
{
	_cleanup_close_ int fd = memfd_create("config.json", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : gt_write_all(fd, doc, len);
	char path[64] = "/proc/self/fd/";

	if (r < 0)
		return gt_err_sys(e, r, "cannot copy config.json");
	(void)gt_append_u64(path, sizeof(path), (uint64_t)fd); /* fits */
	r = open(path, O_RDONLY | O_CLOEXEC);
	return r < 0 ? gt_err_sys(e, -errno, "cannot read the copy of config.json") : r;
}

/* What the parser says of the file FD, if DOC, which is what it holds, says it, too. */
static int ask_bundle(struct gt_worker *w, int fd, const char *doc, size_t len,
		      struct gt_bundle *ret, struct gt_err *e)
{
	int r = gt_worker_call(w, GT_JOB_BUNDLE, fd, NULL, 0, ret, GT_JOB_TIMEOUT_MS, e);

	if (r == 0 && !(gt_bundle_valid(ret) && gt_bundle_agrees(ret, doc, len)))
		r = gt_err_set(e, -EBADMSG, "the sandboxed worker sent nonsense");
	return r;
}

static int read_bundle(struct gt_worker *w, int fd, struct gt_bundle *ret, struct gt_err *e)
{
	_cleanup_free_ char *doc = NULL;
	size_t len = 0;
	int r = gt_read_all(fd, GT_CONFIG_MAX, 0, &doc, &len);

	if (r == -EFBIG)
		return gt_err_set(e, r, "larger than %u MiB, which is more than we read",
				  GT_CONFIG_MAX >> 20);
	if (r < 0)
		return gt_err_sys(e, r, "cannot read it");
	return ask_bundle(w, fd, doc, len, ret, e);
}

static enum gt_trouble take_bundle(struct gt_decision *d, const struct gt_source *from,
				   struct gt_err *e)
{
	const char *bundle = d->state ? d->state->bundle : from->bundle;
	bool has_doc = from->kind == GT_SOURCE_DOCUMENT;
	_cleanup_close_ int fd = has_doc ? -1 : open_config(bundle, e);
	int r;

	if (!has_doc && fd < 0)
		return GT_TROUBLE_CONFIG_MISSING;
	d->bundle = malloc(sizeof(*d->bundle));
	if (!d->bundle)
		return GT_TROUBLE_CONFIG_INVALID;
	gt_bundle_init(d->bundle);
	if (has_doc)
		r = ask_bundle(&d->parser, d->config, from->doc, from->len, d->bundle, e);
	else
		r = read_bundle(&d->parser, fd, d->bundle, e);
	if (r < 0) {
		free(GT_TAKE_PTR(d->bundle));
		(void)gt_err_wrap(e, "%s/config.json", bundle);
		return GT_TROUBLE_CONFIG_INVALID;
	}
	if (!d->bundle->has_process) {
		(void)gt_err_set(e, -EINVAL, "%s/config.json: no process", bundle);
		return GT_TROUBLE_NO_PROCESS;
	}
	if (!d->bundle->has_linux) {
		(void)gt_err_set(e, -EINVAL, "%s/config.json: no linux section", bundle);
		return GT_TROUBLE_NO_LINUX;
	}
	return GT_TROUBLE_NONE;
}

/* ---- the whole ---- */

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
	struct gt_request *profile = &f->req.key[GT_KEY_PROFILE];

	f->annotations = &d->bundle->annotations;
	gt_read_requests(d->bundle, f->ident.container_name, ask->set_pairs, &f->req);
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

	if (from->kind == GT_SOURCE_STATE && take_state(d, from->doc, from->len, &why) < 0) {
		free(GT_TAKE_PTR(d->state));
		(void)gt_err_wrap(&why, "the OCI state on standard input");
		t = GT_TROUBLE_STATE;
	} else {
		t = take_bundle(d, from, &why);
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

/* Gather, inspect the container, select, inspect the host, plan. */
static void decide(struct gt_decision *d, const struct gt_ask *ask)
{
	const struct gt_policy *p = &d->machine->policy;
	struct gt_facts *f = &d->rec->facts;
	bool looked;

	gather(d, ask);
	looked = d->bundle && d->bundle->has_process && d->bundle->has_linux;
	if (looked)
		gt_look_at_container(d, ask);
	gt_plan_select(f, p, &d->sel);
	if (looked)
		gt_look_at_host(d, ask);
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
		d->config = copy_config(from->doc, from->len, e);
		if (d->config < 0)
			return d->config;
	}
	r = gt_decide_parser(d, e);
	return r < 0 ? r : gt_machine_policy(d->machine, e);
}

int gt_decide(const struct gt_ask *ask, struct gt_decision *ret, struct gt_err *e)
{
	struct timespec now, start, end;
	int r;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with these clocks */
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	*ret = GT_DECISION_NONE;
	ret->machine = ask->machine;
	r = begin(ret, &ask->from, e);
	if (r < 0) {
		ret->rec = NULL; /* there is nothing to be told */
		return r;
	}
	decide(ret, ask);
	ret->rec->started_at_s = now.tv_sec;
	ret->rec->started_at_ns = (uint32_t)now.tv_nsec;
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	ret->rec->duration_us = (uint64_t)((end.tv_sec - start.tv_sec) * 1000000 +
					   (end.tv_nsec - start.tv_nsec) / 1000);
	return 0;
}

void gt_decide_done(struct gt_decision *d)
{
	gt_worker_done(&d->parser);
	gt_worker_done(&d->sysctl);
	gt_pages_done(&d->mem);
	free(d->state);
	free(d->bundle);
	gt_cleanup_close(&d->config);
	gt_cleanup_close(&d->pidfd);
	for (unsigned c = 0; c < GT_CTL_COUNT; c++)
		gt_cleanup_close(&d->cgroup[c]);
	*d = GT_DECISION_NONE;
}
