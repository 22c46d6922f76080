/*
 * gotune-nri: a plugin of containerd's or CRI-O's Node Resource Interface. It waits for containers
 * that are created and started, and tunes them as the hook would.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "gotune/base.h"
#include "gotune/daemon.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/nri.h"
#include "gotune/record.h"

static const char usage[] =
	"Usage: gotune-nri [OPTION]...\n"
	"Tune Go containers as a plugin of containerd or CRI-O (Node Resource Interface).\n"
	"\n"
	"  --socket PATH       the runtime's NRI socket (" GT_NRI_SOCKET ")\n"
	"  --containerd PATH   containerd's own socket, asked for layers\n"
	"                      (" GT_NRI_CONTAINERD ")\n"
	"  --snapshotter NAME  which of its snapshotters (overlayfs)\n"
	"  --env-only          add variables when a container is created, and do nothing\n"
	"                      when it starts: needs no privilege over its processes\n"
	"  --budget-ms N       add nothing when deciding takes longer (50; at most 1000)\n"
	"  --index NN          our place among the plugins (50)\n"
	"  --policy FILE       use FILE instead of " GT_POLICY_FILE "\n"
	"                      and its drop-ins\n"
	"  --record-dir DIR    where records are kept (" GT_RECORD_DIR ")\n"
	"  --listen ADDR:PORT  serve /metrics, /healthz and /readyz there over HTTP, from a\n"
	"                      child without privileges\n"
	"  --listen-anywhere   ADDR need not be of this machine alone (127.0.0.1, [::1]):\n"
	"                      whoever reaches it reads which images run here\n"
	"  --log WHERE         auto (stderr on a terminal, else syslog), stderr, syslog\n"
	"                      or none\n"
	"  --ready             say whether a plugin runs and is registered: exit status 0\n"
	"                      or 1\n"
	"  --help, --version\n";

static struct {
	struct gt_nri_plugin plugin;
	const char *socket, *index, *listen;
	bool anywhere;
	enum gt_log_to log;
	bool ready;
} arg = {.socket = GT_NRI_SOCKET, .index = GT_NRI_INDEX};

enum {
	OPT_SOCKET = 256,
	OPT_CONTAINERD,
	OPT_SNAPSHOTTER,
	OPT_ENV_ONLY,
	OPT_BUDGET,
	OPT_INDEX,
	OPT_POLICY,
	OPT_RECORD_DIR,
	OPT_LISTEN,
	OPT_ANYWHERE,
	OPT_LOG,
	OPT_READY,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option options[] = {
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"containerd", required_argument, NULL, OPT_CONTAINERD},
	{"snapshotter", required_argument, NULL, OPT_SNAPSHOTTER},
	{"env-only", no_argument, NULL, OPT_ENV_ONLY},
	{"budget-ms", required_argument, NULL, OPT_BUDGET},
	{"index", required_argument, NULL, OPT_INDEX},
	{"policy", required_argument, NULL, OPT_POLICY},
	{"record-dir", required_argument, NULL, OPT_RECORD_DIR},
	{"listen", required_argument, NULL, OPT_LISTEN},
	{"listen-anywhere", no_argument, NULL, OPT_ANYWHERE},
	{"log", required_argument, NULL, OPT_LOG},
	{"ready", no_argument, NULL, OPT_READY},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static int refuse(const char *what)
{
	fprintf(stderr, "gotune-nri: %s; see --help\n", what);
	return 2;
}

static int take_budget(const char *text)
{
	uint64_t v;

	/* The runtime waits two seconds, and gives us up then. */
	if (gt_parse_u64(text, &v) < 0 || v < 1 || v > 1000)
		return refuse("--budget-ms takes a number from 1 to 1000");
	arg.plugin.budget_ms = (unsigned)v;
	return 0;
}

static int take_index(const char *text)
{
	if (strlen(text) != 2 || strspn(text, "0123456789") != 2)
		return refuse("--index takes two digits");
	arg.index = text;
	return 0;
}

static int take_log(const char *word)
{
	static const char *const list[] = {"auto", "stderr", "syslog", "none"};
	static const struct gt_words words = {list, GT_ARRAY_LEN(list)};
	int to = gt_words_find(&words, word);

	if (to < 0)
		return refuse("--log takes auto, stderr, syslog or none");
	arg.log = (enum gt_log_to)to;
	return 0;
}

