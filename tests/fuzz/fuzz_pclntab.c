/* A Go program's file, whole, for the names of its functions. */
#include "fuzz.h"
#include "gotune/model.h"
#include "gotune/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char name[] = "syscall.Exec"; /* with its NUL */
	static struct gt_program p = {.kind = GT_PROG_GO};
	enum gt_tri is = gt_program_can_exec(fuzz_file(data, size), &p);

	HOLDS(is == GT_UNKNOWN || is == GT_NO || is == GT_YES);
	HOLDS(is != GT_YES || memmem(data, size, name, sizeof(name)));
	return 0;
}
