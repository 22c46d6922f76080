/*
 * The names of an answer, one behind the other, as offsets; and those of functions and places. Pure
 * but for gt_gor_text_clean, which changes what it is given. All but that runs in the sandboxed
 * worker.
 */
#include <string.h>

#include "internal.h"

void gt_gor_text_begin(struct gt_gor_text *t)
{
	t->p[0] = '\0';
	t->n = 1;
}

uint32_t gt_gor_text_add(struct gt_gor_text *t, const char *s, size_t len)
{
	uint32_t at = t->n;

	if (len == 0 || len >= GT_GOR_TEXT_MAX - at)
		return 0;
	memcpy(t->p + at, s, len);
	t->p[at + len] = '\0';
	t->n += (uint32_t)len + 1;
	return at;
}

void gt_gor_text_site(const struct gt_gor_runtime *rt, struct gt_gor_text *t, uint64_t pc,
		      uint32_t *ret_name, uint32_t *ret_place)
{
	struct gt_gor_func f[GT_GOR_INLINED];

	if (gt_gor_expand(rt, pc, f) == 0)
		return;
	*ret_name = gt_gor_text_add(t, f[0].name, f[0].len);
	*ret_place = gt_gor_text_add(t, f[0].place, strlen(f[0].place));
}

uint32_t gt_gor_text_function(const struct gt_gor_runtime *rt, struct gt_gor_text *t, uint64_t pc)
{
	int64_t i = gt_sym_names_func(&rt->names, pc);
	size_t len;
	const char *s;

	if (i < 0)
		return 0;
	s = gt_sym_names_name(&rt->names, (uint32_t)i, &len);
	return gt_gor_text_add(t, s, len);
}

bool gt_gor_text_clean(char *text, uint32_t n)
{
	if (n == 0 || text[0] != '\0' || text[n - 1] != '\0')
		return false;
	for (char *p = text; p < text + n; p += strlen(p) + 1) {
		size_t len = strlen(p);

		gt_utf8_plain(p);
		memset(p + strlen(p), 0, len - strlen(p));
	}
	return true;
}
