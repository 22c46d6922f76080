/* live/symtab.c: the symbol of a program that was not stripped, and tables that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "live/internal.h"

#define NAME "runtime.gcController"

struct file {
	Elf64_Ehdr h;
	Elf64_Shdr sh[3];
	Elf64_Sym sym[3];
	char names[64];
};

static struct file make(void)
{
	struct file f = {0};

	f.h.e_shoff = offsetof(struct file, sh);
	f.h.e_shnum = 3;
	f.h.e_shentsize = sizeof(Elf64_Shdr);
	f.sh[1] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
			       .sh_offset = offsetof(struct file, sym),
			       .sh_size = sizeof(f.sym),
			       .sh_link = 2};
	f.sh[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
			       .sh_offset = offsetof(struct file, names),
			       .sh_size = sizeof(f.names)};
	f.sym[1] = (Elf64_Sym){.st_name = 1,
			       .st_info = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT),
			       .st_size = 400,
			       .st_value = 0x5000};
	f.sym[2] = f.sym[1];
	f.sym[2].st_name = 40;
	f.sym[2].st_value = 0x6000;
	memcpy(f.names + 1, NAME, sizeof(NAME));
	memcpy(f.names + 40, NAME "x", sizeof(NAME) + 1);
	return f;
}

static void expect(const char *name, const struct file *f, size_t len, int r, uint64_t want)
{
	_cleanup_close_ int fd = memfd_create("file", MFD_CLOEXEC);
	uint64_t at = 0;
	int got;

	assert_int_equal(pwrite(fd, f, len, 0), (ssize_t)len);
	got = gt_live_symbol(fd, &at);
	if (got != r || at != want)
		fail_msg("%s: %d %#llx", name, got, (unsigned long long)at);
}

static void test_gt_live_symbol_rows(void **state)
{
	struct file f = make();

	(void)state;
	expect("there", &f, sizeof(f), 0, 0x5000);
	f.sym[1].st_size = 8;
	expect("another size", &f, sizeof(f), 0, 0);
	f = make();
	f.sym[1].st_info = STT_FUNC;
	expect("a function", &f, sizeof(f), 0, 0);
	f = make();
	f.sym[2].st_name = 1;
	expect("twice, at two addresses", &f, sizeof(f), -EBADMSG, 0);
	f.sym[2].st_value = 0x5000;
	expect("twice, at one", &f, sizeof(f), 0, 0x5000);
	f = make();
	f.h.e_shnum = 0;
	expect("stripped of sections", &f, sizeof(f), 0, 0);
	f = make();
	f.sh[1].sh_type = SHT_NULL;
	expect("stripped", &f, sizeof(f), 0, 0);
}

static void test_gt_live_symbol_tables_that_lie(void **state)
{
	struct file f = make();

	(void)state;
	f.h.e_shnum = 600;
	expect("too many sections", &f, sizeof(f), -EBADMSG, 0);
	f = make();
	f.h.e_shoff = UINT64_MAX - 8;
	expect("sections beyond", &f, sizeof(f), -EBADMSG, 0);
	f = make();
	f.h.e_shentsize = 8;
	expect("another size of a section", &f, sizeof(f), -EBADMSG, 0);
	f = make();
	f.sh[1].sh_link = 3;
	expect("names that are no section", &f, sizeof(f), -EBADMSG, 0);
	f = make();
	f.sh[1].sh_size = UINT64_MAX;
	expect("more symbols than any program has", &f, sizeof(f), -EBADMSG, 0);
	f = make();
	f.sh[1].sh_size = 1000 * sizeof(Elf64_Sym);
	expect("symbols beyond the end", &f, sizeof(f), -EBADMSG, 0);
	f = make();
	f.sh[1].sh_offset = UINT64_MAX - 16;
	expect("symbols that wrap around", &f, sizeof(f), -EBADMSG, 0);
	f = make();
	f.sh[2].sh_size = 10;
	expect("a name beyond the names", &f, sizeof(f), 0, 0);
	f = make();
	f.sh[2].sh_offset = UINT64_MAX - 16;
	expect("names that wrap around", &f, sizeof(f), 0, 0);
	expect("a file that is cut", &f, 30, -EBADMSG, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_live_symbol_rows),
		cmocka_unit_test(test_gt_live_symbol_tables_that_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
