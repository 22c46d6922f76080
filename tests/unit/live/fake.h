/*
 * For tests: a Go program in a buffer, as far as gcController needs one: code that calls its
 * methods, the table of functions, moduledata, variables without pointers. Include cmocka.h first.
 */
#ifndef GOTUNE_TEST_LIVE_FAKE_H
#define GOTUNE_TEST_LIVE_FAKE_H

#include <string.h>

#include "live/internal.h"

#define BASE	  0x400000u
#define TEXT	  BASE
#define TEXT_LEN  0x8000u
#define TABLE	  0x408000u
#define DATA	  0x410000u
#define MODULE	  0x410100u
#define NOPTRBSS  0x412000u
#define NOPTR_END 0x414000u
#define GC	  0x412420u /* gcController */
#define DECOY	  0x413000u
#define FAKE_LEN  0x20000u
#define FUNC_LEN  0x100u
#define CALLERS	  12u
#define FUNCS	  (4 + CALLERS)

struct fake {
	unsigned char b[FAKE_LEN];
	uint64_t hole; /* cannot be read; 0: none */
	struct gt_sym_mem mem;
	struct gt_live_program p;
};

static inline void fake_put(struct fake *f, uint64_t addr, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n && addr - BASE + i < FAKE_LEN; i++)
		f->b[addr - BASE + i] = (unsigned char)(v >> (8 * i));
}

static inline uint64_t fake_entry(unsigned func)
{
	return TEXT + (func + 1) * FUNC_LEN;
}

static inline int fake_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct fake *f = ctx;

	if (addr < BASE || addr > BASE + FAKE_LEN || len > BASE + FAKE_LEN - addr)
		return -EFAULT;
	if (f->hole && addr <= f->hole && f->hole < addr + len)
		return -EFAULT;
	memcpy(buf, f->b + (addr - BASE), len);
	return 0;
}

/* Functions 0 to 2 are methods, 3 is the program's own, the others call a method each. */
static inline const char *fake_name(unsigned i)
{
	static const char *const names[] = {"runtime.(*gcControllerState).commit",
					    "runtime.(*gcControllerState).trigger",
					    "runtime.(*gcControllerState).heapGoal", "main.main"};

	return i < 4 ? names[i] : "runtime.gcStart";
}

static inline void fake_table(struct fake *f)
{
	uint64_t names = 0x80, func = 0x1000, record = 0x800, at = names + 1;

	fake_put(f, TABLE, 0xfffffff1u, 4);
	fake_put(f, TABLE + 6, 0x0801, 2);
	fake_put(f, TABLE + 8, FUNCS, 8);
	fake_put(f, TABLE + 32, names, 8);
	for (unsigned i = 0; i < 3; i++)
		fake_put(f, TABLE + 40 + 8 * i, 0x700, 8);
	fake_put(f, TABLE + 64, func, 8);
	for (unsigned i = 0; i < FUNCS; i++) {
		uint64_t r = func + record + 64ull * i;

		fake_put(f, TABLE + func + 8 * i, (i + 1) * FUNC_LEN, 4);
		fake_put(f, TABLE + func + 8 * i + 4, record + 64 * i, 4);
		fake_put(f, TABLE + r + 4, at - names, 4);
		memcpy(f->b + (TABLE - BASE) + at, fake_name(i), strlen(fake_name(i)) + 1);
		at += strlen(fake_name(i)) + 1;
	}
	fake_put(f, TABLE + func + 8 * FUNCS, (FUNCS + 1) * FUNC_LEN, 4);
}

/* lea rax, [rip + TO]; GAP bytes; call the method of FUNC's turn. */
static inline void fake_call(struct fake *f, unsigned func, uint64_t to, unsigned gap)
{
	uint64_t at = fake_entry(func) + 0x20, call = at + 7 + gap;

	fake_put(f, at, 0x058d48, 3);
	fake_put(f, at + 3, to - (at + 7), 4);
	fake_put(f, call, 0xe8, 1);
	fake_put(f, call + 1, fake_entry(func % 3) - (call + 5), 4);
}

static inline void fake_gc(struct fake *f, uint64_t at, int32_t gogc, int64_t limit)
{
	const struct gt_live_layout *l = f->p.layout;
	uint64_t min = gt_live_heap_min(gogc, false), marked = 40u << 20, goal;

	fake_put(f, at, (uint32_t)gogc, 4);
	fake_put(f, at + 8, (uint64_t)limit, 8);
	fake_put(f, at + 16, min, 8);
	fake_put(f, at + GT_LIVE_AT_CONS, 0x3ff0000000000000u, 8);
	goal = gogc < 0 ? UINT64_MAX : marked + (marked + 3072) * (uint64_t)gogc / 100;
	fake_put(f, at + l->goal, goal < min ? min : goal, 8);
	fake_put(f, at + l->triggered, UINT64_MAX, 8);
	fake_put(f, at + l->live, 50u << 20, 8);
	fake_put(f, at + l->stacks, 1024, 8);
	fake_put(f, at + l->globals, 2048, 8);
	fake_put(f, at + l->marked, marked, 8);
	fake_put(f, at + l->in_use, 60u << 20, 8);
	fake_put(f, at + l->free, 1u << 20, 8);
	fake_put(f, at + l->total_alloc, 900u << 20, 8);
	fake_put(f, at + l->total_free, 800u << 20, 8);
	fake_put(f, at + l->mapped, 80u << 20, 8);
}

static inline void fake_seg(struct fake *f, uint64_t addr, uint64_t len, bool write, bool exec)
{
	f->p.image.seg[f->p.image.n_seg++] = (struct gt_sym_seg){
		.addr = addr,
		.memsz = len,
		.filesz = len,
		.bytes = f->b + (addr - BASE),
		.can_write = write,
		.can_exec = exec,
	};
}

/* A program of Go 1.MINOR. */
static inline void fake_make(struct fake *f, unsigned minor, int32_t gogc, int64_t limit)
{
	memset(f, 0, sizeof(*f));
	f->p.layout = gt_live_layout_of(minor);
	f->mem = (struct gt_sym_mem){.read = fake_read, .ctx = f, .budget = 1u << 30};
	fake_seg(f, TEXT, TEXT_LEN, false, true);
	fake_seg(f, TABLE, DATA - TABLE, false, false);
	fake_seg(f, DATA, BASE + FAKE_LEN - DATA, true, false);
	fake_table(f);
	fake_put(f, MODULE, TABLE, 8);
	fake_put(f, MODULE + 176, TEXT, 8);
	fake_put(f, MODULE + 184, TEXT + TEXT_LEN, 8);
	fake_put(f, MODULE + 240, NOPTRBSS, 8);
	fake_put(f, MODULE + 248, NOPTR_END, 8);
	for (unsigned i = 4; i < FUNCS; i++)
		fake_call(f, i, GC, i);
	fake_gc(f, GC, gogc, limit);
}

/* Finds what there is to be found. */
static inline enum gt_left fake_locate(struct fake *f, struct gt_live_found *ret)
{
	*ret = (struct gt_live_found){0};
	if (gt_sym_names_find(&f->p.image, &f->p.names) < 0)
		return GT_LEFT_NO_TABLE;
	gt_live_locate(&f->p, &f->mem, ret);
	return (enum gt_left)ret->why;
}

#endif
