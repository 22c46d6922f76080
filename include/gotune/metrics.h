/*
 * Metrics of the containers that have a record, as text for Prometheus. Names and labels follow
 * https://prometheus.io/docs/practices/naming.
 */
#ifndef GOTUNE_METRICS_H
#define GOTUNE_METRICS_H

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/record.h"

/* A container, as far as metrics tell of it: some 600 bytes, no pointers. */
#define GT_METRICS_IMAGE_CAP 160
struct gt_metrics_container {
	char id[GT_ID_MAX];
	char image[GT_METRICS_IMAGE_CAP]; /* a longer one is cut */
	char engine[32], profile[GT_NAME_CAP], mode[16], go[32];
	bool spiral;		  /* it was in a death spiral */
	bool drifted, incomplete; /* limits were changed; not all that was decided was applied */
	uint32_t n_setting;
	struct {
		uint8_t verdict,
			reason; /* GT_VERDICT_COUNT, GT_R_COUNT: a word that we do not know */
	} setting[GT_SETTINGS_MAX];
	bool has_usage;
	struct gt_usage usage;
	bool own_row; /* else it is a part of "/other" */
};

struct gt_metrics {
	bool has_counts, has_durations;
	uint64_t count[GT_COUNT_COUNT];
	struct gt_durations durations;
	const struct gt_metrics_container *const *container; /* N_CONTAINER of them */
	uint32_t n_container;
	uint32_t n_unreadable;		/* records that could not be read, or were too many */
	const struct gt_pages *lessons; /* for the rules that are rolled back; NULL: none */
	/* Of the program that decides, or of the daemon that looks on. */
	bool has_health, is_ready, policy_broken, is_off;
	int64_t policy_since_s; /* seconds since the epoch; 0: there is no good policy yet */
	/* Of the daemon that serves them. */
	bool has_self;
	uint64_t self_rss_bytes, self_cpu_us;
	double self_start_s; /* seconds since the epoch */
};

/* Fills RET by the record V. Pure. */
void gt_metrics_container_of(const struct gt_record_view *v, struct gt_metrics_container *ret);

enum gt_metrics_format {
	GT_METRICS_TEXT, /* version 0.0.4: node_exporter's textfile collector reads this one alone
			  */
	GT_METRICS_OPENMETRICS,
};
#define GT_METRICS_TEXT_TYPE	    "text/plain; version=0.0.4; charset=utf-8"
#define GT_METRICS_OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* At most so many series have labels that a policy's author, an engine or an image has chosen, but
 * for containers with a row of their own. */
#define GT_METRICS_GROUPS_MAX 64

/*
 * Appends M as text. Labels hold printable text alone, and two that differ stay different, whatever
 * they held; what is not known has no line. Pure.
 */
void gt_metrics_write(const struct gt_metrics *m, enum gt_metrics_format format,
		      struct gt_buf *out);

#endif
