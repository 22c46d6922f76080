/*
 * A run of gotuned: what it opens with privilege, the privilege that it gives up, the loop.
 * Effectful.
 */
#include <string.h>
#include <sys/resource.h>

#include "follow.h"
#include "gotune/daemon.h"
#include "gotune/inspect.h"
#include "gotune/sandbox.h"
#include "known.h"
#include "loop.h"

/* A pidfd and two directories for each container, and the files that are kept. */
#define FILES (3 * (rlim_t)GT_KNOWN_MAX + GT_KEPT_MAX + 64)

#define X(name) &gt_part_##name,
static const struct gt_part *const parts[] = {GT_DAEMON_PARTS(X) NULL};
#undef X

/*
 * As many files as there may be containers; with fewer, the later ones are looked at less closely.
 * What is kept for speed alone takes a quarter at most.
 */
static void raise_files(struct gt_daemon *d)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return;
	if (l.rlim_cur < FILES) {
		l.rlim_cur = l.rlim_max < FILES ? l.rlim_max : FILES;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
	d->kept_max = l.rlim_cur / 4 < GT_KEPT_MAX ? (uint32_t)(l.rlim_cur / 4) : GT_KEPT_MAX;
}

static int choose_dir(struct gt_daemon *d, struct gt_err *e)
{
	if (!gt_copy_str(d->record_dir, sizeof(d->record_dir),
			 d->in->record_dir ? d->in->record_dir : GT_RECORD_DIR))
		return gt_err_set(e, -ENAMETOOLONG, "the directory of records is too long a name");
	return 0;
}

static bool want(struct gt_daemon *d)
{
	bool any = false;

	d->part = parts;
	d->n_part = GT_PART_COUNT;
	for (unsigned i = 0; i < d->n_part; i++) {
		d->wanted[i] = (!d->in->beside || i == GT_PART_metrics) && d->part[i]->is_wanted(d);
		any = any || d->wanted[i];
	}
	return any;
}

static int start_parts(struct gt_daemon *d, struct gt_err *e)
{
	for (unsigned i = 0; i < d->n_part; i++) {
		int r = d->wanted[i] && d->part[i]->start ? d->part[i]->start(d, e) : 0;

		if (r < 0)
			return r;
		d->due_ms[i] = gt_now_ms() + d->part[i]->tick_ms;
	}
	return 0;
}

static void log_parts(const struct gt_daemon *d)
{
	char text[256] = "";

	for (unsigned i = 0; i < d->n_part; i++) {
		if (!d->wanted[i])
			continue;
		(void)gt_append(text, sizeof(text), *text ? ", " : "");
		(void)gt_append(text, sizeof(text), d->part[i]->name);
	}
	gt_log(GT_LOG_INFO, "looks after %s: %s", d->record_dir, text);
}

static int begin(struct gt_daemon *d, struct gt_err *e)
{
	int r = choose_dir(d, e);

	raise_files(d);
	d->mounts = gt_cg_mounts(d->root);
	if (r == 0)
		r = gt_loop_open(d, e);
	if (r == 0)
		r = gt_records_open(d, e);
	if (r == 0)
		r = start_parts(d, e);
	if (r == 0)
		r = gt_phase_enter(GT_PHASE_DAEMON, e);
	if (r == 0)
		r = gt_records_follow(d, e);
	d->look_ms = gt_now_ms() + GT_LOOK_EVERY_MS;
	return r;
}

static void end(struct gt_daemon *d)
{
	gt_records_close(d);
	gt_known_done(d);
	for (unsigned i = 0; i < d->n_part; i++) {
		if (d->wanted[i] && d->part[i]->stop)
			d->part[i]->stop(d);
	}
	gt_loop_close(d);
	gt_pages_done(&d->view);
	gt_policy_watch_free(d->watch);
	free(d->mounts);
	gt_cleanup_close(&d->root);
}

int gt_daemon_run(const struct gt_daemon_in *in, enum gt_daemon_end *ret_end, struct gt_err *e)
{
	struct gt_daemon d = {.in = in,
			      .root = -1,
			      .records = -1,
			      .epoll = -1,
			      .timer.fd = -1,
			      .signals.fd = -1,
			      .inotify.fd = -1,
			      .wd = -1};
	int r = d.root = gt_root_open(NULL, e);

	if (r >= 0)
		r = gt_follow_policy_open(&d, e);
	if (r == 0 && !want(&d)) {
		*ret_end = GT_DAEMON_IDLE;
		end(&d);
		return 0;
	}
	if (r == 0)
		r = begin(&d, e);
	if (r == 0) {
		log_parts(&d);
		r = gt_loop_run(&d, e);
	}
	if (r == 0)
		*ret_end = GT_DAEMON_TOLD;
	end(&d);
	return r;
}
