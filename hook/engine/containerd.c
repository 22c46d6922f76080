/*
 * containerd: a runtime handler "gotune" for CRI. A drop-in where containerd merges one (2.x with
 * imports), else a block in config.toml: in 1.x an import replaces the whole section of a plugin.
 * Reads below the root.
 */
#include <stdio.h>

#include "containerd_site.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "json.h"
#include "own.h"

#define NAME "gotune"

/* ---- install ---- */

/* Can this file have a handler of ours, and in which layout? */
static int choose(const struct gt_containerd_site *s, struct gt_containerd_want *w,
		  struct gt_err *e)
{
	const struct gt_containerd_conf *c = s->others;
	bool is_empty = c->layers.n == 0 || (strcmp(c->layers.at[0]->path, s->config) == 0 &&
					     c->layers.at[0]->json.len <= strlen("{}"));

	if (c->disables[0])
		return gt_err_set(e, -EOPNOTSUPP,
				  "%s disables CRI (disabled_plugins), so a handler would have no "
				  "use; for Docker: gotune install docker",
				  c->disables);
	if (c->other_version[0])
		return gt_err_set(e, -EOPNOTSUPP,
				  "%s is of version 2, and %s, which it imports, of a later one: "
				  "before containerd 2.3 only one of them counts; make both the "
				  "same, then run this again",
				  s->config, c->other_version);
	w->plugin = c->plugin;
	if (is_empty) /* 1.x and 2.x both read it; without a version 1.x takes it for version 1. */
		w->add_version = 2;
	else if (c->version <= 1)
		return gt_err_set(e, -EOPNOTSUPP,
				  "%s has no \"version = 2\" or later, so it is of version 1, "
				  "whose plugins have other names: write version = 2 into it, and "
				  "[plugins.\"" GT_CRI_V2
				  "\"] for [plugins.cri], then run this again",
				  s->config);
	else if (c->version > 4)
		return gt_err_set(e, -EOPNOTSUPP, "%s: version %lld is not known here", s->config,
				  (long long)c->version);
	if (w->make_default && gt_containerd_has_old_default(&c->json, w->plugin))
		return gt_err_set(
			e, -EBUSY,
			"%s has a table default_runtime, which containerd 1.x takes before "
			"default_runtime_name: call it runtimes.runc, then run this again",
			gt_containerd_last(c, false));
	return 0;
}

/* The drop-in of 2.x: of the same version, since a higher one is refused. */
static int drop_in_text(const struct gt_containerd_conf *c, const struct gt_containerd_want *w,
			const struct gt_buf *tables, struct gt_buf *out)
{
	gt_buf_str(out,
		   "# Written by gotune install containerd; gotune uninstall containerd removes "
		   "it.\n");
	gt_buf_fmt(out, "version = %lld\n\n", (long long)c->version);
	if (w->make_default)
		gt_buf_fmt(out,
			   "[plugins.\"%s\".containerd]\n  default_runtime_name = \"" NAME "\"\n\n",
			   w->plugin);
	gt_buf_add(out, tables->p ? tables->p : "", tables->len);
	return out->error;
}

static bool has_runtimes(const struct gt_containerd_conf *c, const char *plugin)
{
	const char *const path[] = {"plugins", plugin, "containerd", "runtimes"};
	struct gt_json_spot spot = {0};

	return gt_json_find(c->json.p, c->json.len, path, 4, &spot, NULL) == 0 && spot.found;
}

static int make_tables(struct gt_engine_job *j, const struct gt_containerd_site *s,
		       struct gt_containerd_want *w, struct gt_buf *out, struct gt_err *e)
{
	struct gt_containerd_real *real = calloc(1, sizeof(*real));
	struct gt_err why = {0};
	char note[256];
	int r = real ? 0 : -ENOMEM;

	w->add_runc = !has_runtimes(s->others, w->plugin) && w->plugin &&
		      strcmp(w->plugin, GT_CRI_V2) == 0 &&
		      !gt_containerd_has_old_default(&s->others->json, w->plugin);
	if (r == 0)
		r = gt_containerd_tables(&s->others->json, w, out, real, note, &why);
	if (r < 0)
		(void)gt_err_set(e, r, "%s: %s", s->config, why.msg[0] ? why.msg : strerror(-r));
	else if (note[0])
		gt_engine_note(j, "%s", note);
	else
		gt_engine_note_real(j, real->name, real->program[0] ? real->program : "runc");
	free(real);
	return r;
}

