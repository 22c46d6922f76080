/*
 * gotune status: with which engines it is registered, and how. Reads their files; changes nothing.
 */
#include "cli.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "lessons.h"

static enum gt_style style_of(enum gt_reg_state s)
{
	switch (s) {
	case GT_REG_PRESENT:
		return GT_STYLE_GOOD;
	case GT_REG_OUTDATED:
	case GT_REG_SHADOWED:
	case GT_REG_FOREIGN:
		return GT_STYLE_WARN;
	case GT_REG_BROKEN:
		return GT_STYLE_BAD;
	case GT_REG_ABSENT:
	case GT_REG_STATE_COUNT:
		break;
	}
	return GT_STYLE_DIM;
}

static void show_table(struct gt_cli_out *out, const struct gt_registration *r, unsigned n)
{
	static const struct gt_cli_col cols[] = {
		{"ENGINE", 10}, {"WAY", 9}, {"STATE", 8}, {"DEFAULT", 7}, {"FILE", GT_CLI_WIDTH}};
	struct gt_cli_table t = {.col = cols, .n_col = GT_ARRAY_LEN(cols)};

	for (unsigned i = 0; i < n; i++) {
		gt_cli_table_row(&t,
				 (const struct gt_cli_cell[]){
					 {r[i].engine->name, GT_STYLE_BOLD},
					 {gt_words_get(&gt_way_words, r[i].way), GT_STYLE_PLAIN},
					 {gt_words_get(&gt_reg_state_words, r[i].state),
					  style_of(r[i].state)},
					 {r[i].is_default ? "yes" : NULL, GT_STYLE_PLAIN},
					 {r[i].path, GT_STYLE_PLAIN},
				 });
		if (r[i].note[0])
			gt_cli_table_note(&t, style_of(r[i].state), r[i].note);
	}
	gt_cli_table_end(&t, out);
}

static void show_json(struct gt_cli_out *out, const struct gt_registration *r, unsigned n,
		      const struct gt_pages *lessons)
{
	struct gt_buf doc = {0};
	struct gt_jw w;

	gt_jw_init(&w, &doc, true);
	gt_jw_open(&w, '{');
	gt_jw_key(&w, "registrations");
	gt_jw_open(&w, '[');
	for (unsigned i = 0; i < n; i++) {
		gt_jw_open(&w, '{');
		gt_jw_member_opt(&w, "engine", r[i].engine->name);
		gt_jw_member_opt(&w, "way", gt_words_get(&gt_way_words, r[i].way));
		gt_jw_member_opt(&w, "state", gt_words_get(&gt_reg_state_words, r[i].state));
		gt_jw_key(&w, "default");
		gt_jw_bool(&w, r[i].is_default);
		gt_jw_member_opt(&w, "file", r[i].path);
		gt_jw_member_opt(&w, "program", r[i].target);
		gt_jw_member_opt(&w, "note", r[i].note);
		gt_jw_close(&w, '}');
	}
	gt_jw_close(&w, ']');
	gt_cli_rolled_back_json(lessons, &w);
	gt_jw_close(&w, '}');
	gt_cli_json_doc(out, &doc);
}

/* Keeps the rows of ENGINE (NULL: all); *ret_broken: one of them is broken. */
static unsigned select_engine(struct gt_registration *r, unsigned n,
			      const struct gt_engine_driver *engine, bool *ret_broken)
{
	unsigned kept = 0;

	*ret_broken = false;
	for (unsigned i = 0; i < n; i++) {
		if (engine && r[i].engine != engine)
			continue;
		*ret_broken = *ret_broken || r[i].state == GT_REG_BROKEN;
		if (kept != i)
			r[kept] = r[i];
		kept++;
	}
	return kept;
}

/* Whoever may not read them is told of none. */
static void read_lessons(const char *dir, struct gt_pages *ret)
{
	struct gt_err e = {0};
	_cleanup_close_ int root = gt_root_open(dir, &e);

	if (root >= 0)
		(void)!gt_lessons_read(root, NULL, ret);
}

static int run_status(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	_cleanup_free_ struct gt_registration *r = NULL;
	const struct gt_engine_driver *engine = a->n_pos > 0 ? gt_cli_engine_named(a, out) : NULL;
	_cleanup_(gt_pages_done) struct gt_pages lessons = {0};
	struct gt_err e = {0};
	unsigned n;
	bool broken;

	if (a->n_pos > 0 && !engine)
		return GT_EXIT_USAGE;
	if (gt_engines_status(gt_cli_root(a), &r, &n, &e) < 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	n = select_engine(r, n, engine, &broken);
	read_lessons(a->value[GT_OPT_ROOT], &lessons);
	if (a->json) {
		show_json(out, r, n, &lessons);
	} else {
		show_table(out, r, n);
		gt_cli_rolled_back(&lessons, out);
	}
	return broken ? GT_EXIT_BROKEN : GT_EXIT_OK;
}

const struct gt_cli_command gt_cmd_status = {
	.name = "status",
	.operands = "[ENGINE]",
	.summary = "say with which engines it is registered, and how",
	.about = "Reads the files of ENGINE, or of all. Whether an engine that runs has "
		 "read them is another question: gotune doctor asks it.\n",
	.options = GT_OPTS_FORMAT | GT_OPT_BIT(GT_OPT_ROOT),
	.max_pos = 1,
	.missing = "give at most one engine: gotune status [ENGINE]",
	.run = run_status,
};
