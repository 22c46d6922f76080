/*
 * The collector's decision path: why a cycle began, who paid, in which phase, by CPU time. As
 * folded stacks for the usual tools, and drawn. Pure.
 */
#include <stdio.h>

#include "flame.h"
#include "svg.h"

#define WIDTH 900.0
#define ROW   30
#define EDGE  10

static double cause_us(const struct gt_diagnosed_process *p, unsigned c)
{
	double sum = 0;

	for (unsigned w = 0; w < GT_GC_WHO; w++)
		sum += p->path_us[c][w];
	return sum;
}

static double all_us(const struct gt_diagnosed_process *p)
{
	double sum = 0;

	for (unsigned c = 0; c < GT_GC_CAUSES; c++)
		sum += cause_us(p, c);
	return sum;
}

bool gt_diagnosis_folded(const struct gt_diagnosis *r, uint32_t i, struct gt_buf *out)
{
	const struct gt_diagnosed_process *p = &r->process[i];

	if (all_us(p) < 1)
		return false;
	for (unsigned c = 0; c < GT_GC_CAUSES; c++)
		for (unsigned w = 0; w < GT_GC_WHO; w++)
			if (p->path_us[c][w] >= 0.5)
				gt_buf_fmt(out, "%s;%s;%s %.0f\n",
					   gt_gc_cause_name((enum gt_gc_cause)c),
					   gt_gc_who_name((enum gt_gc_who)w),
					   gt_gc_phase_name((enum gt_gc_who)w), p->path_us[c][w]);
	return true;
}

/* A box of row LEVEL (0: at the bottom), with its name where that fits. */
static void box(struct gt_buf *out, double x, double w, unsigned level, const char *fill,
		const char *name, double us, double all)
{
	int y = EDGE + 34 + (3 - (int)level) * ROW;
	char text[96];
	size_t fits = w > 14 ? (size_t)((w - 8) / 7) : 0;

	gt_buf_fmt(
		out,
		"<g><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\" stroke=\"#fff\"/><title>",
		EDGE + x, y, w, ROW, fill);
	gt_svg_text(out, name);
	gt_buf_fmt(out, ": %.1f ms, %.1f %%</title>", us / 1000, us / all * 100);
	(void)snprintf(text, sizeof(text), "%s %.0f ms", name, us / 1000); /* cut: for reading */
	if (fits >= 4) {
		if (fits < strlen(text))
			text[fits] = '\0';
		gt_buf_fmt(out, "<text x=\"%.1f\" y=\"%d\">", EDGE + x + 4, y + 19);
		gt_svg_text(out, text);
		gt_buf_str(out, "</text>");
	}
	gt_buf_str(out, "</g>\n");
}

static void draw_cause(const struct gt_diagnosed_process *p, unsigned c, double x, double all,
		       struct gt_buf *out)
{
	static const char *const fill[GT_GC_WHO] = {[GT_GC_STW1] = "#b39bd1",
						    [GT_GC_ASSIST] = "#e8714f",
						    [GT_GC_BACKGROUND] = "#f0a35e",
						    [GT_GC_IDLE] = "url(#hatch)",
						    [GT_GC_STW2] = "#c9a798"};
	double scale = (WIDTH - 2 * EDGE) / all, us = cause_us(p, c);

	box(out, x, us * scale, 1, "#f2c14e", gt_gc_cause_name((enum gt_gc_cause)c), us, all);
	for (unsigned w = 0; w < GT_GC_WHO; w++) {
		double part = p->path_us[c][w];

		if (part <= 0)
			continue;
		box(out, x, part * scale, 2, fill[w], gt_gc_who_name((enum gt_gc_who)w), part, all);
		box(out, x, part * scale, 3, fill[w], gt_gc_phase_name((enum gt_gc_who)w), part,
		    all);
		x += part * scale;
	}
}

bool gt_flame(const struct gt_diagnosed_process *p, struct gt_buf *out)
{
	double all = all_us(p), x = 0;

	if (all < 1)
		return false;
	gt_buf_fmt(
		out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%d\" "
		"font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n<defs><pattern id=\"hatch\" "
		"width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect "
		"width=\"8\" height=\"8\" fill=\"#eee\"/><rect width=\"3\" height=\"8\" fill=\"#ccc\"/></pattern>"
		"</defs>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text x=\"%d\" y=\"24\" "
		"font-size=\"15\">Why the collector ran, who paid, in which phase (hatched: idle workers)</text>\n",
		WIDTH, 2 * EDGE + 34 + 4 * ROW, EDGE);
	box(out, 0, WIDTH - 2 * EDGE, 0, "#d9d9d9", "all of the collector's CPU time", all, all);
	for (unsigned c = 0; c < GT_GC_CAUSES; c++) {
		if (cause_us(p, c) <= 0)
			continue;
		draw_cause(p, c, x, all, out);
		x += cause_us(p, c) / all * (WIDTH - 2 * EDGE);
	}
	gt_buf_str(out, "</svg>\n");
	return true;
}
