/*
 * oci-gotune-hook: the OCI hook. It reads what the container is, decides, applies and records.
 * Failures are logged and recorded; the container still starts.
 */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/read.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"

#define STDIN_TIMEOUT_MS 5000
/* Each step of a decision has a limit of its own; this is for the steps that nobody thought of. */
#define DECISION_TIMEOUT_MS 30000
#define PASS_THROUGH_MAX    (256u << 20) /* precreate must give back even what is too large for us */

static struct {
	const char *policy, *record_dir, *profile, *log_word;
	enum gt_log_to log;
} arg;

static const char usage[] =
	"Usage: oci-gotune-hook [OPTION]... [prestart|precreate|poststop]\n"
	"Tune a Go container from outside. Run by runc, crun or Podman as an OCI hook.\n"
	"\n"
	"  prestart   (default; also for createRuntime) OCI state on standard input:\n"
	"             decide, apply to the live container, record; when the state says\n"
	"             \"stopped\", as poststop\n"
	"  precreate  (Podman) config.json on standard input: the edited one on\n"
	"             standard output, or the same when nothing is to be changed\n"
	"  poststop   OCI state on standard input: drop the record\n"
	"\n"
	"  --policy FILE      use FILE instead of " GT_POLICY_FILE "\n"
	"                     and its drop-ins\n"
	"  --profile NAME     the profile, where no annotation names one\n"
	"  --record-dir DIR   where records are kept (" GT_RECORD_DIR ";\n"
	"                     rootless: /run/user/UID/gotune)\n"
	"  --log WHERE        auto (stderr on a terminal, else syslog), stderr,\n"
	"                     syslog or none\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0, also when something failed (the log and the record say what);\n"
	"1 when something failed and the policy has \"on_error\": \"fail\"; 2 for a wrong\n"
	"command line, but only to a person at a terminal.\n";

static int parse_log(const char *word)
{
	static const char *const list[] = {"auto", "stderr", "syslog", "none"};
	static const struct gt_words words = {list, GT_ARRAY_LEN(list)};

	return gt_words_find(&words, word);
}

/* Values that no character has: getopt tells the two apart in optopt. */
enum { OPT_POLICY = 256, OPT_PROFILE, OPT_RECORD_DIR, OPT_LOG, OPT_HELP, OPT_VERSION };

/* In our words: getopt would quote ARGV without escaping it. */
static void say_bad_option(char *const argv[])
{
	char letter[] = {'-', (char)optopt, '\0'};
	bool is_letter = optopt != 0 && optopt < OPT_POLICY;

	gt_log(GT_LOG_ERROR, "cannot use the option %s; see --help",
	       is_letter ? letter : argv[optind - 1]);
}

/* True: go on; false: exit with *ret_status. */
static bool parse_args(int argc, char **argv, int *ret_status)
{
	static const struct option opts[] = {
		{"policy", required_argument, NULL, OPT_POLICY},
		{"profile", required_argument, NULL, OPT_PROFILE},
		{"record-dir", required_argument, NULL, OPT_RECORD_DIR},
		{"log", required_argument, NULL, OPT_LOG},
		{"help", no_argument, NULL, OPT_HELP},
		{"version", no_argument, NULL, OPT_VERSION},
		{NULL, 0, NULL, 0},
	};
	int c, to;

	*ret_status = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		switch (c) {
		case OPT_POLICY:
			arg.policy = optarg;
			break;
		case OPT_PROFILE:
			arg.profile = optarg;
			break;
		case OPT_RECORD_DIR:
			arg.record_dir = optarg;
			break;
		case OPT_LOG:
			to = parse_log(optarg);
			if (to < 0) {
				gt_log(GT_LOG_ERROR, "--log takes auto, stderr, syslog or none");
				*ret_status = 2;
				return false;
			}
			arg.log = (enum gt_log_to)to;
			arg.log_word = optarg;
			break;
		case OPT_HELP:
			fputs(usage, stdout);
			return false;
		case OPT_VERSION:
			puts("oci-gotune-hook " GT_VERSION);
			return false;
		default:
			say_bad_option(argv);
			*ret_status = 2;
			return false;
		}
	}
	return true;
}

static int decide_live(struct gt_background *b, void *ctx)
{
	return gt_decide_live(b, ctx);
}

static int stage_prestart(struct gt_machine *m, const char *doc, size_t len)
{
	struct gt_ask ask = {
		.machine = m,
		.profile = arg.profile,
		.stage = "prestart",
		.from = {.kind = GT_SOURCE_STATE, .doc = doc, .len = len},
	};
	int r = gt_background_run(decide_live, &ask, m->root, DECISION_TIMEOUT_MS);

	if (r < 0) /* we do not know the policy: fail open */
		gt_log(GT_LOG_ERROR, "nothing was tuned: %s", strerror(-r));
	return r > 0;
}

