/*
 * Errors: every fallible function returns 0 or -errno and may fill a caller-owned
 * struct gt_err with one line for a person. Library code never logs and never exits.
 */
#ifndef GOTUNE_BASE_ERR_H
#define GOTUNE_BASE_ERR_H

#include "gotune/base/defs.h"

struct gt_err {
	int code;      /* -errno, 0 when nothing failed */
	char msg[504]; /* one line, NUL-terminated, as gt_utf8_plain makes it */
};

/*
 * Sets *e (may be NULL) to CODE (a negative errno) and the formatted line. gt_utf8_plain makes it
 * fit to be shown, since messages may quote an image's strings. Returns CODE, so that callers
 * can write: return gt_err_set(e, -EINVAL, "...").
 */
int gt_err_set(struct gt_err *e, int code, const char *fmt, ...) GT_PRINTF(3, 4);

/* As gt_err_set, with ": strerror(-code)" appended. */
int gt_err_sys(struct gt_err *e, int code, const char *fmt, ...) GT_PRINTF(3, 4);

/* Puts the caller's intent and ": " before the message in *e. Returns e->code (0 if e is NULL). */
int gt_err_wrap(struct gt_err *e, const char *fmt, ...) GT_PRINTF(2, 3);

#endif
