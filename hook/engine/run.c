/*
 * A job of an engine from the outside: its root, our own programs, its driver; and from many jobs,
 * without a change, what is registered where. Reads below the root.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "job.h"

static int check_program(const struct gt_engine_job *j, const char *path, struct gt_err *e)
{
	struct stat st;
	_cleanup_close_ int fd = gt_root_open_file(j->root, path, &st);
	const char *dir = j->dir ? j->dir : "";

	if (fd < 0)
		return gt_err_set(
			e, fd,
			"cannot open %s%s: %s. Install gotune%s first (make install%s%s), so "
			"that the engine finds what it is told to run",
			dir, path, strerror(-fd), j->dir ? " there" : "", j->dir ? " DESTDIR=" : "",
			dir);
	if (!(st.st_mode & 0111))
		return gt_err_set(e, -ENOEXEC, "%s%s is not executable: chmod 755 %s%s", dir, path,
				  dir, path);
	return 0;
}

/* What the ways of the job will name. */
static int check_programs(const struct gt_engine_job *j, struct gt_err *e)
{
	unsigned hooks =
		GT_WAY_BIT(GT_WAY_HOOK) | GT_WAY_BIT(GT_WAY_PRECREATE) | GT_WAY_BIT(GT_WAY_DEVICE);
	char path[GT_PATH_CAP];
	int r = 0;

	if (j->ways & GT_WAY_BIT(GT_WAY_RUNTIME))
		r = check_program(j, j->own.runtime, e);
	if (r == 0 && (j->ways & GT_WAY_BIT(GT_WAY_PLUGIN)))
		r = check_program(j, j->own.nri, e);
	if (r == 0 && (j->ways & hooks))
		r = check_program(j, j->own.hook, e);
	if (r == 0 && (j->ways & GT_WAY_BIT(GT_WAY_PRECREATE)) &&
	    (!gt_path_join(path, j->own.podman_hooks, "gotune-precreate.json") ||
	     !gt_path_exists(j->root, path)))
		r = gt_err_set(
			e, -ENOENT,
			"%s%s/gotune-precreate.json is not there: make install puts it there",
			j->dir ? j->dir : "", j->own.podman_hooks);
	return r;
}

int gt_engine_prepare(struct gt_engine_job *j, struct gt_err *e)
{
	int r;

	j->root = gt_root_open(j->dir, e);
	if (j->root < 0)
		return j->root;
	r = gt_own_paths(j->dir != NULL, &j->own, e);
	return r == 0 && j->install ? check_programs(j, e) : r;
}

int gt_engine_run(struct gt_engine_job *j, struct gt_err *e)
{
	return j->engine->run(j, e);
}

bool gt_engine_changes_bytes(const struct gt_engine_job *j)
{
	for (unsigned i = 0; i < j->n_change; i++) {
		if (!gt_change_keeps_bytes(&j->change[i]))
			return true;
	}
	return false;
}

/* What a job has found out on its way. */
struct seen {
	enum gt_tri effective;
	char decided_by[GT_PATH_CAP], left_in[GT_PATH_CAP];
};

/* What install, or uninstall, would do for the way of R: 1 something, 0 nothing, or -errno. */
static int probe(struct gt_registration *r, const char *dir, int root,
		 const struct gt_own_paths *own, bool install, struct seen *ret, struct gt_err *e)
{
	struct gt_engine_job *j = calloc(1, sizeof(*j));
	int result;

	if (!j)
		return gt_err_set(e, -ENOMEM, "out of memory");
	*j = (struct gt_engine_job){.engine = r->engine,
				    .install = install,
				    .probe = true,
				    .ways = GT_WAY_BIT(r->way),
				    .dir = dir,
				    .root = root,
				    .own = *own};
	result = gt_engine_run(j, e);
	if (result == 0)
		result = gt_engine_changes_bytes(j);
	(void)gt_copy_str(r->path, sizeof(r->path), j->path); /* fit: of the same sizes */
	(void)gt_copy_str(r->target, sizeof(r->target), j->target);
	r->is_default = j->is_default && r->way == GT_WAY_RUNTIME;
	*ret = (struct seen){.effective = j->effective};
	gt_copy_cut(ret->decided_by, j->decided_by);
	gt_copy_cut(ret->left_in, j->left_in);
	gt_engine_job_done(j);
	free(j);
	return result;
}

