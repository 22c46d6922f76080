/*
 * The list of what was found, and the verdict on all of it. Pure.
 */
#include <stdarg.h>
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/report.h"

static const char *const area_word[GT_AREA_COUNT] = {
	[GT_AREA_KERNEL] = "kernel",	 [GT_AREA_PRIVILEGE] = "privilege",
	[GT_AREA_INSTALL] = "install",	 [GT_AREA_RUNTIME] = "runtime",
	[GT_AREA_ENGINE] = "engine",	 [GT_AREA_NRI] = "nri",
	[GT_AREA_CONFLICT] = "conflict", [GT_AREA_HOST] = "host",
	[GT_AREA_SELFTEST] = "selftest",
};
static const char *const state_word[GT_CHECK_STATE_COUNT] = {
	[GT_CHECK_OK] = "ok",
	[GT_CHECK_INFO] = "info",
	[GT_CHECK_WARN] = "warn",
	[GT_CHECK_BAD] = "bad",
};
static const char *const status_word[GT_DOCTOR_STATUS_COUNT] = {
	[GT_DOCTOR_HEALTHY] = "healthy",
	[GT_DOCTOR_DEGRADED] = "degraded",
	[GT_DOCTOR_BROKEN] = "broken",
};
const struct gt_words gt_area_words = {area_word, GT_ARRAY_LEN(area_word)};
const struct gt_words gt_check_state_words = {state_word, GT_ARRAY_LEN(state_word)};
const struct gt_words gt_doctor_status_words = {status_word, GT_ARRAY_LEN(status_word)};

static struct gt_check *last(struct gt_report *r)
{
	return r->n_check > 0 && r->dropped == 0 ? &r->check[r->n_check - 1] : &r->spare;
}

/* One line, whatever a file had in it. */
static void GT_PRINTF(3, 0) line(char *buf, size_t cap, const char *fmt, va_list ap)
{
	(void)vsnprintf(buf, cap, fmt, ap); /* cut at the end: it is for reading */
	gt_utf8_plain(buf);
}

void gt_report_say(struct gt_report *r, enum gt_area area, enum gt_check_state state,
		   const char *name, const char *fmt, ...)
{
	struct gt_check *c;
	va_list ap;

	if (r->n_check < GT_CHECKS_MAX)
		r->n_check++;
	else
		r->dropped++;
	c = last(r);
	*c = (struct gt_check){.area = area, .state = state};
	(void)gt_copy_str(c->name, sizeof(c->name), name); /* cut, as above */
	gt_utf8_plain(c->name);
	va_start(ap, fmt);
	line(c->found, sizeof(c->found), fmt, ap);
	va_end(ap);
}

void gt_report_fix(struct gt_report *r, const char *follows, const char *fmt, ...)
{
	struct gt_check *c = last(r);
	va_list ap;

	(void)gt_copy_str(c->follows, sizeof(c->follows), follows); /* cut, as above */
	gt_utf8_plain(c->follows);
	va_start(ap, fmt);
	line(c->fix, sizeof(c->fix), fmt, ap);
	va_end(ap);
}

void gt_report_follows(struct gt_report *r, const char *fmt, ...)
{
	struct gt_check *c = last(r);
	va_list ap;

	va_start(ap, fmt);
	line(c->follows, sizeof(c->follows), fmt, ap);
	va_end(ap);
}

enum gt_doctor_status gt_report_judge(const struct gt_report *r,
				      unsigned ret_count[GT_CHECK_STATE_COUNT])
{
	unsigned count[GT_CHECK_STATE_COUNT] = {0};

	for (uint32_t i = 0; i < r->n_check; i++)
		count[r->check[i].state]++;
	/* A row that nobody can read may have been a fault. */
	count[GT_CHECK_WARN] += r->dropped > 0;
	if (ret_count)
		memcpy(ret_count, count, sizeof(count));
	if (count[GT_CHECK_BAD])
		return GT_DOCTOR_BROKEN;
	return count[GT_CHECK_WARN] ? GT_DOCTOR_DEGRADED : GT_DOCTOR_HEALTHY;
}
