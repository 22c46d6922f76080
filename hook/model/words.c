/*
 * The words of every enumeration in the types, and the sentences of those that have a catalogue
 * (include/gotune/model/). Pure data; config/record.schema.json has the same lists, and a test
 * compares them.
 */
#include "gotune/base.h"
#include "gotune/model.h"

#define WORDS(name, ...)                                        \
	static const char *const name##_list[] = {__VA_ARGS__}; \
	const struct gt_words name = {name##_list, GT_ARRAY_LEN(name##_list)}

bool gt_env_diverts_shell(const char *name, size_t len)
{
	static const char *const names[] = {"BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS"};
	static const char function[] = "BASH_FUNC_";

	for (size_t i = 0; i < GT_ARRAY_LEN(names); i++) {
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	}
	return len >= sizeof(function) - 1 && memcmp(name, function, sizeof(function) - 1) == 0;
}

const char *const gt_var_name[GT_VAR_COUNT] = {
	[GT_VAR_GOMAXPROCS] = "GOMAXPROCS",
	[GT_VAR_GOMEMLIMIT] = "GOMEMLIMIT",
	[GT_VAR_GOGC] = "GOGC",
	[GT_VAR_GODEBUG] = "GODEBUG",
};

WORDS(gt_engine_words, "unknown", "docker", "podman", "cri-o", "containerd");
WORDS(gt_key_words, "enable", "profile", "mode", "program", "gomaxprocs", "gomemlimit", "gogc",
      "godebug", "nofile");
WORDS(gt_origin_words, "none", "label", "image-env", "hook-args", "annotation",
      "container-annotation", "set");
WORDS(gt_prog_kind_words, "unknown", "go", "script", "other");
WORDS(gt_barrier_words, "ok", "no-process", "not-an-init", "ptrace-denied", "selinux", "apparmor",
      "arch", "too-late");

WORDS(gt_arm_words, "none", "canary", "control");
WORDS(gt_mode_words, "off", "audit", "enforce");
WORDS(gt_select_words, "annotated", "go", "all");
WORDS(gt_on_error_words, "continue", "fail");
WORDS(gt_round_words, "ceil", "floor");
WORDS(gt_cpu_count_words, "logical", "physical");
WORDS(gt_numa_words, "ignore", "cap", "bind");
WORDS(gt_live_key_words, "gomemlimit", "pressure", "gogc");

WORDS(gt_setting_kind_words, "env", "rlimit", "sysctl", "cgroup");
WORDS(gt_verdict_words, "set", "keep", "skip");

/* ---- from the catalogues ---- */

static const char *const reason_list[] = {
#define X(id, word, means, advice) [GT_R_##id] = (word),
#include "gotune/model/reasons.def"
};
static const char *const reason_sentence[] = {
#define X(id, word, means, advice) [GT_R_##id] = (means),
#include "gotune/model/reasons.def"
};
const struct gt_words gt_reason_words = {reason_list, GT_R_COUNT};
const struct gt_words gt_reason_sentences = {reason_sentence, GT_R_COUNT};

static const char *const warning_list[] = {
#define X(id, word, means, advice) [GT_W_##id] = (word),
#include "gotune/model/warnings.def"
};
static const char *const warning_sentence[] = {
#define X(id, word, means, advice) [GT_W_##id] = (means),
#include "gotune/model/warnings.def"
};
const struct gt_words gt_warning_words = {warning_list, GT_W_COUNT};
const struct gt_words gt_warning_sentences = {warning_sentence, GT_W_COUNT};

static const char *const trouble_list[] = {
#define X(id, word, means, advice) [GT_TROUBLE_##id] = (word),
#include "gotune/model/troubles.def"
};
const struct gt_words gt_trouble_words = {trouble_list, GT_TROUBLE_COUNT};

static const char *const left_list[] = {
#define X(id, word, means, advice) [GT_LEFT_##id] = (word),
#include "gotune/model/lives.def"
};
static const char *const left_sentence[] = {
#define X(id, word, means, advice) [GT_LEFT_##id] = (means),
#include "gotune/model/lives.def"
};
const struct gt_words gt_left_words = {left_list, GT_LEFT_COUNT};
const struct gt_words gt_left_sentences = {left_sentence, GT_LEFT_COUNT};

static const char *const note_list[] = {
#define X(id, word, means, advice) [GT_NOTE_##id] = (word),
#include "gotune/model/notes.def"
};
const struct gt_words gt_prog_note_words = {note_list, GT_NOTE_COUNT};

static const char *const counter_list[] = {
#define X(id, word, means, advice) [GT_COUNT_##id] = (word),
#include "gotune/model/counters.def"
};
const struct gt_words gt_counter_words = {counter_list, GT_COUNT_COUNT};

enum gt_setting_kind gt_setting_kind(enum gt_setting_id id)
{
	static const enum gt_setting_kind kind[GT_SET_COUNT] = {
		[GT_SET_NOFILE] = GT_KIND_RLIMIT,      [GT_SET_SYSCTL] = GT_KIND_SYSCTL,
		[GT_SET_SWAPPINESS] = GT_KIND_CGROUP,  [GT_SET_CPUSET_CPUS] = GT_KIND_CGROUP,
		[GT_SET_CPUSET_MEMS] = GT_KIND_CGROUP,
	};

	return id < GT_SET_COUNT ? kind[id] : GT_KIND_ENV;
}
