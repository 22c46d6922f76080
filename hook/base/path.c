/*
 * Paths as text. Pure.
 */
#include <string.h>

#include "gotune/base.h"

bool gt_path_clean(const char *path, char *ret, size_t cap, bool *ret_up)
{
	bool fits = true, up = false;

	ret[0] = '\0';
	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t n = strcspn(path, "/"), len = strlen(ret);
		char *last = strrchr(ret, '/');

		if (n == 2 && memcmp(path, "..", 2) == 0) {
			up = true;
			if (last)
				*last = '\0';
		} else if (n != 1 || *path != '.') {
			fits = fits && gt_append(ret, cap, "/") &&
			       gt_copy(ret + len + 1, cap - len - 1, path, n);
		}
		path += n;
	}
	if (ret_up)
		*ret_up = up;
	return fits;
}
