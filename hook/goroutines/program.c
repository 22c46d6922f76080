/*
 * The worker's first job: which Go built the program, and where its table of functions is. Runs in
 * the sandboxed worker.
 */
#include <string.h>

#include "gotune/model.h"
#include "gotune/program.h"
#include "internal.h"

/* Between jobs; the parent's stays empty. */
struct gt_gor_runtime gt_gor_worker_runtime;

static int refuse_version(const struct gt_program *p, struct gt_err *e)
{
	char range[32];

	gt_gor_layout_range(range, sizeof(range));
	return gt_err_set(e, -EPROTONOSUPPORT,
			  "it was built by %s; where Go keeps goroutines is known for %s, so "
			  "nothing is shown",
			  p->go, range);
}

static int find_layout(int fd, struct gt_gor_runtime *rt, struct gt_gor_program *ret,
		       struct gt_err *e)
{
	struct gt_program p;

	gt_program_elf(fd, &p);
	if (p.kind != GT_PROG_GO)
		return gt_err_set(e, -ENOEXEC, "its program is not a Go program that we can read");
	if (strcmp(p.arch, "amd64") != 0)
		return gt_err_set(e, -ENOEXEC, "its program is for %s; we read amd64 alone",
				  p.arch);
	rt->layout = p.go_known ? gt_gor_layout_of(p.go_minor) : NULL;
	if (!rt->layout)
		return refuse_version(&p, e);
	gt_copy_cut(ret->go, p.go);
	ret->minor = p.go_minor;
	return 0;
}

int gt_gor_do_program(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		      struct gt_err *e)
{
	struct gt_gor_runtime *rt = &gt_gor_worker_runtime;
	int r = find_layout(fd, rt, ret, e);

	(void)ret_len;
	return r < 0 ? r : gt_sym_open(fd, in, in_len, &rt->image, &rt->names, e);
}
