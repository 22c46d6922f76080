/*
 * Blocked stacks as a flame graph: the root at the bottom, a frame as wide as the goroutines whose
 * stack has it there, and on top what they wait for. Pure but for the heap.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define WIDTH	  1200u
#define MARGIN	  10u
#define ROW	  17u
#define HEAD	  36u
#define DEPTH	  (GT_GOR_FRAMES + 2)
#define LETTER	  7.2 /* of 12 px monospace */
#define MIN_DRAWN 0.3

/* A frame and its parents: a tree in an array, children behind their parents. */
struct node {
	const char *name;
	uint32_t len, parent, next, first; /* 0: none; node 0 is the root */
	uint64_t n;
	unsigned depth;
};
struct tree {
	struct node *node;
	uint32_t n, cap;
	unsigned depth;
};

/* The child of PARENT with that name, made when it is not there. 0: no memory. */
static uint32_t child_of(struct tree *t, uint32_t parent, const char *name, size_t len)
{
	uint32_t i = t->node[parent].first;

	for (; i; i = t->node[i].next) {
		if (t->node[i].len == len && memcmp(t->node[i].name, name, len) == 0)
			return i;
	}
	if (t->n == t->cap)
		return 0;
	t->node[t->n] = (struct node){
		.name = name,
		.len = (uint32_t)len,
		.parent = parent,
		.next = t->node[parent].first,
		.depth = t->node[parent].depth + 1,
	};
	t->node[parent].first = t->n;
	if (t->node[t->n].depth > t->depth)
		t->depth = t->node[t->n].depth;
	return t->n++;
}

static void add_stack(struct tree *t, const struct gt_gor_snapshot *s, uint32_t i)
{
	const struct gt_gor_kind *k = &s->kind[s->stack[i].kind];
	uint32_t n = k->waiting ? gt_gor_stack_weight(s, i) : 0, at = 0;
	const char *p = s->text + s->stack[i].frames, *state = s->text + k->state;

	if (n == 0)
		return;
	t->node[0].n += n;
	while (*p && t->node[at].depth < DEPTH) {
		size_t len = strcspn(p, ";");

		at = child_of(t, at, p, len);
		if (!at)
			return;
		t->node[at].n += n;
		p += len + (p[len] == ';');
	}
	at = child_of(t, at, state, strlen(state));
	if (at)
		t->node[at].n += n;
}

/* Warm colours for frames, by name, so that a function keeps its own; the wait is blue. */
static void write_color(struct gt_buf *out, const struct node *x)
{
	unsigned h = 0;

	for (uint32_t i = 0; i < x->len; i++)
		h = h * 31 + (unsigned char)x->name[i];
	if (x->first)
		gt_buf_fmt(out, "#%02x%02x%02x", 225 + h % 30, 110 + h / 30 % 100,
			   50 + h / 3000 % 40);
	else
		gt_buf_fmt(out, "#%02x%02x%02x", 120 + h % 40, 165 + h / 40 % 30, 225);
}

static void write_node(struct gt_buf *out, const struct tree *t, uint32_t i, double x, double w)
{
	const struct node *f = &t->node[i];
	unsigned y = HEAD + (t->depth - f->depth) * ROW;
	size_t fits = w > 3 * LETTER ? (size_t)((w - 4) / LETTER) : 0;

	gt_buf_str(out, "<g><title>");
	gt_gor_xml(out, f->name, f->len);
	gt_buf_fmt(out, " (%llu of %llu)</title>", (unsigned long long)f->n,
		   (unsigned long long)t->node[0].n);
	gt_buf_fmt(out, "<rect x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%u\" rx=\"1\" fill=\"",
		   x, y, w > 1 ? w - 0.5 : w, ROW - 1);
	write_color(out, f);
	gt_buf_str(out, "\"/>");
	if (fits > 0) {
		/* Cut where a character begins. */
		size_t len = f->len <= fits ? f->len : gt_utf8_valid_len(f->name, fits - 1);

		gt_buf_fmt(out, "<text x=\"%.1f\" y=\"%u\">", x + 2, y + 12);
		gt_gor_xml(out, f->name, len);
		gt_buf_str(out, f->len <= fits ? "</text>" : "~</text>");
	}
	gt_buf_str(out, "</g>\n");
}

/* Children share their parent's width from the left. X: where each node begins, and ends up with
 * where its next child does. Parents come before children in the array. */
static void write_tree(struct gt_buf *out, const struct tree *t, double *x)
{
	double scale = t->node[0].n ? (WIDTH - 2.0 * MARGIN) / (double)t->node[0].n : 0;

	x[0] = MARGIN;
	for (uint32_t i = 1; i < t->n; i++) {
		uint32_t parent = t->node[i].parent;
		double w = (double)t->node[i].n * scale, at = x[parent];

		x[parent] += w;
		x[i] = at;
		if (w >= MIN_DRAWN)
			write_node(out, t, i, at, w);
	}
}

int gt_gor_write_flame(const struct gt_gor_snapshot *s, struct gt_buf *out)
{
	/* No more nodes than frames, which are divided by at least a byte of text. */
	uint32_t cap = s->n_stack * DEPTH + 1;
	_cleanup_free_ struct node *node = NULL;
	_cleanup_free_ double *x = NULL;
	struct tree t = {.cap = cap < s->n_text + s->n_stack + 1 ? cap
								 : s->n_text + s->n_stack + 1};
	char title[160];

	node = t.node = calloc(t.cap, sizeof(*node));
	x = calloc(t.cap, sizeof(*x));
	if (!node || !x)
		return -ENOMEM;
	t.n = 1;
	for (uint32_t i = 0; i < s->n_stack; i++)
		add_stack(&t, s, i);
	(void)snprintf(title, sizeof(title), "%llu blocked goroutines, by stack",
		       (unsigned long long)t.node[0].n); /* fits */
	gt_gor_svg_begin(out, WIDTH, HEAD + (t.depth + 1) * ROW, title);
	write_tree(out, &t, x);
	gt_gor_svg_end(out);
	return 0;
}
