/*
 * What a compiled policy was compiled from. Private to the room.
 */
#ifndef GOTUNE_POLICY_CACHE_H
#define GOTUNE_POLICY_CACHE_H

#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"

/* One state of one file: any change of it changes one of these. All 0: there is none. */
struct gt_policy_file {
	uint64_t dev, ino, size;
	int64_t mtime_s, ctime_s;
	uint32_t mtime_ns, ctime_ns;
};

/* The files of a policy, as they were just before each was read. */
struct gt_policy_key {
	struct gt_policy_file dir; /* of the drop-ins: whose names are in it */
	uint32_t n_file, unused;
	struct gt_policy_file file[GT_LAYERS_MAX]; /* of each layer but the built-in one */
};

/* Notes the next file that is read, and the directory of drop-ins. */
void gt_policy_key_add(struct gt_policy_key *k, const struct stat *st);
void gt_policy_key_dir(struct gt_policy_key *k, const struct stat *st);

bool gt_policy_file_is(const struct gt_policy_file *f, const struct stat *st);
bool gt_policy_file_is_none(const struct gt_policy_file *f);

/* Has none of these files changed shortly before NOW, or after it? Then a change to come shows. */
bool gt_policy_key_is_settled(const struct gt_policy_key *k, int64_t now);

/* Are the files of P, which was read with K, still in the state that K says? */
bool gt_policy_holds(int root, const char *file, const struct gt_policy_key *k,
		     const struct gt_policy *p);

/* gt_read_policy, which fills *RET_KEY, too: it is zero before. */
GT_MUST_CHECK int gt_policy_read_files(int root, const char *file, struct gt_policy_key *ret_key,
				       struct gt_policy *ret, struct gt_err *e);

/* For the build and for tests: the built-in defaults, read from their JSON. 0 or -ENOMEM. */
GT_MUST_CHECK int gt_policy_read_builtin_json(struct gt_policy *ret);

#endif
