/*
 * The createRuntime hook that Podman and CRI-O read from the same directory. Reads below the root.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/xattr.h>

#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "job.h"

static void add_string(struct gt_buf *out, const char *s)
{
	struct gt_jw w;

	gt_jw_init(&w, out, false);
	gt_jw_str(&w, s);
}

/* The same bytes as oci-hook.json, which `make install` writes: a test compares them. */
void gt_hook_json(struct gt_buf *out, const char *hook, const char *arg, const char *stage,
		  const char *second_stage)
{
	gt_buf_str(out, "{\n\t\"version\": \"1.0.0\",\n\t\"hook\": {\n\t\t\"path\": ");
	add_string(out, hook);
	gt_buf_fmt(out, ",\n\t\t\"args\": [\"oci-gotune-hook\"%s%s%s],\n", arg ? ", \"" : "",
		   arg ? arg : "", arg ? "\"" : "");
	gt_buf_fmt(out,
		   "\t\t\"env\": [\"PATH=/usr/sbin:/usr/bin:/sbin:/bin\"],\n"
		   "\t\t\"timeout\": %d\n\t},\n\t\"when\": {\"always\": true},\n",
		   GT_HOOK_TIMEOUT_S);
	gt_buf_fmt(out, "\t\"stages\": [\"%s\"%s%s%s]\n}\n", stage, second_stage ? ", \"" : "",
		   second_stage ? second_stage : "", second_stage ? "\"" : "");
}

/* Who has registered the file: "podman crio"; "" when nothing is marked. */
static void read_mark(int root, char *ret, size_t cap)
{
	_cleanup_close_ int fd = gt_root_open_file(root, GT_HOOK_JSON, NULL);
	ssize_t n = fd < 0 ? -1 : fgetxattr(fd, GT_MARK_ENGINES, ret, cap - 1);

	ret[n > 0 ? n : 0] = '\0';
}

/* MARK without WORD, and with it again at the end when ADD. */
static void change_mark(const char *mark, const char *word, bool add, char *ret, size_t cap)
{
	ret[0] = '\0';
	for (const char *p = mark + strspn(mark, " "); *p;) {
		size_t n = strcspn(p, " ");

		if (n != strlen(word) || strncmp(p, word, n) != 0) {
			size_t used = strlen(ret);

			(void)gt_append(ret, cap, used ? " " : "");
			used = strlen(ret);
			(void)gt_copy(ret + used, cap - used, p, n);
		}
		p += n;
		p += strspn(p, " ");
	}
	if (add) {
		(void)gt_append(ret, cap, ret[0] ? " " : "");
		(void)gt_append(ret, cap, word);
	}
}

static bool has_word(const char *mark, const char *word)
{
	char without[64];

	change_mark(mark, word, false, without, sizeof(without));
	return strlen(without) != strlen(mark);
}

struct first_path {
	char *ret;
	size_t cap;
};

static int take_path(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct first_path *f = ctx;
	const struct gt_json_step *last = ev->depth > 0 ? &ev->path[ev->depth - 1] : NULL;

	(void)e;
	if (f->ret[0] == '\0' && ev->type == GT_JSON_STRING && last && last->key &&
	    strcmp(last->key, "path") == 0)
		(void)gt_copy(f->ret, f->cap, ev->text, ev->len);
	return 0;
}

void gt_hook_path(const char *text, size_t len, char *ret, size_t cap)
{
	struct first_path f = {ret, cap};

	ret[0] = '\0';
	if (gt_json_walk(text, len, 0, take_path, &f, NULL, NULL) < 0)
		ret[0] = '\0';
}

/* The change that keeps the bytes and only notes who has registered the file. */
static int remark(struct gt_engine_job *j, struct gt_file *f, const char *mark, struct gt_err *e)
{
	struct gt_change *c = &j->change[j->n_change];

	if (j->n_change == GT_CHANGES_MAX)
		return gt_err_set(e, -E2BIG, "too many files to change");
	*c = (struct gt_change){.old = *f, .text = strdup(f->text), .len = f->len};
	f->text = NULL;
	c->engines = strdup(mark);
	j->n_change++;
	return c->text && c->engines ? 0 : gt_err_set(e, -ENOMEM, "out of memory");
}

static int install(struct gt_engine_job *j, struct gt_file *f, const char *mark, const char *me,
		   struct gt_err *e)
{
	struct gt_buf want = {0};
	char with_me[64];
	unsigned n = j->n_change;
	int r;

	gt_hook_json(&want, j->own.hook, NULL, "createRuntime", "poststop");
	change_mark(mark, me, true, with_me, sizeof(with_me));
	if (want.error)
		r = gt_err_set(e, want.error, "out of memory");
	else if (f->exists && gt_buf_is(&want, f->text, f->len))
		r = has_word(mark, me) ? 0 : remark(j, f, with_me, e);
	else
		r = gt_change_to(j, f, want.p, want.len, e);
	if (r == 0 && j->n_change > n && !j->change[n].engines)
		j->change[n].engines = strdup(with_me);
	gt_buf_done(&want);
	return r;
}

int gt_engine_hookfile(struct gt_engine_job *j, const char *other, struct gt_err *e)
{
	const char *me = j->engine->name;
	bool usual = j->engine->default_ways & GT_WAY_BIT(GT_WAY_HOOK);
	char mark[64], rest[64];
	unsigned n = j->n_change;
	struct gt_file f;
	int r = gt_file_read(j->root, GT_HOOK_JSON, &f, e);

	if (r < 0) {
		gt_file_done(&f);
		return r;
	}
	read_mark(j->root, mark, sizeof(mark));
	change_mark(mark, me, false, rest, sizeof(rest));
	if (f.exists)
		gt_hook_path(f.text, f.len, j->target, sizeof(j->target));
	if (j->install) {
		r = install(j, &f, mark, me, e);
		if (r == 0 && j->n_change > n)
			gt_engine_note(
				j, "%s also reads %s: its containers are tuned by the same hook",
				other, GT_HOOK_JSON);
	} else if (j->probe) { /* whoever registered it, both engines read it */
		r = gt_change_remove(j, &f, e);
	} else if (f.exists && mark[0] == '\0' && j->all_ways && !usual) {
		gt_engine_note(
			j,
			"%s is kept: it is not known to be %s's; gotune uninstall %s --way hook "
			"removes it",
			GT_HOOK_JSON, j->engine->title, me);
	} else if (f.exists && rest[0]) {
		gt_engine_note(j, "%s is kept: it is also registered for %s", GT_HOOK_JSON, rest);
		r = has_word(mark, me) ? remark(j, &f, rest, e) : 0;
	} else {
		if (f.exists)
			gt_engine_note(j, "%s also reads %s, if it is installed", other,
				       GT_HOOK_JSON);
		r = gt_change_remove(j, &f, e);
	}
	gt_file_done(&f);
	return r;
}
