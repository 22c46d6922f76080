/*
 * Small ELF images made here, of forms that no fixture has: odd counts, wraps, broken blobs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "elf_image.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"
#include "program/elf_reader.h"

#define GO(name, m)    expect(name, m, GT_PROG_GO, GT_NOTE_NONE, "go1.24.4", true)
#define BAD(name, m)   expect(name, m, GT_PROG_UNKNOWN, GT_NOTE_MALFORMED, "", false)
#define CUT(name, m)   expect(name, m, GT_PROG_UNKNOWN, GT_NOTE_TRUNCATED, "", false)
#define OTHER(name, m) expect(name, m, GT_PROG_OTHER, GT_NOTE_NO_BUILDINFO, "", false)

static struct image img;

/* The usual image: 64-bit, little-endian, with sections and an inline blob. */
static struct image *usual(void)
{
	make(&img, true, false);
	put_sections(&img);
	put_inline(&img, DATA_OFF + 0x100, "go1.24.4", MODS);
	return &img;
}

static void test_gt_program_elf_every_form(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		char name[64];

		make(&img, i & 1, i & 2);
		if (i & 4)
			put_sections(&img);
		if (i & 8)
			put_inline(&img, DATA_OFF + 0x100, "go1.24.4", MODS);
		else
			put_pointers(&img, DATA_OFF + 0x100, "go1.24.4", MODS);
		(void)snprintf(name, sizeof(name), "%d-bit %s %s %s", i & 1 ? 64 : 32,
			       i & 2 ? "big" : "little", i & 4 ? "sections" : "no sections",
			       i & 8 ? "inline" : "pointers");
		GO(name, &img);
		assert_string_equal(inspect(&img).automaxprocs, "v1.6.0");
		assert_string_equal(inspect(&img).main_path, "example.com/m");
		assert_int_equal(inspect(&img).cgo, GT_NO);
	}
}

static void test_gt_program_elf_extended_counts(void **state)
{
	(void)state;
	for (unsigned big = 0; big < 2; big++) {
		make(&img, !big, big);
		put_sections(&img);
		put_inline(&img, DATA_OFF + 0x100, "go1.24.4", MODS);
		PUT(&img, PH(&img, 0), Phdr, p_flags, PF_R); /* only the section shows it */
		PUT(&img, 0, Ehdr, e_phnum, PN_XNUM);
		PUT(&img, SH(&img, 0), Shdr, sh_info, 1);
		GO("PN_XNUM", &img);
		PUT(&img, 0, Ehdr, e_shnum, 0);
		PUT(&img, SH(&img, 0), Shdr, sh_size, 3);
		GO("e_shnum 0", &img);
		PUT(&img, 0, Ehdr, e_shstrndx, SHN_XINDEX);
		PUT(&img, SH(&img, 0), Shdr, sh_link, 1);
		GO("SHN_XINDEX", &img);
		PUT(&img, SH(&img, 0), Shdr, sh_link, 0xffffffff);
		OTHER("SHN_XINDEX, no such section", &img);
		PUT(&img, SH(&img, 0), Shdr, sh_size, UINT64_MAX);
		OTHER("huge e_shnum", &img);
		PUT(&img, SH(&img, 0), Shdr, sh_info, 0xffffffff);
		BAD("huge e_phnum", &img);
		PUT(&img, SH(&img, 0), Shdr, sh_info, 1u << 18);
		CUT("e_phnum beyond the file", &img);
		PUT(&img, 0, Ehdr, e_shoff, 0);
		BAD("PN_XNUM without sections", &img);
	}
}

