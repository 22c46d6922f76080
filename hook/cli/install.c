/*
 * gotune install: registers with an engine. Effects: see cli/engine.c.
 */
#include "gotune/cli.h"

int gt_cmd_install(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	return gt_cli_engine(a, out, true);
}
