/*
 * A program alone, without a container: a file of this machine, or one inside a root file system.
 * The search runs in a process of its own (decide/search.c); the worker looks into the files.
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
	ret->note = gt_find_look(w, again, none, l);
	if (ret->note == GT_NOTE_NONE)
		*ret = l->program;
	if (l->script) { /* where it leads would have to be looked up in a root */
		ret->kind = GT_PROG_SCRIPT;
		ret->note = GT_NOTE_NONE;
		ret->predicted = false;
	}
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
	gt_search_start(&search, GT_PHASE_FIND, inspect, &ask, NULL, &parser);
	gt_search_await(&search, &found);
	gt_worker_done(&parser);
	if (found.error.code < 0)
		return gt_err_set(e, found.error.code, "%s", found.error.msg);
	*ret = found.program;
	if (!rootfs_dir)
		(void)gt_copy_str(ret->path, sizeof(ret->path), prog); /* to be shown */
	return 0;
}
