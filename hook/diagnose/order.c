/*
 * Does the newest line come first? Pure.
 *
 * Cycles count up by one, and the time since the program's start rises: of most lines the one
 * before is near, and is the last or the next cycle of the same process. A restart falls once,
 * however short the lives of a program are: it never falls more often than it rises. Several
 * processes and a few lines out of order do not matter. HTTP/2 has an order of its own: a request's
 * headers, and the numbers of a connection's streams. Where all this does not tell (a program that
 * dies at once), wall clocks do: those of wrappers, and of Go's log package.
 */
#include "order.h"

/* So many of one kind, and more than twice those of the other. */
#define MARKS_MIN 3
#define TIMES_MIN 2
/* ... and so many that nothing can make up for it, or nobody would call it a log. */
#define SURE_MIN 32

/* The last marks, the latest first: true and *RET, or there are no more. */
static bool mark_before(const struct gt_order *o, uint64_t i, const struct gt_order_mark **ret)
{
	if (i >= o->marks || i >= GT_ORDER_LAST)
		return false;
	*ret = &o->last[(o->marks - 1 - i) % GT_ORDER_LAST];
	return true;
}

static void keep(struct gt_order *o, struct gt_order_mark m)
{
	o->last[o->marks++ % GT_ORDER_LAST] = m;
}

void gt_order_gc(struct gt_order *o, uint32_t stream, double n, double at)
{
	const struct gt_order_mark *m;

	for (uint64_t i = 0; mark_before(o, i, &m); i++) {
		double step = n - m->n;

		if (m->stream != stream || m->of != 0 || step < -1.5 || step > 1.5)
			continue;
		if (step > 0.5 && at >= m->at) {
			o->up++;
			break;
		}
		if (step < -0.5 && at <= m->at) {
			o->down++;
			break;
		}
	}
	keep(o, (struct gt_order_mark){stream, 0, n, at});
}

/*
 * The nearest one is most often of the same process. Where two processes write in turn it is not,
 * but then most of the last lines of both are earlier ones.
 */
void gt_order_sched(struct gt_order *o, uint32_t stream, double ms, double procs)
{
	uint32_t of = procs >= 1 && procs < 1e6 ? (uint32_t)procs : 1;
	const struct gt_order_mark *m;
	double near = 0;
	int most = 0;

	for (uint64_t i = 0; mark_before(o, i, &m); i++) {
		double step = ms - m->n, far = step < 0 ? -step : step;

		if (m->stream != stream || m->of != of || far < 1e-9)
			continue;
		most += step > 0 ? 1 : -1;
		if ((near >= 0 && near <= 0) || far < (near < 0 ? -near : near))
			near = step;
	}
	o->up += near > 0;
	o->down += near < 0;
	o->most_up += most > 0;
	o->most_down += most < 0;
	keep(o, (struct gt_order_mark){stream, of, ms, ms / 1000});
}

/* Of a request, in this order: net/http's h2_bundle.go, encodeHeaders. 0: another line. */
static unsigned pseudo_of(const char *text, size_t n)
{
	static const char *const header[] = {":authority", ":method", ":path", ":scheme"};
	static const char before[] = "Transport encoding header \"";
	size_t at = sizeof(before) - 1;

	if (n < at || memcmp(text, before, at) != 0)
		return 0;
	for (unsigned i = 0; i < GT_ARRAY_LEN(header); i++) {
		size_t len = strlen(header[i]);

		if (n > at + len && memcmp(text + at, header[i], len) == 0)
			return i + 1;
	}
	return 0;
}

/* The stream of a frame that begins with "SIDE HEADERS"; 0: it is none. */
static uint64_t headers_on(const char *text, size_t n, const char *side)
{
	static const char key[] = " stream=";
	size_t len = strlen(side);
	const char *at, *end = text + n;
	uint64_t v = 0;

	if (n < len || memcmp(text, side, len) != 0)
		return 0;
	at = memmem(text, n, key, sizeof(key) - 1);
	for (at = at ? at + sizeof(key) - 1 : end; at < end && *at >= '0' && *at <= '9'; at++)
		v = v < UINT32_MAX ? v * 10 + (uint64_t)(*at - '0') : v;
	return v;
}

void gt_order_h2(struct gt_order *o, const char *text, size_t n)
{
	static const char *const side[] = {"Transport received HEADERS",
					   "server read frame HEADERS"};
	unsigned pseudo = pseudo_of(text, n);

	if (pseudo > 0) {
		o->up += pseudo == o->pseudo + 1 && o->pseudo > 0;
		o->down += pseudo + 1 == o->pseudo;
		o->pseudo = pseudo;
	}
	for (unsigned i = 0; i < GT_ARRAY_LEN(side); i++) {
		uint64_t stream = headers_on(text, n, side[i]);

		if (stream == 0)
			continue;
		o->up += o->frame[i] > 0 && stream > o->frame[i];
		o->down += o->frame[i] > 0 && stream < o->frame[i];
		o->frame[i] = stream;
	}
}

/* ---- wall clocks ---- */

#define SECONDS 19 /* characters, up to the seconds */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits after the seconds: "29.5Z" is later than "29.25Z". */
static int compare_fractions(const char *a, const char *b)
{
	a += *a == '.' || *a == ',';
	b += *b == '.' || *b == ',';
	while (is_digit(*a) || is_digit(*b)) {
		char x = is_digit(*a) ? *a++ : '0', y = is_digit(*b) ? *b++ : '0';

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

void gt_order_time(struct gt_order *o, enum gt_order_clock c, const char *time)
{
	char *was = o->time[c];
	int r;

	if (strlen(time) < SECONDS)
		return;
	r = *was ? memcmp(time, was, SECONDS) : 0;
	if (*was && r == 0)
		r = compare_fractions(time + SECONDS, was + SECONDS);
	o->time_up += r > 0;
	o->time_down += r < 0;
	gt_copy_cut(o->time[c], time);
}

/* ---- what they say ---- */

static bool is_most(uint64_t most, uint64_t other, uint64_t min)
{
	return most >= min && most > 2 * other;
}

int gt_order_of(const struct gt_order *o)
{
	if (is_most(o->up, o->down, MARKS_MIN))
		return 1;
	if (is_most(o->down, o->up, MARKS_MIN))
		return -1;
	if (is_most(o->most_up, o->most_down, MARKS_MIN))
		return 1;
	if (is_most(o->most_down, o->most_up, MARKS_MIN))
		return -1;
	if (is_most(o->time_down, o->time_up, TIMES_MIN))
		return -1;
	return o->time_up > 0 ? 1 : 0;
}

bool gt_order_is_surely_backward(const struct gt_order *o)
{
	return o->down >= SURE_MIN && o->down / 8 > o->up;
}