/* Options that hold a word. */
static const char **text_of(int c)
{
	switch (c) {
	case OPT_SOCKET:
		return &arg.socket;
	case OPT_CONTAINERD:
		return &arg.plugin.containerd;
	case OPT_SNAPSHOTTER:
		return &arg.plugin.snapshotter;
	case OPT_POLICY:
		return &arg.plugin.policy_file;
	case OPT_RECORD_DIR:
		return &arg.plugin.record_dir;
	case OPT_LISTEN:
		return &arg.listen;
	default:
		return NULL;
	}
}

/* 0: go on; 1: done; 2: wrong. */
static int take_option(int c)
{
	const char **text = text_of(c);

	if (text) {
		*text = optarg;
		return 0;
	}
	switch (c) {
	case OPT_ENV_ONLY:
		arg.plugin.env_only = true;
		return 0;
	case OPT_ANYWHERE:
		arg.anywhere = true;
		return 0;
	case OPT_BUDGET:
		return take_budget(optarg);
	case OPT_INDEX:
		return take_index(optarg);
	case OPT_LOG:
		return take_log(optarg);
	case OPT_READY:
		arg.ready = true;
		return 0;
	case OPT_HELP:
		fputs(usage, stdout);
		return 1;
	case OPT_VERSION:
		puts("gotune-nri " GT_VERSION);
		return 1;
	default:
		return refuse("unknown option, or one without its value");
	}
}

static int parse_args(int argc, char **argv)
{
	int c, r = 0;

	opterr = 0;
	while (r == 0 && (c = getopt_long(argc, argv, "", options, NULL)) != -1)
		r = take_option(c);
	if (r == 0 && optind < argc)
		r = refuse("there are no arguments");
	return r;
}

static int check_listen(void)
{
	struct gt_err e = {0};

	if (!arg.listen || gt_daemon_check_address(arg.listen, arg.anywhere, &e) == 0)
		return 0;
	return refuse(e.msg);
}

static void keep_serving(void *beside)
{
	gt_beside_keep(beside);
}

/* What the plugin tells of itself lies where the child that serves it sees it. */
static int serve_beside(struct gt_beside *b, struct gt_err *e)
{
	static struct gt_pages shared;
	int r = gt_pages_map(&shared, sizeof(struct gt_health), GT_PAGES_SHARED);

	if (r < 0)
		return gt_err_sys(e, r, "no memory to be shared");
	b->in = (struct gt_daemon_in){.record_dir = arg.plugin.record_dir,
				      .policy = arg.plugin.policy_file,
				      .listen = arg.listen,
				      .listen_anywhere = arg.anywhere,
				      .beside = shared.p};
	arg.plugin.health = shared.p;
	arg.plugin.look = keep_serving;
	arg.plugin.look_ctx = b;
	return 0;
}

/* For a readiness probe. */
static int say_ready(void)
{
	struct gt_nri_status s = {0};
	const char *dir = arg.plugin.record_dir ? arg.plugin.record_dir : GT_RECORD_DIR;
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ready = fd >= 0 && gt_nri_status_read(fd, &s) == 0 && s.synchronized;

	puts(ready ? "registered" : s.running ? "running, not registered" : "not running");
	return ready ? 0 : 1;
}

/* A runtime that starts us itself hands its socket and our name over: containerd/nri
 * pkg/api/plugin.go. */
static int take_environment(const char **ret_name)
{
	const char *fd = getenv("NRI_PLUGIN_SOCKET"), *name = getenv("NRI_PLUGIN_NAME");
	const char *index = getenv("NRI_PLUGIN_IDX");
	uint64_t v;

	if (!fd || gt_parse_u64(fd, &v) < 0 || v < 3 || v > 1023)
		return -1;
	if (name && *name)
		*ret_name = name;
	if (index && strlen(index) == 2)
		arg.index = index;
	(void)fcntl((int)v, F_SETFD, FD_CLOEXEC); /* what fails here fails when it is used */
	return (int)v;
}

int main(int argc, char **argv)
{
	const char *name = GT_NRI_NAME;
	struct gt_err e = {0};
	struct gt_beside beside = {0};
	int r = parse_args(argc, argv), fd;

	if (r == 0)
		r = check_listen();
	if (r != 0)
		return r == 1 ? 0 : r;
	if (arg.ready)
		return say_ready();
	gt_log_init("gotune-nri", arg.log, GT_LOG_INFO);
	fd = take_environment(&name);
	if (arg.listen)
		r = serve_beside(&beside, &e);
	if (r == 0)
		r = gt_nri_plugin_init(&arg.plugin, &e);
	if (r == 0)
		r = gt_nri_run(&arg.plugin, arg.socket, fd, name, arg.index, &e);
	if (r < 0)
		gt_log(GT_LOG_ERROR, "%s", e.msg);
	return r < 0 ? 1 : 0;
}
