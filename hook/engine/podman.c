/*
 * Podman. The usual way is its own hook stage, precreate, whose directory a drop-in of
 * containers.conf adds to hooks_dir. Reads below the root.
 */
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "job.h"

#define VENDOR_CONF "/usr/share/containers/containers.conf"
#define ADMIN_CONF  "/etc/containers/containers.conf"
#define DROP_IN_DIR "/etc/containers/containers.conf.d"
#define DROP_IN	    "99-gotune.conf"
#define NAME	    "gotune"
#define HOOKS_DIR   "/usr/share/containers/oci/hooks.d"

/* A list of containers.conf, as the files up to now make it. */
struct list {
	const char *at; /* its path */
	struct gt_list now;
	struct gt_list file; /* of the file that is being read */
	bool in_file;
	bool appends; /* a file says {append=true}, so this Podman knows it */
};

struct conf {
	struct list hooks, json;
	char runtime[256];	  /* the default runtime; "" */
	char ours[GT_PATH_CAP];	  /* of our own drop-in: [engine.runtimes] gotune */
	char shadow[GT_PATH_CAP]; /* a drop-in after ours that sets hooks_dir again; "" */
};

static void list_event(struct list *l, const struct gt_json_event *ev)
{
	char each[64], append[64];

	(void)gt_copy_str(each, sizeof(each), l->at); /* fits */
	(void)gt_append(each, sizeof(each), "/*");
	(void)gt_copy_str(append, sizeof(append), each);
	(void)gt_append(append, sizeof(append), "/append");
	if (ev->type == GT_JSON_ARRAY_START && gt_json_at(ev, l->at)) {
		l->in_file = true;
		gt_list_init(&l->file);
	} else if (ev->type == GT_JSON_STRING && gt_json_at(ev, each)) {
		(void)gt_strv_add(&l->file.v, ev->text, ev->len); /* counted in dropped */
	} else if (ev->type == GT_JSON_BOOL && gt_json_at(ev, append)) {
		l->appends = true;
	}
}

static int conf_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct conf *c = ctx;

	(void)e;
	list_event(&c->hooks, ev);
	list_event(&c->json, ev);
	if (ev->type == GT_JSON_STRING && gt_json_at(ev, "engine/runtime"))
		(void)gt_copy(c->runtime, sizeof(c->runtime), ev->text, ev->len);
	if (ev->type == GT_JSON_STRING && gt_json_at(ev, "engine/runtimes/" NAME "/*"))
		(void)gt_copy(c->ours, sizeof(c->ours), ev->text, ev->len);
	return 0;
}

/* What the file said of the list takes effect. (Where one appends, the list is not asked for.) */
static int settle(struct list *l)
{
	if (!l->in_file)
		return 0;
	l->in_file = false;
	gt_list_copy(&l->now, &l->file.v);
	return l->file.v.dropped ? -E2BIG : 0;
}

static int read_conf(int root, const char *path, struct conf *c, struct gt_err *e)
{
	struct gt_buf json = {0};
	int r = gt_toml_read(root, path, &json, e);

	if (r == 0 && json.p)
		r = gt_json_walk(json.p, json.len, 0, conf_event, c, NULL, e);
	if (r == 0 && (settle(&c->hooks) < 0 || settle(&c->json) < 0))
		r = gt_err_set(e, -E2BIG, "%s: too long a list", path);
	gt_buf_done(&json);
	return r;
}

