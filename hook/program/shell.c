/*
 * What a shell text finally execs, where that is certain. Pure; no privilege.
 *
 * The rule: every command before the exec is a simple one that can neither leave the text, nor
 * change "$@", nor define anything. An external program cannot; builtins are told by name.
 */
#include <string.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"
#include "launchers.h"
#include "shell.h"

/* Reserved words and builtins that could leave, divert, define, or set variables by name. */
static const char *const diverting[] = {
	"!",	    ".",       "[[",	   "alias",  "bind",	"break",     "builtin",	 "case",
	"chdir",    "command", "continue", "coproc", "declare", "do",	     "done",	 "elif",
	"else",	    "enable",  "esac",	   "eval",   "exit",	"fc",	     "fi",	 "for",
	"function", "getopts", "hash",	   "if",     "in",	"kill",	     "let",	 "local",
	"logout",   "mapfile", "popd",	   "pushd",  "read",	"readarray", "readonly", "return",
	"select",   "setvar",  "shift",	   "shopt",  "source",	"suspend",   "then",	 "time",
	"trap",	    "typeset", "unalias",  "unset",  "until",	"wait",	     "while",	 "{",
	"}",
};

/* Builtins that are harmless before the exec, and are no program when they stand alone. */
static const char *const harmless[] = {
	":",	  "[",	 "bg",	 "dirs",  "disown", "echo", "false",  "fg",    "help",	  "jobs",
	"printf", "pwd", "test", "times", "true",   "type", "ulimit", "umask", "history", "caller"};

/* What was learned on the way. */
struct run {
	const struct gt_strv *args;
	uint32_t first;
	struct gt_launch_step *ret;
	bool path_set; /* PATH is not what it was */
	bool cwd_lost; /* cd to somewhere that is not known */
	char cwd[GT_PATH_CAP];
};

static bool in(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i], s) == 0)
			return true;
	}
	return false;
}

bool gt_sh_is_shell(const char *name)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ash"};

	return in(shells, GT_ARRAY_LEN(shells), name);
}

bool gt_sh_option_ok(const char *opt, bool *ret_command)
{
	if ((*opt != '-' && *opt != '+') || opt[1] == '\0')
		return false;
	for (const char *c = opt + 1; *c; c++) {
		if (*c == 'c' && *opt == '-' && ret_command)
			*ret_command = true;
		else if (!strchr("eufxvbhC", *c))
			return false;
	}
	return true;
}

/* Takes the assignment WORD over; its value must be the text that we see. */
static bool assign(struct run *r, const char *word, size_t name_len, unsigned kind, bool exported)
{
	char name[256];

	if (name_len == 0 || !gt_copy(name, sizeof(name), word, name_len))
		return false;
	r->path_set = r->path_set || strcmp(name, "PATH") == 0;
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		/* Without export it reaches the program only if it was in the environment. */
		if (strcmp(name, gt_var_name[i]) == 0 && (kind != GT_SH_LITERAL || !exported))
			return false;
	}
	if (!exported || kind != GT_SH_LITERAL)
		return true; /* of no interest to a Go run-time */
	return gt_strv_add_pair(&r->ret->env, name, name_len, word + name_len + 1,
				strlen(word + name_len + 1)) == 0;
}

/* set -e, set -eu, set -o pipefail: no operands, which would replace "$@". */
static bool set_ok(const struct gt_sh_stmt *s)
{
	static const char *const names[] = {"errexit", "nounset", "pipefail", "xtrace", "noglob"};
	bool want_name = false;

	for (const char *w = gt_strv_at(&s->words.v, 1); w; w = gt_strv_next(&s->words.v, w)) {
		size_t n = strlen(w);
		char opt[16];

		if (want_name) {
			if (!in(names, GT_ARRAY_LEN(names), w))
				return false;
			want_name = false;
			continue;
		}
		if (!gt_copy(opt, sizeof(opt), w, n))
			return false;
		want_name = n >= 2 && w[n - 1] == 'o';
		if (want_name)
			opt[n - 1] = '\0';
		if (!(want_name && n == 2 && (*w == '-' || *w == '+')) &&
		    !gt_sh_option_ok(opt, NULL))
			return false;
	}
	return !want_name && s->words.v.n > 1;
}

