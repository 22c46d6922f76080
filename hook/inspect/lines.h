/*
 * Reads a file of procfs line by line, without a heap.
 */
#ifndef GOTUNE_INSPECT_LINES_H
#define GOTUNE_INSPECT_LINES_H

#include "gotune/base.h"

#define GT_LINE_CAP 4096

/* Begin with {.fd = FD}; the descriptor stays the caller's. */
struct gt_lines {
	int fd;
	size_t n, at, total;
	bool cut, failed; /* the line did not fit: its end is missing; reading failed */
	char buf[GT_LINE_CAP + 1];
};

/*
 * The next line without its end, or NULL at the end of the file; it holds until the next call. Ask
 * L->failed then. Of a line that does not fit, the beginning, and L->cut is true.
 */
char *gt_next_line(struct gt_lines *l);

#endif
