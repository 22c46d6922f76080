/*
 * gotune diagnose: what is wrong with a Go service, from what its runtime prints. Effects: opens a
 * log and a dump, which a sandboxed worker reads; reads cpu.stat and the record; runs an engine's
 * client for a container; writes plots into --out. Needs no privilege for a log.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "diagnose.h"
#include "gotune/base.h"

#define JUDGE_MS 1000 /* --follow: how often */

/* A run of the command. */
struct work {
	const struct gt_cli_args *a;
	struct gt_cli_out *out;
	struct gt_log_found found;
	struct gt_log_reader reader;
	int fd;				   /* the log */
	int64_t from;			   /* where it begins; -1: it cannot be read twice */
	const char *watch;		   /* --watch: the container; else NULL */
	struct gt_diagnosis *now, *before; /* before: --follow's last */
};

static int read_file(const char *path, size_t max, char **ret, size_t *ret_len, struct gt_err *e)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -errno : gt_read_all(fd, max, 0, ret, ret_len);

	return r < 0 ? gt_err_sys(e, r, "cannot read %.200s", path) : 0;
}

static int read_cpu_stat(struct work *w, const char *path, struct gt_err *e)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = read_file(path, 1u << 20, &text, &len, e);

	if (r < 0)
		return r;
	if (gt_diagnose_cpu_stat(text, len, &w->found.known) < 0)
		return gt_err_set(e, -EINVAL,
				  "%.200s: not a cgroup's cpu.stat: nr_periods is not in it", path);
	return 0;
}

static int add_cpu_stat(struct work *w, struct gt_err *e)
{
	const char *path = w->a->value[GT_OPT_CPU_STAT];

	return path ? read_cpu_stat(w, path, e) : 0;
}

static int add_dump(struct work *w, struct gt_err *e)
{
	const char *path = w->a->value[GT_OPT_DUMP];
	_cleanup_close_ int fd = -1;
	int r;

	if (!path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return gt_err_sys(e, -errno, "cannot read %.200s", path);
	r = gt_log_reader_dump(&w->reader, fd, e);
	return r < 0 ? gt_err_wrap(e, "%.200s", path) : 0;
}

/* The log that was asked for: a file, standard input, or a container's. */
static int open_log(struct work *w, struct gt_err *e)
{
	const char *file = w->a->value[GT_OPT_FILE], *name = w->a->n_pos ? w->a->pos[0] : "-";
	char own[GT_RECORD_DIR_CAP];
	int fd;

	if (w->watch)
		name = w->watch;
	if (file && strcmp(file, "-") != 0) {
		gt_copy_cut(w->found.known.name, gt_basename(file));
		gt_copy_cut(w->found.path, file);
		fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		return fd < 0 ? gt_err_sys(e, -errno, "cannot open %.200s", file) : fd;
	}
	if (file || strcmp(name, "-") == 0) {
		gt_copy_cut(w->found.known.name, "standard input");
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? gt_err_sys(e, -errno, "standard input is not open") : fd;
	}
	fd = gt_log_find(name, gt_cli_record_dir(w->a, own), true, w->a->follow, &w->found, e);
	return fd < 0 ? fd : gt_take_fd(&w->found.fd);
}

/* --follow: what has changed since the last time goes out at once. */
static int judge_changes(struct work *w, struct gt_err *e)
{
	struct gt_diagnosis *was;
	int r = gt_log_reader_judge(&w->reader, &w->found.known, w->now, e);

	if (r < 0)
		return r == -ENODATA ? 0 : r; /* nothing of ours yet */
	gt_diagnose_changes(w->out, w->now, w->before->lines ? w->before : NULL);
	was = w->before;
	w->before = w->now;
	w->now = was;
	r = gt_cli_flush(w->out, STDOUT_FILENO);
	w->out->buf = (struct gt_buf){0};
	return r < 0 && r != -EPIPE ? gt_err_sys(e, r, "cannot write the output") : r;
}

static bool may_have_more(const struct work *w, int timeout_ms)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) > 0;
}

