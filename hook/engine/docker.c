/*
 * Docker: the runtime "gotune" in /etc/docker/daemon.json. dockerd reads no drop-ins, so the file
 * is edited by splicing, and every other byte stays.
 */
#include <stdio.h>

#include "docker.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "json.h"
#include "own.h"
#include "unit.h"

#define DAEMON_JSON "/etc/docker/daemon.json"
#define NAME	    "gotune"

static const char *const path_runtimes[] = {"runtimes", NAME, "path"};
static const char *const path_default[] = {"default-runtime"};

static bool is_blank(const char *text, size_t len)
{
	return strspn(text, " \t\r\n") == len;
}

/* What the document says of us. */
struct seen {
	bool has_runtimes, has_entry, is_ours;
	char target[GT_PATH_CAP], default_runtime[256];
};

static int look(const char *text, size_t len, struct seen *ret, struct gt_err *e)
{
	struct gt_json_spot at[4] = {0}, spot = {0}; /* [i]: of the first i keys of path_runtimes */
	int r = 0;

	*ret = (struct seen){0};
	for (unsigned i = 0; r == 0 && i < GT_ARRAY_LEN(at); i++)
		r = gt_json_find(text, len, path_runtimes, i, &at[i], e);
	if (r == 0)
		r = gt_json_find(text, len, path_default, 1, &spot, e);
	if (r < 0)
		return r;
	if (at[0].type != GT_JSON_MAP_START)
		return gt_err_set(e, -EBADMSG, "1:1: not an object");
	ret->has_runtimes = at[1].found;
	ret->has_entry = at[2].found && at[2].type != GT_JSON_NULL;
	ret->is_ours = at[3].found && gt_is_our_runtime(at[3].text);
	if (ret->is_ours) /* both fit: of the same sizes, or cut and then not ours */
		(void)gt_copy_str(ret->target, sizeof(ret->target), at[3].text);
	(void)gt_copy_str(ret->default_runtime, sizeof(ret->default_runtime), spot.text);
	return 0;
}

static void to_json_string(struct gt_buf *out, const char *s)
{
	struct gt_jw w;

	gt_jw_init(&w, out, false);
	gt_jw_str(&w, s);
}

/* OUT = IN with VALUE (a string) at PATH. */
static int put(const struct gt_buf *in, const char *const *path, unsigned n, const char *value,
	       struct gt_buf *out, struct gt_err *e)
{
	struct gt_buf json = {0};
	int r;

	to_json_string(&json, value);
	r = json.error ? json.error : gt_json_put(in->p, in->len, path, n, json.p, out, e);
	gt_buf_done(&json);
	return r;
}

int gt_docker_add(const char *text, size_t len, const char *runtime, bool make_default,
		  struct gt_buf *out, struct gt_err *e)
{
	struct gt_buf a = {0}, b = {0};
	struct seen seen;
	int r;

	if (is_blank(text, len)) /* an empty file is {} to newer dockerds; 20.10 dies of it */
		gt_buf_str(&a, "{\n}\n");
	else
		gt_buf_add(&a, text, len);
	r = a.error ? a.error : look(a.p, a.len, &seen, e);
	if (r == 0 && seen.has_entry && !seen.is_ours)
		r = gt_err_set(e, -EEXIST,
			       "there is a runtime \"" NAME
			       "\" that is not ours: rename or remove it");
	if (r == 0)
		r = put(&a, path_runtimes, 3, runtime, &b, e);
	if (r == 0 && make_default)
		r = put(&b, path_default, 1, NAME, out, e);
	else if (r == 0)
		gt_buf_add(out, b.p, b.len);
	gt_buf_done(&a);
	gt_buf_done(&b);
	return r < 0 ? r : out->error;
}

/* Takes our keys out; OLD is the copy of before, NULL: there is none, or it is invalid. */
static int splice_out(const char *text, size_t len, const struct seen *now, const struct seen *old,
		      struct gt_buf *out, struct gt_err *e)
{
	bool is_default = strcmp(now->default_runtime, NAME) == 0;
	struct gt_buf a = {0}, b = {0};
	struct gt_json_spot spot = {0};
	int r = gt_json_drop(text, len, path_runtimes, now->is_ours ? 2 : 0, &a, e);

