/*
 * The file of lessons: what is written is read; and what is damaged, cut, another's, or was never
 * one of ours is as nothing, in the hook's way of reading and in gotuned's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gotune/lessons.h"

#define SIZE	(GT_LESSONS_MAX * sizeof(struct gt_lesson))
#define MIB	1048576u
#define SECONDS 1800000000

static char dir[32];
static int dirfd_, fd, root;

static int set_up(void **state)
{
	(void)state;
	(void)gt_copy_str(dir, sizeof(dir), "/tmp/lessons-XXXXXX");
	root = gt_root_open(NULL, NULL);
	if (root < 0 || !mkdtemp(dir))
		return -1;
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = gt_lessons_open(dirfd_, true);
	return fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(fd);
	close(root);
	(void)unlinkat(dirfd_, "other", 0);
	(void)unlinkat(dirfd_, GT_LESSONS_FILE, 0);
	close(dirfd_);
	return rmdir(dir);
}

static struct gt_lesson image(uint64_t key, const char *name)
{
	struct gt_lesson l = {.kind = GT_LESSON_IMAGE, .key = key};

	gt_copy_cut(l.name, name);
	return l;
}

static struct gt_lesson rule(uint64_t key, enum gt_lesson_kind kind)
{
	struct gt_lesson l = {.kind = kind, .key = key};

	gt_copy_cut(l.name, "web");
	l.rule.looks = 3;
	l.rule.canary[0] = 9;
	return l;
}

/* How many of each kind the hook sees. */
static uint32_t count(enum gt_lesson_kind kind)
{
	_cleanup_(gt_pages_done) struct gt_pages all = {0};
	uint32_t n = 0;

	if (gt_lessons_read(root, dir, &all) < 0)
		return UINT32_MAX;
	for (uint32_t i = 0; i < GT_LESSONS_MAX + 2; i++)
		n += gt_lessons_at(&all, i) && gt_lessons_at(&all, i)->kind == kind;
	return n;
}

/* ---- one slot ---- */

static void test_lives(void **state)
{
	struct gt_lesson l = image(1, "a");

	(void)state;
	assert_true(gt_lesson_beside(&l) == 0 && gt_lesson_ooms(&l) == 0);
	gt_lesson_add_life(&l, 10 * MIB + 1, true); /* rounded up */
	assert_true(gt_lesson_beside(&l) == 11 * MIB && gt_lesson_ooms(&l) == 1);
	gt_lesson_add_life(&l, 5 * MIB, false);
	assert_true(l.n_lives == 2 && gt_lesson_beside(&l) == 11 * MIB);
	for (unsigned i = 0; i < 6; i++)
		gt_lesson_add_life(&l, MIB, false);
	assert_true(gt_lesson_beside(&l) == 11 * MIB && gt_lesson_ooms(&l) == 1);
	/* The eighth start after it forgets it. */
	gt_lesson_add_life(&l, 0, false);
	assert_true(gt_lesson_beside(&l) == 5 * MIB && gt_lesson_ooms(&l) == 0);
	gt_lesson_add_life(&l, UINT64_MAX, true);
	assert_true(gt_lesson_beside(&l) == (uint64_t)UINT16_MAX * MIB);
	l.n_lives = UINT32_MAX;
	gt_lesson_add_life(&l, 0, false);
	assert_int_equal(l.n_lives, UINT32_MAX);
}

static void test_key(void **state)
{
	static struct gt_facts f;
	char name[40] = "", other[40] = "";
	uint64_t key;

	(void)state;
	memset(&f, 0, sizeof(f));
	assert_int_equal(gt_lesson_key(&f, name), 0);
	f.program.kind = GT_PROG_GO;
	assert_int_equal(gt_lesson_key(&f, name), 0);
	f.program.build = 0x123456789abcdef0;
	key = gt_lesson_key(&f, name);
	assert_true(key != 0);
	assert_string_equal(name, "build 123456789abc");
	/* A name is no identity: the digest is. */
	gt_copy_cut(f.ident.image, "web:1");
	assert_true(gt_lesson_key(&f, other) == key);
	memset(f.ident.image_id, 'a', GT_FULL_ID_LEN);
	gt_copy_cut(f.program.path, "/app");
	key = gt_lesson_key(&f, other);
	assert_string_equal(other, "aaaaaaaaaaaa");
	f.program.build = 0;
	assert_true(gt_lesson_key(&f, other) == key);
	gt_copy_cut(f.program.path, "/other"); /* of the same image */
	assert_true(gt_lesson_key(&f, other) != key);
}

