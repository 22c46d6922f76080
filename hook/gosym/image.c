/*
 * The program's ELF file: its segments, and where the kernel has put them. All of it is hostile.
 * Effects: gt_sym_image_map maps the file; runs in the sandboxed worker.
 * Source: the System V ABI's ELF chapter; getauxval(3) for AT_PHDR.
 */
#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "gotune/gosym.h"

/* The worker may have 192 MiB (sandbox/caps.c); a million goroutines take less than 70. */
#define MAP_MAX (112u << 20)

#define FIELD(p, type, f) gt_sym_le((p) + offsetof(type, f), sizeof(((type *)NULL)->f))

static int add_segment(struct gt_sym_image *im, const unsigned char *ph)
{
	struct gt_sym_seg s = {
		.addr = FIELD(ph, Elf64_Phdr, p_vaddr),
		.memsz = FIELD(ph, Elf64_Phdr, p_memsz),
		.off = FIELD(ph, Elf64_Phdr, p_offset),
		.filesz = FIELD(ph, Elf64_Phdr, p_filesz),
		.can_write = FIELD(ph, Elf64_Phdr, p_flags) & PF_W,
		.can_exec = FIELD(ph, Elf64_Phdr, p_flags) & PF_X,
	};
	/* Half the address space is the kernel's: sums below do not wrap. */
	const uint64_t max = INT64_MAX / 2;

	if (FIELD(ph, Elf64_Phdr, p_type) != PT_LOAD)
		return 0;
	if (im->n_seg == GT_SYM_SEGS || s.addr > max || s.memsz > max || s.off > max ||
	    s.filesz > s.memsz)
		return -EBADMSG;
	im->seg[im->n_seg++] = s;
	return 0;
}

static bool is_ours(const unsigned char *h, size_t len)
{
	return len >= sizeof(Elf64_Ehdr) && memcmp(h, ELFMAG, SELFMAG) == 0 &&
	       h[EI_CLASS] == ELFCLASS64 && h[EI_DATA] == ELFDATA2LSB &&
	       FIELD(h, Elf64_Ehdr, e_machine) == EM_X86_64 &&
	       FIELD(h, Elf64_Ehdr, e_phentsize) == sizeof(Elf64_Phdr);
}

int gt_sym_image_parse(const unsigned char *head, size_t len, struct gt_sym_image *ret)
{
	struct gt_sym_image im = {0};
	uint64_t off, n;
	bool placed = false;

	if (!is_ours(head, len))
		return -ENOEXEC;
	off = FIELD(head, Elf64_Ehdr, e_phoff);
	n = FIELD(head, Elf64_Ehdr, e_phnum);
	if (off > len || n > (len - off) / sizeof(Elf64_Phdr))
		return -EBADMSG;
	for (uint64_t i = 0; i < n; i++) {
		int r = add_segment(&im, head + off + i * sizeof(Elf64_Phdr));

		if (r < 0)
			return r;
	}
	for (unsigned i = 0; i < im.n_seg && !placed; i++) {
		placed = off >= im.seg[i].off && off - im.seg[i].off < im.seg[i].filesz;
		if (placed)
			im.phdrs_addr = im.seg[i].addr + (off - im.seg[i].off);
	}
	if (!placed)
		return -EBADMSG;
	*ret = im;
	return 0;
}

int gt_sym_image_place(struct gt_sym_image *im, const unsigned char *auxv, size_t len)
{
	for (; len >= 16; auxv += 16, len -= 16) {
		uint64_t at = gt_sym_le(auxv + 8, 8);

		if (gt_sym_le(auxv, 8) != AT_PHDR)
			continue;
		if (at < im->phdrs_addr || at > INT64_MAX / 2)
			return -EBADMSG;
		im->bias = at - im->phdrs_addr;
		return 0;
	}
	return -EBADMSG;
}

static int map_segment(struct gt_sym_seg *s, int fd, uint64_t *left)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), skip = s->off % page;
	void *p;

	if (s->filesz == 0)
		return 0;
	if (s->filesz > *left)
		return -EFBIG;
	*left -= s->filesz;
	p = mmap(NULL, (size_t)(s->filesz + skip), PROT_READ, MAP_PRIVATE, fd,
		 (off_t)(s->off - skip));
	if (p == MAP_FAILED)
		return -errno;
	s->bytes = (const unsigned char *)p + skip;
	return 0;
}

int gt_sym_image_map(struct gt_sym_image *im, int fd, bool exec)
{
	uint64_t left = MAP_MAX;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < im->n_seg; i++) {
		if (im->seg[i].can_exec == exec)
			r = map_segment(&im->seg[i], fd, &left);
	}
	return r;
}

bool gt_sym_image_has(const struct gt_sym_image *im, uint64_t addr, bool exec)
{
	uint64_t at = addr - im->bias;

	for (unsigned i = 0; i < im->n_seg; i++) {
		const struct gt_sym_seg *s = &im->seg[i];

		if ((exec ? s->can_exec : s->can_write) && at >= s->addr && at - s->addr < s->memsz)
			return true;
	}
	return false;
}

int gt_sym_image_offset(const struct gt_sym_image *im, uint64_t addr, uint64_t *ret)
{
	uint64_t at = addr - im->bias;

	for (unsigned i = 0; i < im->n_seg; i++) {
		const struct gt_sym_seg *s = &im->seg[i];

		if (s->can_exec && at >= s->addr && at - s->addr < s->filesz) {
			*ret = s->off + (at - s->addr);
			return 0;
		}
	}
	return -ENOENT;
}

const unsigned char *gt_sym_image_bytes(const struct gt_sym_image *im, uint64_t addr, size_t len)
{
	uint64_t at = addr - im->bias;

	for (unsigned i = 0; i < im->n_seg; i++) {
		const struct gt_sym_seg *s = &im->seg[i];
		uint64_t in = at - s->addr;

		if (s->bytes && at >= s->addr && in < s->filesz && len <= s->filesz - in)
			return s->bytes + in;
	}
	return NULL;
}
