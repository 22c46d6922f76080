/*
 * What the files of this room share: where a program's runtime keeps goroutines, and the worker's
 * answer. Private to the room.
 */
#ifndef GOTUNE_GOROUTINES_INTERNAL_H
#define GOTUNE_GOROUTINES_INTERNAL_H

#include "gotune/base.h"
#include "gotune/goroutines.h"
#include "gotune/gosym.h"
#include "gotune/uprobe.h"

/* ---- the runtime (layout.c, locate.c) ---- */

struct gt_gor_layout {
	unsigned minor;
	const char *from;
	uint16_t size, stack_lo, stack_hi, sp, pc, bp, status, goid, waitsince, waitreason, gopc,
		startpc, text, etext, gofunc;
	const char *const *reasons;
	unsigned n_reasons;
};
#define GT_GOR_G_MAX 1024u /* bytes of a struct g that any row may have */
/* NULL: a version that we do not know. */
const struct gt_gor_layout *gt_gor_layout_of(unsigned minor);
/* "1.19 to 1.27" */
void gt_gor_layout_range(char *buf, size_t cap);

struct gt_gor_runtime {
	const struct gt_gor_layout *layout;
	struct gt_sym_image image;
	struct gt_sym_names names;
	uint64_t main_pc; /* runtime.main */
	uint64_t allgs;	  /* the address of the slice */
};

/*
 * Finds moduledata, allgs and runtime.main; RT has its image, names and layout. -EBADMSG: they are
 * not where they should be.
 */
GT_MUST_CHECK int gt_gor_locate(struct gt_gor_runtime *rt, struct gt_sym_mem *m, struct gt_err *e);

/* ---- functions that were inlined (inline.c) ---- */

#define GT_GOR_INLINED 16u

/* A function at a place. */
struct gt_gor_func {
	const char *name; /* not terminated */
	size_t len;
	char place[128]; /* "leak.go:25"; "" */
};

/*
 * What PC is in: the innermost function first, then those that it was inlined into; the last is the
 * one that has a frame. How many; 0: PC is in no function. Pure.
 */
unsigned gt_gor_expand(const struct gt_gor_runtime *rt, uint64_t pc,
		       struct gt_gor_func ret[GT_GOR_INLINED]);

/* ---- names (text.c) ---- */

/* C strings, one behind the other; the first is "". */
struct gt_gor_text {
	char *p; /* GT_GOR_TEXT_MAX bytes */
	uint32_t n;
};
void gt_gor_text_begin(struct gt_gor_text *t);
/* Appends S; 0, which is "", when there is no room. */
uint32_t gt_gor_text_add(struct gt_gor_text *t, const char *s, size_t len);
/* The name of the function that PC is in, and where in it; also of one that was inlined. */
void gt_gor_text_site(const struct gt_gor_runtime *rt, struct gt_gor_text *t, uint64_t pc,
		      uint32_t *ret_name, uint32_t *ret_place);
/* The name of the function that begins at PC: what was inlined at its beginning is not meant. */
uint32_t gt_gor_text_function(const struct gt_gor_runtime *rt, struct gt_gor_text *t, uint64_t pc);
/* Makes each of the N bytes' strings fit to be shown. None grows, so each stays where it is. False:
 * they do not begin with "", or do not end. */
bool gt_gor_text_clean(char *text, uint32_t n);

/* ---- goroutines (walk.c, stacks.c) ---- */

enum gt_gor_status { /* src/runtime/runtime2.go, _Gidle... */
		     GT_GOR_IDLE,
		     GT_GOR_RUNNABLE,
		     GT_GOR_RUNNING,
		     GT_GOR_SYSCALL,
		     GT_GOR_WAITING,
		     GT_GOR_DEAD = 6,
		     GT_GOR_COPYSTACK = 8,
		     GT_GOR_PREEMPTED,
		     GT_GOR_LEAKED,
		     GT_GOR_DEADEXTRA,
		     GT_GOR_STATUS_COUNT,
};

/* A struct g, as far as we want it. */
struct gt_gor_raw {
	uint64_t goid, gopc, startpc, sp, pc, bp, lo, hi;
	int64_t since_ns;
	uint32_t status;
	uint8_t reason;
};

/* Called for each that lives. 0, or -errno to stop. */
typedef int (*gt_gor_fn)(void *ctx, const struct gt_gor_raw *g);

struct gt_gor_count {
	uint32_t in_allgs, alive, changed;
};

/*
 * Reads all goroutines and verifies them: there is a number 1 that began in runtime.main, each
 * status is one of the runtime's, each pc is in the code. -EBADMSG: not so; FN has been called by
 * then, what it made is to be thrown away. -EFBIG, -ENOMEM, -EFAULT.
 */
GT_MUST_CHECK int gt_gor_walk(const struct gt_gor_runtime *rt, struct gt_sym_mem *m, gt_gor_fn fn,
			      void *ctx, struct gt_gor_count *ret, struct gt_err *e);