/* ---- written and read ---- */

static void test_what_is_written_is_read(void **state)
{
	struct gt_lesson l = image(7, "web:1"), got;
	static struct gt_facts f;
	_cleanup_(gt_pages_done) struct gt_pages all = {0};

	(void)state;
	gt_lesson_add_life(&l, 30 * MIB, true);
	l.image.spirals = 2;
	assert_int_equal(gt_lessons_load(fd, GT_LESSON_IMAGE, 7, &got), -ENOENT);
	assert_int_equal(gt_lessons_save(fd, &l, SECONDS), 0);
	assert_int_equal(gt_lessons_load(fd, GT_LESSON_IMAGE, 7, &got), 0);
	assert_memory_equal(&got, &l, sizeof(l));
	assert_int_equal(gt_lessons_load(fd, GT_LESSON_RULE, 7, &got), -ENOENT);
	gt_lesson_add_life(&l, MIB, false);
	assert_int_equal(gt_lessons_save(fd, &l, SECONDS + 1), 0);
	assert_int_equal(count(GT_LESSON_IMAGE), 1);
	l = rule(8, GT_LESSON_RULE);
	assert_int_equal(gt_lessons_save(fd, &l, SECONDS), 0);
	l = rule(9, GT_LESSON_WATCHED);
	assert_int_equal(gt_lessons_save(fd, &l, SECONDS), 0);

	assert_int_equal(gt_lessons_read(root, dir, &all), 0);
	memset(&f, 0, sizeof(f));
	f.program.kind = GT_PROG_GO;
	f.program.build = 7;
	gt_lessons_take(&all, &f);
	assert_true(f.lesson.key == 7 && f.lesson.starts.known && f.lesson.starts.v == 2);
	assert_true(f.lesson.beside.known && f.lesson.beside.v == 30 * MIB);
	assert_true(f.lesson.ooms.v == 1 && f.lesson.spirals.v == 2);
	assert_string_equal(f.lesson.beside.where, "lessons of web:1");
	assert_true(f.n_rolled_back == 1 && f.rolled_back[0] == 8);
	/* Another image has learned nothing; and twice is as once. */
	f.program.build = 11;
	gt_lessons_take(&all, &f);
	assert_true(f.lesson.key == 11 && !f.lesson.starts.known && !f.lesson.beside.known);
	assert_int_equal(f.n_rolled_back, 1);
}

static void test_forgetting(void **state)
{
	struct gt_lesson l = rule(5, GT_LESSON_RULE), got;

	(void)state;
	assert_int_equal(gt_lessons_save(fd, &l, SECONDS), 0);
	assert_int_equal(gt_lessons_drop(fd, 0, SECONDS + 5), 0);
	assert_int_equal(gt_lessons_load(fd, GT_LESSON_RULE, 5, &got), -ENOENT);
	/* It is watched anew: what was counted before does not count. */
	assert_int_equal(gt_lessons_load(fd, GT_LESSON_WATCHED, 5, &got), 0);
	assert_true(got.rule.looks == 0 && got.rule.since_s == SECONDS + 5 &&
		    got.rule.canary[0] == 0);
	assert_string_equal(got.name, "web");
	l = image(6, "a");
	assert_int_equal(gt_lessons_save(fd, &l, SECONDS), 0);
	assert_int_equal(gt_lessons_drop(fd, GT_LESSONS_RULES, SECONDS), 0);
	assert_int_equal(count(GT_LESSON_IMAGE), 0);
	assert_int_equal(gt_lessons_drop(fd, GT_LESSONS_MAX, SECONDS), -EINVAL);
}

