/*
 * The tables of the runtime handler "gotune" for containerd: the default runtime's, with our
 * program and annotations. New tables without SystemdCgroup would put pods into a crash loop. Pure
 * but for the heap.
 */
#include <stdio.h>

#include "containerd.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "json.h"
#include "own.h"

#define NAME	  "gotune"
#define RUNC_TYPE "io.containerd.runc.v2"
/* Go's path.Match: a star does not match the slash of io.gotune.KEY/CONTAINER. */
static const char *const annotations[] = {"\"io.gotune.*\"", "\"io.gotune.*/*\""};

static bool is_runc(const char *type)
{
	return type[0] == '\0' || gt_has_prefix(type, "io.containerd.runc.");
}

/* The table to copy from: keys, and how many. */
struct source {
	const char *key[8];
	unsigned n;
	char name[256]; /* the runtime's, or "" for the table default_runtime */
};

static void set_source(struct source *s, const char *plugin, const char *name)
{
	bool old = name[0] == '\0';

	(void)gt_copy_str(s->name, sizeof(s->name), name); /* fits: of the same size */
	s->key[0] = "plugins";
	s->key[1] = plugin;
	s->key[2] = "containerd";
	s->key[3] = old ? "default_runtime" : "runtimes";
	s->key[4] = s->name;
	s->n = old ? 4 : 5;
}

static void string_of(const struct gt_buf *json, const struct source *s, const char *const *key,
		      unsigned n, char *ret, size_t cap)
{
	const char *path[GT_JSON_PATH_MAX];
	unsigned k = 0;

	for (; k < s->n; k++)
		path[k] = s->key[k];
	for (unsigned i = 0; i < n; i++)
		path[k++] = key[i];
	gt_toml_string(json, path, k, ret, cap);
}

/* The default runtime if it is of runc's kind, else runc. */
static void choose(const struct gt_buf *json, const char *plugin, struct source *ret,
		   char *ret_note)
{
	static const char *const type[] = {"runtime_type"}, *const binary[] = {"options",
									       "BinaryName"};
	const char *const def[] = {"plugins", plugin, "containerd", "default_runtime_name"};
	char name[256], value[GT_PATH_CAP], program[GT_PATH_CAP];

	gt_toml_string(json, def, 4, name, sizeof(name));
	if (name[0] == '\0' || strcmp(name, NAME) == 0)
		(void)gt_copy_str(name, sizeof(name), "runc");
	if (gt_containerd_has_old_default(json, plugin))
		name[0] = '\0';
	set_source(ret, plugin, name);
	string_of(json, ret, type, 1, value, sizeof(value));
	string_of(json, ret, binary, 2, program, sizeof(program));
	if (is_runc(value) && !gt_is_sandbox(program))
		return;
	(void)snprintf(ret_note, 256,
		       "the default runtime %.64s is of type %.64s, which gotune-runtime cannot "
		       "replace: the handler gotune has the options of runc",
		       name[0] ? name : "default_runtime", is_runc(value) ? program : value);
	set_source(ret, plugin, "runc");
}

/* KEY's list of annotations with ours. */
static int add_annotations(const struct gt_buf *json, const struct source *from, const char *key,
			   struct gt_buf *out, struct gt_err *e)
{
	const char *path[GT_JSON_PATH_MAX];
	struct gt_json_spot spot = {0};
	const char *list;
	size_t len;
	int r;

	memcpy(path, from->key, sizeof(from->key));
	path[from->n] = key;
	r = gt_json_find(json->p, json->len, path, from->n + 1, &spot, e);

	if (r < 0)
		return r;
	gt_buf_fmt(out, "  %s = [", key);
	list = json->p + spot.begin + 1;
	len = spot.found && spot.type == GT_JSON_ARRAY_START ? spot.end - spot.begin - 2 : 0;
	gt_buf_add(out, list, len);
	for (unsigned i = 0; i < GT_ARRAY_LEN(annotations); i++) {
		if (len > 0 && memmem(list, len, annotations[i], strlen(annotations[i])))
			continue;
		gt_buf_fmt(out, "%s%s", len > 0 || i > 0 ? ", " : "", annotations[i]);
	}
	gt_buf_str(out, "]\n");
	return 0;
}

int gt_containerd_tables(const struct gt_buf *json, const struct gt_containerd_want *w,
			 struct gt_buf *out, struct gt_containerd_real *ret_real, char *ret_note,
			 struct gt_err *e)
{
	static const char *const skip[] = {"runtime_type", "pod_annotations",
					   "container_annotations", "options", NULL},
				 *const skip_options[] = {"BinaryName", NULL},
				 *const binary[] = {"options", "BinaryName"};
	struct source from;
	char header[160], options_header[192];
	const char *path[GT_JSON_PATH_MAX];
	struct gt_buf plain = {0}, tables = {0}, options = {0}, deeper = {0};
	int r;

	ret_note[0] = '\0';
	choose(json, w->plugin, &from, ret_note);
	(void)gt_copy_str(ret_real->name, sizeof(ret_real->name),
			  from.name[0] ? from.name : "default_runtime"); /* fits */
	string_of(json, &from, binary, 2, ret_real->program, sizeof(ret_real->program));
	memcpy(path, from.key, sizeof(from.key));
	path[from.n] = "options";
	(void)snprintf(header, sizeof(header), "plugins.\"%s\".containerd.runtimes." NAME,
		       w->plugin);
	(void)snprintf(options_header, sizeof(options_header), "%s.options", header);
	r = gt_toml_copy(json, from.key, from.n, header, skip, &plain, &tables, e);
	if (r == 0)
		r = gt_toml_copy(json, path, from.n + 1, options_header, skip_options, &options,
				 &deeper, e);
	if (w->add_runc)
		gt_buf_fmt(out,
			   "[plugins.\"%s\".containerd.runtimes.runc]\n"
			   "  # As it is built in: a table of runtimes takes its place.\n"
			   "  runtime_type = \"" RUNC_TYPE "\"\n",
			   w->plugin);
	gt_buf_fmt(out, "[%s]\n  # As %s%s has it, with our program and annotations.\n", header,
		   from.name[0] ? "runtimes." : "", from.name[0] ? from.name : "default_runtime");
	gt_buf_str(out, "  runtime_type = \"" RUNC_TYPE "\"\n");
	if (r == 0)
		r = add_annotations(json, &from, "pod_annotations", out, e);
	if (r == 0)
		r = add_annotations(json, &from, "container_annotations", out, e);
	gt_buf_add(out, plain.p ? plain.p : "", plain.len);
	gt_buf_fmt(out, "[%s]\n  BinaryName = ", options_header);
	gt_toml_quote(out, w->runtime);
	gt_buf_str(out, "\n");
	gt_buf_add(out, options.p ? options.p : "", options.len);
	gt_buf_add(out, deeper.p ? deeper.p : "", deeper.len);
	gt_buf_add(out, tables.p ? tables.p : "", tables.len);
	gt_buf_done(&plain);
	gt_buf_done(&tables);
	gt_buf_done(&options);
	gt_buf_done(&deeper);
	return r < 0 ? r : out->error;
}
