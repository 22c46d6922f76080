/*
 * What the engines read, and the list of changes that they ask for. Reads below a root descriptor;
 * writes nothing.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#include "encoding.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "job.h"

#define READ_TIMEOUT_MS 5000

void gt_file_done(struct gt_file *f)
{
	if (!f)
		return;
	free(f->text);
	f->text = NULL;
}

void gt_engine_job_done(struct gt_engine_job *j)
{
	for (unsigned i = 0; i < j->n_change; i++) {
		gt_file_done(&j->change[i].old);
		free(j->change[i].text);
		free(j->change[i].engines);
	}
	j->n_change = 0;
	gt_buf_done(&j->notes);
	gt_buf_done(&j->next);
}

/* Where PATH's last part begins. */
static size_t dir_len(const char *path)
{
	return (size_t)(gt_basename(path) - path);
}

/* The directory of PATH, or -ENOENT. */
static int open_dir_of(int root, const char *path)
{
	char dir[GT_PATH_CAP];

	if (!gt_copy(dir, sizeof(dir), path, dir_len(path)))
		return -ENAMETOOLONG;
	return gt_root_open_dir(root, dir);
}

static int refuse_link(int dir, const char *path, struct gt_err *e)
{
	char target[GT_PATH_CAP];
	ssize_t n = readlinkat(dir, gt_basename(path), target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = '\0';
	return gt_err_set(e, -ELOOP,
			  "%s is a symlink to %s: whoever keeps that file would not know of the "
			  "change; make it a file of its own, or register there by hand",
			  path, target);
}

/* RAW is how it is on the disk. */
static int decode(const char *raw, size_t len, const char *path, struct gt_file *ret,
		  struct gt_err *e)
{
	struct gt_buf text = {0};
	int r;

	r = gt_text_decode(raw, len, &text, &ret->encoding);
	if (r == 0 && !text.p)
		text.p = strdup("");
	if (r == 0 && (text.error || !text.p))
		r = -ENOMEM;
	if (r < 0) {
		gt_buf_done(&text);
		return r == -EILSEQ ? gt_err_set(e, -EINVAL,
						 "%s:1:1: begins as UTF-16 and is none: save it "
						 "as UTF-8",
						 path)
				    : gt_err_set(e, -ENOMEM, "out of memory");
	}
	ret->text = text.p;
	ret->len = text.len;
	return 0;
}

int gt_file_check_toml(const struct gt_file *f, const char *path, struct gt_err *e)
{
	if (f->encoding != GT_UTF16_LE && f->encoding != GT_UTF16_BE)
		return 0;
	return gt_err_set(e, -EINVAL, "%s:1:1: is UTF-16, and TOML is UTF-8: save it as that",
			  path);
}

static int read_open(int fd, const char *path, struct gt_file *ret, struct gt_err *e)
{
	_cleanup_free_ char *raw = NULL;
	size_t len = 0;
	int r = gt_read_all(fd, GT_ENGINE_FILE_MAX, READ_TIMEOUT_MS, &raw, &len);

	if (r == -EFBIG)
		return gt_err_set(e, r, "%s is larger than %u bytes: that is no configuration",
				  path, GT_ENGINE_FILE_MAX);
	if (r < 0)
		return gt_err_sys(e, r, "cannot read %s", path);
	r = decode(raw, len, path, ret, e);
	ret->exists = r == 0;
	return r;
}

static int open_failed(int r, const char *path, struct gt_file *ret, struct gt_err *e)
{
	if (r == -ENOENT || r == -ENOTDIR) {
		ret->text = strdup("");
		return ret->text ? 0 : gt_err_set(e, -ENOMEM, "out of memory");
	}
	if (r == -EACCES || r == -EPERM)
		return gt_err_sys(e, r, "cannot read %s: run it as root", path);
	if (r == -EISDIR || r == -ENXIO)
		return gt_err_set(e, r, "%s is no regular file", path);
	return gt_err_sys(e, r, "cannot read %s", path);
}

int gt_file_read_linked(int root, const char *path, struct gt_file *ret, struct gt_err *e)
{
	_cleanup_close_ int fd = -1;

	*ret = (struct gt_file){0};
	if (!gt_copy_str(ret->path, sizeof(ret->path), path))
		return gt_err_set(e, -ENAMETOOLONG, "%.64s...: too long a path", path);
	fd = gt_root_open_file(root, path, &ret->st);
	return fd < 0 ? open_failed(fd, path, ret, e) : read_open(fd, path, ret, e);
}

int gt_file_read(int root, const char *path, struct gt_file *ret, struct gt_err *e)
{
	_cleanup_close_ int dir = open_dir_of(root, path);
	struct stat st;

	if (dir >= 0 && fstatat(dir, gt_basename(path), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode)) {
		*ret = (struct gt_file){0};
		return refuse_link(dir, path, e);
	}
	return gt_file_read_linked(root, path, ret, e);
}

bool gt_path_join(char *ret, const char *dir, const char *name)
{
	return gt_copy_str(ret, GT_PATH_CAP, dir) && gt_append(ret, GT_PATH_CAP, "/") &&
	       gt_append(ret, GT_PATH_CAP, name);
}

bool gt_path_exists(int root, const char *path)
{
	_cleanup_close_ int dir = open_dir_of(root, path);

	return dir >= 0 && faccessat(dir, gt_basename(path), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int gt_backup_read(int root, const char *path, struct gt_file *ret, struct gt_err *e)
{
	char copy[GT_PATH_CAP];

	*ret = (struct gt_file){0};
	if (!gt_copy_str(copy, sizeof(copy), path) || !gt_append(copy, sizeof(copy), GT_BACKUP))
		return gt_err_set(e, -ENAMETOOLONG, "%.64s...: too long a path", path);
	return gt_file_read(root, copy, ret, e);
}

/* TEXT NULL: remove. */
static int add_change(struct gt_engine_job *j, struct gt_file *f, const char *text, size_t len,
		      struct gt_err *e)
{
	struct gt_change *c = &j->change[j->n_change];

	if (j->n_change == GT_CHANGES_MAX) {
		gt_file_done(f);
		return gt_err_set(e, -E2BIG, "too many files to change");
	}
	*c = (struct gt_change){
		.old = *f, .len = len, .is_copy = gt_has_suffix(f->path, GT_BACKUP)};
	f->text = NULL;
	j->n_change++;
	if (!text)
		return 0;
	c->text = malloc(len + 1);
	if (!c->text)
		return gt_err_set(e, -ENOMEM, "out of memory");
	memcpy(c->text, text, len);
	c->text[len] = '\0';
	return 0;
}

bool gt_buf_is(const struct gt_buf *b, const char *text, size_t len)
{
	return !b->error && b->len == len && (len == 0 || memcmp(b->p, text, len) == 0);
}

bool gt_change_keeps_bytes(const struct gt_change *c)
{
	return c->text && c->old.exists && c->len == c->old.len &&
	       memcmp(c->text, c->old.text, c->len) == 0;
}

int gt_change_to(struct gt_engine_job *j, struct gt_file *f, const char *text, size_t len,
		 struct gt_err *e)
{
	if (f->exists && f->len == len && memcmp(f->text, text, len) == 0) {
		gt_file_done(f);
		return 0;
	}
	return add_change(j, f, text, len, e);
}

int gt_change_remove(struct gt_engine_job *j, struct gt_file *f, struct gt_err *e)
{
	if (!f->exists) {
		gt_file_done(f);
		return 0;
	}
	return add_change(j, f, NULL, 0, e);
}

int gt_change_backup(struct gt_engine_job *j, const struct gt_file *f, struct gt_err *e)
{
	struct gt_file copy;
	int r = gt_backup_read(j->root, f->path, &copy, e);

	if (r == 0 && !copy.exists)
		copy.st = f->st; /* owner and mode of what it is a copy of */
	if (r == 0)		 /* and its bytes */
		copy.encoding = f->encoding;
	if (r == 0)
		r = gt_change_to(j, &copy, f->text, f->len, e);
	return r;
}

static void GT_PRINTF(2, 0) add_line(struct gt_buf *b, const char *fmt, va_list ap)
{
	char line[1024];

	(void)vsnprintf(line, sizeof(line), fmt, ap); /* cut: for reading */
	gt_buf_str(b, line);
	gt_buf_str(b, "\n");
}

void gt_engine_note(struct gt_engine_job *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(&j->notes, fmt, ap);
	va_end(ap);
}

void gt_engine_next(struct gt_engine_job *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(&j->next, fmt, ap);
	va_end(ap);
}

bool gt_is_our_runtime(const char *path)
{
	return strcmp(gt_basename(path), "gotune-runtime") == 0;
}
