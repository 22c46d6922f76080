/*
 * The lives of containers that have ended, kept in a log; and the arithmetic that compares two
 * groups.
 *
 * A log and no database: gotuned is in a sandbox in which a library would need locks, syncs and
 * maps of its own, a line costs one write, and whatever is damaged costs the lines that it hits.
 * Nobody decides anything by it.
 */
#ifndef GOTUNE_HISTORY_H
#define GOTUNE_HISTORY_H

#include "gotune/base.h"
#include "gotune/inspect.h"

#define GT_HISTORY_DIR	    "/var/lib/gotune"
#define GT_HISTORY_FILE_MAX (4u << 20) /* bytes of each of two files; some 2 x 10,000 lives */
#define GT_LIFE_LINE_MAX    2048
#define GT_EARLY_S	    600 /* what ends sooner has most likely crashed */

/* One container, from when gotuned first saw it until it ended. No pointers. */
struct gt_life {
	char id[GT_ID_MAX];
	char image[160], profile[64], rule[64], mode[16], go[32];
	bool tuned;	       /* something was set, and applied */
	uint64_t ended_s;      /* since the epoch */
	uint64_t seconds;      /* how long it was seen */
	struct gt_usage usage; /* what was added while it was seen, as far as it was read in time */
	uint64_t peak_bytes;   /* the most memory that was seen; 0: none was */
	uint64_t rollout;      /* gt_rule.print of the rule that drew it; 0: none did */
	char arm[16];	       /* which of its arms: "canary", "control", or "" */
	bool early;	       /* it ended within GT_EARLY_S of its start */
};

/* ---- a line (history/life.c), pure ---- */

/* Appends L as a line: eight digits of CRC-32, a space, a JSON object, a line feed. */
void gt_life_write(const struct gt_life *l, struct gt_buf *out);

/* Reads LEN bytes, without the line feed. -EBADMSG: damaged, -EINVAL: sound, but no life. */
GT_MUST_CHECK int gt_life_parse(const char *line, size_t len, struct gt_life *ret);

/* ---- the log (history/log.c) ---- */

/*
 * Opens the directory of the log; with CREATE it is made, mode 0700. -errno: it is not there, or
 * not ours; the message says so.
 */
GT_MUST_CHECK int gt_history_open(const char *dir, bool create, struct gt_err *e);

/*
 * Appends L. A file that is full becomes the older one, which is lost. One write: a writer that is
 * killed leaves the line, or a part that a reader skips. 0 or -errno.
 */
GT_MUST_CHECK int gt_history_append(int dirfd, const struct gt_life *l);

struct gt_history_sum {
	uint64_t n;	  /* lives that were read */
	uint64_t damaged; /* lines that were not */
};
typedef void gt_life_fn(void *ctx, const struct gt_life *l);

/* Tells FN each life, the oldest first. 0 also when there is none; -errno: it cannot be read. */
GT_MUST_CHECK int gt_history_read(int dirfd, gt_life_fn *fn, void *ctx, struct gt_history_sum *ret);

/* ---- two groups (history/stats.c), pure ---- */

/* Fewer than that say nothing. */
#define GT_STATS_MIN 10

/* A group of N numbers: its median, between LOW and HIGH with a confidence of 95 % or more. */
struct gt_median {
	uint32_t n;
	bool known; /* n >= GT_STATS_MIN */
	double median, low, high;
};

/* Sorts V. The interval is of order statistics, by the binomial distribution: it supposes nothing
 * of how the numbers are distributed. */
void gt_median_of(double *v, uint32_t n, struct gt_median *ret);

enum gt_contrast {
	GT_CONTRAST_UNKNOWN, /* not enough data */
	GT_CONTRAST_NONE,    /* what there is may well be chance */
	GT_CONTRAST_LESS,    /* the numbers of A are less than those of B */
	GT_CONTRAST_MORE,
};

/*
 * Do the numbers of A differ from those of B? The test of Mann and Whitney, two-sided, with ties
 * and a correction for continuity, by the normal distribution; *RET_P (may be NULL) is its p. They
 * differ when p is below ALPHA: of so many pairs of groups that do not, ALPHA are said to. Sorts
 * neither.
 */
enum gt_contrast gt_contrast_of(const double *a, uint32_t na, const double *b, uint32_t nb,
				double alpha, double *ret_p);

/* ---- is a canary worse? (history/canary.c), pure ---- */

enum gt_canary_measure {
	GT_CANARY_OOM,	     /* a process of it was killed for want of memory */
	GT_CANARY_EARLY,     /* it ended within GT_EARLY_S of its start */
	GT_CANARY_THROTTLED, /* it is in the quarter of all that was most, and in 1 % of its periods
			      */
	GT_CANARY_MEASURES,
};
extern const struct gt_words gt_canary_words; /* what a bad container did */

/* One container. */
struct gt_canary_unit {
	uint64_t id;	  /* a hash of its id */
	uint64_t begin_s; /* when it was seen first, since the epoch */
	uint32_t seconds; /* it was seen for */
	float throttled;  /* 0..1; below 0: not known */
	bool canary, oom, early;
};

/* What is remembered from look to look. {0} is the beginning. */
struct gt_canary {
	uint32_t looks, containers;
	uint64_t seconds;
};

struct gt_canary_verdict {
	bool worse;
	enum gt_canary_measure measure;
	uint32_t canary[2], control[2]; /* bad ones, of how many */
	double p;
};

/* A rule that does no harm is rolled back with that probability at most, however long it runs. */
#define GT_CANARY_ALPHA 0.01
#define GT_CANARY_MIN	5u /* containers in each arm: fewer say nothing */

/*
 * Fisher's exact test, one-sided: how likely is it by chance that A or more of the A + B bad ones
 * are among the NA, of NA + NB in all? 1 when there is nothing to tell.
 */
double gt_fisher_more(uint32_t a, uint32_t na, uint32_t b, uint32_t nb);

/*
 * Compares the N units when it is time to: when both arms have GT_CANARY_MIN, and there are half as
 * many more containers, or seconds, as at the last look. The K-th look may spend ALPHA / (K (K +
 * 1)), divided by the number of measures: in all that is ALPHA, whatever hangs together. When it is
 * time is told by both arms together and not by how they do: so no look is chosen for what it
 * shows. True: it was time, *S is another one, and *RET is filled. Allocates for a moment; without
 * memory it is not time.
 */
bool gt_canary_look(struct gt_canary *s, const struct gt_canary_unit *u, uint32_t n,
		    struct gt_canary_verdict *ret);

#endif
