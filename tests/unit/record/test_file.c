/*
 * The directory of records and its counters, in a temporary directory.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "record_sample.h"

static char top[64], dir[96];

static int make_dir(void **state)
{
	(void)gt_copy_str(top, sizeof(top), "/tmp/gotune-record-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	(void)snprintf(dir, sizeof(dir), "%s/run/gotune", top);
	return sample_make(state);
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command) == 0 ? 0 : -1;
}

static unsigned files_in(const char *below)
{
	char path[160];
	unsigned n = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, below);
	d = opendir(path);
	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static int open_made(void)
{
	struct gt_err e = {0};
	int fd = gt_record_dir_open(dir, true, &e);

	if (fd < 0)
		fail_msg("%s", e.msg);
	return fd;
}

static void test_dir_open_makes_it(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(gt_record_dir_open(dir, false, NULL), -ENOENT);
	fd = open_made();
	assert_int_equal(fstatat(fd, "containers", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	fd = open_made(); /* again is fine */
	close(fd);
}

static void test_dir_open_without_records(void **state)
{
	int fd = open_made();

	(void)state;
	assert_int_equal(unlinkat(fd, "containers", AT_REMOVEDIR), 0);
	close(fd);
	fd = gt_record_dir_open(dir, false, NULL);
	assert_true(fd >= 0);
	assert_int_equal(gt_record_remove(fd, "web-1", NULL), 0);
	assert_int_equal(gt_record_save(fd, &sample, NULL), -ENOENT);
	close(fd);
}

static void test_dir_open_refuses_symlinks(void **state)
{
	struct gt_err e = {0};
	char link[128];
	int fd = open_made();

	(void)state;
	assert_int_equal(unlinkat(fd, "containers", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat(top, fd, "containers"), 0);
	assert_true(gt_record_dir_open(dir, true, &e) < 0);
	assert_true(e.msg[0] != '\0');
	assert_true(gt_record_dir_open(dir, false, NULL) < 0);
	assert_true(gt_record_save(fd, &sample, NULL) < 0);
	assert_true(gt_record_remove(fd, "web-1", NULL) < 0);
	assert_int_equal(unlinkat(fd, "containers", 0), 0);
	close(fd);
	(void)snprintf(link, sizeof(link), "%s/link", top);
	assert_int_equal(symlink(dir, link), 0);
	assert_true(gt_record_dir_open(link, false, NULL) < 0);
	assert_true(gt_record_dir_open(link, true, NULL) < 0);
}

static void test_dir_open_refuses_what_others_may_write(void **state)
{
	int fd = open_made();

	(void)state;
	assert_int_equal(fchmodat(fd, "containers", 0770, 0), 0);
	assert_int_equal(gt_record_dir_open(dir, true, NULL), -EPERM);
	assert_int_equal(gt_record_save(fd, &sample, NULL), -EPERM);
	assert_int_equal(fchmodat(fd, "containers", 0700, 0), 0);
	assert_int_equal(fchmod(fd, 0777), 0);
	assert_int_equal(gt_record_dir_open(dir, false, NULL), -EPERM);
	close(fd);
}

static void test_save_and_remove(void **state)
{
	struct gt_record_view *v = malloc(sizeof(*v));
	int fd = open_made();
	struct stat st;

	(void)state;
	assert_non_null(v);
	assert_int_equal(gt_record_save(fd, &sample, NULL), 0);
	assert_int_equal(fstatat(fd, "containers/web-1.json", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	(void)gt_copy_str(sample.message, sizeof(sample.message), "again");
	assert_int_equal(gt_record_save(fd, &sample, NULL), 0); /* replaced */
	assert_int_equal(files_in("containers"), 1);		/* and nothing temporary is left */
	assert_int_equal(gt_record_view_load(fd, "web-1", v, NULL, NULL, NULL), 0);
	assert_string_equal(v->message, "again");
	/* What a writer left that was killed goes with it. */
	close(openat(fd, "containers/.web-1.json.gotune-new", O_WRONLY | O_CREAT | O_CLOEXEC,
		     0600));
	/* What gotuned wrote down, too. */
	close(openat(fd, "containers/web-1.live", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(files_in("containers"), 3);
	assert_int_equal(gt_record_remove(fd, "web-1", NULL), 0);
	assert_int_equal(files_in("containers"), 0);
	assert_int_equal(gt_record_remove(fd, "web-1", NULL), 0); /* there is none: fine */
	close(fd);
	free(v);
}

/* A link that waits at the record's name is replaced, not followed. */
static void test_save_does_not_follow(void **state)
{
	char victim[128];
	int fd = open_made();
	struct stat st;

	(void)state;
	(void)snprintf(victim, sizeof(victim), "%s/victim", top);
	assert_int_equal(symlinkat(victim, fd, "containers/web-1.json"), 0);
	assert_int_equal(gt_record_save(fd, &sample, NULL), 0);
	assert_int_equal(stat(victim, &st), -1);
	assert_int_equal(fstatat(fd, "containers/web-1.json", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	close(fd);
}

static void test_save_refuses_ids(void **state)
{
	static const char *const bad[] = {"",	  ".",	"..",	".hidden", "a/b",
					  "../x", "/x", "a\nb", "a\x7f"};
	static char longest[GT_ID_MAX];
	int fd = open_made();

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(bad); i++) {
		(void)gt_copy_str(sample.facts.ident.id, GT_ID_MAX, bad[i]);
		assert_int_equal(gt_record_save(fd, &sample, NULL), -EINVAL);
		assert_int_equal(gt_record_remove(fd, bad[i], NULL), -EINVAL);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	memcpy(sample.facts.ident.id, longest, sizeof(longest));
	assert_true(gt_record_save(fd, &sample, NULL) < 0);
	assert_int_equal(files_in("containers"), 0);
	close(fd);
}

static void test_count(void **state)
{
	uint64_t n[GT_COUNT_COUNT] = {9, 9, 9};
	int fd = open_made();

	(void)state;
	assert_int_equal(gt_record_counters(fd, n), 0);
	assert_true(n[0] == 0 && n[1] == 0 && n[2] == 0);
	assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_DECIDED), 0);
	assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_DECIDED), 0);
	assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_FAILED), 0);
	assert_int_equal(gt_record_counters(fd, n), 0);
	assert_true(n[GT_COUNT_DECIDED] == 2 && n[GT_COUNT_TUNED] == 0 && n[GT_COUNT_FAILED] == 1);
	assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_COUNT), -EINVAL);
	close(fd);
}

