/*
 * containerd: a runtime handler "gotune" for CRI. A drop-in where containerd merges one (2.x with
 * imports), else a block in config.toml: in 1.x an import replaces the whole section of a plugin.
 * Reads below the root.
 */
#include <stdio.h>

#include "containerd.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "json.h"

#define CONFIG	"/etc/containerd/config.toml"
#define CONF_D	"/etc/containerd/conf.d"
#define DROP_IN CONF_D "/99-gotune.toml"
#define NAME	"gotune"

/* What config.toml, without us, says. */
struct conf {
	struct gt_buf base, json; /* as text, as JSON */
	int64_t version;	  /* 0: none */
	bool is_empty;		  /* no key at all */
	bool imports_drop_in, cri_disabled;
};

static void conf_done(struct conf *c)
{
	gt_buf_done(&c->base);
	gt_buf_done(&c->json);
}

/* An import is a glob, relative to the file's directory (containerd-config.toml(5)). */
static bool imports(const char *text, size_t len)
{
	char pattern[GT_PATH_CAP], whole[GT_PATH_CAP];

	if (!gt_copy(pattern, sizeof(pattern), text, len))
		return false;
	if (pattern[0] == '/')
		return gt_glob(pattern, DROP_IN);
	return gt_path_join(whole, "/etc/containerd", pattern) && gt_glob(whole, DROP_IN);
}

static int conf_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct conf *c = ctx;

	(void)e;
	if (ev->depth == 1)
		c->is_empty = false;
	if (ev->type == GT_JSON_INT && gt_json_at(ev, "version"))
		c->version = ev->i;
	if (ev->type == GT_JSON_STRING && gt_json_at(ev, "imports/*") && imports(ev->text, ev->len))
		c->imports_drop_in = true;
	if (ev->type == GT_JSON_STRING && gt_json_at(ev, "disabled_plugins/*")) {
		static const char *const cri[] = {"cri", GT_CRI_V2, GT_CRI_V3};

		for (unsigned i = 0; i < GT_ARRAY_LEN(cri); i++)
			c->cri_disabled =
				c->cri_disabled || (ev->len == strlen(cri[i]) &&
						    memcmp(ev->text, cri[i], ev->len) == 0);
	}
	return 0;
}

static int read_conf(const struct gt_file *f, struct conf *c, struct gt_err *e)
{
	struct gt_err why = {0};
	int r = gt_containerd_strip(f->text, f->len, &c->base, &why);

	if (r < 0)
		return gt_err_set(e, r, CONFIG ": %s", why.msg);
	c->is_empty = true;
	r = gt_toml_to_json(c->base.p ? c->base.p : "", c->base.len, &c->json, &why);
	if (r == 0)
		r = gt_json_walk(c->json.p, c->json.len, 0, conf_event, c, NULL, &why);
	return r < 0 ? gt_err_set(e, r, CONFIG ":%s", why.msg) : 0;
}

/* What is registered now, in config.toml or in the drop-in. */
static void read_now(struct gt_engine_job *j, const struct gt_buf *json)
{
	static const char *const plugin[] = {GT_CRI_V2, GT_CRI_V3};
	char text[256];

	for (unsigned i = 0; i < GT_ARRAY_LEN(plugin); i++) {
		const char *const program[] = {"plugins", plugin[i], "containerd", "runtimes",
					       NAME,	  "options", "BinaryName"},
				  *const def[] = {"plugins", plugin[i], "containerd",
						  "default_runtime_name"};

		if (j->target[0] == '\0')
			gt_toml_string(json, program, 7, j->target, sizeof(j->target));
		gt_toml_string(json, def, 4, text, sizeof(text));
		j->is_default = j->is_default || strcmp(text, NAME) == 0;
	}
}

/* Can this file have a handler of ours, and in which layout? */
static int choose(const struct conf *c, struct gt_containerd_want *w, struct gt_err *e)
{
	if (c->cri_disabled)
		return gt_err_set(e, -EOPNOTSUPP,
				  CONFIG
				  " disables CRI (disabled_plugins), so a handler would have no "
				  "use; for Docker: gotune install docker");
	if (c->is_empty) {
		/* 1.x and 2.x both read it; without a version 1.x takes a file for version 1. */
		w->add_version = 2;
		w->plugin = GT_CRI_V2;
	} else if (c->version == 2) {
		w->plugin = GT_CRI_V2;
	} else if (c->version == 3 || c->version == 4) {
		w->plugin = GT_CRI_V3;
	} else if (c->version <= 1) {
		return gt_err_set(e, -EOPNOTSUPP,
				  CONFIG
				  " has no \"version = 2\" or later, so containerd takes it for "
				  "version 1, which 2.x does not know: bring it up to date with "
				  "containerd config migrate, then run this again");
	} else {
		return gt_err_set(e, -EOPNOTSUPP, CONFIG ": version %lld is not known here",
				  (long long)c->version);
	}
	return 0;
}