/* TODO: what uninstall would do, ANEW: what install would; as probe returns it. */
static enum gt_reg_state state_of(int todo, int anew, const struct seen *seen)
{
	if (todo < 0)
		return GT_REG_BROKEN;
	if (todo == 0)
		return seen->left_in[0] ? GT_REG_FOREIGN : GT_REG_ABSENT;
	if (seen->effective == GT_NO)
		return GT_REG_SHADOWED;
	if (anew < 0)
		return GT_REG_BROKEN;
	return anew > 0 ? GT_REG_OUTDATED : GT_REG_PRESENT;
}

/* What a person is to know of a state that no error of the engine's file explains. */
static void note_state(struct gt_registration *r, const struct seen *seen)
{
	if (r->state == GT_REG_OUTDATED)
		(void)gt_copy_str(r->note, sizeof(r->note),
				  "gotune install would write something else now");
	else if (r->state == GT_REG_SHADOWED)
		(void)snprintf(
			r->note, sizeof(r->note),
			"%.160s has the last word: gotune install %s puts ours behind it, or "
			"says why not",
			seen->decided_by[0] ? seen->decided_by : "another file", r->engine->name);
	else if (r->state == GT_REG_FOREIGN)
		(void)snprintf(r->note, sizeof(r->note),
			       "gotune install did not write that, and uninstall leaves it alone: "
			       "take gotune out of %.120s",
			       seen->left_in);
}

/* Registered as it would be now, or otherwise, or not at all: install and uninstall tell. */
static int look(struct gt_registration *r, const char *dir, int root,
		const struct gt_own_paths *own, struct gt_err *e)
{
	struct gt_err why = {0};
	struct seen seen = {0}, ignored = {0};
	int todo = probe(r, dir, root, own, false, &seen, &why);
	int anew = todo < 0 ? todo : probe(r, dir, root, own, true, &ignored, &why);

	if (todo == -ENOMEM || anew == -ENOMEM)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r->state = state_of(todo, anew, &seen);
	note_state(r, &seen);
	/* Absent, and what is there would also be refused: a version that is too old, say. */
	if (anew < 0 && r->state != GT_REG_FOREIGN)
		(void)gt_copy_str(r->note, sizeof(r->note), why.msg); /* cut: for reading */
	if (r->state == GT_REG_FOREIGN)
		gt_copy_cut(r->path, seen.left_in);
	if (r->state == GT_REG_ABSENT || r->state == GT_REG_BROKEN) {
		r->target[0] = '\0';
		r->is_default = false;
	} else if (r->state == GT_REG_SHADOWED) {
		r->is_default = false;
	} else if (r->way == GT_WAY_HOOK || r->way == GT_WAY_PRECREATE || r->way == GT_WAY_PLUGIN) {
		r->is_default = true; /* of every container */
	}
	return 0;
}

/* Every way of every engine. */
static unsigned count_ways(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < GT_ENGINES_N; i++)
		n += (unsigned)__builtin_popcount(gt_engines[i]->ways);
	return n;
}

/* One row for each, not looked at yet. */
static void list_ways(struct gt_registration *ret)
{
	for (unsigned i = 0; i < GT_ENGINES_N; i++) {
		for (unsigned way = 0; way < GT_WAY_COUNT; way++) {
			if (gt_engines[i]->ways & GT_WAY_BIT(way))
				*ret++ = (struct gt_registration){.engine = gt_engines[i],
								  .way = (enum gt_way)way};
		}
	}
}

int gt_engines_status(const char *dir, struct gt_registration **ret, unsigned *ret_n,
		      struct gt_err *e)
{
	_cleanup_close_ int root = gt_root_open(dir, e);
	_cleanup_free_ struct gt_registration *reg = NULL;
	struct gt_own_paths own;
	unsigned n = count_ways();
	int r = root < 0 ? root : gt_own_paths(dir != NULL, &own, e);

	if (r < 0)
		return r;
	reg = calloc(n, sizeof(*reg));
	if (!reg)
		return gt_err_set(e, -ENOMEM, "out of memory");
	list_ways(reg);
	for (unsigned i = 0; i < n; i++) {
		r = look(&reg[i], dir, root, &own, e);
		if (r < 0)
			return r;
	}
	*ret = GT_TAKE_PTR(reg);
	*ret_n = n;
	return 0;
}
