/*
 * Build info in a sound ELF file: a byte of its form, the number of bytes that are then changed in
 * the image, those (two bytes of place, one of value), the version, an end of line, the modules.
 */
#include "fuzz.h"

#define assert_true(c)		 HOLDS(c)
#define assert_int_equal(a, b)	 HOLDS((a) == (b))
#define fail_msg(fmt, name, ...) fuzz_broken(__FILE__, __LINE__, name)
#include "../unit/program/elf_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct image m;
	static struct gt_program p;
	struct fuzz_in in = {data, size};
	unsigned form = fuzz_byte(&in), n = fuzz_byte(&in) % 32;
	struct fuzz_in change = in;
	char version[128], mods[1800];

	in.p += n * 3 < in.n ? n * 3 : in.n;
	in.n -= n * 3 < in.n ? n * 3 : in.n;
	fuzz_text(&in, '\n', version, sizeof(version));
	(void)gt_copy(mods, sizeof(mods), (const char *)in.p, in.n);
	make(&m, form & 1, form & 2);
	if (form & 4)
		put_sections(&m);
	if (form & 8)
		put_pointers(&m, DATA_OFF + 0x100, version, mods);
	else
		put_inline(&m, DATA_OFF + 0x100, version, mods);
	while (n-- > 0) {
		unsigned at = (unsigned)fuzz_byte(&change) << 8;

		at |= fuzz_byte(&change);
		m.b[at % sizeof(m.b)] = fuzz_byte(&change);
	}
	memset(&p, 0xa5, sizeof(p));
	gt_program_elf(fuzz_file(m.b, sizeof(m.b)), &p);
	HOLDS(gt_program_valid(&p) && (p.kind != GT_PROG_GO || gt_is_plain(p.go)));
	return 0;
}