static void test_it_is_bounded(void **state)
{
	struct gt_lesson l;
	struct stat st;

	(void)state;
	for (uint32_t i = 0; i < 2 * GT_LESSONS_MAX; i++) {
		l = image(100 + i, "x");
		assert_int_equal(gt_lessons_save(fd, &l, SECONDS + i), 0);
	}
	assert_int_equal(count(GT_LESSON_IMAGE), GT_LESSONS_MAX - GT_LESSONS_RULES);
	/* The oldest are gone. */
	assert_int_equal(gt_lessons_load(fd, GT_LESSON_IMAGE, 100, &l), -ENOENT);
	assert_int_equal(gt_lessons_load(fd, GT_LESSON_IMAGE, 99 + 2 * GT_LESSONS_MAX, &l), 0);
	/* A rule that is rolled back stays, one that is watched does not. */
	l = rule(1, GT_LESSON_WATCHED);
	assert_int_equal(gt_lessons_save(fd, &l, SECONDS), 0);
	for (uint32_t i = 0; i < GT_LESSONS_RULES; i++) {
		l = rule(10 + i, GT_LESSON_RULE);
		assert_int_equal(gt_lessons_save(fd, &l, SECONDS + 10), 0);
	}
	l = rule(2, GT_LESSON_RULE);
	assert_int_equal(gt_lessons_save(fd, &l, SECONDS), -ENOSPC);
	assert_int_equal(count(GT_LESSON_RULE), GT_LESSONS_RULES);
	assert_true(fstat(fd, &st) == 0 && st.st_size == (off_t)SIZE);
}

/* ---- what is not as it should be ---- */

static void test_each_byte_counts(void **state)
{
	struct gt_lesson l = image(7, "web:1");
	unsigned char *b = (unsigned char *)&l;

	(void)state;
	l.sum = gt_lesson_sum(&l);
	assert_true(gt_lesson_ok(&l));
	for (size_t i = 0; i < sizeof(l); i++) {
		b[i] ^= 0x40;
		if (gt_lesson_ok(&l))
			fail_msg("byte %zu", i);
		b[i] ^= 0x40;
	}
	/* With the right sum, too, it must be something that there is. */
	l.kind = GT_LESSON_KINDS;
	l.sum = gt_lesson_sum(&l);
	assert_false(gt_lesson_ok(&l));
	l = image(0, "x");
	l.sum = gt_lesson_sum(&l);
	assert_false(gt_lesson_ok(&l));
	l = image(7, "x");
	memset(l.name, 'x', sizeof(l.name));
	l.sum = gt_lesson_sum(&l);
	assert_false(gt_lesson_ok(&l));
}

static void damage(off_t at, unsigned char v)
{
	assert_int_equal(pwrite(fd, &v, 1, at), 1);
}

static void test_damage_costs_one_slot(void **state)
{
	struct gt_lesson l;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		l = image(20 + i, "x");
		assert_int_equal(gt_lessons_save(fd, &l, SECONDS), 0);
	}
	damage((off_t)((GT_LESSONS_RULES + 1) * sizeof(l)) + 70, 0xff);
	assert_int_equal(count(GT_LESSON_IMAGE), 2);
	assert_int_equal(gt_lessons_load(fd, GT_LESSON_IMAGE, 21, &l), -ENOENT);
	/* Its place is given to the next one. */
	l = image(30, "y");
	assert_int_equal(gt_lessons_save(fd, &l, SECONDS), 0);
	assert_int_equal(count(GT_LESSON_IMAGE), 3);
}

/* An image in a rule's slot, a rule in an image's. */
static void test_a_slot_of_the_other_kind(void **state)
{
	struct gt_lesson l = image(7, "x");
	ssize_t n;

	(void)state;
	l.sum = gt_lesson_sum(&l);
	n = pwrite(fd, &l, sizeof(l), 0);
	l = rule(8, GT_LESSON_RULE);
	l.sum = gt_lesson_sum(&l);
	n += pwrite(fd, &l, sizeof(l), SIZE - sizeof(l));
	assert_int_equal(n, 2 * sizeof(l));
	assert_true(count(GT_LESSON_IMAGE) == 0 && count(GT_LESSON_RULE) == 0);
}

static void test_another_size(void **state)
{
	struct gt_lesson l = rule(8, GT_LESSON_RULE);
	static const off_t sizes[] = {0, 1, 127, 128, SIZE - 1, SIZE + 1, 100 * SIZE};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(sizes); i++) {
		int again;

		assert_int_equal(gt_lessons_save(fd, &l, SECONDS), 0);
		assert_int_equal(ftruncate(fd, sizes[i]), 0);
		assert_int_equal(count(GT_LESSON_RULE), UINT32_MAX); /* the hook reads none */
		again = gt_lessons_open(dirfd_, false);		     /* gotuned puts it right */
		assert_true(again >= 0);
		close(again);
		assert_int_equal(count(GT_LESSON_RULE), sizes[i] >= 128);
	}
}

