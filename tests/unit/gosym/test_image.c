/* gosym/image.c: an ELF file's segments, and where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "gotune/gosym.h"

#define LEN 4096u

struct file {
	Elf64_Ehdr h;
	Elf64_Phdr ph[GT_SYM_SEGS + 1];
	char rest[LEN];
};

static void make(struct file *f, unsigned n)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->h.e_ident, ELFMAG, SELFMAG);
	f->h.e_ident[EI_CLASS] = ELFCLASS64;
	f->h.e_ident[EI_DATA] = ELFDATA2LSB;
	f->h.e_machine = EM_X86_64;
	f->h.e_phentsize = sizeof(Elf64_Phdr);
	f->h.e_phoff = offsetof(struct file, ph);
	f->h.e_phnum = (Elf64_Half)n;
	for (unsigned i = 0; i < n; i++)
		f->ph[i] = (Elf64_Phdr){.p_type = PT_LOAD,
					.p_flags = i == 0 ? PF_R | PF_X : PF_R | PF_W,
					.p_offset = 0x1000ull * i,
					.p_vaddr = 0x400000 + 0x1000ull * i,
					.p_filesz = 0x800,
					.p_memsz = 0x1000};
}

static int parse(const struct file *f, struct gt_sym_image *ret)
{
	return gt_sym_image_parse((const unsigned char *)f, sizeof(*f), ret);
}

static void test_gt_sym_image_parse_segments(void **state)
{
	struct gt_sym_image im;
	struct file f;

	(void)state;
	make(&f, 2);
	assert_int_equal(parse(&f, &im), 0);
	assert_int_equal(im.n_seg, 2);
	assert_true(im.seg[0].can_exec && !im.seg[0].can_write);
	assert_int_equal(im.seg[1].addr, 0x401000);
	assert_int_equal(im.phdrs_addr, 0x400000 + offsetof(struct file, ph));
}

static void test_gt_sym_image_parse_what_is_none(void **state)
{
	struct gt_sym_image im;
	struct file f;

	(void)state;
	make(&f, 2);
	f.h.e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(parse(&f, &im), -ENOEXEC);
	make(&f, 2);
	f.h.e_machine = EM_AARCH64;
	assert_int_equal(parse(&f, &im), -ENOEXEC);
	make(&f, 2);
	assert_int_equal(gt_sym_image_parse((unsigned char *)&f, 10, &im), -ENOEXEC);
	f.h.e_phoff = UINT64_MAX - 4;
	assert_int_equal(parse(&f, &im), -EBADMSG);
	make(&f, 2);
	f.h.e_phnum = UINT16_MAX;
	assert_int_equal(parse(&f, &im), -EBADMSG);
	make(&f, GT_SYM_SEGS + 1);
	assert_int_equal(parse(&f, &im), -EBADMSG);
	make(&f, 2);
	f.ph[1].p_filesz = 0x2000; /* more than its memory */
	assert_int_equal(parse(&f, &im), -EBADMSG);
	make(&f, 2);
	f.ph[1].p_vaddr = UINT64_MAX - 0x10;
	assert_int_equal(parse(&f, &im), -EBADMSG);
	make(&f, 2);
	f.ph[0].p_filesz = 8; /* the program headers are in no segment */
	assert_int_equal(parse(&f, &im), -EBADMSG);
}

static void test_gt_sym_image_place_of_a_pie(void **state)
{
	uint64_t auxv[] = {AT_PAGESZ, 4096, AT_PHDR, 0, AT_NULL, 0};
	struct gt_sym_image im;
	struct file f;

	(void)state;
	make(&f, 2);
	assert_int_equal(parse(&f, &im), 0);
	auxv[3] = 0x7f0000000000 + im.phdrs_addr;
	assert_int_equal(gt_sym_image_place(&im, (unsigned char *)auxv, sizeof(auxv)), 0);
	assert_int_equal(im.bias, 0x7f0000000000);
	assert_true(gt_sym_image_has(&im, 0x7f0000400010, true));
	assert_false(gt_sym_image_has(&im, 0x7f0000401010, true));
	assert_true(gt_sym_image_has(&im, 0x7f0000401010, false));
	assert_false(gt_sym_image_has(&im, 0x401010, false));
	assert_false(gt_sym_image_has(&im, 0x7f0000402000, false));
	auxv[3] = 8; /* below where it was linked */
	assert_int_equal(gt_sym_image_place(&im, (unsigned char *)auxv, sizeof(auxv)), -EBADMSG);
	auxv[2] = AT_BASE;
	assert_int_equal(gt_sym_image_place(&im, (unsigned char *)auxv, sizeof(auxv)), -EBADMSG);
	assert_int_equal(gt_sym_image_place(&im, NULL, 0), -EBADMSG);
}

static void test_gt_sym_image_map_segments(void **state)
{
	_cleanup_close_ int fd = memfd_create("image", MFD_CLOEXEC);
	static char bytes[0x2000];
	struct gt_sym_image im;
	struct file f;

	(void)state;
	bytes[0x1234] = 'x';
	assert_int_equal(write(fd, bytes, sizeof(bytes)), (ssize_t)sizeof(bytes));
	make(&f, 2);
	f.ph[1].p_offset = 0x1230; /* not where a page begins */
	assert_int_equal(parse(&f, &im), 0);
	assert_int_equal(gt_sym_image_map(&im, fd, false), 0);
	assert_null(im.seg[0].bytes);
	assert_int_equal(im.seg[1].bytes[4], 'x');
	assert_int_equal(gt_sym_image_map(&im, fd, true), 0);
	assert_non_null(im.seg[0].bytes);
	im.seg[1].filesz = 1ull << 40;
	assert_int_equal(gt_sym_image_map(&im, fd, false), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gt_sym_image_parse_segments),
		cmocka_unit_test(test_gt_sym_image_parse_what_is_none),
		cmocka_unit_test(test_gt_sym_image_place_of_a_pie),
		cmocka_unit_test(test_gt_sym_image_map_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
