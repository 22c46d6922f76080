/*
 * The rules that are rolled back, as list, status, report and lessons print them. Pure but for the
 * output.
 */
#include <stdio.h>
#include <time.h>

#include "gotune/history.h"
#include "gotune/record.h"
#include "lessons.h"

#define TIME_CAP 24

static void time_text(uint64_t at_s, char ret[TIME_CAP])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (!gmtime_r(&at, &tm) || strftime(ret, TIME_CAP, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)gt_copy_str(ret, TIME_CAP, "-");
}

const struct gt_lesson *gt_cli_rolled_back_at(const struct gt_pages *lessons, uint32_t i)
{
	const struct gt_lesson *l = gt_lessons_at(lessons, i);

	return l && l->kind == GT_LESSON_RULE ? l : NULL;
}

static const char *measure_of(const struct gt_lesson *l)
{
	return l->rule.measure < GT_CANARY_MEASURES
		       ? gt_words_get(&gt_canary_words, l->rule.measure)
		       : "worse";
}

void gt_cli_rolled_back_text(const struct gt_lesson *l, char *buf, size_t cap)
{
	char at[TIME_CAP];

	time_text(l->at_s, at);
	(void)snprintf(buf, cap,
		       "rule %s was rolled back at %s: %s: %u of %u canaries, %u of %u others "
		       "(p = %.2g)",
		       l->name, at, measure_of(l), l->rule.canary[0], l->rule.canary[1],
		       l->rule.control[0], l->rule.control[1], l->rule.p_billionths / 1e9);
}

void gt_cli_rolled_back(const struct gt_pages *lessons, struct gt_cli_out *out)
{
	for (uint32_t i = 0; i < GT_LESSONS_RULES; i++) {
		const struct gt_lesson *l = gt_cli_rolled_back_at(lessons, i);
		char text[320];

		if (!l)
			continue;
		gt_cli_rolled_back_text(l, text, sizeof(text));
		gt_cli_para(out, 0, GT_STYLE_WARN, text);
	}
}

static void write_arm(struct gt_jw *w, const char *key, const uint32_t arm[2])
{
	gt_jw_key(w, key);
	gt_jw_open(w, '{');
	gt_jw_key(w, "bad");
	gt_jw_u64(w, arm[0]);
	gt_jw_key(w, "containers");
	gt_jw_u64(w, arm[1]);
	gt_jw_close(w, '}');
}

void gt_cli_rolled_back_json(const struct gt_pages *lessons, struct gt_jw *w)
{
	gt_jw_key(w, "rolled_back");
	gt_jw_open(w, '[');
	for (uint32_t i = 0; i < GT_LESSONS_RULES; i++) {
		const struct gt_lesson *l = gt_cli_rolled_back_at(lessons, i);
		char at[TIME_CAP];

		if (!l)
			continue;
		time_text(l->at_s, at);
		gt_jw_open(w, '{');
		gt_jw_member(w, "rule", l->name);
		gt_jw_member(w, "at", at);
		gt_jw_member(w, "measure", measure_of(l));
		write_arm(w, "canary", l->rule.canary);
		write_arm(w, "control", l->rule.control);
		gt_jw_member_decimal(w, "p", l->rule.p_billionths / 1e9);
		gt_jw_close(w, '}');
	}
	gt_jw_close(w, ']');
}
