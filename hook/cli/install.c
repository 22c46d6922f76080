/*
 * gotune install: registers with an engine. Effects: see cli/engine.c.
 */
#include "cli.h"

static int run_install(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	return gt_cli_engine(a, out, true);
}

const struct gt_cli_command gt_cmd_install = {
	.name = "install",
	.operands = "ENGINE",
	.summary = "register with {engines}",
	.about = "Writes what ENGINE needs to call us: a drop-in file where it reads any, "
		 "else an edit that keeps every other byte, with a copy of the old file. "
		 "An invalid file is refused and left alone. The engine is not restarted: "
		 "the command that does it is printed.\n"
		 "Ways: {engine ways}.\n",
	.options = GT_OPTS_REGISTER | GT_OPT_BIT(GT_OPT_DEFAULT),
	.min_pos = 1,
	.max_pos = 1,
	.missing = "give one engine: gotune install {engines}",
	.run = run_install,
};
