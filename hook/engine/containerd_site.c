/*
 * containerd: which file it reads, what that is without us, and where drop-ins of ours may be.
 * Reads below the root.
 */
#include "containerd_site.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"

#define NAME "gotune"

/* The names of our drop-in, of which the first takes effect that no other file's undoes. */
static const char *const drop_in_name[] = {"99-gotune.toml", "99-zz-gotune.toml", "zz-gotune.toml",
					   "zzzz-gotune.toml"};
#define NAMES GT_ARRAY_LEN(drop_in_name)

void gt_containerd_site_free(struct gt_containerd_site *s)
{
	gt_file_done(&s->file);
	gt_file_done(&s->copy);
	gt_buf_done(&s->base);
	gt_containerd_conf_free(s->now);
	gt_containerd_conf_free(s->others);
	free(s);
}

/* ---- distributions whose containerd reads another file ---- */

static const struct other {
	const char *path, *title, *what;
} others[] = {
	{"/var/lib/rancher/k3s/agent/etc/containerd", "k3s",
	 "writes its config.toml anew at each start: put the tables into config.toml.tmpl or "
	 "config-v3.toml.tmpl there"},
	{"/var/lib/rancher/rke2/agent/etc/containerd", "rke2",
	 "writes its config.toml anew at each start: put the tables into config.toml.tmpl or "
	 "config-v3.toml.tmpl there"},
	{"/etc/k0s/containerd.toml", "k0s",
	 "has a containerd of its own: put the tables into a file of /etc/k0s/containerd.d"},
	{"/var/snap/microk8s/current/args", "microk8s",
	 "writes its containerd.toml anew at each start: put the tables into "
	 "containerd-template.toml there"},
};

static const struct other *find_other(const struct gt_engine_job *j, const struct other *after)
{
	for (const struct other *o = after ? after + 1 : others; o < others + GT_ARRAY_LEN(others);
	     o++) {
		if (gt_path_exists(j->root, o->path))
			return o;
	}
	return NULL;
}

void gt_containerd_note_others(struct gt_engine_job *j)
{
	for (const struct other *o = find_other(j, NULL); o; o = find_other(j, o))
		gt_engine_note(j,
			       "%s is here (%s): it %s, as gotune's contrib/engines/containerd "
			       "has them",
			       o->title, o->path, o->what);
}

/* A distribution's file is no place for us, wherever a process or a unit says that it is. */
int gt_containerd_check_site(const struct gt_engine_job *j, const struct gt_containerd_site *s,
			     struct gt_err *e)
{
	for (const struct other *o = find_other(j, NULL); o; o = find_other(j, o)) {
		size_t n = strlen(o->path);

		if (strncmp(s->config, o->path, n) == 0 ||
		    (!s->file.exists && !s->where[0] &&
		     !gt_path_exists(j->root, GT_CONTAINERD_CONF_D)))
			return gt_err_set(e, -EOPNOTSUPP,
					  "%s is here (%s), and no other containerd is configured: "
					  "%s %s, as gotune's contrib/engines/containerd has them",
					  o->title, o->path, o->title, o->what);
	}
	return 0;
}

/* ---- reading ---- */

static int read_base(struct gt_containerd_site *s, struct gt_err *e)
{
	bool has_copy = s->copy.exists;
	struct gt_buf stripped = {0};
	struct gt_err why = {0};
	int r = gt_containerd_strip(s->file.text, s->file.len, &stripped, &why);

	if (r == 0)
		r = gt_containerd_take_out(stripped.p ? stripped.p : "", stripped.len,
					   has_copy ? s->copy.text : NULL, s->copy.len, &s->base,
					   &why);
	gt_buf_done(&stripped);
	if (r < 0) {
		bool place = why.msg[0] >= '0' && why.msg[0] <= '9';

		return gt_err_set(e, r, "%s:%s%s", s->config, place ? "" : " ",
				  why.msg[0] ? why.msg : strerror(-r));
	}
	return 0;
}

/* What a person can do who wants us out of a file that is no TOML. */
static int advise(const struct gt_containerd_site *s, int r, struct gt_err *e)
{
	static const char mark[] = "<<< gotune install";
	struct gt_err why = *e;

	if (r == -ENOMEM || !s->file.text || !memmem(s->file.text, s->file.len, mark, strlen(mark)))
		return r;
	return gt_err_set(e, r,
			  "%s; fix the file, then run this again, or take out by hand what is "
			  "between the two comments of gotune install",
			  why.msg);
}