/* containers.conf(5): the distribution's file, the administrator's, then drop-ins by name. */
static int read_merged(struct gt_engine_job *j, struct conf *c, struct gt_err *e)
{
	struct gt_list *names = malloc(sizeof(*names));
	char path[GT_PATH_CAP];
	int r;

	if (!names)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = read_conf(j->root, VENDOR_CONF, c, e);
	if (r == 0)
		r = read_conf(j->root, ADMIN_CONF, c, e);
	if (r == 0 && (r = gt_dir_names(j->root, DROP_IN_DIR, ".conf", names)) < 0)
		(void)gt_err_sys(e, r, "cannot list " DROP_IN_DIR);
	for (const char *s = r == 0 ? gt_strv_next(&names->v, NULL) : NULL; r == 0 && s;
	     s = gt_strv_next(&names->v, s)) {
		struct gt_list before;

		if (strcmp(s, DROP_IN) == 0 || !gt_path_join(path, DROP_IN_DIR, s))
			continue;
		if (strcmp(s, DROP_IN) < 0) {
			r = read_conf(j->root, path, c, e);
			continue;
		}
		gt_list_copy(&before, &c->hooks.now.v);
		r = read_conf(j->root, path, c, e);
		if (before.v.used != c->hooks.now.v.used ||
		    memcmp(before.arena.room, c->hooks.now.arena.room, before.v.used) != 0)
			(void)gt_copy_str(c->shadow, sizeof(c->shadow), path);
		gt_list_copy(&c->hooks.now, &before.v);
	}
	free(names);
	return r;
}

static void add_list(struct gt_buf *out, const char *key, const struct gt_strv *v, const char *more,
		     bool append)
{
	bool first = true, has = false;

	gt_buf_fmt(out, "%s = [", key);
	for (const char *s = append ? NULL : gt_strv_next(v, NULL); s; s = gt_strv_next(v, s)) {
		gt_buf_str(out, first ? "" : ", ");
		gt_toml_quote(out, s);
		first = false;
		has = has || strcmp(s, more) == 0;
	}
	if (!has) {
		gt_buf_str(out, first ? "" : ", ");
		gt_toml_quote(out, more);
	}
	gt_buf_str(out, append ? ", {append=true}]\n" : "]\n");
}

/* The drop-in for these WAYS. */
static void drop_in(const struct gt_engine_job *j, const struct conf *c, unsigned ways,
		    bool make_default, struct gt_buf *out)
{
	bool runtime = ways & GT_WAY_BIT(GT_WAY_RUNTIME);

	gt_buf_str(out, "# Written by gotune install podman; gotune uninstall podman removes it.\n"
			"\n[engine]\n");
	/*
	 * The whole list: {append=true} is an error to a Podman before 4.8, and nothing here says
	 * how old it is, unless another file uses it already: then this Podman takes it.
	 */
	if (ways & GT_WAY_BIT(GT_WAY_PRECREATE))
		add_list(out, "hooks_dir", &c->hooks.now.v, j->own.podman_hooks,
			 c->hooks.appends || c->json.appends);
	if (!runtime)
		return;
	if (make_default)
		gt_buf_str(out, "runtime = \"" NAME "\"\n");
	add_list(out, "runtime_supports_json", &c->json.now.v, NAME,
		 c->hooks.appends || c->json.appends);
	gt_buf_str(out, "\n[engine.runtimes]\n" NAME " = [");
	gt_toml_quote(out, j->own.runtime);
	gt_buf_str(out, "]\n");
}

/* What the drop-in of now says: which ways, and the default. */
struct own {
	unsigned ways;
	bool is_default;
	struct gt_file file;
};

static int read_own(struct gt_engine_job *j, struct own *ret, struct gt_err *e)
{
	struct conf *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = gt_file_read(j->root, DROP_IN_DIR "/" DROP_IN, &ret->file, e);
	if (r == 0) {
		c->hooks.at = "engine/hooks_dir";
		c->json.at = "engine/runtime_supports_json";
		r = read_conf(j->root, DROP_IN_DIR "/" DROP_IN, c, e);
	}
	if (r == 0) {
		ret->ways = (c->hooks.now.v.n ? GT_WAY_BIT(GT_WAY_PRECREATE) : 0) |
			    (c->ours[0] ? GT_WAY_BIT(GT_WAY_RUNTIME) : 0);
		ret->is_default = strcmp(c->runtime, NAME) == 0;
		(void)gt_copy_str(j->target, sizeof(j->target),
				  j->ways & GT_WAY_BIT(GT_WAY_RUNTIME) ? c->ours
				  : c->hooks.now.v.n		       ? j->own.hook
								       : "");
	}
	free(c);
	return r;
}

