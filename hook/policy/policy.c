/*
 * Reads the policy: finds its files, reads each as a layer, and marks those that it cannot read.
 * Effectful: reads files below a root descriptor; needs no privilege.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cache.h"
#include "compiled.h"
#include "draft.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"

/* A policy under construction. */
struct build {
	struct gt_draft d;
	struct gt_layer *layer; /* owned */
	uint32_t n_layer;
	struct gt_policy_key *key; /* NULL, or filled: which files these are */
};

static int add_layer(struct build *b, const char *path)
{
	struct gt_layer *grown = reallocarray(b->layer, b->n_layer + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	b->layer = grown;
	grown[b->n_layer] = (struct gt_layer){0};
	gt_copy_cut(grown[b->n_layer].path, path);
	b->n_layer++;
	return 0;
}

/* Marks the newest layer, and all: we cannot read the file, so it may be for any container. */
static int cannot_read(struct build *b, const char *why)
{
	struct gt_layer *l = &b->layer[b->n_layer - 1];

	l->broken = true;
	b->d.top.broken = true;
	(void)snprintf(l->error, sizeof(l->error), "1:1: %s", why);
	return 0;
}

/* Who writes the policy rules every container, so only the administrator may. */
static const char *bad_owner(const struct stat *st)
{
	if (st->st_uid != geteuid() && !gt_userns_is_root(st->st_uid))
		return "the file belongs to neither root nor the user that runs this program";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "others than its owner may write to the file: run chmod go-w";
	return NULL;
}

static const char *why_not_opened(int r)
{
	switch (r) {
	case -EISDIR:
		return "is a directory";
	case -ENXIO:
		return "is not a regular file";
	case -EFBIG:
		return "is larger than a policy may be";
	case -ELOOP:
		return "has too many symbolic links";
	default:
		return strerror(-r);
	}
}

/* Reads the open file FD as the newest layer. */
static int read_layer(struct build *b, int fd, const struct stat *st)
{
	_cleanup_free_ char *doc = NULL;
	struct gt_layer *l = &b->layer[b->n_layer - 1];
	const char *bad = bad_owner(st);
	size_t len = 0;
	int r;

	if (b->key)
		gt_policy_key_add(b->key, st);
	if (bad)
		return cannot_read(b, bad);
	r = gt_read_all(fd, GT_POLICY_MAX, 0, &doc, &len);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return cannot_read(b, why_not_opened(r));
	r = gt_policy_read_layer(&b->d, (uint8_t)(b->n_layer - 1), doc, len, l->error,
				 sizeof(l->error));
	l->broken = l->error[0] != '\0';
	return r;
}

/* Reads one file below ROOT. If it is OPTIONAL, it may be missing. */
static int read_below(struct build *b, int root, const char *path, bool optional)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	fd = gt_root_open_file(root, path, &st);
	if (optional && (fd == -ENOENT || fd == -ENOTDIR))
		return 0;
	r = add_layer(b, path);
	if (r < 0)
		return r;
	return fd < 0 ? cannot_read(b, why_not_opened(fd)) : read_layer(b, fd, &st);
}

/* Reads the one file that the caller named: a path of this machine, not of the sysroot. */
static int read_named(struct build *b, const char *file)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	r = add_layer(b, file);
	if (r < 0)
		return r;
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return cannot_read(b, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return cannot_read(b, why_not_opened(S_ISDIR(st.st_mode) ? -EISDIR : -ENXIO));
	return read_layer(b, fd, &st);
}

static int is_drop_in(const struct dirent *d)
{
	return d->d_name[0] != '.' && gt_has_suffix(d->d_name, ".json");
}

/* strcmp, not strcoll: the order of files must not depend on the locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_drop_in(struct build *b, int root, const char *dir, const char *name)
{
	char path[sizeof(GT_POLICY_DIR) + 1 + NAME_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name); /* fits: NAME_MAX */
	if (b->n_layer == GT_LAYERS_MAX)
		return cannot_read(b, "more policy files than can be read come after this one");
	return read_below(b, root, path, false);
}

/* NAME: GT_POLICY_DIR, or a shorter one. */
static int read_drop_ins(struct build *b, int root, const char *name)
{
	_cleanup_close_ int dir = gt_root_open_dir(root, name);
	struct dirent **list = NULL;
	struct stat st;
	int n, r = 0;

	if (dir == -ENOENT || dir == -ENOTDIR)
		return 0;
	if (b->key && dir >= 0 && fstat(dir, &st) == 0)
		gt_policy_key_dir(b->key, &st);
	n = dir < 0 ? -1 : scandirat(dir, ".", &list, is_drop_in, by_bytes);
	if (n < 0) {
		const char *why = strerror(dir < 0 ? -dir : errno);

		r = add_layer(b, name);
		return r < 0 ? r : cannot_read(b, why);
	}
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = read_drop_in(b, root, name, list[i]->d_name);
		free(list[i]);
	}
	free((void *)list);
	return r;
}

/* Another machine's /etc/gotune, or one that is to become ours: a directory with the same files. */
static int open_config_dir(const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && gt_root_exists(fd, "policy.json") < 0 && gt_root_exists(fd, "policy.d") < 0)
		gt_cleanup_close(&fd), fd = -1;
	return fd;
}

static int read_config_dir(struct build *b, int root)
{
	int r = read_below(b, root, "policy.json", true);

	return r < 0 ? r : read_drop_ins(b, root, "policy.d");
}

static int read_builtin(struct build *b)
{
	struct gt_layer *l;
	int r = add_layer(b, "built-in");

	if (r < 0)
		return r;
	l = &b->layer[0];
	r = gt_policy_read_layer(&b->d, 0, gt_policy_builtin_json, strlen(gt_policy_builtin_json),
				 l->error, sizeof(l->error));
	l->broken = l->error[0] !=
		    '\0'; /* only by a mistake in this program, which a test would find */
	return r;
}

/* Makes *ret from B when R is 0, and frees B. */
static int finish_build(struct build *b, int r, struct gt_policy *ret)
{
	if (r == 0)
		r = gt_policy_resolve(&b->d, b->layer, b->n_layer, ret);
	gt_draft_done(&b->d);
	free(b->layer);
	return r;
}

/* Reads the built-in layer and FILE, or without it the machine's policy and its drop-ins. */
static int read_layers(struct build *b, int root, const char *file)
{
	_cleanup_close_ int dir = file ? open_config_dir(file) : -1;
	int r = read_builtin(b);

	if (r < 0)
		return r;
	if (dir >= 0)
		return read_config_dir(b, dir);
	if (file)
		return read_named(b, file);
	r = read_below(b, root, GT_POLICY_FILE, true);
	if (r < 0)
		return r;
	return read_drop_ins(b, root, GT_POLICY_DIR);
}

int gt_policy_read_builtin_json(struct gt_policy *ret)
{
	struct build b = {0};

	return finish_build(&b, read_builtin(&b), ret);
}

int gt_policy_read_files(int root, const char *file, struct gt_policy_key *ret_key,
			 struct gt_policy *ret, struct gt_err *e)
{
	struct build b = {.key = ret_key};
	int r = finish_build(&b, read_layers(&b, root, file), ret);

	return r < 0 ? gt_err_sys(e, r, "cannot read the policy") : 0;
}

int gt_read_policy(int root, const char *file, struct gt_policy *ret, struct gt_err *e)
{
	return gt_policy_read_files(root, file, NULL, ret, e);
}
