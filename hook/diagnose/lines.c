/*
 * One line of a stream: the next items of a torn line, a line of the runtime, or another writer's.
 * Pure.
 */
#include "state.h"

#define SEARCHED 160 /* bytes in which a line of ours may begin behind another's prefix */

static void finish(struct gt_diagnose *d, uint32_t i, const struct gt_rt_line *l)
{
	struct gt_stream *s = &d->stream[i];

	d->ours++;
	d->torn += l->last != l->first;
	switch (l->type) {
	case GT_RT_GC:
		gt_process_gc(d, i, l);
		break;
	case GT_RT_SCHED:
		gt_process_sched(d, i, l);
		break;
	case GT_RT_PACER:
	case GT_RT_PACER_OLD:
		s->pacer = *l;
		s->has_pacer = true;
		break;
	case GT_RT_RATIO:
	case GT_RT_SWEEP:
	case GT_RT_COUNT:
		break;
	}
}

/* A line that was torn is given up, or counts if only its newline is missing. */
static void let_go(struct gt_diagnose *d, uint32_t i)
{
	struct gt_tear *t = &d->stream[i].tear;

	if (gt_tear_is_full(t))
		finish(d, i, &t->l);
	else if (t->open && t->taken >= 3)
		d->lost++;
	t->open = false;
}

/* --- lines that lie mixed -------------------------------------------------------------------- */

#define MIXED_MAX 5000u /* so many that nobody can untie, and no more are tried: it takes time */

/* Which cycle may be next, of each process that writes here. */
static void expect(const struct gt_diagnose *d, uint32_t i, struct gt_knot_expect *ret)
{
	*ret = (struct gt_knot_expect){.count = 0};
	for (uint32_t k = 0; k < d->n_process && ret->count < GT_KNOT_EXPECT_MAX; k++) {
		const struct gt_cycles *c = &d->process[k]->gc;

		if (d->process[k]->stream != i || c->n == 0)
			continue;
		ret->next[ret->count++] = (struct gt_knot_next){(double)c->last + 1, c->last_at,
								c->was.v[GT_GCV_LIVE], c->procs};
	}
}

static void end_knot(struct gt_diagnose *d, uint32_t i)
{
	struct gt_stream *s = &d->stream[i];
	struct gt_knot_end end;

	if (!gt_knot_is_open(s->knot))
		return;
	gt_knot_end(s->knot, &end);
	for (unsigned k = 0; k < end.n_line; k++)
		finish(d, i, &end.line[k]);
	d->mixed += end.mixed;
	d->lost += end.lost;
	s->tear = end.open;
}

/* Another line begins at P within the one that is torn. False: it is not tried. */
static bool begin_knot(struct gt_diagnose *d, uint32_t i, const char *p, size_t n, uint64_t line)
{
	struct gt_stream *s = &d->stream[i];
	struct gt_knot_expect x;

	if (!s->knot)
		s->knot = gt_knot_new();
	d->no_memory |= !s->knot;
	if (!s->knot || d->mixed + d->lost >= MIXED_MAX)
		return false;
	expect(d, i, &x);
	gt_knot_begin(s->knot, &s->tear, &x);
	s->tear.open = false;
	(void)gt_knot_add(s->knot, p, n, line); /* the beginning is in it */
	if (gt_knot_is_settled(s->knot))
		end_knot(d, i);
	return true;
}

/* --- other lines ----------------------------------------------------------------------------- */

/* "  P0: status=", "  M3: p=" or "  G17: status=", as proc.go's schedtrace writes them. */
static bool begins_detail(const char *p, size_t n)
{
	size_t i = 3;

	if (n < 8 || p[0] != ' ' || p[1] != ' ' || (p[2] != 'P' && p[2] != 'M' && p[2] != 'G'))
		return false;
	while (i < n && p[i] >= '0' && p[i] <= '9')
		i++;
	if (i == 3 || i + 4 > n || p[i] != ':' || p[i + 1] != ' ')
		return false;
	return p[i + 2] == 's' || (p[i + 2] == 'p' && p[i + 3] == '=');
}

/* The detail below a SCHED line, perhaps behind what a tool puts before each line. */
static bool is_detail(struct gt_diagnose *d, struct gt_stream *s, const char *p, size_t n)
{
	size_t head = n < SEARCHED ? n : SEARCHED, at = 0;

	if (s->sched < 0 || !d->process[s->sched]->sched.detail.open)
		return false;
	while (at < head && !begins_detail(p + at, n - at))
		at++;
	if (at == head || !gt_sched_detail(&d->process[s->sched]->sched, p + at, n - at))
		return false;
	d->ours++;
	return true;
}

static bool is_deadlock(const char *p, size_t n)
{
	static const char text[] = "all goroutines are asleep - deadlock!";

	return n >= sizeof(text) - 1 && (p[0] == 'f' || p[0] == 'a') &&
	       memmem(p, n < 60 ? n : 60, text, sizeof(text) - 1) != NULL;
}

