/*
 * Counters that outlive records, in DIR/counters: each has a line of fixed width, which is
 * rewritten in place. Effectful: writes that one file, and waits at most 100 ms for its lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

#define NAME_WIDTH 8
#define LINE	   (NAME_WIDTH + 20 + 1)
#define ALL	   ((size_t)LINE * GT_COUNT_COUNT)
#define LOCK_TRIES 50
#define LOCK_WAIT  2000000 /* ns between two tries */

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
static int load_counters(int fd, uint64_t ret[GT_COUNT_COUNT])
{
	char text[ALL + 1] = "";
	ssize_t n = pread(fd, text, ALL, 0); /* what is missing stays NUL */

	if (n < 0)
		return -errno;
	for (unsigned i = 0; i < GT_COUNT_COUNT; i++) {
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

static int store_counters(int fd, const uint64_t count[GT_COUNT_COUNT])
{
	char text[ALL + 1] = "";
	ssize_t n;

	for (unsigned i = 0; i < GT_COUNT_COUNT; i++)
		(void)snprintf(text + (size_t)i * LINE, LINE + 1, "%-*s%020llu\n", NAME_WIDTH,
			       gt_words_get(&gt_counter_words, i), (unsigned long long)count[i]);
	n = pwrite(fd, text, ALL, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == ALL ? 0 : -ENOSPC;
}

int gt_record_count(int dirfd, unsigned which)
{
	_cleanup_close_ int fd = open_counters(dirfd, O_RDWR | O_CREAT);
	uint64_t count[GT_COUNT_COUNT] = {0};
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
		count[i] += (which >> i & 1) && count[i] < UINT64_MAX;
	return store_counters(fd, count);
}

int gt_record_counters(int dirfd, uint64_t ret[GT_COUNT_COUNT])
{
	_cleanup_close_ int fd = open_counters(dirfd, O_RDONLY);

	if (fd == -ENOENT) { /* nothing has been counted yet */
		memset(ret, 0, sizeof(*ret) * GT_COUNT_COUNT);
		return 0;
	}
	return fd < 0 ? fd : load_counters(fd, ret);
}