#define GT_GOR_FRAMES 48u
/* The frames of G, innermost first: return addresses less one. How many. */
unsigned gt_gor_frames(const struct gt_gor_runtime *rt, struct gt_sym_mem *m,
		       const struct gt_gor_raw *g, uint64_t ret[GT_GOR_FRAMES]);

/* ---- the worker's answer (answer.c, collect.c) ---- */

#define GT_GOR_STACKS_MAX 16384u
#define GT_GOR_ROOM                                                                           \
	(GT_GOR_MAX * sizeof(struct gt_gor) + GT_GOR_KINDS_MAX * sizeof(struct gt_gor_kind) + \
	 GT_GOR_STACKS_MAX * sizeof(struct gt_gor_stack) + GT_GOR_TEXT_MAX)

/* In the arena: the goroutines, the kinds, the stacks, the text. */
struct gt_gor_answer {
	uint32_t in_allgs, changed, n_gor, n_kind, n_stack, n_text;
	GT_ARENA(GT_GOR_ROOM) arena;
};
_Static_assert(offsetof(struct gt_gor_answer, arena.room) % 8 == 0, "the goroutines begin there");

/* What the first job says of the file. */
struct gt_gor_program {
	char go[64];
	uint32_t minor;
};

/* Of the worker, between its jobs (program.c). */
extern struct gt_gor_runtime gt_gor_worker_runtime;
/* Its first job, a gt_job_fn: FD is the program's file, IN the auxiliary vector, RET a struct
 * gt_gor_program. */
int gt_gor_do_program(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		      struct gt_err *e);

/* Reads all of RT's goroutines into *RET. Errors as gt_gor_walk. Runs in the worker. */
GT_MUST_CHECK int gt_gor_collect(const struct gt_gor_runtime *rt, struct gt_sym_mem *m,
				 struct gt_gor_answer *ret, struct gt_err *e);

/*
 * Checks an answer and makes S of it, whose pointers lead into A; makes its text plain. -EBADMSG:
 * it contradicts itself. S->pages stays the caller's.
 */
GT_MUST_CHECK int gt_gor_answer_check(struct gt_gor_answer *a, int64_t now_ns,
				      struct gt_gor_snapshot *s);

/* ---- births and ends (probes.c, names.c, trace.c) ---- */

/* Where probes go: offsets in the program's file. */
struct gt_gor_probes {
	uint32_t gopc, startpc; /* in a struct g */
	uint32_t n_birth, pad;
	uint64_t birth[GT_UPROBE_RETS], end;
};

/*
 * Finds them in RT, of which gt_gor_locate has found the code; FILE reads the program's file at
 * offsets. -EBADMSG: the functions are not there, or not as Go compiles them, so that no probe is
 * set.
 */
GT_MUST_CHECK int gt_gor_probes_find(const struct gt_gor_runtime *rt, struct gt_sym_mem *file,
				     struct gt_gor_probes *ret, struct gt_err *e);

struct gt_gor_pair {
	uint64_t gopc, startpc;
};
struct gt_gor_name {
	uint32_t by, place, starts;
};
#define GT_GOR_NAMES_ROOM (GT_UPROBE_SITES * sizeof(struct gt_gor_name) + GT_GOR_TEXT_MAX)
/* In the arena: the names, the text. */
struct gt_gor_names {
	uint32_t n, n_text;
	GT_ARENA(GT_GOR_NAMES_ROOM) arena;
};
/* The names of N sites. Runs in the worker. -ENOMEM, -E2BIG. */
GT_MUST_CHECK int gt_gor_names_find(const struct gt_gor_runtime *rt, const struct gt_gor_pair *pair,
				    uint32_t n, struct gt_gor_names *ret);
/* Gives the sites of T their names of A, checked, and sorts them: the most births first. *RET_TEXT:
 * in A, made plain. -EBADMSG. */
GT_MUST_CHECK int gt_gor_names_take(struct gt_gor_names *a, struct gt_gor_traced *site, uint32_t n,
				    const char **ret_text, uint32_t *ret_n_text);

/* Asks HELPER, a gotune-trace. D and SITE, which has room for GT_UPROBE_SITES, are filled, checked.
 */
GT_MUST_CHECK int gt_gor_helper_run(const struct gt_gor_target *t, const struct gt_uprobe_ask *ask,
				    int pidfd, const char *helper, int stop,
				    struct gt_uprobe_ready *ready, struct gt_uprobe_done *d,
				    struct gt_uprobe_site *site, struct gt_err *e);

/* ---- drawing (svg.c) ---- */

/* Appends LEN bytes of S, UTF-8, as text of XML. */
void gt_gor_xml(struct gt_buf *out, const char *s, size_t len);
/* Begins an SVG of that many pixels, with TITLE; ends it. */
void gt_gor_svg_begin(struct gt_buf *out, unsigned width, unsigned height, const char *title);
void gt_gor_svg_end(struct gt_buf *out);

#endif
