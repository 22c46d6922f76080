/*
 * CRI-O: the createRuntime hook for every container, and a runtime handler "gotune" in a drop-in.
 * Reads below the root.
 */
#include "crio_conf.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "job.h"
#include "json.h"
#include "own.h"

#define NAME	  "gotune"
#define TABLE	  "crio.runtime.runtimes." NAME
#define HOOKS_DIR "/usr/share/containers/oci/hooks.d"

/* The names of our drop-in, of which the first takes effect that no other file's undoes. */
static const char *const drop_in_name[] = {"99-gotune.conf", "99-zz-gotune.conf", "zz-gotune.conf",
					   "zzzz-gotune.conf"};
#define NAMES GT_ARRAY_LEN(drop_in_name)

static const char *const path_default[] = {"crio", "runtime", "default_runtime"};
static const char *const path_ours[] = {"crio", "runtime", "runtimes", NAME};
static const char *const path_program[] = {"crio", "runtime", "runtimes", NAME, "runtime_path"};
static const char *const path_hooks[] = {"crio", "runtime", "hooks_dir"};

/* The view without our drop-ins; their PATHs are kept in NAME. */
static void without_ours(const struct gt_crio_place *p, char name[NAMES][GT_PATH_CAP],
			 struct gt_view *v)
{
	for (unsigned i = 0; i < NAMES; i++) {
		if (gt_path_join(name[i], p->dir, drop_in_name[i]))
			gt_view_set(v, name[i], NULL, 0);
	}
}

/* ---- what CRI-O would do ---- */

static bool is_our_default(const struct gt_buf *json)
{
	char text[64];

	gt_toml_string(json, path_default, 3, text, sizeof(text));
	return strcmp(text, NAME) == 0;
}

static void keep_decider(struct gt_engine_job *j, const struct gt_crio_conf *m,
			 const char *const *path, unsigned n)
{
	const struct gt_sheet *last = gt_sheets_last(&m->layers, path, n);

	gt_copy_cut(j->decided_by, last ? last->path : "");
}

/* OWN_DEFAULT: our drop-in has one. */
static void look(struct gt_engine_job *j, const struct gt_crio_conf *m, bool own_default)
{
	bool undone;

	gt_toml_string(&m->json, path_program, 5, j->target, sizeof(j->target));
	j->is_default = is_our_default(&m->json);
	undone = own_default && !j->is_default;
	j->effective = gt_is_our_runtime(j->target) && !undone ? GT_YES : GT_NO;
	if (undone)
		keep_decider(j, m, path_default, 3);
	else
		keep_decider(j, m, path_ours, 4);
}

/* A list of hooks directories without the usual one: our hook is not read. */
static void look_at_hooks(struct gt_engine_job *j, const struct gt_crio_conf *m)
{
	struct gt_json_spot spot = {0};

	if (gt_json_find(m->json.p, m->json.len, path_hooks, 3, &spot, NULL) < 0 || !spot.found ||
	    memmem(m->json.p + spot.begin, spot.end - spot.begin, "\"" HOOKS_DIR "\"",
		   sizeof(HOOKS_DIR) + 1))
		return;
	keep_decider(j, m, path_hooks, 3);
	j->effective = GT_NO;
	if (j->install && !j->probe)
		gt_engine_note(j,
			       "%s sets hooks_dir without " HOOKS_DIR
			       ": add it there, or CRI-O does "
			       "not read the hook",
			       j->decided_by);
}

static void look_for_others(struct gt_engine_job *j, const struct gt_crio_conf *m)
{
	for (unsigned i = 0; i < m->layers.n; i++) {
		const struct gt_sheet *l = m->layers.at[i];

		if (gt_json_names_us(l->json.p, l->json.len))
			gt_engine_still_names_us(j, l->path);
	}
	if (is_our_default(&m->json))
		gt_engine_still_names_us(j, gt_sheets_last(&m->layers, path_default, 3)->path);
}

/* A default that names us, in a file that is not ours: CRI-O does not start without the table
 * (pkg/config: ValidateDefaultRuntime). */
static int check_left(const struct gt_engine_job *j, const struct gt_crio_conf *others,
		      struct gt_err *e)
{
	if (j->probe || j->n_change == 0 || !is_our_default(&others->json) ||
	    gt_sheets_last(&others->layers, path_ours, 4))
		return 0;
	return gt_err_set(e, -EBUSY,
			  "%s has default_runtime = \"" NAME "\", and gotune install did not write "
			  "that: without the handler CRI-O does not start; name another one there, "
			  "then run this again",
			  gt_sheets_last(&others->layers, path_default, 3)->path);
}

/* ---- the drop-in ---- */

