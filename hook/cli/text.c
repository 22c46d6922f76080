/*
 * The texts of commands and options name engines and ways as "{engines}": here the lists are filled
 * in, from the table of the engines. Pure.
 */
#include "cli.h"
#include "gotune/base.h"
#include "gotune/engine.h"

static void all_ways(char *ret, size_t cap)
{
	gt_way_list(~0u, ret, cap);
}

/* "docker runtime; podman precreate (with --way: runtime, hook)" */
static void engine_ways(char *ret, size_t cap)
{
	char list[80];

	ret[0] = '\0';
	for (unsigned i = 0; i < GT_ENGINES_N; i++) {
		const struct gt_engine_driver *g = gt_engines[i];
		unsigned others = g->ways & ~g->default_ways;

		(void)gt_append(ret, cap, i > 0 ? "; " : ""); /* cut: for people */
		(void)gt_append(ret, cap, g->name);
		(void)gt_append(ret, cap, " ");
		gt_way_list(g->default_ways, list, sizeof(list));
		(void)gt_append(ret, cap, list);
		if (!others)
			continue;
		gt_way_list(others, list, sizeof(list));
		(void)gt_append(ret, cap, " (with --way: ");
		(void)gt_append(ret, cap, list);
		(void)gt_append(ret, cap, ")");
	}
}

static const struct {
	const char *name;
	void (*fill)(char *ret, size_t cap);
} lists[] = {
	{"{engines}", gt_engine_list},
	{"{ways}", all_ways},
	{"{engine ways}", engine_ways},
};

/* The length of what TEXT begins with: the name of a list, whose content is appended, or plain text
 * up to the next one, which is appended as it is. */
static size_t add_part(const char *text, char *ret, size_t cap)
{
	size_t len;

	for (unsigned i = 0; i < GT_ARRAY_LEN(lists); i++) {
		if (gt_has_prefix(text, lists[i].name)) {
			lists[i].fill(ret, cap);
			return strlen(lists[i].name);
		}
	}
	len = 1 + strcspn(text + 1, "{");
	(void)gt_copy(ret, cap, text, len); /* cut: for people */
	return len;
}

void gt_cli_text(const char *text, char *ret, size_t cap)
{
	ret[0] = '\0';
	for (size_t used = 0; *text; used += strlen(ret + used))
		text += add_part(text, ret + used, cap - used);
}
