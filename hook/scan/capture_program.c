/*
 * A program in a capture: of its file the pages that the parser has read, and holes for the rest,
 * so that the parser says the same of the copy. Effectful: forks a worker, which says which pages,
 * and a child with a deadline, which reads them; writes the copy.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "capture.h"

#define PROGRAM_MS 2000
#define BYTES_MAX  (1u << 20) /* of one program */

/* What the worker says. */
static int job_pages(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		     struct gt_err *e)
{
	struct gt_program p;

	(void)in, (void)in_len, (void)ret_len, (void)e;
	memset(&p, 0, sizeof(p));
	gt_program_elf_pages(fd, &p, ret);
	return 0;
}

static const struct gt_job jobs[] = {
	{.fn = job_pages, .ret_len = sizeof(struct gt_program_pages)},
};

/* What the child has read. */
struct copy {
	int32_t error; /* 0 or -errno */
	uint64_t size;
	struct gt_program_pages pages;
	unsigned char bytes[BYTES_MAX];
};

struct job {
	int64_t pid;
	const struct gt_worker *parser;
};

static int read_pages(int fd, struct copy *c)
{
	size_t used = 0;

	for (uint32_t i = 0; i < c->pages.n; i++) {
		size_t len = (size_t)c->pages.page[i].len;
		ssize_t n;

		if (len > sizeof(c->bytes) - used)
			return -EFBIG;
		n = pread(fd, c->bytes + used, len, (off_t)c->pages.page[i].off);
		if (n != (ssize_t)len)
			return n < 0 ? -errno : -ENODATA;
		used += len;
	}
	return 0;
}

/* In the child. */
static void read_program(void *ctx, int sock, void *ret)
{
	const struct job *j = ctx;
	struct copy *c = ret;
	char path[GT_SCAN_PATH + 1] = "/";
	struct gt_worker parser;
	struct stat st = {0};
	int fd;

	gt_worker_borrow(j->parser, sock, &parser);
	gt_scan_proc_path(path + 1, j->pid, "exe");
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	c->error = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
	if (c->error == 0)
		c->error =
			gt_worker_call(&parser, 0, fd, NULL, 0, &c->pages, GT_JOB_TIMEOUT_MS, NULL);
	if (c->error == 0 && (!gt_program_pages_valid(&c->pages) || c->pages.too_many))
		c->error = -EFBIG;
	if (c->error == 0) {
		c->size = (uint64_t)st.st_size;
		c->error = read_pages(fd, c);
	}
	gt_cleanup_close(&fd);
}

static int write_copy(const struct copy *c, int dir, const char *path)
{
	_cleanup_close_ int fd = gt_capture_create(dir, path, 0700);
	size_t used = 0;

	if (fd < 0)
		return fd == -EEXIST ? 0 : fd; /* another process of the unit runs it */
	if (ftruncate(fd, (off_t)c->size) < 0)
		return -errno;
	for (uint32_t i = 0; i < c->pages.n; i++) {
		size_t len = (size_t)c->pages.page[i].len;

		if (pwrite(fd, c->bytes + used, len, (off_t)c->pages.page[i].off) != (ssize_t)len)
			return -EIO;
		used += len;
	}
	return 0;
}

/* From a process that may have been taken over. */
static bool copy_valid(const struct copy *c)
{
	uint64_t used = 0;
	bool ok = gt_program_pages_valid(&c->pages) && c->size <= INT64_MAX;

	for (uint32_t i = 0; ok && i < c->pages.n; i++) {
		used += c->pages.page[i].len;
		ok = used <= sizeof(c->bytes) && c->pages.page[i].off <= c->size &&
		     c->pages.page[i].len <= c->size - c->pages.page[i].off;
	}
	return ok;
}

int gt_capture_program(int64_t pid, int dir, const char *path, struct gt_err *e)
{
	struct gt_worker parser = {.sock = -1};
	struct job j = {pid, &parser};
	const struct copy *c;
	struct gt_aside a;
	int r = gt_worker_start(&parser, GT_PHASE_PARSE, jobs, GT_ARRAY_LEN(jobs), NULL, NULL, e);

	if (r < 0)
		return r;
	r = gt_aside_start(&a, GT_PHASE_FIND, read_program, &j, parser.sock, sizeof(*c),
			   PROGRAM_MS);
	if (r < 0) {
		gt_worker_done(&parser);
		return gt_err_sys(e, r, "cannot fork");
	}
	r = gt_aside_await(&a);
	c = a.ret.p;
	if (r == 0)
		r = c->error;
	if (r == 0)
		r = copy_valid(c) ? write_copy(c, dir, path) : -EPIPE;
	gt_aside_done(&a);
	gt_worker_done(&parser);
	return r;
}
