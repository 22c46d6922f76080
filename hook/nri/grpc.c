/*
 * Just as much HTTP/2 as one unary call needs: prior knowledge, one stream, headers without
 * compression, and none of the server's headers decoded. Effectful: a socket.
 * Source: RFC 9113 (frames), RFC 7541 6.2.2 (literal headers), grpc/doc/PROTOCOL-HTTP2.md.
 */
#include <poll.h>
#include <sys/socket.h>

#include "connect.h"
#include "grpc.h"

enum frame {
	DATA = 0,
	HEADERS = 1,
	RST_STREAM = 3,
	SETTINGS = 4,
	PING = 6,
	GOAWAY = 7,
	WINDOW = 8
};
enum flag { ACK = 1, END_STREAM = 1, END_HEADERS = 4, PADDED = 8 };

#define HEADER_LEN 9u
#define FRAME_MAX  16384u /* SETTINGS_MAX_FRAME_SIZE unless we say otherwise */
#define PREFIX_LEN 5u	  /* of a gRPC message: compressed?, length */
#define FRAMES_MAX 4096	  /* that a server may send: more is none that answers us */

static void add_frame(struct gt_buf *b, enum frame type, int flags, uint32_t stream,
		      const struct gt_buf *payload)
{
	size_t n = payload ? payload->len : 0;
	const char h[HEADER_LEN] = {(char)(n >> 16),	  (char)(n >> 8),      (char)n,
				    (char)type,		  (char)flags,	       (char)(stream >> 24),
				    (char)(stream >> 16), (char)(stream >> 8), (char)stream};

	gt_buf_add(b, h, sizeof(h));
	if (n > 0)
		gt_buf_add(b, payload->p, n);
}

/* A text of up to 126 bytes: its length is one byte, and no Huffman code. */
static void add_text(struct gt_buf *b, const char *s)
{
	size_t n = strnlen(s, 126);
	const char len = (char)n;

	gt_buf_add(b, &len, 1);
	gt_buf_add(b, s, n);
}

/* Literal, never indexed by the server; by its place in the static table, or by its name. */
static void add_header(struct gt_buf *b, char place, const char *name, const char *value)
{
	gt_buf_add(b, &place, 1);
	if (name)
		add_text(b, name);
	add_text(b, value);
}

static void add_request(struct gt_buf *out, const struct gt_grpc_call *c)
{
	_cleanup_(gt_buf_done) struct gt_buf headers = {0};
	_cleanup_(gt_buf_done) struct gt_buf data = {0};
	size_t n = c->message->len;
	const char prefix[PREFIX_LEN] = {0, (char)(n >> 24), (char)(n >> 16), (char)(n >> 8),
					 (char)n};

	gt_buf_str(out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	add_frame(out, SETTINGS, 0, 0, NULL);
	gt_buf_add(&headers, "\x83\x86", 2);	       /* :method POST, :scheme http */
	add_header(&headers, 0x04, NULL, c->path);     /* :path */
	add_header(&headers, 0x01, NULL, "localhost"); /* :authority */
	gt_buf_add(&headers, "\x0f\x10", 2);	       /* content-type, 31 in the table */
	add_text(&headers, "application/grpc");
	add_header(&headers, 0, "te", "trailers");
	if (c->namespace)
		add_header(&headers, 0, "containerd-namespace", c->namespace);
	add_frame(out, HEADERS, END_HEADERS, 1, &headers);
	gt_buf_add(&data, prefix, sizeof(prefix));
	gt_buf_add(&data, c->message->p, n);
	add_frame(out, DATA, END_STREAM, 1, &data);
	if (headers.error || data.error)
		out->error = -ENOMEM;
}

/* Waits until the socket can be written or read. */
static int await(int fd, short events, int64_t until)
{
	struct pollfd w = {.fd = fd, .events = events};
	int64_t left = until - gt_now_ms();
	int r = left > 0 ? poll(&w, 1, (int)left) : 0;

	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	return r == 0 ? -ETIMEDOUT : 0;
}

static int send_all(int fd, const struct gt_buf *b, int64_t until)
{
	size_t at = 0;

	while (at < b->len) {
		ssize_t n = send(fd, b->p + at, b->len - at, MSG_NOSIGNAL | MSG_DONTWAIT);
		int r = 0;

		if (n >= 0)
			at += (size_t)n;
		else if (errno == EAGAIN)
			r = await(fd, POLLOUT, until);
		else if (errno != EINTR)
			r = -errno;
		if (r < 0)
			return r;
	}
	return 0;
}

static int recv_all(int fd, void *buf, size_t len, int64_t until)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = recv(fd, (char *)buf + at, len - at, MSG_DONTWAIT);
		int r = 0;

		if (n == 0)
			return -EPIPE;
		if (n > 0)
			at += (size_t)n;
		else if (errno == EAGAIN)
			r = await(fd, POLLIN, until);
		else if (errno != EINTR)
			r = -errno;
		if (r < 0)
			return r;
	}
	return 0;
}