/* "2026/11/28 18:50:29 " of Go's log package, perhaps with microseconds, before AT. */
static void note_program_time(struct gt_diagnose *d, const char *line, const char *at)
{
	static const char form[] = "0000/00/00 00:00:00";
	size_t n = sizeof(form) - 1;
	char time[32];

	for (const char *p = line; p + n < at; p++) {
		size_t i = 0;

		while (i < n && (form[i] == '0' ? p[i] >= '0' && p[i] <= '9' : p[i] == form[i]))
			i++;
		if (i < n)
			continue;
		(void)gt_copy(time, sizeof(time), p, (size_t)(at - p) < 27 ? (size_t)(at - p) : 27);
		gt_order_time(&d->order, GT_ORDER_PROGRAM, time);
		return;
	}
}

static void add_http2(struct gt_diagnose *d, const char *line, const char *at, size_t n,
		      uint64_t no)
{
	if (!d->h2)
		d->h2 = calloc(1, sizeof(*d->h2));
	if (!d->h2) {
		d->no_memory = true;
		return;
	}
	d->ours++;
	note_program_time(d, line, at);
	gt_order_h2(&d->order, at + 7, n - (size_t)(at - line) - 7);
	gt_h2_add(d->h2, line, (size_t)(at - line), at + 7, n - (size_t)(at - line) - 7, no);
}

/* A line of ours behind another's prefix: only a whole one, for pieces have no prefix. */
static bool begins_within(struct gt_diagnose *d, uint32_t i, const char *p, size_t n, uint64_t line)
{
	static const char *const word[] = {"gc ", "SCHED ", "pacer: "};
	size_t head = n < SEARCHED ? n : SEARCHED;

	for (unsigned k = 0; k < GT_ARRAY_LEN(word); k++) {
		const char *at = memmem(p, head, word[k], strlen(word[k]));
		struct gt_tear t = {0};
		size_t used;

		if (!at || at == p)
			continue;
		if (gt_tear_begin(&t, at, n - (size_t)(at - p), line, &used) != GT_TEAR_DONE)
			continue;
		finish(d, i, &t.l);
		return true;
	}
	return false;
}

/* The beginning of a text that is no part of what is torn. How much of it that was, if more may
 * begin behind it; else 0. */
static size_t add_beginning(struct gt_diagnose *d, uint32_t i, const char *p, size_t n,
			    uint64_t line)
{
	struct gt_stream *s = &d->stream[i];
	struct gt_tear t;
	size_t used = 0;
	const char *h2;

	if (n == 0 || is_detail(d, s, p, n))
		return 0;
	switch (gt_tear_begin(&t, p, n, line, &used)) {
	case GT_TEAR_DONE:
		end_knot(d, i);
		finish(d, i, &t.l);
		return 0;
	case GT_TEAR_MORE:
		if (gt_knot_is_open(s->knot))
			return 0;
		if (s->tear.open && s->tear.taken >= 3 && begin_knot(d, i, p, n, line))
			return 0;
		if (s->tear.open && t.taken < 3)
			return 0;
		let_go(d, i);
		s->tear = t;
		return used;
	case GT_TEAR_NONE:
		break;
	}
	h2 = memmem(p, n < SEARCHED ? n : SEARCHED, "http2: ", 7);
	if (h2)
		add_http2(d, p, h2, n, line);
	else if (is_deadlock(p, n))
		d->deadlock_line = line;
	else
		(void)begins_within(d, i, p, n, line);
	return 0;
}

static void add_fresh(struct gt_diagnose *d, uint32_t i, const char *p, size_t n, uint64_t line)
{
	for (size_t used = add_beginning(d, i, p, n, line); used > 0 && used <= n;
	     used = add_beginning(d, i, p, n, line)) {
		p += used;
		n -= used;
	}
}

/* A whole line ends the knot, for it comes after all that is in it. */
static void add_to_knot(struct gt_diagnose *d, uint32_t i, const char *p, size_t n, uint64_t line)
{
	struct gt_knot *k = d->stream[i].knot;
	struct gt_tear t = {0};
	size_t used = 0;

	if (gt_tear_begin(&t, p, n, line, &used) == GT_TEAR_DONE) {
		end_knot(d, i);
		finish(d, i, &t.l);
		return;
	}
	if (!gt_knot_add(k, p, n, line))
		add_fresh(d, i, p, n, line);
	if (gt_knot_is_open(k) && gt_knot_is_settled(k))
		end_knot(d, i);
}

void gt_lines_add(struct gt_diagnose *d, uint32_t i, const char *p, size_t n, uint64_t line)
{
	struct gt_tear *t = &d->stream[i].tear;
	size_t used = 0;

	if (gt_knot_is_open(d->stream[i].knot)) {
		add_to_knot(d, i, p, n, line);
		return;
	}
	if (!t->open) {
		add_fresh(d, i, p, n, line);
		return;
	}
	switch (gt_tear_go_on(t, p, n, line, &used)) {
	case GT_TEAR_DONE:
		finish(d, i, &t->l);
		return;
	case GT_TEAR_MORE:
		add_fresh(d, i, p + used, n - used, line);
		return;
	case GT_TEAR_NONE:
		break;
	}
	/* "gc " may begin anyone's line: little evidence is given up sooner. */
	if (++t->missed > (t->taken < 3 ? 64 : 4096))
		let_go(d, i);
	add_fresh(d, i, p, n, line);
}

void gt_lines_end(struct gt_diagnose *d)
{
	for (uint32_t i = 0; i < d->n_stream; i++) {
		end_knot(d, i);
		let_go(d, i);
	}
	for (uint32_t i = 0; i < d->n_process; i++)
		gt_sched_settle(&d->process[i]->sched);
}
