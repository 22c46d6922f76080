/*
 * Shell text to simple commands. Compound commands are passed through, so that each simple command
 * in them is found, and is known to be in one; here-documents and redirections are left out. Pure;
 * no privilege. Source: POSIX.1-2017, Shell Command Language, 2.7 Redirection, 2.9 Shell
 * Commands, 2.10 Grammar.
 */
#include <string.h>

#include "gotune/base.h"
#include "shell.h"

/* Words that are commands of the shell's grammar. */
static const struct keyword {
	const char *word;
	int depth, loop;
} keywords[] = {
	{"if", 1, 0},	 {"then", 0, 0}, {"elif", 0, 0},   {"else", 0, 0},  {"fi", -1, 0},
	{"while", 1, 1}, {"do", 0, 0},	 {"done", -1, -1}, {"until", 1, 1}, {"{", 1, 0},
	{"}", -1, 0},	 {"!", 0, 0},	 {"time", 0, 0},   {"esac", -1, 0},
};

/* Blanks, joined lines and comments; with LINES the ends of lines, too. */
static void skip_blank(struct gt_sh_text *t, bool lines)
{
	while (t->p < t->end) {
		if (*t->p == ' ' || *t->p == '\t' || (lines && *t->p == '\n')) {
			t->p++;
		} else if (*t->p == '\\' && t->end - t->p >= 2 && t->p[1] == '\n') {
			t->p += 2;
		} else if (*t->p == '#') {
			while (t->p < t->end && *t->p != '\n')
				t->p++;
		} else {
			return;
		}
	}
}

/* Does T go on with S? Then it moves past it. */
static bool take(struct gt_sh_text *t, const char *s)
{
	size_t n = strlen(s);

	if ((size_t)(t->end - t->p) < n || memcmp(t->p, s, n) != 0)
		return false;
	t->p += n;
	return true;
}

static int deeper(struct gt_sh_text *t, int by)
{
	if (by < 0 && t->depth == 0)
		return -EINVAL;
	t->depth = by < 0 ? t->depth - 1 : t->depth + (uint32_t)by;
	if (by > 0 && t->body && !t->function)
		t->function = t->depth;
	if (by > 0)
		t->body = false;
	if (t->depth < t->function)
		t->function = 0;
	return 0;
}

/* The last word of S is dropped again: it was read for its end alone. */
static void drop_word(struct gt_sh_stmt *s, uint32_t n)
{
	struct gt_list kept;

	gt_list_init(&kept);
	for (uint32_t i = 0; i < n; i++) {
		const char *w = gt_strv_at(&s->words.v, i);

		(void)gt_strv_add(&kept.v, w, strlen(w)); /* it was there */
	}
	gt_list_copy(&s->words, &kept.v);
}

/* The word after "<<" or "<<-": its document begins with the next line. */
static int begin_document(struct gt_sh_text *t, struct gt_sh_stmt *s)
{
	uint32_t n = s->words.v.n;
	bool tabs = take(t, "-"), plain;
	int r;

	skip_blank(t, false);
	r = gt_sh_read_word(t, s, &plain);
	if (r <= 0 || t->n_doc == GT_SH_DOCS ||
	    !gt_copy_str(t->doc[t->n_doc].end, sizeof(t->doc[0].end), gt_strv_at(&s->words.v, n)))
		return -EINVAL;
	t->doc[t->n_doc++].tabs = tabs;
	drop_word(s, n);
	return 0;
}

/* A redirection with its target; T is at its '<' or '>'. */
static int redirect(struct gt_sh_text *t, struct gt_sh_stmt *s)
{
	uint32_t n = s->words.v.n;
	bool plain;
	int r;

	if (take(t, "<<<"))
		;
	else if (take(t, "<<"))
		return begin_document(t, s);
	else if (!take(t, ">>") && !take(t, ">|") && !take(t, "<>") && !take(t, ">&") &&
		 !take(t, "<&"))
		t->p++;
	skip_blank(t, false);
	if (take(t, "<(") || take(t, ">("))
		return gt_sh_skip(t, ')');
	r = gt_sh_read_word(t, s, &plain);
	if (r > 0)
		drop_word(s, n);
	return r > 0 ? 0 : -EINVAL;
}

