/*
 * The file of lessons. The input: what is asked for (a key, a kind, a slot), how long the file is,
 * then slots, each with its place, what is wrong with it, and its fields. Most have the right sum:
 * who can write the file can compute it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "gotune/lessons.h"
#include "gotune/model.h"

#define SIZE   (GT_LESSONS_MAX * sizeof(struct gt_lesson))
#define DAMAGE 1 /* a sum that is wrong */
#define NO_END 2 /* a name without an end */
#define FAR    4 /* a place behind the first 256 */

static char top[256];
static int root = -1, fd = -1;
static struct gt_lesson was[GT_LESSONS_MAX], is[GT_LESSONS_MAX];

static void remove_tree(void)
{
	(void)unlinkat(root, GT_LESSONS_FILE, 0);
	(void)rmdir(top);
}

static void make_tree(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(top, sizeof(top), "%s/fuzz.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	HOLDS(mkdtemp(top) && (root = gt_root_open(top, NULL)) >= 0);
	fd = gt_lessons_open(root, true);
	HOLDS(fd >= 0 && atexit(remove_tree) == 0);
}

/* As the format says, and not as the code computes it. */
static uint64_t sum_of(const struct gt_lesson *l)
{
	unsigned char byte[sizeof(*l)];
	uint64_t h = UINT64_C(14695981039346656037);

	memcpy(byte, l, sizeof(byte));
	for (size_t i = 0; i < sizeof(byte) - 8; i++) {
		h ^= byte[i];
		h *= UINT64_C(1099511628211);
	}
	return h;
}

static bool is_whole(const struct gt_lesson *l, uint32_t i)
{
	bool image = l->kind == 1;

	return l->kind >= 1 && l->kind <= 3 && l->key != 0 &&
	       memchr(l->name, '\0', sizeof(l->name)) && l->name[sizeof(l->name) - 1] == '\0' &&
	       l->sum == sum_of(l) && image == (i >= 32);
}

static void put_slot(struct fuzz_in *in)
{
	unsigned at = fuzz_byte(in), wrong = fuzz_byte(in);
	struct gt_lesson *l = &was[(at + (wrong & FAR ? 256 : 0)) % GT_LESSONS_MAX];
	struct fuzz_in rest;

	*l = (struct gt_lesson){.kind = fuzz_byte(in) % 5};
	l->key = fuzz_u64(in);
	l->at_s = fuzz_u64(in);
	l->n_lives = (uint32_t)fuzz_u64(in);
	fuzz_text(in, '\0', l->name, sizeof(l->name));
	if (wrong & NO_END)
		memset(l->name, 'x', sizeof(l->name));
	rest = fuzz_until(in, '\n');
	memcpy(&l->rule, rest.p, rest.n < sizeof(l->rule) ? rest.n : sizeof(l->rule));
	l->sum = sum_of(l) + (wrong & DAMAGE);
}

static void write_file(size_t size)
{
	HOLDS(ftruncate(fd, 0) == 0 && pwrite(fd, was, sizeof(was), 0) == (ssize_t)sizeof(was));
	HOLDS(ftruncate(fd, (off_t)size) == 0);
}

static void read_back(void)
{
	struct stat st;

	HOLDS(fstat(fd, &st) == 0 && st.st_size == (off_t)SIZE);
	HOLDS(pread(fd, is, sizeof(is), 0) == (ssize_t)sizeof(is));
}

/* ---- what is read ---- */

/* What was learned is in its range, whatever the file says, and rules are those that it has. */
static void check_facts(const struct gt_pages *pages, uint64_t key)
{
	static struct gt_facts f;
	uint32_t rules = 0;

	memset(&f, 0, sizeof(f));
	f.program.kind = GT_PROG_GO;
	f.program.build = key;
	gt_lessons_take(pages, &f);
	for (uint32_t i = 0; i < GT_LESSONS_RULES; i++) {
		if (is_whole(&was[i], i) && was[i].kind == GT_LESSON_RULE)
			HOLDS(f.rolled_back[rules++] == was[i].key);
	}
	HOLDS(f.n_rolled_back == rules);
	HOLDS(f.lesson.starts.known ==
	      (gt_lessons_find(pages, GT_LESSON_IMAGE, f.lesson.key) != NULL));
	HOLDS(f.lesson.ooms.v <= GT_LESSON_LIVES && f.lesson.spirals.v <= UINT8_MAX);
	HOLDS(f.lesson.beside.v <= (uint64_t)UINT16_MAX << 20);
	HOLDS(f.lesson.beside.known == (f.lesson.beside.v > 0));
	HOLDS(memchr(f.lesson.starts.where, '\0', sizeof(f.lesson.starts.where)));
}

/* A slot counts if it is whole, and the first of its key is found, by either reader. */
static void check_read(const struct gt_pages *pages, uint32_t kind, uint64_t key)
{
	const struct gt_lesson *want = NULL, *found = gt_lessons_find(pages, kind, key);
	struct gt_lesson l;

	for (uint32_t i = 0; i < GT_LESSONS_MAX + 1; i++) {
		const struct gt_lesson *at = gt_lessons_at(pages, i);

		HOLDS((at != NULL) == (i < GT_LESSONS_MAX && is_whole(&was[i], i)));
		if (at && !want && at->kind == kind && at->key == key)
			want = at;
	}
	HOLDS(found == want);
	HOLDS((gt_lessons_load(fd, kind, key, &l) == 0) == (want != NULL));
	HOLDS(!want || memcmp(&l, want, sizeof(l)) == 0);
	check_facts(pages, key);
}

/* ---- what is written ---- */

/* How many slots are others now; the last of them. */
static unsigned changed(uint32_t *ret)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < GT_LESSONS_MAX; i++) {
		if (memcmp(&was[i], &is[i], sizeof(was[i])) == 0)
			continue;
		*ret = i;
		n++;
	}
	return n;
}

