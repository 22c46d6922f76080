/*
 * The self-test: a real container with each runtime found, once untouched, once with the hook, once
 * by gotune-runtime; what its program sees is compared with the record.
 *
 * Theory of operation. Each runtime is started in a mount namespace of its own, where for
 * gotune-runtime /etc/gotune is the test's policy and /run/gotune the test's directory; the hook is
 * given both by arguments. Signals that would end us are held back (doctor/run.c): first the
 * container and the directory go, then we do. Effectful, needs root;
 * writes nothing outside a directory of its own, and leaves nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/engine.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "gotune/record.h"
#include "gotune/report.h"
#include "tools.h"

#define AREA	      GT_AREA_SELFTEST
#define RUN_MS	      5000
#define OUTPUT_MAX    16384
#define RECORD_WAITS  100
#define RECORD_NAP_NS 10000000

enum way { WAY_PLAIN, WAY_HOOK, WAY_WRAPPER, WAY_COUNT };

/* One container: of this runtime, in this way. */
struct trial {
	const struct gt_selftest *t;
	const char *runtime; /* path */
	const struct gt_own_paths *own;
	enum way way;
	bool own_cgroup2; /* crun refuses a hybrid hierarchy */
};

/* ---- in the child ---- */

static int bind(const struct gt_selftest *t, const char *what, const char *where)
{
	char from[GT_PATH_CAP];

	(void)snprintf(from, sizeof(from), "%s/%s", t->dir, what); /* dir is half of it */
	return mount(from, where, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

/*
 * gotune-runtime's policy and records have fixed places. Where there are no records yet, all of
 * /run is the test's, so that nothing is made outside; otherwise only what must be, since a
 * runtime may itself live below /run.
 */
static int hide_places(const struct gt_selftest *t)
{
	int r = bind(t, "etc", GT_CONFIG_DIR);

	if (r < 0)
		return r;
	r = bind(t, "run/gotune", GT_RECORD_DIR);
	return r == -ENOENT ? bind(t, "run", "/run") : r;
}

static int prepare(void *ctx)
{
	const struct trial *trial = ctx;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	if (trial->own_cgroup2 && (umount2("/sys/fs/cgroup", MNT_DETACH) < 0 ||
				   mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) < 0))
		return -errno;
	return trial->way == WAY_WRAPPER ? hide_places(trial->t) : 0;
}

/* ---- one container ---- */

/* Runs VERB of the runtime on the test's container; what it prints is in OUT. */
static int call(const struct trial *trial, const char *verb, struct gt_buf *out, int *ret_status)
{
	bool is_run = strcmp(verb, "run") == 0;
	bool by_wrapper = is_run && trial->way == WAY_WRAPPER;
	char state[GT_PATH_CAP], bundle[GT_PATH_CAP], real[GT_PATH_CAP + 16];
	const char *argv[9];
	const struct gt_run run = {.argv = argv,
				   .timeout_ms = RUN_MS,
				   .output_max = OUTPUT_MAX,
				   .interrupt = is_run ? trial->t->interrupt : -1,
				   .prepare = prepare,
				   .ctx = (void *)(uintptr_t)trial, /* read only */
				   .with_stderr = is_run,
				   .env_extra = by_wrapper ? real : NULL};
	unsigned n = 0;

	(void)snprintf(state, sizeof(state), "%s/state", trial->t->dir);    /* dir is half of it */
	(void)snprintf(bundle, sizeof(bundle), "%s/bundle", trial->t->dir); /* as above */
	(void)snprintf(real, sizeof(real), "GOTUNE_RUNTIME=%s", trial->runtime); /* fits */
	argv[n++] = by_wrapper ? trial->own->runtime : trial->runtime;
	argv[n++] = "--root";
	argv[n++] = state;
	if (trial->own_cgroup2)
		argv[n++] = "--cgroup-manager=disabled";
	argv[n++] = verb;
	argv[n++] = is_run ? "--bundle" : "--force";
	if (is_run)
		argv[n++] = bundle;
	argv[n++] = trial->t->id;
	argv[n] = NULL;
	return gt_run(&run, out, ret_status);
}

/* It has ended, or is to end: one that is gone is an error that means nothing. */
static void delete_container(const struct trial *trial)
{
	struct gt_buf out = {0};
	int status, r = call(trial, "delete", &out, &status);

	(void)r; /* what could not be deleted has gone with its init, or stays in the table */
	gt_buf_done(&out);
}

static int run_container(const struct trial *trial, struct gt_buf *out, struct gt_err *e)
{
	int status = 0;
	int r = gt_selftest_config(trial->t, trial->way == WAY_HOOK ? trial->own->hook : NULL, e);

	if (r < 0)
		return r;
	r = call(trial, "run", out, &status);
	if (r < 0 || status != 0) {
		delete_container(trial);
		gt_selftest_clean(trial->t);
	}
	if (r == -EINTR)
		return gt_err_set(e, r, "interrupted");
	if (r < 0)
		return gt_err_sys(e, r, "the container did not run");
	if (status != 0)
		return gt_err_set(e, -ECHILD, "status %d: %.300s", status, out->p ? out->p : "");
	return 0;
}

/* ---- its record ---- */

static bool is_settled(const struct gt_record_view *v)
{
	for (uint32_t i = 0; i < v->n_setting; i++) {
		if (strcmp(v->setting[i].verdict, "set") == 0 &&
		    v->setting[i].applied == GT_UNKNOWN)
			return false;
	}
	return true;
}

/* The tracer writes the record again after the program has begun, and may be slower than it. */
static bool load_record(const struct gt_selftest *t, struct gt_record_view *ret)
{
	char path[GT_PATH_CAP];
	struct gt_err e = {0};
	_cleanup_close_ int dir = -1;
	bool found = false;

	(void)snprintf(path, sizeof(path), "%s/run/gotune", t->dir); /* dir is half of it */
	dir = gt_record_dir_open(path, false, &e);
	for (unsigned i = 0; dir >= 0 && i < RECORD_WAITS; i++) {
		const struct timespec nap = {.tv_nsec = RECORD_NAP_NS};

		found = gt_record_view_load(dir, t->id, ret, NULL, NULL, &e) == 0;
		if (found && is_settled(ret))
			break;
		if (i > 0 && !found)
			break;
		(void)nanosleep(&nap, NULL); /* woken early, it looks early */
	}
	return found;
}

/* So that the next container's record is not taken for this one's. */
static void drop_record(const struct gt_selftest *t)
{
	char path[GT_PATH_CAP];

	(void)snprintf(path, sizeof(path), "%s/run/gotune/containers/%s.json", t->dir,
		       t->id); /* dir is half of it, and the id is short */
	(void)unlink(path);    /* none is as good */
}

/* ---- rows ---- */

static void say_compared(struct gt_doctor *d, const struct trial *trial, const char *name,
			 const struct gt_buf *out)
{
	struct gt_record_view *v = calloc(1, sizeof(*v));
	enum gt_check_state s;
	char text[512] = "";

	if (!v) {
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, name, "not judged: out of memory");
		return;
	}
	s = gt_selftest_compare(trial->t, load_record(trial->t, v) ? v : NULL, out->p ? out->p : "",
				out->len, text, sizeof(text));
	gt_report_say(&d->report, AREA, s, name, "%s", text);
	if (s == GT_CHECK_BAD)
		gt_report_fix(&d->report, "containers are not tuned as the record says",
			      "check that all programs are of one installation; then please "
			      "report it with gotune doctor --format json");
	else if (s == GT_CHECK_WARN)
		gt_report_follows(&d->report, "this machine does not allow it: see the rows above");
	free(v);
}

