/*
 * What of an earlier stage is still in config.json.
 */
#ifndef GOTUNE_RECORD_EARLIER_H
#define GOTUNE_RECORD_EARLIER_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

/* Does the environment have the variable NAME with that VALUE? */
bool gt_record_has_value(const struct gt_facts *f, const char *name, const char *value);

/* What an earlier stage put into config.json, where row S of R's plan found it; NULL: nothing. */
const struct gt_earlier_row *gt_record_earlier(const struct gt_record *r,
					       const struct gt_setting *s);

/* Is ROW in config.json, and has R's plan no row for it? */
bool gt_record_earlier_alone(const struct gt_record *r, const struct gt_earlier_row *row);

#endif
