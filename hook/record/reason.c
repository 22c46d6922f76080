/*
 * The sentences of a record that need no numbers: on reasons, and on warnings. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"

const char *gt_record_reason(enum gt_reason why)
{
	static const char *const sentence[GT_R_COUNT] = {
		[GT_R_NO_SWAP] =
			"swappiness 0 means no swap, which cgroup v2 says by memory.swap.max",
		[GT_R_NO_MEMORY_LIMIT] = "the container has no memory limit",
		[GT_R_GO_VERSION_UNKNOWN] = "the program's Go version is not known",
		[GT_R_CPUS_UNKNOWN] = "it is not known which CPUs the container may run on",
		[GT_R_LIMITS_UNKNOWN] = "a limit that decides here is unreadable or absurd",
		[GT_R_NOT_SELECTED] =
			"the policy selects only containers that opt in; this one does not",
		[GT_R_OPTED_OUT] = "the container opted out (io.gotune.enable=false)",
		[GT_R_MODE_OFF] = "the mode is off, by the policy, a rule or a request",
		[GT_R_DISABLED] = GT_DISABLED_FILE " turns everything off",
		[GT_R_STATE_INVALID] = "the OCI state on standard input is missing or unsound",
		[GT_R_CONFIG_MISSING] = "the bundle's config.json cannot be read",
		[GT_R_CONFIG_INVALID] = "the bundle's config.json is unsound",
		[GT_R_POLICY_BROKEN] =
			"a broken policy file would decide here: see `gotune policy check`",
		[GT_R_NO_SUCH_PROFILE] = "the policy's default profile does not exist",
		[GT_R_NOT_ALLOWED] = "it is not on the list of what may be set",
		[GT_R_HOST_NAMESPACE] = "the namespace is the host's: this would change the host",
		[GT_R_NAMESPACE_UNKNOWN] = "it is not known whose namespace this would change",
		[GT_R_NO_SUCH_SYSCTL] = "the container's namespace has no such sysctl",
		[GT_R_SYSCTL_UNKNOWN] =
			"a runtime fails on one that does not exist: it could not be looked for",
		[GT_R_NO_SWAPPINESS_V2] = "cgroup v2 has no swappiness of a group's own",
		[GT_R_NO_CGROUP] = "the container has no cgroup of its own with this controller",
		[GT_R_HAS_CPUSET] = "the container has a cpuset of its own",
		[GT_R_ONE_NODE] = "the machine has one NUMA node",
		[GT_R_NUMA_UNKNOWN] = "the machine's NUMA nodes are not known",
		[GT_R_NO_PROCESS] = "there is no process (any more) whose environment could change",
		[GT_R_NOT_AN_INIT] = "the container's process is no init of runc or crun",
		[GT_R_PTRACE_DENIED] =
			"the process may not be traced: its environment stays as it is",
		[GT_R_SELINUX] = "SELinux would refuse the start of a traced program",
		[GT_R_APPARMOR] = "AppArmor confines us: the environment stays as it is",
		[GT_R_ARCH] = "the exec barrier does not know this machine, or 32-bit programs",
	};

	return why < GT_R_COUNT && sentence[why] ? sentence[why]
						 : gt_words_get(&gt_reason_words, why);
}

static const char *const warning_text[GT_W_COUNT] = {
	[GT_W_BAD_VALUE] = "its value cannot be understood; it is ignored",
	[GT_W_OUT_OF_BOUNDS] = "its value is beyond what the policy or the machine allows; it is "
			       "ignored",
	[GT_W_NOT_ALLOWED] = "the policy does not allow it; it is ignored",
	[GT_W_UNKNOWN_KEY] = "there is no such key; it is ignored",
	[GT_W_TOO_LONG] = "it is too long to be looked at; it is ignored",
	[GT_W_NO_SUCH_PROFILE] = "there is no such profile; it is ignored",
	[GT_W_GO_IGNORES] = "this Go ignores the value that the container sets; it is kept",
	[GT_W_GO_DIES] = "this Go dies at its start of the value that the container sets; it is "
			 "kept",
	[GT_W_DUPLICATE_ENV] = "the container sets it more than once",
	[GT_W_MODULES_UNKNOWN] = "without a module list it cannot be seen whether automaxprocs or "
				 "automemlimit is linked",
	[GT_W_CGO_UNKNOWN] = "it is not known whether the program uses cgo; the smaller ratio was "
			     "taken",
	[GT_W_STALE_ENVIRON] = "/proc/PID/environ does not show what the program was given",
	[GT_W_POLICY_LAYER] = "this policy file is unsound and was left out",
	[GT_W_ANNOTATIONS_DROPPED] = "some annotations were too large to be looked at",
	[GT_W_HARD_LIMIT_KEPT] = "the hard limit may not be raised",
	[GT_W_PROGRAM_CHANGED] = "the file that was run is not the file that was inspected",
	[GT_W_LABELS_UNREADABLE] = "the image's labels cannot be looked up there; they are ignored",
};

/* The value of the request that a warning is about, "" when it is about something else. */
static const char *value_about(const struct gt_record *r, const char *about)
{
	static const char prefix[] = "io.gotune.";
	int key;

	if (!gt_has_prefix(about, prefix))
		return "";
	key = gt_words_find(&gt_key_words, about + sizeof(prefix) - 1);
	return key < 0 ? "" : r->facts.req.key[key].value;
}

void gt_record_warning(const struct gt_record *r, uint32_t i, char *buf, size_t cap)
{
	struct gt_text t = {.buf = buf, .cap = cap};
	const struct gt_warning *w;

	if (cap == 0)
		return;
	buf[0] = '\0';
	if (i >= r->plan.n_warning || i >= GT_WARNINGS_MAX)
		return;
	w = &r->plan.warning[i];
	if (w->about[0]) {
		const char *value = value_about(r, w->about);

		gt_text_add(&t, value[0] ? "%s=%.100s: " : "%s%.100s: ", w->about, value);
	}
	gt_text_add(&t, "%s",
		    w->id < GT_W_COUNT ? warning_text[w->id] : "something needs attention");
}
