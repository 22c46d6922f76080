/*
 * containerd's configuration as containerd merges it. Reads below the root of a view.
 *
 * The file comes first, then what it imports, then what those import (services/server/config,
 * LoadConfig). 1.x reads version 2 alone, and the section of a plugin in an import takes the place
 * of the one before it; 2.x merges them key by key (mergeConfig of both). Whoever reads a file of
 * version 2 is not known here, so it has to be right for both. From 2.3 on each file is brought up
 * to date before it is merged; before it, the last version counts for all of them.
 */
#include "containerd.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "json.h"
#include "unit.h"

#define NAME "gotune"

int gt_containerd_find(const struct gt_engine_job *j, char *ret, char *ret_where, struct gt_err *e)
{
	struct gt_list *words = malloc(sizeof(*words));
	struct gt_flag f;
	int r;

	if (!words)
		return gt_err_set(e, -ENOMEM, "out of memory");
	gt_list_init(words);
	(void)gt_copy_str(ret, GT_PATH_CAP, GT_CONTAINERD_CONFIG); /* fits */
	ret_where[0] = '\0';
	r = gt_unit_words(j->root, "containerd.service", &words->v);
	if (r == 0 && !j->dir && words->v.n == 0)
		gt_process_words("containerd", &words->v);
	/* dockerd gives its own one a file that it writes at each start. */
	if (r == 0 && gt_words_last_flag(&words->v, "--config", "-c", &f) && f.value[0] == '/' &&
	    !gt_has_prefix(f.value, "/run/") && !gt_has_prefix(f.value, "/var/run/")) {
		(void)gt_copy_str(ret, GT_PATH_CAP, f.value);
		(void)gt_copy_str(ret_where, GT_PATH_CAP, f.where);
	}
	free(words);
	return r < 0 ? gt_err_set(e, r, "out of memory") : 0;
}

void gt_containerd_conf_free(struct gt_containerd_conf *c)
{
	if (!c)
		return;
	gt_sheets_done(&c->layers);
	gt_buf_done(&c->json);
	gt_buf_done(&c->json_1);
	free(c);
}

/* ---- imports ---- */

struct importer {
	struct gt_containerd_conf *conf;
	const struct gt_view *view;
	unsigned at; /* the layer whose imports are read */
	char dir[GT_PATH_CAP];
};

static int add_file(struct importer *i, const char *path, struct gt_err *e)
{
	unsigned n = i->conf->layers.n;
	int r = gt_sheets_find(&i->conf->layers, path)
			? 0
			: gt_sheets_add(&i->conf->layers, i->view, path, e);

	if (r == -EINVAL && i->view->skips_broken) {
		gt_copy_cut(i->conf->broken, path);
		i->conf->why_broken = *e;
		*e = (struct gt_err){0};
		return 0;
	}
	if (r == 0 && i->conf->layers.n == n && !gt_sheets_find(&i->conf->layers, path))
		gt_copy_cut(i->conf->missing, path);
	return r;
}

/* Each file that matches PATTERN, by name. A pattern in a directory's name is not followed. */
static int add_matching(struct importer *i, const char *dir, const char *pattern, struct gt_err *e)
{
	struct gt_list *names;
	char path[GT_PATH_CAP];
	int r;

	if (strchr(dir, '*')) {
		(void)gt_path_join(i->conf->missing, dir, pattern); /* cut: to read */
		return 0;
	}
	names = malloc(sizeof(*names));
	if (!names)
		return gt_err_set(e, -ENOMEM, "out of memory");
	if (i->at == 0) /* dropped: we do not write there */
		(void)gt_strv_add_pair(&i->conf->imported.v, dir, strlen(dir), pattern,
				       strlen(pattern));
	r = gt_view_names(i->view, dir, pattern, names, e);
	for (const char *s = r == 0 ? gt_strv_next(&names->v, NULL) : NULL; r == 0 && s;
	     s = gt_strv_next(&names->v, s)) {
		if (gt_path_join(path, dir, s))
			r = add_file(i, path, e);
	}
	free(names);
	return r;
}

/* An import is relative to the file's directory (containerd-config.toml(5)). */
static int add_import(struct importer *i, const char *text, struct gt_err *e)
{
	char whole[GT_PATH_CAP], path[GT_PATH_CAP], dir[GT_PATH_CAP];
	const char *name;

	if (!(text[0] == '/' ? gt_copy_str(whole, sizeof(whole), text)
			     : gt_path_join(whole, i->dir, text)) ||
	    !gt_path_clean(whole, path, sizeof(path), NULL))
		return gt_err_set(e, -ENAMETOOLONG, "%.64s...: too long a path", text);
	if (!strchr(path, '*'))
		return add_file(i, path, e);
	name = gt_basename(path);
	if (!gt_copy(dir, sizeof(dir), path, (size_t)(name - path) - (name - path > 1)))
		return -ENAMETOOLONG;
	return add_matching(i, dir, name, e);
}

static int on_import(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	char text[GT_PATH_CAP];

	if (ev->type != GT_JSON_STRING || !gt_json_at(ev, "imports/*") ||
	    !gt_copy(text, sizeof(text), ev->text, ev->len))
		return 0;
	return add_import(ctx, text, e);
}

static int add_imports(struct importer *i, struct gt_err *e)
{
	const struct gt_sheet *l = i->conf->layers.at[i->at];
	const char *name = gt_basename(l->path);

	if (!gt_copy(i->dir, sizeof(i->dir), l->path,
		     (size_t)(name - l->path) - (name - l->path > 1)))
		return gt_err_set(e, -ENAMETOOLONG, "%.64s...: too long a path", l->path);
	return gt_json_walk(l->json.p, l->json.len, 0, on_import, i, NULL, e);
}

/* ---- each file ---- */

