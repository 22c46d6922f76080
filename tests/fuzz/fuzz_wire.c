/*
 * The worker's wire. What is sent arrives: N blocks of zeros but for the bytes that follow, each
 * with its place; what is unused of an array may be missing, and nothing else. And of a peer that
 * sends what it likes, no more is taken than fits.
 */
#include <sys/socket.h>

#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"
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

/* May byte I of OUT be left out? */
static bool is_unused(const char *out, size_t len, const struct gt_wire_array *a, size_t i)
{
	uint32_t count;

	if (a->count_at + sizeof(count) > len || a->at + a->each * a->max > len)
		return false;
	memcpy(&count, out + a->count_at, sizeof(count));
	return count < a->max && i >= a->at + a->each * count && i < a->at + a->each * a->max;
}

static void round_trip(struct fuzz_in *in, size_t len)
{
	static char out[LEN_MAX], back[LEN_MAX];
	int64_t deadline = gt_now_ms() + 5000;
	const struct gt_wire_array array = {fuzz_u16(in), fuzz_u16(in), fuzz_byte(in),
					    fuzz_u16(in)};
	const struct gt_wire_shape shape = {&array, array.max > 0};
	struct gt_wire_map map, got;
	int sock[2];
	char end;

	memset(out, 0, len);
	memset(back, 0, len);
	while (in->n > 2 && len > 0) {
		size_t at = (size_t)fuzz_byte(in) << 8;

		at |= fuzz_byte(in);
		out[at % len] = (char)fuzz_byte(in);
	}
	gt_wire_map(out, len, &shape, &map);
	pair(sock);
	HOLDS(gt_wire_send(sock[0], &map, sizeof(map), -1, &map, out, len, deadline) == 0);
	close(sock[0]);
	HOLDS(gt_wire_read(sock[1], &got, sizeof(got), deadline) == 0);
	HOLDS(memcmp(&got, &map, sizeof(map)) == 0);
	HOLDS(gt_wire_read_blocks(sock[1], &got, back, len, deadline) == 0);
	for (size_t i = 0; i < len; i++)
		HOLDS(back[i] == out[i] || (back[i] == 0 && is_unused(out, len, &array, i)));
	HOLDS(gt_wire_read(sock[1], &end, 1, deadline) == -EPIPE); /* all of it was taken */
	close(sock[1]);
}

/* Nobody reads, and the map is the input's: it ends in time, and sends only what there is. */
static void stalled(struct fuzz_in *in, size_t len)
{
	char *out = calloc(1, len ? len : 1), byte;
	int sock[2], small = 1, r;
	struct gt_wire_map map = {0};

	HOLDS(out);
	memcpy(&map, in->p, in->n < sizeof(map) ? in->n : sizeof(map));
	pair(sock);
	HOLDS(setsockopt(sock[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	HOLDS(gt_wire_read(sock[0], &byte, 1, gt_now_ms() + 1) == -ETIMEDOUT);
	r = gt_wire_send(sock[0], "hdr", 3, STDERR_FILENO, &map, out, len, gt_now_ms() + 1);
	HOLDS(r == 0 || r == -ETIMEDOUT || r == -EBADMSG);
	close(sock[1]);
	HOLDS(gt_wire_send(sock[0], "hdr", 3, -1, &map, out, 0, 0) == -EPIPE);
	close(sock[0]);
	free(out);
}

static void hostile(struct fuzz_in *in, size_t len, bool wait)
{
	int64_t deadline = wait ? gt_now_ms() + 5000 : 0;
	char *room = calloc(1, len ? len : 1);
	struct gt_wire_map map;
	int sock[2], r;

	HOLDS(room);
	pair(sock);
	HOLDS(send(sock[0], in->p, in->n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)in->n);
	close(sock[0]);
	r = gt_wire_read(sock[1], &map, sizeof(map), deadline);
	HOLDS(r == (in->n < sizeof(map) ? -EPIPE : 0));
	if (r == 0)
		r = gt_wire_read_blocks(sock[1], &map, room, len, deadline);
	HOLDS(r == 0 || r == -EPIPE);
	close(sock[1]);
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	unsigned how = fuzz_byte(&in);
	size_t len = (size_t)fuzz_byte(&in) << 8;

	len = (len | fuzz_byte(&in)) % (LEN_MAX + 1);
	if (how % 64 == 4)
		stalled(&in, len);
	else if (how & 1)
		hostile(&in, len, how & 2);
	else
		round_trip(&in, len);
	return 0;
}
