/*
 * The page of gotune goroutines: sites, what their goroutines wait for, growth, leaks, and the heat
 * map. Pure but for the buffer's heap.
 */
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/goroutines.h"

#define SITES_SHOWN  20u
#define STATES_SHOWN 5u
#define LEAKS_SHOWN  10u

static const struct gt_cli_col columns[] = {
	{"GOROUTINES", 10}, {"CHANGE", 9}, {"OLDEST", 9}, {"CREATED BY", 0}};

/* "12 s": at least. */
static void format_age(int64_t ns, char *buf, size_t cap)
{
	int64_t s = ns / 1000000000;

	if (s < 1)
		(void)snprintf(buf, cap, "-");
	else if (s < 120)
		(void)snprintf(buf, cap, ">%lld s", (long long)s);
	else if (s < 7200)
		(void)snprintf(buf, cap, ">%lld min", (long long)(s / 60));
	else
		(void)snprintf(buf, cap, ">%lld h", (long long)(s / 3600));
}

static void format_change(const struct gt_gor_history *h, uint32_t now, uint32_t before, char *buf,
			  size_t cap)
{
	long long d = (long long)now - before;

	if (h->n_snapshot < 2)
		(void)snprintf(buf, cap, "-");
	else
		(void)snprintf(buf, cap, "%+lld", d);
}

/* Which stack of a kind is the most frequent: where it says that it is; "" when none was read. */
static const char *place_of(const struct gt_gor_snapshot *s, uint32_t kind)
{
	const struct gt_gor_stack *best = NULL;

	for (uint32_t i = 0; i < s->n_stack; i++) {
		if (s->stack[i].kind == kind && (!best || s->stack[i].n > best->n))
			best = &s->stack[i];
	}
	return best ? s->text + best->at : "";
}

static void add_states(struct gt_cli_table *t, const struct gt_gor_snapshot *s,
		       const struct gt_gor_site *x)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < s->n_kind && n <= STATES_SHOWN; i++) {
		const struct gt_gor_kind *k = &s->kind[i];
		const char *at = place_of(s, i);
		_cleanup_(gt_buf_done) struct gt_buf b = {0};

		if (k->n == 0 || k->gopc != x->gopc || k->startpc != x->startpc)
			continue;
		if (n++ == STATES_SHOWN) {
			gt_cli_table_note(t, GT_STYLE_DIM, "and other states: --format json");
			break;
		}
		gt_buf_fmt(&b, "%u %s%s%s", k->n,
			   *(s->text + k->state) ? s->text + k->state : "more", *at ? " in " : "",
			   at);
		if (b.p)
			gt_cli_table_note(t, GT_STYLE_DIM, b.p);
	}
}

static void add_site(struct gt_cli_table *t, const struct gt_gor_snapshot *s,
		     const struct gt_gor_history *h, const struct gt_gor_site *x)
{
	char n[16], change[24], age[24];
	_cleanup_(gt_buf_done) struct gt_buf by = {0};

	(void)snprintf(n, sizeof(n), "%u", x->n); /* these fit */
	format_change(h, x->n, x->before, change, sizeof(change));
	format_age(x->oldest_ns, age, sizeof(age));
	if (*x->by)
		gt_buf_fmt(&by, "%s %s, runs %s", x->by, x->place, x->starts);
	else
		gt_buf_fmt(&by, "%s",
			   *x->starts ? x->starts : "a thread of C, or more than we list");
	gt_cli_table_row(t, (struct gt_cli_cell[]){{n, GT_STYLE_BOLD},
						   {change, GT_STYLE_PLAIN},
						   {age, GT_STYLE_PLAIN},
						   {by.p, GT_STYLE_PLAIN}});
	add_states(t, s, x);
}

/* The collector's and the scheduler's own: each program has them. */
static bool is_runtime(const struct gt_gor_site *x)
{
	return gt_has_prefix(x->by, "runtime.") && gt_has_prefix(x->starts, "runtime.");
}

