/*
 * A running Go program as its own file and memory describe it: segments, the table of functions,
 * module data. All of it is the program's word: these run in the sandboxed worker. amd64.
 */
#ifndef GOTUNE_GOSYM_H
#define GOTUNE_GOSYM_H

#include "gotune/base.h"

/* ---- memory (read.c) ---- */

/* The program's memory: an op, so that tests use buffers. BUDGET: bytes that may still be read. */
struct gt_sym_mem {
	/* LEN bytes at ADDR into BUF: 0, -EFAULT (not all of them are there), -errno. */
	int (*read)(void *ctx, uint64_t addr, void *buf, size_t len);
	void *ctx;
	uint64_t budget;
};
#define GT_SYM_BUDGET (1u << 30)

/* 0; -EFAULT, -EFBIG (the budget is used up), -errno. */
GT_MUST_CHECK int gt_sym_read(struct gt_sym_mem *m, uint64_t addr, void *buf, size_t len);
/* N little-endian words. */
GT_MUST_CHECK int gt_sym_read_words(struct gt_sym_mem *m, uint64_t addr, uint64_t *ret, unsigned n);
/* The memory behind *FD, a /proc/PID/mem. */
int gt_sym_pread(void *fd, uint64_t addr, void *buf, size_t len);

/* The integer of N bytes at P, little-endian. Pure. */
static inline uint64_t gt_sym_le(const unsigned char *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/* ---- the program's file (image.c) ---- */

#define GT_SYM_SEGS 32u

struct gt_sym_seg {
	uint64_t addr, memsz, off, filesz; /* as linked */
	const unsigned char *bytes;	   /* the file part, when it is at hand; else NULL */
	bool can_write, can_exec;
};

struct gt_sym_image {
	uint64_t bias;	     /* what was added to each address when it was loaded */
	uint64_t phdrs_addr; /* of the program headers, as linked */
	unsigned n_seg;
	struct gt_sym_seg seg[GT_SYM_SEGS];
};

/*
 * Reads the headers of an ELF file for amd64, of which HEAD has the first LEN bytes. -ENOEXEC: it
 * is something else, -EBADMSG. Pure.
 */
#define GT_SYM_HEAD_MAX 8192u
GT_MUST_CHECK int gt_sym_image_parse(const unsigned char *head, size_t len,
				     struct gt_sym_image *ret);
/* Sets the bias from the auxiliary vector: AT_PHDR. -EBADMSG. Pure. */
GT_MUST_CHECK int gt_sym_image_place(struct gt_sym_image *im, const unsigned char *auxv,
				     size_t len);
/* Maps the segments of FD that may be executed, or those that may not. -EFBIG, -errno. */
GT_MUST_CHECK int gt_sym_image_map(struct gt_sym_image *im, int fd, bool exec);
/* LEN bytes of the file at ADDR, of the running program; NULL when they are not at hand. Pure. */
const unsigned char *gt_sym_image_bytes(const struct gt_sym_image *im, uint64_t addr, size_t len);
/* Where in the file the code at ADDR, of the running program, is. -ENOENT. Pure. */
GT_MUST_CHECK int gt_sym_image_offset(const struct gt_sym_image *im, uint64_t addr, uint64_t *ret);
/* Is ADDR, of the running program, in a segment that it may write, or may execute? Pure. */
bool gt_sym_image_has(const struct gt_sym_image *im, uint64_t addr, bool exec);

/*
 * Reads the head of the file FD, places it by AUXV, and maps what has its table of functions: names
 * are in what is not executed, but for programs that a C linker has put in one segment. -ENOEXEC,
 * -EBADMSG, -EFBIG, -errno, with a message. The maps stay: for the worker, which ends.
 */
struct gt_sym_names;
GT_MUST_CHECK int gt_sym_open(int fd, const unsigned char *auxv, size_t auxv_len,
			      struct gt_sym_image *im, struct gt_sym_names *names,
			      struct gt_err *e);

/* ---- names (pclntab.c, pcvalue.c) ---- */

/* The table of functions, in the file. Its numbers are checked when it is found. */
struct gt_sym_names {
	const unsigned char *p; /* the header */
	size_t len;		/* to the end of its segment */
	uint64_t addr;		/* in the running program */
	uint64_t text, etext;	/* of the code, in the running program; text 0: not known yet */
	uint32_t n_func;
	uint64_t name, cu, file, pc, func; /* offsets in p */
	uint64_t gofunc; /* what functions' data is counted from, in the running program */
};

/* Looks for it in the segments at hand. -ENOENT. Pure. */
GT_MUST_CHECK int gt_sym_names_find(const struct gt_sym_image *im, struct gt_sym_names *ret);
/* The function that PC is in: its number, or -1. */
int64_t gt_sym_names_func(const struct gt_sym_names *t, uint64_t pc);
/* Where function I begins and ends, as offsets from text. */
uint32_t gt_sym_names_entry(const struct gt_sym_names *t, uint32_t i);
/* The name of function I, not longer than *ret_len bytes; "?" when it has none. Not terminated. */
const char *gt_sym_names_name(const struct gt_sym_names *t, uint32_t i, size_t *ret_len);
/* The 32-bit field at OFF of the record of function I; 0 when that is beyond the end. */
uint32_t gt_sym_names_field(const struct gt_sym_names *t, uint32_t i, uint64_t off);
/* The name at OFF of the names, as gt_sym_names_name. */
const char *gt_sym_names_at(const struct gt_sym_names *t, uint64_t off, size_t *ret_len);
/* The number of the function NAME, or -1. */
int64_t gt_sym_names_find_func(const struct gt_sym_names *t, const char *name);
/* "leak.go:25" of PC in function I, the file without its directories but the last; "" unknown. */
void gt_sym_names_place(const struct gt_sym_names *t, uint32_t i, uint64_t pc, char *buf,
			size_t cap);
/* The value of TABLE (an offset in the pc tables) at PC, which lies PC_OFF behind its function's
 * entry. -ENOENT. */
GT_MUST_CHECK int gt_sym_pcvalue(const struct gt_sym_names *t, uint32_t table, uint64_t pc_off,
				 int32_t *ret);

/* ---- module data (module.c) ---- */

/* Where the words of moduledata are that we read: a version's. */
struct gt_sym_module {
	uint16_t text, etext; /* in bytes from its begin */
};

/*
 * Looks for moduledata in what the program may write, and takes the bounds of its code into T. Its
 * address in *RET. -ENOENT: there is none. Reads 64 MiB at most.
 */
GT_MUST_CHECK int gt_sym_module_find(const struct gt_sym_image *im, struct gt_sym_mem *m,
				     const struct gt_sym_module *where, struct gt_sym_names *t,
				     uint64_t *ret);

#endif
