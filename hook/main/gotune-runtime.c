/*
 * gotune-runtime: an OCI runtime to its caller, and runc or crun to the container. Edits the
 * bundle's config.json on create and run, the process file on exec, the record on update and
 * delete; then becomes the real runtime: never a parent, so descriptors, signals and the exit
 * status are the real one's. Whatever goes wrong, the real runtime runs, on what it was given.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "gotune/record.h"
#include "gotune/runtime.h"

static int on_create(const struct gt_runtime_argv *a, struct gt_err *e)
{
	if (a->config)
		return gt_err_set(e, -ENOTSUP, "--config names another file than config.json");
	return gt_edit_bundle(
		&(struct gt_edit_bundle){
			.dir = a->bundle ? a->bundle : ".",
			.id = a->id,
			.pid_file = a->pid_file,
			.foreground = strcmp(a->verb, "run") == 0 && !a->detach,
		},
		e);
}

static int on_exec(const struct gt_runtime_argv *a, struct gt_err *e)
{
	/* Without a process file the runtime takes the container's own environment. */
	return a->process && a->id ? gt_edit_process(a->process, a->id, e) : 0;
}

/* The record directory, or -1: then there is nothing to be noted. */
static int open_records(void)
{
	int dir = gt_keep_open_old(NULL);

	return dir < 0 ? -1 : dir;
}

static int on_update(const struct gt_runtime_argv *a, struct gt_err *e)
{
	_cleanup_close_ int dir = a->limits && a->id ? open_records() : -1;
	int r = dir < 0 ? -ENOENT : gt_record_drift(dir, a->id, time(NULL), e);

	return r == -ENOENT ? 0 : r;
}

/* A container that still runs is deleted by force only: otherwise its record must stay. */
static int on_delete(const struct gt_runtime_argv *a, struct gt_err *e)
{
	_cleanup_free_ struct gt_record_view *v = malloc(sizeof(*v));
	_cleanup_close_ int dir = a->id ? open_records() : -1;
	_cleanup_close_ int root = gt_root_open(NULL, e);
	int64_t pid;

	if (dir < 0 || !v || gt_record_view_load(dir, a->id, v, NULL, NULL, NULL) < 0)
		return 0;
	/* Between create and start there is a process, but no pid file may have been asked for. */
	if (!a->force && !gt_record_is_gone(root, v, INT64_MAX, &pid) && pid != 0)
		return 0;
	return gt_record_remove(dir, a->id, e);
}

/* Only these verbs concern us; every other reaches the real runtime untouched. */
static const struct {
	const char *verb, *failed;
	bool tunes; /* the kill switch stops it */
	int (*run)(const struct gt_runtime_argv *a, struct gt_err *e);
} verbs[] = {
	{"create", "not tuned", true, on_create},
	{"run", "not tuned", true, on_create},
	{"exec", "the process is not tuned", true, on_exec},
	{"update", "the change is not noted", false, on_update},
	{"delete", "the record stays", false, on_delete},
};

/* The kill switch: as untouched as if we were not there. */
static bool is_off(const struct gt_runtime_argv *a)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	const char *off = gt_disabled(root);

	if (off)
		gt_log(GT_LOG_INFO, "%s: %s: nothing is tuned", a->id ? a->id : "(no id)", off);
	return off;
}

static void tune(const struct gt_runtime_argv *a)
{
	struct gt_err e = {0};

	for (size_t i = 0; a->verb && i < GT_ARRAY_LEN(verbs); i++) {
		if (strcmp(a->verb, verbs[i].verb) != 0)
			continue;
		if (verbs[i].tunes && is_off(a))
			return;
		if (verbs[i].run(a, &e) < 0)
			gt_log(GT_LOG_WARNING, "%s: %s: %s", a->id ? a->id : "(no id)",
			       verbs[i].failed, e.msg);
	}
}

int main(int argc, char **argv)
{
	struct gt_runtime_argv a;
	struct gt_err e = {0};
	char real[GT_PATH_CAP];
	/* For the worker's sake, and for a file that may not grow. The real runtime gets them back.
	 */
	void (*on_child)(int) = signal(SIGCHLD, SIG_DFL);
	void (*on_size)(int) = signal(SIGXFSZ, SIG_IGN);

	gt_malloc_settle();
	gt_log_init("gotune-runtime", GT_LOG_SYSLOG, GT_LOG_INFO);
	gt_runtime_argv_parse(argc, argv, &a);
	if (gt_runtime_find(getenv("GOTUNE_RUNTIME"), real, sizeof(real), &e) < 0) {
		gt_log(GT_LOG_ERROR, "%s", e.msg);
		fprintf(stderr, "gotune-runtime: %s\n", e.msg);
		return 127;
	}
	tune(&a);
	(void)signal(SIGCHLD, on_child);
	(void)signal(SIGXFSZ, on_size);
	argv[0] = real;
	execv(real, argv);
	(void)gt_err_sys(&e, -errno, "cannot run %s", real);
	fprintf(stderr, "gotune-runtime: %s\n", e.msg);
	return 126;
}
