/*
 * The cgroup's rows: swappiness and NUMA binding.
 */
#include "gotune/base.h"
#include "plan_cases.h"

static void test_swappiness(void **state)
{
	static const struct plan_case rows[] = {
		{"v1", "cg=v1", "memory.swappiness=set:profile:1"},
		{"v1, differs", "cg=v1 swappiness=60",
		 "memory.swappiness=set:profile:1 before.memory.swappiness=60"},
		{"v1, equal", "cg=v1 swappiness=1", "memory.swappiness=keep:already-set"},
		{"v1, lower there", "cg=v1 swappiness=0", "memory.swappiness=set:profile:1"},
		{"v1, 0", "cg=v1 p.swappiness=0 swappiness=60", "memory.swappiness=set:profile:0"},
		{"v1, 100", "cg=v1 p.swappiness=100", "memory.swappiness=set:profile:100"},
		{"v1, config.json sets it", "cg=v1 has_swappiness swappiness=60",
		 "memory.swappiness=keep:already-set"},
		{"v1, config.json sets memory+swap", "cg=v1 has_swap",
		 "memory.swappiness=set:profile:1"},
		{"v2, 1", "", "memory.swappiness=skip:no-swappiness-v2"},
		{"v2, 1, config.json sets swap", "has_swap",
		 "memory.swappiness=skip:no-swappiness-v2"},
		{"v2, 100", "p.swappiness=100", "memory.swappiness=skip:no-swappiness-v2"},
		{"v2, 0", "p.swappiness=0",
		 "memory.swap.max=set:no-swap:0 nowhere=memory.swappiness"},
		{"v2, 0, max", "p.swappiness=0 swapmax=max",
		 "memory.swap.max=set:no-swap:0 before.memory.swap.max=max"},
		{"v2, 0, some", "p.swappiness=0 swapmax=1048576",
		 "memory.swap.max=set:no-swap:0 before.memory.swap.max=1048576"},
		{"v2, 0, none already", "p.swappiness=0 swapmax=0",
		 "memory.swap.max=keep:already-set before.memory.swap.max=0"},
		{"v2, 0, config.json sets swap", "p.swappiness=0 has_swap",
		 "memory.swap.max=keep:already-set"},
		{"a cgroup that others share, v1", "cg=v1 shared swappiness=60",
		 "memory.swappiness=skip:no-cgroup"},
		{"a cgroup that others share, v2", "p.swappiness=0 shared",
		 "memory.swappiness=skip:no-cgroup"},
		{"unknown", "cg=none", "memory.swappiness=skip:no-cgroup"},
		{"null", "p.swappiness=null", "memory.swappiness=skip:profile-null"},
		{"null, v1", "cg=v1 p.swappiness=null", "memory.swappiness=skip:profile-null"},
		{"a shut barrier does not matter", "cg=v1 barrier=arch",
		 "memory.swappiness=set:profile:1"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

#define BIND	   "p.numa=bind numa=2x4 m0=1GiB "
#define NOT(r)	   "cpuset.cpus=skip:" r " cpuset.mems=skip:" r
#define NODE(c, m) "cpuset.cpus=set:numa-bind:" c " cpuset.mems=set:numa-bind:" m

static void test_bind(void **state)
{
	static const struct plan_case rows[] = {
		{"not asked for", "numa=2x4 m0=1GiB", "nowhere=cpuset.cpus nowhere=cpuset.mems"},
		{"cap is not bind", "p.numa=cap numa=2x4 m0=1GiB", "nowhere=cpuset.cpus"},
		{"gomaxprocs null has no numa", BIND "p.gomaxprocs", "nowhere=cpuset.cpus"},
		{"a cgroup that others share", BIND "shared", NOT("no-cgroup")},
		{"the first of equal nodes", BIND, NODE("0-3", "0") " node=0 value=4 native=4"},
		{"Go 1.24 sees the narrowed mask", BIND, "GOMAXPROCS=skip:go-default-is-right"},
		{"the larger node in A", BIND "effective=2-7", NODE("4-7", "2") " node=1"},
		{"A within a node", BIND "effective=5-6", NODE("5-6", "2") " value=2"},
		{"quota smaller than the node", BIND "l0=200000/100000",
		 NODE("0-3", "0") " GOMAXPROCS=set:cpu-quota:2 native=4"},
		{"quota larger than the node", BIND "l0=600000/100000",
		 "GOMAXPROCS=skip:go-default-is-right value=4"},
		{"what was there", BIND "cur=0-7",
		 NODE("0-3", "0") " before.cpuset.cpus=0-7 before.cpuset.mems=0,2"},
		{"config.json has cpus", BIND "cpuset=0-7", NOT("has-cpuset") " value=8 node=99"},
		{"config.json has bad cpus", BIND "badcpuset", NOT("has-cpuset")},
		{"config.json has mems", BIND "has_mems", NOT("has-cpuset") " value=8"},
		{"one node", "p.numa=bind numa=1x8 m0=1GiB", NOT("one-node")},
		{"no node", "p.numa=bind numa=0x8 m0=1GiB", NOT("one-node")},
		{"nodes unknown", "p.numa=bind m0=1GiB",
		 NOT("numa-unknown") " GOMAXPROCS=skip:go-default-is-right value=8"},
		{"no node with our CPUs", "p.numa=bind numa=2x2 m0=1GiB effective=6-7",
		 NOT("numa-unknown")},
		{"CPUs unknown", BIND "online=unknown", NOT("cpus-unknown")},
		{"no cgroup", BIND "cg=none", NOT("no-cgroup")},
		{"v1", BIND "cg=v1", NODE("0-3", "0")},
		{"no memory limit", "p.numa=bind numa=2x4", NOT("memory-exceeds-node") " value=8"},
		{"memory.high is no limit", "p.numa=bind numa=2x4 h0=1GiB",
		 NOT("memory-exceeds-node")},
		{"as large as the node", "p.numa=bind numa=2x4 m0=8GiB", NODE("0-3", "0")},
		{"larger than the node", "p.numa=bind numa=2x4 m0=8589934593",
		 NOT("memory-exceeds-node")},
		{"an ancestor's limit fits", "p.numa=bind numa=2x4 m1=4GiB", NODE("0-3", "0")},
		{"the smaller of two fits", "p.numa=bind numa=2x4 m0=16GiB m1=4GiB",
		 NODE("0-3", "0")},
		{"the smaller of two fits, either way", "p.numa=bind numa=2x4 m0=4GiB m1=16GiB",
		 NODE("0-3", "0")},
		{"the node decides", BIND "go=1.25 p.min=12 l0=200000/100000",
		 "GOMAXPROCS=set:numa-bind:4 native=2"},
		{"config.json's limit fits", "p.numa=bind numa=2x4 cmem=4GiB", NODE("0-3", "0")},
		{"physical cores of the node", BIND "p.count=physical smt",
		 "GOMAXPROCS=set:physical-cores:2"},
		{"1.25 agrees", BIND "go=1.25 l0=200000/100000",
		 "GOMAXPROCS=skip:go-default-is-right"},
		{"GOMAXPROCS is there: bind all the same", BIND "P=8",
		 NODE("0-3", "0") " GOMAXPROCS=keep:already-set"},
		{"a shut barrier does not matter", BIND "barrier=arch", NODE("0-3", "0")},
		{"version unknown, all bound", BIND "go=unknown",
		 "GOMAXPROCS=skip:go-default-is-right"},
		{"max equals the node", BIND "p.max=4", "GOMAXPROCS=skip:go-default-is-right"},
	};

	(void)state;
	plan_check(rows, GT_ARRAY_LEN(rows));
}

/* A cpuset with more ranges than a value holds is not written. */
static void test_bind_list_too_long(void **state)
{
	(void)state;
	plan_usual();
	assert_null(plan_words(BIND, true));
	plan_f.host.online.v = (struct gt_cpus){0};
	for (unsigned i = 0; i < 2000; i += 2)
		gt_cpus_set(&plan_f.host.online.v, i);
	plan_f.host.node[0].cpus = plan_f.host.online.v;
	plan_f.host.node[0].cpus.bits[0] &= ~UINT64_C(1); /* A would be narrowed */
	plan_all(&plan_got);
	assert_null(plan_words(NOT("cpus-unknown") " value=1000 node=99", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_swappiness),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_bind_list_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
