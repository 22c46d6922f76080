/*
 * base/rooted.c and base/file.c: a hostile tree, through openat2 and through the walk that stands
 * in for it; reads that are bounded; writes that are whole or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "deny_call.h"
#include "gotune/base.h"

/* A tree below /tmp: DIR/root is the root; DIR/secret lies outside of it. */
struct tree {
	char dir[64], root[80];
	int fd; /* of root */
};

static void put(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void link_to(const struct tree *t, const char *name, const char *text)
{
	assert_int_equal(symlinkat(text, t->fd, name), 0);
}

/* 41 links in a row, the last of which is the file: one more than may be followed. */
static void chain(const struct tree *t)
{
	char name[16], next[16];

	link_to(t, "hop0", "file");
	for (unsigned i = 1; i <= 40; i++) {
		(void)snprintf(name, sizeof(name), "hop%u", i);
		(void)snprintf(next, sizeof(next), "hop%u", i - 1);
		link_to(t, name, next);
	}
}

static int setup(void **state)
{
	static struct tree t;
	static const char *const links[][2] = {
		{"rel", "file"},
		{"abs", "/file"},
		{"abs-deep", "/a/b/deep"},
		{"up", "../../../../secret"},
		{"abs-up", "/../../secret"},
		{"loop-a", "loop-b"},
		{"loop-b", "loop-a"},
		{"self", "self"},
		{"nowhere", "missing"},
		{"dirlink", "a/b"},
		{"abs-dirlink", "/a/b/"},
		{"to-fifo", "fifo"},
		{"a/b/back", "../../file"},
		{"a/b/far", "../../../../../../file"},
		{"a/root", "/"},
	};

	(void)gt_copy_str(t.dir, sizeof(t.dir), "/tmp/gotune-test-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	put(t.dir, "secret", "secret");
	(void)snprintf(t.root, sizeof(t.root), "%s/root", t.dir);
	assert_int_equal(mkdir(t.root, 0755), 0);
	t.fd = gt_root_open(t.root, NULL);
	assert_true(t.fd >= 0);
	assert_int_equal(mkdirat(t.fd, "a", 0755), 0);
	assert_int_equal(mkdirat(t.fd, "a/b", 0755), 0);
	put(t.root, "file", "in\n");
	put(t.root, "a/b/deep", "deep\n");
	put(t.root, "secret", "decoy\n");
	put(t.root, "empty", "");
	for (size_t i = 0; i < GT_ARRAY_LEN(links); i++)
		link_to(&t, links[i][0], links[i][1]);
	chain(&t);
	assert_int_equal(mkfifoat(t.fd, "fifo", 0644), 0);
	*state = &t;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct tree *t = *state;

	close(t->fd);
	return nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What both ways of opening must agree on. WANT: the content, or NULL and the error. */
static const struct row {
	const char *path, *want;
	int r;
} rows[] = {
	{"file", "in", 0},
	{"/file", "in", 0},
	{"//./file", "in", 0},
	{"a/b/deep", "deep", 0},
	{"a//b/./deep", "deep", 0},
	{"rel", "in", 0},
	{"abs", "in", 0},
	{"abs-deep", "deep", 0},
	{"dirlink/deep", "deep", 0},
	{"abs-dirlink/deep", "deep", 0},
	{"dirlink/../../file", "in", 0},
	{"a/b/back", "in", 0},
	{"a/b/far", "in", 0},
	{"a/root/a/root/file", "in", 0},
	{"empty", "", 0},
	/* out of the root: what is found is what lies inside under that name */
	{"../secret", "decoy", 0},
	{"a/../../../secret", "decoy", 0},
	{"up", "decoy", 0},
	{"abs-up", "decoy", 0},
	{"hop39", "in", 0}, /* 40 links */
	{"hop40", NULL, -ELOOP},
	{"loop-a", NULL, -ELOOP},
	{"self", NULL, -ELOOP},
	{"loop-a/x", NULL, -ELOOP},
	{"missing", NULL, -ENOENT},
	{"nowhere", NULL, -ENOENT},
	{"a/missing/x", NULL, -ENOENT},
	{"", NULL, -ENOENT},
	{"file/x", NULL, -ENOTDIR},
	{"file/", NULL, -ENOTDIR},
	{"file/..", NULL, -ENOTDIR},
	{"rel/", NULL, -ENOTDIR},
	{"a", NULL, -EISDIR},
	{"dirlink", NULL, -EISDIR},
	{"/", NULL, -EISDIR},
	{".", NULL, -EISDIR},
	{"..", NULL, -EISDIR},
	{"fifo", NULL, -ENXIO},
	{"to-fifo", NULL, -ENXIO},
};

static void test_root_read_table(void **state)
{
	const struct tree *t = *state;

	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char text[64] = "";
		int r = gt_root_read(t->fd, rows[i].path, text, sizeof(text));

		if (r != rows[i].r || (rows[i].want && strcmp(text, rows[i].want) != 0))
			fail_msg("\"%s\": %d \"%s\"", rows[i].path, r, text);
	}
}

/* The walk pins; what was pinned says what it is. */
static void test_root_walk_table(void **state)
{
	const struct tree *t = *state;

	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		_cleanup_close_ int fd = gt_root_walk(t->fd, rows[i].path);
		int r = fd < 0 ? fd : 0;
		char text[64] = "";
		struct stat st;

		if (fd >= 0) {
			assert_int_equal(fstat(fd, &st), 0);
			r = S_ISDIR(st.st_mode) ? -EISDIR : S_ISREG(st.st_mode) ? 0 : -ENXIO;
			assert_true(fcntl(fd, F_GETFL) & O_PATH);
			assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		}
		if (r == 0) {
			char path[64];

			(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
			_cleanup_close_ int file = open(path, O_RDONLY | O_CLOEXEC);
			ssize_t n = read(file, text, sizeof(text) - 1);

			assert_true(n >= 0);
			text[strcspn(text, "\n")] = '\0';
		}
		if (r != rows[i].r || (rows[i].want && strcmp(text, rows[i].want) != 0))
			fail_msg("\"%s\": %d \"%s\"", rows[i].path, r, text);
	}
}

/* The number of the first row that reads differently, counted from 1. */
static int first_bad_row(const struct tree *t)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char text[64] = "";

		if (gt_root_read(t->fd, rows[i].path, text, sizeof(text)) != rows[i].r ||
		    (rows[i].want && strcmp(text, rows[i].want) != 0))
			return (int)i + 1;
	}
	return 0;
}

