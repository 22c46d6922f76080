/*
 * Errors as one line for a person. Pure; no privilege.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gotune/base.h"

static void GT_PRINTF(2, 0) format(struct gt_err *e, const char *fmt, va_list ap)
{
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap); /* cut at the end: it is for reading */
	gt_utf8_plain(e->msg); /* it may quote an image's strings, and must stay one line */
}

int gt_err_set(struct gt_err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	e->code = code;
	va_start(ap, fmt);
	format(e, fmt, ap);
	va_end(ap);
	return code;
}

int gt_err_sys(struct gt_err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	e->code = code;
	va_start(ap, fmt);
	format(e, fmt, ap);
	va_end(ap);
	(void)gt_append(e->msg, sizeof(e->msg), ": ");
	(void)gt_append(e->msg, sizeof(e->msg), strerror(-code));
	return code;
}

int gt_err_wrap(struct gt_err *e, const char *fmt, ...)
{
	struct gt_err outer;
	va_list ap;

	if (!e)
		return 0;
	va_start(ap, fmt);
	format(&outer, fmt, ap);
	va_end(ap);
	(void)gt_append(outer.msg, sizeof(outer.msg), ": "); /* cut at the end, as above */
	(void)gt_append(outer.msg, sizeof(outer.msg), e->msg);
	gt_utf8_plain(outer.msg); /* a character may have been cut */
	memcpy(e->msg, outer.msg, sizeof(e->msg));
	return e->code;
}
