/*
 * What gotune install and gotune uninstall share: an engine's changes, shown as a diff or made, and
 * what a person should know. Effects: those of gt_changes_apply.
 */
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"

const char *gt_cli_root(const struct gt_cli_args *a)
{
	const char *dir = a->value[GT_OPT_ROOT];

	return dir && strcmp(dir, "/") != 0 ? dir : NULL;
}

const struct gt_engine_driver *gt_cli_engine_named(const struct gt_cli_args *a,
						   const struct gt_cli_out *out)
{
	const struct gt_engine_driver *engine = gt_engine_find(a->pos[0]);
	char list[160];

	if (!engine) {
		gt_engine_list(list, sizeof(list));
		(void)gt_cli_fail(out, GT_EXIT_USAGE, "no engine %.40s: give %s", a->pos[0], list);
	}
	return engine;
}

/* Fills the job from the arguments. Returns an enum gt_exit, and has said why. */
static int read_args(const struct gt_cli_args *a, struct gt_cli_out *out, bool install,
		     struct gt_engine_job *j)
{
	const char *word = a->value[GT_OPT_WAY];
	const struct gt_engine_driver *engine = gt_cli_engine_named(a, out);
	int way = word ? gt_words_find(&gt_way_words, word) : 0;
	char list[80];

	if (!engine)
		return GT_EXIT_USAGE;
	gt_way_list(engine->ways, list, sizeof(list));
	if (word && (way < 0 || !(engine->ways & GT_WAY_BIT(way))))
		return gt_cli_fail(out, GT_EXIT_USAGE, "--way %.40s: %s has %s", word, a->pos[0],
				   list);
	j->engine = engine;
	j->install = install;
	j->make_default = a->make_default;
	j->dir = gt_cli_root(a);
	j->all_ways = !word;
	j->ways = word ? GT_WAY_BIT(way) : install ? engine->default_ways : engine->ways;
	if (j->make_default && !(j->ways & GT_WAY_BIT(GT_WAY_RUNTIME)))
		return gt_cli_fail(out, GT_EXIT_USAGE, "--default needs a runtime%s",
				   engine->ways & GT_WAY_BIT(GT_WAY_RUNTIME) ? ": add --way runtime"
									     : "");
	return GT_EXIT_OK;
}

/* What failed: the machine (no permission, no memory), or what was looked at. */
static enum gt_exit exit_of(int r)
{
	static const int system_errors[] = {ENOMEM, EACCES, EPERM, EROFS,
					    ENOSPC, EDQUOT, EIO,   EMFILE};

	for (unsigned i = 0; i < GT_ARRAY_LEN(system_errors); i++) {
		if (r == -system_errors[i])
			return GT_EXIT_SYSTEM;
	}
	return GT_EXIT_BROKEN;
}

/* The path as the caller can open it, fit to be shown. */
static void full_path(const struct gt_engine_job *j, const char *path, char *ret)
{
	if (!gt_copy_str(ret, GT_PATH_CAP, j->dir ? j->dir : "") ||
	    !gt_append(ret, GT_PATH_CAP, path))
		(void)gt_copy_str(ret, GT_PATH_CAP, path); /* too long: without the root */
	gt_utf8_plain(ret);
}

static void show_diff(const struct gt_engine_job *j, struct gt_cli_out *out)
{
	char path[GT_PATH_CAP];

	for (unsigned i = 0; i < j->n_change; i++) {
		const struct gt_change *c = &j->change[i];

		full_path(j, c->old.path, path);
		if (!c->is_copy)
			gt_diff(&out->buf, path, c->old.exists ? c->old.text : NULL, c->old.len,
				c->text, c->len);
		else
			(void)gt_cli_fail(out, GT_EXIT_OK, "%s %s",
					  c->text ? "the old file would be kept as"
						  : "this would be removed:",
					  path);
	}
}

/* "wrote /etc/..." for each change that was made. */
static void show_made(const struct gt_engine_job *j, struct gt_cli_out *out)
{
	char path[GT_PATH_CAP];

	for (unsigned i = 0; i < j->n_change; i++) {
		const struct gt_change *c = &j->change[i];

		full_path(j, c->old.path, path);
		if (!gt_change_keeps_bytes(c))
			gt_buf_fmt(&out->buf, "%s %s\n",
				   c->is_copy && c->text ? "kept the old file as"
				   : !c->text		 ? "removed"
				   : !c->old.exists	 ? "wrote"
							 : "changed",
				   path);
	}
}

/* Each line of TEXT after HEAD. On a dry run on stderr, so that the diff is all of stdout. */
static void show_notes(struct gt_cli_out *out, const struct gt_buf *text, const char *head,
		       bool dry, bool wrap)
{
	char line[1200];

	for (const char *p = text->p ? text->p : ""; *p;) {
		size_t len = strcspn(p, "\n");

		(void)snprintf(line, sizeof(line), "%s%.*s", head, (int)len, p);
		if (dry) {
			(void)gt_cli_fail(out, GT_EXIT_OK, "%s", line);
		} else if (wrap) {
			gt_cli_para(out, 0, GT_STYLE_PLAIN, line);
		} else { /* a command is copied whole */
			gt_cli_plain(&out->buf, line);
			gt_buf_str(&out->buf, "\n");
		}
		p += len + (p[len] == '\n');
	}
}

static int carry_out(const struct gt_cli_args *a, struct gt_cli_out *out, struct gt_engine_job *j)
{
	const char *title = j->engine->title;
	struct gt_err e = {0};
	int r = a->dry_run ? 0 : gt_changes_apply(j, &e);

	if (r < 0)
		return gt_cli_fail(out, exit_of(r), "%s", e.msg);
	if (a->dry_run)
		show_diff(j, out);
	else if (j->n_change == 0)
		gt_buf_fmt(&out->buf, "%s: nothing to change, it %s.\n", title,
			   j->install ? "is registered already" : "is not registered");
	else
		show_made(j, out);
	show_notes(out, &j->notes, "note: ", a->dry_run, true);
	show_notes(out, &j->next, j->dir ? "where it runs: " : "to take effect: ", a->dry_run,
		   false);
	return GT_EXIT_OK;
}

int gt_cli_engine(const struct gt_cli_args *a, struct gt_cli_out *out, bool install)
{
	struct gt_engine_job *j = calloc(1, sizeof(*j));
	struct gt_err e = {0};
	int r, ret;

	if (!j)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	j->root = -1;
	ret = read_args(a, out, install, j);
	if (ret == GT_EXIT_OK) {
		r = gt_engine_prepare(j, &e);
		if (r == 0)
			r = gt_engine_run(j, &e);
		ret = r < 0 ? gt_cli_fail(out, exit_of(r), "%s", e.msg) : carry_out(a, out, j);
	}
	gt_engine_job_done(j);
	if (j->root >= 0)
		close(j->root);
	free(j);
	return ret;
}
