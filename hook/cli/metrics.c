/*
 * gotune metrics: what gotuned serves, once, for node_exporter's textfile collector. Effects: reads
 * the directory of records, /proc and cgroups; writes the file of --output.
 */
#include <time.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/lessons.h"
#include "gotune/metrics.h"
#include "gotune/model.h"
#include "gotune/record.h"

#define ROWS \
	500 /* containers with metrics of their own, as the policy's daemon.containers has it */

/* All containers that are found. */
struct fleet {
	int root, dirfd;
	int64_t now;
	char *mounts;
	struct gt_record_view *view;
	struct gt_metrics_container **container; /* N of them, owned */
	struct gt_metrics m;
	struct gt_pages lessons;
};

static void fleet_done(struct fleet *f)
{
	for (uint32_t i = 0; i < f->m.n_container; i++)
		free(f->container[i]);
	free(f->container);
	free(f->mounts);
	free(f->view);
	gt_pages_done(&f->lessons);
	gt_cleanup_close(&f->root);
	gt_cleanup_close(&f->dirfd);
}

static int add(struct fleet *f, int64_t pid)
{
	struct gt_metrics_container *c = malloc(sizeof(*c));
	struct gt_usage_dirs dirs;

	if (!c)
		return -ENOMEM;
	gt_metrics_container_of(f->view, c);
	c->own_row = f->m.n_container < ROWS;
	gt_usage_open(f->root, f->mounts, pid, &dirs);
	c->has_usage = gt_usage_read(&dirs, NULL, &c->usage);
	gt_usage_close(&dirs);
	f->container[f->m.n_container++] = c;
	return 0;
}

static int look_at(struct fleet *f, const char *id)
{
	int r = gt_record_view_load(f->dirfd, id, f->view, NULL, NULL, NULL);
	int64_t pid = 0;

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		f->m.n_unreadable += r != -ENOENT; /* it was removed meanwhile */
		return 0;
	}
	return gt_record_is_gone(f->root, f->view, f->now, &pid) ? 0 : add(f, pid);
}

static int look_at_all(struct fleet *f)
{
	_cleanup_free_ char(*id)[GT_ID_MAX] = NULL;
	uint32_t n = 0, dropped = 0;
	int r = gt_record_ids(f->dirfd, &id, &n, &dropped);

	if (r < 0)
		return r == -ENOENT ? 0 : r; /* no container had one yet */
	f->m.n_unreadable += dropped;
	f->mounts = gt_cg_mounts(f->root);
	f->view = malloc(sizeof(*f->view));
	f->container = calloc(n + 1, sizeof(struct gt_metrics_container *));
	if (!f->view || !f->container)
		return -ENOMEM;
	for (uint32_t i = 0; i < n && r == 0; i++)
		r = look_at(f, id[i]);
	return r;
}

/* Fills F from the records below DIR; there may be none yet. */
static int gather(struct fleet *f, const char *dir, const char *state_dir, struct gt_err *e)
{
	int r;

	f->root = gt_root_open(NULL, e);
	if (f->root < 0)
		return f->root;
	f->now = time(NULL);
	(void)!gt_lessons_read(f->root, state_dir, &f->lessons); /* there may be none */
	f->m.lessons = &f->lessons;
	f->dirfd = gt_record_dir_open(dir, false, e);
	if (f->dirfd == -ENOENT) {
		f->m.has_counts = f->m.has_durations = true;
		return 0;
	}
	if (f->dirfd < 0)
		return f->dirfd;
	r = look_at_all(f);
	if (r < 0)
		return gt_err_sys(e, r, "cannot read the records in %s", dir);
	f->m.container = (const struct gt_metrics_container *const *)f->container;
	f->m.has_counts = gt_record_counters(f->dirfd, f->m.count) == 0;
	f->m.has_durations = gt_record_durations(f->dirfd, &f->m.durations) == 0;
	return 0;
}

static int print(const struct gt_cli_args *a, struct gt_cli_out *out, const struct fleet *f)
{
	_cleanup_(gt_buf_done) struct gt_buf text = {0};
	const char *path = a->value[GT_OPT_OUTPUT];
	int r;

	gt_metrics_write(&f->m, a->openmetrics ? GT_METRICS_OPENMETRICS : GT_METRICS_TEXT, &text);
	if (text.error)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "out of memory");
	if (!path) {
		gt_buf_add(&out->buf, text.p, text.len);
		return GT_EXIT_OK;
	}
	r = gt_cli_write_file(path, &text);
	return r < 0 ? gt_cli_fail(out, GT_EXIT_SYSTEM, "cannot write %s: %s", path, strerror(-r))
		     : GT_EXIT_OK;
}

static int run_metrics(const struct gt_cli_args *a, struct gt_cli_out *out)
{
	_cleanup_(fleet_done) struct fleet f = {.root = -1, .dirfd = -1};
	char own[GT_RECORD_DIR_CAP];
	struct gt_err e = {0};
	int r = gather(&f, gt_cli_record_dir(a, own), a->value[GT_OPT_STATE_DIR], &e);

	if (r == -EACCES || r == -EPERM)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s; run it as root", e.msg);
	if (r < 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "%s", e.msg);
	return print(a, out, &f);
}

const struct gt_cli_command gt_cmd_metrics = {
	.name = "metrics",
	.operands = "",
	.summary = "print metrics of decisions and of tuned containers, for Prometheus",
	.about = "What gotuned serves, once: for the textfile collector of node_exporter.\n",
	.options = GT_OPTS_RECORDS | GT_OPT_BIT(GT_OPT_OUTPUT) | GT_OPT_BIT(GT_OPT_OPENMETRICS) |
		   GT_OPT_BIT(GT_OPT_STATE_DIR),
	.missing = "it takes options alone: gotune metrics --output FILE",
	.run = run_metrics,
};
