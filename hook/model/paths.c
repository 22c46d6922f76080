/*
 * How our own programs are told by their names. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"

bool gt_is_own_hook(const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);
	const char *name = slash ? slash + 1 : path;
	size_t n = len - (size_t)(name - path);

	return n == strlen(GT_HOOK_NAME) && memcmp(name, GT_HOOK_NAME, n) == 0;
}
