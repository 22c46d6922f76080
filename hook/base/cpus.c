/*
 * Sets of CPU numbers and the kernel's list format for them. Pure; no privilege.
 */
#include <string.h>

#include "gotune/base.h"

void gt_cpus_set(struct gt_cpus *c, unsigned cpu)
{
	if (cpu < GT_CPUS_MAX)
		c->bits[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

bool gt_cpus_has(const struct gt_cpus *c, unsigned cpu)
{
	return cpu < GT_CPUS_MAX && (c->bits[cpu / 64] >> (cpu % 64) & 1);
}

unsigned gt_cpus_count(const struct gt_cpus *c)
{
	unsigned n = 0;

	for (size_t i = 0; i < GT_ARRAY_LEN(c->bits); i++)
		n += (unsigned)__builtin_popcountll(c->bits[i]);
	return n;
}

void gt_cpus_and(struct gt_cpus *a, const struct gt_cpus *b)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(a->bits); i++)
		a->bits[i] &= b->bits[i];
}

/* Where parsing stands, and where the text ends (trailing white space left out). */
struct cursor {
	const char *p, *end;
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool eat(struct cursor *c, char want)
{
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

/* One number; anything from GT_CPUS_MAX on is -E2BIG, however many digits it has. */
static int number(struct cursor *c, unsigned *ret)
{
	unsigned v = 0;
	const char *start = c->p;

	for (; c->p != c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
		if (v < GT_CPUS_MAX)
			v = v * 10 + (unsigned)(*c->p - '0');
	}
	*ret = v;
	if (c->p == start)
		return -EINVAL;
	return v < GT_CPUS_MAX ? 0 : -E2BIG;
}

/* FIRST[-LAST[:USED/GROUP]]: of every GROUP CPUs from FIRST on, the first USED. */
static int range(struct cursor *c, struct gt_cpus *set)
{
	unsigned first, last, used = 1, group = 1;
	int r = number(c, &first);

	last = first;
	if (r == 0 && eat(c, '-')) {
		r = number(c, &last);
		if (r == 0 && eat(c, ':')) {
			r = number(c, &used);
			if (r == 0)
				r = eat(c, '/') ? number(c, &group) : -EINVAL;
		}
	}
	if (r < 0)
		return r;
	if (last < first || used == 0 || used > group)
		return -EINVAL;
	for (unsigned i = first; i <= last; i++) {
		if ((i - first) % group < used)
			gt_cpus_set(set, i);
	}
	return 0;
}

int gt_cpus_parse(const char *s, struct gt_cpus *ret)
{
	struct cursor c = {s, s + strlen(s)};
	struct gt_cpus set = {{0}};
	int r;

	while (c.p != c.end && is_space(*c.p))
		c.p++;
	while (c.end != c.p && is_space(c.end[-1]))
		c.end--;
	while (c.p != c.end) {
		r = range(&c, &set);
		if (r < 0)
			return r;
		if (c.p == c.end)
			break;
		if (!eat(&c, ',') || c.p == c.end)
			return -EINVAL;
	}
	*ret = set;
	return 0;
}

/* Appends "FIRST" or "FIRST-LAST", whole or not at all. */
static bool append_range(char *buf, size_t cap, unsigned first, unsigned last)
{
	char text[32] = "";
	size_t have = strlen(buf);

	if ((have > 0 && !gt_append(text, sizeof(text), ",")) ||
	    !gt_append_u64(text, sizeof(text), first))
		return false;
	if (last != first &&
	    (!gt_append(text, sizeof(text), "-") || !gt_append_u64(text, sizeof(text), last)))
		return false;
	return strlen(text) < cap - have && gt_append(buf, cap, text);
}

/* Ends BUF with "...", after the last range that leaves room for it: a cut number would lie. */
static void append_dots(char *buf, size_t cap)
{
	while (*buf && strlen(buf) + sizeof("...") > cap) {
		char *comma = strrchr(buf, ',');

		*(comma ? comma : buf) = '\0';
	}
	(void)gt_append(buf, cap, "..."); /* as much of them as fits */
}

bool gt_cpus_format(const struct gt_cpus *c, char *buf, size_t cap)
{
	if (cap == 0)
		return false;
	buf[0] = '\0';
	for (unsigned i = 0; i < GT_CPUS_MAX; i++) {
		unsigned last = i;

		if (!gt_cpus_has(c, i))
			continue;
		while (gt_cpus_has(c, last + 1))
			last++;
		if (!append_range(buf, cap, i, last)) {
			append_dots(buf, cap);
			return false;
		}
		i = last;
	}
	return true;
}
