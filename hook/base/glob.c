/*
 * Matching of names by glob, and a stable hash of names. Pure; no privilege.
 */
#include "gotune/base.h"

/*
 * Only the last '*' ever has to be tried again: an earlier one has already matched as little as it
 * could. So there is no recursion, and never more than strlen(pattern) * strlen(s) steps.
 */
bool gt_glob(const char *pattern, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = pattern++;
			from = s;
		} else if (*pattern == '?' || *pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star + 1;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

uint64_t gt_hash(const char *s, uint64_t seed)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;

	for (; *s; s++) {
		h ^= (unsigned char)*s;
		h *= UINT64_C(0x100000001b3);
	}
	/* FNV's low bits are weak for short keys: mix, as the last step of MurmurHash3 does. */
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	h ^= h >> 33;
	return h;
}