/* export NAME, export NAME=value ... */
static bool export_ok(struct run *r, const struct gt_sh_stmt *s)
{
	const char *w = gt_strv_at(&s->words.v, 1);

	for (uint32_t i = 1; w; i++, w = gt_strv_next(&s->words.v, w)) {
		size_t name = s->name_len[i] || s->kind[i] != GT_SH_LITERAL ? s->name_len[i]
									    : strcspn(w, "=");

		/* Quoted as a whole, "NAME=value" is an assignment to export all the same. */
		if (*w == '-' || name == 0)
			return false;
		if (w[name] == '=' && !assign(r, w, name, s->kind[i], true))
			return false;
	}
	return true;
}

/* cd DIR: remembered, so that exec ./PROG can be found. */
static void change_dir(struct run *r, const struct gt_sh_stmt *s)
{
	const char *dir = gt_strv_at(&s->words.v, 1);

	if (s->words.v.n == 2 && s->kind[1] == GT_SH_LITERAL && *dir == '/' &&
	    gt_copy_str(r->cwd, sizeof(r->cwd), dir))
		r->cwd_lost = false;
	else
		r->cwd_lost = true;
}

/* A command before the exec: may the text go on after it as if nothing had happened? */
static bool passes(struct run *r, const struct gt_sh_stmt *s)
{
	const char *w = gt_strv_next(&s->words.v, NULL);
	uint32_t i = 0, n = s->words.v.n;

	while (i < n && s->name_len[i] > 0) {
		i++;
		w = gt_strv_next(&s->words.v, w);
	}
	if (i == n) { /* assignments alone */
		w = gt_strv_next(&s->words.v, NULL);
		for (i = 0; i < n; i++, w = gt_strv_next(&s->words.v, w)) {
			if (!assign(r, w, s->name_len[i], s->kind[i], false))
				return false;
		}
		return true;
	}
	if (s->kind[i] != GT_SH_LITERAL || in(diverting, GT_ARRAY_LEN(diverting), w))
		return false;
	if (i > 0) /* assignments for one command: kept by special builtins, else gone */
		return strcmp(w, "set") != 0 && strcmp(w, "export") != 0 && strcmp(w, ":") != 0 &&
		       strcmp(w, "cd") != 0;
	if (strcmp(w, "set") == 0)
		return set_ok(s);
	if (strcmp(w, "export") == 0)
		return export_ok(r, s);
	if (strcmp(w, "cd") == 0)
		change_dir(r, s);
	/* bash: printf -v NAME sets a variable. */
	return strcmp(w, "printf") != 0 || n < 2 || *gt_strv_at(&s->words.v, 1) != '-';
}

/* "$@", or the rest of it: the words of the caller. */
static bool add_args(struct run *r, uint32_t from)
{
	for (const char *a = gt_strv_at(r->args, from); a; a = gt_strv_next(r->args, a)) {
		if (gt_strv_add(&r->ret->argv, a, strlen(a)) < 0)
			return false;
	}
	return true;
}

/* The program's word, made absolute where the text has changed directory. */
static bool add_program(struct run *r, const char *prog)
{
	char path[GT_PATH_CAP];

	if (*prog == '\0')
		return false;
	if (!strchr(prog, '/') && r->path_set)
		return false;
	if (*prog == '/' || !strchr(prog, '/') || (!r->cwd_lost && r->cwd[0] == '\0'))
		return gt_strv_add(&r->ret->argv, prog, strlen(prog)) == 0;
	return !r->cwd_lost && gt_copy_str(path, sizeof(path), r->cwd) &&
	       gt_append(path, sizeof(path), "/") && gt_append(path, sizeof(path), prog) &&
	       gt_strv_add(&r->ret->argv, path, strlen(path)) == 0;
}

