/*
 * gotune policy check, gotune policy show: the policy files, merged or found wanting. Reads them;
 * changes nothing.
 */
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"

/* Reads the policy that the options name. Returns an enum gt_exit, and has said why. */
static int load(struct gt_cli_out *out, const char *sysroot, const char *file,
		struct gt_policy *ret)
{
	_cleanup_close_ int root = -1;
	struct gt_err e = {0};

	root = gt_root_open(sysroot, &e);
	if (root < 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	if (gt_read_policy(root, file, ret, &e) != 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	return GT_EXIT_OK;
}

/* "FILE:LINE:COLUMN: what", as compilers print it, so that editors jump there. */
static void broken_line(struct gt_buf *b, const struct gt_layer *l)
{
	bool place = l->error[0] >= '0' && l->error[0] <= '9';

	gt_cli_plain(b, l->path);
	gt_buf_str(b, place ? ":" : ": ");
	gt_cli_plain(b, l->error);
	gt_buf_str(b, "\n");
}

static unsigned count_broken(const struct gt_policy *p)
{
	unsigned n = 0;

	for (uint32_t i = 1; i < p->n_layer; i++)
		n += p->layer[i].broken;
	return n;
}

static int run_policy_check(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	struct gt_policy p = {0};
	unsigned broken;
	int r = load(out, a->value[GT_OPT_SYSROOT], a->n_pos ? a->pos[0] : NULL, &p);

	if (r != GT_EXIT_OK)
		return r;
	broken = count_broken(&p);
	for (uint32_t i = 1; i < p.n_layer; i++) {
		if (p.layer[i].broken) {
			broken_line(&out->buf, &p.layer[i]);
			continue;
		}
		gt_cli_plain(&out->buf, p.layer[i].path);
		gt_buf_str(&out->buf, ": sound\n");
	}
	if (p.n_layer <= 1)
		gt_cli_para(out, 0, GT_STYLE_PLAIN,
			    "There is no policy file: the built-in defaults hold.");
	gt_policy_done(&p);
	return broken ? GT_EXIT_BROKEN : GT_EXIT_OK;
}

/* One line on stderr a broken file: what is shown is without it. */
static void warn_broken(const struct gt_cli_out *out, const struct gt_policy *p)
{
	for (uint32_t i = 1; i < p->n_layer; i++) {
		if (p->layer[i].broken)
			(void)gt_cli_fail(out, GT_EXIT_BROKEN, "left out %s: %s", p->layer[i].path,
					  p->layer[i].error);
	}
}

/* A listing under way: rows of one profile or rule are below its name. */
struct rows {
	struct gt_cli_table table;
	char section[GT_NAME_CAP + 16];
};

/* The length of "profiles.NAME" or "rules.NAME" at the start of KEY; 0 for the policy's own keys.
 */
static size_t section_of(const char *key)
{
	const char *rest = NULL;

	if (gt_has_prefix(key, "profiles.") || gt_has_prefix(key, "rules."))
		rest = strchr(strchr(key, '.') + 1, '.');
	return rest ? (size_t)(rest - key) : 0;
}

static void add_row(void *ctx, const char *key, const char *value, const char *source)
{
	struct rows *r = ctx;
	size_t len = section_of(key);

	if (len > 0 && (strncmp(r->section, key, len) != 0 || r->section[len] != '\0')) {
		(void)gt_copy(r->section, sizeof(r->section), key, len); /* cut: for reading */
		gt_cli_table_section(&r->table, r->section);
	}
	gt_cli_table_row(&r->table, (const struct gt_cli_cell[]){
					    {len > 0 ? key + len + 1 : key, GT_STYLE_PLAIN},
					    {value, GT_STYLE_BOLD},
					    {source, GT_STYLE_DIM},
				    });
}

static void show_table(struct gt_cli_out *out, const struct gt_policy *p)
{
	static const struct gt_cli_col cols[] = {
		{"KEY", 32}, {"VALUE", 20}, {"FROM", GT_CLI_WIDTH}};
	struct rows r = {.table = {.col = cols, .n_col = GT_ARRAY_LEN(cols)}};

	gt_policy_rows(p, add_row, &r);
	gt_cli_table_end(&r.table, out);
}

static void show_json(struct gt_cli_out *out, const struct gt_policy *p)
{
	struct gt_buf doc = {0};
	struct gt_jw w;

	gt_jw_init(&w, &doc, true);
	gt_policy_write_json(p, &w);
	gt_cli_json_doc(out, &doc);
}

static int run_policy_show(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	struct gt_policy p = {0};
	unsigned broken;
	int r = load(out, a->value[GT_OPT_SYSROOT], a->value[GT_OPT_POLICY], &p);

	if (r != GT_EXIT_OK)
		return r;
	broken = count_broken(&p);
	if (a->json)
		show_json(out, &p);
	else
		show_table(out, &p);
	warn_broken(out, &p);
	gt_policy_done(&p);
	return broken ? GT_EXIT_BROKEN : GT_EXIT_OK;
}

const struct gt_cli_command gt_cmd_policy_check = {
	.name = "policy check",
	.operands = "[FILE]",
	.summary = "check a policy file, or those that are installed",
	.about =
		"Prints FILE:LINE:COLUMN and what is wrong there. Without FILE, checks " GT_POLICY_FILE
		" and " GT_POLICY_DIR "/*.json.\n",
	.options = GT_OPT_BIT(GT_OPT_SYSROOT),
	.max_pos = 1,
	.missing = "give at most one file: gotune policy check [FILE]",
	.run = run_policy_check,
};

const struct gt_cli_command gt_cmd_policy_show = {
	.name = "policy show",
	.operands = "",
	.summary = "show the merged policy, and the file that each value came from",
	.about = "Prints the built-in defaults with the policy files laid over them.\n",
	.options = GT_OPTS_POLICY | GT_OPTS_FORMAT,
	.missing = "gotune policy show takes no arguments; --policy FILE names a file",
	.run = run_policy_show,
};