/* Do the files of VIEW do what install is for? *ret_by: the file that undoes it. */
static int try_view(const struct gt_containerd_site *s, const struct gt_view *view,
		    bool make_default, bool *ret, char *ret_by, struct gt_err *e)
{
	struct gt_containerd_conf *c;
	char program[GT_PATH_CAP];
	bool has_us;
	int r = gt_containerd_read(view, s->config, &c, e);

	if (r < 0)
		return r;
	has_us = gt_containerd_has_us(c, program);
	*ret = has_us && (!make_default || gt_containerd_defaults_to_us(c));
	(void)gt_copy_str(ret_by, GT_PATH_CAP, gt_containerd_last(c, has_us)); /* fits */
	gt_containerd_conf_free(c);
	return 0;
}

static int refuse(const char *by, bool make_default, struct gt_err *e)
{
	return gt_err_set(e, -EEXIST,
			  "%s is imported after what we would write, and has the last word%s: take "
			  "its section out, or put the handler gotune there, as gotune's "
			  "contrib/engines/containerd has it",
			  by, make_default ? " on default_runtime_name" : "");
}

/* A drop-in under the first name that takes effect; at PATH. */
static int find_drop_in(struct gt_engine_job *j, const struct gt_containerd_site *s,
			const struct gt_buf *text, bool make_default, char *path, struct gt_err *e)
{
	char by[GT_PATH_CAP] = "";
	bool works = false;
	int r = 0;

	for (const char *d = gt_strv_next(&s->drop_ins.v, NULL); r == 0 && !works && d;
	     d = gt_strv_next(&s->drop_ins.v, d)) {
		struct gt_view v = gt_containerd_bare_view(j, s, &s->base);

		gt_view_set(&v, d, text->p, text->len);
		(void)gt_copy_str(path, GT_PATH_CAP, d); /* fits */
		r = try_view(s, &v, make_default, &works, by, e);
	}
	return r < 0 || works ? r : refuse(by, make_default, e);
}

static int put_drop_ins(struct gt_engine_job *j, const struct gt_containerd_site *s,
			const char *path, const struct gt_buf *text, struct gt_err *e)
{
	int r = 0;

	for (const char *d = gt_strv_next(&s->drop_ins.v, NULL); r == 0 && d;
	     d = gt_strv_next(&s->drop_ins.v, d)) {
		struct gt_file f = {0};

		r = gt_file_read(j->root, d, &f, e);
		if (r == 0)
			r = strcmp(d, path) == 0 ? gt_change_to(j, &f, text->p, text->len, e)
						 : gt_change_remove(j, &f, e);
		gt_file_done(&f);
	}
	return r;
}

static int want_texts(struct gt_engine_job *j, const struct gt_containerd_site *s,
		      struct gt_buf *config, struct gt_buf *drop_in, char *path, struct gt_err *e)
{
	struct gt_containerd_want w = {.runtime = j->own.runtime,
				       .make_default = j->make_default || s->own_default};
	struct gt_buf tables = {0};
	struct gt_err why = {0};
	char by[GT_PATH_CAP];
	bool works = true;
	int r = choose(s, &w, e);

	if (r == 0)
		r = make_tables(j, s, &w, &tables, e);
	if (r == 0 && s->others->version >= 3 && gt_containerd_imports_drop_in(s)) {
		r = drop_in_text(s->others, &w, &tables, drop_in);
		gt_buf_add(config, s->base.p ? s->base.p : "", s->base.len);
		if (r == 0)
			r = find_drop_in(j, s, drop_in, w.make_default, path, e);
	} else if (r == 0) {
		r = gt_containerd_add(&s->base, &tables, &w, config, &why);
		if (r < 0)
			(void)gt_err_set(e, r, "%s: %s", s->config,
					 why.msg[0] ? why.msg : strerror(-r));
		if (r == 0) {
			struct gt_view v = gt_containerd_bare_view(j, s, config);

			r = try_view(s, &v, w.make_default, &works, by, e);
		}
		if (r == 0 && !works)
			r = refuse(by, w.make_default, e);
	}
	gt_buf_done(&tables);
	return r;
}

static int install(struct gt_engine_job *j, struct gt_containerd_site *s, struct gt_err *e)
{
	struct gt_buf config = {0}, drop_in = {0};
	char path[GT_PATH_CAP] = "";
	int r = gt_containerd_check_site(j, s, e);
	bool changes;

	if (r == 0)
		r = want_texts(j, s, &config, &drop_in, path, e);
	changes = r == 0 && !gt_buf_is(&config, s->file.text, s->file.len);
	if (r == 0)
		gt_copy_cut(j->path, path[0] ? path : s->config);
	/* The copy is of the file without us: when we are in it, there is one. */
	if (changes && s->file.exists && gt_buf_is(&s->base, s->file.text, s->file.len))
		r = gt_change_backup(j, &s->file, e);
	if (r == 0 && changes)
		r = gt_change_to(j, &s->file, config.p ? config.p : "", config.len, e);
	if (r == 0)
		r = put_drop_ins(j, s, path, &drop_in, e);
	gt_buf_done(&config);
	gt_buf_done(&drop_in);
	return r;
}

