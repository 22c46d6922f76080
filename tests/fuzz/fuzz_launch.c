/* A container's command line, followed through its launchers: words, separated by NULs. */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/program.h"
#include "program/shell.h"

#define STEPS_MAX 64 /* each takes a word away, or opens a shell's text */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gt_launch_step step;
	static struct gt_list argv;
	struct fuzz_in in = {data, size};
	unsigned n = 0;

	fuzz_strv(&in, '\0', &argv);
	do {
		step.what = GT_LAUNCH_NONE;
		gt_program_argv(&argv.v, &step);
		HOLDS(step.what <= GT_LAUNCH_UNCERTAIN);
		if (step.what == GT_LAUNCH_NONE)
			break;
		HOLDS(memchr(step.name, '\0', sizeof(step.name)));
		if (step.what == GT_LAUNCH_UNCERTAIN)
			break;
		HOLDS(fuzz_step_valid(&step) && step.env.n % 2 == 0);
		gt_list_copy(&argv, &step.argv[n % step.n_argv]);
	} while (++n < STEPS_MAX);
	return 0;
}
