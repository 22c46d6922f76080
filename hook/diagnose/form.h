/* What engines wrap around a line, and what is inside. */
#ifndef GOTUNE_DIAGNOSE_FORM_H
#define GOTUNE_DIAGNOSE_FORM_H

#include "gotune/diagnose.h"

struct gt_unwrapped {
	enum gt_log_form form;
	const char *text; /* in the line itself, or in the scratch */
	size_t len;
	char stream[8]; /* "stderr", "stdout", "" */
	char time[40];
	uint64_t pid; /* 0: it is not told */
	bool partial; /* the rest of the line follows */
};

/*
 * One physical line without its newline. SCRATCH has room for N bytes: docker's strings are
 * unescaped there. A line that is wrapped in nothing is raw. Pure.
 */
void gt_unwrap(const char *line, size_t n, char *scratch, struct gt_unwrapped *ret);

bool gt_unwrap_json(const char *line, size_t n, char *scratch, struct gt_unwrapped *ret);

/* A JSON string without its quotes; OUT has room for N bytes. Never longer than what it was made
 * from: an escape of six bytes becomes three at most. */
size_t gt_unescape(const char *p, size_t n, char *out);

#endif
