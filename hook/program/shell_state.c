/*
 * What is known on the way through a shell's text: variables, the meanings of "$@", the directory;
 * and the builtins that change them. Pure; no privilege.
 */
#include <string.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "launchers.h"
#include "shell_state.h"

bool gt_sh_has(const struct gt_list *l, const char *s)
{
	for (const char *w = gt_strv_next(&l->v, NULL); w; w = gt_strv_next(&l->v, w)) {
		if (strcmp(w, s) == 0)
			return true;
	}
	return false;
}

/* Text that is not known. */
static bool unknown(const char *s)
{
	return strchr(s, GT_SH_VAR) != NULL;
}

bool gt_sh_expand(const struct gt_sh_state *r, const char *w, char *ret, size_t cap)
{
	static const char mark[] = {GT_SH_VAR, '\0'};

	*ret = '\0';
	while (*w) {
		size_t n = strcspn(w, mark), len = strlen(ret);
		const char *end, *value;
		char name[256];

		if (!gt_copy(ret + len, cap - len, w, n))
			return false;
		w += n;
		if (*w == '\0')
			break;
		end = strchr(w, GT_SH_VAR_END);
		if (!end || !gt_copy(name, sizeof(name), w + 1, (size_t)(end - w) - 1))
			return false;
		value = gt_sh_has(&r->spoilt, name) ? NULL : gt_strv_pair(&r->vars.v, name);
		if (!gt_append(ret, cap, value ? value : mark))
			return false;
		w = end + 1;
	}
	return true;
}

static void spoil(struct gt_sh_state *r, const char *name)
{
	if (gt_strv_add(&r->spoilt.v, name, strlen(name)) < 0)
		r->lost = true;
}

void gt_sh_assign(struct gt_sh_state *r, const struct gt_sh_stmt *s, const char *word,
		  size_t name_len, bool exported)
{
	char name[256], value[GT_SH_WORD];
	bool known;

	if (name_len == 0 || !gt_copy(name, sizeof(name), word, name_len) ||
	    !gt_sh_expand(r, word + name_len + 1, value, sizeof(value))) {
		r->lost = true;
		return;
	}
	known = !s->nested && !unknown(value) && !strchr(value, '*') && *value != '~';
	r->path_set = r->path_set || strcmp(name, "PATH") == 0;
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		/* Without export it reaches the program only if it was in the environment. */
		if (strcmp(name, gt_var_name[i]) == 0 && (!known || !exported))
			r->lost = true;
	}
	if (!known || gt_strv_pair(&r->vars.v, name) ||
	    gt_strv_add_pair(&r->vars.v, name, name_len, value, strlen(value)) < 0)
		spoil(r, name);
	if (exported && known &&
	    gt_strv_add_pair(&r->ret->env, name, name_len, value, strlen(value)) < 0)
		r->lost = true;
}

/* The last row's meaning of "$@" is kept only if it is another one: its program is what counts. */
static void keep_alt(struct gt_sh_state *r)
{
	const struct gt_list *l = &r->alt[r->n_alt];
	const char *prog = gt_strv_at(&l->v, 0);

	if (!prog || l->v.dropped) {
		r->args_lost = r->args_lost || l->v.dropped;
		return;
	}
	for (uint32_t i = 0; i < r->n_alt && !gt_launcher_find(gt_basename(prog)); i++) {
		const char *p = gt_strv_at(&r->alt[i].v, 0);

		if (p && strcmp(p, prog) == 0)
			return;
	}
	r->n_alt++;
}

bool gt_sh_add_words(const struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i,
		     uint32_t n, struct gt_strv *v)
{
	char buf[GT_SH_WORD];

	for (const char *w = gt_strv_at(&s->words.v, i); w; w = gt_strv_next(&s->words.v, w), i++) {
		const struct gt_strv *args = &r->alt[n].v;

		if (s->kind[i] != GT_SH_ARGS) {
			if (!gt_sh_expand(r, w, buf, sizeof(buf)) ||
			    gt_strv_add(v, buf, strlen(buf)) < 0)
				return false;
			continue;
		}
		for (const char *a = gt_strv_next(args, NULL); a; a = gt_strv_next(args, a)) {
			if (gt_strv_add(v, a, strlen(a)) < 0)
				return false;
		}
	}
	return true;
}

bool gt_sh_has_args(const struct gt_sh_stmt *s, uint32_t i)
{
	for (; i < s->words.v.n; i++) {
		if (s->kind[i] == GT_SH_ARGS)
			return true;
	}
	return false;
}

/* set WORD..., set -- WORD...: another meaning of "$@". */
static void on_set(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	uint32_t n = r->n_alt;
	const char *w;

	for (i++; (w = gt_strv_at(&s->words.v, i)) != NULL && (*w == '-' || *w == '+'); i++) {
		if (strcmp(w, "--") == 0) {
			i++;
			break;
		}
		i += w[1] && w[strlen(w) - 1] == 'o'; /* -o pipefail, -euo pipefail */
	}
	if (i >= s->words.v.n)
		return;
	if (s->in_loop || s->in_function) {
		r->args_lost = true;
		return;
	}
	for (uint32_t a = 0; a < (gt_sh_has_args(s, i) ? n : 1); a++) {
		if (r->n_alt == GT_SH_ALTS) {
			r->args_lost = true;
			return;
		}
		gt_list_init(&r->alt[r->n_alt]);
		if (gt_sh_add_words(r, s, i, a, &r->alt[r->n_alt].v))
			keep_alt(r);
		else
			r->args_lost = true;
	}
}