/* WAYS: those that the change is about. */
static void say(struct gt_engine_job *j, const struct conf *c, unsigned ways)
{
	if (c->shadow[0] && (ways & GT_WAY_BIT(GT_WAY_PRECREATE)))
		gt_engine_note(j, "%s comes after ours and sets hooks_dir again: add %s there",
			       c->shadow, j->own.podman_hooks);
	if (!j->install && (ways & GT_WAY_BIT(GT_WAY_RUNTIME)))
		gt_engine_note(j, "containers that were made with the runtime gotune do not start "
				  "again; this lists them: podman ps -aq | xargs podman inspect "
				  "--format '{{.OCIRuntime}} {{.Name}}'");
}

static int change_drop_in(struct gt_engine_job *j, const struct conf *c, struct gt_err *e)
{
	unsigned mine = j->ways & ~GT_WAY_BIT(GT_WAY_HOOK), ways;
	struct own own = {0};
	struct gt_buf out = {0};
	int r = read_own(j, &own, e);

	if (r < 0) {
		gt_file_done(&own.file);
		return r;
	}
	j->is_default = own.is_default;
	ways = j->install ? own.ways | mine : own.ways & ~mine;
	if (!j->install && (own.ways & mine) == 0) {
		gt_file_done(&own.file);
		return 0;
	}
	say(j, c, j->install ? mine : mine & own.ways);
	if (ways)
		drop_in(j, c, ways, own.is_default || j->make_default, &out);
	if (out.error)
		r = gt_err_set(e, out.error, "out of memory");
	else
		r = ways ? gt_change_to(j, &own.file, out.p, out.len, e)
			 : gt_change_remove(j, &own.file, e);
	gt_file_done(&own.file);
	gt_buf_done(&out);
	return r;
}

/* What Podman has when no file sets it; a name that an older one does not know is no harm. */
static void defaults(struct conf *c)
{
	static const char *const json[] = {"crun", "runc",  "kata",   "runsc",
					   "krun", "youki", "ocijail"};

	c->hooks.at = "engine/hooks_dir";
	c->json.at = "engine/runtime_supports_json";
	/* Both fit. */
	gt_list_init(&c->hooks.now);
	gt_list_init(&c->json.now);
	(void)gt_strv_add(&c->hooks.now.v, HOOKS_DIR, strlen(HOOKS_DIR));
	for (unsigned i = 0; i < GT_ARRAY_LEN(json); i++)
		(void)gt_strv_add(&c->json.now.v, json[i], strlen(json[i]));
}

static int run_podman(struct gt_engine_job *j, struct gt_err *e)
{
	bool by_hook = j->ways & GT_WAY_BIT(GT_WAY_HOOK);
	struct conf *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return gt_err_set(e, -ENOMEM, "out of memory");
	defaults(c);
	r = read_merged(j, c, e);
	if (r == 0 && (j->ways & ~GT_WAY_BIT(GT_WAY_HOOK)))
		r = change_drop_in(j, c, e);
	if (r == 0 && by_hook)
		r = gt_engine_hookfile(j, "CRI-O", e);
	(void)gt_copy_str(j->path, sizeof(j->path),
			  by_hook && j->ways == GT_WAY_BIT(GT_WAY_HOOK) ? GT_HOOK_JSON
									: DROP_IN_DIR "/" DROP_IN);
	free(c);
	return r;
}

static const struct gt_engine_conf confs[] = {
	{VENDOR_CONF, NULL}, {ADMIN_CONF, NULL}, {DROP_IN_DIR, ".conf"}, {NULL, NULL}};

const struct gt_engine_driver gt_engine_podman = {
	.name = "podman",
	.title = "Podman",
	.ways = GT_WAY_BIT(GT_WAY_RUNTIME) | GT_WAY_BIT(GT_WAY_PRECREATE) | GT_WAY_BIT(GT_WAY_HOOK),
	.default_ways = GT_WAY_BIT(GT_WAY_PRECREATE),
	.program = "podman",
	.conf = confs,
	.run = run_podman,
};
