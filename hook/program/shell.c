/*
 * What a shell's text finally runs, predicted. Pure but for the heap; no privilege.
 *
 * Theory of operation. No condition is evaluated, so that every command that stands in the text may
 * be run. What is execed there is what counts; without an exec it is what is neither a builtin nor
 * a utility. "$@" has as many meanings as `set --` and `shift` can have given it. All that comes
 * out is handed to the caller, who looks whether these programs exist, and predicts one only if
 * they are the same. What could lead elsewhere without being seen (a sourced file, eval, an alias,
 * PATH) ends the prediction.
 */
#include <string.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"
#include "launchers.h"
#include "shell.h"
#include "shell_state.h"

/* The program's word, made absolute where the text has changed directory. */
static bool place_program(struct gt_sh_state *r, const char *prog, char ret[GT_PATH_CAP])
{
	bool is_path = strchr(prog, '/') != NULL;

	if (*prog == '\0' || strchr(prog, GT_SH_VAR) || (!is_path && r->path_set) || *prog == '~' ||
	    strpbrk(prog, "*?[{"))
		return false;
	if (*prog == '/' || !is_path || (!r->cwd_lost && r->cwd[0] == '\0'))
		return gt_copy_str(ret, GT_PATH_CAP, prog);
	return !r->cwd_lost && gt_copy_str(ret, GT_PATH_CAP, r->cwd) &&
	       gt_append(ret, GT_PATH_CAP, "/") && gt_append(ret, GT_PATH_CAP, prog);
}

/* Is PROG there already? Of a launcher it is the words that count. */
static bool is_there(const struct gt_launch_step *s, const char *prog)
{
	for (uint32_t i = 0; i < s->n_argv && !gt_launcher_find(gt_basename(prog)); i++) {
		if (strcmp(gt_strv_at(&s->argv[i], 0), prog) == 0)
			return true;
	}
	return false;
}

/* The words of S from the I-th on are a command that may be the one; "$@" in its N-th meaning. */
static void add_command(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i, uint32_t n)
{
	bool is_args = s->kind[i] == GT_SH_ARGS;
	const char *first = is_args ? gt_strv_at(&r->alt[n].v, 0) : gt_strv_at(&s->words.v, i);
	char prog[GT_SH_WORD], path[GT_PATH_CAP];
	struct gt_strv *v = &r->ret->argv[r->ret->n_argv];

	if (!first || *first == '-')
		return; /* no program: "$@" is another one when this is run */
	if (!gt_sh_expand(r, first, prog, sizeof(prog)) || !place_program(r, prog, path)) {
		r->lost = true;
		return;
	}
	if (is_there(r->ret, path))
		return;
	if (r->ret->n_argv == GT_LAUNCH_MAX || gt_strv_add(v, path, strlen(path)) < 0) {
		r->lost = true;
		return;
	}
	if (is_args) {
		const struct gt_strv *args = &r->alt[n].v;

		for (const char *a = gt_strv_at(args, 1); a; a = gt_strv_next(args, a))
			r->lost = r->lost || gt_strv_add(v, a, strlen(a)) < 0;
	}
	r->lost = r->lost || !gt_sh_add_words(r, s, i + 1, n, v);
	r->ret->n_argv++;
}

static void add_commands(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	bool args = gt_sh_has_args(s, i);
	bool matter = args && (s->kind[i] == GT_SH_ARGS ||
			       gt_launcher_find(gt_basename(gt_strv_at(&s->words.v, i))));

	r->function_args = r->function_args || (matter && s->in_function);
	r->lost = r->lost || (matter && r->args_lost && !s->in_function);
	for (uint32_t n = 0; n < (matter ? r->n_alt : 1); n++)
		add_command(r, s, i, n);
}

/* exec [-a NAME] [-l] [--] PROG ...: the index of PROG, 0 without one. */
static uint32_t exec_program(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	const char *w;

	for (i++; (w = gt_strv_at(&s->words.v, i)) != NULL && *w == '-'; i++) {
		if (strcmp(w, "--") == 0) {
			i++;
			break;
		}
		if (strcmp(w, "-a") == 0)
			i++;
		else if (strcmp(w, "-l") != 0)
			r->lost = true; /* -c: without an environment */
	}
	return i < s->words.v.n ? i : 0;
}

