/*
 * Shell text to words, for simple commands only. Whatever is not understood for certain is refused:
 * a wrong guess would tune the wrong program. Pure; no privilege.
 * Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting, 2.3 Token Recognition, 2.6.
 */
#include <string.h>

#include "gotune/base.h"
#include "shell.h"

/* The word under way. */
struct word {
	char buf[GT_SH_WORD];
	size_t len;
	bool any;     /* something was there, if only an empty pair of quotes */
	bool expands; /* see GT_SH_EXPANDS */
	bool args;    /* "$@" was there */
	bool quoted;
	unsigned char name_len;
};

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9');
}

/* Control bytes are in no script that we want to understand. */
static bool is_text(char c)
{
	return c == '\t' || c == '\n' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

static int put(struct word *w, char c)
{
	w->any = true;
	if (!is_text(c) || w->len == sizeof(w->buf))
		return -EINVAL;
	w->buf[w->len++] = c;
	return 0;
}

/* ${NAME}, ${NAME-text}, ${NAME:-text}: other forms may assign, exit or run something. */
static int braced(struct gt_sh_text *t)
{
	const char *p = t->p;

	if (p == t->end || !is_name_start(*p))
		return -EINVAL;
	while (p < t->end && is_name(*p))
		p++;
	if (p < t->end && *p != '}') {
		if (*p == ':')
			p++;
		if (p == t->end || *p++ != '-')
			return -EINVAL;
		while (p < t->end && *p != '}') {
			if (!is_text(*p) || strchr("$`\"'\\{\n", *p))
				return -EINVAL;
			p++;
		}
	}
	if (p == t->end)
		return -EINVAL;
	t->p = p + 1;
	return 0;
}

/* What follows a '$', which T is just past. */
static int dollar(struct gt_sh_text *t, struct word *w)
{
	const char *p = t->p;

	w->any = w->expands = true;
	if (p == t->end)
		return -EINVAL;
	if (*p == '{') {
		t->p++;
		return braced(t);
	}
	if (strchr("@*#0123456789", *p) && *p) {
		w->args = w->args || *p == '@';
		t->p++;
		return 0;
	}
	if (!is_name_start(*p))
		return -EINVAL;
	while (p < t->end && is_name(*p))
		p++;
	t->p = p;
	return 0;
}

static int single_quoted(struct gt_sh_text *t, struct word *w)
{
	w->any = w->quoted = true;
	while (t->p < t->end && *t->p != '\'') {
		int r = put(w, *t->p++);

		if (r < 0)
			return r;
	}
	if (t->p == t->end)
		return -EINVAL;
	t->p++;
	return 0;
}

static int double_quoted(struct gt_sh_text *t, struct word *w)
{
	w->any = w->quoted = true;
	while (t->p < t->end && *t->p != '"') {
		char c = *t->p++;
		int r = 0;

		if (c == '`')
			return -EINVAL;
		if (c == '$') {
			r = dollar(t, w);
		} else if (c == '\\' && t->p < t->end && strchr("$`\"\\\n", *t->p) && *t->p) {
			c = *t->p++;
			r = c == '\n' ? 0 : put(w, c);
		} else {
			r = put(w, c);
		}
		if (r < 0)
			return r;
	}
	if (t->p == t->end)
		return -EINVAL;
	t->p++;
	return 0;
}

/* One unquoted character C, which T is just past. */
static int unquoted(struct gt_sh_text *t, struct word *w, char c)
{
	if (strchr("|&<>()`", c))
		return -EINVAL;
	if (c == '$')
		return dollar(t, w);
	if (c == '\\') {
		if (t->p == t->end)
			return -EINVAL;
		c = *t->p++;
		w->quoted = w->quoted || c != '\n';
		return c == '\n' ? 0 : put(w, c);
	}
	if (strchr("*?[{}", c) || (c == '~' && (w->len == 0 || w->name_len)))
		w->expands = true;
	if (c == '=' && !w->quoted && !w->expands && w->name_len == 0 && w->len > 0 &&
	    w->len < 256 && is_name_start(w->buf[0])) {
		size_t n = 0;

		while (n < w->len && is_name(w->buf[n]))
			n++;
		w->name_len = n == w->len ? (unsigned char)n : 0;
	}
	return put(w, c);
}

/* One word; w->any stays false when there is none before the command's end. */
static int read_word(struct gt_sh_text *t, struct word *w)
{
	const char *start = t->p;
	int r = 0;

	*w = (struct word){.len = 0};
	while (r == 0 && t->p < t->end && !strchr(" \t\n;", *t->p)) {
		char c = *t->p++;

		if (c == '\0')
			return -EINVAL;
		if (c == '\'')
			r = single_quoted(t, w);
		else if (c == '"')
			r = double_quoted(t, w);
		else
			r = unquoted(t, w, c);
	}
	/* "$@" among other text, or unquoted, splits in ways that need the arguments. */
	if (r == 0 && w->args)
		w->args = t->p - start == 4 && memcmp(start, "\"$@\"", 4) == 0;
	return r < 0 ? r : 0;
}

static int add_word(struct gt_sh_stmt *s, const struct word *w)
{
	uint32_t i = s->words.v.n;
	bool test = w->len == 1 && w->buf[0] == '['; /* the command: no pattern without its ']' */

	if (i == GT_SH_WORDS)
		return -EINVAL;
	s->kind[i] = w->args ? GT_SH_ARGS : w->expands && !test ? GT_SH_EXPANDS : GT_SH_LITERAL;
	s->name_len[i] = w->name_len;
	return gt_strv_add(&s->words.v, w->buf, w->len);
}

/* Blanks and comments. */
static void skip_blank(struct gt_sh_text *t)
{
	while (t->p < t->end) {
		if (*t->p == ' ' || *t->p == '\t') {
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

int gt_sh_next(struct gt_sh_text *t, struct gt_sh_stmt *ret)
{
	struct word w;

	gt_list_init(&ret->words);
	for (;;) {
		skip_blank(t);
		if (t->p == t->end)
			return ret->words.v.n > 0;
		if (*t->p == '\n' || *t->p == ';') {
			/* An empty command before ';' is an error, and ";;" belongs to case. */
			if (*t->p == ';' && ret->words.v.n == 0)
				return -EINVAL;
			t->p++;
			if (ret->words.v.n > 0)
				return 1;
			continue;
		}
		if (*t->p == '\0' || read_word(t, &w) < 0 || (w.any && add_word(ret, &w) < 0))
			return -EINVAL;
	}
}
