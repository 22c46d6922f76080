/* The plugin against a runtime of the test's own, over a socketpair: a hostile one, too. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "gotune/nri.h"
#include "gotune/sandbox.h"
#include "messages.h"
#include "nri/trunk.h"

#define WAIT_MS 10000

/* ---- the plugin, in a child ---- */

static unsigned add_big(void *ctx, const struct gt_nri_peer *peer, const struct gt_typed *t,
			struct gt_nri_variable ret[GT_VAR_COUNT])
{
	(void)ctx, (void)peer, (void)t;
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		strcpy(ret[i].name, gt_var_name[i]);
		memset(ret[i].value, 'x', sizeof(ret[i].value) - 1);
	}
	return GT_VAR_COUNT;
}

static unsigned add_none(void *ctx, const struct gt_nri_peer *peer, const struct gt_typed *t,
			 struct gt_nri_variable ret[GT_VAR_COUNT])
{
	(void)ctx, (void)peer, (void)t, (void)ret;
	return 0;
}

/* What the plugin was told goes to the test as text. */
static void on_synchronized(void *ctx, const struct gt_nri_peer *peer, unsigned n)
{
	dprintf(*(int *)ctx, "synchronized %s %s %u\n", peer->runtime, peer->nri, n);
}

static void on_event(void *ctx, const struct gt_nri_peer *peer, enum gt_nri_event event,
		     const struct gt_typed *t)
{
	(void)peer;
	dprintf(*(int *)ctx, "event %d %s %d\n", (int)event, t->id, (int)t->pid);
}

static void on_look(void *ctx)
{
	dprintf(*(int *)ctx, "look\n");
}

struct plugin {
	int fd, told;
	pid_t pid;
	struct gt_nri_trunk trunk;
};

static struct plugin start_with(bool big, void (*look)(void *))
{
	struct plugin p;
	int fds[2], told[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(pipe(told), 0);
	p.pid = fork();
	if (p.pid == 0) {
		const struct gt_nri_ops ops = {on_synchronized, big ? add_big : add_none, on_event,
					       &told[1], look};
		struct gt_err e = {0};

		close(fds[0]);
		gt_log_init("test", GT_LOG_NONE, GT_LOG_ERROR);
		_exit(gt_nri_serve(fds[1], "gotune", "50", &ops, &e) == 0 ? 0 : 1);
	}
	close(fds[1]);
	close(told[1]);
	p.fd = fds[0];
	p.told = told[0];
	p.trunk = (struct gt_nri_trunk){.fd = fds[0]};
	return p;
}

static struct plugin start(bool big)
{
	return start_with(big, NULL);
}

/* Closes; the plugin must then end, with STATUS. */
static void stop(struct plugin *p, int want)
{
	int status = -1;

	close(p->fd);
	assert_int_equal(gt_reap_within(p->pid, WAIT_MS, &status), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
	close(p->told);
	gt_nri_trunk_done(&p->trunk);
}

static void expect_told(struct plugin *p, const char *want)
{
	char line[256] = "";
	struct pollfd w = {.fd = p->told, .events = POLLIN};

	assert_int_equal(poll(&w, 1, WAIT_MS), 1);
	for (size_t n = 0; n + 1 < sizeof(line) && !strchr(line, '\n'); n++)
		assert_int_equal(read(p->told, line + n, 1), 1);
	assert_string_equal(line, want);
}

static struct gt_nri_message next(struct plugin *p)
{
	struct gt_nri_message m = {0};
	struct pollfd w = {.fd = p->fd, .events = POLLIN};
	struct gt_err e = {0};

	assert_int_equal(poll(&w, 1, WAIT_MS), 1);
	assert_int_equal(gt_nri_trunk_next(&p->trunk, &m, &e), 1);
	return m;
}

static void send_call(struct plugin *p, uint32_t stream, const struct gt_buf *b)
{
	struct gt_err e = {0};

	assert_int_equal(
		gt_nri_trunk_send(&p->trunk, GT_NRI_CONN_PLUGIN, stream, GT_TTRPC_REQUEST, b, &e),
		0);
}

/* The answer's payload; its status must be none. */
static struct gt_pb answer(struct plugin *p, uint32_t stream)
{
	struct gt_nri_message m = next(p);
	struct gt_pb all = gt_pb_of(m.p, m.len), status = gt_pb_find(all, 1);

	assert_int_equal(m.conn, GT_NRI_CONN_PLUGIN);
	assert_int_equal(m.type, GT_TTRPC_RESPONSE);
	assert_int_equal(m.stream, stream);
	assert_int_equal(gt_pb_len(&status), 0);
	return gt_pb_find(all, 2);
}

static void expect_registration(struct plugin *p)
{
	struct gt_nri_message m = next(p);
	struct gt_pb all = gt_pb_of(m.p, m.len), what = gt_pb_find(all, 3);

	assert_int_equal(m.conn, GT_NRI_CONN_RUNTIME);
	assert_int_equal(m.type, GT_TTRPC_REQUEST);
	assert_true(gt_pb_is(gt_pb_find(all, 2), "RegisterPlugin"));
	assert_true(gt_pb_is(gt_pb_find(what, 1), "gotune"));
	assert_true(gt_pb_is(gt_pb_find(what, 2), "50"));
}

static void configure(struct plugin *p)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_buf m = {0};
	uint64_t events = 0;

	gt_pb_add_str(&m, 2, "containerd");
	gt_pb_add_str(&m, 6, "0.8");
	make_request(&b, "Configure", &m);
	send_call(p, 1, &b);
	assert_true(gt_pb_find_number(answer(p, 1), 2, &events));
	/* An older runtime refuses a plugin that asks for an event that it does not know. */
	assert_true(events != 0 && events <= 0x7ff);
}

static void call(struct plugin *p, uint32_t stream, const char *method, uint32_t field,
		 uint64_t event, uint64_t pid)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};

	make_call(&b, method, field, event, "one", pid);
	send_call(p, stream, &b);
}