/* One command, whose name is the I-th word of S. False: the text ends here. */
static bool take(struct gt_sh_state *r, const struct gt_sh_stmt *s, uint32_t i)
{
	const char *w = gt_strv_at(&s->words.v, i);
	uint32_t n = s->words.v.n, prog;

	if (n > i + 1 && (strcmp(w, "command") == 0 || strcmp(w, "builtin") == 0)) {
		w = gt_strv_at(&s->words.v, ++i);
		if (*w == '-') /* -v: asks, and runs nothing */
			return true;
	}
	if (s->kind[i] == GT_SH_LITERAL && strcmp(w, "exit") == 0)
		return s->nested || s->in_function;
	if (s->kind[i] == GT_SH_LITERAL && strcmp(w, "exec") == 0) {
		prog = exec_program(r, s, i);
		for (uint32_t k = 0; prog && s->name_len[k]; k++)
			gt_sh_assign(r, s, gt_strv_at(&s->words.v, k), s->name_len[k], true);
		if (prog)
			add_commands(r, s, prog);
		return !prog || s->nested;
	}
	if (gt_sh_builtin(r, s, i))
		return true;
	if (gt_sh_has(&r->functions, w)) {
		r->odd_call =
			r->odd_call || (n > i + 1 && (n > i + 2 || s->kind[i + 1] != GT_SH_ARGS));
	} else if (!r->only_exec && !gt_sh_is_passing(gt_basename(w))) {
		for (uint32_t k = 0; k < i && s->name_len[k]; k++)
			gt_sh_assign(r, s, gt_strv_at(&s->words.v, k), s->name_len[k], true);
		add_commands(r, s, i);
	}
	return true;
}

static void read_text(struct gt_sh_state *r, struct gt_sh_text t)
{
	struct gt_sh_stmt s;
	int more;

	while ((more = gt_sh_next(&t, &s)) > 0) {
		uint32_t i = 0;

		while (i < s.words.v.n && s.name_len[i] > 0)
			i++;
		if (i < s.words.v.n && !take(r, &s, i))
			return;
		for (uint32_t k = 0; i == s.words.v.n && k < i; k++)
			gt_sh_assign(r, &s, gt_strv_at(&s.words.v, k), s.name_len[k], false);
	}
	r->lost = r->lost || more < 0;
}

/* Is there an exec of a program in the text? */
static bool has_exec(struct gt_sh_text t)
{
	struct gt_sh_stmt s;

	while (gt_sh_next(&t, &s) > 0) {
		for (uint32_t i = 0; i + 1 < s.words.v.n; i++) {
			if (s.name_len[i] == 0 && strcmp(gt_strv_at(&s.words.v, i), "exec") == 0)
				return true;
			if (s.name_len[i] == 0 && strcmp(gt_strv_at(&s.words.v, i), "command") != 0)
				break;
		}
	}
	return false;
}

void gt_sh_run(const char *text, size_t len, const struct gt_strv *args, uint32_t first,
	       const char *arg0, struct gt_launch_step *ret)
{
	const struct gt_sh_text t = {.p = text, .end = text + len};
	_cleanup_free_ struct gt_sh_state *r = malloc(sizeof(*r));

	gt_launch_init(ret);
	ret->what = GT_LAUNCH_UNCERTAIN;
	ret->predicted = true;
	if (!r)
		return;
	memset(&r->only_exec, 0, sizeof(*r) - offsetof(struct gt_sh_state, only_exec));
	r->ret = ret;
	r->n_alt = 1;
	gt_list_init(&r->alt[0]);
	gt_list_init(&r->vars);
	gt_list_init(&r->spoilt);
	gt_list_init(&r->functions);
	for (const char *a = gt_strv_at(args, first); a; a = gt_strv_next(args, a))
		r->lost = r->lost || gt_strv_add(&r->alt[0].v, a, strlen(a)) < 0;
	if (*arg0 && gt_strv_add_pair(&r->vars.v, "0", 1, arg0, strlen(arg0)) < 0)
		r->lost = true;
	r->only_exec = has_exec(t);
	read_text(r, t);
	if (!r->lost && !(r->function_args && r->odd_call) && ret->n_argv > 0)
		ret->what = GT_LAUNCH_NEXT;
}
