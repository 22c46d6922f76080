/*
 * Counters that outlive records, in DIR/counters: each has a line of fixed width, which is
 * rewritten in place. Behind those of the catalogue come how long decisions took: how many took no
 * longer than each bound, and microseconds in all. Effectful: writes that one file, and waits at
 * most 100 ms for its lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

#define NAME_WIDTH 8
#define LINE	   (NAME_WIDTH + 20 + 1)
#define SUM	   (GT_COUNT_COUNT + GT_DURATIONS) /* after the bounds' */
#define LINES	   (SUM + 1)
#define ALL	   ((size_t)LINE * LINES)
#define LOCK_TRIES 50
#define LOCK_WAIT  2000000 /* ns between two tries */

const uint64_t gt_duration_bound_us[GT_DURATIONS] = {
	500, 1000, 2000, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, UINT64_MAX};
static const char *const duration_word[] = {"500us", "1ms",   "2ms",   "5ms", "10ms", "25ms",
					    "50ms",  "100ms", "250ms", "1s",  "all",  "sum_us"};

static const char *word_of(unsigned line)
{
	return line < GT_COUNT_COUNT ? gt_words_get(&gt_counter_words, line)
				     : duration_word[line - GT_COUNT_COUNT];
}

static int open_counters(int dirfd, int flags)
{
	_cleanup_close_ int fd = openat(
		dirfd, "counters", flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? gt_take_fd(&fd) : -ENXIO;
}

/* Gives up soon: a counter is not worth delaying a container. */
static int lock_counters(int fd)
{
	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		const struct timespec wait = {.tv_nsec = LOCK_WAIT};

		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		(void)nanosleep(&wait, NULL); /* woken early, it tries early */
	}
	return -EBUSY;
}

/* A counter whose line is not ours starts again from 0. */
static int load_counters(int fd, uint64_t ret[LINES])
{
	char text[ALL + 1] = "";
	ssize_t n = pread(fd, text, ALL, 0); /* what is missing stays NUL */

	if (n < 0)
		return -errno;
	for (unsigned i = 0; i < LINES; i++) {
		char *line = text + (size_t)i * LINE, *end = line + LINE - 1;

		ret[i] = 0;
		if (*end != '\n')
			continue;
		*end = '\0';
		if (gt_parse_u64(line + NAME_WIDTH, &ret[i]) < 0)
			ret[i] = 0;
	}
	return 0;
}

/* "decided 00000000000000000012\n". By hand: this is on the way of every container's start. */
static void put_line(char line[LINE], const char *word, uint64_t count)
{
	size_t n = strlen(word);

	memset(line, ' ', NAME_WIDTH);
	memcpy(line, word, n < NAME_WIDTH ? n : NAME_WIDTH);
	for (unsigned i = LINE - 2; i >= NAME_WIDTH; i--, count /= 10)
		line[i] = (char)('0' + count % 10);
	line[LINE - 1] = '\n';
}

static int store_counters(int fd, const uint64_t count[LINES])
{
	char text[ALL];
	ssize_t n;

	for (unsigned i = 0; i < LINES; i++)
		put_line(text + (size_t)i * LINE, word_of(i), count[i]);
	n = pwrite(fd, text, ALL, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == ALL ? 0 : -ENOSPC;
}

/* Sums stay at the largest number there is. */
static void add_to(uint64_t *count, uint64_t n)
{
	if (__builtin_add_overflow(*count, n, count))
		*count = UINT64_MAX;
}

static void add_duration(uint64_t count[LINES], uint64_t us)
{
	for (unsigned i = 0; i < GT_DURATIONS; i++) {
		if (us <= gt_duration_bound_us[i])
			add_to(&count[GT_COUNT_COUNT + i], 1);
	}
	add_to(&count[SUM], us);
}

/* DURATION_US: NULL, or how long that took. */
static int count_in(int dirfd, unsigned which, const uint64_t *duration_us)
{
	_cleanup_close_ int fd = open_counters(dirfd, O_RDWR | O_CREAT);
	uint64_t count[LINES] = {0};
	int r;

	if (which >> GT_COUNT_COUNT)
		return -EINVAL;
	if (fd < 0)
		return fd;
	r = lock_counters(fd); /* closing unlocks */
	if (r < 0)
		return r;
	r = load_counters(fd, count);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < GT_COUNT_COUNT; i++)
		add_to(&count[i], which >> i & 1);
	if (duration_us)
		add_duration(count, *duration_us);
	return store_counters(fd, count);
}

int gt_record_count(int dirfd, unsigned which)
{
	return count_in(dirfd, which, NULL);
}

int gt_record_count_decision(int dirfd, unsigned which, uint64_t duration_us)
{
	return count_in(dirfd, which, &duration_us);
}

static int read_counters(int dirfd, uint64_t ret[LINES])
{
	_cleanup_close_ int fd = open_counters(dirfd, O_RDONLY);

	if (fd == -ENOENT) { /* nothing has been counted yet */
		memset(ret, 0, sizeof(*ret) * LINES);
		return 0;
	}
	return fd < 0 ? fd : load_counters(fd, ret);
}

int gt_record_counters(int dirfd, uint64_t ret[GT_COUNT_COUNT])
{
	uint64_t count[LINES];
	int r = read_counters(dirfd, count);

	if (r == 0)
		memcpy(ret, count, sizeof(*ret) * GT_COUNT_COUNT);
	return r;
}

int gt_record_durations(int dirfd, struct gt_durations *ret)
{
	uint64_t count[LINES] = {0};
	int r = read_counters(dirfd, count);

	if (r < 0)
		return r;
	memcpy(ret->within, count + GT_COUNT_COUNT, sizeof(ret->within));
	ret->sum_us = count[SUM];
	return 0;
}
