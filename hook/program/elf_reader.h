/*
 * what the files of the ELF reader share. Private to hook/program/ and its
 * tests. Every byte behind these functions is hostile; nothing here allocates, and the only effects
 * are fstat and pread on one descriptor.
 */
#ifndef GOTUNE_PROGRAM_ELF_READER_H
#define GOTUNE_PROGRAM_ELF_READER_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"

#define GT_ELF_READ_MAX (64u << 20) /* bytes of one file that are ever read */
#define GT_ELF_CHUNK	4096u	    /* the longest single gt_elf_read */
#define GT_ELF_SEGS	128u	    /* loadable segments that are remembered */
#define GT_ELF_NOTES	4u

struct gt_elf_win {
	uint64_t at;
	uint32_t have;
	unsigned char b[2 * GT_ELF_CHUNK];
};

/* A PT_LOAD: its file part only, since what the kernel zero-fills holds nothing to read. */
struct gt_elf_seg {
	uint64_t addr, off, filesz;
	bool data; /* writable and not executable: where the linker puts the build info */
	bool code; /* executable */
};

struct gt_elf {
	int fd;
	uint64_t size;
	uint64_t budget; /* bytes that may still be read */
	unsigned recent; /* the window used last; the other one is refilled next */
	struct gt_elf_win win[2];

	bool is64, big_endian;
	uint16_t machine;
	uint64_t phoff, phnum, shoff, shnum, shstrndx;
	bool has_interp;
	uint64_t dyn_off, dyn_size; /* PT_DYNAMIC, in the file; 0: there is none */
	uint32_t n_note;
	uint64_t note_off[GT_ELF_NOTES], note_size[GT_ELF_NOTES]; /* PT_NOTE, in the file */
	bool cut; /* a segment or table reaches beyond the end of the file */
	uint32_t n_seg;
	struct gt_elf_seg seg[GT_ELF_SEGS];
	struct gt_program_pages *pages; /* NULL, or where to note what is read */
};

/*
 * All functions below return 0 or: -ENODATA (beyond the end of the file), -ERANGE (an address in no
 * segment), -EBADMSG (a contradiction), -EFBIG (more reads than GT_ELF_READ_MAX), -ENOENT (not
 * there), or pread's own error.
 */

/* Starts on FD: its size, an empty cache. */
GT_MUST_CHECK int gt_elf_open(struct gt_elf *e, int fd);

/* The one range gate: LEN bytes (at most GT_ELF_CHUNK) at file offset OFF. */
GT_MUST_CHECK int gt_elf_read(struct gt_elf *e, uint64_t off, void *buf, size_t len);

/* An integer of N bytes (1..8) in the byte order given. Pure. */
uint64_t gt_elf_uint(const unsigned char *p, size_t n, bool big_endian);

/* Reads the ELF header and the program headers into *e. -ENOEXEC: no ELF magic. */
GT_MUST_CHECK int gt_elf_headers(struct gt_elf *e);

/* Address and size of the section NAME, which holds what the program itself defines (PROGBITS). */
GT_MUST_CHECK int gt_elf_section(struct gt_elf *e, const char *name, uint64_t *ret_addr,
				 uint64_t *ret_size);

/* The file offset of LEN bytes at address ADDR, which must lie in one segment. */
GT_MUST_CHECK int gt_elf_map(const struct gt_elf *e, uint64_t addr, uint64_t len,
			     uint64_t *ret_off);

/* gt_elf_map and gt_elf_read in one. */
GT_MUST_CHECK int gt_elf_read_at(struct gt_elf *e, uint64_t addr, void *buf, size_t len);

/*
 * Finds and decodes the build info: by section, then by scanning every data segment. 0: *ret has
 * the version and what the module block told. -ENOENT: all was searched and there is none.
 */
GT_MUST_CHECK int gt_buildinfo_read(struct gt_elf *e, struct gt_program *ret);

/* The text of a module block, line by line; the longest line that is looked at whole. */
#define GT_MODINFO_LINE 4096u
struct gt_modinfo {
	struct gt_program *p;
	char line[GT_MODINFO_LINE];
	size_t len;
	bool cut;	 /* the line under way is longer than the buffer */
	bool has_module; /* a mod or dep line was seen */
	bool bad;	 /* a NUL byte: no text */
	int dep;	 /* the watched module of the dep line above, or -1 */
};
void gt_modinfo_start(struct gt_modinfo *m, struct gt_program *p);
void gt_modinfo_feed(struct gt_modinfo *m, const char *text, size_t len);
/* 0 and p->has_modules, or -EBADMSG when the text did not end with a line's end. */
GT_MUST_CHECK int gt_modinfo_end(struct gt_modinfo *m);

/* Reads the framed block of LEN bytes at ADDR. LEN 0 is a program without one: 0. */
GT_MUST_CHECK int gt_modinfo_read(struct gt_elf *e, uint64_t addr, uint64_t len,
				  struct gt_program *p);

/* gt_program's loads_later of an ELF file without Go in it; its rule is in dynamic.c. */
enum gt_tri gt_elf_loads_later(struct gt_elf *e);

/* A hash of the Go build ID in the program's notes; 0: there is none that can be read. */
uint64_t gt_elf_build(struct gt_elf *e);

/* Takes the toolchain's version text over: -EBADMSG when it is empty or not printable ASCII. */
GT_MUST_CHECK int gt_go_version(const char *text, size_t len, struct gt_program *p);

#endif
