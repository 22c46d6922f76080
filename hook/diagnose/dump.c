/*
 * A goroutine dump (debug=2): who holds HTTP/2 connections, and who waits on them. Pure.
 *
 * The pointer in the log is the first argument in the dump: readLoop(0xP is an open connection,
 * roundTrip(0xP waits on it.
 */
#include <stdio.h>

#include "h2.h"

static bool line_has(const char *p, size_t n, const char *word)
{
	return memmem(p, n, word, strlen(word)) != NULL;
}

static uint64_t argument(const char *p, size_t n)
{
	const char *at = memmem(p, n, "(0x", 3);
	uint64_t v = 0;

	for (at = at ? at + 3 : p + n; at < p + n; at++) {
		if (*at >= '0' && *at <= '9')
			v = v << 4 | (uint64_t)(*at - '0');
		else if (*at >= 'a' && *at <= 'f')
			v = v << 4 | (uint64_t)(*at - 'a' + 10);
		else
			break;
	}
	return v;
}

static void mark_open(struct gt_h2 *h, uint64_t key)
{
	for (uint32_t i = 0; i < GT_H2_CONNS; i++)
		if (key && h->conn[i].key == key && !h->conn[i].in_dump) {
			h->conn[i].in_dump = true;
			h->known_loops++;
		}
}

/* A frame of the program itself: the first that is not of net/http. */
static bool is_own_frame(const char *p, size_t n)
{
	static const char *const lib[] = {"net/http.", "net/http/",   "golang.org/x/net/http2.",
					  "runtime.",  "created by ", "internal/",
					  "sync.",     "io."};

	for (unsigned i = 0; i < GT_ARRAY_LEN(lib); i++)
		if (n >= strlen(lib[i]) && memcmp(p, lib[i], strlen(lib[i])) == 0)
			return false;
	return n > 0 && p[0] != '\t';
}

/* Who waits in most requests: a vote, by Boyer and Moore. */
static void vote(struct gt_h2 *h, const char *p, size_t n)
{
	char name[sizeof(h->holder)];
	const char *open = memrchr(p, '(', n);

	(void)gt_copy(name, sizeof(name), p, open ? (size_t)(open - p) : n);
	if (h->holder_n == 0)
		gt_copy_cut(h->holder, name);
	if (strcmp(h->holder, name) == 0)
		h->holder_n++;
	else
		h->holder_n--;
}

struct goroutine {
	bool read_loop, waits, serves, voted;
	uint64_t conn, minutes;
};

static void add_goroutine(struct gt_h2 *h, const struct goroutine *g)
{
	h->goroutines++;
	if (g->read_loop) {
		h->read_loops++;
		mark_open(h, g->conn);
		if (g->minutes > h->oldest_min)
			h->oldest_min = g->minutes;
	}
	h->waiting += g->waits;
	h->server_loops += g->serves;
}

static uint64_t minutes_of(const char *p, size_t n)
{
	const char *at = memmem(p, n, " minutes", 8);
	uint64_t v = 0, unit = 1;

	while (at && at > p && at[-1] >= '0' && at[-1] <= '9' && unit < 1000000000) {
		v += (uint64_t)(*--at - '0') * unit;
		unit *= 10;
	}
	return v;
}

static void take_frame(struct gt_h2 *h, struct goroutine *g, const char *p, size_t n)
{
	if (line_has(p, n, "lientConn).readLoop(0x")) {
		g->read_loop = true;
		g->conn = argument(p, n);
	} else if (!g->waits && (line_has(p, n, "lientConn).roundTrip(0x") ||
				 line_has(p, n, "lientConn).RoundTrip(0x"))) {
		g->waits = true;
	} else if (line_has(p, n, "erverConn).serve(")) {
		g->serves = true;
	} else if (g->waits && !g->voted && is_own_frame(p, n)) {
		vote(h, p, n);
		g->voted = true;
	}
}

static const char *next_line(const char *text, size_t len, size_t *at, size_t *ret_n)
{
	const char *p = text + *at, *nl = memchr(p, '\n', len - *at);

	*ret_n = nl ? (size_t)(nl - p) : len - *at;
	*at += *ret_n + 1;
	return p;
}

static bool is_header(const char *p, size_t n)
{
	return n >= 12 && memcmp(p, "goroutine ", 10) == 0 && p[n - 1] == ':';
}

/* Are there places of frames before the first goroutine, and none below the last? */
static bool is_turned_over(const char *text, size_t len)
{
	bool inside = false, before = false, below = false;

	for (size_t at = 0, n; at < len;) {
		const char *p = next_line(text, len, &at, &n);

		if (is_header(p, n)) {
			inside = true;
			below = false;
		} else if (n > 0 && p[0] == '\t') {
			before |= !inside;
			below = true;
		}
	}
	return inside && before && !below;
}

int gt_h2_dump(struct gt_h2 *h, const char *text, size_t len, struct gt_err *e)
{
	struct goroutine g = {0};
	bool inside = false;

	if (is_turned_over(text, len))
		return gt_err_set(e, -EINVAL, "its last line comes first: turn it over (tac)");
	for (size_t at = 0, n; at < len;) {
		const char *p = next_line(text, len, &at, &n);

		if (is_header(p, n)) {
			if (inside)
				add_goroutine(h, &g);
			inside = true;
			g = (struct goroutine){.minutes = minutes_of(p, n)};
		} else if (inside && n > 0 && p[0] != '\t') {
			take_frame(h, &g, p, n);
		}
	}
	if (!inside)
		return gt_err_set(
			e, -EINVAL,
			"no goroutine in it: give a dump of /debug/pprof/goroutine?debug=2, or what SIGQUIT prints");
	add_goroutine(h, &g);
	h->has_dump = true;
	return 0;
}
