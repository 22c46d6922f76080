/*
 * gotune uninstall: undoes what install did. Effects: see cli/engine.c.
 */
#include "gotune/cli.h"

int gt_cmd_uninstall(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	return gt_cli_engine(a, out, false);
}
