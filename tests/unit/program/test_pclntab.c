/*
 * The names of a Go program's functions, in every form, and with bytes changed. Real programs are
 * in test_elf.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "elf_image.h"

#define TAB 0x1000u /* of the table, in the data segment */

/* Where a table of MAGIC has its names, and where the next table begins: the words that say so. */
static const struct form {
	uint32_t magic;
	unsigned names, end;
} forms[] = {{0xfffffffb, 0, 0}, {0xfffffffa, 2, 3}, {0xfffffff0, 3, 4}, {0xfffffff1, 3, 4}};

/* A table at file offset OFF whose names are the LEN bytes at NAMES; they begin at OFF + 0x100. */
static void put_table(struct image *m, size_t off, const struct form *f, const char *names,
		      size_t len)
{
	size_t ptr = m->is64 ? 8 : 4;

	put(m, off, 4, f->magic);
	m->b[off + 6] = 1;
	m->b[off + 7] = (unsigned char)ptr;
	put(m, off + 8, ptr, 2); /* functions */
	memcpy(m->b + off + 0x100, names, len);
	if (f->names) {
		put(m, off + 8 + f->names * ptr, ptr, 0x100);
		put(m, off + 8 + f->end * ptr, ptr, 0x100 + len);
	} else { /* after the index comes the table of files */
		put(m, off + 8 + ptr + 5 * ptr, 4, 0x100 + len);
	}
}

static enum gt_tri ask(const struct image *m)
{
	_cleanup_close_ int fd = memfd_create("image", MFD_CLOEXEC);
	static const struct gt_program go = {.kind = GT_PROG_GO};

	assert_int_equal(write(fd, m->b, sizeof(m->b)), (ssize_t)sizeof(m->b));
	return gt_program_can_exec(fd, &go);
}

#define N(s) s, sizeof(s) /* with the last NUL */
static const struct row {
	const char *what, *names;
	size_t len;
	enum gt_tri want, old; /* what the oldest form, whose names are among other bytes, says */
} rows[] = {
	{"among others", N("main.main\0syscall.Exec\0syscall.Exit"), GT_YES, GT_YES},
	{"the first", N("syscall.Exec\0main.main"), GT_YES, GT_YES},
	{"the last", N("main.main\0syscall.Exec"), GT_YES, GT_YES},
	{"none", N("main.main\0syscall.Exit"), GT_NO, GT_NO},
	{"longer", N("syscall.ExecX\0syscall.Exec.func1"), GT_NO, GT_NO},
	{"another package", N("a/syscall.Exec\0xsyscall.Exec"), GT_NO, GT_UNKNOWN},
	{"another one, then it", N("a/syscall.Exec\0syscall.Exec"), GT_YES, GT_YES},
	{"after a table", N("main.main\0\x02\x81syscall.Exec"), GT_NO, GT_YES},
	{"cut", "main.main\0syscall.Exec", 22, GT_NO, GT_NO},
};

