/*
 * Which keys the objects of a JSON document have had. Case does not count: runc reads
 * config.json with Go's encoding/json, which matches "ENV" to "env".
 */
#ifndef GOTUNE_BASE_KEYSET_H
#define GOTUNE_BASE_KEYSET_H

#include "gotune/base.h"

/* Hashes of (object, key): open addressing, 0 is a free slot. Zeroed is empty. */
struct gt_keyset {
	uint64_t *slot; /* owned */
	size_t n, cap;
};

/*
 * Adds a key of the object SERIAL. *ret_repeated: that object had it, or a case variant of it, or
 * (never by chance) a document was made so that hashes collide. Returns 0 or -ENOMEM.
 */
GT_MUST_CHECK int gt_keyset_add(struct gt_keyset *set, const char *key, size_t len, uint64_t serial,
				bool *ret_repeated);
void gt_keyset_done(struct gt_keyset *set);

#endif
