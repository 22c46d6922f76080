/*
 * CRI-O: the createRuntime hook for every container, and a runtime handler "gotune" in a drop-in.
 * Reads below the root.
 */
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "job.h"
#include "json.h"

#define CONF	    "/etc/crio/crio.conf"
#define DROP_IN_DIR "/etc/crio/crio.conf.d"
#define DROP_IN	    "99-gotune.conf"
#define NAME	    "gotune"
#define TABLE	    "crio.runtime.runtimes." NAME

/* The files that CRI-O merges, the last first: who sets a key last, wins (crio.conf.d(5)). */
#define FILES_MAX 64
struct merged {
	struct gt_buf file[FILES_MAX];
	unsigned n;
};

static void merged_done(struct merged *m)
{
	for (unsigned i = 0; i < m->n; i++)
		gt_buf_done(&m->file[i]);
}

static int read_one(int root, const char *path, struct merged *m, struct gt_err *e)
{
	if (m->n == FILES_MAX)
		return gt_err_set(e, -E2BIG, "%s: too many files", path);
	return gt_toml_read(root, path, &m->file[m->n++], e);
}

/* Everything but our own drop-in. */
static int read_merged(struct gt_engine_job *j, struct merged *m, struct gt_err *e)
{
	struct gt_list *names = malloc(sizeof(*names));
	char path[GT_PATH_CAP];
	int r = names ? read_one(j->root, CONF, m, e) : gt_err_set(e, -ENOMEM, "out of memory");

	if (r == 0 && (r = gt_dir_names(j->root, DROP_IN_DIR, "", names)) < 0)
		(void)gt_err_sys(e, r, "cannot list " DROP_IN_DIR);
	for (const char *s = r == 0 ? gt_strv_next(&names->v, NULL) : NULL; r == 0 && s;
	     s = gt_strv_next(&names->v, s)) {
		if (strcmp(s, DROP_IN) != 0 && gt_path_join(path, DROP_IN_DIR, s))
			r = read_one(j->root, path, m, e);
	}
	free(names);
	return r;
}

/* The string at PATH, as the last file that has one says. */
static void merged_string(const struct merged *m, const char *const *path, unsigned n, char *ret,
			  size_t cap)
{
	ret[0] = '\0';
	for (unsigned i = m->n; i-- > 0 && ret[0] == '\0';)
		gt_toml_string(&m->file[i], path, n, ret, cap);
}

/* The last file that has a table for the runtime that PATH (4 keys) names, or NULL. */
static const struct gt_buf *table_of(const struct merged *m, const char *const *path)
{
	for (unsigned i = m->n; i-- > 0;) {
		struct gt_json_spot spot = {0};

		if (m->file[i].p &&
		    gt_json_find(m->file[i].p, m->file[i].len, path, 4, &spot, NULL) == 0 &&
		    spot.found)
			return &m->file[i];
	}
	return NULL;
}

/* The drop-in: the default runtime's table, with our program. */
static int drop_in(struct gt_engine_job *j, const struct merged *m, bool make_default,
		   struct gt_buf *out, struct gt_err *e)
{
	static const char *const key_default[] = {"crio", "runtime", "default_runtime"};
	/* Ours, or what would lead past us: runtime paths by platform, and inheriting the path. */
	static const char *const skip[] = {"runtime_path",
					   "runtime_type",
					   "runtime_config_path",
					   "platform_runtime_paths",
					   "inherit_default_runtime",
					   NULL};
	char from[256];
	const char *table[] = {"crio", "runtime", "runtimes", from};
	const struct gt_buf *file;
	struct gt_buf plain = {0}, tables = {0};
	int r = 0;