static int compare_sites(const void *a, const void *b, void *ctx)
{
	const struct gt_gor_history *h = ctx;
	const struct gt_gor_site *x = &h->site[*(const uint32_t *)a];
	const struct gt_gor_site *y = &h->site[*(const uint32_t *)b];

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

static void add_sites(struct gt_cli_out *o, const struct gt_gor_snapshot *s,
		      const struct gt_gor_history *h)
{
	_cleanup_free_ uint32_t *order = calloc(h->n_site + 1ull, sizeof(*order));
	struct gt_cli_table t = {.col = columns, .n_col = GT_ARRAY_LEN(columns)};
	uint32_t n = 0, rest = 0, own = 0;

	if (!order) {
		o->buf.error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < h->n_site; i++) {
		if (is_runtime(&h->site[i]))
			own += h->site[i].n;
		else if (h->site[i].n > 0)
			order[n++] = i;
	}
	qsort_r(order, n, sizeof(*order), compare_sites, (void *)(uintptr_t)h);
	for (uint32_t i = 0; i < n && i < SITES_SHOWN; i++)
		add_site(&t, s, h, &h->site[order[i]]);
	gt_cli_table_end(&t, o);
	for (uint32_t i = SITES_SHOWN; i < n; i++)
		rest += h->site[order[i]].n;
	if (n > SITES_SHOWN)
		gt_buf_fmt(&o->buf, "and %u goroutines of %u more sites: --format json has all\n",
			   rest, n - SITES_SHOWN);
	if (own > 0)
		gt_buf_fmt(&o->buf, "and %u of the runtime itself\n", own);
}

static void add_leaks(struct gt_cli_out *o, const struct gt_gor_history *h)
{
	uint32_t leak[LEAKS_SHOWN], n = gt_gor_leaks(h, leak, LEAKS_SHOWN);

	for (uint32_t i = 0; i < n; i++) {
		const struct gt_gor_site *x = &h->site[leak[i]];
		_cleanup_(gt_buf_done) struct gt_buf b = {0};

		gt_buf_fmt(
			&b,
			"leak? %s %s: %u now, %u at first; of the %u of the last snapshot %u are "
			"still there",
			*x->by ? x->by : x->starts, x->place, x->n, x->first, x->before, x->stayed);
		gt_buf_str(&o->buf, i == 0 ? "\n" : "");
		if (b.p)
			gt_cli_para(o, 0, GT_STYLE_BAD, b.p);
	}
}

static void add_heat(struct gt_cli_out *o, const struct gt_gor_history *h)
{
	double span = (double)(h->now_ns - h->began_ns) / 1e9;

	if (h->n_snapshot < 2)
		return;
	gt_buf_fmt(&o->buf,
		   "\nages (at least) over %.1f s, %u snapshot%s a column; now at the right\n",
		   span, h->per_column, h->per_column == 1 ? "" : "s");
	gt_gor_write_heat_text(h, GT_CLI_WIDTH, &o->buf);
}

void gt_cli_goroutines(struct gt_cli_out *o, const char *title, const struct gt_gor_snapshot *s,
		       const struct gt_gor_history *h)
{
	_cleanup_(gt_buf_done) struct gt_buf head = {0};

	gt_buf_fmt(&head, "%s: %s, %u goroutines", title, s->go, s->n_gor);
	if (h->n_snapshot > 1)
		gt_buf_fmt(&head, " (%+lld in %.1f s)", (long long)s->n_gor - h->n_before,
			   (double)(h->now_ns - h->before_ns) / 1e9);
	gt_buf_fmt(&head, ", read in %.1f ms", (double)s->took_us / 1000);
	if (head.p)
		gt_cli_para(o, 0, GT_STYLE_BOLD, head.p);
	gt_buf_str(&o->buf, "\n");
	add_sites(o, s, h);
	if (s->changed > 0)
		gt_buf_fmt(&o->buf, "%u changed while they were read, and are left out\n",
			   s->changed);
	add_leaks(o, h);
	add_heat(o, h);
}
