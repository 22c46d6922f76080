/*
 * gotune goroutines: the goroutines of a running program. Reads its memory while it runs; stops and
 * changes nothing of it. Needs the permission to ptrace it. With --out it writes files.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "cli.h"
#include "diagnose.h"
#include "gotune/base.h"
#include "gotune/goroutines.h"
#include "gotune/record.h"

#define TREE_MAX 32u /* processes of a container that are looked at */
#define CLEAR	 "\033[H\033[2J"

/* What is looked at, and what was seen so far. */
struct look {
	const struct gt_cli_args *args;
	struct gt_cli_out *out;
	struct gt_gor_target target;
	struct gt_gor_snapshot snapshot;
	struct gt_gor_history history;
	int dir; /* --out; -1: none */
};

static void done_look(struct look *l)
{
	gt_gor_history_done(&l->history);
	gt_gor_snapshot_done(&l->snapshot);
	gt_gor_target_done(&l->target);
	gt_cleanup_close(&l->dir);
}

/* ---- which process ---- */

/* The first process that the record of container ID knows, while it lives. */
static int pid_of_record(const struct gt_cli_args *a, const char *id, pid_t *ret, struct gt_err *e)
{
	_cleanup_free_ struct gt_record_view *v = malloc(sizeof(*v));
	char own[GT_RECORD_DIR_CAP], whole[GT_ID_MAX] = "";
	_cleanup_close_ int dirfd = -1, root = gt_root_open("/", NULL);
	int64_t pid = 0;
	int r;

	if (!v || root < 0)
		return gt_err_set(e, -ENOMEM, "out of memory");
	dirfd = gt_record_dir_open(gt_cli_record_dir(a, own), false, e);
	if (dirfd < 0)
		return gt_err_set(e, dirfd,
				  "%.64s is no process, and there are no records that could know "
				  "the container",
				  id);
	r = gt_record_find(dirfd, id, whole, e);
	if (r == 0)
		r = gt_record_view_load(dirfd, whole, v, NULL, NULL, e);
	if (r < 0)
		return r;
	if (gt_record_is_gone(root, v, time(NULL), &pid) || pid <= 0 || pid > INT32_MAX)
		return gt_err_set(e, -ESRCH, "%.64s does not run: give the process's number",
				  whole);
	*ret = (pid_t)pid;
	return 0;
}

/* The record knows it by its id; an engine also by its name, and without a record. */
static int pid_of_container(const struct gt_cli_args *a, const char *name, pid_t *ret,
			    struct gt_err *e)
{
	_cleanup_free_ struct gt_log_found *f = malloc(sizeof(*f));
	char own[GT_RECORD_DIR_CAP];
	struct gt_err of_record = {0};
	int r = pid_of_record(a, name, ret, &of_record);

	if (r == 0)
		return 0;
	if (!f)
		return gt_err_set(e, -ENOMEM, "out of memory");
	if (gt_log_find(name, gt_cli_record_dir(a, own), false, false, f, e) < 0) {
		*e = of_record;
		return r;
	}
	if (f->init <= 0 || f->init > INT32_MAX)
		return gt_err_set(e, -ESRCH, "%.64s (%s) does not run", name, f->engine);
	*ret = (pid_t)f->init;
	return 0;
}

/* Opens and reads PID once. */
static int take_first(struct look *l, pid_t pid, struct gt_err *e)
{
	int r = gt_gor_target_open(pid, &l->target, e);

	if (r < 0)
		return r;
	r = gt_gor_snapshot_take(&l->target, &l->snapshot, e);
	if (r < 0) {
		gt_err_wrap(e, "process %d", (int)pid);
		gt_gor_target_done(&l->target);
	}
	return r;
}

