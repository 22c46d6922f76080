/*
 * What the files of this room share. Private to the room.
 */
#ifndef GOTUNE_LIVE_INTERNAL_H
#define GOTUNE_LIVE_INTERNAL_H

#include "gotune/gosym.h"
#include "gotune/live.h"

/* ---- where things are (layout.c) ---- */

#define GT_LIVE_LEN 400u /* bytes of gcController that are read */

/* Offsets in gcController. What all versions share: internal.h's GT_LIVE_AT_*. */
struct gt_live_layout {
	unsigned first, last; /* minor versions */
	uint16_t goal, triggered, live, stacks, globals, marked, in_use, free, total_alloc,
		total_free, mapped;
};
#define GT_LIVE_AT_GOGC	    0u
#define GT_LIVE_AT_PAD	    4u
#define GT_LIVE_AT_LIMIT    8u
#define GT_LIVE_AT_HEAP_MIN 16u
#define GT_LIVE_AT_CONS	    32u /* consMark, a float64 */
/* Behind `marked`, the same in all versions: what the collector took in this cycle, or the last
 * one, in nanoseconds; and when it began. */
#define GT_LIVE_PAST_ASSIST	40u
#define GT_LIVE_PAST_DEDICATED	48u
#define GT_LIVE_PAST_FRACTIONAL 56u
#define GT_LIVE_PAST_BEGIN	72u

/* NULL: a version that we do not know. */
const struct gt_live_layout *gt_live_layout_of(unsigned minor);
/* "1.19 to 1.27" */
void gt_live_layout_range(char *buf, size_t cap);

/* ---- is it one? (signature.c) ---- */

/* The minimum of the heap at GOGC; SMALL: with GOEXPERIMENT=heapminimum512kib. Pure. */
uint64_t gt_live_heap_min(int32_t gogc, bool small);
/* The first 24 bytes: are they a GOGC, a limit and the minimum that goes with it? Pure. */
bool gt_live_head_ok(const unsigned char *b);
/* The rest of GT_LIVE_LEN bytes: do the figures agree? They may not, for a moment. Pure. */
bool gt_live_tail_ok(const unsigned char *b, const struct gt_live_layout *l);
/* All that is read of B. Pure. */
void gt_live_parse(const unsigned char *b, const struct gt_live_layout *l,
		   struct gt_live_snapshot *ret);

/* ---- in the worker (votes.c, scan.c, symtab.c, locate.c) ---- */

/* Where variables without pointers are, of which gcController is one. */
struct gt_live_range {
	uint64_t begin, end;
};

/* Places that were found; more than there is room for are counted. */
#define GT_LIVE_PLACES 8u
struct gt_live_places {
	uint32_t n; /* different ones */
	uint32_t n_hit;
	uint64_t at[GT_LIVE_PLACES];
};
/* Counts AT, which may be there already. */
void gt_live_place(struct gt_live_places *p, uint64_t at);

/*
 * What the runtime's code names when it calls gcController's methods, as far as it is in R. Reads
 * the code through M. 0, -EFAULT, -EFBIG.
 */
GT_MUST_CHECK int gt_live_votes(const struct gt_sym_names *t, struct gt_sym_mem *m,
				const struct gt_live_range *r, struct gt_live_places *ret);

/* What in R looks like a gcController: by its head, and by its tail, too. 0, -EFBIG. */
GT_MUST_CHECK int gt_live_scan(struct gt_sym_mem *m, const struct gt_live_range *r,
			       const struct gt_live_layout *l, struct gt_live_places *heads,
			       struct gt_live_places *whole);

/*
 * The symbol runtime.gcController in the file FD, as linked: its address in *RET, 0 without one.
 * -EBADMSG: two of them at different addresses, or a table that cannot be read whole.
 */
GT_MUST_CHECK int gt_live_symbol(int fd, uint64_t *ret);

/* What the worker keeps of the program between its jobs. */
struct gt_live_program {
	const struct gt_live_layout *layout;
	struct gt_sym_image image;
	struct gt_sym_names names;
	uint64_t symbol; /* as linked; 0: none */
};

/* The worker's second answer. */
struct gt_live_found {
	uint32_t why; /* enum gt_left */
	uint32_t n_vote;
	uint64_t addr;
};

/* Finds gcController of P in memory. Always fills *RET. */
void gt_live_locate(struct gt_live_program *p, struct gt_sym_mem *m, struct gt_live_found *ret);

/* ---- the process (target.c) ---- */

struct gt_live_target {
	int pidfd, exe, mem, look; /* MEM to be written, LOOK to be read */
	unsigned char auxv[1024];
	uint32_t auxv_len;
};

/* Opens ASK's process. Effects: forks a child in GT_PHASE_LIVE. */
GT_MUST_CHECK enum gt_left gt_live_target_open(const struct gt_live_ask *ask,
					       struct gt_live_target *ret, struct gt_err *e);
void gt_live_target_done(struct gt_live_target *t);
/* Does the auxiliary vector say that the program gained rights? Pure. */
bool gt_live_auxv_secure(const unsigned char *auxv, size_t len);
/* Do the lines Uid and Gid of /proc/PID/status have one number each, four times? Pure. */
bool gt_live_ids_plain(const char *status);

/* ---- both (find.c) ---- */

/* What the worker says of T: RET's go, minor and addr. Effects: forks a sandboxed worker. */
GT_MUST_CHECK enum gt_left gt_live_find(const struct gt_live_target *t, struct gt_live *ret,
					struct gt_err *e);

/* Sets *E (may be NULL) to WHY's sentence and DETAIL (may be ""). Returns WHY. */
enum gt_left gt_live_refuse(struct gt_err *e, enum gt_left why, const char *detail);

#endif
