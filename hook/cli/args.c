/*
 * Arguments: getopt_long with one table of options for every command, and messages that say what to
 * do. No effect but getopt's own state; no privilege.
 */
#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/model.h"

const struct gt_cli_opt gt_cli_opts[GT_OPT_COUNT] = {
	[GT_OPT_BUNDLE_ONLY] = {"bundle-only", NULL,
				"decide from each container's config.json alone, without /proc"},
	[GT_OPT_CPU_STAT] =
		{"cpu-stat", "FILE",
		 "the cgroup's cpu.stat, or copies of it after each other; proves throttling"},
	[GT_OPT_DEFAULT] = {"default", NULL, "also make it the engine's default runtime"},
	[GT_OPT_DRY_RUN] = {"dry-run", NULL,
			    "print a diff of what would change, and change nothing"},
	[GT_OPT_DUMP] = {"dump", "FILE", "a goroutine dump (debug=2) of the same program"},
	[GT_OPT_FILE] = {"file", "LOG", "this log, raw or compressed; - is standard input"},
	[GT_OPT_FOLLOW] = {"follow", NULL, "go on reading, and print verdicts when they change"},
	[GT_OPT_FORGET] = {"forget", "NAME", "forget what was learned of that image or rule"},
	[GT_OPT_FORMAT] = {"format", "table|json", "how to print it; table by default"},
	[GT_OPT_FORMAT_CSV] = {"format", "table|json|csv", "how to print it; table by default"},
	[GT_OPT_NO_SELFTEST] = {"no-selftest", NULL, "run no container"},
	[GT_OPT_OPENMETRICS] = {"openmetrics", NULL, "print OpenMetrics 1.0, not the older format"},
	[GT_OPT_OUTPUT] = {"output", "FILE", "write to FILE, in one step"},
	[GT_OPT_OUT] = {"out", "DIR", "also write pictures and data below DIR"},
	[GT_OPT_PID] = {"pid", "N", "also read the limits of the live process N"},
	[GT_OPT_POLICY] = {"policy", "FILE",
			   "this policy file instead of those that are installed"},
	[GT_OPT_RECORD_DIR] = {"record-dir", "DIR",
			       "where records are kept; by default " GT_RECORD_DIR ", or "
			       "/run/user/UID/gotune for a user who is not root"},
	[GT_OPT_ROOT] = {"root", "DIR", "in the image of a machine below DIR, not in this one"},
	[GT_OPT_ROOTFS] = {"rootfs", "DIR", "find the program inside this root file system"},
	[GT_OPT_RULE] = {"rule", "NAME",
			 "containers of that rule of the policy, against all others"},
	[GT_OPT_SET] = {"set", "io.gotune.KEY=VALUE",
			"decide as if the container had this annotation; may be repeated"},
	[GT_OPT_SNAPSHOTS] = {"snapshots", "COUNT", "end after COUNT snapshots"},
	[GT_OPT_STATE_DIR] = {"state-dir", "DIR",
			      "where gotuned keeps its history; by default /var/lib/gotune"},
	[GT_OPT_SYSROOT] = {"sysroot", "DIR",
			    "read /sys, /proc and the policy from a captured machine"},
	[GT_OPT_TRACE] = {"trace", "SECONDS",
			  "count births and ends for SECONDS; slows the program"},
	[GT_OPT_WATCH] = {"watch", "TIME", "look again each TIME (10s, 500ms, 2m)"},
	[GT_OPT_WATCH_CONTAINER] = {"watch", "CONTAINER",
				    "only say how to start it so that it can be diagnosed"},
	[GT_OPT_WAY] = {"way", "WAY", "how the engine calls it; the ways are: {ways}"},
	[GT_OPT_HELP] = {"help", NULL, "print this help"},
};

#define SET_PREFIX "io.gotune."
/* getopt's return values for our options: beyond any character. */
#define VAL_BASE 256

static int bad_value(struct gt_err *e, enum gt_opt o, const char *value, const char *want)
{
	return gt_err_set(e, -EINVAL, "--%s %.80s: give %s", gt_cli_opts[o].name, value, want);
}

static int take_format(struct gt_cli_args *a, const char *v, struct gt_err *e)
{
	a->json = strcmp(v, "json") == 0;
	if (a->json || strcmp(v, "table") == 0)
		return 0;
	return bad_value(e, GT_OPT_FORMAT, v, "table or json");
}

static int take_pid(struct gt_cli_args *a, const char *v, struct gt_err *e)
{
	uint64_t pid;

	/* The kernel's own bound: PID_MAX_LIMIT, include/linux/threads.h. */
	if (gt_parse_u64(v, &pid) != 0 || pid == 0 || pid > 4u << 20)
		return bad_value(e, GT_OPT_PID, v, "the number of a live process");
	a->pid = (int64_t)pid;
	return 0;
}