/* A container's first process may be an init or a shell: its Go program is below it. */
static int take_below(struct look *l, pid_t first, struct gt_err *e)
{
	pid_t tree[TREE_MAX] = {first};
	unsigned n = 1;
	struct gt_err of_first;
	int r = -ENOEXEC;

	for (unsigned i = 0; r == -ENOEXEC && i < n; i++) {
		r = take_first(l, tree[i], e);
		if (i == 0)
			of_first = *e;
		n += gt_gor_children(tree[i], tree + n, TREE_MAX - n);
	}
	if (r == -ENOEXEC)
		*e = of_first;
	return r;
}

static int begin(struct look *l, struct gt_err *e)
{
	const char *what = l->args->pos[0];
	uint64_t n;
	pid_t pid = 0;
	int r;

	/* The kernel's own bound: PID_MAX_LIMIT, include/linux/threads.h. */
	if (gt_parse_u64(what, &n) == 0 && n > 0 && n <= 4u << 20)
		return take_first(l, (pid_t)n, e);
	r = pid_of_container(l->args, what, &pid, e);
	return r < 0 ? r : take_below(l, pid, e);
}

/* ---- what is written ---- */

static int write_file(const struct look *l, const char *name, struct gt_buf *b, struct gt_err *e)
{
	int r = b->error;

	if (r == 0)
		r = gt_write_atomic(l->dir, name, b->p ? b->p : "", b->len, 0644);
	gt_buf_done(b);
	return r < 0 ? gt_err_sys(e, r, "cannot write %s", name) : 0;
}

/* The files of --out, each in one step: a reader never sees half of one. */
static int write_files(const struct look *l, struct gt_err *e)
{
	struct gt_buf b = {0};
	int r;

	gt_gor_write_folded(&l->snapshot, &b);
	r = write_file(l, "blocked.folded", &b, e);
	if (r < 0)
		return r;
	r = gt_gor_write_flame(&l->snapshot, &b);
	if (r < 0) {
		gt_buf_done(&b);
		return gt_err_sys(e, r, "cannot draw");
	}
	r = write_file(l, "blocked.svg", &b, e);
	if (r < 0)
		return r;
	gt_gor_write_heat(&l->history, &b);
	r = write_file(l, "ages.svg", &b, e);
	if (r < 0)
		return r;
	gt_gor_write_json(&l->target, &l->snapshot, &l->history, &b);
	return write_file(l, "goroutines.json", &b, e);
}

static int print(const struct look *l, struct gt_err *e)
{
	struct gt_buf doc = {0};
	char title[32];
	int r;

	if (l->args->json) {
		gt_gor_write_json(&l->target, &l->snapshot, &l->history, &doc);
		gt_cli_json_doc(l->out, &doc);
	} else {
		(void)snprintf(title, sizeof(title), "process %d", (int)l->target.pid); /* fits */
		if (l->args->watch_ms && isatty(STDOUT_FILENO))
			gt_buf_str(&l->out->buf, CLEAR);
		else if (l->history.n_snapshot > 1)
			gt_buf_str(&l->out->buf, "\n");
		gt_cli_goroutines(l->out, title, &l->snapshot, &l->history);
	}
	r = gt_cli_flush(l->out, STDOUT_FILENO);
	if (r == -EPIPE)
		return r; /* without a message: nobody reads any more */
	return r < 0 ? gt_err_sys(e, r, "cannot write the output") : 0;
}

/* One snapshot is in L: counts it, writes and prints. */
static int show(struct look *l, struct gt_err *e)
{
	int r = gt_gor_history_add(&l->history, &l->snapshot, l->target.began_ns);

	if (r < 0)
		return gt_err_set(e, r, "out of memory");
	if (l->dir >= 0) {
		r = write_files(l, e);
		if (r < 0)
			return r;
	}
	return print(l, e);
}

/* ---- over time ---- */

static void wait_until(int64_t ms)
{
	int64_t left;

	while ((left = ms - gt_now_ms()) > 0) {
		struct timespec t = {left / 1000, left % 1000 * 1000000};

		(void)nanosleep(&t, NULL); /* woken early: the clock says how long yet */
	}
}