/*
 * At the end of a file that is followed: a log that was rotated goes on in the file that has its
 * name now; one that was cut to nothing begins anew, and what was torn there is lost. The old file
 * was read to its end. While there is no such file the old one may grow.
 */
static int follow_rotation(struct work *w, struct gt_err *e)
{
	struct stat now, old;
	_cleanup_close_ int fd = open(w->found.path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &now) < 0 || fstat(w->fd, &old) < 0 || !S_ISREG(now.st_mode))
		return 0;
	if (now.st_dev != old.st_dev || now.st_ino != old.st_ino) {
		if (lseek(w->fd, 0, SEEK_CUR) < old.st_size)
			return 0; /* it has grown meanwhile: first its rest */
		close(w->fd);
		w->fd = gt_take_fd(&fd);
		return 0;
	}
	if (lseek(w->fd, 0, SEEK_CUR) <= old.st_size)
		return 0;
	if (lseek(w->fd, 0, SEEK_SET) < 0)
		return gt_err_sys(e, -errno, "cannot read the log anew");
	return gt_log_reader_cut(&w->reader, e);
}

/* The end of what there is. 1: more may come; 0: it is the end. */
static int wait_for_growth(struct work *w, struct gt_err *e)
{
	int r;

	if (!w->a->follow || !w->found.path[0])
		return 0;
	(void)usleep(200000);
	r = follow_rotation(w, e);
	return r < 0 ? r : 1;
}

static int read_log(struct work *w, struct gt_err *e)
{
	bool follow = w->a->follow;
	int64_t next = gt_now_ms() + JUDGE_MS;
	uint64_t n;
	int r;

	for (;;) {
		if (follow && gt_now_ms() >= next) {
			r = judge_changes(w, e);
			if (r < 0)
				return r == -EPIPE ? 0 : r;
			next = gt_now_ms() + JUDGE_MS;
		}
		if (!may_have_more(w, follow ? JUDGE_MS : -1))
			continue;
		r = gt_log_reader_feed(&w->reader, w->fd, &n, e);
		if (r == 0 && w->reader.seen.sure)
			return 0; /* the newest line comes first: the rest would tell no more */
		if (r == 0 && n == 0) {
			r = wait_for_growth(w, e);
			if (r == 0)
				return 0;
		}
		if (r < 0)
			return r;
	}
}

static int print(struct work *w, struct gt_err *e)
{
	struct gt_buf doc = {0};
	int r = gt_log_reader_judge(&w->reader, &w->found.known, w->now, e);

	if (w->watch && (r == 0 || r == -ENODATA)) {
		gt_diagnose_watch(w->out, &w->found, w->watch, w->now);
		return 0;
	}
	if (r < 0)
		return r;
	if (w->a->follow && !w->a->json) {
		gt_diagnose_changes(w->out, w->now, w->before->lines ? w->before : NULL);
	} else if (w->a->json) {
		gt_diagnosis_json(w->now, &doc);
		gt_cli_json_doc(w->out, &doc);
	} else {
		gt_diagnose_page(w->out, w->now);
	}
	if (w->a->value[GT_OPT_OUT])
		return gt_diagnose_plots(w->out, w->now, w->a->value[GT_OPT_OUT], w->a->json, e);
	return 0;
}

/* What was rotated away comes before the log itself. */
static int read_older(struct work *w, struct gt_err *e)
{
	uint64_t n;
	int r;

	for (unsigned i = 0; i < w->found.older.n; i++) {
		do {
			r = gt_log_reader_feed(&w->reader, w->found.older.fd[i], &n, e);
		} while (r == 0 && n > 0);
		if (r == 0)
			r = gt_log_reader_next(&w->reader, e);
		if (r < 0)
			return gt_err_wrap(e, "a rotated piece of the log");
	}
	return 0;
}