struct one {
	int64_t version;
	bool disables;
};

static int on_top(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	static const char *const cri[] = {"cri", GT_CRI_V2, GT_CRI_V3};
	struct one *o = ctx;

	(void)e;
	if (ev->type == GT_JSON_INT && gt_json_at(ev, "version"))
		o->version = ev->i;
	for (unsigned i = 0; ev->type == GT_JSON_STRING && i < GT_ARRAY_LEN(cri); i++) {
		if (gt_json_at(ev, "disabled_plugins/*") && ev->len == strlen(cri[i]) &&
		    memcmp(ev->text, cri[i], ev->len) == 0)
			o->disables = true;
	}
	return 0;
}

static int look_at(struct gt_containerd_conf *c, unsigned i, struct gt_err *e)
{
	static const char *const newer[] = {"plugins", GT_CRI_V3};
	const struct gt_sheet *l = c->layers.at[i];
	struct one o = {0};
	int r = gt_json_walk(l->json.p, l->json.len, 0, on_top, &o, NULL, e);

	if (r < 0)
		return r;
	if (o.disables)
		gt_copy_cut(c->disables, l->path);
	if (i == 0)
		c->version = o.version;
	else if (c->version == 2 && gt_sheet_has(l, newer, 2))
		gt_copy_cut(c->other_version, l->path);
	return 0;
}

static int merge(struct gt_containerd_conf *c, struct gt_err *e)
{
	static const struct gt_toml_rules plain = {0}, v1 = {.whole = "plugins/*"},
					  renamed = {.parent = "plugins",
						     .old_name = GT_CRI_V2,
						     .new_name = GT_CRI_V3};
	bool later = c->version >= 3;
	int r = gt_sheets_merge(&c->layers, later ? &renamed : &plain, &c->json, e);

	c->plugin = later ? GT_CRI_V3 : GT_CRI_V2;
	return r < 0 || later ? r : gt_sheets_merge(&c->layers, &v1, &c->json_1, e);
}

int gt_containerd_read(const struct gt_view *v, const char *config, struct gt_containerd_conf **ret,
		       struct gt_err *e)
{
	struct gt_containerd_conf *c = calloc(1, sizeof(*c));
	struct importer *i = calloc(1, sizeof(*i));
	int r;

	if (!c || !i) {
		free(c);
		free(i);
		return gt_err_set(e, -ENOMEM, "out of memory");
	}
	gt_list_init(&c->imported);
	*i = (struct importer){.conf = c, .view = v};
	r = gt_sheets_add(&c->layers, v, config, e);
	for (; r == 0 && i->at < c->layers.n; i->at++)
		r = add_imports(i, e);
	for (unsigned k = 0; r == 0 && k < c->layers.n; k++)
		r = look_at(c, k, e);
	if (r == 0)
		r = merge(c, e);
	free(i);
	if (r < 0) {
		gt_containerd_conf_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

/* ---- what it comes to ---- */

bool gt_containerd_has_old_default(const struct gt_buf *json, const char *plugin)
{
	const char *const type[] = {"plugins", plugin, "containerd", "default_runtime",
				    "runtime_type"};
	char text[64];

	gt_toml_string(json, type, 5, text, sizeof(text));
	return strcmp(plugin, GT_CRI_V2) == 0 && text[0] != '\0';
}

static bool has_handler(const struct gt_buf *json, const char *plugin, char *program)
{
	const char *const path[] = {"plugins", plugin,	  "containerd", "runtimes",
				    NAME,      "options", "BinaryName"};

	gt_toml_string(json, path, 7, program, GT_PATH_CAP);
	return gt_is_our_runtime(program);
}

static bool names_us(const struct gt_buf *json, const char *plugin)
{
	const char *const path[] = {"plugins", plugin, "containerd", "default_runtime_name"};
	char text[64];

	gt_toml_string(json, path, 4, text, sizeof(text));
	return strcmp(text, NAME) == 0;
}

static bool has_table(const struct gt_buf *json, const char *plugin)
{
	const char *const path[] = {"plugins", plugin, "containerd", "runtimes", NAME};
	struct gt_json_spot spot = {0};

	return gt_json_find(json->p, json->len, path, 5, &spot, NULL) == 0 && spot.found;
}

bool gt_containerd_has_us(const struct gt_containerd_conf *c, char *program)
{
	return (!c->json_1.p || has_handler(&c->json_1, c->plugin, program)) &&
	       has_handler(&c->json, c->plugin, program);
}

bool gt_containerd_defaults_to_us(const struct gt_containerd_conf *c)
{
	return names_us(&c->json, c->plugin) &&
	       !gt_containerd_has_old_default(&c->json, c->plugin) &&
	       (!c->json_1.p || names_us(&c->json_1, c->plugin));
}

bool gt_containerd_misses_us(const struct gt_containerd_conf *c)
{
	return (names_us(&c->json, c->plugin) && !has_table(&c->json, c->plugin)) ||
	       (c->json_1.p && names_us(&c->json_1, c->plugin) &&
		!has_table(&c->json_1, c->plugin));
}

const char *gt_containerd_last(const struct gt_containerd_conf *c, bool def)
{
	static const char *const plugin[] = {GT_CRI_V2, GT_CRI_V3};
	bool whole = c->json_1.p != NULL; /* where a section replaces another, any word counts */

	for (unsigned i = c->layers.n; i-- > 0;) {
		for (unsigned p = 0; p < GT_ARRAY_LEN(plugin); p++) {
			const char *const path[] = {"plugins", plugin[p], "containerd",
						    def ? "default_runtime_name" : "runtimes"};

			if (gt_sheet_has(c->layers.at[i], path, whole ? 2 : 4))
				return c->layers.at[i]->path;
		}
	}
	return "";
}
