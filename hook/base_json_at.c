/*
 * Where an event of a JSON walk stands: its path, its line. Pure.
 */
#include "gotune/json.h"

struct gt_json_pos gt_json_locate(const char *doc, size_t len, size_t offset)
{
	struct gt_json_pos pos = {.offset = offset < len ? offset : len, .line = 1, .column = 1};
	size_t start = 0;

	for (size_t i = 0; i < pos.offset; i++) {
		if (doc[i] == '\n') {
			pos.line++;
			start = i + 1;
		}
	}
	pos.column = (unsigned)(pos.offset - start) + 1;
	return pos;
}

bool gt_json_at(const struct gt_json_event *ev, const char *pattern)
{
	const char *p = pattern;

	if (*p == '\0')
		return ev->depth == 0;
	for (unsigned i = 0; i < ev->depth; i++) {
		const struct gt_json_step *step = &ev->path[i];
		size_t n = (size_t)(strchrnul(p, '/') - p);
		bool any = n == 1 && *p == '*';

		if (n == 0)
			return false;
		if (!any && (!step->key || step->key_len != n || memcmp(step->key, p, n) != 0))
			return false;
		p += n;
		if (*p == '\0')
			return i + 1 == ev->depth;
		p++;
	}
	return false;
}