/* At the start of a line: the here-documents that the line before began. */
static void skip_documents(struct gt_sh_text *t)
{
	for (uint32_t i = 0; i < t->n_doc; i++) {
		const char *end = t->doc[i].end;
		bool found = false;

		while (t->p < t->end && !found) {
			const char *nl = memchr(t->p, '\n', (size_t)(t->end - t->p)), *p = t->p;
			const char *stop = nl ? nl : t->end;

			while (t->doc[i].tabs && p < stop && *p == '\t')
				p++;
			found = (size_t)(stop - p) == strlen(end) &&
				memcmp(p, end, strlen(end)) == 0;
			t->p = nl ? nl + 1 : t->end;
		}
	}
	t->n_doc = 0;
}

/* case WORD in: a pattern comes next. */
static int begin_case(struct gt_sh_text *t, struct gt_sh_stmt *s)
{
	bool plain;

	for (unsigned i = 0; i < 2; i++) {
		skip_blank(t, true);
		if (gt_sh_read_word(t, s, &plain) <= 0)
			return -EINVAL;
	}
	if (strcmp(gt_strv_at(&s->words.v, s->words.v.n - 1), "in") != 0)
		return -EINVAL;
	gt_list_init(&s->words);
	t->pattern = true;
	return deeper(t, 1);
}

/* The patterns before ')', or "esac". */
static int skip_pattern(struct gt_sh_text *t, struct gt_sh_stmt *s)
{
	bool plain;
	int r;

	t->pattern = false;
	skip_blank(t, true);
	if (!take(t, "(")) {
		r = gt_sh_read_word(t, s, &plain);
		if (r > 0 && plain && strcmp(gt_strv_at(&s->words.v, 0), "esac") == 0) {
			gt_list_init(&s->words);
			return deeper(t, -1);
		}
	}
	for (;;) {
		skip_blank(t, true);
		if (take(t, ")"))
			break;
		if (take(t, "|"))
			continue;
		if (gt_sh_read_word(t, s, &plain) <= 0)
			return -EINVAL;
	}
	gt_list_init(&s->words);
	return 0;
}

/* [[ ... ]]: its operators are no redirections, and its words no commands. */
static int skip_test(struct gt_sh_text *t, struct gt_sh_stmt *s)
{
	bool plain;

	for (;;) {
		uint32_t n = s->words.v.n;
		int r;

		skip_blank(t, true);
		r = gt_sh_read_word(t, s, &plain);
		if (r < 0 || t->p == t->end)
			return r > 0 && strcmp(gt_strv_at(&s->words.v, n), "]]") == 0 ? 0 : -EINVAL;
		if (r > 0 && strcmp(gt_strv_at(&s->words.v, n), "]]") == 0)
			break;
		if (r == 0)
			t->p++;
		drop_word(s, n);
	}
	drop_word(s, 1);
	return 0;
}

/* The name after "function", with or without "()". */
static int begin_function(struct gt_sh_text *t, struct gt_sh_stmt *s)
{
	bool plain;

	skip_blank(t, false);
	if (gt_sh_read_word(t, s, &plain) <= 0)
		return -EINVAL;
	skip_blank(t, false);
	if (take(t, "(")) {
		skip_blank(t, false);
		if (!take(t, ")"))
			return -EINVAL;
	}
	t->body = true;
	return 1;
}

/*
 * The first word of a command, which was read, as one of the grammar. 0: it is passed over. 1: it
 * stays, and 2: the command ends here. Or -EINVAL.
 */
static int grammar(struct gt_sh_text *t, struct gt_sh_stmt *s)
{
	const char *w = gt_strv_at(&s->words.v, 0);

	for (size_t i = 0; i < GT_ARRAY_LEN(keywords); i++) {
		const struct keyword *k = &keywords[i];

		if (strcmp(k->word, w) != 0)
			continue;
		if (k->loop < 0 && t->loops == 0)
			return -EINVAL;
		t->loops = k->loop < 0 ? t->loops - 1 : t->loops + (uint32_t)k->loop;
		gt_list_init(&s->words);
		return deeper(t, k->depth);
	}
	if (strcmp(w, "case") == 0) {
		gt_list_init(&s->words);
		return begin_case(t, s);
	}
	if (strcmp(w, "for") == 0 || strcmp(w, "select") == 0) {
		t->loops++;
		return deeper(t, 1) < 0 ? -EINVAL : 1;
	}
	if (strcmp(w, "function") == 0)
		return begin_function(t, s) < 0 ? -EINVAL : 2;
	if (strcmp(w, "[[") == 0)
		return skip_test(t, s) < 0 ? -EINVAL : 1;
	return 1;
}

