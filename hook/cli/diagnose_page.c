/*
 * What a person sees of a diagnosis: a page of 80 columns, with sparklines where the terminal's
 * locale has them. Reads the environment; else only fills the output.
 */
#include <inttypes.h>
#include <stdio.h>

#include "diagnose.h"

#define SPARK	   24
#define WORD_WIDTH 21

static bool is_utf8(void)
{
	static const char *const var[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (unsigned i = 0; i < GT_ARRAY_LEN(var); i++) {
		const char *v = getenv(var[i]);

		if (v && *v)
			return strcasestr(v, "utf-8") || strcasestr(v, "utf8");
	}
	return false;
}

static enum gt_style style_of(enum gt_diag_level level)
{
	switch (level) {
	case GT_VL_FAULT:
		return GT_STYLE_BAD;
	case GT_VL_WARN:
	case GT_VL_UNTOLD:
		return GT_STYLE_WARN;
	case GT_VL_NOTE:
	case GT_VL_COUNT:
		break;
	}
	return GT_STYLE_GOOD;
}

/* N values, brought to SPARK columns by their highest, as a bar a column. */
static void spark(struct gt_cli_out *out, const char *label, const double *v, uint32_t n,
		  const char *unit)
{
	static const char *const fine[] = {"\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83",
					   "\xe2\x96\x84", "\xe2\x96\x85", "\xe2\x96\x86",
					   "\xe2\x96\x87", "\xe2\x96\x88"};
	static const char *const plain[] = {"_", ".", "-", "=", "+", "*", "%", "#"};
	const char *const *bar = is_utf8() ? fine : plain;
	double top = 0;

	for (uint32_t i = 0; i < n; i++)
		top = v[i] > top ? v[i] : top;
	gt_buf_fmt(&out->buf, "  %-10s", label);
	for (uint32_t c = 0; c < SPARK && c < n; c++) {
		uint32_t from = n < SPARK ? c : c * n / SPARK,
			 to = n < SPARK ? c + 1 : (c + 1) * n / SPARK;
		double high = 0;

		for (uint32_t i = from; i < to; i++)
			high = v[i] > high ? v[i] : high;
		gt_buf_str(&out->buf, bar[top > 0 ? (unsigned)(high / top * 7.49) : 0]);
	}
	gt_buf_fmt(&out->buf, "  max %.*f %s\n", top < 10 ? 2 : 0, top, unit);
}

static void sparks(struct gt_cli_out *out, const struct gt_diagnosed_process *p)
{
	double live[GT_POINTS_MAX], goal[GT_POINTS_MAX], pause[GT_POINTS_MAX], cpu[GT_POINTS_MAX];
	double queue[GT_POINTS_MAX];

	for (uint32_t i = 0; i < p->n_gc; i++) {
		const struct gt_gc_point *g = &p->gc[i];

		live[i] = g->live;
		goal[i] = g->goal;
		pause[i] = g->pause_max_ms;
		cpu[i] = g->have_ms > 0 ? (g->cpu_ms[GT_GC_STW1] + g->cpu_ms[GT_GC_ASSIST] +
					   g->cpu_ms[GT_GC_BACKGROUND] + g->cpu_ms[GT_GC_STW2]) /
						  g->have_ms * 100
					: 0;
	}
	if (p->n_gc > 1) {
		spark(out, "live", live, p->n_gc, "MB");
		spark(out, "goal", goal, p->n_gc, "MB");
		spark(out, "pause", pause, p->n_gc, "ms");
		spark(out, "GC CPU", cpu, p->n_gc, "%");
	}
	for (uint32_t i = 0; i < p->n_sched; i++)
		queue[i] = p->sched[i].runnable;
	if (p->n_sched > 1)
		spark(out, "runnable", queue, p->n_sched, "goroutines");
}

/* The catalogue says NAME where the container's or the log's name belongs. */
static void field(struct gt_cli_out *out, const struct gt_diagnosis *r, const char *label,
		  const char *text)
{
	const char *name = *r->known.name ? r->known.name : "the log";
	struct gt_buf line = {0};

	if (strcmp(text, "-") == 0 || *text == '\0')
		return;
	gt_buf_str(&line, label);
	for (const char *at; (at = strstr(text, "NAME")) != NULL; text = at + 4) {
		gt_buf_add(&line, text, (size_t)(at - text));
		gt_buf_str(&line, name);
	}
	gt_buf_str(&line, text);
	if (line.p)
		gt_cli_para(out, 4, GT_STYLE_PLAIN, line.p);
	gt_buf_done(&line);
}

/* "lines 9, 990", or nothing. */
static void lines_of(const struct gt_diag_verdict *v, char *buf, size_t cap)
{
	*buf = '\0';
	for (uint32_t i = 0; i < v->n_line; i++) {
		(void)gt_append(buf, cap, i == 0 ? " (line " : ", "); /* cut: for reading */
		(void)gt_append_u64(buf, cap, v->line[i]);
	}
	if (v->n_line)
		(void)gt_append(buf, cap, ")");
}

static void verdict(struct gt_cli_out *out, const struct gt_diagnosis *r,
		    const struct gt_diag_verdict *v)
{
	const struct gt_diag_text *t = &gt_diag_texts[v->id];
	char since[48] = "", lines[120], text[600];

	if (v->has_time)
		(void)snprintf(since, sizeof(since), "%.2f-%.2f s", v->since_s, v->until_s);
	else if (v->id == GT_V_NOT_ENOUGH || v->id == GT_V_CANNOT_BE_TOLD)
		gt_copy_cut(since, gt_words_get(&gt_diag_area_words, v->area));
	gt_cli_styled(out, style_of(t->level), t->word, strlen(t->word));
	gt_buf_fmt(&out->buf, "%*s%s", (int)(WORD_WIDTH - strlen(t->word)), "", since);
	if (r->n_process > 1 && v->process >= 0)
		gt_buf_fmt(&out->buf, "%sprocess %d", *since ? "  " : "", v->process + 1);
	while (out->buf.len > 0 && out->buf.p && out->buf.p[out->buf.len - 1] == ' ')
		out->buf.p[--out->buf.len] = '\0';
	gt_buf_str(&out->buf, "\n");
	lines_of(v, lines, sizeof(lines));
	(void)snprintf(text, sizeof(text), "%s%s", v->evidence, lines); /* cut: for reading */
	gt_cli_para(out, 4, GT_STYLE_PLAIN, text);
	if (t->level == GT_VL_NOTE)
		return;
	field(out, r, "", t->meaning);
	field(out, r, "Do: ", t->advice);
	field(out, r, "Cost: ", t->cost);
	field(out, r, "Against it: ", t->against);
	field(out, r, "Surer: ", t->surer);
}

static void head(struct gt_cli_out *out, const struct gt_diagnosis *r)
{
	const struct gt_diagnose_known *k = &r->known;
	struct gt_buf b = {0};

	gt_buf_fmt(&b, "%s: %" PRIu64 " lines (%s), %" PRIu64 " of the runtime",
		   *k->name ? k->name : "log", r->lines, gt_words_get(&gt_log_form_words, r->form),
		   r->ours);
	if (*k->go)
		gt_buf_fmt(&b, "; %s", k->go);
	if (k->has_gogc && k->gogc_off)
		gt_buf_str(&b, ", GOGC off");
	else if (k->has_gogc)
		gt_buf_fmt(&b, ", GOGC %" PRId64, k->gogc);
	if (k->gomemlimit)
		gt_buf_fmt(&b, ", GOMEMLIMIT %" PRIu64 " MiB", k->gomemlimit >> 20);
	if (k->memory_max)
		gt_buf_fmt(&b, ", memory limit %" PRIu64 " MiB", k->memory_max >> 20);
	if (k->quota_us && k->period_us)
		gt_buf_fmt(&b, ", quota %.2f CPUs", (double)k->quota_us / (double)k->period_us);
	gt_cli_para(out, 0, GT_STYLE_BOLD, b.p ? b.p : "");
	gt_buf_done(&b);
}

static void process(struct gt_cli_out *out, const struct gt_diagnosis *r, uint32_t i)
{
	const struct gt_diagnosed_process *p = &r->process[i];
	struct gt_buf b = {0};

	if (r->n_process > 1)
		gt_buf_fmt(&b, "process %u: ", i + 1);
	gt_buf_fmt(&b, "%.1f s, %u Ps", p->to_s - p->from_s, p->procs);
	if (p->cycles)
		gt_buf_fmt(&b,
			   ", gc %" PRIu64 "-%" PRIu64
			   "; stops p50 %.2f, p99 %.2f, max %.2f ms before, p50 %.2f, "
			   "p99 %.2f, max %.2f ms after marking",
			   p->first_gc, p->last_gc, p->pause_ms[0][0], p->pause_ms[0][1],
			   p->pause_ms[0][2], p->pause_ms[1][0], p->pause_ms[1][1],
			   p->pause_ms[1][2]);
	if (p->cycles && p->gc_share >= 0)
		gt_buf_fmt(&b, "; the collector takes %.1f %% of the CPU time", p->gc_share);
	if (p->cycles && p->room >= 0)
		gt_buf_fmt(&b, ", effective GOGC %.0f", p->room);
	if (p->sched_lines)
		gt_buf_fmt(&b, "; %" PRIu64 " SCHED lines each %.0f ms", p->sched_lines,
			   p->interval_ms);
	gt_cli_para(out, 0, GT_STYLE_DIM, b.p ? b.p : "");
	gt_buf_done(&b);
	sparks(out, p);
}

static void http2(struct gt_cli_out *out, const struct gt_diagnosed_h2 *h)
{
	struct gt_buf b = {0};

	if (h->lines == 0)
		return;
	gt_buf_fmt(&b,
		   "http2: %" PRIu64 " client connections opened, %" PRIu64 " closed; %" PRIu64
		   " requests, %" PRIu64 " answers; %" PRIu64 " connections served",
		   h->opened, h->closed, h->requests, h->responses, h->server_conns);
	gt_cli_para(out, 0, GT_STYLE_DIM, b.p ? b.p : "");
	gt_buf_done(&b);
	if (h->header_values + h->bodies == 0)
		return;
	gt_buf_fmt(&b,
		   "redacted: %" PRIu64 " header values and %" PRIu64
		   " bodies are in this log in clear text; none of them is shown or kept",
		   h->header_values, h->bodies);
	gt_cli_para(out, 0, GT_STYLE_WARN, b.p ? b.p : "");
	gt_buf_done(&b);
}

void gt_diagnose_page(struct gt_cli_out *out, const struct gt_diagnosis *r)
{
	head(out, r);
	for (uint32_t i = 0; i < r->n_process; i++)
		process(out, r, i);
	http2(out, &r->h2);
	if (r->backward)
		gt_buf_str(&out->buf,
			   "the newest line of this log comes first; it was read from its end\n");
	if (r->restarts)
		gt_buf_fmt(&out->buf, "the program was started %" PRIu64 " times in this log\n",
			   r->restarts + 1);
	if (r->cut)
		gt_buf_fmt(&out->buf,
			   "%" PRIu64 " lines were longer than 64 KiB: their rest was skipped\n",
			   r->cut);
	gt_buf_str(&out->buf, "\n");
	for (int level = GT_VL_FAULT; level >= GT_VL_NOTE; level--)
		for (uint32_t i = 0; i < r->n_verdict; i++)
			if ((int)gt_diag_texts[r->verdict[i].id].level == level)
				verdict(out, r, &r->verdict[i]);
}

static bool has(const struct gt_diagnosis *r, const struct gt_diag_verdict *v)
{
	for (uint32_t i = 0; r && i < r->n_verdict; i++)
		if (r->verdict[i].id == v->id && r->verdict[i].process == v->process)
			return true;
	return false;
}

static void change(struct gt_cli_out *out, const struct gt_diagnosis *r,
		   const struct gt_diag_verdict *v, bool gone)
{
	const char *word = gt_diag_texts[v->id].word;
	struct gt_buf b = {0};

	gt_buf_fmt(&b, "line %" PRIu64 ": %s%s: %s", r->lines, gone ? "no longer " : "", word,
		   v->evidence);
	gt_cli_para(out, 0, gone ? GT_STYLE_DIM : style_of(gt_diag_texts[v->id].level),
		    b.p ? b.p : "");
	gt_buf_done(&b);
}

void gt_diagnose_changes(struct gt_cli_out *out, const struct gt_diagnosis *r,
			 const struct gt_diagnosis *before)
{
	for (uint32_t i = 0; before && i < before->n_verdict; i++)
		if (!has(r, &before->verdict[i]))
			change(out, r, &before->verdict[i], true);
	for (uint32_t i = 0; i < r->n_verdict; i++)
		if (!has(before, &r->verdict[i]))
			change(out, r, &r->verdict[i], false);
}
