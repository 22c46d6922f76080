/* The words of verdicts and of what they are about. Pure data. */
#include "gotune/diagnose.h"

#define X(id, word_, area_, level_, meaning_, advice_, cost_, against_, surer_) \
	[GT_V_##id] = {.word = (word_),                                         \
		       .area = GT_VA_##area_,                                   \
		       .level = GT_VL_##level_,                                 \
		       .meaning = (meaning_),                                   \
		       .advice = (advice_),                                     \
		       .cost = (cost_),                                         \
		       .against = (against_),                                   \
		       .surer = (surer_)},
const struct gt_diag_text gt_diag_texts[GT_V_COUNT] = {
#include "gotune/diagnose/verdicts.def"
};
#define X(id, word_, area_, level_, meaning_, advice_, cost_, against_, surer_) \
	[GT_V_##id] = (word_),
static const char *const verdict_list[GT_V_COUNT] = {
#include "gotune/diagnose/verdicts.def"
};
const struct gt_words gt_diag_words = {verdict_list, GT_V_COUNT};

static const char *const area_list[GT_VA_COUNT] = {
	[GT_VA_ANY] = "program",     [GT_VA_LOG] = "log",	[GT_VA_GC] = "collector",
	[GT_VA_SCHED] = "scheduler", [GT_VA_CGROUP] = "cgroup", [GT_VA_H2] = "http2",
};
const struct gt_words gt_diag_area_words = {area_list, GT_VA_COUNT};
static const char *const level_list[GT_VL_COUNT] = {
	[GT_VL_NOTE] = "note",
	[GT_VL_UNTOLD] = "untold",
	[GT_VL_WARN] = "warning",
	[GT_VL_FAULT] = "fault",
};
const struct gt_words gt_diag_level_words = {level_list, GT_VL_COUNT};
static const char *const form_list[GT_LF_COUNT] = {
	[GT_LF_RAW] = "raw",	     [GT_LF_DOCKER] = "docker-json", [GT_LF_CRI] = "cri",
	[GT_LF_JOURNAL] = "journal", [GT_LF_TIMED] = "timestamps",   [GT_LF_JSON] = "json",
};
const struct gt_words gt_log_form_words = {form_list, GT_LF_COUNT};

const char *gt_gc_cause_name(enum gt_gc_cause c)
{
	static const char *const name[GT_GC_CAUSES] = {
		[GT_GC_FIRST] = "start-up",	    [GT_GC_FORCED] = "forced by the program",
		[GT_GC_PERIODIC] = "two minutes",   [GT_GC_ROOM_10] = "room < 10 %",
		[GT_GC_ROOM_25] = "room 10-25 %",   [GT_GC_ROOM_75] = "room 25-75 %",
		[GT_GC_ROOM_150] = "room 75-150 %", [GT_GC_ROOM_MORE] = "room > 150 %",
	};

	return (unsigned)c < GT_GC_CAUSES ? name[c] : "?";
}

const char *gt_gc_who_name(enum gt_gc_who w)
{
	static const char *const name[GT_GC_WHO] = {
		[GT_GC_STW1] = "STW 1",
		[GT_GC_ASSIST] = "assist",
		[GT_GC_BACKGROUND] = "background",
		[GT_GC_IDLE] = "idle",
		[GT_GC_STW2] = "STW 2",
	};

	return (unsigned)w < GT_GC_WHO ? name[w] : "?";
}

const char *gt_gc_phase_name(enum gt_gc_who w)
{
	return w == GT_GC_STW1	 ? "sweep termination"
	       : w == GT_GC_STW2 ? "mark termination"
				 : "mark";
}
