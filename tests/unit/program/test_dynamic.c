/*
 * Which programs may load a Go library later, by what they need and import.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "elf_image.h"

#define DYN	(DATA_OFF + 0x100u)
#define STRINGS 0x800u /* of the strings, in the data segment */

/* A dynamic section that needs the names of LIST (each "name;"), and strings with SYMBOLS, too. */
static void put_dynamic(struct image *m, const char *list, const char *symbols)
{
	size_t word = m->is64 ? 8 : 4, off = DYN, at = STRINGS + 1;

#define ENTRY(tag, v) (put(m, off, word, (tag)), put(m, off + word, word, (v)), off += 2 * word)
	for (; *list; list += strcspn(list, ";") + 1) {
		size_t n = strcspn(list, ";");

		ENTRY(DT_NEEDED, at - STRINGS);
		memcpy(m->b + DATA_OFF + at, list, n);
		at += n + 1;
	}
	memcpy(m->b + DATA_OFF + at, symbols, strlen(symbols));
	at += strlen(symbols) + 1;
	ENTRY(DT_STRTAB, DATA_ADDR + STRINGS);
	ENTRY(DT_STRSZ, at - STRINGS);
	ENTRY(DT_NULL, 0u);
	PUT(m, 0, Ehdr, e_phnum, 2);
	PUT(m, PH(m, 1), Phdr, p_type, PT_DYNAMIC);
	PUT(m, PH(m, 1), Phdr, p_offset, DYN);
	PUT(m, PH(m, 1), Phdr, p_filesz, off - DYN);
}

static const struct row {
	const char *needs, *symbols;
	enum gt_tri want;
} rows[] = {
	{"", "puts", GT_NO},
	{"libc.so.6;", "puts", GT_NO},
	{"libc.so.6;libm.so.6;libpthread.so.0;libstdc++.so.6;", "puts", GT_NO},
	{"libc.musl-x86_64.so.1;", "puts", GT_NO},
	{"libbsd.so.0;libevent-2.1.so.7;libssl.so.3;", "puts", GT_NO},
	{"ld-linux-x86-64.so.2;", "puts", GT_NO},
	{"libc.so.6;", "dlopen", GT_YES},
	{"libc.so.6;", "dlmopen", GT_YES},
	{"libc.so.6;", "my_dlopen", GT_YES}, /* of which dlopen may be the tail */
	{"libc.so.6;", "dlopen_it", GT_NO},
	{"libc.so.6;", "__libc_dlopen_mode", GT_NO},
	{"libfoo.so;", "puts", GT_YES},
	{"libc.so.6;libmygo.so.1;", "puts", GT_YES},
	{"libcfoo.so;", "puts", GT_YES},
	{"/opt/libc.so.6;", "puts", GT_YES},
	{"libc;", "puts", GT_NO},
	{"libc-x;", "puts", GT_YES},
	{"a-name-that-is-longer-than-any-library-of-the-table-by-far-and-then-more.so;", "",
	 GT_YES},
};

static void test_loads_later(void **state)
{
	static struct image m;
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < 4 * GT_ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i / 4];
		struct gt_program p;

		make(&m, i & 1, i & 2);
		put_dynamic(&m, r->needs, r->symbols);
		p = inspect(&m);
		assert_int_equal(p.kind, GT_PROG_OTHER);
		if (p.loads_later != r->want) {
			print_error("%s %s: %d\n", r->needs, r->symbols, (int)p.loads_later);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* Where the name is cut by the chunks that are read. */
static void test_loads_later_chunks(void **state)
{
	static struct image m;

	(void)state;
	for (size_t at = 0; at < 16; at++) {
		size_t from = STRINGS + 0x7f0 + at; /* the segment is at a chunk's start */

		make(&m, true, false);
		put_dynamic(&m, "libc.so.6;", "puts");
		put(&m, DYN + 40, 8, 0x1000);
		memcpy(m.b + DATA_OFF + from, "dlmopen", 8);
		assert_int_equal(inspect(&m).loads_later, GT_YES);
		m.b[DATA_OFF + from] = 'x';
		assert_int_equal(inspect(&m).loads_later, GT_NO);
	}
}

static void test_loads_later_static(void **state)
{
	static struct image m;

	(void)state;
	make(&m, true, false);
	assert_int_equal(inspect(&m).loads_later, GT_NO);
	put_inline(&m, DATA_OFF, "go1.24.4", "");
	assert_int_equal(inspect(&m).loads_later, GT_UNKNOWN); /* not asked of a Go program */
}

static void test_loads_later_broken(void **state)
{
	static const struct {
		size_t off, n;
		uint64_t v;
	} broken[] = {
		{DYN + 16, 8, DT_DEBUG},   /* an address in no segment */
		{DYN + 8, 8, 0x7777},	   /* a name beyond the strings */
		{DYN + 24, 8, 0x10},	   /* strings in no segment */
		{DYN + 40, 8, 0},	   /* no strings */
		{DYN + 40, 8, UINT64_MAX}, /* too many */
		{DYN + 40, 8, DATA_SIZE},  /* more than the segment has */
		{DYN + 48, 8, DT_DEBUG},   /* no end */
	};
	static struct image m;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(broken); i++) {
		make(&m, true, false);
		put_dynamic(&m, "libc.so.6;", "puts");
		assert_int_equal(inspect(&m).loads_later, GT_NO);
		put(&m, broken[i].off, broken[i].n, broken[i].v);
		if (inspect(&m).loads_later != GT_UNKNOWN)
			fail_msg("row %zu", i);
	}
	make(&m, true, false);
	put_dynamic(&m, "libc.so.6;", "puts");
	PUT(&m, PH(&m, 1), Phdr, p_offset, UINT64_MAX - 8);
	assert_int_equal(inspect(&m).loads_later, GT_UNKNOWN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loads_later),
		cmocka_unit_test(test_loads_later_chunks),
		cmocka_unit_test(test_loads_later_static),
		cmocka_unit_test(test_loads_later_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
