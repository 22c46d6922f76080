/*
 * Structs out of bytes, by tables: an input is a list of (row, index, value), each of which fills
 * one field with what its type can hold. So that a mutation changes one field and leaves the rest.
 */
#ifndef TESTS_FUZZ_FILL_H
#define TESTS_FUZZ_FILL_H

#include "fuzz.h"
#include "gotune/base.h"

enum fill_type {
	FILL_BYTE, /* a bool or an enum: below MAX */
	FILL_NUMBER,
	FILL_TEXT, /* up to a NUL */
	FILL_CPUS, /* as a list */
	FILL_PAIR, /* of the gt_strv that is pointed to: two texts */
};
struct fill {
	enum fill_type type;
	size_t off, size;
	unsigned n; /* elements of an array, STRIDE bytes each */
	size_t stride;
	uint64_t max; /* FILL_BYTE: the first value that is none; FILL_NUMBER: the last, 0: any */
};
#define FILL_SIZE(s, m) sizeof(((s *)NULL)->m)
#define FILL(type, s, m, max)                                    \
	{                                                        \
		type, offsetof(s, m), FILL_SIZE(s, m), 1, 0, max \
	}
#define FILL_EACH(type, s, a, m, max)                                                 \
	{                                                                             \
		type, offsetof(s, a[0].m), FILL_SIZE(s, a[0].m),                      \
			FILL_SIZE(s, a) / FILL_SIZE(s, a[0]), FILL_SIZE(s, a[0]), max \
	}
#define FILL_BOOL(s, m)		FILL(FILL_BYTE, s, m, 2)
#define FILL_EACH_BOOL(s, a, m) FILL_EACH(FILL_BYTE, s, a, m, 2)
#define FILL_NUM(s, m)		FILL(FILL_NUMBER, s, m, 0)
#define FILL_EACH_NUM(s, a, m)	FILL_EACH(FILL_NUMBER, s, a, m, 0)
#define FILL_STR(s, m)		FILL(FILL_TEXT, s, m, 0)
#define FILL_EACH_STR(s, a, m)	FILL_EACH(FILL_TEXT, s, a, m, 0)

static void fill_number(char *at, size_t size, uint64_t v)
{
	uint32_t small = (uint32_t)v;
	uint8_t tiny = (uint8_t)v;

	if (size == sizeof(v))
		memcpy(at, &v, size);
	else if (size == sizeof(small))
		memcpy(at, &small, size);
	else
		memcpy(at, &tiny, sizeof(tiny));
}

static void fill_pair(struct fuzz_in *in, struct gt_strv *ret)
{
	struct fuzz_in k = fuzz_until(in, '\0'), v = fuzz_until(in, '\0');

	(void)gt_strv_add_pair(ret, (const char *)k.p, k.n, (const char *)v.p, v.n);
}

/* One field of BASE. */
static void fill_one(struct fuzz_in *in, const struct fill *f, void *base)
{
	char *at = (char *)base + f->off, list[256];
	struct gt_cpus cpus;
	uint64_t v;

	if (f->n > 1)
		at += fuzz_byte(in) % f->n * f->stride;
	switch (f->type) {
	case FILL_BYTE:
		fill_number(at, f->size, fuzz_byte(in) % f->max);
		break;
	case FILL_NUMBER:
		v = fuzz_u64(in);
		fill_number(at, f->size, f->max && v > f->max ? v % (f->max + 1) : v);
		break;
	case FILL_TEXT:
		fuzz_text(in, '\0', at, f->size);
		break;
	case FILL_CPUS:
		fuzz_text(in, '\0', list, sizeof(list));
		if (gt_cpus_parse(list, &cpus) == 0)
			memcpy(at, &cpus, sizeof(cpus));
		break;
	case FILL_PAIR:
		fill_pair(in, *(struct gt_strv **)(void *)at);
		break;
	}
}

#endif
