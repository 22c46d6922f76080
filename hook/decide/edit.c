/*
 * config.json edited before a runtime reads it: from standard input to standard output (precreate),
 * or in the bundle (gotune-runtime). Effectful: the bundle's config.json, the record. The document
 * is parsed by the sandboxed worker, and scanned by this process, which copies bytes.
 */
#include <sys/mman.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "gotune/read.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"
#include "jobs.h"

/* DOC as a file, to be passed to the worker. */
static int as_file(const char *doc, size_t len, struct gt_err *e)
{
	_cleanup_close_ int fd = memfd_create("config.json", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : gt_write_all(fd, doc, len);

	return r < 0 ? gt_err_sys(e, r, "cannot copy config.json") : gt_take_fd(&fd);
}

/* The worker says where; this process looks for itself, and writes what its own plan says. */
static int splice_document(struct gt_decision *d, int config, const char *doc, size_t len,
			   struct gt_buf *ret, struct gt_err *e)
{
	const struct gt_plan *plan = &d->rec->plan;
	struct gt_places told = {0};
	int r = gt_decide_parser(d, e);

	if (r == 0)
		r = gt_worker_call(&d->parser, GT_JOB_EDITS, config, plan, sizeof(*plan), &told,
				   GT_JOB_TIMEOUT_MS, e);
	gt_worker_end(&d->parser);
	return r < 0 ? r : gt_apply_splice(doc, len, true, plan, &told, ret, d->rec->outcome, e);
}

int gt_edit_document(const struct gt_decide_in *in, const char *doc, size_t len, struct gt_buf *ret,
		     struct gt_decision *ret_d, struct gt_err *e)
{
	_cleanup_close_ int config = -1;
	struct gt_decide_in with = *in;
	int r;

	*ret_d = GT_DECISION_NONE;
	if (len > GT_CONFIG_MAX)
		return gt_err_set(e, -EFBIG, "config.json is larger than %u MiB",
				  GT_CONFIG_MAX >> 20);
	config = as_file(doc, len, e);
	if (config < 0)
		return config;
	with.config = &config;
	with.future = true;
	r = gt_decide(&with, NULL, 0, ret_d, e);
	if (r < 0)
		return r;
	gt_worker_end(&ret_d->sysctl);
	if (ret_d->rec->facts.trouble != GT_TROUBLE_NONE)
		return gt_err_set(e, -EINVAL, "%s", ret_d->rec->message);
	if (!gt_plan_sets(&ret_d->rec->plan))
		return 0;
	return splice_document(ret_d, config, doc, len, ret, e);
}

/* The record tells what the bundle was given; whether it could be kept changes nothing else. */
static void save(struct gt_decision *d, const char *dir, int result, const struct gt_err *why)
{
	char line[1024];

	if (d->rec) {
		gt_record_log_line(d->rec, line, sizeof(line));
		gt_log(GT_LOG_INFO, "%s", line);
	}
	gt_keep_edited(d->rec, dir, result, why);
}

/* The bundle is as it was: the record may not say otherwise. */
static void take_back(struct gt_decision *d, const struct gt_err *why)
{
	struct gt_record *rec = d->rec;

	for (uint32_t i = 0; rec && i < rec->plan.n_setting; i++) {
		if (rec->outcome[i].applied != GT_YES)
			continue;
		rec->outcome[i].applied = GT_NO;
		(void)gt_copy_str(rec->outcome[i].error, sizeof(rec->outcome[i].error),
				  why->msg); /* cut: for reading */
	}
}

/* Without a pid file the process that is there as long as the container is tells whether it is. */
static void note_foreground(struct gt_decision *d)
{
	struct gt_ident *id = d->rec ? &d->rec->facts.ident : NULL;

	if (!id || id->pid_file[0])
		return;
	id->pid = getpid();
	if (gt_start_time(d->root, id->pid, &id->pid_start) < 0)
		id->pid_start = 0;
}

int gt_edit_bundle(const struct gt_edit_bundle *b, struct gt_err *e)
{
	char own[GT_RECORD_DIR_CAP];
	struct gt_decide_in in = {.stage = "create",
				  .bundle = b->dir,
				  .id = b->id,
				  .pid_file = b->pid_file,
				  .record_dir = gt_keep_dir(NULL, own)};
	struct gt_edit_file config = GT_EDIT_FILE_NONE;
	struct gt_decision d = GT_DECISION_NONE;
	struct gt_buf path = {0}, out = {0};
	int r;

	gt_buf_fmt(&path, "%s/config.json", b->dir);
	r = path.error ? gt_err_set(e, path.error, "out of memory")
		       : gt_edit_file_open(path.p, &config, e);
	if (r < 0)
		(void)gt_err_wrap(e, "%s/config.json", b->dir);
	if (r == 0)
		r = gt_edit_document(&in, config.text, config.len, &out, &d, e);
	if (r == 0 && out.len > 0) {
		r = gt_edit_file_replace(&config, out.p, out.len, e);
		if (r < 0)
			take_back(&d, e);
	}
	if (b->foreground)
		note_foreground(&d);
	save(&d, in.record_dir, r, e);
	gt_buf_done(&path);
	gt_buf_done(&out);
	gt_edit_file_done(&config);
	gt_decide_done(&d);
	return r;
}