/* Podman takes our standard output as the container's config.json: it must always be whole. */
static int stage_precreate(struct gt_machine *m, const char *doc, size_t len)
{
	const struct gt_ask ask = {
		.machine = m,
		.profile = arg.profile,
		.stage = "precreate",
		.from = {.kind = GT_SOURCE_DOCUMENT, .doc = doc, .len = len, .bundle = "/"},
	};
	const struct gt_hook_options options = {.profile = arg.profile, .log = arg.log_word};
	struct gt_decision d;
	struct gt_buf out = {0};
	struct gt_err e = {0};
	int r = gt_decide(&ask, &d, &e), written;

	if (r == 0)
		r = gt_carry_document(&d, doc, len, &options, &out, &e);
	if (r < 0) {
		gt_log(GT_LOG_ERROR, "precreate: %s: nothing was tuned: %s", gt_decision_name(&d),
		       e.msg);
	} else {
		gt_log_faults(&d);
		gt_log_decision(&d);
	}
	gt_keep(&d, r, &e);
	written = out.len > 0 ? gt_write_all(STDOUT_FILENO, out.p, out.len)
			      : gt_write_all(STDOUT_FILENO, doc, len);
	if (written < 0)
		gt_log(GT_LOG_ERROR, "precreate: cannot write config.json: %s", strerror(-written));
	gt_buf_done(&out);
	gt_decide_done(&d);
	/* Without a decision we do not know the policy, and on_error is "continue". */
	return r < 0 && m->policy.on_error == GT_ON_ERROR_FAIL ? 1 : 0;
}

static int stage_poststop(struct gt_machine *m, const char *doc, size_t len)
{
	_cleanup_free_ struct gt_state *s = calloc(1, sizeof(*s));
	struct gt_err e = {0};

	if (!s || gt_decide_state(doc, len, s, &e) < 0) {
		gt_log(GT_LOG_ERROR, "the OCI state on standard input: %s",
		       s ? e.msg : "out of memory");
		return 0;
	}
	gt_forget(m, s->id);
	return 0;
}

/* A wrong registration must not stop containers: only a person at a terminal gets a status. */
static int refuse(int status)
{
	return isatty(STDIN_FILENO) ? status : 0;
}

static const struct {
	const char *name;
	int (*run)(struct gt_machine *m, const char *doc, size_t len);
	size_t input_max;
	bool tunes; /* the kill switch stops it */
} stages[] = {
	{"prestart", stage_prestart, GT_STATE_MAX, true},
	{"precreate", stage_precreate, PASS_THROUGH_MAX, true},
	{"poststop", stage_poststop, GT_STATE_MAX, false},
};

/* Copies to Podman what we could not read, for want of memory, say. */
static void pass_on(const char *doc, size_t len)
{
	char buf[16 << 10];
	int r = gt_write_all(STDOUT_FILENO, doc, len);

	for (ssize_t n = 1; r == 0 && n > 0;) {
		do
			n = read(STDIN_FILENO, buf, sizeof(buf));
		while (n < 0 && errno == EINTR);
		if (n > 0)
			r = gt_write_all(STDOUT_FILENO, buf, (size_t)n);
		else if (n < 0)
			r = -errno;
	}
	if (r < 0)
		gt_log(GT_LOG_ERROR, "precreate: cannot pass config.json on: %s", strerror(-r));
}

static int run_stage(unsigned i)
{
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;
	_cleanup_free_ char *doc = NULL;
	size_t len = 0;
	int r;

	m.policy_file = arg.policy;
	m.record_dir = arg.record_dir;
	(void)gt_machine_open(&m, NULL); /* then m.off says why nothing is tuned */
	r = gt_read_all_or_part(STDIN_FILENO, stages[i].input_max, STDIN_TIMEOUT_MS, &doc, &len);
	if (r < 0) {
		gt_log(GT_LOG_ERROR, "nothing was tuned: cannot read standard input: %s",
		       strerror(-r));
		if (stages[i].run == stage_precreate)
			pass_on(doc, len);
		return 0;
	}
	if (!m.off || !stages[i].tunes)
		return stages[i].run(&m, doc, len);
	/* The kill switch: we do not look at what we read. */
	gt_log(GT_LOG_INFO, "%s: nothing is tuned", m.off);
	if (stages[i].run == stage_precreate && gt_write_all(STDOUT_FILENO, doc, len) < 0)
		gt_log(GT_LOG_ERROR, "precreate: cannot write config.json");
	return 0;
}

/*
 * Makes us independent of what our parent left us. If a standard descriptor were missing, the next
 * file we open would get its number, and log lines would go there. If nobody reads our output, or a
 * file may not grow, a write should fail and not kill us. And if SIGCHLD were ignored, a worker's
 * pid could belong to another process by the time we kill it.
 */
static void settle_in(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
}

int main(int argc, char **argv)
{
	const char *stage;
	int status;

	settle_in();
	gt_log_init("oci-gotune-hook", GT_LOG_STDERR, GT_LOG_INFO); /* until --log is known */
	if (!parse_args(argc, argv, &status))
		return status ? refuse(status) : 0;
	gt_log_init("oci-gotune-hook", arg.log, GT_LOG_INFO);
	stage = optind < argc ? argv[optind] : "prestart";
	for (unsigned i = 0; optind + 1 >= argc && i < GT_ARRAY_LEN(stages); i++) {
		if (strcmp(stage, stages[i].name) == 0)
			return run_stage(i);
	}
	gt_log(GT_LOG_ERROR, "nothing was tuned: no such stage: %s; see --help", stage);
	return refuse(2);
}
