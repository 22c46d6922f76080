/*
 * Where each Go version keeps what we read: the table that contrib/goroutine-layouts/generate makes
 * from DWARF. Pure data.
 */
#include <stdio.h>

#include "internal.h"

/* clang-format off */
#define LAYOUT(minor, from, size, lo, hi, sp, pc, bp, status, goid, since, reason, gopc, startpc, \
	       text, etext, gofunc, ...) \
	static const char *const reasons_##minor[] = {__VA_ARGS__}; \
	_Static_assert((size) <= GT_GOR_G_MAX && (startpc) + 8 <= (size) && (gopc) + 8 <= (size), \
		       "a field beyond the struct");
#include "layouts.def"
#undef LAYOUT

#define LAYOUT(minor, from, size, lo, hi, sp, pc, bp, status, goid, since, reason, gopc, startpc, \
	       text, etext, gofunc, ...) \
	{minor, from, size, lo, hi, sp, pc, bp, status, goid, since, reason, gopc, startpc, \
	 text, etext, gofunc, reasons_##minor, GT_ARRAY_LEN(reasons_##minor)},
/* clang-format on */
static const struct gt_gor_layout layouts[] = {
#include "layouts.def"
};

const struct gt_gor_layout *gt_gor_layout_of(unsigned minor)
{
	for (unsigned i = 0; i < GT_ARRAY_LEN(layouts); i++) {
		if (layouts[i].minor == minor)
			return &layouts[i];
	}
	return NULL;
}

void gt_gor_layout_range(char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "1.%u to 1.%u", layouts[0].minor,
		       layouts[GT_ARRAY_LEN(layouts) - 1].minor); /* cut: for people */
}
