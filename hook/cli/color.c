/*
 * Colour: when, and which. Reads the environment; no other effect, no privilege.
 */
#include "cli.h"

/* The eight colours of ECMA-48 only, so that they follow the reader's own palette. */
static const char *const style_on[GT_STYLE_COUNT] = {
	[GT_STYLE_PLAIN] = "",	      [GT_STYLE_BOLD] = "\033[1m",  [GT_STYLE_DIM] = "\033[2m",
	[GT_STYLE_GOOD] = "\033[32m", [GT_STYLE_WARN] = "\033[33m", [GT_STYLE_BAD] = "\033[31m",
};

/* no-color.org wants a non-empty NO_COLOR respected; we respect an empty one as well. */
bool gt_cli_color_wanted(int fd)
{
	const char *term = getenv("TERM");

	if (getenv("NO_COLOR") || !term || strcmp(term, "dumb") == 0 || *term == '\0')
		return false;
	return isatty(fd) == 1;
}

const char *gt_cli_color_on(enum gt_style style)
{
	return (unsigned)style < GT_STYLE_COUNT ? style_on[style] : "";
}
