/*
 * A trace as JSON. Pure but for the buffer's heap.
 */
#include "internal.h"

/* [{"below_us": 2, "count": 7}, ...]: those that are not empty; the last has no end. */
static void write_lives(struct gt_jw *w, const struct gt_gor_traced *s)
{
	gt_jw_key(w, "life_times");
	gt_jw_open(w, '[');
	for (unsigned i = 0; i < GT_GOR_LIFE_BUCKETS; i++) {
		if (s->life[i] == 0)
			continue;
		gt_jw_open(w, '{');
		gt_jw_key(w, "below_us");
		if (i < GT_GOR_LIFE_BUCKETS - 1)
			gt_jw_u64(w, 1ull << i);
		else
			gt_jw_null(w);
		gt_jw_member_u64(w, "count", s->life[i]);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
}

static void write_site(struct gt_jw *w, const char *text, const struct gt_gor_traced *s)
{
	gt_jw_open(w, '{');
	gt_jw_member_opt(w, "created_by", text + s->by);
	gt_jw_member_opt(w, "place", text + s->place);
	gt_jw_member_opt(w, "starts", text + s->starts);
	gt_jw_member_u64(w, "born", s->born);
	gt_jw_member_u64(w, "ended", s->ended);
	gt_jw_member_u64(w, "alive", s->born > s->ended ? s->born - s->ended : 0);
	gt_jw_member_u64(w, "ended_older", s->ended_old);
	gt_jw_key(w, "mean_us");
	if (s->ended > 0)
		gt_jw_u64(w, s->total_us / s->ended);
	else
		gt_jw_null(w);
	write_lives(w, s);
	gt_jw_close(w, '}');
}

void gt_gor_write_trace_json(const struct gt_gor_target *t, const struct gt_gor_trace *r,
			     struct gt_buf *out)
{
	uint64_t born = 0, ended = 0, older = 0;
	struct gt_jw w;

	for (uint32_t i = 0; i < r->n_site; i++) {
		born += r->site[i].born;
		ended += r->site[i].ended;
		older += r->site[i].ended_old;
	}
	gt_jw_init(&w, out, false);
	gt_jw_open(&w, '{');
	gt_jw_member(&w, "schema", "gotune.goroutines-trace/1");
	gt_jw_member_u64(&w, "pid", (uint64_t)t->pid);
	gt_jw_member(&w, "go", r->go);
	gt_jw_member_u64(&w, "traced_ms", r->ran_ns / 1000000);
	gt_jw_member_bool(&w, "program_ended", r->gone);
	gt_jw_member_u64(&w, "born", born);
	gt_jw_member_u64(&w, "ended", ended);
	gt_jw_member_u64(&w, "ended_older", older);
	gt_jw_member_u64(&w, "cost_ns", r->cost_ns);
	gt_jw_member_u64(&w, "not_followed", r->not_followed);
	gt_jw_member_u64(&w, "of_more_sites", r->no_site);
	gt_jw_member_u64(&w, "not_read", r->not_read);
	gt_jw_key(&w, "sites");
	gt_jw_open(&w, '[');
	for (uint32_t i = 0; i < r->n_site; i++)
		write_site(&w, r->text, &r->site[i]);
	gt_jw_close(&w, ']');
	gt_jw_close(&w, '}');
}
