#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/known.h"
#include "daemon/loop.h"

/* A part that writes down what it is told. */
static char told[4096];
static unsigned ticks;
static int end_at_tick;

static bool always(const struct gt_daemon *d)
{
	(void)d;
	return true;
}

static void note(const char *what, const char *id)
{
	(void)gt_append(told, sizeof(told), what);
	(void)gt_append(told, sizeof(told), id);
	(void)gt_append(told, sizeof(told), " ");
}

static void on_record(struct gt_daemon *d, struct gt_known *k, const struct gt_record_view *v)
{
	(void)d;
	assert_string_equal(k->id, v->id);
	note(k->own[0] ? "~" : "+", k->id);
	k->own[0] = told;
}

static void on_end(struct gt_daemon *d, struct gt_known *k)
{
	(void)d;
	note("-", k->id);
}

static void on_tick(struct gt_daemon *d)
{
	d->ended = (int)++ticks >= end_at_tick;
}

static const struct gt_part part = {.name = "test",
				    .is_wanted = always,
				    .tick_ms = 20,
				    .tick = on_tick,
				    .on_record = on_record,
				    .on_end = on_end};
static const struct gt_part *const parts[] = {&part};

static char dir[] = "/tmp/gotuned-XXXXXX";
static struct gt_daemon d;