/* The drop-in of 2.x: of the same version, since a higher one is refused. */
static int drop_in_text(const struct conf *c, const struct gt_containerd_want *w,
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

/* What config.toml and the drop-in are to hold. */
static int has_runtimes(const struct gt_buf *json, const char *plugin, bool *ret, struct gt_err *e)
{
	const char *const path[] = {"plugins", plugin, "containerd", "runtimes"};
	struct gt_json_spot spot = {0};
	int r = gt_json_find(json->p, json->len, path, 4, &spot, e);

	*ret = spot.found;
	return r;
}

static int want_texts(struct gt_engine_job *j, const struct conf *c, struct gt_buf *config,
		      struct gt_buf *drop_in, struct gt_err *e)
{
	struct gt_containerd_want w = {.plugin = GT_CRI_V2,
				       .runtime = j->own.runtime,
				       .make_default = j->make_default || j->is_default};
	struct gt_buf tables = {0};
	struct gt_err why = {0};
	bool has = false;
	char note[256];
	int r = choose(c, &w, e);

	if (r < 0)
		return r;
	r = has_runtimes(&c->json, w.plugin, &has, &why);
	w.add_runc = !has && strcmp(w.plugin, GT_CRI_V2) == 0;
	if (r == 0)
		r = gt_containerd_tables(&c->json, &w, &tables, note, &why);
	if (r == 0 && c->imports_drop_in && c->version >= 3)
		r = drop_in_text(c, &w, &tables, drop_in);
	else if (r == 0)
		r = gt_containerd_add(&c->base, &tables, &w, config, &why);
	if (r == 0 && drop_in->len > 0)
		gt_buf_add(config, c->base.p ? c->base.p : "", c->base.len);
	if (r < 0)
		(void)gt_err_set(e, r, CONFIG ": %s", why.msg[0] ? why.msg : strerror(-r));
	if (r == 0 && note[0])
		gt_engine_note(j, "%s", note);
	gt_buf_done(&tables);
	return r;
}

static int install(struct gt_engine_job *j, struct gt_file *f, struct gt_file *d,
		   const struct conf *c, struct gt_err *e)
{
	struct gt_buf config = {0}, drop_in = {0};
	int r = want_texts(j, c, &config, &drop_in, e);
	bool changes = r == 0 && !gt_buf_is(&config, f->text, f->len);

	(void)gt_copy_str(j->path, sizeof(j->path), drop_in.len > 0 ? DROP_IN : CONFIG);
	/* The copy is of the file without us: when we are in it, there is one. */
	if (changes && f->exists && f->len == c->base.len)
		r = gt_change_backup(j, f, e);
	if (r == 0 && changes)
		r = gt_change_to(j, f, config.p ? config.p : "", config.len, e);
	if (r == 0)
		r = drop_in.len > 0 ? gt_change_to(j, d, drop_in.p, drop_in.len, e)
				    : gt_change_remove(j, d, e);
	gt_buf_done(&config);
	gt_buf_done(&drop_in);
	return r;
}

static int uninstall(struct gt_engine_job *j, struct gt_file *f, struct gt_file *d,
		     const struct conf *c, struct gt_err *e)
{
	const char *base = c->base.p ? c->base.p : "";
	struct gt_file copy = {0};
	bool changes = f->len != c->base.len;
	int r = gt_backup_read(j->root, CONFIG, &copy, e);

	if (r == 0 && changes) /* without a copy there was no file before us */
		r = !copy.exists && strspn(base, " \t\r\n") == c->base.len
			    ? gt_change_remove(j, f, e)
			    : gt_change_to(j, f, base, c->base.len, e);
	if (r == 0)
		r = gt_change_remove(j, d, e);
	if (r == 0 && !j->probe)
		r = gt_change_remove(j, &copy, e);
	gt_file_done(&copy);
	if (r == 0 && j->n_change > 0)
		gt_engine_note(j, "pods whose runtime class has the handler gotune do not start "
				  "again: kubectl get runtimeclass names it");
	return r;
}

static int change(struct gt_engine_job *j, struct gt_file *f, struct gt_file *d, struct gt_err *e)
{
	struct gt_buf now = {0};
	struct conf c = {0};
	unsigned n = j->n_change;
	int r = read_conf(f, &c, e);

	if (r == 0)
		r = gt_toml_read(j->root, DROP_IN, &now, e);
	(void)gt_copy_str(j->path, sizeof(j->path), now.len > 0 ? DROP_IN : CONFIG);
	if (r == 0) {
		read_now(j, &now);
		gt_buf_done(&now);
		r = gt_toml_read(j->root, CONFIG, &now, e);
	}
	if (r == 0) {
		read_now(j, &now);
		r = j->install ? install(j, f, d, &c, e) : uninstall(j, f, d, &c, e);
	}
	if (r == 0 && j->n_change > n)
		gt_engine_next(j, "%s", j->engine->reload);
	if (r == 0 && gt_path_exists(j->root, "/var/lib/rancher/k3s/agent/etc/containerd"))
		gt_engine_note(j, "k3s writes a config.toml of its own: put the tables into its "
				  "template, as gotune's contrib/engines/containerd has them");
	gt_buf_done(&now);
	conf_done(&c);
	return r;
}

static int run_containerd(struct gt_engine_job *j, struct gt_err *e)
{
	struct gt_file f = {0}, d = {0};
	int r = gt_file_read(j->root, CONFIG, &f, e);

	if (r == 0)
		r = gt_file_read(j->root, DROP_IN, &d, e);
	if (r == 0)
		r = change(j, &f, &d, e);
	else
		(void)gt_copy_str(j->path, sizeof(j->path), CONFIG);
	gt_file_done(&f);
	gt_file_done(&d);
	return r;
}

static const struct gt_engine_conf confs[] = {{CONFIG, NULL}, {CONF_D, ".toml"}, {NULL, NULL}};

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
