/*
 * A running Go program that lies about where its collector's settings are. The first byte says
 * which version, the second its GOGC; then come changes to its file and memory: three bytes of
 * address, one of length (1 to 8), the bytes. If the first byte is 0xff, the rest is a file of
 * which the symbol is looked for, and what a program's memory begins with.
 */
#include <sys/mman.h>

#include "fuzz.h"

#include "../unit/live/fake.h"

static struct fake fake;

static void run_program(struct fuzz_in *in)
{
	struct gt_live_found f;
	uint8_t minor = fuzz_byte(in), gogc = fuzz_byte(in);
	enum gt_left why;

	fake_make(&fake, 19 + minor % 9, gogc == 0 ? -1 : gogc, 200 << 20);
	while (in->n > 0) {
		uint32_t at = (uint32_t)fuzz_byte(in) << 16;
		unsigned n;

		at |= (uint32_t)fuzz_byte(in) << 8;
		at |= fuzz_byte(in);
		n = 1 + fuzz_byte(in) % 8;
		for (unsigned i = 0; i < n && at + i < FAKE_LEN; i++)
			fake.b[at + i] = fuzz_byte(in);
	}
	why = fake_locate(&fake, &f);
	HOLDS(why < GT_LEFT_COUNT);
	if (why != GT_LEFT_NONE) {
		HOLDS(f.addr == 0 || why == GT_LEFT_NO_TABLE);
		return;
	}
	/* What is found is in the buffer, looks like it, and is where the code leads. */
	HOLDS(f.addr % 8 == 0 && f.addr >= BASE && f.addr + GT_LIVE_LEN <= BASE + FAKE_LEN);
	HOLDS(gt_live_head_ok(fake.b + (f.addr - BASE)));
	HOLDS(f.n_vote >= 10);
}

static void run_file(const uint8_t *data, size_t size)
{
	static int fd = -1;
	unsigned char b[GT_LIVE_LEN] = {0};
	struct gt_live_snapshot s;
	char text[512] = "";
	uint64_t at;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	HOLDS(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	(void)!gt_live_symbol(fd, &at);
	memcpy(b, data, size < sizeof(b) ? size : sizeof(b));
	for (unsigned minor = 19; minor <= 27; minor++) {
		gt_live_parse(b, gt_live_layout_of(minor), &s);
		HOLDS(!gt_live_head_ok(b) || (s.gogc != 0 && s.limit > 0));
	}
	memcpy(text, data, size < sizeof(text) - 1 ? size : sizeof(text) - 1);
	(void)gt_live_ids_plain(text);
	(void)gt_live_auxv_secure(data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};

	if (size > 0 && data[0] == 0xff)
		run_file(data + 1, size - 1);
	else
		run_program(&in);
	return 0;
}
