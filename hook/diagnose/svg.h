/* Plots as SVG: axes, lines, areas, boxes. */
#ifndef GOTUNE_DIAGNOSE_SVG_H
#define GOTUNE_DIAGNOSE_SVG_H

#include "gotune/base.h"

#define GT_SVG_WIDTH  900
#define GT_SVG_HEIGHT 340

struct gt_svg {
	struct gt_buf *out;
	double x0, x1, y1; /* what the axes span; y begins at 0 */
	unsigned legends;
};

/* Begins a plot: title, axes with their units. */
void gt_svg_begin(struct gt_svg *s, struct gt_buf *out, const char *title, const char *y_unit,
		  double x0, double x1, double y1);
void gt_svg_legend(struct gt_svg *s, const char *color, const char *text);
/* The path of N points; DASHED or not. */
void gt_svg_line(struct gt_svg *s, const char *color, bool dashed, const double *x, const double *y,
		 uint32_t n);
/* The area between LOW and HIGH. */
void gt_svg_area(struct gt_svg *s, const char *color, const double *x, const double *low,
		 const double *high, uint32_t n);
void gt_svg_end(struct gt_svg *s);
/* TEXT with what XML reserves escaped; anything but printable ASCII becomes '?'. */
void gt_svg_text(struct gt_buf *out, const char *text);

#endif