/* False: do not go on. */
static bool try_way(struct gt_doctor *d, struct trial *trial)
{
	static const char *const by[WAY_COUNT] = {"alone", "with the hook", "by gotune-runtime"};
	struct gt_buf out = {0};
	struct gt_err e = {0};
	char name[64];
	int r;

	(void)snprintf(name, sizeof(name), "%.24s %s", gt_basename(trial->runtime), by[trial->way]);
	drop_record(trial->t);
	r = run_container(trial, &out, &e);
	if (r == 0 && trial->way == WAY_PLAIN)
		gt_report_say(&d->report, AREA, GT_CHECK_OK, name, "runs a container%s",
			      trial->own_cgroup2 ? " (only with a cgroup2 mount of its own and no "
						   "limits: it does not know this machine's "
						   "hybrid hierarchy)"
						 : "");
	else if (r == 0)
		say_compared(d, trial, name, &out);
	else if (r != -EINTR)
		gt_report_say(&d->report, AREA,
			      trial->way == WAY_PLAIN ? GT_CHECK_WARN : GT_CHECK_BAD, name, "%s",
			      e.msg);
	if (r < 0 && r != -EINTR)
		gt_report_follows(&d->report,
				  trial->way == WAY_PLAIN
					  ? "without us it does not run either: nothing to compare"
					  : "without us it runs, so containers do not start");
	gt_buf_done(&out);
	return r == 0;
}

