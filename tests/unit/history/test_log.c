#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gotune/history.h"

static char dir[] = "/tmp/history-XXXXXX";
static int fd;

static int set_up(void **state)
{
	(void)state;
	(void)gt_copy_str(dir, sizeof(dir), "/tmp/history-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	fd = gt_history_open(dir, true, NULL);
	return fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	close(fd);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static struct gt_life sample(const char *id)
{
	struct gt_life l = {.image = "web:1",
			    .profile = "balanced",
			    .rule = "canary",
			    .mode = "enforce",
			    .go = "go1.24.4",
			    .tuned = true,
			    .ended_s = 1800000000,
			    .seconds = 3600,
			    .peak_bytes = 5000000000};

	gt_copy_cut(l.id, id);
	l.usage = (struct gt_usage){.has_periods = true,
				    .periods = 36000,
				    .throttled = 7,
				    .throttled_us = 8,
				    .has_limit = true,
				    .limit_bytes = 1,
				    .has_oom_kills = true};
	l.usage.has_pressure[GT_PRESSURE_IO] = true;
	l.usage.some_us[GT_PRESSURE_IO] = 9;
	return l;
}

/* What a reading tells: ids, each with a space. */
static char ids[1 << 16];
static struct gt_life last;

static void take(void *ctx, const struct gt_life *l)
{
	(void)ctx;
	(void)gt_append(ids, sizeof(ids), l->id);
	(void)gt_append(ids, sizeof(ids), " ");
	last = *l;
}

static struct gt_history_sum read_all(void)
{
	struct gt_history_sum sum = {99, 99};

	ids[0] = '\0';
	assert_int_equal(gt_history_read(fd, take, NULL, &sum), 0);
	return sum;
}

static void test_what_is_written_is_read(void **state)
{
	struct gt_life l = sample("a"), m = sample("x\"\\\n\xff");
	struct gt_history_sum sum;

	(void)state;
	sum = read_all();
	assert_true(sum.n == 0 && sum.damaged == 0);
	assert_int_equal(gt_history_append(fd, &l), 0);
	sum = read_all();
	assert_true(sum.n == 1 && sum.damaged == 0);
	assert_string_equal(last.id, "a");
	assert_string_equal(last.image, l.image);
	assert_string_equal(last.profile, l.profile);
	assert_string_equal(last.rule, l.rule);
	assert_string_equal(last.mode, l.mode);
	assert_string_equal(last.go, l.go);
	assert_true(last.tuned && last.ended_s == l.ended_s && last.seconds == l.seconds);
	assert_true(last.peak_bytes == l.peak_bytes);
	assert_true(last.usage.has_periods && last.usage.periods == 36000);
	assert_true(last.usage.throttled == 7 && last.usage.throttled_us == 8);
	assert_true(last.usage.has_limit && last.usage.limit_bytes == 1);
	assert_true(last.usage.has_oom_kills && last.usage.oom_kills == 0);
	assert_true(last.usage.has_pressure[GT_PRESSURE_IO]);
	assert_int_equal(last.usage.some_us[GT_PRESSURE_IO], 9);
	assert_false(last.usage.has_pressure[GT_PRESSURE_CPU] || last.usage.has_memory);
	assert_int_equal(gt_history_append(fd, &m), 0);
	sum = read_all();
	assert_true(sum.n == 2 && sum.damaged == 0);
	assert_string_equal(last.id, "x\"\\\n\xef\xbf\xbd");
}

/* The longest that there can be fits a line. */
static void test_longest_life(void **state)
{
	struct gt_life l = sample("x");

	(void)state;
	memset(l.id, 'i', sizeof(l.id) - 1);
	memset(l.image, 0x01, sizeof(l.image) - 1); /* six characters each */
	assert_int_equal(gt_history_append(fd, &l), 0);
	assert_int_equal(read_all().n, 1);
	assert_string_equal(last.image, l.image);
}

/* Whatever byte of the file is changed, and wherever it is cut: the other lines are read. */
static void test_damage_costs_its_line(void **state)
{
	struct gt_life l[3] = {sample("a"), sample("b"), sample("c")};
	struct gt_buf text = {0};
	struct gt_history_sum sum;
	size_t line;
	char path[64];
	int file;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		gt_life_write(&l[i], &text);
	line = text.len / 3;
	(void)snprintf(path, sizeof(path), "%s/history", dir);
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (size_t i = 0; i < text.len; i++) {
		char c = (char)(text.p[i] ^ 0x20);

		assert_int_equal(pwrite(file, text.p, text.len, 0), (ssize_t)text.len);
		assert_int_equal(pwrite(file, &c, 1, (off_t)i), 1);
		sum = read_all();
		/* A line feed that is lost joins two lines. */
		if (sum.n + sum.damaged < 2 || sum.damaged == 0 || sum.n < 1 ||
		    (i % line != line - 1 && sum.n != 2))
			fail_msg("byte %zu: %llu read, %llu damaged", i, (unsigned long long)sum.n,
				 (unsigned long long)sum.damaged);
	}
	assert_int_equal(pwrite(file, text.p, text.len, 0), (ssize_t)text.len);
	for (size_t n = 0; n < text.len; n++) {
		assert_int_equal(ftruncate(file, 0), 0);
		assert_int_equal(pwrite(file, text.p, n, 0), (ssize_t)n);
		sum = read_all();
		/* The line feed alone may be missing. */
		assert_int_equal(sum.n, (n + 1) / line);
	}
	/* What comes after a line that was cut is whole. */
	assert_int_equal(ftruncate(file, (off_t)line + 5), 0);
	assert_int_equal(gt_history_append(fd, &l[2]), 0);
	sum = read_all();
	assert_true(sum.n == 2 && sum.damaged == 1);
	assert_string_equal(ids, "a c ");
	close(file);
	gt_buf_done(&text);
}

static void test_garbage(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"00000000 ",
		"00000000 {}",
		"0000000g {}",
		"deadbeef",
		/* sound, but no life */
		"d202ef8d ",
		"a3a6bf43 {}",
	};
	struct gt_life l;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(bad); i++)
		assert_true(gt_life_parse(bad[i], strlen(bad[i]), &l) < 0);
	assert_int_equal(gt_life_parse("a3a6bf43 {}", 11, &l), -EINVAL);
}

