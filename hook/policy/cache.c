/*
 * The policy's compiled form, kept beside the records. Effectful: looks at the policy's files, maps
 * a file of the directory of records, and writes it; needs no privilege beyond that of these files.
 *
 * Theory of operation. Every container's start needs the policy, and the files change some times a
 * year. So what they come to is kept as one file, which each start maps read-only: a thousand rules
 * are some pages of the page cache, and none of ours. It begins with a key: the identity of each
 * file that was read, and of the directory that lists them. The names are those of the layers, so
 * nothing needs to be listed: a name that is new or gone shows in the directory's times. If a file
 * is not what the key says, if another build has written it, or if anything in it cannot be, it is
 * as good as absent: the files are read, and it is written anew.
 *
 * A file may change twice within one tick of the clock that its times are from, after we have read
 * it the first time. So nothing is kept of files that have changed within the last seconds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "cache.h"
#include "compiled.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"

#define NAMED_MAX  16 /* files for policies that --policy names; more than that take turns */
#define MAGIC	   "gotune\n\1"
#define HEAD_ALIGN 4096

/* The head of the file; the block follows it. */
struct head {
	char magic[8];
	uint64_t build, head_len, block_len;
	struct gt_policy_key key;
};
#define HEAD_LEN ((sizeof(struct head) + HEAD_ALIGN - 1) / HEAD_ALIGN * HEAD_ALIGN)

/* ---- does it hold? ---- */

/* Is what PATH leads to F, which may be none? */
static bool is_still(int root, const char *path, const struct gt_policy_file *f)
{
	struct stat st;
	int r = gt_root_stat(root, path, &st);

	if (r == -ENOENT || r == -ENOTDIR)
		return gt_policy_file_is_none(f);
	return r == 0 && gt_policy_file_is(f, &st);
}

/* Of the policy that the machine has: the file, the directory, and what was in that. */
static bool machine_holds(int root, const struct gt_policy_key *k, const struct gt_policy *p)
{
	bool has_file = p->n_layer > 1 && strcmp(p->layer[1].path, GT_POLICY_FILE) == 0;
	static const struct gt_policy_file none;

	if (!is_still(root, GT_POLICY_FILE, has_file ? &k->file[0] : &none) ||
	    !is_still(root, GT_POLICY_DIR, &k->dir))
		return false;
	for (uint32_t i = has_file ? 2 : 1; i < p->n_layer; i++) {
		if (!is_still(root, p->layer[i].path, &k->file[i - 1]))
			return false;
	}
	return true;
}

static bool named_holds(const char *file, const struct gt_policy_key *k, const struct gt_policy *p)
{
	struct stat st;

	return p->n_layer == 2 && strcmp(p->layer[1].path, file) == 0 && stat(file, &st) == 0 &&
	       S_ISREG(st.st_mode) && gt_policy_file_is(&k->file[0], &st);
}

bool gt_policy_holds(int root, const char *file, const struct gt_policy_key *k,
		     const struct gt_policy *p)
{
	return file ? named_holds(file, k, p) : machine_holds(root, k, p);
}

/* ---- the file ---- */

/* What it is called; those of policies that --policy names have a number. */
static void name_of(const char *file, char *ret, size_t cap)
{
	if (file)
		(void)snprintf(ret, cap, "policy.%u.cache",
			       (unsigned)(gt_hash(file, 0) % NAMED_MAX)); /* fits */
	else
		(void)gt_copy_str(ret, cap, "policy.cache"); /* fits */
}

/* Maps the file NAME of DIR, if it is ours alone. */
static int map_file(int dir, const char *name, struct gt_pages *ret)
{
	_cleanup_close_ int fd =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	void *at;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 07777) != 0600)
		return -EPERM;
	if ((size_t)st.st_size < HEAD_LEN + sizeof(struct gt_compiled) ||
	    st.st_size > (off_t)(HEAD_LEN + GT_COMPILED_MAX))
		return -EBADMSG;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*ret = (struct gt_pages){at, (size_t)st.st_size};
	return 0;
}

