/*
 * Asks a sandboxed worker where the settings are: it gets the program's file, then its memory, as
 * descriptors, neither of which it may write. Effects: forks the worker, for each process a new
 * one.
 */
#include <stdio.h>
#include <string.h>

#include "gotune/program.h"
#include "gotune/sandbox.h"
#include "internal.h"

#define PARSE_MS 1500

enum { JOB_PROGRAM, JOB_LOCATE };

/* What the first job says. */
struct said {
	uint32_t why; /* enum gt_left */
	uint32_t minor;
	char go[64];
};

/* ---- in the worker ---- */

/* Between its two jobs; the parent's stays empty. */
static struct gt_live_program program;

static enum gt_left read_program(int fd, const void *auxv, size_t len, struct said *ret)
{
	struct gt_program p;

	gt_program_elf(fd, &p);
	if (p.kind != GT_PROG_GO)
		return GT_LEFT_NOT_GO;
	if (strcmp(p.arch, "amd64") != 0)
		return GT_LEFT_NOT_AMD64;
	gt_copy_cut(ret->go, p.go);
	ret->minor = p.go_minor;
	program.layout = p.go_known ? gt_live_layout_of(p.go_minor) : NULL;
	if (!program.layout)
		return GT_LEFT_GO_VERSION;
	if (gt_sym_open(fd, auxv, len, &program.image, &program.names, NULL) < 0)
		return GT_LEFT_NO_TABLE;
	return gt_live_symbol(fd, &program.symbol) < 0 ? GT_LEFT_TWO_PLACES : GT_LEFT_NONE;
}

static int do_program(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		      struct gt_err *e)
{
	struct said *s = ret;

	(void)ret_len, (void)e;
	s->why = (uint32_t)read_program(fd, in, in_len, s);
	return 0;
}

static int do_locate(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		     struct gt_err *e)
{
	struct gt_sym_mem m = {.read = gt_sym_pread, .ctx = &fd, .budget = GT_SYM_BUDGET};

	(void)in, (void)in_len, (void)ret_len, (void)e;
	if (!program.names.p)
		return -EINVAL;
	gt_live_locate(&program, &m, ret);
	return 0;
}

static const struct gt_job jobs[] = {
	[JOB_PROGRAM] = {.fn = do_program,
			 .in_max = sizeof(((struct gt_live_target *)NULL)->auxv),
			 .ret_len = sizeof(struct said)},
	[JOB_LOCATE] = {.fn = do_locate, .ret_len = sizeof(struct gt_live_found)},
};

/* ---- in the parent ---- */

enum gt_left gt_live_refuse(struct gt_err *e, enum gt_left why, const char *detail)
{
	const char *word = gt_words_get(&gt_left_sentences, (unsigned)why);

	if (*detail)
		(void)gt_err_set(e, -ECANCELED, "%s (%s)", word, detail);
	else
		(void)gt_err_set(e, -ECANCELED, "%s", word);
	return why;
}

/* The worker may have been taken over: a number is checked, and the sentence is ours. */
static enum gt_left take_why(uint32_t why, const char *go, struct gt_err *e)
{
	char range[32], detail[160] = "";

	if (why >= GT_LEFT_COUNT)
		return gt_live_refuse(e, GT_LEFT_FAILED, "the worker's answer");
	if (why == GT_LEFT_GO_VERSION) {
		gt_live_layout_range(range, sizeof(range));
		(void)snprintf(detail, sizeof(detail), "%.64s; known are %s", go, range); /* fits */
	}
	return why == GT_LEFT_NONE ? GT_LEFT_NONE : gt_live_refuse(e, (enum gt_left)why, detail);
}

/* Half of the addresses are the kernel's; of the rest, nothing is there below a page. */
static bool is_valid(const struct said *s, const struct gt_live_found *f)
{
	return gt_live_layout_of(s->minor) && f->addr % 8 == 0 && f->addr >= 4096 &&
	       f->addr <= INT64_MAX / 2;
}

static enum gt_left ask(struct gt_worker *w, const struct gt_live_target *t, struct said *s,
			struct gt_live *ret, struct gt_err *e)
{
	struct gt_live_found f = {0};
	enum gt_left why;

	if (gt_worker_call(w, JOB_PROGRAM, t->exe, t->auxv, t->auxv_len, s, GT_JOB_TIMEOUT_MS, e) <
	    0)
		return GT_LEFT_FAILED;
	s->go[sizeof(s->go) - 1] = '\0';
	gt_utf8_plain(s->go);
	why = take_why(s->why, s->go, e);
	if (why != GT_LEFT_NONE)
		return why;
	if (gt_worker_call(w, JOB_LOCATE, t->look, NULL, 0, &f, GT_JOB_TIMEOUT_MS, e) < 0)
		return GT_LEFT_FAILED;
	why = take_why(f.why, s->go, e);
	if (why != GT_LEFT_NONE)
		return why;
	if (!is_valid(s, &f))
		return gt_live_refuse(e, GT_LEFT_FAILED, "the worker's answer");
	gt_copy_cut(ret->go, s->go);
	ret->minor = s->minor;
	ret->addr = f.addr;
	return GT_LEFT_NONE;
}

enum gt_left gt_live_find(const struct gt_live_target *t, struct gt_live *ret, struct gt_err *e)
{
	struct gt_worker w = {.sock = -1};
	enum gt_left why = GT_LEFT_FAILED;
	/* Also the heap's first use, which asks the kernel for random bytes: the worker may not. */
	_cleanup_free_ struct said *s = calloc(1, sizeof(*s));
	int r = -ENOMEM;

	if (s)
		r = gt_worker_start(&w, GT_PHASE_PARSE, jobs, GT_ARRAY_LEN(jobs), NULL, NULL, e);
	/* gotuned waits for it: a program that takes long to parse is none of ours. */
	w.left_ms = PARSE_MS;
	if (r == 0)
		why = ask(&w, t, s, ret, e);
	gt_worker_done(&w);
	return why;
}
