/*
 * Go's build info: where it is and what it says. Reads through gt_elf_read only; no privilege.
 *
 * The blob starts on a 16-byte boundary with a magic, the pointer size and flags. Up to Go 1.17 two
 * pointers follow, to Go string headers {data, length}; since 1.18 the strings themselves follow at
 * offset 32, each after its length as a varint.
 * Source: Go src/cmd/link/internal/ld/data.go (buildinfo), src/debug/buildinfo/buildinfo.go.
 */
#include <string.h>

#include "elf_reader.h"
#include "gotune/model.h"

#define ALIGN	    16u
#define HEADER	    32u
#define FLAG_BIG    1u
#define FLAG_INLINE 2u
#define VERSION_MAX 1024u
#define MODINFO_MAX (16u << 20)

static const unsigned char magic[14] = "\xff Go buildinf:";

/* A Go string by the address of its bytes. */
struct text {
	uint64_t addr, len;
};

/*
 * A base-128 varint at *ADDR, which moves past it. Ten bytes hold 64 bits; an eleventh, or more
 * than one bit in the tenth, is what no encoder writes (Go encoding/binary Uvarint: overflow).
 */
static int varint(struct gt_elf *e, uint64_t *addr, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 10; i++) {
		unsigned char b;
		int r = gt_elf_read_at(e, *addr, &b, 1);

		if (r < 0)
			return r;
		if (i == 9 && b > 1)
			return -EBADMSG;
		if (__builtin_add_overflow(*addr, 1u, addr))
			return -ERANGE;
		v |= (uint64_t)(b & 0x7f) << (7 * i);
		if (b < 0x80) {
			*ret = v;
			return 0;
		}
	}
	return -EBADMSG;
}

/* The string header that the pointer at address AT points to. A null pointer: the empty string. */
static int pointed(struct gt_elf *e, uint64_t at, size_t ptr, bool big, struct text *ret)
{
	unsigned char b[16];
	uint64_t header;
	int r = gt_elf_read_at(e, at, b, ptr);

	if (r < 0)
		return r;
	*ret = (struct text){0};
	header = gt_elf_uint(b, ptr, big);
	if (header == 0)
		return 0;
	r = gt_elf_read_at(e, header, b, 2 * ptr);
	if (r < 0)
		return r;
	ret->addr = gt_elf_uint(b, ptr, big);
	ret->len = gt_elf_uint(b + ptr, ptr, big);
	return 0;
}

/* The version's bytes, or why there is no version. */
static int version(struct gt_elf *e, const struct text *t, struct gt_program *ret)
{
	char buf[VERSION_MAX];
	int r;

	if (t->len == 0 || t->len > sizeof(buf))
		return -EBADMSG;
	r = gt_elf_read_at(e, t->addr, buf, (size_t)t->len);
	return r < 0 ? r : gt_go_version(buf, (size_t)t->len, ret);
}

/* Since 1.18. */
static int decode_inline(struct gt_elf *e, uint64_t at, struct gt_program *ret,
			 struct text *ret_mod)
{
	struct text v;
	int r;

	if (__builtin_add_overflow(at, HEADER, &v.addr))
		return -ERANGE;
	r = varint(e, &v.addr, &v.len);
	if (r == 0)
		r = version(e, &v, ret);
	if (r < 0)
		return r;
	/* The version was read, so this does not wrap; what follows may still be broken. */
	ret_mod->addr = v.addr + v.len;
	if (varint(e, &ret_mod->addr, &ret_mod->len) < 0)
		ret_mod->len = UINT64_MAX;
	return 0;
}

/* Up to 1.17. The pointers' byte order and size are the blob's, not the ELF header's. */
static int decode_pointers(struct gt_elf *e, uint64_t at, size_t ptr, bool big,
			   struct gt_program *ret, struct text *ret_mod)
{
	struct text v;
	int r;

	if (ptr != 4 && ptr != 8)
		return -EBADMSG;
	r = pointed(e, at + 16, ptr, big, &v);
	if (r == 0)
		r = version(e, &v, ret);
	if (r < 0)
		return r;
	if (pointed(e, at + 16 + ptr, ptr, big, ret_mod) < 0)
		ret_mod->len = UINT64_MAX;
	return 0;
}

