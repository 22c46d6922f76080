/*
 * args[0] to a file of the container, as execvp would find it there. Effects: opens files of
 * the container, nothing else; needs the right to read the container's files.
 * Source: POSIX.1-2017 XBD 8.3 (PATH) and exec(3); runc's libcontainer and crun look up the same
 * way, with the PATH of process.env.
 */
#include <string.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* DIR[0..LEN) "/" NAME into PATH; false when it does not fit. */
static bool join(char path[GT_PATH_CAP], const char *dir, size_t len, const char *name)
{
	return gt_copy(path, GT_PATH_CAP, dir, len) && gt_append(path, GT_PATH_CAP, "/") &&
	       gt_append(path, GT_PATH_CAP, name);
}

/* Opens PATH if it is a file that somebody may execute. */
static int open_program(const struct gt_tree *t, const char *path, struct stat *ret_st)
{
	struct stat st;
	int fd = gt_tree_open_file(t, path, &st);

	if (fd < 0)
		return fd;
	if ((st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
		close(fd);
		return -EACCES;
	}
	if (ret_st)
		*ret_st = st;
	return fd;
}

/* What execvp passes over on its way along PATH. */
static bool passed_over(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -EACCES || r == -EISDIR || r == -ENXIO ||
	       r == -ELOOP || r == -ENAMETOOLONG;
}

static int search(const struct gt_tree *t, const char *name, const char *list,
		  char ret_path[GT_PATH_CAP], struct stat *ret_st)
{
	int first = -ENOENT;

	for (const char *p = list;; p++) {
		size_t n = strcspn(p, ":");
		char path[GT_PATH_CAP];
		int r;

		/* An empty entry is the working directory, too. */
		if (*p != '/')
			return -ENOTSUP;
		if (!join(path, p, n, name))
			return -ENAMETOOLONG;
		r = open_program(t, path, ret_st);
		if (r >= 0)
			(void)gt_copy_str(ret_path, GT_PATH_CAP, path);
		if (r >= 0 || !passed_over(r))
			return r;
		/* As execvp: that there was one without permission is the better message. */
		if (r != -ENOENT && r != -ENOTDIR && first == -ENOENT)
			first = r;
		p += n;
		if (*p == '\0')
			return first;
	}
}

int gt_program_resolve(const struct gt_tree *t, const char *arg0, const char *cwd,
		       const char *path_env, char ret_path[GT_PATH_CAP], struct stat *ret_st)
{
	char path[GT_PATH_CAP];
	int fd;

	ret_path[0] = '\0';
	if (*arg0 == '\0')
		return -EINVAL;
	if (!strchr(arg0, '/'))
		return search(t, arg0, path_env ? path_env : DEFAULT_PATH, ret_path, ret_st);
	if (*arg0 == '/') {
		if (!gt_copy_str(path, sizeof(path), arg0))
			return -ENAMETOOLONG;
	} else if (t->layers) {
		return -EXDEV;
	} else {
		if (!cwd || *cwd == '\0')
			cwd = "/";
		/* "/" alone would make a second slash. */
		if (!join(path, cwd, strcmp(cwd, "/") == 0 ? 0 : strlen(cwd), arg0))
			return -ENAMETOOLONG;
	}
	(void)gt_copy_str(ret_path, GT_PATH_CAP, path);
	fd = open_program(t, path, ret_st);
	return fd;
}
