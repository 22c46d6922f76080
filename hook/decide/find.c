/*
 * From a container's arguments to the program that is finally run: through launchers and scripts,
 * as far as that is certain. Runs in the child of a search (decide/search.c), which opens files;
 * the worker looks into them.
 */
#include <fcntl.h>
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/program.h"
#include "gotune/sandbox.h"
#include "jobs.h"
#include "search.h"

#define STEPS_MAX 5 /* tini, a shell, a script, env, the program */

static enum gt_prog_note note_of(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
		return GT_NOTE_NOT_FOUND;
	case -EISDIR:
	case -ENXIO:
		return GT_NOTE_NOT_REGULAR;
	case -ELOOP:
		return GT_NOTE_LOOP;
	case -ENAMETOOLONG:
		return GT_NOTE_TOO_LONG;
	case -ENOTSUP:
		return GT_NOTE_PATH_RELATIVE;
	case -EINVAL:
		return GT_NOTE_EMPTY_ARGS;
	default:
		return GT_NOTE_UNREADABLE;
	}
}

/* Has the worker look at one open file; what comes back is checked. */
static enum gt_prog_note look(struct gt_worker *parser, int fd, const struct gt_list *argv,
			      struct gt_look *ret)
{
	const struct gt_launch_step *s = &ret->step;
	unsigned char script = 0;
	int r = gt_worker_call(parser, GT_JOB_LOOK, fd, argv, gt_list_len(argv), ret,
			       GT_JOB_TIMEOUT_MS, NULL);
	bool ok;

	if (r < 0)
		return r == -ETIMEDOUT ? GT_NOTE_TOOK_TOO_LONG : GT_NOTE_PARSER_DIED;
	memcpy(&script, &ret->script, 1);
	ok = gt_program_valid(&ret->program) && script <= 1 && s->what <= GT_LAUNCH_UNCERTAIN &&
	     memchr(s->name, '\0', sizeof(s->name)) &&
	     gt_strv_valid(&s->argv, &s->arena.a, sizeof(s->arena.room)) &&
	     gt_strv_valid(&s->env, &s->arena.a, sizeof(s->arena.room));
	return ok ? GT_NOTE_NONE : GT_NOTE_PARSER_DIED;
}

/* A launcher that sets one of our variables decides it as the image's environment would. */
static void take_env(const struct gt_find *f, const struct gt_launch_step *s)
{
	for (unsigned i = 0; f->var && i < GT_VAR_COUNT; i++) {
		const char *v = gt_strv_pair(&s->env, gt_var_name[i]);

		if (!v)
			continue;
		f->var[i].present = true;
		f->var[i].count = 1;
		f->var[i].too_long = !gt_copy_str(f->var[i].value, sizeof(f->var[i].value), v);
	}
}

/* What the walk carries from one step to the next. */
struct walk {
	char via[sizeof(((struct gt_program *)0)->via)];
	unsigned steps;
	uint64_t dev, ino;
	struct gt_list argv;
};

/* One step: true when *ret is final, false when w->argv has the next command. */
static bool take_step(const struct gt_find *f, struct walk *w, struct gt_program *ret)
{
	const char *arg0 = gt_strv_at(&w->argv.v, 0);
	char path[GT_PATH_CAP] = "";
	struct stat st = {0};
	_cleanup_close_ int fd = -1;
	_cleanup_free_ struct gt_look *l = malloc(sizeof(*l));
	enum gt_prog_note note;

	fd = gt_program_resolve(&f->tree, arg0 ? arg0 : "", f->cwd, f->path_env, path, &st);
	if (fd < 0 || !l) {
		*ret = (struct gt_program){.note = fd < 0 ? note_of(fd) : GT_NOTE_UNREADABLE};
		(void)gt_copy_str(ret->path, sizeof(ret->path), arg0 ? arg0 : ""); /* to be shown */
		return true;
	}
	note = look(f->parser, fd, &w->argv, l);
	if (note != GT_NOTE_NONE) {
		*ret = (struct gt_program){.note = note};
		return true;
	}
	if (w->steps == 0 && !l->script) { /* an interpreter is not compared with what is run */
		w->dev = st.st_dev;
		w->ino = st.st_ino;
	}
	if (l->step.what != GT_LAUNCH_NEXT) {
		*ret = l->program;
		(void)gt_copy_str(ret->path, sizeof(ret->path), path); /* same size */
		return true;
	}
	take_env(f, &l->step);
	(void)gt_append(w->via, sizeof(w->via), l->step.name[0] ? l->step.name : gt_basename(path));
	(void)gt_append(w->via, sizeof(w->via), "; "); /* cut when long: it is for reading */
	gt_list_copy(&w->argv, &l->step.argv);
	return false;
}

