/* cpu.stat of a cgroup, v1 (throttled_time, ns) and v2 (throttled_usec). Pure. */
#include "gotune/diagnose.h"

struct sample {
	uint64_t periods, throttled, us;
};

static bool value_of(const char *p, size_t n, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);
	char text[24];

	return n > len && memcmp(p, key, len) == 0 && p[len] == ' ' &&
	       gt_copy(text, sizeof(text), p + len + 1, n - len - 1) &&
	       gt_parse_u64(text, ret) == 0;
}

static void take_line(const char *p, size_t n, struct sample *s, uint32_t *n_samples)
{
	uint64_t v;

	if (value_of(p, n, "nr_periods", &v)) {
		s->periods = v;
		(*n_samples)++;
	} else if (value_of(p, n, "nr_throttled", &v)) {
		s->throttled = v;
	} else if (value_of(p, n, "throttled_usec", &v)) {
		s->us = v;
	} else if (value_of(p, n, "throttled_time", &v)) {
		s->us = v / 1000;
	}
}

int gt_diagnose_cpu_stat(const char *text, size_t len, struct gt_diagnose_known *k)
{
	struct sample first = {0}, now = {0};
	uint32_t n = 0, before;

	for (size_t at = 0; at < len;) {
		const char *nl = memchr(text + at, '\n', len - at);
		size_t line = nl ? (size_t)(nl - text) - at : len - at;

		before = n;
		if (n == 1 && line > 10 && memcmp(text + at, "nr_periods", 10) == 0)
			first = now;
		take_line(text + at, line, &now, &n);
		if (n == 2 && before == 1 && now.periods < first.periods)
			first = (struct sample){0}; /* another cgroup */
		at += line + 1;
	}
	if (n == 0 || now.throttled < first.throttled)
		return -EINVAL;
	k->has_cpu_stat = true;
	k->nr_periods = now.periods - first.periods;
	k->nr_throttled = now.throttled - first.throttled;
	k->throttled_us = now.us - first.us;
	return 0;
}
