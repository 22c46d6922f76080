/*
 * config.json: the lists whose elements count as a whole (namespaces, rlimits, mounts), and the
 * environment. Pure; runs in the parser worker.
 */
#include "bundle.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define I    struct gt_bundle_item
#define NONE GT_FIELD_NO_HAS
#define FIELD(p, t, m, h)                                                                       \
	{                                                                                       \
		.path = (p), .type = (t), .off = offsetof(I, m), .cap = sizeof(((I *)NULL)->m), \
		.has_off = (h)                                                                  \
	}
#define CALL(p, f)                                                             \
	{                                                                      \
		.path = (p), .type = GT_FIELD_CALL, .fn = (f), .has_off = NONE \
	}
#define ARRAY(p)                                                     \
	{                                                            \
		.path = (p), .type = GT_FIELD_ARRAY, .has_off = NONE \
	}

/* A mount point that does not fit is none that we look for. */
static int take_destination(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	I *item = base;

	if (ev->type != GT_JSON_STRING)
		return gt_err_set(e, -EINVAL, "mounts/*/destination: not a string");
	if (!gt_copy(item->destination, sizeof(item->destination), ev->text, ev->len))
		item->destination[0] = '\0';
	return 0;
}

static int take_source(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	I *item = base;

	if (ev->type != GT_JSON_STRING)
		return gt_err_set(e, -EINVAL, "mounts/*/source: not a string");
	if (!gt_copy(item->source, sizeof(item->source), ev->text, ev->len))
		item->source[0] = '\0';
	return 0;
}

static int take_option(void *base, const struct gt_json_event *ev, struct gt_err *e)
{
	I *item = base;

	(void)e;
	if (ev->type != GT_JSON_STRING)
		return 0;
	if (ev->len == 4 && memcmp(ev->text, "bind", 4) == 0)
		item->bind = true;
	if (ev->len == 5 && memcmp(ev->text, "rbind", 5) == 0)
		item->bind = item->recursive = true;
	return 0;
}

static const struct gt_field fields[] = {
	ARRAY("process/rlimits"),
	FIELD("process/rlimits/*/type", GT_FIELD_CUT, type, NONE),
	FIELD("process/rlimits/*/soft", GT_FIELD_U64, soft, offsetof(I, has_soft)),
	FIELD("process/rlimits/*/hard", GT_FIELD_U64, hard, offsetof(I, has_hard)),
	ARRAY("linux/namespaces"),
	FIELD("linux/namespaces/*/type", GT_FIELD_CUT, type, NONE),
	FIELD("linux/namespaces/*/path", GT_FIELD_CUT, path, NONE),
	ARRAY("mounts"),
	FIELD("mounts/*/type", GT_FIELD_CUT, type, NONE),
	CALL("mounts/*/destination", take_destination),
	CALL("mounts/*/source", take_source),
	CALL("mounts/*/options/*", take_option),
};

static void end_rlimit(struct gt_bundle *b, const I *item)
{
	if (strcmp(item->type, "RLIMIT_NOFILE") != 0 || !item->has_soft || !item->has_hard)
		return;
	b->has_nofile = true;
	b->nofile_soft = item->soft;
	b->nofile_hard = item->hard;
}

const char *const gt_bundle_ns_type[GT_NS_COUNT] = {
	[GT_NS_NET] = "network",   [GT_NS_IPC] = "ipc",	    [GT_NS_USER] = "user",
	[GT_NS_CGROUP] = "cgroup", [GT_NS_MOUNT] = "mount", [GT_NS_PID] = "pid",
	[GT_NS_UTS] = "uts",
};

static void end_namespace(struct gt_bundle *b, const I *item)
{
	for (unsigned i = 0; i < GT_NS_COUNT; i++) {
		if (strcmp(item->type, gt_bundle_ns_type[i]) != 0)
			continue;
		b->ns[i].present = true;
		b->ns[i].joined = b->ns[i].joined || item->path[0];
		if (!gt_copy_str(b->ns[i].path, sizeof(b->ns[i].path), item->path))
			b->ns[i].path[0] = '\0';
	}
}

static void end_mount(struct gt_bundle *b, const I *item)
{
	bool bind = item->bind || strcmp(item->type, "bind") == 0;
	const char *source = bind ? item->source : "";

	if (item->destination[0] != '/') /* too long, or none that could be told */
		b->mounts.dropped++;
	else
		(void)gt_strv_add_pair(&b->mounts, item->destination, strlen(item->destination),
				       source, strlen(source)); /* counted there */
	gt_bundle_view_mount(b, item);
}

static const struct list {
	const char *path;
	void (*end)(struct gt_bundle *b, const I *item);
} lists[] = {
	{"process/rlimits/*", end_rlimit},
	{"linux/namespaces/*", end_namespace},
	{"mounts/*", end_mount},
};

int gt_bundle_take_lists(struct gt_bundle_reader *rd, const struct gt_json_event *ev,
			 struct gt_err *e)
{
	int r = gt_field_take(fields, GT_ARRAY_LEN(fields), &rd->item, ev, e);

	if (r != 0)
		return r;
	for (size_t i = 0; i < GT_ARRAY_LEN(lists); i++) {
		if (!gt_json_at(ev, lists[i].path))
			continue;
		if (ev->type == GT_JSON_MAP_END)
			lists[i].end(rd->b, &rd->item);
		else if (ev->type == GT_JSON_MAP_START)
			rd->item = (I){0};
		else if (ev->type != GT_JSON_NULL)
			return gt_err_set(e, -EINVAL, "%s: not an object", lists[i].path);
		return 1;
	}
	return 0;
}

static void take_var(struct gt_env_var *v, const char *value, size_t len)
{
	/*
	 * Of several entries the last counts: runc (1.1.5) and crun (1.8.1) build the program's
	 * environment with setenv and putenv, so that it sees one entry, with the last value.
	 */
	v->present = true;
	v->count++;
	v->too_long = !gt_copy(v->value, sizeof(v->value), value, len);
}

/* Of a PATH that does not fit, the directories that do: half a name would be another directory. */
static void take_path(struct gt_bundle *b, const char *value, size_t len)
{
	char *colon;

	b->has_path_env = true;
	if (gt_copy(b->path_env, sizeof(b->path_env), value, len))
		return;
	colon = strrchr(b->path_env, ':');
	if (colon)
		*colon = '\0';
	else
		b->path_env[0] = '\0';
}

void gt_bundle_take_env(struct gt_bundle *b, const char *s, size_t len)
{
	const char *eq = memchr(s, '=', len);
	size_t name = eq ? (size_t)(eq - s) : len;
	const char *value = eq ? eq + 1 : s + len;
	size_t value_len = len - (size_t)(value - s);

	if (!eq || name == 0)
		return;
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		if (strlen(gt_var_name[i]) == name && memcmp(gt_var_name[i], s, name) == 0)
			take_var(&b->var[i], value, value_len);
	}
	b->diverts_shell = b->diverts_shell || gt_env_diverts_shell(s, name);
	if (name == 4 && memcmp(s, "PATH", 4) == 0)
		take_path(b, value, value_len);
	if (name > 7 && memcmp(s, "GOTUNE_", 7) == 0)
		(void)gt_strv_add_pair(&b->gotune_env, s, name, value, value_len); /* counted */
}
