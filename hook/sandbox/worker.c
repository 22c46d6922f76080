/*
 * A forked child that does jobs for its parent, one at a time.
 *
 * Theory of operation. Parent and child share a stream socket (sandbox/wire.c). A request is a
 * header, with the job's file as SCM_RIGHTS, and the input; a reply is a header with the error's
 * text, and the result. Both sides know every length beforehand from the table of jobs; nothing
 * that the other side sends sizes a buffer. The parent bounds the time, and kills a child that took
 * longer or that talks nonsense. Privilege: the child enters its phase before it reads one byte.
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "fds.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "wire.h"

struct request {
	uint32_t job;
	uint32_t in_len;
};

struct reply {
	int32_t result;
	uint32_t len; /* of what follows: see gt_wire_used */
	struct gt_err err;
};

/* What an answer of JOB has at least. */
static size_t fixed_part(const struct gt_job *job)
{
	return job->ret_arena ? job->ret_arena + sizeof(struct gt_arena) : job->ret_len;
}

/* ---- the child ---- */

static int recv_request(int sock, struct request *req, int *ret_fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ctl;
	struct iovec v = {req, sizeof(*req)};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = ctl.buf,
			   .msg_controllen = sizeof(ctl)};
	struct cmsghdr *c;
	ssize_t n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC | MSG_WAITALL);

	*ret_fd = -1;
	if (n != (ssize_t)sizeof(*req))
		return -EPIPE; /* the parent has gone */
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	return 0;
}

/* IN with a NUL behind it, then room for RET, which is a struct. */
struct room {
	char *in, *ret;
};

/* All but the bytes of an arena is zero: those are not read before they are written. */
static int make_room(size_t in_len, const struct gt_job *job, struct room *r)
{
	size_t in = (in_len / _Alignof(max_align_t) + 1) * _Alignof(max_align_t);

	r->in = malloc(in + job->ret_len);
	if (!r->in)
		return -ENOMEM;
	r->in[in_len] = '\0';
	r->ret = r->in + in;
	memset(r->ret, 0, fixed_part(job));
	return 0;
}

/* Does JOB, or says why this worker does none (READY, WHY). */
static int do_job(int sock, const struct gt_job *job, const struct request *req, int fd, int ready,
		  const struct gt_err *why)
{
	struct reply rep = {.result = ready, .err = *why};
	struct room room;
	int r = make_room(req->in_len, job, &room);

	if (r == 0)
		r = gt_wire_read(sock, room.in, req->in_len, 0);
	if (r == 0) {
		if (ready == 0)
			rep.result =
				job->fn(fd, room.in, req->in_len, room.ret, job->ret_len, &rep.err);
		/* Now: a file system may take its time, which is the job's. */
		if (fd >= 0)
			close(fd);
		if (rep.result >= 0)
			rep.len = (uint32_t)gt_wire_used(room.ret, job->ret_len, job->ret_arena);
		r = gt_wire_send(sock, &rep, sizeof(rep), -1, room.ret, rep.len, 0);
	} else if (fd >= 0) {
		close(fd);
	}
	free(room.in);
	return r;
}

/* READY is 0, or what keeps this worker from doing any job, with its error in WHY. */
static int serve_one(int sock, const struct gt_job *jobs, unsigned n_jobs, int ready,
		     const struct gt_err *why)
{
	struct request req = {0};
	int fd = -1, r = recv_request(sock, &req, &fd);

	if (r == 0 && (req.job >= n_jobs || req.in_len > jobs[req.job].in_max))
		r = -EBADMSG;
	if (r == 0)
		return do_job(sock, &jobs[req.job], &req, fd, ready, why);
	if (fd >= 0)
		close(fd);
	return r;
}

/* The child's life: jobs until the parent closes. One that could not get ready says so to each. */
static _Noreturn void serve(int sock, enum gt_phase phase, const struct gt_job *jobs,
			    unsigned n_jobs, int (*setup)(void *), void *setup_ctx)
{
	struct gt_err why = {0};
	int kept, ready;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* without it the closed socket ends us, later */
	ready = setup ? setup(setup_ctx) : 0;
	kept = gt_keep_one(sock);
	if (kept >= 0)
		sock = kept;
	if (ready < 0)
		(void)gt_err_sys(&why, ready, "cannot enter the container's namespaces");
	else if (kept < 0)
		ready = gt_err_sys(&why, kept, "cannot close descriptors");
	else
		ready = gt_phase_enter(phase, &why);
	while (serve_one(sock, jobs, n_jobs, ready, &why) == 0)
		;
	_exit(0);
}