/* ---- tests ---- */

static void test_the_usual_way(void **state)
{
	struct plugin p = start(false);
	struct gt_pb a;

	(void)state;
	expect_registration(&p);
	configure(&p); /* may come before the answer to the registration */
	assert_int_equal(gt_nri_trunk_send(&p.trunk, GT_NRI_CONN_RUNTIME, 1, GT_TTRPC_RESPONSE,
					   &(struct gt_buf){0}, NULL),
			 0);
	call(&p, 3, "CreateContainer", 2, 0, 0);
	a = answer(&p, 3);
	assert_int_equal(gt_pb_len(&a), 0);
	call(&p, 5, "StateChange", 3, GT_NRI_START, 42);
	a = answer(&p, 5);
	expect_told(&p, "event 6 one 42\n");
	call(&p, 7, "StartContainer", 2, 0, 43);
	a = answer(&p, 7);
	expect_told(&p, "event 6 one 43\n");
	stop(&p, 0);
}

/* Twice while the runtime is silent, and before each call. */
static void test_it_comes_by(void **state)
{
	struct plugin p = start_with(false, on_look);

	(void)state;
	expect_registration(&p);
	expect_told(&p, "look\n");
	expect_told(&p, "look\n");
	configure(&p);
	expect_told(&p, "look\n");
	call(&p, 3, "StateChange", 3, GT_NRI_START, 77);
	expect_told(&p, "look\n");
	expect_told(&p, "event 6 one 77\n");
	(void)answer(&p, 3);
	stop(&p, 0);
}

