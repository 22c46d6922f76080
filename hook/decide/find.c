/*
 * From a container's arguments to the program that is finally run: through launchers, where that is
 * certain, and through shells and scripts, where it is a prediction. Runs in the child of a search
 * (decide/search.c), which opens files; the worker looks into them.
 */
#include <string.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"
#include "gotune/sandbox.h"
#include "jobs.h"

#define STEPS_MAX 6  /* tini, a shell, a script, env, su-exec, the program */
#define LOOKS_MAX 32 /* in all, where a text leads to several commands */
#define WAYS_MAX  12 /* that are still to be walked */

static enum gt_prog_note note_of(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
		return GT_NOTE_NOT_FOUND;
	case -EISDIR:
	case -ENXIO:
		return GT_NOTE_NOT_REGULAR;
	case -ELOOP:
		return GT_NOTE_LOOP;
	case -ENAMETOOLONG:
		return GT_NOTE_TOO_LONG;
	case -ENOTSUP:
		return GT_NOTE_PATH_RELATIVE;
	case -EINVAL:
		return GT_NOTE_EMPTY_ARGS;
	default:
		return GT_NOTE_UNREADABLE;
	}
}

enum gt_prog_note gt_find_look(struct gt_worker *parser, int fd, const struct gt_list *argv,
			       struct gt_look *ret)
{
	const struct gt_launch_step *s = &ret->step;
	unsigned char script = 0, predicted = 0;
	int r = gt_worker_call(parser, GT_JOB_LOOK, fd, argv, gt_list_len(argv), ret,
			       GT_JOB_TIMEOUT_MS, NULL);
	bool ok;

	if (r < 0)
		return r == -ETIMEDOUT ? GT_NOTE_TOOK_TOO_LONG : GT_NOTE_PARSER_DIED;
	memcpy(&script, &ret->script, 1);
	memcpy(&predicted, &s->predicted, 1);
	ok = gt_program_valid(&ret->program) && script <= 1 && predicted <= 1 &&
	     s->what <= GT_LAUNCH_UNCERTAIN && memchr(s->name, '\0', sizeof(s->name)) &&
	     s->n_argv <= GT_LAUNCH_MAX && (s->what == GT_LAUNCH_NEXT) == (s->n_argv > 0) &&
	     gt_strv_valid(&s->env, &s->arena.a, sizeof(s->arena.room));
	for (uint32_t i = 0; i < GT_LAUNCH_MAX; i++)
		ok = ok && gt_strv_valid(&s->argv[i], &s->arena.a, sizeof(s->arena.room));
	return ok ? GT_NOTE_NONE : GT_NOTE_PARSER_DIED;
}

/* One way on from the container's arguments. A text may fork it. */
struct way {
	char via[sizeof(((struct gt_program *)0)->via)];
	unsigned steps;
	bool predicted;
	bool diverted; /* by a variable that makes a shell run something else first */
	struct {
		uint64_t dev, ino;
	} script[STEPS_MAX];
	uint32_t n_script;
	struct gt_env_var var[GT_VAR_COUNT];
	struct gt_list argv;
};

/* A search under way. */
struct walk {
	const struct gt_find *f;
	struct gt_program *ret;
	unsigned looks, ends;
	bool forked, differ;
	struct stat end; /* of the program that was found first */
	struct gt_env_var var[GT_VAR_COUNT];
	uint32_t n;
	struct way way[WAYS_MAX]; /* most of it is never touched */
};

/* A launcher that sets one of our variables decides it as the image's environment would. */
static void take_env(struct way *w, const struct gt_launch_step *s)
{
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		const char *v = gt_strv_pair(&s->env, gt_var_name[i]);

		if (!v)
			continue;
		w->var[i].present = true;
		w->var[i].count = 1;
		w->var[i].too_long = !gt_copy_str(w->var[i].value, sizeof(w->var[i].value), v);
	}
	for (const char *k = gt_strv_next(&s->env, NULL); k; k = gt_strv_next(&s->env, k)) {
		w->diverted = w->diverted || gt_env_diverts_shell(k, strlen(k));
		k = gt_strv_next(&s->env, k);
		if (!k)
			break;
	}
}