/* ---- uninstall ---- */

/* A default that names us, in a file that is not ours to change: without the handler no pod would
 * start. */
static int check_left(struct gt_engine_job *j, const struct gt_containerd_site *s, struct gt_err *e)
{
	const struct gt_containerd_conf *c = s->others;

	for (unsigned i = 0; i < c->layers.n; i++) {
		const struct gt_sheet *l = c->layers.at[i];

		if (gt_json_names_us(l->json.p, l->json.len))
			gt_engine_still_names_us(j, l->path);
	}
	if (!gt_containerd_misses_us(c))
		return 0;
	if (j->probe) {
		gt_engine_still_names_us(j, gt_containerd_last(c, true));
		return 0;
	}
	return gt_err_set(e, -EBUSY,
			  "%s has default_runtime_name = \"" NAME "\", and gotune install did not "
			  "write that: without the handler no pod would start; name another one "
			  "there, then run this again",
			  gt_containerd_last(c, true));
}

/* An import that is no TOML: ours goes nevertheless, unless that file may have us as the default.
 */
static int check_broken(struct gt_engine_job *j, const struct gt_containerd_conf *c,
			struct gt_err *e)
{
	_cleanup_(gt_file_done) struct gt_file f = {0};
	int r;

	if (!c->broken[0])
		return 0;
	r = gt_file_read_linked(j->root, c->broken, &f, e);
	if (r < 0)
		return r;
	if (memmem(f.text, f.len, NAME, strlen(NAME)))
		return gt_err_set(e, -EBUSY,
				  "%s, and it names " NAME ": if that is a default, no pod would "
				  "start without the handler; fix the file, or take the name out "
				  "of it, then run this again",
				  c->why_broken.msg);
	gt_engine_note(j, "%s: it was left out of account; containerd does not start with it",
		       c->why_broken.msg);
	return 0;
}

static int uninstall(struct gt_engine_job *j, struct gt_containerd_site *s, struct gt_err *e)
{
	const char *base = s->base.p ? s->base.p : "";
	bool changes = !gt_buf_is(&s->base, s->file.text, s->file.len);
	static const struct gt_buf nothing;
	int r = check_broken(j, s->others, e);

	if (r == 0)
		r = check_left(j, s, e);
	if (r == 0 && changes) /* without a copy there was no file before us */
		r = !s->copy.exists && strspn(base, " \t\r\n") == s->base.len
			    ? gt_change_remove(j, &s->file, e)
			    : gt_change_to(j, &s->file, base, s->base.len, e);
	if (r == 0)
		r = put_drop_ins(j, s, "", &nothing, e);
	if (r == 0 && !j->probe)
		r = gt_change_remove(j, &s->copy, e);
	if (r == 0 && j->n_change > 0)
		gt_engine_note(j, "pods whose runtime class has the handler gotune do not start "
				  "again: kubectl get runtimeclass names it");
	return r;
}

static int run_containerd(struct gt_engine_job *j, struct gt_err *e)
{
	struct gt_containerd_site *s = calloc(1, sizeof(*s));
	unsigned n = j->n_change;
	int r;

	(void)gt_copy_str(j->path, sizeof(j->path), GT_CONTAINERD_CONFIG); /* fits */
	if (!s)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = gt_containerd_read_site(j, s, e);
	if (r == 0) {
		if (s->where[0] && !j->probe)
			gt_engine_note(j, "containerd reads %s: %s has --config", s->config,
				       s->where);
		if (s->others->missing[0] && !j->probe)
			gt_engine_note(j,
				       "%s is imported, and is not there or cannot be followed: "
				       "what it says is not known",
				       s->others->missing);
		r = j->install ? install(j, s, e) : uninstall(j, s, e);
	}
	if (r == 0 && j->n_change > n)
		gt_engine_next(j, "%s", j->engine->reload);
	if (r == 0 && !j->probe)
		gt_containerd_note_others(j);
	gt_containerd_site_free(s);
	return r;
}

static const struct gt_engine_conf confs[] = {
	{GT_CONTAINERD_CONFIG, NULL}, {GT_CONTAINERD_CONF_D, ".toml"}, {NULL, NULL}};

const struct gt_engine_driver gt_engine_containerd = {
	.name = "containerd",
	.title = "containerd",
	.ways = GT_WAY_BIT(GT_WAY_RUNTIME),
	.default_ways = GT_WAY_BIT(GT_WAY_RUNTIME),
	.program = "containerd",
	.daemon = "containerd",
	.unit = "containerd",
	.reload = "systemctl restart containerd",
	.conf = confs,
	.run = run_containerd,
};
