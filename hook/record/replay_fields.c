/*
 * The table of single facts that a record keeps for a replay: what the planner looks at and no
 * other part of the record says. Pure data.
 */
#include "replay.h"

#define MEMBER(key, type, member)                                 \
	{                                                         \
		key, type, offsetof(struct gt_facts, member),     \
			sizeof(((struct gt_facts *)NULL)->member) \
	}
#define TEXT(key, member) MEMBER(key, GT_REPLAY_TEXT, member)
#define BOOL(key, member) MEMBER(key, GT_REPLAY_BOOL, member)
#define FACT(key, member) MEMBER(key, GT_REPLAY_FACT, member)
/* N: how many enumerators there are. */
#define ENUM(key, member, n)                                              \
	{                                                                 \
		key, GT_REPLAY_ENUM, offsetof(struct gt_facts, member), n \
	}
#define TRI(key, member) ENUM(key, member, GT_YES + 1)

const struct gt_replay_field gt_replay_fields[] = {
	TEXT("command", ident.command),
	TEXT("container_name", ident.container_name),
	TEXT("labels_unread", labels_unread),
	BOOL("go_known", program.go_known),
	ENUM("go_minor", program.go_minor, UINT32_MAX),
	BOOL("elf32", program.elf32),
	BOOL("godebug_default_known", program.has_godebug_default),
	FACT("config_quota_us", config.quota_us),
	FACT("config_period_us", config.period_us),
	FACT("config_memory", config.mem_limit_bytes),
	FACT("config_memory_high", config.mem_high_bytes),
	BOOL("config_quota_unlimited", config.quota_unlimited),
	BOOL("config_cpuset_invalid", config.cpuset_invalid),
	BOOL("config_mems", config.has_mems),
	BOOL("config_swap", config.has_swap),
	BOOL("config_swappiness", config.has_swappiness),
	ENUM("cgroup_cpu", cgroup.cpu, GT_CGROUP_V2 + 1),
	ENUM("cgroup_memory", cgroup.memory, GT_CGROUP_V2 + 1),
	ENUM("cgroup_cpuset", cgroup.cpuset, GT_CGROUP_V2 + 1),
	BOOL("memory_shared", cgroup.memory_shared),
	BOOL("cpuset_shared", cgroup.cpuset_shared),
	BOOL("no_swap_file", cgroup.no_swap_file),
	BOOL("level_overflow", cgroup.level_overflow),
	TEXT("cpuset_cpus", cgroup.cpuset_cpus),
	TEXT("cpuset_mems", cgroup.cpuset_mems),
	TRI("go125_sees", cgroup.go125_sees),
	TRI("go126_sees", cgroup.go126_sees),
	BOOL("go125_other", cgroup.go125_other),
	BOOL("go126_other", cgroup.go126_other),
	BOOL("joins_cgroup_ns", cgroup.joins_cgroup_ns),
	BOOL("numa_known", host.numa_known),
	TEXT("smt_where", host.smt_where),
	BOOL("nofile_replaced", nofile.replaced),
	TRI("nofile_can_raise", nofile.can_raise_hard),
	TRI("prctl_allowed", prctl_allowed),
};
const unsigned gt_n_replay_fields = GT_ARRAY_LEN(gt_replay_fields);
