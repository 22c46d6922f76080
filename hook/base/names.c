/*
 * The names in a directory. Effectful: reads it.
 */
#include <dirent.h>

#include "gotune/base.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The sorted names of an open directory into RET. */
static int list_sorted(DIR *d, const char *suffix, struct gt_list *ret)
{
	char *name[256] = {NULL}; /* a directory of drop-ins has a handful */
	unsigned n = 0;
	const struct dirent *de;
	int r = 0;

	while (r == 0 && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.' || !gt_has_suffix(de->d_name, suffix))
			continue;
		if (n == GT_ARRAY_LEN(name))
			r = -E2BIG;
		else if (!(name[n] = strdup(de->d_name)))
			r = -ENOMEM;
		else
			n++;
	}
	qsort(name, n, sizeof(name[0]), by_name);
	for (unsigned i = 0; i < n; i++) {
		if (r == 0)
			r = gt_strv_add(&ret->v, name[i], strlen(name[i]));
		free(name[i]);
	}
	return r;
}

int gt_dir_names(int root, const char *dir, const char *suffix, struct gt_list *ret)
{
	int fd = gt_root_open_dir(root, dir), r;
	DIR *d;

	gt_list_init(ret);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return fd;
	d = fdopendir(fd);
	if (!d) {
		r = -errno;
		close(fd);
		return r;
	}
	r = list_sorted(d, suffix, ret);
	closedir(d);
	return r;
}
