/*
 * What gotune report measures of a container's life. Pure.
 */
#include "report.h"

#define PERIODS_MIN 10 /* fewer say nothing of how it is throttled */
#define SECONDS_MIN 30

static bool throttled(const struct gt_life *l, double *ret)
{
	const struct gt_usage *u = &l->usage;

	if (!u->has_periods || u->periods < PERIODS_MIN)
		return false;
	*ret = (double)u->throttled / (double)u->periods;
	return true;
}

static bool memory(const struct gt_life *l, double *ret)
{
	if (!l->usage.has_limit || l->usage.limit_bytes == 0 || l->peak_bytes == 0)
		return false;
	*ret = (double)l->peak_bytes / (double)l->usage.limit_bytes;
	return true;
}

static bool waited(const struct gt_life *l, enum gt_pressure which, double *ret)
{
	if (!l->usage.has_pressure[which] || l->seconds < SECONDS_MIN)
		return false;
	*ret = (double)l->usage.some_us[which] / 1e6 / (double)l->seconds;
	return true;
}

static bool waited_cpu(const struct gt_life *l, double *ret)
{
	return waited(l, GT_PRESSURE_CPU, ret);
}

static bool waited_memory(const struct gt_life *l, double *ret)
{
	return waited(l, GT_PRESSURE_MEMORY, ret);
}

static bool oom_kills(const struct gt_life *l, double *ret)
{
	if (!l->usage.has_oom_kills || l->seconds < SECONDS_MIN)
		return false;
	*ret = (double)l->usage.oom_kills * 86400 / (double)l->seconds;
	return true;
}

const struct gt_measure gt_measures[GT_MEASURES] = {
	{"throttled", "Periods in which the CPU quota was used up", "%", 100, throttled},
	{"memory", "Most memory, of the limit", "%", 100, memory},
	{"cpu-wait", "Time in which tasks waited for a CPU", "%", 100, waited_cpu},
	{"memory-wait", "Time in which tasks waited for memory", "%", 100, waited_memory},
	{"oom-kills", "OOM kills a day", "", 1, oom_kills},
};

static const char *const contrast_list[] = {"not enough data", "no difference", "less", "more"};
const struct gt_words gt_contrast_words = {contrast_list, GT_ARRAY_LEN(contrast_list)};
