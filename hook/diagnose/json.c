/* The report as JSON: config/diagnosis.schema.json. Pure. */
#include "gotune/diagnose.h"

static void put_known(struct gt_jw *w, double v, const char *key)
{
	gt_jw_key(w, key);
	if (v < 0)
		gt_jw_null(w);
	else
		gt_jw_decimal(w, v);
}

static const char *said(const char *text)
{
	return strcmp(text, "-") == 0 ? "" : text;
}

static void put_verdict(struct gt_jw *w, const struct gt_diag_verdict *v)
{
	const struct gt_diag_text *t = &gt_diag_texts[v->id];

	gt_jw_open(w, '{');
	gt_jw_member(w, "verdict", t->word);
	gt_jw_member(w, "level", gt_words_get(&gt_diag_level_words, t->level));
	gt_jw_member(w, "area", gt_words_get(&gt_diag_area_words, v->area));
	gt_jw_key(w, "process");
	if (v->process < 0)
		gt_jw_null(w);
	else
		gt_jw_i64(w, v->process);
	gt_jw_key(w, "since_s");
	if (v->has_time)
		gt_jw_decimal(w, v->since_s);
	else
		gt_jw_null(w);
	gt_jw_key(w, "until_s");
	if (v->has_time)
		gt_jw_decimal(w, v->until_s);
	else
		gt_jw_null(w);
	gt_jw_member(w, "meaning", t->meaning);
	gt_jw_member(w, "evidence", v->evidence);
	gt_jw_key(w, "figures");
	gt_jw_open(w, '{');
	for (uint32_t i = 0; i < v->n_figure; i++)
		gt_jw_member_decimal(w, v->figure[i].key, v->figure[i].value);
	gt_jw_close(w, '}');
	gt_jw_key(w, "lines");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < v->n_line; i++)
		gt_jw_u64(w, v->line[i]);
	gt_jw_close(w, ']');
	gt_jw_member_opt(w, "against", said(t->against));
	gt_jw_member_opt(w, "surer", said(t->surer));
	gt_jw_member_opt(w, "advice", said(t->advice));
	gt_jw_member_opt(w, "cost", said(t->cost));
	gt_jw_close(w, '}');
}

static void put_pauses(struct gt_jw *w, const char *key, const double q[3])
{
	gt_jw_key(w, key);
	gt_jw_open(w, '{');
	gt_jw_member_decimal(w, "p50_ms", q[0]);
	gt_jw_member_decimal(w, "p99_ms", q[1]);
	gt_jw_member_decimal(w, "max_ms", q[2]);
	gt_jw_close(w, '}');
}

static void put_gc(struct gt_jw *w, const struct gt_diagnosed_process *p)
{
	static const char *const who[GT_GC_WHO] = {
		[GT_GC_STW1] = "stw1_ms",
		[GT_GC_ASSIST] = "assist_ms",
		[GT_GC_BACKGROUND] = "background_ms",
		[GT_GC_IDLE] = "idle_ms",
		[GT_GC_STW2] = "stw2_ms",
	};

	gt_jw_key(w, "collector");
	if (p->cycles == 0) {
		gt_jw_null(w);
		return;
	}
	gt_jw_open(w, '{');
	gt_jw_member_u64(w, "cycles", p->cycles);
	gt_jw_member_u64(w, "first", p->first_gc);
	gt_jw_member_u64(w, "last", p->last_gc);
	gt_jw_member_u64(w, "forced", p->forced);
	gt_jw_member_u64(w, "periodic", p->periodic);
	gt_jw_member_u64(w, "pacer_lines", p->pacer);
	put_pauses(w, "stw1", p->pause_ms[0]);
	put_pauses(w, "stw2", p->pause_ms[1]);
	gt_jw_member_decimal(w, "pause_total_ms", p->pause_total_ms);
	put_known(w, p->gc_share, "cpu_percent");
	put_known(w, p->room, "effective_gogc_percent");
	gt_jw_member_decimal(w, "goal_error_percent", p->goal_error);
	gt_jw_member_decimal(w, "live_first_mib", p->live_first);
	gt_jw_member_decimal(w, "live_last_mib", p->live_last);
	gt_jw_member_decimal(w, "live_max_mib", p->live_max);
	gt_jw_key(w, "cpu");
	gt_jw_open(w, '{');
	for (unsigned i = 0; i < GT_GC_WHO; i++)
		gt_jw_member_decimal(w, who[i], p->cpu_ms[i]);
	gt_jw_close(w, '}');
	gt_jw_close(w, '}');
}

static void put_sched(struct gt_jw *w, const struct gt_diagnosed_process *p)
{
	gt_jw_key(w, "scheduler");
	if (p->sched_lines == 0) {
		gt_jw_null(w);
		return;
	}
	gt_jw_open(w, '{');
	gt_jw_member_u64(w, "lines", p->sched_lines);
	gt_jw_member_decimal(w, "interval_ms", p->interval_ms);
	gt_jw_member_decimal(w, "interval_max_ms", p->interval_max_ms);
	gt_jw_key(w, "schedticks");
	gt_jw_bool(w, p->has_ticks);
	gt_jw_key(w, "detail");
	gt_jw_bool(w, p->has_detail);
	gt_jw_close(w, '}');
}

