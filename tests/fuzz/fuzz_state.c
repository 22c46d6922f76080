/* OCI state on standard input. */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gt_state s;
	struct gt_err e = {0};

	if (fuzz_answer(gt_read_state((const char *)data, size, &s, &e), &e) == 0)
		HOLDS(gt_state_valid(&s) && gt_id_ok(s.id) &&
		      (gt_state_agrees(&s, (const char *)data, size) ||
		       fuzz_has_odd_spelling(data, size)));
	return 0;
}
