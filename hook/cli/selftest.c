/*
 * gotune selftest-probe: the program of the self-test's container. Prints what it was given. No
 * compiler is on a user's machine, and this program needs no library.
 */
#include <sys/resource.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/model.h"

static void number(struct gt_jw *w, const char *key, rlim_t v)
{
	gt_jw_key(w, key);
	gt_jw_u64(w, v);
}

static void write_what_is_given(struct gt_jw *w, int root, const struct rlimit *nofile)
{
	char somaxconn[32];

	gt_jw_open(w, '{');
	for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
		gt_jw_key(w, gt_var_name[v]);
		gt_jw_str(w, getenv(gt_var_name[v]));
	}
	number(w, "nofile_soft", nofile->rlim_cur);
	number(w, "nofile_hard", nofile->rlim_max);
	gt_jw_key(w, "net.core.somaxconn");
	if (gt_root_read(root, "proc/sys/net/core/somaxconn", somaxconn, sizeof(somaxconn)) == 0)
		gt_jw_str(w, somaxconn);
	else
		gt_jw_null(w);
	gt_jw_close(w, '}');
}

static int run_selftest_probe(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	struct gt_buf doc = {0};
	struct rlimit nofile = {0};
	struct gt_jw w;

	(void)a;
	if (root < 0 || getrlimit(RLIMIT_NOFILE, &nofile) < 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "cannot look around");
	gt_jw_init(&w, &doc, false);
	write_what_is_given(&w, root, &nofile);
	gt_cli_json_doc(out, &doc);
	return GT_EXIT_OK;
}

const struct gt_cli_command gt_cmd_selftest_probe = {
	.name = "selftest-probe",
	.operands = "",
	.summary = "print what a container's program is given",
	.about = "Run by gotune doctor inside a container of its own.\n",
	.hidden = true,
	.missing = "gotune selftest-probe takes no arguments",
	.run = run_selftest_probe,
};
