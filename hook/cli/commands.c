/*
 * gotune: what people run. The table of commands, and their dispatch; each command's work is in its
 * own cli/. Needs no privilege of its own: what it may read is what the caller may.
 */
#include <signal.h>

#include "gotune/cli.h"
#include "gotune/pages.h"
#include "gotune/paths.h"

#define FORMAT	 GT_OPT_BIT(GT_OPT_FORMAT)
#define POLICY	 (GT_OPT_BIT(GT_OPT_POLICY) | GT_OPT_BIT(GT_OPT_SYSROOT))
#define RECORDS	 GT_OPT_BIT(GT_OPT_RECORD_DIR)
#define REGISTER (GT_OPT_BIT(GT_OPT_DRY_RUN) | GT_OPT_BIT(GT_OPT_WAY) | GT_OPT_BIT(GT_OPT_ROOT))
#define DECISION (GT_OPT_BIT(GT_OPT_PID) | GT_OPT_BIT(GT_OPT_SET))

const struct gt_cli_command gt_cli_commands[] = {
	{
		.name = "explain",
		.operands = "BUNDLE",
		.summary = "decide for a bundle, say why, change nothing",
		.about = "Reads BUNDLE (a directory with a config.json, or that file) as the hook "
			 "would, and prints every setting that was considered, what was decided "
			 "and from which fact. Nothing is changed.\n",
		.options = DECISION | POLICY | FORMAT,
		.min_pos = 1,
		.max_pos = 1,
		.missing = "give one bundle: gotune explain BUNDLE",
		.run = gt_cmd_explain,
	},
	{
		.name = "inspect",
		.operands = "FILE | --rootfs DIR PROG",
		.summary = "say what a program is: Go or not, which version, what is linked",
		.about = "Reads FILE, or PROG as a container with the root file system DIR would "
			 "find it: absolute, or on the usual PATH. The program is not run.\n",
		.options = GT_OPT_BIT(GT_OPT_ROOTFS) | FORMAT,
		.min_pos = 1,
		.max_pos = 1,
		.missing = "give one program: gotune inspect FILE, or "
			   "gotune inspect --rootfs DIR PROG",
		.run = gt_cmd_inspect,
	},
	{
		.name = "install",
		.operands = "ENGINE",
		.summary = "register with docker, podman, crio, containerd or cdi",
		.about = "Writes what ENGINE needs to call us: a drop-in file where it reads any, "
			 "else an edit that keeps every other byte, with a copy of the old file. "
			 "A file that is not sound is refused and left alone. The engine is not "
			 "restarted: the command that does it is printed.\n"
			 "Ways: docker runtime; podman precreate (without --way), hook, runtime; "
			 "crio hook and runtime (both without --way); containerd runtime; cdi "
			 "device.\n",
		.options = REGISTER | GT_OPT_BIT(GT_OPT_DEFAULT),
		.min_pos = 1,
		.max_pos = 1,
		.missing =
			"give one engine: gotune install docker, podman, crio, containerd or cdi",
		.run = gt_cmd_install,
	},
	{
		.name = "uninstall",
		.operands = "ENGINE",
		.summary = "undo what install did, and name the containers that still need it",
		.about = "Takes out what install put into ENGINE's files and nothing else; where "
			 "nobody else has changed a file since, it is what it was, to the byte.\n",
		.options = REGISTER,
		.min_pos = 1,
		.max_pos = 1,
		.missing =
			"give one engine: gotune uninstall docker, podman, crio, containerd or cdi",
		.run = gt_cmd_uninstall,
	},
	{
		.name = "status",
		.operands = "[ENGINE]",
		.summary = "say with which engines it is registered, and how",
		.about = "Reads the files of ENGINE, or of all. Whether an engine that runs has "
			 "read them is another question: gotune doctor asks it.\n",
		.options = FORMAT | GT_OPT_BIT(GT_OPT_ROOT),
		.max_pos = 1,
		.missing = "give at most one engine: gotune status [ENGINE]",
		.run = gt_cmd_status,
	},
	{
		.name = "list",
		.operands = "",
		.summary = "list the containers that were decided about",
		.about = "Lists the decision records of this machine. A record whose process is "
			 "gone is removed, where the caller may; otherwise it is marked gone.\n",
		.options = RECORDS | FORMAT,
		.missing = "gotune list takes no arguments",
		.run = gt_cmd_list,
	},
	{
		.name = "show",
		.operands = "ID",
		.summary = "show the record of a container: what was decided and applied",
		.about = "ID is a container's id, or the beginning of one if only one begins so.\n",
		.options = RECORDS | FORMAT,
		.min_pos = 1,
		.max_pos = 1,
		.missing = "give one id: gotune show ID; gotune list has them",
		.run = gt_cmd_show,
	},
	{
		.name = "policy check",
		.operands = "[FILE]",
		.summary = "check a policy file, or those that are installed",
		.about =
			"Prints FILE:LINE:COLUMN and what is wrong there. Without FILE, checks " GT_POLICY_FILE
			" and " GT_POLICY_DIR "/*.json.\n",
		.options = GT_OPT_BIT(GT_OPT_SYSROOT),
		.max_pos = 1,
		.missing = "give at most one file: gotune policy check [FILE]",
		.run = gt_cmd_policy_check,
	},
	{
		.name = "policy show",
		.operands = "",
		.summary = "show the merged policy, and the file that each value came from",
		.about = "Prints the built-in defaults with the policy files laid over them.\n",
		.options = POLICY | FORMAT,
		.missing = "gotune policy show takes no arguments; --policy FILE names a file",
		.run = gt_cmd_policy_show,
	},
	{
		.name = "profiles",
		.operands = "",
		.summary = "list the profiles, and whom each is for",
		.about = "Lists the built-in profiles and those of the policy.\n",
		.options = POLICY | FORMAT,
		.missing = "gotune profiles takes no arguments",
		.run = gt_cmd_profiles,
	},
	{
		.name = "doctor",
		.operands = "",
		.summary = "say whether the tool works on this machine and with its engines",
		.about =
			"Looks at the kernel, privileges, our own installation, runtimes, engines and "
			"what is registered with them, at others that set the same variables and at "
			"settings of the host; then, as root, runs a container with each runtime and "
			"compares what its program sees with what was planned. Nothing is changed, "
			"and nothing of the containers is left.\n"
			"Exits with 0 when all is well (healthy), 4 when something warns (degraded), "
			"1 when something is bad (broken).\n",
		.options = FORMAT | GT_OPT_BIT(GT_OPT_NO_SELFTEST) | GT_OPT_BIT(GT_OPT_SYSROOT),
		.missing = "gotune doctor takes no arguments",
		.run = gt_cmd_doctor,
	},
	{
		.name = "selftest-probe",
		.operands = "",
		.summary = "print what a container's program is given",
		.about = "Run by gotune doctor inside a container of its own.\n",
		.hidden = true,
		.missing = "gotune selftest-probe takes no arguments",
		.run = gt_cmd_selftest_probe,
	},
	{
		.name = "help",
		.operands = "[COMMAND]",
		.summary = "print help",
		.about = "The same as gotune --help and gotune COMMAND --help.\n",
		.max_pos = 2,
		.missing = "give at most one command: gotune help [COMMAND]",
		.run = gt_cmd_help,
	},
};
const unsigned gt_cli_n_commands = GT_ARRAY_LEN(gt_cli_commands);