static void test_whose_it_is(void **state)
{
	_cleanup_(gt_pages_done) struct gt_pages all = {0};
	char other[64];

	(void)state;
	assert_int_equal(fchmod(fd, 0620), 0);
	assert_int_equal(gt_lessons_read(root, dir, &all), -EPERM);
	assert_int_equal(gt_lessons_open(dirfd_, false), -EPERM);
	assert_int_equal(fchmod(fd, 0600), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, 12345, 0), 0);
		assert_int_equal(gt_lessons_read(root, dir, &all), -EPERM);
		assert_int_equal(gt_lessons_open(dirfd_, false), -EPERM);
		assert_int_equal(fchown(fd, 0, 0), 0);
		/* A directory that others write into. */
		assert_int_equal(fchmod(dirfd_, 0777), 0);
		assert_int_equal(gt_lessons_read(root, dir, &all), -EPERM);
		assert_int_equal(fchmod(dirfd_, 0700), 0);
	}
	/* A second name, a link, a directory, none at all. */
	assert_int_equal(linkat(dirfd_, GT_LESSONS_FILE, dirfd_, "other", 0), 0);
	assert_int_equal(gt_lessons_open(dirfd_, false), -EPERM);
	assert_int_equal(unlinkat(dirfd_, GT_LESSONS_FILE, 0), 0);
	assert_int_equal(gt_lessons_read(root, dir, &all), -ENOENT);
	assert_int_equal(gt_lessons_open(dirfd_, false), -ENOENT);
	assert_int_equal(symlinkat("other", dirfd_, GT_LESSONS_FILE), 0);
	assert_true(gt_lessons_read(root, dir, &all) < 0 && gt_lessons_open(dirfd_, true) < 0);
	assert_int_equal(unlinkat(dirfd_, GT_LESSONS_FILE, 0), 0);
	assert_int_equal(mkfifoat(dirfd_, GT_LESSONS_FILE, 0600), 0);
	assert_true(gt_lessons_read(root, dir, &all) < 0 && gt_lessons_open(dirfd_, false) < 0);
	assert_int_equal(unlinkat(dirfd_, GT_LESSONS_FILE, 0), 0);
	(void)memset(other, 'x', sizeof(other));
	other[sizeof(other) - 1] = '\0';
	assert_true(gt_lessons_read(root, other, &all) < 0 && !all.p);
}

/* Any bytes: nothing is read that no sum is of, and nothing breaks. */
static void test_noise(void **state)
{
	_cleanup_(gt_pages_done) struct gt_pages all = {0};
	static unsigned char noise[SIZE];
	static struct gt_facts f;
	uint64_t z = 1;

	(void)state;
	for (size_t i = 0; i < SIZE; i++) {
		z = z * 6364136223846793005u + 1442695040888963407u;
		noise[i] = (unsigned char)(z >> 56) & (i % 128 < 8 ? 3 : 0xff);
	}
	assert_int_equal(pwrite(fd, noise, SIZE, 0), SIZE);
	assert_int_equal(gt_lessons_read(root, dir, &all), 0);
	for (uint32_t i = 0; i < GT_LESSONS_MAX; i++)
		assert_null(gt_lessons_at(&all, i));
	memset(&f, 0, sizeof(f));
	f.program.kind = GT_PROG_GO;
	f.program.build = 9;
	gt_lessons_take(&all, &f);
	assert_true(!f.lesson.starts.known && f.n_rolled_back == 0);
	gt_lessons_take(&(struct gt_pages){0}, &f);
	assert_true(!f.lesson.starts.known && f.lesson.key == 9);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_each_byte_counts),
		TEST(test_what_is_written_is_read),
		TEST(test_forgetting),
		TEST(test_it_is_bounded),
		TEST(test_damage_costs_one_slot),
		TEST(test_a_slot_of_the_other_kind),
		TEST(test_another_size),
		TEST(test_whose_it_is),
		TEST(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
