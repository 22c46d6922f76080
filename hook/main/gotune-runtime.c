/*
 * gotune-runtime: stands in for runc or crun. It edits the bundle's config.json on create and run
 * (where the program is known only when it is executed, it adds our hook), the process file on
 * exec, the record on update and delete. Then it becomes the real runtime by exec, so descriptors,
 * signals and the exit status are the real one's. Failures are logged; the real runtime still runs,
 * with what it was given.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "gotune/runtime.h"

/* The bundle is unchanged, and the record must say so. */
static void take_back(struct gt_decision *d, const struct gt_err *why)
{
	struct gt_record *rec = d->rec;

	if (!d->bundle->own_hook) /* ours was not added either */
		gt_plan_await_nothing(&rec->plan);
	for (uint32_t i = 0; i < rec->plan.n_setting; i++) {
		if (rec->outcome[i].applied != GT_YES)
			continue;
		rec->outcome[i].applied = GT_NO;
		gt_copy_cut(rec->outcome[i].error, why->msg);
	}
}

/* Without a pid file we note this process: it becomes the runtime, and lives as long as the
 * container. */
static void note_foreground(struct gt_machine *m, struct gt_ident *id)
{
	if (id->pid_file[0])
		return;
	id->pid = getpid();
	if (gt_start_time(m->root, id->pid, &id->pid_start) < 0)
		id->pid_start = 0;
}

/* Decides for CONFIG, which is BUNDLE's, and replaces it. */
static int edit_config(struct gt_machine *m, const struct gt_runtime_argv *a, const char *bundle,
		       const struct gt_edit_file *config, struct gt_err *e)
{
	const struct gt_ask ask = {
		.machine = m,
		.stage = "create",
		.from = {.kind = GT_SOURCE_DOCUMENT,
			 .doc = config->text,
			 .len = config->len,
			 .bundle = bundle,
			 .id = a->id,
			 .pid_file = a->pid_file},
	};
	const struct gt_hook_options options = {.log = "syslog"}; /* as this program */
	/* The runtime, which this process becomes, lives as long as the container. */
	bool foreground = strcmp(a->verb, "run") == 0 && !a->detach;
	struct gt_buf out = {0};
	struct gt_decision d;
	int r = gt_decide(&ask, &d, e);

	if (r == 0)
		r = gt_carry_document(&d, config->text, config->len, &options, &out, e);
	if (r == 0 && out.len > 0) {
		r = gt_edit_file_replace(config, out.p, out.len, e);
		if (r < 0)
			take_back(&d, e);
	}
	if (d.rec && foreground)
		note_foreground(m, &d.rec->facts.ident);
	if (r == 0)
		gt_log_faults(&d);
	gt_log_decision(&d);
	gt_keep(&d, r, e);
	gt_buf_done(&out);
	gt_decide_done(&d);
	return r;
}

static int on_create(struct gt_machine *m, const struct gt_runtime_argv *a, struct gt_err *e)
{
	const char *bundle = a->bundle ? a->bundle : ".";
	struct gt_edit_file config = GT_EDIT_FILE_NONE;
	struct gt_buf path = {0};
	int r;

	if (a->config)
		return gt_err_set(e, -ENOTSUP, "--config names another file than config.json");
	gt_buf_fmt(&path, "%s/config.json", bundle);
	r = path.error ? gt_err_set(e, path.error, "out of memory")
		       : gt_edit_file_open(path.p, &config, e);
	if (r < 0)
		(void)gt_err_wrap(e, "%s/config.json", bundle);
	else
		r = edit_config(m, a, bundle, &config, e);
	gt_edit_file_done(&config);
	gt_buf_done(&path);
	return r;
}

static int on_exec(struct gt_machine *m, const struct gt_runtime_argv *a, struct gt_err *e)
{
	/* Without a process file the runtime takes the container's own environment. */
	return a->process && a->id ? gt_carry_process(m, a->process, a->id, e) : 0;
}