/* Does PAGES hold a policy that this build wrote? Then it is *RET, which owns nothing. */
static int view_file(const struct gt_pages *pages, struct gt_policy *ret)
{
	const struct head *h = pages->p;
	const char *block = h ? (const char *)pages->p + HEAD_LEN : NULL;

	if (!h || memcmp(h->magic, MAGIC, sizeof(h->magic)) != 0 ||
	    h->build != gt_compiled_build() || h->head_len != HEAD_LEN ||
	    h->block_len != pages->len - HEAD_LEN || gt_compiled_check(block, h->block_len) < 0)
		return -EBADMSG;
	gt_compiled_view((const void *)block, ret);
	/* What is broken is read each time: whoever repairs it need not wait, and is told of it. */
	if (!gt_policy_is_valid(ret) || ret->broken || h->key.n_file != ret->n_layer - 1)
		return -EBADMSG;
	return 0;
}

static int read_cache(int dir, int root, const char *file, struct gt_policy *ret)
{
	struct gt_pages pages = {0};
	struct gt_policy p;
	char name[32];
	int r;

	name_of(file, name, sizeof(name));
	r = map_file(dir, name, &pages);
	if (r < 0)
		return r;
	r = view_file(&pages, &p);
	if (r == 0) {
		const struct gt_policy_key *k = &((const struct head *)pages.p)->key;

		r = gt_policy_holds(root, file, k, &p) ? 0 : -ESTALE;
	}
	if (r < 0) {
		gt_pages_done(&pages);
		return r;
	}
	p.own = pages;
	*ret = p;
	return 0;
}

static bool can_keep(const struct gt_policy_key *k, const struct gt_policy *p, const char *file)
{
	return gt_policy_is_valid(p) && !p->broken && k->n_file == p->n_layer - 1 &&
	       (!file || strcmp(p->layer[1].path, file) == 0) &&
	       gt_policy_key_is_settled(k, time(NULL));
}

/* Failures change nothing: the next one reads the files. */
static void write_cache(int dir, const char *file, const struct gt_policy_key *k,
			const struct gt_policy *p)
{
	const struct gt_compiled *block = gt_compiled_block(p);
	size_t len = HEAD_LEN + block->len;
	_cleanup_(gt_pages_done) struct gt_pages pages = {0};
	struct head *h;
	char name[32];

	if (gt_pages_map(&pages, len, GT_PAGES_OWN) < 0)
		return;
	h = pages.p;
	memcpy(h->magic, MAGIC, sizeof(h->magic));
	h->build = gt_compiled_build();
	h->head_len = HEAD_LEN;
	h->block_len = block->len;
	memcpy(&h->key, k, sizeof(*k));
	memcpy((char *)pages.p + HEAD_LEN, block, block->len);
	name_of(file, name, sizeof(name));
	(void)!gt_write_atomic(dir, name, pages.p, len, 0600);
}

/* ---- all of it ---- */

static bool is_absent(int root, const char *path)
{
	int r = gt_root_exists(root, path);

	return r == -ENOENT || r == -ENOTDIR;
}

int gt_policy_load(int root, const char *file, const struct gt_policy_cache *cache,
		   struct gt_policy *ret, struct gt_err *e)
{
	struct gt_policy_key key = {0};
	int dir, r;

	if (!file && is_absent(root, GT_POLICY_FILE) && is_absent(root, GT_POLICY_DIR)) {
		gt_read_policy_builtin(ret);
		return 0;
	}
	dir = cache ? cache->open_dir(cache->ctx) : -1;
	if (dir >= 0 && read_cache(dir, root, file, ret) == 0)
		return 0;
	r = gt_policy_read_files(root, file, &key, ret, e);
	if (r == 0 && dir >= 0 && cache->may_write && can_keep(&key, ret, file))
		write_cache(dir, file, &key, ret);
	return r;
}
