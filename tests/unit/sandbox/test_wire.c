/*
 * Messages through a socket: what arrives is what was sent, an arena goes as far as it is used, and
 * every wait ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "sandbox/wire.h"

#define LEN_MAX (3u << 20)

static char out[LEN_MAX], in[LEN_MAX];

/* Sends LEN bytes of OUT from a child and reads them here. */
static void test_wire_round_trips(void **state)
{
	static const size_t rows[] = {0, 1, 50000, LEN_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7 % 251);
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		uint32_t mark = 0x600d;
		int pair[2], status = -1;
		pid_t pid;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(gt_wire_send(pair[1], &mark, sizeof(mark), -1, out, rows[i], 0) < 0);
		close(pair[1]);
		mark = 0;
		assert_int_equal(gt_wire_read(pair[0], &mark, sizeof(mark), gt_now_ms() + 10000),
				 0);
		assert_int_equal(mark, 0x600d);
		assert_int_equal(gt_wire_read(pair[0], in, rows[i], gt_now_ms() + 10000), 0);
		if (memcmp(in, out, rows[i]) != 0)
			fail_msg("%zu bytes: another content", rows[i]);
		/* Nothing is left on the way. */
		assert_int_equal(gt_wire_read(pair[0], &mark, 1, gt_now_ms() + 10000), -EPIPE);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		close(pair[0]);
	}
}

struct sample {
	char fixed[100];
	GT_ARENA(400) arena;
};

static void test_wire_used_rows(void **state)
{
	static const struct {
		const char *name;
		uint32_t used;
		size_t room, arena, want;
	} rows[] = {
#define AT offsetof(struct sample, arena)
		{"without an arena", 0, 500, 0, 500},
		{"nothing in use", 0, sizeof(struct sample), AT, AT + 8},
		{"some", 33, sizeof(struct sample), AT, AT + 8 + 33},
		{"all", 400, sizeof(struct sample), AT, AT + 8 + 400},
		{"more than there is", 401, sizeof(struct sample), AT, 0},
		{"as much as can be counted", UINT32_MAX, sizeof(struct sample), AT, 0},
		{"an arena that is cut off", 0, AT + 7, AT, 0},
		{"an arena alone", 0, AT + 8, AT, AT + 8},
	};
	static struct sample s;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		s.arena.a = (struct gt_arena){rows[i].used, sizeof(s.arena.room)};
		if (gt_wire_used(&s, rows[i].room, rows[i].arena) != rows[i].want)
			fail_msg("%s: %zu", rows[i].name,
				 gt_wire_used(&s, rows[i].room, rows[i].arena));
	}
}

static void test_wire_waits_are_bounded(void **state)
{
	char hdr[16] = "";
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(gt_wire_read(pair[0], hdr, sizeof(hdr), gt_now_ms() + 20), -ETIMEDOUT);
	/* More than the socket holds, and nobody reads. */
	assert_int_equal(
		gt_wire_send(pair[0], hdr, sizeof(hdr), -1, out, sizeof(out), gt_now_ms() + 20),
		-ETIMEDOUT);
	close(pair[1]);
	assert_int_equal(
		gt_wire_send(pair[0], hdr, sizeof(hdr), -1, out, sizeof(out), gt_now_ms() + 1000),
		-EPIPE);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire_round_trips),
		cmocka_unit_test(test_wire_used_rows),
		cmocka_unit_test(test_wire_waits_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
