/*
 * gotune uninstall: undoes what install did. Effects: see cli/engine.c.
 */
#include "cli.h"

static int run_uninstall(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	return gt_cli_engine(a, out, false);
}

const struct gt_cli_command gt_cmd_uninstall = {
	.name = "uninstall",
	.operands = "ENGINE",
	.summary = "undo what install did, and name the containers that still need it",
	.about = "Takes out what install put into ENGINE's files and nothing else; where "
		 "nobody else has changed a file since, it is what it was, to the byte.\n",
	.options = GT_OPTS_REGISTER,
	.min_pos = 1,
	.max_pos = 1,
	.missing = "give one engine: gotune uninstall {engines}",
	.run = run_uninstall,
};