/* ---- the parent ---- */

void gt_worker_end(struct gt_worker *w)
{
	if (w->pid <= 0 || w->ended)
		return;
	w->ended = true;
	if (w->borrowed)
		return;
	/* Our own unreaped child: the pid is still its. Or it sees the end of its input. */
	if (kill(w->pid, SIGKILL) < 0)
		(void)shutdown(w->sock, SHUT_WR);
}

/* One that is stuck in the kernel, reading from a dead server's file system, is left to init. */
static void kill_worker(struct gt_worker *w)
{
	gt_worker_end(w);
	if (w->pid > 0 && !w->borrowed)
		(void)gt_reap_within(w->pid, GT_END_WAIT_MS, NULL);
	w->pid = 0;
	gt_cleanup_close(&w->sock);
	w->sock = -1;
}

static int broken(struct gt_err *e, int r)
{
	return gt_err_set(e, r,
			  r == -ETIMEDOUT ? "the sandboxed worker took too long and was killed"
					  : "the sandboxed worker died");
}

/* The answer of JOB into RET: no more than its room, and as much as its own arena says. */
static int read_answer(int sock, const struct gt_job *job, size_t len, void *ret, int64_t deadline)
{
	int r;

	if (len < fixed_part(job) || len > job->ret_len)
		return -EPIPE;
	r = gt_wire_read(sock, ret, len, deadline);
	return r == 0 && gt_wire_used(ret, job->ret_len, job->ret_arena) != len ? -EPIPE : r;
}

static int await_reply(struct gt_worker *w, const struct gt_job *job, int64_t deadline, void *ret,
		       struct gt_err *e)
{
	struct reply rep;
	int r = gt_wire_read(w->sock, &rep, sizeof(rep), deadline);

	if (r == 0 && rep.result >= 0)
		r = read_answer(w->sock, job, rep.len, ret, deadline);
	else if (r == 0 && rep.len != 0)
		r = -EPIPE;
	if (r < 0)
		return broken(e, r);
	rep.err.msg[sizeof(rep.err.msg) - 1] = '\0';
	if (rep.result < 0)
		return gt_err_set(e, rep.result < -4095 ? -EIO : rep.result, "%s", rep.err.msg);
	return 0;
}

int gt_worker_start(struct gt_worker *ret, enum gt_phase phase, const struct gt_job *jobs,
		    unsigned n_jobs, int (*setup)(void *), void *setup_ctx, struct gt_err *e)
{
	struct gt_worker w = {
		.sock = -1, .left_ms = GT_WORKER_TOTAL_MS, .jobs = jobs, .n_jobs = n_jobs};
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return gt_err_sys(e, -errno, "cannot make the worker's socket");
	w.pid = fork();
	if (w.pid < 0) {
		r = -errno;
		close(pair[0]);
		close(pair[1]);
		return gt_err_sys(e, r, "cannot fork the worker");
	}
	if (w.pid == 0) {
		close(pair[0]);
		serve(pair[1], phase, jobs, n_jobs, setup, setup_ctx);
	}
	close(pair[1]);
	w.sock = pair[0];
	*ret = w;
	return 0;
}

int gt_worker_call(struct gt_worker *w, unsigned i, int fd, const void *in, size_t in_len,
		   void *ret, unsigned timeout_ms, struct gt_err *e)
{
	int64_t begin = gt_now_ms();
	int64_t deadline = begin + (timeout_ms < w->left_ms ? timeout_ms : w->left_ms);
	struct request req = {.job = i, .in_len = (uint32_t)in_len};
	int r;

	if (w->pid <= 0 || w->ended)
		return gt_err_set(e, -EPIPE, "the sandboxed worker has ended");
	if (i >= w->n_jobs || in_len > w->jobs[i].in_max)
		return gt_err_set(e, -EINVAL, "no such job, or too large an input");
	r = gt_wire_send(w->sock, &req, sizeof(req), fd, in, in_len, deadline);
	if (r < 0)
		r = broken(e, r);
	else
		r = await_reply(w, &w->jobs[i], deadline, ret, e);
	w->left_ms -= gt_now_ms() - begin;
	if (r == -EPIPE || r == -ETIMEDOUT)
		kill_worker(w);
	return r;
}

void gt_worker_borrow(const struct gt_worker *w, int sock, struct gt_worker *ret)
{
	*ret = *w;
	ret->sock = sock;
	ret->borrowed = true;
}

void gt_worker_done(struct gt_worker *w)
{
	if (w && w->pid > 0)
		kill_worker(w);
}