static void add_drop_ins(struct gt_containerd_site *s, const char *dir, const char *pattern)
{
	char path[GT_PATH_CAP];

	for (unsigned i = 0; i < NAMES; i++) {
		if (gt_glob(pattern, drop_in_name[i]) && gt_path_join(path, dir, drop_in_name[i]))
			(void)gt_strv_add(&s->drop_ins.v, path, strlen(path)); /* few */
	}
}

bool gt_containerd_imports_drop_in(const struct gt_containerd_site *s)
{
	const struct gt_strv *v = &s->others->imported.v;
	const char *pattern;

	for (const char *dir = gt_strv_next(v, NULL); dir; dir = gt_strv_next(v, pattern)) {
		pattern = gt_strv_next(v, dir);
		if (gt_glob(pattern, drop_in_name[0]))
			return true;
	}
	return false;
}

/* All places that a drop-in of ours may be at. */
static void list_drop_ins(struct gt_containerd_site *s)
{
	const struct gt_strv *v = &s->now->imported.v;
	const char *pattern;

	gt_list_init(&s->drop_ins);
	add_drop_ins(s, GT_CONTAINERD_CONF_D, "*"); /* of the usual directory, imported or not */
	for (const char *dir = gt_strv_next(v, NULL); dir; dir = gt_strv_next(v, pattern)) {
		pattern = gt_strv_next(v, dir);
		if (strcmp(dir, GT_CONTAINERD_CONF_D) != 0)
			add_drop_ins(s, dir, pattern);
	}
}

struct gt_view gt_containerd_bare_view(const struct gt_engine_job *j,
				       const struct gt_containerd_site *s,
				       const struct gt_buf *text)
{
	struct gt_view v = gt_view_of(j, false);

	if (s->file.exists || text->len > 0)
		gt_view_set(&v, s->config, text->p ? text->p : "", text->len);
	for (const char *d = gt_strv_next(&s->drop_ins.v, NULL); d;
	     d = gt_strv_next(&s->drop_ins.v, d)) {
		if (gt_path_exists(j->root, d))
			gt_view_set(&v, d, NULL, 0);
	}
	return v;
}

/* Have we written a default, into config.toml or a drop-in? */
static bool has_own_default(const struct gt_engine_job *j, const struct gt_containerd_site *s)
{
	const char *const path[] = {"plugins", s->now->plugin, "containerd",
				    "default_runtime_name"};
	struct gt_view disk = gt_view_of(j, false), bare = gt_containerd_bare_view(j, s, &s->base);
	bool is = gt_view_says(&disk, s->config, path, 4, NAME) &&
		  !gt_view_says(&bare, s->config, path, 4, NAME);

	for (const char *d = gt_strv_next(&s->drop_ins.v, NULL); d && !is;
	     d = gt_strv_next(&s->drop_ins.v, d))
		is = gt_view_says(&disk, d, path, 4, NAME);
	return is;
}

/* What is registered now. */
static void look(struct gt_engine_job *j, struct gt_containerd_site *s)
{
	bool in_drop_in = false, has_us = gt_containerd_has_us(s->now, j->target), undone;

	s->own_default = has_own_default(j, s);
	j->is_default = has_us && gt_containerd_defaults_to_us(s->now);
	undone = s->own_default && !j->is_default;
	j->effective = has_us && !undone ? GT_YES : GT_NO;
	gt_copy_cut(j->decided_by, gt_containerd_last(s->now, undone));
	for (const char *d = gt_strv_next(&s->drop_ins.v, NULL); d && !in_drop_in;
	     d = gt_strv_next(&s->drop_ins.v, d)) {
		in_drop_in = gt_path_exists(j->root, d);
		if (in_drop_in)
			gt_copy_cut(j->path, d);
	}
}

int gt_containerd_read_site(struct gt_engine_job *j, struct gt_containerd_site *s, struct gt_err *e)
{
	struct gt_view disk = gt_view_of(j, false), bare;
	int r = gt_containerd_find(j, s->config, s->where, e);

	gt_copy_cut(j->path, s->config);
	if (r == 0)
		r = gt_file_read(j->root, s->config, &s->file, e);
	if (r == 0)
		r = gt_file_check_toml(&s->file, s->config, e);
	if (r == 0)
		r = gt_backup_read(j->root, s->config, &s->copy, e);
	if (r == 0) {
		r = read_base(s, e);
		if (r < 0 && !j->install && !j->probe)
			r = advise(s, r, e);
	}
	if (r == 0)
		r = gt_containerd_read(&disk, s->config, &s->now, e);
	if (r < 0)
		return r;
	list_drop_ins(s);
	bare = gt_containerd_bare_view(j, s, &s->base);
	r = gt_containerd_read(&bare, s->config, &s->others, e);
	if (r == 0)
		look(j, s);
	return r;
}
