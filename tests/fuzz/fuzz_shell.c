/* The text of `sh -c`, without a file around it. */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/program.h"
#include "program/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gt_launch_step step;
	static struct gt_list args;
	static struct gt_sh_stmt stmt;
	const char *text = (const char *)data;
	struct gt_sh_text t = {.p = text, .end = text + size};
	int r;

	while ((r = gt_sh_next(&t, &stmt)) > 0) {
		HOLDS(gt_strv_valid(&stmt.words.v, &stmt.words.arena.a,
				    sizeof(stmt.words.arena.room)) &&
		      stmt.words.v.n > 0 && stmt.words.v.n <= GT_SH_WORDS);
		HOLDS(t.p <= t.end && t.end == text + size);
		for (uint32_t i = 0; i < stmt.words.v.n; i++) {
			const char *w = gt_strv_at(&stmt.words.v, i);

			HOLDS(stmt.kind[i] <= GT_SH_EXPANDS && strlen(w) < GT_SH_WORD);
			HOLDS(stmt.name_len[i] == 0 || w[stmt.name_len[i]] == '=');
		}
	}
	HOLDS(r == 0 || r == -EINVAL);
	gt_list_init(&args);
	for (unsigned i = 0; i < 3; i++)
		HOLDS(gt_strv_add(&args.v, i ? "arg" : "sh", i ? 3 : 2) == 0);
	step.what = GT_LAUNCH_NONE;
	gt_sh_run(text, size, &args.v, 1, size % 2 ? "/entry.sh" : "", &step);
	HOLDS(step.what != GT_LAUNCH_NEXT ||
	      (fuzz_step_valid(&step) && step.argv[0].n > 0 && step.env.n % 2 == 0));
	HOLDS(step.predicted);
	HOLDS(step.what <= GT_LAUNCH_UNCERTAIN);
	return 0;
}
