/*
 * A log is read, unpacked and judged in a sandboxed worker, which can open nothing, and answers
 * with a report that is checked. Effects: forks the worker.
 *
 * The descriptor of the log is handed over with each call, so it stays the parent's to wait for and
 * to open anew. The time of a call is not bounded: a pipe may be quiet for long, and who asked can
 * end it.
 */
#include "diagnose.h"
#include "gotune/sandbox.h"

#define DUMP_MAX (96u << 20)
#define JUDGE_MS 20000

enum { JOB_NEW, JOB_FEED, JOB_BACK, JOB_NEXT, JOB_CUT, JOB_CLOSE, JOB_DUMP, JOB_JUDGE };

/* ---- in the worker ---- */

/* Between its jobs; the parent's stays empty. */
static struct {
	struct gt_diagnose *d;
	struct gt_log_source *log;
} mine;

static int do_new(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		  struct gt_err *e)
{
	(void)fd, (void)ret, (void)ret_len;
	if (in_len != sizeof(struct gt_diagnose_known))
		return -EINVAL;
	gt_diagnose_free(mine.d); /* a log is read anew */
	gt_log_free(mine.log);
	mine.d = gt_diagnose_new(in);
	mine.log = gt_log_new();
	return mine.d && mine.log ? 0 : gt_err_set(e, -ENOMEM, "out of memory");
}

static void say_seen(uint64_t n, struct gt_log_seen *ret)
{
	*ret = (struct gt_log_seen){.n = n, .packed = gt_log_is_packed(mine.log)};
	ret->order = gt_diagnose_order(mine.d, &ret->sure);
}

/* One read, and all that its bytes unpack to. */
static int do_feed(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		   struct gt_err *e)
{
	uint64_t all = 0;
	const char *p;
	size_t n;
	int r;

	(void)in, (void)in_len, (void)ret_len;
	do {
		r = gt_log_next(mine.log, fd, &p, &n, e);
		if (r < 0)
			return r;
		gt_diagnose_feed(mine.d, p, n);
		all += n;
	} while (n > 0 && gt_log_has_more(mine.log));
	say_seen(all, ret);
	return 0;
}

