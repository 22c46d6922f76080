/*
 * Mostly zero buffers through a socket: what arrives is what was sent, whatever the pattern; and
 * every wait ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "sandbox/wire.h"

#define LEN_MAX (3u << 20)

static char out[LEN_MAX], in[LEN_MAX];
static const struct gt_wire_shape anything;

struct header {
	uint32_t mark;
	struct gt_wire_map map;
};

/* Sends LEN bytes of OUT from a child and reads them here. */
static void round_trip(const char *name, size_t len)
{
	struct header h = {0};
	int pair[2], status = -1;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		h.mark = 0x600d;
		gt_wire_map(out, len, &anything, &h.map);
		_exit(gt_wire_send(pair[1], &h, sizeof(h), -1, &h.map, out, len, 0) == 0 ? 0 : 1);
	}
	close(pair[1]);
	memset(in, 0, sizeof(in));
	assert_int_equal(gt_wire_read(pair[0], &h, sizeof(h), gt_now_ms() + 10000), 0);
	assert_int_equal(h.mark, 0x600d);
	assert_int_equal(gt_wire_read_blocks(pair[0], &h.map, in, len, gt_now_ms() + 10000), 0);
	if (memcmp(in, out, len) != 0)
		fail_msg("%s: another content", name);
	/* Nothing is left on the way: the map named every byte that was sent. */
	assert_int_equal(gt_wire_read(pair[0], &h, 1, gt_now_ms() + 10000), -EPIPE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(pair[0]);
}

static void test_wire_patterns(void **state)
{
	static const struct {
		const char *name;
		size_t len, first, step; /* a byte at FIRST, FIRST + STEP, ... */
	} rows[] = {
		{"empty", 0, 0, 1},
		{"one byte", 1, 0, 1},
		{"all zero", 50000, 50000, 1},
		{"all set", 50000, 0, 1},
		{"the last byte", 50000, 49999, 1},
		{"every other block", 200 * 1024, 0, 2048},
		{"every third block, not from the start", 900 * 1024 + 17, 1500, 3072},
		{"just as many pieces as fit", 24 * 2048, 0, 2048},
		{"one piece more", 25 * 2048, 0, 2048},
		{"the last block holds the rest", LEN_MAX, LEN_MAX - 1, 1},
		{"every block of more than a map", LEN_MAX, 5, 1024},
		{"one byte after the map's first end", LEN_MAX, 1024 * 1024 + 1, LEN_MAX},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		memset(out, 0, sizeof(out));
		for (size_t at = rows[i].first; at < rows[i].len; at += rows[i].step)
			out[at] = (char)(1 + at % 200);
		round_trip(rows[i].name, rows[i].len);
	}
}

struct sample {
	char first[2940];
	uint32_t used;
	char list[50][400];
	char last[700];
};
static const struct gt_wire_array in_sample[] = {GT_WIRE_ARRAY(struct sample, used, list)};
static const struct gt_wire_shape sample_shape = {in_sample, GT_ARRAY_LEN(in_sample)};

/* Every byte of it is set. What is named is what is not all behind the array's used elements. */
static void test_wire_unused_elements(void **state)
{
	static const struct {
		const char *name;
		uint32_t used;
		size_t len;
		bool named[25]; /* of the blocks of 1 KiB */
	} rows[] = {
		/* The list begins within block 2, its ninth element where block 6 does; it ends
		   within block 22. */
		{"none is used", 0, sizeof(struct sample), {1, 1, 1, [22] = 1, [23] = 1}},
		{"one is used", 1, sizeof(struct sample), {1, 1, 1, 1, [22] = 1, [23] = 1}},
		{"up to a block's first byte",
		 8,
		 sizeof(struct sample),
		 {1, 1, 1, 1, 1, 1, [22] = 1, [23] = 1}},
		{"and one more",
		 9,
		 sizeof(struct sample),
		 {1, 1, 1, 1, 1, 1, 1, [22] = 1, [23] = 1}},
		{"all but the last", 49, sizeof(struct sample), {1, 1, 1, 1, 1, 1, 1, 1,
								 1, 1, 1, 1, 1, 1, 1, 1,
								 1, 1, 1, 1, 1, 1, 1, 1}},
		{"more than there are", 51, sizeof(struct sample), {1, 1, 1, 1, 1, 1, 1, 1,
								    1, 1, 1, 1, 1, 1, 1, 1,
								    1, 1, 1, 1, 1, 1, 1, 1}},
		{"as many as can be counted",
		 UINT32_MAX,
		 sizeof(struct sample),
		 {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"an array that is cut off", 0, 6 * 1024, {1, 1, 1, 1, 1, 1}},
		{"the count, too", 0, 2 * 1024, {1, 1}},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct gt_wire_map map;

		memset(out, 'x', sizeof(struct sample));
		memcpy(out + offsetof(struct sample, used), &rows[i].used, sizeof(rows[i].used));
		gt_wire_map(out, rows[i].len, &sample_shape, &map);
		for (size_t b = 0; b < GT_ARRAY_LEN(rows[i].named); b++) {
			if ((map.bit[b / 8] >> (b % 8) & 1) != rows[i].named[b])
				fail_msg("%s: block %zu", rows[i].name, b);
		}
	}
}

/* The pages of unused elements need not be there: here they would be fatal. */
static void test_wire_unused_pages_are_not_touched(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len = 16 * page;
	const struct gt_wire_array array = {0, page, 1, 15 * page};
	const struct gt_wire_shape shape = {&array, 1};
	uint32_t used = 100;
	struct gt_wire_map map;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(p != MAP_FAILED);
	memcpy(p, &used, sizeof(used));
	assert_int_equal(mprotect(p + 2 * page, len - 2 * page, PROT_NONE), 0);
	gt_wire_map(p, len, &shape, &map);
	assert_int_equal(map.bit[0], 1);
	assert_int_equal(munmap(p, len), 0);
}

/* A map that is not ours must not write past the message. */
static void test_wire_send_refuses_a_foreign_map(void **state)
{
	struct header h = {0};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	memset(&h.map, 0x55, sizeof(h.map));
	assert_int_equal(gt_wire_send(pair[0], &h, sizeof(h), -1, &h.map, out, 200 * 1024,
				      gt_now_ms() + 1000),
			 -EBADMSG);
	close(pair[0]);
	close(pair[1]);
}

static void test_wire_waits_are_bounded(void **state)
{
	struct header h = {0};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(gt_wire_read(pair[0], &h, sizeof(h), gt_now_ms() + 20), -ETIMEDOUT);
	memset(out, 1, sizeof(out)); /* more than the socket holds, and nobody reads */
	gt_wire_map(out, sizeof(out), &anything, &h.map);
	assert_int_equal(gt_wire_send(pair[0], &h, sizeof(h), -1, &h.map, out, sizeof(out),
				      gt_now_ms() + 20),
			 -ETIMEDOUT);
	close(pair[1]);
	assert_int_equal(gt_wire_send(pair[0], &h, sizeof(h), -1, &h.map, out, sizeof(out),
				      gt_now_ms() + 1000),
			 -EPIPE);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire_patterns),
		cmocka_unit_test(test_wire_unused_elements),
		cmocka_unit_test(test_wire_unused_pages_are_not_touched),
		cmocka_unit_test(test_wire_send_refuses_a_foreign_map),
		cmocka_unit_test(test_wire_waits_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
