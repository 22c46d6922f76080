/*
 * A process that is to be started inside a container (`exec --process FILE`): it gets the variables
 * that the container's own program got. Pure but for the heap; runs in the parser worker.
 *
 * Engines make that process's environment anew from the image and the user's words, so it is judged
 * as the container's was: what stands there stays, unless it is the very value that was replaced.
 */
#include "gotune/apply.h"
#include "gotune/fields.h"
#include "gotune/json.h"

/* What the process document says of the variables that are wanted. */
struct look {
	const struct gt_exec_wants *wants;
	struct {
		unsigned count;
		bool as_before; /* the last one has the value that was replaced */
	} seen[GT_VAR_COUNT];
};

static bool is_value(const char *text, size_t len, const char *value)
{
	return len == strlen(value) && memcmp(text, value, len) == 0;
}

static int take(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct look *l = ctx;
	int r = gt_field_match(ev, "env/*", e);

	if (r <= 0 || ev->type != GT_JSON_STRING)
		return r < 0 ? r : 0;
	for (uint32_t i = 0; i < l->wants->n && i < GT_VAR_COUNT; i++) {
		const struct gt_barrier_env *v = &l->wants->env[i];
		size_t n = strlen(v->name);

		if (ev->len <= n || ev->text[n] != '=' || memcmp(ev->text, v->name, n) != 0)
			continue;
		l->seen[i].count++;
		l->seen[i].as_before =
			v->has_expect && is_value(ev->text + n + 1, ev->len - n - 1, v->expect);
	}
	return 0;
}

static enum gt_setting_id setting_of(const char *name)
{
	static const enum gt_setting_id id[GT_VAR_COUNT] = {
		[GT_VAR_GOMAXPROCS] = GT_SET_GOMAXPROCS,
		[GT_VAR_GOMEMLIMIT] = GT_SET_GOMEMLIMIT,
		[GT_VAR_GOGC] = GT_SET_GOGC,
		[GT_VAR_GODEBUG] = GT_SET_GODEBUG,
	};

	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		if (strcmp(gt_var_name[i], name) == 0)
			return id[i];
	}
	return GT_SET_COUNT;
}

/* The wants that may be granted, as a plan that the splice understands. */
static void make_plan(const struct look *l, struct gt_plan *ret)
{
	ret->mode = GT_MODE_ENFORCE;
	ret->selected = true;
	for (uint32_t i = 0; i < l->wants->n && i < GT_VAR_COUNT; i++) {
		const struct gt_barrier_env *v = &l->wants->env[i];
		struct gt_setting *s = &ret->setting[ret->n_setting];

		s->id = setting_of(v->name);
		if (s->id == GT_SET_COUNT || l->seen[i].count > 1 ||
		    (l->seen[i].count == 1 && !l->seen[i].as_before))
			continue;
		s->verdict = GT_VERDICT_SET;
		memcpy(s->value, v->value, sizeof(s->value));
		ret->n_setting++;
	}
}

int gt_apply_exec_edits(const char *doc, size_t len, const struct gt_exec_wants *wants,
			struct gt_edits *ret, struct gt_err *e)
{
	_cleanup_free_ struct gt_plan *plan = calloc(1, sizeof(*plan));
	struct look l = {.wants = wants};
	int r;

	if (!plan)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = gt_json_walk(doc, len, GT_JSON_KEYS, take, &l, NULL, e);
	if (r < 0)
		return r;
	make_plan(&l, plan);
	return gt_apply_edits(doc, len, false, plan, ret, e);
}

bool gt_exec_wants_valid(const struct gt_exec_wants *w)
{
	if (w->n > GT_VAR_COUNT)
		return false;
	for (uint32_t i = 0; i < w->n; i++) {
		const struct gt_barrier_env *v = &w->env[i];

		if (!memchr(v->name, '\0', sizeof(v->name)) ||
		    !memchr(v->value, '\0', sizeof(v->value)) ||
		    !memchr(v->expect, '\0', sizeof(v->expect)))
			return false;
	}
	return true;
}
