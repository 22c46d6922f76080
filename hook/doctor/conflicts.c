/*
 * Others that set the same variables, or that keep containers from starting: hooks, CDI specs, what
 * engines give every container. Effectful: reads the administrator's files.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "gotune/report.h"
#include "tools.h"

#define AREA	 GT_AREA_CONFLICT
#define FILE_MAX (4u << 20)

/* One look at all of it. */
struct look {
	struct gt_doctor *d;
	const struct gt_engine_driver *engine; /* whose files are read */
	struct gt_conf_scan conf;
	unsigned files, said;
};

static void say_bad(struct look *l, const char *name, const char *path, const char *what,
		    const char *follows)
{
	l->said++;
	gt_report_say(&l->d->report, AREA, GT_CHECK_BAD, name, "%.200s: %.280s", path, what);
	gt_report_fix(&l->d->report, follows, "fix or remove %.300s", path);
}

/* PATH gives containers VARS: what is there is kept, so nothing is tuned. */
static void say_vars(struct look *l, const char *name, const char *path, unsigned vars)
{
	char list[64];

	if (vars == 0)
		return;
	l->said++;
	gt_scan_names(vars, list, sizeof(list));
	gt_report_say(&l->d->report, AREA, GT_CHECK_WARN, name, "%.300s sets %s", path, list);
	gt_report_fix(&l->d->report,
		      "a value that is there already is kept, so containers that get it are not "
		      "tuned by it",
		      "take it out of %.300s", path);
}

/* The text of PATH, or NULL; what cannot be read is said. */
static char *read_text(struct look *l, const char *name, const char *path, size_t *ret_len)
{
	char *text = NULL;
	int r = gt_text_file(l->d->root, path, FILE_MAX, &text, ret_len);

	if (r == 0) {
		l->files++;
		return text;
	}
	if (r != -ENOENT && r != -ENOTDIR) {
		gt_report_say(&l->d->report, AREA, GT_CHECK_INFO, name, "%.300s cannot be read: %s",
			      path, strerror(-r));
		gt_report_follows(&l->d->report, "what it does to containers is not known");
	}
	return NULL;
}

/* Calls FN for each file of DIR whose name ends in SUFFIX. */
static void each(struct look *l, const char *dir, const char *suffix, bool flag,
		 void (*fn)(struct look *l, const char *path, bool flag))
{
	_cleanup_free_ struct gt_list *names = calloc(1, sizeof(*names));
	char path[GT_PATH_CAP];
	int r = names ? gt_dir_names(l->d->root, dir, suffix, names) : -ENOMEM;

	if (r < 0) {
		gt_report_say(&l->d->report, AREA, GT_CHECK_INFO, "directory",
			      "%.300s cannot be listed: %s", dir, strerror(-r));
		gt_report_follows(&l->d->report, "what its files do to containers is not known");
		return;
	}
	for (const char *n = gt_strv_next(&names->v, NULL); n; n = gt_strv_next(&names->v, n)) {
		if (gt_copy_str(path, sizeof(path), dir) && gt_append(path, sizeof(path), "/") &&
		    gt_append(path, sizeof(path), n))
			fn(l, path, flag);
	}
}

/* ---- hooks ---- */

/* CRIO_READS: a directory that CRI-O and podman build read, too. */
static void look_at_hook(struct look *l, const char *path, bool crio_reads)
{
	static const char name[] = "hooks";
	struct gt_hook_scan scan;
	struct gt_err e = {0};
	size_t len = 0;
	_cleanup_free_ char *text = read_text(l, name, path, &len);

	if (!text)
		return;
	if (gt_scan_hook(text, len, &scan, &e) < 0) {
		say_bad(l, name, path, e.msg,
			"every container of Podman and CRI-O fails: one broken file is enough");
		return;
	}
	if (!scan.complete)
		say_bad(l, name, path, "version 1.0.0 wants hook.path, when and stages",
			"every container of Podman and CRI-O fails: one broken file is enough");
	if (scan.precreate && crio_reads)
		say_bad(l, name, path, "has the stage precreate",
			"CRI-O does not start, and podman build fails: only Podman's own "
			"directories may have it");
	if (strcmp(gt_basename(scan.path), "oci-gotune-hook") != 0)
		say_vars(l, name, path, scan.vars);
}

static const char *const default_dirs[] = {"/usr/share/containers/oci/hooks.d",
					   "/etc/containers/oci/hooks.d"};

static bool is_default(const char *dir)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(default_dirs); i++) {
		if (strcmp(dir, default_dirs[i]) == 0)
			return true;
	}
	return false;
}