static void test_frames_are_at_most_4096_bytes(void **state)
{
	struct plugin p = start(true);
	unsigned char all[16384];
	size_t n = 0;

	(void)state;
	expect_registration(&p);
	configure(&p);
	/* Many calls at once: answers of 2 KiB each, none of which may make a frame larger. */
	for (uint32_t i = 0; i < 4; i++)
		call(&p, 3 + 2 * i, "CreateContainer", 2, 0, 0);
	while (n < 4 * 2100) {
		struct pollfd w = {.fd = p.fd, .events = POLLIN};
		ssize_t k;

		assert_int_equal(poll(&w, 1, WAIT_MS), 1);
		k = read(p.fd, all + n, sizeof(all) - n);
		assert_true(k > 0);
		n += (size_t)k;
		if (n > 4 * 2050)
			break;
	}
	for (size_t at = 0; at + 8 <= n;) {
		size_t len = (size_t)all[at + 4] << 24 | (size_t)all[at + 5] << 16 |
			     (size_t)all[at + 6] << 8 | all[at + 7];

		assert_in_range(len, 1, 4096);
		at += 8 + len;
	}
	stop(&p, 0);
}

static void test_a_large_message_is_cut(void **state)
{
	struct gt_nri_trunk out, in;
	struct gt_buf big = {0};
	struct gt_nri_message m;
	struct gt_err e = {0};
	unsigned char header[8];
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	out = (struct gt_nri_trunk){.fd = fds[0]};
	in = (struct gt_nri_trunk){.fd = fds[1]};
	for (unsigned i = 0; i < 9000; i++)
		gt_buf_add(&big, "y", 1);
	assert_int_equal(
		gt_nri_trunk_send(&out, GT_NRI_CONN_PLUGIN, 9, GT_TTRPC_RESPONSE, &big, &e), 0);
	assert_int_equal(recv(fds[1], header, 8, MSG_PEEK), 8);
	assert_true(header[4] == 0 && header[5] == 0 && header[6] == 0x10 && header[7] == 0);
	assert_int_equal(gt_nri_trunk_next(&in, &m, &e), 1);
	assert_int_equal(m.len, 9000);
	assert_int_equal(m.stream, 9);
	gt_buf_done(&big);
	gt_nri_trunk_done(&in);
	close(fds[0]);
	close(fds[1]);
}

static void test_two_thousand_containers_in_parts(void **state)
{
	struct plugin p = start(false);

	(void)state;
	expect_registration(&p);
	configure(&p);
	for (uint32_t part = 0; part < 4; part++) {
		_cleanup_(gt_buf_done) struct gt_buf b = {0};
		struct gt_buf m = {0};
		uint64_t more = 0;
		bool has;

		for (unsigned i = 0; i < 500; i++) {
			struct gt_buf c = {0};

			make_container(&c, "one", 1);
			add_message(&m, 2, &c);
		}
		if (part < 3)
			gt_pb_add_number(&m, 3, 1);
		make_request(&b, "Synchronize", &m);
		send_call(&p, 3 + 2 * part, &b);
		has = gt_pb_find_number(answer(&p, 3 + 2 * part), 2, &more);
		assert_true(part < 3 ? has && more == 1 : !has || more == 0);
	}
	expect_told(&p, "synchronized containerd 0.8 2000\n");
	stop(&p, 0);
}

/* Random bytes where a message should be: an answer with nothing, and the next call is heard. */
static void test_what_is_not_understood_is_answered_with_nothing(void **state)
{
	struct plugin p = start(true);
	uint64_t seed = 1;

	(void)state;
	expect_registration(&p);
	configure(&p);
	for (uint32_t i = 0; i < 40; i++) {
		_cleanup_(gt_buf_done) struct gt_buf b = {0};
		struct gt_nri_message m;
		struct gt_pb status;
		uint64_t code = 12;

		for (unsigned n = 0; n < 200; n++) {
			char c;

			seed = seed * 6364136223846793005u + 1442695040888963407u;
			c = (char)(seed >> 56);
			gt_buf_add(&b, &c, 1);
		}
		send_call(&p, 3 + 2 * i, &b);
		m = next(&p);
		assert_int_equal(m.stream, 3 + 2 * i);
		status = gt_pb_find(gt_pb_of(m.p, m.len), 1);
		if (gt_pb_len(&status) > 0)
			assert_true(gt_pb_find_number(status, 1, &code) && code == 12);
	}
	call(&p, 999, "UpdateContainer", 2, 0, 5);
	(void)answer(&p, 999);
	expect_told(&p, "event 8 one 5\n");
	stop(&p, 0);
}

