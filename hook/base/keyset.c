/*
 * The keys that an object of a JSON document has had, as hashes: a repeated key is found in about
 * linear time, whatever the document. Pure but for the heap.
 */
#include <string.h>

#include "keyset.h"

#define SLOTS_MIN 256 /* a power of two */
#define PROBE_MAX 64

/*
 * FNV-1a of a key without its case, mixed with its object. Go's encoding/json (decode.go, foldName)
 * also takes U+017F for an s and U+212A for a k, so we do too.
 */
static uint64_t hash_key(const char *s, size_t len, uint64_t serial)
{
	uint64_t h = 14695981039346656037u ^ (serial * 0x9e3779b97f4a7c15u);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 'A' && c <= 'Z') {
			c = (unsigned char)(c | 0x20);
		} else if (len - i >= 2 && memcmp(s + i, "\xc5\xbf", 2) == 0) {
			c = 's';
			i += 1;
		} else if (len - i >= 3 && memcmp(s + i, "\xe2\x84\xaa", 3) == 0) {
			c = 'k';
			i += 2;
		}
		h = (h ^ c) * 1099511628211u;
	}
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	return h ? h : 1;
}

/*
 * Puts H into the slots: 1 when it is new, 0 when it was there. A document made to collide is told
 * that its key is repeated: then nobody edits it, and the time stays linear.
 */
static int put(uint64_t *slot, size_t cap, uint64_t h)
{
	for (size_t i = 0; i < PROBE_MAX; i++) {
		uint64_t *p = &slot[(h + i) & (cap - 1)];

		if (*p == h)
			return 0;
		if (*p == 0) {
			*p = h;
			return 1;
		}
	}
	return 0;
}

static int grow(struct gt_keyset *set)
{
	size_t cap = set->cap ? set->cap * 2 : SLOTS_MIN;
	uint64_t *slot = calloc(cap, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	for (size_t i = 0; i < set->cap; i++) {
		/* One that finds no place is forgotten; only hashes made to collide do that. */
		if (set->slot[i])
			(void)put(slot, cap, set->slot[i]);
	}
	free(set->slot);
	set->slot = slot;
	set->cap = cap;
	return 0;
}

int gt_keyset_add(struct gt_keyset *set, const char *key, size_t len, uint64_t serial,
		  bool *ret_repeated)
{
	int r;

	if (set->n * 2 >= set->cap) {
		r = grow(set);
		if (r < 0)
			return r;
	}
	r = put(set->slot, set->cap, hash_key(key, len, serial));
	set->n += (size_t)r;
	*ret_repeated = r == 0;
	return 0;
}

void gt_keyset_done(struct gt_keyset *set)
{
	free(set->slot);
	*set = (struct gt_keyset){0};
}
