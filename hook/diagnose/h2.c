/*
 * What http2debug's lines sum up to. Pure; keeps pointers, addresses and counts, no text of a
 * request.
 *
 * Source: net/http's h2_bundle.go, from 1.27 net/http/internal/http2: vlogf's texts. A connection
 * that ends after GOAWAY prints no line, so "opened - closed" is an upper bound.
 */
#include "h2.h"

static bool begins(const char *p, size_t n, const char *word, const char **ret_rest)
{
	size_t len = strlen(word);

	if (n < len || memcmp(p, word, len) != 0)
		return false;
	*ret_rest = p + len;
	return true;
}

static uint64_t hex_at(const char *p, const char *end)
{
	uint64_t v = 0;

	if (end - p < 3 || p[0] != '0' || p[1] != 'x')
		return 0;
	for (p += 2; p < end; p++) {
		if (*p >= '0' && *p <= '9')
			v = v << 4 | (uint64_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			v = v << 4 | (uint64_t)(*p - 'a' + 10);
		else
			break;
	}
	return v;
}

static uint64_t number_after(const char *p, const char *end, const char *key)
{
	const char *at = memmem(p, (size_t)(end - p), key, strlen(key));
	uint64_t v = 0;

	if (!at)
		return 0;
	for (at += strlen(key); at < end && *at >= '0' && *at <= '9' && v < UINT64_MAX / 20; at++)
		v = v * 10 + (uint64_t)(*at - '0');
	return v;
}

/* The slot of connection KEY, a free one, or NULL when the table is full. */
static struct gt_h2_conn *conn_of(struct gt_h2 *h, uint64_t key)
{
	size_t at = (size_t)((key >> 5) * 0x9e3779b1u) % GT_H2_CONNS;

	for (unsigned i = 0; i < 64; i++, at = (at + 1) % GT_H2_CONNS)
		if (h->conn[at].key == key || h->conn[at].key == 0)
			return &h->conn[at];
	return NULL;
}

static uint32_t addr_of(struct gt_h2 *h, const char *p, size_t n)
{
	char addr[64];

	(void)gt_copy(addr, sizeof(addr), p, n); /* for people: may be cut */
	for (uint32_t i = 0; i < h->n_addr; i++)
		if (strcmp(h->addr[i], addr) == 0)
			return i;
	if (h->n_addr == GT_H2_ADDRS)
		return GT_H2_ADDRS - 1;
	gt_copy_cut(h->addr[h->n_addr], addr);
	return h->n_addr++;
}

static void conn_opened(struct gt_h2 *h, const char *p, const char *end, uint64_t line)
{
	uint64_t key = hex_at(p, end);
	struct gt_h2_conn *c = key ? conn_of(h, key) : NULL;
	const char *to = memmem(p, (size_t)(end - p), " to ", 4);

	h->opened++;
	if (!c)
		return;
	*c = (struct gt_h2_conn){.key = key, .line = line};
	if (to) {
		const char *addr = to + 4;

		c->addr =
			addr_of(h, addr,
				strcspn(addr, " \n") < (size_t)(end - addr) ? strcspn(addr, " \n")
									    : (size_t)(end - addr));
		h->addr_opened[c->addr]++;
	}
}

static void conn_closed(struct gt_h2 *h, const char *p, const char *end)
{
	uint64_t key = hex_at(p, end);
	struct gt_h2_conn *c = key ? conn_of(h, key) : NULL;

	if (!c || c->key != key || c->closed)
		return;
	c->closed = true;
	h->closed++;
	h->addr_closed[c->addr]++;
}

/* FRAME: TYPE [flags=A|B] [stream=N] len=N ..., as the client received it. */
static void client_frame(struct gt_h2 *h, const char *p, const char *end, uint64_t line)
{
	uint32_t id = (uint32_t)number_after(p, end, " stream=");
	struct gt_h2_stream *s = &h->stream[(id / 2) % GT_H2_STREAMS];
	size_t n = (size_t)(end - p);
	bool ends = memmem(p, n < 80 ? n : 80, "END_STREAM", 10) != NULL;
	const char *rest;

	if (begins(p, n, "GOAWAY", &rest))
		h->goaways++;
	if (begins(p, n, "HEADERS", &rest)) {
		if (s->id != id || s->ended)
			h->responses++;
		else if (!s->answered)
			h->responses++;
		*s = (struct gt_h2_stream){.id = id, .answered = true, .ended = ends, .line = line};
	} else if (begins(p, n, "DATA", &rest)) {
		if (s->id != id)
			*s = (struct gt_h2_stream){.id = id, .line = line};
		s->bytes += number_after(p, end, " len=");
		s->ended |= ends;
	} else if (begins(p, n, "RST_STREAM", &rest)) {
		s->ended |= s->id == id;
	}
}

/* Level 2: what the framer of either side wrote. */
static void framer(struct gt_h2 *h, const char *p, const char *end, uint64_t line)
{
	const char *wrote = memmem(p, (size_t)(end - p), ": wrote ", 8), *rest;
	uint32_t id;

	h->framer = true;
	if (!wrote)
		return;
	wrote += 8;
	id = (uint32_t)number_after(wrote, end, " stream=");
	if (begins(wrote, (size_t)(end - wrote), "WINDOW_UPDATE", &rest) && id)
		h->stream[(id / 2) % GT_H2_STREAMS].updated = true;
	if (begins(wrote, (size_t)(end - wrote), "RST_STREAM", &rest) &&
	    memmem(wrote, (size_t)(end - wrote), "ErrCode=CANCEL", 14)) {
		h->client_cancels++;
		h->cancel_line = h->cancel_line ? h->cancel_line : line;
		h->stream[(id / 2) % GT_H2_STREAMS].ended = true;
	}
	if (begins(wrote, (size_t)(end - wrote), "SETTINGS len", &rest) &&
	    memmem(wrote, (size_t)(end - wrote), "ENABLE_PUSH=0", 13))
		h->window = number_after(wrote, end, "INITIAL_WINDOW_SIZE=");
}

static void server_frame(struct gt_h2 *h, const char *p, const char *end, uint64_t line)
{
	const char *rest;
	size_t n = (size_t)(end - p);

	if (begins(p, n, "RST_STREAM", &rest) && memmem(p, n, "ErrCode=CANCEL", 14)) {
		h->cancels++;
		h->cancel_line = h->cancel_line ? h->cancel_line : line;
	}
	if (begins(p, n, "SETTINGS len", &rest) && memmem(p, n, "ENABLE_PUSH=0", 13))
		h->window = number_after(p, end, "INITIAL_WINDOW_SIZE=");
}

static void count_secrets(struct gt_h2 *h, const char *p, const char *end)
{
	size_t n = (size_t)(end - p);

	h->header_values += memmem(p, n, "\" = \"", 5) != NULL;
	h->bodies += memmem(p, n, " data=\"", 7) != NULL || memmem(p, n, " Debug=\"", 8) != NULL;
}

/* "2026/11/28 18:52:29 " at the end of what stands before: seconds on a clock of whatever zone. */
static int64_t clock_before(const char *p, size_t n)
{
	static const char form[] = "0000/00/00 00:00:00";
	static const int month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	int64_t f[6] = {0};
	unsigned k = 0;

	if (n < 20 || p[n - 1] != ' ')
		return 0;
	p += n - 20;
	for (unsigned i = 0; i < sizeof(form) - 1; i++) {
		bool digit = p[i] >= '0' && p[i] <= '9';

		if (digit != (form[i] == '0') || (!digit && p[i] != form[i]))
			return 0;
		if (digit)
			f[k] = f[k] * 10 + (p[i] - '0');
		else
			k++;
	}
	if (f[1] < 1 || f[1] > 12 || f[0] < 1970)
		return 0;
	return (((f[0] - 1970) * 365 + (f[0] - 1969) / 4 + month[f[1] - 1] +
		 (f[1] > 2 && f[0] % 4 == 0) + f[2] - 1) *
			24 +
		f[3]) * 3600 +
	       f[4] * 60 + f[5];
}

static void transport(struct gt_h2 *h, const char *p, const char *end, uint64_t line)
{
	const char *rest;
	size_t n = (size_t)(end - p);

	if (begins(p, n, "creating client conn ", &rest)) {
		conn_opened(h, rest, end, line);
	} else if (begins(p, n, "closing idle conn ", &rest) ||
		   begins(p, n, "readFrame error on conn ", &rest)) {
		conn_closed(h, rest, end);
	} else if (begins(p, n, "received ", &rest)) {
		client_frame(h, rest, end, line);
	} else if (begins(p, n, "encoding header \":method\"", &rest)) {
		h->requests++;
		h->request_line = h->request_line ? h->request_line : line;
	}
}

void gt_h2_add(struct gt_h2 *h, const char *before, size_t n_before, const char *p, size_t n,
	       uint64_t line)
{
	const char *end = p + n, *rest;
	int64_t at = clock_before(before, n_before);

	h->lines++;
	h->first_line = h->first_line ? h->first_line : line;
	h->last_line = line;
	if (at > 0) {
		h->first_s = h->first_s ? h->first_s : at;
		h->last_s = at;
	}
	count_secrets(h, p, end);
	if (begins(p, n, "Transport ", &rest)) {
		transport(h, rest, end, line);
	} else if (begins(p, n, "server read frame ", &rest)) {
		server_frame(h, rest, end, line);
	} else if (begins(p, n, "Framer ", &rest)) {
		framer(h, rest, end, line);
	} else if (begins(p, n, "server: client ", &rest)) {
		h->server_conns++;
		h->server_line = h->server_line ? h->server_line : line;
	}
}
