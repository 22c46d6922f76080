/*
 * The list of what was found, and the verdict on all of it. Pure.
 */
#include "gotune/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "gotune/policy.h"
#include "gotune/utf8.h"

static const char *const area_word[GT_AREA_COUNT] = {
	[GT_AREA_KERNEL] = "kernel",   [GT_AREA_PRIVILEGE] = "privilege",
	[GT_AREA_INSTALL] = "install", [GT_AREA_RUNTIME] = "runtime",
	[GT_AREA_ENGINE] = "engine",   [GT_AREA_CONFLICT] = "conflict",
	[GT_AREA_HOST] = "host",       [GT_AREA_SELFTEST] = "selftest",
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

static struct gt_check *last(struct gt_doctor *d)
{
	return d->n_check > 0 && d->dropped == 0 ? &d->check[d->n_check - 1] : &d->spare;
}

/* One line, whatever a file had in it. */
static void GT_PRINTF(3, 0) line(char *buf, size_t cap, const char *fmt, va_list ap)
{
	(void)vsnprintf(buf, cap, fmt, ap); /* cut at the end: it is for reading */
	gt_utf8_plain(buf);
}

void gt_doctor_say(struct gt_doctor *d, enum gt_area area, enum gt_check_state state,
		   const char *name, const char *fmt, ...)
{
	struct gt_check *c;
	va_list ap;

	if (d->n_check < GT_CHECKS_MAX)
		d->n_check++;
	else
		d->dropped++;
	c = last(d);
	*c = (struct gt_check){.area = area, .state = state};
	(void)gt_copy_str(c->name, sizeof(c->name), name); /* cut, as above */
	gt_utf8_plain(c->name);
	va_start(ap, fmt);
	line(c->found, sizeof(c->found), fmt, ap);
	va_end(ap);
}

void gt_doctor_mend(struct gt_doctor *d, const char *follows, const char *fmt, ...)
{
	struct gt_check *c = last(d);
	va_list ap;

	(void)gt_copy_str(c->follows, sizeof(c->follows), follows); /* cut, as above */
	gt_utf8_plain(c->follows);
	va_start(ap, fmt);
	line(c->mend, sizeof(c->mend), fmt, ap);
	va_end(ap);
}

void gt_doctor_follows(struct gt_doctor *d, const char *fmt, ...)
{
	struct gt_check *c = last(d);
	va_list ap;

	va_start(ap, fmt);
	line(c->follows, sizeof(c->follows), fmt, ap);
	va_end(ap);
}

enum gt_doctor_status gt_doctor_judge(const struct gt_doctor *d,
				      unsigned ret_count[GT_CHECK_STATE_COUNT])
{
	unsigned count[GT_CHECK_STATE_COUNT] = {0};

	for (uint32_t i = 0; i < d->n_check; i++)
		count[d->check[i].state]++;
	/* A row that nobody can read may have been a fault. */
	count[GT_CHECK_WARN] += d->dropped > 0;
	if (ret_count)
		memcpy(ret_count, count, sizeof(count));
	if (count[GT_CHECK_BAD])
		return GT_DOCTOR_BROKEN;
	return count[GT_CHECK_WARN] ? GT_DOCTOR_DEGRADED : GT_DOCTOR_HEALTHY;
}

uint64_t gt_doctor_nofile(const struct gt_doctor *d)
{
	const struct gt_profile *p =
		d->policy ? gt_policy_profile(d->policy, d->policy->default_profile) : NULL;

	return p && !p->broken ? p->nofile : 0;
}
