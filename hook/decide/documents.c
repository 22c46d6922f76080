/*
 * What a decision begins with: the state and config.json. The parent opens and bounds them, the
 * worker parses them, and a second reader in the parent must agree. Effectful: reads only.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "documents.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"
#include "gotune/sandbox.h"
#include "jobs.h"
#include "parts.h"

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

int gt_take_state(struct gt_decision *d, const char *doc, size_t len, struct gt_err *e)
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

static int open_config(const struct gt_decision *d, const struct gt_source *from,
		       const char *bundle, struct gt_err *e)
{
	_cleanup_close_ int dir = from->kind == GT_SOURCE_BELOW
					  ? gt_root_open_dir(d->machine->root, bundle)
					  : gt_root_open(bundle, e);
	int fd = dir < 0 ? dir : gt_root_open_file(dir, "config.json", NULL);

	return fd < 0 ? gt_err_sys(e, fd, "cannot open %s/config.json", bundle) : fd;
}

int gt_copy_config(const char *doc, size_t len, struct gt_err *e)
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

int gt_decide_read_bundle(struct gt_worker *w, int fd, struct gt_bundle *ret, struct gt_err *e)
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

static enum gt_trouble take_typed(struct gt_decision *d, const struct gt_typed *t, struct gt_err *e)
{
	d->bundle = malloc(sizeof(*d->bundle));
	if (!d->bundle) {
		(void)gt_err_set(e, -ENOMEM, "out of memory");
		return GT_TROUBLE_CONFIG_INVALID;
	}
	*e = (struct gt_err){0};
	memcpy(d->bundle, &t->bundle, sizeof(*d->bundle));
	return GT_TROUBLE_NONE;
}

enum gt_trouble gt_take_bundle(struct gt_decision *d, const struct gt_source *from,
			       struct gt_err *e)
{
	const char *bundle = d->state ? d->state->bundle : from->bundle;
	bool has_doc = from->kind == GT_SOURCE_DOCUMENT || from->kind == GT_SOURCE_TYPED;
	_cleanup_close_ int fd = has_doc ? -1 : open_config(d, from, bundle, e);
	int r;

	if (from->typed && fd < 0)
		return take_typed(d, from->typed, e);
	if (!has_doc && fd < 0)
		return GT_TROUBLE_CONFIG_MISSING;
	d->bundle = malloc(sizeof(*d->bundle));
	if (!d->bundle)
		return GT_TROUBLE_CONFIG_INVALID;
	gt_bundle_init(d->bundle);
	if (has_doc)
		r = ask_bundle(&d->parser, d->config, from->doc, from->len, d->bundle, e);
	else
		r = gt_decide_read_bundle(&d->parser, fd, d->bundle, e);
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
