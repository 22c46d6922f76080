/*
 * config.json, as far as we read it: its plain values. Pure; runs in the parser worker. Names and
 * types: runtime-spec, config.md and config-linux.md.
 */
#include "bundle.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

#define B    struct gt_bundle
#define NONE GT_FIELD_NO_HAS
#define FIELD(p, t, m, h)                                                                       \
	{                                                                                       \
		.path = (p), .type = (t), .off = offsetof(B, m), .cap = sizeof(((B *)NULL)->m), \
		.has_off = (h)                                                                  \
	}
#define HAS(m) offsetof(B, m)
#define OBJECT(p, h)                                                 \
	{                                                            \
		.path = (p), .type = GT_FIELD_OBJECT, .has_off = (h) \
	}
#define ARRAY(p)                                                     \
	{                                                            \
		.path = (p), .type = GT_FIELD_ARRAY, .has_off = NONE \
	}
#define CALL(p, f)                                                             \
	{                                                                      \
		.path = (p), .type = GT_FIELD_CALL, .fn = (f), .has_off = NONE \
	}

static int not_a_string(const char *where, struct gt_err *e)
{
	return gt_err_set(e, -EINVAL, "%s: not a string", where);
}

static int take_arg(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	B *b = base;

	if (ev->type != GT_JSON_STRING)
		return not_a_string("process/args", e);
	/* After one that does not fit the rest would be in wrong places: drop it too. */
	if (b->args.dropped)
		b->args.dropped++;
	else
		(void)gt_strv_add(&b->args, ev->text, ev->len); /* counted there */
	return 0;
}

static int take_env(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	if (ev->type != GT_JSON_STRING)
		return not_a_string("process/env", e);
	gt_bundle_take_env(base, ev->text, ev->len);
	return 0;
}

static int take_annotation(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	B *b = base;
	const struct gt_json_step *key = &ev->path[1];

	if (ev->type != GT_JSON_STRING)
		return not_a_string("annotations", e);
	/* Repeated and case-variant keys are let pass: it is a map, the last counts (Go). */
	(void)gt_strv_add_pair(&b->annotations, key->key, key->key_len, ev->text, ev->len);
	return 0;
}

/* A map that a runtime acts upon: one that two runtimes read differently is refused. */
static int take_pair(struct gt_strv *v, const struct gt_json_event *ev, const char *where,
		     struct gt_err *e)
{
	const struct gt_json_step *key = &ev->path[ev->depth - 1];

	if (ev->type != GT_JSON_STRING)
		return not_a_string(where, e);
	if (key->repeated)
		return gt_err_set(e, -EBADMSG, "%s: duplicate key %.64s", where, key->key);
	(void)gt_strv_add_pair(v, key->key, key->key_len, ev->text, ev->len); /* counted there */
	return 0;
}

static int take_sysctl(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	return take_pair(&((B *)base)->sysctl, ev, "linux/sysctl", e);
}

static int take_unified(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	return take_pair(&((B *)base)->res.unified, ev, "linux/resources/unified", e);
}

static int take_cpus(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_bundle_res *res = &((B *)base)->res;

	if (ev->type != GT_JSON_STRING)
		return not_a_string("linux/resources/cpu/cpus", e);
	res->cpus_too_long = !gt_copy(res->cpus, sizeof(res->cpus), ev->text, ev->len);
	res->has_cpus = ev->len > 0; /* "" is no cpuset to runc and crun */
	return 0;
}

static int take_mems(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_bundle_res *res = &((B *)base)->res;

	if (ev->type != GT_JSON_STRING)
		return not_a_string("linux/resources/cpu/mems", e);
	(void)gt_copy(res->mems, sizeof(res->mems), ev->text, ev->len); /* only shown */
	res->has_mems = ev->len > 0;
	return 0;
}

static int take_mask(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)e;
	if (ev->type == GT_JSON_STRING)
		gt_bundle_view_mask(base, ev->text, ev->len);
	return 0;
}

static int take_hook(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	B *b = base;

	if (ev->type != GT_JSON_STRING)
		return not_a_string("hooks/*/path", e);
	b->own_hook = b->own_hook || gt_is_own_hook(ev->text, ev->len);
	return 0;
}

