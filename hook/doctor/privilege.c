/*
 * What this process, and so a hook that is started like it, may do: capabilities, user namespace,
 * Yama, SELinux, AppArmor. Effectful: reads procfs and securityfs, asks the SELinux policy.
 */
#include <linux/capability.h>
#include <unistd.h>

#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "gotune/report.h"
#include "gotune/sandbox.h"

#define AREA GT_AREA_PRIVILEGE
/* What RHEL's and Fedora's container-selinux give a container. */
#define CONTAINER_LABEL "system_u:system_r:container_t:s0"
#define WRAPPER_HINT	"register gotune-runtime, which needs no ptrace: gotune install docker"

/* ---- capabilities ---- */

/* Is row I the first with its capability? */
static bool is_first(unsigned i)
{
	for (unsigned j = 0; j < i; j++) {
		if (gt_phase_caps[j].cap == gt_phase_caps[i].cap)
			return false;
	}
	return true;
}

/* Without CAP_SYS_RESOURCE the soft limit still goes up to the hard one: enough, or not? */
static bool is_hard_limit_enough(const struct gt_doctor *d)
{
	struct gt_rlimit_facts f = {0};

	gt_inspect_own_limits(d->root, &f);
	return f.live_known && f.live_hard >= gt_doctor_nofile(d);
}

static void say_missing(struct gt_doctor *d, unsigned i)
{
	const struct gt_phase_cap *c = &gt_phase_caps[i];
	enum gt_check_state state = GT_CHECK_WARN;
	char phases[128] = "";

	for (unsigned j = i; j < gt_n_phase_caps; j++) {
		if (gt_phase_caps[j].cap != c->cap)
			continue;
		/* cut: for reading */
		(void)gt_append(phases, sizeof(phases), phases[0] ? ", " : "");
		(void)gt_append(phases, sizeof(phases),
				gt_words_get(&gt_phase_words, gt_phase_caps[j].phase));
	}
	if (c->cap == CAP_SYS_RESOURCE && is_hard_limit_enough(d))
		state = GT_CHECK_INFO;
	gt_report_say(&d->report, AREA, state, c->name, "missing; kept by %s for: %s", phases,
		      c->why);
	if (c->cap == CAP_SYS_RESOURCE)
		gt_report_fix(&d->report, "RLIMIT_NOFILE goes up to the hard limit only",
			      "start the engine with it, or with LimitNOFILE=%llu in its unit",
			      (unsigned long long)gt_doctor_nofile(d));
	else
		gt_report_fix(&d->report, "that is not done for containers",
			      "start the engine with %s in its bounding set", c->name);
}

static void say_capabilities(struct gt_doctor *d)
{
	char have[256] = "";
	uint64_t caps = 0;
	bool missing = false;
	int r = gt_inspect_own_caps(d->root, &caps);

	if (r < 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "capabilities", "not known: %s",
			      strerror(-r));
		return;
	}
	if (!d->sysroot && geteuid() != 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "capabilities",
			      "this is not root; a hook has those that its engine gives it");
		gt_report_fix(&d->report, "", "sudo gotune doctor");
		return;
	}
	for (unsigned i = 0; i < gt_n_phase_caps; i++) {
		bool has = caps >> gt_phase_caps[i].cap & 1;

		if (!is_first(i))
			continue;
		missing = missing || !has;
		if (!has)
			continue;
		(void)gt_append(have, sizeof(have), have[0] ? ", " : ""); /* cut, as above */
		(void)gt_append(have, sizeof(have), gt_phase_caps[i].name);
	}
	gt_report_say(&d->report, AREA, missing ? GT_CHECK_INFO : GT_CHECK_OK, "capabilities", "%s",
		      have[0] ? have : "none of those that the phases keep");
	for (unsigned i = 0; i < gt_n_phase_caps; i++) {
		if (is_first(i) && !(caps >> gt_phase_caps[i].cap & 1))
			say_missing(d, i);
	}
}

static void say_userns(struct gt_doctor *d)
{
	enum gt_tri initial = gt_inspect_initial_userns(d->root);

	if (initial == GT_YES) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "user namespace", "the initial one");
		return;
	}
	gt_report_say(&d->report, AREA, GT_CHECK_INFO, "user namespace", "%s",
		      initial == GT_NO ? "not the initial one: rootless" : "not known");
	if (initial == GT_NO)
		gt_report_follows(&d->report, "RLIMIT_NOFILE goes up to the hard limit only");
}

/* ---- security modules ---- */

/* Documentation/admin-guide/LSM/Yama.rst: CAP_SYS_PTRACE suffices up to 2. */
static void say_yama(struct gt_doctor *d)
{
	uint64_t scope = 0;
	int r = gt_root_read_u64(d->root, "proc/sys/kernel/yama/ptrace_scope", &scope);

	if (r == -ENOENT) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "Yama", "not in this kernel");
	} else if (r < 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_INFO, "Yama", "not known: %s",
			      strerror(-r));
	} else if (scope < 3) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "Yama",
			      "ptrace_scope %llu: CAP_SYS_PTRACE suffices",
			      (unsigned long long)scope);
	} else {
		gt_report_say(&d->report, AREA, GT_CHECK_WARN, "Yama",
			      "ptrace_scope %llu: nobody traces", (unsigned long long)scope);
		gt_report_fix(
			&d->report,
			"the hook cannot set the environment or RLIMIT_NOFILE; "
			"gotune-runtime and precreate can",
			"set kernel.yama.ptrace_scope=2 in /etc/sysctl.d and reboot (3 cannot "
			"be taken back)");
	}
}

static void say_selinux(struct gt_doctor *d)
{
	uint64_t enforcing = 0;
	int r = gt_root_read_u64(d->root, "sys/fs/selinux/enforce", &enforcing);

	if (r < 0) {
		gt_report_say(&d->report, AREA, r == -ENOENT ? GT_CHECK_OK : GT_CHECK_INFO,
			      "SELinux", r == -ENOENT ? "not in use" : "mode not known");
		return;
	}
	if (enforcing == 0) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "SELinux", "permissive");
		return;
	}
	if (!gt_lsm_selinux_denies(d->root, CONTAINER_LABEL)) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "SELinux",
			      "enforcing; this process's domain may trace container_t");
		gt_report_follows(&d->report,
				  "a hook runs in its engine's domain, which may differ");
		return;
	}
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "SELinux",
		      "enforcing; this process's domain may not trace container_t, or it cannot be "
		      "asked");
	gt_report_fix(&d->report,
		      "where the engine's domain may not either, a container's environment is "
		      "skipped (reason selinux)",
		      WRAPPER_HINT);
}

static void say_apparmor(struct gt_doctor *d)
{
	char label[256];

	if (!gt_lsm_apparmor_confines(d->root)) {
		gt_report_say(&d->report, AREA, GT_CHECK_OK, "AppArmor",
			      "this process is not confined");
		return;
	}
	if (gt_root_read(d->root, "proc/self/attr/apparmor/current", label, sizeof(label)) < 0)
		(void)gt_copy_str(label, sizeof(label), "a profile"); /* fits */
	gt_report_say(&d->report, AREA, GT_CHECK_WARN, "AppArmor", "this process is under %s",
		      label);
	gt_report_fix(&d->report, "a hook under a profile does not trace (reason apparmor)",
		      WRAPPER_HINT);
}

void gt_doctor_privilege(struct gt_doctor *d)
{
	say_capabilities(d);
	say_userns(d);
	say_yama(d);
	say_selinux(d);
	say_apparmor(d);
}