static int take_set(struct gt_cli_args *a, const char *v, struct gt_err *e)
{
	const char *eq = strchr(v, '=');

	if (!eq || !gt_has_prefix(v, SET_PREFIX) || eq == v + strlen(SET_PREFIX))
		return bad_value(e, GT_OPT_SET, v,
				 "an annotation of ours, as io.gotune.gomaxprocs=4");
	if (gt_strv_add_pair(&a->set.v, v, (size_t)(eq - v), eq + 1, strlen(eq + 1)) != 0)
		return gt_err_set(e, -EINVAL, "--set: too much text; give shorter or fewer values");
	return 0;
}

/* A time with its unit: 100 ms to an hour. */
static int take_watch(struct gt_cli_args *a, const char *v, struct gt_err *e)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	size_t digits = strspn(v, "0123456789");
	char number[16];
	uint64_t n;

	for (unsigned i = 0; i < GT_ARRAY_LEN(units); i++) {
		if (strcmp(v + digits, units[i].name) != 0 ||
		    !gt_copy(number, sizeof(number), v, digits) || gt_parse_u64(number, &n) != 0 ||
		    n > 3600000 || n * units[i].ms < 100 || n * units[i].ms > 3600000)
			continue;
		a->watch_ms = n * units[i].ms;
		return 0;
	}
	return bad_value(e, GT_OPT_WATCH, v, "a time from 100ms to 1h, as 10s");
}

static int take_snapshots(struct gt_cli_args *a, const char *v, struct gt_err *e)
{
	if (gt_parse_u64(v, &a->snapshots) == 0 && a->snapshots > 0)
		return 0;
	return bad_value(e, GT_OPT_SNAPSHOTS, v, "a number of snapshots, 1 or more");
}

static int take_trace(struct gt_cli_args *a, const char *v, struct gt_err *e)
{
	uint64_t n;

	if (gt_parse_u64(v, &n) != 0 || n == 0 || n > 3600)
		return bad_value(e, GT_OPT_TRACE, v, "seconds, 1 to 3600");
	a->trace_ms = n * 1000;
	return 0;
}

static int take_path(struct gt_err *e, enum gt_opt o, const char *v)
{
	return *v ? 0 : gt_err_set(e, -EINVAL, "--%s: give a path", gt_cli_opts[o].name);
}

static int take(struct gt_cli_args *a, enum gt_opt o, const char *v, struct gt_err *e)
{
	a->value[o] = v;
	switch (o) {
	case GT_OPT_FORMAT:
		return take_format(a, v, e);
	case GT_OPT_FORMAT_CSV:
		a->csv = strcmp(v, "csv") == 0;
		return a->csv || take_format(a, v, NULL) == 0
			       ? 0
			       : bad_value(e, o, v, "table, json or csv");
	case GT_OPT_BUNDLE_ONLY:
		a->bundle_only = true;
		return 0;
	case GT_OPT_NO_SELFTEST:
		a->no_selftest = true;
		return 0;
	case GT_OPT_PID:
		return take_pid(a, v, e);
	case GT_OPT_SET:
		return take_set(a, v, e);
	case GT_OPT_DEFAULT:
		a->make_default = true;
		return 0;
	case GT_OPT_DRY_RUN:
		a->dry_run = true;
		return 0;
	case GT_OPT_OPENMETRICS:
		a->openmetrics = true;
		return 0;
	case GT_OPT_FOLLOW:
		a->follow = true;
		return 0;
	case GT_OPT_WATCH:
		return take_watch(a, v, e);
	case GT_OPT_WATCH_CONTAINER:
		return *v ? 0 : gt_err_set(e, -EINVAL, "--watch: give a container");
	case GT_OPT_SNAPSHOTS:
		return take_snapshots(a, v, e);
	case GT_OPT_TRACE:
		return take_trace(a, v, e);
	case GT_OPT_CPU_STAT:
	case GT_OPT_DUMP:
	case GT_OPT_FORGET:
	case GT_OPT_FILE:
	case GT_OPT_OUT:
	case GT_OPT_OUTPUT:
	case GT_OPT_STATE_DIR:
	case GT_OPT_POLICY:
	case GT_OPT_RECORD_DIR:
	case GT_OPT_ROOT:
	case GT_OPT_ROOTFS:
	case GT_OPT_SYSROOT:
		return take_path(e, o, v);
	case GT_OPT_RULE:
		return *v ? 0 : gt_err_set(e, -EINVAL, "--rule: give a name");
	case GT_OPT_WAY: /* what it may be depends on the engine */
		return 0;
	case GT_OPT_HELP:
	case GT_OPT_COUNT:
		break;
	}
	a->help = true;
	return 0;
}

