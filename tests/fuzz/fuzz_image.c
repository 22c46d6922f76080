/* The first byte says which of an engine's files about images the rest is. */
#include "fuzz.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static struct gt_image image;
	static struct gt_requests req;
	struct fuzz_in in = {data, size};
	struct gt_image_ask ask = {.file = fuzz_byte(&in) % GT_IMAGE_FILE_COUNT};
	struct gt_err e = {0};

	memcpy(ask.id, id, sizeof(id));
	if (fuzz_answer(gt_read_image(&ask, (const char *)in.p, in.n, &image, &e), &e) < 0)
		return 0;
	HOLDS(gt_image_valid(&image));
	memset(&req, 0, sizeof(req));
	gt_read_labels(&image.labels, &req);
	for (unsigned i = 0; i < GT_KEY_COUNT; i++)
		HOLDS(req.key[i].origin <= GT_ORIGIN_LABEL);
	return 0;
}
