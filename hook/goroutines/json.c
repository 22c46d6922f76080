/*
 * A snapshot and what is known of the time before it, as JSON. Pure but for the buffer's heap.
 */
#include "internal.h"

/* The states of site X: {"chan receive": 3}. Kinds of one site and one state are one. */
static void write_states(struct gt_jw *w, const struct gt_gor_snapshot *s,
			 const struct gt_gor_site *x)
{
	gt_jw_key(w, "states");
	gt_jw_open(w, '{');
	for (uint32_t i = 0; i < s->n_kind; i++) {
		const struct gt_gor_kind *k = &s->kind[i];

		if (k->n > 0 && k->gopc == x->gopc && k->startpc == x->startpc)
			gt_jw_member_u64(w, s->text[k->state] ? s->text + k->state : "more", k->n);
	}
	gt_jw_close(w, '}');
}

static void write_stacks(struct gt_jw *w, const struct gt_gor_snapshot *s,
			 const struct gt_gor_site *x)
{
	gt_jw_key(w, "stacks");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < s->n_stack; i++) {
		const struct gt_gor_stack *t = &s->stack[i];
		const struct gt_gor_kind *k = &s->kind[t->kind];

		if (k->gopc != x->gopc || k->startpc != x->startpc)
			continue;
		gt_jw_open(w, '{');
		gt_jw_member(w, "state", s->text + k->state);
		gt_jw_member(w, "frames", s->text + t->frames);
		gt_jw_member_opt(w, "at", s->text + t->at);
		gt_jw_member_u64(w, "count", gt_gor_stack_weight(s, i));
		gt_jw_member_u64(w, "read", t->n);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
}

static void write_ages(struct gt_jw *w, const uint32_t age[GT_GOR_AGES])
{
	gt_jw_key(w, "ages");
	gt_jw_open(w, '{');
	for (unsigned i = 0; i < GT_GOR_AGES; i++)
		gt_jw_member_u64(w, gt_gor_age_words[i], age[i]);
	gt_jw_close(w, '}');
}

static void write_site(struct gt_jw *w, const struct gt_gor_snapshot *s,
		       const struct gt_gor_history *h, const struct gt_gor_site *x, bool leaks)
{
	gt_jw_open(w, '{');
	gt_jw_member_opt(w, "created_by", x->by);
	gt_jw_member_opt(w, "place", x->place);
	gt_jw_member_opt(w, "starts", x->starts);
	gt_jw_member_u64(w, "count", x->n);
	if (h->n_snapshot > 1) {
		gt_jw_member_u64(w, "before", x->before);
		gt_jw_member_u64(w, "first", x->first);
		gt_jw_member_u64(w, "stayed", x->stayed);
	}
	gt_jw_key(w, "leak");
	gt_jw_bool(w, leaks);
	gt_jw_member_u64(w, "oldest_ms", (uint64_t)x->oldest_ns / 1000000);
	write_ages(w, x->age);
	write_states(w, s, x);
	write_stacks(w, s, x);
	gt_jw_close(w, '}');
}

static void write_sites(struct gt_jw *w, const struct gt_gor_snapshot *s,
			const struct gt_gor_history *h)
{
	uint32_t leak[64], n = gt_gor_leaks(h, leak, GT_ARRAY_LEN(leak)), next = 0;

	gt_jw_key(w, "sites");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < h->n_site; i++) {
		bool leaks = next < n && leak[next] == i;

		next += leaks;
		if (h->site[i].n > 0 || h->site[i].before > 0)
			write_site(w, s, h, &h->site[i], leaks);
	}
	gt_jw_close(w, ']');
}

static void write_heat(struct gt_jw *w, const struct gt_gor_history *h)
{
	gt_jw_key(w, "heat");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < h->n_column; i++) {
		gt_jw_open(w, '{');
		gt_jw_member_u64(w, "at_ms",
				 (uint64_t)(h->column[i].at_ns - h->began_ns) / 1000000);
		gt_jw_member_u64(w, "count", h->column[i].n);
		write_ages(w, h->column[i].age);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
}

void gt_gor_write_json(const struct gt_gor_target *t, const struct gt_gor_snapshot *s,
		       const struct gt_gor_history *h, struct gt_buf *out)
{
	struct gt_jw w;

	gt_jw_init(&w, out, false);
	gt_jw_open(&w, '{');
	gt_jw_member(&w, "schema", "gotune.goroutines/1");
	gt_jw_member_u64(&w, "pid", (uint64_t)t->pid);
	gt_jw_member(&w, "go", s->go);
	gt_jw_member_u64(&w, "snapshot", h->n_snapshot);
	gt_jw_member_u64(&w, "elapsed_ms", (uint64_t)(h->now_ns - h->began_ns) / 1000000);
	gt_jw_member_u64(&w, "took_us", s->took_us);
	gt_jw_member_u64(&w, "goroutines", s->n_gor);
	gt_jw_member_u64(&w, "changed_while_read", s->changed);
	gt_jw_member_u64(&w, "kept_for_reuse", s->in_allgs - s->n_gor - s->changed);
	write_sites(&w, s, h);
	write_heat(&w, h);
	gt_jw_close(&w, '}');
}
