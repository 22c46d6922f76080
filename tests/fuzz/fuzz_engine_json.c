/*
 * Edits of an engine's JSON: a path of keys joined by '/', an end of line, the document. What was
 * put is found; what was dropped is not; all other bytes stay.
 */
#include "engine/json.h"
#include "fuzz.h"
#include "gotune/base.h"

static const char *path[4];
static unsigned n;

static bool find(const char *doc, size_t len, struct gt_json_spot *ret)
{
	struct gt_err e = {0};

	return fuzz_answer(gt_json_find(doc, len, path, n, ret, &e), &e) == 0 && ret->found;
}

/* B is A with one piece, of MOST bytes or of blanks alone, replaced by another. */
static bool one_piece(const char *a, size_t na, const struct gt_buf *b, size_t most)
{
	size_t head = 0, tail = 0;

	while (head < na && head < b->len && a[head] == b->p[head])
		head++;
	while (tail < na - head && tail < b->len - head &&
	       a[na - 1 - tail] == b->p[b->len - 1 - tail])
		tail++;
	for (size_t i = head; na - head - tail > most && i < na - tail; i++) {
		if (!strchr(" \t\r\n\v\f", a[i]))
			return false;
	}
	return true;
}

/* Is there a null on the way? An object takes its place. */
static bool meets_null(const char *doc, size_t len)
{
	for (unsigned k = 1; k < n; k++) {
		struct gt_json_spot spot = {0};
		struct gt_err e = {0};

		if (gt_json_find(doc, len, path, k, &spot, &e) == 0 && spot.found &&
		    spot.type == GT_JSON_NULL)
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size}, line = fuzz_until(&in, '\n');
	const char *doc = (const char *)in.p;
	struct gt_json_spot was = {0}, is = {0};
	struct gt_buf put = {0}, dropped = {0};
	static char key[4][64];
	struct gt_err e = {0};
	bool there;

	for (n = 0; line.n > 0 && n < GT_ARRAY_LEN(path); n++) {
		fuzz_text(&line, '/', key[n], sizeof(key[n]));
		path[n] = key[n];
		if (gt_utf8_valid_len(key[n], strlen(key[n])) != strlen(key[n]))
			return 0; /* no name of ours */
	}
	there = find(doc, in.n, &was);
	HOLDS(!there || (was.begin < was.end && was.end <= in.n));
	if (fuzz_answer(gt_json_put(doc, in.n, path, n, "[7]", &put, &e), &e) == 0) {
		HOLDS(find(put.p, put.len, &is) && is.end - is.begin == 3);
		HOLDS(memcmp(put.p + is.begin, "[7]", 3) == 0);
		HOLDS(one_piece(doc, in.n, &put,
				there			? was.end - was.begin
				: meets_null(doc, in.n) ? strlen("null")
							: 0));
	}
	if (n > 0 && fuzz_answer(gt_json_drop(doc, in.n, path, n, &dropped, &e), &e) == 0) {
		HOLDS(!find(dropped.p, dropped.len, &is));
		HOLDS(gt_json_find(dropped.p, dropped.len, path, 0, &is, &e) == 0);
		HOLDS(there ? dropped.len < in.n : dropped.len == in.n);
	}
	gt_buf_done(&put);
	gt_buf_done(&dropped);
	return 0;
}
