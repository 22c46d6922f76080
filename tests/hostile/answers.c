/*
 * What a job that was taken over answers by rote: other bytes, or the true answer with one field
 * turned hostile. Pure.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "hostile.h"

/* ---- bytes ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* All of it at random, or (NOISE) one to eight bytes of the true answer. */
static void randomize(unsigned char *p, size_t len, uint32_t seed, bool noise)
{
	size_t n = len;

	seed = seed * 2654435761u + 1;
	if (noise)
		n = 1 + next_random(&seed) % 8;
	for (size_t i = 0; i < n; i++)
		p[noise ? next_random(&seed) % len : i] = (unsigned char)(next_random(&seed) >> 8);
}

/* Every number that could be a place in a document, moved. */
static void shift_words(unsigned char *p, size_t len, int by)
{
	for (size_t i = 0; i + 4 <= len; i += 4) {
		uint32_t v;

		memcpy(&v, p + i, 4);
		if (v > 8 && v < 1 << 20) {
			v = (uint32_t)((int)v + by);
			memcpy(p + i, &v, 4);
		}
	}
}

static const char *const texts[][2] = {
	/* Of one length each, so that all places stay right. */
	{"\"GOMAXPROCS=", "\"LD_PRELOAD="},
	{"\"GOMEMLIMIT=", "\"],\"x\":[\"=="},
	{"GOMAXPROCS=1", "GOMAXPROCS=0"},
	{"GOMEMLIMIT=460MiB", "GOMEMLIMIT=460\\u0"},
	{"net.core.somaxconn", "kernel.core_patter"},
	{"\"hard\":", "\"soft\":"},
};

static void swap_text(unsigned char *p, size_t len, size_t which)
{
	const char *from = texts[which][0], *to = texts[which][1];

	for (unsigned char *at = memmem(p, len, from, strlen(from)); at;
	     at = memmem(at, len - (size_t)(at - p), from, strlen(from)))
		memcpy(at, to, strlen(from));
}

static void set_word(unsigned char *p, size_t len, size_t i, uint32_t v)
{
	if (i * 4 + 4 <= len)
		memcpy(p + i * 4, &v, 4);
}

bool change_bytes(const char *name, void *ret, size_t len)
{
	unsigned n, v;
	int by;

	if (strcmp(name, "zeros") == 0)
		memset(ret, 0, len);
	else if (strcmp(name, "ones") == 0)
		memset(ret, 0xff, len);
	else if (sscanf(name, "random-%u", &n) == 1)
		randomize(ret, len, n, false);
	else if (sscanf(name, "noise-%u", &n) == 1)
		randomize(ret, len, n, true);
	else if (sscanf(name, "shift%d", &by) == 1)
		shift_words(ret, len, by);
	else if (sscanf(name, "text-%u", &n) == 1 && n < GT_ARRAY_LEN(texts))
		swap_text(ret, len, n);
	else if (sscanf(name, "word-%u=%u", &n, &v) == 2)
		set_word(ret, len, n, v);
	else
		return false;
	return true;
}

static void list_blind(const char *target)
{
	static const int by[] = {-9, -2, -1, 1, 2, 9, 100};
	static const uint32_t values[] = {0, 1, 0x7fffffff, 0xffffffff};

	for (size_t i = 0; i < GT_ARRAY_LEN(by); i++)
		printf("%s/shift%+d\n", target, by[i]);
	for (size_t i = 0; i < GT_ARRAY_LEN(texts); i++)
		printf("%s/text-%zu\n", target, i);
	for (unsigned i = 0; i < 12; i++) {
		for (size_t k = 0; k < GT_ARRAY_LEN(values); k++)
			printf("%s/word-%u=%u\n", target, i, values[k]);
	}
}

void list_bytes(const char *target, unsigned seeds)
{
	printf("%s/zeros\n%s/ones\n", target, target);
	for (unsigned i = 1; i <= seeds; i++)
		printf("%s/random-%u\n%s/noise-%u%s\n", target, i, target, i,
		       strcmp(target, "stack") == 0 || strncmp(target, "sysctl", 6) == 0 ? " own"
											 : "");
	if (strcmp(target, "edits") == 0 || strcmp(target, "exec") == 0)
		list_blind(target);
}

/* ---- fields ---- */

#define FORGED "\n\033[2J<3>forged: line\xff\xe2\x80\xae\"],\"x\":[\""

static void set_number(void *p, size_t len, uint64_t v)
{
	memcpy(p, &v, len); /* little-endian, or cut to what it is anyway */
}

