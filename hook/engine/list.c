/*
 * The table of the engines, and the words of their ways and states. Pure.
 */
#include "gotune/base.h"
#include "gotune/engine.h"

#define ADDRESS(name) &gt_engine_##name,
const struct gt_engine_driver *const gt_engines[GT_ENGINES_N] = {GT_ENGINES(ADDRESS)};

const struct gt_engine_driver *gt_engine_find(const char *name)
{
	for (unsigned i = 0; i < GT_ENGINES_N; i++) {
		if (strcmp(gt_engines[i]->name, name) == 0)
			return gt_engines[i];
	}
	return NULL;
}

void gt_engine_list(char *ret, size_t cap)
{
	ret[0] = '\0';
	for (unsigned i = 0; i < GT_ENGINES_N; i++) {
		const char *before = i + 1 == GT_ENGINES_N ? " or " : ", ";

		(void)gt_append(ret, cap, i > 0 ? before : ""); /* cut: for people */
		(void)gt_append(ret, cap, gt_engines[i]->name);
	}
}

static const char *const way_word[GT_WAY_COUNT] = {
	[GT_WAY_RUNTIME] = "runtime", [GT_WAY_PRECREATE] = "precreate", [GT_WAY_HOOK] = "hook",
	[GT_WAY_DEVICE] = "device",   [GT_WAY_PLUGIN] = "plugin",
};
const struct gt_words gt_way_words = {way_word, GT_WAY_COUNT};

static const char *const state_word[GT_REG_STATE_COUNT] = {
	[GT_REG_ABSENT] = "absent", [GT_REG_PRESENT] = "present",   [GT_REG_OUTDATED] = "outdated",
	[GT_REG_BROKEN] = "broken", [GT_REG_SHADOWED] = "shadowed", [GT_REG_FOREIGN] = "foreign",
};
const struct gt_words gt_reg_state_words = {state_word, GT_REG_STATE_COUNT};

void gt_way_list(unsigned ways, char *ret, size_t cap)
{
	ret[0] = '\0';
	for (unsigned way = 0; way < GT_WAY_COUNT; way++) {
		if (!(ways & GT_WAY_BIT(way)))
			continue;
		(void)gt_append(ret, cap, ret[0] ? ", " : ""); /* cut: for people */
		(void)gt_append(ret, cap, gt_words_get(&gt_way_words, way));
	}
}
