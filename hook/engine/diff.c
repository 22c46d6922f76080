/*
 * A unified diff of two texts, for --dry-run: for a person, so no byte of a file reaches a terminal
 * that would be obeyed or not be seen. Pure but for the heap.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/engine.h"
#include "job.h"

#define CONTEXT	    3
#define TABLE_CELLS (4u << 20) /* beyond that the differing middle is shown as replaced whole */

struct lines {
	const char **at; /* n + 1 of them: the end of the last is the begin of the one after */
	unsigned n;
};

static int split(const char *text, size_t len, struct lines *ret)
{
	const char *p = text, *end = text + len;
	unsigned n = 0;

	ret->at = calloc(len + 2, sizeof(*ret->at)); /* a line has a byte at least */
	if (!ret->at)
		return -ENOMEM;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		ret->at[n++] = p;
		p = nl ? nl + 1 : end;
	}
	ret->at[n] = end;
	ret->n = n;
	return 0;
}

static bool same(const struct lines *a, unsigned i, const struct lines *b, unsigned j)
{
	size_t len = (size_t)(a->at[i + 1] - a->at[i]);

	return len == (size_t)(b->at[j + 1] - b->at[j]) && memcmp(a->at[i], b->at[j], len) == 0;
}

/* One line of the diff: ' ', '-' or '+', of which text and where. */
struct op {
	char kind;
	unsigned a, b; /* lines that are before it in either text */
};

struct script {
	struct op *op;
	unsigned n;
};

static void push(struct script *s, char kind, unsigned *a, unsigned *b)
{
	s->op[s->n++] = (struct op){kind, *a, *b};
	*a += kind != '+';
	*b += kind != '-';
}

/* The longest common subsequence of the middles, by the table of its lengths. */
static void middle(struct script *s, const struct lines *a, unsigned a1, const struct lines *b,
		   unsigned b1, unsigned *i, unsigned *j)
{
	size_t na = a1 - *i, nb = b1 - *j, w = nb + 1;
	unsigned a0 = *i, b0 = *j;
	uint32_t *t = NULL;

	if (na < TABLE_CELLS && nb < TABLE_CELLS && (na + 1) * w <= TABLE_CELLS)
		t = calloc((na + 1) * w, sizeof(*t));
	for (size_t x = t ? na : 0; x-- > 0;) {
		for (size_t y = nb; y-- > 0;) {
			uint32_t down = t[(x + 1) * w + y], right = t[x * w + y + 1];

			t[x * w + y] = same(a, a0 + (unsigned)x, b, b0 + (unsigned)y)
					       ? t[(x + 1) * w + y + 1] + 1
				       : down > right ? down
						      : right;
		}
	}
	while (t && *i < a1 && *j < b1) {
		size_t x = *i - a0, y = *j - b0;

		if (same(a, *i, b, *j))
			push(s, ' ', i, j);
		else
			push(s, t[(x + 1) * w + y] >= t[x * w + y + 1] ? '-' : '+', i, j);
	}
	free(t);
	while (*i < a1)
		push(s, '-', i, j);
	while (*j < b1)
		push(s, '+', i, j);
}

static int compare(const struct lines *a, const struct lines *b, struct script *s)
{
	unsigned i = 0, j = 0, tail = 0;

	s->op = calloc((size_t)a->n + b->n + 1, sizeof(*s->op));
	if (!s->op)
		return -ENOMEM;
	while (i < a->n && j < b->n && same(a, i, b, j))
		push(s, ' ', &i, &j);
	while (tail < a->n - i && tail < b->n - j && same(a, a->n - 1 - tail, b, b->n - 1 - tail))
		tail++;
	middle(s, a, a->n - tail, b, b->n - tail, &i, &j);
	while (i < a->n)
		push(s, ' ', &i, &j);
	return 0;
}

/* Where the hunk that begins at op I ends: after CONTEXT lines of nothing but context. */
static unsigned hunk_end(const struct script *s, unsigned i)
{
	unsigned end = i, quiet = 0;

	for (unsigned k = i; k < s->n && quiet <= 2 * CONTEXT; k++) {
		quiet = s->op[k].kind == ' ' ? quiet + 1 : 0;
		if (quiet == 0)
			end = k + 1;
	}
	return s->n - end > CONTEXT ? end + CONTEXT : s->n;
}

/* "12,3" as diff(1) writes it: a range of one line has no count, an empty one the line before. */
static void range(struct gt_buf *out, unsigned before, unsigned count)
{
	if (count == 1)
		gt_buf_fmt(out, "%u", before + 1);
	else
		gt_buf_fmt(out, "%u,%u", count ? before + 1 : before, count);
}

static void hunk(struct gt_buf *out, const struct script *s, unsigned from, unsigned to,
		 const struct lines *a, const struct lines *b)
{
	unsigned na = 0, nb = 0;

	for (unsigned k = from; k < to; k++) {
		na += s->op[k].kind != '+';
		nb += s->op[k].kind != '-';
	}
	gt_buf_str(out, "@@ -");
	range(out, s->op[from].a, na);
	gt_buf_str(out, " +");
	range(out, s->op[from].b, nb);
	gt_buf_str(out, " @@\n");
	for (unsigned k = from; k < to; k++) {
		const struct op *o = &s->op[k];
		const struct lines *l = o->kind == '+' ? b : a;
		unsigned at = o->kind == '+' ? o->b : o->a;
		size_t len = (size_t)(l->at[at + 1] - l->at[at]);

		gt_buf_add(out, &o->kind, 1);
		gt_utf8_add_plain(out, l->at[at], len);
		if (l->at[at][len - 1] != '\n')
			gt_buf_str(out, "\n\\ No newline at end of file\n");
	}
}

void gt_diff(struct gt_buf *out, const char *path, const char *old, size_t old_len, const char *new,
	     size_t new_len)
{
	struct lines a = {0}, b = {0};
	struct script s = {0};

	if (split(old ? old : "", old ? old_len : 0, &a) < 0 ||
	    split(new ? new : "", new ? new_len : 0, &b) < 0 || compare(&a, &b, &s) < 0)
		out->error = -ENOMEM;
	if (!out->error)
		gt_buf_fmt(out, "--- %s\n+++ %s\n", old ? path : "/dev/null",
			   new ? path : "/dev/null");
	for (unsigned k = 0; !out->error && k < s.n;) {
		unsigned from = k, to;

		while (k < s.n && s.op[k].kind == ' ')
			k++;
		if (k == s.n)
			break;
		from = k - from > CONTEXT ? k - CONTEXT : from;
		to = hunk_end(&s, k);
		hunk(out, &s, from, to, &a, &b);
		k = to;
	}
	free(a.at);
	free(b.at);
	free(s.op);
}
