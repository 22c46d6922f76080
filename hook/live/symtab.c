/*
 * The symbol runtime.gcController of a program's file, if it was not stripped. All of it is
 * hostile: sizes are bounded, and what cannot be read whole is refused. Effects: reads the file;
 * runs in the sandboxed worker. Source: the System V ABI's ELF chapter.
 */
#include <elf.h>
#include <string.h>

#include "internal.h"

#define NAME	     "runtime.gcController"
#define SECTIONS_MAX 512u
#define SYMBOLS_MAX  2000000u
#define STEP	     1024u

struct table {
	uint64_t off, n, names_off, names_len;
};

#define FIELD(p, type, f) gt_sym_le((p) + offsetof(type, f), sizeof(((type *)NULL)->f))

static bool read_all(int fd, uint64_t off, void *buf, size_t len)
{
	return off <= INT64_MAX - len && pread(fd, buf, len, (off_t)off) == (ssize_t)len;
}

/* 1: TABLE is filled; 0: there is none. */
static int find_table(int fd, struct table *ret)
{
	unsigned char h[sizeof(Elf64_Ehdr)];
	static unsigned char sh[SECTIONS_MAX * sizeof(Elf64_Shdr)];
	uint64_t off, n;

	if (!read_all(fd, 0, h, sizeof(h)))
		return -EBADMSG;
	off = FIELD(h, Elf64_Ehdr, e_shoff);
	n = FIELD(h, Elf64_Ehdr, e_shnum);
	if (off == 0 || n == 0)
		return 0;
	if (FIELD(h, Elf64_Ehdr, e_shentsize) != sizeof(Elf64_Shdr) || n > SECTIONS_MAX ||
	    !read_all(fd, off, sh, (size_t)n * sizeof(Elf64_Shdr)))
		return -EBADMSG;
	for (uint64_t i = 0; i < n; i++) {
		const unsigned char *s = sh + i * sizeof(Elf64_Shdr), *names;
		uint64_t link = FIELD(s, Elf64_Shdr, sh_link);

		if (FIELD(s, Elf64_Shdr, sh_type) != SHT_SYMTAB)
			continue;
		if (link >= n)
			return -EBADMSG;
		names = sh + link * sizeof(Elf64_Shdr);
		*ret = (struct table){
			.off = FIELD(s, Elf64_Shdr, sh_offset),
			.n = FIELD(s, Elf64_Shdr, sh_size) / sizeof(Elf64_Sym),
			.names_off = FIELD(names, Elf64_Shdr, sh_offset),
			.names_len = FIELD(names, Elf64_Shdr, sh_size),
		};
		return 1;
	}
	return 0;
}

static bool is_named(int fd, const struct table *t, uint64_t name)
{
	char buf[sizeof(NAME)];

	return name <= t->names_len && t->names_len - name >= sizeof(buf) &&
	       t->names_off <= INT64_MAX - t->names_len &&
	       read_all(fd, t->names_off + name, buf, sizeof(buf)) &&
	       memcmp(buf, NAME, sizeof(buf)) == 0;
}

/* Takes symbol S if it is the one. The names of variables of its size alone are read. */
static int take_symbol(int fd, const struct table *t, const unsigned char *s, uint64_t *ret)
{
	uint64_t size = FIELD(s, Elf64_Sym, st_size), value = FIELD(s, Elf64_Sym, st_value);

	if (ELF64_ST_TYPE(FIELD(s, Elf64_Sym, st_info)) != STT_OBJECT || size < 256 ||
	    size > 2048 || !is_named(fd, t, FIELD(s, Elf64_Sym, st_name)))
		return 0;
	if (*ret && *ret != value)
		return -EBADMSG;
	*ret = value;
	return 0;
}

int gt_live_symbol(int fd, uint64_t *ret)
{
	static unsigned char buf[STEP * sizeof(Elf64_Sym)];
	struct table t;
	uint64_t found = 0;
	int r = find_table(fd, &t);

	if (r <= 0) {
		*ret = 0;
		return r;
	}
	if (t.n > SYMBOLS_MAX || t.off > INT64_MAX / 2)
		return -EBADMSG;
	for (uint64_t i = 0; i < t.n; i += STEP) {
		size_t n = t.n - i < STEP ? (size_t)(t.n - i) : STEP;

		if (!read_all(fd, t.off + i * sizeof(Elf64_Sym), buf, n * sizeof(Elf64_Sym)))
			return -EBADMSG;
		for (size_t k = 0; r >= 0 && k < n; k++)
			r = take_symbol(fd, &t, buf + k * sizeof(Elf64_Sym), &found);
		if (r < 0)
			return r;
	}
	*ret = found;
	return 0;
}
