/*
 * For tests: a Go program in a buffer: code, table of functions, moduledata, allgs, goroutines with
 * stacks, as any version of the layouts has them. Include cmocka.h first.
 */
#ifndef GOTUNE_TEST_GOROUTINES_FAKE_H
#define GOTUNE_TEST_GOROUTINES_FAKE_H

#include <string.h>

#include "goroutines/internal.h"
#include "gotune/base.h"
#include "gotune/goroutines.h"

#define BASE	  0x400000u
#define TEXT	  BASE
#define TEXT_LEN  0x10000u
#define TABLE	  0x410000u /* the table of functions */
#define DATA	  0x420000u
#define MODULE	  0x420100u
#define ALLGS	  0x421000u
#define LIST	  0x430000u
#define GS	  0x432000u
#define G_STEP	  512u
#define STACKS	  0x450000u
#define STACK_LEN 1024u
#define FAKE_LEN  0x80000u
#define GS_MAX	  64u
#define FUNC_LEN  0x100u
#define RECORD	  128u		   /* between two functions' records */
#define TREE	  (TABLE + 0x4000) /* of inlined functions */

/* Function I is at TEXT + (I + 1) * FUNC_LEN. */
enum {
	F_MAIN,
	F_ALLGADD,
	F_GOPARK,
	F_GOEXIT,
	F_MAIN_MAIN,
	F_SPAWN,
	F_WORKER,
	F_CHANRECV,
	F_RT0,
	F_A, /* this and the next two are inlined */
	F_NEWPROC1 = F_A + 3,
	F_GDESTROY,
	F_GOEXIT0,
	F_LAST
};
static const char *const fake_names[F_LAST] = {
	"runtime.main",	    "runtime.allgadd",	"runtime.gopark", "runtime.goexit",
	"main.main",	    "main.spawn",	"main.worker",	  "runtime.chanrecv",
	"runtime.rt0_go",   "main.a",		"main.b",	  "main.c",
	"runtime.newproc1", "runtime.gdestroy", "runtime.goexit0"};

struct fake {
	unsigned char b[FAKE_LEN];
	uint64_t hole; /* an address that cannot be read; 0: none */
	unsigned reads;
	struct gt_sym_mem mem;
	struct gt_gor_runtime rt;
};

