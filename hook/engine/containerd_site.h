/*
 * containerd: what is where on this machine, read once for a job.
 */
#ifndef GOTUNE_ENGINE_CONTAINERD_SITE_H
#define GOTUNE_ENGINE_CONTAINERD_SITE_H

#include "containerd.h"
#include "gotune/base.h"

#define GT_CONTAINERD_CONF_D "/etc/containerd/conf.d"

/* What is where. */
struct gt_containerd_site {
	char config[GT_PATH_CAP], where[GT_PATH_CAP];
	struct gt_file file, copy; /* config.toml, and how it was before us */
	struct gt_buf base;	   /* config.toml without us */
	/* Our drop-ins: each name in each directory that is imported; and in the usual one. */
	struct gt_list drop_ins;
	bool own_default;			 /* we have written a default */
	struct gt_containerd_conf *now, *others; /* with and without us */
};
void gt_containerd_site_free(struct gt_containerd_site *s);

/* Fills S, and what the job says of now. Errors name the file. */
GT_MUST_CHECK int gt_containerd_read_site(struct gt_engine_job *j, struct gt_containerd_site *s,
					  struct gt_err *e);

/* The disk, but config.toml as TEXT, and none of our drop-ins. */
struct gt_view gt_containerd_bare_view(const struct gt_engine_job *j,
				       const struct gt_containerd_site *s,
				       const struct gt_buf *text);

/* Is there a directory of imports that takes files of our names? */
bool gt_containerd_imports_drop_in(const struct gt_containerd_site *s);

/* k3s and its like have a containerd of their own, whose file is elsewhere: a note for each that is
 * here; -EOPNOTSUPP when the file would be its, or nobody's. */
void gt_containerd_note_others(struct gt_engine_job *j);
GT_MUST_CHECK int gt_containerd_check_site(const struct gt_engine_job *j,
					   const struct gt_containerd_site *s, struct gt_err *e);

#endif
