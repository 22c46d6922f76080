/*
 * Ages over time: a column a snapshot, a row an age, the darker the more. As SVG and as text. Pure.
 * A shade is of the logarithm: a site of a million does not hide one of ten.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define LEFT	70u
#define TOP	40u
#define CELL_H	28u
#define WIDE	800u
#define LABEL_W 7u
#define SHADES	9u

static uint32_t most_of(const struct gt_gor_history *h)
{
	uint32_t most = 0;

	for (uint32_t c = 0; c < h->n_column; c++) {
		for (unsigned a = 0; a < GT_GOR_AGES; a++) {
			if (h->column[c].age[a] > most)
				most = h->column[c].age[a];
		}
	}
	return most;
}

/* 0 for none, else 1..SHADES. */
static unsigned shade_of(uint32_t n, uint32_t most)
{
	double part;

	if (n == 0 || most == 0)
		return 0;
	part = most > 1 ? log((double)n) / log((double)most) : 1;
	return 1 + (unsigned)(part * (SHADES - 1) + 0.5);
}

void gt_gor_write_heat_text(const struct gt_gor_history *h, unsigned width, struct gt_buf *out)
{
	static const char shade[SHADES + 2] = " .:-=+*#%@";
	unsigned room = width > LABEL_W + 1 ? width - LABEL_W : 1;
	uint32_t n = h->n_column < room ? h->n_column : room, most = most_of(h);

	for (unsigned a = GT_GOR_AGES; a-- > 0;) {
		gt_buf_fmt(out, "%6s ", gt_gor_age_words[a]);
		/* The last columns, should there be more than fit. */
		for (uint32_t c = h->n_column - n; c < h->n_column; c++)
			gt_buf_add(out, &shade[shade_of(h->column[c].age[a], most)], 1);
		while (out->len > 0 && out->p && out->p[out->len - 1] == ' ')
			out->p[--out->len] = '\0';
		gt_buf_str(out, "\n");
	}
}

static void write_cell(struct gt_buf *out, const struct gt_gor_column *c, unsigned a, double x,
		       double w, unsigned shade, double at_s)
{
	/* From a light yellow to a dark red. */
	unsigned k = shade * 255 / SHADES;

	gt_buf_fmt(
		out,
		"<rect x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%u\" fill=\"#%02x%02x%02x\"><title>"
		"%u of age %s at %.1f s</title></rect>\n",
		x, TOP + (GT_GOR_AGES - 1 - a) * CELL_H, w, CELL_H, 255 - k * 100 / 255,
		245 - k * 215 / 255, 200 - k * 160 / 255, c->age[a],
		gt_gor_age_words[a][0] == '<'	? "&lt;1s"
		: gt_gor_age_words[a][0] == '>' ? "&gt;1h"
						: gt_gor_age_words[a],
		at_s);
}

static void write_axes(struct gt_buf *out, const struct gt_gor_history *h)
{
	unsigned bottom = TOP + GT_GOR_AGES * CELL_H;
	double span = (double)(h->now_ns - h->began_ns) / 1e9;

	for (unsigned a = 0; a < GT_GOR_AGES; a++) {
		gt_buf_fmt(out, "<text x=\"%u\" y=\"%u\" text-anchor=\"end\">", LEFT - 6,
			   TOP + (GT_GOR_AGES - 1 - a) * CELL_H + CELL_H / 2 + 4);
		gt_gor_xml(out, gt_gor_age_words[a], strlen(gt_gor_age_words[a]));
		gt_buf_str(out, "</text>\n");
	}
	gt_buf_fmt(
		out,
		"<text x=\"%u\" y=\"%u\">0 s</text><text x=\"%u\" y=\"%u\" text-anchor=\"end\">%.1f s"
		"</text>\n",
		LEFT, bottom + 16, LEFT + WIDE, bottom + 16, span);
	gt_buf_fmt(
		out,
		"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"none\" stroke=\"#888\"/>\n",
		LEFT, TOP, WIDE, GT_GOR_AGES * CELL_H);
}

void gt_gor_write_heat(const struct gt_gor_history *h, struct gt_buf *out)
{
	uint32_t most = most_of(h);
	double w = h->n_column ? (double)WIDE / h->n_column : 0;
	char title[160];

	(void)snprintf(title, sizeof(title), "goroutines by age (at least) over time; darkest: %u",
		       most); /* fits */
	gt_gor_svg_begin(out, LEFT + WIDE + 20, TOP + GT_GOR_AGES * CELL_H + 30, title);
	for (uint32_t c = 0; c < h->n_column; c++) {
		for (unsigned a = 0; a < GT_GOR_AGES; a++) {
			unsigned shade = shade_of(h->column[c].age[a], most);

			if (shade > 0)
				write_cell(out, &h->column[c], a, LEFT + c * w, w, shade,
					   (double)(h->column[c].at_ns - h->began_ns) / 1e9);
		}
	}
	write_axes(out, h);
	gt_gor_svg_end(out);
}