	if (r == 0 && now->is_ours)
		r = gt_json_find(a.p, a.len, path_runtimes, 1, &spot, e);
	if (r == 0) /* an object that only we needed goes, too */
		r = gt_json_drop(
			a.p, a.len, path_runtimes,
			spot.found && spot.n_children == 0 && !(old && old->has_runtimes) ? 1 : 0,
			&b, e);
	if (r == 0 && is_default && old && old->default_runtime[0])
		r = put(&b, path_default, 1, old->default_runtime, out, e);
	else if (r == 0)
		r = gt_json_drop(b.p, b.len, path_default, is_default ? 1 : 0, out, e);
	gt_buf_done(&a);
	gt_buf_done(&b);
	return r;
}

/* Is TEXT what install makes of BACKUP? */
static bool is_made_of(const char *text, size_t len, const struct seen *now, const char *backup,
		       size_t backup_len)
{
	struct gt_buf made = {0};
	struct gt_err ignored;
	int r = gt_docker_add(backup, backup_len, now->target,
			      strcmp(now->default_runtime, NAME) == 0, &made, &ignored);
	bool is = r == 0 && gt_buf_is(&made, text, len);

	gt_buf_done(&made);
	return is;
}

int gt_docker_remove(const char *text, size_t len, const char *backup, size_t backup_len,
		     struct gt_buf *out, bool *ret_remove, struct gt_err *e)
{
	struct seen now = {0}, old = {0};
	struct gt_json_spot top = {0};
	struct gt_err ignored;
	bool has_old;
	int r = is_blank(text, len) ? 0 : look(text, len, &now, e);

	*ret_remove = false;
	if (r < 0)
		return r;
	if (!now.is_ours && strcmp(now.default_runtime, NAME) != 0) {
		gt_buf_add(out, text, len);
		return out->error;
	}
	if (is_made_of(text, len, &now, backup ? backup : "", backup ? backup_len : 0)) {
		*ret_remove = backup == NULL;
		gt_buf_add(out, backup ? backup : "", backup ? backup_len : 0);
		return out->error;
	}
	has_old = backup && look(backup, backup_len, &old, &ignored) == 0;
	r = splice_out(text, len, &now, has_old ? &old : NULL, out, e);
	if (r == 0 && !backup) /* install made the file, and nobody has put anything into it */
		r = gt_json_find(out->p, out->len, path_default, 0, &top, e);
	*ret_remove = r == 0 && !backup && top.n_children == 0;
	return r;
}

/* Puts the file's name before a message, which may begin with a place in it. */
static int in_file(const struct gt_engine_job *j, int r, struct gt_err *e)
{
	struct gt_err why = *e;
	bool place = why.msg[0] >= '0' && why.msg[0] <= '9';

	return gt_err_set(e, r, "%s:%s%s", j->path, place ? "" : " ", why.msg);
}

/* A default that is not what gotune-runtime would run by itself is not lost without a word. */
static void note_default(struct gt_engine_job *j, const struct gt_file *f, const struct seen *now)
{
	const char *name = now->default_runtime[0] ? now->default_runtime : "runc";
	const char *const path[] = {"runtimes", name, "path"};
	struct gt_json_spot spot = {0};
	struct gt_err ignored;

	if (f->len > 0 && gt_json_find(f->text, f->len, path, 3, &spot, &ignored) < 0)
		spot.text[0] = '\0';
	gt_engine_note_real(j, name, spot.text);
}

static int install(struct gt_engine_job *j, struct gt_file *f, const struct seen *now,
		   const struct gt_strv *words, struct gt_err *e)
{
	struct gt_buf out = {0};
	int r = gt_docker_add(f->text, f->len, j->own.runtime, j->make_default, &out, e);
	bool changes = r == 0 && !gt_buf_is(&out, f->text, f->len);

	if (r < 0)
		r = in_file(j, r, e);
	/* A key that we add may be among dockerd's arguments already: it then refuses to start.
	 */
	if (changes && !j->probe)
		r = gt_docker_check_flags(j, words, e);
	/* The copy is of the file without us: a second run does not lose it. */
	if (changes && r == 0 && f->exists && !now->has_entry &&
	    strcmp(now->default_runtime, NAME) != 0)
		r = gt_change_backup(j, f, e);
	if (changes && r == 0 && j->make_default)
		note_default(j, f, now);
	if (changes)
		gt_engine_next(j, "%s", j->engine->reload);
	if (r == 0)
		r = gt_change_to(j, f, out.p ? out.p : "", out.len, e);
	gt_buf_done(&out);
	return r;
}