static int set_up(void **state)
{
	struct gt_err e = {0};

	(void)state;
	(void)gt_copy_str(dir, sizeof(dir), "/tmp/gotuned-XXXXXX");
	assert_non_null(mkdtemp(dir));
	d = (struct gt_daemon){.root = gt_root_open(NULL, NULL),
			       .records = -1,
			       .epoll = -1,
			       .timer.fd = -1,
			       .signals.fd = -1,
			       .inotify.fd = -1,
			       .wd = -1,
			       .part = parts,
			       .n_part = 1};
	d.wanted[0] = true;
	d.policy_ms = INT64_MAX; /* there is none */
	d.look_ms = gt_now_ms() + GT_LOOK_EVERY_MS;
	(void)gt_copy_str(d.record_dir, sizeof(d.record_dir), dir);
	told[0] = '\0';
	ticks = 0;
	end_at_tick = 1;
	assert_int_equal(gt_loop_open(&d, &e), 0);
	assert_int_equal(gt_records_open(&d, &e), 0);
	assert_int_equal(gt_records_follow(&d, &e), 0);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	gt_records_close(&d);
	gt_known_done(&d);
	gt_loop_close(&d);
	gt_pages_done(&d.view);
	close(d.root);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* Writes the record of ID, whose process is PID. */
static void record(const char *id, int64_t pid)
{
	struct gt_record *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	gt_copy_cut(r->facts.ident.id, id);
	gt_copy_cut(r->facts.ident.bundle, "/");
	r->facts.ident.pid = pid;
	if (pid > 0 && gt_start_time(d.root, pid, &r->facts.ident.pid_start) < 0)
		r->facts.ident.pid_start = 1; /* it has ended */
	r->started_at_s = time(NULL);
	assert_int_equal(gt_record_save(d.records, r, NULL), 0);
	free(r);
}

/* Lets the loop run for N ticks. */
static void run(int n)
{
	ticks = 0;
	end_at_tick = n;
	d.ended = false;
	assert_int_equal(gt_loop_run(&d, NULL), 0);
}

static void test_records_come_change_and_go(void **state)
{
	(void)state;
	record("a", getpid());
	record("b", getpid());
	run(2);
	assert_non_null(strstr(told, "+a "));
	assert_non_null(strstr(told, "+b "));
	assert_int_equal(d.n_known, 2);
	told[0] = '\0';
	record("a", getpid());
	run(2);
	assert_non_null(strstr(told, "~a "));
	assert_null(strstr(told, "+"));
	told[0] = '\0';
	assert_int_equal(gt_record_remove(d.records, "a", NULL), 0);
	run(2);
	assert_string_equal(told, "-a ");
	assert_int_equal(d.n_known, 1);
}

static void test_end_of_the_process_ends_the_container(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	record("x", pid);
	run(2);
	assert_string_equal(told, "+x ");
	assert_true(d.known[0]->end.fd >= 0);
	told[0] = '\0';
	(void)kill(pid, SIGKILL);
	run(2);
	assert_string_equal(told, "-x ");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* Its record is still there, and no reason to know it again. */
	gt_known_look_at_all(&d, true);
	assert_string_equal(told, "-x ");
}

static void test_same_name_with_another_process(void **state)
{
	(void)state;
	record("x", getpid());
	gt_known_look(&d, "x");
	told[0] = '\0';
	record("x", getppid());
	gt_known_look(&d, "x");
	assert_string_equal(told, "-x +x ");
	assert_int_equal(d.known[0]->pid, getppid());
}

/* The directory is removed under it, and made anew by somebody else. */
static void test_directory_made_anew(void **state)
{
	char command[256];

	(void)state;
	record("a", getpid());
	run(2);
	(void)snprintf(command, sizeof(command), "mv %s %s.old && mkdir -m 700 %s", dir, dir, dir);
	assert_int_equal(system(command), 0);
	(void)snprintf(command, sizeof(command), "rm -r %s.old", dir);
	assert_int_equal(system(command), 0);
	run(2);
	assert_string_equal(told, "+a -a ");
	assert_int_equal(d.n_known, 0);
	record("b", getpid());
	run(2);
	assert_string_equal(told, "+a -a +b ");
}

static void test_names_that_are_no_records(void **state)
{
	static const char *const names[] = {"x.jso", ".json", "..json", ".x.json", "y.json.new"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/containers/%s", dir, names[i]);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	(void)snprintf(path, sizeof(path), "%s/containers/broken.json", dir);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	gt_log_init("test", GT_LOG_NONE, GT_LOG_ERROR);
	run(2);
	gt_known_look_at_all(&d, true);
	assert_string_equal(told, "");
}

/* What nobody told of: a look now and then finds it, and does not read again what it knows. */
static void test_look_now_and_then(void **state)
{
	(void)state;
	record("a", getpid());
	record("gone",
	       4194000); /* beyond the largest pid there can be here, or a kernel thread's */
	gt_known_look_at_all(&d, true);
	assert_string_equal(told, "+a ");
	gt_known_look_at_all(&d, false);
	assert_string_equal(told, "+a ");
	record("b", getpid());
	gt_known_look_at_all(&d, false);
	assert_string_equal(told, "+a +b ");
	assert_int_equal(gt_record_remove(d.records, "a", NULL), 0);
	gt_known_look_at_all(&d, false);
	assert_string_equal(told, "+a +b -a ");
	/* Without a pidfd it is looked at each time. */
	close(d.known[0]->end.fd);
	gt_watch_drop(&d, &d.known[0]->end);
	gt_known_look_at_all(&d, false);
	assert_string_equal(told, "+a +b -a ~b ");
	gt_known_look_at_all(&d, true);
	assert_string_equal(told, "+a +b -a ~b ~b ");
}

/* A thousand come and go: nothing is left of them, no descriptor either. */
static unsigned open_files(void)
{
	DIR *list = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(list))
		n++;
	(void)closedir(list);
	return n;
}

static void test_a_thousand_come_and_go(void **state)
{
	unsigned before = open_files();
	char id[32];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		record(id, getpid());
		if (i >= 10) {
			(void)snprintf(id, sizeof(id), "c%u", i - 10);
			assert_int_equal(gt_record_remove(d.records, id, NULL), 0);
		}
		if (i % 50 == 0)
			run(1);
	}
	/* On a busy machine a tick may come before all that has happened was read. */
	for (unsigned tries = 0; tries < 100 && d.n_known != 10; tries++)
		run(2);
	assert_int_equal(d.n_known, 10);
	assert_int_equal(open_files(), before + 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_records_come_change_and_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end_of_the_process_ends_the_container, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_same_name_with_another_process, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_directory_made_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_that_are_no_records, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_look_now_and_then, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_thousand_come_and_go, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
