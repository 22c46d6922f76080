/*
 * Tables of 80 columns in plain ASCII: columns as wide as their content up to a cap, the last takes
 * what is left, whatever is too wide wraps. Nothing is cut off. Pure but for the buffer's heap.
 */
#include "cli.h"
#include "gotune/base.h"

#define GAP	    2
#define NOTE_INDENT 4
#define LAST_MIN    12

/*
 * Rows are packed one after another in `text`: the byte ROW, then per cell a style byte and a C
 * string. A note or a section is its own byte and one such cell.
 */
enum { ROW = 'r', NOTE = 'n', SECTION = 's' };

static void pack(struct gt_cli_table *t, enum gt_style style, const char *text)
{
	char byte = (char)('0' + style);

	gt_buf_add(&t->text, &byte, 1);
	gt_cli_plain(&t->text, text && *text ? text : "-");
	gt_buf_add(&t->text, "", 1);
}

static void pack_kind(struct gt_cli_table *t, char kind)
{
	gt_buf_add(&t->text, &kind, 1);
}

void gt_cli_table_row(struct gt_cli_table *t, const struct gt_cli_cell *cells)
{
	pack_kind(t, ROW);
	for (unsigned i = 0; i < t->n_col; i++)
		pack(t, cells[i].style, cells[i].text);
	t->n_row++;
}

void gt_cli_table_note(struct gt_cli_table *t, enum gt_style style, const char *text)
{
	pack_kind(t, NOTE);
	pack(t, style, text);
}

void gt_cli_table_section(struct gt_cli_table *t, const char *title)
{
	pack_kind(t, SECTION);
	pack(t, GT_STYLE_BOLD, title);
}

/* Steps over a packed cell. */
static const char *cell_next(const char *cell)
{
	return cell + 1 + strlen(cell + 1) + 1;
}

static void measure(const struct gt_cli_table *t, unsigned width[GT_CLI_COLS_MAX])
{
	const char *p = t->text.p, *end = t->text.p + t->text.len;
	unsigned used = 0;

	for (unsigned i = 0; i < t->n_col; i++)
		width[i] = t->col[i].title ? (unsigned)strlen(t->col[i].title) : 1;
	while (p < end) {
		unsigned n = *p == ROW ? t->n_col : 0;
		const char *cell = p + 1;

		for (unsigned i = 0; i < n; i++, cell = cell_next(cell)) {
			size_t len = strlen(cell + 1);

			if (len > width[i])
				width[i] = len < t->col[i].max ? (unsigned)len : t->col[i].max;
		}
		p = n ? cell : cell_next(cell);
	}
	for (unsigned i = 0; i + 1 < t->n_col; i++)
		used += width[i] + GAP;
	width[t->n_col - 1] = used + LAST_MIN < GT_CLI_WIDTH ? GT_CLI_WIDTH - used : LAST_MIN;
}

/* One line of a row: the next piece of every cell. False when no cell has any left. */
static bool print_line(struct gt_cli_out *o, const struct gt_cli_table *t,
		       const unsigned width[GT_CLI_COLS_MAX], const char *rest[GT_CLI_COLS_MAX],
		       const char style[GT_CLI_COLS_MAX])
{
	unsigned pad = 0;
	bool any = false;

	for (unsigned i = 0; i < t->n_col; i++)
		any = any || *rest[i] != '\0';
	if (!any)
		return false;
	for (unsigned i = 0; i < t->n_col; i++) {
		size_t n = 0;

		if (*rest[i]) {
			const char *s = rest[i];

			n = gt_cli_wrap(s, width[i], &rest[i]);
			/* Padding is owed until something follows: no line ends in spaces. */
			gt_buf_fmt(&o->buf, "%*s", (int)pad, "");
			gt_cli_styled(o, (enum gt_style)(style[i] - '0'), s, n);
			pad = 0;
		}
		pad += width[i] - (unsigned)n + GAP;
	}
	gt_buf_str(&o->buf, "\n");
	return true;
}

static void print_titles(struct gt_cli_out *o, const struct gt_cli_table *t,
			 const unsigned width[GT_CLI_COLS_MAX])
{
	const char *rest[GT_CLI_COLS_MAX];
	char style[GT_CLI_COLS_MAX];

	for (unsigned i = 0; i < t->n_col; i++) {
		rest[i] = t->col[i].title ? t->col[i].title : "";
		style[i] = '0' + GT_STYLE_BOLD;
	}
	while (print_line(o, t, width, rest, style))
		;
}

static const char *print_row(struct gt_cli_out *o, const struct gt_cli_table *t,
			     const unsigned width[GT_CLI_COLS_MAX], const char *cell)
{
	const char *rest[GT_CLI_COLS_MAX];
	char style[GT_CLI_COLS_MAX];

	for (unsigned i = 0; i < t->n_col; i++, cell = cell_next(cell)) {
		style[i] = *cell;
		rest[i] = cell + 1;
	}
	while (print_line(o, t, width, rest, style))
		;
	return cell;
}

void gt_cli_table_end(struct gt_cli_table *t, struct gt_cli_out *o)
{
	unsigned width[GT_CLI_COLS_MAX];
	const char *p = t->text.p, *end;

	if (t->text.error || t->n_col == 0 || t->n_col > GT_CLI_COLS_MAX) {
		o->buf.error = t->text.error ? t->text.error : -EINVAL;
		gt_buf_done(&t->text);
		return;
	}
	if (!p) /* no rows, no titles: the caller says so in words */
		return;
	end = p + t->text.len;
	measure(t, width);
	print_titles(o, t, width);
	while (p < end) {
		if (*p == ROW) {
			p = print_row(o, t, width, p + 1);
			continue;
		}
		if (*p == SECTION)
			gt_buf_str(&o->buf, "\n");
		gt_cli_para(o, *p == NOTE ? NOTE_INDENT : 0, (enum gt_style)(p[1] - '0'), p + 2);
		p = cell_next(p + 1);
	}
	gt_buf_done(&t->text);
}