struct reply {
	unsigned char type, flags;
	uint32_t stream;
	size_t len;
	unsigned char p[FRAME_MAX];
};

static int read_frame(int fd, struct reply *f, int64_t until)
{
	unsigned char h[HEADER_LEN];
	int r = recv_all(fd, h, sizeof(h), until);

	if (r < 0)
		return r;
	f->len = (size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2];
	f->type = h[3];
	f->flags = h[4];
	f->stream =
		(uint32_t)(h[5] & 0x7f) << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[7] << 8 | h[8];
	if (f->len > sizeof(f->p))
		return -EPROTO;
	return recv_all(fd, f->p, f->len, until);
}

/* What a server wants to hear of a frame, lest it waits. */
static int reply_to(int fd, const struct reply *f, int64_t until)
{
	_cleanup_(gt_buf_done) struct gt_buf out = {0};
	_cleanup_(gt_buf_done) struct gt_buf m = {0};

	if (f->type == SETTINGS && !(f->flags & ACK)) {
		add_frame(&out, SETTINGS, ACK, 0, NULL);
	} else if (f->type == PING && !(f->flags & ACK)) {
		gt_buf_add(&m, (const char *)f->p, f->len);
		add_frame(&out, PING, ACK, 0, &m);
	} else if (f->type == DATA && f->len > 0) {
		const char more[4] = {0, (char)(f->len >> 16), (char)(f->len >> 8), (char)f->len};

		gt_buf_add(&m, more, sizeof(more));
		add_frame(&out, WINDOW, 0, 0, &m);
		add_frame(&out, WINDOW, 0, 1, &m);
	}
	return out.error ? out.error : send_all(fd, &out, until);
}

/* Adds what a frame of DATA holds of the answer. */
static int take_data(const struct reply *f, size_t max, struct gt_buf *ret)
{
	size_t skip = f->flags & PADDED ? 1 : 0, pad = skip && f->len > 0 ? f->p[0] : 0;

	if (skip + pad > f->len)
		return -EPROTO;
	if (ret->len + f->len > max + PREFIX_LEN)
		return -EFBIG;
	gt_buf_add(ret, (const char *)f->p + skip, f->len - skip - pad);
	return ret->error;
}

/* 1: the answer is whole; 0: to go on. */
static int take_frame(int fd, const struct reply *f, size_t max, struct gt_buf *ret, int64_t until)
{
	int r = 0;

	if (f->type == GOAWAY || (f->type == RST_STREAM && f->stream == 1))
		return -EPIPE;
	if (f->type == DATA && f->stream == 1)
		r = take_data(f, max, ret);
	if ((f->type == DATA || f->type == HEADERS) && f->stream == 1 && f->flags & END_STREAM)
		return r < 0 ? r : 1;
	return r < 0 ? r : reply_to(fd, f, until);
}

static int receive(int fd, size_t max, struct gt_buf *ret, int64_t until)
{
	_cleanup_free_ struct reply *f = malloc(sizeof(*f));
	int r = f ? 0 : -ENOMEM;

	for (unsigned i = 0; r == 0 && i < FRAMES_MAX; i++) {
		r = read_frame(fd, f, until);
		if (r == 0)
			r = take_frame(fd, f, max, ret, until);
	}
	return r == 0 ? -EPROTO : r < 0 ? r : 0;
}

/* Cuts off the prefix, which must be true of what follows. */
static int unwrap(struct gt_buf *b)
{
	const unsigned char *p = (const unsigned char *)b->p;
	size_t len;

	if (b->len < PREFIX_LEN)
		return -ENODATA;
	len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
	if (p[0] != 0 || len != b->len - PREFIX_LEN)
		return -EPROTO;
	memmove(b->p, b->p + PREFIX_LEN, len);
	b->p[len] = '\0';
	b->len = len;
	return 0;
}

int gt_grpc_call(const struct gt_grpc_call *c, size_t max, struct gt_buf *ret, struct gt_err *e)
{
	_cleanup_(gt_buf_done) struct gt_buf out = {0};
	_cleanup_close_ int fd = gt_nri_connect(c->socket, SOCK_NONBLOCK);
	int r;

	if (fd < 0)
		return gt_err_sys(e, fd, "cannot connect to %s", c->socket);
	add_request(&out, c);
	r = out.error ? out.error : send_all(fd, &out, c->until_ms);
	if (r == 0)
		r = receive(fd, max, ret, c->until_ms);
	if (r == 0)
		r = unwrap(ret);
	if (r == -ENODATA)
		return gt_err_set(e, r, "%s: it refuses %s", c->socket, gt_basename(c->path));
	return r < 0 ? gt_err_sys(e, r, "%s: no answer to %s", c->socket, gt_basename(c->path)) : 0;
}
