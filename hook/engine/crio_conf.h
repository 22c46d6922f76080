/*
 * CRI-O's configuration as CRI-O merges it.
 */
#ifndef GOTUNE_ENGINE_CRIO_CONF_H
#define GOTUNE_ENGINE_CRIO_CONF_H

#include "gotune/base.h"
#include "sheets.h"

#define GT_CRIO_CONF	 "/etc/crio/crio.conf"
#define GT_CRIO_DROP_INS GT_CRIO_CONF ".d"

/* Where CRI-O's files are. */
struct gt_crio_place {
	char conf[GT_PATH_CAP], dir[GT_PATH_CAP];
};

struct gt_crio_conf {
	struct gt_sheets layers;
	struct gt_buf json;
};
void gt_crio_conf_done(struct gt_crio_conf *m);

/* The files that the unit or what runs names, else the usual ones. -ENOMEM. */
GT_MUST_CHECK int gt_crio_find(const struct gt_engine_job *j, struct gt_crio_place *ret,
			       struct gt_err *e);

/* *ret, which is {0}, is freed with gt_crio_conf_done whatever happens. */
GT_MUST_CHECK int gt_crio_read(const struct gt_view *v, const struct gt_crio_place *p,
			       struct gt_crio_conf *ret, struct gt_err *e);

#endif
