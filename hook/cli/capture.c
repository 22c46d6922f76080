/*
 * gotune capture: a copy of what a scan and an explain read of this machine, for a bug report or
 * for another machine. Writes one fresh directory.
 */
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/scan.h"

static int run_capture(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;
	struct gt_capture_report report;
	struct gt_err e = {0};
	char text[256];

	m.only_looks = true;
	if (gt_machine_open(&m, &e) < 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	if (gt_capture(&m, a->pos[0], &report, &e) < 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	(void)snprintf(text, sizeof(text),
		       "%u processes, %u Go programs and %u bundles; of environments our own "
		       "variables alone, of command lines nothing.",
		       report.processes, report.programs, report.bundles);
	gt_cli_para(out, 0, GT_STYLE_PLAIN, text);
	if (report.programs_left_out > 0) {
		(void)snprintf(text, sizeof(text),
			       "%u programs are left out: they could not be read, or what tells "
			       "about them is too much.",
			       report.programs_left_out);
		gt_cli_para(out, 0, GT_STYLE_WARN, text);
	}
	gt_buf_fmt(&out->buf, "\ngotune scan --sysroot ");
	gt_cli_plain(&out->buf, a->pos[0]);
	gt_buf_str(&out->buf, "\n");
	return GT_EXIT_OK;
}

const struct gt_cli_command gt_cmd_capture = {
	.name = "capture",
	.operands = "DIR",
	.summary = "copy what scan and explain read of this machine into DIR",
	.about =
		"Writes into the fresh directory DIR what gotune scan and gotune explain read: the "
		"limits and counters of containers and services, their configuration, and of each "
		"Go program the few pages that tell what it is. What is copied is listed, and "
		"nothing else is: of environments our own variables, of command lines nothing. "
		"Use it with --sysroot DIR, or pack it for a bug report: tar -cSzf.\n",
	.min_pos = 1,
	.max_pos = 1,
	.missing = "give a directory that does not exist yet: gotune capture DIR",
	.run = run_capture,
};
