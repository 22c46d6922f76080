/*
 * The worker's wire: what is sent arrives, an arena is sent as far as it says that it is in use,
 * and of a peer that sends what it likes no more is taken than fits.
 */
#include <sys/socket.h>

#include "fuzz.h"
#include "gotune/base.h"
#include "sandbox/wire.h"

#define LEN_MAX (60u << 10) /* fits a socket's buffer: nobody reads while we send */

static void pair(int ret[2])
{
	HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret) == 0);
}

static size_t fuzz_u16(struct fuzz_in *in)
{
	size_t high = (size_t)fuzz_byte(in) << 8;

	return high | fuzz_byte(in);
}

static void round_trip(struct fuzz_in *in, size_t len)
{
	static char out[LEN_MAX], back[LEN_MAX];
	int64_t deadline = gt_now_ms() + 5000;
	size_t arena = fuzz_u16(in), used;
	int sock[2];
	char end;

	memset(out, 0, len);
	while (in->n > 2 && len > 0) {
		size_t at = fuzz_u16(in);

		out[at % len] = (char)fuzz_byte(in);
	}
	used = gt_wire_used(out, len, arena);
	HOLDS(used <= len && (arena > 0 || used == len));
	HOLDS(used == 0 || arena == 0 || used >= arena + sizeof(struct gt_arena));
	pair(sock);
	HOLDS(gt_wire_send(sock[0], &used, sizeof(used), -1, out, used, deadline) == 0);
	close(sock[0]);
	memset(back, 0, len);
	HOLDS(gt_wire_read(sock[1], &used, sizeof(used), deadline) == 0);
	HOLDS(gt_wire_read(sock[1], back, used, deadline) == 0);
	HOLDS(memcmp(back, out, used) == 0);
	HOLDS(used == 0 || gt_wire_used(back, len, arena) == used);
	HOLDS(gt_wire_read(sock[1], &end, 1, deadline) == -EPIPE); /* all of it was taken */
	close(sock[1]);
}

/* Nobody reads: it ends in time. */
static void stalled(size_t len)
{
	char *out = calloc(1, len ? len : 1), byte;
	int sock[2], small = 1, r;

	HOLDS(out);
	pair(sock);
	HOLDS(setsockopt(sock[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	HOLDS(gt_wire_read(sock[0], &byte, 1, gt_now_ms() + 1) == -ETIMEDOUT);
	r = gt_wire_send(sock[0], "hdr", 3, STDERR_FILENO, out, len, gt_now_ms() + 1);
	HOLDS(r == 0 || r == -ETIMEDOUT);
	close(sock[1]);
	HOLDS(gt_wire_send(sock[0], "hdr", 3, -1, out, 0, 0) == -EPIPE);
	close(sock[0]);
	free(out);
}

static void hostile(struct fuzz_in *in, size_t len, bool wait)
{
	int64_t deadline = wait ? gt_now_ms() + 5000 : 0;
	char *room = calloc(1, len ? len : 1);
	size_t n = in->n;
	int sock[2], r;

	HOLDS(room);
	pair(sock);
	HOLDS(send(sock[0], in->p, in->n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)in->n);
	close(sock[0]);
	r = gt_wire_read(sock[1], room, len, deadline);
	HOLDS(r == (n < len ? -EPIPE : 0));
	HOLDS(gt_wire_used(room, len, len / 2) <= len);
	close(sock[1]);
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	unsigned how = fuzz_byte(&in);
	size_t len = fuzz_u16(&in) % (LEN_MAX + 1);

	if (how % 64 == 4)
		stalled(len);
	else if (how & 1)
		hostile(&in, len, how & 2);
	else
		round_trip(&in, len);
	return 0;
}
