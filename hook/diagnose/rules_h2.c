/* The rules about HTTP/2 connections, streams and bodies. Pure. */
#include <inttypes.h>

#include "state.h"

#define MANY	       4	  /* connections to one address: one is what HTTP/2 needs */
#define QUIET_S	       10	  /* after which a request without an answer hangs */
#define DEFAULT_WINDOW (4u << 20) /* transportDefaultStreamFlow of net/http */

/* The address with most connections that are open as far as the log tells. */
static int busiest(const struct gt_h2 *h)
{
	int best = -1;

	for (uint32_t i = 0; i < h->n_addr; i++)
		if (best < 0 || h->addr_opened[i] - h->addr_closed[i] >
					h->addr_opened[best] - h->addr_closed[best])
			best = (int)i;
	return best;
}

static uint64_t first_open(const struct gt_h2 *h)
{
	uint64_t line = 0;

	for (uint32_t i = 0; i < GT_H2_CONNS; i++)
		if (h->conn[i].key && !h->conn[i].closed && (!line || h->conn[i].line < line))
			line = h->conn[i].line;
	return line;
}

static bool rule_leak(struct gt_judge *j, const struct gt_h2 *h)
{
	int a = busiest(h);
	uint64_t open = a >= 0 ? h->addr_opened[a] - h->addr_closed[a] : 0;
	uint64_t held = h->has_dump ? h->read_loops : open;
	uint64_t pending = h->requests > h->responses ? h->requests - h->responses : 0;
	struct gt_diag_verdict *v;

	if ((h->opened > 0 && open < MANY) || held < MANY || h->waiting * 2 > held ||
	    pending * 2 > held)
		return false;
	if (h->opened > 0 && h->requests > 4 * h->opened && !h->has_dump)
		return false; /* they are used again: a pool */
	v = gt_say(j, GT_V_H2_CONN_LEAK,
		   "%" PRIu64 " connections opened, %" PRIu64 " closed; %s %" PRIu64
		   "%s%s, %" PRIu64 " requests wait on them",
		   h->opened, h->closed,
		   h->has_dump ? "the dump has readLoops:" : "open at most:", held,
		   a >= 0 ? ", to " : "", a >= 0 ? h->addr[a] : "", h->waiting);
	gt_say_figure(v, "opened", (double)h->opened);
	gt_say_figure(v, "closed", (double)h->closed);
	gt_say_figure(v, "open", (double)held);
	if (h->has_dump)
		gt_say_figure(v, "oldest_min", (double)h->oldest_min);
	gt_say_line(v, first_open(h));
	gt_say_line(v, h->last_line);
	return true;
}

static void rule_bodies(struct gt_judge *j, const struct gt_h2 *h)
{
	uint64_t window = h->window ? h->window : DEFAULT_WINDOW, n = 0, line = 0;
	struct gt_diag_verdict *v;

	for (uint32_t i = 0; i < GT_H2_STREAMS; i++) {
		const struct gt_h2_stream *s = &h->stream[i];

		if (!s->answered || s->ended || s->updated || s->bytes * 10 < window * 9 ||
		    s->bytes > window + window / 4)
			continue;
		n++;
		line = line && line < s->line ? line : s->line;
	}
	if (n == 0)
		return;
	v = gt_say(j, GT_V_H2_BODY_NOT_CLOSED,
		   "%" PRIu64
		   " responses stand still: each has received the whole flow control window "
		   "(%" PRIu64 " KiB) and no end",
		   n, window >> 10);
	gt_say_figure(v, "streams", (double)n);
	gt_say_line(v, line);
}

static void rule_requests(struct gt_judge *j, const struct gt_h2 *h)
{
	uint64_t cancels = h->client_cancels > h->cancels ? h->client_cancels : h->cancels;
	uint64_t pending =
		h->requests > h->responses + cancels ? h->requests - h->responses - cancels : 0;
	bool quiet = h->last_s - h->first_s >= QUIET_S;
	struct gt_diag_verdict *v;

	if (cancels >= 3) {
		v = gt_say(j, GT_V_H2_CLIENT_TIMEOUTS,
			   "%" PRIu64 " streams ended by RST_STREAM CANCEL", cancels);
		gt_say_figure(v, "cancelled", (double)cancels);
		gt_say_line(v, h->cancel_line);
	}
	if ((h->has_dump && h->waiting >= 3) || (!h->has_dump && pending >= 3 && quiet)) {
		v = gt_say(j, GT_V_H2_STREAMS_HANG, "%" PRIu64 " requests wait for an answer%s%s",
			   h->has_dump ? h->waiting : pending,
			   h->holder[0] ? ", most of them in " : "", h->holder);
		gt_say_figure(v, "waiting", (double)(h->has_dump ? h->waiting : pending));
		gt_say_line(v, h->request_line);
	}
}

void gt_rules_h2(struct gt_judge *j, const struct gt_h2 *h)
{
	uint32_t before = j->ret->n_verdict;
	struct gt_diag_verdict *v;
	bool leak;

	j->process = -1;
	leak = rule_leak(j, h);
	rule_bodies(j, h);
	rule_requests(j, h);
	if (!leak && h->has_dump && h->server_loops >= MANY && h->opened < h->server_loops) {
		v = gt_say(j, GT_V_H2_IDLE_CONNS, "%" PRIu64 " connections are held by the server",
			   h->server_loops);
		gt_say_figure(v, "connections", (double)h->server_loops);
		gt_say_line(v, h->server_line);
		gt_say_line(v, h->last_line);
	}
	if (j->ret->n_verdict > before)
		return;
	if (h->lines < 10) {
		v = gt_say(j, GT_V_NOT_ENOUGH, "%" PRIu64 " lines of http2", h->lines);
		v->area = GT_VA_H2;
		gt_say_line(v, h->last_line);
	} else if (h->server_conns >= MANY && h->opened == 0 && !h->has_dump) {
		v = gt_say(j, GT_V_CANNOT_BE_TOLD,
			   "whether the server still holds its %" PRIu64
			   " connections: their end prints no "
			   "line; --dump FILE shows it",
			   h->server_conns);
		v->area = GT_VA_H2;
		gt_say_line(v, h->server_line);
	}
}