/* The help of every command whose name begins with PREFIX. */
static void help_of(struct gt_cli_out *out, const char *prefix)
{
	for (unsigned i = 0; i < gt_cli_n_commands; i++) {
		if (!gt_has_prefix(gt_cli_commands[i].name, prefix))
			continue;
		if (out->buf.len > 0)
			gt_buf_str(&out->buf, "\n");
		gt_cli_help_command(out, &gt_cli_commands[i]);
	}
}

/* What stands before any command: --help, --version, or something that we do not know. */
static int no_command(struct gt_cli_out *out, int argc, char *argv[])
{
	const char *word = argc > 1 ? argv[1] : "";

	if (argc == 2 && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
		gt_cli_help(out);
		return GT_EXIT_OK;
	}
	if (argc == 2 && strcmp(word, "--version") == 0) {
		gt_buf_str(&out->buf, "gotune " GT_VERSION "\n");
		return GT_EXIT_OK;
	}
	if (argc < 2)
		return gt_cli_fail(out, GT_EXIT_USAGE, "give a command; gotune --help lists them");
	if (strcmp(word, "policy") == 0 && argc == 3 && strcmp(argv[2], "--help") == 0) {
		help_of(out, "policy ");
		return GT_EXIT_OK;
	}
	if (strcmp(word, "policy") == 0)
		return gt_cli_fail(out, GT_EXIT_USAGE,
				   "give a command: gotune policy check, or gotune policy show");
	return gt_cli_fail(out, GT_EXIT_USAGE, "unknown %s %.64s; gotune --help lists them",
			   *word == '-' ? "option" : "command", word);
}

static int dispatch(struct gt_cli_out *out, int argc, char *argv[])
{
	const struct gt_cli_command *c;
	struct gt_cli_args args;
	struct gt_err e = {0};
	int words = 0;

	c = gt_cli_find(argc, argv, &words);
	if (!c)
		return no_command(out, argc, argv);
	out->command = c->name;
	if (gt_cli_parse(c, argc - words, argv + words, &args, &e) != 0)
		return gt_cli_fail(out, GT_EXIT_USAGE, "%s", e.msg);
	if (args.help) {
		gt_cli_help_command(out, c);
		return GT_EXIT_OK;
	}
	return c->run(&args, out);
}

int main(int argc, char *argv[])
{
	struct gt_cli_out out = {.color = gt_cli_color_wanted(STDOUT_FILENO)};
	int status, r;

	gt_malloc_settle();
	/* `gotune list | head` ends early: that is an EPIPE below, not a death. */
	(void)signal(SIGPIPE, SIG_IGN);
	status = dispatch(&out, argc, argv);
	r = gt_cli_flush(&out, STDOUT_FILENO);
	if (r != 0 && r != -EPIPE)
		return gt_cli_fail(&out, GT_EXIT_SYSTEM, "cannot write the output: %s",
				   strerror(-r));
	return status;
}
