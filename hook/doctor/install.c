/*
 * Our own installation: programs, policy, kill switch, records and counters. Effectful: reads, and
 * runs the hook's --version.
 */
#include <stdio.h>
#include <sys/statvfs.h>

#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "gotune/policy.h"
#include "gotune/record.h"
#include "gotune/report.h"
#include "tools.h"

#define AREA GT_AREA_INSTALL

typedef unsigned long long ull;

/* ---- programs ---- */

/* True when nothing is wrong with it. */
static bool say_program(struct gt_doctor *d, const char *path, const char *follows)
{
	enum gt_trust t = gt_trust_program(d->root, path);
	enum gt_check_state state =
		t == GT_TRUST_OWNER || t == GT_TRUST_WRITABLE ? GT_CHECK_WARN : GT_CHECK_BAD;

	if (t == GT_TRUST_OK) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, gt_basename(path), "%s", path);
		return true;
	}
	gt_report_say(&d->report, AREA, state, gt_basename(path), "%s %s", path, gt_trust_text(t));
	if (*gt_trust_fix(t))
		gt_report_fix(&d->report,
			      state == GT_CHECK_WARN ? "who may write it becomes root" : follows,
			      "%s%s", gt_trust_fix(t), path);
	else
		gt_report_fix(&d->report, follows, "install oci-gotune-hook again: make install");
	return false;
}

/* Only the hook can be asked: gotune-runtime --version is the real runtime's. */
static void say_version(struct gt_doctor *d, const char *hook)
{
	char version[64];
	int r;

	if (d->sysroot)
		return;
	r = gt_version_of(d, hook, version, sizeof(version));
	if (r == 0 && strcmp(version, GT_VERSION) == 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "version",
			      GT_VERSION ", hook and gotune alike");
		return;
	}
	if (r == 0)
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "version",
			      "the hook is %s, gotune is " GT_VERSION, version);
	else
		gt_report_say(&d->report, AREA, GT_CHECK_BAD, "version",
			      "%s --version does not work: %s", hook, strerror(-r));
	gt_report_fix(&d->report,
		      r == 0 ? "what gotune explains may not be what the hook does"
			     : "it does not work for containers either",
		      "install oci-gotune-hook again: make install");
}

static void say_programs(struct gt_doctor *d)
{
	struct gt_own_paths own;
	struct gt_err e = {0};

	if (gt_own_paths(d->sysroot != NULL, &own, &e) < 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "programs", "%s", e.msg);
		return;
	}
	if (say_program(d, own.hook, "containers that are to run it are not tuned"))
		say_version(d, own.hook);
	(void)say_program(
		d, own.runtime,
		"containers of an engine that names it do not start"); /* it has said so */
	if (d->sysroot)
		(void)say_program(d, GT_GOTUNE_PROGRAM, "nobody can look"); /* as above */
}

/* ---- policy ---- */

static void say_mode(struct gt_doctor *d, const struct gt_policy *p)
{
	static const char name[] = "mode";

	if (p->mode == GT_MODE_ENFORCE) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, name, "enforce, select %s, profile %s",
			      gt_words_get(&gt_select_words, p->select), p->default_profile);
		return;
	}
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, name, "%s",
		      gt_words_get(&gt_mode_words, p->mode));
	gt_report_fix(&d->report,
		      p->mode == GT_MODE_OFF ? "nothing is tuned, but where a rule says otherwise"
					     : "decisions are recorded and not applied",
		      "set \"mode\": \"enforce\" in %s when that is no longer wanted",
		      p->layer[p->from.mode].path);
}

static void say_policy(struct gt_doctor *d)
{
	const struct gt_policy *p = d->policy;
	bool broken = false;

	for (uint32_t i = 1; i < p->n_layer; i++) {
		const struct gt_layer *l = &p->layer[i];

		if (!l->broken) {
			gt_report_say(&d->report, AREA, GT_CHECK_OK, "policy", "%s is valid",
				      l->path);
			continue;
		}
		broken = true;
		gt_report_say(&d->report, AREA, GT_CHECK_BAD, "policy", "%s:%s%s", l->path,
			      l->error[0] >= '0' && l->error[0] <= '9' ? "" : " ", l->error);
		gt_report_fix(&d->report, "what this file would govern is not tuned",
			      "fix it there, then: gotune policy check");
	}
	if (p->n_layer <= 1)
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "policy",
			      "no file: the built-in defaults hold");
	if (!broken)
		say_mode(d, p);
}

static void say_kill_switch(struct gt_doctor *d)
{
	const char *off = gt_disabled(d->root);

	if (!off) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "kill switch", "off");
		return;
	}
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "kill switch", "%s", off);
	gt_report_fix(&d->report, "nothing at all is tuned", "rm " GT_DISABLED_FILE);
}

/* ---- records ---- */

static void say_counters(struct gt_doctor *d, int dir)
{
	uint64_t n[GT_COUNT_COUNT];
	bool failed;
	int r = gt_record_counters(dir, n);

	if (r < 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "counters", "cannot be read: %s",
			      strerror(-r));
		return;
	}
	failed = n[GT_COUNT_FAILED] > 0;
	gt_report_say(&d->report, AREA, failed ? GT_CHECK_WARN : GT_CHECK_OK, "counters",
		      "since boot: %llu decided, %llu tuned, %llu failed", (ull)n[GT_COUNT_DECIDED],
		      (ull)n[GT_COUNT_TUNED], (ull)n[GT_COUNT_FAILED]);
	if (failed)
		gt_report_fix(&d->report, "so many containers started without all that was decided",
			      "journalctl -b -t oci-gotune-hook; gotune list; when that is fixed: "
			      "rm " GT_RECORD_DIR "/counters");
}

/* A record is a few KiB: a full or read-only /run loses them. */
static bool has_room(int dir)
{
	struct statvfs fs;

	return fstatvfs(dir, &fs) == 0 && !(fs.f_flag & ST_RDONLY) && fs.f_bavail > 0;
}

static void say_records(struct gt_doctor *d)
{
	char path[2 * GT_PATH_CAP];
	struct gt_err e = {0};
	_cleanup_close_ int dir = -1;

	(void)snprintf(path, sizeof(path), "%s" GT_RECORD_DIR, d->sysroot ? d->sysroot : "");
	dir = gt_record_dir_open(path, false, &e);
	if (dir == -ENOENT) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "records",
			      "none yet: the first container makes " GT_RECORD_DIR);
		return;
	}
	if (dir == -EACCES && geteuid() != 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "records", "%s", e.msg);
		gt_report_fix(&d->report, "", "sudo gotune doctor");
		return;
	}
	if (dir < 0 || (!d->sysroot && !has_room(dir))) {
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "records", "%s",
			      dir < 0 ? e.msg : GT_RECORD_DIR " is full or read-only");
		gt_report_fix(&d->report,
			      "containers are tuned, but gotune list and show do not know them",
			      dir < 0 ? "remove what is there: rm -r " GT_RECORD_DIR
				      : "make room: df " GT_RECORD_DIR);
		return;
	}
	gt_report_say(&d->report, AREA, GT_CHECK_OK, "records", "in " GT_RECORD_DIR);
	say_counters(d, dir);
}

void gt_doctor_install(struct gt_doctor *d)
{
	say_programs(d);
	say_policy(d);
	say_kill_switch(d);
	say_records(d);
}
