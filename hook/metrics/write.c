/*
 * All families of metrics, one after the other; one without a sample is left out. Pure.
 */
#include "family.h"
#include "gotune/base.h"
#include "gotune/metrics.h"

static void write_family(const struct gt_metrics *m, const struct gt_family *f,
			 enum gt_metrics_format format, struct gt_buf *out)
{
	size_t begin = out->len, head;

	gt_family_head(f, format, out);
	head = out->len;
	f->write(m, f, out);
	if (out->len == head && !out->error)
		out->len = begin;
}

void gt_metrics_write(const struct gt_metrics *m, enum gt_metrics_format format, struct gt_buf *out)
{
	for (unsigned i = 0; i < gt_n_families_fleet; i++)
		write_family(m, &gt_families_fleet[i], format, out);
	for (unsigned i = 0; i < gt_n_families_usage; i++)
		write_family(m, &gt_families_usage[i], format, out);
	if (format == GT_METRICS_OPENMETRICS)
		gt_buf_str(out, "# EOF\n");
	else if (out->p)
		out->p[out->len] = '\0'; /* where a family was taken back */
}