static void test_gt_program_elf_wraps(void **state)
{
	struct image *m = usual();

	(void)state;
	GO("as it should be", m);
	PUT(m, SH(m, 2), Shdr, sh_size, UINT64_MAX);
	GO("section size", m);
	PUT(m, SH(m, 2), Shdr, sh_addr, UINT64_MAX - 8);
	GO("section address", m);
	PUT(m, SH(m, 1), Shdr, sh_offset, UINT64_MAX - 4);
	PUT(m, SH(m, 1), Shdr, sh_size, UINT64_MAX);
	GO("name table", m);
	PUT(m, 0, Ehdr, e_shoff, UINT64_MAX - 4);
	GO("section table", m);
	PUT(m, 0, Ehdr, e_phoff, UINT64_MAX - 4);
	CUT("program header table", m);
	m = usual();
	put_load(m, 0, UINT64_MAX - 15, DATA_OFF, DATA_SIZE);
	BAD("segment address", m);
	m = usual();
	put_load(m, 0, DATA_ADDR, UINT64_MAX - 15, DATA_SIZE);
	BAD("segment offset", m);
	make(m, true, false);
	put_load(m, 0, UINT64_MAX - 15, DATA_OFF, DATA_SIZE);
	BAD("segment address, no sections", m);
	put_load(m, 0, DATA_ADDR, UINT64_MAX - 15, DATA_SIZE);
	BAD("segment offset, no sections", m);
	m = usual();
	put_load(m, 0, DATA_ADDR, DATA_OFF, UINT64_MAX - DATA_ADDR - DATA_OFF);
	expect("segment size", m, GT_PROG_GO, GT_NOTE_TRUNCATED, "go1.24.4", true);
	m = usual();
	put_load(m, 0, UINT64_MAX - DATA_SIZE + 1, DATA_OFF, DATA_SIZE);
	GO("a segment up to the last byte", m);
}

static void test_gt_program_elf_headers_malformed(void **state)
{
	struct image *m = usual();

	(void)state;
	PUT(m, 0, Ehdr, e_phentsize, 55);
	BAD("e_phentsize", m);
	m = usual();
	PUT(m, 0, Ehdr, e_shentsize, 1);
	GO("e_shentsize", m);
	m = usual();
	PUT(m, 0, Ehdr, e_phnum, 0);
	BAD("no program headers", m);
	m = usual();
	PUT(m, PH(m, 0), Phdr, p_type, PT_NOTE);
	BAD("no segment", m);
	m = usual();
	PUT(m, 0, Ehdr, e_type, ET_REL);
	BAD("an object file", m);
	make(m, true, false);
	OTHER("nothing in it", m);
	put_sections(m);
	BAD("a section, and nothing in it", m);
	make(m, true, false);
	put_load(m, 0, DATA_ADDR, DATA_OFF, DATA_SIZE + 1);
	CUT("one byte short", m);
}

static void test_gt_program_elf_segments(void **state)
{
	struct image *m = &img;

	(void)state;
	make(m, false, false);
	PUT(m, 0, Ehdr, e_phnum, 100);
	for (unsigned i = 0; i < 100; i++) /* all the same: overlapping */
		put_load(m, i, DATA_ADDR, DATA_OFF, DATA_SIZE);
	put_inline(m, DATA_OFF + 0x100, "go1.24.4", MODS);
	GO("overlapping", m);
	PUT(m, PH(m, 0), Phdr, p_filesz, 0);
	GO("one without a file part", m);
	PUT(m, PH(m, 1), Phdr, p_filesz, 0x110);
	BAD("the blob reaches beyond the first that has its address", m);
	make(m, false, false);
	PUT(m, 0, Ehdr, e_phnum, 130);
	for (unsigned i = 0; i < 129; i++)
		put_load(m, i, DATA_ADDR, DATA_OFF + 0x1000, 0x1000);
	BAD("too many", m);
	usual();
	PUT(m, 0, Ehdr, e_shoff, 0);
	PUT(m, 0, Ehdr, e_shnum, 0);
	PUT(m, PH(m, 0), Phdr, p_flags, PF_R);
	OTHER("read-only and no sections", m);
	PUT(m, PH(m, 0), Phdr, p_flags, PF_R | PF_W | PF_X);
	OTHER("executable and no sections", m);
}

static void test_gt_program_elf_magics(void **state)
{
	struct image *m = &img;

	(void)state;
	make(m, true, false);
	put_inline(m, DATA_OFF + 0x108, "go1.24.4", MODS);
	OTHER("misaligned", m);
	put_magic(m, DATA_OFF, 0, 0);
	BAD("pointer size 0", m);
	put_inline(m, DATA_OFF + 0x1000, "go1.24.4", MODS);
	GO("the second is sound", m);
	make(m, true, false);
	put_magic(m, DATA_OFF + 0x1ff0, 8, 2);
	BAD("the last 16 bytes", m);
	make(m, true, false);
	put_inline(m, DATA_OFF + 0xff0, "go1.24.4", MODS);
	GO("over the reader's page", m);
	make(m, true, false);
	put_inline(m, DATA_OFF + 0x100, "go1.24.4", MODS);
	m->b[DATA_OFF + 0x10f] |= 0x10;
	BAD("unknown flags", m);
	make(m, true, false);
	put_load(m, 0, DATA_ADDR + 8, DATA_OFF + 8, DATA_SIZE - 8);
	put_inline(m, DATA_OFF + 0x100, "go1.24.4", MODS);
	GO("aligned in a segment that is not", m);
	make(m, true, false);
	put_load(m, 0, DATA_ADDR, DATA_OFF + 8, DATA_SIZE - 8);
	put_inline(m, DATA_OFF + 0x1008, "go1.24.4", MODS);
	GO("aligned by its address, not in the file", m);
	m = usual();
	put_inline(m, DATA_OFF, "go1.9", "");
	GO("the section's goes before one at a lower address", m);
	for (unsigned ptr = 0; ptr < 256; ptr++) {
		make(m, true, false);
		put_pointers(m, DATA_OFF + 0x100, "go1.24.4", MODS);
		m->b[DATA_OFF + 0x10e] = (unsigned char)ptr;
		if (ptr == 8)
			GO("pointer size 8", m);
		else
			BAD("pointer size", m);
	}
}

