/*
 * The part that serves metrics. Effectful: reads the containers' cgroups when it is asked, and not
 * in between.
 */
#include <sys/resource.h>
#include <time.h>

#include "gotune/inspect.h"
#include "gotune/lessons.h"
#include "gotune/metrics.h"
#include "http.h"
#include "lives.h"
#include "part.h"

/* What it knows of a container. */
struct seen {
	struct gt_metrics_container c;
};

struct metrics {
	struct gt_http *http;
	uint32_t n_own; /* containers that have a row */
	double start_s;
};

static const char *address(const struct gt_daemon *d)
{
	return d->in->listen ? d->in->listen : d->policy.daemon.listen;
}

static bool is_wanted(const struct gt_daemon *d)
{
	return *address(d) != '\0';
}

/* ---- containers ---- */

static void end(struct gt_daemon *d, struct gt_known *k)
{
	struct metrics *m = d->own[GT_PART_metrics];
	struct seen *s = k->own[GT_PART_metrics];

	if (!s)
		return;
	m->n_own -= s->c.own_row;
	free(s);
	k->own[GT_PART_metrics] = NULL;
}

/* Whoever comes first has a row of its own until it ends: a row does not move. */
static struct seen *begin(struct metrics *m, uint32_t rows)
{
	struct seen *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->c.own_row = m->n_own < rows;
	m->n_own += s->c.own_row;
	return s;
}

static void on_record(struct gt_daemon *d, struct gt_known *k, const struct gt_record_view *v)
{
	struct metrics *m = d->own[GT_PART_metrics];
	struct seen *s = k->own[GT_PART_metrics];
	bool own_row;

	if (!s)
		s = k->own[GT_PART_metrics] = begin(m, d->policy.daemon.containers);
	if (!s)
		return; /* no memory: it has no metrics */
	own_row = s->c.own_row;
	gt_metrics_container_of(v, &s->c);
	s->c.own_row = own_row;
	gt_known_usage_open(d, k);
}

/* ---- the page ---- */

/* The second number of proc/self/statm, in pages: proc(5). */
static bool read_rss(int root, uint64_t *ret)
{
	char text[1024], *s;

	if (gt_root_read(root, "proc/self/statm", text, sizeof(text)) < 0)
		return false;
	s = strchr(text, ' ');
	if (!s)
		return false;
	s++;
	s[strcspn(s, " ")] = '\0';
	if (gt_parse_u64(s, ret) < 0)
		return false;
	*ret *= (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

static void add_self(struct gt_daemon *d, struct gt_metrics *m)
{
	const struct metrics *own = d->own[GT_PART_metrics];
	struct rusage u;

	if (!read_rss(d->root, &m->self_rss_bytes) || getrusage(RUSAGE_SELF, &u) < 0)
		return;
	m->has_self = true;
	m->self_start_s = own->start_s;
	m->self_cpu_us = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
			 (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void add_health(const struct gt_health *h, struct gt_metrics *m)
{
	m->has_health = true;
	m->is_ready = h->is_ready && gt_health_is_alive(h, gt_now_ms());
	m->policy_broken = h->policy_broken;
	m->is_off = h->is_off;
	m->policy_since_s = h->policy_since_s;
}

static const struct gt_metrics_container *look_at(struct gt_known *k)
{
	struct seen *s = k->own[GT_PART_metrics];

	if (!s)
		return NULL;
	s->c.has_usage = gt_known_usage(k, &s->c.usage);
	return &s->c;
}

static bool write_page(struct gt_daemon *d, bool openmetrics, struct gt_buf *out)
{
	_cleanup_free_ const struct gt_metrics_container **list =
		calloc(d->n_known + 1, sizeof(void *));
	_cleanup_(gt_pages_done) struct gt_pages lessons = {0};
	struct gt_metrics m = {
		.container = list, .n_unreadable = d->n_refused, .lessons = &lessons};

	if (!list)
		return false;
	for (uint32_t i = 0; i < d->n_known; i++) {
		const struct gt_metrics_container *c = look_at(d->known[i]);

		if (c)
			list[m.n_container++] = c;
	}
	if (d->records >= 0) {
		m.has_counts = gt_record_counters(d->records, m.count) == 0;
		m.has_durations = gt_record_durations(d->records, &m.durations) == 0;
	}
	if (gt_lives_wanted(d))
		(void)!gt_lessons_read(d->root, gt_state_dir(d), &lessons);
	add_self(d, &m);
	add_health(d->health, &m);
	gt_metrics_write(&m, openmetrics ? GT_METRICS_OPENMETRICS : GT_METRICS_TEXT, out);
	return !out->error;
}

/* ---- the part ---- */

static int start(struct gt_daemon *d, struct gt_err *e)
{
	_cleanup_free_ struct metrics *m = calloc(1, sizeof(*m));
	struct timespec now;
	int r;

	if (!m)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = gt_http_open(d, address(d), d->in->listen_anywhere, write_page, &m->http, e);
	if (r < 0)
		return r;
	if (clock_gettime(CLOCK_REALTIME, &now) == 0)
		m->start_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	d->own[GT_PART_metrics] = GT_TAKE_PTR(m);
	return 0;
}

static void tick(struct gt_daemon *d)
{
	const struct metrics *m = d->own[GT_PART_metrics];

	gt_http_tick(m->http);
}

static void stop(struct gt_daemon *d)
{
	struct metrics *m = d->own[GT_PART_metrics];

	if (!m)
		return;
	gt_http_close(d, m->http);
	free(m);
	d->own[GT_PART_metrics] = NULL;
}

const struct gt_part gt_part_metrics = {
	.name = "metrics",
	.is_wanted = is_wanted,
	.start = start,
	.tick_ms = GT_HTTP_TICK_MS,
	.tick = tick,
	.on_record = on_record,
	.on_end = end,
	.stop = stop,
};