static void change_number(void *p, size_t len, size_t which)
{
	static const uint64_t values[] = {0, 1, UINT64_MAX, UINT64_C(0x8000000080000000),
					  UINT64_C(0x7fffffff7fffffff)};

	set_number(p, len, values[which]);
}

void set_hostile_text(char *p, size_t len, size_t which)
{
	static const char *const values[] = {"",  FORGED,	  "../../../../../../../../etc",
					     "/", "/proc/1/root", "-1"};

	if (which < GT_ARRAY_LEN(values)) {
		(void)gt_copy_str(p, len, values[which]);
		return;
	}
	memset(p, 'A', len);
	if (which > GT_ARRAY_LEN(values))
		p[len - 1] = '\0';
}

static struct gt_arena *arena_of(struct gt_strv *v)
{
	return (void *)((char *)v + v->arena);
}

/* Valid, and as full as can be. */
static void fill_vector(struct gt_strv *v)
{
	struct gt_arena *a = arena_of(v);
	char *room = (char *)(a + 1);

	gt_strv_clear(v);
	a->used = v->used = GT_STRV_CAP;
	v->n = 2;
	memset(room, 'A', GT_STRV_CAP);
	room[0] = room[GT_STRV_CAP - 1] = '\0';
}

static void change_vector(struct gt_strv *v, size_t which)
{
	static const struct {
		uint32_t n, used, dropped, at;
		int32_t arena; /* more than it is */
	} values[] = {
		{0, 0, 0, 0, 0},
		{UINT32_MAX, 0, 0, 0, 0},
		{1, UINT32_MAX, 0, 0, 0},
		{UINT32_MAX, UINT32_MAX, 0, 0, 0},
		{1, 0, 0, 0, 0},
		{0, 0, UINT32_MAX, 0, 0},
		{GT_STRV_CAP, GT_STRV_CAP, 0, 0, 0},
		{2, 1, 0, 0, 0},
		{0, 0, 0, UINT32_MAX, 0},
		{1, 64, 0, UINT32_MAX - 32, 0},
		{0, 0, 0, 0, 1 << 30},
		{0, 0, 0, 0, -64},
	};

	if (which == GT_ARRAY_LEN(values)) {
		fill_vector(v);
		return;
	}
	v->n = values[which].n;
	v->used = values[which].used;
	v->dropped = values[which].dropped;
	v->at = values[which].at;
	v->arena += (uint32_t)values[which].arena;
}

/* What follows is sent by what it says. */
static void change_arena(struct gt_arena *a, size_t which)
{
	const struct gt_arena values[] = {
		{UINT32_MAX, a->cap}, {0, a->cap},	     {a->cap, a->cap},
		{a->used, 0},	      {a->used, UINT32_MAX}, {UINT32_MAX, UINT32_MAX},
	};

	*a = values[which];
}

static size_t n_changes(enum kind k)
{
	static const size_t n[] = {[KIND_BOOL] = 3,
				   [KIND_NUMBER] = 5,
				   [KIND_TEXT] = HOSTILE_TEXTS,
				   [KIND_VECTOR] = 13,
				   [KIND_ARENA] = 6};

	return n[k];
}

static void change(const struct field *f, char *ret, size_t which)
{
	static const unsigned char bools[] = {0, 1, 2};

	switch (f->kind) {
	case KIND_BOOL:
		memcpy(ret + f->at, &bools[which], 1);
		break;
	case KIND_NUMBER:
		change_number(ret + f->at, f->len, which);
		break;
	case KIND_TEXT:
		set_hostile_text(ret + f->at, f->len, which);
		break;
	case KIND_VECTOR:
		change_vector((void *)(ret + f->at), which);
		break;
	case KIND_ARENA:
		change_arena((void *)(ret + f->at), which);
		break;
	}
}

bool change_field(enum target t, const char *name, void *ret)
{
	struct fields all = fields_of(t);
	const char *eq = strrchr(name, ':');
	size_t which = eq ? strtoul(eq + 1, NULL, 10) : 0;

	for (size_t i = 0; eq && i < all.n; i++) {
		const struct field *f = &all.field[i];

		if (strlen(f->name) != (size_t)(eq - name) ||
		    strncmp(f->name, name, (size_t)(eq - name)) != 0 || which >= n_changes(f->kind))
			continue;
		change(f, ret, which);
		return true;
	}
	return false;
}

void list_fields(enum target t)
{
	struct fields all = fields_of(t);

	for (size_t i = 0; i < all.n; i++) {
		for (size_t k = 0; k < n_changes(all.field[i].kind); k++)
			printf("%s/%s:%zu\n", target_name[t], all.field[i].name, k);
	}
}