/* shift: each meaning, without its first word. In a function it is that one's own. */
static void on_shift(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	uint32_t n = r->n_alt;

	if (s->in_function || s->in_loop || s->words.v.n > i + 1) {
		r->args_lost = r->args_lost || !s->in_function;
		r->odd_call = r->odd_call || s->in_function;
		return;
	}
	for (uint32_t a = 0; a < n; a++) {
		struct gt_list *l = &r->alt[r->n_alt];
		const char *w = gt_strv_at(&r->alt[a].v, 1);

		if (!w || *w == '-')
			continue;
		if (r->n_alt == GT_SH_ALTS) {
			r->args_lost = true;
			return;
		}
		gt_list_init(l);
		for (; w; w = gt_strv_next(&r->alt[a].v, w))
			(void)gt_strv_add(&l->v, w, strlen(w)); /* it was there */
		keep_alt(r);
	}
}

/* cd DIR: remembered, so that exec ./PROG can be found. */
static void on_cd(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	const char *dir = gt_strv_at(&s->words.v, i + 1);
	char path[GT_PATH_CAP];

	if (s->words.v.n == i + 2 && !s->nested && gt_sh_expand(r, dir, path, sizeof(path)) &&
	    *path == '/' && !unknown(path)) {
		memcpy(r->cwd, path, sizeof(r->cwd));
		r->cwd_lost = false;
	} else {
		r->cwd_lost = true;
	}
}

/* export NAME, export NAME=value, and the like. */
static void on_declare(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	bool exported = strcmp(gt_strv_at(&s->words.v, i), "export") == 0;
	const char *w;

	for (i++; (w = gt_strv_at(&s->words.v, i)) != NULL; i++) {
		size_t name = s->name_len[i] ? s->name_len[i] : strcspn(w, "=");

		if (*w == '-') { /* -n takes a variable out of the environment */
			r->lost = r->lost || (exported && strcmp(w, "-n") == 0);
			exported = false;
		} else if (w[name] == '=') {
			gt_sh_assign(r, s, w, name, exported);
		}
	}
}

/* read NAME, for NAME, printf -v NAME ...: other values than were assigned. */
static void on_names(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	const char *w;

	for (i++; (w = gt_strv_at(&s->words.v, i)) != NULL; i++) {
		for (unsigned k = 0; k < GT_VAR_COUNT; k++)
			r->lost = r->lost || strcmp(w, gt_var_name[k]) == 0;
		r->path_set = r->path_set || strcmp(w, "PATH") == 0;
		if (s->kind[i] == GT_SH_LITERAL)
			spoil(r, w);
	}
}

/* A function: one that has the name of what we look for would be taken for it. */
static void on_function(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	static const char *const ours[] = {"exec",    "set",	 "shift",  "cd",
					   ".",	      "source",	 "export", "declare",
					   "command", "builtin", "eval",   "exit"};
	const char *name = gt_strv_at(&s->words.v, i + 1);

	if (!name || gt_strv_add(&r->functions.v, name, strlen(name)) < 0)
		r->lost = true;
	for (size_t k = 0; name && k < GT_ARRAY_LEN(ours); k++)
		r->lost = r->lost || strcmp(ours[k], name) == 0;
}

static void on_lost(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	const char *w = gt_strv_at(&s->words.v, i + 1);

	/* eval NAME=...: no more than an assignment, of a name that is not ours */
	if (strcmp(gt_strv_at(&s->words.v, i), "eval") == 0 && w && s->name_len[i + 1])
		gt_sh_assign(r, s, w, s->name_len[i + 1], false);
	else
		r->lost = true;
}

static const struct builtin {
	const char *name;
	void (*fn)(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i);
} builtins[] = {
	{"set", on_set},	 {"shift", on_shift},	   {"cd", on_cd},
	{"chdir", on_cd},	 {"pushd", on_cd},	   {"popd", on_cd},
	{"export", on_declare},	 {"declare", on_declare},  {"typeset", on_declare},
	{"local", on_declare},	 {"readonly", on_declare}, {"read", on_names},
	{"for", on_names},	 {"select", on_names},	   {"mapfile", on_names},
	{"readarray", on_names}, {"getopts", on_names},	   {"unset", on_names},
	{"printf", on_names},	 {"let", on_names},	   {"function", on_function},
	{".", on_lost},		 {"source", on_lost},	   {"eval", on_lost},
	{"alias", on_lost},	 {"coproc", on_lost},	   {"enable", on_lost},
};

bool gt_sh_builtin(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	const char *w = gt_strv_at(&s->words.v, i);

	for (size_t k = 0; s->kind[i] == GT_SH_LITERAL && k < GT_ARRAY_LEN(builtins); k++) {
		if (strcmp(builtins[k].name, w) != 0)
			continue;
		builtins[k].fn(r, s, i);
		return true;
	}
	return false;
}
