/*
 * gotune report for a terminal. Only fills the output.
 */
#include <stdio.h>

#include "report.h"

/* "12.3 (10.1-14)", or "-". */
static void median_text(const struct gt_measure *what, const struct gt_median *m, char *buf,
			size_t cap)
{
	if (!m->known)
		(void)snprintf(buf, cap, "-");
	else
		(void)snprintf(buf, cap, "%.3g%s (%.3g-%.3g)", m->median * what->scale, what->unit,
			       m->low * what->scale, m->high * what->scale);
}

static enum gt_style style_of(enum gt_contrast c)
{
	static const enum gt_style style[] = {[GT_CONTRAST_UNKNOWN] = GT_STYLE_DIM,
					      [GT_CONTRAST_NONE] = GT_STYLE_PLAIN,
					      [GT_CONTRAST_LESS] = GT_STYLE_GOOD,
					      [GT_CONTRAST_MORE] = GT_STYLE_WARN};

	return style[c];
}

static void contrast_text(const struct gt_measured *m, char *buf, size_t cap)
{
	const char *word = gt_words_get(&gt_contrast_words, m->contrast);

	if (m->contrast == GT_CONTRAST_UNKNOWN)
		(void)snprintf(buf, cap, "%s", word);
	else if (m->p < 0.0001)
		(void)snprintf(buf, cap, "%s (p < 0.0001)", word);
	else
		(void)snprintf(buf, cap, "%s (p = %.2g)", word, m->p);
}

static void print_group(const struct gt_report *r, const struct gt_report_group *g,
			struct gt_cli_out *out)
{
	const struct gt_cli_col cols[] = {
		{"MEASURE", 12}, {r->arm[0], 20}, {r->arm[1], 20}, {"CONTRAST", GT_CLI_WIDTH}};
	struct gt_cli_table t = {.col = cols, .n_col = GT_ARRAY_LEN(cols)};
	char a[48], b[48], c[48];

	gt_cli_heading(out, g->image[0] ? g->image : "(no image is known)");
	(void)snprintf(a, sizeof(a), "%u", g->n[0]);
	(void)snprintf(b, sizeof(b), "%u", g->n[1]);
	gt_cli_table_row(&t, (const struct gt_cli_cell[]){{"containers", GT_STYLE_DIM},
							  {a, GT_STYLE_PLAIN},
							  {b, GT_STYLE_PLAIN},
							  {"", GT_STYLE_PLAIN}});
	for (unsigned i = 0; i < GT_MEASURES; i++) {
		const struct gt_measured *m = &g->measured[i];

		median_text(&gt_measures[i], &m->arm[0], a, sizeof(a));
		median_text(&gt_measures[i], &m->arm[1], b, sizeof(b));
		contrast_text(m, c, sizeof(c));
		gt_cli_table_row(&t,
				 (const struct gt_cli_cell[]){{gt_measures[i].word, GT_STYLE_BOLD},
							      {a, GT_STYLE_PLAIN},
							      {b, GT_STYLE_PLAIN},
							      {c, style_of(m->contrast)}});
	}
	gt_cli_table_end(&t, out);
}

void gt_report_page(const struct gt_report *r, struct gt_cli_out *out)
{
	char text[200];

	for (uint32_t i = 0; i < r->n_group; i++)
		print_group(r, &r->group[i], out);
	if (r->n_group == 0)
		gt_cli_para(out, 0, GT_STYLE_PLAIN,
			    "No container has ended yet while gotuned kept a history.");
	gt_buf_str(&out->buf, "\n");
	if (r->n_group > 0)
		gt_cli_para(
			out, 0, GT_STYLE_DIM,
			"Medians, and where they are with a confidence of 95 %. Arms differ when "
			"chance makes such a difference in less than one of a hundred (test of Mann "
			"and Whitney); ten containers of each are needed.");
	(void)snprintf(text, sizeof(text), "%llu container%s; %llu damaged line%s skipped",
		       (unsigned long long)r->n_life, r->n_life == 1 ? "" : "s",
		       (unsigned long long)r->n_damaged, r->n_damaged == 1 ? "" : "s");
	gt_cli_para(out, 0, GT_STYLE_DIM, text);
}
