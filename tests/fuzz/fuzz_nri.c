/* What a runtime and containerd send to gotune-nri. The first byte chooses the message. */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "nri/request.h"

static void fuzz_request(const uint8_t *data, size_t size)
{
	static struct gt_nri_request q;
	struct gt_err e = {0};

	if (fuzz_answer(gt_nri_read_request(data, size, &q, &e), &e) < 0)
		return;
	HOLDS(gt_nri_request_valid(&q));
	HOLDS(!q.has_container || gt_id_ok(q.typed.id));
	/* Two readers of the same bytes find the same container. */
	HOLDS(gt_nri_request_agrees(&q, data, size));
}

static void fuzz_mounts(const uint8_t *data, size_t size)
{
	static struct gt_typed_root root;
	struct gt_err e = {0};

	if (fuzz_answer(gt_nri_read_mounts(data, size, &root, &e), &e) < 0)
		return;
	HOLDS(root.dirs.v.n > 0 && root.dirs.v.dropped == 0);
	for (const char *d = gt_strv_next(&root.dirs.v, NULL); d; d = gt_strv_next(&root.dirs.v, d))
		HOLDS(d[0] == '/' && !strstr(d, "/../"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_nri_response a;
	struct gt_err e = {0};

	if (size == 0)
		return 0;
	if (data[0] % 3 == 0)
		fuzz_request(data + 1, size - 1);
	else if (data[0] % 3 == 1)
		fuzz_mounts(data + 1, size - 1);
	else
		(void)fuzz_answer(gt_nri_read_response(data + 1, size - 1, &a, &e), &e);
	return 0;
}