/* An old kernel, and a filter of an old container engine: the same answers. */
static void test_root_read_without_openat2(void **state)
{
	static const unsigned errs[] = {ENOSYS, EPERM};
	int status;

	for (size_t i = 0; i < GT_ARRAY_LEN(errs); i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0)
			_exit(deny_call(SYS_openat2, errs[i]) < 0 ? 255 : first_bad_row(*state));
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("errno %u: status %#x (255 << 8: no filter; else the row)",
				 errs[i], (unsigned)status);
	}
}

static unsigned open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n;
}

static void test_root_walk_leaks_nothing(void **state)
{
	const struct tree *t = *state;
	unsigned before = open_fds();

	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		int fd = gt_root_walk(t->fd, rows[i].path);

		if (fd >= 0)
			close(fd);
		fd = gt_root_open_file(t->fd, rows[i].path, NULL);
		if (fd >= 0)
			close(fd);
	}
	assert_int_equal(open_fds(), before);
}

/* Paths that are too long or too deep end in an error, not in the fallback's memory. */
static void test_root_walk_bounds(void **state)
{
	const struct tree *t = *state;
	static char longest[20000];

	memset(longest, '/', sizeof(longest) - 1);
	assert_int_equal(gt_root_walk(t->fd, longest), -ENAMETOOLONG);
	memset(longest, 'a', 300);
	longest[300] = '\0';
	assert_int_equal(gt_root_walk(t->fd, longest), -ENAMETOOLONG);
	longest[0] = '\0';
	for (unsigned i = 0; i < 200; i++)
		(void)gt_append(longest, sizeof(longest), "a/../");
	(void)gt_append(longest, sizeof(longest), "file");
	_cleanup_close_ int fd = gt_root_walk(t->fd, longest);
	assert_true(fd >= 0);
}

