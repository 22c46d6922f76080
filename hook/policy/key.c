/*
 * Which files a policy was read from, and in which state of theirs. Pure.
 */
#include "cache.h"

#define SETTLED_S 3 /* no file system's clock ticks slower: FAT's does every two seconds */

static void note_file(struct gt_policy_file *f, const struct stat *st)
{
	*f = (struct gt_policy_file){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_s = st->st_mtim.tv_sec,
		.mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
		.ctime_s = st->st_ctim.tv_sec,
		.ctime_ns = (uint32_t)st->st_ctim.tv_nsec,
	};
}

void gt_policy_key_add(struct gt_policy_key *k, const struct stat *st)
{
	if (k->n_file < GT_LAYERS_MAX)
		note_file(&k->file[k->n_file], st);
	k->n_file++;
}

void gt_policy_key_dir(struct gt_policy_key *k, const struct stat *st)
{
	note_file(&k->dir, st);
}

bool gt_policy_file_is(const struct gt_policy_file *f, const struct stat *st)
{
	struct gt_policy_file now;

	note_file(&now, st);
	return f->dev == now.dev && f->ino == now.ino && f->size == now.size &&
	       f->mtime_s == now.mtime_s && f->mtime_ns == now.mtime_ns &&
	       f->ctime_s == now.ctime_s && f->ctime_ns == now.ctime_ns;
}

bool gt_policy_file_is_none(const struct gt_policy_file *f)
{
	return f->ino == 0 && f->ctime_s == 0;
}

bool gt_policy_key_is_settled(const struct gt_policy_key *k, int64_t now)
{
	for (uint32_t i = 0; i < k->n_file && i < GT_LAYERS_MAX; i++) {
		if (k->file[i].ctime_s > now - SETTLED_S)
			return false;
	}
	return k->dir.ctime_s <= now - SETTLED_S;
}
