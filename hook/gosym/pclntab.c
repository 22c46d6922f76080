/*
 * Go's table of functions (pclntab): names, files and lines, in each program, stripped or not. It
 * is read where the file is mapped, and hostile: each offset is checked against the end of its
 * segment. Pure.
 *
 * The header of Go 1.18 and later: magic u32, two zero bytes, the size of an instruction, the size
 * of a pointer; then words: the number of functions and of files, the text's start (0 from 1.26 on,
 * and unrelocated in a PIE: we take moduledata's), and the offsets of names, units, files, pc
 * tables and functions. The functions' part begins with pairs of u32: entry, less the text's start,
 * and offset of the function's record. Source: Go src/cmd/link/internal/ld/pcln.go,
 * src/runtime/symtab.go.
 */
#include <stdio.h>
#include <string.h>

#include "gotune/gosym.h"

#define HEADER	  72u
#define FUNCS_MAX 4000000u
#define NAME_MAX_ 512u
#define CANDIDATES                                                                    \
	8u /* more tables than any program has: what a hostile file can make us check \
	    */

static const unsigned char magic_118[] = {0xf0, 0xff, 0xff, 0xff, 0, 0, 1, 8};
static const unsigned char magic_120[] = {0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8};

static uint32_t u32_at(const struct gt_sym_names *t, uint64_t off)
{
	return off <= t->len && t->len - off >= 4 ? (uint32_t)gt_sym_le(t->p + off, 4) : 0;
}

uint32_t gt_sym_names_entry(const struct gt_sym_names *t, uint32_t i)
{
	return u32_at(t, t->func + 8ull * i);
}

/* Are the functions in order, and their pairs all there? */
static bool is_sorted(const struct gt_sym_names *t)
{
	uint32_t last = 0;

	if ((t->len - t->func) / 8 <= t->n_func)
		return false;
	for (uint32_t i = 0; i <= t->n_func; i++) {
		uint32_t entry = gt_sym_names_entry(t, i);

		if (entry < last)
			return false;
		last = entry;
	}
	return last > 0;
}

/* Reads the header at P, which has LEN bytes to the end of its segment. */
static bool take_header(const unsigned char *p, size_t len, struct gt_sym_names *ret)
{
	uint64_t *const part[] = {&ret->name, &ret->cu, &ret->file, &ret->pc, &ret->func};
	uint64_t n;

	if (len < HEADER)
		return false;
	n = gt_sym_le(p + 8, 8);
	if (n < 10 || n > FUNCS_MAX)
		return false;
	ret->p = p;
	ret->len = len;
	ret->n_func = (uint32_t)n;
	for (unsigned i = 0; i < GT_ARRAY_LEN(part); i++) {
		*part[i] = gt_sym_le(p + 32 + 8ull * i, 8);
		if (*part[i] < HEADER - 8 || *part[i] >= len)
			return false;
	}
	return is_sorted(ret);
}

/* Looks in one segment; *TRIES bounds what is checked in all. */
static bool find_in(const struct gt_sym_seg *s, const unsigned char magic[8], unsigned *tries,
		    struct gt_sym_names *ret)
{
	const unsigned char *at = s->bytes, *end = at ? at + s->filesz : at;

	while (at && *tries > 0 && (at = memmem(at, (size_t)(end - at), magic, 8))) {
		uint64_t off = (uint64_t)(at - s->bytes);

		if ((s->addr + off) % 8 == 0) {
			(*tries)--;
			if (take_header(at, (size_t)(end - at), ret)) {
				ret->addr = s->addr + off;
				return true;
			}
		}
		at++;
	}
	return false;
}

int gt_sym_names_find(const struct gt_sym_image *im, struct gt_sym_names *ret)
{
	unsigned tries = CANDIDATES;
	struct gt_sym_names t = {0};

	for (unsigned i = 0; i < im->n_seg; i++) {
		if (!find_in(&im->seg[i], magic_120, &tries, &t) &&
		    !find_in(&im->seg[i], magic_118, &tries, &t))
			continue;
		t.addr += im->bias;
		*ret = t;
		return 0;
	}
	return -ENOENT;
}

int64_t gt_sym_names_func(const struct gt_sym_names *t, uint64_t pc)
{
	uint32_t lo = 0, hi = t->n_func;
	uint64_t off = pc - t->text;

	if (pc < t->text || pc >= t->etext || off < gt_sym_names_entry(t, 0) ||
	    off >= gt_sym_names_entry(t, t->n_func))
		return -1;
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (gt_sym_names_entry(t, mid) <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

uint32_t gt_sym_names_field(const struct gt_sym_names *t, uint32_t i, uint64_t off)
{
	return u32_at(t, t->func + u32_at(t, t->func + 8ull * i + 4) + off);
}

/* The string at OFF, its length at most *RET_LEN. */
static const char *string_at(const struct gt_sym_names *t, uint64_t off, size_t *ret_len)
{
	size_t max = *ret_len;

	if (off >= t->len) {
		*ret_len = 1;
		return "?";
	}
	*ret_len = strnlen((const char *)t->p + off, t->len - off < max ? t->len - off : max);
	return (const char *)t->p + off;
}

const char *gt_sym_names_at(const struct gt_sym_names *t, uint64_t off, size_t *ret_len)
{
	*ret_len = NAME_MAX_;
	return string_at(t, t->name + off, ret_len);
}

const char *gt_sym_names_name(const struct gt_sym_names *t, uint32_t i, size_t *ret_len)
{
	return gt_sym_names_at(t, gt_sym_names_field(t, i, 4), ret_len);
}

int64_t gt_sym_names_find_func(const struct gt_sym_names *t, const char *name)
{
	size_t want = strlen(name), len;

	for (uint32_t i = 0; i < t->n_func; i++) {
		const char *s = gt_sym_names_name(t, i, &len);

		if (len == want && memcmp(s, name, len) == 0)
			return i;
	}
	return -1;
}

/* The last part of a path. */
static const char *last_part(const char *s, size_t *len)
{
	const char *slash = memrchr(s, '/', *len);

	if (!slash)
		return s;
	*len -= (size_t)(slash + 1 - s);
	return slash + 1;
}

void gt_sym_names_place(const struct gt_sym_names *t, uint32_t i, uint64_t pc, char *buf,
			size_t cap)
{
	uint64_t off = pc - t->text - gt_sym_names_entry(t, i);
	size_t len = 4096;
	int32_t file, line;
	const char *s;

	buf[0] = '\0';
	if (gt_sym_pcvalue(t, gt_sym_names_field(t, i, 20), off, &file) < 0 ||
	    gt_sym_pcvalue(t, gt_sym_names_field(t, i, 24), off, &line) < 0 || file < 0 || line < 0)
		return;
	/* The unit's own numbers of files lead to the program's. */
	s = string_at(t,
		      t->file + u32_at(t, t->cu + 4ull * ((uint64_t)gt_sym_names_field(t, i, 32) +
							  (uint64_t)file)),
		      &len);
	s = last_part(s, &len);
	(void)snprintf(buf, cap, "%.*s:%d", (int)len, s, line); /* cut: for people */
}
