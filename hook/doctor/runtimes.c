/*
 * The runtimes that the policy names: where each is, its version, and which one gotune-runtime
 * would become. Effectful: runs their --version.
 */
#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/model.h"
#include "gotune/report.h"
#include "gotune/runtime.h"
#include "tools.h"

#define AREA GT_AREA_RUNTIME

static const char *state_of_version(int r)
{
	switch (r) {
	case -EPERM:
		return "not run: root cannot trust the file";
	case -ETIMEDOUT:
		return "no version: it did not answer in time";
	case -EFBIG:
		return "no version: it did not stop talking";
	default:
		return "no version: its --version says none";
	}
}

static void say_found(struct gt_doctor *d, const char *name, const char *path)
{
	enum gt_trust t = gt_trust_program(d->root, path);
	char version[64];
	int r;

	if (t != GT_TRUST_OK) {
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, name, "%s %s", path,
			      gt_trust_text(t));
		if (*gt_trust_fix(t))
			gt_report_fix(&d->report, "gotune-runtime may run what others put there",
				      "%s%s", gt_trust_fix(t), path);
		return;
	}
	if (d->sysroot) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, name, "%s", path);
		return;
	}
	r = gt_version_of(d, path, version, sizeof(version));
	if (r == 0)
		gt_report_say(&d->report, AREA, GT_CHECK_OK, name, "%s, version %s", path, version);
	else
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, name, "%s, %s", path,
			      state_of_version(r));
	if (r < 0)
		gt_report_fix(&d->report, "containers may not start with it", "%s --version", path);
}

/* Which is taken is asked where it is decided: that function looks at this machine alone. */
static void say_choice(struct gt_doctor *d, unsigned found)
{
	struct gt_err e = {0};
	char path[GT_PATH_CAP];

	if (found == 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "gotune-runtime",
			      "would find no runtime");
		gt_report_fix(
			&d->report, "no container starts through it",
			"install runc or crun, or name one in \"runtimes\" of " GT_POLICY_FILE);
		return;
	}
	if (d->sysroot)
		return;
	if (gt_runtime_find(NULL, d->policy, path, sizeof(path), &e) == 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "gotune-runtime", "becomes %s", path);
		return;
	}
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "gotune-runtime", "%s", e.msg);
	gt_report_follows(&d->report, "no container starts through it");
}

void gt_doctor_runtimes(struct gt_doctor *d)
{
	unsigned found = 0;

	for (uint32_t i = 0; d->policy && i < d->policy->n_runtimes; i++) {
		const char *name = d->policy->runtimes[i];
		char path[GT_PATH_CAP];

		if (strcmp(gt_basename(name), "gotune-runtime") == 0) {
			gt_report_say(&d->report, AREA, GT_CHECK_WARN, "gotune-runtime",
				      "the policy's runtimes name it itself: it is passed over");
			gt_report_fix(&d->report, "", "take it out of \"runtimes\" in the policy");
		} else if (gt_program_find(d->root, name, path)) {
			say_found(d, gt_basename(name), path);
			found++;
		} else {
			gt_report_say(&d->report, AREA, GT_CHECK_INFO, gt_basename(name),
				      name[0] == '/' ? "%s is not there" : "%s is not installed",
				      name);
		}
	}
	say_choice(d, found);
}
