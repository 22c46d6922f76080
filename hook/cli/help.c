/*
 * --help, of gotune and of each command, made from the tables that the parser uses. Pure but for
 * the output buffer.
 */
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"

static const struct gt_cli_col list_cols[] = {{NULL, 28}, {NULL, GT_CLI_WIDTH}};

static const char exit_text[] =
	"0 fine; 1 what was asked about is invalid, broken or missing; 2 wrong usage; "
	"3 gotune itself could not do its work; 4 (doctor) it works, but not all of it.";

static void pair(struct gt_cli_table *t, const char *left, const char *right)
{
	gt_cli_table_row(
		t, (const struct gt_cli_cell[]){{left, GT_STYLE_BOLD}, {right, GT_STYLE_PLAIN}});
}

static void untitled(struct gt_cli_table *t)
{
	*t = (struct gt_cli_table){.col = list_cols, .n_col = GT_ARRAY_LEN(list_cols)};
}

void gt_cli_help(struct gt_cli_out *o, const struct gt_cli_list *list)
{
	struct gt_cli_table t;
	char text[256];

	gt_cli_para(o, 0, GT_STYLE_PLAIN,
		    "usage: gotune COMMAND [OPTION]... [ARGUMENT]... | gotune --version");
	gt_buf_str(&o->buf, "\n");
	gt_cli_para(o, 0, GT_STYLE_PLAIN,
		    "Shows what oci-gotune-hook decides for Go programs in containers, and why.");
	gt_cli_heading(o, "COMMANDS");
	untitled(&t);
	for (unsigned i = 0; i < list->n; i++) {
		if (list->command[i]->hidden)
			continue;
		gt_cli_text(list->command[i]->summary, text, sizeof(text));
		pair(&t, list->command[i]->name, text);
	}
	gt_cli_table_end(&t, o);
	gt_cli_heading(o, "OPTIONS");
	untitled(&t);
	pair(&t, "--help", "print this help; gotune COMMAND --help has a command's options");
	pair(&t, "--version", "print the version");
	gt_cli_table_end(&t, o);
	gt_cli_heading(o, "EXIT STATUS");
	gt_cli_para(o, 0, GT_STYLE_PLAIN, exit_text);
}

static void paragraphs(struct gt_cli_out *o, const char *text)
{
	char line[1024];

	while (*text) {
		size_t len = strcspn(text, "\n");

		gt_buf_str(&o->buf, "\n");
		(void)gt_copy(line, sizeof(line), text, len);
		gt_cli_para(o, 0, GT_STYLE_PLAIN, line);
		text += len + (text[len] == '\n');
	}
}

void gt_cli_help_command(struct gt_cli_out *o, const struct gt_cli_command *c)
{
	struct gt_cli_table t;
	char text[256], help[256], about[GT_CLI_TEXT_CAP];

	(void)snprintf(text, sizeof(text), "usage: gotune %s [OPTION]...%s%s", c->name,
		       *c->operands ? " " : "", c->operands);
	gt_cli_para(o, 0, GT_STYLE_PLAIN, text);
	gt_cli_text(c->about, about, sizeof(about));
	paragraphs(o, about);
	gt_cli_heading(o, "OPTIONS");
	untitled(&t);
	for (unsigned i = 0; i < GT_OPT_COUNT; i++) {
		const struct gt_cli_opt *opt = &gt_cli_opts[i];

		if (i != GT_OPT_HELP && !(c->options & GT_OPT_BIT(i)))
			continue;
		(void)snprintf(text, sizeof(text), "--%s%s%s", opt->name, opt->arg ? " " : "",
			       opt->arg ? opt->arg : "");
		gt_cli_text(opt->help, help, sizeof(help));
		pair(&t, text, help);
	}
	gt_cli_table_end(&t, o);
	gt_cli_heading(o, "EXIT STATUS");
	gt_cli_para(o, 0, GT_STYLE_PLAIN, exit_text);
}

static int run_help(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	char name[64] = "gotune";
	char first[64] = "", second[64] = "";
	char *const words[] = {name, first, second, NULL};
	const struct gt_cli_command *c;
	int n;

	if (a->n_pos == 0) {
		gt_cli_help(out, a->list);
		return GT_EXIT_OK;
	}
	(void)gt_copy_str(first, sizeof(first), a->pos[0]); /* cut: then it is no command */
	if (a->n_pos > 1)
		(void)gt_copy_str(second, sizeof(second), a->pos[1]);
	c = gt_cli_find(a->list, a->n_pos > 1 ? 3 : 2, words, &n);
	if (!c)
		return gt_cli_fail(out, GT_EXIT_USAGE, "no command %.64s; gotune --help lists them",
				   a->pos[0]);
	gt_cli_help_command(out, c);
	return GT_EXIT_OK;
}

const struct gt_cli_command gt_cmd_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.summary = "print help",
	.about = "The same as gotune --help and gotune COMMAND --help.\n",
	.max_pos = 2,
	.missing = "give at most one command: gotune help [COMMAND]",
	.run = run_help,
};
