/*
 * Reads a file of procfs line by line: mountinfo has no bound, and a waiting tracer no heap.
 * Effectful: reads a descriptor.
 */
#include "lines.h"
#include "gotune/base.h"

#define BYTES_MAX (4u << 20) /* of mountinfo: a host with thousands of mounts */

/* Reads on. False at the end of the file, or when that fails. */
static bool fill_lines(struct gt_lines *l)
{
	ssize_t n;

	memmove(l->buf, l->buf + l->at, l->n - l->at);
	l->n -= l->at;
	l->at = 0;
	do
		n = read(l->fd, l->buf + l->n, GT_LINE_CAP - l->n);
	while (n < 0 && errno == EINTR);
	l->failed = l->failed || n < 0 || l->total > BYTES_MAX;
	if (n <= 0 || l->failed)
		return false;
	l->n += (size_t)n;
	l->total += (size_t)n;
	return true;
}

static char *take_line(struct gt_lines *l, size_t len)
{
	char *line = l->buf + l->at;

	line[len] = '\0';
	l->at += len + (l->at + len < l->n);
	return line;
}

/* Drops the rest of a line whose beginning was taken. */
static void skip_rest(struct gt_lines *l)
{
	for (;;) {
		char *end = memchr(l->buf + l->at, '\n', l->n - l->at);

		if (end) {
			l->at = (size_t)(end - l->buf) + 1;
			return;
		}
		l->at = l->n;
		if (!fill_lines(l))
			return;
	}
}

char *gt_next_line(struct gt_lines *l)
{
	if (l->cut)
		skip_rest(l);
	l->cut = false;
	for (;;) {
		char *end = memchr(l->buf + l->at, '\n', l->n - l->at);

		if (end)
			return take_line(l, (size_t)(end - (l->buf + l->at)));
		if (l->n - l->at == GT_LINE_CAP) {
			l->cut = true;
			return take_line(l, GT_LINE_CAP);
		}
		if (!fill_lines(l))
			break;
	}
	return l->n > l->at && !l->failed ? take_line(l, l->n - l->at) : NULL;
}
