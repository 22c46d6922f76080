/* Go's module block as text, in pieces: a byte N for the size of the first, then the text. */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "program/elf_reader.h"

static void feed(struct fuzz_in in, size_t first, struct gt_program *p)
{
	static struct gt_modinfo m;

	memset(p, 0, sizeof(*p));
	gt_modinfo_start(&m, p);
	first = first < in.n ? first : in.n;
	gt_modinfo_feed(&m, (const char *)in.p, first);
	gt_modinfo_feed(&m, (const char *)in.p + first, in.n - first);
	if (gt_modinfo_end(&m) == 0) /* the text ended with a line's end */
		HOLDS(in.n == 0 || in.p[in.n - 1] == '\n');
	else
		HOLDS(!p->has_modules);
	HOLDS(gt_program_valid(p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gt_program whole, cut;
	struct fuzz_in in = {data, size};
	size_t first = fuzz_byte(&in);

	feed(in, first, &cut);
	feed(in, in.n, &whole);
	HOLDS(memcmp(&whole, &cut, sizeof(cut)) == 0); /* where it is cut does not matter */
	if (gt_go_version((const char *)in.p, in.n < 80 ? in.n : 80, &cut) == 0)
		HOLDS(gt_is_plain(cut.go));
	return 0;
}
