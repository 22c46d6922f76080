/*
 * Podman. The usual way is its own hook stage, precreate, whose directory a drop-in of
 * containers.conf adds to hooks_dir. Reads below the root.
 */
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "job.h"
#include "json.h"
#include "own.h"
#include "podman_conf.h"

#define NAME "gotune"

/* The names of our drop-in, of which the first takes effect that no other file's undoes. */
static const char *const drop_in_path[] = {
	GT_PODMAN_DROP_INS "/99-gotune.conf", GT_PODMAN_DROP_INS "/99-zz-gotune.conf",
	GT_PODMAN_DROP_INS "/zz-gotune.conf", GT_PODMAN_DROP_INS "/zzzz-gotune.conf"};
#define NAMES GT_ARRAY_LEN(drop_in_path)

/* What our own drop-ins say now: which ways, and the default. */
struct own {
	unsigned ways;
	bool is_default;
	char path[GT_PATH_CAP]; /* the last of them; the first name when there is none */
};

static bool has(const struct gt_strv *v, const char *text)
{
	for (const char *s = gt_strv_next(v, NULL); s; s = gt_strv_next(v, s)) {
		if (strcmp(s, text) == 0)
			return true;
	}
	return false;
}

/* ---- the drop-in ---- */

static void add_list(struct gt_buf *out, const char *key, const struct gt_strv *v, const char *more,
		     bool append)
{
	bool first = true;

	gt_buf_fmt(out, "%s = [", key);
	for (const char *s = append ? NULL : gt_strv_next(v, NULL); s; s = gt_strv_next(v, s)) {
		gt_buf_str(out, first ? "" : ", ");
		gt_toml_quote(out, s);
		first = false;
	}
	if (append || !has(v, more)) {
		gt_buf_str(out, first ? "" : ", ");
		gt_toml_quote(out, more);
	}
	gt_buf_str(out, append ? ", {append=true}]\n" : "]\n");
}

/* The drop-in for these WAYS. */
static void drop_in(const struct gt_engine_job *j, const struct gt_podman_conf *c, unsigned ways,
		    bool make_default, struct gt_buf *out)
{
	gt_buf_str(out, "# Written by gotune install podman; gotune uninstall podman removes it.\n"
			"\n[engine]\n");
	/*
	 * The whole list: {append=true} is an error to a Podman before 4.8, and nothing here says
	 * how old it is, unless another file uses it already: then this Podman takes it.
	 */
	if (ways & GT_WAY_BIT(GT_WAY_PRECREATE))
		add_list(out, "hooks_dir", &c->hooks.now.v, j->own.podman_hooks, c->appends_known);
	if (!(ways & GT_WAY_BIT(GT_WAY_RUNTIME)))
		return;
	if (make_default)
		gt_buf_str(out, "runtime = \"" NAME "\"\n");
	add_list(out, "runtime_supports_json", &c->json.now.v, NAME, c->appends_known);
	gt_buf_str(out, "\n[engine.runtimes]\n" NAME " = [");
	gt_toml_quote(out, j->own.runtime);
	gt_buf_str(out, "]\n");
}

/* ---- what Podman would do ---- */

/* Which of WAYS take effect in C. *ret_by: the file that undoes one that does not. */
static unsigned effective_ways(const struct gt_engine_job *j, const struct gt_podman_conf *c,
			       unsigned ways, bool make_default, char *ret_by)
{
	unsigned works = 0;

	if (has(&c->hooks.now.v, j->own.podman_hooks))
		works |= GT_WAY_BIT(GT_WAY_PRECREATE);
	else if (ways & GT_WAY_BIT(GT_WAY_PRECREATE))
		(void)gt_copy_str(ret_by, GT_PATH_CAP, c->hooks.by);
	if (has(&c->hooks.now.v, GT_OCI_HOOKS_DIR))
		works |= GT_WAY_BIT(GT_WAY_HOOK);
	else if (ways & GT_WAY_BIT(GT_WAY_HOOK))
		(void)gt_copy_str(ret_by, GT_PATH_CAP, c->hooks.by);
	if (!(ways & GT_WAY_BIT(GT_WAY_RUNTIME)))
		return works;
	if (!gt_is_our_runtime(c->ours))
		(void)gt_copy_str(ret_by, GT_PATH_CAP, c->ours_by);
	else if (!has(&c->json.now.v, NAME))
		(void)gt_copy_str(ret_by, GT_PATH_CAP, c->json.by);
	else if (make_default && strcmp(c->runtime, NAME) != 0)
		(void)gt_copy_str(ret_by, GT_PATH_CAP, c->runtime_by);
	else
		works |= GT_WAY_BIT(GT_WAY_RUNTIME);
	return works;
}

