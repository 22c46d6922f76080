/*
 * Shell text to words: quotes are removed, variables are named, and the rest of what a shell would
 * expand is marked as not known. Pure; no privilege.
 * Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting, 2.3 Token Recognition, 2.6; bash(1)
 * for arrays and for what follows a '$'.
 */
#include <string.h>

#include "gotune/base.h"
#include "shell.h"

#define NESTED_MAX 32u

/* The word under way. */
struct word {
	char buf[GT_SH_WORD];
	size_t len;
	bool any;     /* something was there, if only an empty pair of quotes */
	bool expands; /* see GT_SH_EXPANDS */
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

/* How many bytes of P up to END are a variable's name. */
static size_t name_at(const char *p, const char *end)
{
	size_t n = 0;

	if (p == end || !is_name_start(*p))
		return 0;
	while (p + n < end && is_name(p[n]))
		n++;
	return n;
}

/* Control bytes are in no script that we want to understand. */
static bool is_text(char c)
{
	return c == '\t' || c == '\n' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

static int put_bytes(struct word *w, const char *s, size_t n)
{
	w->any = true;
	if (n >= sizeof(w->buf) - w->len)
		return -EINVAL;
	memcpy(w->buf + w->len, s, n);
	w->len += n;
	return 0;
}

static int put(struct word *w, char c)
{
	return is_text(c) ? put_bytes(w, &c, 1) : -EINVAL;
}

/* A variable; LEN 0: something that is not known. */
static int put_var(struct word *w, const char *name, size_t len)
{
	static const char marks[] = {GT_SH_VAR, GT_SH_VAR_END};
	int r = put_bytes(w, &marks[0], 1);

	w->expands = true;
	if (r == 0)
		r = put_bytes(w, name, len);
	return r < 0 ? r : put_bytes(w, &marks[1], 1);
}

/* What C opens inside TOP, as the byte that closes it; 0: nothing. */
static char opened(const struct gt_sh_text *t, char top, char c)
{
	char next = t->p < t->end ? *t->p : '\0';

	if (c == '$' && next == '(')
		return ')';
	if (c == '$' && next == '{')
		return '}';
	if (c == '`' && top != '`')
		return '`';
	if (top == '"')
		return '\0';
	if (c == '(')
		return ')';
	return c == '"' || (c == '\'' && top != '}') ? c : '\0';
}

int gt_sh_skip(struct gt_sh_text *t, char closer)
{
	char stack[NESTED_MAX];
	size_t n = 1;
	bool blank = true;

	stack[0] = closer;
	while (t->p < t->end) {
		char c = *t->p++, top = stack[n - 1], more;

		if (top == '\'') {
			n -= c == '\'';
		} else if (c == '\\') {
			t->p += t->p < t->end;
		} else if (c == '#' && blank && top == ')') {
			while (t->p < t->end && *t->p != '\n')
				t->p++;
		} else if (c == top) {
			n--;
		} else if ((more = opened(t, top, c)) != '\0') {
			if (n == sizeof(stack))
				return -EINVAL;
			stack[n++] = more;
			t->p += c == '$';
		}
		if (n == 0)
			return 0;
		blank = c == ' ' || c == '\t' || c == '\n' || c == ';';
	}
	return -EINVAL;
}

/* ${...}, which T is just past the '{' of. A name alone is a variable; "$0" has several names. */
static int braced(struct gt_sh_text *t, struct word *w)
{
	static const char source[] = "BASH_SOURCE[0]}";
	size_t n = name_at(t->p, t->end), left = (size_t)(t->end - t->p);
	int r;

	if (left >= sizeof(source) - 1 && memcmp(t->p, source, sizeof(source) - 1) == 0) {
		t->p += sizeof(source) - 1;
		return put_var(w, "0", 1);
	}
	if (n == 0 && left > 0 && *t->p == '0')
		n = 1;
	if (n > 0 && n < left && t->p[n] == '}') {
		r = put_var(w, t->p, n);
		t->p += n + 1;
		return r;
	}
	r = gt_sh_skip(t, '}');
	return r < 0 ? r : put_var(w, "", 0);
}

/* What follows a '$', which T is just past. */
static int dollar(struct gt_sh_text *t, struct word *w)
{
	static const char source[] = "BASH_SOURCE";
	size_t n = name_at(t->p, t->end);
	const char *p = t->p;
	int r;

	if (p == t->end)
		return put(w, '$');
	if (n > 0) {
		bool is_source = n == sizeof(source) - 1 && memcmp(p, source, n) == 0;

		t->p += n;
		return is_source ? put_var(w, "0", 1) : put_var(w, p, n);
	}
	if (!strchr("({'@*#?$!-0123456789", *p) || *p == '\0')
		return *p == '"' ? 0 : put(w, '$');
	t->p++;
	if (*p == '{')
		return braced(t, w);
	if (*p == '(' || *p == '\'') {
		r = gt_sh_skip(t, *p == '(' ? ')' : '\'');
		return r < 0 ? r : put_var(w, "", 0);
	}
	return *p == '0' ? put_var(w, "0", 1) : put_var(w, "", 0);
}

static int backquoted(struct gt_sh_text *t, struct word *w)
{
	int r = gt_sh_skip(t, '`');

	return r < 0 ? r : put_var(w, "", 0);
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
		int r;

		if (c == '`') {
			r = backquoted(t, w);
		} else if (c == '$') {
			r = t->p < t->end && *t->p == '"' ? put(w, c) : dollar(t, w);
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

/* Is W, at an '=' or a '+', the name that an assignment begins with? */
static bool assigns(const struct word *w)
{
	return !w->quoted && w->name_len == 0 && w->len > 0 && w->len < 256 &&
	       name_at(w->buf, w->buf + w->len) == w->len;
}

/* "NAME=", or "NAME+=" of which the value is not known; an array's is not, either. */
static int assignment(struct gt_sh_text *t, struct word *w, bool adds)
{
	int r;

	w->name_len = (unsigned char)w->len;
	r = put(w, '=');
	t->p += adds;
	if (r == 0 && adds)
		r = put_var(w, "", 0);
	if (r < 0 || t->p == t->end || *t->p != '(')
		return r;
	t->p++;
	r = gt_sh_skip(t, ')');
	return r < 0 ? r : put_var(w, "", 0);
}

/* One unquoted character C, which T is just past. */
static int unquoted(struct gt_sh_text *t, struct word *w, char c)
{
	bool adds = c == '+' && t->p < t->end && *t->p == '=';

	if (c == '$')
		return dollar(t, w);
	if (c == '`')
		return backquoted(t, w);
	if (c == '\\') {
		if (t->p == t->end)
			return -EINVAL;
		c = *t->p++;
		w->quoted = w->quoted || c != '\n';
		return c == '\n' ? 0 : put(w, c);
	}
	if ((c == '=' || adds) && assigns(w))
		return assignment(t, w, adds);
	if (strchr("*?[", c) || (c == '~' && w->len == 0) || (c == '{' && w->len > 0))
		w->expands = true;
	return put(w, c);
}

/* Are the N bytes at P all of a word that stands for the arguments? */
static bool is_args(const char *p, size_t n)
{
	static const char *const forms[] = {"\"$@\"", "$@", "\"${@}\"", "${@}", "$*"};

	for (size_t i = 0; i < GT_ARRAY_LEN(forms); i++) {
		if (strlen(forms[i]) == n && memcmp(forms[i], p, n) == 0)
			return true;
	}
	return false;
}

int gt_sh_read_word(struct gt_sh_text *t, struct gt_sh_stmt *s, bool *ret_plain)
{
	const char *start = t->p;
	struct word w;
	uint32_t i = s->words.v.n;
	bool test;
	int r = 0;

	w.len = w.name_len = 0;
	w.any = w.expands = w.quoted = false;
	while (r == 0 && t->p < t->end && !strchr(" \t\n;&|<>()", *t->p)) {
		char c = *t->p++;

		if (c == '\'')
			r = single_quoted(t, &w);
		else if (c == '"')
			r = double_quoted(t, &w);
		else
			r = unquoted(t, &w, c);
	}
	if (r < 0 || (t->p < t->end && *t->p == '\0') || (w.any && i == GT_SH_WORDS))
		return -EINVAL;
	*ret_plain = !w.quoted && !w.expands;
	if (!w.any)
		return 0;
	test = w.len > 0 && w.len <= 2 &&
	       w.buf[0] == '['; /* the command: no pattern without its ']' */
	s->kind[i] = w.expands && !test ? GT_SH_EXPANDS : GT_SH_LITERAL;
	if (is_args(start, (size_t)(t->p - start)))
		s->kind[i] = GT_SH_ARGS;
	*ret_plain = *ret_plain || (test && !w.quoted);
	s->name_len[i] = w.name_len;
	return gt_strv_add(&s->words.v, w.buf, w.len) < 0 ? -EINVAL : 1;
}
