/*
 * Bytes of a hostile file: one overflow-safe range gate, a budget, and two small windows, since
 * section headers and section names are read in turn. Effects: fstat and pread on one descriptor;
 * no privilege, and nothing that the parser's system call filter does not have.
 */
#include <string.h>
#include <sys/stat.h>

#include "elf_reader.h"

int gt_elf_open(struct gt_elf *e, int fd)
{
	struct stat st;

	*e = (struct gt_elf){.fd = fd, .budget = GT_ELF_READ_MAX};
	if (fstat(fd, &st) < 0)
		return -errno;
	e->size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
	return 0;
}

/* Adds [AT, AT + LEN) to P; most often it goes on where the last one ended. */
static void note_pages(struct gt_program_pages *p, uint64_t at, uint64_t len)
{
	for (uint32_t i = 0; i < p->n; i++) {
		uint64_t end = p->page[i].off + p->page[i].len;

		if (at < p->page[i].off || at > end)
			continue;
		if (at + len > end)
			p->page[i].len = at + len - p->page[i].off;
		return;
	}
	if (p->n == GT_PROGRAM_PAGES_MAX) {
		p->too_many = true;
		return;
	}
	p->page[p->n].off = at;
	p->page[p->n++].len = len;
}

bool gt_program_pages_valid(const struct gt_program_pages *p)
{
	unsigned char too_many;
	bool ok = p->n <= GT_PROGRAM_PAGES_MAX;

	memcpy(&too_many, &p->too_many, 1); /* as a bool it could be undefined */
	for (uint32_t i = 0; ok && i < p->n; i++)
		ok = p->page[i].off <= INT64_MAX && p->page[i].len <= GT_ELF_READ_MAX;
	return ok && too_many <= 1;
}

/* Fills W from file offset AT on, as far as the file goes. */
static int fill(struct gt_elf *e, struct gt_elf_win *w, uint64_t at)
{
	uint64_t left = e->size - at;
	size_t want = left < sizeof(w->b) ? (size_t)left : sizeof(w->b);
	size_t have = 0;

	w->have = 0;
	if (want > e->budget)
		return -EFBIG;
	e->budget -= want;
	while (have < want) {
		ssize_t n = pread(e->fd, w->b + have, want - have, (off_t)(at + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break; /* it shrank since fstat */
		have += (size_t)n;
	}
	w->at = at;
	w->have = (uint32_t)have;
	if (e->pages)
		note_pages(e->pages, at, have);
	return 0;
}

/* Does W have the LEN bytes at OFF? */
static bool has(const struct gt_elf_win *w, uint64_t off, size_t len)
{
	return off >= w->at && off - w->at <= w->have && len <= w->have - (off - w->at);
}

int gt_elf_read(struct gt_elf *e, uint64_t off, void *buf, size_t len)
{
	unsigned i = e->recent;
	int r;

	if (len > GT_ELF_CHUNK)
		return -EFBIG;
	if (off > e->size || len > e->size - off)
		return -ENODATA;
	if (!has(&e->win[i], off, len))
		i = !i;
	if (!has(&e->win[i], off, len)) {
		/* Aligned down, so that a chunk always fits and headers before it come along. */
		r = fill(e, &e->win[i], off - off % GT_ELF_CHUNK);
		if (r < 0)
			return r;
		if (!has(&e->win[i], off, len))
			return -ENODATA;
	}
	e->recent = i;
	memcpy(buf, e->win[i].b + (off - e->win[i].at), len);
	return 0;
}

uint64_t gt_elf_uint(const unsigned char *p, size_t n, bool big_endian)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[big_endian ? i : n - 1 - i];
	return v;
}

int gt_elf_map(const struct gt_elf *e, uint64_t addr, uint64_t len, uint64_t *ret_off)
{
	for (uint32_t i = 0; i < e->n_seg; i++) {
		const struct gt_elf_seg *s = &e->seg[i];
		uint64_t in = addr - s->addr;

		if (addr < s->addr || in >= s->filesz)
			continue;
		if (len > s->filesz - in || __builtin_add_overflow(s->off, in, ret_off))
			return -ERANGE;
		return 0;
	}
	return -ERANGE;
}

int gt_elf_read_at(struct gt_elf *e, uint64_t addr, void *buf, size_t len)
{
	uint64_t off;
	int r = gt_elf_map(e, addr, len, &off);

	return r < 0 ? r : gt_elf_read(e, off, buf, len);
}