static void look_at_dirs(struct look *l, const struct gt_strv *dirs, bool crio_reads)
{
	for (const char *dir = gt_strv_next(dirs, NULL); dir; dir = gt_strv_next(dirs, dir)) {
		if (!is_default(dir))
			each(l, dir, ".json", crio_reads, look_at_hook);
	}
}

static void look_at_hooks(struct look *l)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(default_dirs); i++)
		each(l, default_dirs[i], ".json", true, look_at_hook);
	look_at_dirs(l, &l->conf.hooks_dir.v, false);
	look_at_dirs(l, &l->conf.crio_hooks_dir.v, true);
}

/* ---- CDI ---- */

static void look_at_cdi(struct look *l, const char *path, bool is_json)
{
	struct gt_err e = {0};
	unsigned vars = 0;
	size_t len = 0;
	_cleanup_free_ char *text = read_text(l, "CDI", path, &len);

	if (!text)
		return;
	if (!is_json) {
		say_vars(l, "CDI", path, gt_scan_text(text));
		return;
	}
	if (gt_scan_cdi(text, len, &vars, &e) < 0)
		say_bad(l, "CDI", path, e.msg, "its devices cannot be asked for");
	say_vars(l, "CDI", path, vars);
}

/* ---- engines' files ---- */

/* Everything of one TOML file goes into l->conf, but for variables, which are said with its name.
 */
static void look_at_conf(struct look *l, const char *path, bool unused)
{
	const char *name = l->engine->title;
	struct gt_buf json = {0};
	struct gt_err e = {0};
	size_t len = 0;
	_cleanup_free_ char *text = read_text(l, name, path, &len);

	(void)unused;
	if (!text)
		return;
	l->conf.vars = 0;
	if (gt_toml_to_json(text, len, &json, &e) < 0 || json.error ||
	    gt_scan_conf(json.p ? json.p : "", json.len, &l->conf, &e) < 0)
		say_bad(l, name, path, e.msg, "the engine does not start with such a file");
	gt_buf_done(&json);
	say_vars(l, name, path, l->conf.vars);
}

static void look_at_confs(struct look *l)
{
	for (unsigned i = 0; i < GT_ENGINES_N; i++) {
		l->engine = gt_engines[i];
		for (const struct gt_engine_conf *c = l->engine->conf; c && c->path; c++) {
			if (c->suffix)
				each(l, c->path, c->suffix, false, look_at_conf);
			else
				look_at_conf(l, c->path, false);
		}
	}
}

static void look_at_injection(struct look *l)
{
	if (l->conf.min_injected <= 0)
		return;
	l->said++;
	gt_report_say(&l->d->report, AREA, GT_CHECK_WARN, "CRI-O",
		      "min_injected_gomaxprocs = %lld: CRI-O sets GOMAXPROCS itself",
		      (long long)l->conf.min_injected);
	gt_report_fix(&l->d->report, "a value that is there already is kept: GOMAXPROCS is CRI-O's",
		      "set min_injected_gomaxprocs = 0 in /etc/crio/crio.conf.d, or annotate pods "
		      "with skip-gomaxprocs.crio.io: \"true\"");
}

/* containerd gives every container of a runtime what this file has. */
static void look_at_base_specs(struct look *l)
{
	for (const char *path = gt_strv_next(&l->conf.base_spec.v, NULL); path;
	     path = gt_strv_next(&l->conf.base_spec.v, path)) {
		struct gt_err e = {0};
		unsigned vars = 0;
		size_t len = 0;
		_cleanup_free_ char *text = read_text(l, "containerd", path, &len);

		if (!text)
			continue;
		if (gt_scan_spec(text, len, &vars, &e) < 0)
			say_bad(l, "containerd", path, e.msg,
				"containers of the runtime that names it do not start");
		say_vars(l, "containerd", path, vars);
	}
}

void gt_doctor_conflicts(struct gt_doctor *d)
{
	struct look *l = calloc(1, sizeof(*l));

	if (!l) {
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "conflicts",
			      "not looked for: out of memory");
		return;
	}
	l->d = d;
	gt_conf_scan_init(&l->conf);
	look_at_confs(l);
	look_at_injection(l);
	look_at_base_specs(l);
	look_at_hooks(l);
	each(l, "/etc/cdi", ".json", true, look_at_cdi);
	each(l, "/etc/cdi", ".yaml", false, look_at_cdi);
	each(l, "/run/cdi", ".json", true, look_at_cdi);
	each(l, "/run/cdi", ".yaml", false, look_at_cdi);
	if (l->said == 0)
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "conflicts", "none in %u files",
			      l->files);
	free(l);
}
