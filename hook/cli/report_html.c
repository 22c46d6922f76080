/*
 * gotune report as one HTML page: no script, nothing that is loaded from elsewhere. Only fills the
 * output.
 */
#include <stdio.h>

#include "lessons.h"
#include "report.h"

#define WIDTH  640
#define LEFT   150 /* where 0 is */
#define RIGHT  20
#define HEIGHT 74

static const char style[] =
	"body{font:15px/1.5 system-ui,sans-serif;max-width:52em;margin:2em auto;padding:0 1em;"
	"color:#222;background:#fff}h2{margin-top:2em;overflow-wrap:anywhere}"
	"svg{display:block;width:100%;height:auto}figure{margin:1em 0}"
	"figcaption{font-weight:600}text{font-size:12px;fill:#444}.a{stroke:#0a6ebd;fill:#0a6ebd}"
	".b{stroke:#b3541e;fill:#b3541e}.axis{stroke:#ccc}small{color:#666}"
	".back{border-left:4px solid #b3541e;padding-left:.8em;overflow-wrap:anywhere}";

/* S as text between tags, made plain. */
static void add_text(struct gt_buf *out, const char *s)
{
	static const struct {
		char c;
		const char *as;
	} escape[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
	struct gt_buf plain = {0};

	gt_utf8_add_plain(&plain, s, strlen(s));
	for (size_t i = 0; i < plain.len; i++) {
		const char *as = NULL;

		for (unsigned k = 0; k < GT_ARRAY_LEN(escape); k++)
			as = plain.p[i] == escape[k].c ? escape[k].as : as;
		if (as)
			gt_buf_str(out, as);
		else
			gt_buf_add(out, plain.p + i, 1);
	}
	if (plain.error)
		out->error = plain.error;
	gt_buf_done(&plain);
}

static double x_of(double v, double top)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * (top > 0 ? v / top : 0);
}

/* An arm: its interval as a line, its median as a dot. */
static void add_arm(const struct gt_report *r, const struct gt_measured *m, unsigned arm,
		    double top, double scale, const char *unit, struct gt_buf *out)
{
	const struct gt_median *d = &m->arm[arm];
	unsigned y = 18 + 22 * arm;

	gt_buf_fmt(out, "<text x=\"0\" y=\"%u\">", y + 4);
	add_text(out, r->arm[arm]);
	gt_buf_fmt(out, ", n = %u</text>", d->n);
	if (!d->known) {
		gt_buf_fmt(out, "<text x=\"%u\" y=\"%u\">not enough data</text>", LEFT + 4, y + 4);
		return;
	}
	gt_buf_fmt(out,
		   "<g class=\"%c\"><line x1=\"%.1f\" x2=\"%.1f\" y1=\"%u\" y2=\"%u\" "
		   "stroke-width=\"3\"/><circle cx=\"%.1f\" cy=\"%u\" r=\"5\"><title>%.4g%s "
		   "(%.4g to %.4g)</title></circle></g>",
		   arm == 0 ? 'a' : 'b', x_of(d->low, top), x_of(d->high, top), y, y,
		   x_of(d->median, top), y, d->median * scale, unit, d->low * scale,
		   d->high * scale);
}

static void add_plot(const struct gt_report *r, const struct gt_measured *m,
		     const struct gt_measure *what, struct gt_buf *out)
{
	double top = m->arm[0].high > m->arm[1].high ? m->arm[0].high : m->arm[1].high;

	gt_buf_fmt(
		out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">"
		"<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"56\" y2=\"56\"/>"
		"<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"4\" y2=\"56\"/>",
		WIDTH, HEIGHT, what->title, LEFT, WIDTH - RIGHT, LEFT, LEFT);
	for (unsigned arm = 0; arm < 2; arm++)
		add_arm(r, m, arm, top, what->scale, what->unit, out);
	gt_buf_fmt(out,
		   "<text x=\"%d\" y=\"71\">0</text><text x=\"%d\" y=\"71\" "
		   "text-anchor=\"end\">%.3g%s</text></svg>",
		   LEFT, WIDTH - RIGHT, top * what->scale, what->unit);
}

static void add_measure(const struct gt_report *r, const struct gt_measured *m,
			const struct gt_measure *what, struct gt_buf *out)
{
	if (m->arm[0].n == 0 && m->arm[1].n == 0)
		return;
	gt_buf_fmt(out, "<figure><figcaption>%s: %s", what->title,
		   gt_words_get(&gt_contrast_words, m->contrast));
	if (m->contrast != GT_CONTRAST_UNKNOWN)
		gt_buf_fmt(out, " <small>(p = %.2g)</small>", m->p);
	gt_buf_str(out, "</figcaption>");
	add_plot(r, m, what, out);
	gt_buf_str(out, "</figure>\n");
}

static void add_rolled_back(const struct gt_pages *lessons, struct gt_buf *out)
{
	for (uint32_t i = 0; i < GT_LESSONS_RULES; i++) {
		const struct gt_lesson *l = gt_cli_rolled_back_at(lessons, i);
		char text[320];

		if (!l)
			continue;
		gt_cli_rolled_back_text(l, text, sizeof(text));
		gt_buf_str(out, "<p class=\"back\">");
		add_text(out, text);
		gt_buf_str(out, "</p>\n");
	}
}

void gt_report_html(const struct gt_report *r, struct gt_buf *out)
{
	gt_buf_fmt(
		out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
		"<meta name=\"viewport\" content=\"width=device-width\"/>"
		"<title>gotune report</title><style>%s</style></head><body>\n"
		"<h1>gotune report</h1>\n<p>%llu containers that have ended; %llu damaged lines "
		"were skipped. A dot is a median, a bar where it is with a confidence of 95&#160;%%. "
		"Arms differ when chance makes such a difference in less than one of a hundred "
		"(test of Mann and Whitney).</p>\n",
		style, (unsigned long long)r->n_life, (unsigned long long)r->n_damaged);
	add_rolled_back(&r->lessons, out);
	for (uint32_t i = 0; i < r->n_group; i++) {
		const struct gt_report_group *g = &r->group[i];

		gt_buf_str(out, "<h2>");
		add_text(out, g->image[0] ? g->image : "(no image is known)");
		gt_buf_str(out, "</h2>\n");
		for (unsigned k = 0; k < GT_MEASURES; k++)
			add_measure(r, &g->measured[k], &gt_measures[k], out);
	}
	gt_buf_str(out, "</body></html>\n");
}
