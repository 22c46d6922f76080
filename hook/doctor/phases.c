/*
 * The table of what each phase keeps, as people and programs read it. Pure.
 */
#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/sandbox.h"

static const char *const phase_word[GT_PHASE_COUNT] = {
	[GT_PHASE_PARSE] = "parse",   [GT_PHASE_FIND] = "find",	    [GT_PHASE_SYSCTL] = "sysctl",
	[GT_PHASE_TRACER] = "tracer", [GT_PHASE_DAEMON] = "daemon", [GT_PHASE_LIVE] = "live",
	[GT_PHASE_LAYERS] = "layers", [GT_PHASE_LOG] = "log",
};
const struct gt_words gt_phase_words = {phase_word, GT_ARRAY_LEN(phase_word)};

static const char *const phase_what[GT_PHASE_COUNT] = {
	[GT_PHASE_PARSE] =
		"reads what an image or a user wrote: ELF files, scripts, config.json, a new program's stack",
	[GT_PHASE_FIND] = "opens the container's files: its program, for the parser to read",
	[GT_PHASE_LAYERS] =
		"opens a program in an image's layers, before they are mounted (gotune-nri)",
	[GT_PHASE_SYSCTL] = "reads and writes sysctls inside the container's namespaces",
	[GT_PHASE_TRACER] = "waits for the container's program, then sets environment and limits",
	[GT_PHASE_DAEMON] =
		"gotuned: reads records and cgroups, and answers whoever asks for metrics",
	[GT_PHASE_LIVE] =
		"gotuned's helper: opens, reads and writes the memory of running Go programs",
	[GT_PHASE_LOG] = "reads a program's log for gotune diagnose, however long that takes",
};

const char *gt_doctor_phase_what(unsigned phase)
{
	return phase < GT_PHASE_COUNT ? phase_what[phase] : "";
}

unsigned gt_doctor_phase_calls(unsigned phase)
{
	unsigned n = 0;

	for (unsigned i = 0; i < gt_n_phase_calls; i++)
		n += gt_phase_calls[i].phase == phase;
	return n;
}

static void pair(struct gt_jw *w, const char *key, const char *value)
{
	gt_jw_key(w, key);
	gt_jw_str(w, value);
}

static void capabilities(struct gt_jw *w, unsigned phase, bool known, uint64_t caps)
{
	gt_jw_key(w, "capabilities");
	gt_jw_open(w, '[');
	for (unsigned i = 0; i < gt_n_phase_caps; i++) {
		if (gt_phase_caps[i].phase != phase)
			continue;
		gt_jw_open(w, '{');
		pair(w, "name", gt_phase_caps[i].name);
		pair(w, "why", gt_phase_caps[i].why);
		gt_jw_key(w, "have");
		if (known)
			gt_jw_bool(w, caps >> gt_phase_caps[i].cap & 1);
		else
			gt_jw_null(w);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
}

static void calls(struct gt_jw *w, unsigned phase)
{
	gt_jw_key(w, "calls");
	gt_jw_open(w, '[');
	for (unsigned i = 0; i < gt_n_phase_calls; i++) {
		if (gt_phase_calls[i].phase != phase)
			continue;
		gt_jw_open(w, '{');
		pair(w, "name", gt_phase_calls[i].name);
		pair(w, "why", gt_phase_calls[i].why);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
}

void gt_doctor_phases_json(struct gt_jw *w, bool caps_known, uint64_t caps)
{
	gt_jw_open(w, '[');
	for (unsigned phase = 0; phase < GT_PHASE_COUNT; phase++) {
		gt_jw_open(w, '{');
		pair(w, "phase", phase_word[phase]);
		pair(w, "what", phase_what[phase]);
		gt_jw_key(w, "filtered");
		gt_jw_bool(w, gt_doctor_phase_calls(phase) > 0);
		capabilities(w, phase, caps_known, caps);
		calls(w, phase);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
}
