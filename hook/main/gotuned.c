/*
 * gotuned: the optional daemon. It does what the policy's `daemon` and `live` ask for, and nothing
 * without them.
 */
#include <getopt.h>
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/daemon.h"
#include "gotune/history.h"
#include "gotune/model.h"

static const char usage[] =
	"Usage: gotuned [OPTION]...\n"
	"Look after the containers that oci-gotune-hook has decided on, as the policy's\n"
	"keys \"daemon\" and \"live\" say. Runs in the foreground until SIGTERM or SIGINT.\n"
	"\n"
	"  --policy FILE      use FILE instead of " GT_POLICY_FILE "\n"
	"                     and its drop-ins\n"
	"  --listen ADDR:PORT serve metrics there over HTTP, instead of where the\n"
	"                     policy's \"daemon.listen\" says\n"
	"  --listen-anywhere  ADDR need not be of this machine alone (127.0.0.1, [::1]):\n"
	"                     whoever reaches it reads which images run here\n"
	"  --record-dir DIR   where records are kept (" GT_RECORD_DIR ")\n"
	"  --state-dir DIR    where the history of containers is kept\n"
	"                     (" GT_HISTORY_DIR ")\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 when it was told to end, or when the policy asks for nothing;\n"
	"1 when it cannot begin or go on; 2 for a wrong command line.\n";

enum {
	OPT_POLICY = 256,
	OPT_RECORD_DIR,
	OPT_STATE_DIR,
	OPT_LISTEN,
	OPT_ANYWHERE,
	OPT_HELP,
	OPT_VERSION
};

static const struct option options[] = {
	{"policy", required_argument, NULL, OPT_POLICY},
	{"record-dir", required_argument, NULL, OPT_RECORD_DIR},
	{"state-dir", required_argument, NULL, OPT_STATE_DIR},
	{"listen", required_argument, NULL, OPT_LISTEN},
	{"listen-anywhere", no_argument, NULL, OPT_ANYWHERE},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

/* True: go on; false: exit with *ret_status. */
static bool parse_args(int argc, char **argv, struct gt_daemon_in *in, int *ret_status)
{
	int c;

	*ret_status = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case OPT_POLICY:
			in->policy = optarg;
			break;
		case OPT_RECORD_DIR:
			in->record_dir = optarg;
			break;
		case OPT_STATE_DIR:
			in->state_dir = optarg;
			break;
		case OPT_LISTEN:
			in->listen = optarg;
			break;
		case OPT_ANYWHERE:
			in->listen_anywhere = true;
			break;
		case OPT_HELP:
			fputs(usage, stdout);
			return false;
		case OPT_VERSION:
			puts("gotuned " GT_VERSION);
			return false;
		default:
			gt_log(GT_LOG_ERROR, "cannot use the option %s; see --help",
			       argv[optind - 1]);
			*ret_status = 2;
			return false;
		}
	}
	if (optind < argc) {
		gt_log(GT_LOG_ERROR, "takes no operand: %s; see --help", argv[optind]);
		*ret_status = 2;
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct gt_daemon_in in = {0};
	enum gt_daemon_end how = GT_DAEMON_TOLD;
	struct gt_err e = {0};
	int status;

	/* To standard error, which a service manager keeps: a daemon's log needs no socket. */
	gt_log_init("gotuned", GT_LOG_STDERR, GT_LOG_INFO);
	if (!parse_args(argc, argv, &in, &status))
		return status;
	if (gt_daemon_run(&in, &how, &e) < 0) {
		gt_log(GT_LOG_ERROR, "%s", e.msg);
		return 1;
	}
	if (how == GT_DAEMON_IDLE)
		gt_log(GT_LOG_INFO,
		       "the policy asks for nothing: see \"daemon\" in gotune-policy(5)");
	return 0;
}