/* Has W come to this script before? What it does now, it does then. */
static bool seen_script(struct way *w, const struct stat *st)
{
	for (uint32_t i = 0; i < w->n_script; i++) {
		if (w->script[i].dev == st->st_dev && w->script[i].ino == st->st_ino)
			return true;
	}
	if (w->n_script < STEPS_MAX) {
		w->script[w->n_script].dev = st->st_dev;
		w->script[w->n_script++].ino = st->st_ino;
	}
	return false;
}

/* There is no such program: if a text leads there, among other ways, it is not what is run. */
static bool is_absent(enum gt_prog_note note, int error)
{
	return note == GT_NOTE_NOT_FOUND || note == GT_NOTE_NOT_REGULAR || error == -EACCES;
}

/* Is P, the file ST, what was found first? By its name, too: one file may be many programs. */
static bool is_same(const struct walk *s, const struct gt_program *p, const struct stat *st)
{
	return p->note != GT_NOTE_AT_EXEC && st->st_ino != 0 && st->st_dev == s->end.st_dev &&
	       st->st_ino == s->end.st_ino &&
	       strcmp(gt_basename(p->path), gt_basename(s->ret->path)) == 0;
}

/* Cuts VIA to the launchers with which OTHER begins, too. */
static void keep_common(char *via, const char *other)
{
	size_t same = 0, n = 0;

	while (via[n] && via[n] == other[n]) {
		n++;
		if (via[n - 1] == ' ')
			same = n;
	}
	via[same] = '\0';
}

/* A way has ended with P. All that end somewhere must end with the same program. */
static void end_way(struct walk *s, const struct way *w, const struct gt_program *p,
		    const struct stat *st)
{
	if (s->ends++ > 0) {
		s->differ = s->differ || !is_same(s, p, st);
		if (s->differ)
			keep_common(s->ret->via, w->via);
		/* The longest way is the one to show. */
		if (!s->differ && strlen(w->via) > strlen(s->ret->via))
			memcpy(s->ret->via, w->via, sizeof(s->ret->via));
		return;
	}
	*s->ret = *p;
	s->ret->predicted = s->ret->predicted || w->predicted;
	memcpy(s->ret->via, w->via, sizeof(s->ret->via));
	s->end = *st;
	memcpy(s->var, w->var, sizeof(s->var));
}

/* The commands that W may go on with; the first stays W's. */
static void fork_way(struct walk *s, struct way *w, const struct gt_look *l)
{
	for (uint32_t i = 1; i < l->step.n_argv; i++) {
		s->forked = true;
		if (s->n == WAYS_MAX) {
			s->differ = true;
			return;
		}
		memcpy(&s->way[s->n], w, offsetof(struct way, argv));
		s->way[s->n].steps++; /* W's is counted by the caller */
		gt_list_copy(&s->way[s->n++].argv, &l->step.argv[i]);
	}
	gt_list_copy(&w->argv, &l->step.argv[0]);
}

static const struct gt_program at_exec = {.note = GT_NOTE_AT_EXEC, .predicted = true};

/* W goes through the launcher or the text that L is. True: it has ended. */
static bool lead_on(struct walk *s, struct way *w, const struct gt_look *l, const char *path)
{
	w->predicted = w->predicted || l->step.predicted;
	(void)gt_append(w->via, sizeof(w->via), l->step.name[0] ? l->step.name : gt_basename(path));
	(void)gt_append(w->via, sizeof(w->via), "; "); /* cut when long: it is for reading */
	if (l->step.predicted && (w->diverted || s->f->diverts_shell)) {
		end_way(s, w, &at_exec, &(struct stat){0});
		return true;
	}
	take_env(w, &l->step);
	fork_way(s, w, l);
	return false;
}