static void put(int fd, const char *text)
{
	int file = openat(fd, "counters", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
}

static void test_durations(void **state)
{
	struct gt_durations d;
	uint64_t n[GT_COUNT_COUNT];
	int fd = open_made();

	(void)state;
	assert_int_equal(gt_record_durations(fd, &d), 0);
	assert_true(d.sum_us == 0 && d.within[GT_DURATIONS - 1] == 0);
	assert_int_equal(gt_record_count_decision(fd, 1u << GT_COUNT_DECIDED, 500), 0);
	assert_int_equal(gt_record_count_decision(fd, 1u << GT_COUNT_DECIDED, 501), 0);
	assert_int_equal(gt_record_count_decision(fd, 1u << GT_COUNT_TUNED, 7000000), 0);
	assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_TUNED),
			 0); /* took no time of its own */
	assert_int_equal(gt_record_durations(fd, &d), 0);
	assert_int_equal(d.within[0], 1);
	assert_int_equal(d.within[1], 2);
	assert_int_equal(d.within[GT_DURATIONS - 2], 2);
	assert_int_equal(d.within[GT_DURATIONS - 1], 3);
	assert_int_equal(d.sum_us, 7001001);
	assert_int_equal(gt_record_counters(fd, n), 0);
	assert_true(n[GT_COUNT_DECIDED] == 2 && n[GT_COUNT_TUNED] == 2);
	/* The file of a version that did not count them. */
	put(fd, "decided 00000000000000000007\ntuned   00000000000000000005\nfailed  00000000000000"
		"000000\n");
	assert_int_equal(gt_record_count_decision(fd, 1u << GT_COUNT_DECIDED, 600), 0);
	assert_int_equal(gt_record_durations(fd, &d), 0);
	assert_int_equal(gt_record_counters(fd, n), 0);
	assert_true(n[GT_COUNT_DECIDED] == 8 && d.within[1] == 1 && d.sum_us == 600);
	close(fd);
}

/* Several hooks at once: none is lost. */
static void test_count_at_once(void **state)
{
	enum { HOOKS = 8, EACH = 25 };
	uint64_t n[GT_COUNT_COUNT];
	int fd = open_made();

	(void)state;
	for (unsigned i = 0; i < HOOKS; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			int bad = 0;

			for (unsigned k = 0; k < EACH; k++)
				bad |= gt_record_count(fd, 1u << GT_COUNT_TUNED);
			_exit(bad ? 1 : 0);
		}
	}
	for (unsigned i = 0; i < HOOKS; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(gt_record_counters(fd, n), 0);
	assert_int_equal(n[GT_COUNT_TUNED], HOOKS * EACH);
	close(fd);
}

