/*
 * Why a kernel has no uprobes for us. Effects: reads /proc and /sys.
 */
#include <linux/capability.h>
#include <string.h>
#include <sys/utsname.h>

#include "internal.h"

#define PMU	 "sys/bus/event_source/devices/uprobe/type"
#define LOCKDOWN "sys/kernel/security/lockdown"

int gt_uprobes_exist(int root, struct gt_err *e)
{
	int r = gt_root_exists(root, PMU);

	if (r == -ENOENT || r == -ENOTDIR)
		return gt_err_set(e, -ENOTSUP,
				  "this kernel has no uprobes (there is no /" PMU
				  "): CONFIG_UPROBE_EVENTS and perf events are needed");
	return r < 0 ? gt_err_sys(e, r, "/" PMU) : 0;
}

/* The effective capabilities that we have; 0 when they are not known. */
static uint64_t caps_of(int root)
{
	char text[8192];
	const char *at;

	if (gt_root_read(root, "proc/self/status", text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, "\nCapEff:\t");
	return at ? strtoull(at + strlen("\nCapEff:\t"), NULL, 16) : 0;
}

static bool has(uint64_t caps, unsigned cap)
{
	return caps >> cap & 1;
}

static bool lacks_caps(int root)
{
	uint64_t caps = caps_of(root);

	return !has(caps, CAP_SYS_ADMIN) && !(has(caps, CAP_BPF) && has(caps, CAP_PERFMON));
}

/* "[confidentiality]" in "none integrity [confidentiality]". */
static bool is_locked_down(int root)
{
	char text[256];

	return gt_root_read(root, LOCKDOWN, text, sizeof(text)) == 0 && !strstr(text, "[none]") &&
	       strchr(text, '[');
}

int gt_uprobes_refused(int root, int code, const char *what, struct gt_err *e)
{
	struct utsname u;

	if ((code == -EPERM || code == -EACCES) && lacks_caps(root))
		return gt_err_set(
			e, code,
			"may not %s: that needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN; "
			"run it as root of the host",
			what);
	if ((code == -EPERM || code == -EACCES) && is_locked_down(root))
		return gt_err_set(e, code, "may not %s: the kernel is locked down (/" LOCKDOWN ")",
				  what);
	if (code == -EPERM || code == -EACCES)
		return gt_err_set(
			e, code,
			"may not %s: root of the host may, but not of a container or a user "
			"namespace, nor where a filter forbids bpf(2) or perf_event_open(2)",
			what);
	if (code == -EINVAL || code == -ENOSYS || code == -ENOTSUP || code == -E2BIG)
		return gt_err_set(e, code,
				  "this kernel (%s) cannot %s: Linux 5.8 or later with "
				  "CONFIG_BPF_SYSCALL is needed",
				  uname(&u) == 0 ? u.release : "?", what);
	return gt_err_sys(e, code, "cannot %s", what);
}