static bool has_table(const struct gt_crio_conf *m, const char *name)
{
	const char *const path[] = {"crio", "runtime", "runtimes", name};
	struct gt_json_spot spot = {0};

	return gt_json_find(m->json.p, m->json.len, path, 4, &spot, NULL) == 0 && spot.found;
}

static void string_of(const struct gt_crio_conf *m, const char *name, const char *key, char *ret,
		      size_t cap)
{
	const char *const path[] = {"crio", "runtime", "runtimes", name, key};

	gt_toml_string(&m->json, path, 5, ret, cap);
}

/* What runs a machine, or is no runtime of OCI: nothing of it fits to ours (RuntimeTypeVM, Pod). */
static bool is_oci(const struct gt_crio_conf *m, const char *name)
{
	char type[64], program[GT_PATH_CAP];

	string_of(m, name, "runtime_type", type, sizeof(type));
	string_of(m, name, "runtime_path", program, sizeof(program));
	return (type[0] == '\0' || strcmp(type, "oci") == 0) && !gt_is_sandbox(program);
}

/* What is built in: crun since 1.31, whose packages have a table, before it runc. */
static const char *built_in(const struct gt_crio_conf *m)
{
	return has_table(m, "crun") ? "crun" : "runc";
}

/* The runtime whose table ours is made of. */
static void choose(struct gt_engine_job *j, const struct gt_crio_conf *m, char *ret, size_t cap)
{
	char program[GT_PATH_CAP];

	gt_toml_string(&m->json, path_default, 3, ret, cap);
	if (ret[0] == '\0' || strcmp(ret, NAME) == 0)
		(void)gt_copy_str(ret, cap, built_in(m));
	if (!is_oci(m, ret)) {
		const char *instead = is_oci(m, built_in(m)) ? built_in(m) : "runc";

		gt_engine_note(
			j,
			"the default runtime %.64s runs virtual machines or sandboxes, whose "
			"place gotune-runtime cannot take: the handler gotune has the options "
			"of %s",
			ret, instead);
		(void)gt_copy_str(ret, cap, instead);
	}
	string_of(m, ret, "runtime_path", program, sizeof(program));
	gt_engine_note_real(j, ret, program);
}

/* The default runtime's table, with our program. */
static int drop_in_text(struct gt_engine_job *j, const struct gt_crio_conf *m, bool make_default,
			struct gt_buf *out, struct gt_err *e)
{
	/* Ours, or what would lead past us: runtime paths by platform, and inheriting the path. */
	static const char *const skip[] = {"runtime_path",
					   "runtime_type",
					   "runtime_config_path",
					   "platform_runtime_paths",
					   "inherit_default_runtime",
					   NULL};
	char from[256];
	const char *table[] = {"crio", "runtime", "runtimes", from};
	struct gt_buf plain = {0}, tables = {0};
	int r = 0;

	choose(j, m, from, sizeof(from));
	if (is_oci(m, from))
		r = gt_toml_copy(&m->json, table, 4, TABLE, skip, &plain, &tables, e);
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

/* Would OUT at PATH do what it is for? *ret_by: the file that undoes it. */
static int try_name(struct gt_view v, const struct gt_crio_place *p, const char *path,
		    bool make_default, const struct gt_buf *out, bool *ret, char *ret_by,
		    struct gt_err *e)
{
	struct gt_crio_conf m = {0};
	const struct gt_sheet *by;
	char program[GT_PATH_CAP];
	int r;