/* What to do about missing or superfluous operands. */
static int refuse_operands(const struct gt_cli_command *c, const char *what, struct gt_err *e)
{
	char todo[256];

	gt_cli_text(c->missing, todo, sizeof(todo));
	return gt_err_set(e, -EINVAL, "%.100s%s", what, todo);
}

static int take_operand(const struct gt_cli_command *c, struct gt_cli_args *a, const char *v,
			struct gt_err *e)
{
	char what[100];

	if (a->n_pos >= c->max_pos || a->n_pos >= GT_CLI_POS_MAX) {
		(void)snprintf(what, sizeof(what), "%.80s is too much; ", v);
		return refuse_operands(c, what, e);
	}
	if (*v == '\0')
		return refuse_operands(c, "an argument is empty; ", e);
	a->pos[a->n_pos++] = v;
	return 0;
}

/* getopt's verdict on a word that it does not take: '?' or ':'. */
static int refuse(const struct gt_cli_command *c, int verdict, const char *word, struct gt_err *e)
{
	int o = optopt - VAL_BASE;
	const char *name = o >= 0 && o < GT_OPT_COUNT ? gt_cli_opts[o].name : NULL;

	if (verdict == ':' && name)
		return gt_err_set(e, -EINVAL, "--%s needs its argument: --%s %s", name, name,
				  gt_cli_opts[o].arg);
	if (name)
		return gt_err_set(e, -EINVAL, "--%s takes no argument", name);
	return gt_err_set(e, -EINVAL, "unknown option %.80s; see gotune %s --help", word, c->name);
}

static void long_options(const struct gt_cli_command *c, struct option ret[GT_OPT_COUNT + 1])
{
	unsigned n = 0;

	for (unsigned o = 0; o < GT_OPT_COUNT; o++) {
		if (o != GT_OPT_HELP && !(c->options & GT_OPT_BIT(o)))
			continue;
		ret[n++] = (struct option){
			.name = gt_cli_opts[o].name,
			.has_arg = gt_cli_opts[o].arg ? required_argument : no_argument,
			.val = VAL_BASE + (int)o,
		};
	}
	ret[n] = (struct option){0};
}

static bool wants_help(int argc, char *const argv[])
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

static int parse_all(const struct gt_cli_command *c, int argc, char *const argv[],
		     struct gt_cli_args *a, struct gt_err *e)
{
	struct option longs[GT_OPT_COUNT + 1];
	int r = 0;

	long_options(c, longs);
	optind = 0; /* getopt(3): start afresh */
	opterr = 0;
	while (r == 0) {
		int at = optind ? optind : 1, got;

		/* '-': operands come in order, as 1, so that POSIXLY_CORRECT changes nothing. */
		got = getopt_long(argc, argv, "-:", longs, NULL);
		if (got < 0)
			break;
		if (got == 1)
			r = take_operand(c, a, optarg, e);
		else if (got >= VAL_BASE)
			r = take(a, (enum gt_opt)(got - VAL_BASE), optarg, e);
		else
			r = refuse(c, got, at < argc ? argv[at] : "", e);
	}
	while (r == 0 && optind < argc)
		r = take_operand(c, a, argv[optind++], e);
	return r;
}

int gt_cli_parse(const struct gt_cli_command *c, int argc, char *const argv[],
		 struct gt_cli_args *ret, struct gt_err *e)
{
	int r;

	memset(ret, 0, offsetof(struct gt_cli_args, set));
	gt_list_init(&ret->set);
	if (wants_help(argc, argv)) {
		ret->help = true;
		return 0;
	}
	r = parse_all(c, argc, argv, ret, e);
	if (r == 0 && ret->n_pos < c->min_pos)
		return refuse_operands(c, "", e);
	return r;
}

/* How many words of ARGV, from argv[1] on, spell NAME; 0: they do not. */
static int words_of(const char *name, int argc, char *const argv[])
{
	int n = 0;

	while (*name) {
		size_t len = strcspn(name, " ");

		if (++n >= argc || strlen(argv[n]) != len || strncmp(argv[n], name, len) != 0)
			return 0;
		name += len + (name[len] == ' ');
	}
	return n;
}

const struct gt_cli_command *gt_cli_find(const struct gt_cli_list *list, int argc,
					 char *const argv[], int *ret_words)
{
	for (unsigned i = 0; i < list->n; i++) {
		int n = words_of(list->command[i]->name, argc, argv);

		if (n > 0) {
			*ret_words = n;
			return list->command[i];
		}
	}
	return NULL;
}
