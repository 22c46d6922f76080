/*
 * `exec --process FILE` through gotune-runtime: the process gets the variables that the container's
 * own program was given. Effectful: replaces the process file. It is parsed by the sandboxed
 * worker, and scanned by this process, which copies bytes.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"
#include "jobs.h"

static bool is_env(const struct gt_view_setting *s)
{
	return strcmp(s->kind, "env") == 0 && strcmp(s->verdict, "set") == 0 &&
	       s->applied == GT_YES;
}

/* What the record says the container's program was given. */
static void take_wants(const struct gt_record_view *v, struct gt_exec_wants *ret)
{
	for (uint32_t i = 0; i < v->n_setting && ret->n < GT_VAR_COUNT; i++) {
		const struct gt_view_setting *s = &v->setting[i];
		struct gt_barrier_env *env = &ret->env[ret->n];

		if (!is_env(s) || !gt_copy_str(env->name, sizeof(env->name), s->name))
			continue;
		(void)gt_copy_str(env->value, sizeof(env->value), s->value); /* of one size */
		env->has_expect = s->has_before;
		(void)gt_copy_str(env->expect, sizeof(env->expect), s->before);
		ret->n++;
	}
}

/* -ENOENT: of this container nothing was decided, so there is nothing to be given. */
static int read_wants(struct gt_machine *m, const char *id, struct gt_exec_wants *ret,
		      struct gt_err *e)
{
	_cleanup_free_ struct gt_record_view *v = calloc(1, sizeof(*v));
	int dir = gt_machine_records(m, false), r;

	if (!v)
		return gt_err_set(e, -ENOMEM, "out of memory");
	if (dir == -ENOENT || dir == -ENXIO)
		return -ENOENT;
	if (dir < 0)
		return gt_err_sys(e, dir, "cannot open the records");
	r = gt_record_view_load(dir, id, v, NULL, NULL, e);
	if (r < 0)
		return r;
	take_wants(v, ret);
	return ret->n > 0 ? 0 : -ENOENT;
}

static int ask_places(int fd, const struct gt_exec_wants *wants, struct gt_places *ret,
		      struct gt_err *e)
{
	struct gt_worker w = {.sock = -1};
	int r = gt_worker_start(&w, GT_PHASE_PARSE, gt_parse_jobs, GT_JOB_COUNT, NULL, NULL, e);

	if (r == 0)
		r = gt_worker_call(&w, GT_JOB_EXEC, fd, wants, sizeof(*wants), ret,
				   GT_JOB_TIMEOUT_MS, e);
	gt_worker_done(&w);
	return r;
}

/* The worker says where; this process looks for itself, and writes what the record says. */
static int splice_document(const struct gt_edit_file *doc, const struct gt_exec_wants *wants,
			   struct gt_buf *ret, struct gt_err *e)
{
	_cleanup_free_ struct gt_plan *plan = calloc(1, sizeof(*plan));
	struct gt_outcome outcome[GT_SETTINGS_MAX]; /* nobody asks: the record is the container's */
	struct gt_places told = {0};
	const struct gt_edit edit = {.plan = plan};
	int r;

	if (!plan)
		return gt_err_set(e, -ENOMEM, "out of memory");
	gt_edit_exec_plan(wants, plan);
	r = ask_places(doc->fd, wants, &told, e);
	return r < 0 ? r : gt_edit_splice(doc->text, doc->len, &edit, &told, ret, outcome, e);
}

int gt_carry_process(struct gt_machine *m, const char *file, const char *id, struct gt_err *e)
{
	struct gt_exec_wants wants = {0};
	struct gt_edit_file doc = GT_EDIT_FILE_NONE;
	struct gt_buf out = {0};
	int r = read_wants(m, id, &wants, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = gt_edit_file_open(file, &doc, e);
	if (r == 0)
		r = splice_document(&doc, &wants, &out, e);
	if (r == 0 && out.len > 0)
		r = gt_edit_file_replace(&doc, out.p, out.len, e);
	gt_buf_done(&out);
	gt_edit_file_done(&doc);
	return r < 0 ? gt_err_wrap(e, "%s", file) : 0;
}
