/*
 * Settings of the host that bound what a container can be given, or that only the host can have.
 * They are never changed, only recommended, and few: each with a reason. Effectful: reads procfs.
 */
#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/report.h"
#include "tools.h"

#define AREA	  GT_AREA_HOST
#define SOMAXCONN "net.core.somaxconn"

typedef unsigned long long ull;

static const struct gt_profile *profile_of(const struct gt_doctor *d)
{
	const struct gt_profile *p =
		d->policy ? gt_policy_profile(d->policy, d->policy->default_profile) : NULL;

	return p && !p->broken ? p : NULL;
}

/* No process gets more descriptors than fs.nr_open, whoever asks. */
static void say_nr_open(struct gt_doctor *d, const struct gt_profile *p)
{
	uint64_t nr_open;

	if (p->nofile == 0 || gt_root_read_u64(d->root, "proc/sys/fs/nr_open", &nr_open) < 0)
		return;
	if (nr_open >= p->nofile) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "fs.nr_open", "%llu", (ull)nr_open);
		return;
	}
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "fs.nr_open",
		      "%llu, below the profile's nofile of %llu", (ull)nr_open, (ull)p->nofile);
	gt_report_fix(&d->report, "RLIMIT_NOFILE stays below what the profile says",
		      "sysctl -w fs.nr_open=%llu (and a line in /etc/sysctl.d)", (ull)p->nofile);
}

static bool number(const char *text, uint64_t *ret)
{
	return gt_parse_u64(text, ret) == 0;
}

/* Its namespace's own in a container, but for one that uses the host's network. */
static void say_somaxconn(struct gt_doctor *d, const struct gt_profile *p)
{
	uint64_t have, want;

	for (uint32_t i = 0; i < p->n_sysctl && i < GT_SYSCTL_MAX; i++) {
		if (strcmp(p->sysctl[i].name, SOMAXCONN) != 0 ||
		    !number(p->sysctl[i].value, &want) ||
		    gt_root_read_u64(d->root, "proc/sys/net/core/somaxconn", &have) < 0)
			continue;
		if (have >= want) {
			gt_report_say(&d->report, AREA, GT_CHECK_OK, SOMAXCONN, "%llu", (ull)have);
			continue;
		}
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, SOMAXCONN, "%llu on the host itself",
			      (ull)have);
		gt_report_fix(&d->report,
			      "only containers on the host's network are bound by it: the host's "
			      "sysctls are not ours to write",
			      "where there are such: sysctl -w " SOMAXCONN "=%llu", (ull)want);
	}
}

/* /proc/swaps has a line of titles, and one for each area. */
static bool has_swap(int root)
{
	_cleanup_free_ char *text = NULL;
	const char *nl;

	if (gt_text_file(root, "proc/swaps", 1u << 16, &text, NULL) < 0)
		return false;
	nl = strchr(text, '\n');
	return nl && nl[1] != '\0';
}

/* A cgroup of v2 has no swappiness of its own, so the host's is the containers'. */
static void say_swappiness(struct gt_doctor *d, const struct gt_profile *p)
{
	struct gt_cg_places places = {0};
	uint64_t have;

	gt_cg_find(d->root, 0, NULL, &places);
	if (p->swappiness <= 0 || places.ctl[GT_CTL_MEMORY].version != GT_CGROUP_V2 ||
	    !has_swap(d->root) || gt_root_read_u64(d->root, "proc/sys/vm/swappiness", &have) < 0 ||
	    have <= (uint64_t)p->swappiness)
		return;
	gt_report_say(&d->report, AREA, GT_CHECK_INFO, "vm.swappiness", "%llu, and there is swap",
		      (ull)have);
	gt_report_fix(&d->report,
		      "on cgroup v2 the host's value is every container's; a garbage collector "
		      "touches all of its heap, also what was swapped out",
		      "where the host is for containers: sysctl -w vm.swappiness=%d",
		      p->swappiness);
}

void gt_doctor_host(struct gt_doctor *d)
{
	const struct gt_profile *p = profile_of(d);

	if (!p) {
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "sysctls",
			      "not judged: there is no valid default profile");
		return;
	}
	say_nr_open(d, p);
	say_somaxconn(d, p);
	say_swappiness(d, p);
}

uint64_t gt_doctor_nofile(const struct gt_doctor *d)
{
	const struct gt_profile *p =
		d->policy ? gt_policy_profile(d->policy, d->policy->default_profile) : NULL;

	return p && !p->broken ? p->nofile : 0;
}
