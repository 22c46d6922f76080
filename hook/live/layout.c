/*
 * Where each Go version keeps what we read of runtime.gcController, for amd64. Pure data.
 * Source: Go src/runtime/mgcpacer.go (gcControllerState) of each version; 1.21 to 1.27 differ in
 * comments alone. tests/live.bats runs programs of those that are installed.
 */
#include <stdio.h>

#include "internal.h"

static const struct gt_live_layout layouts[] = {
	/* versions, goal, triggered, live, stacks, globals, marked, in use, free, allocated, freed,
	 * mapped */
	{19, 19, 104, 120, 136, 160, 176, 184, 304, 320, 328, 336, 344},
	{20, 20, 48, 64, 80, 104, 120, 128, 248, 264, 272, 280, 288},
	{21, 27, 72, 88, 104, 128, 144, 152, 272, 288, 296, 304, 312},
};

const struct gt_live_layout *gt_live_layout_of(unsigned minor)
{
	for (unsigned i = 0; i < GT_ARRAY_LEN(layouts); i++) {
		if (minor >= layouts[i].first && minor <= layouts[i].last)
			return &layouts[i];
	}
	return NULL;
}

void gt_live_layout_range(char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "1.%u to 1.%u", layouts[0].first,
		       layouts[GT_ARRAY_LEN(layouts) - 1].last); /* cut: for people */
}
