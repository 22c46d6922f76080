/*
 * ELF header, program headers, and the few sections that we want, in both classes and both byte
 * orders. Reads through gt_elf_read only; no privilege.
 * Source: the System V ABI's ELF chapter (generic ABI, "Object Files"); elf(5) for PN_XNUM.
 */
#include <elf.h>
#include <string.h>

#include "elf_reader.h"

/* More entries than any linker makes; what a hostile file can make us read is bounded by this. */
#define ENTRIES_MAX (1u << 18)

/* The field F of a header of TYPE that was read into BUF. */
#define FIELD(e, buf, type, f)                                                       \
	((e)->is64 ? gt_elf_uint((buf) + offsetof(Elf64_##type, f),                  \
				 sizeof(((Elf64_##type *)NULL)->f), (e)->big_endian) \
		   : gt_elf_uint((buf) + offsetof(Elf32_##type, f),                  \
				 sizeof(((Elf32_##type *)NULL)->f), (e)->big_endian))
#define SIZE(e, type) ((e)->is64 ? sizeof(Elf64_##type) : sizeof(Elf32_##type))

/* Reads entry I of the table at OFF. */
static int entry(struct gt_elf *e, uint64_t table, uint64_t i, size_t size, unsigned char *buf)
{
	uint64_t off;

	if (__builtin_mul_overflow(i, (uint64_t)size, &off) ||
	    __builtin_add_overflow(off, table, &off))
		return -EBADMSG;
	return gt_elf_read(e, off, buf, size);
}

/* Magic, class and byte order. */
static int ident(struct gt_elf *e)
{
	unsigned char id[EI_NIDENT];
	size_t n = e->size < SELFMAG ? (size_t)e->size : SELFMAG;
	int r = gt_elf_read(e, 0, id, n);

	if (r < 0)
		return r;
	if (n == 0 || memcmp(id, ELFMAG, n) != 0)
		return -ENOEXEC;
	r = gt_elf_read(e, 0, id, sizeof(id));
	if (r < 0)
		return r;
	if ((id[EI_CLASS] != ELFCLASS32 && id[EI_CLASS] != ELFCLASS64) ||
	    (id[EI_DATA] != ELFDATA2LSB && id[EI_DATA] != ELFDATA2MSB))
		return -EBADMSG;
	e->is64 = id[EI_CLASS] == ELFCLASS64;
	e->big_endian = id[EI_DATA] == ELFDATA2MSB;
	return 0;
}

/* Counts that did not fit the ELF header are in section 0. */
static int extended_counts(struct gt_elf *e)
{
	unsigned char sh[sizeof(Elf64_Shdr)];
	bool more_ph = e->phnum == PN_XNUM, more_sh = e->shnum == 0 && e->shoff != 0;
	bool more_str = e->shstrndx == SHN_XINDEX;
	int r;

	if (!more_ph && !more_sh && !more_str)
		return 0;
	if (e->shoff == 0)
		return more_ph ? -EBADMSG : 0;
	r = entry(e, e->shoff, 0, SIZE(e, Shdr), sh);
	if (r < 0) {
		/* Without it the sections cannot be listed, but the segments still can. */
		e->shnum = 0;
		return more_ph ? r : 0;
	}
	if (more_ph)
		e->phnum = FIELD(e, sh, Shdr, sh_info);
	if (more_sh)
		e->shnum = FIELD(e, sh, Shdr, sh_size);
	if (more_str)
		e->shstrndx = FIELD(e, sh, Shdr, sh_link);
	return 0;
}

/* The ELF header. */
static int header(struct gt_elf *e)
{
	unsigned char eh[sizeof(Elf64_Ehdr)];
	uint64_t type;
	int r = gt_elf_read(e, 0, eh, SIZE(e, Ehdr));

	if (r < 0)
		return r;
	type = FIELD(e, eh, Ehdr, e_type);
	e->machine = (uint16_t)FIELD(e, eh, Ehdr, e_machine);
	e->phoff = FIELD(e, eh, Ehdr, e_phoff);
	e->phnum = FIELD(e, eh, Ehdr, e_phnum);
	e->shoff = FIELD(e, eh, Ehdr, e_shoff);
	e->shnum = FIELD(e, eh, Ehdr, e_shnum);
	e->shstrndx = FIELD(e, eh, Ehdr, e_shstrndx);
	if (type != ET_EXEC && type != ET_DYN)
		return -EBADMSG;
	/* The kernel wants this size exactly: fs/binfmt_elf.c load_elf_phdrs. */
	if (FIELD(e, eh, Ehdr, e_phentsize) != SIZE(e, Phdr))
		return -EBADMSG;
	/* The kernel never looks at sections: a bad size only means that we cannot, either. */
	if (FIELD(e, eh, Ehdr, e_shentsize) != SIZE(e, Shdr))
		e->shoff = e->shnum = 0;
	return extended_counts(e);
}

/* Remembers one PT_LOAD. */
static int add_segment(struct gt_elf *e, const unsigned char *ph)
{
	struct gt_elf_seg s = {
		.addr = FIELD(e, ph, Phdr, p_vaddr),
		.off = FIELD(e, ph, Phdr, p_offset),
		.filesz = FIELD(e, ph, Phdr, p_filesz),
	};
	uint64_t flags = FIELD(e, ph, Phdr, p_flags), end;

	if (s.filesz == 0)
		return 0;
	if (e->n_seg == GT_ELF_SEGS || __builtin_add_overflow(s.addr, s.filesz - 1, &end) ||
	    __builtin_add_overflow(s.off, s.filesz, &end))
		return -EBADMSG;
	s.data = (flags & PF_W) && !(flags & PF_X);
	s.code = (flags & PF_X) != 0;
	if (end > e->size)
		e->cut = true;
	e->seg[e->n_seg++] = s;
	return 0;
}

static void add_note(struct gt_elf *e, const unsigned char *ph)
{
	if (e->n_note == GT_ELF_NOTES)
		return;
	e->note_off[e->n_note] = FIELD(e, ph, Phdr, p_offset);
	e->note_size[e->n_note++] = FIELD(e, ph, Phdr, p_filesz);
}

int gt_elf_headers(struct gt_elf *e)
{
	unsigned char ph[sizeof(Elf64_Phdr)];
	int r = ident(e);

	if (r == 0)
		r = header(e);
	if (r < 0)
		return r;
	if (e->phnum == 0 || e->phnum > ENTRIES_MAX)
		return -EBADMSG;
	for (uint64_t i = 0; i < e->phnum; i++) {
		uint64_t type;

		r = entry(e, e->phoff, i, SIZE(e, Phdr), ph);
		if (r < 0)
			return r;
		type = FIELD(e, ph, Phdr, p_type);
		e->has_interp = e->has_interp || type == PT_INTERP;
		if (type == PT_NOTE)
			add_note(e, ph);
		if (type == PT_DYNAMIC) {
			e->dyn_off = FIELD(e, ph, Phdr, p_offset);
			e->dyn_size = FIELD(e, ph, Phdr, p_filesz);
		}
		if (type == PT_LOAD)
			r = add_segment(e, ph);
		if (r < 0)
			return r;
	}
	return e->n_seg ? 0 : -EBADMSG;
}

/* Is the name at offset NAME of the string table STR (its header) WANT? */
static bool name_is(struct gt_elf *e, const unsigned char *str, uint64_t name, const char *want,
		    int *ret_error)
{
	char have[64];
	size_t n = strlen(want) + 1;
	uint64_t off = FIELD(e, str, Shdr, sh_offset), size = FIELD(e, str, Shdr, sh_size);

	if (n > sizeof(have) || name > size || n > size - name ||
	    __builtin_add_overflow(off, name, &off))
		return false;
	*ret_error = gt_elf_read(e, off, have, n);
	return *ret_error == 0 && memcmp(have, want, n) == 0;
}

int gt_elf_section(struct gt_elf *e, const char *name, uint64_t *ret_addr, uint64_t *ret_size)
{
	unsigned char str[sizeof(Elf64_Shdr)], sh[sizeof(Elf64_Shdr)];
	int r;

	if (e->shoff == 0 || e->shnum == 0)
		return -ENOENT;
	if (e->shnum > ENTRIES_MAX || e->shstrndx >= e->shnum)
		return -EBADMSG;
	r = entry(e, e->shoff, e->shstrndx, SIZE(e, Shdr), str);
	for (uint64_t i = 1; r == 0 && i < e->shnum; i++) {
		r = entry(e, e->shoff, i, SIZE(e, Shdr), sh);
		if (r < 0 || FIELD(e, sh, Shdr, sh_type) != SHT_PROGBITS)
			continue;
		if (!name_is(e, str, FIELD(e, sh, Shdr, sh_name), name, &r))
			continue;
		*ret_addr = FIELD(e, sh, Shdr, sh_addr);
		*ret_size = FIELD(e, sh, Shdr, sh_size);
		return 0;
	}
	return r < 0 ? r : -ENOENT;
}