/*
 * The words from W (the I-th) on are the program and its arguments. An argument that expands ends
 * what is known: a "$" is put for it, which is no program; a launcher must not see it.
 */
static bool take_command(struct run *r, const struct gt_sh_stmt *s, const char *w, uint32_t i)
{
	bool from_args = w && s->kind[i] == GT_SH_ARGS;
	const char *prog = from_args ? gt_strv_at(r->args, r->first) : w;

	if (!prog || s->kind[i] == GT_SH_EXPANDS || !add_program(r, prog))
		return false;
	if (from_args && !add_args(r, r->first + 1))
		return false;
	for (i++, w = gt_strv_next(&s->words.v, w); w; i++, w = gt_strv_next(&s->words.v, w)) {
		if (s->kind[i] == GT_SH_EXPANDS)
			return !gt_launcher_find(gt_basename(gt_strv_at(&r->ret->argv, 0))) &&
			       gt_strv_add(&r->ret->argv, "$", 1) == 0;
		if (s->kind[i] == GT_SH_ARGS ? !add_args(r, r->first)
					     : gt_strv_add(&r->ret->argv, w, strlen(w)) < 0)
			return false;
	}
	return true;
}

/* [NAME=value]... [exec] PROG ... */
static bool final(struct run *r, const struct gt_sh_stmt *s)
{
	const char *w = gt_strv_next(&s->words.v, NULL);
	uint32_t i = 0, n = s->words.v.n;
	bool exec;

	for (; i < n && s->name_len[i] > 0; i++, w = gt_strv_next(&s->words.v, w)) {
		if (!assign(r, w, s->name_len[i], s->kind[i], true))
			return false;
	}
	exec = i < n && s->kind[i] == GT_SH_LITERAL && strcmp(w, "exec") == 0;
	if (exec) {
		w = gt_strv_next(&s->words.v, w);
		i++;
		if (w && strcmp(w, "--") == 0) {
			w = gt_strv_next(&s->words.v, w);
			i++;
		} else if (w && *w == '-') {
			return false; /* bash: exec -a NAME, -c, -l */
		}
	} else if (i < n && s->kind[i] == GT_SH_LITERAL &&
		   (in(diverting, GT_ARRAY_LEN(diverting), w) ||
		    in(harmless, GT_ARRAY_LEN(harmless), w) || strcmp(w, "set") == 0 ||
		    strcmp(w, "export") == 0 || strcmp(w, "cd") == 0)) {
		return false;
	}
	return i < n && take_command(r, s, w, i);
}

/* Does S start with exec, after assignments? */
static bool is_exec(const struct gt_sh_stmt *s)
{
	const char *w = gt_strv_next(&s->words.v, NULL);

	for (uint32_t i = 0; i < s->words.v.n; i++, w = gt_strv_next(&s->words.v, w)) {
		if (s->name_len[i] == 0)
			return s->kind[i] == GT_SH_LITERAL && strcmp(w, "exec") == 0;
	}
	return false;
}

static bool run(struct run *r, struct gt_sh_text t, bool bare_ok)
{
	struct gt_sh_stmt s, next;

	for (bool first = true; gt_sh_next(&t, &s) > 0; first = false) {
		struct gt_sh_text rest = t;

		if (is_exec(&s) || (first && bare_ok && gt_sh_next(&rest, &next) == 0))
			return final(r, &s);
		if (!passes(r, &s))
			return false;
	}
	return false;
}

void gt_sh_run(const char *text, size_t len, const struct gt_strv *args, uint32_t first,
	       bool bare_ok, struct gt_launch_step *ret)
{
	struct run r = {.args = args, .first = first, .ret = ret};

	gt_launch_init(ret);
	ret->what = run(&r, (struct gt_sh_text){text, text + len}, bare_ok) ? GT_LAUNCH_NEXT
									    : GT_LAUNCH_UNCERTAIN;
}
