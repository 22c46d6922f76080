/*
 * The names of a Go program's functions, as its run-time has them for tracebacks: is syscall.Exec
 * one? Reads through gt_elf_read only; no privilege.
 *
 * The table is runtime.pclntab. Its header is a magic, two zeros, the instruction quantum and the
 * pointer size, then words of that size. Since Go 1.16 the names are a table of their own, each
 * after the NUL of the one before, and two of the words say where it begins and where the next one
 * does. Up to Go 1.15 a name follows what its function is described by, between the index of
 * functions and the table of files. Source: Go src/debug/gosym/pclntab.go,
 * src/cmd/link/internal/ld/pcln.go (1.15, 1.16, 1.26), src/internal/abi/symtab.go for the magics.
 */
#include <string.h>

#include "elf_reader.h"
#include "gotune/base.h"
#include "gotune/program.h"

#define BUDGET	  (16u << 20)
#define HEAD	  8u	     /* magic, zeros, quantum, pointer size */
#define FUNCS_MAX (1u << 26) /* of any program that can be linked */
#define WORDS	  5u

/* A form of the table. The words that say where the names are; none: the oldest form. */
static const struct form {
	uint32_t magic;
	unsigned names, end;
} forms[] = {
	{0xfffffffb, 0, 0}, /* Go 1.2 */
	{0xfffffffa, 2, 3}, /* Go 1.16: functions, files, names, compilation units */
	{0xfffffff0, 3, 4}, /* Go 1.18: with the text's start before the names */
	{0xfffffff1, 3, 4}, /* Go 1.20 to 1.27 */
};

/* Where the names are in the file. */
struct names {
	uint64_t off, len;
	bool mixed; /* with other bytes: the oldest form */
};

static const struct form *form_of(const struct gt_elf *e, const unsigned char *magic)
{
	uint32_t v = (uint32_t)gt_elf_uint(magic, 4, e->big_endian);

	for (size_t i = 0; i < GT_ARRAY_LEN(forms); i++) {
		if (forms[i].magic == v)
			return &forms[i];
	}
	return NULL;
}

/* Is what follows the magic as the linker writes it? */
static bool is_head(const struct gt_elf *e, const unsigned char *head)
{
	return head[4] == 0 && head[5] == 0 && (head[6] == 1 || head[6] == 2 || head[6] == 4) &&
	       head[7] == (e->is64 ? 8 : 4);
}

/* Up to Go 1.15: from the end of the index, which also says where the table of files is. */
static int mixed_names(struct gt_elf *e, uint64_t off, uint64_t size, uint64_t funcs,
		       struct names *ret)
{
	size_t ptr = e->is64 ? 8 : 4;
	uint64_t from = HEAD + ptr + (2 * funcs + 1) * ptr, to;
	unsigned char b[4];
	int r;

	if (from + sizeof(b) > size)
		return -EBADMSG;
	r = gt_elf_read(e, off + from, b, sizeof(b));
	if (r < 0)
		return r;
	to = gt_elf_uint(b, sizeof(b), e->big_endian);
	if (to <= from || to > size)
		return -EBADMSG;
	*ret = (struct names){.off = off + from, .len = to - from, .mixed = true};
	return 0;
}

/* The table at file offset OFF, with SIZE bytes at most. The caller knows that both are in a file.
 */
static int read_header(struct gt_elf *e, uint64_t off, uint64_t size, struct names *ret)
{
	size_t ptr = e->is64 ? 8 : 4;
	unsigned char b[HEAD + WORDS * 8];
	const struct form *f;
	uint64_t word[WORDS];
	int r;

	if (size < HEAD + WORDS * ptr)
		return -EBADMSG;
	r = gt_elf_read(e, off, b, HEAD + WORDS * ptr);
	if (r < 0)
		return r;
	f = form_of(e, b);
	for (size_t i = 0; i < WORDS; i++)
		word[i] = gt_elf_uint(b + HEAD + i * ptr, ptr, e->big_endian);
	if (!f || !is_head(e, b) || word[0] == 0 || word[0] > FUNCS_MAX)
		return -EBADMSG;
	if (!f->names)
		return mixed_names(e, off, size, word[0], ret);
	if (word[f->names] < HEAD + WORDS * ptr || word[f->end] <= word[f->names] ||
	    word[f->end] > size)
		return -EBADMSG;
	*ret = (struct names){.off = off + word[f->names], .len = word[f->end] - word[f->names]};
	return 0;
}

