/*
 * Where an event of a JSON walk stands: its path, its line. Pure.
 */
#include "gotune/base.h"

struct gt_json_pos gt_json_locate(const char *doc, size_t len, size_t offset)
{
	static const struct gt_json_pos begin = {0, 1, 1};

	return gt_json_locate_from(doc, len, offset, &begin);
}

struct gt_json_pos gt_json_locate_from(const char *doc, size_t len, size_t offset,
				       const struct gt_json_pos *from)
{
	struct gt_json_pos pos = *from;

	for (size_t end = offset < len ? offset : len; pos.offset < end; pos.offset++) {
		pos.column++;
		if (doc[pos.offset] == '\n') {
			pos.line++;
			pos.column = 1;
		}
	}
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