/* A full file becomes the older one; together they are bounded. */
static void test_bounded(void **state)
{
	struct gt_life l = sample("first");
	struct gt_history_sum sum;
	char path[64];
	struct stat a, b;

	(void)state;
	assert_int_equal(gt_history_append(fd, &l), 0);
	memset(l.image, 0x01, sizeof(l.image) - 1);
	for (unsigned i = 0; i < 3500; i++) {
		(void)snprintf(l.id, sizeof(l.id), "c%u", i);
		assert_int_equal(gt_history_append(fd, &l), 0);
	}
	(void)snprintf(path, sizeof(path), "%s/history", dir);
	assert_int_equal(stat(path, &a), 0);
	(void)gt_append(path, sizeof(path), ".1");
	assert_int_equal(stat(path, &b), 0);
	assert_true(a.st_size > 0 && a.st_size <= GT_HISTORY_FILE_MAX);
	assert_true(b.st_size <= GT_HISTORY_FILE_MAX);
	assert_true((b.st_mode & 0777) == 0600);
	sum = read_all();
	assert_int_equal(sum.n, 3501);
	assert_true(gt_has_prefix(ids, "first c0 c1 "));
	assert_string_equal(last.id, "c3499");
	for (unsigned i = 0; i < 8000; i++)
		assert_int_equal(gt_history_append(fd, &l), 0);
	sum = read_all();
	assert_true(sum.n < 8000 && sum.n > 3000 && sum.damaged == 0);
}

static void test_what_is_no_file_of_ours(void **state)
{
	struct gt_life l = sample("a");
	struct gt_history_sum sum;
	char path[64];

	(void)state;
	assert_int_equal(mkfifoat(fd, "history", 0600), 0);
	alarm(5);
	assert_int_equal(gt_history_append(fd, &l), -ENXIO);
	assert_true(gt_history_read(fd, take, NULL, &sum) < 0);
	assert_int_equal(unlinkat(fd, "history", 0), 0);
	assert_int_equal(symlinkat("/tmp/elsewhere", fd, "history"), 0);
	assert_int_equal(gt_history_append(fd, &l), -ELOOP);
	alarm(0);
	(void)snprintf(path, sizeof(path), "%s/x", dir);
	assert_int_equal(gt_history_open(path, false, NULL), -ENOENT);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(gt_history_open(dir, true, NULL), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_written_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_longest_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damage_costs_its_line, set_up, tear_down),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test_setup_teardown(test_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_no_file_of_ours, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
