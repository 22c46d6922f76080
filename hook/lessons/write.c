/*
 * The file, written a slot at a time. Effectful: makes the file; needs to be its owner.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gotune/lessons.h"

#define SLOT sizeof(struct gt_lesson)
#define SIZE ((off_t)(GT_LESSONS_MAX * SLOT))

static int check(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1 ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return -EPERM;
	/* What a crash has cut is filled up: its slots are empty. */
	return st.st_size == SIZE || ftruncate(fd, SIZE) == 0 ? 0 : -errno;
}

int gt_lessons_open(int dir, bool create)
{
	_cleanup_close_ int fd = openat(dir, GT_LESSONS_FILE,
					(create ? O_CREAT : 0) | O_RDWR | O_NOFOLLOW | O_NONBLOCK |
						O_NOCTTY | O_CLOEXEC,
					0600);
	int r = fd < 0 ? -errno : check(fd);

	return r < 0 ? r : gt_take_fd(&fd);
}

/* False where it is empty, damaged, or cannot be read. */
static bool read_slot(int fd, uint32_t i, struct gt_lesson *ret)
{
	return pread(fd, ret, SLOT, (off_t)(i * SLOT)) == (ssize_t)SLOT && gt_lesson_ok(ret);
}

static bool is_rule(uint32_t kind)
{
	return kind != GT_LESSON_IMAGE;
}

/* The slots that a kind may have. */
static void bounds(uint32_t kind, uint32_t *ret_begin, uint32_t *ret_end)
{
	*ret_begin = is_rule(kind) ? 0 : GT_LESSONS_RULES;
	*ret_end = is_rule(kind) ? GT_LESSONS_RULES : GT_LESSONS_MAX;
}

int gt_lessons_load(int fd, enum gt_lesson_kind kind, uint64_t key, struct gt_lesson *ret)
{
	uint32_t i, end;
	struct gt_lesson l;

	for (bounds(kind, &i, &end); i < end; i++) {
		if (read_slot(fd, i, &l) && l.kind == kind && l.key == key) {
			*ret = l;
			return 0;
		}
	}
	return -ENOENT;
}

/* Where L goes: its own slot, an empty one, the oldest one. */
static int find_place(int fd, const struct gt_lesson *l, uint32_t *ret)
{
	uint32_t i, end, empty = GT_LESSONS_MAX, oldest = GT_LESSONS_MAX;
	uint64_t oldest_s = 0;
	struct gt_lesson s;

	for (bounds(l->kind, &i, &end); i < end; i++) {
		if (!read_slot(fd, i, &s)) {
			empty = empty == GT_LESSONS_MAX ? i : empty;
			continue;
		}
		if (s.key == l->key) {
			*ret = i;
			return 0;
		}
		if (s.kind != GT_LESSON_RULE && (oldest == GT_LESSONS_MAX || s.at_s < oldest_s)) {
			oldest = i;
			oldest_s = s.at_s;
		}
	}
	*ret = empty < GT_LESSONS_MAX ? empty : oldest;
	return *ret < GT_LESSONS_MAX ? 0 : -ENOSPC;
}

static int write_slot(int fd, uint32_t i, const struct gt_lesson *l)
{
	ssize_t n = pwrite(fd, l, SLOT, (off_t)(i * SLOT));

	if (n < 0)
		return -errno;
	return n == (ssize_t)SLOT ? 0 : -ENOSPC;
}

int gt_lessons_save(int fd, struct gt_lesson *l, int64_t now_s)
{
	uint32_t i;
	int r = find_place(fd, l, &i);

	if (r < 0)
		return r;
	l->at_s = (uint64_t)now_s;
	l->sum = gt_lesson_sum(l);
	return write_slot(fd, i, l);
}

int gt_lessons_drop(int fd, uint32_t i, int64_t now_s)
{
	struct gt_lesson was, now = {0};

	if (i >= GT_LESSONS_MAX)
		return -EINVAL;
	if (i < GT_LESSONS_RULES && read_slot(fd, i, &was)) {
		now = (struct gt_lesson){
			.kind = GT_LESSON_WATCHED, .key = was.key, .at_s = (uint64_t)now_s};
		memcpy(now.name, was.name, sizeof(now.name));
		now.rule.since_s = (uint64_t)now_s;
		now.sum = gt_lesson_sum(&now);
	}
	return write_slot(fd, i, &now);
}
