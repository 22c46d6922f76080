/*
 * An engine's files, one over the other: reading, merging, and who had the last word. Reads below
 * the root of a view; changes nothing.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "json.h"
#include "sheets.h"

#define NAMES_MAX 1024
#define DEEP_MAX  8

/* ---- the view ---- */

void gt_view_set(struct gt_view *v, const char *path, const char *text, size_t len)
{
	unsigned i = 0;

	while (i < v->n && strcmp(v->over[i].path, path) != 0)
		i++;
	if (i == GT_ARRAY_LEN(v->over))
		return;
	v->over[i] = (struct gt_over){path, text, len};
	v->n += i == v->n;
}

struct gt_view gt_view_of(const struct gt_engine_job *j, bool after)
{
	struct gt_view v = {.root = j->root, .skips_broken = !j->install && !j->probe};

	for (unsigned i = 0; after && i < j->n_change; i++)
		gt_view_set(&v, j->change[i].old.path, j->change[i].text, j->change[i].len);
	return v;
}

static const struct gt_over *over_of(const struct gt_view *v, const char *path)
{
	for (unsigned i = 0; i < v->n; i++) {
		if (strcmp(v->over[i].path, path) == 0)
			return &v->over[i];
	}
	return NULL;
}

bool gt_view_has(const struct gt_view *v, const char *path)
{
	const struct gt_over *o = over_of(v, path);

	return o ? o->text != NULL : gt_path_exists(v->root, path);
}

static int read_file(const struct gt_view *v, const char *path, struct gt_file *ret,
		     struct gt_err *e)
{
	const struct gt_over *o = over_of(v, path);

	if (!o)
		return gt_file_read_linked(v->root, path, ret, e);
	*ret = (struct gt_file){.exists = o->text != NULL, .len = o->text ? o->len : 0};
	ret->text = strndup(o->text ? o->text : "", ret->len);
	return ret->text ? 0 : gt_err_set(e, -ENOMEM, "out of memory");
}

/* ---- names ---- */

struct names {
	char *name[NAMES_MAX];
	bool is_dir[NAMES_MAX];
	unsigned n;
};

static void names_done(struct names *s)
{
	for (unsigned i = 0; s && i < s->n; i++)
		free(s->name[i]);
	free(s);
}

/* Inserts NAME where it sorts; once. */
static int insert_name(struct names *s, const char *name, bool is_dir)
{
	unsigned i = s->n;
	char *copy;

	for (unsigned k = 0; k < s->n; k++) {
		if (strcmp(s->name[k], name) == 0)
			return 0;
	}
	copy = s->n < NAMES_MAX ? strdup(name) : NULL;
	if (!copy)
		return s->n < NAMES_MAX ? -ENOMEM : -E2BIG;
	for (; i > 0 && strcmp(s->name[i - 1], name) > 0; i--) {
		s->name[i] = s->name[i - 1];
		s->is_dir[i] = s->is_dir[i - 1];
	}
	s->name[i] = copy;
	s->is_dir[i] = is_dir;
	s->n++;
	return 0;
}

/* The names that the view has in DIR beyond those of the disk. */
static int insert_over(const struct gt_view *v, const char *dir, struct names *s)
{
	size_t n = strlen(dir);
	int r = 0;

	for (unsigned i = 0; r == 0 && i < v->n; i++) {
		const char *p = v->over[i].path;

		if (v->over[i].text && strncmp(p, dir, n) == 0 && p[n] == '/' &&
		    !strchr(p + n + 1, '/'))
			r = insert_name(s, p + n + 1, false);
	}
	return r;
}

static int insert_disk(const struct gt_view *v, const char *dir, struct names *s)
{
	int fd = gt_root_open_dir(v->root, dir), r = 0;
	const struct dirent *de;
	DIR *d;

	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (de = readdir(d)) != NULL) {
		char path[GT_PATH_CAP];
		const struct gt_over *o;
		struct stat st;

		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0 ||
		    !gt_path_join(path, dir, de->d_name))
			continue;
		o = over_of(v, path);
		if (!o || o->text)
			r = insert_name(s, de->d_name,
					fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
							0 &&
						S_ISDIR(st.st_mode));
	}
	closedir(d);
	return r;
}

static int list(const struct gt_view *v, const char *dir, struct names **ret, struct gt_err *e)
{
	struct names *s = calloc(1, sizeof(*s));
	int r = s ? insert_disk(v, dir, s) : -ENOMEM;

	if (r == 0)
		r = insert_over(v, dir, s);
	if (r < 0) {
		if (s)
			names_done(s);
		return gt_err_sys(e, r, "cannot list %s", dir);
	}
	*ret = s;
	return 0;
}

int gt_view_names(const struct gt_view *v, const char *dir, const char *pattern,
		  struct gt_list *ret, struct gt_err *e)
{
	struct names *s = NULL;
	int r = list(v, dir, &s, e);

	if (r < 0 || !s)
		return r;
	gt_list_init(ret);
	for (unsigned i = 0; r == 0 && i < s->n; i++) {
		if (!s->is_dir[i] && gt_glob(pattern, s->name[i]))
			r = gt_strv_add(&ret->v, s->name[i], strlen(s->name[i]));
	}
	names_done(s);
	return r < 0 ? gt_err_sys(e, r, "cannot list %s", dir) : 0;
}