/* One word of the command, or a redirection's number. As grammar(). */
static int add_word(struct gt_sh_text *t, struct gt_sh_stmt *s)
{
	uint32_t n = s->words.v.n;
	const char *w;
	bool plain;
	int r = gt_sh_read_word(t, s, &plain);

	if (r <= 0)
		return r < 0 ? r : 1; /* a joined line */
	t->open = false;
	w = gt_strv_at(&s->words.v, n);
	if (plain && t->p < t->end && (*t->p == '<' || *t->p == '>') &&
	    strspn(w, "0123456789") == strlen(w)) {
		drop_word(s, n);
		return 1;
	}
	return n == 0 && plain ? grammar(t, s) : 1;
}

/* '(': a function's, an arithmetic command's, or a subshell's. As grammar(). */
static int parenthesis(struct gt_sh_text *t, struct gt_sh_stmt *s)
{
	uint32_t n = s->words.v.n;

	t->p++;
	t->open = false;
	if (n == 0 && take(t, "("))
		return gt_sh_skip(t, ')') < 0 ? -EINVAL : (take(t, ")") ? 1 : -EINVAL);
	if (n == 0)
		return deeper(t, 1) < 0 ? -EINVAL : 1;
	if (strcmp(gt_strv_at(&s->words.v, 0), "for") == 0)
		return gt_sh_skip(t, ')') < 0 ? -EINVAL : 1;
	skip_blank(t, false);
	if (n != 1 || !take(t, ")"))
		return -EINVAL;
	{
		char name[256];
		bool fits = gt_copy_str(name, sizeof(name), gt_strv_at(&s->words.v, 0));

		gt_list_init(&s->words);
		if (!fits || gt_strv_add(&s->words.v, "function", 8) < 0 ||
		    gt_strv_add(&s->words.v, name, strlen(name)) < 0)
			return -EINVAL;
	}
	s->kind[0] = s->kind[1] = GT_SH_LITERAL;
	s->name_len[0] = s->name_len[1] = 0;
	t->body = true;
	return 2;
}

/* The operator at T, which ends a command. Or -EINVAL. */
static int end_command(struct gt_sh_text *t, bool any)
{
	if (take(t, "&&") || take(t, "||") || take(t, "|&") || take(t, "|")) {
		t->list = t->open = true;
		return 0;
	}
	if (take(t, ";;")) {
		(void)(take(t, "&"));
		t->pattern = true;
	} else if (take(t, ";&")) {
		t->pattern = true;
	} else if (take(t, "\n")) {
		skip_documents(t);
	} else if (*t->p == ')') {
		t->p++;
		if (deeper(t, -1) < 0)
			return -EINVAL;
		return 0;
	} else {
		t->p++; /* ';' or '&' */
	}
	t->list = t->list && t->open && !any;
	return 0;
}

int gt_sh_next(struct gt_sh_text *t, struct gt_sh_stmt *ret)
{
	gt_list_init(&ret->words);
	for (;;) {
		int r = 1;

		skip_blank(t, false);
		if (t->pattern) {
			r = skip_pattern(t, ret);
			if (r < 0)
				return r;
			continue;
		}
		ret->nested = t->depth > 0 || t->list;
		ret->in_loop = t->loops > 0;
		ret->in_function = t->function > 0;
		if (t->p == t->end)
			return ret->words.v.n > 0;
		if (take(t, "&>>") || take(t, "&>")) {
			t->p--; /* as another '>' */
			r = redirect(t, ret) < 0 ? -EINVAL : 1;
		} else if ((*t->p == '<' || *t->p == '>') && t->end - t->p > 1 && t->p[1] == '(') {
			t->p += 2;
			r = gt_sh_skip(t, ')') < 0 ? -EINVAL : 1;
		} else if (*t->p == '<' || *t->p == '>') {
			r = redirect(t, ret) < 0 ? -EINVAL : 1;
		} else if (*t->p == '(') {
			r = parenthesis(t, ret);
		} else if (strchr("\n;&|)", *t->p) && *t->p) {
			bool any = ret->words.v.n > 0;

			if (end_command(t, any) < 0)
				return -EINVAL;
			if (any)
				return 1;
		} else {
			const char *before = t->p;

			r = add_word(t, ret);
			if (t->p == before)
				return -EINVAL;
		}
		if (r < 0)
			return -EINVAL;
		if (r == 2)
			return 1;
	}
}
