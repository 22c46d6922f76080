/*
 * For tests: snapshots made of a few lines. Include cmocka.h first.
 */
#ifndef GOTUNE_TEST_GOROUTINES_SNAP_H
#define GOTUNE_TEST_GOROUTINES_SNAP_H

#include <string.h>

#include "goroutines/internal.h"
#include "gotune/goroutines.h"

#define SECOND 1000000000ll

/* Two sites, "main.a x.go:1" that runs main.f, and "main.b y.go:2" that runs main.g. */
struct snap {
	struct gt_gor gor[4096];
	struct gt_gor_kind kind[3];
	struct gt_gor_stack stack[4];
	char text[512];
	uint32_t used;
	struct gt_gor_snapshot s;
};

static inline uint32_t snap_text(struct snap *n, const char *s)
{
	uint32_t at = n->used;

	memcpy(n->text + at, s, strlen(s) + 1);
	n->used += (uint32_t)strlen(s) + 1;
	return at;
}

static inline void snap_begin(struct snap *n, int64_t at_ns)
{
	memset(n, 0, sizeof(*n));
	n->used = 1;
	n->kind[1] = (struct gt_gor_kind){.gopc = 0x1000,
					  .startpc = 0x2000,
					  .by = snap_text(n, "main.a"),
					  .place = snap_text(n, "x.go:1"),
					  .starts = snap_text(n, "main.f"),
					  .state = snap_text(n, "chan receive"),
					  .waiting = 1};
	n->kind[2] = (struct gt_gor_kind){.gopc = 0x1100,
					  .startpc = 0x2100,
					  .by = snap_text(n, "main.b"),
					  .place = snap_text(n, "y.go:2"),
					  .starts = snap_text(n, "main.g"),
					  .state = snap_text(n, "running")};
	n->s = (struct gt_gor_snapshot){.go = "go1.27.3",
					.at_ns = at_ns,
					.n_kind = 3,
					.gor = n->gor,
					.kind = n->kind,
					.stack = n->stack,
					.text = n->text};
}

/* Goroutines FROM to TO of KIND; those added later have higher numbers. */
static inline void snap_add(struct snap *n, uint32_t kind, uint64_t from, uint64_t to,
			    int64_t since_ns)
{
	for (uint64_t id = from; id <= to; id++) {
		n->gor[n->s.n_gor++] =
			(struct gt_gor){.id = id, .since_ns = since_ns, .kind = kind};
		n->kind[kind].n++;
	}
	n->s.in_allgs = n->s.n_gor;
	n->s.n_text = n->used;
}

static inline void snap_stack(struct snap *n, uint32_t kind, uint32_t count, const char *frames,
			      const char *at)
{
	n->stack[n->s.n_stack++] = (struct gt_gor_stack){
		.kind = kind, .n = count, .frames = snap_text(n, frames), .at = snap_text(n, at)};
	n->kind[kind].n_read += count;
	n->s.n_text = n->used;
}

#endif
