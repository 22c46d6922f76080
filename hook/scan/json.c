/*
 * Writes a scan as JSON; config/scan.schema.json describes it. Pure but for the writer's heap.
 */
#include "internal.h"

static void write_number(struct gt_jw *w, const char *key, const struct gt_scan_number *n)
{
	gt_jw_key(w, key);
	if (!n->known)
		gt_jw_null(w);
	else if (n->v == UINT64_MAX)
		gt_jw_str(w, "unlimited");
	else
		gt_jw_u64(w, n->v);
}

/* A count of processes. null: none was looked at. */
static void write_count(const struct gt_scan *s, struct gt_jw *w, const char *key, uint64_t v)
{
	const struct gt_scan_number n = {!s->bundles_only, v};

	write_number(w, key, &n);
}

static void write_unit(const struct gt_scan *s, const struct gt_scan_unit *u, struct gt_jw *w)
{
	gt_jw_key(w, "unit");
	gt_jw_open(w, '{');
	gt_jw_member(w, "kind", u->name.kind == GT_UNIT_SERVICE ? "service" : "container");
	gt_jw_member(w, "engine", gt_words_get(&gt_engine_words, u->name.engine));
	gt_jw_member(w, "id", u->name.id);
	gt_jw_member(w, "cgroup", u->cgroup);
	gt_jw_member(w, "image", u->image);
	gt_jw_member(w, "name", u->container_name);
	write_count(s, w, "processes", u->processes);
	gt_jw_close(w, '}');
}

static void write_usage(const struct gt_scan_usage *g, struct gt_jw *w)
{
	gt_jw_key(w, "usage");
	gt_jw_open(w, '{');
	write_number(w, "periods", &g->periods);
	write_number(w, "throttled", &g->throttled);
	write_number(w, "throttled_us", &g->throttled_us);
	write_number(w, "memory_bytes", &g->memory);
	write_number(w, "memory_peak_bytes", &g->memory_peak);
	write_number(w, "memory_max_bytes", &g->memory_max);
	write_number(w, "oom_kills", &g->oom_kills);
	write_number(w, "listen_overflows", &g->listen_overflows);
	gt_jw_close(w, '}');
}

static void write_env(const struct gt_scan_program *p, struct gt_jw *w)
{
	gt_jw_key(w, "environment");
	if (!p->env_known) {
		gt_jw_null(w);
		return;
	}
	gt_jw_open(w, '{');
	for (unsigned v = 0; v < GT_VAR_COUNT; v++)
		gt_jw_member(w, gt_var_name[v], p->env[v]);
	gt_jw_close(w, '}');
}

static void write_known(struct gt_jw *w, const char *key, enum gt_scan_from from, uint64_t v,
			const char *why)
{
	const struct gt_scan_number n = {from != GT_SCAN_NOT_READABLE, v};

	gt_jw_key(w, key);
	gt_jw_open(w, '{');
	write_number(w, "value", &n);
	gt_jw_member(w, "from", gt_words_get(&gt_scan_from_words, from));
	gt_jw_member(w, "why", why);
	gt_jw_close(w, '}');
}

static void write_settings(const struct gt_scan_program *p, struct gt_jw *w)
{
	gt_jw_key(w, "settings");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < p->n_setting; i++) {
		const struct gt_scan_setting *s = &p->setting[i];

		gt_jw_open(w, '{');
		gt_jw_member(w, "name", s->name);
		gt_jw_member(w, "verdict", gt_words_get(&gt_verdict_words, s->verdict));
		gt_jw_member(w, "value", s->value);
		gt_jw_member(w, "reason", gt_words_get(&gt_reason_words, s->reason));
		gt_jw_member(w, "why", s->why);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
}

static void write_now(const struct gt_scan_program *p, struct gt_jw *w)
{
	const struct gt_scan_number cpus = {p->cpus > 0, p->cpus}, fit = {p->ps_fit > 0, p->ps_fit};
	const struct gt_scan_number quota = {p->period_us > 0, p->quota_us},
				    period = {p->period_us > 0, p->period_us};

	write_env(p, w);
	write_known(w, "ps", p->ps_from, p->ps, p->ps_why);
	write_number(w, "ps_fit", &fit);
	write_known(w, "gomemlimit", p->limit_from, p->gomemlimit, p->limit_why);
	write_number(w, "nofile_soft", &p->nofile_soft);
	write_number(w, "threads", &p->threads);
	write_number(w, "cpus", &cpus);
	write_number(w, "quota_us", &quota);
	write_number(w, "period_us", &period);
}

static void write_deleted(const struct gt_scan *s, const struct gt_scan_program *p, struct gt_jw *w)
{
	if (!s->bundles_only) {
		gt_jw_member_bool(w, "deleted", p->deleted);
		return;
	}
	gt_jw_key(w, "deleted");
	gt_jw_null(w);
}

static void write_program(const struct gt_scan *s, const struct gt_scan_program *p, struct gt_jw *w)
{
	const struct gt_scan_unit *u = &s->unit[p->unit];

	gt_jw_open(w, '{');
	gt_jw_key(w, "harms");
	gt_jw_open(w, '[');
	for (unsigned i = 0; i < GT_HARM_COUNT; i++) {
		if (p->harms >> i & 1)
			gt_jw_str(w, gt_words_get(&gt_harm_words, i));
	}
	gt_jw_close(w, ']');
	write_unit(s, u, w);
	write_count(s, w, "pid", (uint64_t)p->pid);
	write_count(s, w, "processes", p->processes);
	gt_jw_member(w, "path", p->path);
	write_deleted(s, p, w);
	gt_jw_member_bool(w, "predicted", p->predicted);
	gt_jw_member_opt(w, "go", p->go);
	gt_jw_member_opt(w, "main", p->main_path);
	write_now(p, w);
	write_usage(&u->usage, w);
	gt_jw_member(w, "mode", gt_words_get(&gt_mode_words, p->mode));
	gt_jw_member_bool(w, "selected", p->selected);
	gt_jw_member_opt(w, "profile", p->profile);
	gt_jw_member_opt(w, "rule", p->rule);
	write_settings(p, w);
	gt_jw_member(w, "message", p->message);
	gt_jw_close(w, '}');
}

void gt_scan_json(const struct gt_scan *s, bool indent, struct gt_buf *out)
{
	_cleanup_(gt_buf_done) struct gt_buf summary = {0};
	struct gt_jw w;

	gt_scan_summary(s, &summary);
	gt_jw_init(&w, out, indent);
	gt_jw_open(&w, '{');
	gt_jw_member(&w, "schema", GT_SCAN_SCHEMA);
	gt_jw_member(&w, "summary", summary.p);
	gt_jw_member_bool(&w, "bundle_only", s->bundles_only);
	gt_jw_member_u64(&w, "containers", s->containers);
	write_count(s, &w, "services", s->services);
	gt_jw_member_u64(&w, "go_containers", s->go_containers);
	write_count(s, &w, "go_services", s->go_services);
	gt_jw_member_u64(&w, "unknown", s->unknown);
	write_count(s, &w, "processes", s->processes);
	write_count(s, &w, "unreadable", s->unreadable);
	gt_jw_member_u64(&w, "stuck", s->stuck);
	gt_jw_member_u64(&w, "broken", s->broken);
	gt_jw_member_u64(&w, "left_out", s->left_out);
	gt_jw_key(&w, "programs");
	gt_jw_open(&w, '[');
	for (uint32_t i = 0; i < s->n_program; i++)
		write_program(s, &s->program[i], &w);
	gt_jw_close(&w, ']');
	gt_jw_close(&w, '}');
}
