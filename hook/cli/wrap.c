/*
 * Where a line of text may be broken. Pure.
 */
#include "cli.h"

/* Where S may be broken other than at a space: after these. */
static bool breaks_after(char c)
{
	return strchr(",/;:=-", c) != NULL;
}

size_t gt_cli_wrap(const char *s, size_t width, const char **ret_next)
{
	size_t len = strlen(s), soft = 0, cut;

	if (width == 0)
		width = 1;
	if (len <= width) {
		*ret_next = s + len;
		return len;
	}
	for (cut = width; cut > 0 && s[cut] != ' '; cut--) {
		if (soft == 0 && breaks_after(s[cut - 1]))
			soft = cut;
	}
	if (cut == 0)
		cut = soft ? soft : width;
	for (*ret_next = s + cut; **ret_next == ' '; (*ret_next)++)
		;
	while (cut > 1 && s[cut - 1] == ' ')
		cut--;
	return cut;
}