static void test_a_call_that_we_do_not_know(void **state)
{
	struct plugin p = start(false);
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_buf m = {0};
	struct gt_nri_message a;
	uint64_t code = 0;

	(void)state;
	expect_registration(&p);
	make_request(&b, "PostStartContainer", &m);
	send_call(&p, 3, &b);
	a = next(&p);
	assert_true(gt_pb_find_number(gt_pb_find(gt_pb_of(a.p, a.len), 1), 1, &code));
	assert_int_equal(code, 12);
	stop(&p, 0);
}

static void test_refused(void **state)
{
	struct plugin p = start(false);
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_buf status = {0};
	struct gt_err e;

	(void)state;
	expect_registration(&p);
	gt_pb_add_number(&status, 1, 7);
	add_message(&b, 1, &status);
	assert_int_equal(
		gt_nri_trunk_send(&p.trunk, GT_NRI_CONN_RUNTIME, 1, GT_TTRPC_RESPONSE, &b, &e), 0);
	stop(&p, 1);
}

/* Headers that lie about lengths end the connection: nothing of such a size is ever reserved. */
static void test_hostile_headers(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		int status;
	} rows[] = {
		{"a frame of 4 GiB", "\0\0\0\1\xff\xff\xff\xff", 8, 1},
		{"a message of 4 GiB", "\0\0\0\1\0\0\0\x0a\xff\xff\xff\xff\0\0\0\1\1\0", 18, 1},
		{"a conn of nobody's", "\0\0\0\7\0\0\0\4abcd", 12, 0},
		{"half a frame", "\0\0\0\1\0\0\0\x0a\0\0", 10, 0},
		{"half a header", "\0\0\0", 3, 0},
		{"an empty frame", "\0\0\0\1\0\0\0\0", 8, 0},
		{"a type of nobody's", "\0\0\0\1\0\0\0\x0a\0\0\0\0\0\0\0\1\x09\0", 18, 0},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct plugin p = start(false);

		print_message("%s\n", rows[i].name);
		expect_registration(&p);
		assert_int_equal(send(p.fd, rows[i].bytes, rows[i].len, MSG_NOSIGNAL),
				 (ssize_t)rows[i].len);
		stop(&p, rows[i].status);
	}
}

/* A runtime that never reads: the plugin gives it up. */
static void test_a_runtime_that_does_not_read(void **state)
{
	struct plugin p = start(true);
	int status = -1;

	(void)state;
	expect_registration(&p);
	for (uint32_t i = 0; i < 100000; i++) {
		_cleanup_(gt_buf_done) struct gt_buf b = {0};
		struct gt_err e;
		struct gt_nri_trunk *t = &p.trunk;

		make_call(&b, "CreateContainer", 2, 0, "one", 0);
		if (gt_nri_trunk_send(t, GT_NRI_CONN_PLUGIN, 3, GT_TTRPC_REQUEST, &b, &e) < 0)
			break;
	}
	assert_int_equal(gt_reap_within(p.pid, 30000, &status), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	close(p.fd);
	close(p.told);
	gt_nri_trunk_done(&p.trunk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_usual_way),
		cmocka_unit_test(test_it_comes_by),
		cmocka_unit_test(test_frames_are_at_most_4096_bytes),
		cmocka_unit_test(test_a_large_message_is_cut),
		cmocka_unit_test(test_two_thousand_containers_in_parts),
		cmocka_unit_test(test_what_is_not_understood_is_answered_with_nothing),
		cmocka_unit_test(test_a_call_that_we_do_not_know),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_hostile_headers),
		cmocka_unit_test(test_a_runtime_that_does_not_read),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