static void test_gt_program_elf_version_broken(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
	} rows[] = {
		{"empty", "\0", 1},
		{"control byte", "\4go1\n", 5},
		{"NUL", "\4go1\0", 5},
		{"not ASCII", "\4go1\xc3", 5},
		{"too long", "\x81\x08go1.24.4", 10},
		{"beyond the segment", "\xff\xff\x03go1.24.4", 11},
		{"2^64-1", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01go1", 13},
		{"ten bytes, too many bits", "\x88\x80\x80\x80\x80\x80\x80\x80\x80\x02go1.24.4",
		 18},
		{"eleven bytes", "\x88\x80\x80\x80\x80\x80\x80\x80\x80\x80\0go1.24.4", 19},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		make(&img, true, false);
		put_magic(&img, DATA_OFF, 8, 2);
		memcpy(img.b + DATA_OFF + 32, rows[i].bytes, rows[i].len);
		BAD(rows[i].name, &img);
	}
	make(&img, true, false);
	put_magic(&img, DATA_OFF, 8, 2);
	memcpy(img.b + DATA_OFF + 32, "\x88\x80\x80\x80\x80\x80\x80\x80\x80\0go1.24.4", 18);
	expect("ten bytes", &img, GT_PROG_GO, GT_NOTE_NONE, "go1.24.4", false);
}

static void test_gt_program_elf_modules_broken(void **state)
{
	const size_t at = DATA_OFF + 32 + 9; /* of the module block's length */
	static const struct {
		const char *name, *bytes;
		size_t len;
	} rows[] = {
		{"too short", "\x1f", 1},
		{"no marks", "\x30", 1},
		{"17 MiB", "\x80\x80\xc0\x08", 4},
		{"2^64-1", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
		{"endless", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10},
		{"only a start", "\x25" START "path\t", 22},
		{"wrong start",
		 "\x29"
		 "0123456789abcdefmod\ta\tv1\n" END,
		 42},
		{"wrong end", "\x29" START "mod\ta\tv1\n0123456789abcdef", 42},
		{"no line's end", "\x25" START "path\t" END, 38},
		{"a NUL", "\x26" START "path\0\n" END, 39},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		make(&img, true, false);
		put_magic(&img, DATA_OFF, 8, 2);
		(void)put_string(&img, DATA_OFF + 32, "go1.24.4", 8);
		memcpy(img.b + at, rows[i].bytes, rows[i].len);
		expect(rows[i].name, &img, GT_PROG_GO, GT_NOTE_MALFORMED, "go1.24.4", false);
	}
}

static void test_gt_program_elf_pointers_broken(void **state)
{
	const size_t at = DATA_OFF + 0x100;
	static const uint64_t bad[] = {1, DATA_ADDR - 1, DATA_ADDR + DATA_SIZE - 15, UINT64_MAX,
				       UINT64_MAX - 7};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(bad); i++) {
		make(&img, true, false);
		put_pointers(&img, at, "go1.17.1", MODS);
		put(&img, at + 24, 8, bad[i]);
		expect("pointer to modules", &img, GT_PROG_GO, GT_NOTE_MALFORMED, "go1.17.1",
		       false);
		put(&img, at + 16, 8, bad[i]);
		BAD("pointer to version", &img);
		put_pointers(&img, at, "go1.17.1", MODS);
		put(&img, at + 0x80, 8, bad[i]);
		BAD("version's bytes", &img);
		put(&img, at + 0x88, 8, UINT64_MAX);
		BAD("version's length", &img);
	}
	make(&img, true, false);
	put_pointers(&img, at, "go1.17.1", MODS);
	put(&img, at + 24, 8, 0);
	expect("no modules", &img, GT_PROG_GO, GT_NOTE_NONE, "go1.17.1", false);
	put(&img, at + 16, 8, 0);
	BAD("no version", &img);
}