static void test_gt_program_can_exec_forms(void **state)
{
	static struct image m;
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < 4 * 2 * 2 * GT_ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i / 16];
		const struct form *f = &forms[i % 4];
		enum gt_tri want = f->names ? r->want : r->old, is;

		make(&m, i & 4, i & 8);
		put_table(&m, DATA_OFF + TAB, f, r->names, r->len);
		is = ask(&m);
		if (is != want) {
			print_error("%s, form %zu, %s %s: %d\n", r->what, i % 4,
				    i & 4 ? "64" : "32", i & 8 ? "big" : "little", (int)is);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* The name at every place around the chunks that are read. */
static void test_gt_program_can_exec_chunks(void **state)
{
	static struct image m;

	(void)state;
	for (size_t at = 0; at < 40; at++) {
		make(&m, true, false);
		put_table(&m, DATA_OFF, &forms[3], "", 1);
		put(&m, DATA_OFF + 8 + 4 * 8, 8, 0x1f00);
		memset(m.b + DATA_OFF + 0x100, 'x', 0xef0 + at);
		m.b[DATA_OFF + 0xfd0 + at] = '\0';
		memcpy(m.b + DATA_OFF + 0xfd1 + at, "syscall.Exec", 13);
		assert_int_equal(ask(&m), GT_YES);
		m.b[DATA_OFF + 0xfd0 + at] = 'x';
		assert_int_equal(ask(&m), GT_NO);
	}
}

/* What is in a table's header, and does not fit: not known. */
static void test_gt_program_can_exec_broken(void **state)
{
	static const struct {
		size_t off, n;
		uint64_t v;
	} broken[] = {
		{0, 4, 0xfffffff2},  {4, 1, 1},		 {6, 1, 3},	 {7, 1, 4},
		{8, 8, 0},	     {8, 8, UINT64_MAX}, {32, 8, 0},	 {32, 8, 8},
		{32, 8, UINT64_MAX}, {32, 8, 0x110},	 {40, 8, 0x100}, {40, 8, 0x10000},
		{40, 8, UINT64_MAX}, {40, 8, 0},
	};
	static struct image m;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(broken); i++) {
		make(&m, true, false);
		put_table(&m, DATA_OFF + TAB, &forms[3], "syscall.Exec", 13);
		assert_int_equal(ask(&m), GT_YES);
		put(&m, DATA_OFF + TAB + broken[i].off, broken[i].n, broken[i].v);
		if (ask(&m) != GT_UNKNOWN)
			fail_msg("row %zu", i);
	}
}

/* A section that names another place than a table, and one that is right. */
static void test_gt_program_can_exec_section(void **state)
{
	static const char names[] = "\0.shstrtab\0.gopclntab";
	static struct image m;

	(void)state;
	make(&m, true, false);
	put_sections(&m);
	memcpy(m.b + NAMES_OFF, names, sizeof(names));
	put_table(&m, DATA_OFF + 0x100, &forms[3], "syscall.Exec", 13);
	assert_int_equal(ask(&m), GT_YES); /* the section's */
	put_table(&m, DATA_OFF + 0x80, &forms[3], "main.main", 10);
	put_table(&m, DATA_OFF + 0x400, &forms[3], "main.main", 10);
	put_table(&m, DATA_OFF + 0x100, &forms[3], "syscall.Exec", 13);
	assert_int_equal(ask(&m), GT_YES);
	PUT(&m, SH(&m, 2), Shdr, sh_addr, DATA_ADDR + 0x400);
	assert_int_equal(ask(&m), GT_NO);
	PUT(&m, SH(&m, 2), Shdr, sh_addr, DATA_ADDR + 0x800); /* nothing there: by the magic */
	put(&m, DATA_OFF + 0x80, 4, 0);
	assert_int_equal(ask(&m), GT_YES);
}

static void test_gt_program_can_exec_no_go(void **state)
{
	static const struct gt_program other = {.kind = GT_PROG_OTHER}, go = {.kind = GT_PROG_GO};
	static struct image m;
	_cleanup_close_ int fd = memfd_create("image", MFD_CLOEXEC);

	(void)state;
	make(&m, true, false);
	put_table(&m, DATA_OFF + TAB, &forms[3], "syscall.Exec", 13);
	assert_int_equal(write(fd, m.b, sizeof(m.b)), (ssize_t)sizeof(m.b));
	assert_int_equal(gt_program_can_exec(fd, &go), GT_YES);
	assert_int_equal(gt_program_can_exec(fd, &other), GT_UNKNOWN);
	assert_int_equal(gt_program_can_exec(-1, &go), GT_UNKNOWN);
	for (off_t len = (off_t)sizeof(m.b) - 1; len > 0; len /= 2) {
		assert_int_equal(ftruncate(fd, len), 0);
		if (len <= (off_t)(DATA_OFF + TAB + 0x100))
			assert_int_equal(gt_program_can_exec(fd, &go), GT_UNKNOWN);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_program_can_exec_forms),
		cmocka_unit_test(test_gt_program_can_exec_chunks),
		cmocka_unit_test(test_gt_program_can_exec_broken),
		cmocka_unit_test(test_gt_program_can_exec_section),
		cmocka_unit_test(test_gt_program_can_exec_no_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