static int on_update(struct gt_machine *m, const struct gt_runtime_argv *a, struct gt_err *e)
{
	int dir = a->limits && a->id ? gt_machine_records(m, false) : -1;
	int r = dir < 0 ? -ENOENT : gt_record_note(dir, a->id, GT_NOTED_DRIFT, time(NULL), e);

	return r == -ENOENT ? 0 : r;
}

/* A container that still runs is deleted by force only: otherwise its record must stay. */
static int on_delete(struct gt_machine *m, const struct gt_runtime_argv *a, struct gt_err *e)
{
	_cleanup_free_ struct gt_record_view *v = malloc(sizeof(*v));
	int dir = a->id ? gt_machine_records(m, false) : -1;
	int64_t pid;

	if (dir < 0 || !v || gt_record_view_load(dir, a->id, v, NULL, NULL, NULL) < 0)
		return 0;
	/* Between create and start the container has a process, but maybe no pid file. */
	if (!a->force && !gt_record_is_gone(m->root, v, INT64_MAX, &pid) && pid != 0)
		return 0;
	return gt_record_remove(dir, a->id, e);
}

/* We act on these verbs only; the real runtime gets every other untouched. */
static const struct {
	const char *verb, *failed;
	bool tunes; /* the kill switch stops it */
	int (*run)(struct gt_machine *m, const struct gt_runtime_argv *a, struct gt_err *e);
} verbs[] = {
	{"create", "not tuned", true, on_create},
	{"run", "not tuned", true, on_create},
	{"exec", "the process is not tuned", true, on_exec},
	{"update", "the change is not noted", false, on_update},
	{"delete", "the record stays", false, on_delete},
};

static void tune(struct gt_machine *m, const struct gt_runtime_argv *a)
{
	const char *name = a->id ? a->id : "(no id)";
	struct gt_err e = {0};

	for (size_t i = 0; a->verb && i < GT_ARRAY_LEN(verbs); i++) {
		if (strcmp(a->verb, verbs[i].verb) != 0)
			continue;
		/* The kill switch: we touch nothing. */
		if (verbs[i].tunes && m->off)
			gt_log(GT_LOG_INFO, "%s: %s: nothing is tuned", name, m->off);
		else if (verbs[i].run(m, a, &e) < 0)
			gt_log(GT_LOG_WARNING, "%s: %s: %s", name, verbs[i].failed, e.msg);
	}
}

/* Finds the real runtime: GOTUNE_RUNTIME names it, or the policy does. */
static int find_runtime(struct gt_machine *m, char *ret, size_t cap, struct gt_err *e)
{
	const char *forced = getenv("GOTUNE_RUNTIME");
	bool known = !(forced && *forced) && gt_machine_policy(m, e) == 0;

	return gt_runtime_find(forced, known ? &m->policy : NULL, ret, cap, e);
}

int main(int argc, char **argv)
{
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;
	struct gt_runtime_argv a;
	struct gt_err e = {0};
	char real[GT_PATH_CAP];
	/* The worker needs SIGCHLD, and a file may hit its size limit. We restore both for the real
	 * runtime. */
	void (*on_child)(int) = signal(SIGCHLD, SIG_DFL);
	void (*on_size)(int) = signal(SIGXFSZ, SIG_IGN);

	gt_log_init("gotune-runtime", GT_LOG_SYSLOG, GT_LOG_INFO);
	gt_runtime_argv_parse(argc, argv, &a);
	(void)gt_machine_open(&m, &e); /* then m.off says why nothing is tuned */
	if (find_runtime(&m, real, sizeof(real), &e) < 0) {
		gt_log(GT_LOG_ERROR, "%s", e.msg);
		fprintf(stderr, "gotune-runtime: %s\n", e.msg);
		return 127;
	}
	tune(&m, &a);
	(void)signal(SIGCHLD, on_child);
	(void)signal(SIGXFSZ, on_size);
	argv[0] = real;
	execv(real, argv);
	(void)gt_err_sys(&e, -errno, "cannot run %s", real);
	fprintf(stderr, "gotune-runtime: %s\n", e.msg);
	return 126;
}
