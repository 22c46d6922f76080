/*
 * Trunk frames and ttrpc headers. Effectful: reads and writes the socket.
 *
 * A frame is a conn and a length, four bytes each, and a piece of that conn's stream; ttrpc's
 * messages lie in the streams, each with a header of ten bytes, and may come in several frames.
 * Both headers have fixed sizes and are read here; what a message says is for the worker. Source:
 * containerd/nri pkg/net/multiplex/mux.go; containerd/ttrpc PROTOCOL.md.
 */
#include <poll.h>
#include <sys/socket.h>

#include "request.h"
#include "trunk.h"

#define TRUNK_HEADER 8u
#define TTRPC_HEADER 10u
#define FRAME_IN_MAX (GT_NRI_MESSAGE_MAX + TTRPC_HEADER)
#define SEND_MS	     2000
#define IDLE_MS	     1000

static uint32_t read_be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void write_be32(char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(unsigned char)(v >> (24 - 8 * i));
}

/* 1, 0: closed, or -errno: -EINTR too, so that a signal ends us. */
static int read_full(int fd, void *buf, size_t len)
{
	size_t n = 0;

	while (n < len) {
		ssize_t k = read(fd, (char *)buf + n, len - n);

		if (k < 0)
			return -errno;
		if (k == 0)
			return 0;
		n += (size_t)k;
	}
	return 1;
}

/* Room for LEN more bytes. */
static int grow(struct gt_nri_stream *s, size_t len)
{
	unsigned char *p;
	size_t cap;

	if (s->cap - s->n >= len)
		return 0;
	cap = s->n + len;
	p = realloc(s->p, cap);
	if (!p)
		return -ENOMEM;
	s->p = p;
	s->cap = cap;
	return 0;
}

/* A conn that we do not serve. */
static int skip(int fd, size_t len)
{
	char buf[4096];
	int r = 1;

	while (r > 0 && len > 0) {
		size_t n = len < sizeof(buf) ? len : sizeof(buf);

		r = read_full(fd, buf, n);
		len -= n;
	}
	return r;
}

/* Between two frames the runtime may be silent for as long as nobody creates a container. */
static void wait_for_frame(const struct gt_nri_trunk *t)
{
	struct pollfd w = {.fd = t->fd, .events = POLLIN};

	while (t->idle && poll(&w, 1, IDLE_MS) == 0)
		t->idle(t->idle_ctx);
}

static int read_frame(struct gt_nri_trunk *t, struct gt_err *e)
{
	unsigned char header[TRUNK_HEADER];
	struct gt_nri_stream *s;
	uint32_t conn, len;
	int r;

	wait_for_frame(t);
	r = read_full(t->fd, header, sizeof(header));
	if (r <= 0)
		return r;
	conn = read_be32(header);
	len = read_be32(header + 4);
	if (len > FRAME_IN_MAX)
		return gt_err_set(e, -EPROTO, "the runtime sent a frame of %u bytes", len);
	if (conn != GT_NRI_CONN_PLUGIN && conn != GT_NRI_CONN_RUNTIME)
		return skip(t->fd, len);
	s = &t->in[conn - 1];
	r = grow(s, len);
	if (r < 0)
		return gt_err_set(e, r, "out of memory");
	r = read_full(t->fd, s->p + s->n, len);
	if (r > 0)
		s->n += len;
	return r;
}

/* 1 when the stream of CONN begins with a whole message. */
static int take_message(struct gt_nri_trunk *t, unsigned conn, struct gt_nri_message *ret,
			struct gt_err *e)
{
	const struct gt_nri_stream *s = &t->in[conn - 1];
	uint32_t len;

	if (s->n < TTRPC_HEADER)
		return 0;
	len = read_be32(s->p);
	if (len > GT_NRI_MESSAGE_MAX)
		return gt_err_set(e, -EPROTO, "the runtime sent a message of %u bytes", len);
	if (s->n - TTRPC_HEADER < len)
		return 0;
	*ret = (struct gt_nri_message){.conn = (enum gt_nri_conn)conn,
				       .stream = read_be32(s->p + 4),
				       .type = s->p[8],
				       .p = s->p + TTRPC_HEADER,
				       .len = len};
	t->taken = TTRPC_HEADER + (size_t)len;
	t->taken_from = conn - 1;
	return 1;
}

/* Most messages are small: what a large one has taken is given back. */
static void drop_taken(struct gt_nri_trunk *t)
{
	struct gt_nri_stream *s = &t->in[t->taken_from];

	if (t->taken == 0)
		return;
	s->n -= t->taken;
	memmove(s->p, s->p + t->taken, s->n);
	t->taken = 0;
	if (s->n == 0) {
		free(GT_TAKE_PTR(s->p));
		s->cap = 0;
	}
}

int gt_nri_trunk_next(struct gt_nri_trunk *t, struct gt_nri_message *ret, struct gt_err *e)
{
	int r = 1;

	drop_taken(t);
	while (r > 0) {
		for (unsigned conn = GT_NRI_CONN_PLUGIN; conn <= GT_NRI_CONN_RUNTIME; conn++) {
			r = take_message(t, conn, ret, e);
			if (r != 0)
				return r;
		}
		r = read_frame(t, e);
	}
	if (r < 0 && r != -EPROTO && r != -ENOMEM && r != -EINTR)
		(void)gt_err_sys(e, r, "cannot read from the runtime");
	return r;
}

/* Writes all, within SEND_MS. */
static int send_all(int fd, const char *p, size_t len)
{
	int64_t until = gt_now_ms() + SEND_MS;

	while (len > 0) {
		struct pollfd w = {.fd = fd, .events = POLLOUT};
		int64_t left = until - gt_now_ms();
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (left <= 0)
			return -ETIMEDOUT;
		(void)poll(&w, 1, (int)left); /* send tells what is wrong */
	}
	return 0;
}

/* Cuts the message into frames: the other side reads them by a buffer of that size. */
static void add_frames(struct gt_buf *out, enum gt_nri_conn conn, const struct gt_buf *message)
{
	for (size_t at = 0; at < message->len;) {
		size_t left = message->len - at;
		size_t n = left < GT_NRI_FRAME_MAX ? left : GT_NRI_FRAME_MAX;
		char header[TRUNK_HEADER];

		write_be32(header, conn);
		write_be32(header + 4, (uint32_t)n);
		gt_buf_add(out, header, sizeof(header));
		gt_buf_add(out, message->p + at, n);
		at += n;
	}
}

int gt_nri_trunk_send(struct gt_nri_trunk *t, enum gt_nri_conn conn, uint32_t stream,
		      enum gt_ttrpc_type type, const struct gt_buf *payload, struct gt_err *e)
{
	_cleanup_(gt_buf_done) struct gt_buf message = {0};
	_cleanup_(gt_buf_done) struct gt_buf out = {0};
	char header[TTRPC_HEADER] = {0};
	int r;

	write_be32(header, (uint32_t)payload->len);
	write_be32(header + 4, stream);
	header[8] = (char)type;
	gt_buf_add(&message, header, sizeof(header));
	if (payload->len > 0)
		gt_buf_add(&message, payload->p, payload->len);
	add_frames(&out, conn, &message);
	if (payload->error || message.error || out.error)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = send_all(t->fd, out.p, out.len);
	return r < 0 ? gt_err_sys(e, r, "cannot write to the runtime") : 0;
}

void gt_nri_trunk_done(struct gt_nri_trunk *t)
{
	for (unsigned i = 0; i < GT_ARRAY_LEN(t->in); i++)
		free(t->in[i].p);
	*t = (struct gt_nri_trunk){.fd = -1};
}
