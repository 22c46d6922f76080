/*
 * The words of every enumeration in the L1 types. Pure data; config/record.schema.json has the same
 * lists, and a test compares them.
 */
#include "gotune/base.h"
#include "gotune/model.h"

#define WORDS(name, ...)                                        \
	static const char *const name##_list[] = {__VA_ARGS__}; \
	const struct gt_words name = {name##_list, GT_ARRAY_LEN(name##_list)}

const char *const gt_var_name[GT_VAR_COUNT] = {
	[GT_VAR_GOMAXPROCS] = "GOMAXPROCS",
	[GT_VAR_GOMEMLIMIT] = "GOMEMLIMIT",
	[GT_VAR_GOGC] = "GOGC",
	[GT_VAR_GODEBUG] = "GODEBUG",
};

WORDS(gt_engine_words, "unknown", "docker", "podman", "cri-o", "containerd");
WORDS(gt_key_words, "enable", "profile", "mode", "program", "gomaxprocs", "gomemlimit", "gogc",
      "godebug", "nofile");
WORDS(gt_origin_words, "none", "label", "image-env", "hook-args", "annotation",
      "container-annotation", "set");
WORDS(gt_prog_kind_words, "unknown", "go", "script", "other");
WORDS(gt_prog_note_words, "", "not-found", "not-regular", "symlink-loop", "unreadable",
      "empty-args", "truncated", "malformed", "no-build-info", "uncertain", "parser-died",
      "too-long", "relative-path-entry", "took-too-long", "not-a-program");
WORDS(gt_barrier_words, "ok", "no-process", "not-an-init", "ptrace-denied", "selinux", "apparmor",
      "arch");
WORDS(gt_trouble_words, "none", "disabled", "state-invalid", "config-missing", "config-invalid",
      "no-process", "no-linux", "policy-broken");

WORDS(gt_mode_words, "off", "audit", "enforce");
WORDS(gt_select_words, "annotated", "go", "all");
WORDS(gt_on_error_words, "continue", "fail");
WORDS(gt_round_words, "ceil", "floor");
WORDS(gt_cpu_count_words, "logical", "physical");
WORDS(gt_numa_words, "ignore", "cap", "bind");

WORDS(gt_setting_kind_words, "env", "rlimit", "sysctl", "cgroup");
WORDS(gt_verdict_words, "set", "keep", "skip");
WORDS(gt_warning_words, "bad-value", "out-of-bounds", "not-allowed", "unknown-key", "too-long",
      "no-such-profile", "go-ignores-value", "go-dies-of-value", "duplicate-variable",
      "modules-unknown", "cgo-unknown", "stale-environ", "policy-layer-broken",
      "annotations-dropped", "hard-limit-kept", "program-changed", "labels-unreadable");

static const char *const reason_list[GT_R_COUNT] = {
	[GT_R_CPU_QUOTA] = "cpu-quota",
	[GT_R_ANCESTOR_QUOTA] = "ancestor-quota",
	[GT_R_CPUS_ALLOWED] = "cpus-allowed",
	[GT_R_PHYSICAL_CORES] = "physical-cores",
	[GT_R_NUMA_CAP] = "numa-cap",
	[GT_R_NUMA_BIND] = "numa-bind",
	[GT_R_SHARES] = "shares",
	[GT_R_SCHED_LATENCY] = "sched-latency",
	[GT_R_PROFILE_MAX] = "profile-max",
	[GT_R_UNPIN] = "un-pin",
	[GT_R_MEMORY_LIMIT] = "memory-limit",
	[GT_R_MEMORY_HIGH] = "memory-high",
	[GT_R_ANCESTOR_MEMORY] = "ancestor-memory",
	[GT_R_PROFILE] = "profile",
	[GT_R_REQUESTED] = "requested",
	[GT_R_HARD_LIMIT] = "hard-limit",
	[GT_R_NO_SWAP] = "no-swap",
	[GT_R_ALREADY_SET] = "already-set",
	[GT_R_ALREADY_SET_IGNORED] = "already-set-ignored",
	[GT_R_ALREADY_SET_FATAL] = "already-set-fatal",
	[GT_R_ALREADY_HIGHER] = "already-higher",
	[GT_R_GO_DEFAULT_IS_RIGHT] = "go-default-is-right",
	[GT_R_SELF_MANAGED] = "self-managed",
	[GT_R_NO_MEMORY_LIMIT] = "no-memory-limit",
	[GT_R_LIMIT_TOO_SMALL] = "limit-too-small",
	[GT_R_GO_TOO_OLD] = "go-too-old",
	[GT_R_GO_VERSION_UNKNOWN] = "go-version-unknown",
	[GT_R_CPUS_UNKNOWN] = "cpus-unknown",
	[GT_R_LIMITS_UNKNOWN] = "limits-unknown",
	[GT_R_PROFILE_NULL] = "profile-null",
	[GT_R_NOT_GO] = "not-go",
	[GT_R_PROGRAM_UNKNOWN] = "program-unknown",
	[GT_R_NOT_SELECTED] = "not-selected",
	[GT_R_OPTED_OUT] = "opted-out",
	[GT_R_MODE_OFF] = "mode-off",
	[GT_R_DISABLED] = "disabled",
	[GT_R_STATE_INVALID] = "state-invalid",
	[GT_R_CONFIG_MISSING] = "config-missing",
	[GT_R_CONFIG_INVALID] = "config-invalid",
	[GT_R_POLICY_BROKEN] = "policy-broken",
	[GT_R_NO_SUCH_PROFILE] = "no-such-profile",
	[GT_R_NOT_ALLOWED] = "not-allowed",
	[GT_R_HOST_NAMESPACE] = "host-namespace",
	[GT_R_NAMESPACE_UNKNOWN] = "namespace-unknown",
	[GT_R_NO_SUCH_SYSCTL] = "no-such-sysctl",
	[GT_R_SYSCTL_UNKNOWN] = "sysctl-unknown",
	[GT_R_NO_SWAPPINESS_V2] = "no-swappiness-v2",
	[GT_R_NO_CGROUP] = "no-cgroup",
	[GT_R_HAS_CPUSET] = "has-cpuset",
	[GT_R_MEMORY_EXCEEDS_NODE] = "memory-exceeds-node",
	[GT_R_ONE_NODE] = "one-node",
	[GT_R_NUMA_UNKNOWN] = "numa-unknown",
	[GT_R_NO_PROCESS] = "no-process",
	[GT_R_NOT_AN_INIT] = "not-an-init",
	[GT_R_PTRACE_DENIED] = "ptrace-denied",
	[GT_R_SELINUX] = "selinux",
	[GT_R_APPARMOR] = "apparmor",
	[GT_R_ARCH] = "arch-unsupported",
};
const struct gt_words gt_reason_words = {reason_list, GT_R_COUNT};

enum gt_setting_kind gt_setting_kind(enum gt_setting_id id)
{
	static const enum gt_setting_kind kind[GT_SET_COUNT] = {
		[GT_SET_NOFILE] = GT_KIND_RLIMIT,      [GT_SET_SYSCTL] = GT_KIND_SYSCTL,
		[GT_SET_SWAPPINESS] = GT_KIND_CGROUP,  [GT_SET_CPUSET_CPUS] = GT_KIND_CGROUP,
		[GT_SET_CPUSET_MEMS] = GT_KIND_CGROUP,
	};

	return id < GT_SET_COUNT ? kind[id] : GT_KIND_ENV;
}
