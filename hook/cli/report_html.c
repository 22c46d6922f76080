/*
 * gotune report as one HTML page: no script, nothing that is loaded from elsewhere. Only fills the
 * output.
 */
#include <stdio.h>

#include "lessons.h"
#include "report.h"

#define WIDTH  640
#define SIDE   8 /* so that a dot at the end is whole */
#define AXIS_Y 38
#define HEIGHT 60

/* Plots scale with the window, so their words are larger where it is narrow. */
static const char style[] =
	":root{color-scheme:light dark;--fg:#222;--bg:#fff;--dim:#666;--a:#0a6ebd;--b:#b3541e;"
	"--axis:#ccc}"
	"@media(prefers-color-scheme:dark){:root{--fg:#e4e6e8;--bg:#16191d;--dim:#a0a6ad;"
	"--a:#5cb0f2;--b:#f0975f;--axis:#4a5058}}"
	"body{font:15px/1.5 system-ui,sans-serif;max-width:52em;margin:2em auto;padding:0 1em;"
	"color:var(--fg);background:var(--bg)}h2{margin-top:2em}h2,p{overflow-wrap:anywhere}"
	"svg{display:block;width:100%;height:auto}figure{margin:1.5em 0}"
	"figcaption{font-weight:600}figure p{margin:0}text{font-size:12px;fill:var(--dim)}"
	"@media(max-width:36em){text{font-size:20px}}"
	".a{stroke:var(--a);fill:var(--a)}.b{stroke:var(--b);fill:var(--b)}"
	"p.a::before,p.b::before{content:\"\\25cf\\20\"}p.a::before{color:var(--a)}"
	"p.b::before{color:var(--b)}.axis{stroke:var(--axis)}small{color:var(--dim)}"
	".back{border-left:4px solid var(--b);padding-left:.8em}";

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

/* An arm in words. */
static void add_words(const struct gt_report *r, const struct gt_measured *m, unsigned arm,
		      const struct gt_measure *what, struct gt_buf *out)
{
	const struct gt_median *d = &m->arm[arm];

	gt_buf_fmt(out, "<p class=\"%c\">", arm == 0 ? 'a' : 'b');
	add_text(out, r->arm[arm]);
	gt_buf_fmt(out, ", n = %u: ", d->n);
	if (d->known)
		gt_buf_fmt(out, "%.3g%s (%.3g to %.3g)</p>", d->median * what->scale, what->unit,
			   d->low * what->scale, d->high * what->scale);
	else
		gt_buf_str(out, "not enough data</p>");
}

static double x_of(double v, double top)
{
	return SIDE + (WIDTH - 2 * SIDE) * (top > 0 ? v / top : 0);
}

/* ... and drawn: its interval as a line, its median as a dot. */
static void add_arm(const struct gt_median *d, unsigned arm, double top, struct gt_buf *out)
{
	unsigned y = 10 + 16 * arm;

	if (!d->known)
		return;
	gt_buf_fmt(out,
		   "<g class=\"%c\"><line x1=\"%.1f\" x2=\"%.1f\" y1=\"%u\" y2=\"%u\" "
		   "stroke-width=\"3\"/><circle cx=\"%.1f\" cy=\"%u\" r=\"5\"/></g>",
		   arm == 0 ? 'a' : 'b', x_of(d->low, top), x_of(d->high, top), y, y,
		   x_of(d->median, top), y);
}

static void add_plot(const struct gt_measured *m, const struct gt_measure *what, struct gt_buf *out)
{
	double top = m->arm[0].high > m->arm[1].high ? m->arm[0].high : m->arm[1].high;

	gt_buf_fmt(
		out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">"
		"<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>"
		"<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"2\" y2=\"%d\"/>",
		WIDTH, HEIGHT, what->title, SIDE, WIDTH - SIDE, AXIS_Y, AXIS_Y, SIDE, SIDE, AXIS_Y);
	for (unsigned arm = 0; arm < 2; arm++)
		add_arm(&m->arm[arm], arm, top, out);
	gt_buf_fmt(out,
		   "<text x=\"0\" y=\"56\">0</text><text x=\"%d\" y=\"56\" "
		   "text-anchor=\"end\">%.3g%s</text></svg>",
		   WIDTH, top * what->scale, what->unit);
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
	for (unsigned arm = 0; arm < 2; arm++)
		add_words(r, m, arm, what, out);
	add_plot(m, what, out);
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