/* Magic links lead out of any root. */
static void test_root_magic_links_refused(void **state)
{
	static const char *const paths[] = {"proc/self/exe", "proc/self/cwd/x", "proc/self/fd/0",
					    "proc/self/ns/net", "proc/self/root/etc"};
	_cleanup_close_ int root = gt_root_open(NULL, NULL);

	(void)state;
	assert_true(root >= 0);
	for (size_t i = 0; i < GT_ARRAY_LEN(paths); i++) {
		int a = gt_root_open_file(root, paths[i], NULL), b = gt_root_walk(root, paths[i]);

		if (a != -ELOOP || b != -ELOOP)
			fail_msg("%s: %d, %d", paths[i], a, b);
	}
	/* and plain links of procfs are followed by both */
	_cleanup_close_ int plain = gt_root_open_file(root, "proc/self/stat", NULL);
	_cleanup_close_ int walked = gt_root_walk(root, "proc/self/stat");
	assert_true(plain >= 0);
	assert_true(walked >= 0);
}

/* A device is examined, never opened: no tty is taken, no tape rewound. */
static void test_root_device_refused(void **state)
{
	_cleanup_close_ int root = gt_root_open("/", NULL);
	struct stat st;

	(void)state;
	assert_true(root >= 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(gt_root_open_file(root, "dev/null", NULL), -ENXIO);
}

static void test_root_socket_refused(void **state)
{
	const struct tree *t = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/sock", t->root);
	assert_int_equal(mknod(path, S_IFSOCK | 0644, 0), 0);
	assert_int_equal(gt_root_open_file(t->fd, "sock", NULL), -ENXIO);
}

static void test_root_open_file_stat(void **state)
{
	const struct tree *t = *state;
	struct stat st = {0}, direct;
	_cleanup_close_ int fd = gt_root_open_file(t->fd, "abs-deep", &st);

	assert_true(fd >= 0);
	assert_int_equal(fstatat(t->fd, "a/b/deep", &direct, 0), 0);
	assert_int_equal(st.st_ino, direct.st_ino);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void test_root_open_dir(void **state)
{
	const struct tree *t = *state;
	_cleanup_close_ int dir = gt_root_open_dir(t->fd, "abs-dirlink");
	char text[32];
	struct stat st;

	assert_true(dir >= 0);
	assert_int_equal(fstatat(dir, "deep", &st, 0), 0);
	/* as a root of its own, ".." stays in it */
	assert_int_equal(gt_root_read(dir, "../../deep", text, sizeof(text)), 0);
	assert_int_equal(gt_root_open_dir(t->fd, "file"), -ENOTDIR);
	assert_int_equal(gt_root_open_dir(t->fd, "fifo"), -ENOTDIR);
	assert_int_equal(gt_root_open_dir(t->fd, "missing"), -ENOENT);
}

static void test_root_open_missing(void **state)
{
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_root_open("/nonexistent/x", &e), -ENOENT);
	assert_non_null(strstr(e.msg, "/nonexistent/x"));
	assert_int_equal(gt_root_open("/etc/passwd", NULL), -ENOTDIR);
}

static void test_root_read_bounds(void **state)
{
	const struct tree *t = *state;
	char text[8];
	uint64_t v = 4711;

	put(t->root, "seven", "1234567");
	put(t->root, "eight", "12345678");
	put(t->root, "seven-nl", "1234567\n");
	put(t->root, "two-nl", "12\n\n");
	assert_int_equal(gt_root_read(t->fd, "seven", text, 8), 0);
	assert_string_equal(text, "1234567");
	assert_int_equal(gt_root_read(t->fd, "eight", text, 8), -EFBIG);
	assert_int_equal(gt_root_read(t->fd, "seven-nl", text, 8), -EFBIG);
	assert_int_equal(gt_root_read(t->fd, "seven", text, 0), -EFBIG);
	assert_int_equal(gt_root_read(t->fd, "two-nl", text, 8), 0);
	assert_string_equal(text, "12\n");
	assert_int_equal(gt_root_read_u64(t->fd, "eight", &v), 0);
	assert_int_equal(v, 12345678);
	assert_int_equal(gt_root_read_u64(t->fd, "two-nl", &v), -EINVAL);
	assert_int_equal(gt_root_read_u64(t->fd, "empty", &v), -EINVAL);
	assert_int_equal(v, 12345678);
}

static void test_read_all_pipe(void **state)
{
	static const char in[] = "half";
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int p[2];

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(gt_write_all(p[1], in, 4), 0);
	/* the writer keeps it open and says nothing more */
	assert_int_equal(gt_read_all(p[0], 100, 50, &text, &len), -ETIMEDOUT);
	assert_null(text);
	assert_int_equal(gt_write_all(p[1], in, 4), 0);
	close(p[1]);
	assert_int_equal(gt_read_all(p[0], 100, 1000, &text, &len), 0);
	assert_int_equal(len, 4);
	assert_string_equal(text, "half");
	close(p[0]);
}

/* A writer that sends a byte now and then does not push the deadline out. */
static void test_read_exactly(void **state)
{
	char got[8] = "";
	int p[2];

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(gt_write_all(p[1], "half", 4), 0);
	assert_int_equal(gt_read_exactly(p[0], got, 6, gt_now_ms() + 50), -ETIMEDOUT);
	assert_int_equal(gt_write_all(p[1], "whole; more", 11), 0);
	assert_int_equal(gt_read_exactly(p[0], got, 5, 0), 0);
	assert_string_equal(got, "whole"); /* and no byte further */
	assert_int_equal(gt_read_exactly(p[0], got, 0, 0), 0);
	close(p[1]);
	assert_int_equal(gt_read_exactly(p[0], got, 7, 0), -EPIPE);
	assert_int_equal(gt_read_exactly(-1, got, 1, gt_now_ms() + 50), -ETIMEDOUT); /* poll(2) */
	close(p[0]);
}

static void test_read_all_slow_writer(void **state)
{
	char *text = NULL;
	struct timespec a, b;
	pid_t child;
	int p[2];

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nobody behind */
		for (unsigned i = 0; i < 1000; i++) {
			(void)!write(p[1], "x", 1);
			(void)usleep(10000);
		}
		_exit(0);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(gt_read_all(p[0], 100000, 150, &text, NULL), -ETIMEDOUT);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec < 3);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(p[0]);
	close(p[1]);
}

