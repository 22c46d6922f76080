/*
 * OCI state, as a runtime writes it on a hook's stdin. Pure; runs in the parser worker.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

#define OFF(m) offsetof(struct gt_state, m)
#define TEXT(p, m)                                                                   \
	{                                                                            \
		.path = (p), .type = GT_FIELD_TEXT, .off = OFF(m),                   \
		.cap = sizeof(((struct gt_state *)0)->m), .has_off = GT_FIELD_NO_HAS \
	}

static int take_annotation(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_state *s = base;
	const struct gt_json_step *key = &ev->path[1];

	if (ev->type != GT_JSON_STRING)
		return gt_err_set(e, -EINVAL, "annotations: a value is not a string");
	/* One that does not fit is counted there, and the planner warns of it. */
	(void)gt_strv_add_pair(&s->annotations, key->key, key->key_len, ev->text, ev->len);
	return 0;
}

/* runtime-spec, runtime.md, "State"; `root` is crun's own. */
static const struct gt_field fields[] = {
	{.path = "", .type = GT_FIELD_OBJECT, .has_off = GT_FIELD_NO_HAS},
	TEXT("id", id),
	{.path = "status",
	 .type = GT_FIELD_CUT,
	 .off = OFF(status),
	 .cap = sizeof(((struct gt_state *)0)->status),
	 .has_off = GT_FIELD_NO_HAS},
	{.path = "pid", .type = GT_FIELD_I64, .off = OFF(pid), .has_off = GT_FIELD_NO_HAS},
	TEXT("bundle", bundle),
	TEXT("root", root),
	{.path = "annotations", .type = GT_FIELD_OBJECT, .has_off = GT_FIELD_NO_HAS},
	{.path = "annotations/*",
	 .type = GT_FIELD_CALL,
	 .fn = take_annotation,
	 .has_off = GT_FIELD_NO_HAS},
};

static int take(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	int r = gt_field_take(fields, GT_ARRAY_LEN(fields), ctx, ev, e);

	return r < 0 ? -EINVAL : 0; /* a state with ambiguous keys is an unusable state */
}

int gt_read_state(const char *doc, size_t len, struct gt_state *ret, struct gt_err *e)
{
	struct gt_json_pos pos;
	int r;

	gt_state_init(ret);
	if (len > GT_STATE_MAX)
		return gt_err_set(e, -EINVAL, "OCI state: more than %u bytes", GT_STATE_MAX);
	r = gt_json_walk(doc, len, GT_JSON_KEYS, take, ret, &pos, e);
	if (r < 0) {
		(void)gt_err_wrap(e, "OCI state: %u:%u", pos.line, pos.column);
		if (e && r != -ENOMEM)
			e->code = -EINVAL;
		return r == -ENOMEM ? r : -EINVAL;
	}
	if (!gt_id_ok(ret->id)) {
		r = gt_err_set(e, -EINVAL, "OCI state: %s id",
			       ret->id[0] ? "an unusable" : "without an");
		ret->id[0] = '\0';
		return r;
	}
	if (ret->pid < 0 || ret->pid > INT32_MAX) { /* pid_t */
		ret->pid = 0;
		return gt_err_set(e, -EINVAL, "OCI state: pid is no process id");
	}
	return 0;
}