static int uninstall(struct gt_engine_job *j, struct gt_file *f, const struct gt_strv *words,
		     struct gt_err *e)
{
	struct gt_file copy = {0};
	struct gt_buf out = {0};
	bool remove = false, changes;
	int r = gt_backup_read(j->root, f->path, &copy, e);

	if (r == 0)
		r = gt_docker_remove(f->text, f->len, copy.exists ? copy.text : NULL, copy.len,
				     &out, &remove, e);
	if (r < 0)
		r = in_file(j, r, e);
	if (r == 0 && !remove && gt_json_names_us(out.p ? out.p : "", out.len))
		gt_engine_still_names_us(j, f->path);
	changes = r == 0 && f->exists && (remove || !gt_buf_is(&out, f->text, f->len));
	if (changes && !j->probe)
		r = gt_docker_check_left(words, e);
	if (changes && r == 0) {
		if (!j->probe)
			gt_docker_users(j, f);
		/* A reload adds runtimes and changes the default, but forgets neither (ran on
		 * 20.10.24; moby, daemon/reload.go). */
		gt_engine_next(j, "systemctl restart %s", j->engine->unit);
		r = remove ? gt_change_remove(j, f, e)
			   : gt_change_to(j, f, out.p ? out.p : "", out.len, e);
	}
	if (r == 0 && !j->probe)
		r = gt_change_remove(j, &copy, e);
	gt_file_done(&copy);
	gt_buf_done(&out);
	return r;
}

static int change(struct gt_engine_job *j, const struct gt_strv *words, struct gt_err *e)
{
	struct gt_file f;
	struct seen now = {0};
	int r = gt_file_read(j->root, j->path, &f, e);

	if (r == 0 && !is_blank(f.text, f.len)) {
		r = look(f.text, f.len, &now, e);
		if (r < 0)
			r = in_file(j, r, e);
	}
	if (r == 0) {
		(void)gt_copy_str(j->target, sizeof(j->target), now.target);
		j->is_default = strcmp(now.default_runtime, NAME) == 0;
		gt_docker_flags_state(j, words);
		r = j->install ? install(j, &f, &now, words, e) : uninstall(j, &f, words, e);
	}
	gt_file_done(&f);
	return r;
}

/* Docker as a snap reads a file of its own, which no unit and no argument tells. */
static void note_snap(struct gt_engine_job *j)
{
	static const char snap[] = "/var/snap/docker/current/config/daemon.json";

	if (gt_path_exists(j->root, snap))
		gt_engine_note(
			j,
			"Docker's snap reads %s, not %s, and may run no program from outside: "
			"use another package of Docker",
			snap, j->path);
}

static int run_docker(struct gt_engine_job *j, struct gt_err *e)
{
	struct gt_list *words = malloc(sizeof(*words));
	struct gt_flag file;
	int r;

	if (!words)
		return gt_err_set(e, -ENOMEM, "out of memory");
	gt_list_init(words);
	r = gt_docker_words(j, &words->v);
	if (r < 0)
		(void)gt_err_set(e, r, "out of memory");
	(void)gt_copy_str(j->path, sizeof(j->path), DAEMON_JSON); /* fits */
	if (r == 0 && gt_words_last_flag(&words->v, "--config-file", NULL, &file) &&
	    file.value[0] == '/') {
		gt_copy_cut(j->path, file.value);
		if (!j->probe && strcmp(j->path, DAEMON_JSON) != 0)
			gt_engine_note(j, "dockerd reads %s: %s has --config-file", j->path,
				       file.where);
	}
	if (r == 0 && !j->probe)
		note_snap(j);
	if (r == 0)
		r = change(j, &words->v, e);
	free(words);
	return r;
}

const struct gt_engine_driver gt_engine_docker = {
	.name = "docker",
	.title = "Docker",
	.ways = GT_WAY_BIT(GT_WAY_RUNTIME),
	.default_ways = GT_WAY_BIT(GT_WAY_RUNTIME),
	.program = "dockerd",
	.daemon = "dockerd",
	.unit = "docker",
	.reload = "systemctl reload docker",
	.api_socket = "/run/docker.sock",
	.run = run_docker,
};
