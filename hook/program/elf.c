/*
 * What an executable file is: an ELF file with Go build info, one without, or nothing that we can
 * tell. Effects: fstat and pread on the descriptor; runs in the sandboxed parser, no privilege.
 */
#include <elf.h>

#include "elf_reader.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* GOARCH of an ELF machine. Source: Go src/cmd/link/internal/ld/elf.go (Elfinit, asmbElf). */
static const struct arch {
	uint16_t machine;
	bool is64, big_endian;
	const char *name;
} archs[] = {
	{EM_386, false, false, "386"},		{EM_X86_64, true, false, "amd64"},
	{EM_ARM, false, false, "arm"},		{EM_AARCH64, true, false, "arm64"},
	{EM_MIPS, false, true, "mips"},		{EM_MIPS, false, false, "mipsle"},
	{EM_MIPS, true, true, "mips64"},	{EM_MIPS, true, false, "mips64le"},
	{EM_PPC64, true, true, "ppc64"},	{EM_PPC64, true, false, "ppc64le"},
	{EM_RISCV, true, false, "riscv64"},	{EM_S390, true, true, "s390x"},
	{EM_LOONGARCH, true, false, "loong64"},
};

static void set_arch(const struct gt_elf *e, struct gt_program *ret)
{
	ret->elf32 = !e->is64;
	ret->big_endian = e->big_endian;
	for (size_t i = 0; i < GT_ARRAY_LEN(archs); i++) {
		const struct arch *a = &archs[i];

		if (a->machine == e->machine && a->is64 == e->is64 &&
		    a->big_endian == e->big_endian)
			(void)gt_copy_str(ret->arch, sizeof(ret->arch), a->name);
	}
}

/* What an error of the reader says about the file. */
static enum gt_prog_note note_of(int r)
{
	switch (r) {
	case -ENODATA:
		return GT_NOTE_TRUNCATED;
	case -ENOEXEC:
		return GT_NOTE_NOT_A_PROGRAM;
	case -EBADMSG:
	case -ERANGE:
		return GT_NOTE_MALFORMED;
	case -EFBIG: /* so much data that the search was given up */
		return GT_NOTE_NO_BUILDINFO;
	default:
		return GT_NOTE_UNREADABLE;
	}
}

static void settle(struct gt_elf *e, int r, struct gt_program *ret)
{
	if (r == 0) {
		ret->kind = GT_PROG_GO;
		if (ret->cgo == GT_UNKNOWN && e->has_interp)
			ret->cgo = GT_YES;
		if (ret->note == GT_NOTE_NONE && e->cut)
			ret->note = GT_NOTE_TRUNCATED;
	} else if (r == -ENOENT && !e->cut) {
		ret->kind = GT_PROG_OTHER;
		ret->note = GT_NOTE_NO_BUILDINFO;
		ret->loads_later = gt_elf_loads_later(e);
	} else {
		ret->note = r == -ENOENT ? GT_NOTE_TRUNCATED : note_of(r);
	}
}

static void read_elf(int fd, struct gt_program *ret, struct gt_program_pages *pages)
{
	struct gt_elf e;
	uint64_t build;
	int r = gt_elf_open(&e, fd);

	e.pages = pages;
	*ret = (struct gt_program){0};
	if (r == 0)
		r = gt_elf_headers(&e);
	if (r < 0) {
		ret->note = note_of(r);
		return;
	}
	set_arch(&e, ret);
	build = gt_elf_build(&e); /* now: it is in the page that was just read */
	settle(&e, gt_buildinfo_read(&e, ret), ret);
	if (ret->kind == GT_PROG_GO)
		ret->build = build;
}

void gt_program_elf(int fd, struct gt_program *ret)
{
	read_elf(fd, ret, NULL);
}

void gt_program_elf_pages(int fd, struct gt_program *ret, struct gt_program_pages *ret_pages)
{
	*ret_pages = (struct gt_program_pages){0};
	read_elf(fd, ret, ret_pages);
}
