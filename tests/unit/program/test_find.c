/*
 * Programs found in a made-up root, as execvp in the container would.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"

static char dir[] = "/tmp/gotune-find-XXXXXX";
static int root = -1;

/* TYPE: d directory, f file, x executable, p FIFO, l link to TARGET. */
static const struct entry {
	char type;
	const char *path, *target;
} entries[] = {
	{'d', "bin", NULL},
	{'d', "usr", NULL},
	{'d', "usr/bin", NULL},
	{'d', "usr/local", NULL},
	{'d', "usr/local/bin", NULL},
	{'d', "srv", NULL},
	{'d', "srv/sub", NULL},
	{'x', "bin/app", NULL},
	{'x', "usr/bin/app", NULL},
	{'x', "usr/bin/only", NULL},
	{'f', "usr/local/bin/app", NULL}, /* not executable: passed over */
	{'f', "bin/data", NULL},
	{'d', "usr/local/bin/dir", NULL},
	{'x', "bin/dir", NULL},
	{'p', "usr/local/bin/fifo", NULL},
	{'x', "bin/fifo", NULL},
	{'p', "bin/pipe", NULL},
	{'l', "usr/local/bin/loop", "loop"},
	{'x', "bin/loop", NULL},
	{'l', "bin/self", "self"},
	{'l', "bin/abs", "/usr/bin/only"},
	{'l', "bin/out", "../../../../../../usr/bin/only"},
	{'l', "bin/gone", "/nowhere"},
	{'x', "srv/app", NULL},
	{'x', "srv/sub/x", NULL},
	/* What is mounted: not in the root, but beside it. */
	{'d', "src", NULL},
	{'d', "src/bin", NULL},
	{'x', "src/bin/app", NULL},
	{'x', "src/one", NULL},
	{'l', "src/rel", "bin/app"},
	{'l', "src/abs", "/bin/app"},
	{'l', "src/up", "../bin/app"},
};