static const struct gt_field fields[] = {
	OBJECT("", NONE),
	FIELD("ociVersion", GT_FIELD_CUT, oci_version, NONE),
	OBJECT("root", NONE),
	FIELD("root/path", GT_FIELD_TEXT, root_path, NONE),
	OBJECT("process", HAS(has_process)),
	FIELD("process/cwd", GT_FIELD_TEXT, cwd, NONE),
	ARRAY("process/args"),
	CALL("process/args/*", take_arg),
	ARRAY("process/env"),
	CALL("process/env/*", take_env),
	FIELD("process/noNewPrivileges", GT_FIELD_BOOL, no_new_privs, NONE),
	OBJECT("process/user", NONE),
	FIELD("process/user/uid", GT_FIELD_U32, uid, NONE),
	FIELD("process/selinuxLabel", GT_FIELD_CUT, selinux_label, NONE),
	FIELD("process/apparmorProfile", GT_FIELD_CUT, apparmor_profile, NONE),
	OBJECT("annotations", NONE),
	CALL("annotations/*", take_annotation),
	OBJECT("hooks", NONE),
	ARRAY("hooks/prestart"),
	CALL("hooks/prestart/*/path", take_hook),
	ARRAY("hooks/createRuntime"),
	CALL("hooks/createRuntime/*/path", take_hook),
	OBJECT("linux", HAS(has_linux)),
	FIELD("linux/cgroupsPath", GT_FIELD_TEXT, cgroups_path, NONE),
	CALL("linux/maskedPaths/*", take_mask),
	OBJECT("linux/seccomp", HAS(has_seccomp)),
	OBJECT("linux/sysctl", NONE),
	CALL("linux/sysctl/*", take_sysctl),
	OBJECT("linux/resources", NONE),
	OBJECT("linux/resources/unified", NONE),
	CALL("linux/resources/unified/*", take_unified),
	OBJECT("linux/resources/cpu", NONE),
	FIELD("linux/resources/cpu/quota", GT_FIELD_I64, res.quota_us, HAS(res.has_quota)),
	FIELD("linux/resources/cpu/period", GT_FIELD_U64, res.period_us, HAS(res.has_period)),
	FIELD("linux/resources/cpu/shares", GT_FIELD_U64, res.shares, HAS(res.has_shares)),
	CALL("linux/resources/cpu/cpus", take_cpus),
	CALL("linux/resources/cpu/mems", take_mems),
	OBJECT("linux/resources/memory", NONE),
	FIELD("linux/resources/memory/limit", GT_FIELD_I64, res.mem_limit_bytes,
	      HAS(res.has_mem_limit)),
	FIELD("linux/resources/memory/swap", GT_FIELD_I64, res.swap_bytes, HAS(res.has_swap)),
	FIELD("linux/resources/memory/swappiness", GT_FIELD_U64, res.swappiness,
	      HAS(res.has_swappiness)),
};

static int take(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_bundle_reader *rd = ctx;
	int r;

	/* Most of an engine's config.json is its seccomp profile. */
	if (gt_bundle_take_seccomp(rd, ev))
		return 0;
	r = gt_field_take(fields, GT_ARRAY_LEN(fields), rd->b, ev, e);
	if (r == 0)
		r = gt_bundle_take_lists(rd, ev, e);
	return r < 0 ? r : 0;
}

int gt_read_bundle(const char *doc, size_t len, struct gt_bundle *ret, struct gt_err *e)
{
	struct gt_bundle_reader rd = {.b = ret};
	struct gt_json_pos pos;
	int r;

	gt_bundle_init(ret);
	if (len > GT_CONFIG_MAX)
		return gt_err_set(e, -EFBIG, "config.json: more than %u bytes", GT_CONFIG_MAX);
	r = gt_json_walk(doc, len, GT_JSON_KEYS, take, &rd, &pos, e);
	if (r < 0)
		(void)gt_err_wrap(e, "config.json: %u:%u", pos.line, pos.column);
	return r;
}
