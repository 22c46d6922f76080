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

#define NAME	  "gotune"
#define RUNC_TYPE "io.containerd.runc.v2"
/* Go's path.Match: a star does not match the slash of io.gotune.KEY/CONTAINER. */
static const char *const annotations[] = {"\"io.gotune.*\"", "\"io.gotune.*/*\""};

static bool is_runc(const char *type)
{
	return type[0] == '\0' || gt_has_prefix(type, "io.containerd.runc.");
}

/* The runtime to copy from: the default one if it is of runc's kind, else runc. */
static void choose(const struct gt_buf *json, const char *plugin, char *ret, size_t cap,
		   char *ret_note)
{
	const char *const def[] = {"plugins", plugin, "containerd", "default_runtime_name"},
			  *const type[] = {"plugins",  plugin, "containerd",
					   "runtimes", ret,    "runtime_type"};
	char value[256];

	gt_toml_string(json, def, 4, ret, cap);
	if (ret[0] == '\0' || strcmp(ret, NAME) == 0)
		(void)gt_copy_str(ret, cap, "runc");
	gt_toml_string(json, type, 6, value, sizeof(value));
	if (is_runc(value))
		return;
	(void)snprintf(ret_note, 256,
		       "the default runtime %.64s is of type %.64s, which gotune-runtime cannot "
		       "replace: the handler gotune has the options of runc",
		       ret, value);
	(void)gt_copy_str(ret, cap, "runc");
}

/* KEY's list of annotations with ours. */
static int add_annotations(const struct gt_buf *json, const char *const *table, const char *key,
			   struct gt_buf *out, struct gt_err *e)
{
	const char *const path[] = {table[0], table[1], table[2], table[3], table[4], key};
	struct gt_json_spot spot = {0};
	const char *list;
	size_t len;
	int r = gt_json_find(json->p, json->len, path, 6, &spot, e);

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

static void note_binary(const struct gt_buf *json, const char *const *table, char *ret_note)
{
	const char *const path[] = {table[0], table[1],	 table[2],    table[3],
				    table[4], "options", "BinaryName"};
	char value[GT_PATH_CAP];

	gt_toml_string(json, path, 7, value, sizeof(value));
	if (value[0] && ret_note[0] == '\0' && strcmp(gt_basename(value), "runc") != 0)
		(void)snprintf(
			ret_note, 256,
			"the runtime %.40s runs %.80s: if it is needed, name it first in "
			"\"runtimes\" of the policy, since gotune-runtime runs what that says",
			table[4], value);
}

int gt_containerd_tables(const struct gt_buf *json, const struct gt_containerd_want *w,
			 struct gt_buf *out, char *ret_note, struct gt_err *e)
{
	static const char *const skip[] = {"runtime_type", "pod_annotations",
					   "container_annotations", "options", NULL},
				 *const skip_options[] = {"BinaryName", NULL};
	char from[256], header[160], options_header[192];
	const char *const table[] = {"plugins",	 w->plugin, "containerd",
				     "runtimes", from,	    "options"};
	struct gt_buf plain = {0}, tables = {0}, options = {0}, deeper = {0};
	int r;

	ret_note[0] = '\0';
	choose(json, w->plugin, from, sizeof(from), ret_note);
	note_binary(json, table, ret_note);
	(void)snprintf(header, sizeof(header), "plugins.\"%s\".containerd.runtimes." NAME,
		       w->plugin);
	(void)snprintf(options_header, sizeof(options_header), "%s.options", header);
	r = gt_toml_copy(json, table, 5, header, skip, &plain, &tables, e);
	if (r == 0)
		r = gt_toml_copy(json, table, 6, options_header, skip_options, &options, &deeper,
				 e);
	if (w->add_runc)
		gt_buf_fmt(out,
			   "[plugins.\"%s\".containerd.runtimes.runc]\n"
			   "  # As it is built in: a table of runtimes takes its place.\n"
			   "  runtime_type = \"" RUNC_TYPE "\"\n",
			   w->plugin);
	gt_buf_fmt(out, "[%s]\n  # As runtimes.%s has it, with our program and annotations.\n",
		   header, from);
	gt_buf_str(out, "  runtime_type = \"" RUNC_TYPE "\"\n");
	if (r == 0)
		r = add_annotations(json, table, "pod_annotations", out, e);
	if (r == 0)
		r = add_annotations(json, table, "container_annotations", out, e);
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