static void look(struct gt_engine_job *j, const struct gt_podman_conf *c, const struct own *own)
{
	unsigned works = effective_ways(j, c, j->ways, false, j->decided_by);

	if (own->is_default && (j->ways & GT_WAY_BIT(GT_WAY_RUNTIME)))
		works &= effective_ways(j, c, j->ways, true, j->decided_by);
	j->effective = (works & j->ways) == j->ways ? GT_YES : GT_NO;
	j->is_default = strcmp(c->runtime, NAME) == 0;
	if (j->ways & GT_WAY_BIT(GT_WAY_RUNTIME))
		gt_copy_cut(j->target, c->ours);
	else if (works & GT_WAY_BIT(GT_WAY_PRECREATE))
		gt_copy_cut(j->target, j->own.hook);
}

/* What is left names us still: files that somebody else wrote. */
static void look_for_others(struct gt_engine_job *j, const struct gt_podman_conf *c)
{
	if ((j->ways & GT_WAY_BIT(GT_WAY_PRECREATE)) && has(&c->hooks.now.v, j->own.podman_hooks))
		gt_engine_still_names_us(j, c->hooks.by);
	if (!(j->ways & GT_WAY_BIT(GT_WAY_RUNTIME)))
		return;
	if (c->runtime[0] && strcmp(c->runtime, NAME) == 0)
		gt_engine_still_names_us(j, c->runtime_by);
	for (unsigned i = 0; i < c->layers.n; i++) {
		const struct gt_sheet *l = c->layers.at[i];

		if (gt_json_names_us(l->json.p, l->json.len))
			gt_engine_still_names_us(j, l->path);
	}
}

static int read_own(struct gt_engine_job *j, struct own *ret, struct gt_err *e)
{
	static const char *const hooks[] = {"engine", "hooks_dir"},
				 *const ours[] = {"engine", "runtimes", NAME},
				 *const def[] = {"engine", "runtime"};
	int r = 0;

	*ret = (struct own){0};
	gt_copy_cut(ret->path, drop_in_path[0]);
	for (unsigned i = 0; r == 0 && i < NAMES; i++) {
		struct gt_sheets one = {0};
		struct gt_view v = gt_view_of(j, false);
		char text[64];

		r = gt_sheets_add(&one, &v, drop_in_path[i], e);
		if (r == 0 && one.n == 1) {
			gt_copy_cut(ret->path, drop_in_path[i]);
			if (gt_sheet_has(one.at[0], hooks, 2))
				ret->ways |= GT_WAY_BIT(GT_WAY_PRECREATE);
			if (gt_sheet_has(one.at[0], ours, 3))
				ret->ways |= GT_WAY_BIT(GT_WAY_RUNTIME);
			gt_toml_string(&one.at[0]->json, def, 2, text, sizeof(text));
			ret->is_default = ret->is_default || strcmp(text, NAME) == 0;
		}
		gt_sheets_done(&one);
	}
	return r;
}

/* ---- notes ---- */

static void note_modules(struct gt_engine_job *j, const char *key, const char *what)
{
	struct gt_list *modules = malloc(sizeof(*modules));
	struct gt_view v = gt_view_of(j, false);
	struct gt_err ignored; /* Podman reads a module only when it is told to */

	if (modules && gt_podman_modules(&v, key, modules, &ignored) == 0) {
		for (const char *s = gt_strv_next(&modules->v, NULL); s;
		     s = gt_strv_next(&modules->v, s))
			gt_engine_note(
				j, "the module %s sets %s anew: what podman --module %s starts %s",
				s, key, gt_basename(s), what);
	}
	free(modules);
}

