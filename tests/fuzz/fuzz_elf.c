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
	HOLDS(p.loads_later == GT_UNKNOWN || p.kind == GT_PROG_OTHER);
	HOLDS(gt_program_exec_kind("/bin/app", &p) != GT_EXEC_GO || p.kind == GT_PROG_GO);
	HOLDS(gt_program_exec_kind("/bin/sh", &p) != GT_EXEC_OTHER);
	return 0;
}