static void test_read_all_max(void **state)
{
	const struct tree *t = *state;
	static char big[10001];

	memset(big, 'b', 10000);
	put(t->root, "big", big);
	for (size_t max = 9999; max <= 10001; max++) {
		_cleanup_close_ int fd = gt_root_open_file(t->fd, "big", NULL);
		_cleanup_free_ char *text = NULL;
		size_t len = 0;
		int r = gt_read_all(fd, max, 0, &text, &len);

		if (r != (max < 10000 ? -EFBIG : 0) || (r == 0 && (len != 10000 || text[len])))
			fail_msg("max %zu: %d, %zu", max, r, len);
	}
	_cleanup_close_ int fd = gt_root_open_file(t->fd, "empty", NULL);
	_cleanup_free_ char *text = NULL;
	size_t len = 1;
	assert_int_equal(gt_read_all(fd, 0, 0, &text, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(text, "");
	assert_int_equal(gt_read_all(-1, 10, 100, &text, &len), -EBADF);
}

static unsigned entries(int dirfd)
{
	DIR *d = fdopendir(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n - 2;
}

static void test_write_atomic(void **state)
{
	const struct tree *t = *state;
	_cleanup_close_ int dir = -1;
	char text[32];
	struct stat st;
	mode_t saved;

	assert_int_equal(mkdirat(t->fd, "w", 0755), 0);
	dir = gt_root_open_dir(t->fd, "w");
	assert_true(dir >= 0);
	saved = umask(077); /* MODE is meant, whatever the umask */
	assert_int_equal(gt_write_atomic(dir, "f", "one", 3, 0644), 0);
	(void)umask(saved);
	assert_int_equal(fstatat(dir, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(gt_write_atomic(dir, "f", "two", 3, 0600), 0);
	assert_int_equal(gt_root_read(dir, "f", text, sizeof(text)), 0);
	assert_string_equal(text, "two");
	assert_int_equal(entries(dir), 1);
	/* a symlink of that name is replaced, not followed */
	assert_int_equal(symlinkat("../secret", dir, "l"), 0);
	assert_int_equal(gt_write_atomic(dir, "l", "new", 3, 0600), 0);
	assert_int_equal(gt_root_read(t->fd, "secret", text, sizeof(text)), 0);
	assert_string_equal(text, "decoy");
}

static void test_write_atomic_failure_leaves_nothing(void **state)
{
	const struct tree *t = *state;
	_cleanup_close_ int dir = -1;
	char name[300], text[32];

	assert_int_equal(mkdirat(t->fd, "x", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "x/taken", 0755), 0);
	put(t->root, "x/old", "old");
	dir = gt_root_open_dir(t->fd, "x");
	assert_true(dir >= 0);
	/* the rename fails: a directory stands there */
	assert_true(gt_write_atomic(dir, "taken", "new", 3, 0644) < 0);
	assert_int_equal(entries(dir), 2);
	assert_int_equal(gt_write_atomic(dir, "", "new", 3, 0644), -EINVAL);
	assert_int_equal(gt_write_atomic(dir, "../old", "new", 3, 0644), -EINVAL);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(gt_write_atomic(dir, name, "new", 3, 0644), -ENAMETOOLONG);
	assert_int_equal(entries(dir), 2);
	assert_int_equal(gt_root_read(dir, "old", text, sizeof(text)), 0);
	assert_string_equal(text, "old");
}

/* The write itself fails half-way, as on a full disk: the old file stands, the other is gone. */
static void test_write_atomic_disk_full(void **state)
{
	const struct tree *t = *state;
	pid_t child;
	int status;

	assert_int_equal(mkdirat(t->fd, "full", 0755), 0);
	put(t->root, "full/old", "old");
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		static char big[8192];
		struct rlimit lim = {4096, 4096};
		int dir = gt_root_open_dir(t->fd, "full");
		char text[8];

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &lim) < 0)
			_exit(2);
		if (gt_write_atomic(dir, "old", big, sizeof(big), 0644) != -EFBIG)
			_exit(3);
		if (entries(dir) != 1)
			_exit(4);
		if (gt_root_read(dir, "old", text, sizeof(text)) < 0 || strcmp(text, "old") != 0)
			_exit(5);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_mkdirs(void **state)
{
	const struct tree *t = *state;
	char path[256];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s//p/q/./r/", t->root);
	assert_int_equal(gt_mkdirs(path), 0);
	assert_int_equal(gt_mkdirs(path), 0);
	assert_int_equal(fstatat(t->fd, "p/q/r", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0755 & ~umask(umask(022)));
	/* through a link, but never at one */
	(void)snprintf(path, sizeof(path), "%s/dirlink/new", t->root);
	assert_int_equal(gt_mkdirs(path), 0);
	assert_int_equal(fstatat(t->fd, "a/b/new", &st, 0), 0);
	(void)snprintf(path, sizeof(path), "%s/dirlink", t->root);
	assert_int_equal(gt_mkdirs(path), -ENOTDIR);
	(void)snprintf(path, sizeof(path), "%s/file/x", t->root);
	assert_int_equal(gt_mkdirs(path), -ENOTDIR);
	assert_int_equal(gt_mkdirs(""), -ENOENT);
	assert_int_equal(gt_mkdirs("/"), 0);
}

static void test_write_all_closed_pipe(void **state)
{
	int p[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	close(p[0]);
	assert_int_equal(gt_write_all(p[1], "x", 1), -EPIPE);
	assert_int_equal(gt_write_all(p[1], "", 0), 0);
	close(p[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root_read_table),
		cmocka_unit_test(test_root_walk_table),
		cmocka_unit_test(test_root_read_without_openat2),
		cmocka_unit_test(test_root_walk_leaks_nothing),
		cmocka_unit_test(test_root_walk_bounds),
		cmocka_unit_test(test_root_magic_links_refused),
		cmocka_unit_test(test_root_device_refused),
		cmocka_unit_test(test_root_socket_refused),
		cmocka_unit_test(test_root_open_file_stat),
		cmocka_unit_test(test_root_open_dir),
		cmocka_unit_test(test_root_open_missing),
		cmocka_unit_test(test_root_read_bounds),
		cmocka_unit_test(test_read_all_pipe),
		cmocka_unit_test(test_read_exactly),
		cmocka_unit_test(test_read_all_slow_writer),
		cmocka_unit_test(test_read_all_max),
		cmocka_unit_test(test_write_atomic),
		cmocka_unit_test(test_write_atomic_failure_leaves_nothing),
		cmocka_unit_test(test_write_atomic_disk_full),
		cmocka_unit_test(test_mkdirs),
		cmocka_unit_test(test_write_all_closed_pipe),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