static int make(const struct entry *e)
{
	int fd;

	switch (e->type) {
	case 'd':
		return mkdirat(root, e->path, 0755);
	case 'p':
		return mkfifoat(root, e->path, 0755);
	case 'l':
		return symlinkat(e->target, root, e->path);
	default:
		fd = openat(root, e->path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
			    e->type == 'x' ? 0755 : 0644);
		/* Its path as its content, so that a test sees which one was opened. */
		if (fd < 0 || write(fd, e->path, strlen(e->path)) < 0)
			return -1;
		return close(fd);
	}
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < GT_ARRAY_LEN(entries); i++) {
		if (make(&entries[i]) < 0) {
			print_error("%s: cannot be made\n", entries[i].path);
			return -1;
		}
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int clean(void **state)
{
	(void)state;
	close(root);
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const struct row {
	const char *arg0, *cwd, *path;
	int want;	      /* 0 or -errno */
	const char *content;  /* of the file that is found */
	const char *ret_path; /* NULL: not compared */
} rows[] = {
	{"/bin/app", "/", NULL, 0, "bin/app", "/bin/app"},
	{"/bin/../srv/app", "/", NULL, 0, "srv/app", "/bin/../srv/app"},
	{"./app", "/srv", NULL, 0, "srv/app", "/srv/./app"},
	{"sub/x", "/srv", "/bin", 0, "srv/sub/x", "/srv/sub/x"},
	{"bin/app", "/", NULL, 0, "bin/app", "/bin/app"},
	{"bin/app", "", NULL, 0, "bin/app", "/bin/app"},
	{"bin/app", NULL, NULL, 0, "bin/app", "/bin/app"},
	{"../bin/app", "/srv", NULL, 0, "bin/app", NULL},
	{"../../../../bin/app", "/srv", NULL, 0, "bin/app", NULL},
	{"/bin/abs", "/", NULL, 0, "usr/bin/only", "/bin/abs"},
	{"/bin/out", "/", NULL, 0, "usr/bin/only", "/bin/out"},
	{"app", "/srv", NULL, 0, "usr/bin/app", "/usr/bin/app"}, /* the default PATH */
	{"app", "/srv", "/bin:/usr/bin", 0, "bin/app", "/bin/app"},
	{"app", "/srv", "/usr/bin:/bin", 0, "usr/bin/app", "/usr/bin/app"},
	{"app", "/srv", "/nowhere:/bin/app:/usr/local/bin:/bin", 0, "bin/app", "/bin/app"},
	{"app", "/srv", "/bin/", 0, "bin/app", "/bin//app"},
	{"only", "/", NULL, 0, "usr/bin/only", "/usr/bin/only"},
	{"dir", "/", "/usr/local/bin:/bin", 0, "bin/dir", NULL},
	{"fifo", "/", "/usr/local/bin:/bin", 0, "bin/fifo", NULL},
	{"loop", "/", "/usr/local/bin:/bin", 0, "bin/loop", NULL},
	{"app", "/srv", "/bin:.", 0, "bin/app", NULL}, /* the relative one is not reached */
	{"app", "/srv", "/bin:", 0, "bin/app", NULL},
	{"app", "/srv", "", -ENOTSUP, NULL, NULL},
	{"app", "/srv", ".:/bin", -ENOTSUP, NULL, NULL},
	{"app", "/srv", ":/bin", -ENOTSUP, NULL, NULL},
	{"app", "/srv", "/nowhere::/bin", -ENOTSUP, NULL, NULL},
	{"app", "/srv", "/nowhere:", -ENOTSUP, NULL, NULL},
	{"app", "/srv", "sub:/bin", -ENOTSUP, NULL, NULL},
	{"", "/", NULL, -EINVAL, NULL, NULL},
	{"none", "/", NULL, -ENOENT, NULL, NULL},
	{"none", "/", "/bin", -ENOENT, NULL, NULL},
	{"/none", "/", NULL, -ENOENT, NULL, "/none"},
	{"/bin/gone", "/", NULL, -ENOENT, NULL, NULL},
	{"./app", "/nowhere", NULL, -ENOENT, NULL, "/nowhere/./app"},
	{"data", "/", "/bin", -EACCES, NULL, NULL},
	{"data", "/", "/bin:/nowhere", -EACCES, NULL, NULL},
	{"/bin/data", "/", NULL, -EACCES, NULL, NULL},
	{"/bin", "/", NULL, -EISDIR, NULL, NULL},
	{"/", "/", NULL, -EISDIR, NULL, NULL},
	{"/bin/pipe", "/", NULL, -ENXIO, NULL, NULL},
	{"/bin/self", "/", NULL, -ELOOP, NULL, NULL},
	{"/bin/app/x", "/", NULL, -ENOTDIR, NULL, NULL},
};

/* MOUNTS: "DESTINATION>SOURCE;..."; a source "@..." is below the test's directory. */
static const struct mount_row {
	const char *mounts, *arg0, *path;
	int want;
	const char *content;
} mount_rows[] = {
	{"/proc>;/dev>", "/bin/app", NULL, 0, "bin/app"},
	{"/srv>@src/bin", "/srv/app", NULL, 0, "src/bin/app"},
	{"/srv/>@src/bin", "/srv/app", NULL, 0, "src/bin/app"},
	{"/srv>@src/bin", "/srvx/app", NULL, -ENOENT, NULL},
	{"/srv>@src/bin", "/srv", NULL, -EISDIR, NULL},
	{"/srv>@src/bin", "/srv/gone", NULL, -ENOENT, NULL},
	{"/sbin/docker-init>@src/one", "/sbin/docker-init", NULL, 0, "src/one"},
	{"/sbin/docker-init>@src/one", "/sbin/docker-init/x", NULL, -ENOTDIR, NULL},
	{"/srv>@src", "/srv/rel", NULL, 0, "src/bin/app"},
	{"/srv>@src", "/srv/abs", NULL, -EXDEV, NULL}, /* its root is the container's */
	{"/srv>@src", "/srv/up", NULL, -EXDEV, NULL},
	{"/srv>@src;/srv/bin>@srv", "/srv/bin/app", NULL, 0, "srv/app"},
	{"/srv/bin>@srv;/srv>@src", "/srv/bin/app", NULL, 0, "src/bin/app"}, /* hidden */
	{"/srv>@srv;/srv>@src/bin", "/srv/app", NULL, 0, "src/bin/app"},
	{"/srv>", "/srv/app", NULL, -ENOENT, NULL}, /* a tmpfs hides it */
	{"/>@src", "/bin/app", NULL, 0, "src/bin/app"},
	{"/srv>src/bin", "/srv/app", NULL, 0, "src/bin/app"}, /* relative to the bundle */
	{"/srv>/nowhere", "/srv/app", NULL, -ENOENT, NULL},
	{"/srv>@src/bin", "/srv//./app", NULL, 0, "src/bin/app"},
	{"/srv>@src/bin", "/srv/x/../app", NULL, -EXDEV, NULL},
	{"/srv>@src/bin", "/bin/../srv/app", NULL, -EXDEV, NULL},
	{"/srv>@src/bin", "/srv/../bin/app", NULL, 0, "bin/app"},
	{"/srv>@src/bin", "app", "/nowhere/:/srv/:/bin", 0, "src/bin/app"},
	{"/srv>@src", "app", "/srv:/bin", 0, "bin/app"},
	{"/srv>@bin/pipe", "/srv", NULL, -ENXIO, NULL},
	{"srv>@src", "/bin/app", NULL, -EXDEV, NULL}, /* dropped: it could be anywhere */
};

static void add_mounts(struct gt_list *l, const char *list)
{
	gt_list_init(l);
	while (*list) {
		size_t to = strcspn(list, ">"), from = strcspn(list + to + 1, ";");
		const char *source = list + to + 1;
		char full[256];

		(void)snprintf(full, sizeof(full), "%s%s%.*s", *source == '@' ? dir : "",
			       *source == '@' ? "/" : "", (int)from - (*source == '@'),
			       source + (*source == '@'));
		if (*list != '/')
			l->v.dropped++;
		else
			assert_int_equal(gt_strv_add_pair(&l->v, list, to, full, strlen(full)), 0);
		list = source + from + (source[from] == ';');
	}
}

static void test_gt_program_resolve_mounts(void **state)
{
	static struct gt_list mounts;
	const struct gt_tree with = {.rootfs = root, .mounts = &mounts.v, .bundle = dir};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(mount_rows); i++) {
		const struct mount_row *r = &mount_rows[i];
		char path[GT_PATH_CAP], content[64] = "";

		add_mounts(&mounts, r->mounts);
		int fd = gt_program_resolve(&with, r->arg0, "/", r->path, path, NULL);

		if (fd >= 0) {
			(void)!read(fd, content, sizeof(content) - 1);
			close(fd);
		}
		if ((fd < 0 ? fd : 0) == r->want &&
		    (!r->content || strcmp(content, r->content) == 0))
			continue;
		print_error("%s [%s]: got %d [%s]\n", r->mounts, r->arg0, fd, content);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void test_gt_program_resolve_rows(void **state)
{
	const struct gt_tree tree = {.rootfs = root};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		char path[GT_PATH_CAP], content[64] = "";
		struct stat st = {0}, now = {0};
		_cleanup_close_ int fd =
			gt_program_resolve(&tree, r->arg0, r->cwd, r->path, path, &st);

		if (fd >= 0) {
			(void)fstat(fd, &now);
			(void)!read(fd, content, sizeof(content) - 1);
		}
		if ((fd < 0 ? fd : 0) == r->want &&
		    (!r->content || strcmp(content, r->content) == 0) &&
		    (!r->ret_path || strcmp(path, r->ret_path) == 0) &&
		    (fd < 0 || (st.st_ino == now.st_ino && st.st_dev == now.st_dev)))
			continue;
		print_error("[%s] cwd [%s] PATH [%s]: got %d [%s] [%s]\n", r->arg0,
			    r->cwd ? r->cwd : "-", r->path ? r->path : "-", fd, path, content);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void test_gt_program_resolve_too_long(void **state)
{
	const struct gt_tree tree = {.rootfs = root};
	char name[2 * GT_PATH_CAP], path[GT_PATH_CAP], list[4096];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(gt_program_resolve(&tree, name, "/", NULL, path, NULL), -ENAMETOOLONG);
	name[0] = '/';
	assert_int_equal(gt_program_resolve(&tree, name, "/", NULL, path, NULL), -ENAMETOOLONG);
	assert_int_equal(gt_program_resolve(&tree, "./app", name, NULL, path, NULL), -ENAMETOOLONG);
	(void)snprintf(list, sizeof(list), "%s:/bin", name);
	assert_int_equal(gt_program_resolve(&tree, "app", "/", list, path, NULL), -ENAMETOOLONG);
	assert_string_equal(path, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_program_resolve_rows),
		cmocka_unit_test(test_gt_program_resolve_mounts),
		cmocka_unit_test(test_gt_program_resolve_too_long),
	};

	(void)alarm(60); /* a FIFO that is opened would block */
	return cmocka_run_group_tests(tests, setup, clean);
}
