/*
 * A process's environment, of which our own variables are kept and nothing else. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/scan.h"

/* An entry is complete: LEN bytes, of which the first are in S->entry. */
static void end_entry(struct gt_scan_env *s)
{
	bool whole = s->len < sizeof(s->entry);

	/* All of ours begin so: most entries need no more than a look. */
	for (unsigned v = s->entry[0] == 'G' ? 0 : GT_VAR_COUNT; v < GT_VAR_COUNT; v++) {
		struct gt_env_var *var = &s->var[v];
		size_t n = strlen(gt_var_name[v]);

		if (s->len <= n || memcmp(s->entry, gt_var_name[v], n) != 0 || s->entry[n] != '=')
			continue;
		if (var->count++ > 0)
			continue; /* the first counts */
		var->present = true;
		var->too_long = !whole || !gt_copy(var->value, sizeof(var->value), s->entry + n + 1,
						   s->len - n - 1);
	}
	s->len = 0;
}

void gt_scan_env_feed(struct gt_scan_env *s, const char *bytes, size_t n)
{
	while (n > 0) {
		const char *end = memchr(bytes, '\0', n);
		size_t here = end ? (size_t)(end - bytes) : n;
		size_t room = s->len < sizeof(s->entry) ? sizeof(s->entry) - s->len : 0;

		memcpy(s->entry + (s->len < sizeof(s->entry) ? s->len : 0), bytes,
		       here < room ? here : room);
		s->len += here;
		if (!end)
			return;
		if (s->len > 0) /* there may be millions that are empty */
			end_entry(s);
		bytes += here + 1;
		n -= here + 1;
	}
}