/* One step of W. True: it has ended. */
static bool take_step(struct walk *s, struct way *w)
{
	const char *arg0 = gt_strv_at(&w->argv.v, 0);
	char path[GT_PATH_CAP] = "";
	struct stat st = {0};
	_cleanup_close_ int fd = -1;
	_cleanup_free_ struct gt_look *l = malloc(sizeof(*l));
	struct gt_program *p;
	enum gt_prog_note note;

	if (!l)
		return true;
	p = &l->program;
	if (arg0 && strchr(arg0, '\1')) { /* known when it runs */
		end_way(s, w, &at_exec, &st);
		return true;
	}
	fd = gt_program_resolve(&s->f->tree, arg0 ? arg0 : "", s->f->cwd, s->f->path_env, path,
				&st);
	if (fd < 0) {
		*p = (struct gt_program){.note = note_of(fd)};
		(void)gt_copy_str(p->path, sizeof(p->path), arg0 ? arg0 : ""); /* to be shown */
		if (!s->forked || !is_absent(p->note, fd))
			end_way(s, w, p, &(struct stat){0});
		return true;
	}
	note = gt_find_look(s->f->parser, fd, &w->argv, l);
	s->looks++;
	if (note != GT_NOTE_NONE) {
		end_way(s, w, &(struct gt_program){.note = note}, &(struct stat){0});
		return true;
	}
	if (l->script && seen_script(w, &st) && s->forked)
		return true;
	if (l->step.what == GT_LAUNCH_NEXT)
		return lead_on(s, w, l, path);
	(void)gt_copy_str(p->path, sizeof(p->path), path); /* same size */
	end_way(s, w, p, &st);
	return true;
}

static void walk(struct walk *s)
{
	static const struct gt_program too_long = {.note = GT_NOTE_TOO_LONG};

	while (s->n > 0 && !s->differ) {
		struct way *w = &s->way[s->n - 1];

		if (w->steps == STEPS_MAX || s->looks == LOOKS_MAX) {
			end_way(s, w, &too_long, &(struct stat){0});
			s->n--;
		} else if (take_step(s, w)) {
			s->n--;
		} else {
			w->steps++;
		}
	}
}

/* A prediction that says why there is no program: it is not known, as it is a prediction. */
static bool is_guess(const struct gt_program *p)
{
	return p->predicted && p->kind == GT_PROG_UNKNOWN && p->note != GT_NOTE_PARSER_DIED &&
	       p->note != GT_NOTE_TOOK_TOO_LONG;
}

void gt_find_program(const struct gt_find *f, const struct gt_strv *argv, struct gt_program *ret)
{
	_cleanup_free_ struct walk *s = malloc(sizeof(*s));

	*ret = (struct gt_program){.note = GT_NOTE_UNREADABLE};
	if (!s)
		return;
	memset(s, 0, offsetof(struct walk, way));
	memset(&s->way[0], 0, offsetof(struct way, argv));
	s->f = f;
	s->ret = ret;
	if (f->var)
		memcpy(s->way[0].var, f->var, sizeof(s->way[0].var));
	memcpy(s->var, s->way[0].var, sizeof(s->var));
	gt_list_copy(&s->way[0].argv, argv);
	s->n = 1;
	walk(s);
	if (s->differ || s->ends == 0 || is_guess(ret)) {
		struct gt_program first = *ret;

		*ret = at_exec;
		memcpy(ret->via, first.via, sizeof(ret->via));
		if (!s->differ &&
		    first.note == GT_NOTE_AT_EXEC) /* a shell, a supervisor: to be shown */
			memcpy(ret->path, first.path, sizeof(ret->path));
	} else if (f->var) {
		memcpy(f->var, s->var, sizeof(s->var));
	}
}
