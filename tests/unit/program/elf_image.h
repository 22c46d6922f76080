/*
 * For tests: writes small ELF images with Go build info, in every class, byte order and form, and
 * asks what they are.
 * Include cmocka.h first.
 */
#ifndef GOTUNE_TEST_ELF_IMAGE_H
#define GOTUNE_TEST_ELF_IMAGE_H

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"

#define DATA_OFF  0x1000u /* the data segment, in the file */
#define DATA_ADDR 0x401000u
#define DATA_SIZE 0x2000u
#define SHDR_OFF  0x400u
#define NAMES_OFF 0x800u

#define START "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"
#define END   "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2"
#define MODS                                                   \
	"path\texample.com/m\nmod\texample.com/m\t(devel)\t\n" \
	"dep\tgo.uber.org/automaxprocs\tv1.6.0\th1:x=\n\nbuild\tCGO_ENABLED=0\n"

struct image {
	bool is64, big;
	unsigned char b[DATA_OFF + DATA_SIZE];
};

static inline void put(struct image *m, size_t off, size_t n, uint64_t v)
{
	assert_true(off + n <= sizeof(m->b));
	for (size_t i = 0; i < n; i++)
		m->b[off + (m->big ? n - 1 - i : i)] = (unsigned char)(v >> (8 * i));
}