/* ---- the layers ---- */

static void layer_free(struct gt_sheet *l)
{
	gt_file_done(&l->file);
	gt_buf_done(&l->json);
	free(l);
}

void gt_sheets_done(struct gt_sheets *l)
{
	for (unsigned i = 0; i < l->n; i++)
		layer_free(l->at[i]);
	l->n = 0;
}

static int read_layer(struct gt_sheet *l, const struct gt_view *v, const char *path,
		      struct gt_err *e)
{
	struct gt_err why;
	int r = read_file(v, path, &l->file, e);

	if (r < 0 || !l->file.exists)
		return r;
	if (!gt_copy_str(l->path, sizeof(l->path), path))
		return gt_err_set(e, -ENAMETOOLONG, "%.64s...: too long a path", path);
	r = gt_file_check_toml(&l->file, path, e);
	if (r < 0)
		return r;
	r = gt_toml_to_json(l->file.text, l->file.len, &l->json, &why);
	return r < 0 ? gt_err_set(e, r, "%s:%s", path, why.msg) : 0;
}

int gt_sheets_add(struct gt_sheets *l, const struct gt_view *v, const char *path, struct gt_err *e)
{
	struct gt_sheet *one;
	int r;

	if (l->n == GT_SHEETS_MAX)
		return gt_err_set(e, -E2BIG, "%s: too many files", path);
	one = calloc(1, sizeof(*one));
	if (!one)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = read_layer(one, v, path, e);
	if (r == 0 && one->file.exists)
		l->at[l->n++] = one;
	else
		layer_free(one);
	return r;
}

/* A directory on the way down, and which of its names is next. */
struct walk {
	struct names *s;
	unsigned at;
	char path[GT_PATH_CAP];
};

static int walk_into(struct walk *w, const struct gt_view *v, const char *dir, struct gt_err *e)
{
	w->s = NULL;
	w->at = 0;
	if (!gt_copy_str(w->path, sizeof(w->path), dir))
		return gt_err_set(e, -ENAMETOOLONG, "%.64s...: too long a path", dir);
	return list(v, dir, &w->s, e);
}

/* Its files, and those of at most DEEP directories below one another, in the order of their paths.
 */
static int add_dir(struct gt_sheets *l, const struct gt_view *v, const char *dir,
		   const char *pattern, unsigned deep, struct gt_err *e)
{
	_cleanup_free_ struct walk *way = calloc(deep + 1, sizeof(*way));
	char path[GT_PATH_CAP];
	unsigned n = 1;
	int r;

	if (!way)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = walk_into(way, v, dir, e);
	while (r == 0 && n > 0) {
		struct walk *w = &way[n - 1];
		unsigned i = w->at++;

		if (!w->s || i >= w->s->n) {
			names_done(w->s);
			n--;
		} else if (!gt_path_join(path, w->path, w->s->name[i])) {
			continue;
		} else if (!w->s->is_dir[i]) {
			r = gt_glob(pattern, w->s->name[i]) ? gt_sheets_add(l, v, path, e) : 0;
		} else if (n <= deep) {
			r = walk_into(&way[n++], v, path, e);
		}
	}
	while (n > 0)
		names_done(way[--n].s);
	return r;
}

int gt_sheets_add_dir(struct gt_sheets *l, const struct gt_view *v, const char *dir,
		      const char *pattern, bool deep, struct gt_err *e)
{
	return add_dir(l, v, dir, pattern, deep ? DEEP_MAX : 0, e);
}

bool gt_view_says(const struct gt_view *v, const char *file, const char *const *path, unsigned n,
		  const char *value)
{
	struct gt_sheets one = {0};
	struct gt_err ignored;
	char text[256] = "";

	if (gt_sheets_add(&one, v, file, &ignored) == 0 && one.n == 1)
		gt_toml_string(&one.at[0]->json, path, n, text, sizeof(text));
	gt_sheets_done(&one);
	return strcmp(text, value) == 0;
}

int gt_sheets_merge(const struct gt_sheets *l, const struct gt_toml_rules *rules,
		    struct gt_buf *ret, struct gt_err *e)
{
	struct gt_toml_doc *doc = calloc(l->n + 1, sizeof(*doc));
	int r;

	if (!doc)
		return gt_err_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < l->n; i++)
		doc[i] = (struct gt_toml_doc){l->at[i]->file.text, l->at[i]->file.len};
	r = gt_toml_merge(doc, l->n, rules, ret, e);
	free(doc);
	return r;
}

bool gt_sheet_has(const struct gt_sheet *l, const char *const *path, unsigned n)
{
	struct gt_json_spot spot = {0};

	return gt_json_find(l->json.p, l->json.len, path, n, &spot, NULL) == 0 && spot.found;
}

const struct gt_sheet *gt_sheets_last(const struct gt_sheets *l, const char *const *path,
				      unsigned n)
{
	for (unsigned i = l->n; i-- > 0;) {
		if (gt_sheet_has(l->at[i], path, n))
			return l->at[i];
	}
	return NULL;
}

const struct gt_sheet *gt_sheets_find(const struct gt_sheets *l, const char *path)
{
	for (unsigned i = l->n; i-- > 0;) {
		if (strcmp(l->at[i]->path, path) == 0)
			return l->at[i];
	}
	return NULL;
}
