/*
 * All slots, read once. Effectful: opens and reads the file; needs to be its owner.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gotune/lessons.h"

#define SIZE (GT_LESSONS_MAX * sizeof(struct gt_lesson))

static int read_whole(int fd, struct gt_pages *ret)
{
	_cleanup_(gt_pages_done) struct gt_pages pages = {0};
	int r = gt_pages_map(&pages, SIZE, GT_PAGES_OWN);

	if (r < 0)
		return r;
	if (pread(fd, pages.p, SIZE, 0) != (ssize_t)SIZE)
		return -EBADMSG;
	*ret = pages;
	pages = (struct gt_pages){0};
	return 0;
}

int gt_lessons_read(int root, const char *dir, struct gt_pages *ret)
{
	_cleanup_close_ int fd = -1;
	char path[GT_PATH_CAP];
	struct stat st;

	*ret = (struct gt_pages){0};
	if (!gt_copy_str(path, sizeof(path), dir ? dir : GT_LESSONS_DIR) ||
	    !gt_append(path, sizeof(path), "/" GT_LESSONS_FILE))
		return -ENAMETOOLONG;
	fd = gt_root_open_owned(root, path, &st);
	if (fd < 0)
		return fd;
	return st.st_size == (off_t)SIZE ? read_whole(fd, ret) : -EBADMSG;
}

const struct gt_lesson *gt_lessons_at(const struct gt_pages *pages, uint32_t i)
{
	const struct gt_lesson *l = pages->p;

	if (!l || pages->len < SIZE || i >= GT_LESSONS_MAX || !gt_lesson_ok(&l[i]))
		return NULL;
	/* Each kind has its own slots. */
	return (l[i].kind == GT_LESSON_IMAGE) == (i >= GT_LESSONS_RULES) ? &l[i] : NULL;
}

const struct gt_lesson *gt_lessons_find(const struct gt_pages *pages, enum gt_lesson_kind kind,
					uint64_t key)
{
	const struct gt_lesson *all = pages->p;

	for (uint32_t i = 0; all && key != 0 && i < GT_LESSONS_MAX; i++) {
		if (all[i].key == key && all[i].kind == kind && gt_lessons_at(pages, i))
			return &all[i];
	}
	return NULL;
}

static void take_fact(struct gt_fact *f, uint64_t v, const char *name)
{
	f->known = true;
	f->v = v;
	(void)snprintf(f->where, sizeof(f->where), "lessons of %s", name); /* fits */
}

static void take_rules(const struct gt_pages *pages, struct gt_facts *f)
{
	f->n_rolled_back = 0;
	for (uint32_t i = 0; i < GT_LESSONS_RULES; i++) {
		const struct gt_lesson *l = gt_lessons_at(pages, i);

		if (l && l->kind == GT_LESSON_RULE)
			f->rolled_back[f->n_rolled_back++] = l->key;
	}
}

void gt_lessons_take(const struct gt_pages *pages, struct gt_facts *f)
{
	const struct gt_lesson *l;
	char name[sizeof(l->name)];

	take_rules(pages, f);
	memset(&f->lesson, 0, sizeof(f->lesson));
	f->lesson.key = gt_lesson_key(f, name);
	l = gt_lessons_find(pages, GT_LESSON_IMAGE, f->lesson.key);
	if (!l)
		return;
	take_fact(&f->lesson.starts, l->n_lives, l->name);
	take_fact(&f->lesson.ooms, gt_lesson_ooms(l), l->name);
	take_fact(&f->lesson.spirals, l->image.spirals, l->name);
	if (gt_lesson_beside(l) > 0)
		take_fact(&f->lesson.beside, gt_lesson_beside(l), l->name);
}
