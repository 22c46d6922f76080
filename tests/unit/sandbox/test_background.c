/*
 * A child that may go on when its parent ends: what its parent is told and when, what it holds, and
 * who dies with whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "gotune/sandbox.h"

/* What a child does, and the pipe through which it tells of that. */
struct task {
	int result;
	bool releases, kills_itself, lingers;
	unsigned work_ms; /* after its word */
	int pipe[2];
};

static struct task task_of(int result, bool releases)
{
	struct task t = {.result = result, .releases = releases};

	assert_int_equal(pipe2(t.pipe, O_CLOEXEC), 0);
	return t;
}

static int work(struct gt_background *b, void *ctx)
{
	struct task *t = ctx;

	if (t->kills_itself)
		(void)kill(getpid(), SIGKILL);
	if (gt_background_is_released(b))
		return -EALREADY;
	if (t->releases && gt_background_release(b, t->result) < 0)
		return -EIO;
	if (gt_background_is_released(b) != t->releases)
		return -EIO;
	usleep(t->work_ms * 1000);
	if (t->lingers)
		gt_background_linger(b);
	(void)!write(t->pipe[1], "done", 4);
	return t->releases ? 99 : t->result; /* the parent has been told */
}

/* What the child said, to its end. */
static void check_words(struct task *t, const char *want)
{
	char *text = NULL;

	close(t->pipe[1]);
	assert_int_equal(gt_read_all(t->pipe[0], 1 << 16, 10000, &text, NULL), 0);
	assert_string_equal(text, want);
	close(t->pipe[0]);
	free(text);
}

static void no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_background_result(void **state)
{
	static const int results[] = {0, 1, 7, -EINVAL};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(results); i++) {
		struct task t = task_of(results[i], false);

		assert_int_equal(gt_background_run(work, &t, t.pipe[1], 10000), results[i]);
		no_child_is_left();
		check_words(&t, "done");
	}
}

/* The parent goes on at the child's word, and the child does. */
static void test_background_release(void **state)
{
	struct task t = task_of(5, true);
	int64_t begin = gt_now_ms();
	int status = -1;

	(void)state;
	t.work_ms = 500;
	assert_int_equal(gt_background_run(work, &t, t.pipe[1], 10000), 5);
	assert_in_range(gt_now_ms() - begin, 0, 400);
	check_words(&t, "done");
	assert_true(waitpid(-1, &status, 0) > 0); /* nobody else reaps it here */
	assert_int_equal(status, 0);
	no_child_is_left();
}

/* One that ends before its time does not end with its parent; one that has run for longer need not
 * wait. */
static void test_background_linger(void **state)
{
	static const struct {
		unsigned work_ms, least, most;
	} rows[] = {{0, 480, 5000}, {700, 690, 1100}};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		struct task t = task_of(5, true);
		int64_t begin = gt_now_ms();

		t.work_ms = rows[i].work_ms;
		t.lingers = true;
		assert_int_equal(gt_background_run(work, &t, t.pipe[1], 10000), 5);
		check_words(&t, "done");
		assert_true(waitpid(-1, NULL, 0) > 0);
		assert_in_range(gt_now_ms() - begin, rows[i].least, rows[i].most);
	}
}

static void test_background_death(void **state)
{
	struct task t = task_of(0, false);

	(void)state;
	t.kills_itself = true;
	assert_int_equal(gt_background_run(work, &t, t.pipe[1], 10000), -ECHILD);
	no_child_is_left();
	check_words(&t, "");
}

/* A child that is stuck before its word, at a file system that does not answer, say. */
static void test_background_says_nothing(void **state)
{
	struct task t = task_of(0, false);
	int64_t begin = gt_now_ms();

	(void)state;
	t.work_ms = 60000;
	assert_int_equal(gt_background_run(work, &t, t.pipe[1], 200), -ETIMEDOUT);
	assert_in_range(gt_now_ms() - begin, 200, 5000);
	no_child_is_left();
	check_words(&t, "");
}

/* A runtime that loses its patience kills the hook it knows. Until its word the child goes, too;
 * afterwards it does not notice. */
