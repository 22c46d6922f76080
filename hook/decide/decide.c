/*
 * read -> inspect -> plan, wired once. The parent opens documents, bounds time, checks ranges; the
 * worker parses what a container brought along, and a search (search.h) opens its files. Effectful:
 * reads only.
 */
#include <fcntl.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "gotune/policy.h"
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
	d->state = calloc(1, sizeof(*d->state));
	if (!d->state)
		return gt_err_set(e, -ENOMEM, "out of memory");
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
 * To be read only: who may write into the document that they have parsed could vouch for
 * themselves. A descriptor of our own, of what may have no name.
 */
static int reopen_config(int config, struct gt_err *e)
{
	char path[64] = "/proc/self/fd/";
	int fd;

	(void)gt_append_u64(path, sizeof(path), (uint64_t)config); /* fits */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? gt_err_sys(e, -errno, "cannot read the copy of config.json") : fd;
}

/* What the parser says, if config.json says it, too. */
static int ask_bundle(struct gt_worker *w, int config, struct gt_bundle *ret, struct gt_err *e)
{
	_cleanup_free_ char *doc = NULL;
	size_t len = 0;
	int r = gt_read_all(config, GT_CONFIG_MAX, 0, &doc, &len);

	if (r == -EFBIG)
		return gt_err_set(e, r, "larger than %u MiB, which is more than we read",
				  GT_CONFIG_MAX >> 20);
	if (r < 0)
		return gt_err_sys(e, r, "cannot read it");
	r = gt_worker_call(w, GT_JOB_BUNDLE, config, NULL, 0, ret, GT_JOB_TIMEOUT_MS, e);
	if (r == 0 && !(gt_bundle_valid(ret) && gt_bundle_agrees(ret, doc, len)))
		r = gt_err_set(e, -EBADMSG, "the sandboxed worker sent nonsense");
	return r;
}

static enum gt_trouble take_bundle(struct gt_decision *d, const char *bundle, const int *config,
				   struct gt_err *e)
{
	_cleanup_close_ int fd = config ? reopen_config(*config, e) : open_config(bundle, e);
	int r;

