/*
 * The plugin as a program: connects, serves, and connects again when the runtime was restarted.
 * Effectful.
 */
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include "connect.h"
#include "place.h"
#include "plugin.h"

#define WAIT_FIRST_MS 100u
#define WAIT_MAX_MS   5000u

static void wait_ms(unsigned ms)
{
	const struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	(void)nanosleep(&t, NULL); /* early is as well */
}

/* Process 1 of a container ignores what it has no handler for. */
static void end_now(int sig)
{
	(void)sig;
	_exit(0);
}

static void take_signals(void)
{
	static const int sigs[] = {SIGTERM, SIGINT, SIGHUP};
	const struct sigaction a = {.sa_handler = end_now};

	for (size_t i = 0; i < GT_ARRAY_LEN(sigs); i++)
		(void)sigaction(sigs[i], &a, NULL); /* fails for no such signal */
	(void)signal(SIGPIPE, SIG_IGN);
}

/* The runtime is behind FD. May we act on processes that it tells of? */
static void take_place(struct gt_nri_plugin *p, int fd)
{
	int r;

	if (p->env_only)
		return;
	p->starts = gt_nri_shares_pids(fd);
	if (!p->starts) {
		gt_log(GT_LOG_WARNING,
		       "the runtime's process ids are not ours: variables are added, "
		       "and nothing is done when a container starts; a pod needs hostPID");
		return;
	}
	r = gt_nri_join_cgroups(fd);
	if (r < 0)
		gt_log(GT_LOG_WARNING,
		       "cannot join the runtime's cgroup namespace: %s: limits may stay unknown",
		       strerror(-r));
}

/* One connection, to its end. Was the runtime there at all? */
static bool serve_once(struct gt_nri_plugin *p, const char *socket_path, const char *name,
		       const char *index, int *last_error)
{
	const struct gt_nri_ops ops = gt_nri_plugin_ops(p);
	_cleanup_close_ int fd = gt_nri_connect(socket_path, 0);
	struct gt_err e = {0};
	int r;

	if (fd < 0) {
		if (fd != *last_error) /* once, not every five seconds */
			gt_log(GT_LOG_WARNING, "%s: %s: we try again until it is there",
			       socket_path, strerror(-fd));
		*last_error = fd;
		return false;
	}
	take_place(p, fd);
	r = gt_nri_serve(fd, name, index, &ops, &e);
	gt_nri_note_write(p, NULL);
	if (r != *last_error || r == 0)
		gt_log(r < 0 ? GT_LOG_WARNING : GT_LOG_INFO, "%s: %s: we connect again",
		       socket_path, r < 0 ? e.msg : "the runtime has closed");
	*last_error = r;
	return r == 0;
}

int gt_nri_run(struct gt_nri_plugin *p, const char *socket_path, int fd, const char *name,
	       const char *index, struct gt_err *e)
{
	const struct gt_nri_ops ops = gt_nri_plugin_ops(p);
	unsigned wait = WAIT_FIRST_MS;
	int last_error = 0;

	take_signals();
	gt_nri_note_write(p, NULL);
	if (fd >= 0) {
		take_place(p, fd);
		return gt_nri_serve(fd, name, index, &ops, e);
	}
	for (;;) {
		gt_nri_look(p);
		bool was_there = serve_once(p, socket_path, name, index, &last_error);

		wait = was_there ? WAIT_FIRST_MS : wait;
		wait_ms(wait);
		wait = wait * 2 < WAIT_MAX_MS ? wait * 2 : WAIT_MAX_MS;
	}
}
