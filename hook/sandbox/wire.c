/*
 * What the worker and its parent say to each other, as bytes on a stream socket. Effectful; each
 * wait has a bound that the caller gives. Nothing that the other side sends sizes a buffer.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "wire.h"

#define RUNS_MAX 24 /* pieces of one message; more are joined, with what is between them */

/* Until SOCK is ready for EVENTS. 0 or -ETIMEDOUT; woken early is no error, the caller tries again.
 */
static int wait_for(int sock, short events, int64_t deadline)
{
	struct pollfd p = {.fd = sock, .events = events};
	int64_t left = deadline - gt_now_ms();

	return left <= 0 || poll(&p, 1, (int)left) == 0 ? -ETIMEDOUT : 0;
}

int gt_wire_read(int sock, void *buf, size_t len, int64_t deadline)
{
	int r = 0;

	for (size_t done = 0; r == 0 && done < len;) {
		ssize_t n = deadline ? recv(sock, (char *)buf + done, len - done, MSG_DONTWAIT)
				     : read(sock, (char *)buf + done, len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno == EAGAIN && deadline)
			r = wait_for(sock, POLLIN, deadline);
		else if (n == 0 || errno != EINTR)
			r = -EPIPE;
	}
	return r;
}

/* ---- mostly zero buffers ---- */

static size_t blocks_of(size_t len)
{
	size_t n = (len + GT_WIRE_BLOCK - 1) / GT_WIRE_BLOCK;

	return n < GT_WIRE_BLOCKS ? n : GT_WIRE_BLOCKS;
}

static size_t block_len(size_t i, size_t len)
{
	size_t left = len - i * GT_WIRE_BLOCK;

	return i == GT_WIRE_BLOCKS - 1 || left < GT_WIRE_BLOCK ? left : GT_WIRE_BLOCK;
}

static bool is_zero(const char *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

static bool has(const struct gt_wire_map *m, size_t i)
{
	return m->bit[i / 8] >> (i % 8) & 1;
}

static void set(struct gt_wire_map *m, size_t i)
{
	m->bit[i / 8] = (unsigned char)(m->bit[i / 8] | 1u << (i % 8));
}

/* Is block I of BUF all in the unused part of an array? */
static bool is_spare(const char *buf, size_t len, const struct gt_wire_shape *shape, size_t i)
{
	size_t begin = i * GT_WIRE_BLOCK, end = begin + block_len(i, len);

	for (unsigned k = 0; k < shape->n; k++) {
		const struct gt_wire_array *a = &shape->array[k];
		size_t array_end = a->at + a->each * a->max;
		uint32_t count;

		if (begin < a->at || end > array_end || array_end > len ||
		    a->count_at + sizeof(count) > len)
			continue;
		memcpy(&count, buf + a->count_at, sizeof(count));
		return count < a->max && begin >= a->at + a->each * count;
	}
	return false;
}

void gt_wire_map(const char *buf, size_t len, const struct gt_wire_shape *shape,
		 struct gt_wire_map *map)
{
	size_t n = blocks_of(len), runs = 0, joined = n;

	*map = (struct gt_wire_map){0};
	for (size_t i = 0; i < n; i++) {
		if (is_spare(buf, len, shape, i) ||
		    is_zero(buf + i * GT_WIRE_BLOCK, block_len(i, len)))
			continue;
		runs += i == 0 || !has(map, i - 1);
		if (runs == RUNS_MAX && joined == n)
			joined = i;
		set(map, i);
		for (size_t j = joined; j < i; j++) /* too many pieces: the last one has no gaps */
			set(map, j);
	}
}

/* The bytes of the run of blocks that starts at I; *ret_next: where to look for the next one. */
static size_t run_at(const struct gt_wire_map *m, size_t i, size_t len, size_t *ret_next)
{
	size_t n = 0;

	for (; i < blocks_of(len) && has(m, i); i++)
		n += block_len(i, len);
	*ret_next = i + (n == 0);
	return n;
}

int gt_wire_read_blocks(int sock, const struct gt_wire_map *map, char *buf, size_t len,
			int64_t deadline)
{
	int r = 0;

	for (size_t i = 0, next; r == 0 && i < blocks_of(len); i = next) {
		size_t n = run_at(map, i, len, &next);

		if (n > 0)
			r = gt_wire_read(sock, buf + i * GT_WIRE_BLOCK, n, deadline);
	}
	return r;
}

/* ---- sending ---- */

static void attach(struct msghdr *m, void *ctl, size_t cap, int fd)
{
	struct cmsghdr *c;

	m->msg_control = ctl;
	m->msg_controllen = cap;
	c = CMSG_FIRSTHDR(m);
	if (!c)
		return; /* CAP is that of one descriptor */
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
}

/* Takes SENT bytes off the front of the message; the descriptor went with the first of them. */
static void advance(struct msghdr *m, size_t sent)
{
	m->msg_control = NULL;
	m->msg_controllen = 0;
	while (m->msg_iovlen > 0 && sent >= m->msg_iov->iov_len) {
		sent -= m->msg_iov->iov_len;
		m->msg_iov++;
		m->msg_iovlen--;
	}
	if (m->msg_iovlen > 0) {
		m->msg_iov->iov_base = (char *)m->msg_iov->iov_base + sent;
		m->msg_iov->iov_len -= sent;
	}
}

static int send_message(int sock, struct msghdr *m, int64_t deadline)
{
	int flags = MSG_NOSIGNAL | (deadline ? MSG_DONTWAIT : 0), r = 0;

	while (r == 0 && m->msg_iovlen > 0) {
		ssize_t n = sendmsg(sock, m, flags);

		if (n > 0)
			advance(m, (size_t)n);
		else if (n < 0 && errno == EAGAIN && deadline)
			r = wait_for(sock, POLLOUT, deadline);
		else if (n == 0 || errno != EINTR)
			r = -EPIPE;
		if (r == 0 && deadline && gt_now_ms() >= deadline)
			r = -ETIMEDOUT; /* it reads, but too slowly */
	}
	return r;
}

int gt_wire_send(int sock, const void *hdr, size_t hdr_len, int fd, const struct gt_wire_map *map,
		 const char *buf, size_t len, int64_t deadline)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ctl = {0};
	/* sendmsg does not write through iov_base, whose type lacks the const */
	struct iovec v[1 + RUNS_MAX] = {{(void *)(uintptr_t)hdr, hdr_len}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 1};

	for (size_t i = 0, next; i < blocks_of(len); i = next) {
		size_t n = run_at(map, i, len, &next);

		if (n == 0)
			continue;
		if (m.msg_iovlen == GT_ARRAY_LEN(v))
			return -EBADMSG; /* no map of ours */
		v[m.msg_iovlen++] = (struct iovec){(void *)(uintptr_t)(buf + i * GT_WIRE_BLOCK), n};
	}
	if (fd >= 0)
		attach(&m, ctl.buf, sizeof(ctl.buf), fd);
	return send_message(sock, &m, deadline);
}