/* A default that is not what gotune-runtime would run by itself is not lost without a word. */
static void note_default(struct gt_engine_job *j, const struct gt_podman_conf *c)
{
	const char *built_in = gt_path_exists(j->root, "/usr/bin/crun") ? "crun" : "runc";

	gt_engine_note_real(j, c->runtime[0] ? c->runtime : built_in, c->program);
}

/* WAYS: those that the change is about. */
static void say(struct gt_engine_job *j, const struct gt_podman_conf *others, unsigned ways)
{
	if (j->probe)
		return;
	if (j->install && (ways & GT_WAY_BIT(GT_WAY_PRECREATE)))
		note_modules(j, "hooks_dir", "is not tuned, unless it ends in {append=true}");
	if (j->install && j->make_default) {
		note_modules(j, "runtime", "runs with that one");
		note_default(j, others);
	}
	if (!j->install && (ways & GT_WAY_BIT(GT_WAY_RUNTIME)))
		gt_engine_note(j, "containers that were made with the runtime gotune do not start "
				  "again; this lists them: podman ps -aq | xargs podman inspect "
				  "--format '{{.OCIRuntime}} {{.Name}}'");
}

/* ---- changes ---- */

/* The view without our drop-ins. */
static struct gt_view bare_view(const struct gt_engine_job *j)
{
	struct gt_view v = gt_view_of(j, false);

	for (unsigned i = 0; i < NAMES; i++)
		gt_view_set(&v, drop_in_path[i], NULL, 0);
	return v;
}

/* Would TEXT at PATH do what it is for? */
static int try_path(const struct gt_engine_job *j, const char *path, const struct gt_buf *text,
		    unsigned ways, bool make_default, bool *ret, char *ret_by, struct gt_err *e)
{
	struct gt_view v = bare_view(j);
	struct gt_podman_conf *c;
	int r;

	gt_view_set(&v, path, text->p, text->len);
	r = gt_podman_read(&v, &c, e);
	if (r < 0)
		return r;
	*ret = (effective_ways(j, c, ways, make_default, ret_by) & ways) == ways;
	gt_podman_conf_free(c);
	return 0;
}

/* TEXT at the path CHOSEN, and nothing at the others; CHOSEN NAMES: nothing at all. */
static int put_at(struct gt_engine_job *j, unsigned chosen, const struct gt_buf *text,
		  struct gt_err *e)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < NAMES; i++) {
		struct gt_file f = {0};

		r = gt_file_read(j->root, drop_in_path[i], &f, e);
		if (r == 0)
			r = i == chosen ? gt_change_to(j, &f, text->p, text->len, e)
					: gt_change_remove(j, &f, e);
		gt_file_done(&f);
	}
	return r;
}

/* Our drop-in goes to the first name that takes effect. */
static int place(struct gt_engine_job *j, const struct gt_buf *text, unsigned ways,
		 bool make_default, struct gt_err *e)
{
	char by[GT_PATH_CAP] = "";
	bool works = false;
	unsigned chosen = 0;
	int r = text->error ? gt_err_set(e, text->error, "out of memory") : 0;

	for (unsigned i = 0; r == 0 && !works && i < NAMES; i++) {
		chosen = i;
		r = try_path(j, drop_in_path[i], text, ways, make_default, &works, by, e);
	}
	if (r == 0 && !works)
		return gt_err_set(
			e, -EEXIST,
			"%s would have the last word, whatever name our drop-in had: take "
			"what it says of %s out there, then run this again",
			by, ways & GT_WAY_BIT(GT_WAY_RUNTIME) ? "runtimes" : "hooks_dir");
	gt_copy_cut(j->path, drop_in_path[chosen]);
	return r == 0 ? put_at(j, chosen, text, e) : r;
}