	if (fd < 0)
		return GT_TROUBLE_CONFIG_MISSING;
	d->bundle = calloc(1, sizeof(*d->bundle));
	if (!d->bundle)
		return GT_TROUBLE_CONFIG_INVALID;
	r = ask_bundle(&d->parser, fd, d->bundle, e);
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

static void take_identity(struct gt_decision *d, const struct gt_decide_in *in)
{
	struct gt_ident *id = &d->rec->facts.ident;

	if (!d->state)
		(void)gt_copy_str(id->bundle, sizeof(id->bundle), in->bundle ? in->bundle : "");
	if (!d->state && !in->id && d->bundle)
		gt_read_early_ident(d->bundle, id);
	if (d->bundle)
		gt_read_ident(d->state, d->bundle, id);
	if (d->state) {
		memcpy(id->id, d->state->id, sizeof(id->id));
		memcpy(id->bundle, d->state->bundle, sizeof(id->bundle));
		id->pid = d->state->pid;
	} else {
		if (in->id)
			(void)gt_copy_str(id->id, sizeof(id->id), in->id);
		id->pid = in->pid;
		/* A relative one is relative to a directory that nobody will remember. */
		if (in->pid_file && in->pid_file[0] == '/' &&
		    !gt_copy_str(id->pid_file, sizeof(id->pid_file), in->pid_file))
			id->pid_file[0] = '\0';
	}
	(void)gt_copy_str(id->stage, sizeof(id->stage), in->stage);
}

/*
 * The profile of the hook's registration: the host's word, but a user may ask for another one. One
 * that he may not ask for is not there.
 */
static bool registration_counts(const struct gt_decision *d, const struct gt_request *profile)
{
	bool asked = profile->origin > GT_ORIGIN_HOOK_ARGS;
	bool may = profile->origin == GT_ORIGIN_SET || (d->policy.allow & 1u << GT_KEY_PROFILE);

	return !asked || !may;
}

static void take_config(struct gt_decision *d, const struct gt_decide_in *in)
{
	struct gt_facts *f = &d->rec->facts;
	struct gt_request *profile = &f->req.key[GT_KEY_PROFILE];

	gt_strv_copy(&f->annotations, &d->bundle->annotations);
	gt_read_requests(d->bundle, f->ident.container_name, in->set_pairs, &f->req);
	gt_read_config_facts(d->bundle, f);
	f->prctl_allowed = !d->bundle->has_seccomp || d->bundle->prctl_allowed ? GT_YES : GT_NO;
	if (in->profile && registration_counts(d, profile)) {
		profile->origin = GT_ORIGIN_HOOK_ARGS;
		profile->too_long =
			!gt_copy_str(profile->value, sizeof(profile->value), in->profile);
	}
}

static void gather(struct gt_decision *d, const struct gt_decide_in *in, const char *doc,
		   size_t len)
{
	struct gt_err why = {0};
	enum gt_trouble t = GT_TROUBLE_NONE;
	const char *disabled = gt_disabled(d->root);

	if (doc && take_state(d, doc, len, &why) < 0) {
		free(GT_TAKE_PTR(d->state));
		(void)gt_err_wrap(&why, "the OCI state on standard input");
		t = GT_TROUBLE_STATE;
	} else {
		t = take_bundle(d, d->state ? d->state->bundle : in->bundle, in->config, &why);
	}
	take_identity(d, in);
	if (d->bundle)
		take_config(d, in);
	if (t != GT_TROUBLE_NONE)
		set_trouble(d, t, &why);
	else if (disabled && gt_err_set(&why, -EPERM, "%s", disabled) < 0)
		set_trouble(d, GT_TROUBLE_DISABLED, &why);
	gt_look_up_image(d);
	if (d->bundle && d->bundle->has_process && d->bundle->has_linux)
		gt_look_around(d, in);
}

int gt_decide(const struct gt_decide_in *in, const char *state_doc, size_t state_len,
	      struct gt_decision *ret, struct gt_err *e)
{
	struct gt_decision d = GT_DECISION_NONE;
	struct timespec now, begin, end;
	int r;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with these clocks */
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	d.rec = calloc(1, sizeof(*d.rec));
	if (!d.rec)
		return gt_err_set(e, -ENOMEM, "out of memory");
	d.root = gt_root_open(in->sysroot, e);
	r = d.root < 0 ? d.root : 0;
	if (r == 0) /* early: it gets ready while this process reads the policy */
		r = gt_decide_parser(&d, e);
	if (r == 0)
		r = gt_read_policy(d.root, in->policy_file, &d.policy, e);
	if (r < 0) {
		gt_decide_done(&d);
		return r;
	}
	gather(&d, in, state_doc, state_len);
	d.rec->started_at_s = now.tv_sec;
	d.rec->started_at_ns = (uint32_t)now.tv_nsec;
	gt_plan_make(&d.rec->facts, &d.policy, &d.rec->plan);
	(void)clock_gettime(CLOCK_MONOTONIC, &end); /* the time of day may be set meanwhile */
	d.rec->duration_us = (uint64_t)((end.tv_sec - begin.tv_sec) * 1000000 +
					(end.tv_nsec - begin.tv_nsec) / 1000);
	*ret = d;
	return 0;
}

void gt_decide_done(struct gt_decision *d)
{
	gt_worker_done(&d->parser);
	gt_worker_done(&d->sysctl);
	gt_policy_done(&d->policy);
	free(d->rec);
	free(d->state);
	free(d->bundle);
	gt_cleanup_close(&d->root);
	gt_cleanup_close(&d->pidfd);
	for (unsigned c = 0; c < GT_CTL_COUNT; c++)
		gt_cleanup_close(&d->cgroup[c]);
	*d = GT_DECISION_NONE;
}