	merged_string(m, key_default, 3, from, sizeof(from));
	if (from[0] == '\0') { /* what is built in: crun since 1.31, whose packages have a table */
		(void)gt_copy_str(from, sizeof(from), "crun");
		if (!table_of(m, table))
			(void)gt_copy_str(from, sizeof(from), "runc");
	}
	file = table_of(m, table);
	if (file)
		r = gt_toml_copy(file, table, 4, TABLE, skip, &plain, &tables, e);
	gt_buf_str(out, "# Written by gotune install crio; gotune uninstall crio removes it.\n");
	if (make_default)
		gt_buf_str(out, "\n[crio.runtime]\ndefault_runtime = \"" NAME "\"\n");
	gt_buf_str(out, "\n[" TABLE "]\n  runtime_path = ");
	gt_toml_quote(out, j->own.runtime);
	gt_buf_str(out, "\n  runtime_type = \"oci\"\n");
	gt_buf_fmt(out, "  # As runtimes.%s has it.\n", from);
	gt_buf_add(out, plain.p ? plain.p : "", plain.len);
	if (!plain.p || !strstr(plain.p, "runtime_root = "))
		gt_buf_str(out, "  runtime_root = \"/run/runc\"\n");
	gt_buf_add(out, tables.p ? tables.p : "", tables.len);
	gt_buf_done(&plain);
	gt_buf_done(&tables);
	return r < 0 ? r : out->error;
}

static int read_own(struct gt_engine_job *j, struct gt_file *f, struct gt_err *e)
{
	static const char *const path[] = {"crio", "runtime", "runtimes", NAME, "runtime_path"},
				 *const def[] = {"crio", "runtime", "default_runtime"};
	struct gt_buf json = {0};
	char text[64];
	int r = gt_file_read(j->root, DROP_IN_DIR "/" DROP_IN, f, e);

	if (r == 0)
		r = gt_toml_read(j->root, DROP_IN_DIR "/" DROP_IN, &json, e);
	if (r == 0) {
		gt_toml_string(&json, path, 5, j->target, sizeof(j->target));
		gt_toml_string(&json, def, 3, text, sizeof(text));
		j->is_default = strcmp(text, NAME) == 0;
	}
	gt_buf_done(&json);
	return r;
}

static int change_drop_in(struct gt_engine_job *j, struct gt_err *e)
{
	struct merged *m = calloc(1, sizeof(*m));
	struct gt_file f = {0};
	struct gt_buf out = {0};
	unsigned n = j->n_change;
	int r;

	if (!m)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = read_own(j, &f, e);

	if (r == 0 && j->install)
		r = read_merged(j, m, e);
	if (r == 0 && j->install)
		r = drop_in(j, m, j->make_default || j->is_default, &out, e);
	if (r == 0)
		r = j->install ? gt_change_to(j, &f, out.p, out.len, e)
			       : gt_change_remove(j, &f, e);
	if (r == 0 && j->n_change > n)
		gt_engine_next(j, "%s", j->engine->reload);
	if (r == 0 && j->n_change > n && !j->install)
		gt_engine_note(j, "pods whose runtime class has the handler gotune do not start "
				  "again: kubectl get runtimeclass names it");
	merged_done(m);
	free(m);
	gt_file_done(&f);
	gt_buf_done(&out);
	return r;
}

static int run_crio(struct gt_engine_job *j, struct gt_err *e)
{
	bool by_hook = j->ways & GT_WAY_BIT(GT_WAY_HOOK);
	bool by_runtime = j->ways & GT_WAY_BIT(GT_WAY_RUNTIME);
	int r = by_runtime ? change_drop_in(j, e) : 0;

	if (r == 0 && by_hook)
		r = gt_engine_hookfile(j, "Podman", e);
	(void)gt_copy_str(j->path, sizeof(j->path),
			  by_runtime ? DROP_IN_DIR "/" DROP_IN : GT_HOOK_JSON);
	return r;
}

static const struct gt_engine_conf confs[] = {{CONF, NULL}, {DROP_IN_DIR, ""}, {NULL, NULL}};

const struct gt_engine_driver gt_engine_crio = {
	.name = "crio",
	.title = "CRI-O",
	.ways = GT_WAY_BIT(GT_WAY_RUNTIME) | GT_WAY_BIT(GT_WAY_HOOK),
	/* Both: the hook tunes every pod, the handler adds what only config.json can do. */
	.default_ways = GT_WAY_BIT(GT_WAY_RUNTIME) | GT_WAY_BIT(GT_WAY_HOOK),
	.program = "crio",
	.daemon = "crio",
	.unit = "crio",
	.reload = "systemctl restart crio",
	.conf = confs,
	.run = run_crio,
};