void gt_find_program(const struct gt_find *f, const struct gt_strv *argv, struct gt_program *ret)
{
	_cleanup_free_ struct walk *w = malloc(sizeof(*w));

	*ret = (struct gt_program){.note = GT_NOTE_UNREADABLE};
	if (!w)
		return;
	memset(w, 0, offsetof(struct walk, argv));
	gt_list_copy(&w->argv, argv);
	for (;; w->steps++) {
		if (w->steps == STEPS_MAX) {
			*ret = (struct gt_program){.note = GT_NOTE_TOO_LONG};
			break;
		}
		if (take_step(f, w, ret))
			break;
	}
	memcpy(ret->via, w->via, sizeof(ret->via));
	ret->dev = w->dev;
	ret->ino = w->ino;
}

/* ---- a program alone ---- */

static int inspect_host_file(struct gt_worker *w, const char *file, struct gt_program *ret,
			     struct gt_err *e)
{
	_cleanup_close_ int fd = open(file, O_PATH | O_CLOEXEC);
	_cleanup_close_ int again = -1;
	_cleanup_free_ struct gt_look *l = malloc(sizeof(*l));
	_cleanup_free_ struct gt_list *none = malloc(sizeof(*none));
	char path[64];
	struct stat st;

	if (!l || !none)
		return gt_err_set(e, -ENOMEM, "out of memory");
	gt_list_init(none);
	if (fd < 0 || fstat(fd, &st) < 0)
		return gt_err_sys(e, -errno, "cannot open %s", file);
	if (!S_ISREG(st.st_mode)) {
		*ret = (struct gt_program){.note = GT_NOTE_NOT_REGULAR};
		return 0;
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (again < 0)
		return gt_err_sys(e, -errno, "cannot read %s", file);
	ret->note = look(w, again, none, l);
	if (ret->note == GT_NOTE_NONE)
		*ret = l->program;
	if (l->script) { /* where it leads would have to be looked up in a root */
		ret->kind = GT_PROG_SCRIPT;
		ret->note = GT_NOTE_NONE;
	}
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	return 0;
}

static int inspect_rootfs_program(struct gt_worker *w, const char *rootfs_dir, const char *prog,
				  struct gt_program *ret, struct gt_err *e)
{
	_cleanup_free_ struct gt_list *argv = malloc(sizeof(*argv));
	_cleanup_close_ int rootfs = gt_root_open(rootfs_dir, e);
	struct gt_find find = {.parser = w, .tree = {.rootfs = rootfs}, .cwd = "/"};

	if (rootfs < 0)
		return rootfs;
	if (!argv)
		return gt_err_set(e, -ENOMEM, "out of memory");
	gt_list_init(argv);
	if (gt_strv_add(&argv->v, prog, strlen(prog)) < 0)
		return gt_err_set(e, -E2BIG, "the program's name is too long");
	gt_find_program(&find, &argv->v, ret);
	return 0;
}

/* What gt_decide_program was asked. */
struct ask {
	const char *rootfs_dir, *prog;
};

static void inspect(const void *ctx, struct gt_worker *parser, struct gt_found *ret)
{
	const struct ask *a = ctx;
	int r = a->rootfs_dir ? inspect_rootfs_program(parser, a->rootfs_dir, a->prog,
						       &ret->program, &ret->error)
			      : inspect_host_file(parser, a->prog, &ret->program, &ret->error);

	ret->error.code = r;
}

int gt_decide_program(const char *rootfs_dir, const char *prog, struct gt_program *ret,
		      struct gt_err *e)
{
	const struct ask ask = {rootfs_dir, prog};
	struct gt_worker parser = {.sock = -1};
	struct gt_search search;
	struct gt_found found = {0};
	int r = gt_worker_start(&parser, GT_PHASE_PARSE, gt_parse_jobs, GT_JOB_COUNT, NULL, NULL,
				e);

	if (r < 0)
		return r;
	gt_search_start(&search, inspect, &ask, NULL, &parser);
	gt_search_await(&search, &found);
	gt_worker_done(&parser);
	if (found.error.code < 0)
		return gt_err_set(e, found.error.code, "%s", found.error.msg);
	*ret = found.program;
	if (!rootfs_dir)
		(void)gt_copy_str(ret->path, sizeof(ret->path), prog); /* to be shown */
	return 0;
}