static void test_gt_program_elf_interpreter(void **state)
{
	(void)state;
	make(&img, true, false);
	PUT(&img, 0, Ehdr, e_phnum, 2);
	PUT(&img, PH(&img, 1), Phdr, p_type, PT_INTERP);
	put_pointers(&img, DATA_OFF, "go1.17.1", "path\tx\nmod\tx\tv1\n");
	assert_int_equal(inspect(&img).cgo, GT_YES);
	put_inline(&img, DATA_OFF, "go1.24.4", MODS);
	assert_int_equal(inspect(&img).cgo, GT_NO);
}

/* A module block of LEN bytes in all, its one line at its end. */
static void check_block(size_t len, bool want)
{
	static const char last[] = "mod\tx\tv1\n" END;
	_cleanup_close_ int fd = memfd_create("block", MFD_CLOEXEC);
	_cleanup_free_ char *block = malloc(len);
	struct gt_program p;
	size_t at;

	assert_non_null(block);
	memset(block, '\n', len);
	memcpy(block, START, 16);
	memcpy(block + len - sizeof(last) + 1, last, sizeof(last) - 1);
	make(&img, true, false);
	put_load(&img, 0, DATA_ADDR, DATA_OFF, 20u << 20);
	put_magic(&img, DATA_OFF, 8, 2);
	at = put_string(&img, DATA_OFF + 32, "go1.24.4", 8);
	for (size_t v = len; v; v >>= 7)
		img.b[at++] = (unsigned char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
	assert_int_equal(write(fd, img.b, sizeof(img.b)), (ssize_t)sizeof(img.b));
	assert_int_equal(pwrite(fd, block, len, (off_t)at), (ssize_t)len);
	assert_int_equal(ftruncate(fd, DATA_OFF + (20 << 20)), 0);
	gt_program_elf(fd, &p);
	assert_int_equal(p.kind, GT_PROG_GO);
	assert_int_equal(p.has_modules, want);
	assert_int_equal(p.note, want ? GT_NOTE_NONE : GT_NOTE_MALFORMED);
}

static void test_gt_program_elf_large_modules(void **state)
{
	(void)state;
	check_block(1u << 20, true);
	check_block(16u << 20, true);
	check_block((16u << 20) + 1, false);
}

/* A gigabyte of data, as holes: the search stops at its budget. */
static void test_gt_buildinfo_read_budget(void **state)
{
	_cleanup_close_ int fd = memfd_create("big", MFD_CLOEXEC);
	static struct gt_elf e;
	struct gt_program p = {0};

	(void)state;
	make(&img, true, false);
	put_load(&img, 0, DATA_ADDR, DATA_OFF, 1u << 30);
	assert_int_equal(write(fd, img.b, sizeof(img.b)), (ssize_t)sizeof(img.b));
	assert_int_equal(ftruncate(fd, (1u << 30) + DATA_OFF), 0);
	assert_int_equal(gt_elf_open(&e, fd), 0);
	assert_int_equal(gt_elf_headers(&e), 0);
	assert_int_equal(gt_buildinfo_read(&e, &p), -EFBIG);
	assert_true(e.budget < sizeof(e.win[0].b));
	gt_program_elf(fd, &p);
	assert_int_equal(p.kind, GT_PROG_UNKNOWN);
	assert_int_equal(p.note, GT_NOTE_NO_BUILDINFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_program_elf_every_form),
		cmocka_unit_test(test_gt_program_elf_extended_counts),
		cmocka_unit_test(test_gt_program_elf_wraps),
		cmocka_unit_test(test_gt_program_elf_headers_malformed),
		cmocka_unit_test(test_gt_program_elf_segments),
		cmocka_unit_test(test_gt_program_elf_magics),
		cmocka_unit_test(test_gt_program_elf_version_broken),
		cmocka_unit_test(test_gt_program_elf_modules_broken),
		cmocka_unit_test(test_gt_program_elf_pointers_broken),
		cmocka_unit_test(test_gt_program_elf_interpreter),
		cmocka_unit_test(test_gt_program_elf_large_modules),
		cmocka_unit_test(test_gt_buildinfo_read_budget),
	};

	(void)alarm(60); /* a hang is a failure, too */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
