/*
 * gotune: the command that people run.
 */
#include "gotune/cli.h"

int main(int argc, char *argv[])
{
	return gt_cli_main(argc, argv);
}
