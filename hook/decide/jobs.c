/*
 * The jobs of the parser: thin adapters from a stage's function to bytes in, bytes out. They run in
 * a sandboxed child; see sandbox/worker.c.
 */
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "gotune/program.h"
#include "gotune/read.h"
#include "gotune/sandbox.h"
#include "jobs.h"

static int job_state(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		     struct gt_err *e)
{
	(void)fd, (void)ret_len;
	return gt_read_state(in, in_len, ret, e);
}

/* The whole of FD in fresh memory; the size is bounded before a byte is read. */
static int read_file(int fd, size_t max, char **ret, size_t *ret_len, struct gt_err *e)
{
	struct stat st;
	size_t done = 0;
	char *p;

	if (fstat(fd, &st) < 0)
		return gt_err_sys(e, -errno, "cannot stat");
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return gt_err_set(e, -EFBIG, "larger than %zu MiB, which is more than we read",
				  max >> 20);
	p = malloc((size_t)st.st_size + 1);
	if (!p)
		return gt_err_set(e, -ENOMEM, "out of memory");
	while (done < (size_t)st.st_size) {
		ssize_t n = pread(fd, p + done, (size_t)st.st_size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* shorter than it was: what there is gets parsed, and found
				  incomplete */
		done += (size_t)n;
	}
	p[done] = '\0';
	*ret = p;
	*ret_len = done;
	return 0;
}

static int job_bundle(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		      struct gt_err *e)
{
	_cleanup_free_ char *doc = NULL;
	size_t len = 0;
	int r = read_file(fd, GT_CONFIG_MAX, &doc, &len, e);

	(void)in, (void)in_len, (void)ret_len;
	return r < 0 ? r : gt_read_bundle(doc, len, ret, e);
}

/* A launcher by its name, else what the file is; a script leads on where that is certain. */
static int job_look(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		    struct gt_err *e)
{
	const struct gt_list *argv = in;
	struct gt_look *l = ret;
	bool uncertain;

	(void)ret_len, (void)e;
	if (in_len < offsetof(struct gt_list, arena.room) || in_len != gt_list_len(argv))
		return -EINVAL;
	gt_program_argv(&argv->v, &l->step);
	if (l->step.what == GT_LAUNCH_NEXT)
		return 0;
	uncertain = l->step.what == GT_LAUNCH_UNCERTAIN;
	l->script = gt_program_is_script(fd);
	if (!l->script)
		gt_program_elf(fd, &l->program);
	else if (!uncertain)
		gt_program_script(fd, &argv->v, &l->step);
	if (l->script && l->step.what != GT_LAUNCH_NEXT) {
		l->program.kind = GT_PROG_SCRIPT;
		l->program.note = GT_NOTE_UNCERTAIN;
	}
	/* A launcher that is a Go program itself is at least that. */
	if (uncertain && l->program.kind != GT_PROG_GO)
		l->program = (struct gt_program){.note = GT_NOTE_UNCERTAIN};
	return 0;
}

static int job_edits(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		     struct gt_err *e)
{
	_cleanup_free_ char *doc = NULL;
	size_t len = 0;
	int r = in_len == sizeof(struct gt_plan) ? read_file(fd, GT_CONFIG_MAX, &doc, &len, e)
						 : -EINVAL;

	(void)ret_len;
	return r < 0 ? r : gt_edit_places(doc, len, true, in, ret, e);
}

static int job_exec(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		    struct gt_err *e)
{
	_cleanup_free_ char *doc = NULL;
	_cleanup_free_ struct gt_plan *plan = calloc(1, sizeof(*plan));
	size_t len = 0;
	int r = plan ? -EINVAL : -ENOMEM;

	(void)ret_len;
	if (plan && in_len == sizeof(struct gt_exec_wants) && gt_exec_wants_valid(in))
		r = read_file(fd, GT_CONFIG_MAX, &doc, &len, e);
	if (r < 0)
		return r;
	gt_edit_exec_plan(in, plan);
	return gt_edit_places(doc, len, false, plan, ret, e);
}

static int job_image(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		     struct gt_err *e)
{
	_cleanup_free_ char *doc = NULL;
	size_t len = 0;
	int r = in_len == sizeof(struct gt_image_ask)
			? read_file(fd, GT_IMAGE_FILE_MAX, &doc, &len, e)
			: -EINVAL;

	(void)ret_len;
	return r < 0 ? r : gt_read_image(in, doc, len, ret, e);
}

/* An answer whose strings are in its arena: what is sent ends with those in use. */
#define ANSWER(type, member) .ret_len = sizeof(type), .ret_arena = offsetof(type, member)

const struct gt_job gt_parse_jobs[GT_JOB_COUNT] = {
	[GT_JOB_STATE] = {.fn = job_state, .in_max = GT_STATE_MAX, ANSWER(struct gt_state, arena)},
	[GT_JOB_BUNDLE] = {.fn = job_bundle, ANSWER(struct gt_bundle, arena)},
	[GT_JOB_LOOK] = {.fn = job_look,
			 .in_max = sizeof(struct gt_list),
			 ANSWER(struct gt_look, step.arena)},
	[GT_JOB_EDITS] = {.fn = job_edits,
			  .in_max = sizeof(struct gt_plan),
			  .ret_len = sizeof(struct gt_places)},
	[GT_JOB_EXEC] = {.fn = job_exec,
			 .in_max = sizeof(struct gt_exec_wants),
			 .ret_len = sizeof(struct gt_places)},
	[GT_JOB_IMAGE] = {.fn = job_image,
			  .in_max = sizeof(struct gt_image_ask),
			  ANSWER(struct gt_image, arena)},
};