/* Field F of a header of TYPE at OFF. */
#define PUT(m, off, type, f, v)                                                                   \
	((m)->is64 ? put(m, (off) + offsetof(Elf64_##type, f), sizeof(((Elf64_##type *)NULL)->f), \
			 (uint64_t)(v))                                                           \
		   : put(m, (off) + offsetof(Elf32_##type, f), sizeof(((Elf32_##type *)NULL)->f), \
			 (uint64_t)(v)))
#define SIZE(m, type) ((m)->is64 ? sizeof(Elf64_##type) : sizeof(Elf32_##type))
#define PH(m, i)      (SIZE(m, Ehdr) + (i)*SIZE(m, Phdr))
#define SH(m, i)      (SHDR_OFF + (i)*SIZE(m, Shdr))

static inline void put_load(struct image *m, unsigned i, uint64_t addr, uint64_t off, uint64_t size)
{
	PUT(m, PH(m, i), Phdr, p_type, PT_LOAD);
	PUT(m, PH(m, i), Phdr, p_flags, PF_R | PF_W);
	PUT(m, PH(m, i), Phdr, p_vaddr, addr);
	PUT(m, PH(m, i), Phdr, p_offset, off);
	PUT(m, PH(m, i), Phdr, p_filesz, size);
	PUT(m, PH(m, i), Phdr, p_memsz, size);
}

/* Headers and one data segment; no sections, no blob. */
static inline void make(struct image *m, bool is64, bool big)
{
	*m = (struct image){.is64 = is64, .big = big};
	memcpy(m->b, ELFMAG, SELFMAG);
	m->b[EI_CLASS] = is64 ? ELFCLASS64 : ELFCLASS32;
	m->b[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
	m->b[EI_VERSION] = EV_CURRENT;
	PUT(m, 0, Ehdr, e_type, ET_EXEC);
	PUT(m, 0, Ehdr, e_machine, is64 ? EM_X86_64 : EM_386);
	PUT(m, 0, Ehdr, e_phoff, SIZE(m, Ehdr));
	PUT(m, 0, Ehdr, e_phentsize, SIZE(m, Phdr));
	PUT(m, 0, Ehdr, e_phnum, 1);
	put_load(m, 0, DATA_ADDR, DATA_OFF, DATA_SIZE);
}

/* Three sections: none, names, build info. */
static inline void put_sections(struct image *m)
{
	static const char names[] = "\0.shstrtab\0.go.buildinfo";

	memcpy(m->b + NAMES_OFF, names, sizeof(names));
	PUT(m, 0, Ehdr, e_shoff, SHDR_OFF);
	PUT(m, 0, Ehdr, e_shentsize, SIZE(m, Shdr));
	PUT(m, 0, Ehdr, e_shnum, 3);
	PUT(m, 0, Ehdr, e_shstrndx, 1);
	PUT(m, SH(m, 1), Shdr, sh_type, SHT_STRTAB);
	PUT(m, SH(m, 1), Shdr, sh_offset, NAMES_OFF);
	PUT(m, SH(m, 1), Shdr, sh_size, sizeof(names));
	PUT(m, SH(m, 2), Shdr, sh_type, SHT_PROGBITS);
	PUT(m, SH(m, 2), Shdr, sh_name, 11);
	PUT(m, SH(m, 2), Shdr, sh_addr, DATA_ADDR + 0x100);
	PUT(m, SH(m, 2), Shdr, sh_size, 0x200);
}

static inline void put_magic(struct image *m, size_t off, unsigned ptr, unsigned flags)
{
	memcpy(m->b + off, "\xff Go buildinf:", 14);
	m->b[off + 14] = (unsigned char)ptr;
	m->b[off + 15] = (unsigned char)flags;
}

/* LEN as a varint, then the bytes of S. */
static inline size_t put_string(struct image *m, size_t off, const char *s, size_t len)
{
	assert_true(off + 10 + len <= sizeof(m->b));
	for (size_t v = len;; v >>= 7) {
		m->b[off++] = (unsigned char)(v < 0x80 ? v : (v & 0x7f) | 0x80);
		if (v < 0x80)
			break;
	}
	memcpy(m->b + off, s, len);
	return off + len;
}

/* A blob as Go 1.18 and later write it, at file offset OFF. */
static inline void put_inline(struct image *m, size_t off, const char *version, const char *mods)
{
	char framed[2048];
	size_t n = strlen(mods);

	put_magic(m, off, m->is64 ? 8 : 4, 2u | m->big);
	off = put_string(m, off + 32, version, strlen(version));
	memcpy(framed, START, 16);
	memcpy(framed + 16, mods, n);
	memcpy(framed + 16 + n, END, 16);
	(void)put_string(m, off, framed, n ? n + 32 : 0);
}

/* As Go up to 1.17. Headers at +0x80, strings at +0x100 and +0x200. */
static inline void put_pointers(struct image *m, size_t off, const char *version, const char *mods)
{
	size_t ptr = m->is64 ? 8 : 4, n = strlen(mods);
	uint64_t addr = off - DATA_OFF + DATA_ADDR;

	put_magic(m, off, (unsigned)ptr, m->big);
	put(m, off + 16, ptr, addr + 0x80);
	put(m, off + 16 + ptr, ptr, addr + 0x80 + 2 * ptr);
	put(m, off + 0x80, ptr, addr + 0x100);
	put(m, off + 0x80 + ptr, ptr, strlen(version));
	put(m, off + 0x80 + 2 * ptr, ptr, addr + 0x200);
	put(m, off + 0x80 + 3 * ptr, ptr, n + 32);
	memcpy(m->b + off + 0x100, version, strlen(version));
	memcpy(m->b + off + 0x200, START, 16);
	memcpy(m->b + off + 0x210, mods, n);
	memcpy(m->b + off + 0x210 + n, END, 16);
}

static inline struct gt_program inspect(const struct image *m)
{
	_cleanup_close_ int fd = memfd_create("image", MFD_CLOEXEC);
	struct gt_program p;

	assert_int_equal(write(fd, m->b, sizeof(m->b)), (ssize_t)sizeof(m->b));
	memset(&p, 0xa5, sizeof(p));
	gt_program_elf(fd, &p);
	assert_true(gt_program_valid(&p));
	return p;
}

static inline void expect(const char *name, const struct image *m, enum gt_prog_kind kind,
			  enum gt_prog_note note, const char *go, bool mods)
{
	struct gt_program p = inspect(m);

	if (p.kind == kind && p.note == note && strcmp(p.go, go) == 0 && p.has_modules == mods)
		return;
	fail_msg("%s: kind %d note %d go [%s] modules %d", name, (int)p.kind, (int)p.note, p.go,
		 (int)p.has_modules);
}

#endif
