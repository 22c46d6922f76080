/* A program file, whole. */
#include "fuzz.h"
#include "gotune/model.h"
#include "gotune/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gt_program p;

	memset(&p, 0xa5, sizeof(p));
	gt_program_elf(fuzz_file(data, size), &p);
	HOLDS(gt_program_valid(&p));
	HOLDS(p.kind != GT_PROG_GO || p.go[0]);
	HOLDS(!p.has_modules || p.kind == GT_PROG_GO);
	return 0;
}
