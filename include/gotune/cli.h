/*
 * The commands of `gotune`.
 */
#ifndef GOTUNE_CLI_H
#define GOTUNE_CLI_H

/* Runs the command that ARGV names; returns the exit status. */
int gt_cli_main(int argc, char *argv[]);

#endif