/* The bytes that are asked for, and no others. */
static int do_back(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		   struct gt_err *e)
{
	static char block[GT_LOG_BLOCK];
	uint32_t want;

	(void)ret_len;
	if (in_len != sizeof(want))
		return -EINVAL;
	memcpy(&want, in, sizeof(want));
	if (want > sizeof(block))
		return -EINVAL;
	for (uint32_t at = 0; at < want;) {
		ssize_t n = read(fd, block + at, want - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return gt_err_sys(e, -errno, "cannot read the log");
		if (n == 0)
			return gt_err_set(e, -EBADMSG, "the log was cut while it was read");
		at += (uint32_t)n;
	}
	gt_diagnose_feed_back(mine.d, block, want);
	say_seen(want, ret);
	return 0;
}

static int do_next(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		   struct gt_err *e)
{
	(void)fd, (void)in, (void)in_len, (void)ret, (void)ret_len;
	gt_log_free(mine.log);
	mine.log = gt_log_new();
	return mine.log ? 0 : gt_err_set(e, -ENOMEM, "out of memory");
}

static int do_cut(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		  struct gt_err *e)
{
	(void)fd, (void)in, (void)in_len, (void)ret, (void)ret_len, (void)e;
	gt_diagnose_feed(mine.d, "\n", 1);
	return 0;
}

static int do_close(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		    struct gt_err *e)
{
	(void)fd, (void)in, (void)in_len, (void)ret_len, (void)e;
	gt_diagnose_close(mine.d);
	say_seen(0, ret);
	return 0;
}

static int read_dump(int fd, char *buf, size_t *ret_len, struct gt_err *e)
{
	for (size_t at = 0;;) {
		ssize_t n = read(fd, buf + at, DUMP_MAX - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return gt_err_sys(e, -errno, "cannot read it");
		if (n == 0) {
			*ret_len = at;
			return 0;
		}
		at += (size_t)n;
		if (at == DUMP_MAX)
			return gt_err_set(e, -EFBIG, "it is larger than %u MiB", DUMP_MAX >> 20);
	}
}

static int do_dump(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		   struct gt_err *e)
{
	_cleanup_free_ char *text = malloc(DUMP_MAX);
	size_t len = 0;
	int r = text ? read_dump(fd, text, &len, e) : gt_err_set(e, -ENOMEM, "out of memory");

	(void)in, (void)in_len, (void)ret, (void)ret_len;
	return r < 0 ? r : gt_diagnose_dump(mine.d, text, len, e);
}

static int do_judge(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		    struct gt_err *e)
{
	(void)fd, (void)in, (void)in_len, (void)ret_len;
	return gt_diagnose_judge(mine.d, ret, e);
}

/* ---- in the parent ---- */

static const struct gt_job jobs[] = {
	[JOB_NEW] = {.fn = do_new, .in_max = sizeof(struct gt_diagnose_known)},
	[JOB_FEED] = {.fn = do_feed, .ret_len = sizeof(struct gt_log_seen)},
	[JOB_BACK] = {.fn = do_back,
		      .in_max = sizeof(uint32_t),
		      .ret_len = sizeof(struct gt_log_seen)},
	[JOB_NEXT] = {.fn = do_next},
	[JOB_CUT] = {.fn = do_cut},
	[JOB_CLOSE] = {.fn = do_close, .ret_len = sizeof(struct gt_log_seen)},
	[JOB_DUMP] = {.fn = do_dump},
	[JOB_JUDGE] = {.fn = do_judge, .ret_len = sizeof(struct gt_diagnosis)},
};

static int ask(struct gt_log_reader *r, unsigned job, int fd, const void *in, size_t in_len,
	       void *ret, unsigned timeout_ms, struct gt_err *e)
{
	r->worker.left_ms = INT32_MAX; /* all calls together: see above */
	return gt_worker_call(&r->worker, job, fd, in, in_len, ret, timeout_ms, e);
}

static int call(struct gt_log_reader *r, unsigned job, int fd, void *ret, unsigned timeout_ms,
		struct gt_err *e)
{
	return ask(r, job, fd, "", 0, ret, timeout_ms, e);
}

/* A job that answers with what it has seen. */
static int ask_seen(struct gt_log_reader *r, unsigned job, int fd, const void *in, size_t in_len,
		    unsigned timeout_ms, struct gt_err *e)
{
	struct gt_log_seen seen = {0};
	int res = ask(r, job, fd, in, in_len, &seen, timeout_ms, e);
	unsigned char flag[2];

	if (res < 0)
		return res;
	memcpy(&flag[0], &seen.sure, 1); /* as bools they could be undefined */
	memcpy(&flag[1], &seen.packed, 1);
	if (seen.order >= GT_LO_COUNT || flag[0] > 1 || flag[1] > 1)
		return gt_err_set(e, -EBADMSG, "the sandboxed worker sent nonsense");
	r->seen = seen;
	return 0;
}

int gt_log_reader_start(struct gt_log_reader *ret, const struct gt_diagnose_known *k,
			struct gt_err *e)
{
	int r = gt_worker_start(&ret->worker, GT_PHASE_LOG, jobs, GT_ARRAY_LEN(jobs), NULL, NULL,
				e);

	if (r < 0)
		return r;
	return gt_log_reader_renew(ret, k, e);
}

int gt_log_reader_renew(struct gt_log_reader *r, const struct gt_diagnose_known *k,
			struct gt_err *e)
{
	return ask(r, JOB_NEW, -1, k, sizeof(*k), NULL, JUDGE_MS, e);
}

int gt_log_reader_feed(struct gt_log_reader *r, int fd, uint64_t *ret_n, struct gt_err *e)
{
	int res = ask_seen(r, JOB_FEED, fd, "", 0, INT32_MAX, e);

	*ret_n = res < 0 ? 0 : r->seen.n;
	return res;
}

int gt_log_reader_back(struct gt_log_reader *r, int fd, uint32_t n, struct gt_err *e)
{
	return ask_seen(r, JOB_BACK, fd, &n, sizeof(n), INT32_MAX, e);
}

int gt_log_reader_next(struct gt_log_reader *r, struct gt_err *e)
{
	return call(r, JOB_NEXT, -1, NULL, JUDGE_MS, e);
}

int gt_log_reader_cut(struct gt_log_reader *r, struct gt_err *e)
{
	return call(r, JOB_CUT, -1, NULL, JUDGE_MS, e);
}

int gt_log_reader_close(struct gt_log_reader *r, struct gt_err *e)
{
	return ask_seen(r, JOB_CLOSE, -1, "", 0, JUDGE_MS, e);
}

int gt_log_reader_dump(struct gt_log_reader *r, int fd, struct gt_err *e)
{
	return call(r, JOB_DUMP, fd, NULL, INT32_MAX, e);
}

int gt_log_reader_judge(struct gt_log_reader *r, const struct gt_diagnose_known *k,
			struct gt_diagnosis *ret, struct gt_err *e)
{
	int res;

	memset(ret, 0, sizeof(*ret));
	res = call(r, JOB_JUDGE, -1, ret, JUDGE_MS, e);
	if (res < 0)
		return res;
	ret->known = *k;
	if (!gt_diagnosis_is_valid(ret))
		return gt_err_set(e, -EBADMSG, "the sandboxed worker's report is not valid");
	return 0;
}

void gt_log_reader_done(struct gt_log_reader *r)
{
	gt_worker_done(&r->worker);
}
