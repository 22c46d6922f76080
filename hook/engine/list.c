/*
 * The engines and their ways, as data. Pure.
 */
#include "gotune/base.h"
#include "gotune/engine.h"

static const char *const engine_word[GT_ENG_COUNT] = {
	[GT_ENG_DOCKER] = "docker",	    [GT_ENG_PODMAN] = "podman", [GT_ENG_CRIO] = "crio",
	[GT_ENG_CONTAINERD] = "containerd", [GT_ENG_CDI] = "cdi",
};
const struct gt_words gt_eng_words = {engine_word, GT_ENG_COUNT};

static const char *const way_word[GT_WAY_COUNT] = {
	[GT_WAY_RUNTIME] = "runtime",
	[GT_WAY_PRECREATE] = "precreate",
	[GT_WAY_HOOK] = "hook",
	[GT_WAY_DEVICE] = "device",
};
const struct gt_words gt_way_words = {way_word, GT_WAY_COUNT};

static const char *const state_word[GT_REG_STATE_COUNT] = {
	[GT_REG_ABSENT] = "absent",
	[GT_REG_PRESENT] = "present",
	[GT_REG_OUTDATED] = "outdated",
	[GT_REG_BROKEN] = "broken",
};
const struct gt_words gt_reg_state_words = {state_word, GT_REG_STATE_COUNT};

#define RUNTIME	  GT_WAY_BIT(GT_WAY_RUNTIME)
#define PRECREATE GT_WAY_BIT(GT_WAY_PRECREATE)
#define HOOK	  GT_WAY_BIT(GT_WAY_HOOK)
#define DEVICE	  GT_WAY_BIT(GT_WAY_DEVICE)

const struct gt_engine_info gt_engines[GT_ENG_COUNT] = {
	[GT_ENG_DOCKER] = {"Docker", RUNTIME, RUNTIME, "dockerd docker"},
	[GT_ENG_PODMAN] = {"Podman", RUNTIME | PRECREATE | HOOK, PRECREATE, "podman"},
	/* Both: the hook tunes every pod, the handler adds what only config.json can do. */
	[GT_ENG_CRIO] = {"CRI-O", RUNTIME | HOOK, RUNTIME | HOOK, "crio"},
	[GT_ENG_CONTAINERD] = {"containerd", RUNTIME, RUNTIME, "containerd"},
	[GT_ENG_CDI] = {"CDI", DEVICE, DEVICE, ""},
};
