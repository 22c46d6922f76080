/*
 * What the files of `gotune report` share: lives in groups, each with two arms.
 */
#ifndef GOTUNE_CLI_REPORT_H
#define GOTUNE_CLI_REPORT_H

#include "cli.h"
#include "gotune/base.h"
#include "gotune/history.h"

/* Two arms differ when chance alone would make such a difference in less than one of a hundred. */
#define GT_REPORT_ALPHA 0.01

/* What is measured of a life. */
struct gt_measure {
	const char *word, *title, *unit;
	double scale;					     /* of the values that are shown */
	bool (*value)(const struct gt_life *l, double *ret); /* false: not known of this life */
};
#define GT_MEASURES 5
extern const struct gt_measure gt_measures[GT_MEASURES];

/* A measure of both arms: what they are called is in gt_report. */
struct gt_measured {
	struct gt_median arm[2];
	enum gt_contrast contrast; /* of arm 0 to arm 1 */
	double p;
};
extern const struct gt_words gt_contrast_words;

/* The lives of one image. */
struct gt_report_group {
	char image[160];
	uint32_t n[2]; /* lives of each arm */
	struct gt_measured measured[GT_MEASURES];
};

struct gt_report {
	char arm[2][80];	       /* "tuned", "untouched" */
	struct gt_report_group *group; /* N_GROUP of them, by image; owned */
	uint32_t n_group;
	uint64_t n_life, n_damaged;
	struct gt_pages lessons;  /* for the rules that are rolled back; owned */
	uint64_t from_s, until_s; /* when the first and the last of them ended */
};

/* Both allocate nothing but in OUT. */
void gt_report_page(const struct gt_report *r, struct gt_cli_out *out);
void gt_report_html(const struct gt_report *r, struct gt_buf *out);

#endif