static bool can_hide(struct gt_doctor *d)
{
	struct stat st;

	if (stat(GT_CONFIG_DIR, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	gt_report_say(&d->report, AREA, GT_CHECK_INFO, "by gotune-runtime",
		      "not run: there is no " GT_CONFIG_DIR
		      " to put the test's policy in place of");
	return false;
}

static bool trusted(struct gt_doctor *d, const char *path)
{
	enum gt_trust t = gt_trust_program(d->root, path);

	if (t == GT_TRUST_OK)
		return true;
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, gt_basename(path), "not run: %s %s", path,
		      gt_trust_text(t));
	return false;
}

/* False: interrupted, or out of time. */
static bool try_runtime(struct gt_doctor *d, const struct gt_selftest *t,
			const struct gt_own_paths *own, const char *runtime, bool wrapper)
{
	struct gt_cg_places places = {0};
	struct trial trial = {.t = t, .runtime = runtime, .own = own};

	if (!trusted(d, runtime))
		return true;
	gt_cg_find(d->root, 0, NULL, &places);
	trial.own_cgroup2 = places.hybrid && gt_has_prefix(gt_basename(runtime), "crun");
	if (!try_way(d, &trial))
		return false;
	trial.way = WAY_HOOK;
	if (trusted(d, own->hook))
		(void)try_way(d, &trial); /* the other way is another question */
	trial.way = WAY_WRAPPER;
	if (wrapper && trusted(d, own->runtime))
		(void)try_way(d, &trial); /* said in its row */
	return true;
}

static void try_all(struct gt_doctor *d, const struct gt_selftest *t)
{
	struct gt_own_paths own;
	struct gt_err e = {0};
	unsigned n = 0;
	bool wrapper;

	if (gt_own_paths(false, &own, &e) < 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "self-test", "not run: %s", e.msg);
		return;
	}
	wrapper = can_hide(d);
	for (uint32_t i = 0; d->policy && i < d->policy->n_runtimes && !gt_is_interrupted(d); i++) {
		char path[GT_PATH_CAP];

		if (!gt_program_find(d->root, d->policy->runtimes[i], path) ||
		    strcmp(gt_basename(path), "gotune-runtime") == 0)
			continue;
		n++;
		(void)try_runtime(d, t, &own, path, wrapper); /* said in its rows */
	}
	if (n == 0)
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "self-test",
			      "not run: there is no runtime");
}

/* ---- the whole ---- */

/* Why it is not run, or NULL. */
static const char *why_not(const struct gt_doctor *d)
{
	if (d->sysroot)
		return "not run: this is a captured machine";
	if (d->no_selftest)
		return "not run: --no-selftest";
	if (geteuid() != 0)
		return "not run: only root makes containers here; sudo gotune doctor";
	if (gt_disabled(d->root))
		return "not run: " GT_DISABLED_FILE " turns everything off";
	return NULL;
}

void gt_doctor_selftest(struct gt_doctor *d)
{
	const char *why = why_not(d);
	struct gt_selftest t;
	struct gt_err e = {0};

	if (why) {
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "self-test", "%s", why);
		return;
	}
	if (gt_selftest_open(&t, &e) < 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "self-test", "not run: %s", e.msg);
		return;
	}
	t.interrupt = d->interrupt;
	try_all(d, &t);
	gt_selftest_close(&t);
}