static void test_background_when_the_parent_dies(void **state)
{
	(void)state;
	for (int released = 0; released <= 1; released++) {
		struct task t = task_of(0, released);
		pid_t parent;

		t.work_ms = 400;
		parent = fork();
		if (parent == 0) {
			(void)!gt_background_run(work, &t, t.pipe[1], 10000);
			for (;;)
				pause();
		}
		usleep(150000);
		assert_int_equal(kill(parent, SIGKILL), 0);
		assert_int_equal(waitpid(parent, NULL, 0), parent);
		check_words(&t, released ? "done" : "");
	}
}

/* ---- what it holds ---- */

static void say_link(int to, const char *link)
{
	char target[256] = "";

	(void)!readlink(link, target, sizeof(target) - 1);
	(void)dprintf(to, "%s ", target);
}

/* The standard descriptors before and after its word, how many others, where it is. */
static int look_around(struct gt_background *b, void *ctx)
{
	struct task *t = ctx;
	int extra = 0, signal = -1;

	if (t->releases && gt_background_release(b, 0) < 0)
		return -EIO;
	for (int fd = 3; fd < 64; fd++)
		extra += fcntl(fd, F_GETFD) >= 0;
	for (int fd = 0; fd <= 2; fd++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		say_link(t->pipe[1], path);
	}
	say_link(t->pipe[1], "/proc/self/cwd");
	(void)prctl(PR_GET_PDEATHSIG, &signal);
	(void)dprintf(t->pipe[1], "extra %d, leader %d, dies by %d", extra, getsid(0) == getpid(),
		      signal);
	return 0;
}

/* In a process of its own, whose standard descriptors are FILE; the log goes to TO. */
static void check_around(bool releases, const char *file, enum gt_log_to to, const char *want)
{
	struct task t = task_of(0, releases);
	int status = -1, ends[2], high;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	high = fcntl(ends[0], F_DUPFD, 40);
	pid = fork();
	if (pid == 0) {
		int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		for (int i = 0; i <= 2; i++)
			(void)dup2(fd, i);
		gt_log_init("test", to, GT_LOG_INFO);
		_exit(gt_background_run(look_around, &t, t.pipe[1], 10000) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ends[0]);
	close(ends[1]);
	close(high);
	check_words(&t, want);
}

static void test_background_descriptors(void **state)
{
	char file[] = "/tmp/gotune-background-XXXXXX", want[512];
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	/* Not yet released: it may write to its parent's output. */
	(void)snprintf(want, sizeof(want), "%s %s %s / extra 2, leader 1, dies by 9", file, file,
		       file);
	check_around(false, file, GT_LOG_STDERR, want);
	/* Released: nobody waits for us. A log that is a file goes on, since nobody waits for that.
	 */
	(void)snprintf(want, sizeof(want), "/dev/null /dev/null %s / extra 1, leader 1, dies by 0",
		       file);
	check_around(true, file, GT_LOG_STDERR, want);
	check_around(true, file, GT_LOG_SYSLOG,
		     "/dev/null /dev/null /dev/null / extra 1, leader 1, dies by 0");
	check_around(true, "/dev/null", GT_LOG_STDERR,
		     "/dev/null /dev/null /dev/null / extra 1, leader 1, dies by 0");
	assert_int_equal(unlink(file), 0);
}

/* A pipe that somebody reads to its end, as runc does the hook's output: it ends with the word. */
static void test_background_gives_output_up(void **state)
{
	struct task t = task_of(0, true);
	int out[2];
	pid_t pid;
	int64_t begin;

	(void)state;
	t.work_ms = 1000;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(out[1], 1);
		(void)dup2(out[1], 2);
		gt_log_init("test", GT_LOG_STDERR, GT_LOG_INFO);
		_exit(gt_background_run(work, &t, t.pipe[1], 10000));
	}
	close(out[1]);
	begin = gt_now_ms();
	assert_int_equal(poll(&(struct pollfd){.fd = out[0], .events = POLLIN}, 1, 5000), 1);
	assert_in_range(gt_now_ms() - begin, 0, 800);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(out[0]);
	check_words(&t, "done");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_background_result),
		cmocka_unit_test(test_background_release),
		cmocka_unit_test(test_background_linger),
		cmocka_unit_test(test_background_death),
		cmocka_unit_test(test_background_says_nothing),
		cmocka_unit_test(test_background_when_the_parent_dies),
		cmocka_unit_test(test_background_descriptors),
		cmocka_unit_test(test_background_gives_output_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