/* It is found afterwards, and costs one slot at most: no rule that is rolled back but its own. */
static void check_save(uint32_t kind, uint64_t key)
{
	struct gt_lesson l = {.kind = kind, .key = key, .name = "saved"}, got;
	uint32_t at = 0;
	int r = gt_lessons_save(fd, &l, 7);

	read_back();
	if (r < 0) {
		HOLDS(r == -ENOSPC && kind != GT_LESSON_IMAGE && changed(&at) == 0);
		for (uint32_t i = 0; i < GT_LESSONS_RULES; i++)
			HOLDS(is_whole(&was[i], i) && was[i].kind == GT_LESSON_RULE);
		return;
	}
	HOLDS(gt_lessons_load(fd, kind, key, &got) == 0 && got.key == key);
	if (changed(&at) == 0) /* it was there, to the byte */
		return;
	HOLDS(changed(&at) == 1 && is_whole(&is[at], at) && strcmp(is[at].name, "saved") == 0);
	HOLDS(was[at].kind != GT_LESSON_RULE || !is_whole(&was[at], at) || was[at].key == key);
	memcpy(was, is, sizeof(was));
}

/* The slot is empty, or a rule that is watched anew. */
static void check_drop(uint32_t i)
{
	bool rule = i < GT_LESSONS_RULES && gt_lesson_ok(&was[i]);
	uint32_t at = i;

	HOLDS((gt_lessons_drop(fd, i, 9) == 0) == (i < GT_LESSONS_MAX));
	read_back();
	HOLDS(changed(&at) <= 1 && at == i);
	if (i >= GT_LESSONS_MAX)
		return;
	HOLDS(is_whole(&is[i], i) == rule);
	HOLDS(!rule || (is[i].kind == GT_LESSON_WATCHED && is[i].key == was[i].key &&
			is[i].rule.since_s == 9));
}

/* A life more: the newest comes first, and nothing is beyond its range. */
static void check_life(struct gt_lesson l, uint64_t beside)
{
	uint32_t n = l.n_lives;

	gt_lesson_add_life(&l, beside, true);
	HOLDS(l.image.oom & 1 && gt_lesson_ooms(&l) >= 1 && l.n_lives >= n);
	HOLDS(beside == 0 || gt_lesson_beside(&l) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = {data, size};
	uint64_t key = fuzz_u64(&in) | 1, length = fuzz_u64(&in);
	uint32_t kind = 1 + fuzz_byte(&in) % 3;
	uint32_t drop = (uint32_t)fuzz_u64(&in) % (GT_LESSONS_MAX + 1);
	_cleanup_(gt_pages_done) struct gt_pages pages = {0};

	if (fd < 0)
		make_tree();
	memset(was, 0, sizeof(was));
	while (in.n > 0)
		put_slot(&in);
	write_file(length ? length % (2 * SIZE) : SIZE);
	if (length != 0 && length % (2 * SIZE) != SIZE) { /* cut, or too long: that is no file */
		HOLDS(gt_lessons_read(root, "", &pages) == -EBADMSG && !pages.p);
		return 0;
	}
	HOLDS(gt_lessons_read(root, "", &pages) == 0 && pages.len >= SIZE);
	check_read(&pages, kind, key);
	check_life(was[GT_LESSONS_RULES], key);
	check_save(kind, key);
	check_drop(drop);
	return 0;
}
