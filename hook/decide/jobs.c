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

/* What the file alone is, where its arguments say nothing certain. */
static void look_at_file(int fd, const struct gt_strv *argv, struct gt_look *l)
{
	const char *arg0 = argv->n ? gt_strv_at(argv, 0) : "";
	bool uncertain = l->step.what == GT_LAUNCH_UNCERTAIN;

	l->script = gt_program_is_script(fd);
	if (l->script && !uncertain)
		gt_program_script(fd, argv, &l->step);
	if (l->script && l->step.what != GT_LAUNCH_NEXT)
		l->program = (struct gt_program){.kind = GT_PROG_SCRIPT, .note = GT_NOTE_AT_EXEC};
	if (l->script)
		return;
	gt_program_elf(fd, &l->program);
	if (l->program.kind == GT_PROG_GO) {
		/* A launcher by its name alone is at least a Go program. */
		gt_program_go_argv(&l->program, argv, &l->step);
		uncertain = l->step.what == GT_LAUNCH_UNCERTAIN;
	} else if (argv->n && gt_program_exec_kind(arg0, &l->program) == GT_EXEC_LEADS_ON) {
		uncertain = l->program.note == GT_NOTE_NO_BUILDINFO;
	}
	if (uncertain)
		l->program = (struct gt_program){.note = GT_NOTE_AT_EXEC};
}

/* A launcher by its name, else what the file is; a script leads on where that can be predicted. */
static int job_look(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		    struct gt_err *e)
{
	const struct gt_list *argv = in;
	struct gt_look *l = ret;

	(void)ret_len, (void)e;
	if (in_len < offsetof(struct gt_list, arena.room) || in_len != gt_list_len(argv))
		return -EINVAL;
	gt_program_argv(&argv->v, &l->step);
	if (l->step.what != GT_LAUNCH_NEXT)
		look_at_file(fd, &argv->v, l);
	else if (gt_program_is_script(fd)) /* somebody's own, of a launcher's name */
		l->step.predicted = true;
	l->program.predicted = l->step.predicted || l->program.note == GT_NOTE_AT_EXEC;
	/* Without arguments the file itself was asked for: what costs more is read, too. */
	if (argv->v.n == 0)
		l->program.can_exec = gt_program_can_exec(fd, &l->program);
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

/* The stack that follows ASK, of IN_LEN bytes in all; false: they do not agree. */
static bool take_stack(const struct gt_exec_ask *ask, size_t in_len, struct gt_stack *ret)
{
	if (in_len < sizeof(*ask) || ask->stack.len != in_len - sizeof(*ask))
		return false;
	*ret = ask->stack;
	ret->image = (const unsigned char *)(ask + 1);
	return true;
}

/*
 * What a program does that is many: busybox, toybox, coreutils. It is told by its name, or by its
 * first argument. A login shell's name begins with '-'.
 */
static const char *role_of(const char *exe, const struct gt_stack *stack)
{
	static const char *const many[] = {"busybox", "toybox", "coreutils"};
	const char *name = gt_stack_arg(stack, 0), *base;

	for (size_t i = 0; name && i < GT_ARRAY_LEN(many); i++) {
		if (!gt_has_prefix(gt_basename(exe), many[i]))
			continue;
		base = gt_basename(name);
		if (gt_has_prefix(base, many[i]) && gt_stack_arg(stack, 1))
			base = gt_stack_arg(stack, 1);
		return base + (*base == '-');
	}
	return exe;
}

static int job_newcomer(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
			struct gt_err *e)
{
	const struct gt_exec_ask *ask = in;
	struct gt_newcomer *n = ret;
	struct gt_stack stack;

	(void)ret_len, (void)e;
	if (!take_stack(ask, in_len, &stack))
		return -EINVAL;
	gt_program_elf(fd, &n->program);
	n->kind =
		gt_program_exec_kind(stack.len ? role_of(ask->exe, &stack) : ask->exe, &n->program);
	if (n->kind == GT_EXEC_GO)
		n->program.can_exec = gt_program_can_exec(fd, &n->program);
	n->stack_error = stack.len ? gt_stack_vars(&stack, n->var) : -ENODATA;
	return 0;
}

static int job_stack(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		     struct gt_err *e)
{
	const struct gt_exec_ask *ask = in;
	struct gt_stack_answer *a = ret;
	struct gt_stack stack;
	int r;

	(void)fd, (void)ret_len, (void)e;
	if (!take_stack(ask, in_len, &stack))
		return -EINVAL;
	gt_arena_init(&a->arena.a, sizeof(a->arena.room));
	r = gt_stack_build(&stack, &ask->job, ask->compact, (unsigned char *)a->arena.room,
			   sizeof(a->arena.room), &a->stack);
	a->stack.image = NULL;
	a->arena.a.used = r == 0 && a->stack.changed ? (uint32_t)a->stack.len : 0;
	return r;
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
	[GT_JOB_NEWCOMER] = {.fn = job_newcomer,
			     .in_max = sizeof(struct gt_exec_ask) + GT_STACK_MAX,
			     .ret_len = sizeof(struct gt_newcomer)},
	[GT_JOB_STACK] = {.fn = job_stack,
			  .in_max = sizeof(struct gt_exec_ask) + GT_STACK_MAX,
			  ANSWER(struct gt_stack_answer, arena)},
};