static inline void fake_put(struct fake *f, uint64_t addr, uint64_t v, unsigned n)
{
	uint64_t at = addr - BASE;

	if (at >= FAKE_LEN || n > FAKE_LEN - at) {
		fail_msg("%#llx is not in the buffer", (unsigned long long)addr);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		f->b[at + i] = (unsigned char)(v >> (8 * i));
}

static inline uint64_t fake_entry(unsigned func)
{
	return TEXT + (func + 1) * FUNC_LEN;
}

static inline int fake_read(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct fake *f = ctx;

	f->reads++;
	if (addr < BASE || addr > BASE + FAKE_LEN || len > BASE + FAKE_LEN - addr)
		return -EFAULT;
	if (f->hole && addr <= f->hole && f->hole < addr + len)
		return -EFAULT;
	memcpy(buf, f->b + (addr - BASE), len);
	return 0;
}

/* One file, "/src/app/leak.go", whose lines are the function's number times 10, and one more from
 * the middle of the function on. */
static inline void fake_table(struct fake *f)
{
	uint64_t names = 0x80, cu = 0x400, file = 0x440, pc = 0x480, func = 0x1000, record = 0x800;
	uint64_t at = names + 1, tab = pc + 1;

	fake_put(f, TABLE, 0xfffffff1u, 4);
	fake_put(f, TABLE + 6, 0x0801, 2);
	fake_put(f, TABLE + 8, F_LAST, 8);
	fake_put(f, TABLE + 32, names, 8);
	fake_put(f, TABLE + 40, cu, 8);
	fake_put(f, TABLE + 48, file, 8);
	fake_put(f, TABLE + 56, pc, 8);
	fake_put(f, TABLE + 64, func, 8);
	memcpy(f->b + (TABLE - BASE) + file + 2, "/src/app/leak.go", 17);
	fake_put(f, TABLE + cu, 2, 4);
	/* pcfile: file 0 over the whole function: +1 (zigzag 2), its length as a varint. */
	memcpy(f->b + (TABLE - BASE) + tab, "\x02\x80\x02\x00", 4);
	tab += 4;
	for (unsigned i = 0; i < F_LAST; i++) {
		uint64_t r = func + record + RECORD * i;

		fake_put(f, TABLE + func + 8 * i, (i + 1) * FUNC_LEN, 4);
		fake_put(f, TABLE + func + 8 * i + 4, record + RECORD * i, 4);
		fake_put(f, TABLE + r, (i + 1) * FUNC_LEN, 4);
		fake_put(f, TABLE + r + 4, at - names, 4);
		fake_put(f, TABLE + r + 20, 1, 4);
		fake_put(f, TABLE + r + 24, tab - pc, 4);
		memcpy(f->b + (TABLE - BASE) + at, fake_names[i], strlen(fake_names[i]) + 1);
		at += strlen(fake_names[i]) + 1;
		/* pcln: from -1 to 10 i for 128 bytes, then one more for as many. */
		fake_put(f, TABLE + tab,
			 2 * (10 * i + 1) < 128 ? 2 * (10 * i + 1)
						: 0x80 | ((2 * (10 * i + 1)) & 0x7f),
			 1);
		tab++;
		if (2 * (10 * i + 1) >= 128)
			fake_put(f, TABLE + tab++, (2 * (10 * i + 1)) >> 7, 1);
		memcpy(f->b + (TABLE - BASE) + tab, "\x80\x01\x02\x80\x01\x00", 6);
		tab += 6;
	}
	assert_true(at < cu && tab < func);
	fake_put(f, TABLE + func + 8 * F_LAST, (F_LAST + 1) * FUNC_LEN, 4);
}

/* In the second half of main.main, from its byte 0x10, main.a is inlined, and main.b into that. */
static inline void fake_inline(struct fake *f)
{
	bool old = f->rt.layout->minor < 20;
	uint64_t record = TABLE + 0x1000 + 0x800 + RECORD * F_MAIN_MAIN,
		 tables = record + (old ? 40 : 44);
	unsigned size = old ? 20 : 16, name = old ? 12 : 4, parent = old ? 16 : 8;
	uint64_t names = 0x80;

	fake_put(f, record + 28, 3, 4);		     /* pc tables */
	fake_put(f, record + (old ? 39 : 43), 4, 1); /* data */
	fake_put(f, tables + 8, 0xf00 - 0x480, 4);   /* the third pc table */
	fake_put(f, tables + 12 + 12, 0x20, 4);	     /* the fourth data */
	/* No entry for 128 bytes, entry 1 up to the end; but entry 0 at 0x10. */
	memcpy(f->b + (TABLE - BASE) + 0xf00, "\x00\x10\x02\x10\x01\x60\x04\x80\x01\x00", 10);
	for (unsigned i = 0; i < F_A; i++)
		names += strlen(fake_names[i]) + 1;
	fake_put(f, TREE + 0x20 + name, names + 1 - 0x80, 4);
	fake_put(f, TREE + 0x20 + parent, 0, 4);
	fake_put(f, TREE + 0x20 + size + name, names + 1 - 0x80 + 7, 4);
	fake_put(f, TREE + 0x20 + size + parent, 0x10, 4);
	fake_put(f, MODULE + f->rt.layout->gofunc, TREE, 8);
}

/* mov reg, [rip + x] for the three words, and a store to the first. */
static inline void fake_allgadd(struct fake *f)
{
	static const unsigned char op[4][3] = {
		{0x48, 0x8b, 0x05}, {0x48, 0x8b, 0x0d}, {0x4c, 0x8b, 0x05}, {0x48, 0x89, 0x0d}};
	static const unsigned to[4] = {0, 8, 16, 0};

	for (unsigned i = 0; i < 4; i++) {
		uint64_t at = fake_entry(F_ALLGADD) + 10 + 7 * i;

		memcpy(f->b + (at - BASE), op[i], 3);
		fake_put(f, at + 3, ALLGS + to[i] - (at + 7), 4);
	}
}

#define FAKE_PCSP   (TABLE + 0xf80) /* of newproc1 */
#define FAKE_RETURN 0x90u	    /* in it */

/* newproc1: a frame after 16 bytes, a return, the frame again, and where the stack grows. */
static inline void fake_newproc1(struct fake *f)
{
	static const unsigned char pcsp[] = {0x02, 0x10, 0x90, 0x01, 0x80, 0x01, 0x8f, 0x01,
					     0x01, 0x90, 0x01, 0x40, 0x8f, 0x01, 0x10, 0x00};

	memcpy(f->b + (FAKE_PCSP - BASE), pcsp, sizeof(pcsp));
	fake_put(f, TABLE + 0x1000 + 0x800 + RECORD * F_NEWPROC1 + 16, FAKE_PCSP - TABLE - 0x480,
		 4);
	memset(f->b + (fake_entry(F_NEWPROC1) - BASE), 0xc3,
	       FUNC_LEN); /* also where none may be taken */
	fake_put(f, fake_entry(F_NEWPROC1) + 0xd1, 0x90, 1);
}

/* Reads the file, at its offsets. */
static inline int fake_read_file(void *ctx, uint64_t off, void *buf, size_t len)
{
	return fake_read(ctx, off + BASE, buf, len);
}

static inline void fake_seg(struct fake *f, uint64_t addr, uint64_t len, bool write, bool exec)
{
	struct gt_sym_image *im = &f->rt.image;

	im->seg[im->n_seg++] = (struct gt_sym_seg){
		.addr = addr,
		.off = addr - BASE,
		.memsz = len,
		.filesz = len,
		.bytes = f->b + (addr - BASE),
		.can_write = write,
		.can_exec = exec,
	};
}

/* Goroutine I of the list, with stack: it waits in worker for a channel, was created by spawn. */
static inline void fake_g(struct fake *f, unsigned i, uint64_t goid, uint32_t status,
			  unsigned reason)
{
	const struct gt_gor_layout *l = f->rt.layout;
	uint64_t g = GS + i * G_STEP, lo = STACKS + i * STACK_LEN, hi = lo + STACK_LEN;
	uint64_t sp = hi - 0x100, bp = hi - 0xc0;

	assert_true(i < GS_MAX);
	memset(f->b + (g - BASE), 0x5a, G_STEP); /* what is no field of ours may be anything */
	fake_put(f, g + l->stack_lo, lo, 8);
	fake_put(f, g + l->stack_hi, hi, 8);
	fake_put(f, g + l->sp, sp, 8);
	fake_put(f, g + l->pc, fake_entry(F_GOPARK) + 4, 8);
	fake_put(f, g + l->bp, bp, 8);
	fake_put(f, g + l->status, status, 4);
	fake_put(f, g + l->goid, goid, 8);
	fake_put(f, g + l->waitsince, 0, 8);
	fake_put(f, g + l->waitreason, reason, 1);
	fake_put(f, g + l->gopc, fake_entry(F_SPAWN) + 0x90, 8);
	fake_put(f, g + l->startpc, fake_entry(F_WORKER), 8);
	/* gopark <- chanrecv <- worker <- goexit */
	fake_put(f, bp, bp + 0x30, 8);
	fake_put(f, bp + 8, fake_entry(F_CHANRECV) + 9, 8);
	fake_put(f, bp + 0x30, bp + 0x60, 8);
	fake_put(f, bp + 0x38, fake_entry(F_WORKER) + 0x20, 8);
	fake_put(f, bp + 0x60, 0, 8);
	fake_put(f, bp + 0x68, fake_entry(F_GOEXIT) + 1, 8);
	fake_put(f, LIST + 8 * i, g, 8);
}

static inline void fake_field(struct fake *f, unsigned i, unsigned off, uint64_t v, unsigned n)
{
	fake_put(f, GS + i * G_STEP + off, v, n);
}

/* The main goroutine is I. */
static inline void fake_main(struct fake *f, unsigned i)
{
	fake_g(f, i, 1, GT_GOR_WAITING, 2);
	fake_field(f, i, f->rt.layout->startpc, fake_entry(F_MAIN), 8);
	fake_field(f, i, f->rt.layout->gopc, fake_entry(F_RT0) + 4, 8);
}

/* Which number "chan receive" has. */
static inline unsigned fake_reason(const struct fake *f, const char *word)
{
	unsigned i = 0;

	while (strcmp(f->rt.layout->reasons[i], word) != 0)
		assert_true(++i < f->rt.layout->n_reasons);
	return i;
}

/* A program of Go 1.MINOR with N goroutines, the main one among them. */
static inline void fake_make(struct fake *f, unsigned minor, unsigned n)
{
	memset(f, 0, sizeof(*f));
	f->rt.layout = gt_gor_layout_of(minor);
	assert_non_null(f->rt.layout);
	f->mem = (struct gt_sym_mem){.read = fake_read, .ctx = f, .budget = 1u << 30};
	fake_seg(f, TEXT, TEXT_LEN, false, true);
	fake_seg(f, TABLE, DATA - TABLE, false, false);
	fake_seg(f, DATA, LIST - DATA, true, false);
	fake_table(f);
	fake_allgadd(f);
	fake_newproc1(f);
	fake_put(f, MODULE, TABLE, 8);
	fake_put(f, MODULE + f->rt.layout->text, TEXT, 8);
	fake_put(f, MODULE + f->rt.layout->etext, TEXT + TEXT_LEN, 8);
	fake_inline(f);
	fake_put(f, ALLGS, LIST, 8);
	fake_put(f, ALLGS + 8, n, 8);
	fake_put(f, ALLGS + 16, GS_MAX, 8);
	for (unsigned i = 0; i < n; i++)
		fake_g(f, i, 100 - i, GT_GOR_WAITING, fake_reason(f, "chan receive"));
	fake_main(f, n / 2);
}

/* Finds what there is to be found. */
static inline int fake_locate(struct fake *f, struct gt_err *e)
{
	assert_int_equal(gt_sym_names_find(&f->rt.image, &f->rt.names), 0);
	return gt_gor_locate(&f->rt, &f->mem, e);
}

#endif