/*
 * The blob at address AT. Its version is what makes it one; a broken module block after it is noted
 * and leaves the modules unknown.
 */
static int decode(struct gt_elf *e, uint64_t at, struct gt_program *ret)
{
	unsigned char h[HEADER];
	struct text mod = {0};
	unsigned flags;
	int r = gt_elf_read_at(e, at, h, sizeof(h));

	if (r < 0)
		return r;
	flags = h[15];
	if (memcmp(h, magic, sizeof(magic)) != 0 || (flags & ~(FLAG_BIG | FLAG_INLINE)))
		return -EBADMSG;
	if (flags & FLAG_INLINE)
		r = decode_inline(e, at, ret, &mod);
	else
		r = decode_pointers(e, at, h[14], flags & FLAG_BIG, ret, &mod);
	if (r < 0)
		return r;
	r = mod.len > MODINFO_MAX ? -EBADMSG : gt_modinfo_read(e, mod.addr, mod.len, ret);
	if (r < 0)
		ret->note = r == -ENODATA ? GT_NOTE_TRUNCATED : GT_NOTE_MALFORMED;
	return 0;
}

/*
 * Tries each aligned magic among N bytes in BUF, read from address AT. *SEEN: one that did not
 * decode.
 */
static int scan_chunk(struct gt_elf *e, const unsigned char *buf, size_t n, uint64_t at, int *seen,
		      struct gt_program *ret)
{
	int r;

	for (size_t i = 0; i + sizeof(magic) <= n; i += ALIGN) {
		if (buf[i] != magic[0] || memcmp(buf + i, magic, sizeof(magic)) != 0)
			continue;
		r = decode(e, at + i, ret);
		if (r == 0 || r == -EFBIG)
			return r;
		*seen = r;
	}
	return -ENOENT;
}

/*
 * Searches SIZE bytes from address ADDR, which lie in one segment's file part. The `go` command has
 * the magic in its own data: one that does not decode is passed over, and remembered in *SEEN.
 */
static int scan(struct gt_elf *e, uint64_t addr, uint64_t size, int *seen, struct gt_program *ret)
{
	unsigned char buf[GT_ELF_CHUNK];
	uint64_t off, skip = (ALIGN - addr % ALIGN) % ALIGN;
	int r;

	if (skip >= size)
		return -ENOENT;
	addr += skip;
	size -= skip;
	r = gt_elf_map(e, addr, size, &off);
	if (r < 0)
		return r;
	while (size >= sizeof(magic)) {
		/* Up to the next multiple in the file: then every window is read once. */
		uint64_t n = GT_ELF_CHUNK - off % GT_ELF_CHUNK;

		n = n < ALIGN ? ALIGN : n - n % ALIGN;
		n = n < size ? n : size;
		r = gt_elf_read(e, off, buf, (size_t)n);
		if (r < 0)
			return r;
		r = scan_chunk(e, buf, (size_t)n, addr, seen, ret);
		if (r != -ENOENT)
			return r;
		addr += n;
		off += n;
		size -= n;
	}
	return -ENOENT;
}

/* The part of segment S that the file has. */
static uint64_t present(const struct gt_elf *e, const struct gt_elf_seg *s)
{
	uint64_t left = s->off < e->size ? e->size - s->off : 0;

	return s->filesz < left ? s->filesz : left;
}

int gt_buildinfo_read(struct gt_elf *e, struct gt_program *ret)
{
	uint64_t addr, size;
	int seen = 0, r = gt_elf_section(e, ".go.buildinfo", &addr, &size);

	if (r == 0) {
		r = scan(e, addr, size, &seen, ret);
		if (r == -ENOENT || r == -ERANGE || r == -ENODATA)
			seen = seen ? seen : (r == -ENODATA ? r : -EBADMSG); /* an empty promise */
	} else if (r == -ENODATA) {
		e->cut = true;
	}
	if (r == 0 || r == -EFBIG)
		return r;
	for (uint32_t i = 0; i < e->n_seg; i++) {
		if (!e->seg[i].data)
			continue;
		r = scan(e, e->seg[i].addr, present(e, &e->seg[i]), &seen, ret);
		if (r != -ENOENT)
			return r;
	}
	return seen ? seen : -ENOENT;
}