/* By the magic, in SIZE bytes of the file from OFF, whose sum does not wrap. */
static int find_by_magic(struct gt_elf *e, uint64_t off, uint64_t size, struct names *ret)
{
	unsigned char buf[GT_ELF_CHUNK];
	size_t align = e->is64 ? 8 : 4;
	uint64_t end = off + size < e->size ? off + size : e->size;

	off -= off % align;
	while (off < end) {
		size_t n = GT_ELF_CHUNK - (size_t)(off % GT_ELF_CHUNK);
		int r;

		n = n < end - off ? n : (size_t)(end - off);
		r = gt_elf_read(e, off, buf, n);
		for (size_t i = 0; r == 0 && i + 4 <= n; i += align) {
			if (form_of(e, buf + i) && read_header(e, off + i, end - off - i, ret) == 0)
				return 0;
		}
		if (r < 0)
			return r;
		off += n;
	}
	return -ENOENT;
}

/*
 * By the sections: its own, or the one that a linker of C makes of it and others in a
 * position-independent program.
 */
static int find_by_section(struct gt_elf *e, struct names *ret)
{
	static const char *const own[] = {".gopclntab", ".data.rel.ro.gopclntab"};
	uint64_t addr = 0, size = 0, off = 0;
	int r = -ENOENT;

	for (size_t i = 0; i < GT_ARRAY_LEN(own) && r == -ENOENT; i++)
		r = gt_elf_section(e, own[i], &addr, &size);
	if (r == 0)
		r = gt_elf_map(e, addr, size, &off);
	if (r == 0)
		return read_header(e, off, size, ret);
	if (r == -ENOENT)
		r = gt_elf_section(e, ".data.rel.ro", &addr, &size);
	if (r == 0)
		r = gt_elf_map(e, addr, size, &off);
	return r < 0 ? r : find_by_magic(e, off, size, ret);
}

/* Data comes first: only linkers of C put the table with the code. */
static int find_in_segments(struct gt_elf *e, struct names *ret)
{
	for (unsigned code = 0; code < 2; code++) {
		for (uint32_t i = 0; i < e->n_seg; i++) {
			const struct gt_elf_seg *s = &e->seg[i];
			int r = s->code == code ? find_by_magic(e, s->off, s->filesz, ret)
						: -ENOENT;

			if (r != -ENOENT)
				return r;
		}
	}
	return -ENOENT;
}

/*
 * Is the name whole, with BEFORE in front of it? Among other bytes a printable one may be the end
 * of one of those, or part of a longer name: that is GT_UNKNOWN.
 */
static enum gt_tri is_whole(unsigned char before, bool mixed)
{
	if (before == '\0')
		return GT_YES;
	if (!mixed)
		return GT_NO;
	return before >= 0x20 && before < 0x7f ? GT_UNKNOWN : GT_YES;
}

/*
 * Looks at BUF of N bytes, whose first is the one before what was not looked at yet. GT_NO: nothing
 * in it is the name.
 */
static enum gt_tri look(const unsigned char *buf, size_t n, bool mixed)
{
	static const char want[] = "syscall.Exec"; /* with its NUL */
	enum gt_tri found = GT_NO;

	for (const unsigned char *p = buf; found != GT_YES; p++) {
		enum gt_tri t;

		p = memmem(p, n - (size_t)(p - buf), want, sizeof(want));
		if (!p)
			break;
		t = p > buf ? is_whole(p[-1], mixed) : GT_NO;
		if (t != GT_NO)
			found = t;
	}
	return found;
}

#define KEPT 13u /* the byte before a name, and all of a name but its end */

static enum gt_tri search(struct gt_elf *e, const struct names *names)
{
	unsigned char buf[KEPT + GT_ELF_CHUNK] = {0}; /* as if a NUL came before the first name */
	uint64_t off = names->off, left = names->len;
	enum gt_tri found = GT_NO;
	size_t kept = 1;

	while (left > 0 && found != GT_YES) {
		size_t n = GT_ELF_CHUNK - (size_t)(off % GT_ELF_CHUNK);
		enum gt_tri t;

		n = n < left ? n : (size_t)left;
		if (gt_elf_read(e, off, buf + kept, n) < 0)
			return GT_UNKNOWN;
		off += n;
		left -= n;
		n += kept;
		t = look(buf, n, names->mixed);
		found = t == GT_NO ? found : t;
		kept = n < KEPT ? n : KEPT;
		memmove(buf, buf + n - kept, kept);
	}
	return found;
}

enum gt_tri gt_program_can_exec(int fd, const struct gt_program *p)
{
	struct gt_elf e;
	struct names names;
	int r;

	if (p->kind != GT_PROG_GO || gt_elf_open(&e, fd) < 0)
		return GT_UNKNOWN;
	e.budget = BUDGET;
	if (gt_elf_headers(&e) < 0)
		return GT_UNKNOWN;
	r = find_by_section(&e, &names);
	if (r < 0 && r != -EFBIG)
		r = find_in_segments(&e, &names);
	return r < 0 ? GT_UNKNOWN : search(&e, &names);
}
