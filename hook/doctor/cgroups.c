/*
 * The cgroup hierarchies, and which of the controllers that limits are read from is where.
 * Effectful: reads procfs and the cgroup mounts; no privilege.
 */
#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/report.h"

static const char *const ctl_name[GT_CTL_COUNT] = {
	[GT_CTL_CPU] = "cpu", [GT_CTL_MEMORY] = "memory", [GT_CTL_CPUSET] = "cpuset"};
static const char *const ctl_for[GT_CTL_COUNT] = {[GT_CTL_CPU] = "a CPU quota",
						  [GT_CTL_MEMORY] = "a memory limit",
						  [GT_CTL_CPUSET] = "a cpuset"};

static const char *version_word(enum gt_cgroup_version v)
{
	return v == GT_CGROUP_V2 ? "v2" : "v1";
}

/* "cpu v1 at /sys/fs/cgroup/cpu" for each that is there. */
static void list(const struct gt_cg_places *p, char *buf, size_t cap)
{
	buf[0] = '\0';
	for (unsigned c = 0; c < GT_CTL_COUNT; c++) {
		if (p->ctl[c].version == GT_CGROUP_UNKNOWN)
			continue;
		(void)gt_append(buf, cap, buf[0] ? ", " : ""); /* cut: for reading */
		(void)gt_append(buf, cap, ctl_name[c]);
		(void)gt_append(buf, cap, " ");
		(void)gt_append(buf, cap, version_word(p->ctl[c].version));
	}
}

static void say_version(struct gt_doctor *d, const struct gt_cg_places *p)
{
	enum gt_cgroup_version seen = GT_CGROUP_UNKNOWN;
	char what[128];

	for (unsigned c = 0; c < GT_CTL_COUNT && seen == GT_CGROUP_UNKNOWN; c++)
		seen = p->ctl[c].version;
	list(p, what, sizeof(what));
	if (seen == GT_CGROUP_UNKNOWN) {
		gt_report_say(&d->report, GT_AREA_KERNEL, GT_CHECK_WARN, "cgroups",
			      "no hierarchy with cpu, memory or cpuset is mounted");
		gt_report_fix(&d->report,
			      "limits are not known: GOMAXPROCS and GOMEMLIMIT are tuned from "
			      "config.json alone",
			      "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
		return;
	}
	gt_report_say(&d->report, GT_AREA_KERNEL, GT_CHECK_OK, "cgroups", "%s: %s",
		      p->hybrid ? "hybrid" : version_word(seen), what);
	if (p->hybrid)
		gt_report_follows(&d->report, "runc works with it; crun does not set limits on it");
}

static void say_missing(struct gt_doctor *d, const struct gt_cg_places *p)
{
	for (unsigned c = 0; c < GT_CTL_COUNT; c++) {
		char name[48] = "controller ";

		if (p->ctl[c].version != GT_CGROUP_UNKNOWN)
			continue;
		(void)gt_append(name, sizeof(name), ctl_name[c]); /* fits */
		gt_report_say(&d->report, GT_AREA_KERNEL, GT_CHECK_WARN, name, "not offered");
		gt_report_fix(&d->report, "",
			      "no container can have %s: enable it on the kernel's command "
			      "line or in cgroup.subtree_control",
			      ctl_for[c]);
	}
}

void gt_doctor_cgroups(struct gt_doctor *d)
{
	struct gt_cg_places places = {0};
	bool any = false;

	gt_cg_find(d->root, 0, NULL, &places);
	say_version(d, &places);
	for (unsigned c = 0; c < GT_CTL_COUNT; c++)
		any = any || places.ctl[c].version != GT_CGROUP_UNKNOWN;
	if (any)
		say_missing(d, &places);
}
