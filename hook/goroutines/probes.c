/*
 * Where a goroutine is born, and where it ends: instructions of the runtime, as offsets in the
 * program's file. Runs in the sandboxed worker; all that is read is the program's word.
 *
 * Theory of operation. A breakpoint in the midst of an instruction would break the program, so
 * where instructions begin must be known. The table that says how large the stack frame is at each
 * pc (pcsp) has an entry begin at an instruction, always. A frame that goes back to nothing does so
 * at a return: so the returns of runtime.newproc1 are where pcsp turns 0. Each such place must hold
 * the one byte of a return, or the function is not as Go compiles it, and nothing is probed. The
 * file's bytes are looked at, not memory's: there may be another tracer's breakpoint. Source: Go
 * src/cmd/internal/obj/x86/obj6.go (preprocess, ARET), src/cmd/internal/obj/pcln.go (pctospadj),
 * src/runtime/proc.go.
 */
#include "internal.h"

#define CODE_MAX 8192u /* of newproc1, which has some 1000 bytes */
#define RET	 0xc3
#define PCSP	 16u /* in a function's record: src/runtime/runtime2.go, _func */
#define DESTROY	 22u /* since Go 1.22 all goroutines end there; before, in goexit0 */

/* A function's code. */
struct code {
	uint32_t func, n;
	uint64_t at; /* in memory */
	unsigned char byte[CODE_MAX];
};

static int find_function(const struct gt_gor_runtime *rt, const char *name, uint32_t *ret,
			 struct gt_err *e)
{
	int64_t i = gt_sym_names_find_func(&rt->names, name);

	if (i < 0)
		return gt_err_set(e, -EBADMSG, "its table of functions has no %s", name);
	*ret = (uint32_t)i;
	return 0;
}

/* The offset in the file of the code at ADDR. */
static int find_offset(const struct gt_gor_runtime *rt, uint64_t addr, uint64_t *ret,
		       struct gt_err *e)
{
	if (gt_sym_image_offset(&rt->image, addr, ret) == 0 && *ret > 0)
		return 0;
	return gt_err_set(e, -EBADMSG, "its code is not in its file");
}

static int read_code(const struct gt_gor_runtime *rt, struct gt_sym_mem *file, struct code *c,
		     struct gt_err *e)
{
	uint64_t end = rt->names.text + gt_sym_names_entry(&rt->names, c->func + 1), off = 0;
	int r;

	c->at = rt->names.text + gt_sym_names_entry(&rt->names, c->func);
	if (end <= c->at || end - c->at > CODE_MAX)
		return gt_err_set(e, -EBADMSG, "its runtime.newproc1 is larger than any of Go's");
	c->n = (uint32_t)(end - c->at);
	r = find_offset(rt, c->at, &off, e);
	if (r < 0)
		return r;
	r = gt_sym_read(file, off, c->byte, c->n);
	return r < 0 ? gt_err_sys(e, r, "its file cannot be read") : 0;
}

/* The frame's size at each byte of C; -1 behind the end, where the table has no entry. */
static int32_t frame_at(const struct gt_gor_runtime *rt, const struct code *c, uint32_t off)
{
	uint32_t table = gt_sym_names_field(&rt->names, c->func, PCSP);
	int32_t frame;

	return off < c->n && gt_sym_pcvalue(&rt->names, table, off, &frame) == 0 ? frame : -1;
}

/* Does the stretch without a frame that begins at OFF go on to the function's end? */
static bool is_last(const struct gt_gor_runtime *rt, const struct code *c, uint32_t off)
{
	while (frame_at(rt, c, off) == 0)
		off++;
	return frame_at(rt, c, off) < 0;
}

static int find_returns(const struct gt_gor_runtime *rt, const struct code *c,
			struct gt_gor_probes *ret, struct gt_err *e)
{
	int32_t before = 0, frame;
	int r = 0;

	for (uint32_t off = 0; r == 0 && (frame = frame_at(rt, c, off)) >= 0; off++) {
		bool gone = frame == 0 && before != 0;

		before = frame;
		if (gone && c->byte[off] == RET && ret->n_birth < GT_UPROBE_RETS)
			r = find_offset(rt, c->at + off, &ret->birth[ret->n_birth++], e);
		else if (gone && !is_last(rt, c, off))
			r = -EBADMSG;
	}
	if (r == 0 && ret->n_birth > 0)
		return 0;
	return gt_err_set(e, -EBADMSG,
			  "its runtime.newproc1 is not as Go compiles it: no probe is set");
}

int gt_gor_probes_find(const struct gt_gor_runtime *rt, struct gt_sym_mem *file,
		       struct gt_gor_probes *ret, struct gt_err *e)
{
	const char *last = rt->layout->minor >= DESTROY ? "runtime.gdestroy" : "runtime.goexit0";
	struct gt_gor_probes p = {.gopc = rt->layout->gopc, .startpc = rt->layout->startpc};
	struct code c = {.func = 0};
	uint32_t end = 0;
	int r = find_function(rt, "runtime.newproc1", &c.func, e);

	if (r == 0)
		r = find_function(rt, last, &end, e);
	if (r == 0)
		r = read_code(rt, file, &c, e);
	if (r == 0)
		r = find_returns(rt, &c, &p, e);
	if (r == 0)
		r = find_offset(rt, rt->names.text + gt_sym_names_entry(&rt->names, end), &p.end,
				e);
	if (r == 0)
		*ret = p;
	return r;
}
