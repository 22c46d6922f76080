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
#include "wire.h"

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

size_t gt_wire_used(const void *buf, size_t room, size_t arena)
{
	size_t begin = arena + sizeof(struct gt_arena);
	struct gt_arena a;

	if (arena == 0)
		return room;
	if (begin > room)
		return 0;
	memcpy(&a, (const char *)buf + arena, sizeof(a));
	return a.used <= room - begin ? begin + a.used : 0;
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

int gt_wire_send(int sock, const void *hdr, size_t hdr_len, int fd, const void *buf, size_t len,
		 int64_t deadline)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ctl = {0};
	/* sendmsg does not write through iov_base, whose type lacks the const */
	struct iovec v[2] = {{(void *)(uintptr_t)hdr, hdr_len}, {(void *)(uintptr_t)buf, len}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = len > 0 ? 2 : 1};

	if (fd >= 0)
		attach(&m, ctl.buf, sizeof(ctl.buf), fd);
	return send_message(sock, &m, deadline);
}
