/* An engine's TOML: a path of keys joined by '/', an end of line, the document. */
#include "fuzz.h"
#include "gotune/base.h"

static int ignore(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	(void)ctx, (void)ev, (void)e;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size}, line = fuzz_until(&in, '\n');
	struct gt_toml_region where = {0};
	char key[4][64];
	const char *path[4];
	struct gt_buf out = {0};
	struct gt_err e = {0};
	unsigned n = 0;
	int r;

	while (line.n > 0 && n < GT_ARRAY_LEN(path)) {
		fuzz_text(&line, '/', key[n], sizeof(key[n]));
		path[n] = key[n];
		n++;
	}
	r = fuzz_answer(gt_toml_to_json((const char *)in.p, in.n, &out, &e), &e);
	if (r == 0) {
		r = gt_json_walk(out.p, out.len, 0, ignore, NULL, NULL, &e);
		HOLDS(r == 0 || r == -E2BIG); /* nested deeper than we read */
	}
	gt_buf_done(&out);
	if (fuzz_answer(gt_toml_find((const char *)in.p, in.n, path, n, &where, &e), &e) == 0)
		HOLDS(!where.found || (where.begin <= where.end && where.end <= in.n));
	return 0;
}
