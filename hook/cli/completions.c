/*
 * gotune completions: the rows of the commands, options and engines as lines of words with tabs
 * between them, from which contrib/completions/generate makes what the shells complete. Pure.
 */
#include "cli.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"

/* A line's last field: what people read, up to its first ';'. */
static void end_line(struct gt_buf *out, const char *text)
{
	char whole[256];

	gt_cli_text(text, whole, sizeof(whole));
	gt_buf_fmt(out, "\t%.*s\n", (int)strcspn(whole, ";"), whole);
}

/* "command NAME OPERAND SUMMARY": the operand as --help calls it, "-" when there is none. */
static void add_command(struct gt_buf *out, const struct gt_cli_command *c)
{
	const char *operand = c->operands + strspn(c->operands, "[");
	int len = (int)strspn(operand, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	gt_buf_fmt(out, "command\t%s\t%.*s", c->name, len > 0 ? len : 1, len > 0 ? operand : "-");
	end_line(out, c->summary);
}

/* "option COMMAND NAME TIMES ARGUMENT HELP": the argument is "-" when it takes none. */
static void add_options(struct gt_buf *out, const struct gt_cli_command *c)
{
	for (unsigned i = 0; i < GT_OPT_COUNT; i++) {
		const struct gt_cli_opt *opt = &gt_cli_opts[i];

		if (i != GT_OPT_HELP && !(c->options & GT_OPT_BIT(i)))
			continue;
		gt_buf_fmt(out, "option\t%s\t%s\t%s\t%s", c->name, opt->name,
			   GT_OPTS_REPEATED & GT_OPT_BIT(i) ? "often" : "once",
			   opt->arg ? opt->arg : "-");
		end_line(out, opt->help);
	}
}

/* "words NAME WORD...": what an operand or an argument of that name may be. */
static void add_words(struct gt_buf *out)
{
	gt_buf_str(out, "words\tENGINE\t");
	for (unsigned i = 0; i < GT_ENGINES_N; i++)
		gt_buf_fmt(out, "%s%s", i > 0 ? " " : "", gt_engines[i]->name);
	gt_buf_str(out, "\nwords\tWAY\t");
	for (unsigned i = 0; i < gt_way_words.n; i++)
		gt_buf_fmt(out, "%s%s", i > 0 ? " " : "", gt_way_words.word[i]);
	gt_buf_str(out, "\nwords\tio.gotune.KEY=VALUE\t");
	for (unsigned i = 0; i < gt_key_words.n; i++)
		gt_buf_fmt(out, "%sio.gotune.%s=", i > 0 ? " " : "", gt_key_words.word[i]);
	gt_buf_str(out, "\n");
}

static int run_completions(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	for (unsigned i = 0; i < a->list->n; i++) {
		if (a->list->command[i]->hidden)
			continue;
		add_command(&out->buf, a->list->command[i]);
		add_options(&out->buf, a->list->command[i]);
	}
	add_words(&out->buf);
	return GT_EXIT_OK;
}

const struct gt_cli_command gt_cmd_completions = {
	.name = "completions",
	.operands = "",
	.summary = "print what the shells' completions are made from",
	.about = "Run by contrib/completions/generate.\n",
	.hidden = true,
	.missing = "gotune completions takes no arguments",
	.run = run_completions,
};
