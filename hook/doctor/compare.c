/*
 * The self-test's verdict: what the record says against what the program saw. Pure.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/record.h"
#include "gotune/report.h"
#include "tools.h"

#define VALUE_CAP 64

/* The probe's answer, a value a want; "" for null and for what is missing. */
struct seen {
	char value[8][VALUE_CAP];
	bool any;
};

static int take(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct seen *s = ctx;

	(void)e;
	for (unsigned i = 0; i < gt_n_selftest_wants && i < GT_ARRAY_LEN(s->value); i++) {
		if (!gt_json_at(ev, gt_selftest_wants[i].seen))
			continue;
		s->any = true;
		if (ev->type == GT_JSON_STRING)
			(void)gt_copy(s->value[i], VALUE_CAP, ev->text, ev->len);
		else if (ev->type == GT_JSON_INT)
			(void)snprintf(s->value[i], VALUE_CAP, "%lld", (long long)ev->i);
	}
	return 0;
}

static const struct gt_view_setting *row_of(const struct gt_record_view *v, const char *name)
{
	for (uint32_t i = 0; i < v->n_setting; i++) {
		if (strcmp(v->setting[i].name, name) == 0)
			return &v->setting[i];
	}
	return NULL;
}

/* A line's worth of what is wrong with one setting; the state that it makes the row. */
static enum gt_check_state judge(const struct gt_view_setting *s, const char *name,
				 const char *want, const char *saw, char *text, size_t cap)
{
	bool set = s && strcmp(s->verdict, "set") == 0;
	bool is_there = strcmp(saw, want) == 0;

	text[0] = '\0';
	if (!s) {
		(void)snprintf(text, cap, "%s: the record has no row", name);
		return GT_CHECK_BAD;
	}
	if (set && s->applied != GT_NO && strcmp(s->value, want) == 0 && is_there)
		return GT_CHECK_OK;
	if (set && s->applied != GT_NO) {
		(void)snprintf(text, cap,
			       "%s: %s was asked for, recorded as %.64s, and the program saw %s",
			       name, want, s->value, *saw ? saw : "none");
		return GT_CHECK_BAD;
	}
	if (is_there) {
		(void)snprintf(text, cap, "%s: recorded as not applied, but the program saw %s",
			       name, saw);
		return GT_CHECK_BAD;
	}
	(void)snprintf(text, cap, "%s: not applied (%s)%s%s", name, s->reason,
		       *s->error ? ": " : "", s->error);
	return GT_CHECK_WARN;
}

static const char *wanted(const struct gt_selftest *t, unsigned i, char number[24])
{
	if (gt_selftest_wants[i].value)
		return gt_selftest_wants[i].value;
	number[0] = '\0';
	(void)gt_append_u64(number, 24, t->nofile_want); /* 20 digits fit */
	return number;
}

enum gt_check_state gt_selftest_compare(const struct gt_selftest *t,
					const struct gt_record_view *record, const char *output,
					size_t len, char *text, size_t cap)
{
	enum gt_check_state worst = GT_CHECK_OK;
	struct seen saw = {0};
	char one[384], number[24];
	unsigned good = 0;

	if (gt_json_walk(output, len, 0, take, &saw, NULL, NULL) < 0 || !saw.any) {
		(void)gt_copy_str(text, cap,
				  "the container's program printed nothing valid"); /* fits */
		return GT_CHECK_BAD;
	}
	if (!record) {
		(void)gt_copy_str(text, cap, "nothing was decided: there is no record"); /* fits */
		return GT_CHECK_BAD;
	}
	text[0] = '\0';
	for (unsigned i = 0; i < gt_n_selftest_wants && i < GT_ARRAY_LEN(saw.value); i++) {
		const char *name = gt_selftest_wants[i].setting;
		enum gt_check_state s = judge(row_of(record, name), name, wanted(t, i, number),
					      saw.value[i], one, sizeof(one));

		good += s == GT_CHECK_OK;
		worst = s > worst ? s : worst;
		if (s == GT_CHECK_OK)
			continue;
		(void)gt_append(text, cap, text[0] ? "; " : ""); /* cut: for reading */
		(void)gt_append(text, cap, one);
	}
	if (worst == GT_CHECK_OK)
		(void)snprintf(text, cap, "%u of %u settings as planned and recorded", good,
			       gt_n_selftest_wants);
	return worst;
}
