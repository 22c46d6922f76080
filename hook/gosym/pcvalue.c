/*
 * Tables of values by program counter: pairs of differences, each a varint, of value and of pc.
 * Pure; the bytes are hostile. Source: Go src/runtime/symtab.go (pcvalue, step),
 * src/cmd/internal/obj/pcln.go.
 */
#include "gotune/gosym.h"

#define STEPS_MAX 65536u

/* A base-128 varint of at most 32 bits, as the runtime reads it; *OFF moves past it. */
static bool take_varint(const struct gt_sym_names *t, uint64_t *off, uint32_t *ret)
{
	uint32_t v = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		unsigned char b;

		if (*off >= t->len)
			return false;
		b = t->p[(*off)++];
		if (shift < 32)
			v |= (uint32_t)(b & 0x7f) << shift;
		if (b < 0x80) {
			*ret = v;
			return true;
		}
	}
	return false;
}

int gt_sym_pcvalue(const struct gt_sym_names *t, uint32_t table, uint64_t pc_off, int32_t *ret)
{
	uint64_t off = t->pc + table, at = 0;
	uint32_t value = UINT32_MAX; /* -1: sums wrap, as the runtime's do */

	if (table == 0)
		return -ENOENT;
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		uint32_t dv, dpc;

		if (!take_varint(t, &off, &dv) || (dv == 0 && i > 0) || !take_varint(t, &off, &dpc))
			return -ENOENT;
		value += dv & 1 ? ~(dv >> 1) : dv >> 1;
		at += dpc;
		if (pc_off < at) {
			*ret = (int32_t)value;
			return 0;
		}
	}
	return -ENOENT;
}
