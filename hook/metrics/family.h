/*
 * One family of metrics on its way into the text.
 */
#ifndef GOTUNE_METRICS_FAMILY_H
#define GOTUNE_METRICS_FAMILY_H

#include "gotune/base.h"
#include "gotune/metrics.h"

enum gt_family_type { GT_FAMILY_GAUGE, GT_FAMILY_COUNTER, GT_FAMILY_HISTOGRAM };

struct gt_family {
	const char *name; /* a counter's without "_total" */
	enum gt_family_type type;
	const char *help;
	void (*write)(const struct gt_metrics *m, const struct gt_family *f, struct gt_buf *out);
};

/* The lines before a family's samples. */
void gt_family_head(const struct gt_family *f, enum gt_metrics_format format, struct gt_buf *out);

/* A sample: its name, then labels, each a pair, then its value. */
void gt_family_open(const struct gt_family *f, const char *suffix, struct gt_buf *out);
/* VALUE may be anything: what is no text is spelled %XX. Only after gt_family_open. */
void gt_family_label(struct gt_buf *out, const char *name, const char *value);
void gt_family_u64(struct gt_buf *out, uint64_t v);
/* V millionths. */
void gt_family_micros(struct gt_buf *out, uint64_t v);

extern const struct gt_family gt_families_fleet[], gt_families_usage[];
extern const unsigned gt_n_families_fleet, gt_n_families_usage;

#endif
