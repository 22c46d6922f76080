/*
 * One slot: is it whole, what does it say, whose is it. Pure.
 */
#include <string.h>

#include "gotune/lessons.h"

#define MIB_SHIFT 20

/* FNV-1a, over bytes that may be 0. */
uint64_t gt_lesson_sum(const struct gt_lesson *l)
{
	const unsigned char *p = (const unsigned char *)l;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < offsetof(struct gt_lesson, sum); i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

bool gt_lesson_ok(const struct gt_lesson *l)
{
	return l->kind > GT_LESSON_NONE && l->kind < GT_LESSON_KINDS && l->key != 0 &&
	       l->name[sizeof(l->name) - 1] == '\0' && l->sum == gt_lesson_sum(l);
}

void gt_lesson_add_life(struct gt_lesson *l, uint64_t beside_bytes, bool oom)
{
	uint64_t rest = beside_bytes & ((1u << MIB_SHIFT) - 1);
	uint64_t mib = (beside_bytes >> MIB_SHIFT) + (rest > 0);

	for (unsigned i = GT_LESSON_LIVES - 1; i > 0; i--)
		l->image.beside_mib[i] = l->image.beside_mib[i - 1];
	l->image.beside_mib[0] = (uint16_t)(mib < UINT16_MAX ? mib : UINT16_MAX);
	l->image.oom = (uint8_t)((unsigned)l->image.oom << 1 | (oom ? 1u : 0u));
	if (l->n_lives < UINT32_MAX)
		l->n_lives++;
}

uint64_t gt_lesson_beside(const struct gt_lesson *l)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < GT_LESSON_LIVES; i++)
		most = l->image.beside_mib[i] > most ? l->image.beside_mib[i] : most;
	return most << MIB_SHIFT;
}

uint32_t gt_lesson_ooms(const struct gt_lesson *l)
{
	return (uint32_t)__builtin_popcount(l->image.oom);
}

uint64_t gt_lesson_key(const struct gt_facts *f, char name[40])
{
	const struct gt_program *p = &f->program;
	char build[GT_NAME_CAP] = "build ";

	if (f->ident.image_id[0] && p->path[0]) {
		(void)gt_copy(name, 40, f->ident.image_id, 12); /* as engines show it */
		return gt_hash(p->path, gt_hash(f->ident.image_id, 1)) | 1;
	}
	if (p->kind != GT_PROG_GO || p->build == 0)
		return 0;
	for (int shift = 60; shift >= 16; shift -= 4) {
		const char digit[] = {"0123456789abcdef"[p->build >> shift & 15], '\0'};

		(void)gt_append(build, sizeof(build), digit); /* fits */
	}
	(void)gt_copy(name, 40, build, strlen(build));
	return p->build | 1;
}