static void test_count_unsound_file(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"decided 5\n",
		("decided 0000000000000000000x\ntuned   00000000000000000007\nfailed  0000000000000000"
		 "0000\n"),
	};
	uint64_t n[GT_COUNT_COUNT];
	int fd = open_made();

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(bad); i++) {
		put(fd, bad[i]);
		assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_DECIDED), 0);
		assert_int_equal(gt_record_counters(fd, n), 0);
		assert_int_equal(n[GT_COUNT_DECIDED], 1);
		assert_int_equal(n[GT_COUNT_TUNED], i == 3 ? 7 : 0);
	}
	put(fd, "decided 18446744073709551615\ntuned   00000000000000000000\nfailed  00000000000000"
		"000000\n");
	assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_DECIDED), 0);
	assert_int_equal(gt_record_counters(fd, n), 0);
	assert_true(n[GT_COUNT_DECIDED] == UINT64_MAX);
	close(fd);
}

/* A lock that somebody keeps does not hold a container up; a FIFO neither. */
static void test_count_never_hangs(void **state)
{
	int fd = open_made(), held;

	(void)state;
	assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_DECIDED), 0);
	held = openat(fd, "counters", O_RDONLY | O_CLOEXEC);
	assert_true(held >= 0 && flock(held, LOCK_EX) == 0);
	alarm(5);
	assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_DECIDED), -EBUSY);
	close(held);
	assert_int_equal(unlinkat(fd, "counters", 0), 0);
	assert_int_equal(mkfifoat(fd, "counters", 0600), 0);
	assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_DECIDED), -ENXIO);
	assert_int_equal(unlinkat(fd, "counters", 0), 0);
	assert_int_equal(symlinkat("/tmp/x", fd, "counters"), 0);
	assert_int_equal(gt_record_count(fd, 1u << GT_COUNT_DECIDED), -ELOOP);
	alarm(0);
	close(fd);
}

/* What a tracer writes late: over a record that stands, never where one has been removed. */
static void test_update_never_brings_back(void **state)
{
	int fd = open_made();
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_record_update(fd, &sample, &e), -ENOENT);
	assert_int_equal(files_in("containers"), 0);
	assert_int_equal(gt_record_save(fd, &sample, &e), 0);
	assert_int_equal(gt_record_update(fd, &sample, &e), 0);
	assert_int_equal(files_in("containers"), 1);
	assert_int_equal(gt_record_remove(fd, sample.facts.ident.id, &e), 0);
	assert_int_equal(gt_record_update(fd, &sample, &e), -ENOENT);
	assert_int_equal(files_in("containers"), 0);
	close(fd);
}

static void test_drift_is_noted_once(void **state)
{
	struct gt_record_view *v = malloc(sizeof(*v));
	struct gt_err e = {0};
	int fd = open_made();

	(void)state;
	assert_non_null(v);
	assert_int_equal(gt_record_note(fd, "web-1", GT_NOTED_DRIFT, 1767323045, &e), -ENOENT);
	assert_int_equal(files_in("containers"), 0);
	assert_int_equal(gt_record_save(fd, &sample, &e), 0);
	assert_int_equal(gt_record_view_load(fd, "web-1", v, NULL, NULL, &e), 0);
	assert_string_equal(v->drifted_at, "");
	assert_int_equal(gt_record_note(fd, "web-1", GT_NOTED_DRIFT, 1767323045, &e), 0);
	assert_int_equal(gt_record_note(fd, "web-1", GT_NOTED_DRIFT, 1767329999, &e), 0);
	assert_int_equal(gt_record_view_load(fd, "web-1", v, NULL, NULL, &e), 0);
	assert_string_equal(v->drifted_at, "2026-01-02T03:04:05.000Z");
	assert_int_equal(v->n_setting, sample.plan.n_setting); /* all else is as it was */
	assert_int_equal(files_in("containers"), 1);
	free(v);
	close(fd);
}

int main(void)
{
#define IN_DIR(t) cmocka_unit_test_setup_teardown(t, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		IN_DIR(test_update_never_brings_back),
		IN_DIR(test_dir_open_makes_it),
		IN_DIR(test_dir_open_without_records),
		IN_DIR(test_dir_open_refuses_symlinks),
		IN_DIR(test_dir_open_refuses_what_others_may_write),
		IN_DIR(test_save_and_remove),
		IN_DIR(test_save_does_not_follow),
		IN_DIR(test_save_refuses_ids),
		IN_DIR(test_drift_is_noted_once),
		IN_DIR(test_count),
		IN_DIR(test_durations),
		IN_DIR(test_count_at_once),
		IN_DIR(test_count_unsound_file),
		IN_DIR(test_count_never_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