static void put_process(struct gt_jw *w, const struct gt_diagnosed_process *p)
{
	gt_jw_open(w, '{');
	gt_jw_member_opt(w, "stream", p->stream);
	gt_jw_key(w, "pid");
	if (p->pid)
		gt_jw_u64(w, p->pid);
	else
		gt_jw_null(w);
	gt_jw_member_u64(w, "first_line", p->first_line);
	gt_jw_member_u64(w, "last_line", p->last_line);
	gt_jw_member_decimal(w, "from_s", p->from_s);
	gt_jw_member_decimal(w, "to_s", p->to_s);
	gt_jw_member_u64(w, "gomaxprocs", p->procs);
	put_gc(w, p);
	put_sched(w, p);
	gt_jw_close(w, '}');
}

static void put_h2(struct gt_jw *w, const struct gt_diagnosed_h2 *h)
{
	gt_jw_key(w, "http2");
	if (h->lines == 0 && !h->has_dump) {
		gt_jw_null(w);
		return;
	}
	gt_jw_open(w, '{');
	gt_jw_member_u64(w, "lines", h->lines);
	gt_jw_member_u64(w, "opened", h->opened);
	gt_jw_member_u64(w, "closed", h->closed);
	gt_jw_member_u64(w, "server_connections", h->server_conns);
	gt_jw_member_u64(w, "requests", h->requests);
	gt_jw_member_u64(w, "responses", h->responses);
	gt_jw_member_u64(w, "goaways", h->goaways);
	gt_jw_key(w, "dump");
	if (h->has_dump) {
		gt_jw_open(w, '{');
		gt_jw_member_u64(w, "read_loops", h->read_loops);
		gt_jw_member_u64(w, "known", h->known_loops);
		gt_jw_member_u64(w, "waiting", h->waiting);
		gt_jw_member_u64(w, "server_loops", h->server_loops);
		gt_jw_member_u64(w, "oldest_min", h->oldest_min);
		gt_jw_member_opt(w, "holder", h->holder);
		gt_jw_close(w, '}');
	} else {
		gt_jw_null(w);
	}
	gt_jw_member_u64(w, "redacted_header_values", h->header_values);
	gt_jw_member_u64(w, "redacted_bodies", h->bodies);
	gt_jw_close(w, '}');
}

static void put_log(struct gt_jw *w, const struct gt_diagnosis *r)
{
	gt_jw_key(w, "log");
	gt_jw_open(w, '{');
	gt_jw_member_opt(w, "name", r->known.name);
	gt_jw_member(w, "form", gt_words_get(&gt_log_form_words, r->form));
	gt_jw_member_u64(w, "bytes", r->bytes);
	gt_jw_member_u64(w, "lines", r->lines);
	gt_jw_member_u64(w, "runtime_lines", r->ours);
	gt_jw_member_u64(w, "torn", r->torn);
	gt_jw_member_u64(w, "lost", r->lost);
	gt_jw_member_u64(w, "mixed", r->mixed);
	gt_jw_member_u64(w, "cut", r->cut);
	gt_jw_member_bool(w, "newest_first", r->backward);
	gt_jw_member_u64(w, "restarts", r->restarts);
	gt_jw_member_u64(w, "processes_left_out", r->left_out);
	gt_jw_member_opt(w, "from", r->from);
	gt_jw_member_opt(w, "to", r->to);
	gt_jw_close(w, '}');
}

static void put_settings(struct gt_jw *w, const struct gt_diagnose_known *k)
{
	gt_jw_key(w, "known");
	gt_jw_open(w, '{');
	gt_jw_member_opt(w, "source", k->source);
	gt_jw_member_opt(w, "go", k->go);
	gt_jw_key(w, "gogc");
	if (!k->has_gogc || k->gogc_off)
		gt_jw_str(w, k->has_gogc ? "off" : NULL);
	else
		gt_jw_i64(w, k->gogc);
	gt_jw_member_u64(w, "gomemlimit_bytes", k->gomemlimit);
	gt_jw_member_u64(w, "memory_max_bytes", k->memory_max);
	gt_jw_member_u64(w, "quota_us", k->quota_us);
	gt_jw_member_u64(w, "period_us", k->period_us);
	gt_jw_member_u64(w, "nr_periods", k->nr_periods);
	gt_jw_member_u64(w, "nr_throttled", k->nr_throttled);
	gt_jw_close(w, '}');
}

void gt_diagnosis_json(const struct gt_diagnosis *r, struct gt_buf *out)
{
	struct gt_jw w;

	gt_jw_init(&w, out, true);
	gt_jw_open(&w, '{');
	gt_jw_member(&w, "schema", GT_DIAGNOSIS_SCHEMA);
	gt_jw_member(&w, "level", gt_words_get(&gt_diag_level_words, gt_diagnosis_level(r)));
	put_log(&w, r);
	put_settings(&w, &r->known);
	gt_jw_key(&w, "verdicts");
	gt_jw_open(&w, '[');
	for (uint32_t i = 0; i < r->n_verdict; i++)
		put_verdict(&w, &r->verdict[i]);
	gt_jw_close(&w, ']');
	gt_jw_key(&w, "processes");
	gt_jw_open(&w, '[');
	for (uint32_t i = 0; i < r->n_process; i++)
		put_process(&w, &r->process[i]);
	gt_jw_close(&w, ']');
	put_h2(&w, &r->h2);
	gt_jw_close(&w, '}');
}