/* A default that names us, in a file that is not ours: without our drop-in nothing would start. */
static int check_left(const struct gt_engine_job *j, const struct gt_podman_conf *others,
		      const struct own *own, unsigned ways, struct gt_err *e)
{
	bool drops = (own->ways & ~ways & GT_WAY_BIT(GT_WAY_RUNTIME)) != 0;

	if (j->probe || !drops || strcmp(others->runtime, NAME) != 0 || others->ours[0])
		return 0;
	return gt_err_set(e, -EBUSY,
			  "%s has runtime = \"" NAME "\", and gotune install did not write that: "
			  "without it Podman would start nothing; name another one there, then run "
			  "this again",
			  others->runtime_by);
}

static int change_drop_in(struct gt_engine_job *j, const struct gt_podman_conf *others,
			  const struct own *own, struct gt_err *e)
{
	unsigned mine = j->ways & ~GT_WAY_BIT(GT_WAY_HOOK);
	unsigned ways = j->install ? own->ways | mine : own->ways & ~mine;
	bool make_default = own->is_default || j->make_default;
	struct gt_buf text = {0};
	int r;

	gt_copy_cut(j->path, own->path);
	if (!j->install && (own->ways & mine) == 0)
		return 0;
	r = check_left(j, others, own, ways, e);
	if (r < 0)
		return r;
	say(j, others, j->install ? mine : mine & own->ways);
	if (ways)
		drop_in(j, others, ways, make_default, &text);
	r = ways ? place(j, &text, ways, make_default && (ways & GT_WAY_BIT(GT_WAY_RUNTIME)) != 0,
			 e)
		 : put_at(j, NAMES, &text, e);
	gt_buf_done(&text);
	return r;
}

static int change(struct gt_engine_job *j, struct gt_err *e)
{
	bool by_hook = j->ways & GT_WAY_BIT(GT_WAY_HOOK);
	struct gt_podman_conf *now = NULL, *others = NULL;
	struct gt_view disk = gt_view_of(j, false), bare = bare_view(j);
	struct own own;
	int r = gt_podman_read(&disk, &now, e);

	if (r == 0)
		r = read_own(j, &own, e);
	if (r == 0)
		look(j, now, &own);
	if (r == 0)
		r = gt_podman_read(&bare, &others, e);
	if (r == 0 && (j->ways & ~GT_WAY_BIT(GT_WAY_HOOK)))
		r = change_drop_in(j, others, &own, e);
	if (r == 0 && by_hook)
		r = gt_engine_hookfile(j, "CRI-O", e);
	if (r == 0 && by_hook && j->install && !j->probe && j->effective == GT_NO &&
	    !has(&now->hooks.now.v, GT_OCI_HOOKS_DIR))
		gt_engine_note(j,
			       "%s sets hooks_dir without " GT_OCI_HOOKS_DIR
			       ": add it there, or Podman does not read the hook",
			       now->hooks.by);
	if (r == 0 && !j->install)
		look_for_others(j, others);
	gt_podman_conf_free(now);
	gt_podman_conf_free(others);
	return r;
}

static int run_podman(struct gt_engine_job *j, struct gt_err *e)
{
	bool hook_alone = j->ways == GT_WAY_BIT(GT_WAY_HOOK);
	int r;

	gt_copy_cut(j->path, hook_alone ? GT_HOOK_JSON : drop_in_path[0]);
	r = change(j, e);
	if (hook_alone)
		gt_copy_cut(j->path, GT_HOOK_JSON);
	return r;
}

static const struct gt_engine_conf confs[] = {
	{GT_PODMAN_VENDOR_CONF, NULL},
	{"/usr/share/containers/containers.conf.d", ".conf"},
	{"/usr/share/containers/containers.rootful.conf.d", ".conf"},
	{GT_PODMAN_ADMIN_CONF, NULL},
	{GT_PODMAN_DROP_INS, ".conf"},
	{"/etc/containers/containers.rootful.conf.d", ".conf"},
	{NULL, NULL}};

const struct gt_engine_driver gt_engine_podman = {
	.name = "podman",
	.title = "Podman",
	.ways = GT_WAY_BIT(GT_WAY_RUNTIME) | GT_WAY_BIT(GT_WAY_PRECREATE) | GT_WAY_BIT(GT_WAY_HOOK),
	.default_ways = GT_WAY_BIT(GT_WAY_PRECREATE),
	.program = "podman",
	.conf = confs,
	.run = run_podman,
};