	gt_view_set(&v, path, out->p, out->len);
	r = gt_crio_read(&v, p, &m, e);
	if (r == 0) {
		const struct gt_sheet *table = gt_sheets_last(&m.layers, path_ours, 4);

		gt_toml_string(&m.json, path_program, 5, program, sizeof(program));
		*ret = table && strcmp(table->path, path) == 0 && gt_is_our_runtime(program) &&
		       (!make_default || is_our_default(&m.json));
		by = table && strcmp(table->path, path) != 0
			     ? table
			     : gt_sheets_last(&m.layers, path_default, 3);
		(void)gt_copy_str(ret_by, GT_PATH_CAP, by ? by->path : p->conf);
	}
	gt_crio_conf_done(&m);
	return r;
}

/* Our drop-in goes to the first name that takes effect, and from all others. */
static int install(struct gt_engine_job *j, const struct gt_crio_place *p,
		   const struct gt_view *bare, char name[NAMES][GT_PATH_CAP],
		   const struct gt_crio_conf *others, bool make_default, struct gt_err *e)
{
	bool works = false;
	struct gt_buf out = {0};
	char by[GT_PATH_CAP] = "";
	int r = drop_in_text(j, others, make_default, &out, e);
	unsigned chosen = 0;

	for (unsigned i = 0; r == 0 && !works && i < NAMES; i++) {
		chosen = i;
		r = try_name(*bare, p, name[i], make_default, &out, &works, by, e);
	}
	if (r == 0 && !works)
		r = gt_err_set(e, -EEXIST,
			       "%s would have the last word, whatever name our drop-in had: take "
			       "what it says of %s out there, then run this again",
			       by, make_default ? "default_runtime and gotune" : "gotune");
	for (unsigned i = 0; r == 0 && i < NAMES; i++) {
		struct gt_file f = {0};

		r = gt_file_read(j->root, name[i], &f, e);
		if (r == 0)
			r = i == chosen ? gt_change_to(j, &f, out.p, out.len, e)
					: gt_change_remove(j, &f, e);
		gt_file_done(&f);
	}
	gt_copy_cut(j->path, name[chosen]);
	gt_buf_done(&out);
	return r;
}

static int uninstall(struct gt_engine_job *j, char name[NAMES][GT_PATH_CAP],
		     const struct gt_crio_conf *others, struct gt_err *e)
{
	int r = 0;

	gt_copy_cut(j->path, name[0]);
	for (unsigned i = 0; r == 0 && i < NAMES; i++) {
		struct gt_file f = {0};

		r = gt_file_read(j->root, name[i], &f, e);
		if (r == 0 && f.exists)
			gt_copy_cut(j->path, name[i]);
		if (r == 0)
			r = gt_change_remove(j, &f, e);
		gt_file_done(&f);
	}
	if (r == 0 && others->json.p)
		look_for_others(j, others);
	return r == 0 && others->json.p ? check_left(j, others, e) : r;
}

/* What is ours can be taken out whatever is wrong with others' files: RET then has no JSON. Whether
 * we are named there cannot be said, though. */
static int read_conf(const struct gt_engine_job *j, const struct gt_view *v,
		     const struct gt_crio_place *p, struct gt_crio_conf *ret, struct gt_err *e)
{
	int r = gt_crio_read(v, p, ret, e);

	if (r == 0 || r == -ENOMEM || j->install || j->probe)
		return r;
	gt_crio_conf_done(ret);
	return 0;
}

static int change_drop_in(struct gt_engine_job *j, const struct gt_crio_place *p,
			  const struct gt_crio_conf *now, struct gt_err *e)
{
	struct gt_view bare = gt_view_of(j, false);
	struct gt_crio_conf others = {0};
	char(*name)[GT_PATH_CAP] = calloc(NAMES, sizeof(*name));
	bool own_default = false;
	unsigned n = j->n_change;
	int r;

	if (!name)
		return gt_err_set(e, -ENOMEM, "out of memory");
	without_ours(p, name, &bare);
	for (unsigned i = 0; i < NAMES; i++) {
		struct gt_view disk = gt_view_of(j, false);

		own_default = own_default || gt_view_says(&disk, name[i], path_default, 3, NAME);
	}
	if (now->json.p)
		look(j, now, own_default);
	r = read_conf(j, &bare, p, &others, e);
	if (r == 0)
		r = j->install
			    ? install(j, p, &bare, name, &others, j->make_default || own_default, e)
			    : uninstall(j, name, &others, e);
	if (r == 0 && j->n_change > n)
		gt_engine_next(j, "%s", j->engine->reload);
	if (r == 0 && j->n_change > n && !j->install)
		gt_engine_note(j, "pods whose runtime class has the handler gotune do not start "
				  "again: kubectl get runtimeclass names it");
	gt_crio_conf_done(&others);
	free(name);
	return r;
}

static int run_crio(struct gt_engine_job *j, struct gt_err *e)
{
	bool by_hook = j->ways & GT_WAY_BIT(GT_WAY_HOOK);
	bool by_runtime = j->ways & GT_WAY_BIT(GT_WAY_RUNTIME);
	struct gt_crio_place p;
	struct gt_crio_conf now = {0};
	struct gt_view v = gt_view_of(j, false);
	int r = gt_crio_find(j, &p, e);

	(void)gt_copy_str(j->path, sizeof(j->path),
			  by_runtime ? GT_CRIO_DROP_INS "/99-gotune.conf" : GT_HOOK_JSON);
	if (r == 0)
		r = read_conf(j, &v, &p, &now, e);
	if (r == 0 && by_runtime)
		r = change_drop_in(j, &p, &now, e);
	if (r == 0 && by_hook)
		r = gt_engine_hookfile(j, "Podman", e);
	if (r == 0 && by_hook && now.json.p)
		look_at_hooks(j, &now);
	gt_crio_conf_done(&now);
	return r;
}

static const struct gt_engine_conf confs[] = {
	{GT_CRIO_CONF, NULL}, {GT_CRIO_DROP_INS, ""}, {NULL, NULL}};

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
