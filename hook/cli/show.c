/*
 * gotune show: one record of this machine. Reads the directory of records; changes nothing.
 */
#include "cli.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

const char *gt_cli_record_dir(const struct gt_cli_args *a, char own[GT_RECORD_DIR_CAP])
{
	if (a->value[GT_OPT_RECORD_DIR])
		return a->value[GT_OPT_RECORD_DIR];
	return gt_record_dir_default(own) == 0 ? own : GT_RECORD_DIR;
}

/* Why the directory could not be opened, and what to do. */
static int no_dir(struct gt_cli_out *out, int code, const char *dir, const char *id,
		  const struct gt_err *e)
{
	if (code == -ENOENT)
		return gt_cli_fail(out, GT_EXIT_BROKEN, "no record of %.64s: there is no %s", id,
				   dir);
	if (code == -EACCES || code == -EPERM)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s; run it as root", e->msg);
	return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e->msg);
}

static int print(const struct gt_cli_args *a, struct gt_cli_out *out, int dirfd, const char *id)
{
	struct gt_record_view *v = malloc(sizeof(*v));
	struct gt_err e = {0};
	char *doc = NULL;
	size_t len = 0;
	int ret = GT_EXIT_OK;

	if (!v)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	if (gt_record_view_load(dirfd, id, v, &doc, &len, &e) != 0)
		ret = gt_cli_fail(out, GT_EXIT_BROKEN, "%.64s: %s", id, e.msg);
	else if (a->json)
		gt_cli_json(out, doc, len);
	else
		gt_cli_record(out, v);
	free(doc);
	free(v);
	return ret;
}

static int run_show(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	char own[GT_RECORD_DIR_CAP];
	const char *dir = gt_cli_record_dir(a, own);
	_cleanup_close_ int dirfd = -1;
	char id[GT_ID_MAX] = "";
	struct gt_err e = {0};
	int r;

	dirfd = gt_record_dir_open(dir, false, &e);
	if (dirfd < 0)
		return no_dir(out, dirfd, dir, a->pos[0], &e);
	r = gt_record_find(dirfd, a->pos[0], id, &e);
	if (r == -EACCES)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s; run it as root", e.msg);
	if (r < 0)
		return gt_cli_fail(out, GT_EXIT_BROKEN, "%s", e.msg);
	return print(a, out, dirfd, id);
}

const struct gt_cli_command gt_cmd_show = {
	.name = "show",
	.operands = "ID",
	.summary = "show the record of a container: what was decided and applied",
	.about = "ID is a container's id, or the beginning of one if only one begins so.\n",
	.options = GT_OPTS_RECORDS | GT_OPTS_FORMAT,
	.min_pos = 1,
	.max_pos = 1,
	.missing = "give one id: gotune show ID; gotune list has them",
	.run = run_show,
};
