/*
 * sandbox/worker.c: a worker that was taken over, and answers with the lengths that it likes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>

#include "gotune/base.h"
#include "gotune/sandbox.h"

struct answer { /* begins as those of sandbox/worker.c do */
	int32_t result;
	uint32_t len;
	struct gt_err err;
	struct sample {
		char fixed[64];
		GT_ARENA(128) arena;
	} sample;
};

/* A worker whose child sends the N first bytes of A, whatever it is asked. */
static struct gt_worker liar(const struct answer *a, size_t n, const struct gt_job *job)
{
	struct gt_worker w = {.left_ms = GT_WORKER_TOTAL_MS, .jobs = job, .n_jobs = 1};
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	w.pid = fork();
	assert_true(w.pid >= 0);
	if (w.pid == 0) {
		char ask[64];

		close(pair[0]);
		(void)!read(pair[1], ask, sizeof(ask));
		(void)!write(pair[1], a, n);
		_exit(0);
	}
	close(pair[1]);
	w.sock = pair[0];
	return w;
}

static void test_call_believes_no_length(void **state)
{
#define FIXED (offsetof(struct sample, arena) + sizeof(struct gt_arena))
	static const struct {
		const char *name;
		int32_t result;
		uint32_t len, used;
		int want;
	} rows[] = {
		{"nothing in the arena", 0, FIXED, 0, 0},
		{"some of it", 0, FIXED + 7, 7, 0},
		{"all of it", 0, FIXED + 128, 128, 0},
		{"less than the arena says", 0, FIXED, 7, -EPIPE},
		{"more than the arena says", 0, FIXED + 7, 0, -EPIPE},
		{"more than there is room for", 0, FIXED + 129, 129, -EPIPE},
		{"as much as can be counted", 0, UINT32_MAX, 0, -EPIPE},
		{"without its arena", 0, FIXED - 1, 0, -EPIPE},
		{"nothing", 0, 0, 0, -EPIPE},
		{"an error", -EINVAL, 0, 0, -EINVAL},
		{"an error, and more", -EINVAL, FIXED, 0, -EPIPE},
	};
	const struct gt_job job = {.ret_len = sizeof(struct sample),
				   .ret_arena = offsetof(struct sample, arena)};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct answer a = {.result = rows[i].result, .len = rows[i].len};
		struct sample got;
		struct gt_worker w;
		int r;

		a.sample.arena.a = (struct gt_arena){rows[i].used, sizeof(got.arena.room)};
		w = liar(&a, sizeof(a), &job);
		r = gt_worker_call(&w, 0, -1, NULL, 0, &got, 2000, NULL);
		if (r != rows[i].want || (r == -EPIPE) != (w.pid == 0))
			fail_msg("%s: %d", rows[i].name, r);
		gt_worker_done(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call_believes_no_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
