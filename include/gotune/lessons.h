/*
 * What gotuned has learned for the next start: of an image's memory and death spirals, and which
 * rules it has rolled back. One file of fixed size, /var/lib/gotune/lessons: gotuned and `gotune
 * lessons` write it, the hook reads it.
 *
 * Theory of operation. The file is an array of slots of 128 bytes, each with a checksum of its own.
 * A writer replaces one slot by one pwrite. A slot that is damaged, that was read while it was
 * written, or that says what cannot be, is empty: that costs what was learned of one image, never a
 * container. A file that is not root's alone is no file.
 */
#ifndef GOTUNE_LESSONS_H
#define GOTUNE_LESSONS_H

#include <sys/types.h>

#include "gotune/base.h"
#include "gotune/model.h"

#define GT_LESSONS_DIR	"/var/lib/gotune"
#define GT_LESSONS_FILE "lessons"

/* The first slots are for rules, the others for images; a full kind loses its oldest slot, but no
 * rule that is rolled back is lost to another one. */
#define GT_LESSONS_RULES GT_ROLLED_BACK_MAX
#define GT_LESSONS_MAX	 512u
#define GT_LESSON_LIVES	 8u /* of an image: the last ones; what was before is forgotten */

/* What a slot is about: its numbers are in the file. */
enum gt_lesson_kind {
	GT_LESSON_NONE,
	GT_LESSON_IMAGE,
	GT_LESSON_RULE,	   /* a rule that is rolled back */
	GT_LESSON_WATCHED, /* one whose canaries are compared with the others */
	GT_LESSON_KINDS,
};

/* A slot, as it is in the file. The sum is that of all bytes before it. */
struct gt_lesson {
	uint32_t kind;
	uint32_t n_lives; /* of an image: that ended, or that a spiral is known of */
	uint64_t key;	  /* gt_lesson_key, or gt_rule.print */
	uint64_t at_s;	  /* when it was written, in seconds since the epoch */
	char name[40];	  /* of the image, for people; of the rule */
	union {
		struct {
			/* MiB outside of the Go heap, the most of a life each; 0: not measured.
			 * The newest first. */
			uint16_t beside_mib[GT_LESSON_LIVES];
			uint8_t oom;	 /* was it killed so? A bit a life; bit 0 is the newest */
			uint8_t spirals; /* lives that had one; never forgotten */
			uint8_t unused[6];
		} image;
		struct {
			/* When it was rolled back: by which gt_canary_measure, how many of how many
			 * were bad, and how likely that is by chance, rounded up. */
			uint32_t measure, canary[2], control[2], p_billionths;
			/* What was looked at so far: how often, and how much there was then. */
			uint32_t looks, containers;
			uint64_t seconds;
			uint64_t since_s; /* containers that came before do not count */
		} rule;
	};
	uint8_t unused[8];
	uint64_t sum;
};
_Static_assert(sizeof(struct gt_lesson) == 128, "a slot of the file");

/* ---- one slot (lessons/slot.c), pure ---- */

/* Its sum, as it should be. */
uint64_t gt_lesson_sum(const struct gt_lesson *l);
/* Is it what one of us wrote? */
bool gt_lesson_ok(const struct gt_lesson *l);

/* The newest life: what it had outside of its heap (0: not measured), and whether it was killed for
 * want of memory. */
void gt_lesson_add_life(struct gt_lesson *l, uint64_t beside_bytes, bool oom);
/* The most that a life had outside of the heap, in bytes; 0: none was measured. */
uint64_t gt_lesson_beside(const struct gt_lesson *l);
/* How many of the last lives were killed so. */
uint32_t gt_lesson_ooms(const struct gt_lesson *l);

/*
 * What stands for the image of F: its digest and the program's path, else the program's Go build
 * ID; 0: neither is known, and nothing is learned. NAME: for people.
 */
uint64_t gt_lesson_key(const struct gt_facts *f, char name[40]);

/* ---- all of them, as they were read once (lessons/read.c) ---- */

/* Are any of them of use under P? Pure. */
static inline bool gt_lessons_wanted(const struct gt_policy *p)
{
	return p->daemon.learn || p->daemon.guard;
}

/*
 * Reads all slots of DIR (NULL: the machine's) below ROOT into RET: pages that the caller frees.
 * Without a file, or with one that is not its owner's alone, or of another size, there is none:
 * -errno. One open, one fstat, one pread.
 */
GT_MUST_CHECK int gt_lessons_read(int root, const char *dir, struct gt_pages *ret);

/* The slot of that kind and key, or NULL. PAGES may be none. Pure. */
const struct gt_lesson *gt_lessons_find(const struct gt_pages *pages, enum gt_lesson_kind kind,
					uint64_t key);
/* The I-th slot, or NULL where it is empty or damaged. Pure. */
const struct gt_lesson *gt_lessons_at(const struct gt_pages *pages, uint32_t i);

/* What was learned of the image of F becomes facts. Pure. */
void gt_lessons_take(const struct gt_pages *pages, struct gt_facts *f);

/* ---- written (lessons/write.c) ---- */

/*
 * Opens the file in the directory DIR, a descriptor, for reading and writing; with CREATE it is
 * made, mode 0600. A descriptor or -errno: -EPERM: it is not ours alone.
 */
GT_MUST_CHECK int gt_lessons_open(int dir, bool create);

/* The slot of that kind and key in FD. 0, -ENOENT, or -errno. */
GT_MUST_CHECK int gt_lessons_load(int fd, enum gt_lesson_kind kind, uint64_t key,
				  struct gt_lesson *ret);

/*
 * Writes L, whose sum and time are filled in, over the slot of its key; else over an empty one;
 * else over the oldest. -ENOSPC: all rules that there is room for are rolled back. One pwrite.
 */
GT_MUST_CHECK int gt_lessons_save(int fd, struct gt_lesson *l, int64_t now_s);

/* Empties the slot I; a rule's is watched from then on. 0 or -errno. */
GT_MUST_CHECK int gt_lessons_drop(int fd, uint32_t i, int64_t now_s);

#endif
