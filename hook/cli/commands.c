/*
 * gotune: what people run. The table of commands, and their dispatch. A command is one file
 * beside this one, which has its row. Needs no privilege of its own: what it may read is what the
 * caller may.
 */
#include <signal.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/cli.h"

#define ADDRESS(name) &gt_cmd_##name,
static const struct gt_cli_command *const commands[] = {GT_COMMANDS(ADDRESS)};
static const struct gt_cli_list list = {commands, GT_ARRAY_LEN(commands)};

/* The help of every command whose name begins with PREFIX. */
static void help_of(struct gt_cli_out *out, const char *prefix)
{
	for (unsigned i = 0; i < list.n; i++) {
		if (!gt_has_prefix(list.command[i]->name, prefix))
			continue;
		if (out->buf.len > 0)
			gt_buf_str(&out->buf, "\n");
		gt_cli_help_command(out, list.command[i]);
	}
}

/* No command comes first: --help, --version, or something that we do not know. */
static int no_command(struct gt_cli_out *out, int argc, char *argv[])
{
	const char *word = argc > 1 ? argv[1] : "";

	if (argc == 2 && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
		gt_cli_help(out, &list);
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
	static struct gt_cli_args args; /* 33 KB, of which most is never touched */
	const struct gt_cli_command *c;
	struct gt_err e = {0};
	int words = 0;

	c = gt_cli_find(&list, argc, argv, &words);
	if (!c)
		return no_command(out, argc, argv);
	out->command = c->name;
	if (gt_cli_parse(c, argc - words, argv + words, &args, &e) != 0)
		return gt_cli_fail(out, GT_EXIT_USAGE, "%s", e.msg);
	if (args.help) {
		gt_cli_help_command(out, c);
		return GT_EXIT_OK;
	}
	args.list = &list;
	return c->run(&args, out);
}

int gt_cli_main(int argc, char *argv[])
{
	struct gt_cli_out out = {.color = gt_cli_color_wanted(STDOUT_FILENO)};
	int status, r;

	/* `gotune list | head` ends early: that is an EPIPE below, not a death. */
	(void)signal(SIGPIPE, SIG_IGN);
	status = dispatch(&out, argc, argv);
	r = gt_cli_flush(&out, STDOUT_FILENO);
	if (r != 0 && r != -EPIPE)
		return gt_cli_fail(&out, GT_EXIT_SYSTEM, "cannot write the output: %s",
				   strerror(-r));
	return status;
}
