/* SVG by hand: no script, no font of its own, readable without a network. Pure. */
#include <stdio.h>

#include "svg.h"

#define LEFT   70
#define RIGHT  20
#define TOP    56
#define BOTTOM 46
#define TICKS  5

void gt_svg_text(struct gt_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			gt_buf_str(out, "&lt;");
		else if (*text == '>')
			gt_buf_str(out, "&gt;");
		else if (*text == '&')
			gt_buf_str(out, "&amp;");
		else
			gt_buf_add(out, *text >= 0x20 && *text < 0x7f ? text : "?", 1);
	}
}

static double px(const struct gt_svg *s, double x)
{
	return LEFT + (x - s->x0) / (s->x1 - s->x0) * (GT_SVG_WIDTH - LEFT - RIGHT);
}

static double py(const struct gt_svg *s, double y)
{
	return GT_SVG_HEIGHT - BOTTOM - y / s->y1 * (GT_SVG_HEIGHT - TOP - BOTTOM);
}

/* A step of 1, 2 or 5 times a power of ten, about TICKS of them in SPAN. */
static double step_of(double span)
{
	double step = 1e-6;
	unsigned i = 0;

	while (span / step > TICKS + 1 && i < 60)
		step *= i++ % 3 == 1 ? 2.5 : 2;
	return step;
}

static void axes(struct gt_svg *s, const char *unit)
{
	double step = step_of(s->y1);

	for (unsigned i = 0; i * step <= s->y1 * 1.0001; i++) {
		double y = i * step;

		gt_buf_fmt(s->out,
			   "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>\n"
			   "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
			   LEFT, py(s, y), GT_SVG_WIDTH - RIGHT, py(s, y), LEFT - 6, py(s, y) + 4,
			   y);
	}
	step = step_of(s->x1 - s->x0);
	for (int64_t i = (int64_t)(s->x0 / step); (double)i * step <= s->x1 * 1.0001; i++) {
		double x = (double)i * step;

		if (x < s->x0)
			continue;
		gt_buf_fmt(s->out,
			   "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#888\"/>\n"
			   "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n",
			   px(s, x), GT_SVG_HEIGHT - BOTTOM, px(s, x), GT_SVG_HEIGHT - BOTTOM + 5,
			   px(s, x), GT_SVG_HEIGHT - BOTTOM + 18, x);
	}
	gt_buf_fmt(
		s->out,
		"<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#444\"/>\n"
		"<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">seconds since the program began</text>\n"
		"<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n",
		LEFT, GT_SVG_HEIGHT - BOTTOM, GT_SVG_WIDTH - RIGHT, GT_SVG_HEIGHT - BOTTOM,
		GT_SVG_WIDTH / 2, GT_SVG_HEIGHT - 8, LEFT - 6, TOP - 12, unit);
}

void gt_svg_begin(struct gt_svg *s, struct gt_buf *out, const char *title, const char *y_unit,
		  double x0, double x1, double y1)
{
	*s = (struct gt_svg){.out = out, .x0 = x0, .x1 = x1, .y1 = y1 * 1.05};
	if (!(s->x1 - s->x0 > 1e-9))
		s->x1 = s->x0 + 1;
	if (!(s->y1 > 1e-9))
		s->y1 = 1;
	gt_buf_fmt(
		out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
		"font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text x=\"%d\" y=\"20\" font-size=\"15\">",
		GT_SVG_WIDTH, GT_SVG_HEIGHT, GT_SVG_WIDTH, GT_SVG_HEIGHT, LEFT);
	gt_svg_text(out, title);
	gt_buf_str(out, "</text>\n");
	axes(s, y_unit);
}

void gt_svg_legend(struct gt_svg *s, const char *color, const char *text)
{
	unsigned x = LEFT + 10 + s->legends++ * 150;

	gt_buf_fmt(s->out,
		   "<rect x=\"%u\" y=\"32\" width=\"12\" height=\"12\" fill=\"%s\"/>\n"
		   "<text x=\"%u\" y=\"42\">",
		   x, color, x + 17);
	gt_svg_text(s->out, text);
	gt_buf_str(s->out, "</text>\n");
}

void gt_svg_line(struct gt_svg *s, const char *color, bool dashed, const double *x, const double *y,
		 uint32_t n)
{
	gt_buf_fmt(s->out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\"%s points=\"",
		   color, dashed ? " stroke-dasharray=\"6 4\"" : "");
	for (uint32_t i = 0; i < n; i++)
		gt_buf_fmt(s->out, "%.1f,%.1f ", px(s, x[i]), py(s, y[i] > s->y1 ? s->y1 : y[i]));
	gt_buf_str(s->out, "\"/>\n");
}

void gt_svg_area(struct gt_svg *s, const char *color, const double *x, const double *low,
		 const double *high, uint32_t n)
{
	gt_buf_fmt(s->out, "<polygon fill=\"%s\" points=\"", color);
	for (uint32_t i = 0; i < n; i++)
		gt_buf_fmt(s->out, "%.1f,%.1f ", px(s, x[i]), py(s, high[i]));
	for (uint32_t i = n; i-- > 0;)
		gt_buf_fmt(s->out, "%.1f,%.1f ", px(s, x[i]), py(s, low[i]));
	gt_buf_str(s->out, "\"/>\n");
}

void gt_svg_end(struct gt_svg *s)
{
	gt_buf_str(s->out, "</svg>\n");
}
