/*
 * A container is about to be created: which variables is it to get? Effectful: forks.
 *
 * Theory of operation. All pods of the node wait for this answer, and what it depends on
 * (containerd, files of an image) may be slow. So a child finds it out and has a budget; past that
 * the answer is empty, and the child is killed: what can still be done is done when the container
 * starts. The child keeps the record only after the parent has said that its answer was in time.
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "gotune/record.h"
#include "gotune/sandbox.h"
#include "plugin.h"
#include "snapshot.h"

/* The child's answer. */
struct answer {
	uint32_t n;
	struct gt_nri_variable v[GT_VAR_COUNT];
};

static void say(struct answer *a, const struct gt_adjustment *adjust, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		(void)gt_copy_str(a->v[i].name, sizeof(a->v[i].name), adjust[i].name); /* ours */
		if (!gt_copy_str(a->v[i].value, sizeof(a->v[i].value), adjust[i].value))
			return; /* cannot be: both have 512 bytes */
		a->n++;
	}
}

/* Did the parent take it? */
static bool is_taken(int sock)
{
	char c;
	ssize_t n;

	do
		n = read(sock, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static void decide(const struct gt_nri_plugin *p, struct gt_machine *m,
		   const struct gt_nri_peer *peer, const struct gt_typed *t, int sock,
		   int64_t until_ms)
{
	_cleanup_free_ struct gt_typed_root *root = malloc(sizeof(*root));
	char bundle[GT_PATH_CAP] = "";
	struct gt_ask ask = {.machine = m, .stage = "create"};
	struct gt_adjustment adjust[GT_VAR_COUNT];
	struct gt_decision d = GT_DECISION_NONE;
	struct gt_err e = {0}, why = {0};
	struct answer a = {0};
	unsigned n = 0;

	if (!root)
		return;
	if (gt_nri_find_root(p, peer, t, until_ms, root, &why) < 0)
		gt_log(GT_LOG_DEBUG, "%s: %s", t->id, why.msg);
	gt_nri_bundle_of(p, peer, t->id, bundle);
	ask.from = (struct gt_source){
		.kind = GT_SOURCE_TYPED, .typed = t, .root = root, .id = t->id, .bundle = bundle};
	if (gt_decide(&ask, &d, &e) == 0)
		n = gt_carry_typed(&d, !p->starts, adjust);
	else
		gt_log(GT_LOG_ERROR, "%s: nothing was tuned: %s", t->id, e.msg);
	say(&a, adjust, n);
	if (send(sock, &a, sizeof(a), MSG_NOSIGNAL) == (ssize_t)sizeof(a) && is_taken(sock) &&
	    d.rec && (n > 0 || !p->starts)) {
		gt_log_faults(&d);
		gt_log_decision(&d);
		gt_keep(&d, 0, &e);
	}
	gt_decide_done(&d);
}

static _Noreturn void work(const struct gt_nri_plugin *p, const struct gt_nri_peer *peer,
			   const struct gt_typed *t, int sock, int64_t until_ms)
{
	_cleanup_(gt_machine_done) struct gt_machine m = GT_MACHINE_NONE;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* else its deadline ends it */
	gt_nri_open_machine(p, &m);
	if (!m.off)
		decide(p, &m, peer, t, sock, until_ms);
	_exit(0);
}

/* Waits until UNTIL_MS for a whole answer. */
static bool hear(int sock, int64_t until_ms, struct answer *ret)
{
	struct pollfd w = {.fd = sock, .events = POLLIN};
	int64_t left = until_ms - gt_now_ms();
	int r = left > 0 ? poll(&w, 1, (int)left) : 0;

	return r > 0 && recv(sock, ret, sizeof(*ret), MSG_DONTWAIT) == (ssize_t)sizeof(*ret);
}

/* It comes from a child that decided about a hostile container, if not from one that parsed it. */
static unsigned take(const struct answer *a, const struct gt_typed *t,
		     struct gt_nri_variable ret[GT_VAR_COUNT])
{
	unsigned n = 0;

	for (uint32_t i = 0; i < a->n && i < GT_VAR_COUNT; i++) {
		for (unsigned v = 0; v < GT_VAR_COUNT; v++) {
			if (strcmp(a->v[i].name, gt_var_name[v]) == 0 && !t->bundle.var[v].present)
				ret[n++] = a->v[i];
		}
	}
	return n;
}

unsigned gt_nri_on_create(void *ctx, const struct gt_nri_peer *peer, const struct gt_typed *t,
			  struct gt_nri_variable ret[GT_VAR_COUNT])
{
	const struct gt_nri_plugin *p = ctx;
	int64_t until = gt_now_ms() + p->budget_ms;
	struct answer a = {0};
	unsigned n = 0;
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return 0;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		work(p, peer, t, fds[1], until);
	}
	close(fds[1]);
	if (pid > 0 && hear(fds[0], until, &a)) {
		n = take(&a, t, ret);
		/* It goes on to write its record, and is reaped with the next ones. */
		(void)!send(fds[0], "", 1, MSG_NOSIGNAL);
	} else if (pid > 0) {
		gt_log(GT_LOG_INFO, "%s: no decision within %u ms: nothing is added", t->id,
		       p->budget_ms);
		(void)gt_end_child(pid);
	}
	close(fds[0]);
	return n;
}
