/* A path in the layers of an overlay that is not mounted. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/program.h"

static char dir[64];

/* Layer 0 is the uppermost. KIND: f a file with its own layer's number, d, l a link to TO, w a
 * whiteout, o an opaque directory, x one that has an attribute that we do not know. */
static const struct entry {
	int layer;
	char kind;
	const char *path, *to;
} entries[] = {
	{2, 'd', "bin", NULL},
	{2, 'f', "bin/low", NULL},
	{2, 'f', "bin/both", NULL},
	{0, 'd', "bin", NULL},
	{0, 'f', "bin/both", NULL},
	{2, 'f', "bin/gone", NULL},
	{1, 'd', "bin", NULL},
	{1, 'w', "bin/gone", NULL},
	{2, 'd', "old", NULL},
	{2, 'f', "old/x", NULL},
	{1, 'o', "old", NULL},
	{1, 'f', "old/y", NULL},
	{0, 'd', "old", NULL},
	{2, 'd', "was", NULL},
	{2, 'f', "was/x", NULL},
	{1, 'w', "was", NULL},
	{0, 'd', "was", NULL},
	{0, 'f', "was/y", NULL},
	{2, 'd', "turned", NULL},
	{2, 'f', "turned/x", NULL},
	{0, 'f', "turned", NULL},
	{2, 'f', "dir", NULL},
	{0, 'd', "dir", NULL},
	{0, 'l', "abs", "/bin/low"},
	{0, 'l', "rel", "bin/../bin/./low"},
	{1, 'l', "sbin", "bin"},
	{0, 'l', "loop", "loop"},
	{0, 'l', "out", "../../../../../../etc/passwd"},
	{0, 'l', "outabs", "/etc/passwd"},
	{0, 'x', "odd", NULL},
	{1, 'd', "odd", NULL},
	{1, 'f', "odd/x", NULL},
	{0, 'f', "odd/y", NULL},
	{0, 'l', "dangling", "/nowhere/x"},
};

static const struct {
	const char *path;
	int ret;       /* 0: a file */
	int layer;     /* whose it is */
	int ret_blind; /* without the right to read trusted.* */
} rows[] = {
	{"/bin/low", 0, 2, -EXDEV}, /* bin of layer 0 could be opaque */
	{"/bin/both", 0, 0, 0},
	{"bin/both", 0, 0, 0},
	{"/bin/gone", -ENOENT, 0, -EXDEV},
	{"/old/x", -ENOENT, 0, -EXDEV},
	{"/old/y", 0, 1, -EXDEV},
	{"/was/x", -ENOENT, 0, -ENOENT},
	{"/was/y", 0, 0, 0},
	{"/turned/x", -ENOTDIR, 0, -ENOTDIR},
	{"/turned", 0, 0, 0},
	{"/dir", -EISDIR, 0, -EISDIR},
	{"/abs", 0, 2, -EXDEV},
	{"/rel", 0, 2, -EXDEV},
	{"/sbin/both", 0, 0, 0},
	{"/sbin/../sbin/low", 0, 2, -EXDEV},
	{"/loop", -ELOOP, 0, -ELOOP},
	{"/out", -ENOENT, 0, -ENOENT},
	{"/outabs", -ENOENT, 0, -ENOENT},
	{"/../../../bin/both", 0, 0, 0},
	{"/odd/y", 0, 0, 0},
	{"/odd/x", -EXDEV, 0, -EXDEV},
	{"/dangling", -ENOENT, 0, -ENOENT},
	{"/none", -ENOENT, 0, -ENOENT},
	{"/", -EISDIR, 0, -EISDIR},
	{"", -EISDIR, 0, -EISDIR},
};

static void make(const struct entry *n)
{
	char path[256], text[16];
	int fd, r = 0;

	(void)snprintf(path, sizeof(path), "%s/%d/%s", dir, n->layer, n->path);
	switch (n->kind) {
	case 'f':
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
		r = snprintf(text, sizeof(text), "%d", n->layer);
		assert_int_equal(write(fd, text, (size_t)r), r);
		close(fd);
		return;
	case 'l':
		r = symlink(n->to, path);
		break;
	case 'w':
		r = mknod(path, S_IFCHR, 0);
		break;
	default:
		r = mkdir(path, 0755);
		if (r == 0 && n->kind != 'd')
			r = setxattr(path,
				     n->kind == 'o' ? "trusted.overlay.opaque"
						    : "trusted.overlay.redirect",
				     "y", 1, 0);
		break;
	}
	if (r < 0)
		print_message("%s: %s\n", path, strerror(errno));
	assert_int_equal(r, 0);
}

static struct gt_layers open_layers(bool sees_trusted)
{
	struct gt_layers l = {.sees_trusted = sees_trusted};

	for (int i = 0; i < 3; i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%d", dir, i);
		l.fd[l.n++] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return l;
}

static unsigned open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void run_rows(bool sees_trusted)
{
	struct gt_layers l = open_layers(sees_trusted);
	unsigned before = open_fds();

	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		int want = sees_trusted ? rows[i].ret : rows[i].ret_blind;
		struct stat st;
		int fd = gt_layers_open_file(&l, rows[i].path, &st);
		char c = 0;

		print_message("%s\n", rows[i].path);
		if (want < 0) {
			assert_int_equal(fd, want);
			continue;
		}
		assert_true(fd >= 0);
		assert_true(S_ISREG(st.st_mode));
		assert_int_equal(read(fd, &c, 1), 1);
		assert_int_equal(c - '0', rows[i].layer);
		close(fd);
	}
	assert_int_equal(open_fds(), before);
	gt_layers_done(&l);
}

static void test_rows(void **state)
{
	(void)state;
	run_rows(true);
}

static void test_without_the_right_to_read_marks_only_what_is_certain(void **state)
{
	(void)state;
	run_rows(false);
}

/* A tree says the same, and knows neither a working directory nor what is mounted. */
static void test_tree(void **state)
{
	struct gt_layers l = open_layers(true);
	struct gt_list *mounts = malloc(sizeof(*mounts));
	struct gt_tree t = {.rootfs = -1, .layers = &l, .mounts = &mounts->v};
	char path[GT_PATH_CAP];
	int fd;

	(void)state;
	gt_list_init(mounts);
	assert_int_equal(gt_strv_add_pair(&mounts->v, "/was", 4, "/srv", 4), 0);
	fd = gt_program_resolve(&t, "both", "", "/none:/bin", path, NULL);
	assert_true(fd >= 0);
	assert_string_equal(path, "/bin/both");
	close(fd);
	assert_int_equal(gt_program_resolve(&t, "./both", "/bin", NULL, path, NULL), -EXDEV);
	assert_int_equal(gt_program_resolve(&t, "/was/y", "/", NULL, path, NULL), -EXDEV);
	gt_layers_done(&l);
	free(mounts);
}

static int set_up(void **state)
{
	char probe[128];

	(void)state;
	strcpy(dir, "/dev/shm/gotune-layers.XXXXXX"); /* a file system that has trusted.* */
	if (!mkdtemp(dir))
		return -1;
	for (int i = 0; i < 3; i++) {
		(void)snprintf(probe, sizeof(probe), "%s/%d", dir, i);
		if (mkdir(probe, 0755) < 0)
			return -1;
	}
	for (size_t i = 0; i < GT_ARRAY_LEN(entries); i++)
		make(&entries[i]);
	return 0;
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_without_the_right_to_read_marks_only_what_is_certain),
		cmocka_unit_test(test_tree),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP only root makes whiteouts and trusted attributes");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