static int watch(struct look *l, struct gt_err *e)
{
	uint64_t n = l->args->snapshots;
	int64_t next = gt_now_ms();
	int r = show(l, e);

	if (n == 0)
		n = l->args->watch_ms ? UINT64_MAX : 1;
	while (r == 0 && --n > 0) {
		int64_t now = gt_now_ms();

		next += (int64_t)(l->args->watch_ms ? l->args->watch_ms : 1000);
		if (next < now)
			next = now; /* we cannot keep up: not at once after each other, either */
		wait_until(next);
		gt_gor_snapshot_done(&l->snapshot);
		r = gt_gor_snapshot_take(&l->target, &l->snapshot, e);
		if (r < 0) {
			gt_err_wrap(e, "process %d", (int)l->target.pid);
			return r;
		}
		r = show(l, e);
	}
	return r;
}

static int open_out(const char *path, struct gt_err *e)
{
	int r = gt_mkdirs(path), fd;

	if (r < 0)
		return gt_err_sys(e, r, "cannot make %s", path);
	fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	return fd < 0 ? gt_err_sys(e, -errno, "cannot open %s", path) : fd;
}

static int run_goroutines(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	_cleanup_(done_look) struct look l = {
		.args = a, .out = out, .target = {.exe = -1, .mem = -1}, .dir = -1};
	struct gt_err e = {0};
	int r;

	if (a->trace_ms && (a->watch_ms || a->snapshots || a->value[GT_OPT_OUT]))
		return gt_cli_fail(out, GT_EXIT_USAGE,
				   "--trace goes with neither --watch, --snapshots nor --out");
	r = begin(&l, &e); /* --trace, too: that verifies where its version keeps goroutines */
	if (r == 0 && a->trace_ms)
		return gt_cli_goroutines_trace(a, out, &l.target);
	if (r == 0 && a->value[GT_OPT_OUT]) {
		l.dir = open_out(a->value[GT_OPT_OUT], &e);
		r = l.dir < 0 ? l.dir : 0;
	}
	if (r == 0)
		r = watch(&l, &e);
	if (r == -EPIPE && e.code == 0)
		return GT_EXIT_OK; /* `gotune goroutines | head` */
	return r < 0 ? gt_cli_fail(out, GT_EXIT_BROKEN, "%s", e.msg) : GT_EXIT_OK;
}

const struct gt_cli_command gt_cmd_goroutines = {
	.name = "goroutines",
	.operands = "PID|CONTAINER",
	.summary = "the goroutines of a running Go program, from outside",
	.about =
		"Reads them from the program's memory while it runs: it needs no pprof, no symbols and "
		"no restart, and nothing of it is stopped or changed. They are counted by the go "
		"statement that created them and by what they wait for. Needs the permission to ptrace "
		"the process; amd64, Go 1.19 to 1.27.\n"
		"With --watch it looks again and again: how many came, how old they are at least, and "
		"which statement leaks. --out writes blocked.svg (a flame graph), blocked.folded, "
		"ages.svg and goroutines.json.\n"
		"With --trace it counts every birth and end for that many seconds, with life-times, also "
		"of goroutines that live for a microsecond. That does change the program while it lasts: "
		"the kernel puts breakpoints into it, and each birth and end takes some microseconds "
		"more; what that was is printed. Needs root of the host, and gotune-trace.\n"
		"CONTAINER is an id that gotune list has, the beginning of one, or the name that docker, "
		"podman or crictl knows it by; on a Kubernetes node also POD or POD/CONTAINER.\n",
	.options = GT_OPTS_FORMAT | GT_OPTS_RECORDS | GT_OPT_BIT(GT_OPT_WATCH) |
		   GT_OPT_BIT(GT_OPT_SNAPSHOTS) | GT_OPT_BIT(GT_OPT_TRACE) | GT_OPT_BIT(GT_OPT_OUT),
	.min_pos = 1,
	.max_pos = 1,
	.missing = "give one process or container: gotune goroutines PID",
	.run = run_goroutines,
};
