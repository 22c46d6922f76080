/* A script in a file: its arguments, an empty line, its text. */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gt_launch_step step;
	static struct gt_list argv;
	struct fuzz_in in = {data, size};
	int fd;

	fuzz_strv(&in, '\n', &argv);
	fd = fuzz_file(in.p, in.n);
	HOLDS(gt_program_is_script(fd) == (in.n >= 2 && memcmp(in.p, "#!", 2) == 0));
	step.what = GT_LAUNCH_NONE;
	gt_program_script(fd, &argv.v, &step);
	HOLDS(step.what <= GT_LAUNCH_UNCERTAIN);
	if (step.what != GT_LAUNCH_NEXT)
		return 0;
	HOLDS(fuzz_step_valid(&step) && step.predicted);
	HOLDS(step.env.n % 2 == 0);
	return 0;
}
