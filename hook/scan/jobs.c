/*
 * A scan's parser, and its jobs: thin adapters from functions to bytes in, bytes out. They run in a
 * sandboxed child; see sandbox/worker.c.
 */
#include <sys/stat.h>

#include "capture.h"
#include "gotune/program.h"
#include "internal.h"

/* The whole of FD in fresh memory, as a C string; the size is bounded before a byte is read. */
static int read_file(int fd, size_t max, char **ret, size_t *ret_len)
{
	struct stat st;
	size_t done = 0;
	char *p;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return -EFBIG;
	p = malloc((size_t)st.st_size + 1);
	if (!p)
		return -ENOMEM;
	while (done < (size_t)st.st_size) {
		ssize_t n = pread(fd, p + done, (size_t)st.st_size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* shorter than it was */
		done += (size_t)n;
	}
	p[done] = '\0';
	*ret = p;
	*ret_len = done;
	return 0;
}

static int job_program(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		       struct gt_err *e)
{
	(void)in, (void)in_len, (void)ret_len, (void)e;
	gt_program_elf(fd, ret);
	return 0;
}

#define STATE_MAX (1u << 20) /* bytes of a runtime's state */

static int job_bundle_of(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
			 struct gt_err *e)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = read_file(fd, STATE_MAX, &text, &len);

	(void)in, (void)in_len, (void)ret_len, (void)e;
	return r < 0 ? r : gt_scan_bundle_of(text, len, ret);
}

static int job_filter(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		      struct gt_err *e)
{
	struct gt_capture_config *c = ret;
	_cleanup_(gt_buf_done) struct gt_buf out = {0};
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r;

	(void)ret_len, (void)e;
	if (in_len == 0 || ((const char *)in)[in_len - 1] != '\0')
		return -EINVAL;
	r = read_file(fd, GT_CONFIG_MAX, &text, &len);
	if (r == 0)
		r = gt_capture_filter(text, len, in, &out);
	if (r < 0)
		return r;
	if (!out.p || out.len > sizeof(c->arena.room))
		return -EFBIG;
	gt_arena_init(&c->arena.a, sizeof(c->arena.room));
	memcpy(c->arena.room, out.p, out.len);
	c->arena.a.used = (uint32_t)out.len;
	return 0;
}

const struct gt_job gt_scan_jobs[GT_SCAN_JOB_COUNT] = {
	[GT_SCAN_JOB_PROGRAM] = {.fn = job_program, .ret_len = sizeof(struct gt_program)},
	[GT_SCAN_JOB_BUNDLE_OF] = {.fn = job_bundle_of, .ret_len = GT_PATH_CAP},
	[GT_SCAN_JOB_FILTER] = {.fn = job_filter,
				.in_max = GT_PATH_CAP,
				.ret_len = sizeof(struct gt_capture_config),
				.ret_arena = offsetof(struct gt_capture_config, arena)},
};

int gt_scan_renew_parser(struct gt_worker *w, struct gt_err *e)
{
	if (w->pid > 0 && w->left_ms >= GT_JOB_TIMEOUT_MS)
		return 0;
	gt_worker_done(w);
	return gt_worker_start(w, GT_PHASE_PARSE, gt_scan_jobs, GT_SCAN_JOB_COUNT, NULL, NULL, e);
}