/* The whole log of W goes through the worker. */
static int read_all(struct work *w, struct gt_err *e)
{
	int r;

	w->fd = open_log(w, e);
	if (w->fd < 0)
		return w->fd;
	w->from = w->found.older.n == 0 && !w->a->follow ? lseek(w->fd, 0, SEEK_CUR) : -1;
	r = add_cpu_stat(w, e);
	if (r == 0)
		r = gt_log_reader_start(&w->reader, &w->found.known, e);
	if (r == 0)
		r = read_older(w, e);
	gt_log_pieces_close(&w->found.older);
	if (r == 0)
		r = read_log(w, e);
	if (r == 0)
		r = gt_log_reader_close(&w->reader, e);
	if (r == 0 && w->reader.seen.order != GT_LO_FORWARD)
		r = gt_log_turn(&w->reader, w->fd, w->from, &w->found.known, e);
	close(w->fd);
	w->fd = -1;
	if (r == 0)
		r = gt_log_end(&w->found, e);
	return r < 0 ? r : add_dump(w, e);
}

static int diagnose(struct work *w, struct gt_err *e)
{
	int r = read_all(w, e);

	return r < 0 ? r : print(w, e);
}

static int run_diagnose(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	struct work w = {.a = a, .out = out, .found = {.fd = -1}, .fd = -1};
	struct gt_err e = {0};
	int r;

	w.watch = a->value[GT_OPT_WATCH_CONTAINER];
	if (w.watch && (a->n_pos || a->value[GT_OPT_FILE] || a->follow || a->json))
		return gt_cli_fail(out, GT_EXIT_USAGE,
				   "--watch takes the container, and nothing else");
	if (a->n_pos && a->value[GT_OPT_FILE])
		return gt_cli_fail(out, GT_EXIT_USAGE, "give a container or --file, not both");
	if (!w.watch && !a->n_pos && !a->value[GT_OPT_FILE] && isatty(STDIN_FILENO) == 1)
		return gt_cli_fail(
			out, GT_EXIT_USAGE,
			"give a container, --file LOG, or pipe a log into: gotune diagnose -");
	w.now = calloc(1, sizeof(*w.now));
	w.before = calloc(1, sizeof(*w.before));
	r = w.now && w.before ? diagnose(&w, &e) : gt_err_set(&e, -ENOMEM, "out of memory");
	gt_log_reader_done(&w.reader);
	free(w.now);
	free(w.before);
	if (r == 0)
		return GT_EXIT_OK;
	gt_buf_done(&out->buf); /* nothing half-printed */
	return gt_cli_fail(out, r == -ENOMEM ? GT_EXIT_SYSTEM : GT_EXIT_BROKEN, "%s", e.msg);
}

const struct gt_cli_command gt_cmd_diagnose = {
	.name = "diagnose",
	.operands = "[CONTAINER]",
	.summary = "say what is wrong with a Go service, from what its runtime prints",
	.about =
		"Reads lines of GODEBUG=gctrace=1, gcpacertrace=1, schedtrace=MS, scheddetail=1 and "
		"http2debug=1 on standard input, in a file, or in CONTAINER's log, however they were wrapped, "
		"compressed, torn or mixed with others. On a Kubernetes node CONTAINER may be POD/CONTAINER.\n"
		"A log file needs no privilege: kubectl logs POD | gotune diagnose -\n"
		"Each verdict has its evidence, what speaks against it, and what to do.\n",
	.options = GT_OPT_BIT(GT_OPT_FILE) | GT_OPT_BIT(GT_OPT_DUMP) | GT_OPT_BIT(GT_OPT_CPU_STAT) |
		   GT_OPT_BIT(GT_OPT_OUT) | GT_OPT_BIT(GT_OPT_FOLLOW) |
		   GT_OPT_BIT(GT_OPT_WATCH_CONTAINER) | GT_OPTS_FORMAT | GT_OPTS_RECORDS,
	.max_pos = 1,
	.missing = "give one container, --file LOG, or - for standard input",
	.run = run_diagnose,
};
