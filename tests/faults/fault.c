/*
 * Linked into a test build of the hook and of gotune-runtime (--wrap, see the Makefile): the N-th
 * allocation of a process fails, or its clock jumps from the N-th look at it on. GT_FAULTS names a
 * directory; DIR/spec's second line says what: "alloc P N", the N-th allocation of process P fails;
 * "clock P N SECONDS M", from the N-th look on the time of day is SECONDS later or earlier, with M
 * 1 the monotonic clock as well, as on a machine that its host had frozen.
 *
 * P numbers the processes that the program forks, as inject.c does. DIR/counts has what was
 * counted, as 32-bit numbers: hits, allocations of 16 processes, looks of 16 processes. It is
 * shared memory, so that a worker that may make no system call counts as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PROCS_MAX 16

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
pid_t __real_fork(void);
int __real_clock_gettime(clockid_t id, struct timespec *t);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
pid_t __wrap_fork(void);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
time_t __wrap_time(time_t *t);

static struct counts {
	uint32_t hits, alloc[PROCS_MAX], clock[PROCS_MAX];
} * counts;

static unsigned self, forked;
static struct {
	char what[8];
	unsigned proc, nth;
	long seconds;
	int monotonic;
} spec;

__attribute__((constructor)) static void begin(void)
{
	const char *dir = getenv("GT_FAULTS");
	char path[4096], text[128] = "", *line;
	int fd;

	if (!dir)
		return;
	(void)snprintf(path, sizeof(path), "%s/spec", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		_exit(125);
	close(fd);
	line = strchr(text, '\n');
	if (line)
		(void)sscanf(line, " %7s %u %u %ld %d", spec.what, &spec.proc, &spec.nth,
			     &spec.seconds, &spec.monotonic);
	(void)snprintf(path, sizeof(path), "%s/counts", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*counts)) < 0)
		_exit(125);
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (counts == MAP_FAILED)
		_exit(125);
	close(fd);
}

static bool fails(void)
{
	bool hit;

	if (!counts || self >= PROCS_MAX)
		return false;
	hit = ++counts->alloc[self] == spec.nth && self == spec.proc &&
	      strcmp(spec.what, "alloc") == 0;
	counts->hits += hit;
	if (hit)
		errno = ENOMEM;
	return hit;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

pid_t __wrap_fork(void)
{
	unsigned child = ++forked;
	pid_t pid = __real_fork();

	if (pid == 0)
		self = child;
	return pid;
}

static long jump(clockid_t id)
{
	bool hit;

	if (!counts || self >= PROCS_MAX || strcmp(spec.what, "clock") != 0)
		return 0;
	hit = self == spec.proc && counts->clock[self] >= spec.nth;
	counts->hits += hit;
	return hit && (id == CLOCK_REALTIME || spec.monotonic) ? spec.seconds : 0;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	int r = __real_clock_gettime(id, t);

	if (counts && self < PROCS_MAX)
		counts->clock[self]++;
	if (r == 0)
		t->tv_sec += jump(id);
	return r;
}

time_t __wrap_time(time_t *t)
{
	struct timespec now;

	(void)__wrap_clock_gettime(CLOCK_REALTIME, &now);
	if (t)
		*t = now.tv_sec;
	return now.tv_sec;
}
